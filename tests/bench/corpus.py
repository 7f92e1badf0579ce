"""The real ClinicalTrials.gov records of ../shared, read straight into the tables that search reads.

Only what search needs, and nothing of the product's own reading: a fault there must not hide one of search.
"""

import gzip
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree
from sqlite_utils.db import Database

from scraper.model import trial_key
from scraper.store.migrations import migrations


@dataclass
class Study:
    """What search reads of one study. `terms` and `ancestors` are the registry's MeSH condition terms."""

    trial_id: str
    brief_title: str = ""
    official_title: str = ""
    acronym: str = ""
    summary: str = ""
    criteria: str = ""
    status: str = ""
    study_type: str = ""
    phase: str = ""
    updated: str = ""
    sponsors: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    ancestors: list[str] = field(default_factory=list)
    intervention_terms: list[str] = field(default_factory=list)
    interventions: list[tuple[str, list[str]]] = field(default_factory=list)
    secondary_ids: list[str] = field(default_factory=list)
    has_ancestors: bool = False


def studies(shared: Path) -> list[Study]:
    """Every study of the JSON and XML folders once, the JSON record where there are both, by id."""
    data = shared / "data"
    found: dict[str, Study] = {}
    for path in sorted((data / "ctgov-xml").glob("*.xml")):
        _keep(found, _from_xml(path.read_bytes()))
    with zipfile.ZipFile(data / "bulk" / "ctgov-xml-5000.zip") as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".xml"):
                _keep(found, _from_xml(archive.read(name)))
    for record in _json_records(data):
        _keep(found, _from_json(record))
    return [found[trial_id] for trial_id in sorted(found)]


def _keep(found: dict[str, Study], study: Study | None) -> None:
    if study:
        found[study.trial_id] = study


