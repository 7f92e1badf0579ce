"""Quantities → limits: each number of a criterion is given to the variable it limits, or to none.

The walk goes from the number to the words: back to the nearest variable that the unit allows, over other quantities
of the same list, out of brackets, never over a full stop. One limit may be shared ("AST and ALT ≤ 3 × ULN").
"""

import re
from typing import NamedTuple

from scraper.criteria import windows
from scraper.criteria.canonical import canonical
from scraper.criteria.clean import fold
from scraper.criteria.conditions import condition
from scraper.criteria.confidence import confidence
from scraper.criteria.fits import FAMILIES, fits
from scraper.criteria.lexicon import Token, tokens
from scraper.criteria.quantities import Bound, Quantity, quantities
from scraper.criteria.units import NONE, Unit
from scraper.criteria.variables import ORDINAL
from scraper.model import Comparator, Constraint


class _Link(NamedTuple):
    """The variables that a quantity limits and how they were found."""

    codes: tuple[str, ...]
    rule: str
    at: int


def constraints(text: str, context: str = "") -> tuple[Constraint, ...]:
    """Return the limits of one criterion in the order of the text.

    `context` is the label or lead-in it stands under ("Life expectancy:"); it serves where the criterion itself names
    no variable.
    """
    if not windows.may_hold_numbers(text):
        return ()
    folded = fold(text)
    found = tokens(folded, text)
    read = quantities(found)
    if not read:
        return ()
    return tuple(_Reader(text, folded, found, read, context).read())


