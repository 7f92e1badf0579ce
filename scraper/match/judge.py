"""One trial and one patient: match, excluded because …, or unknown with everything nobody could check. Pure.

A criterion excludes only where it was read whole: an unconditional limit or a plain statement, with every word of
its clause accounted for. Whatever is conditional, one of several choices, about a part of the participants, in another
unit or in free text is shown as unknown, never counted against the patient and never for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from scraper.match import conditions, wording
from scraper.match import doubts as doubts_of
from scraper.match.candidates import Criterion, TrialFacts
from scraper.match.doubts import MIN_CONFIDENCE, quantities
from scraper.match.limits import holds, known, value_words
from scraper.match.patient import Patient

Verdict = Literal["match", "unknown", "excluded"]


@dataclass(frozen=True)
class Finding:
    """One criterion or field with what it means for this patient.

    `subject` names what it is about; `source` is "FIELD, SOURCE" or "inclusion criterion, SOURCE"; `quote` its words.
    """

    subject: str
    source: str
    quote: str
    why: str


@dataclass(frozen=True)
class Judgement:
    """`reasons` exclude, `unknowns` could not be checked, `met` could and hold."""

    verdict: Verdict
    reasons: tuple[Finding, ...]
    unknowns: tuple[Finding, ...]
    met: tuple[Finding, ...]


class _Case:
    def __init__(self, facts: TrialFacts, patient: Patient) -> None:
        self.facts, self.patient = facts, patient
        self.columns = facts.columns
        self.reasons: list[Finding] = []
        self.unknowns: list[Finding] = []
        self.met: list[Finding] = []

    def field(self, name: str, quote: object, why: str, found: list[Finding]) -> None:
        found.append(
            Finding(name, f"field {name}, {self.columns['source']}", str(quote or "not stated"), why)
        )

    def criterion(self, criterion: Criterion, subject: str, why: str, found: list[Finding]) -> None:
        found.append(
            Finding(subject, f"{criterion.kind} criterion, {self.columns['source']}", criterion.text, why)
        )

    def done(self) -> Judgement:
        verdict: Verdict = "excluded" if self.reasons else "unknown" if self.unknowns else "match"
        return Judgement(verdict, tuple(self.reasons), tuple(self.unknowns), tuple(self.met))


def judge(facts: TrialFacts, patient: Patient) -> Judgement:
    """What the trial's record says about the patient."""
    case = _Case(facts, patient)
    _sex(case)
    _age_field(case, "minimum_age")
    _age_field(case, "maximum_age")
    _healthy(case)
    if not facts.criteria:
        case.field("eligibility_criteria", "", "the record states no criteria", case.unknowns)
    for number, criterion in enumerate(facts.criteria):
        _criterion(case, number, criterion)
    return case.done()


# ── fields ──────────────────────────────────────────────────────────────────────────────────────────────


def _sex(case: _Case) -> None:
    stated, own = case.columns["sex"], case.patient.sex
    if stated == "ALL":
        case.field("sex", "ALL", "both sexes may take part", case.met)
    elif own is None or stated is None:
        why = (
            "the record does not say which sex may take part" if stated is None else "your sex is not stated"
        )
        case.field("sex", stated, why, case.unknowns)
    elif stated == own:
        case.field("sex", stated, "your sex may take part", case.met)
    else:
        case.field(
            "sex", stated, f"only {str(stated).lower()} participants; you are {own.lower()}", case.reasons
        )


def _age_field(case: _Case, name: str) -> None:
    words = case.columns[name]
    minimum = name == "minimum_age"
    limit = case.columns["minimum_age_years" if minimum else "maximum_age_before_years"]
    # `ages_unread` names the bound; words without a number are never no limit, whoever wrote the rows.
    unread = case.facts.unread.get(name) or (words if limit is None and words and not _is_zero(words) else "")
    if unread:
        case.field(name, unread, "this age limit is stated but could not be read", case.unknowns)
        return
    if limit is None:
        return
    assert isinstance(limit, float)
    age = case.patient.age
    if age is None:
        case.field(name, words, "your age is not stated", case.unknowns)
    elif doubt := case.facts.contradicted.get(name):
        case.field(name, words, f"this limit is contradicted by {doubt}", case.unknowns)
    elif age.years >= limit if minimum else age.years < limit:
        case.field(name, words, f"age {age.words} is within it", case.met)
    elif minimum and age.before_years > limit + 1e-9:
        case.field(name, words, f"age {age.words} is not exact enough for it", case.unknowns)
    else:
        case.field(name, words, f"age {age.words} is {'below' if minimum else 'above'} it", case.reasons)


def _is_zero(words: object) -> bool:
    return str(words).split()[0].strip("0.") == ""


def _healthy(case: _Case) -> None:
    accepts = case.columns["healthy_volunteers"]
    if not case.patient.healthy:
        return
    if accepts is None:
        case.field(
            "healthy_volunteers",
            None,
            "the record does not say whether healthy people may take part",
            case.unknowns,
        )
    elif accepts:
        case.field("healthy_volunteers", "yes", "healthy people may take part", case.met)
    else:
        case.field("healthy_volunteers", "no", "healthy people may not take part", case.reasons)


