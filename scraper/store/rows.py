"""A dossier -> the rows of every table: pure, so that several processes can share the work."""

import hashlib
from collections.abc import Mapping

import msgspec

from scraper.model import CRITERIA_PER_TRIAL, Criterion, Dossier, trial_key

Row = tuple[object, ...]

TRIAL_FIELDS = [
    "registry",
    "brief_title",
    "acronym",
    "overall_status",
    "last_known_status",
    "study_type",
    "phase",
    "sex",
    "minimum_age",
    "maximum_age",
    "minimum_age_years",
    "maximum_age_years",
    "maximum_age_before_years",
    "healthy_volunteers",
    "lead_sponsor",
    "lead_sponsor_class",
    "enrollment",
    "enrollment_type",
    "start_date",
    "primary_completion_date",
    "completion_date",
    "first_posted_date",
    "results_first_posted_date",
    "verification_date",
    "last_update_posted_date",
    "has_results",
    "url",
    "source",
    "source_id",
]
TEXT_FIELDS = [
    "official_title",
    "brief_summary",
    "detailed_description",
    "eligibility_criteria",
    "study_population",
    "why_stopped",
]
DESIGN_FIELDS = [
    "allocation",
    "intervention_model",
    "observational_model",
    "time_perspective",
    "primary_purpose",
    "masking",
]
FILTER_FIELDS = [
    "overall_status",
    "study_type",
    "phase",
    "sex",
    "minimum_age_years",
    "maximum_age_before_years",
    "healthy_volunteers",
    "lead_sponsor_class",
    "enrollment",
    "start_date",
    "last_update_posted_date",
    "has_results",
]

CHILD_TABLES = (
    "conditions",
    "keywords",
    "mesh_terms",
    "interventions",
    "intervention_other_names",
    "arms",
    "arm_interventions",
    "outcomes",
    "study_references",
    "sponsors",
    "sites",
    "secondary_ids",
)


def columns() -> Mapping[str, tuple[str, ...]]:
    """The columns of every table that `rows_of` fills, in the order of its rows."""
    return {
        "trials": (
            "trial_id",
            *TRIAL_FIELDS,
            "first_seen_at",
            "last_seen_at",
            "last_changed_at",
            "removed_at",
        ),
        "trial_text": ("trial_id", *TEXT_FIELDS),
        "designs": ("trial_id", *DESIGN_FIELDS),
        "conditions": ("trial_id", "position", "name"),
        "keywords": ("trial_id", "position", "name"),
        "mesh_terms": ("trial_id", "position", "kind", "mesh_id", "term", "is_ancestor"),
        "interventions": ("trial_id", "position", "intervention_type", "name", "description"),
        "intervention_other_names": ("trial_id", "position", "intervention_position", "name"),
        "arms": ("trial_id", "position", "group_type", "title", "description"),
        "arm_interventions": ("trial_id", "position", "arm_position", "intervention_name"),
        "outcomes": ("trial_id", "position", "outcome_type", "measure", "time_frame", "description"),
        "study_references": ("trial_id", "position", "reference_type", "pmid", "citation", "url"),
        "sponsors": ("trial_id", "position", "name", "class", "role"),
        "sites": (
            "trial_id",
            "position",
            "facility",
            "city",
            "state",
            "zip",
            "country",
            "latitude",
            "longitude",
            "status",
        ),
        "secondary_ids": ("trial_id", "position", "id_value", "id_type", "label", "domain", "link"),
        "criteria": (
            "id",
            "trial_id",
            "kind",
            "kind_source",
            "position",
            "parent_id",
            "depth",
            "section",
            "text",
            "raw_start",
            "raw_end",
        ),
        "criteria_constraints": (
            "criterion_id",
            "position",
            "trial_id",
            "variable",
            "comparator",
            "value",
            "unit",
            "canonical_value",
            "canonical_unit",
            "conditional",
            "condition_text",
            "window_value",
            "window_unit",
            "evidence",
            "evidence_start",
            "evidence_end",
            "rule",
            "confidence",
        ),
        "criteria_flags": ("criterion_id", "flag", "trial_id"),
        "records": (
            "source",
            "source_id",
            "trial_id",
            "url",
            "status_raw",
            "age_raw",
            "sex_raw",
            "phase_raw",
            "sponsor_raw",
            "updated_raw",
            "fetched_at",
            "sha256",
            "parser_version",
            "is_partial",
        ),
        "changes": (
            "trial_id",
            "position",
            "field",
            "old",
            "new",
            "observed_at",
            "severity",
            "source",
            "source_id",
        ),
        "conflicts": (
            "trial_id",
            "position",
            "rule",
            "field",
            "value_a",
            "source_a",
            "quote_a",
            "date_a",
            "value_b",
            "source_b",
            "quote_b",
            "date_b",
        ),
        "problems": (
            "trial_id",
            "source",
            "source_id",
            "url",
            "stage",
            "field",
            "found",
            "expected",
            "seen_at",
        ),
        "search_filter": ("id", "trial_id", *FILTER_FIELDS, "removed", "countries"),
        "trial_digests": ("trial_id", "digest"),
    }


