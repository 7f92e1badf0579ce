"""Which variable a quantity belongs to: by the words around it, by its unit, by the label it stands under."""

import re

from scraper.criteria import windows
from scraper.criteria.clean import fold
from scraper.criteria.fits import fits
from scraper.criteria.lexicon import tokens
from scraper.criteria.quantities import Quantity
from scraper.criteria.sentence import Link, Sentence
from scraper.criteria.variables import ORDINAL
from scraper.criteria.walks import ahead as walk_ahead
from scraper.criteria.walks import back as walk_back
from scraper.criteria.walks import joined, listed_ahead

_PREGNANT = re.compile(
    r"\b(?:pregnan\w+|gestat\w+|preterm|full[ -]?term|f(?:o)?etal|trimester|deliver(?:y|ing))\b[^.;]{0,40}$"
)


def link(s: Sentence, number: int, quantity: Quantity) -> Link | None:
    """Return the variables that the quantity limits, None when it limits none that is known."""
    if quantity.flipped is not None:
        code = s.tokens[quantity.flipped].value
        return Link((code,), "flipped", quantity.flipped) if fits(code, quantity) else None
    same = restated(s, number, quantity)
    if same is not None:
        return same
    if quantity.unit.family == "time":
        return by_time(s, number, quantity)
    back = walk_back(s, number, quantity)
    ahead = walk_ahead(s, quantity)
    if quantity.unit.family == "uln" and (more := listed_ahead(s, quantity)):
        codes = (*(back.codes if back else ()), *more)
        return Link(tuple(dict.fromkeys(codes)), "shared", back.at if back else quantity.last + 1)
    if ahead is not None and back is not None and back.codes == ("bp",) and ahead.codes[0] in ("sbp", "dbp"):
        return ahead
    if ahead is not None and (back is None or (ahead.rule == "ahead_close" and back.at < quantity.cue - 3)):
        return ahead
    if back is not None and not (quantity.named and back.codes[0] not in ORDINAL):
        return back
    return ahead or by_unit(s, quantity) or bare_age(s, quantity) or by_context(s, quantity)


def bare_age(s: Sentence, quantity: Quantity) -> Link | None:
    """A number without unit that can only be an age: "older than 18", "60 or older", "patients < 18"."""
    if quantity.unit.family or quantity.roman or quantity.worded or not 0 < quantity.bounds[-1].value <= 110:
        return None
    tokens = s.tokens
    first = min(quantity.cue, quantity.first)
    lead = s.folded[max(0, tokens[first].start - 50) : tokens[first].start]
    words = s.folded[tokens[first].start : tokens[quantity.last].end]
    following = tokens[quantity.last + 1].kind if quantity.last + 1 < len(tokens) else ""
    if re.search(r"\b(?:older|younger)\b", words) and not re.search(
        r"\b(?:diagnos\w*|biops\w*|onset|mothers?|donors?)\b", lead
    ):
        return Link(("age",), "age", first)
    if quantity.form in ("prefix", "postfix", "range") and following in (
        "",
        "stop",
        "close",
        "link",
        "compare",
        "subject",
    ):
        before = tokens[first - 1] if first else None
        if before is not None and before.kind == "open":
            before = tokens[first - 2] if first > 1 else None
        if (
            before is not None
            and (before.kind == "subject" or windows.is_people(before, s.folded))
            and quantity.bounds[-1].value >= 2
        ):
            return Link(("age",), "age", first)
    return None


def handed_back(s: Sentence, number: int, quantity: Quantity) -> Link | None:
    """The variable of the next number, for the first of two: "over 18 and under 75 years of age"."""
    if (
        number + 1 >= len(s.quantities)
        or quantity.unit.family not in ("", "time")
        or quantity.form != "prefix"
    ):
        return None
    link, following = s.links[number + 1], s.quantities[number + 1]
    between = s.tokens[quantity.last + 1 : min(following.cue, following.first)]
    if (
        link is None
        or link.codes != (("time_window",) if quantity.unit.family else ("age",))
        or not following.bounds[0].explicit
        or following.form != "prefix"
    ):
        return None
    if not any(token.kind == "link" and not token.value for token in between):
        return None
    if (
        any(token.kind not in ("link", "mark", "range") for token in between)
        or len(between) > 3
        or not (quantity.unit.family or fits("age", quantity))
    ):
        return None
    return link


