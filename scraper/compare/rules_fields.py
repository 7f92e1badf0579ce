"""Fields of one record that cannot be true together: phase, dates, enrolment, healthy volunteers."""

import re
from collections.abc import Iterator, Sequence

from scraper.compare.rules_shape import Statement, conflict
from scraper.model import Conflict, Criterion, Version

_NUMBERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "0": 0, "1": 1, "2": 2, "3": 3, "4": 4}
_N = r"(iv|i{1,3}|[0-4])(?:\s?-?[abc])?"
_JOIN = r"(?:\s?/\s?|-|\s-\s|\s(?:and|to|&)\s)(?:phase ?)?"
# "a Phase Ib/II study": what is a phase of is named soon after. "XY-Zone Phase 1 Program" is a part of a programme.
_PHASE = re.compile(
    rf"(?<!\band )\bphase ?{_N}(?:{_JOIN}{_N})?(?:{_JOIN}{_N})?(?![\w.]|\s?[-/]\s?\w)(?=.{{0,120}}\b(?:study|trial)\b)",
    re.IGNORECASE,
)
_ANY_PHASE = re.compile(r"\bphases? ", re.IGNORECASE)
# A study that follows another one, or names the phase of an illness, a cycle or a treatment.
_OTHER_STUDY = re.compile(
    r"\b(?:extension|follow(?:ing|-?up|s)?|previous(?:ly)?|prior|roll-?over|parent|after|from|completed|based on|luteal|follicular|"
    r"long-?term|sub-?stud(?:y|ies)|part|participated|enrolled|maintenance|treatment phase|survivors?|correlat\w+)\b",
    re.IGNORECASE,
)
# What the registry's field can say at all; its early phase 1 is also called phase 0.
_SAYABLE = ({1}, {2}, {3}, {4}, {1, 2}, {2, 3})


def phase_in_title(version: Version, criteria: Sequence[Criterion]) -> Iterator[Conflict]:
    """A numbered phase in the field, and a title that states another one, once.

    "Not applicable" is no phase to contradict: device and behavioural trials must say it whatever their title says.
    """
    stated = version.trial.phase
    if stated is None or stated in ("NA", "EARLY_PHASE1"):
        return
    for where, title in (
        ("official title", version.trial.official_title),
        ("brief title", version.trial.brief_title),
    ):
        # Most titles name none, and a search for the word takes a tenth of what the expressions would.
        if not title or "phase" not in title.casefold():
            continue
        mentions = list(_PHASE.finditer(title))
        if len(mentions) != 1 or len(_ANY_PHASE.findall(title)) != 1 or _OTHER_STUDY.search(title):
            continue
        field = {int(number) for number in re.findall(r"\d", stated)}
        said = {_NUMBERS[word.lower()] for word in mentions[0].groups() if word}
        if said == field or said not in _SAYABLE:
            return
        yield conflict(
            "phase_in_title",
            "phase",
            version,
            Statement("", stated, version.record.phase or stated),
            Statement(where, "/".join(f"PHASE{number}" for number in sorted(said)), title),
        )
        return


def recruiting_after_completion(version: Version, criteria: Sequence[Criterion]) -> Iterator[Conflict]:
    """A study that recruits, and a completion date before the record's own last update: its own clock, not ours."""
    trial = version.trial
    updated, completed = trial.last_update_posted_date, trial.completion_date
    if trial.overall_status not in ("RECRUITING", "NOT_YET_RECRUITING") or not updated or not completed:
        return
    # As precise as both are: "2024-05" is not before "2024-05-13".
    length = min(len(updated), len(completed))
    if completed[:length] >= updated[:length]:
        return
    yield conflict(
        "recruiting_after_completion",
        "completion_date",
        version,
        Statement("", trial.overall_status, version.record.overall_status),
        Statement("completion date", completed, f"completion {completed}, record updated {updated}"),
    )


_BEGAN = frozenset(
    ("RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING", "COMPLETED", "SUSPENDED")
)


def enrollment_placeholder(version: Version, criteria: Sequence[Criterion]) -> Iterator[Conflict]:
    """A number of participants that is nobody's: only nines, or nobody at all in a study that took place."""
    trial = version.trial
    number = trial.enrollment
    if number is None:
        return
    if number >= 9999 and set(str(number)) == {"9"}:
        other = Statement("", "not a number of people", f"only nines: {number}")
    elif number == 0 and trial.overall_status in _BEGAN:
        other = Statement("overall status", trial.overall_status, version.record.overall_status)
    else:
        return
    yield conflict(
        "enrollment_placeholder",
        "enrollment",
        version,
        Statement("", str(number), f"enrollment {number} {trial.enrollment_type or ''}".strip()),
        other,
    )


_HEALTHY = re.compile(
    r"^(?:(?:generally|medically|normal|non-?smoking|male|female|adult|and|or|men|women|young|older|be|must|subjects?|participants?) )*healthy,?"
    r"(?: (?:male|female|adult|human|and|or|non-?smoking|men|women|young|normal|consenting))*"
    r" (?:volunteers?|subjects?|participants?|individuals?|adults?|men|women|males?|females?)\b",
    re.IGNORECASE,
)


def healthy_in_criteria(version: Version, criteria: Sequence[Criterion]) -> Iterator[Conflict]:
    """A field that takes no healthy volunteers, and an inclusion criterion at the top of the list that begins with them."""
    if version.trial.healthy_volunteers is not False:
        return
    for one in criteria:
        if (
            one.kind == "inclusion"
            and one.kind_source == "heading"
            and one.parent is None
            and _HEALTHY.search(one.text)
        ):
            yield conflict(
                "healthy_in_criteria",
                "healthy_volunteers",
                version,
                Statement("", "no", f"healthy volunteers: {version.record.healthy_volunteers}"),
                Statement("eligibility criteria", "yes", one.text),
            )
            return
