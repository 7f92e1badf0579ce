"""What changed, newest first: the page, and the rows for programs."""

import itertools
import sqlite3
from collections.abc import Iterable
from typing import Any

from scraper.errors import SettingsError
from scraper.site import labels
from scraper.site.paging import SIZE, paging
from scraper.site.rows import Row, number, select
from scraper.tell.history import checked_date
from scraper.tell.said import readable

MOST_ROWS = 1000
_SEVERITIES = ("", "high", "low")


def with_parts(connection: sqlite3.Connection, rows: Iterable[Row]) -> list[Row]:
    """The rows with a "label" and what differs, in words for people, under "parts"."""
    found = readable(rows, labels)
    quantities = (
        {row["code"]: row["label"] for row in select(connection, "select code, label from variables")}
        if any(row.get("detail") for row in found)
        else {}
    )
    return [{**row, "detail": labels.detail(row.get("detail"), quantities)} for row in found]


def changes(connection: sqlite3.Connection, since: str, severity: str, page: int) -> dict[str, Any]:
    """One page of changes, grouped by day. Raises SettingsError on a date or severity that is none."""
    where, parameters = _where(since, severity)
    total = number(connection, f"select count(*) from changes c {where}", parameters)
    place = paging("/changes", [("since", since), ("severity", severity)], page, total)
    # All downwards: the index on observed_at ends with the primary key and is read backwards, without a sort.
    rows = select(
        connection,
        "select c.*, t.brief_title from changes c join trials t on t.trial_id = c.trial_id"
        f" {where} order by c.observed_at desc, c.trial_id desc, c.position desc limit :limit offset :offset",
        {**parameters, "limit": SIZE, "offset": (place.number - 1) * SIZE},
    )
    days = itertools.groupby(with_parts(connection, rows), key=lambda row: str(row["observed_at"])[:10])
    return {
        "heading": "What changed",
        "since": since,
        "severity": severity,
        "since_query": f"?since={since}" if since else "",
        "total": total,
        "days": [(day, _by_trial(group)) for day, group in days],
        "page": place,
        "message": "" if total else "No change is known for this choice.",
    }


def _by_trial(rows: Iterable[Row]) -> list[list[Row]]:
    return [list(group) for _, group in itertools.groupby(rows, key=lambda row: row["trial_id"])]


def changes_rows(connection: sqlite3.Connection, since: str, severity: str) -> dict[str, Any]:
    """Changes for programs, oldest first, so that the last one's time is where the next call goes on."""
    where, parameters = _where(since, severity)
    rows = select(
        connection,
        "select c.trial_id, c.field, c.old, c.new, c.observed_at, c.severity, c.source, c.source_id, c.kind,"
        " c.criterion, c.detail from changes c"
        f" {where} order by c.observed_at, c.trial_id, c.position limit :limit",
        {**parameters, "limit": MOST_ROWS + 1},
    )
    more = len(rows) > MOST_ROWS
    rows = rows[:MOST_ROWS]
    return {
        "since": since or None,
        "count": len(rows),
        "truncated": more,
        "next_since": rows[-1]["observed_at"] if more else None,
        "changes": rows,
    }


def _where(since: str, severity: str) -> tuple[str, dict[str, str]]:
    if severity not in _SEVERITIES:
        raise SettingsError(f"severity: found {severity!r}; expected high or low")
    clauses = []
    if since and checked_date(since, "since"):
        clauses.append("c.observed_at >= :since")
    if severity:
        clauses.append("c.severity = :severity")
    return f"where {' and '.join(clauses)}" if clauses else "", {"since": since, "severity": severity}
