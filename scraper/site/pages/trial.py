"""Everything one page says about one trial."""

import itertools
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from scraper.site import labels
from scraper.site.citation import reference
from scraper.site.pages.changes import with_parts
from scraper.site.pages.criteria import criteria
from scraper.site.pages.dates import dates, stale
from scraper.site.pages.linked import linked
from scraper.site.pages.places import dots, window
from scraper.site.pages.provenance import provenance
from scraper.site.pages.sites import sites
from scraper.site.rows import Row, first, meta, number, select
from scraper.site.titles import GAZETTEER, short_title, source_title, terms_of, with_titles
from scraper.store import past, unread
from scraper.tell import history

_SHOWN_OUTCOMES = 30
_SHOWN_CHANGES = 40
_OUTCOMES = {"primary": "Primary outcomes", "secondary": "Secondary outcomes", "other": "Other outcomes"}
_DESIGN = (
    ("study_type", "{}"),
    ("primary_purpose", "purpose: {}"),
    ("allocation", "allocation: {}"),
    ("intervention_model", "model: {}"),
    ("observational_model", "model: {}"),
    ("time_perspective", "time: {}"),
    ("masking", "masking: {}"),
)


def trial(
    connection: sqlite3.Connection, trial_id: str, near: str = "", as_of: str = ""
) -> dict[str, Any] | None:
    """Everything the trial's page shows; None when there is no such trial. `near` is a place as it was typed."""
    found = first(connection, "select * from trials where trial_id = ?", (trial_id,))
    if found is None:
        return None

    not_read = unread.words(connection, [trial_id]).get(trial_id, {})
    found["age_not_read"] = unread.said(not_read) if not_read else ""

    def rows(sql: str) -> list[Row]:
        return select(connection, sql, (trial_id,))

    text = first(connection, "select * from trial_text where trial_id = ?", (trial_id,)) or {}
    design = first(connection, "select * from designs where trial_id = ?", (trial_id,)) or {}
    changes = rows(
        f"select * from changes where trial_id = ? order by observed_at desc, position limit {_SHOWN_CHANGES}"
    )
    records = rows("select * from records where trial_id = ? order by fetched_at desc, source, source_id")
    facts = meta(connection)
    approximate = number(
        connection,
        "select count(*) from sites where trial_id = ? and coordinates_source = 'gazetteer'",
        (trial_id,),
    )
    shown_dots = dots(connection, trial_id)
    data: dict[str, Any] = {
        "trial": found,
        "text": text,
        "cite": reference({**found, "source_title": source_title(facts, found["source"])}),
        "has_summary": any(text.get(name) for name in ("brief_summary", "detailed_description"))
        or (text.get("official_title") or found["brief_title"]) != found["brief_title"],
        "source_title": source_title(facts, found["source"]),
        "terms": terms_of(
            facts, [*(row["source"] for row in records), *([GAZETTEER] if approximate else [])]
        ),
        "approximate": approximate,
        "fetched_at": next(
            (
                row["fetched_at"]
                for row in records
                if (row["source"], row["source_id"]) == (found["source"], found["source_id"])
            ),
            None,
        ),
        "conditions": rows("select * from conditions where trial_id = ? order by position"),
        "mesh": rows(
            "select term, mesh_id from mesh_terms where trial_id = ? and kind = 'condition' and not is_ancestor"
            " order by position"
        ),
        "inferred": rows(
            "select term, evidence from inferred_terms where trial_id = ? and not is_ancestor order by position"
        ),
        "keywords": rows("select * from keywords where trial_id = ? order by position"),
        "criteria": criteria(connection, trial_id),
        "design": _design(found, design),
        "arms": _arms(connection, trial_id),
        "interventions": _interventions(connection, trial_id),
        "outcomes": _outcomes(rows("select * from outcomes where trial_id = ? order by position")),
        **sites(connection, trial_id, found["overall_status"], near, as_of),
        "countries": rows(
            "select coalesce(c.name, s.country) as country, count(*) as n from sites s"
            " left join countries c on c.code = s.country_code where s.trial_id = ? and s.country is not null"
            " group by 1 order by n desc, 1"
        ),
        "map": shown_dots,
        "map_window": window(shown_dots) if shown_dots else None,
        "dates": dates(found),
        "stale": stale(found),
        "ages_in_criteria": number(
            connection,
            "select count(*) from criteria_constraints where trial_id = ? and variable = 'age'",
            (trial_id,),
        ),
        "history": _history(connection, facts, changes),
        "changes_shown": len(changes),
        "versions": past.moments(connection, trial_id),
        "changes_total": number(connection, "select count(*) from changes where trial_id = ?", (trial_id,)),
        "conflicts": with_titles(facts, rows("select * from conflicts where trial_id = ? order by position")),
        "provenance": provenance(connection, found, design, records, facts),
        "records": [{**row, "title": short_title(facts, row["source"])} for row in records],
        "other_ids": rows("select * from secondary_ids where trial_id = ? order by position"),
        "links": linked(connection, trial_id),
        "collaborators": rows(
            "select * from sponsors where trial_id = ? and role = 'collaborator' order by position"
        ),
        "references": rows("select * from study_references where trial_id = ? order by position limit 60"),
    }
    return {**data, "sections": _sections(data)}


