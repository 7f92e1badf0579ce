"""A value in the one unit of its variable, where arithmetic alone gets there: never from mass to molar, never from × ULN."""

from scraper.criteria.units import Unit
from scraper.criteria.variables import BY_CODE, ORDINAL

# a unit of `variables.csv` → (its class, factor to the base of the class as in `units`)
_UNITS: dict[str, tuple[str, float]] = {
    "day": ("time", 1.0),
    "weeks": ("time", 7.0),
    "years": ("time", 365.25),
    "kg": ("mass", 1.0),
    "m": ("length", 1.0),
    "cm": ("length", 0.01),
    "mm": ("length", 0.001),
    "kg/m2": ("bmi", 1.0),
    "mmHg": ("mmhg", 1.0),
    "/min": ("rate", 1.0),
    "C": ("celsius", 1.0),
    "%": ("pct", 1.0),
    "ms": ("ms", 1.0),
    "mL/min": ("clear", 1.0),
    "mL/min/1.73m2": ("clear_bsa", 1.0),
    "10^9/L": ("count", 1e9),
    "/uL": ("count", 1e6),
    "copies/mL": ("count", 1e3),
    "g/L": ("mass_conc", 1.0),
    "g/dL": ("mass_conc", 10.0),
    "mg/dL": ("mass_conc", 1e-2),
    "mg/L": ("mass_conc", 1e-3),
    "ng/mL": ("mass_conc", 1e-6),
    "pg/mL": ("mass_conc", 1e-9),
    "ng/dL": ("mass_conc", 1e-8),
    "mmol/L": ("molar", 1e-3),
    "U/L": ("activity", 1.0),
    "IU/mL": ("activity", 1e3),
    "xULN": ("uln", 1.0),
}
_PURE = frozenset(("inr", "ahi", "pf_ratio"))


def canonical(code: str, value: float, unit: Unit) -> tuple[float | None, str]:
    """Return the value in the variable's canonical unit, and that unit; (None, "") where the unit is another kind.

    A number without a unit is in the variable's default unit, if it is a plausible value there.
    """
    variable = BY_CODE[code]
    if code in ORDINAL or (code in _PURE and not unit.family):
        return value, ""
    if code == "time_window":
        return float(f"{value * unit.factor:.10g}"), "day"
    if unit.family == "fahrenheit":
        return round((value - 32) * 5 / 9, 2), "C"
    target = _UNITS.get(variable.canonical_unit)
    if target is None:
        return None, ""
    family, factor = unit.family, unit.factor
    if not family:
        # "AST < 40" without a unit may be U/L as well as times the upper limit of normal.
        if variable.default_unit not in _UNITS or variable.default_unit == "xULN":
            return None, ""
        family, factor = _UNITS[variable.default_unit]
    if family == "pct" and variable.canonical_unit != "%":
        return None, ""
    if family != target[0]:
        return None, ""
    converted = float(f"{value * factor / target[1]:.10g}")
    if not unit.family and not variable.low <= converted <= variable.high:
        return None, ""
    return converted, variable.canonical_unit
