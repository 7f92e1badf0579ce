"""Trials that have a condition or a sponsor in common, and the lists of both."""

import sqlite3
import urllib.parse
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from datasette.utils import tilde_encode

from scraper.site.paging import SIZE, paging
from scraper.site.rows import Row, clean, number, select
from scraper.store import unread

_SHOWN = 15
_LISTED = 100
MOST_COUNTED = 20_000
"""Of a name with more trials than this, those with the highest numbers are looked at: 75,000 take two seconds."""


@dataclass(frozen=True)
class Group:
    """What trials are grouped by. `members` are queries for the ids of the trials whose name is :name, each of them
    over an index that has them in their order; `because` is SQL for why a trial `t` is among them whose record does
    not say the name itself.
    """

    plural: str
    heading: str
    stat: str
    table: str
    members: tuple[str, ...]
    path: str
    scope: str
    because: str = "null"


CONDITIONS = Group(
    plural="conditions",
    heading="Conditions",
    stat="condition",
    table="conditions",
    # A heading above what a trial is about would gather half the index: terms themselves alone.
    members=(
        "select distinct trial_id from conditions where name = :name",
        "select distinct trial_id from mesh_terms where term = :name and kind = 'condition' and not is_ancestor",
        "select distinct trial_id from inferred_terms where term = :name and not is_ancestor",
    ),
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
    members=("select distinct trial_id from sponsors where name = :name",),
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
    """The trials of one condition or sponsor and how they are spread; None when no trial has it.

    Of a common name only the trials with the highest numbers are looked at: "counted" says how many they are.
    """
    total = number(connection, f"select count(*) from ({' union '.join(group.members)})", {"name": name})
    if not total:
        return None
    quoted = '"' + name.replace('"', " ") + '"'
    query = urllib.parse.urlencode({"q": f"{group.scope}:{quoted}"})
    counted = min(total, MOST_COUNTED)
    place = paging(f"{group.path}/{tilde_encode(name)}", [], page, counted)
    found = _spread(connection, group, name, place.number)
    return {
        "heading": name,
        "group": group,
        "total": total,
        "inferred": _inferred(connection, name) if group is CONDITIONS else 0,
        "counted": counted,
        "statuses": _commonest(found["status"]),
        "phases": _commonest(found["phase"]),
        "countries": _commonest(found["country"]),
        "related": _commonest(found["related"]),
        "sponsors": _commonest(found["sponsor"]) if group is CONDITIONS else {},
        "conditions": _commonest(found["conditions"]) if group is SPONSORS else {},
        "query": query,
        "rows": _rows(connection, group, name, list(found["shown"])),
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


def _members(group: Group) -> str:
    """SQL of a table `m` of the trials that are looked at."""
    # The highest of each query come from its index: 75,000 put in order for the highest of all take 80 ms.
    highest = (f"select * from ({query} order by trial_id desc limit :most)" for query in group.members)
    return f"with m as materialized ({' union '.join(highest)} order by 1 desc limit :most)"


def _spread(connection: sqlite3.Connection, group: Group, name: str, page: int) -> dict[str, Counter[str]]:
    """Trials by status, phase, country, sponsor and names beside this one, and under "shown" the ids of one page, in
    their order.
    """
    # One pass over the trials, and few rows out of it: each row that Python fetches waits for its lock when other
    # pages are being made, and each grouped query of its own over 75,000 trials takes a quarter of a second.
    rows = connection.execute(
        _members(group)
        + ", r as materialized (select t.trial_id as id, t.overall_status as status, t.phase as phase,"
        " t.lead_sponsor as sponsor, t.last_update_posted_date as updated, f.countries as countries"
        " from m cross join trials t on t.trial_id = m.trial_id"
        " left join search_filter f on f.trial_id = m.trial_id)"
        " select 'status', status, count(*) from r where status is not null group by 2"
        " union all select 'phase', phase, count(*) from r where phase is not null group by 2"
        " union all select * from (select 'sponsor', sponsor, count(*) from r where sponsor is not null"
        " group by 2 order by 3 desc, 2 limit :names)"
        " union all select 'country', group_concat(countries, ''), 1 from r"
        + _beside("related", group.table)
        + (_beside("conditions", "conditions") if group is SPONSORS else "")
        + " union all select * from (select 'shown', id, 1 from r"
        " order by status is not 'RECRUITING', updated desc, id limit :limit offset :offset)",
        {
            "name": name,
            "most": MOST_COUNTED,
            "names": _SHOWN,
            "limit": SIZE,
            "offset": (page - 1) * SIZE,
        },
    )
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, word, n in map(tuple, rows):
        for one in clean(word or "").split("|") if kind == "country" else [word]:
            if one:
                found[kind][one if kind == "shown" else clean(one)] += n
    return found


def _commonest(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:_SHOWN])


def _beside(kind: str, table: str) -> str:
    """SQL for the names of that table that stand beside this one most often."""
    # Asked for by equality, SQLite may first read the whole table for a Bloom filter.
    return (
        f" union all select * from (select '{kind}', c.name, count(distinct c.trial_id) from m cross join {table} c"
        " on c.trial_id >= m.trial_id and c.trial_id <= m.trial_id where c.name <> :name group by 2 order by 3 desc, 2 limit :names)"
    )


def _rows(connection: sqlite3.Connection, group: Group, name: str, trial_ids: list[str]) -> list[Row]:
    """What a list says of these trials, in their order."""
    not_read = unread.words(connection, trial_ids)
    return [
        {**row, "age_not_read": unread.said(not_read[trial_id]) if trial_id in not_read else ""}
        for trial_id in trial_ids
        for row in select(
            connection,
            "select t.trial_id, t.brief_title, t.overall_status, t.phase, t.minimum_age, t.maximum_age, t.sex,"
            f" t.last_update_posted_date, {group.because} as because from trials t where t.trial_id = :trial_id",
            {"trial_id": trial_id, "name": name},
        )
    ]
