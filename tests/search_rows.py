"""A small database for the search tests: made by the migrations, filled with rows of our own words."""

from collections.abc import Sequence
from typing import Any

from sqlite_utils.db import Database

from scraper.model import trial_key
from scraper.search.index import INDEXES
from scraper.store import fulltext
from scraper.store.migrations import migrations

AT = "2026-01-01T00:00:00Z"


def empty_database() -> Database:
    db = Database(memory=True)
    migrations.apply(db)
    for index in INDEXES:
        fulltext.create(db, index)
    return db


def insert(
    db: Database,
    trial_id: str,
    *,
    brief_title: str | None = None,
    official_title: str | None = None,
    acronym: str | None = None,
    summary: str | None = None,
    criteria: str | None = None,
    conditions: Sequence[str] = (),
    keywords: Sequence[str] = (),
    mesh: Sequence[tuple[str, str, int]] = (),
    interventions: Sequence[tuple[str, Sequence[str]]] = (),
    sponsors: Sequence[str] = (),
    secondary_ids: Sequence[str] = (),
    sites: Sequence[tuple[str, str, float, float, str | None]] = (),
    **narrow: Any,
) -> None:
    """Insert one trial and index it. `narrow` are columns of search_filter; sites are (city, country, lat, lon,
    status)."""
    removed = narrow.pop("removed", 0)
    shared = {name: value for name, value in narrow.items() if name != "countries"}
    _row(
        db,
        "trials",
        trial_id=trial_id,
        brief_title=brief_title,
        acronym=acronym,
        lead_sponsor=sponsors[0] if sponsors else None,
        source="ours",
        source_id=trial_id,
        first_seen_at=AT,
        last_seen_at=AT,
        last_changed_at=AT,
        removed_at=AT if removed else None,
        **shared,
    )
    _row(
        db,
        "trial_text",
        trial_id=trial_id,
        official_title=official_title,
        brief_summary=summary,
        eligibility_criteria=criteria,
    )
    countries = dict.fromkeys(site[1] for site in sites)
    _row(
        db,
        "search_filter",
        id=trial_key(trial_id),
        trial_id=trial_id,
        removed=removed,
        countries=f"|{'|'.join(countries)}|" if countries else None,
        **shared,
    )
    children: list[tuple[str, list[dict[str, Any]]]] = [
        ("conditions", [{"name": name} for name in conditions]),
        ("keywords", [{"name": name} for name in keywords]),
        (
            "mesh_terms",
            [{"kind": k, "term": term, "is_ancestor": is_ancestor} for k, term, is_ancestor in mesh],
        ),
        ("interventions", [{"name": name} for name, _ in interventions]),
        (
            "intervention_other_names",
            [
                {"intervention_position": i, "name": other}
                for i, (_, others) in enumerate(interventions, 1)
                for other in others
            ],
        ),
        ("sponsors", [{"name": n, "role": "collaborator" if i else "lead"} for i, n in enumerate(sponsors)]),
        ("secondary_ids", [{"id_value": value, "id_type": "other"} for value in secondary_ids]),
        (
            "sites",
            [
                {"city": city, "country": country, "latitude": lat, "longitude": lon, "status": status}
                for city, country, lat, lon, status in sites
            ],
        ),
    ]
    for table, rows in children:
        for position, row in enumerate(rows, 1):
            _row(db, table, trial_id=trial_id, position=position, **row)
    for index in INDEXES:
        fulltext.add(db.conn, index, [trial_id])


def _row(db: Database, table: str, **values: Any) -> None:
    marks = ", ".join("?" * len(values))
    db.execute(f"insert into {table} ({', '.join(values)}) values ({marks})", list(values.values()))
