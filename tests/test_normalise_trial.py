"""Record -> Trial: keys, badges and what a listing leaves open."""

import pytest

from scraper.model import Record, SecondaryId, Site
from scraper.normalise.trial import normalise


def listing(**fields: object) -> Record:
    record = Record(source="trialx", source_id="trialx-334297", url="https://www.trialx.com/x/334297/")
    for name, value in fields.items():
        setattr(record, name, value)
    return record


@pytest.mark.parametrize(
    "registry_id, trial_id, registry",
    [
        ("NCT04010877", "NCT04010877", "ctgov"),
        ("nct04010877", "NCT04010877", "ctgov"),
        ("EUCTR2005-001234-21-DE", "2005-001234-21", "euctr"),
        ("", "trialx:334297", None),
        ("NCT00000000", "trialx:334297", None),
    ],
)
def test_trial_is_keyed_by_the_registrys_id(registry_id: str, trial_id: str, registry: str | None) -> None:
    trial, problems = normalise(listing(registry_id=registry_id), "")
    assert (trial.trial_id, trial.registry, problems) == (trial_id, registry, ())
    assert (trial.source, trial.source_id) == ("trialx", "trialx-334297")


def test_badges_of_a_listing_are_read() -> None:
    badges = listing(
        overall_status="Recruiting", age="6-75 years", sex="All", phase="Phase 1/2", updated="13 May 2026"
    )
    trial, problems = normalise(badges, "")
    assert problems == ()
    assert (trial.overall_status, trial.sex, trial.phase) == ("RECRUITING", "ALL", "PHASE1/PHASE2")
    assert (trial.minimum_age, trial.maximum_age) == ("6 Years", "75 Years")
    assert (trial.minimum_age_years, trial.maximum_age_years, trial.maximum_age_before_years) == (6, 75, 76)
    assert trial.last_update_posted_date == "2026-05-13"


def test_badge_not_applicable_of_a_listing_is_no_phase_and_that_of_a_registry_is() -> None:
    assert normalise(listing(phase="Phase N/A"), "")[0].phase is None
    assert normalise(Record(source="ctgov", source_id="x", phase="NA"), "")[0].phase == "NA"


def test_listing_that_stopped_recruiting_says_no_more_than_that() -> None:
    assert normalise(listing(overall_status="Not Recruiting"), "")[0].overall_status == "NOT_RECRUITING"


def test_nothing_stated_is_none_everywhere() -> None:
    trial, problems = normalise(Record(source="trialx", source_id="trialx-1"), "")
    assert problems == ()
    stated = {
        name: value
        for name, value in ((field, getattr(trial, field)) for field in trial.__struct_fields__)
        if value not in (None, [])
    }
    assert stated == {"trial_id": "trialx:1", "source": "trialx", "source_id": "trialx-1"}


@pytest.mark.parametrize(
    "field, words", [("age", "of a certain age"), ("age", "75-6 years"), ("age", "0-0 years")]
)
def test_badge_that_cannot_be_right_is_a_problem_and_no_limit(field: str, words: str) -> None:
    trial, problems = normalise(listing(age=words), "2026-07-07T00:00:00Z")
    assert [p.stage for p in problems] == ["normalise"]
    assert (trial.minimum_age_years, trial.maximum_age_years, trial.maximum_age_before_years) == (None,) * 3


def test_limits_that_contradict_keep_their_words() -> None:
    trial, _ = normalise(listing(age="75-6 years"), "")
    assert (trial.minimum_age, trial.maximum_age) == ("75 Years", "6 Years")


def test_one_unreadable_limit_costs_only_itself() -> None:
    record = Record(source="ctgov", source_id="x", minimum_age="18 Years", maximum_age="old Years")
    trial, problems = normalise(record, "")
    assert (trial.minimum_age_years, trial.maximum_age_before_years) == (18.0, None)
    assert (trial.minimum_age, trial.maximum_age) == ("18 Years", "old Years")
    assert [(p.field, p.found) for p in problems] == [("maximum_age", "old Years")]


def test_two_unreadable_limits_are_two_unknowns() -> None:
    record = Record(source="ctgov", source_id="x", minimum_age="some", maximum_age="old")
    trial, problems = normalise(record, "")
    assert (trial.minimum_age_years, trial.maximum_age_before_years) == (None, None)
    assert [(p.field, p.found) for p in problems] == [("minimum_age", "some"), ("maximum_age", "old")]


def test_unreadable_place_costs_its_coordinates() -> None:
    record = listing(sites=[Site(facility="A", latitude="95", longitude="3", status="Closed for lunch")])
    trial, problems = normalise(record, "")
    place = trial.sites[0]
    assert (place.facility, place.city, place.latitude, place.status) == ("A", None, None, None)
    assert [p.field for p in problems] == ["sites[0].latitude", "sites[0].status"]


def test_secondary_id_is_typed_by_its_value() -> None:
    record = listing(
        secondary_ids=[SecondaryId("EUCTR2005-001234-21-DE", "NCT number"), SecondaryId(" X-1 ")]
    )
    ids = normalise(record, "")[0].secondary_ids
    assert [(i.id_value, i.id_type, i.label) for i in ids] == [
        ("2005-001234-21", "euctr", "NCT number"),
        ("X-1", "other", None),
    ]


def test_an_address_of_a_person_is_no_secondary_id() -> None:
    record = Record(
        source="ctgov",
        source_id="NCT99000001",
        registry_id="NCT99000001",
        secondary_ids=[
            SecondaryId("someone@example.org", "ORG_STUDY_ID"),
            SecondaryId("ICL-7", "ORG_STUDY_ID"),
        ],
    )
    trial, _ = normalise(record, "2026-01-01T00:00:00Z")
    assert [linked.id_value for linked in trial.secondary_ids] == ["ICL-7"]
