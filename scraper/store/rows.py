"""A dossier -> the rows of every table: pure, so that several processes can share the work."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

import msgspec
from msgspec.structs import astuple

from scraper.model import CRITERIA_PER_TRIAL, Criterion, Dossier, Problem, Trial, trial_key
from scraper.settings import without_home
from scraper.store.difference import difference

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

_trial_values, _text_values = attrgetter(*TRIAL_FIELDS), attrgetter(*TEXT_FIELDS)
_design_values, _filter_values = attrgetter(*DESIGN_FIELDS), attrgetter(*FILTER_FIELDS)

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
            "ages_unread",
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
            "country_code",
            "coordinates_source",
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
            "form_lacks",
            "ages_unread",
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
            "kind",
            "criterion",
            "detail",
            "learned_at",
        ),
        "versions": (
            "trial_id",
            "position",
            "observed_at",
            "replaced_at",
            "source",
            "source_id",
            "fetched_at",
            "sha256",
            "state",
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
        "mentions": ("trial_id", "position", "other_id", "id_type", "place", "relation", "quote"),
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
        "search_filter": ("id", "trial_id", *FILTER_FIELDS, "removed", "countries", "ages_unread"),
        "trial_digests": ("trial_id", "digest"),
    }


_ENCODER = msgspec.msgpack.Encoder()


def digest(dossier: Dossier) -> str:
    """A hash of everything the database holds about a trial but the time it was last seen."""
    past, dossier = dossier.past, msgspec.structs.replace(dossier, past=()) if dossier.past else dossier
    content = hashlib.blake2b(_ENCODER.encode(dossier), digest_size=16)
    for former in past:  # one at a time: a large trial with a long history would fill the memory
        content.update(_ENCODER.encode(former))
    return content.hexdigest()


def rows_of(dossier: Dossier, last_seen_at: str) -> dict[str, list[Row]]:
    """Every row of a trial, by table, in the order of `columns()`."""
    trial = dossier.trial
    trial_id = trial.trial_id
    rows: dict[str, list[Row]] = {
        "trials": [
            (
                trial_id,
                *_trial_values(trial),
                dossier.first_seen_at,
                last_seen_at,
                dossier.last_changed_at,
                dossier.removed_at,
                trial.ages_unread,
            )
        ],
        "trial_text": [(trial_id, *_text_values(trial))],
        "designs": [(trial_id, *_design_values(trial))],
        "records": [(r.source, r.source_id, trial_id, *astuple(r)[2:]) for r in dossier.records],
        "changes": [(trial_id, n, *astuple(c)) for n, c in enumerate(dossier.changes)],
        "conflicts": [(trial_id, n, *astuple(c)) for n, c in enumerate(dossier.conflicts)],
        "mentions": [(trial_id, n, *astuple(m)) for n, m in enumerate(dossier.mentions)],
        "problems": [problem_row(trial_id, p) for p in dossier.problems],
        "search_filter": [
            (
                trial_key(trial_id),
                trial_id,
                *_filter_values(trial),
                int(dossier.removed_at is not None),
                _countries(dossier),
                trial.ages_unread,
            )
        ],
        "trial_digests": [(trial_id, digest(dossier))],
    }
    _list_rows(rows, trial_id, trial)
    _criteria_rows(rows, trial_id, dossier.criteria)
    rows["versions"] = _version_rows(dossier, rows)
    return rows


def problem_row(trial_id: str | None, problem: Problem) -> Row:
    """A row of `problems`, which everybody may read: without the home folder that a saved file lies in."""
    return (trial_id, *(without_home(value) if value else value for value in astuple(problem)))


def gather(batch: Iterable[Mapping[str, Sequence[Row]]]) -> dict[str, list[Row]]:
    """The rows of several trials together, by table; tables without any are left out."""
    gathered: dict[str, list[Row]] = {}
    for rows in batch:
        for table, more in rows.items():
            if more:
                gathered.setdefault(table, []).extend(more)
    return gathered


def _list_rows(rows: dict[str, list[Row]], trial_id: str, trial: Trial) -> None:
    rows["conditions"] = [(trial_id, n, name) for n, name in enumerate(trial.conditions)]
    rows["keywords"] = [(trial_id, n, name) for n, name in enumerate(trial.keywords)]
    rows["mesh_terms"] = [
        (trial_id, n, m.kind, m.mesh_id or None, m.term, m.is_ancestor)
        for n, m in enumerate(trial.mesh_terms)
    ]
    rows["interventions"] = [
        (trial_id, n, i.intervention_type or None, i.name or None, i.description or None)
        for n, i in enumerate(trial.interventions)
    ]
    other_names = [(at, name) for at, i in enumerate(trial.interventions) for name in i.other_names]
    rows["intervention_other_names"] = [(trial_id, n, *entry) for n, entry in enumerate(other_names)]
    rows["arms"] = [
        (trial_id, n, a.group_type or None, a.title or None, a.description or None)
        for n, a in enumerate(trial.arms)
    ]
    given = [(at, name) for at, a in enumerate(trial.arms) for name in a.intervention_names]
    rows["arm_interventions"] = [(trial_id, n, *entry) for n, entry in enumerate(given)]
    rows["outcomes"] = [
        (trial_id, n, o.outcome_type, o.measure or None, o.time_frame or None, o.description or None)
        for n, o in enumerate(trial.outcomes)
    ]
    rows["study_references"] = [
        (trial_id, n, r.reference_type or None, r.pmid or None, r.citation or None, r.url or None)
        for n, r in enumerate(trial.references)
    ]
    rows["sponsors"] = [(trial_id, n, s.name, s.class_ or None, s.role) for n, s in enumerate(trial.sponsors)]
    rows["sites"] = [(trial_id, n, *astuple(place)) for n, place in enumerate(trial.sites)]
    rows["secondary_ids"] = [(trial_id, n, *astuple(linked)) for n, linked in enumerate(trial.secondary_ids)]


def _version_rows(dossier: Dossier, present: dict[str, list[Row]]) -> list[Row]:
    """The former states of a trial, oldest first, each as what differs from the next one."""
    found: list[Row] = []
    newer = present
    for position, past in reversed(list(enumerate(dossier.past))):
        older = rows_of(past.dossier, past.last_seen_at)
        trial = past.dossier.trial
        own = next(
            r for r in past.dossier.records if (r.source, r.source_id) == (trial.source, trial.source_id)
        )
        state = difference(older, newer, columns())
        found.append(
            (
                *(trial.trial_id, position, past.observed_at, past.replaced_at),
                *(own.source, own.source_id, own.fetched_at, own.sha256, state),
            )
        )
        newer = older
    return found[::-1]


def _countries(dossier: Dossier) -> str | None:
    """The countries of a trial's sites with "|" around each, for a filter on the narrow table alone."""
    names = dossier.trial.countries
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
