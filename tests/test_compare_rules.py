"""Contradictions within one record: each rule finds its own, and passes over what has misled simpler rules."""

from collections.abc import Sequence
from typing import Any

import pytest

from scraper import criteria
from scraper.compare.rules_all import RULES, contradictions
from scraper.compare.rules_shape import PUBLISHED_FROM, Rule
from scraper.model import Conflict, Record, Version
from scraper.normalise.trial import normalise

SEEN = "2026-05-13T08:00:00Z"


def _found(*, inclusion: Sequence[str] = (), exclusion: Sequence[str] = (), **fields: Any) -> list[Conflict]:
    text = "Inclusion Criteria:\n\n" + "\n".join(f"* {one}" for one in inclusion)
    if exclusion:
        text += "\n\nExclusion Criteria:\n\n" + "\n".join(f"* {one}" for one in exclusion)
    defaults = {
        "source": "ctgov",
        "source_id": "NCT99100001",
        "registry_id": "NCT99100001",
        "brief_title": "Lantern Therapy",
        "sex": "ALL",
        "overall_status": "COMPLETED",
        "updated": "2026-03-01",
        "eligibility_criteria": text,
    }
    record = Record(**(defaults | fields))
    trial, problems = normalise(record, SEEN)
    return list(contradictions(Version(record, trial, SEEN, "00", problems), criteria.read(text)))


def _rules(found: Sequence[Conflict]) -> list[tuple[str, str]]:
    return [(one.rule, one.field) for one in found]


@pytest.mark.parametrize(
    "line, minimum, maximum, fields",
    [
        ("Age 18 to 65 years", "18 Years", "", ["maximum_age"]),
        ("Aged 18-50 years old", "18 Months", "50 Years", ["minimum_age"]),
        ("Male and female patients, 40 years of age or older", "18 Years", "", ["minimum_age"]),
        ("Age 18 to 65 years", "20 Years", "70 Years", ["minimum_age", "maximum_age"]),
    ],
)
def test_another_age_in_the_only_criterion_about_age_is_a_contradiction(
    line: str, minimum: str, maximum: str, fields: list[str]
) -> None:
    found = _found(inclusion=["Keeps a lighthouse", line], minimum_age=minimum, maximum_age=maximum)
    assert _rules(found) == [("age_in_criteria", field) for field in fields]
    assert {(one.source_a, one.source_b) for one in found} == {("ctgov", "ctgov (eligibility criteria)")}
    assert {one.quote_b for one in found} == {line}
    assert {one.date_a for one in found} == {"2026-03-01"}


@pytest.mark.parametrize(
    "inclusion",
    [
        ["Age 18 years or older"],
        ["Age over 17 years"],
        ["Women over 50 years"],
        ["Postmenopausal women aged 55 years or older"],
        ["Children 7 to 17 years give their assent"],
        ["Age 0 to 12 years or older siblings"],
        ["Age 18 to 32 years, or 60 years and older"],
        ["Cohort A: age 40 years or older"],
        ["Any of the following:", "Age 50 years or older"],
        ["Age 40 years or older", "Age 18 years or older if nobody else can come"],
        ["Diagnosed at the age of 40 years or older"],
        ["Gestational age of 37 weeks or more"],
        ["25 to 3568 years old"],
    ],
)
def test_an_age_that_is_not_the_studys_own_is_no_contradiction(inclusion: list[str]) -> None:
    assert _found(inclusion=inclusion, minimum_age="18 Years") == []


def test_an_age_limit_that_could_not_be_read_is_not_compared() -> None:
    assert _found(inclusion=["Age 40 years or older"], minimum_age="a ripe age") == []


def test_another_sex_in_criteria_or_title_is_a_contradiction() -> None:
    assert _rules(_found(inclusion=["Male", "Keeps a lighthouse"])) == [("sex_in_criteria", "sex")]
    assert _rules(_found(inclusion=["Male or female"], sex="MALE")) == [("sex_in_criteria", "sex")]
    assert _rules(_found(brief_title="Heart health in women", sex="MALE")) == [("sex_in_title", "sex")]


@pytest.mark.parametrize(
    "inclusion, fields",
    [
        (["Male", "Females of any age if they use contraception"], {}),
        (["Males:", "Must use a condom"], {}),
        (["Female participants must have a negative test"], {}),
        (["Male or"], {}),
        (["Keeps a lighthouse"], {"brief_title": "Heart health in women and men", "sex": "MALE"}),
        (["Keeps a lighthouse"], {"brief_title": "Heart health in women"}),
        (["Keeps a lighthouse"], {"brief_title": "Male partners of keepers", "sex": "FEMALE"}),
    ],
)
def test_a_sex_named_for_another_reason_is_no_contradiction(
    inclusion: list[str], fields: dict[str, str]
) -> None:
    assert _found(inclusion=inclusion, **fields) == []


