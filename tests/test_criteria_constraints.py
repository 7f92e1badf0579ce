"""Limits: comparators on either side and in words, units, lists, ranges, scales, ages and windows."""

import pytest

from scraper.criteria import VARIABLES, read, unread
from scraper.criteria.canonical import canonical
from scraper.criteria.clean import fold
from scraper.criteria.constraints import constraints
from scraper.criteria.lexicon import tokens
from scraper.criteria.quantities import quantities
from scraper.criteria.units import NONE, Unit, read_unit


def limits(text: str, context: str = "") -> set[str]:
    return {f"{c.variable} {c.comparator} {c.value:g} {c.unit}".strip() for c in constraints(text, context)}


@pytest.mark.parametrize(
    ("words", "comparator"),
    [
        (">", ">"), ("≥", ">="), (">=", ">="), ("=>", ">="), (">/=", ">="), ("> or =", ">="), ("> or = to", ">="),
        ("<", "<"), ("≤", "<="), ("<=", "<="), ("=<", "<="), ("</=", "<="), ("＜", "<"), ("⩽", "<="),
        ("greater than", ">"), ("more than", ">"), ("over", ">"), ("above", ">"), ("exceeding", ">"), ("higher than", ">"),
        ("greater than or equal to", ">="), ("equal to or greater than", ">="), ("at least", ">="), ("no less than", ">="),
        ("not less than", ">="), ("a minimum of", ">="), ("greater than or equal to (>=)", ">="),
        ("less than", "<"), ("below", "<"), ("under", "<"), ("lower than", "<"), ("less than or equal to", "<="),
        ("at most", "<="), ("no more than", "<="), ("not more than", "<="), ("up to", "<="), ("not exceeding", "<="),
        ("a maximum of", "<="), ("greater than (>)", ">"),
    ],
)  # fmt: skip
def test_comparators_before_the_number(words: str, comparator: str) -> None:
    assert limits(f"Platelet count {words} 75 x 10^9/L") == {f"platelets {comparator} 75 x 10^9/L"}


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("18 years of age or older", "age >= 18 years"),
        ("Aged 55 and older", "age >= 55"),
        ("60 or older", "age >= 60"),
        ("65 years and under", "age <= 65 years"),
        ("Age 16+", "age >= 16"),
        ("A minimum of 18 years old", "age >= 18 years"),
        ("MMSE score of 27 or higher", "mmse >= 27"),
        ("5% or more blasts in the marrow", "blasts >= 5 %"),
        ("Score of 26 or higher on the Montreal Cognitive Assessment", "moca >= 26"),
    ],
)
def test_comparators_behind_the_number(text: str, limit: str) -> None:
    assert limits(text) == {limit}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Age between 18 and 65 years", {"age >= 18 years", "age <= 65 years"}),
        ("18-65 years", {"age >= 18 years", "age <= 65 years"}),
        ("from 7 to 12 years old", {"age >= 7 years", "age <= 12 years"}),
        ("Age: 19~45", {"age >= 19", "age <= 45"}),
        ("6 months to 17 years", {"age >= 6 months", "age <= 17 years"}),
        ("Between the ages of 60 and 85;", {"age >= 60", "age <= 85"}),
        ("18 and 65 years old", {"age >= 18 years", "age <= 65 years"}),
        ("18 ≤ age ≤ 75", {"age >= 18", "age <= 75"}),
        ("145 mmHg ≤ SBP ≤ 190 mmHg", {"sbp >= 145 mmHg", "sbp <= 190 mmHg"}),
        ("Age < 20 or > 70 years", {"age < 20 years", "age > 70 years"}),
        ("BMI ≥ 18.5 and ≤ 27 kg/m2", {"bmi >= 18.5 kg/m2", "bmi <= 27 kg/m2"}),
        ("over 18 and under 75 years of age", {"age > 18 years", "age < 75 years"}),
        ("Fasting glucose < 7,0 mmol/l", {"fasting_glucose < 7 mmol/l"}),
    ],
)
def test_ranges_and_two_sided_limits(text: str, expected: set[str]) -> None:
    assert limits(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ECOG performance status of 0, 1 or 2", {"ecog >= 0", "ecog <= 2"}),
        ("ECOG 0,1, or 2", {"ecog >= 0", "ecog <= 2"}),
        ("WHO performance status 0-2", {"ecog >= 0", "ecog <= 2"}),
        ("ASA I-III", {"asa >= 1", "asa <= 3"}),
        ("ASA physical status I or II", {"asa >= 1", "asa <= 2"}),
        ("American Society of Anesthesiologists (ASA) class III to V", {"asa >= 3", "asa <= 5"}),
        ("general condition I-III of the American Society of Anesthesiology", {"asa >= 1", "asa <= 3"}),
        ("ASA ≥ III", {"asa >= 3"}),
        ("NYHA class II-IV", {"nyha >= 2", "nyha <= 4"}),
        ("NYHA III/IV", {"nyha >= 3", "nyha <= 4"}),
        ("class IV congestive heart failure", {"nyha = 4"}),
        ("heart failure greater than NYHA 2", {"nyha > 2"}),
        ("Karnofsky 70-100%", {"karnofsky >= 70 %", "karnofsky <= 100 %"}),
        ("Moderate pain (NRS 0-10 ≥ 4)", {"pain_score >= 4"}),
        ("WHO grade 3 or 4 glioma", set()),
        ("ASA 100 mg daily", set()),
    ],
)
def test_sets_on_scales(text: str, expected: set[str]) -> None:
    assert limits(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AST and ALT ≤ 3 × ULN", {"ast <= 3 x ULN", "alt <= 3 x ULN"}),
        (
            "aspartate aminotransferase (AST) and alanine aminotransferase (ALT) < 2.5 times the upper limit of normal",
            {"ast < 2.5 x ULN", "alt < 2.5 x ULN"},
        ),
        ("Serum lipase or serum amylase ≤ 1.5x ULN", {"lipase <= 1.5 x ULN", "amylase <= 1.5 x ULN"}),
        ("transaminases more than twice the upper limit", {"ast_alt > 2 x ULN"}),
        ("Bilirubin no greater than 1.5 times normal", {"bilirubin <= 1.5 x ULN"}),
        ("HbA1c above 48 mmol/mol (or 6.5%)", {"hba1c > 48 mmol/mol", "hba1c > 6.5 %"}),
        ("Body weight >50 kg (110 lb)", {"weight > 50 kg", "weight > 110 lb"}),
        ("BP > 140/90 mmHg", {"sbp > 140 mmHg", "dbp > 90 mmHg"}),
        ("Systolic/diastolic blood pressure < 140/90", {"sbp < 140", "dbp < 90"}),
        ("(≥140 mmHg SBP and/or ≥90 mmHg DBP)", {"sbp >= 140 mmHg", "dbp >= 90 mmHg"}),
        (
            "haemoglobin <11 g/dL in females and <12 g/dL in males",
            {"hemoglobin < 11 g/dL", "hemoglobin < 12 g/dL"},
        ),
        ("WBC is less than 3000/㎕ or more than 8000/㎕", {"wbc < 3000 /㎕", "wbc > 8000 /㎕"}),
        ("Platelets > 50,000", {"platelets > 50000 /uL"}),
        ("thrombocytopenia <150 G / L", {"platelets < 150 G / L"}),
        ("(adjusted for serum albumin) serum calcium < 8.0 mg/dl", {"calcium < 8 mg/dl"}),
        ("MMSE < 26 and/or CDR >/= 1", {"mmse < 26"}),
        ("Not drinking more than 2 drinks per day", {"alcohol <= 2 drinks per day"}),
        ("urine protein/creatinine ratio > 1.0", {"proteinuria > 1"}),
        ("HbA1c < 7%", {"hba1c < 7 %"}),
        ("drop in haemoglobin of 2 g/dL or more", set()),
    ],
)
def test_laboratory_limits(text: str, expected: set[str]) -> None:
    assert limits(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gestational age between 14 weeks and 23 weeks 6 days", {"gestational_age >= 14 weeks", "gestational_age <= 23.8571 weeks"}),
        ("birth after 37 + 0 weeks of amenorrhea", {"gestational_age > 37 weeks"}),
        ("Gestational age 27 0/7 to 36 6/7 weeks", {"gestational_age >= 27 weeks", "gestational_age <= 36.8571 weeks"}),
        ("Pregnant (>20 weeks)", {"gestational_age > 20 weeks"}),
        ("life expectancy of at least one year", {"life_expectancy >= 1 year"}),
        ("life expectancy within 12 months", {"life_expectancy <= 12 months"}),
        ("expected to survive less than 6 months", {"life_expectancy < 6 months"}),
    ],
)  # fmt: skip
def test_pregnancy_and_life_expectancy(text: str, expected: set[str]) -> None:
    assert limits(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("surgery within 4 weeks before enrolment", {"time_window <= 4 weeks"}),
        ("chemotherapy in the last six months", {"time_window <= 6 months"}),
        ("infection during the preceding two weeks", {"time_window <= 2 weeks"}),
        ("blood loss 3 months prior to the study", {"time_window <= 3 months"}),
        ("At least 4 weeks since prior radiotherapy", {"time_window >= 4 weeks"}),
        ("stroke more than 6 months ago", {"time_window > 6 months"}),
        ("stable medication for at least three (3) months", {"time_window >= 3 months"}),
        ("recent biopsy (< 6 months)", {"time_window < 6 months"}),
        ("concussion within 2-7 days of the visit", {"time_window >= 2 days", "time_window <= 7 days"}),
        ("planned travel in the next 6 months", {"time_window <= 6 months"}),
        ("takes 10 mg daily and had surgery within 4 weeks", {"time_window <= 4 weeks"}),
        ("pain for more than 6 months", set()),
        ("living within two hours travel time of the clinic", set()),
    ],
)
def test_time_windows(text: str, expected: set[str]) -> None:
    assert limits(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Onset before 50 years of age at migraine onset of the mother",
        "consent of a parent or guardian if under 18 years of age",
        "Bone age reading more than 14.0 years",
        "Ulcers older than 1 year",
        "IL-6 above CD33, COVID-19 or type 2 diabetes",
        "DSM-5 criteria, visit 2, version 1.1",
        "At least 3 episodes",
        "Donor age over 65 years",
    ],
)
def test_traps_give_no_age_and_no_limit(text: str) -> None:
    assert {limit for limit in limits(text) if limit.startswith("age") and "65" not in limit} == set()
    assert not {c.variable for c in constraints(text)} - {"age", "time_window"}


