"""Trials that several records are about: those linked with one trial, and the list of all such groups."""

import itertools
import sqlite3
from typing import Any

from scraper.site.paging import paging
from scraper.site.rows import Row, number, select

_GROUPS = 25
_SHOWN = 60
_RELATIONS = {
    "same_trial": ("Other records of this trial", "Other records of this trial"),
    "extension_of": ("Extends", "Extended by"),
    "sub_study_of": ("Part of", "Sub-studies"),
    "expanded_access_for": ("Expanded access for", "Expanded access"),
}
"""Relation -> what the trial's page calls the other trial, from either side."""


def linked(connection: sqlite3.Connection, trial_id: str) -> list[dict[str, Any]]:
    """The trials that belong to this one, by how they do, with the evidence and how sure it is."""
    query = (
        "select {mine} as shown_id, l.relation, l.evidence, l.confidence, {side} as side, t.trial_id is not null as known,"
        " t.brief_title, t.registry, t.overall_status from links l left join trials t on t.trial_id = {mine}"
        " where {own} = :trial"
    )
    both = (
        query.format(mine="l.other_id", own="l.trial_id", side=0)
        + " union all "
        + query.format(mine="l.trial_id", own="l.other_id", side=1)
        + " and l.relation <> 'same_trial'"
    )
    rows = select(
        connection,
        f"select * from ({both}) order by relation <> 'same_trial', relation, side, confidence desc, shown_id limit :most",
        {"trial": trial_id, "most": _SHOWN},
    )
    direct = {row["shown_id"] for row in rows if row["relation"] == "same_trial"}
    further = select(
        connection,
        "select g.trial_id as shown_id, 'same_trial' as relation, 'through another record of the group' as evidence,"
        " null as confidence, 0 as side, 1 as known, t.brief_title, t.registry, t.overall_status"
        " from trial_groups o join trial_groups g using (group_id) join trials t on t.trial_id = g.trial_id"
        " where o.trial_id = :trial and g.trial_id <> :trial order by g.trial_id limit :most",
        {"trial": trial_id, "most": _SHOWN},
    )
    same = [row for row in rows if row["relation"] == "same_trial"]
    same += [row for row in further if row["shown_id"] not in direct]
    others = [row for row in rows if row["relation"] != "same_trial"]
    return [
        {"heading": _heading(relation, side), "rows": list(group)}
        for (relation, side), group in itertools.groupby(
            [*same, *others], key=lambda row: (row["relation"], row["side"])
        )
    ]


def _heading(relation: str, side: int) -> str:
    return _RELATIONS.get(relation, (relation, relation))[side]


def groups(connection: sqlite3.Connection, page: int) -> dict[str, Any]:
    """One page of the groups of records that are one trial, the largest first."""
    total = number(connection, "select count(distinct group_id) from trial_groups")
    place = paging("/linked", [], page, total, _GROUPS)
    rows = select(
        connection,
        "with shown as (select group_id, count(*) as n from trial_groups group by group_id"
        " order by n desc, group_id limit :limit offset :offset)"
        " select s.group_id, s.n, t.trial_id, t.brief_title, t.registry, t.overall_status, t.lead_sponsor, t.start_date"
        " from shown s cross join trial_groups g on g.group_id = s.group_id"
        " cross join trials t on t.trial_id = g.trial_id order by s.n desc, s.group_id, t.trial_id",
        {"limit": _GROUPS, "offset": (place.number - 1) * _GROUPS},
    )
    return {
        "heading": "Trials with several records",
        "total": total,
        "page": place,
        "groups": [list(group) for _, group in itertools.groupby(rows, key=_group_id)],
        "relations": select(
            connection,
            "select relation, count(*) as n from links where relation <> 'same_trial' or trial_id < other_id"
            " group by relation order by n desc, relation",
        ),
        "refused": select(
            connection, "select * from refused_links order by refused_at desc, trial_id limit 100"
        ),
    }


def _group_id(row: Row) -> str:
    return str(row["group_id"])