# ── criteria ────────────────────────────────────────────────────────────────────────────────────────────


def _criterion(case: _Case, number: int, criterion: Criterion) -> None:
    """Put the criterion where it belongs: a reason, met, or unknown."""
    patient = case.patient
    if not criterion.limits and not criterion.flags:
        if not (criterion.has_children and criterion.text.rstrip().endswith(":")):
            case.criterion(criterion, "free text", _FREE_TEXT, case.unknowns)
        return
    asked = [
        (limits, holds(limits, patient))
        for limits in quantities(criterion)
        if known(limits[0].variable, patient)
    ]
    answered = {
        name: getattr(patient, name)
        for name, flag in conditions.FLAGS.items()
        if flag in criterion.flags and getattr(patient, name) is not None
    }
    doubts: list[str] = []
    for limits, truth in asked:
        violated = truth.holds is (criterion.kind == "exclusion")
        if violated or truth.holds is None:
            subject = limits[0].variable
            doubt = truth.why if truth.holds is None else doubts_of.doubt(case.facts, patient, number, limits)
            if not doubt:
                why = f"your {value_words(subject, patient)}; {_sense(criterion)} {limits[0].evidence!r}"
                case.criterion(criterion, subject, why, case.reasons)
                return
            doubts.append(f"{value_words(subject, patient)}: {doubt}")
    words = conditions.plain(criterion.text) if answered else ""
    for name, has in answered.items():
        says = conditions.says(name, words, criterion.kind)
        label = conditions.LABELS[name]
        if (says == "has" and has is (criterion.kind == "exclusion")) or (says == "has not" and has):
            doubt = doubts_of.part_of(case.facts, number)
            if not doubt:
                why = f"you say {label}: {'yes' if has else 'no'}"
                case.criterion(criterion, label, why, case.reasons)
                return
            doubts.append(f"{label}: {doubt}")
        elif says in ("unclear", "") and conditions.mentions(name, words):
            doubts.append(f"what is said about {label} is not plain enough to decide")
    if doubts:
        case.criterion(criterion, "half read", "; ".join(dict.fromkeys(doubts)), case.unknowns)
    elif (asked or answered or _about_sex(criterion)) and _is_covered(criterion, patient, answered):
        subjects = [limits[0].variable for limits, _ in asked] + [
            conditions.LABELS[name] for name in answered
        ]
        case.criterion(criterion, ", ".join(dict.fromkeys(subjects)) or "sex", "holds for you", case.met)
    elif not (criterion.has_children and criterion.text.rstrip().endswith(":") and not criterion.limits):
        case.criterion(criterion, *_unchecked(criterion, patient), case.unknowns)


def _sense(criterion: Criterion) -> str:
    return "asked for is" if criterion.kind == "inclusion" else "excluded is"


# ── what could be checked ───────────────────────────────────────────────────────────────────────────────


def _about_sex(criterion: Criterion) -> bool:
    return bool(criterion.flags & {"sex_female", "sex_male"})


def _is_covered(criterion: Criterion, patient: Patient, answered: dict[str, bool]) -> bool:
    """Was every word of the criterion read, and every value known?"""
    if any(not known(limit.variable, patient) for limit in criterion.limits):
        return False
    if any(limit.conditional or limit.confidence < MIN_CONFIDENCE for limit in criterion.limits):
        return False
    one_sex = len(criterion.flags & {"sex_female", "sex_male"}) == 1
    words = conditions.plain(criterion.text)
    says = [conditions.says(name, words, criterion.kind) for name in answered]
    if not says and one_sex and patient.sex != ("FEMALE" if "sex_female" in criterion.flags else "MALE"):
        return False
    if "unclear" in says or any(
        conditions.mentions(name, words) and name not in answered for name in conditions.FLAGS
    ):
        return False
    if criterion.kind not in ("inclusion", "exclusion") or (
        one_sex and criterion.kind == "exclusion" and not says
    ):
        return False
    plain = wording.folded(criterion.text, [(one.start, one.end) for one in criterion.limits])
    if wording.condition(plain) or (not answered and wording.negated(plain)):
        return False
    rest = wording.without(plain, _named(criterion, answered))
    return not wording.unread(rest, conditions.words_of(answered) | _JOINING)


def _named(criterion: Criterion, answered: dict[str, bool]) -> Iterator[re.Pattern[str]]:
    for code in {limit.variable for limit in criterion.limits}:
        yield wording.variable_words(code)
    yield from (conditions.pattern(name) for name in answered)


_JOINING = frozenset(("or", "and/or", "non-pregnant"))


def _unchecked(criterion: Criterion, patient: Patient) -> tuple[str, str]:
    """(what the criterion is about, why nobody could check it)."""
    missing = [
        limit.variable
        for limit in criterion.limits
        if limit.variable != "time_window" and not known(limit.variable, patient)
    ]
    missing += [
        conditions.LABELS[name]
        for name, flag in conditions.FLAGS.items()
        if flag in criterion.flags and getattr(patient, name) is None
    ]
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        return names, f"not stated: {names}"
    return "free text", _FREE_TEXT


_FREE_TEXT = "nobody could check this; ask the study's centre"
