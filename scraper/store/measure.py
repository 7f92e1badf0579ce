"""What the trials of a database state, counted: the measure that floors are put to. Only whole records count.

Rows of search exports have few fields by nature, and say nothing about a broken parser.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from scraper.store.rows import CHILD_TABLES, DESIGN_FIELDS, TEXT_FIELDS, TRIAL_FIELDS, Row, columns

_OWN_COLUMNS = {
    "trials": tuple(name for name in TRIAL_FIELDS if name not in ("source", "source_id")),
    "trial_text": tuple(TEXT_FIELDS),
    "designs": tuple(DESIGN_FIELDS),
}
_LISTS = (*CHILD_TABLES, "criteria", "criteria_constraints")
FIELDS: tuple[str, ...] = (*(name for names in _OWN_COLUMNS.values() for name in names), *_LISTS)
"""Everything that a trial may state: columns, and tables of which it has rows or none."""

COMPARED = ("brief_title", "overall_status", "minimum_age_years", "maximum_age_years", "sex", "phase", "study_type",
            "lead_sponsor")  # fmt: skip
"""What hardly ever becomes another value for many trials at once, unless their pages are misread."""

WORDS = ("status_raw", "sex_raw", "phase_raw")
MOST_WORDS = 200
"""Beyond so many words of one column it is no vocabulary but prose."""


class Stated(NamedTuple):
    """What the whole record that one trial shows states: the fields it fills, and the values that are compared."""

    source: str
    fields: frozenset[str]
    values: Mapping[str, object]


class Measured(NamedTuple):
    """One source: its records, those that whole trials show, the share of these that fill each field, its words.

    `unread` is the share of its pages that hold no readable trial; `words` how many records have each word.
    """

    records: int
    trials: int
    fields: Mapping[str, float]
    words: Mapping[str, Mapping[str, int]]
    unread: float


def of_rows(rows: Mapping[str, Sequence[Row]]) -> Stated | None:
    """What the rows of one trial (`rows.rows_of`) state; None without rows, or from a part of a record."""
    if not rows:
        return None
    named = {table: dict(zip(columns()[table], rows[table][0], strict=True)) for table in _OWN_COLUMNS}
    shown = named["trials"]["source"], named["trials"]["source_id"]
    names = columns()["records"]
    records = (dict(zip(names, row, strict=True)) for row in rows["records"])
    if any(r["is_partial"] for r in records if (r["source"], r["source_id"]) == shown):
        return None
    return _stated(named, [table for table in _LISTS if rows.get(table)])


def stored(connection: sqlite3.Connection, trial_id: str) -> Stated | None:
    """What a trial of the database states; None when it is not there, or shows a part of a record."""
    named = {}
    for table in _OWN_COLUMNS:
        names = [name for name in columns()[table] if name != "trial_id"]
        row = connection.execute(f"select {', '.join(names)} from {table} where trial_id = ?", (trial_id,))
        found = row.fetchone()
        if found is None:
            return None
        named[table] = dict(zip(names, found, strict=True))
    shown = named["trials"]["source"], named["trials"]["source_id"]
    (is_partial,) = connection.execute(
        "select is_partial from records where source = ? and source_id = ?", shown
    ).fetchone()
    if is_partial:
        return None
    return _stated(
        named,
        [
            table
            for table in _LISTS
            if connection.execute(f"select 1 from {table} where trial_id = ?", (trial_id,)).fetchone()
        ],
    )


def _stated(named: Mapping[str, Mapping[str, object]], lists: Iterable[str]) -> Stated:
    filled = {
        name for table, names in _OWN_COLUMNS.items() for name in names if named[table][name] is not None
    }
    trial = named["trials"]
    return Stated(
        str(trial["source"]), frozenset((*filled, *lists)), {name: trial[name] for name in COMPARED}
    )


def measure(connection: sqlite3.Connection) -> dict[str, Measured]:
    """The whole database, by source."""
    records = dict(connection.execute("select source, count(*) from records group by source order by source"))
    unread = dict(
        connection.execute(
            "select source, count(distinct url) from problems where trial_id is null"
            " and stage in ('parse', 'normalise') group by source"
        )
    )
    shares: dict[str, tuple[int, dict[str, float]]] = {}
    asked = ", ".join(f"avg({_is_filled(name)})" for name in FIELDS)
    for source, trials, *found in connection.execute(
        f"select t.source, count(*), {asked} from trials t join records r on r.source = t.source"
        " and r.source_id = t.source_id join trial_text using (trial_id) join designs using (trial_id)"
        " where not r.is_partial group by t.source"
    ):
        shares[source] = (
            trials,
            {name: round(share, 4) for name, share in zip(FIELDS, found, strict=True) if share},
        )
    return {
        source: Measured(
            count,
            *shares.get(source, (0, {})),
            words={name: words for name in WORDS if (words := _words(connection, source, name))},
            unread=round(unread.get(source, 0) / (unread.get(source, 0) + count), 4),
        )
        for source, count in records.items()
    }


def _is_filled(name: str) -> str:
    if name in _LISTS:
        return f"exists (select 1 from {name} l where l.trial_id = t.trial_id)"
    table = next(table for table, names in _OWN_COLUMNS.items() if name in names)
    column = f"{'t' if table == 'trials' else table}.{name}"
    return f"{column} is not null"  # what is not stated is null; the content of a long text is not even read


def _words(connection: sqlite3.Connection, source: str, name: str) -> dict[str, int]:
    """How many records of a source have each word; empty when there are too many to be a vocabulary."""
    found = connection.execute(
        f"select {name}, count(*) from records where source = ? and {name} <> '' group by 1 order by 1 limit ?",
        (source, MOST_WORDS + 1),
    ).fetchall()
    return dict(found) if len(found) <= MOST_WORDS else {}


def altered(connection: sqlite3.Connection, before: str) -> dict[str, tuple[int, dict[str, float]]]:
    """By source: how many of its trials both databases show, and the share of them whose value differs, by field.

    `before` is the older database's name among those attached to the connection.
    """
    asked = ", ".join(f"avg(t.{name} is not o.{name})" for name in COMPARED)
    return {
        source: (count, {name: share for name, share in zip(COMPARED, shares, strict=True) if share})
        for source, count, *shares in connection.execute(
            f"select t.source, count(*), {asked} from trials t join {before}.trials o"
            " on o.trial_id = t.trial_id and o.source = t.source group by t.source"
        )
    }
