"""A value in the one unit of its variable, where arithmetic alone gets there: never from mass to molar."""

from scraper.criteria.units import Unit
from scraper.criteria.variables import BY_CODE, ORDINAL

# class of unit → (name of its base unit, factor from the class's own base)
_BASE: dict[str, tuple[str, float]] = {
    "time": ("day", 1.0),
    "count": ("10^9/L", 1e-9),
    "mass_conc": ("g/L", 1.0),
    "molar": ("mol/L", 1.0),
    "activity": ("U/L", 1.0),
    "uln": ("xULN", 1.0),
    "lln": ("xLLN", 1.0),
    "clear": ("mL/min", 1.0),
    "clear_bsa": ("mL/min/1.73m2", 1.0),
    "bmi": ("kg/m2", 1.0),
    "pct": ("%", 1.0),
    "mmhg": ("mmHg", 1.0),
    "ms": ("ms", 1.0),
    "rate": ("/min", 1.0),
    "mass": ("kg", 1.0),
    "length": ("m", 1.0),
    "celsius": ("C", 1.0),
    "ratio_mol": ("mmol/mol", 1.0),
}
_DEFAULT_FAMILY = {
    "years": ("time", 365.25), "weeks": ("time", 7.0), "kg/m2": ("bmi", 1.0), "kg": ("mass", 1.0), "mmHg": ("mmhg", 1.0),
    "/min": ("rate", 1.0), "C": ("celsius", 1.0), "%": ("pct", 1.0), "ms": ("ms", 1.0), "mL/min": ("clear", 1.0),
    "mL/min/1.73m2": ("clear_bsa", 1.0),
}  # fmt: skip


def canonical(code: str, value: float, unit: Unit) -> tuple[float | None, str]:
    """Return the value and its unit in canonical form, (None, "") where the unit is not certain."""
    variable = BY_CODE[code]
    if code in ORDINAL:
        return value, ""
    if unit.family == "fahrenheit":
        return round((value - 32) * 5 / 9, 2), "C"
    family, factor = unit.family, unit.factor
    if not family:
        known = _DEFAULT_FAMILY.get(variable.default_unit)
        if known is None or code == "temperature" and value > 60:
            return (value, "") if code in ("inr", "ahi", "pf_ratio") else (None, "")
        family, factor = known
    base = _BASE.get(family)
    if base is None:
        return None, ""
    name, scale = base
    if code == "cd4" and family == "count":
        name, scale = "/uL", 1e-6
    if code == "hiv_rna" and family == "count":
        name, scale = "copies/mL", 1e-3
    return float(f"{value * factor * scale:.10g}"), name
