"""Tokens → quantities: a number or a range with its comparators and its unit.

A comparator stands before ("at least 18"), behind ("18 or older"), on both sides ("18 ≤ age ≤ 75") or nowhere; a range is
two bounds; "I, II or III" on a scale is a set, kept as its lowest and highest member.
"""

import re

import msgspec

from scraper.criteria.lexicon import NAMING, Token
from scraper.criteria.units import NONE, Unit
from scraper.model import Comparator


class Bound(msgspec.Struct, frozen=True, gc=False):
    """One side of a quantity; `explicit` when the text itself gives the comparator.

    `unit` is this side's own where the two differ ("4 weeks to 18 years"), None otherwise.
    """

    comparator: Comparator
    value: float
    explicit: bool
    unit: Unit | None = None


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """Tokens `first` to `last` (inclusive) say `bounds` in `unit`.

    `second` is the number behind a slash ("140/90"); `flipped` the token of a variable that stands right of the sign
    ("18 ≤ age"); `form` names the grammar that read it; `cue` is the token index where its words begin.
    """

    first: int
    last: int
    cue: int
    bounds: tuple[Bound, ...]
    unit: Unit
    form: str
    second: float | None = None
    flipped: int | None = None
    roman: bool = False
    named: bool = False
    worded: bool = False


_SOFT = frozenset(
    re.findall(
        r"\S+",
        "of a an the is are be was were being score scores value values level levels at about approximately class has have than grade status",
    )
)
_NUMERIC = ("number", "roman")
_FLIP: dict[str, Comparator] = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}


def quantities(tokens: list[Token]) -> list[Quantity]:
    """Return the quantities of one criterion in the order of the text."""
    found: list[Quantity] = []
    i = 0
    while i < len(tokens):
        if tokens[i].kind in _NUMERIC:
            quantity = _read(tokens, i)
            if tokens[i].value.isalpha() and tokens[i].kind == "number":
                quantity = msgspec.structs.replace(quantity, worded=True)
            found.append(quantity)
            i = quantity.last + 1
        else:
            i += 1
    return found


def _kind(tokens: list[Token], i: int) -> str:
    return tokens[i].kind if 0 <= i < len(tokens) else ""


def _before(tokens: list[Token], i: int) -> tuple[Comparator | None, int, str]:
    """Return the comparator before token `i`, where its words begin, and "between" or "from" if such a word is there."""
    k, soft = i - 1, 0
    lead = ""
    crossed = False
    while k >= 0 and soft <= 3:
        token = tokens[k]
        if token.kind in ("compare", "compare?"):
            first = k
            if token.value == ">" and not crossed and k + 1 < i and tokens[k + 1].value == "the":
                return None, i, lead  # "over the 2 months before surgery"
            value = token.value
            # "greater than (>) 7", "less than or equal to (<=) 1": the sign restates the words
            while first > max(0, k - 8) and tokens[first - 1].kind in ("compare", "compare?", "open"):
                if tokens[first - 1].kind == "open" and _kind(tokens, first - 2) not in (
                    "compare",
                    "compare?",
                ):
                    break
                if tokens[first - 1].kind == "compare" and "=" in tokens[first - 1].value:
                    value = tokens[first - 1].value if tokens[first - 1].value[0] == value[0] else value
                first -= 1
            return value, first, lead  # type: ignore[return-value]
        if token.kind in ("between", "from"):
            return None, k, token.kind
        if token.kind == "around" or (
            token.kind == "range" and _kind(tokens, k - 1) == "slash" and _kind(tokens, k - 2) == "plus"
        ):
            return "<=", k, "around"
        if token.kind == "last" and token.value == "within":
            return None, i, "within"
        if (
            token.kind == "variable"
            and not crossed
            and tokens[k - 1 if k else 0].kind in ("compare", "between", "from", "word")
        ):
            # "under the age of 18", "greater than NYHA 2", "a minimum life expectancy of 12 weeks"
            beyond = k - 1
            while (
                beyond > 0
                and tokens[beyond].kind == "word"
                and tokens[beyond].value in ("the", "an", "a", "legal", "of")
            ):
                beyond -= 1
            if tokens[beyond].kind not in ("compare", "between", "from") or (
                tokens[beyond].kind == "compare"
                and len(tokens[beyond].value) == tokens[beyond].end - tokens[beyond].start
            ):
                break
            crossed = True
            k = beyond
            continue
        if (token.kind == "word" and token.value in _SOFT) or token.kind in ("mark", "colon"):
            soft += 1
            k -= 1
            continue
        break
    return None, i, lead


