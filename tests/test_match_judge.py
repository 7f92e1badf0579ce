"""One trial and one patient: only what was read beyond doubt excludes, and nothing doubtful is silent."""

from typing import Any

import pytest

from scraper import criteria
from scraper.match.candidates import Criterion, TrialFacts
from scraper.match.judge import Judgement, judge
from scraper.match.limits import Limit
from scraper.match.patient import from_params

_FIELDS: dict[str, Any] = {
    "trial_id": "NCT99100001",
    "sex": "ALL",
    "minimum_age": "18 Years",
    "maximum_age": "75 Years",
    "minimum_age_years": 18.0,
    "maximum_age_before_years": 76.0,
    "healthy_volunteers": 0,
    "source": "ctgov",
}


def _rows(text: str) -> tuple[Criterion, ...]:
    """The criteria of a text as the database would give them back."""
    found = criteria.read(text)
    leads: dict[int | None, tuple[str, ...]] = {None: ()}
    rows = []
    for one in found:
        leads[one.position] = (*leads[one.parent], one.text)
        rows.append(
            Criterion(
                kind=one.kind,
                kind_source=one.kind_source,
                section=one.section,
                text=one.text,
                parent=one.parent,
                limits=tuple(
                    Limit(c.variable, c.comparator, c.value, c.unit, c.conditional, c.condition_text, c.start, c.end,
                          c.evidence, c.rule, 0.95)
                    for c in one.constraints
                ),
                flags=frozenset(one.flags),
                lead=leads[one.parent],
                has_children=any(other.parent == one.position for other in found),
            )
        )  # fmt: skip
    return tuple(rows)


def _judge(
    inclusion: str = "", exclusion: str = "", *, fields: dict[str, Any] | None = None, **params: Any
) -> Judgement:
    text = "Inclusion Criteria:\n\n" + "".join(f"* {one}\n" for one in inclusion.split("\n") if one)
    if exclusion:
        text += "\nExclusion Criteria:\n\n" + "".join(f"* {one}\n" for one in exclusion.split("\n"))
    facts = TrialFacts(_FIELDS | (fields or {}), _rows(text))
    return judge(facts, from_params({"condition": "any", "age": "34", "sex": "female", **params}))


def test_everything_known_and_met_is_a_match() -> None:
    found = _judge(
        "Age 18-75 years\nECOG 0-1", "Pregnant or breastfeeding women", ecog="1", pregnant="no", nursing="no"
    )
    assert (found.verdict, found.reasons, found.unknowns) == ("match", (), ())
    assert {"sex", "minimum_age", "maximum_age", "age", "ecog"} <= {one.subject for one in found.met}


def test_what_the_patient_did_not_say_is_unknown_with_the_criterion() -> None:
    found = _judge("Age 18-75 years\nHemoglobin ≥ 8 g/dL")
    assert found.verdict == "unknown"
    assert [(one.quote, one.why) for one in found.unknowns] == [
        ("Hemoglobin ≥ 8 g/dL", "not stated: hemoglobin")
    ]


def test_free_text_is_never_counted_as_met() -> None:
    assert _judge("Relapsed disease after two lines of therapy").verdict == "unknown"


@pytest.mark.parametrize(
    "inclusion, exclusion, params",
    [
        ("ECOG performance status 0-1", "", {"ecog": "2"}),
        ("Histologically confirmed disease and platelets ≥ 100 x 10^9/L", "", {"lab": "platelets=40 10^9/L"}),
        ("Not pregnant or nursing", "", {"nursing": "yes"}),
        ("HIV negative", "", {"hiv": "yes"}),
        ("Pregnant women", "", {"pregnant": "no"}),
        ("", "Pregnant or breastfeeding women", {"pregnant": "yes"}),
        ("", "Known HIV infection", {"hiv": "yes"}),
        ("", "Known HIV, hepatitis B or C infection", {"hcv": "yes"}),
        ("", "ECOG > 2", {"ecog": "3"}),
        ("", "Renal failure (creatinine > 2 mg/dL or dialysis)", {"lab": "creatinine=2.5 mg/dL"}),
        ("", "Uncontrolled hypertension (systolic blood pressure > 160 mmHg)", {"lab": "sbp=170 mmHg"}),
    ],
)
def test_a_plain_criterion_excludes_with_its_quote(
    inclusion: str, exclusion: str, params: dict[str, Any]
) -> None:
    found = _judge(inclusion or "Adults", exclusion, **params)
    assert found.verdict == "excluded"
    assert found.reasons[0].quote == (inclusion or exclusion)
    assert found.reasons[0].source.startswith("inclusion" if inclusion else "exclusion")


