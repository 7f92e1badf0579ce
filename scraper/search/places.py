"""Distance: which trials have a site near a point, and which site is the nearest."""

import sqlite3
from dataclasses import dataclass
from math import asin, cos, degrees, radians, sin, sqrt

from scraper.model import trial_key
from scraper.search.filters import Near

_EARTH_KM = 6371.0088


@dataclass(frozen=True)
class Place:
    """The nearest site: its distance, and where it stands in `sites`."""

    km: float
    trial_id: str
    position: int
    status: str | None


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance by the haversine formula."""
    a, b = radians(latitude), radians(other_latitude)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(half)))


def box(near: Near) -> tuple[float, float, list[tuple[float, float]]]:
    """(south, north, longitude ranges) of a box around the circle; two ranges where it crosses the 180th meridian."""
    angle = near.km / _EARTH_KM
    south, north = near.latitude - degrees(angle), near.latitude + degrees(angle)
    if south <= -90 or north >= 90 or angle >= 1.5:
        return max(south, -90.0), min(north, 90.0), [(-180.0, 180.0)]
    reach = degrees(asin(min(1.0, sin(angle) / cos(radians(near.latitude)))))
    west, east = near.longitude - reach, near.longitude + reach
    if west < -180:
        return south, north, [(west + 360, 180.0), (-180.0, east)]
    if east > 180:
        return south, north, [(west, 180.0), (-180.0, east - 360)]
    return south, north, [(west, east)]


def nearest(connection: sqlite3.Connection, near: Near, *, recruiting: bool = False) -> dict[int, Place]:
    """trial_key -> its nearest site within the circle.

    With `recruiting`, sites that say they do not recruit are passed over; most sites say nothing.
    """
    south, north, ranges = box(near)
    found: dict[int, Place] = {}
    known: dict[tuple[float, float], float] = {}
    keys: dict[str, int] = {}
    for west, east in ranges:
        rows = connection.execute(
            "select latitude, longitude, trial_id, position, status from sites"
            " where latitude between ? and ? and longitude between ? and ?",
            [south, north, west, east],
        )
        for latitude, longitude, trial_id, position, status in rows:
            if recruiting and status not in (None, "RECRUITING"):
                continue
            point = (latitude, longitude)
            km = known.get(point)
            if km is None:
                km = known[point] = distance_km(near.latitude, near.longitude, latitude, longitude)
            if km > near.km:
                continue
            identity = keys.get(trial_id)
            if identity is None:
                identity = keys[trial_id] = trial_key(trial_id)
            other = found.get(identity)
            if other is None or (km, position) < (other.km, other.position):
                found[identity] = Place(km, trial_id, position, status)
    return found