def _json_records(data: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((data / "ctgov-v2-json").glob("*.json")):
        yield json.loads(path.read_bytes())
    with gzip.open(data / "bulk" / "ctgov-v2-more.ndjson.gz") as lines:
        for line in lines:
            yield json.loads(line)
    for path in sorted((data / "ctgov-v2-pages").glob("*.json")):
        body = json.loads(path.read_bytes())
        yield from body.get("studies", [body]) if isinstance(body, dict) else body


def _from_json(record: dict[str, Any]) -> Study | None:
    protocol = record.get("protocolSection")
    if not isinstance(protocol, dict) or "identificationModule" not in protocol:
        return None

    def module(name: str) -> dict[str, Any]:
        found = protocol.get(f"{name}Module")
        return found if isinstance(found, dict) else {}

    derived = record.get("derivedSection") or {}
    browse = derived.get("conditionBrowseModule") or {}
    names = module("identification")
    sponsors = module("sponsorCollaborators")
    return Study(
        trial_id=names["nctId"],
        brief_title=names.get("briefTitle", ""),
        official_title=names.get("officialTitle", ""),
        acronym=names.get("acronym", ""),
        summary=module("description").get("briefSummary", ""),
        criteria=module("eligibility").get("eligibilityCriteria", ""),
        status=module("status").get("overallStatus", ""),
        study_type=module("design").get("studyType", ""),
        phase="/".join(module("design").get("phases", [])),
        updated=(module("status").get("lastUpdatePostDateStruct") or {}).get("date", ""),
        sponsors=[
            each["name"]
            for each in [sponsors.get("leadSponsor"), *sponsors.get("collaborators", [])]
            if each and each.get("name")
        ],
        conditions=module("conditions").get("conditions", []),
        keywords=module("conditions").get("keywords", []),
        terms=[each["term"] for each in browse.get("meshes", [])],
        ancestors=[each["term"] for each in browse.get("ancestors", [])],
        intervention_terms=[
            each["term"] for each in (derived.get("interventionBrowseModule") or {}).get("meshes", [])
        ],
        interventions=[
            (each["name"], each.get("otherNames", []))
            for each in module("armsInterventions").get("interventions", [])
            if each.get("name")
        ],
        secondary_ids=[each["id"] for each in names.get("secondaryIdInfos", []) if each.get("id")],
        has_ancestors=True,
    )


def _from_xml(body: bytes) -> Study | None:
    try:
        root = etree.fromstring(body)
    except etree.XMLSyntaxError:
        return None

    def texts(path: str) -> list[str]:
        return [" ".join(node.text.split()) for node in root.findall(path) if node.text and node.text.strip()]

    def one(path: str) -> str:
        return next(iter(texts(path)), "")

    trial_id = one("id_info/nct_id")
    if not trial_id:
        return None
    return Study(
        trial_id=trial_id,
        brief_title=one("brief_title"),
        official_title=one("official_title"),
        acronym=one("acronym"),
        summary=one("brief_summary/textblock"),
        criteria=one("eligibility/criteria/textblock"),
        status=re.sub(r"[^A-Z]+", "_", one("overall_status").upper()),
        study_type=one("study_type").upper(),
        phase=one("phase").upper().replace(" ", ""),
        updated="",
        sponsors=texts("sponsors/*/agency"),
        conditions=texts("condition"),
        keywords=texts("keyword"),
        terms=texts("condition_browse/mesh_term"),
        intervention_terms=texts("intervention_browse/mesh_term"),
        interventions=[
            (
                node.findtext("intervention_name") or "",
                [other.text for other in node.findall("other_name") if other.text],
            )
            for node in root.findall("intervention")
        ],
        secondary_ids=texts("id_info/org_study_id") + texts("id_info/secondary_id"),
    )


def load(records: list[Study], hidden: frozenset[str] = frozenset()) -> Database:
    """A database in memory with these studies; those in `hidden` without their MeSH terms."""
    db = Database(memory=True)
    migrations.apply(db)
    at = "2026-01-01T00:00:00Z"
    with db.atomic():
        for study in records:
            key = study.trial_id
            db.conn.execute(
                "insert into trials (trial_id, registry, brief_title, acronym, overall_status, study_type, phase,"
                " lead_sponsor, last_update_posted_date, source, source_id, first_seen_at, last_seen_at,"
                " last_changed_at) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                [
                    key,
                    "ctgov",
                    study.brief_title,
                    study.acronym,
                    study.status or None,
                    study.study_type or None,
                ]
                + [study.phase or None, next(iter(study.sponsors), None), study.updated or None, "ctgov", key]
                + [at] * 3,
            )
            db.conn.execute(
                "insert into trial_text (trial_id, official_title, brief_summary, eligibility_criteria)"
                " values (?,?,?,?)",
                [key, study.official_title, study.summary, study.criteria],
            )
            db.conn.execute(
                "insert into search_filter (id, trial_id, overall_status, study_type, phase,"
                " last_update_posted_date, removed) values (?,?,?,?,?,?,0)",
                [
                    trial_key(key),
                    key,
                    *(text or None for text in (study.status, study.study_type, study.phase, study.updated)),
                ],
            )
            _children(db, "conditions", key, [(name,) for name in study.conditions])
            _children(db, "keywords", key, [(name,) for name in study.keywords])
            terms = [] if key in hidden else mesh_rows(study)
            _children(db, "mesh_terms", key, terms)
            _children(db, "interventions", key, [(None, name, None) for name, _ in study.interventions])
            others = [(at_, name) for at_, (_, names) in enumerate(study.interventions, 1) for name in names]
            _children(db, "intervention_other_names", key, others)
            _children(
                db,
                "sponsors",
                key,
                [(name, None, "collaborator" if i else "lead") for i, name in enumerate(study.sponsors)],
            )
            _children(
                db,
                "secondary_ids",
                key,
                [(value, "other", None, None, None) for value in study.secondary_ids],
            )
    return db


def mesh_rows(study: Study) -> list[tuple[str, None, str, int]]:
    """(kind, mesh_id, term, is_ancestor) as the store keeps them."""
    return [
        *(("condition", None, term, 0) for term in study.terms),
        *(("condition", None, term, 1) for term in study.ancestors),
        *(("intervention", None, term, 0) for term in study.intervention_terms),
    ]


def _children(db: Database, table: str, trial_id: str, rows: list[Any]) -> None:
    if rows:
        marks = ", ".join("?" * (len(rows[0]) + 2))
        db.conn.executemany(
            f"insert into {table} values ({marks})",
            [(trial_id, position, *row) for position, row in enumerate(rows, 1)],
        )