class _Reader:
    def __init__(
        self, text: str, folded: str, found: list[Token], read: list[Quantity], context: str
    ) -> None:
        self.text, self.folded, self.tokens, self.quantities, self.context = (
            text,
            folded,
            found,
            read,
            context,
        )
        self.starts = {quantity.first: number for number, quantity in enumerate(read)}
        self.taken: dict[int, int] = {}
        for number, quantity in enumerate(read):
            for token in range(min(quantity.cue, quantity.first), quantity.last + 1):
                self.taken[token] = number
        self.links: list[_Link | None] = []

    def read(self) -> list[Constraint]:
        limits: list[Constraint] = []
        for number, quantity in enumerate(self.quantities):
            self.links.append(self._link(number, quantity))
        for number, quantity in enumerate(self.quantities):
            link = self.links[number] or self._handed_back(number, quantity)
            if link is None:
                continue
            quantity = self._completed(number, quantity, link)
            limits += self._limits(number, quantity, link)
        limits.sort(key=lambda limit: limit.start)
        return _without_echoes(limits)

    # ── which variable ──────────────────────────────────────────────────────────────────────────────────

    def _link(self, number: int, quantity: Quantity) -> _Link | None:
        if quantity.flipped is not None:
            code = self.tokens[quantity.flipped].value
            return _Link((code,), "flipped", quantity.flipped) if fits(code, quantity) else None
        restated = self._restated(number, quantity)
        if restated is not None:
            return restated
        if quantity.unit.family == "time":
            return self._time(number, quantity)
        back = self._back(number, quantity)
        ahead = self._ahead(quantity)
        if ahead is not None and (
            back is None or (ahead.rule == "ahead_close" and back.at < quantity.cue - 3)
        ):
            return ahead
        if back is not None and not (quantity.named and back.codes[0] not in ORDINAL):
            return back
        return ahead or self._by_unit(quantity) or self._bare_age(quantity) or self._by_context(quantity)

    def _bare_age(self, quantity: Quantity) -> _Link | None:
        """A number without unit that can only be an age: "older than 18", "60 or older", "patients < 18"."""
        if (
            quantity.unit.family
            or quantity.roman
            or quantity.worded
            or not 0 < quantity.bounds[-1].value <= 110
        ):
            return None
        tokens = self.tokens
        first = min(quantity.cue, quantity.first)
        lead = self.folded[max(0, tokens[first].start - 50) : tokens[first].start]
        words = self.folded[tokens[first].start : tokens[quantity.last].end]
        following = tokens[quantity.last + 1].kind if quantity.last + 1 < len(tokens) else ""
        if re.search(r"\b(?:older|younger)\b", words) and not re.search(
            r"\b(?:diagnos\w*|biops\w*|onset|mothers?|donors?)\b", lead
        ):
            return _Link(("age",), "age", first)
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
            if before is not None and before.kind == "subject" and quantity.bounds[-1].value >= 2:
                return _Link(("age",), "age", first)
        return None

    def _handed_back(self, number: int, quantity: Quantity) -> _Link | None:
        """The variable of the next number, for the first of two: "over 18 and under 75 years of age"."""
        if number + 1 >= len(self.quantities) or quantity.unit.family or quantity.form != "prefix":
            return None
        link, following = self.links[number + 1], self.quantities[number + 1]
        between = self.tokens[quantity.last + 1 : min(following.cue, following.first)]
        if link is None or link.codes != ("age",) or not following.bounds[0].explicit:
            return None
        if (
            any(token.kind not in ("link", "mark", "range") for token in between)
            or len(between) > 3
            or not fits("age", quantity)
        ):
            return None
        return link

    def _restated(self, number: int, quantity: Quantity) -> _Link | None:
        """ "(110 lb)" right behind "50 kg": the same limit in another unit."""
        if not number or quantity.form not in ("bare", "range", "pair") or quantity.cue != quantity.first:
            return None
        previous, link = self.quantities[number - 1], self.links[number - 1]
        if link is None or not quantity.unit.family or quantity.unit.family == previous.unit.family == "time":
            return None
        between = self.tokens[previous.last + 1 : quantity.first]
        kinds = [token.kind for token in between]
        opened = kinds in (["open"], ["open", "open"], ["slash"]) or kinds == ["open", "link"]
        if not opened or len(quantity.bounds) > len(previous.bounds) + 1:
            return None
        if not all(fits(code, quantity) for code in link.codes) or quantity.unit.text == previous.unit.text:
            return None
        return _Link(link.codes, "restated", link.at)

    def _back(self, number: int, quantity: Quantity) -> _Link | None:
        """The nearest variable before the number."""
        tokens = self.tokens
        steps, skipped, passed = 0, 0, 0
        k = quantity.first - 1
        depth = 0
        if self._is_others(number, quantity):
            return None
        while k >= 0 and steps <= 9:
            token = tokens[k]
            if self.taken.get(k) == number and token.kind != "variable":
                k -= 1
                continue
            if k in self.taken and self.taken[k] != number:
                other = self.taken[k]
                passed += 1
                if passed > 3:
                    return None
                k = min(self.quantities[other].cue, self.quantities[other].first) - 1
                if not depth and self.links[other] is None and self.quantities[other].form == "bare":
                    steps += 2
                continue
            kind = token.kind
            if kind == "variable":
                if (
                    number
                    and (before := self.links[number - 1]) is not None
                    and before.at == k
                    and before.rule == "ahead_close"
                ):
                    return None  # "≥ 140 mmHg SBP and ≥ 90 mmHg DBP": it belongs to the number before it
                if fits(token.value, quantity) and not self._is_change(k):
                    if token.value in _WEAK and steps > 3:
                        return None
                    if (
                        quantity.form == "bare"
                        and not quantity.bounds[0].explicit
                        and quantity.unit.family != "time"
                    ):
                        if steps > 1 or passed:
                            return self._listed(k, number, quantity, passed)
                    if (
                        not quantity.unit.family
                        and token.value == "age"
                        and passed
                        and not self._joined(number)
                    ):
                        return None
                    return self._shared(k, quantity, "back_far" if passed or steps > 4 else "back")
                if not depth:
                    skipped += 1
                    steps += 2
                if skipped > 2 or quantity.unit.family == "" or quantity.unit.family == "time":
                    if not _same_thing(token.value, quantity):
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

    def _is_others(self, number: int, quantity: Quantity) -> bool:
        """Return whether a word unknown to the vocabulary stands between the last number and this comparator.

        "MMSE < 26 and/or CDR ≥ 1": the second number is the CDR's.
        """
        if not number or not quantity.bounds[0].explicit or quantity.unit.family == "uln":
            return False
        k = min(quantity.cue, quantity.first) - 1
        while k >= 0 and (self.tokens[k].kind in ("mark", "colon") or self.tokens[k].value in _FILLERS):
            k -= 1
        if k < 0 or self.tokens[k].kind != "word" or not self.tokens[k].value.isalpha():
            return False
        while k >= 0 and self.tokens[k].kind in ("word", "link", "slash", "mark", "open"):
            k -= 1
        return k >= 0 and k in self.taken and self.taken[k] != number

    def _is_change(self, k: int) -> bool:
        """Return whether it is the change of the variable that is limited: "drop in haemoglobin of 2 g/dL"."""
        start = self.tokens[k].start
        return _CHANGE.search(self.folded[max(0, start - 24) : start]) is not None

    def _joined(self, number: int) -> bool:
        """Return whether only "and", "or" and signs stand between a number and the one before it."""
        if not number:
            return False
        quantity, previous = self.quantities[number], self.quantities[number - 1]
        between = self.tokens[previous.last + 1 : min(quantity.cue, quantity.first)]
        return len(between) <= 3 and all(
            token.kind in ("link", "mark", "compare", "slash") for token in between
        )

    def _listed(self, k: int, number: int, quantity: Quantity, passed: int) -> _Link | None:
        """A bare number behind another one of its list: "≤ 14 drinks a week (men) or 7 drinks a week (women)"."""
        if not passed or not number or self.links[number - 1] is None:
            return None
        previous = self.quantities[number - 1]
        if (
            previous.unit.family != quantity.unit.family
            or not quantity.unit.family
            or not previous.bounds[0].explicit
        ):
            return None
        return self._shared(k, quantity, "listed")

    def _shared(self, k: int, quantity: Quantity, rule: str) -> _Link:
        """The variable at `k` with those listed before it: "AST and ALT", "creatinine, ALP, AST (SGOT)"."""
        tokens = self.tokens
        codes = [tokens[k].value]
        i, linked, opened = k - 1, False, 0
        if k + 1 < len(tokens) and tokens[k + 1].kind == "close" and k and tokens[k - 1].kind == "open":
            opened = 1  # the variable itself stands in brackets: "aminotransferase (ALT)"
        while i >= 0 and k - i < 60:
            token = tokens[i]
            if token.kind == "variable":
                if not fits(token.value, quantity) or i in self.taken:
                    break
                if token.value not in codes:
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
        if {"fasting_glucose", "glucose"} <= set(ordered) or {"creat_clearance", "creatinine"} <= set(
            ordered
        ):
            ordered = (codes[0],)
        if len(ordered) > 1 and not (quantity.unit.family in _SHARING or set(ordered) <= _TOGETHER):
            ordered = (codes[0],)
        return _Link(ordered, rule if len(ordered) == 1 else "shared", k)

    def _ahead(self, quantity: Quantity) -> _Link | None:
        """A variable behind the number: "5% blasts", "2 kg of birth weight", "II-III of the NYHA"."""
        tokens = self.tokens
        k, steps = quantity.last + 1, 0
        while k < len(tokens) and steps <= 5:
            token = tokens[k]
            if token.kind == "variable":
                if token.value in _AHEAD and fits(token.value, quantity) and not self._owned(k):
                    if token.value in ORDINAL and not (
                        quantity.roman or quantity.named or token.value == "pain_score"
                    ):
                        return None
                    if token.value == "pain_score" and not quantity.bounds[0].explicit:
                        return None
                    close = steps <= 1 and not (
                        k + 1 < len(tokens) and tokens[k + 1].kind in ("compare", "number")
                    )
                    return _Link(
                        (token.value,), "ahead_close" if close and not quantity.roman else "ahead", k
                    )
                return None
            if token.kind in ("stop", "number", "compare", "link", "last", "when", "open") and not (
                token.kind == "open" and (quantity.roman or quantity.named)
            ):
                return None
            if token.kind not in ("mark", "close", "slash"):
                steps += 1
            k += 1
        return None

    def _owned(self, k: int) -> bool:
        """Return whether the variable at `k` has a number of its own right behind it."""
        following = self.tokens[k + 1 : k + 3]
        return any(token.kind in ("compare", "number", "between") for token in following[:1])

    def _by_unit(self, quantity: Quantity) -> _Link | None:
        """Units that only one variable has: a pair in mmHg, "kg/m2" beside obesity, cigarettes and drinks a day."""
        family = quantity.unit.family
        if quantity.roman and quantity.first and self.tokens[quantity.first - 1].value == "class":
            following = self.folded[self.tokens[quantity.last].end :][:40]
            if re.match(
                r" (?:congestive |chronic |systolic )*(?:heart|cardiac) (?:failure|disease)|[ ,]*nyha",
                following,
            ):
                return _Link(("nyha",), "unit", quantity.first)
        if quantity.second is not None:
            if (
                fits("bp", quantity)
                and 15 <= quantity.second < quantity.bounds[0].value
                and quantity.bounds[0].value >= 60
            ):
                if family == "mmhg" or "hypertensi" in self.folded or "hypotensi" in self.folded:
                    return _Link(("bp",), "unit", quantity.first)
            return None
        if family == "bmi" and ("obes" in self.folded or "overweight" in self.folded):
            return _Link(("bmi",), "unit", quantity.first)
        if family == "habit":
            for code in ("cigarettes", "alcohol"):
                if fits(code, quantity) and (
                    code != "alcohol" or "drink" in quantity.unit.text.lower() or "alcohol" in self.folded
                ):
                    return _Link((code,), "unit", quantity.first)
        return None

    def _by_context(self, quantity: Quantity) -> _Link | None:
        """The label over the criterion: "Age:" over "18 and over", "Performance status:" over "0-2"."""
        if not self.context or len(self.context) > 160:
            return None
        folded = fold(self.context)
        codes = {token.value for token in tokens(folded, self.context) if token.kind == "variable"}
        if "ecog" in codes and quantity.unit.family == "" and "karnofsky" in {t.value for t in self.tokens}:
            return None
        fitting = [code for code in codes if fits(code, quantity)]
        if len(fitting) != 1 or any(token.kind == "variable" for token in self.tokens[: quantity.first]):
            return None
        if quantity.first > 4 or (quantity.form == "bare" and fitting[0] not in ORDINAL):
            return None
        return _Link((fitting[0],), "context", quantity.first)

    # ── times: age, weeks of gestation, life expectancy, windows ────────────────────────────────────────

    def _time(self, number: int, quantity: Quantity) -> _Link | None:
        back = self._back(number, quantity)
        if (
            back is not None
            and back.codes[0] in ("life_expectancy", "gestational_age")
            and back.rule == "back"
        ):
            return back
        window = windows.role(self.tokens, quantity, self.folded, self.text)
        if (
            window is None
            and back is None
            and quantity.first <= 3
            and (labelled := self._by_context(quantity)) is not None
        ):
            return labelled
        ahead = self._ahead(quantity)
        if ahead is not None and ahead.codes[0] in ("gestational_age", "life_expectancy", "age"):
            return ahead
        after_age = (
            back is not None and back.codes == ("age",) and (back.rule == "back" or self._joined(number))
        )
        if windows.is_age(self.tokens, quantity, self.folded, self.text, after_age):
            return _Link(("age",), "age", quantity.first)
        if (
            window is None
            and quantity.unit.factor == 7.0
            and 5 <= quantity.bounds[-1].value <= 45
            and quantity.bounds[0].explicit
        ):
            if _PREGNANT.search(self.folded[: self.tokens[quantity.first].start]):
                return _Link(("gestational_age",), "unit", quantity.first)
        if window is not None:
            return _Link(("time_window",), window, quantity.first)
        if back is not None and back.codes[0] != "age":
            return back
        return self._by_context(quantity)

    # ── the limits themselves ───────────────────────────────────────────────────────────────────────────

    def _completed(self, number: int, quantity: Quantity, link: _Link) -> Quantity:
        """Fill in what the text leaves to its neighbour: the unit of "≥ 18 and ≤ 65 years", the sign of "(110 lb)"."""
        if not quantity.unit.family and number + 1 < len(self.quantities):
            following = self.quantities[number + 1]
            between = self.tokens[
                quantity.last + 1 : following.cue if following.cue < following.first else following.first
            ]
            if (
                following.unit.family
                and len(between) <= 6
                and all(t.kind not in ("stop", "variable") for t in between)
            ):
                shares = all(fits(code, quantity._replace(unit=following.unit)) for code in link.codes)
                if shares and link.codes[0] not in ORDINAL and following.unit.family not in ("points",):
                    same = link.codes[0] != "age" or following.unit.factor >= 30
                    quantity = quantity._replace(unit=following.unit) if same else quantity
        if link.rule in ("restated", "listed"):
            previous = self.quantities[number - 1]
            if len(quantity.bounds) == 1 and len(previous.bounds) == 1 and not quantity.bounds[0].explicit:
                sign = previous.bounds[0].comparator
                quantity = quantity._replace(bounds=(Bound(sign, quantity.bounds[0].value, True),))
        return quantity

    def _limits(self, number: int, quantity: Quantity, link: _Link) -> list[Constraint]:
        start = self.tokens[min(quantity.cue, quantity.first)].start
        end = self.tokens[quantity.last].end
        quote = condition(self.tokens, quantity, self.quantities, number, self.text)
        limits: list[Constraint] = []
        for code in link.codes:
            for name, bound, unit in self._values(code, quantity, link):
                value, canonical_unit = canonical(name, bound.value, unit)
                limits.append(
                    Constraint(
                        variable=name,
                        comparator=bound.comparator,
                        value=bound.value,
                        unit=unit.text,
                        canonical_value=value,
                        canonical_unit=canonical_unit,
                        conditional=bool(quote),
                        condition_text=quote,
                        evidence=self.text[start:end],
                        start=start,
                        end=end,
                        rule=f"{link.rule}:{quantity.form}",
                        confidence=confidence(name, link.rule, quantity.form, value),
                    )
                )
        return limits

    def _values(self, code: str, quantity: Quantity, link: _Link) -> list[tuple[str, Bound, Unit]]:
        unit = quantity.unit
        if code == "time_window":
            return [(code, windows.bound(bound, link.rule), unit) for bound in quantity.bounds]
        if quantity.second is not None and code in ("bp", "sbp", "dbp"):
            if code == "dbp" and len(link.codes) > 1:
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
            before = self.folded[max(0, self.tokens[quantity.first].start - 14) : self.tokens[quantity.first].start]
            if sign_before := re.search(r"\b(before|prior to|by|after|from)(?: age| the age of)? $", before):
                if sign_before[1] == "by" or code == "age":
                    return []
                side: Comparator = "<" if sign_before[1] in ("before", "prior to") else ">"
                return [(code, Bound(side, quantity.bounds[0].value, False), unit)]
        if code == "age" and quantity.form == "bare" and not quantity.bounds[0].explicit:
            near = link.rule == "age" or (link.rule == "back" and quantity.first - link.at <= 3)
            if link.at and self.tokens[link.at - 1].kind == "ago":
                near = False  # "not speaking English before age 5"
            return [(code, quantity.bounds[0], unit)] if near and unit.family == "time" else []
        if unit.family == "uln" and quantity.form == "bare" and not quantity.bounds[0].explicit:
            words = self.folded[
                max(0, self.tokens[quantity.first].start - 20) : self.tokens[quantity.last].end + 12
            ]
            sign: Comparator = (
                ">"
                if re.search(r"\b(?:higher|above|over|greater|more|increas\w+|elevat\w+)\b", words)
                else "="
            )
            return [(code, Bound(sign, quantity.bounds[0].value, False), unit)]
        if quantity.form == "bare" and not quantity.bounds[0].explicit and code not in _EQUAL:
            if link.rule not in ("ahead_close", "unit") or code not in FAMILIES:
                return [] if code not in _EQUAL_TOO else [(code, quantity.bounds[0], unit)]
        return [(code, bound, unit) for bound in quantity.bounds]


