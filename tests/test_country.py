"""Countries by code, whatever registries call them, and approximate coordinates of their cities."""

import itertools
from pathlib import Path

import pytest

from scraper.errors import NormaliseError
from scraper.model import Record, Site
from scraper.normalise.country import country_code, country_names
from scraper.normalise.gazetteer import town
from scraper.normalise.trial import normalise
from scraper.search.places import distance_km
from tests.commands import dump, rows, trials, trials_json
from tests.samples import study
from tests.test_learned_counts import write


@pytest.mark.parametrize(
    "words, code",
    [
        ("United States", "US"),
        ("united  states of america", "US"),
        ("USA", "US"),
        ("Korea, Republic of", "KR"),
        ("South Korea", "KR"),
        ("Korea, Democratic People's Republic of", "KP"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Turkey (Türkiye)", "TR"),
        ("Turkiye", "TR"),
        ("Czechia", "CZ"),
        ("Czech Republic", "CZ"),
        ("Iran, Islamic Republic of", "IR"),
        ("Iran (Islamic Republic of)", "IR"),
        ("Taiwan", "TW"),
        ("Kosovo", "XK"),
        ("Côte D'Ivoire", "CI"),
        ("Cote d’Ivoire", "CI"),
        ("Russian Federation", "RU"),
        ("Viet Nam", "VN"),
        ("Congo, The Democratic Republic of the", "CD"),
        ("Congo", "CG"),
        ("Palestinian Territories, Occupied", "PS"),
        ("Macedonia, The Former Yugoslav Republic of", "MK"),
        ("England", "GB"),
        ("The Netherlands", "NL"),
        ("DE", "DE"),
        ("Niger", "NE"),
        ("Nigeria", "NG"),
    ],
)
def test_country_goes_by_its_code(words: str, code: str) -> None:
    assert country_code(words) == code


@pytest.mark.parametrize("words", ["Former Serbia and Montenegro", "Czechoslovakia", "Worldwide"])
def test_what_is_no_country_of_today_has_no_code(words: str) -> None:
    assert country_code(words) is None


@pytest.mark.parametrize("words", ["Wuhan", "Chian", "Japan,Europe", "Ruritania"])
def test_unknown_country_is_not_guessed(words: str) -> None:
    with pytest.raises(NormaliseError):
        country_code(words)


def test_every_name_that_is_shown_is_understood_when_typed() -> None:
    assert {name: country_code(name) for name in country_names().values()} == {
        name: code for code, name in country_names().items()
    }


def test_unknown_country_is_one_problem_however_many_sites_have_it() -> None:
    record = Record(
        source="ctgov",
        source_id="NCT99100001",
        registry_id="NCT99100001",
        sites=[Site(city="Strelsau", country="Ruritania"), Site(country="Ruritania"), Site(country="Peru")],
    )
    trial, problems = normalise(record, "2026-01-01T00:00:00Z")
    assert [(each.field, each.found) for each in problems] == [("sites[0].country", "Ruritania")]
    assert [place.country_code for place in trial.sites] == [None, None, "PE"]
    assert trial.countries == ["Peru", "Ruritania"]


@pytest.mark.parametrize(
    "city, state, country, near",
    [
        ("Boston", "Massachusetts", "US", (42.36, -71.06)),
        ("Boston", "MA", "US", (42.36, -71.06)),
        ("Paris", "", "FR", (48.85, 2.35)),
        ("Paris", "Texas", "US", (33.66, -95.56)),
        ("München", "", "DE", (48.14, 11.58)),
        ("Munich", "", "DE", (48.14, 11.58)),
        ("Saint Etienne", "", "FR", (45.43, 4.39)),
        ("Milan", "", "IT", (45.46, 9.19)),
    ],
)
def test_city_lies_where_the_gazetteer_knows_it(
    city: str, state: str, country: str, near: tuple[float, float]
) -> None:
    found = town(city, state, country)
    assert found is not None
    assert distance_km(*found, *near) < 15


@pytest.mark.parametrize(
    "city, state, country",
    [
        ("Springfield", "", "US"),
        ("Boston", "Ohio", "US"),
        ("Halle an der Nirgends", "", "DE"),
        ("Paris", "", "DE"),
        ("", "", "FR"),
    ],
)
def test_city_that_may_be_another_gets_no_coordinates(city: str, state: str, country: str) -> None:
    assert town(city, state, country) is None


def located() -> list[dict[str, object]]:
    """Three studies: one that states where it is, one in a city, one in a country that nobody knows."""
    places: list[list[dict[str, object]]] = [
        [{"facility": "A", "city": "Lyon", "country": "France", "geoPoint": {"lat": 45.75, "lon": 4.85}}],
        [{"facility": "B", "city": "Lyon", "country": "France"}],
        [{"facility": "C", "city": "Strelsau", "country": "Turkey"}],
    ]
    found = []
    for number, sites in enumerate(places, 1):
        made = study(f"NCT{99100000 + number}")
        made["protocolSection"]["contactsLocationsModule"] = {"locations": sites}
        found.append(made)
    return found


def test_coordinates_say_where_they_come_from(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write(tmp_path, "all", located()))
    assert rows(
        data,
        "select trial_id, country_code, coordinates_source, latitude is not null from sites order by trial_id",
    ) == [
        ("NCT99100001", "FR", "stated", 1),
        ("NCT99100002", "FR", "gazetteer", 1),
        ("NCT99100003", "TR", None, 0),
    ]
    assert dict(rows(data, "select key, value from meta where key like '%gazetteer'")).keys() == {
        "title_gazetteer",
        "licence_gazetteer",
        "attribution_gazetteer",
    }


def test_near_finds_approximate_places_and_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write(tmp_path, "all", located()))
    found = trials_json(data, "search", "--near", "45.75,4.85", "--km", "30")
    said = {hit["trial_id"]: hit["site"] for hit in found["hits"]}
    assert said == {
        "NCT99100001": "A, Lyon, France",
        "NCT99100002": "B, Lyon, France, place approximate",
    }


@pytest.mark.parametrize("typed", ["TR", "Turkey", "Türkiye", "turkiye", "TÜRKIYE"])
def test_country_filter_takes_codes_and_names(tmp_path: Path, typed: str) -> None:
    data = tmp_path / "data"
    trials(data, "import", write(tmp_path, "all", located()))
    found = trials_json(data, "search", "--country", typed)
    assert [hit["trial_id"] for hit in found["hits"]] == ["NCT99100003"]


def test_facets_show_one_name_a_country(tmp_path: Path) -> None:
    data = tmp_path / "data"
    studies = located()
    other = study("NCT99100009")
    other["protocolSection"]["contactsLocationsModule"] = {"locations": [{"city": "X", "country": "Türkiye"}]}
    trials(data, "import", write(tmp_path, "all", [*studies, other]))
    assert rows(data, "select key, value from stats where name = 'facet_countries' order by key") == [
        ("France", 2),
        ("Türkiye", 2),
    ]
    assert rows(data, "select distinct countries from search_filter where countries like '%T%'") == [
        ("|Türkiye|",)
    ]


def test_countries_and_coordinates_come_out_of_any_order_and_a_full_build(tmp_path: Path) -> None:
    files = [write(tmp_path, f"study{n}", [made]) for n, made in enumerate(located())]
    dumps = []
    for number, order in enumerate(itertools.islice(itertools.permutations(files), 3)):
        data = tmp_path / f"data{number}"
        for file in order:
            trials(data, "import", file)
        dumps.append(dump(data))
    trials(data, "build", "--full")
    assert all(other == dump(data) for other in dumps)
