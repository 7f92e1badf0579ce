"""What a source calls itself and on what terms, as the facts in the file say: `title_<name>` and its like."""

import sqlite3
from collections.abc import Iterable, Mapping

from scraper.site.rows import select


def source_title(facts: Mapping[str, str], name: str) -> str:
    """The source's title for people; the name itself when the file does not say."""
    return facts.get(f"title_{name}") or name


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
