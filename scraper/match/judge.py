"""One trial and one patient: match, excluded because …, or unknown with everything nobody could check. Pure.

A criterion excludes only where it was read whole: an unconditional limit or a plain statement, with every word of
its clause accounted for. Whatever is conditional, one of several choices, about a part of the participants, in another
unit or in free text is shown as unknown, never counted against the patient and never for.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from scraper.match import conditions, wording
from scraper.match.amounts import amount
from scraper.match.candidates import Criterion, TrialFacts
from scraper.match.limits import Limit, holds, known, value_words
from scraper.match.patient import Patient

Verdict = Literal["match", "unknown", "excluded"]
MIN_CONFIDENCE = 0.8
"""A limit read with less confidence than this is only half read."""

_OPPOSITE = {"ecog": {"inclusion": ("<=", "<"), "exclusion": (">=", ">")}} | dict.fromkeys(
    ("karnofsky", "lansky", "lvef", "platelets", "anc", "hemoglobin", "egfr", "creat_clearance"),
    {"inclusion": (">=", ">"), "exclusion": ("<=", "<")},
)
"""The side on which a limit of these is usually set: on the other one it is about some of the participants only."""


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
        kinds = [kind for kind, _ in groupby(criterion.kind for criterion in facts.criteria)]
        sections = {criterion.section for criterion in facts.criteria if criterion.kind == "inclusion"}
        self.named_sections = {section for section in sections if "nclu" in section.lower()}
        self.has_several_lists = kinds.count("inclusion") > 1 or kinds.count("exclusion") > 1

    def field(self, name: str, quote: object, why: str, found: list[Finding]) -> None:
        found.append(Finding(name, f"field {name}, {self.columns['source']}", str(quote or "not stated"), why))

    def criterion(self, criterion: Criterion, subject: str, why: str, found: list[Finding]) -> None:
        found.append(Finding(subject, f"{criterion.kind} criterion, {self.columns['source']}", criterion.text, why))

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
        why = "the record does not say which sex may take part" if stated is None else "your sex is not stated"
        case.field("sex", stated, why, case.unknowns)
    elif stated == own:
        case.field("sex", stated, "your sex may take part", case.met)
    else:
        case.field("sex", stated, f"only {str(stated).lower()} participants; you are {own.lower()}", case.reasons)


def _age_field(case: _Case, name: str) -> None:
    words = case.columns[name]
    minimum = name == "minimum_age"
    limit = case.columns["minimum_age_years" if minimum else "maximum_age_before_years"]
    unread = case.facts.unread.get(name) or (words if limit is None and words and not _is_zero(str(words)) else None)
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


def _is_zero(words: str) -> bool:
    return words.split()[0].strip("0.") == ""


def _healthy(case: _Case) -> None:
    accepts = case.columns["healthy_volunteers"]
    if not case.patient.healthy:
        return
    if accepts is None:
        case.field("healthy_volunteers", None, "the record does not say whether healthy people may take part", case.unknowns)
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
    asked = [(limits, holds(limits, patient)) for limits in _quantities(criterion) if known(limits[0].variable, patient)]
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
            doubt = truth.why if truth.holds is None else _doubt(case, number, criterion, limits)
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
            doubt = _part_of(case, number, criterion)
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
        subjects = [limits[0].variable for limits, _ in asked] + [conditions.LABELS[name] for name in answered]
        case.criterion(criterion, ", ".join(dict.fromkeys(subjects)) or "sex", "holds for you", case.met)
    elif not (criterion.has_children and criterion.text.rstrip().endswith(":") and not criterion.limits):
        case.criterion(criterion, *_unchecked(criterion, patient), case.unknowns)


def _sense(criterion: Criterion) -> str:
    return "asked for is" if criterion.kind == "inclusion" else "excluded is"


def _quantities(criterion: Criterion) -> list[list[Limit]]:
    """Limits that belong together: both ends of a range, the numbers of a list."""
    groups: dict[tuple[object, ...], list[Limit]] = {}
    for limit in criterion.limits:
        if limit.comparator == "=":
            groups.setdefault((limit.variable, "="), []).append(limit)
        else:
            groups.setdefault((limit.variable, limit.start, limit.end), []).append(limit)
    return list(groups.values())


def _doubt(case: _Case, number: int, criterion: Criterion, limits: Sequence[Limit]) -> str:
    """Why a limit that the patient does not meet must not exclude, "" when it may."""
    limit = limits[0]
    if any(one.conditional for one in limits):
        return f"the limit holds under a condition ({limit.condition_text})" if limit.condition_text else "the limit is conditional"
    if min(one.confidence for one in limits) < MIN_CONFIDENCE:
        return "the limit was read without certainty"
    if doubt := _part_of(case, number, criterion):
        return doubt
    usual = _OPPOSITE.get(limit.variable, {}).get(criterion.kind)
    if usual and not any(one.comparator in usual for one in limits):
        return "the limit is on the side where it is about some of the participants only"
    plain = wording.folded(criterion.text, [(one.start, one.end) for one in criterion.limits])
    if word := wording.condition(plain):
        return f"the criterion has a condition ({word!r})"
    if criterion.kind == "inclusion" and wording.is_choice(plain):
        return "the criterion offers a choice (or)"
    if len(_others(criterion, limits)) > 0:
        return "the criterion has several limits on it"
    if doubt := _clause_doubt(case, criterion, limits):
        return doubt
    return _against_the_rest(case, number, limits)


def _others(criterion: Criterion, limits: Sequence[Limit]) -> list[Limit]:
    """Other limits on the same variable and side in the same criterion, unless they say the same in another unit."""
    mine = {one.comparator[0]: one for one in limits}
    return [
        other
        for other in criterion.limits
        if other not in limits
        and other.variable == limits[0].variable
        and (own := mine.get(other.comparator[0]))
        and not _is_same(own, other)
    ]


def _is_same(one: Limit, other: Limit) -> bool:
    mine, theirs = (amount(limit.variable, limit.value, limit.unit) for limit in (one, other))
    if mine is None or theirs is None or mine.kind != theirs.kind:
        return False
    return abs(mine.value - theirs.value) <= 0.01 * abs(mine.value)


def _clause_doubt(case: _Case, criterion: Criterion, limits: Sequence[Limit]) -> str:
    """Words around the limit that were not read, and limits that it shares its clause with."""
    limit, text = limits[0], criterion.text
    if "1.73" in text and "1.73" not in limit.unit and limit.variable in ("egfr", "creat_clearance"):
        return "it is not certain whether the limit is for 1.73 m2"
    if criterion.kind == "exclusion" and _DENIES.match(text):
        return "the exclusion denies something"
    plain = _marked(criterion, limit)
    patterns = [wording.variable_words(code) for code in {one.variable for one in criterion.limits}]
    # "Age of specimen (…): ≤ 24 hours": an age has so many owners that its whole sentence must be read.
    parts = [wording.sentence(plain, _HERE)] if limit.variable == "age" else wording.clauses(plain, criterion.kind)
    at = next((n for n, part in enumerate(parts) if _HERE in part), None)
    if at is None:
        return "the limit stands in brackets of brackets"
    clause = parts[at]
    names = wording.variable_words(limit.variable)
    named = next((part for part in (*reversed(parts[:at]), *parts) if names.search(part)), "")
    if not any(pattern.search(clause) for pattern in patterns):
        clause = f"{named} {clause}"
    rest = wording.without(clause.replace(_HERE, wording.MARK), patterns)
    if wording.negated(rest):
        return "the criterion denies something"
    if words := wording.unread(rest):
        return f"not everything beside the limit was read ({' '.join(words[:4])})"
    if criterion.kind == "exclusion" and wording.MARK in parts[at]:
        together = [one for one in _quantities(criterion) if one[0].variable not in ("time_window", limit.variable)]
        if any(not holds(group, case.patient).holds for group in together):
            return "the limit counts together with another one"
    return ""


_HERE = "¤"
_DENIES = re.compile(r"\s*(?:no|not|non|without|absence|lack)\b", re.IGNORECASE)


def _marked(criterion: Criterion, limit: Limit) -> str:
    """The criterion folded, with ¤ in place of the limit and § in place of the others."""
    before = [(one.start, one.end) for one in criterion.limits if one.end <= limit.start]
    after = [(one.start - limit.end, one.end - limit.end) for one in criterion.limits if one.start >= limit.end]
    head = wording.folded(criterion.text[: limit.start], before)
    return f"{head} {_HERE} {wording.folded(criterion.text[limit.end :], after)}"


def _part_of(case: _Case, number: int, criterion: Criterion) -> str:
    """Why the criterion may be about some of the participants, or one of several choices; "" when it is neither."""
    if criterion.kind == "unknown":
        return "it is not clear whether it includes or excludes"
    if criterion.kind_source != "heading":
        return "no heading says whether it includes or excludes"
    if criterion.kind == "inclusion" and case.named_sections and "nclu" not in criterion.section.lower():
        return f"it stands under {criterion.section!r}, which may not be what participants must have"
    if wording.names_group(criterion.section):
        return f"it stands under {criterion.section!r}"
    for lead in criterion.lead:
        if wording.names_group(lead) or wording.condition(lead.lower()):
            return f"it stands under {lead!r}"
        if criterion.kind == "inclusion" and (wording.offers_choice(lead) or wording.is_choice(lead.lower())):
            return f"it is one of several choices under {lead!r}"
        if not wording.is_lead(lead):
            return f"it stands under {lead!r}"
    rows = case.facts.criteria
    if case.has_several_lists:
        return "the record has several lists of criteria, for different participants"
    beside = [
        rows[n].text
        for n in (number - 1, number + 1)
        if 0 <= n < len(rows) and rows[n].parent == criterion.parent and rows[n].kind == criterion.kind
    ]
    if criterion.kind == "inclusion" and any(wording.open_edge(text) for text in (criterion.text, *beside)):
        return "it is joined to its neighbour by an or"
    return ""


def _against_the_rest(case: _Case, number: int, limits: Sequence[Limit]) -> str:
    """What else the record says about the same variable that would let the patient in."""
    criterion, patient = case.facts.criteria[number], case.patient
    variable = limits[0].variable
    sides = {one.comparator[0] for one in limits}
    for n, other in enumerate(case.facts.criteria):
        if n == number or other.kind != criterion.kind:
            continue
        for group in _quantities(other):
            if group[0].variable == variable and {one.comparator[0] for one in group} & sides:
                truth = holds(group, patient)
                if truth.holds is (criterion.kind == "inclusion") and criterion.kind == "inclusion":
                    return f"another criterion sets another limit: {other.text!r}"
    if variable != "age" or patient.age is None:
        return ""
    # Where field and text differ the text has mostly been misread: it may only speak where the field is silent.
    low, before = case.columns["minimum_age_years"], case.columns["maximum_age_before_years"]
    lower = ">" if criterion.kind == "inclusion" else "<"
    for one in limits:
        name, stated = ("minimum_age", low) if one.comparator[0] == lower else ("maximum_age", before)
        stated_age = amount("age", one.value, one.unit)
        years = stated_age.value / 365.25 if stated_age else 0.0
        beyond = years <= low if stated is before and isinstance(low, float) else False
        beyond = beyond or (years >= before if stated is low and isinstance(before, float) else False)
        if stated is not None or beyond:
            said = ", ".join(f"{n} {case.columns[n] or 'not stated'}" for n in ("minimum_age", "maximum_age"))
            return f"the record's own fields say otherwise ({said})"
    return ""


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
    if criterion.kind not in ("inclusion", "exclusion") or (one_sex and criterion.kind == "exclusion" and not says):
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
    missing = [limit.variable for limit in criterion.limits if limit.variable != "time_window" and not known(limit.variable, patient)]
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
