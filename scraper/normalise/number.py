"""Counts, coordinates and yes/no words."""

import math
import re

from scraper.errors import NormaliseError
from scraper.normalise.words import fold

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


def coordinates(latitude: str, longitude: str) -> tuple[float, float] | None:
    """Latitude and longitude in decimal degrees (WGS 84), None when not stated.

    Raises NormaliseError on one without the other, on a value off the globe, and on 0, 0: that place in the
    Gulf of Guinea is where addresses go that could not be found.
    """
    if not latitude.strip() and not longitude.strip():
        return None
    found = f"{latitude}, {longitude}"
    if not (_DEGREES.fullmatch(latitude.strip()) and _DEGREES.fullmatch(longitude.strip())):
        raise NormaliseError(found, "a latitude and a longitude in decimal degrees")
    lat, lon = float(latitude), float(longitude)
    if not (math.fabs(lat) <= 90 and math.fabs(lon) <= 180) or (lat == 0 and lon == 0):
        raise NormaliseError(found, "a latitude within ±90 and a longitude within ±180 that are not both 0")
    return lat, lon
