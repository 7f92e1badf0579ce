"""What two records of one trial state differently: a copy and the registry's own, or those of two registries.

Each field has one function that says whether two statements contradict each other. Words that only differ in form do
not: a closed trial is "not recruiting", a month contains its days, a sponsor keeps its name without "Inc.". What one
record leaves out is no statement. A copy, or the record of another registry, may be right for its own time: when the
two were not true at the same time as far as their dates say, the rule's name ends in "_older".
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from scraper.compare.portrait import days_apart, same_sponsor
from scraper.model import Conflict, Trial, Version

OLDER = "_older"
_MOST_DAYS_APART = 62
"""Two registries ask for different days of the start and the end: the first consent, the first visit, the approval."""


class Reading(NamedTuple):
    """What one record states, and from when until when, as far as its dates say.

    `since` is its last update, `until` the day on which it was seen so; `source` is who says it, as a reader knows it.
    """

    source: str
    kind: str
    since: str
    until: str
    words: dict[str, str]
    values: Trial


def reading(version: Version, kind: str) -> Reading:
    """A version of a record as a reading; of a copy only the day is known on which it was taken."""
    record, trial = version.record, version.trial
    until = record.data_version or version.fetched_at
    words = {
        "overall_status": record.overall_status,
        "phase": record.phase,
        "sex": record.sex,
        "minimum_age": record.minimum_age or record.age,
        "maximum_age": record.maximum_age or record.age,
        "lead_sponsor": record.lead_sponsor,
    }
    since = trial.last_update_posted_date or until
    return Reading(record.source, kind, since[:10], max(since, until)[:10], words, trial)


def between_sources(registry: Reading, other: Reading) -> Iterator[Conflict]:
    """Where a copy or a listing contradicts the registry's own record of the same trial."""
    # Listings have rules of their own for ages; a copy of a time in between two updates says what was true then.
    fields = [f for f in FIELDS if other.kind != "listing" or f.name != "age"]
    is_older = other.until <= registry.since or registry.until < other.since
    yield from _conflicts(
        fields, other, registry, f"between_sources{OLDER if is_older else ''}", _differs_in_copy
    )


def between_registries(own: Reading, other: Reading) -> Iterator[Conflict]:
    """Where the record of another registry about the same trial contradicts this one's."""
    is_older = own.until < other.since or other.until < own.since
    yield from _conflicts(FIELDS, own, other, f"between_registries{OLDER if is_older else ''}", _differs)


class Field(NamedTuple):
    """One thing that records state: what of it is compared, and whether two statements contradict each other."""

    name: str
    columns: tuple[str, ...]
    differs: Callable[[Trial, Trial, str], bool]


Differs = Callable[[Field, Trial, Trial, str], bool]


def _conflicts(
    fields: list[Field] | tuple[Field, ...], one: Reading, other: Reading, suffix: str, differs: Differs
) -> Iterator[Conflict]:
    for field in fields:
        for column in field.columns:
            if not differs(field, one.values, other.values, column):
                continue
            yield Conflict(
                rule=f"{field.name}_{suffix}",
                field=column,
                value_a=_value(one, column),
                source_a=one.source,
                quote_a=one.words.get(column) or _value(one, column),
                date_a=one.since,
                value_b=_value(other, column),
                source_b=other.source,
                quote_b=other.words.get(column) or _value(other, column),
                date_b=other.since,
            )


def _value(reading: Reading, column: str) -> str:
    return str(getattr(reading.values, column))


def _differs(field: Field, one: Trial, other: Trial, column: str) -> bool:
    return _both(one, other, column) and field.differs(one, other, column)


def _differs_in_copy(field: Field, copy: Trial, registry: Trial, column: str) -> bool:
    """A copy has the registry's own definitions: a date may not differ by a day, a phase not by half."""
    if not _both(copy, registry, column):
        return False
    if field.name == "phase":
        return _phase(copy) != _phase(registry) and bool(_phase(copy)) and bool(_phase(registry))
    if field.name == "date":
        return _days_differ(copy, registry, column)
    return field.differs(copy, registry, column)


def _both(one: Trial, other: Trial, column: str) -> bool:
    return getattr(one, column) is not None and getattr(other, column) is not None


# ── the fields ─────────────────────────────────────────────────────────────────────────────────────────

_OPEN = frozenset({"RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE"})
# A registry where a trial was refused says nothing about the countries of the others.
_ELSEWHERE = frozenset({"NOT_AUTHORISED", "WITHHELD", "APPROVED_FOR_MARKETING"})


def _status_differs(one: Trial, other: Trial, column: str) -> bool:
    mine, theirs = one.overall_status or "", other.overall_status or ""
    if mine == theirs or {mine, theirs} <= _OPEN or {mine, theirs} & _ELSEWHERE:
        return False
    for word, opposite, trial in ((mine, theirs, one), (theirs, mine, other)):
        if word == "NOT_RECRUITING":
            return opposite == "RECRUITING"
        if word == "UNKNOWN":
            # ClinicalTrials.gov's word for a record that nobody confirmed; in others it says nothing at all.
            return trial.last_known_status is not None and opposite in _OPEN
    return True


