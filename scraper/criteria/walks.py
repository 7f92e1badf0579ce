"""The walk from a number to the word it limits: back to the nearest variable that its unit allows, else ahead.

It goes over other quantities of the same list and out of brackets, never over a full stop. One limit may be shared
("AST and ALT ≤ 3 × ULN").
"""

import re

from scraper.criteria.fits import fits
from scraper.criteria.quantities import Quantity
from scraper.criteria.sentence import Link, Sentence
from scraper.criteria.variables import ORDINAL

_REACH = 80  # tokens: no author puts more between a number and its variable
_SCALE_WORDS = frozenset(
    re.findall(
        r"\S+",
        "class functional grade score scores of status physical classification stage functionality level the is",
    )
)
_FILLERS = frozenset(
    re.findall(
        r"\S+", "of is be are the a an at to for in as than was were has have level levels value values count"
    )
)
_WEAK = frozenset(
    ("tumor_size", "alcohol", "cigarettes", "weight", "bp", "blasts", "pt", "calcium", "ast_alt")
)
_AHEAD = frozenset(
    ("gestational_age", "blasts", "birth_weight", "weight", "bsa", "life_expectancy", "asa", "nyha", "ecog", "weight_change", "platelets",
     "wbc", "anc", "alc", "cigarettes", "alcohol", "age", "sbp", "dbp", "lvef", "fev1", "bmi", "creatinine", "bilirubin", "ast", "alt", "ast_alt", "hba1c", "aec", "pain_score", "mmse", "moca", "gcs", "nihss", "mrs", "phq9", "edss", "karnofsky", "gleason")
)  # fmt: skip
_ADJECTIVES = frozenset(
    re.findall(
        r"\S+",
        "serum total blood plasma level levels liver either both concentration concentrations value values of the enzyme enzymes "
        "hepatic count counts elevated and or also test tests renal absolute",
    )
)
_SHARING = frozenset(
    ("uln", "lln", "activity", "pct", "count", "clear_bsa", "clear", "mmhg", "mass_conc", "molar", "")
)
_TOGETHER = frozenset(
    ("ast", "alt", "alp", "ast_alt", "bilirubin", "ggt", "creatinine", "ldh", "lipase", "amylase")
)
_OTHER_AGE = re.compile(
    r"\b(?:bone|mental|skeletal|vascular|developmental|reading) $|\b(?:diagnos(?:ed|is)|onset|occurr\w+|began|died|death|menopause|symptoms) "
    r"(?:at|before|after|under|below|over|above|by|prior to|of)? ?(?:the )?$"
)
_CHANGE = re.compile(
    r"\b(?:change|changes|increase|decrease|drop|fall|rise|reduction|decline|difference|variation)s? (?:in|of)(?: \w+)? $"
)


def back(s: Sentence, number: int, quantity: Quantity) -> Link | None:
    """The nearest variable before the number."""
    tokens = s.tokens
    steps, skipped, passed = 0, 0, 0
    k = quantity.first - 1
    depth = 0
    if is_others(s, number, quantity):
        return None
    stop = max(0, k - _REACH)
    while k >= stop and steps <= 9:
        token = tokens[k]
        if s.taken.get(k) == number and token.kind != "variable":
            k -= 1
            continue
        if k in s.taken and s.taken[k] != number:
            other = s.taken[k]
            passed += 1
            if passed > 3:
                return None
            k = min(s.quantities[other].cue, s.quantities[other].first) - 1
            if not depth and s.links[other] is None and s.quantities[other].form == "bare":
                steps += 2
            continue
        kind = token.kind
        if kind == "variable":
            if (
                number
                and (before := s.links[number - 1]) is not None
                and before.at == k
                and before.rule == "ahead_close"
            ):
                return None  # "≥ 140 mmHg SBP and ≥ 90 mmHg DBP": it belongs to the number before it
            if fits(token.value, quantity) and not is_change(s, k):
                if token.value in _WEAK and steps > 3:
                    return None
                if (
                    quantity.form == "bare"
                    and not quantity.bounds[0].explicit
                    and quantity.unit.family != "time"
                    and (steps > 1 or passed)
                ):
                    return listed(s, k, number, quantity, passed)
                if not quantity.unit.family and token.value == "age" and passed and not joined(s, number):
                    return None
                if not quantity.unit.family and steps > 3 and token.value not in ORDINAL:
                    return None
                return shared(s, k, quantity, "back_far" if passed or steps > 4 else "back")
            if not depth:
                skipped += 1
                steps += 2
            if (skipped > 2 or quantity.unit.family in ("", "time")) and not _same_thing(
                token.value, quantity
            ):
                return None
        elif kind == "stop":
            return None
        elif kind == "close":
            depth += 1
        elif kind == "open":
            depth = max(0, depth - 1)
        elif kind in ("word", "subject", "ago", "last", "not", "when") and not depth:
            steps += token.value not in _SCALE_WORDS
        elif kind in ("number", "roman") and not depth:
            steps += 2
        k -= 1
    return None


