"""What two records of one trial state differently; what only looks so is no contradiction."""

from typing import Any

import pytest

from scraper.compare.conflicts import BETWEEN_SOURCES
from scraper.compare.conflicts_between import Reading, between_registries, between_sources
from scraper.model import Trial

NCT = "NCT99100001"


def reading(source: str, since: str, kind: str = "registry", until: str = "", **fields: Any) -> Reading:
    trial = Trial(
        **{"trial_id": NCT, "source": source, "source_id": NCT, "registry": "ctgov", "url": None} | fields
    )
    return Reading(source, kind, since, until or since, {}, trial)


def copied(own: dict[str, Any], copy: dict[str, Any], day: str = "2026-03-05") -> list[tuple[str, str]]:
    """(rule, field) between a registry's record of March to May and a copy of some day."""
    found = between_sources(
        reading("ctgov", "2026-03-01", until="2026-05-13", **own), reading("ictrp", day, "secondary", **copy)
    )
    return [(one.rule, one.field) for one in found]


@pytest.mark.parametrize(
    "field, own, copy",
    [
        ("overall_status", "COMPLETED", "NOT_RECRUITING"),
        ("overall_status", "AVAILABLE", "NOT_RECRUITING"),
        ("overall_status", "NOT_YET_RECRUITING", "NOT_RECRUITING"),
        ("overall_status", "RECRUITING", "ENROLLING_BY_INVITATION"),
        ("overall_status", "RECRUITING", "UNKNOWN"),
        ("phase", "NA", "PHASE2"),
        ("phase", None, "PHASE2"),
        ("phase", "PHASE1", "EARLY_PHASE1"),
        ("start_date", "2026-05-13", "2026"),
        ("start_date", "2026-05-13", "2026-05"),
        ("completion_date", None, "2026"),
        ("lead_sponsor", "Acme Inc.", "ACME GmbH & Co. KG"),
        ("enrollment", 40, 40),
        ("minimum_age_years", 18.0, None),
    ],
)
def test_the_same_in_other_words_is_no_contradiction(field: str, own: object, copy: object) -> None:
    assert copied({field: own}, {field: copy}) == []


@pytest.mark.parametrize(
    "rule, own, copy",
    [
        ("status", {"overall_status": "COMPLETED"}, {"overall_status": "RECRUITING"}),
        ("status", {"overall_status": "RECRUITING"}, {"overall_status": "NOT_RECRUITING"}),
        (
            "status",
            {"overall_status": "UNKNOWN", "last_known_status": "RECRUITING"},
            {"overall_status": "RECRUITING"},
        ),
        ("sex", {"sex": "ALL"}, {"sex": "FEMALE"}),
        ("phase", {"phase": "PHASE1/PHASE2"}, {"phase": "PHASE2"}),
        ("sponsor", {"lead_sponsor": "Acme"}, {"lead_sponsor": "Bell Works"}),
        ("enrollment", {"enrollment": 40}, {"enrollment": 400}),
        ("date", {"start_date": "2026-05-13"}, {"start_date": "2026-06"}),
        (
            "age",
            {"minimum_age": "6 Years", "minimum_age_years": 6.0},
            {"minimum_age": "6 Months", "minimum_age_years": 0.5},
        ),
    ],
)
def test_contradiction_of_a_copy_is_found_and_says_whether_it_is_older(
    rule: str, own: dict[str, Any], copy: dict[str, Any]
) -> None:
    assert [found for found, _ in copied(own, copy)] == [f"{rule}_between_sources"]
    assert [found for found, _ in copied(own, copy, "2026-02-01")] == [f"{rule}_between_sources_older"]
    assert {f"{rule}_between_sources", f"{rule}_between_sources_older"} <= BETWEEN_SOURCES.keys()


def test_number_that_was_planned_does_not_contradict_the_number_that_came() -> None:
    own = {"enrollment": 40, "enrollment_type": "ACTUAL"}
    assert copied(own, {"enrollment": 400}) == []
    assert copied({**own, "enrollment_type": "ESTIMATED"}, {"enrollment": 400}) != []
    assert copied({"enrollment": 40, "overall_status": "WITHDRAWN"}, {"enrollment": 400}) == []


def test_both_readings_come_with_their_dates() -> None:
    own = reading("ctgov", "2026-03-01", overall_status="COMPLETED")
    (found,) = between_sources(
        own, reading("ictrp", "2026-02-01", "secondary", overall_status="NOT_YET_RECRUITING")
    )
    assert (found.value_a, found.source_a, found.date_a) == ("NOT_YET_RECRUITING", "ictrp", "2026-02-01")
    assert (found.value_b, found.source_b, found.date_b) == ("COMPLETED", "ctgov", "2026-03-01")


def ages(minimum: float | None, maximum: float | None) -> dict[str, Any]:
    return {
        "minimum_age": "x",
        "maximum_age": "x",
        "minimum_age_years": minimum,
        "maximum_age_years": maximum,
        "maximum_age_before_years": None if maximum is None else maximum + 1,
    }


@pytest.mark.parametrize(
    "low, high, fields",
    [
        (18.0, 64.0, []),
        (21.0, 50.0, []),
        (12.0, 64.0, ["minimum_age"]),
        (18.0, 75.0, ["maximum_age"]),
        (65.0, 70.0, ["minimum_age", "maximum_age"]),
    ],
)
def test_age_groups_contradict_only_limits_outside_of_them(
    low: float, high: float, fields: list[str]
) -> None:
    own = reading("ctgov", "2026-03-01", **ages(low, high))
    grouped = reading("ctis", "2026-03-01", registry="ctis", **ages(18.0, 64.0))
    found = [(c.rule, c.field) for c in between_registries(own, grouped)]
    assert found == [("age_between_registries", field) for field in fields]


def test_registries_may_mean_another_day_of_the_start() -> None:
    own = reading("ctgov", "2026-03-01", start_date="2026-01-10")
    assert list(between_registries(own, reading("isrctn", "2026-03-01", start_date="2026-02-20"))) == []
    (found,) = between_registries(own, reading("isrctn", "2026-03-01", start_date="2027-02"))
    assert (found.rule, found.field) == ("date_between_registries", "start_date")
