"""Why a limit that the patient does not meet must not exclude: every doubt about it, in words.

The limit may be conditional, one of several choices, about a part of the participants, contradicted by the rest of the
record, or stand in a clause that was not read whole.
"""

import re
from collections.abc import Sequence

from scraper.match import wording
from scraper.match.amounts import amount
from scraper.match.candidates import Criterion, TrialFacts
from scraper.match.limits import Limit, holds
from scraper.match.patient import Patient

MIN_CONFIDENCE = 0.8
"""A limit read with less confidence than this is only half read."""

_AT_LEAST = {"inclusion": (">=", ">"), "exclusion": ("<=", "<")}
_AT_MOST = {"inclusion": ("<=", "<"), "exclusion": (">=", ">")}
_USUAL_SIDE = {
    "ecog": _AT_MOST,
    "karnofsky": _AT_LEAST,
    "lansky": _AT_LEAST,
    "lvef": _AT_LEAST,
    "platelets": _AT_LEAST,
    "anc": _AT_LEAST,
    "hemoglobin": _AT_LEAST,
    "egfr": _AT_LEAST,
    "creat_clearance": _AT_LEAST,
}
"""The side on which a limit of these is usually set: on the other one it is about some of the participants only."""


def quantities(criterion: Criterion) -> list[list[Limit]]:
    """Limits that belong together: both ends of a range, the numbers of a list."""
    groups: dict[tuple[object, ...], list[Limit]] = {}
    for limit in criterion.limits:
        if limit.comparator == "=":
            groups.setdefault((limit.variable, "="), []).append(limit)
        else:
            groups.setdefault((limit.variable, limit.start, limit.end), []).append(limit)
    return list(groups.values())


def doubt(facts: TrialFacts, patient: Patient, number: int, limits: Sequence[Limit]) -> str:
    """Why a limit that the patient does not meet must not exclude, "" when it may."""
    limit, criterion = limits[0], facts.criteria[number]
    if any(one.conditional for one in limits):
        return f"the limit holds under a condition ({limit.condition_text or 'not quoted'})"
    if min(one.confidence for one in limits) < MIN_CONFIDENCE:
        return "the limit was read without certainty"
    if why := part_of(facts, number):
        return why
    usual = _USUAL_SIDE.get(limit.variable, {}).get(criterion.kind)
    if usual and not any(one.comparator in usual for one in limits):
        return "the limit is on the side where it is about some of the participants only"
    plain = wording.folded(criterion.text, [(one.start, one.end) for one in criterion.limits])
    if word := wording.condition(plain):
        return f"the criterion has a condition ({word!r})"
    if criterion.kind == "inclusion" and wording.is_choice(plain):
        return "the criterion offers a choice (or)"
    if _others(criterion, limits):
        return "the criterion has several limits on it"
    return _clause_doubt(criterion, patient, limits) or _against_the_rest(facts, patient, number, limits)


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


def _clause_doubt(criterion: Criterion, patient: Patient, limits: Sequence[Limit]) -> str:
    """Words around the limit that were not read, and limits that it shares its clause with."""
    limit, text = limits[0], criterion.text
    if "1.73" in text and "1.73" not in limit.unit and limit.variable in ("egfr", "creat_clearance"):
        return "it is not certain whether the limit is for 1.73 m2"
    if criterion.kind == "exclusion" and _DENIES.match(text):
        return "the exclusion denies something"
    plain = _marked(criterion, limit)
    patterns = [wording.variable_words(code) for code in {one.variable for one in criterion.limits}]
    # "Age of specimen (…): ≤ 24 hours": an age has so many owners that its whole sentence must be read.
    parts = (
        [wording.sentence(plain, _HERE)]
        if limit.variable == "age"
        else wording.clauses(plain, criterion.kind)
    )
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
        together = [
            one for one in quantities(criterion) if one[0].variable not in ("time_window", limit.variable)
        ]
        if any(not holds(group, patient).holds for group in together):
            return "the limit counts together with another one"
    return ""


_HERE = "¤"
_DENIES = re.compile(r"\s*(?:no|not|non|without|absence|lack)\b", re.IGNORECASE)


def _marked(criterion: Criterion, limit: Limit) -> str:
    """The criterion folded, with ¤ in place of the limit and § in place of the others."""
    before = [(one.start, one.end) for one in criterion.limits if one.end <= limit.start]
    after = [
        (one.start - limit.end, one.end - limit.end) for one in criterion.limits if one.start >= limit.end
    ]
    head = wording.folded(criterion.text[: limit.start], before)
    return f"{head} {_HERE} {wording.folded(criterion.text[limit.end :], after)}"


def part_of(facts: TrialFacts, number: int) -> str:
    """Why the criterion may be about some of the participants, or one of several choices; "" when it is neither."""
    criterion = facts.criteria[number]
    if criterion.kind == "unknown":
        return "it is not clear whether it includes or excludes"
    if criterion.kind_source != "heading":
        return "no heading says whether it includes or excludes"
    if criterion.kind == "inclusion" and facts.names_inclusions and "nclu" not in criterion.section.lower():
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
    rows = facts.criteria
    if facts.has_several_lists:
        return "the record has several lists of criteria, for different participants"
    beside = [
        rows[n].text
        for n in (number - 1, number + 1)
        if 0 <= n < len(rows) and rows[n].parent == criterion.parent and rows[n].kind == criterion.kind
    ]
    if criterion.kind == "inclusion" and any(wording.open_edge(text) for text in (criterion.text, *beside)):
        return "it is joined to its neighbour by an or"
    return ""


def _against_the_rest(facts: TrialFacts, patient: Patient, number: int, limits: Sequence[Limit]) -> str:
    """What else the record says about the same variable that would let the patient in."""
    criterion, variable = facts.criteria[number], limits[0].variable
    sides = {one.comparator[0] for one in limits}
    if criterion.kind == "inclusion":
        for n, other in enumerate(facts.criteria):
            if n == number or other.kind != "inclusion":
                continue
            for group in quantities(other):
                same = group[0].variable == variable and {one.comparator[0] for one in group} & sides
                if same and holds(group, patient).holds:
                    return f"another criterion sets another limit: {other.text!r}"
    return _against_fields(facts, criterion, limits) if variable == "age" else ""


def _against_fields(facts: TrialFacts, criterion: Criterion, limits: Sequence[Limit]) -> str:
    """Whether the record's own age fields speak of the same bound, or leave nobody within it.

    Where field and text differ the text has mostly been misread: it may only speak where the field is silent.
    """
    low, before = facts.columns["minimum_age_years"], facts.columns["maximum_age_before_years"]
    words = ", ".join(
        f"{name} {facts.columns[name] or 'not stated'}" for name in ("minimum_age", "maximum_age")
    )
    why = f"the record's own fields say otherwise ({words})"
    for one in limits:
        stated = amount("age", one.value, one.unit)
        if stated is None:
            return "the unit of the age limit is not certain"
        years = stated.value / 365.25
        is_minimum = (one.comparator[0] == ">") == (criterion.kind == "inclusion")
        if is_minimum and (low is not None or (isinstance(before, float) and years >= before)):
            return why
        if not is_minimum and (before is not None or (isinstance(low, float) and years <= low)):
            return why
    return ""