def test_a_label_over_the_criterion_names_the_variable() -> None:
    assert limits("18 and over", "Age") == {"age >= 18"}
    assert limits("At least 12 weeks", "Life expectancy") == {"life_expectancy >= 12 weeks"}
    assert limits("0-2", "Performance status") == {"ecog >= 0", "ecog <= 2"}
    found = read("PATIENT CHARACTERISTICS:\n\nLife expectancy:\n\n  -  At least 4 months")
    assert [c.variable for row in found for c in row.constraints] == ["life_expectancy"]


def test_a_conditional_limit_carries_its_condition() -> None:
    found = constraints("ALT ≤ 2.5 × ULN (≤ 5 × ULN if liver metastases are present)")
    assert [(c.value, c.conditional, c.condition_text) for c in found] == [
        (2.5, False, ""),
        (5.0, True, "if liver metastases are present"),
    ]
    found = constraints("haemoglobin ≥ 13 g/dL in men, ≥ 12 g/dL in women")
    assert [c.condition_text for c in found] == ["in men", "in women"]


def test_evidence_stands_in_the_text_at_its_offsets() -> None:
    text = "Adults, BMI between 18.5 and 30 kg/m², no surgery within the past 3 months; ASA I or II"
    found = constraints(text)
    assert len(found) == 5
    for constraint in found:
        assert text[constraint.start : constraint.end] == constraint.evidence
        assert 0 < constraint.confidence < 1
        assert constraint.rule


