"""Step m010 for a database that was made before it: which stated ages were not read, now and in every former state.

What a build writes there (`normalise.age.unread`) follows from the problems and the words that were kept.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from sqlite_utils.db import Database

from scraper.store.difference import list_difference
from scraper.store.rows import columns

Row = dict[str, Any]
# The columns of this step: later ones are not there yet.
_CHANGE = (
    "trial_id",
    "position",
    "field",
    "old",
    "new",
    "observed_at",
    "severity",
    "source",
    "source_id",
    "kind",
    "criterion",
    "detail",
)
_RECORD = (
    "source",
    "source_id",
    "trial_id",
    "url",
    "status_raw",
    "age_raw",
    "sex_raw",
    "phase_raw",
    "sponsor_raw",
    "updated_raw",
    "fetched_at",
    "sha256",
    "parser_version",
    "is_partial",
    "form_lacks",
    "ages_unread",
)

_BOUNDS = {"minimum_age": "minimum_age_years", "maximum_age": "maximum_age_before_years"}
# Sources whose trial is made of several records: one for each country.
_UNITED = frozenset({"euctr"})


def fill(db: Database) -> None:
    """Fill `ages_unread` of `trials`, `search_filter`, `records`, and what follows for the history."""
    about_age = "select trial_id from problems where field in ('age', 'minimum_age', 'maximum_age')"
    wanted = (
        f"select trial_id from trials where trial_id in ({about_age} union select trial_id from versions)"
    )
    for (trial_id,) in db.execute(wanted).fetchall():
        _fill_trial(db, trial_id)
    if db.execute("select 1 from trials where ages_unread is not null").fetchone():
        # The next run counts everything anew, as after one that was killed.
        db.execute("delete from meta where key = 'links_version'")


class _State(NamedTuple):
    """The rows of a trial at one time; `began` is when, `rest` what its other tables differ in from the newer state."""

    began: str
    trial: Row
    records: list[Row]
    changes: list[Row]
    rest: dict[str, Any]
    rowid: int | None


def _fill_trial(db: Database, trial_id: str) -> None:
    states = _states_of(db, trial_id)
    for at, state in enumerate(states):
        _tell(state, states[: at + 1])
    present = states[-1]
    unread = present.trial["ages_unread"]
    if unread:
        db.execute("update trials set ages_unread = ? where trial_id = ?", (unread, trial_id))
        db.execute("update search_filter set ages_unread = ? where trial_id = ?", (unread, trial_id))
    for record in present.records:
        if record["ages_unread"]:
            key = (record["ages_unread"], record["source"], record["source_id"])
            db.execute("update records set ages_unread = ? where source = ? and source_id = ?", key)
    if any(change["field"] == "ages_unread" for change in present.changes):
        db.execute("delete from changes where trial_id = ?", (trial_id,))
        marks = ", ".join("?" * len(present.changes[0]))
        names = ", ".join(present.changes[0])
        rows = [tuple(change.values()) for change in present.changes]
        db.conn.executemany(f"insert into changes ({names}) values ({marks})", rows)
        last = present.trial["last_changed_at"]
        db.execute("update trials set last_changed_at = ? where trial_id = ?", (last, trial_id))
    for state, newer in pairwise(states):
        text = _written(state, newer)
        db.execute("update versions set state = ? where rowid = ? and state <> ?1", (text, state.rowid))


def _states_of(db: Database, trial_id: str) -> list[_State]:
    """The states of a trial, oldest first, with `ages_unread` of trial and records; the last one is the present."""
    trial = _rows(db, "select * from trials where trial_id = ?", trial_id)[0]
    records = _rows(db, "select * from records where trial_id = ? order by source, source_id", trial_id)
    problems = _rows(db, "select * from problems where trial_id = ? order by rowid", trial_id)
    changes = _rows(db, "select * from changes where trial_id = ? order by position", trial_id)
    former = _rows(db, "select rowid, * from versions where trial_id = ? order by position desc", trial_id)
    _read(trial, records, problems)
    began = former[0]["replaced_at"] if former else trial["first_seen_at"]
    found = [_State(began, trial, records, changes, {}, None)]
    for one in former:
        state = json.loads(one["state"])
        trial = trial | state.get("trials", {}).get("set", {})
        records = _restored(records, state.get("records"), trial_id)
        problems = _restored(problems, state.get("problems"), trial_id)
        changes = _restored(changes, state.get("changes"), trial_id)
        _read(trial, records, problems)
        found.append(_State(one["observed_at"], trial, records, changes, state, one["rowid"]))
    return found[::-1]


def _tell(state: _State, until: Sequence[_State]) -> None:
    """Add the changes of `ages_unread` of the record that the state shows, each before the others of its date."""
    shown = (state.trial["source"], state.trial["source_id"])
    versions = [
        (one.began, record)
        for one in until
        for record in one.records
        if (record["source"], record["source_id"]) == shown and not record["is_partial"]
    ]
    for (_, before), (date, after) in pairwise(versions):
        old, new = before["ages_unread"], after["ages_unread"]
        if old == new or "minimum_age" in f"{before['form_lacks']} {after['form_lacks']}":
            continue
        place = next(
            (n for n, each in enumerate(state.changes) if each["observed_at"] >= date), len(state.changes)
        )
        state.changes.insert(
            place,
            dict.fromkeys(_CHANGE)
            | {
                "trial_id": state.trial["trial_id"],
                "field": "ages_unread",
                "old": old,
                "new": new,
                "observed_at": date,
                "severity": "high",
                "source": shown[0],
                "source_id": shown[1],
                "kind": "changed",
            },
        )
        state.trial["last_changed_at"] = state.changes[-1]["observed_at"]
    for position, change in enumerate(state.changes):
        change["position"] = position


def _written(state: _State, newer: _State) -> str:
    """The state as `store.difference` writes it: what differs from the newer one, by table."""
    rest = dict(state.rest)
    changed = {
        name: value
        for name, value in state.trial.items()
        if value != newer.trial[name] or name in ("last_seen_at",)
    }
    rest["trials"] = {"set": changed}
    for table, old, new, names in (
        ("records", state.records, newer.records, _RECORD),
        ("changes", state.changes, newer.changes, _CHANGE),
    ):
        rest.pop(table, None)
        before, after = ([tuple(row[name] for name in names) for row in rows] for rows in (old, new))
        if before != after:
            rest[table] = list_difference(before, after, names)
    ordered = {table: rest[table] for table in columns() if table in rest}
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))


def _rows(db: Database, query: str, trial_id: str) -> list[Row]:
    cursor = db.execute(query, (trial_id,))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _restored(rows: list[Row], change: Mapping[str, Any] | None, trial_id: str) -> list[Row]:
    if change is None:
        return [dict(row) for row in rows]
    names = change["columns"]
    former = [{"trial_id": trial_id} | dict(zip(names, row, strict=True)) for row in change["rows"]]
    return [*map(dict, rows[: change["first"]]), *former, *map(dict, rows[len(rows) - change["last"] :])]


def _read(trial: Row, records: Sequence[Row], problems: Sequence[Row]) -> None:
    """Set `ages_unread` of the records and of the trial they make."""
    for record in records:
        own = [
            p for p in problems if (p["source"], p["source_id"]) == (record["source"], record["source_id"])
        ]
        record["ages_unread"] = _joined(
            name for name in _BOUNDS if _is_unread(record["age_raw"] or "", own, name)
        )
    shown = next(r for r in records if (r["source"], r["source_id"]) == (trial["source"], trial["source_id"]))
    making = [shown]
    if trial["source"] in _UNITED:
        making = [
            r for r in records if r["source"] == trial["source"] and r["is_partial"] == shown["is_partial"]
        ]
    trial["ages_unread"] = _joined(
        name for name, number in _BOUNDS.items() if trial[number] is None and _is_unread_of(making, name)
    )


def _is_unread_of(records: Sequence[Row], name: str) -> bool:
    """Is a bound that none of the records leaves open stated by one in words that were not read?"""
    unread = [name in (r["ages_unread"] or "").split() for r in records]
    return any(unread) and all(
        odd or _states(r["age_raw"] or "", name) for odd, r in zip(unread, records, strict=True)
    )


def _is_unread(words: str, problems: Sequence[Row], name: str) -> bool:
    for problem in problems:
        if problem["field"] == name:
            return True
        # The source itself could not tell one of the limits: the one that it states is read.
        if problem["field"] == "age" and (problem["stage"] == "normalise" or not _states(words, name)):
            return True
    return False


def _states(words: str, name: str) -> bool:
    """Do the words of a record (`model.Record.age_words`) state this bound?"""
    if name == "minimum_age":
        return (" to " in words and not words.startswith("up to ")) or words.endswith(" and older")
    return " to " in words or words.startswith("up to ")


def _joined(names: Iterable[str]) -> str | None:
    return " ".join(names) or None
