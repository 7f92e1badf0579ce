"""What a source calls itself and on what terms, as the facts in the file say: `title_<name>` and its like."""

import re
import sqlite3
from collections.abc import Iterable, Mapping

from scraper.site.rows import Row, select


def source_title(facts: Mapping[str, str], name: str) -> str:
    """The source's title for people; the name itself when the file does not say."""
    return facts.get(f"title_{name}") or name


def short_title(facts: Mapping[str, str], name: str) -> str:
    """The title as people say it: "CTIS" of one that ends with "(CTIS)", else the whole."""
    title = source_title(facts, name)
    short = re.search(r"\(([^()\s]{2,12})\)$", title)
    return short[1] if short else title


def with_titles(facts: Mapping[str, str], conflicts: Iterable[Row]) -> list[Row]:
    """Contradictions with the short titles of their sources under "where_a" and "where_b".

    What stands behind a source's name, such as "(eligibility criteria)", stays.
    """
    return [
        {**row, **{f"where_{one}": _titled(facts, row[f"source_{one}"]) for one in "ab"}} for row in conflicts
    ]


def _titled(facts: Mapping[str, str], source: str) -> str:
    name, space, rest = source.partition(" ")
    return short_title(facts, name) + space + rest


def source_terms(facts: Mapping[str, str], name: str) -> tuple[str, str]:
    """Attribution and licence of a source, "" when the file does not say."""
    return facts.get(f"attribution_{name}", ""), facts.get(f"licence_{name}", "")


GAZETTEER = "gazetteer"
"""What `meta` calls the origin of coordinates that no record states."""


def terms_of(facts: Mapping[str, str], names: Iterable[str]) -> list[dict[str, str]]:
    """Name, title, attribution and licence of these, those that the file says nothing of left out."""
    found = []
    for name in dict.fromkeys(names):
        attribution, licence = source_terms(facts, name)
        if attribution or licence:
            found.append(
                {
                    "name": name,
                    "title": source_title(facts, name),
                    "attribution": attribution,
                    "licence": licence,
                }
            )
    return found


def used_terms(connection: sqlite3.Connection, facts: Mapping[str, str]) -> list[dict[str, str]]:
    """The terms of every source that this file has records of, and of the gazetteer."""
    rows = select(
        connection, "select key as source from stats where name = 'records' order by value desc, key"
    )
    return terms_of(facts, [*(row["source"] for row in rows), GAZETTEER])