@pytest.mark.parametrize(
    ("written", "family", "factor"),
    [
        ("x 10^9/L", "count", 1e9), ("×10⁹/L", "count", 1e9), ("x 109/L", "count", 1e9), ("/mm3", "count", 1e6), ("/µL", "count", 1e6),
        ("cells/mm3", "count", 1e6), ("K/uL", "count", 1e9), ("G/L", "count", 1e9), ("g/L", "mass_conc", 1.0), ("mg/dL", "mass_conc", 1e-2),
        ("g / dl", "mass_conc", 10.0), ("mmol/L", "molar", 1e-3), ("mEq/L", "molar", 1e-3), ("µmol/l", "molar", 1e-6), ("IU/L", "activity", 1.0),
        ("x ULN", "uln", 1.0), ("times the upper limit of normal", "uln", 1.0), ("× institutional upper limit of normal (ULN)", "uln", 1.0),
        ("mL/min/1.73 m2", "clear_bsa", 1.0), ("ml/min", "clear", 1.0), ("kg/m²", "bmi", 1.0), ("years of age", "time", 365.25),
        ("%", "pct", 1.0), ("percent", "pct", 1.0), ("mm Hg", "mmhg", 1.0), ("msec", "ms", 1.0), ("°C", "celsius", 1.0), ("lbs", "mass", 0.45359237),
    ],
)  # fmt: skip
def test_units_as_they_are_written(written: str, family: str, factor: float) -> None:
    unit = read_unit(fold(written), written, 0)
    assert unit is not None
    assert unit[0].family == family
    assert unit[0].factor == pytest.approx(factor)


