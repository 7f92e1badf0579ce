"""A patient's value against a limit: it holds, it fails, or it cannot be said."""

import pytest

from scraper.criteria.constraints import constraints
from scraper.match.limits import Limit, holds
from scraper.match.patient import from_params


def _holds(text: str, **params: str | list[str]) -> bool | None:
    limits = [
        Limit(c.variable, c.comparator, c.value, c.unit, c.conditional, c.condition_text, c.start, c.end, c.evidence, c.rule, c.confidence)
        for c in constraints(text)
    ]  # fmt: skip
    assert limits, text
    return holds(limits, from_params({"condition": "any", **params})).holds


@pytest.mark.parametrize(
    "text, age, expected",
    [
        ("Age ≥ 18 years", "18", True),
        ("Age ≥ 18 years", "17", False),
        ("Age > 18 years", "18", None),
        ("Age > 18 years", "19", True),
        ("Age ≤ 75 years", "75.5", True),
        ("Age ≤ 75 years", "75", True),
        ("Age ≤ 75 years", "76", False),
        ("Age < 18 years", "18", False),
        ("Age < 18 years", "17", True),
        ("Age 6 months to 17 years", "8 months", True),
        ("Age 6 months to 17 years", "5 months", False),
        ("Age 6 months to 17 years", "0", None),
        ("Age ≤ 28 days", "10 days", True),
        ("Age ≤ 28 days", "29 days", False),
    ],
)
def test_an_age_has_a_width_and_an_upper_limit_includes_its_year(
    text: str, age: str, expected: bool | None
) -> None:
    assert _holds(text, age=age) is expected


@pytest.mark.parametrize(
    "text, lab, expected",
    [
        ("Creatinine ≤ 1.5 mg/dL", "creatinine=1.5 mg/dL", True),
        ("Creatinine < 1.5 mg/dL", "creatinine=1.5 mg/dL", False),
        ("Creatinine ≤ 1.5 mg/dL", "creatinine=97 µmol/L", True),
        ("Creatinine ≤ 1.5 mg/dL", "creatinine=200 µmol/L", False),
        ("Creatinine ≤ 1.5 mg/dL", "creatinine=133 µmol/L", None),
        ("Creatinine ≤ 1.5 x ULN", "creatinine=1.1 mg/dL", None),
        ("ALT ≤ 3 x ULN", "alt=2 xULN", True),
        ("ALT ≤ 3 x ULN", "alt=4 xULN", False),
        ("ALT ≤ 3 x ULN", "alt=400 U/L", None),
        ("Platelets ≥ 100,000/mm3", "platelets=40 10^9/L", False),
        ("Hemoglobin ≥ 8 g/dL", "hemoglobin=79 g/L", False),
        ("Hemoglobin ≥ 5 mmol/L", "hemoglobin=9 g/dL", None),
        ("Triglycerides ≤ 5 mmol/L", "triglycerides=150 mg/dL", None),
    ],
)
def test_values_are_compared_in_units_of_one_kind_only(text: str, lab: str, expected: bool | None) -> None:
    assert _holds(text, lab=lab) is expected


@pytest.mark.parametrize(
    "text, ecog, expected",
    [
        ("ECOG 0-1", "1", True),
        ("ECOG 0-1", "2", False),
        ("ECOG 0, 1 or 2", "3", False),
        ("ECOG ≤ 2", "2", True),
    ],
)
def test_a_scale_is_compared_by_its_points(text: str, ecog: str, expected: bool) -> None:
    assert _holds(text, ecog=ecog) is expected


def test_what_was_not_given_is_unknown() -> None:
    assert _holds("Hemoglobin ≥ 8 g/dL", age="34") is None
