"""What a trial says, field by field as text: the shape in which two versions of it are compared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scraper.model import Criterion, Problem, Record, Trial

ReadCriteria = Callable[[], Sequence[Criterion]]
HIGH = frozenset(
    {
        "overall_status",
        "minimum_age",
        "maximum_age",
        "ages_unread",
        "sex",
        "healthy_volunteers",
        "eligibility_criteria",
        "primary_completion_date",
        "completion_date",
        "enrollment",
        "lead_sponsor",
        "why_stopped",
    }
)
"""What can decide whether somebody may enter or should leave; every other field is "low"."""
_LOW = (
    "brief_title",
    "official_title",
    "acronym",
    "last_known_status",
    "study_type",
    "phase",
    "enrollment_type",
    "start_date",
    "first_posted_date",
    "results_first_posted_date",
    "has_results",
    "brief_summary",
    "detailed_description",
    "lead_sponsor_class",
    "allocation",
    "intervention_model",
    "observational_model",
    "time_perspective",
    "primary_purpose",
    "masking",
    "study_population",
)
FIELDS = (*sorted(HIGH), *_LOW)
# Each list with the columns of an entry that a reader would name it by.
LISTS: Mapping[str, tuple[str, ...]] = {
    "conditions": ("name",),
    "keywords": ("name",),
    "interventions": ("intervention_type", "name"),
    "arms": ("group_type", "title"),
    "outcomes": ("outcome_type", "measure", "time_frame"),
    "sponsors": ("role", "name"),
    "sites": ("facility", "city", "country", "status"),
    "secondary_ids": ("id_type", "id_value"),
}
WORDING = frozenset(
    {
        "brief_title",
        "official_title",
        "acronym",
        "brief_summary",
        "detailed_description",
        "eligibility_criteria",
        "lead_sponsor",
        "study_population",
        "why_stopped",
        *LISTS,
    }
)
"""What a form that has lost characters says in other letters than it was written in."""
SIGNS = "signs"
"""In `records.form_lacks`: the texts of this form have lost characters."""
_NEVER_LACKS = frozenset({"brief_title"})


@dataclass(frozen=True)
class State:
    """The fields of a trial as text, its lists entry by entry, its criteria when asked for.

    A field in `silent` is empty because this form of the record has no place for it, because the answer was asked for
    other fields only, or because its word could not be read: that says nothing about the trial.
    """

    values: Mapping[str, str | None]
    lists: Mapping[str, tuple[str, ...]]
    criteria: ReadCriteria
    silent: frozenset[str] = frozenset()
    signs_lost: bool = False

    def after(self, before: "State | None") -> "State":
        """This state, where it is silent with what was said before."""
        if before is None:
            return self
        is_garbled = self.signs_lost and not before.signs_lost
        kept = (self.silent & frozenset((*FIELDS, *LISTS))) | (WORDING if is_garbled else frozenset())
        if not kept:
            return self
        return replace(
            self,
            values={name: before.values[name] if name in kept else self.values[name] for name in FIELDS},
            lists={name: before.lists[name] if name in kept else self.lists[name] for name in LISTS},
            criteria=before.criteria if "eligibility_criteria" in kept else self.criteria,
            silent=(self.silent - kept) | (before.silent & kept),
            signs_lost=self.signs_lost and before.signs_lost,
        )


def of_trial(trial: Trial, record: Record, problems: Sequence[Problem], criteria: ReadCriteria) -> State:
    """The state that a version of a record describes."""
    values = {name: _text(getattr(trial, name)) for name in FIELDS}
    lists = {
        name: tuple(
            _label(entry if isinstance(entry, str) else [getattr(entry, column) for column in columns])
            for entry in getattr(trial, name)
        )
        for name, columns in LISTS.items()
    }
    silent = _silent(values, lists, record.form_lacks, problems, record.is_partial)
    return State(values, lists, criteria, silent, record.signs_lost)


def of_rows(found: Mapping[str, Any], criteria: ReadCriteria) -> State:
    """The state that the rows of a trial describe, as `store.reader.trial` gives them."""
    row: dict[str, Any] = {**found, **(found["trial_text"] or {}), **(found["designs"] or {})}
    # A database that was made before it has no ages_unread.
    values = {name: _text(row.get(name)) for name in FIELDS}
    for name in ("healthy_volunteers", "has_results"):
        values[name] = None if row[name] is None else str(bool(row[name]))
    lists = {
        name: tuple(_label([entry[column] for column in columns]) for entry in found[name])
        for name, columns in LISTS.items()
    }
    own_record = (found["source"], found["source_id"])
    shown = next(each for each in found["records"] if (each["source"], each["source_id"]) == own_record)
    problems = [
        Problem(**{name: each[name] for name in Problem.__struct_fields__}) for each in found["problems"]
    ]
    own = [problem for problem in problems if problem.source == found["source"]]
    lacks = tuple((shown["form_lacks"] or "").split())
    silent = _silent(values, lists, lacks, own, bool(shown["is_partial"]))
    return State(values, lists, criteria, silent, SIGNS in lacks)


def _silent(
    values: Mapping[str, str | None],
    lists: Mapping[str, tuple[str, ...]],
    lacks: Sequence[str],
    problems: Sequence[Problem],
    is_partial: bool,
) -> frozenset[str]:
    unread = {problem.field for problem in problems} | {
        bound for problem in problems if problem.field == "age" for bound in ("minimum_age", "maximum_age")
    }
    absent = {name for name, value in values.items() if value is None}
    if {"minimum_age", "maximum_age"} & set(lacks):
        lacks = [*lacks, "ages_unread"]
    absent |= {name for name, entries in lists.items() if not entries}
    return frozenset(absent if is_partial else absent & (set(lacks) | unread)) - _NEVER_LACKS


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _label(parts: str | Sequence[object]) -> str:
    """One entry of a list in words, for people."""
    return parts if isinstance(parts, str) else ", ".join(str(part) for part in parts if part)
