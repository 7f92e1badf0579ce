"""Which quantity can be a value of which variable: the classes of unit and the values that make sense."""

from scraper.criteria.quantities import Quantity
from scraper.criteria.units import Unit
from scraper.criteria.variables import BY_CODE, ORDINAL

_LABORATORY = {"uln", "lln"}
_CONCENTRATION = {"mass_conc", "molar", ""} | _LABORATORY
_ENZYME = {"activity", ""} | _LABORATORY
_CELLS = {"count", "", "lln", "uln", "volume"}
FAMILIES: dict[str, set[str]] = {
    "life_expectancy": {"time"},
    "gestational_age": {"time", ""},
    "birth_weight": {"mass"},
    "weight_change": {"mass", "pct"},
    "bmi": {"bmi", "", "mass"},
    "bsa": {"pct", "area"},
    "waist": {"length"},
    "weight": {"mass", ""},
    "height": {"length"},
    "age": {"time", ""},
    "sbp": {"mmhg", ""},
    "dbp": {"mmhg", ""},
    "bp": {"mmhg", ""},
    "heart_rate": {"rate", ""},
    "resp_rate": {"rate", ""},
    "temperature": {"celsius", "fahrenheit", ""},
    "spo2": {"pct", ""},
    "pao2": {"mmhg", "kpa", ""},
    "pf_ratio": {"mmhg", ""},
    "lvef": {"pct", ""},
    "qtc": {"ms", "", "time"},
    "fev1_fvc": {"pct", ""},
    "fev1": {"pct", "", "litre"},
    "fvc": {"pct", "litre", ""},
    "dlco": {"pct", ""},
    "ahi": {"", "points", "rate"},
    "iop": {"mmhg", "", "points", "length"},
    "hba1c": {"pct", "ratio_mol", "molar", ""},
    "hemoglobin": {"mass_conc", "molar", "", "uln", "lln", "pct"},
    "hematocrit": {"pct", "", "mass_conc"},
    "platelets": _CELLS,
    "anc": _CELLS,
    "alc": _CELLS,
    "aec": {*_CELLS, "pct"},
    "wbc": _CELLS,
    "cd4": _CELLS,
    "inr": {"", "uln"},
    "pt": {"time", "pct", "uln", ""},
    "aptt": {"time", "uln", ""},
    "blasts": {"pct", "count"},
    "creat_clearance": {"clear", "clear_bsa", "", "uln"},
    "egfr": {"clear", "clear_bsa", ""},
    "creatinine": _CONCENTRATION,
    "ast_alt": _ENZYME,
    "ast": _ENZYME,
    "alt": _ENZYME,
    "alp": _ENZYME,
    "ggt": _ENZYME,
    "bilirubin_direct": {*_CONCENTRATION, "pct"},
    "bilirubin": _CONCENTRATION,
    "albumin": _CONCENTRATION,
    "ldh": _ENZYME,
    "bun": _CONCENTRATION,
    "fasting_glucose": _CONCENTRATION,
    "glucose": _CONCENTRATION,
    "ldl": _CONCENTRATION,
    "hdl": _CONCENTRATION,
    "triglycerides": _CONCENTRATION,
    "cholesterol": _CONCENTRATION,
    "potassium": _CONCENTRATION,
    "sodium": _CONCENTRATION,
    "calcium": _CONCENTRATION,
    "magnesium": _CONCENTRATION,
    "phosphate": _CONCENTRATION,
    "uric_acid": _CONCENTRATION,
    "crp": _CONCENTRATION,
    "esr": {"", "length"},
    "ferritin": _CONCENTRATION,
    "psa": _CONCENTRATION,
    "testosterone": _CONCENTRATION,
    "tsh": {*_CONCENTRATION, "activity"},
    "amh": _CONCENTRATION,
    "fsh": {"activity", "uln", ""},
    "bnp": _CONCENTRATION,
    "lipase": _ENZYME,
    "amylase": _ENZYME,
    "ck": _ENZYME,
    "proteinuria": {"mass_conc", "ratio_mol", "ratio_mass", "habit", "mass", "plus", ""},
    "vitamin_d": _CONCENTRATION,
    "hiv_rna": {"count"},
    "hbv_dna": {"count", "activity", "mass_conc"},
    "tumor_size": {"length", "volume"},
    "cigarettes": {"habit", "percount"},
    "alcohol": {"habit", "mass"},
}
_SCALE = {"", "points", "length"}
_PERCENT_SCALES = frozenset(("karnofsky", "lansky"))
_HALVES = frozenset(("edss", "pain_score", "karnofsky", "lansky"))


