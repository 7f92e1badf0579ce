"""Several records of one trial in one source: what the trial says where they differ."""

import pytest

from scraper.compare.united import status, united
from scraper.model import LinkedId, Place, Record, Trial, Version


def version(source_id: str, data_version: str = "", is_partial: bool = False, **fields: object) -> Version:
    record = Record(source="x", source_id=source_id, data_version=data_version, is_partial=is_partial)
    trial = Trial(trial_id="T", source="x", source_id=source_id, registry="x", url=None)
    for name, value in fields.items():
        setattr(trial, name, value)
    return Version(record, trial, "2026-01-01T00:00:00Z", source_id)


def rank(record: Record) -> tuple[int, ...]:
    return (int(record.source_id.startswith("good")),)


@pytest.mark.parametrize(
    "stated, expected",
    [
        ([], None),
        ([None, None], None),
        (["COMPLETED", None], "COMPLETED"),
        (["COMPLETED", "COMPLETED"], "COMPLETED"),
        (["COMPLETED", "UNKNOWN"], "UNKNOWN"),
        (["COMPLETED", "TERMINATED"], "NOT_RECRUITING"),
        (["COMPLETED", "SUSPENDED"], "NOT_RECRUITING"),
        (["COMPLETED", "NOT_AUTHORISED"], "COMPLETED"),
        (["NOT_AUTHORISED"], "NOT_AUTHORISED"),
        (["UNKNOWN", "NOT_AUTHORISED"], "UNKNOWN"),
        (["COMPLETED", "RECRUITING", "UNKNOWN"], "RECRUITING"),
        (["NOT_YET_RECRUITING", "COMPLETED"], "NOT_YET_RECRUITING"),
        (["COMPLETED", "TERMINATED", "NOT_AUTHORISED"], "NOT_RECRUITING"),
    ],
)
def test_status_says_nothing_that_a_record_denies(stated: list[str | None], expected: str | None) -> None:
    assert status(stated) == expected
    assert status(reversed(stated)) == expected


def test_the_best_record_leads_then_the_newest_data_then_the_last_id() -> None:
    def lead(*versions: Version) -> str:
        return united(versions, rank).record.source_id

    assert lead(version("good-a", "2020"), version("b", "2026")) == "good-a"
    assert lead(version("a", "2020"), version("b", "2019")) == "a"
    assert lead(version("a"), version("b")) == lead(version("b"), version("a")) == "b"
    assert lead(version("a"), version("good-b", is_partial=True)) == "a"


def test_a_limit_of_age_holds_where_every_record_has_one() -> None:
    young = version("a", minimum_age="12 Years", minimum_age_years=12.0)
    old = version("b", minimum_age="18 Years", minimum_age_years=18.0)
    none = version("c")
    row = version("d", is_partial=True)
    assert united([young, old, row], rank).trial.minimum_age == "12 Years"
    assert united([young, old, none], rank).trial.minimum_age_years is None


def test_the_highest_maximum_holds() -> None:
    both = [
        version(n, maximum_age=f"{y} Years", maximum_age_years=float(y), maximum_age_before_years=y + 1.0)
        for n, y in (("a", 64), ("b", 17))
    ]
    trial = united(both, rank).trial
    assert (trial.maximum_age, trial.maximum_age_years, trial.maximum_age_before_years) == (
        "64 Years",
        64.0,
        65.0,
    )


def test_places_and_ids_of_all_stand_once() -> None:
    def place(country: str, status: str | None) -> Place:
        return Place(None, None, None, None, country, None, None, status)

    one, two = LinkedId("NCT99000001", "ctgov"), LinkedId("OAT", "other")
    first = version("b", sites=[place("Spain", None), place("Italy", "COMPLETED")], secondary_ids=[one])
    second = version("a", sites=[place("Spain", "UNKNOWN")], secondary_ids=[one, two])
    trial = united([first, second], rank).trial
    assert trial.sites == [place("Spain", "UNKNOWN"), place("Italy", "COMPLETED")]
    assert trial.secondary_ids == [one, two]


def test_the_lead_is_not_filled_with_words_of_another() -> None:
    trial = united([version("b"), version("a", eligibility_criteria="x", enrollment=7)], rank).trial
    assert (trial.eligibility_criteria, trial.enrollment) == (None, 7)


def test_sexes_of_all_are_joined() -> None:
    assert united([version("a", sex="FEMALE"), version("b", sex="MALE")], rank).trial.sex == "ALL"
    assert united([version("a", sex="FEMALE"), version("b")], rank).trial.sex == "FEMALE"