def is_others(s: Sentence, number: int, quantity: Quantity) -> bool:
    """Return whether a word unknown to the vocabulary stands between the last number and this comparator.

    "MMSE < 26 and/or CDR ≥ 1": the second number is the CDR's.
    """
    if not number or not quantity.bounds[0].explicit or quantity.unit.family == "uln":
        return False
    k = min(quantity.cue, quantity.first) - 1
    stop = max(0, k - _REACH)
    while k >= stop and (s.tokens[k].kind in ("mark", "colon", "open") or s.tokens[k].value in _FILLERS):
        k -= 1
    if k < stop or s.tokens[k].kind != "word" or not s.tokens[k].value.isalpha():
        return False
    while k >= stop and s.tokens[k].kind in ("word", "link", "slash", "mark", "open"):
        k -= 1
    return k >= stop and k in s.taken and s.taken[k] != number


def is_change(s: Sentence, k: int) -> bool:
    """Return whether it is the change of the variable that is limited: "drop in haemoglobin of 2 g/dL"."""
    start = s.tokens[k].start
    lead = s.folded[max(0, start - 32) : start]
    if s.tokens[k].value == "age":
        return _OTHER_AGE.search(lead) is not None  # a bone age is not an age
    return _CHANGE.search(lead) is not None


def joined(s: Sentence, number: int) -> bool:
    """Return whether only "and", "or" and signs stand between a number and the one before it."""
    if not number:
        return False
    quantity, previous = s.quantities[number], s.quantities[number - 1]
    between = s.tokens[previous.last + 1 : min(quantity.cue, quantity.first)]
    return len(between) <= 3 and all(token.kind in ("link", "mark", "compare", "slash") for token in between)


def listed(s: Sentence, k: int, number: int, quantity: Quantity, passed: int) -> Link | None:
    """A bare number behind another one of its list: "≤ 14 drinks a week (men) or 7 drinks a week (women)"."""
    if not passed or not number or s.links[number - 1] is None:
        return None
    previous = s.quantities[number - 1]
    if (
        previous.unit.family != quantity.unit.family
        or not quantity.unit.family
        or not previous.bounds[0].explicit
    ):
        return None
    return shared(s, k, quantity, "listed")


