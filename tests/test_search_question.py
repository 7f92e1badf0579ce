"""An address says a question, and a question an address."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import SettingsError
from scraper.normalise.age import parse_age
from scraper.normalise.phase import PHASES
from scraper.normalise.status import STATUSES
from scraper.search.filters import Filters, Near
from scraper.search.places import box, distance_km
from scraper.search.question import SPONSOR_CLASSES, Question, from_params, to_params

_words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)
_dates = st.sampled_from(["", "2026", "2026-05", "2026-05-13"])
_filters = st.builds(
    Filters,
    status=st.lists(st.sampled_from(STATUSES), unique=True, max_size=3).map(tuple),
    recruiting=st.booleans(),
    phase=st.lists(st.sampled_from(PHASES), unique=True, max_size=3).map(tuple),
    age=st.none() | st.sampled_from(["34", "0", "8 months", "5 weeks", "10 days"]).map(parse_age),
    sex=st.none() | st.sampled_from(["FEMALE", "MALE", "ALL"]),
    sponsor_class=st.lists(st.sampled_from(SPONSOR_CLASSES), unique=True, max_size=2).map(tuple),
    country=st.lists(st.sampled_from(["France", "Côte d'Ivoire"]), unique=True).map(tuple),
    condition=_words,
    near=st.none() | st.builds(Near, st.integers(-90, 90).map(float), st.just(-71.06), st.just(12.5)),
    updated_from=_dates,
    start_to=_dates,
    has_results=st.none() | st.booleans(),
    healthy_volunteers=st.booleans(),
    removed=st.booleans(),
)


@given(
    st.builds(
        Question,
        _words,
        _filters,
        st.sampled_from(["relevance", "updated"]),
        st.integers(1, 50),
        st.integers(0, 99),
    )
)
def test_question_survives_its_address(question: Question) -> None:
    params: dict[str, list[str]] = {}
    for name, value in to_params(question):
        params.setdefault(name, []).append(value)
    assert from_params(params) == question


def test_empty_question_has_an_empty_address() -> None:
    assert to_params(Question()) == []
    assert from_params({"q": "", "status": ["", ""], "age": " ", "utm_source": "x"}) == Question()


@pytest.mark.parametrize(
    "params, filters",
    [
        ({"phase": ["2", "phase 1/2", "Phase III", "n/a", "early phase 1"]},
         Filters(phase=("PHASE2", "PHASE1/PHASE2", "PHASE3", "NA", "EARLY_PHASE1"))),
        ({"status": "not yet recruiting"}, Filters(status=("NOT_YET_RECRUITING",))),
        ({"status": "Active, not recruiting"}, Filters(status=("ACTIVE_NOT_RECRUITING",))),
        ({"sex": "f"}, Filters(sex="FEMALE")),
        ({"age": "34"}, Filters(age=34.0)),
        ({"age": "6 months"}, Filters(age=0.5)),
        ({"near": "42.36, -71.06"}, Filters(near=Near(42.36, -71.06, 50.0))),
        ({"has_results": "no"}, Filters(has_results=False)),
    ],
)  # fmt: skip
def test_values_are_read_as_people_write_them(params: dict[str, str], filters: Filters) -> None:
    assert from_params(params) == replace(Question(), filters=filters)


@pytest.mark.parametrize(
    "name, value, expected",
    [
        ("status", "Paused", "one of RECRUITING"),
        ("phase", "5", "one of EARLY_PHASE1"),
        ("age", "old", "an age such as"),
        ("age", "-3", "an age such as"),
        ("age", "160", "at most 150 years"),
        ("sex", "x", "one of ALL"),
        ("near", "Nowhereville", "a town"),
        ("near", "Boston, Atlantis", "a country nor one"),
        ("near", "nan,nan", "a latitude"),
        ("near", "91,0", "a latitude"),
        ("updated_from", "13/05/2026", "a date such as"),
        ("updated_from", "2026-13", "a date such as"),
        ("sort", "best", "one of relevance"),
        ("sort", "distance", "near="),
        ("limit", "0", "1 to"),
        ("limit", "ten", "a whole number"),
        ("offset", "-1", "a whole number"),
        ("recruiting", "maybe", "1 or 0"),
    ],
)
def test_bad_value_is_named_with_what_was_expected(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}: found .*; expected .*{expected}"):
        from_params({name: value})


def test_distances_on_the_globe() -> None:
    assert distance_km(0, 0, 0, 1) == pytest.approx(111.195, abs=0.001)
    assert distance_km(90, 12, 0, 77) == pytest.approx(10007.557, abs=0.001)
    assert distance_km(42.36, -71.06, 42.36, -71.06) == 0


@given(st.floats(-89, 89), st.floats(-180, 180), st.floats(1, 4000), st.floats(-90, 90), st.floats(-180, 180))
def test_every_point_within_reach_lies_in_the_box(
    latitude: float, longitude: float, km: float, other_latitude: float, other_longitude: float
) -> None:
    if distance_km(latitude, longitude, other_latitude, other_longitude) <= km:
        south, north, ranges = box(Near(latitude, longitude, km))
        assert south - 1e-6 <= other_latitude <= north + 1e-6
        assert any(west - 1e-6 <= other_longitude <= east + 1e-6 for west, east in ranges)
