"""The patient's side of the question: what is read from parameters, and what is refused."""

import pytest

from scraper.errors import SettingsError
from scraper.match.patient import from_params, said


def test_a_whole_patient_is_read() -> None:
    patient = from_params(
        {"age": "34", "sex": "female", "condition": "acute myeloid leukemia", "ecog": "1", "near": "42.36,-71.06",
         "km": "80", "pregnant": "no", "hiv": "no", "lab": ["creatinine=1.1 mg/dL", "alt=2 xULN"], "recruiting": "1"}
    )  # fmt: skip
    assert patient.age and (patient.age.years, patient.age.before_years) == (34, 35)
    assert (patient.sex, patient.condition, patient.pregnant, patient.hiv) == (
        "FEMALE",
        "acute myeloid leukemia",
        False,
        False,
    )
    assert patient.hbv is None and patient.recruiting
    assert patient.near and patient.near.km == 80
    assert {lab.variable for lab in patient.labs} == {"ecog", "creatinine", "alt"}


@pytest.mark.parametrize(
    "typed, years, before, words",
    [
        ("34", 34, 35, "34 years"),
        ("8 months", 8 / 12, 9 / 12, "8 months"),
        ("10 days", 10 / 365.25, 11 / 365.25, "10 days"),
        ("75.5", 75.5, 75.5, "75.5 years"),
        ("0", 0, 1, "0 years"),
    ],
)
def test_an_age_keeps_its_unit_and_its_width(typed: str, years: float, before: float, words: str) -> None:
    age = from_params({"age": typed}).age
    assert age is not None
    assert (age.years, age.before_years) == pytest.approx((years, before))
    assert age.words == words


def test_a_man_is_neither_pregnant_nor_nursing() -> None:
    patient = from_params({"age": "40", "sex": "m"})
    assert patient.pregnant is False and patient.nursing is False


@pytest.mark.parametrize(
    "params, word",
    [
        ({"age": "old"}, "age"),
        ({"age": "9 lives"}, "age"),
        ({"sex": "all", "age": "3"}, "sex"),
        ({"age": "3", "ecog": "7"}, "ecog"),
        ({"age": "3", "ecog": "1.5"}, "ecog"),
        ({"age": "3", "karnofsky": "many"}, "karnofsky"),
        ({"age": "3", "pregnant": "perhaps"}, "pregnant"),
        ({"age": "3", "sex": "male", "pregnant": "yes"}, "pregnant"),
        ({"age": "3", "near": "Nowhereville"}, "near"),
        ({"age": "3", "limit": "0"}, "limit"),
        ({"age": "3", "lab": "creatinine"}, "lab"),
        ({"age": "3", "lab": "=1"}, "lab"),
        ({"age": "3", "lab": "charm=12 mg/dL"}, "lab"),
        ({"age": "3", "lab": "creatinine=1.1"}, "lab"),
        ({"age": "3", "lab": "creatinine>1.1 mg/dL"}, "lab"),
        ({"age": "3", "lab": ["creatinine=1 mg/dL", "creatinine=2 mg/dL"]}, "creatinine"),
        ({"age": "3", "lab": "age=4 years"}, "lab"),
        ({}, "expected at least one"),
    ],
)
def test_a_wrong_word_is_refused_with_what_was_expected(
    params: dict[str, str | list[str]], word: str
) -> None:
    with pytest.raises(SettingsError) as error:
        from_params(params)
    assert word in str(error.value) and "expected" in str(error.value)


def test_the_question_is_repeated_as_understood() -> None:
    patient = from_params({"age": "8 months", "sex": "f", "lab": "weight=7 kg"})
    assert said(patient) == {"age": "8 months", "sex": "FEMALE", "lab": "weight 7 kg"}