def _read(tokens: list[Token], i: int) -> Quantity:
    token = tokens[i]
    comparator, cue, lead = _before(tokens, i)
    if comparator in (">", "<") and _negated(tokens, cue):
        comparator = "<=" if comparator == ">" else ">="
    roman = token.kind == "roman"
    value = token.numbers[0]
    named = _is_name(tokens, i, comparator)
    j = i + 1
    unit = token.unit
    # the other end of a range
    upper = _range_end(tokens, i, lead, comparator)
    if upper is not None:
        at, upper_comparator = upper
        high = tokens[at].numbers[0]
        low_unit, unit = token.unit, tokens[at].unit if tokens[at].unit.family else token.unit
        own = low_unit.family == unit.family != "" and low_unit.factor != unit.factor
        if value * (low_unit.factor / unit.factor if own else 1.0) <= high:
            lower: Comparator = comparator if comparator in (">", ">=") else ">="
            upper_sign: Comparator = upper_comparator if upper_comparator in ("<", "<=") else "<="
            bounds = (
                Bound(lower, value, True, low_unit if own else None),
                Bound(upper_sign, high, True),
            )
            return Quantity(i, at, cue, bounds, unit, "range", roman=roman, named=named)
    if (
        _kind(tokens, j) == "slash"
        and _kind(tokens, j + 1) == "number"
        and not roman
        and not token.unit.family
    ):
        other = tokens[j + 1]
        sign = comparator or _after(tokens, j + 2)[0]
        last = _after(tokens, j + 2)[1] if comparator is None else j + 1
        bound = Bound(sign or "=", value, sign is not None)
        return Quantity(
            i, max(last, j + 1), cue, (bound,), other.unit, "pair", second=other.numbers[0], named=named
        )
    if (
        comparator is None
        and _kind(tokens, j) == "compare"
        and tokens[j].value != "="
        and _kind(tokens, j + 1) == "variable"
        and len(tokens[j].value) <= 2
    ):
        sign = _FLIP[tokens[j].value]
        return Quantity(i, j, i, (Bound(sign, value, True),), unit, "flipped", flipped=j + 1, roman=roman)
    members = _set(tokens, i)
    if members is not None and comparator is None:
        last, low, high = members
        spread = (
            (Bound(">=", low, True), Bound("<=", high, True)) if low != high else (Bound("=", low, True),)
        )
        return Quantity(
            i,
            last,
            cue,
            spread,
            tokens[last].unit if tokens[last].kind == "number" else NONE,
            "set",
            roman=roman,
            named=named,
        )
    postfix, last = _after(tokens, j)
    if postfix is not None and comparator in (None, "="):
        return Quantity(
            i, last, cue, (Bound(postfix, value, True),), unit, "postfix", roman=roman, named=named
        )
    if lead == "within" and comparator is None:
        comparator = "<="
    form = "prefix" if comparator is not None else "bare"
    bound = Bound(comparator or "=", value, comparator is not None)
    return Quantity(i, i, cue, (bound,), unit, form, roman=roman, named=named)


def _negated(tokens: list[Token], cue: int) -> bool:
    """Return whether the comparator's verb is denied: "not drinking more than 2"."""
    if tokens[cue].end - tokens[cue].start <= 2:
        return False
    for k in range(cue - 1, max(-1, cue - 4), -1):
        if tokens[k].kind == "not":
            return tokens[k].end - tokens[k].start == 3 and k < cue - 1
        if tokens[k].kind not in ("word", "variable"):
            return False
    return False


def _is_name(tokens: list[Token], i: int, comparator: Comparator | None) -> bool:
    """Return whether the number only names a thing: "type 2", "grade 3"."""
    return comparator is None and i > 0 and tokens[i - 1].kind == "word" and tokens[i - 1].value in NAMING


