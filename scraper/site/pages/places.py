"""Where a trial's sites lie on the bundled outline of the world."""

import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from scraper.site.rows import select

FROM_SITES = 3
_UNITS_A_DEGREE = 2
_NORTH, _SOUTH = 84, -60
_MOST = 300
_WIDTH, _HEIGHT = 720.0, 288.0
_NARROWEST = 180.0
"""Units of the map: the outline is too coarse to show less than a quarter of the world."""
_MARGIN = 24.0


def window(shown: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The part of the map that holds all dots: "box" is its viewBox, "scale" its width as a part of the world's."""
    xs, ys = [dot["x"] for dot in shown], [dot["y"] for dot in shown]
    width = max(
        _NARROWEST,
        max(xs) - min(xs) + 2 * _MARGIN,
        (max(ys) - min(ys) + 2 * _MARGIN) * _WIDTH / _HEIGHT,
    )
    width = min(_WIDTH, width)
    height = width * _HEIGHT / _WIDTH
    left = min(max(0.0, (min(xs) + max(xs) - width) / 2), _WIDTH - width)
    top = min(max(0.0, (min(ys) + max(ys) - height) / 2), _HEIGHT - height)
    return {"box": f"{left:.1f} {top:.1f} {width:.1f} {height:.1f}", "scale": width / _WIDTH}


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