@pytest.mark.parametrize(
    "phase, title",
    [
        ("PHASE1", "A Phase I/II Study of Lanterns"),
        ("PHASE1|PHASE2", "A Phase 1b Trial of Lanterns"),
        ("Phase 2", "A RANDOMIZED PHASE III TRIAL OF LANTERNS"),
    ],
)
def test_another_phase_in_the_title_is_a_contradiction(phase: str, title: str) -> None:
    found = _found(phase=phase, official_title=title)
    assert _rules(found) == [("phase_in_title", "phase")]
    assert found[0].quote_b == title


@pytest.mark.parametrize(
    "phase, title",
    [
        ("PHASE1|PHASE2", "A Phase Ib - II Study of Lanterns"),
        ("PHASE1", "A Phase 1, 3-arm Study of Lanterns"),
        ("PHASE2", "An Extension of a Phase 1 Study of Lanterns"),
        ("PHASE2", "Lanterns in the Luteal Phase 1 Study"),
        ("PHASE4", "A Phase IIIb/IV Study of Lanterns"),
        ("EARLY_PHASE1", "A Phase 0/I Trial of Lanterns"),
        ("NA", "A Phase 2 Study of Lanterns"),
        ("", "A Phase 2 Study of Lanterns"),
        ("PHASE1|PHASE2", "Dose Finding and Phase II Study of Lanterns"),
        ("PHASE3", "A Programme, Phase 1"),
    ],
)
def test_a_phase_that_the_field_cannot_say_or_that_is_not_the_studys_is_no_contradiction(
    phase: str, title: str
) -> None:
    assert _found(phase=phase, official_title=title) == []


@pytest.mark.parametrize(
    "completion, updated, contradicts",
    [
        ("2026-02-28", "2026-03-01", True),
        ("2025", "2026-03-01", True),
        ("2026-03", "2026-03-15", False),
        ("2026", "2026-03-15", False),
        ("2027-01-01", "2026-03-01", False),
        ("", "2026-03-01", False),
        ("2025-01-01", "", False),
    ],
)
def test_recruiting_is_compared_with_the_records_own_clock(
    completion: str, updated: str, contradicts: bool
) -> None:
    found = _found(overall_status="RECRUITING", completion_date=completion, updated=updated)
    assert _rules(found) == ([("recruiting_after_completion", "completion_date")] if contradicts else [])


@pytest.mark.parametrize(
    "number, status, contradicts",
    [
        ("99999999", "RECRUITING", True),
        ("9999", "COMPLETED", True),
        ("0", "COMPLETED", True),
        ("0", "WITHDRAWN", False),
        ("999", "COMPLETED", False),
        ("9998", "COMPLETED", False),
        ("", "COMPLETED", False),
    ],
)
def test_a_number_that_is_nobodys_is_a_placeholder(number: str, status: str, contradicts: bool) -> None:
    found = _found(enrollment=number, overall_status=status)
    assert _rules(found) == ([("enrollment_placeholder", "enrollment")] if contradicts else [])


def test_the_rule_about_healthy_volunteers_is_switched_off() -> None:
    assert _found(inclusion=["Healthy volunteers"], healthy_volunteers="false") == []


def test_the_switched_off_rule_still_finds() -> None:
    rule = next(rule for rule in RULES if rule.name == "healthy_in_criteria")
    text = "Inclusion Criteria:\n\n* Healthy volunteers aged 18 years"
    record = Record(
        source="ctgov",
        source_id="NCT99100001",
        registry_id="NCT99100001",
        brief_title="A",
        healthy_volunteers="false",
    )
    trial, _ = normalise(record, SEEN)
    assert len(list(rule.function(Version(record, trial, SEEN, "00"), criteria.read(text)))) == 1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_published_only_at_its_measured_precision(rule: Rule) -> None:
    assert rule.published == (rule.precision is not None and rule.precision >= PUBLISHED_FROM)
    assert rule.read > 0 and rule.description.endswith(".")


def test_a_record_without_contradictions_has_none() -> None:
    assert _found(inclusion=["Age 18 years or older", "Men and women"], minimum_age="18 Years") == []