def _range_end(
    tokens: list[Token], i: int, lead: str, comparator: Comparator | None
) -> tuple[int, Comparator | None] | None:
    j = i + 1
    if (
        lead == "between"
        and _kind(tokens, j) == "word"
        and tokens[j].value == "of"
        and _kind(tokens, j + 1) == "variable"
    ):
        j += 2  # "between 24 weeks of amenorrhoea and 36 weeks"
    if comparator is None and not lead and _is_pair_of_ages(tokens, i):
        return i + 2, None
    kind = _kind(tokens, j)
    if (
        kind == "range"
        or (lead == "between" and (kind == "link" or (kind == "word" and tokens[j].value == "an")))
        or (kind == "compare" and tokens[j].value == "<=" and lead)
    ):
        sign: Comparator | None = None
        k = j if kind == "compare" else j + 1
        while _kind(tokens, k) == "range" or (_kind(tokens, k) == "link" and lead == "between"):
            k += 1
        if _kind(tokens, k) == "compare":
            sign = tokens[k].value  # type: ignore[assignment]
            k += 1
        while _kind(tokens, k) == "word" and tokens[k].value in ("the", "age", "of", "a"):
            k += 1
        if _kind(tokens, k) == "variable" and tokens[k].value == "age" and lead:
            k += 1
        if _kind(tokens, k) in _NUMERIC and (sign is None or sign[0] == "<"):
            if comparator is not None and comparator[0] == "<":
                return None
            if tokens[i].kind != tokens[k].kind and tokens[i].numbers[0] > 6:
                return None
            return k, sign
    return None


def _is_pair_of_ages(tokens: list[Token], i: int) -> bool:
    """Return whether "18 and 65 years old" stands there."""
    if tokens[i].unit.family or _kind(tokens, i + 1) != "link" or _kind(tokens, i + 2) != "number" or i > 3:
        return False
    other = tokens[i + 2]
    return other.unit.family == "time" and other.unit.factor > 30 and tokens[i].numbers[0] < other.numbers[0]


def _set(tokens: list[Token], i: int) -> tuple[int, float, float] | None:
    """Return the end, lowest and highest of "0, 1 or 2" and "II and III"."""
    values = [tokens[i].numbers[0]]
    k, last = i, i
    if tokens[i].unit.family not in ("", "points"):
        return None
    while True:
        j = k + 1
        steps = 0
        while _kind(tokens, j) in ("link", "slash", "range") and steps < 3:
            j += 1
            steps += 1
        while (
            _kind(tokens, j) == "word"
            and tokens[j].value in ("class", "grade", "stage", "score", "functional")
            and steps
        ):
            j += 1
        if _kind(tokens, j) == "variable" and steps and _kind(tokens, j + 1) == "roman":
            j += 1
        if (
            not steps
            or _kind(tokens, j) not in _NUMERIC
            or tokens[j].numbers[0] <= values[-1]
            or tokens[j].numbers[0] > 10
        ):
            break
        if tokens[j].unit.family not in ("", "points") or tokens[j].kind != tokens[i].kind:
            break
        values.append(tokens[j].numbers[0])
        k = last = j
    if len(values) < 2:
        return None
    return last, values[0], values[-1]


def _after(tokens: list[Token], j: int) -> tuple[Comparator | None, int]:
    """Return the comparator behind a number, and the index of its last token."""
    k = j
    while k < j + 2 and _kind(tokens, k) in ("word", "subject", "mark", "close") and tokens[k].value in _TAIL:
        k += 1
    if _kind(tokens, k) == "postfix":
        return tokens[k].value, k  # type: ignore[return-value]
    if _kind(tokens, j) == "plus" and _kind(tokens, j + 1) not in _NUMERIC:
        return ">=", j
    # "a maximum of", "minimum" may follow the number: "18 years minimum"
    if (
        _kind(tokens, j) == "compare"
        and tokens[j].value in (">=", "<=")
        and _kind(tokens, j + 1) in ("stop", "close", "")
    ):
        return tokens[j].value, j  # type: ignore[return-value]
    return None, j - 1


_TAIL = frozenset(("of", "age", "old", "points", "point", "years", "on", "'", "inclusive", "aged", "score"))