@pytest.mark.parametrize(
    "inclusion, exclusion, params",
    [
        ("ECOG 0-1 or Karnofsky ≥ 70", "", {"ecog": "2"}),
        ("ECOG 0-1 unless due to disease", "", {"ecog": "2"}),
        ("ECOG 0-1 (patients over 70 years) and ECOG 0-2 for all others", "", {"ecog": "2"}),
        ("Cohort A: ECOG 0-1", "", {"ecog": "2"}),
        (
            "Platelets ≥ 100 x 10^9/L (≥ 50 x 10^9/L with marrow involvement)",
            "",
            {"lab": "platelets=60 10^9/L"},
        ),
        ("Platelets ≥ 100 x 10^9/L for patients with solid tumours", "", {"lab": "platelets=60 10^9/L"}),
        ("Creatinine ≤ 1.5 mg/dL; or\nCreatinine clearance ≥ 60 mL/min", "", {"lab": "creatinine=2 mg/dL"}),
        ("ECOG 0-1\nHealthy controls with ECOG 0-2", "", {"ecog": "2"}),
        ("Donor with hemoglobin ≥ 12 g/dL", "", {"lab": "hemoglobin=9 g/dL"}),
        ("", "HIV unless controlled by therapy", {"hiv": "yes"}),
        ("", "Active hepatitis B", {"hbv": "yes"}),
        ("", "Known hepatitis B virus (HBV) infection with HBV DNA positive", {"hbv": "yes"}),
        ("", "HBsAg or HBcAb positive and more than 1000 copies of HBV DNA", {"hbv": "yes"}),
        ("", "HIV or HTLV related disease", {"hiv": "yes"}),
        ("", "Viral infections (including HIV infection) and need for treatment in hospital", {"hiv": "yes"}),
        ("", "Active infection with hepatitis B, hepatitis C, or HIV", {"hiv": "yes"}),
        ("Pregnant or nursing women", "", {"pregnant": "no"}),
        ("No contraindication to the scan (pregnancy and nursing)", "", {"pregnant": "no"}),
        ("", "Women planning to become pregnant", {"pregnant": "yes"}),
        ("", "HIV test required", {"hiv": "yes"}),
        ("", "Smokers older than 30 years", {}),
        ("", "BMI > 35 kg/m2 and HbA1c > 9%", {"lab": "bmi=40"}),
        ("", "Atrial flutter (any type) with a heart rate > 100 /min", {"lab": "heart rate=110 /min"}),
        ("", "No more than ECOG 1", {"ecog": "1"}),
    ],
)
def test_a_half_read_criterion_is_unknown_and_never_excludes(
    inclusion: str, exclusion: str, params: dict[str, Any]
) -> None:
    found = _judge(inclusion or "Adults", exclusion, **params)
    assert found.verdict == "unknown", found.reasons
    assert (inclusion or exclusion).split("\n")[0] in [one.quote for one in found.unknowns]


def test_a_limit_under_a_choice_never_excludes() -> None:
    text = "Inclusion Criteria:\n\n* One of the following:\n  * ECOG 0-1\n  * Karnofsky at least 70\n"
    found = judge(TrialFacts(_FIELDS, _rows(text)), from_params({"age": "34", "sex": "f", "ecog": "2"}))
    assert found.verdict == "unknown"
    assert any("several choices" in one.why or "stands under" in one.why for one in found.unknowns)


def test_several_lists_of_criteria_never_exclude() -> None:
    text = (
        "Inclusion Criteria:\n\n* ECOG 0-1\n\nExclusion Criteria:\n\n* Drowsy\n\n"
        "Inclusion Criteria:\n\n* ECOG 0-3\n\nExclusion Criteria:\n\n* Awake\n"
    )
    found = judge(TrialFacts(_FIELDS, _rows(text)), from_params({"age": "34", "ecog": "2"}))
    assert found.verdict == "unknown"


# ── fields ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_other_sex_is_excluded_by_the_field() -> None:
    found = _judge("Adults", fields={"sex": "MALE"})
    assert [(one.source, one.quote) for one in found.reasons] == [("field sex, ctgov", "MALE")]


@pytest.mark.parametrize(
    "age, verdict", [("75.5", "unknown"), ("75", "unknown"), ("76", "excluded"), ("17", "excluded")]
)
def test_the_age_field_includes_its_last_year(age: str, verdict: str) -> None:
    assert _judge("Free text", age=age).verdict == verdict


def test_no_maximum_is_no_limit() -> None:
    found = _judge("Adults", fields={"maximum_age": None, "maximum_age_before_years": None}, age="101")
    assert not found.reasons and "maximum_age" not in {one.subject for one in (*found.met, *found.unknowns)}


def test_an_age_that_may_still_fit_is_unknown() -> None:
    found = _judge("Children", fields={"minimum_age": "6 Months", "minimum_age_years": 0.5}, age="0")
    assert found.verdict == "unknown" and "minimum_age" in {one.subject for one in found.unknowns}


def test_a_stated_limit_that_could_not_be_read_is_unknown_and_not_no_limit() -> None:
    found = _judge("Adults", fields={"minimum_age": "a ripe age", "minimum_age_years": None})
    assert ("minimum_age", "a ripe age") in {(one.subject, one.quote) for one in found.unknowns}


def test_a_contradicted_age_never_excludes() -> None:
    facts = TrialFacts(
        _FIELDS | {"minimum_age": "6 Years", "minimum_age_years": 6.0},
        _rows("Inclusion Criteria:\n\n* Age older than 6 months"),
        contradicted={"minimum_age": "ctgov: 6 Months"},
    )
    found = judge(facts, from_params({"age": "3", "sex": "female"}))
    assert found.verdict == "unknown"
    assert any("6 Months" in one.why for one in found.unknowns)


def test_a_criterion_never_overrules_the_age_field() -> None:
    found = _judge("Age ≥ 21 years", age="19")
    assert found.verdict == "unknown"
    assert any("18 Years" in one.why for one in found.unknowns)


def test_healthy_people_are_excluded_by_the_field_only() -> None:
    assert _judge("Adults", healthy="yes").reasons[0].source == "field healthy_volunteers, ctgov"
    assert not _judge("Adults", fields={"healthy_volunteers": None}, healthy="yes").reasons
    assert not _judge("Adults", healthy="no").reasons


def test_a_record_without_criteria_is_never_a_match() -> None:
    found = judge(TrialFacts(_FIELDS), from_params({"age": "34", "sex": "female"}))
    assert found.verdict == "unknown"
