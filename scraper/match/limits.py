"""A value of the patient against the limits of one criterion: they hold, they fail, or it cannot be said.

Values are compared in units of the same kind only. Multiples of a laboratory's normal limit are comparable with
each other alone; mass and molar concentrations through the molar mass of the few substances that have one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scraper.criteria.variables import ORDINAL
from scraper.match.amounts import amount
from scraper.match.patient import Age, Lab, Patient

_YEAR = 365.25
_CLOSE = 1e-6
# g/mol, from the formula (PubChem). Only substances that are one molecule: haemoglobin, cholesterol esters,
# triglycerides and albumin are not, and "urea" is nitrogen in one country and the molecule in another.
_MOLAR_MASS = {
    "creatinine": 113.12,
    "glucose": 180.156,
    "fasting_glucose": 180.156,
    "bilirubin": 584.66,
    "bilirubin_direct": 584.66,
    "uric_acid": 168.11,
    "calcium": 40.078,
    "magnesium": 24.305,
    "testosterone": 288.42,
}
# "1.5 mg/dL (133 µmol/L)": authors round, so a converted value this near to a limit decides nothing.
_ROUNDED = 0.03


@dataclass(frozen=True)
class Limit:
    """One row of `criteria_constraints`."""

    variable: str
    comparator: str
    value: float
    unit: str
    conditional: bool
    condition_text: str
    start: int
    end: int
    evidence: str
    rule: str
    confidence: float


class Truth(NamedTuple):
    """`holds` None: it cannot be said, because of `why`."""

    holds: bool | None
    why: str = ""


def known(variable: str, patient: Patient) -> bool:
    """Was a value of the variable given?"""
    return patient.age is not None if variable == "age" else patient.lab(variable) is not None


def value_words(variable: str, patient: Patient) -> str:
    """The patient's value in words: "age 8 months", "ecog 1"."""
    if variable == "age" and patient.age:
        return f"age {patient.age.words}"
    lab = patient.lab(variable)
    return lab.words if lab else ""


def holds(limits: Sequence[Limit], patient: Patient) -> Truth:
    """Do all limits of one quantity hold: both ends of a range, or one of the numbers of a list?"""
    listed = [limit for limit in limits if limit.comparator == "="]
    if listed:
        return _listed(listed, patient)
    truths = [_one(limit, patient) for limit in limits]
    if any(truth.holds is False for truth in truths):
        return Truth(False)
    return next((truth for truth in truths if truth.holds is None), Truth(True))


def _one(limit: Limit, patient: Patient) -> Truth:
    if limit.variable == "age":
        return _age(limit, patient.age) if patient.age else Truth(None, "your age is not stated")
    lab = patient.lab(limit.variable)
    if lab is None:
        return Truth(None, f"your {limit.variable} is not stated")
    return _lab(limit, lab)


def _age(limit: Limit, age: Age) -> Truth:
    """An age has a width: "34" may be the day before 35, and "≤ 75 years" includes 75½."""
    stated = amount("age", limit.value, limit.unit)
    if stated is None or stated.kind != "time" or limit.value <= 0:
        return Truth(None, "the unit of the age limit is not certain")
    low = age.years * _YEAR
    high = max(age.before_years * _YEAR, low)
    exact = high - low < _CLOSE
    at = stated.value
    whole = limit.value.is_integer()
    after = at * (limit.value + 1) / limit.value if whole else at
    # From `sure_low` on it is old enough beyond doubt, below `sure_not` beyond doubt not; likewise for upper limits.
    if limit.comparator in (">=", ">"):
        sure_from = at if limit.comparator == ">=" else after
        if low >= sure_from - _CLOSE:
            return Truth(True)
        below = high <= at + _CLOSE if not exact else low < at - _CLOSE
        return Truth(False) if below else Truth(None, "the age typed is not exact enough for this limit")
    end = after if limit.comparator == "<=" else at
    if high <= end + _CLOSE and low < end - _CLOSE:
        return Truth(True)
    return (
        Truth(False)
        if low >= end - _CLOSE
        else Truth(None, "the age typed is not exact enough for this limit")
    )


def _lab(limit: Limit, lab: Lab) -> Truth:
    stated = amount(limit.variable, limit.value, limit.unit)
    if stated is None:
        return Truth(None, "the unit of the limit is not certain")
    at, value, slack = stated.value, lab.amount.value, 1e-9
    if stated.kind != lab.amount.kind:
        mass = _MOLAR_MASS.get(limit.variable)
        kinds = (lab.amount.kind, stated.kind)
        if mass and kinds == ("mass_conc", "molar"):
            value, slack = value / mass, _ROUNDED
        elif mass and kinds == ("molar", "mass_conc"):
            value, slack = value * mass, _ROUNDED
        else:
            return Truth(None, f"your value is not in the limit's unit ({limit.unit or 'none'})")
    if abs(value - at) <= slack * abs(at):
        if slack == _ROUNDED:
            return Truth(None, "converted between mass and moles, your value is too near to the limit")
        return Truth(limit.comparator in (">=", "<="))
    return Truth(value > at if limit.comparator in (">=", ">") else value < at)


def _listed(limits: Sequence[Limit], patient: Patient) -> Truth:
    """ "ECOG 0, 1 or 2": one of them, or beyond them all; a single number that is not the patient's says nothing."""
    lab = patient.lab(limits[0].variable)
    if lab is None or limits[0].variable not in ORDINAL:
        return Truth(None, "one number alone is not a limit")
    values = [limit.value for limit in limits]
    if lab.amount.value in values:
        return Truth(True)
    return Truth(False) if len(values) > 1 else Truth(None, "one number alone is not a limit")