def digest(dossier: Dossier, removed_at: str | None) -> str:
    """A hash of everything the database holds about a trial but the time it was last seen."""
    content = msgspec.msgpack.encode((dossier, removed_at))
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def rows_of(dossier: Dossier, last_seen_at: str, removed_at: str | None) -> dict[str, list[Row]]:
    """Every row of a trial, by table, in the order of `columns()`."""
    trial = dossier.trial
    trial_id = trial.trial_id
    rows: dict[str, list[Row]] = {
        "trials": [
            (
                trial_id,
                *(getattr(trial, name) for name in TRIAL_FIELDS),
                dossier.first_seen_at,
                last_seen_at,
                dossier.last_changed_at,
                removed_at,
            )
        ],
        "trial_text": [(trial_id, *(getattr(trial, name) for name in TEXT_FIELDS))],
        "designs": [(trial_id, *(getattr(trial, name) for name in DESIGN_FIELDS))],
        "records": [
            (r.source, r.source_id, trial_id, *msgspec.structs.astuple(r)[2:]) for r in dossier.records
        ],
        "changes": [
            (trial_id, n, c.field, c.old, c.new, c.observed_at, c.severity, c.source, c.source_id)
            for n, c in enumerate(dossier.changes)
        ],
        "conflicts": [(trial_id, n, *msgspec.structs.astuple(c)) for n, c in enumerate(dossier.conflicts)],
        "problems": [(trial_id, *msgspec.structs.astuple(p)) for p in dossier.problems],
        "search_filter": [
            (
                trial_key(trial_id),
                trial_id,
                *(getattr(trial, name) for name in FILTER_FIELDS),
                int(removed_at is not None),
                _countries(dossier),
            )
        ],
        "trial_digests": [(trial_id, digest(dossier, removed_at))],
    }
    lists: dict[str, list[Row]] = {
        "conditions": [(name,) for name in trial.conditions],
        "keywords": [(name,) for name in trial.keywords],
        "mesh_terms": [(m.kind, m.mesh_id or None, m.term, m.is_ancestor) for m in trial.mesh_terms],
        "interventions": [
            (i.intervention_type or None, i.name or None, i.description or None) for i in trial.interventions
        ],
        "intervention_other_names": [
            (n, name) for n, i in enumerate(trial.interventions) for name in i.other_names
        ],
        "arms": [(a.group_type or None, a.title or None, a.description or None) for a in trial.arms],
        "arm_interventions": [(n, name) for n, a in enumerate(trial.arms) for name in a.intervention_names],
        "outcomes": [
            (o.outcome_type, o.measure or None, o.time_frame or None, o.description or None)
            for o in trial.outcomes
        ],
        "study_references": [
            (r.reference_type or None, r.pmid or None, r.citation or None, r.url or None)
            for r in trial.references
        ],
        "sponsors": [(s.name, s.class_ or None, s.role) for s in trial.sponsors],
        "sites": [msgspec.structs.astuple(place) for place in trial.sites],
        "secondary_ids": [msgspec.structs.astuple(linked) for linked in trial.secondary_ids],
    }
    for table, entries in lists.items():
        rows[table] = [(trial_id, n, *entry) for n, entry in enumerate(entries)]
    _criteria_rows(rows, trial_id, dossier.criteria)
    return rows


def _countries(dossier: Dossier) -> str | None:
    """The countries of a trial's sites with "|" around each, for a filter on the narrow table alone."""
    names = sorted({place.country for place in dossier.trial.sites if place.country})
    return f"|{'|'.join(names)}|" if names else None


def _criteria_rows(rows: dict[str, list[Row]], trial_id: str, criteria: tuple[Criterion, ...]) -> None:
    base = trial_key(trial_id) * CRITERIA_PER_TRIAL
    criteria_rows: list[Row] = []
    constraint_rows: list[Row] = []
    flag_rows: list[Row] = []
    rows |= {"criteria": criteria_rows, "criteria_constraints": constraint_rows, "criteria_flags": flag_rows}
    for c in criteria:
        criterion_id = base + c.position
        criteria_rows.append(
            (
                criterion_id,
                trial_id,
                c.kind,
                c.kind_source,
                c.position,
                None if c.parent is None else base + c.parent,
                c.depth,
                c.section or None,
                c.text,
                c.raw_start,
                c.raw_end,
            )
        )
        for n, limit in enumerate(c.constraints):
            constraint_rows.append(
                (
                    criterion_id,
                    n,
                    trial_id,
                    limit.variable,
                    limit.comparator,
                    limit.value,
                    limit.unit or None,
                    limit.canonical_value,
                    limit.canonical_unit or None,
                    limit.conditional,
                    limit.condition_text or None,
                    limit.window_value,
                    limit.window_unit or None,
                    limit.evidence,
                    limit.start,
                    limit.end,
                    limit.rule,
                    limit.confidence,
                )
            )
        flag_rows.extend((criterion_id, flag, trial_id) for flag in sorted(set(c.flags)))
