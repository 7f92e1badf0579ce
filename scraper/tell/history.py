"""One trial at a date, and what differs between two dates: read from `trials.db` alone."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from scraper.compare import changes, state
from scraper.errors import ScraperError, SettingsError
from scraper.model import Change, Constraint, Criterion
from scraper.normalise.date import is_date
from scraper.normalise.identifier import canonical
from scraper.store import past, reader


class NotKnownYet(ScraperError):
    """A date before the first version of a trial that is kept here."""


def checked_date(words: str, name: str) -> str:
    """The date, as precise as typed. Raises SettingsError on anything that is not ISO 8601, or no day of the calendar."""
    if not is_date(words):
        raise SettingsError(
            f"{name}: found {words!r}; expected a date that the calendar has, such as 2026-03-01, 2026-03 or 2026"
        )
    return words


def ahead_of(connection: sqlite3.Connection, date: str) -> str:
    """The day of the newest page here when the date is later than it, else "": of such a date nothing can be known."""
    row = connection.execute("select value from meta where key = 'snapshot_at'").fetchone()
    newest = str(row[0]) if row else ""
    return newest[:10] if newest and date > newest[: len(date)] else ""


def found(connection: sqlite3.Connection, trial_id: str, path: Path) -> str:
    """The id of the trial that somebody means. Raises ScraperError when it is not here, SettingsError on no id."""
    if not trial_id.strip():
        raise SettingsError(f"trial {trial_id!r} is no id; expected one such as NCT04010877")
    recognised = canonical(trial_id)
    known = reader.trial_id_of(connection, trial_id.strip(), recognised[1] if recognised else None)
    if known is None:
        raise ScraperError(f"trial {trial_id!r} is not in {path}; try `trials search {trial_id}`")
    return known


def moment(connection: sqlite3.Connection, trial_id: str, date: str, name: str = "--as-of") -> past.Moment:
    """The state of a trial at the end of a date. Raises NotKnownYet when the date is before the first one."""
    known = past.moments(connection, trial_id)
    there = past.moment_of(known, checked_date(date, name))
    if there is None:
        raise NotKnownYet(
            f"{trial_id} at {date}: nothing is known of it before {known[0].observed_at}, the first version kept"
            " here; expected that date or a later one"
        )
    return there


def trial_at(
    connection: sqlite3.Connection, trial_id: str, date: str, name: str = "--as-of"
) -> dict[str, Any]:
    """The trial as `reader.trial` gives it, as it was; "as_of" says since when and until when it was so.

    Its "ahead_of" is the day of the data where the date is later, else "".
    """
    there = moment(connection, trial_id, date, name)
    with closing(past.at(connection, trial_id, there)) as memory:
        trial = reader.trial(memory, trial_id) or {}
    known = {"date": date, **there._asdict(), "ahead_of": ahead_of(connection, date)}
    return {**trial, "as_of": known}


def between(
    connection: sqlite3.Connection, trial_id: str, start: str, end: str
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """Since when and until when the trial was as it was at one date and at another, and what differs between them."""
    before, after = (trial_at(connection, trial_id, *each) for each in ((start, "--from"), (end, "--to")))
    older, newer = (state.of_rows(trial, partial(criteria, trial)) for trial in (before, after))
    gone = [
        Change(
            field="removed_at",
            old=before["removed_at"],
            new=after["removed_at"],
            observed_at=after["as_of"]["observed_at"],
            severity="high",
            source=after["source"],
            source_id=after["source_id"],
            kind="removed" if after["removed_at"] else "returned",
        )
    ] * (before["removed_at"] != after["removed_at"])
    own = (after["as_of"]["observed_at"], after["source"], after["source_id"])
    found = [*gone, *changes.differences(older, newer, *own)]
    rows = [msgspec.structs.asdict(change) for change in found]
    # Between two dates that somebody chose, when it was learned says nothing.
    return (
        before["as_of"],
        after["as_of"],
        [{k: v for k, v in row.items() if k != "learned_at"} for row in rows],
    )


def criteria(trial: dict[str, Any]) -> Sequence[Criterion]:
    """The criteria of a trial that was read from the database, with their limits."""
    limits: dict[int, list[Constraint]] = {}
    for row in trial["criteria_constraints"]:
        named: dict[str, Any] = {name: row[name] for name in _LIMIT}
        named |= {name: row[name] or "" for name in _WORDS}
        named |= {"start": row["evidence_start"], "end": row["evidence_end"]}
        limits.setdefault(row["criterion_id"], []).append(Constraint(**named))
    return [
        Criterion(
            kind=row["kind"],
            kind_source=row["kind_source"],
            position=row["position"],
            text=row["text"],
            depth=row["depth"],
            section=row["section"] or "",
            constraints=tuple(limits.get(row["id"], ())),
        )
        for row in trial["criteria"]
    ]


_LIMIT = [name for name in Constraint.__struct_fields__ if name not in ("start", "end")]
_WORDS = frozenset({"unit", "canonical_unit", "condition_text", "window_unit"})
