"""The shapes that travel along the path: Page -> Record -> Trial -> Dossier.

A `Page` is one response or saved file as it came. A `Record` is one trial in the source's own words:
scalars are text, ``""`` when not stated. A `Trial` is the record in our terms: enumerated words, ISO dates,
numbers; ``None`` when not stated. A `Dossier` is everything the database holds about one trial.
"""

import hashlib
import re
from typing import Literal

import msgspec

Kind = Literal["inclusion", "exclusion", "unknown"]
Comparator = Literal[">=", ">", "<=", "<", "="]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One response or saved file as it came.

    `url` is the live address of the study or listing, whatever mirror or file it came from; `name` is the
    file's name for a saved page and `path` where it lay, both "" for a fetched one; `fetched_at` is UTC,
    ISO 8601, whole seconds (a saved file's own time of last change).
    """

    source: str
    url: str
    body: bytes
    fetched_at: str
    status: int = 200
    headers: dict[str, str] = {}
    name: str = ""
    path: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One odd field, or one page or file that yields no trial."""

    source: str
    source_id: str
    url: str
    stage: str
    field: str
    found: str
    expected: str
    seen_at: str


# ── small rows that a record and a trial share ──────────────────────────────────────────────────────────
# `gc=False`: they hold texts, numbers and one another, never a cycle, so the collector need not look at the dozens
# that every trial has.


class Sponsor(msgspec.Struct, frozen=True, gc=False):
    """`role` is "lead" or "collaborator"; `class_` a word of the registry's AgencyClass, "" when not stated."""

    name: str
    role: str
    class_: str = msgspec.field(default="", name="class")


class MeshTerm(msgspec.Struct, frozen=True, gc=False):
    """`kind` is "condition" or "intervention"; `mesh_id` is "" in records that give the term alone."""

    kind: str
    term: str
    mesh_id: str = ""
    is_ancestor: bool = False


class Intervention(msgspec.Struct, frozen=True, gc=False):
    intervention_type: str
    name: str
    description: str = ""
    other_names: tuple[str, ...] = ()


class Arm(msgspec.Struct, frozen=True, gc=False):
    group_type: str
    title: str
    description: str = ""
    intervention_names: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """`outcome_type` is "primary", "secondary" or "other"."""

    outcome_type: str
    measure: str
    time_frame: str = ""
    description: str = ""


class Reference(msgspec.Struct, frozen=True, gc=False):
    """`reference_type` is background, result, derived (AACT's words) or link."""

    reference_type: str
    citation: str
    pmid: str = ""
    url: str = ""


class Site(msgspec.Struct, frozen=True, gc=False):
    """A study site in the source's words; coordinates are decimal degrees as text, "" when not stated."""

    facility: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    latitude: str = ""
    longitude: str = ""
    status: str = ""


class SecondaryId(msgspec.Struct, frozen=True, gc=False):
    """An id of the trial elsewhere, as written; `label` is what the source calls it."""

    value: str
    label: str = ""
    domain: str = ""
    link: str = ""


class Oddity(msgspec.Struct, frozen=True, gc=False):
    """A field a source could not read: it becomes a row of `problems` and costs that field alone."""

    field: str
    found: str
    expected: str


class Record(msgspec.Struct, kw_only=True):
    """One trial in its source's own words. Scalars are text, "" when not stated; nothing is guessed.

    `registry_id` is the id the record itself names as the trial's, "" when it names none. `age` holds words
    that state both bounds at once (a listing's badge); registries fill `minimum_age` and `maximum_age`.
    `updated` is the record's own version date, `data_version` the date (ISO) of the registry's data that the record
    was taken from, where it says. `alias_ids` are former ids of the same trial in the same registry.
    `is_partial` marks an answer that was asked for some fields
    only: it never wins over a whole record. `form_lacks` names the fields (of a `Trial`) that this form of the record
    has no place for, as older pages do: that such a field is empty says nothing, and is no change. `signs_lost` marks
    a form whose texts have lost characters ("platelets 50109" was < 50×10⁹): no limit is read from its criteria, and
    its wording is no change. `ages_are_groups` marks limits that are the ends of groups of age ("adults"): the study's
    own may be narrower.
    """

    source: str
    source_id: str
    registry_id: str = ""
    url: str = ""
    is_partial: bool = False
    signs_lost: bool = False
    ages_are_groups: bool = False
    form_lacks: list[str] = []
    brief_title: str = ""
    official_title: str = ""
    acronym: str = ""
    overall_status: str = ""
    last_known_status: str = ""
    why_stopped: str = ""
    study_type: str = ""
    phase: str = ""
    age: str = ""
    minimum_age: str = ""
    maximum_age: str = ""
    sex: str = ""
    healthy_volunteers: str = ""
    enrollment: str = ""
    enrollment_type: str = ""
    start_date: str = ""
    primary_completion_date: str = ""
    completion_date: str = ""
    first_posted_date: str = ""
    results_first_posted_date: str = ""
    verification_date: str = ""
    updated: str = ""
    data_version: str = ""
    has_results: str = ""
    brief_summary: str = ""
    detailed_description: str = ""
    eligibility_criteria: str = ""
    study_population: str = ""
    allocation: str = ""
    intervention_model: str = ""
    observational_model: str = ""
    time_perspective: str = ""
    primary_purpose: str = ""
    masking: str = ""
    conditions: list[str] = []
    keywords: list[str] = []
    mesh_terms: list[MeshTerm] = []
    interventions: list[Intervention] = []
    arms: list[Arm] = []
    outcomes: list[Outcome] = []
    references: list[Reference] = []
    sponsors: list[Sponsor] = []
    sites: list[Site] = []
    secondary_ids: list[SecondaryId] = []
    alias_ids: list[str] = []
    oddities: list[Oddity] = []

    @property
    def lead_sponsor(self) -> str:
        return next((s.name for s in self.sponsors if s.role == "lead"), "")

    @property
    def age_words(self) -> str:
        """The record's age statement as a reader would quote it: "6-75 years", "6 Months to 75 Years"."""
        if self.age:
            return self.age
        if self.minimum_age and self.maximum_age:
            return f"{self.minimum_age} to {self.maximum_age}"
        if self.minimum_age:
            return f"{self.minimum_age} and older"
        return f"up to {self.maximum_age}" if self.maximum_age else ""


class Place(msgspec.Struct, frozen=True, gc=False):
    """A study site in our terms: country as stated and as its ISO code, coordinates in decimal degrees (WGS 84),
    status an enum.

    `coordinates_source` is "stated", "gazetteer" for those of the city alone, None where there are none.
    """

    facility: str | None
    city: str | None
    state: str | None
    zip: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    status: str | None
    country_code: str | None = None
    coordinates_source: Literal["stated", "gazetteer"] | None = None


class LinkedId(msgspec.Struct, frozen=True, gc=False):
    """An id of the trial elsewhere: `id_value` canonical where the value was recognised, as written otherwise."""

    id_value: str
    id_type: str
    label: str | None = None
    domain: str | None = None
    link: str | None = None


class Trial(msgspec.Struct, kw_only=True):
    """One trial in our terms. Field names are the columns of `trials`, `trial_text` and `designs`.

    Ages in years; `maximum_age_before_years` is exclusive (76.0 for "75 Years", 2.0 for "23 Months"); `ages_unread`
    names the bounds that are stated in words that could not be read, so that no number for them is not no limit.
    Dates are ISO 8601, as precise as stated. ``None`` = not stated. `countries` are those of the sites, each by its
    one name, or as stated where it is none that is known.
    """

    trial_id: str
    source: str
    source_id: str
    registry: str | None
    url: str | None
    brief_title: str | None = None
    acronym: str | None = None
    overall_status: str | None = None
    last_known_status: str | None = None
    study_type: str | None = None
    phase: str | None = None
    sex: str | None = None
    minimum_age: str | None = None
    maximum_age: str | None = None
    minimum_age_years: float | None = None
    maximum_age_years: float | None = None
    maximum_age_before_years: float | None = None
    ages_unread: str | None = None
    healthy_volunteers: bool | None = None
    lead_sponsor: str | None = None
    lead_sponsor_class: str | None = None
    enrollment: int | None = None
    enrollment_type: str | None = None
    start_date: str | None = None
    primary_completion_date: str | None = None
    completion_date: str | None = None
    first_posted_date: str | None = None
    results_first_posted_date: str | None = None
    verification_date: str | None = None
    last_update_posted_date: str | None = None
    has_results: bool | None = None
    official_title: str | None = None
    brief_summary: str | None = None
    detailed_description: str | None = None
    eligibility_criteria: str | None = None
    why_stopped: str | None = None
    study_population: str | None = None
    allocation: str | None = None
    intervention_model: str | None = None
    observational_model: str | None = None
    time_perspective: str | None = None
    primary_purpose: str | None = None
    masking: str | None = None
    conditions: list[str] = []
    keywords: list[str] = []
    mesh_terms: list[MeshTerm] = []
    interventions: list[Intervention] = []
    arms: list[Arm] = []
    outcomes: list[Outcome] = []
    references: list[Reference] = []
    sponsors: list[Sponsor] = []
    sites: list[Place] = []
    countries: list[str] = []
    secondary_ids: list[LinkedId] = []


# ── eligibility criteria ────────────────────────────────────────────────────────────────────────────────


class Constraint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One limit read from one criterion: `variable` `comparator` `value` `unit`.

    `value` and `unit` are as written; `canonical_value` in `canonical_unit` is the same quantity in the
    variable's one unit, None where that needs more than arithmetic (mass to molar). A limit that holds only
    under a condition is `conditional`, its condition quoted in `condition_text`. A limit on a time before
    enrolment carries its window; a window alone is variable "time_window". `start` and `end` are offsets of
    `evidence` into the criterion's `text`; `confidence` is 0 to 1.
    """

    variable: str
    comparator: Comparator
    value: float
    unit: str = ""
    canonical_value: float | None = None
    canonical_unit: str = ""
    conditional: bool = False
    condition_text: str = ""
    window_value: float | None = None
    window_unit: str = ""
    evidence: str = ""
    start: int = 0
    end: int = 0
    rule: str = ""
    confidence: float = 0.0


class Criterion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One criterion. `parent` is the position of the row it is nested under; `depth` 0 is the top.

    `kind_source` says where the kind came from (heading, wording, order: it stands before the only heading, none).
    `text` is cleaned: ``>=`` for ``\\>=``, no list marker. ``eligibility_text[raw_start:raw_end]`` is where it stands in the stored text.
    """

    kind: Kind
    kind_source: str
    position: int
    text: str
    depth: int = 0
    parent: int | None = None
    section: str = ""
    raw_start: int = 0
    raw_end: int = 0
    constraints: tuple[Constraint, ...] = ()
    flags: tuple[str, ...] = ()


# ── several records of one trial ────────────────────────────────────────────────────────────────────────


class Version(msgspec.Struct, frozen=True):
    """A record with the trial it became and the page it was read from."""

    record: Record
    trial: Trial
    fetched_at: str
    sha256: str
    problems: tuple[Problem, ...] = ()


class RecordRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The header words of one source's winning record, as written."""

    source: str
    source_id: str
    url: str
    status_raw: str
    age_raw: str
    sex_raw: str
    phase_raw: str
    sponsor_raw: str
    updated_raw: str
    fetched_at: str
    sha256: str
    parser_version: str
    is_partial: bool
    form_lacks: str | None = None
    ages_unread: str | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One field, or one criterion, that differs between two versions of the record `source_id`; `severity` is "high" or "low".

    `kind` is "changed" for a field; a row of field "criteria" is about one criterion that was "added", "removed",
    "reworded", has other "limits", or another "kind" (inclusion, exclusion). `criterion` is its position in the newer
    text, for a removed one in the older; `detail` says what is different about it: "hemoglobin >= 9 g/dL -> >= 8 g/dL".
    `learned_at` is when the pages of both versions had been fetched: before, nobody could tell the change here.
    """

    field: str
    old: str | None
    new: str | None
    observed_at: str
    severity: str
    source: str
    source_id: str
    kind: str = "changed"
    criterion: int | None = None
    detail: str | None = None
    learned_at: str = ""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What the database held about a trial from `observed_at` until `replaced_at`."""

    observed_at: str
    replaced_at: str
    dossier: "Dossier"
    last_seen_at: str


class Conflict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Two statements about one trial that cannot both be right, each with its quote."""

    rule: str
    field: str
    value_a: str
    source_a: str
    quote_a: str
    date_a: str
    value_b: str
    source_b: str
    quote_b: str
    date_b: str


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A registry id of another trial that a record names, with the words around it.

    `place` is the field it stands in. `relation` is what those words say: "named as this trial's own" of an id field,
    "extension_of" (this trial extends that one), "extended_by", "sub_study_of", "has_sub_study",
    "expanded_access_for", "has_expanded_access", or "mentioned" where they say nothing of the kind.
    """

    other_id: str
    id_type: str
    place: str
    relation: str
    quote: str


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the database holds about one trial: a pure function of the pages about it."""

    trial: Trial
    criteria: tuple[Criterion, ...]
    records: tuple[RecordRow, ...]
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    problems: tuple[Problem, ...]
    mentions: tuple[Mention, ...] = ()
    first_seen_at: str
    last_changed_at: str
    removed_at: str | None = None
    past: tuple[Past, ...] = ()


_NCT = re.compile(r"NCT(\d{8})")


def trial_key(trial_id: str) -> int:
    """The integer that stands for a trial wherever SQLite wants one: full-text rows and criteria ids.

    The digits of an NCT id; for any other id a 47-bit hash above them. It depends on nothing but the id, so a
    rebuild in any order gives the same rows.
    """
    match = _NCT.fullmatch(trial_id)
    if match:
        return int(match[1])
    digest = hashlib.blake2b(trial_id.encode(), digest_size=6).digest()
    return 10**8 + (int.from_bytes(digest) >> 1)


CRITERIA_PER_TRIAL = 1 << 14
"""Criterion ids are ``trial_key * CRITERIA_PER_TRIAL + position``."""
