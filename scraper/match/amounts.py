"""Numbers with units made comparable: a value in the base unit of its kind, and that kind.

The words of units are those that the reader of criteria knows. A number without a unit counts only where nobody
writes the variable otherwise: years of age, mmHg, points of a scale.
"""

from functools import lru_cache
from typing import NamedTuple

from scraper.criteria.clean import fold
from scraper.criteria.units import read_unit
from scraper.criteria.variables import ORDINAL

_UNDERSTOOD = {
    "age": ("time", 365.25),
    "bmi": ("bmi", 1.0),
    "sbp": ("mmhg", 1.0),
    "dbp": ("mmhg", 1.0),
    "heart_rate": ("rate", 1.0),
    "resp_rate": ("rate", 1.0),
    "lvef": ("pct", 1.0),
    "spo2": ("pct", 1.0),
    "qtc": ("ms", 1.0),
    "inr": ("", 1.0),
    "ahi": ("", 1.0),
    "pf_ratio": ("", 1.0),
}


class Amount(NamedTuple):
    """`kind` is the class of the unit: time in days, mass_conc in g/L, molar in mol/L, uln in multiples, …"""

    value: float
    kind: str


def amount(variable: str, value: float, unit: str) -> Amount | None:
    """The comparable amount, None where the unit is not certain."""
    if variable in ORDINAL:
        return Amount(value, "")
    if not unit.strip():
        known = _UNDERSTOOD.get(variable)
        return Amount(value * known[1], known[0]) if known else None
    read = _read(unit.strip())
    if read is None:
        return None
    kind, factor = read
    if kind == "fahrenheit":
        return Amount((value - 32) * 5 / 9, "celsius")
    return Amount(value * factor, kind)


@lru_cache(maxsize=4096)
def _read(unit: str) -> tuple[str, float] | None:
    # A count of the reader begins behind a number: "x10^9/L" is a unit there, and nothing alone.
    text = f"1 {unit}"
    read = read_unit(fold(text), text, 1)
    if read is None or not read[0].family:
        return None
    return read[0].family, read[0].factor