def test_mass_never_becomes_molar() -> None:
    assert canonical("hemoglobin", 9.0, Unit("g/dL", "mass_conc", 10.0)) == (90.0, "g/L")
    assert canonical("hemoglobin", 6.0, Unit("mmol/L", "molar", 1e-3)) == (None, "")
    assert canonical("creatinine", 1.5, Unit("x ULN", "uln", 1.0)) == (None, "")
    assert canonical("age", 6.0, Unit("months", "time", 365.25 / 12)) == (182.625, "day")
    assert canonical("age", 18.0, NONE) == (6574.5, "day")
    assert canonical("temperature", 100.4, Unit("F", "fahrenheit", 1.0)) == (38.0, "C")


def test_tokens_and_quantities_can_be_seen_alone() -> None:
    text = "Hb ≥ 9 g/dL"
    found = tokens(fold(text), text)
    assert [(token.kind, token.value) for token in found] == [
        ("variable", "hemoglobin"),
        ("compare", ">="),
        ("number", "9"),
    ]
    (quantity,) = quantities(found)
    assert quantity.bounds[0].comparator == ">="
    assert quantity.unit.family == "mass_conc"


def test_the_vocabulary_is_whole() -> None:
    codes = [variable.code for variable in VARIABLES]
    assert len(codes) == len(set(codes)) == 100
    assert all(variable.label and variable.low < variable.high for variable in VARIABLES)
    assert {variable.type for variable in VARIABLES} == {"numeric", "ordinal"}
    assert all(variable.words for variable in VARIABLES if variable.code != "time_window")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Family history of dementia diagnosed under age 60", set()),
        (
            "transplant ≥21 days and ≤1 year prior to the visit",
            {"time_window >= 21 days", "time_window <= 1 year"},
        ),
        ("alanine transaminase (ALT) (or AST) > 3 x ULN", {"alt > 3 x ULN", "ast > 3 x ULN"}),
        ("bilirubin less than 2.0 mg%", {"bilirubin < 2 mg%"}),
        ("(eGFR) < 60 mL/min/1.73m2)", {"egfr < 60 mL/min/1.73m2"}),
        ("BMI > 40 Kilograms (kg)/square meters (m^2)", {"bmi > 40 kg/m2"}),
    ],
)
def test_what_reading_unseen_records_taught(text: str, expected: set[str]) -> None:
    assert limits(text) == expected


def test_numbers_that_no_variable_took_are_counted() -> None:
    (row,) = read(
        "* At least two doses of 40 mg, type 2 diabetes, age over 18 years, liver stiffness ≥ 15 kPa"
    )
    assert [limit.variable for limit in row.constraints] == ["age"]
    assert unread(row) == ("At least two", "40 mg", "≥ 15")


def test_a_limit_in_percent_above_normal_and_a_list_behind_a_limit() -> None:
    assert limits("CK <=50% above the upper limit of normal") == {"ck <= 1.5 x ULN"}
    assert limits("1.5 times the upper limit of normal of creatinine, AST and ALT") == {
        "creatinine = 1.5 x ULN",
        "ast = 1.5 x ULN",
        "alt = 1.5 x ULN",
    }
    assert limits("AST ≤ 2.5 x ULN, bilirubin and creatinine ≤ 1.5 x ULN") == {
        "ast <= 2.5 x ULN",
        "bilirubin <= 1.5 x ULN",
        "creatinine <= 1.5 x ULN",
    }


@pytest.mark.parametrize(
    ("text", "conditional"),
    [
        ("In patients with liver metastases, ALT ≤ 5 x ULN", [True]),
        ("If creatinine > 1.5 mg/dL, creatinine clearance must be ≥ 60 mL/min", [True, True]),
        ("Bilirubin ≤ 3 x ULN for patients with Gilbert's disease", [True]),
        ("ALT ≤ 3 x ULN. If menopausal, FSH > 40 IU/L", [False, True]),
        ("Elective surgery in patients ≥ 18 years", [False]),
        ("Age over 18 years, ALT ≤ 3 x ULN", [False, False]),
    ],
)
def test_a_condition_before_or_behind_the_number_is_seen(text: str, conditional: list[bool]) -> None:
    assert [limit.conditional for limit in constraints(text)] == conditional


def test_both_ends_of_a_range_keep_their_own_unit() -> None:
    (row,) = read("Inclusion Criteria:\n* 4 weeks to 18 years of age")
    assert [(c.comparator, c.value, c.unit, c.canonical_value) for c in row.constraints] == [
        (">=", 4.0, "weeks", 28.0),
        ("<=", 18.0, "years", 6574.5),
    ]


def test_an_enzyme_without_a_unit_has_no_canonical_value() -> None:
    (row,) = read("Inclusion Criteria:\n* AST < 40")
    assert [(c.value, c.unit, c.canonical_value) for c in row.constraints] == [(40.0, "", None)]


def test_a_numbered_remission_is_no_creatinine() -> None:
    (row,) = read("Inclusion Criteria:\n* CR1 or better")
    assert not row.constraints
