"""Where a trial's sites lie on the bundled outline of the world."""

import math
import sqlite3
from typing import Any

from scraper.site.rows import select

FROM_SITES = 3
_UNITS_A_DEGREE = 2
_NORTH, _SOUTH = 84, -60
_MOST = 300


def dots(connection: sqlite3.Connection, trial_id: str) -> list[dict[str, Any]]:
    """One dot a place, the recruiting ones last so that they lie on top; none for fewer than three sites."""
    rows = select(
        connection,
        "select round(latitude, 1) as latitude, round(longitude, 1) as longitude, min(city) as city,"
        " min(country) as country, count(*) as n, max(status = 'RECRUITING') as recruiting,"
        " min(coordinates_source = 'gazetteer') as approximate from sites"
        " where trial_id = ? and latitude between ? and ? and longitude between -180 and 180"
        " group by 1, 2 order by recruiting, n desc limit ?",
        (trial_id, _SOUTH, _NORTH, _MOST),
    )
    if sum(row["n"] for row in rows) < FROM_SITES:
        return []
    return [
        {
            "x": round((row["longitude"] + 180) * _UNITS_A_DEGREE, 1),
            "y": round((_NORTH - row["latitude"]) * _UNITS_A_DEGREE, 1),
            "r": round(3 + min(5, math.sqrt(row["n"])), 1),
            "recruiting": bool(row["recruiting"]),
            "approximate": bool(row["approximate"]),
            "label": ", ".join(filter(None, (row["city"], row["country"])))
            + (f": {row['n']} sites" if row["n"] > 1 else "")
            + (" (approximate)" if row["approximate"] else ""),
        }
        for row in rows
    ]
