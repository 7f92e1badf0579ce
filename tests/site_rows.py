"""A database file for the site's tests: made by the migrations, filled with invented trials in our own words."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlite_utils.db import Database

from scraper.model import CRITERIA_PER_TRIAL, trial_key
from scraper.search.index import INDEXES
from scraper.store import fulltext
from scraper.store.migrations import migrations
from scraper.store.stats import refresh_stats

AT = "2026-05-13T08:00:00Z"
FIRST, SECOND, THIRD = "NCT99000001", "NCT99000002", "listing:77"


def empty(path: Path) -> Path:
    """A database with the schema and no row."""
    db = Database(sqlite3.connect(path))
    migrations.apply(db)
    for index in INDEXES:
        fulltext.create(db, index)
    db.conn.commit()
    db.close()
    return path


def small(path: Path) -> Path:
    """Three trials: one with everything a record can have, a sparse one, one known from a listing only."""
    db = Database(sqlite3.connect(empty(path)))
    _trial(
        db,
        FIRST,
        brief_title="Warm tea against the common cold",
        acronym="TEACUP",
        overall_status="RECRUITING",
        phase="PHASE1/PHASE2",
        sex="ALL",
        minimum_age="6 Months",
        maximum_age="75 Years",
        minimum_age_years=0.5,
        maximum_age_years=75.0,
        maximum_age_before_years=76.0,
        healthy_volunteers=0,
        lead_sponsor="Institute of Hot Drinks",
        lead_sponsor_class="OTHER",
        enrollment=120,
        enrollment_type="ESTIMATED",
        start_date="2026-01",
        primary_completion_date="2027-05-01",
        completion_date="2027-11",
        first_posted_date="2025-12-01",
        last_update_posted_date="2026-05-13",
        has_results=0,
    )
    rows(db, "trial_text", trial_id=FIRST, **_TEXT)
    rows(
        db,
        "designs",
        trial_id=FIRST,
        allocation="RANDOMIZED",
        intervention_model="PARALLEL",
        masking="DOUBLE",
        primary_purpose="TREATMENT",
    )
    children(db, FIRST, "conditions", [{"name": "Common Cold"}, {"name": "Cough"}])
    children(db, FIRST, "keywords", [{"name": "tea"}])
    children(
        db, FIRST, "interventions", [{"intervention_type": "DRUG", "name": "Tea", "description": "One cup"}]
    )
    children(db, FIRST, "intervention_other_names", [{"intervention_position": 0, "name": "Camellia brew"}])
    children(db, FIRST, "arms", [{"group_type": "EXPERIMENTAL", "title": "Tea arm", "description": "Tea"}])
    children(db, FIRST, "arm_interventions", [{"arm_position": 0, "intervention_name": "Drug: Tea"}])
    children(
        db,
        FIRST,
        "outcomes",
        [
            {"outcome_type": "primary", "measure": "Days with cough", "time_frame": "14 days"},
            {"outcome_type": "secondary", "measure": "Cups drunk", "time_frame": "14 days"},
        ],
    )
    children(
        db,
        FIRST,
        "study_references",
        [
            {"reference_type": "background", "citation": "On tea. 2020", "pmid": "12345"},
            {"reference_type": "link", "citation": "Our page", "url": "https://tea.example/"},
        ],
    )
    children(
        db,
        FIRST,
        "sponsors",
        [
            {"name": "Institute of Hot Drinks", "class": "OTHER", "role": "lead"},
            {"name": "Kettle Foundation", "class": "NETWORK", "role": "collaborator"},
        ],
    )
    children(
        db,
        FIRST,
        "sites",
        [
            {"facility": "Tea House", "city": "Emden", "country": "Germany", "latitude": 53.37,
             "longitude": 7.21, "status": "RECRUITING"},
            {"facility": "Tea Room", "city": "Bath", "country": "United Kingdom", "latitude": 51.38,
             "longitude": -2.36, "status": "COMPLETED"},
            {"facility": "Tea Shop", "city": "Boston", "state": "Massachusetts", "country": "United States",
             "latitude": 42.36, "longitude": -71.06, "status": None},
        ],
    )  # fmt: skip
    children(
        db,
        FIRST,
        "secondary_ids",
        [
            {
                "id_value": "2020-001234-56",
                "id_type": "eudract",
                "label": "EudraCT",
                "link": "https://eu.example/",
            }
        ],
    )
    _criteria(db, FIRST)
    for source, source_id, age in (
        ("ctgov", FIRST, "6 Months to 75 Years"),
        ("trialx", "77001", "6-75 years"),
    ):
        rows(
            db,
            "records",
            source=source,
            source_id=source_id,
            trial_id=FIRST,
            url=f"https://{source}.example/{source_id}",
            status_raw="Recruiting",
            age_raw=age,
            fetched_at=AT,
            sha256="00",
            parser_version="1",
        )
    rows(
        db,
        "conflicts",
        trial_id=FIRST,
        position=0,
        rule="age_unit",
        field="minimum_age",
        value_a="6-75 years",
        source_a="trialx badge",
        quote_a="6-75 years",
        date_a="2026-05-13",
        value_b="6 Months",
        source_b="ctgov",
        quote_b="6 Months",
        date_b="2026-05-12",
    )
    for position, (field, old, new) in enumerate(
        (
            ("overall_status", "NOT_YET_RECRUITING", "RECRUITING"),
            ("maximum_age", "70 Years", "75 Years"),
            ("brief_summary", "Tea " * 40 + "helps a bit.", "Tea " * 40 + "helps a lot."),
        )
    ):
        rows(
            db,
            "changes",
            trial_id=FIRST,
            position=position,
            field=field,
            old=old,
            new=new,
            observed_at=f"2026-05-1{position}",
            learned_at=f"2026-05-1{position}T06:00:00Z",
            severity="high",
            source="ctgov",
        )
    rows(
        db,
        "links",
        trial_id=FIRST,
        other_id=SECOND,
        relation="follow_up",
        evidence="named in it",
        confidence=0.9,
    )
    rows(
        db,
        "problems",
        trial_id=FIRST,
        source="ctgov",
        source_id=FIRST,
        url="https://ctgov.example/",
        stage="normalise",
        field="phase",
        found="Phase five",
        expected="a known phase",
        seen_at=AT,
    )
    rows(db, "trial_digests", trial_id=FIRST, digest="first version")
    _trial(db, SECOND, brief_title="Cold water", overall_status="COMPLETED", study_type="OBSERVATIONAL")
    children(db, SECOND, "conditions", [{"name": "Common Cold"}])
    _trial(db, THIRD, brief_title="A listing without a registry id", source="trialx", source_id="77")
    rows(db, "stats", name="rows", key="trials", value=3)
    for key, value in {"snapshot_at": AT, "title_ctgov": "Register of Tea", "licence_ctgov": "free"}.items():
        rows(db, "meta", key=key, value=value)
    finish(db)
    return path


_TEXT = {
    "official_title": "A randomised trial of warm tea",
    "brief_summary": "Does tea help?\n\nWe ask.",
    "detailed_description": "Cups are counted every day.",
    "eligibility_criteria": "Inclusion Criteria:\n\n* Haemoglobin >= 9 g/dL\n* Can drink\n\nExclusion Criteria:\n\n* Hates tea",
    "why_stopped": None,
}


def finish(db: Database) -> None:
    """Index, count and close."""
    for index in INDEXES:
        fulltext.rebuild(db, index)
    refresh_stats(db)
    db.conn.commit()
    db.close()


def rows(db: Database, table: str, **values: Any) -> None:
    marks = ", ".join("?" * len(values))
    names = ", ".join(f'"{name}"' for name in values)
    db.execute(f"insert into {table} ({names}) values ({marks})", list(values.values()))


def children(db: Database, trial_id: str, table: str, found: list[dict[str, Any]]) -> None:
    for position, row in enumerate(found):
        rows(db, table, trial_id=trial_id, position=position, **row)


def _trial(db: Database, trial_id: str, **values: Any) -> None:
    shared = {"source": "ctgov", "source_id": trial_id, "study_type": "INTERVENTIONAL", **values}
    rows(
        db,
        "trials",
        trial_id=trial_id,
        registry="ctgov" if trial_id.startswith("NCT") else None,
        url=f"https://registry.example/{trial_id}",
        first_seen_at=AT,
        last_seen_at=AT,
        last_changed_at=AT,
        **shared,
    )
    narrow = {
        column.name: shared[column.name]
        for column in db.table("search_filter").columns
        if column.name in shared
    }
    countries = "|Germany|United Kingdom|United States|" if trial_id == FIRST else None
    rows(
        db,
        "search_filter",
        id=trial_key(trial_id),
        trial_id=trial_id,
        removed=0,
        countries=countries,
        **narrow,
    )


def _criteria(db: Database, trial_id: str) -> None:
    rows(db, "variables", code="hemoglobin", label="Haemoglobin", type="lab", default_unit="g/dL")
    start = trial_key(trial_id) * CRITERIA_PER_TRIAL
    for position, (kind, text) in enumerate(
        (("inclusion", "Haemoglobin >= 9 g/dL"), ("inclusion", "Can drink"), ("exclusion", "Hates tea"))
    ):
        rows(
            db,
            "criteria",
            id=start + position,
            trial_id=trial_id,
            kind=kind,
            kind_source="heading",
            position=position,
            depth=0,
            text=text,
            raw_start=0,
            raw_end=5,
        )
    rows(
        db,
        "criteria_constraints",
        criterion_id=start,
        trial_id=trial_id,
        position=0,
        variable="hemoglobin",
        comparator=">=",
        value=9.0,
        unit="g/dL",
        conditional=0,
        evidence="Haemoglobin >= 9 g/dL",
        evidence_start=0,
        evidence_end=21,
        rule="comparison",
        confidence=0.9,
    )
