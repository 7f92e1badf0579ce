"""One trial, or the state of the whole database, read back from `trials.db`."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from scraper.errors import DAMAGED, OlderSchemaError, StoreError
from scraper.store.migrations import migrations
from scraper.store.rows import CHILD_TABLES
from scraper.store.writer import check_version, missing_steps

_ONE = ("trial_text", "designs")
_MANY = (
    *CHILD_TABLES,
    "criteria",
    "criteria_constraints",
    "criteria_flags",
    "records",
    "changes",
    "conflicts",
    "links",
    "mentions",
    "problems",
)


def open_readonly(path: Path) -> Database:
    """The database, never written to. Raises StoreError when it is missing, damaged, or of a newer or older version."""
    if not path.exists():
        raise StoreError(
            f"{path} does not exist; expected a database: make one with `trials import`, `trials scrape` or `make demo`"
        )
    if not path.is_file():  # SQLite would wait for whoever writes into a pipe
        raise StoreError(f"{path} is no file; expected a database made by this program")
    try:
        db = Database(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=60))
        check_version(db, path)
        if "trials" not in db.table_names():
            raise StoreError(f"{path} has no table `trials`; expected a database made by this program")
        if missing := missing_steps(db):
            raise OlderSchemaError(
                f"{path} was made by an older program: it lacks the schema step {missing[0]!r}; expected a database of"
                " this version: run `trials build`"
            )
        _check_tables(db, path)
    except DAMAGED as error:
        raise StoreError(
            f"{path} cannot be read: {error}; expected an SQLite database made by this program (make it anew with"
            " `trials build --full`)"
        ) from error
    return db


def _check_tables(db: Database, path: Path) -> None:
    """Raises StoreError when a table is not as its migrations make it: a stranger's file may hold anything.

    Columns of other types, or a view without end in a table's place, would end in a traceback or not at all.
    """
    ours = Database(memory=True)
    try:
        migrations.apply(ours)
        for name in ours.table_names():
            if name.startswith("_sqlite_"):
                continue
            found, expected = _columns(db.conn, name), _columns(ours.conn, name)
            if found != expected:
                odd = next((one for one in expected if one not in found), None)
                what = f"column {odd[0]!r} as {odd[1]}" if odd else f"{len(expected)} columns"
                raise StoreError(
                    f"{path} has a table {name!r} of another kind; expected {what} in a database made by this program:"
                    " make it anew with `trials build --full`"
                )
    finally:
        ours.close()


def _columns(connection: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    """(name, type, never NULL, place in the key, hidden or made up) of each column; none of what is no table."""
    stored = "select 1 from sqlite_master where type = 'table' and rootpage > 0 and name = ?"
    if connection.execute(stored, (table,)).fetchone() is None:
        return []
    described = connection.execute(f"pragma table_xinfo({table})").fetchall()
    return [
        (name, sql_type, not_null, key, hidden) for _, name, sql_type, not_null, _, key, hidden in described
    ]


def trial(connection: sqlite3.Connection, trial_id: str) -> dict[str, Any] | None:
    """Everything stored about a trial: the columns of `trials`, and every other table under its name.

    None when there is no such trial.
    """
    cursor = connection.execute("select * from trials where trial_id = ?", (trial_id,))
    row = cursor.fetchone()
    if row is None:
        return None
    found: dict[str, Any] = _named(cursor, row)
    for table in _ONE:
        cursor = connection.execute(f"select * from {table} where trial_id = ?", (trial_id,))
        found[table] = _named(cursor, cursor.fetchone())
    for table in _MANY:
        order = (
            " order by position"
            if table in (*CHILD_TABLES, "criteria", "changes", "conflicts", "mentions")
            else ""
        )
        cursor = connection.execute(f"select * from {table} where trial_id = ?{order}", (trial_id,))
        found[table] = [_named(cursor, child) for child in cursor.fetchall()]
    return found


def updated_dates(path: Path, source: str) -> dict[str, str]:
    """Trial -> ISO date of the last update that its record of that source states, "" where it states none.

    Of the trials that this source leads; nothing where there is no database yet. Raises StoreError.
    """
    if not path.exists():
        return {}
    db = open_readonly(path)
    try:
        asked = "select trial_id, coalesce(last_update_posted_date, '') from trials where source = ?"
        return dict(db.execute(asked, [source]).fetchall())
    finally:
        db.close()


def _named(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> dict[str, object]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def trial_id_of(connection: sqlite3.Connection, words: str, canonical: str | None) -> str | None:
    """The trial that somebody means by an id: the trial's own, one of a record, or one it has elsewhere.

    `canonical` is the id as the registry writes it, where it was recognised.
    """
    for candidate in filter(None, (canonical, words, words.upper(), words.lower())):
        for query in (
            "select trial_id from trials where trial_id = ?",
            "select trial_id from records where source_id = ? order by trial_id limit 1",
            "select trial_id from secondary_ids where id_value = ? order by trial_id limit 1",
        ):
            row = connection.execute(query, (candidate,)).fetchone()
            if row:
                return str(row[0])
    return None
