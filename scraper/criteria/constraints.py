"""Quantities → limits: each number of a criterion is given to the variable it limits, or to none."""

import re

from msgspec.structs import replace

from scraper.criteria import windows
from scraper.criteria.canonical import canonical
from scraper.criteria.conditions import condition
from scraper.criteria.confidence import confidence
from scraper.criteria.fits import fits
from scraper.criteria.linking import handed_back, link
from scraper.criteria.numerals import may_hold_numbers
from scraper.criteria.quantities import Bound, Quantity
from scraper.criteria.sentence import Link, Sentence, sentence
from scraper.criteria.units import NONE, Unit
from scraper.criteria.variables import ORDINAL
from scraper.criteria.walks import joined
from scraper.model import Comparator, Constraint

_EQUAL = frozenset(ORDINAL | {"age"})
_EQUAL_TOO = frozenset(("psa", "bmi", "creatinine", "inr", "gestational_age", "lvef", "hba1c"))


def constraints(text: str, context: str = "", folded: str | None = None) -> tuple[Constraint, ...]:
    """Return the limits of one criterion in the order of the text.

    `context` is the label or lead-in it stands under ("Life expectancy:"); it serves where the criterion itself names
    no variable. `folded` is the text as `clean.fold` gives it, for those who have it already.
    """
    if not may_hold_numbers(text):
        return ()
    s = sentence(text, context, folded)
    for number, quantity in enumerate(s.quantities):
        s.links.append(link(s, number, quantity))
    found: list[Constraint] = []
    for number, quantity in enumerate(s.quantities):
        given = s.links[number] or handed_back(s, number, quantity)
        if given is not None:
            found += limits(s, number, completed(s, number, quantity, given), given)
    found.sort(key=lambda limit: limit.start)
    return tuple(_without_echoes(found))


def completed(s: Sentence, number: int, quantity: Quantity, given: Link) -> Quantity:
    """Fill in what the text leaves to its neighbour: the unit of "≥ 18 and ≤ 65 years", the sign of "(110 lb)"."""
    if not quantity.unit.family and number + 1 < len(s.quantities):
        following = s.quantities[number + 1]
        between = s.tokens[quantity.last + 1 : min(following.first, following.cue)]
        if (
            following.unit.family
            and len(between) <= 6
            and all(t.kind not in ("stop", "variable") for t in between)
        ):
            shares = all(fits(code, replace(quantity, unit=following.unit)) for code in given.codes)
            if shares and given.codes[0] not in ORDINAL and following.unit.family not in ("points",):
                same = given.codes[0] != "age" or following.unit.factor >= 30
                quantity = replace(quantity, unit=following.unit) if same else quantity
    if given.rule in ("restated", "listed") or (given.rule == "ahead_close" and joined(s, number)):
        previous = s.quantities[number - 1]
        if len(quantity.bounds) == 1 and len(previous.bounds) == 1 and not quantity.bounds[0].explicit:
            sign = previous.bounds[0].comparator
            quantity = replace(quantity, bounds=(Bound(sign, quantity.bounds[0].value, True),))
    return quantity


def limits(s: Sentence, number: int, quantity: Quantity, given: Link) -> list[Constraint]:
    start = s.tokens[min(quantity.cue, quantity.first)].start
    end = s.tokens[quantity.last].end
    quote = condition(s.tokens, quantity, s.quantities, number, s.text)
    found: list[Constraint] = []
    for code in given.codes:
        for name, bound, unit in values(s, code, quantity, given):
            value, canonical_unit = canonical(name, bound.value, unit)
            found.append(
                Constraint(
                    variable=name,
                    comparator=bound.comparator,
                    value=bound.value,
                    unit=unit.text,
                    canonical_value=value,
                    canonical_unit=canonical_unit,
                    conditional=bool(quote),
                    condition_text=quote,
                    evidence=s.text[start:end],
                    start=start,
                    end=end,
                    rule=f"{given.rule}:{quantity.form}",
                    confidence=confidence(name, given.rule, quantity.form, value),
                )
            )
    return found


def values(s: Sentence, code: str, quantity: Quantity, given: Link) -> list[tuple[str, Bound, Unit]]:
    """Return what the quantity says about the variable: none for "140/90" beside one that has no pair."""
    unit = quantity.unit
    if code == "time_window":
        return [(code, windows.bound(bound, given.rule), bound.unit or unit) for bound in quantity.bounds]
    if quantity.second is not None and code in ("bp", "sbp", "dbp"):
        if code == "dbp" and len(given.codes) > 1:
            return []
        sign = quantity.bounds[0].comparator
        return [("sbp", quantity.bounds[0], unit), ("dbp", Bound(sign, quantity.second, True), unit)]
    if code == "bp":
        return []
    if quantity.second is not None and code not in ORDINAL:
        return []
    if code in ORDINAL:
        if (
            quantity.form == "range"
            and quantity.bounds[0].value <= 1
            and quantity.bounds[1].value in (10, 100)
        ):
            return []  # "NRS 0-10": the scale, not a limit
        return [(code, bound, NONE if unit.family != "pct" else unit) for bound in quantity.bounds]
    if (
        code in ("platelets", "wbc", "anc", "alc", "aec")
        and not unit.family
        and quantity.bounds[-1].value >= 400
    ):
        unit = Unit("/uL", "count", 1e6)  # "platelets > 50,000" can only be counted in a microlitre
    if code in ("age", "gestational_age") and quantity.form == "bare" and not quantity.bounds[0].explicit:
        before = s.folded[max(0, s.tokens[quantity.first].start - 14) : s.tokens[quantity.first].start]
        if sign_before := re.search(r"\b(before|prior to|by|after|from)(?: age| the age of)? $", before):
            if sign_before[1] == "by" or code == "age":
                return []
            side: Comparator = "<" if sign_before[1] in ("before", "prior to") else ">"
            return [(code, Bound(side, quantity.bounds[0].value, False), unit)]
    if code == "age" and quantity.form == "bare" and not quantity.bounds[0].explicit:
        near = given.rule == "age" or (given.rule == "back" and quantity.first - given.at <= 3)
        if given.at and s.tokens[given.at - 1].kind == "ago":
            near = False  # "not speaking English before age 5"
        return [(code, quantity.bounds[0], unit)] if near and unit.family == "time" else []
    if unit.family == "uln" and quantity.form == "bare" and not quantity.bounds[0].explicit:
        words = s.folded[max(0, s.tokens[quantity.first].start - 20) : s.tokens[quantity.last].end + 12]
        higher: Comparator = (
            ">" if re.search(r"\b(?:higher|above|over|greater|more|increas\w+|elevat\w+)\b", words) else "="
        )
        return [(code, Bound(higher, quantity.bounds[0].value, False), unit)]
    bare = quantity.form == "bare" and not quantity.bounds[0].explicit
    if bare and code not in _EQUAL and code not in _EQUAL_TOO and given.rule not in ("ahead_close", "unit"):
        return []
    return [(code, bound, bound.unit or unit) for bound in quantity.bounds]


def _without_echoes(limits: list[Constraint]) -> list[Constraint]:
    """Drop a limit that only repeats its neighbour: "18 years or older (≥ 18 years)"."""
    kept: list[Constraint] = []
    for limit in limits:
        echo = next(
            (
                k
                for k in kept
                if (k.variable, k.comparator, k.value, k.unit)
                == (limit.variable, limit.comparator, limit.value, limit.unit)
                and 0 <= limit.start - k.end <= 3
            ),
            None,
        )
        if echo is None:
            kept.append(limit)
    return kept
