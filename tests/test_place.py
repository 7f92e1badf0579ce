"""Places as people type them: one town, several of a name, none."""

import pytest

from scraper.errors import NormaliseError
from scraper.match.patient import from_params as patient_from
from scraper.match.patient import said
from scraper.normalise.place import places
from scraper.search.filters import Filters
from scraper.search.places import distance_km
from scraper.search.question import Question, from_params, to_params


@pytest.mark.parametrize(
    "typed, label",
    [
        ("Lyon", "Lyon, France"),
        ("lyon", "Lyon, France"),
        ("Lyon France", "Lyon, France"),
        ("Saint Etienne", "Saint-Étienne, France"),
        ("Boston, US", "Boston, Massachusetts, United States"),
        ("Boston, UK", "Boston, United Kingdom"),
        ("Boston, MA, USA", "Boston, Massachusetts, United States"),
        ("Springfield, Illinois", "Springfield, Illinois, United States"),
        ("Paris Texas", "Paris, Texas, United States"),
        ("Washington, D.C.", "Washington, District of Columbia, United States"),
        ("München", "Munich, Germany"),
        ("MUNCHEN", "Munich, Germany"),
        ("東京", "Tokyo, Japan"),
        ("Atlanta, Georgia", "Atlanta, Georgia, United States"),
        ("Tbilisi, Georgia", "Tbilisi, Georgia"),
    ],
)
def test_town_is_found_as_people_write_it(typed: str, label: str) -> None:
    assert places(typed)[0].label == label


@pytest.mark.parametrize("typed", ["Boston", "Springfield", "Saint Louis", "Halle", "Santiago", "Cambridge"])
def test_name_of_several_towns_gives_them_all_the_most_populous_first(typed: str) -> None:
    found = places(typed)
    assert len(found) > 1
    assert [each.population for each in found] == sorted((each.population for each in found), reverse=True)


@pytest.mark.parametrize("typed", ["Boston", "Springfield", "Halle", "Santa Cruz", "Cambridge"])
def test_what_is_offered_for_each_town_finds_that_town(typed: str) -> None:
    for each in places(typed):
        near = from_params({"near": each.typed}).filters.near
        assert near
        assert distance_km(near.latitude, near.longitude, each.latitude, each.longitude) < 15


@pytest.mark.parametrize(
    "typed, expected",
    [
        ("Nowhereville", "a town, as in Lyon"),
        ("Boston, Atlantis", "'Atlantis' is neither a country nor one of the United States"),
        ("France", "a country has a filter of its own"),
        (", US", "a town"),
        ("?" * 5000, "a town"),
        ("Boston, France", "a town"),
    ],
)
def test_unknown_place_is_never_guessed(typed: str, expected: str) -> None:
    with pytest.raises(NormaliseError) as error:
        places(typed)
    assert expected in error.value.expected
    assert len(str(error.value)) < 400


def test_address_of_a_search_keeps_the_words_of_the_place() -> None:
    question = from_params({"near": "Boston, UK", "km": "80"})
    assert to_params(question) == [("near", "Boston, UK"), ("km", "80")]
    assert from_params(dict(to_params(question))) == question
    assert question.filters.near
    assert question.filters.near.latitude == pytest.approx(52.98, abs=0.05)
    assert from_params({"near": "42.36,-71.06"}).filters.near != question.filters.near
    assert Question(filters=Filters()) == from_params({"near": " "})


def test_patients_question_says_which_town_was_understood() -> None:
    assert (
        said(patient_from({"age": "6", "near": "Boston"}))["near"] == "Boston, Massachusetts, United States"
    )
    assert said(patient_from({"age": "6", "near": "42.36,-71.06"}))["near"] == "42.36,-71.06"