def trial_at(
    connection: sqlite3.Connection, trial_id: str, date: str, near: str = ""
) -> dict[str, Any] | None:
    """What the page showed at a date; "as_of" says since when and until when. None when there is no such trial.

    Raises NotKnownYet for a date before the first version, SettingsError for what is no date.
    """
    known = past.moments(connection, trial_id)
    if not known:
        return None
    there = history.moment(connection, trial_id, date, "as_of")
    with closing(past.at(connection, trial_id, there)) as memory:
        shown = trial(memory, trial_id, near, date) or {}
    as_of = {"date": date, **there._asdict(), "ahead_of": history.ahead_of(connection, date)}
    return {**shown, "versions": known, "as_of": as_of}


def _sections(data: dict[str, Any]) -> list[tuple[str, str]]:
    there = (
        ("disagree", "Contradictions", data["conflicts"]),
        ("summary", "Summary", data["has_summary"]),
        ("eligibility", "Who can take part", True),
        ("arms", "Arms and interventions", data["arms"] or data["interventions"]),
        ("outcomes", "What is measured", data["outcomes"]),
        ("sites", "Sites", data["sites_total"]),
        ("dates", "Dates", data["dates"]),
        ("history", "History", data["history"] or len(data["versions"]) > 1),
        ("records", "Records", True),
    )
    return [(anchor, label) for anchor, label, shown in there if shown]


def _design(found: Row, design: Row) -> str:
    """The design in one line: "Interventional · purpose: treatment · masking: double"."""
    both = {**design, "study_type": found["study_type"]}
    return " · ".join(
        shape.format(labels.words(both[name]).lower() if ":" in shape else labels.value(name, both[name]))
        for name, shape in _DESIGN
        if both.get(name) not in (None, "", "NA")
    )


def _arms(connection: sqlite3.Connection, trial_id: str) -> list[Row]:
    given = defaultdict(list)
    for row in select(
        connection, "select * from arm_interventions where trial_id = ? order by position", (trial_id,)
    ):
        given[row["arm_position"]].append(row["intervention_name"])
    found = select(connection, "select * from arms where trial_id = ? order by position", (trial_id,))
    return [{**row, "interventions": given[row["position"]]} for row in found]


def _interventions(connection: sqlite3.Connection, trial_id: str) -> list[Row]:
    names = defaultdict(list)
    for row in select(
        connection,
        "select * from intervention_other_names where trial_id = ? order by position",
        (trial_id,),
    ):
        names[row["intervention_position"]].append(row["name"])
    found = select(
        connection, "select * from interventions where trial_id = ? order by position", (trial_id,)
    )
    return [{**row, "other_names": names[row["position"]]} for row in found]


def _outcomes(rows: list[Row]) -> list[dict[str, Any]]:
    found = []
    for kind, group in itertools.groupby(rows, key=lambda row: row["outcome_type"]):
        same = list(group)
        found.append(
            {
                "label": _OUTCOMES.get(kind, kind),
                "folded": kind != "primary",
                "rows": same[:_SHOWN_OUTCOMES],
                "more": max(0, len(same) - _SHOWN_OUTCOMES),
            }
        )
    return found


def _history(
    connection: sqlite3.Connection, facts: Mapping[str, str], changes: list[Row]
) -> list[dict[str, Any]]:
    """The changes by day and record, so that a day with twenty of them says its date once."""
    groups = itertools.groupby(
        with_parts(changes), key=lambda row: (row["observed_at"], row["source"], row["source_id"])
    )
    return [
        {"date": at, "source": short_title(facts, source or ""), "source_id": source_id, "rows": list(rows)}
        for (at, source, source_id), rows in groups
    ]