_SCALE_WORDS = frozenset(
    "class functional grade score scores of status physical classification stage functionality level the is".split()
)
_FILLERS = frozenset(
    "of is be are the a an at to for in as than was were has have level levels value values count".split()
)
_WEAK = frozenset(
    ("tumor_size", "alcohol", "cigarettes", "weight", "bp", "blasts", "pt", "calcium", "ast_alt")
)
_AHEAD = frozenset(
    ("gestational_age", "blasts", "birth_weight", "weight", "bsa", "life_expectancy", "asa", "nyha", "ecog", "weight_change", "platelets",
     "wbc", "anc", "alc", "cigarettes", "alcohol", "age", "sbp", "dbp", "lvef", "fev1", "bmi", "creatinine", "bilirubin", "ast", "alt", "ast_alt", "hba1c", "aec", "pain_score")
)  # fmt: skip
_ADJECTIVES = frozenset(
    "serum total blood plasma level levels liver either both concentration concentrations value values of the enzyme enzymes "
    "hepatic count counts elevated and or also test tests renal absolute".split()
)
_SHARING = frozenset(
    ("uln", "lln", "activity", "pct", "count", "clear_bsa", "clear", "mmhg", "mass_conc", "molar", "")
)
_TOGETHER = frozenset(
    ("ast", "alt", "alp", "ast_alt", "bilirubin", "ggt", "creatinine", "ldh", "lipase", "amylase")
)
_CHANGE = re.compile(
    r"\b(?:change|changes|increase|decrease|drop|fall|rise|reduction|decline|difference|variation)s? (?:in|of)(?: \w+)? $"
)
_PREGNANT = re.compile(
    r"\b(?:pregnan\w+|gestat\w+|preterm|full[ -]?term|f(?:o)?etal|trimester|deliver(?:y|ing))\b[^.;]{0,40}$"
)
# Variables whose bare number is a limit as it stands: "ECOG 1", "PSA 20 ng/ml", "age of 6 months".
_EQUAL = frozenset(ORDINAL | {"age"})
_EQUAL_TOO = frozenset(("psa", "bmi", "creatinine", "inr", "gestational_age", "lvef", "hba1c"))


def _same_thing(code: str, quantity: Quantity) -> bool:
    """Return whether the walk may go on over a variable that the unit does not allow."""
    return code in ("tumor_size", "alcohol", "ast_alt") or quantity.unit.family not in ("", "time")


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
