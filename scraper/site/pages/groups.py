"""Trials that have a condition or a sponsor in common, and the lists of both."""

import sqlite3
import urllib.parse
from collections import Counter
from dataclasses import dataclass
from typing import Any

from datasette.utils import tilde_encode

from scraper.site.paging import SIZE, paging
from scraper.site.rows import number, select

_SHOWN = 15
_LISTED = 100


@dataclass(frozen=True)
class Group:
    """What trials are grouped by. `members` is SQL for the ids of the trials whose name is :name, `because` for why a
    trial `t` is among them whose record does not say the name itself.
    """

    plural: str
    heading: str
    stat: str
    table: str
    members: str
    path: str
    scope: str
    because: str = "null"


CONDITIONS = Group(
    plural="conditions",
    heading="Conditions",
    stat="condition",
    table="conditions",
    # A heading above what a trial is about would gather half the index: terms themselves alone.
    members="select trial_id from conditions where name = :name"
    " union select trial_id from mesh_terms where term = :name and kind = 'condition' and not is_ancestor"
    " union select trial_id from inferred_terms where term = :name and not is_ancestor",
    path="/conditions",
    scope="condition",
    because="case when exists (select 1 from conditions c where c.trial_id = t.trial_id and c.name = :name)"
    " then null else coalesce((select 'inferred from “' || i.evidence || '”' from inferred_terms i"
    " where i.trial_id = t.trial_id and i.term = :name and not i.is_ancestor), 'MeSH term of the registry') end",
)
SPONSORS = Group(
    plural="sponsors",
    heading="Sponsors",
    stat="sponsor",
    table="sponsors",
    members="select trial_id from sponsors where name = :name",
    path="/sponsors",
    scope="sponsor",
)


def listed(connection: sqlite3.Connection, group: Group, words: str, page: int) -> dict[str, Any]:
    """One page of names, the commonest first; `words` is a part every name must contain."""
    where = "where name = :stat and instr(lower(key), lower(:words))"
    parameters = {"stat": group.stat, "words": words}
    total = number(connection, f"select count(*) from stats {where}", parameters)
    place = paging(group.path, [("name", words)], page, total, _LISTED)
    return {
        "heading": group.heading,
        "group": group,
        "name": words,
        "total": total,
        "rows": select(
            connection,
            f"select key as name, value as n from stats {where} order by value desc, key"
            " limit :limit offset :offset",
            {**parameters, "limit": _LISTED, "offset": (place.number - 1) * _LISTED},
        ),
        "page": place,
    }


def grouped(connection: sqlite3.Connection, group: Group, name: str, page: int) -> dict[str, Any] | None:
    """The trials of one condition or sponsor and how they are spread; None when no trial has it."""
    members = f"t.trial_id in ({group.members})"
    parameters = {"name": name}
    total = number(connection, f"select count(*) from trials t where {members}", parameters)
    if not total:
        return None
    quoted = '"' + name.replace('"', " ") + '"'
    query = urllib.parse.urlencode({"q": f"{group.scope}:{quoted}"})
    place = paging(group.path + "/" + tilde_encode(name), [], page, total)

    def spread(column: str) -> dict[str, int]:
        rows = select(
            connection,
            f"select t.{column} as word, count(*) as n from trials t where {members}"
            f" and t.{column} is not null group by 1 order by n desc, word limit {_SHOWN}",
            parameters,
        )
        return {row["word"]: row["n"] for row in rows}

    def related(table: str, column: str) -> dict[str, int]:
        rows = select(
            connection,
            f"select c.{column} as word, count(distinct c.trial_id) as n from {table} c"
            f" where c.trial_id in ({group.members}) and c.{column} is not null and c.{column} <> :name"
            f" group by 1 order by n desc, word limit {_SHOWN}",
            parameters,
        )
        return {row["word"]: row["n"] for row in rows}

    return {
        "heading": name,
        "group": group,
        "total": total,
        "inferred": _inferred(connection, name) if group is CONDITIONS else 0,
        "statuses": spread("overall_status"),
        "phases": spread("phase"),
        "countries": _countries(connection, group, name),
        "related": related(group.table, "name"),
        "sponsors": spread("lead_sponsor") if group is CONDITIONS else {},
        "conditions": related("conditions", "name") if group is SPONSORS else {},
        "query": query,
        "rows": select(
            connection,
            "select t.trial_id, t.brief_title, t.overall_status, t.phase, t.minimum_age, t.maximum_age, t.sex,"
            f" t.last_update_posted_date, {group.because} as because from trials t where {members}"
            " order by t.overall_status is not 'RECRUITING', t.last_update_posted_date desc, t.trial_id"
            " limit :limit offset :offset",
            {**parameters, "limit": SIZE, "offset": (place.number - 1) * SIZE},
        ),
        "page": place,
    }


def _inferred(connection: sqlite3.Connection, name: str) -> int:
    """Trials that are among a condition's only because their own words were read as its MeSH term."""
    return number(
        connection,
        "select count(distinct trial_id) from inferred_terms where term = :name and not is_ancestor"
        " and trial_id not in (select trial_id from conditions where name = :name)",
        {"name": name},
    )


def _countries(connection: sqlite3.Connection, group: Group, name: str) -> dict[str, int]:
    """Countries by number of trials, from the narrow table: the sites of ten thousand trials take a second."""
    counts: Counter[str] = Counter()
    for row in select(
        connection,
        f"select f.countries from search_filter f where f.trial_id in ({group.members})"
        " and f.countries is not null",
        {"name": name},
    ):
        counts.update(filter(None, row["countries"].split("|")))
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:_SHOWN])
