"""The sites of a trial: those that recruit first, and nearest first when a place is known."""

import sqlite3
import urllib.parse
from typing import Any

from scraper.errors import SettingsError
from scraper.search.filters import Near
from scraper.search.places import distance_km
from scraper.search.question import from_params
from scraper.site.links import trial_path
from scraper.site.pages.near import place_meant
from scraper.site.rows import Row, select

SHOWN = 60
OPEN = 20
"""So many stand open, the others are folded away: a list of sixty pushes the rest of the page three screens down."""
_OPEN = "RECRUITING"


def sites(
    connection: sqlite3.Connection, trial_id: str, status: str | None, near: str, as_of: str = ""
) -> dict[str, Any]:
    """The first sites, each with "km" from the place when one is given; a place that cannot be read is said in
    `near_message`.

    A site that states no status stands with those that recruit when the trial does: most records give none.
    """
    place, message = _place(near)
    rows = select(
        connection,
        "select facility, city, state, country, status, latitude, longitude, coordinates_source, position from sites"
        " where trial_id = ? order by status is not 'RECRUITING', country, position",
        (trial_id,),
    )
    if place:
        rows = sorted(
            ({**row, "km": _km(place, row)} for row in rows),
            key=lambda row: (
                row["km"] is None,
                (row["status"] or status) != _OPEN,
                row["km"] or 0.0,
                row["position"],
            ),
        )

    def address(words: str) -> str:
        query = urllib.parse.urlencode({"near": words, **({"as_of": as_of} if as_of else {})})
        return f"{trial_path(trial_id)}?{query}#sites"

    return {
        "sites_total": len(rows),
        "sites": rows[:SHOWN],
        "sites_open": OPEN,
        "sites_say": {
            name: any(row[name] for row in rows) for name in ("facility", "city", "country", "status")
        },
        "place": place_meant(place, address),
        "near": near if place else "",
        "near_typed": near,
        "near_message": message,
    }


def _place(near: str) -> tuple[Near | None, str]:
    if not near.strip():
        return None, ""
    try:
        return from_params({"near": near}).filters.near, ""
    except SettingsError as error:
        return None, str(error)


def _km(place: Near, row: Row) -> float | None:
    """Kilometres between the place and the site; None for a site without coordinates."""
    if row["latitude"] is None or row["longitude"] is None:
        return None
    return distance_km(place.latitude, place.longitude, row["latitude"], row["longitude"])
