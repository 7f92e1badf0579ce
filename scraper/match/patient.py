"""The patient's side of the question: what is known about one person, read from parameters.

The page, the JSON and the command line pass through `from_params`, so a question can be saved as its address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scraper.criteria.constraints import constraints
from scraper.criteria.variables import BY_CODE
from scraper.errors import NormaliseError, SettingsError
from scraper.match.amounts import Amount, amount
from scraper.normalise.age import before_years, parse_age
from scraper.normalise.place import places
from scraper.search import question as asking
from scraper.search.filters import Near

ANSWERS = ("pregnant", "nursing", "hiv", "hbv", "hcv", "healthy")
SCALES = {"ecog": (0, 5), "karnofsky": (0, 100)}
PARAMETERS = ("age", "sex", "condition", *SCALES, *ANSWERS, "lab", "near", "km", "recruiting", "limit")

_SEXES = {"female": "FEMALE", "f": "FEMALE", "woman": "FEMALE", "male": "MALE", "m": "MALE", "man": "MALE"}
_YES = {"yes": True, "y": True, "1": True, "true": True, "no": False, "n": False, "0": False, "false": False}
_EXPECTED_LAB = 'a variable, "=", a number and its unit, such as creatinine=1.1 mg/dL or alt=2 xULN'


@dataclass(frozen=True)
class Age:
    """A person's age: at least `years`, less than `before_years`; `words` as typed, with their unit.

    "34" is 34 to below 35; an age typed with a fraction is exact, and then both are the same.
    """

    years: float
    before_years: float
    words: str


@dataclass(frozen=True)
class Lab:
    """One measured value: `words` for people, `amount` to compare limits with."""

    variable: str
    words: str
    amount: Amount


@dataclass(frozen=True)
class Patient:
    """What is known about a person, and which trials are asked about. None is "not said", which is never "no"."""

    age: Age | None = None
    sex: str | None = None
    condition: str = ""
    pregnant: bool | None = None
    nursing: bool | None = None
    hiv: bool | None = None
    hbv: bool | None = None
    hcv: bool | None = None
    healthy: bool | None = None
    labs: tuple[Lab, ...] = ()
    near: Near | None = None
    recruiting: bool = False
    limit: int = asking.DEFAULT_LIMIT
    params: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def lab(self, variable: str) -> Lab | None:
        """The value of a variable, None when it was not given."""
        for lab in self.labs:
            if lab.variable == variable:
                return lab
        return None


def from_params(params: Mapping[str, str | Sequence[str]]) -> Patient:
    """The patient that parameters describe; those that are not ours are passed over, empty ones mean nothing.

    `lab` may be given again. Raises SettingsError naming what was found and what was expected.
    """
    given = {name: asking.listed(name, value) for name, value in params.items() if name in PARAMETERS}
    last = {name: values[-1] for name, values in given.items() if values}
    # The search's own reading of what both questions share.
    asked = asking.from_params(
        {k: last[k] for k in ("condition", "near", "km", "recruiting", "limit") if k in last}
    )
    sex = _sex(last["sex"]) if "sex" in last else None
    answers = {name: _answer(name, last[name]) for name in ANSWERS if name in last}
    if sex == "MALE":
        for name in ("pregnant", "nursing"):
            if answers.get(name):
                raise _unexpected(name, last[name], "no, or sex female")
            answers[name] = False
    labs = [_scale(name, last[name]) for name in SCALES if name in last]
    labs += [one for typed in given.get("lab", []) for one in _labs(typed)]
    names = [lab.variable for lab in labs]
    for name in names:
        if names.count(name) > 1:
            raise _unexpected("lab", " and ".join(given.get("lab", [])), f"one value for {name}")
    patient = Patient(
        age=_age(last["age"]) if "age" in last else None,
        sex=sex,
        condition=asked.filters.condition,
        labs=tuple(labs),
        near=asked.filters.near,
        recruiting=asked.filters.recruiting,
        limit=asked.limit,
        params=tuple((name, one) for name in PARAMETERS for one in given.get(name, [])),
        **answers,
    )
    if patient.age is None and sex is None and not patient.condition:
        raise SettingsError("found neither age, sex nor condition; expected at least one, such as --age 34")
    return patient


def said(patient: Patient) -> dict[str, str]:
    """The question as it was understood, in words: to be shown above the answer."""
    found = {name: value for name, value in patient.params if name != "lab"}
    if patient.age:
        found["age"] = patient.age.words
    if patient.sex:
        found["sex"] = patient.sex
    if patient.near and patient.near.place:
        found["near"] = places(patient.near.place)[0].label
    measured = "; ".join(lab.words for lab in patient.labs if lab.variable not in SCALES)
    return {**found, "lab": measured} if measured else found


def _unexpected(name: str, found: str, expected: str) -> SettingsError:
    return SettingsError(f"{name}: found {found!r}; expected {expected}")


def _age(typed: str) -> Age:
    try:
        value = parse_age(typed)
        words = f"{typed} years" if typed.replace(".", "").isdigit() else " ".join(typed.split())
        before = before_years(words)
    except NormaliseError as error:
        raise _unexpected("age", typed, error.expected) from error
    return Age(value, max(before or value, value), words)


def _sex(typed: str) -> str:
    try:
        return _SEXES[typed.casefold()]
    except KeyError:
        raise _unexpected("sex", typed, "female or male") from None


def _answer(name: str, typed: str) -> bool:
    try:
        return _YES[typed.casefold()]
    except KeyError:
        raise _unexpected(name, typed, "yes or no") from None


def _scale(name: str, typed: str) -> Lab:
    low, high = SCALES[name]
    number = typed.rstrip(" %")
    if not (number.isascii() and number.isdigit() and len(number) < 4 and low <= int(number) <= high):
        raise _unexpected(name, typed, f"a whole number from {low} to {high}")
    return Lab(name, f"{name} {number}", Amount(float(number), ""))


def _labs(typed: str) -> list[Lab]:
    """The values typed: read by the reader of criteria, so that both speak of the same variables and units."""
    name, sign, rest = (part.strip() for part in typed.partition("="))
    if not sign or not name or not rest or len(typed) > 200:
        raise _unexpected("lab", typed, _EXPECTED_LAB)
    code = name.casefold()
    found = constraints(f"{name} = {rest}") or (
        constraints(f"{BY_CODE[code].label} = {rest}") if code in BY_CODE else ()
    )
    if not found or any(one.comparator != "=" or not one.evidence.endswith(rest) for one in found):
        raise _unexpected("lab", typed, _EXPECTED_LAB)
    labs = []
    for one in found:
        if one.variable in ("age", "time_window"):
            raise _unexpected("lab", typed, _EXPECTED_LAB)
        value = amount(one.variable, one.value, one.unit)
        if value is None:
            unit = BY_CODE[one.variable].default_unit
            wanted = f"the value of {one.variable} with its unit" + (f", such as {unit}" if unit else "")
            raise _unexpected("lab", typed, wanted)
        labs.append(Lab(one.variable, f"{one.variable} {rest}", value))
    return labs