def _phase(trial: Trial) -> frozenset[str]:
    words = (trial.phase or "NA").replace("EARLY_PHASE1", "PHASE1")
    return frozenset(words.split("/")) - {"NA"}


def _phase_differs(one: Trial, other: Trial, column: str) -> bool:
    mine, theirs = _phase(one), _phase(other)
    return bool(mine and theirs) and not mine & theirs


def _sex_differs(one: Trial, other: Trial, column: str) -> bool:
    return one.sex != other.sex


_BUCKETS = {"ctis": (0.0, 18.0, 65.0), "euctr": (0.0, 2.0, 12.0, 18.0, 65.0)}
"""Where the age groups begin that these registries ask for; they know no other limits."""


def _age_differs(one: Trial, other: Trial, column: str) -> bool:
    low = column == "minimum_age"
    mine, theirs = (_bound(trial, low) for trial in (one, other))
    if mine is None or theirs is None or abs(mine - theirs) < 0.1:
        return False
    for grouped, exact, bound in ((one, other, theirs), (other, one, mine)):
        if edges := _BUCKETS.get(grouped.registry or ""):
            return exact.registry not in _BUCKETS and not _in_group(grouped, bound, edges, low)
    return True


def _bound(trial: Trial, low: bool) -> float | None:
    if low:
        return trial.minimum_age_years
    return trial.maximum_age_before_years if trial.registry in _BUCKETS else trial.maximum_age_years


def _in_group(grouped: Trial, bound: float, edges: tuple[float, ...], low: bool) -> bool:
    """Whether an exact limit lies in the lowest or the highest of the groups that are ticked."""
    if low:
        start = grouped.minimum_age_years or 0.0
        return start <= bound < min((edge for edge in edges if edge > start), default=200.0)
    end = grouped.maximum_age_before_years or 200.0
    return max((edge for edge in edges if edge < end), default=0.0) <= bound < end


def _sponsor_differs(one: Trial, other: Trial, column: str) -> bool:
    return not same_sponsor(one.lead_sponsor or "", other.lead_sponsor or "")


_NO_LONGER_RECRUITS = frozenset({"ACTIVE_NOT_RECRUITING", "COMPLETED", "TERMINATED", "WITHDRAWN"})


def _enrollment_differs(one: Trial, other: Trial, column: str) -> bool:
    return one.enrollment != other.enrollment and _came(one) == _came(other)


def _came(trial: Trial) -> bool:
    """Whether the number is of people who came, not of those who were planned; search exports do not say which."""
    if trial.enrollment_type:
        return trial.enrollment_type == "ACTUAL"
    return trial.overall_status in _NO_LONGER_RECRUITS


def _days_differ(one: Trial, other: Trial, column: str) -> bool:
    mine, theirs = str(getattr(one, column)), str(getattr(other, column))
    precision = min(len(mine), len(theirs))
    return mine[:precision] != theirs[:precision]


def _date_differs(one: Trial, other: Trial, column: str) -> bool:
    # An EU register's start is the day of its decision.
    if column == "start_date" and {one.registry, other.registry} & {"euctr"}:
        return False
    days = days_apart(getattr(one, column), getattr(other, column))
    return days is not None and days > _MOST_DAYS_APART


FIELDS = (
    Field("status", ("overall_status",), _status_differs),
    Field("age", ("minimum_age", "maximum_age"), _age_differs),
    Field("sex", ("sex",), _sex_differs),
    Field("phase", ("phase",), _phase_differs),
    Field("sponsor", ("lead_sponsor",), _sponsor_differs),
    Field("enrollment", ("enrollment",), _enrollment_differs),
    Field("date", ("start_date", "primary_completion_date", "completion_date"), _date_differs),
)

_SAYS = {
    "status": 'a status that cannot be true beside the other; closed words are no contradiction to "not recruiting"',
    "age": "another age limit; age groups contradict a limit only where it lies outside of those that are ticked",
    "sex": "another sex",
    "phase": "another phase",
    "sponsor": "a sponsor with another name, not only another spelling or legal form",
    "enrollment": "another number of participants, both planned or both actual",
    "date": "another start or end",
}
_WHERE = {
    "between_sources": "A copy or a listing states {}, compared with the registry's own record.",
    "between_registries": "The records of two registries that ids make one trial state different things: one has {}.",
}
_OLDER_WORDS = " By their dates the two were not true at the same time: one may only be older."
RULES = {
    f"{name}_{where}{older}": words.format(says) + (_OLDER_WORDS if older else "")
    for where, words in _WHERE.items()
    for name, says in _SAYS.items()
    for older in ("", OLDER)
}
"""Every rule of this module in words."""