def fits(code: str, quantity: Quantity) -> bool:
    """Return whether the quantity's unit and value can belong to the variable."""
    unit = quantity.unit
    value = quantity.bounds[-1].value
    if quantity.worded and unit.family not in ("time", "uln", "mass") and code not in ORDINAL:
        return False
    if code in ORDINAL:
        return _fits_scale(code, quantity, unit, value)
    if quantity.roman or unit.family not in FAMILIES.get(code, ()):
        return False
    if unit.family == "" and value > 0:
        return _plausible_bare(code, value)
    if code == "age":
        return value * unit.factor <= 47500
    if code == "gestational_age":
        return unit.factor in (7.0, 1.0) and value * unit.factor <= 320
    if code == "bmi" and unit.family == "mass":
        return unit.text.lower().startswith("kg") and 10 <= value <= 70
    if code == "weight" and unit.family == "mass":
        return 0.3 <= value * unit.factor <= 400
    if code in ("qtc", "aptt", "pt") and unit.family == "time":
        return (unit.factor < 1 / 86000 and value > (100 if code == "qtc" else 1)) or (
            unit.factor < 1 / 80000 and code != "qtc"
        )
    if code == "alcohol":
        return (unit.family == "habit" and not re_cigarette(unit)) or unit.text.lower().startswith("g")
    if code == "cigarettes":
        return unit.family == "habit" and re_cigarette(unit)
    return True


def re_cigarette(unit: Unit) -> bool:
    """Return whether the unit counts what is smoked."""
    return unit.text.lower().startswith(("cig", "pack"))


def _fits_scale(code: str, quantity: Quantity, unit: Unit, value: float) -> bool:
    variable = BY_CODE[code]
    if quantity.roman and code not in ("asa", "nyha", "ecog", "gleason", "child_pugh"):
        return False
    if unit.family == "pct" and code in _PERCENT_SCALES:
        return True
    if value != int(value) and code not in _HALVES:
        return False  # "ECOG 0,1" is a list, not a decimal
    if unit.family not in _SCALE or not variable.low <= value <= variable.high:
        return False
    return unit.family != "length" or (code == "pain_score" and unit.text.lower() in ("mm", "cm"))


# A number without a unit is read in the default unit when it is a usual value there; else it is another thing's.
_BARE = {
    "age": (0, 120),
    "gestational_age": (14, 45),
    "weight": (30, 250),
    "bmi": (10, 70),
    "sbp": (60, 260),
    "dbp": (30, 160),
    "bp": (30, 260),
    "heart_rate": (20, 250),
    "resp_rate": (4, 80),
    "temperature": (34, 42.5),
    "spo2": (40, 100),
    "pao2": (30, 600),
    "lvef": (5, 90),
    "qtc": (300, 700),
    "fev1_fvc": (0.1, 100),
    "fev1": (0.3, 120),
    "fvc": (0.3, 130),
    "dlco": (5, 130),
    "hba1c": (3.5, 20),
    "hemoglobin": (4, 220),
    "hematocrit": (0.1, 70),
    "inr": (0.5, 15),
    "cd4": (10, 2000),
    "egfr": (5, 200),
    "creat_clearance": (5, 200),
}


def _plausible_bare(code: str, value: float) -> bool:
    low, high = _BARE.get(code, (0.0, 1e12))
    return low <= value <= high