def shared(s: Sentence, k: int, quantity: Quantity, rule: str) -> Link:
    """The variable at `k` with those listed before it: "AST and ALT", "creatinine, ALP, AST (SGOT)"."""
    tokens = s.tokens
    codes = [tokens[k].value]
    i, linked, opened = k - 1, False, 0
    near = [token.kind for token in tokens[max(0, k - 2) : k]]
    if (
        k + 1 < len(tokens)
        and tokens[k + 1].kind == "close"
        and (near[-1:] == ["open"] or near == ["open", "link"])
    ):
        opened = 1  # the variable itself stands in brackets: "aminotransferase (ALT)"
    while i >= 0 and k - i < 60:
        token = tokens[i]
        if token.kind == "variable":
            if not fits(token.value, quantity) or i in s.taken:
                break
            if token.value not in codes and opened and not {*codes, token.value} <= _TOGETHER:
                i -= 1  # "(adjusted for serum albumin) serum calcium < 8": what stands in brackets explains
                continue
            elif token.value not in codes:
                if (
                    not linked
                    and not opened
                    and not (tokens[i + 1].kind == "open" and {*codes, token.value} <= _TOGETHER)
                ):
                    break
                codes.append(token.value)
            linked = False
        elif token.kind in ("link", "slash"):
            linked = True
        elif token.kind == "close":
            opened += 1
        elif token.kind == "open":
            opened -= 1
            if opened < 0:
                break
        elif not (token.kind == "word" and (token.value in _ADJECTIVES or opened)) and not (
            token.kind in ("mark", "range", "colon") and opened
        ):
            break
        i -= 1
    ordered = tuple(reversed(codes))
    if {"fasting_glucose", "glucose"} <= set(ordered) or {"creat_clearance", "creatinine"} <= set(ordered):
        ordered = (codes[0],)
    if len(ordered) > 1 and not (quantity.unit.family in _SHARING or set(ordered) <= _TOGETHER):
        ordered = (codes[0],)
    return Link(ordered, rule if len(ordered) == 1 else "shared", k)


def ahead(s: Sentence, quantity: Quantity) -> Link | None:
    """A variable behind the number: "5% blasts", "2 kg of birth weight", "II-III of the NYHA"."""
    tokens = s.tokens
    k, steps = quantity.last + 1, 0
    while k < min(len(tokens), quantity.last + _REACH) and steps <= 5:
        token = tokens[k]
        if token.kind == "variable":
            if token.value in _AHEAD and fits(token.value, quantity) and not owned(s, k):
                if token.value in ORDINAL and not (
                    quantity.roman or quantity.named or quantity.bounds[0].explicit
                ):
                    return None
                if (
                    token.value in ORDINAL
                    and not quantity.roman
                    and not quantity.named
                    and not is_score(s, quantity, k)
                ):
                    return None
                close = steps <= 1 and not (
                    k + 1 < len(tokens) and tokens[k + 1].kind in ("compare", "number")
                )
                return Link((token.value,), "ahead_close" if close and not quantity.roman else "ahead", k)
            return None
        if token.kind in ("stop", "number", "compare", "link", "last", "when", "open") and not (
            token.kind == "open" and (quantity.roman or quantity.named)
        ):
            return None
        if token.kind not in ("mark", "close", "slash"):
            steps += 1
        k += 1
    return None


def listed_ahead(s: Sentence, quantity: Quantity) -> tuple[str, ...]:
    """Return the variables of a list behind a limit: "1.5 times the upper limit of normal of creatinine, AST and ALT".

    None of them may have a number of its own: then the list belongs to that number.
    """
    tokens = s.tokens
    codes: list[str] = []
    linked = False
    for k in range(quantity.last + 1, min(len(tokens), quantity.last + 40)):
        token = tokens[k]
        if token.kind == "variable":
            if not linked or not fits(token.value, quantity):
                break
            codes.append(token.value)
        elif token.kind == "link" or (token.kind == "word" and token.value in ("of", "for", "in")):
            linked = True
        elif token.kind in ("compare", "compare?", "number", "between", "range"):
            return ()
        elif token.kind not in ("open", "close", "slash", "mark") and not (
            token.kind == "word" and token.value in _ADJECTIVES
        ):
            break
    return tuple(dict.fromkeys(codes))


def is_score(s: Sentence, quantity: Quantity, k: int) -> bool:
    """Return whether "score of 26 or higher on the" leads from the number to the scale."""
    between = s.folded[s.tokens[quantity.last].end : s.tokens[k].start]
    return (
        " on " in between or "using" in between or between.strip() == "" or s.tokens[k].value == "pain_score"
    )


def owned(s: Sentence, k: int) -> bool:
    """Return whether the variable at `k` has a number of its own right behind it."""
    following = s.tokens[k + 1 : k + 3]
    return any(token.kind in ("compare", "number", "between") for token in following[:1])


def _same_thing(code: str, quantity: Quantity) -> bool:
    """Return whether the walk may go on over a variable that the unit does not allow."""
    return code in ("tumor_size", "alcohol", "ast_alt") or quantity.unit.family not in ("", "time")
