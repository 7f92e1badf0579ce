"""What could not be read, and where."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from scraper.site.paging import SIZE, paging
from scraper.site.rows import Row, meta, number, select
from scraper.site.titles import short_title

_MOST_KINDS = 60


def problems(connection: sqlite3.Connection, page: int) -> dict[str, Any]:
    """One page of problems, newest first, and how many there are of each kind."""
    total = number(connection, "select count(*) from problems")
    facts = meta(connection)
    place = paging("/problems", [], page, total)
    return {
        "heading": "Problems",
        "total": total,
        "stages": _titled(
            facts,
            select(
                connection,
                "select source, stage, field, count(*) as n from problems group by source, stage, field"
                " order by n desc, source, stage, field limit :n",
                {"n": _MOST_KINDS},
            ),
        ),
        "rows": _titled(
            facts,
            select(
                connection,
                "select * from problems order by seen_at desc, source, source_id, field"
                " limit :limit offset :offset",
                {"limit": SIZE, "offset": (place.number - 1) * SIZE},
            ),
        ),
        "page": place,
    }


def _titled(facts: Mapping[str, str], rows: list[Row]) -> list[Row]:
    return [{**row, "title": short_title(facts, row["source"] or "") or "not recognised"} for row in rows]
