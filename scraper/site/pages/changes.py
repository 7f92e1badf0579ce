"""What changed, newest first: the page, and the rows for programs."""

import hashlib
import itertools
import json
import sqlite3
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from scraper.errors import SettingsError
from scraper.site import labels
from scraper.site.paging import SIZE, paging
from scraper.site.rows import Row, number, select
from scraper.tell.history import checked_date
from scraper.tell.said import readable

MOST_ROWS = 1000
_COLUMNS = (
    "trial_id",
    "field",
    "old",
    "new",
    "observed_at",
    "learned_at",
    "severity",
    "source",
    "source_id",
    "kind",
    "criterion",
    "detail",
)
# What makes a change the one it is; when it was learned does not.
_IDENTITY = ("trial_id", "field", "old", "new", "observed_at", "source", "source_id", "kind", "criterion")
_PLACE = ("learned_at", "observed_at", "trial_id", "position")
_CURSOR = "~"
_FEW = 5_000
_SEVERITIES = ("", "high", "low")


def with_parts(rows: Iterable[Row]) -> list[Row]:
    """The rows with a "label" and what differs, in words for people, under "parts".

    Of several that were learned at once the first says when.
    """
    found = readable(rows, labels)
    told = [(row.get("trial_id"), row["observed_at"], row["learned"]) for row in found]
    return [
        {**row, "learned": "" if own == before else row["learned"]}
        for row, own, before in zip(found, told, (None, *told), strict=False)
    ]


def changes(connection: sqlite3.Connection, since: str, severity: str, page: int) -> dict[str, Any]:
    """One page of changes, grouped by day. Raises SettingsError on a date or severity that is none.

    With `since` those that are dated so come first, then those of older dates that were learned since then.
    """
    _check(since, severity)
    counts = [
        number(
            connection,
            f"select count(*) from changes c where {where}",
            {"since": since, "severity": severity},
        )
        for where in _parts(since, severity)
    ]
    total = sum(counts)
    place = paging("/changes", [("since", since), ("severity", severity)], page, total)
    rows: list[Row] = []
    start = (place.number - 1) * SIZE
    for where, count in zip(_parts(since, severity), counts, strict=True):
        if start < count and len(rows) < SIZE:
            rows += _page(connection, where, count, since, severity, start, SIZE - len(rows))
        start = max(0, start - count)
    days = itertools.groupby(with_parts(rows), key=lambda row: str(row["observed_at"])[:10])
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


def _page(
    connection: sqlite3.Connection, where: str, count: int, since: str, severity: str, start: int, size: int
) -> list[Row]:
    # All downwards: the index on observed_at ends with the primary key and is read backwards, without a sort. Where
    # few rows of an older date were learned since, they are found by that and put in order.
    date = "+c.observed_at" if "learned_at" in where and count < _FEW else "c.observed_at"
    return select(
        connection,
        "select c.*, t.brief_title from changes c join trials t on t.trial_id = c.trial_id"
        f" where {where} order by {date} desc, c.trial_id desc, c.position desc limit :limit offset :offset",
        {"since": since, "severity": severity, "limit": size, "offset": start},
    )


def _by_trial(rows: Iterable[Row]) -> list[list[Row]]:
    return [list(group) for _, group in itertools.groupby(rows, key=lambda row: row["trial_id"])]


def changes_rows(
    connection: sqlite3.Connection, since: str, severity: str, after: str = ""
) -> dict[str, Any]:
    """Changes for programs in the order in which this index learned them: what is dated or was learned since then.

    `next` given back as `after` goes on where the answer ended, now or next week: whatever is learned later comes after
    it, be its date older. Each change has an "id" that stays its own. Raises SettingsError on what is no such place.
    """
    _check(since, severity)
    place = _place(after)
    values = {
        "since": since,
        "severity": severity,
        "limit": MOST_ROWS + 1,
        **dict(zip(_PLACE, place or ("", "", "", -1), strict=True)),
    }
    only = " and severity = :severity" if severity else ""
    after_it = f" and ({', '.join(_PLACE)}) > ({', '.join(f':{name}' for name in _PLACE)})" if place else ""
    # A date after the time of learning is a clock's or a copied file's: few, found by the date and put in order.
    ranges = [("learned_at >= :since", "")]
    if since:
        ranges.append(("observed_at >= :since and +learned_at < :since", "+"))
    found = [
        select(
            connection,
            f"select {', '.join(_COLUMNS)}, position from changes where {where}{only}{after_it}"
            f" order by {plus}{', '.join(_PLACE)} limit :limit",
            values,
        )
        for where, plus in ranges
    ]
    rows = sorted(itertools.chain(*found), key=itemgetter(*_PLACE))
    more = len(rows) > MOST_ROWS
    rows = rows[:MOST_ROWS]
    last = rows[-1] if rows else None
    return {
        "since": since or None,
        "count": len(rows),
        "truncated": more,
        "next": _CURSOR.join(str(last[name]) for name in _PLACE) if last else after or None,
        "next_since": last["learned_at"] if last else None,
        "changes": [{"id": _id(row), **{k: v for k, v in row.items() if k != "position"}} for row in rows],
    }


def _place(after: str) -> tuple[str, str, str, int] | None:
    """What `next` named."""
    if not after:
        return None
    learned_at, _, rest = after.partition(_CURSOR)
    observed_at, _, rest = rest.partition(_CURSOR)
    trial_id, _, position = rest.rpartition(_CURSOR)
    if not (trial_id and position.isascii() and position.isdigit() and len(position) < 10):
        raise SettingsError(f"after: found {after!r}; expected what the last answer gave as next")
    return checked_date(learned_at, "after"), checked_date(observed_at, "after"), trial_id, int(position)


def _id(row: Row) -> str:
    content = json.dumps([row[name] for name in _IDENTITY], ensure_ascii=False)
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _check(since: str, severity: str) -> None:
    if severity not in _SEVERITIES:
        raise SettingsError(f"severity: found {severity!r}; expected high or low")
    if since:
        checked_date(since, "since")


def _parts(since: str, severity: str) -> list[str]:
    """What is dated since then, and what is older and was learned since: two ranges, each of its own index."""
    only = " and c.severity = :severity" if severity else ""
    if not since:
        return [f"true{only}"]
    return [f"c.observed_at >= :since{only}", f"c.learned_at >= :since and c.observed_at < :since{only}"]
