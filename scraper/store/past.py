"""Former states of a trial, read back as the rows they were.

What `at` returns is a database of that one trial, as one made of the pages up to that date would hold it: whatever
reads a trial reads a former one too. `store.difference` says how they are kept.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from scraper.store.difference import LEFT_OUT, ONE_ROW
from scraper.store.rows import Row, columns

# In the order in which `store.rows` made them; every other list has its position.
_ORDER = {
    "criteria": "id",
    "criteria_constraints": "criterion_id, position",
    "criteria_flags": "criterion_id, flag",
    "records": "source, source_id",
    "problems": "rowid",
}


class Moment(NamedTuple):
    """A former state, or the present one: then `replaced_at` is None."""

    observed_at: str
    replaced_at: str | None


def moments(connection: sqlite3.Connection, trial_id: str) -> list[Moment]:
    """The states of a trial, oldest first; the last one is the present. Empty when there is no such trial."""
    found = connection.execute(
        "select observed_at, replaced_at from versions where trial_id = ? order by position", (trial_id,)
    ).fetchall()
    row = connection.execute("select last_changed_at from trials where trial_id = ?", (trial_id,)).fetchone()
    if row is None:
        return []
    present = found[-1][1] if found else row[0]
    return [*(Moment(*each) for each in found), Moment(present, None)]


def moment_of(known: Sequence[Moment], date: str) -> Moment | None:
    """The state that was shown at the end of a day, month or year, or at a time; None before the first one."""
    return next((each for each in reversed(known) if each.observed_at[: len(date)] <= date), None)


def at(connection: sqlite3.Connection, trial_id: str, moment: Moment) -> sqlite3.Connection:
    """A database in memory that holds the one trial as it was at that moment."""
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    tables = connection.execute(
        "select name, sql from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        " and sql like 'create table%'"
    ).fetchall()
    for _, sql in tables:
        memory.execute(sql)
    for table in ("meta", "variables"):
        _insert(memory, table, *_read(connection, f"select * from {table}"))
    for table, (names, rows) in _restored(connection, trial_id, moment).items():
        _insert(memory, table, names, rows)
    memory.commit()
    return memory


def _restored(
    connection: sqlite3.Connection, trial_id: str, moment: Moment
) -> dict[str, tuple[list[str], list[Row]]]:
    """The rows of each table, with their columns."""
    found: dict[str, tuple[list[str], list[Row]]] = {}
    for table in columns():
        if table not in LEFT_OUT:
            order = "" if table in ONE_ROW else f" order by {_ORDER.get(table, 'position')}"
            query = f"select * from {table} where trial_id = ?{order}"
            found[table] = _read(connection, query, (trial_id,))
    if moment.replaced_at is None:
        return found
    newest_first = connection.execute(
        "select state from versions where trial_id = ? and observed_at >= ? order by position desc",
        (trial_id, moment.observed_at),
    )
    for (state,) in newest_first.fetchall():
        for table, change in json.loads(state).items():
            names, rows = found[table]
            if "set" in change:
                row = dict(zip(names, rows[0], strict=True)) | change["set"]
                found[table] = names, [tuple(row[name] for name in names)]
            else:
                found[table] = names, _list_restored(names, rows, change, trial_id)
    return found


def _list_restored(names: list[str], rows: list[Row], change: dict[str, Any], trial_id: str) -> list[Row]:
    former = [
        dict(zip(change["columns"], row, strict=True)) | {"trial_id": trial_id} for row in change["rows"]
    ]
    return [
        *rows[: change["first"]],
        *(tuple(row.get(name) for name in names) for row in former),
        *rows[len(rows) - change["last"] :],
    ]


def _read(
    connection: sqlite3.Connection, query: str, values: Sequence[object] = ()
) -> tuple[list[str], list[Row]]:
    cursor = connection.execute(query, values)
    return [column[0] for column in cursor.description], [tuple(row) for row in cursor]


def _insert(connection: sqlite3.Connection, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
    marks = ", ".join("?" * len(names))
    connection.executemany(f"insert into {table} ({', '.join(names)}) values ({marks})", rows)