def restated(s: Sentence, number: int, quantity: Quantity) -> Link | None:
    """ "(110 lb)" right behind "50 kg": the same limit in another unit."""
    if not number or quantity.form not in ("bare", "range", "pair") or quantity.cue != quantity.first:
        return None
    previous, link = s.quantities[number - 1], s.links[number - 1]
    if link is None or not quantity.unit.family or quantity.unit.family == previous.unit.family == "time":
        return None
    between = s.tokens[previous.last + 1 : quantity.first]
    kinds = [token.kind for token in between]
    opened = kinds in (["open"], ["open", "open"], ["slash"]) or kinds == ["open", "link"]
    if not opened or len(quantity.bounds) > len(previous.bounds) + 1:
        return None
    if not all(fits(code, quantity) for code in link.codes) or quantity.unit.text == previous.unit.text:
        return None
    return Link(link.codes, "restated", link.at)


def by_unit(s: Sentence, quantity: Quantity) -> Link | None:
    """Units that only one variable has: a pair in mmHg, "kg/m2" beside obesity, cigarettes and drinks a day."""
    family = quantity.unit.family
    if quantity.roman and quantity.first and s.tokens[quantity.first - 1].value == "class":
        following = s.folded[s.tokens[quantity.last].end :][:40]
        if re.match(
            r" (?:congestive |chronic |systolic )*(?:heart|cardiac) (?:failure|disease)|[ ,]*nyha",
            following,
        ):
            return Link(("nyha",), "unit", quantity.first)
    if quantity.second is not None:
        if (
            fits("bp", quantity)
            and 15 <= quantity.second < quantity.bounds[0].value
            and quantity.bounds[0].value >= 60
            and (family == "mmhg" or "hypertensi" in s.folded or "hypotensi" in s.folded)
        ):
            return Link(("bp",), "unit", quantity.first)
        return None
    if family == "bmi" and ("obes" in s.folded or "overweight" in s.folded):
        return Link(("bmi",), "unit", quantity.first)
    if family == "habit":
        for code in ("cigarettes", "alcohol"):
            if fits(code, quantity) and (
                code != "alcohol" or "drink" in quantity.unit.text.lower() or "alcohol" in s.folded
            ):
                return Link((code,), "unit", quantity.first)
    return None


def by_context(s: Sentence, quantity: Quantity) -> Link | None:
    """The label over the criterion: "Age:" over "18 and over", "Performance status:" over "0-2"."""
    if not s.context or len(s.context) > 160:
        return None
    folded = fold(s.context)
    codes = {token.value for token in tokens(folded, s.context) if token.kind == "variable"}
    if "ecog" in codes and quantity.unit.family == "" and "karnofsky" in {t.value for t in s.tokens}:
        return None
    fitting = [code for code in codes if fits(code, quantity)]
    if len(fitting) != 1 or any(token.kind == "variable" for token in s.tokens[: quantity.first]):
        return None
    if quantity.first > 4 or (quantity.form == "bare" and fitting[0] not in ORDINAL):
        return None
    return Link((fitting[0],), "context", quantity.first)


def by_time(s: Sentence, number: int, quantity: Quantity) -> Link | None:
    back = walk_back(s, number, quantity)
    if back is not None and back.codes[0] in ("life_expectancy", "gestational_age") and back.rule == "back":
        return back
    window = windows.role(s.tokens, quantity, s.folded, s.text)
    if (
        window is None
        and back is None
        and quantity.first <= 3
        and (labelled := by_context(s, quantity)) is not None
    ):
        return labelled
    ahead = walk_ahead(s, quantity)
    if ahead is not None and ahead.codes[0] in ("gestational_age", "life_expectancy", "age"):
        return ahead
    after_age = back is not None and back.codes == ("age",) and (back.rule == "back" or joined(s, number))
    if windows.is_age(s.tokens, quantity, s.folded, s.text, after_age):
        return Link(("age",), "age", quantity.first)
    at = s.tokens[quantity.first].start
    if (
        window is None
        and quantity.unit.factor == 7.0
        and 5 <= quantity.bounds[-1].value <= 45
        and quantity.bounds[0].explicit
        and _PREGNANT.search(s.folded[max(0, at - 60) : at])
    ):
        return Link(("gestational_age",), "unit", quantity.first)
    if window is not None:
        return Link(("time_window",), window, quantity.first)
    if back is not None and back.codes[0] != "age":
        return back
    return by_context(s, quantity)
