"""Counts, coordinates and yes/no words."""

import re
from functools import lru_cache

from scraper.errors import NormaliseError
from scraper.normalise.words import WORDS_KEPT, fold

_BOOLEANS = {
    "true": True,
    "yes": True,
    "accepts healthy volunteers": True,
    "false": False,
    "no": False,
    "no healthy volunteers": False,
}
_COUNT = re.compile(r"[0-9]{1,12}")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]+)?([eE]-?[0-9]{1,2})?")


@lru_cache(WORDS_KEPT)
def yes_no(words: str) -> bool | None:
    """True or False, None when not stated. Raises NormaliseError."""
    folded = fold(words)
    if not folded:
        return None
    try:
        return _BOOLEANS[folded]
    except KeyError:
        raise NormaliseError(words, "yes or no") from None


def count(words: str) -> int | None:
    """A number of people, None when not stated. Raises NormaliseError on anything but digits."""
    stripped = words.strip()
    if not stripped:
        return None
    if _COUNT.fullmatch(stripped) is None:
        raise NormaliseError(words, "a whole number of at most twelve digits")
    return int(stripped)


@lru_cache(1 << 16)
def coordinates(latitude: str, longitude: str) -> tuple[float, float] | None:
    """Latitude and longitude in decimal degrees (WGS 84), None when not stated.

    Raises NormaliseError on one without the other, on a value off the globe, and on 0, 0: that place in the
    Gulf of Guinea is where addresses go that could not be found.
    """
    north, east = latitude.strip(), longitude.strip()
    if not north and not east:
        return None
    if not (_DEGREES.fullmatch(north) and _DEGREES.fullmatch(east)):
        raise NormaliseError(f"{latitude}, {longitude}", "a latitude and a longitude in decimal degrees")
    lat, lon = float(north), float(east)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180) or (lat == 0 and lon == 0):
        raise NormaliseError(
            f"{latitude}, {longitude}",
            "a latitude within ±90 and a longitude within ±180 that are not both 0",
        )
    return lat, lon
