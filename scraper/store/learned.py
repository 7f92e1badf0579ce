"""The learned tables: what search reads from all rows together. Only what differs is written."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils.db import Database

from scraper.store import fulltext

Row = tuple[object, ...]

_AHEAD = "ahead"


@dataclass(frozen=True)
class Learned:
    """The rows of `synonyms`, `mesh_names` and `inferred_terms`, in the order of their columns.

    `counts` are what they were decided from, None when that is what is stored.
    """

    synonyms: tuple[tuple[str, str, str, int], ...] = ()
    mesh_names: tuple[tuple[str, str, int], ...] = ()
    inferred_terms: tuple[tuple[str, int, str, int, str], ...] = ()
    counts: Mapping[tuple[str, str, str], int] | None = None


def save(db: Database, learned: Learned, indexes: Sequence[fulltext.Index]) -> bool:
    """Make the learned tables say this; False when they already do.

    The indexes are brought up to date for the trials whose inferred terms change; before a rebuild pass none.
    """
    before = db.conn.total_changes
    with db.atomic():
        replace(db, "synonyms", learned.synonyms)
        replace(db, "mesh_names", learned.mesh_names)
        if learned.counts is not None:
            replace(db, "learned_counts", [(*key, count) for key, count in learned.counts.items()])
        db.conn.execute("delete from learned_counts where kind = ?", [_AHEAD])
        wanted = _by_trial(learned.inferred_terms)
        stored = _by_trial(
            db.conn.execute("select * from inferred_terms order by trial_id, position").fetchall()
        )
        changed = sorted(
            trial_id
            for trial_id in wanted.keys() | stored.keys()
            if wanted.get(trial_id) != stored.get(trial_id)
        )
        for index in indexes:
            fulltext.remove(db.conn, index, changed)
        db.conn.executemany(
            "delete from inferred_terms where trial_id = ?", [(trial_id,) for trial_id in changed]
        )
        db.conn.executemany(
            "insert into inferred_terms values (?, ?, ?, ?, ?)",
            [row for trial_id in changed for row in wanted.get(trial_id, [])],
        )
        for index in indexes:
            fulltext.add(db.conn, index, changed)
    return db.conn.total_changes > before


def stored_counts(connection: sqlite3.Connection) -> dict[tuple[str, str, str], int]:
    """The counts as they are stored."""
    rows = connection.execute("select kind, a, b, count from learned_counts where kind <> ?", [_AHEAD])
    return {(kind, a, b): count for kind, a, b, count in rows}


def change_counts(
    db: Database, before: Counter[tuple[str, str, str]], after: Counter[tuple[str, str, str]]
) -> None:
    """Take what some trials added to the counts out, and put in what they add now.

    Until `save` makes the other tables follow, the counts say that they are ahead of them.
    """
    after = after.copy()
    after.subtract(before)
    changed = sorted((count, *key) for key, count in after.items() if count)
    db.conn.executemany(
        "insert into learned_counts (kind, a, b, count) values (?2, ?3, ?4, ?1)"
        " on conflict (kind, a, b) do update set count = count + ?1",
        changed,
    )
    db.conn.executemany(
        "delete from learned_counts where kind = ? and a = ? and b = ? and count = 0",
        [key for _, *key in changed],
    )
    db.conn.execute("insert or ignore into learned_counts values (?, '', '', 1)", [_AHEAD])


def is_behind(connection: sqlite3.Connection) -> bool:
    """Were trials written since the learned tables last followed? So after a run that was killed in between."""
    return connection.execute("select 1 from learned_counts where kind = ?", [_AHEAD]).fetchone() is not None


def _by_trial(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[str(row[0])].append(tuple(row))
    return found


def replace(db: Database, table: str, wanted: Sequence[Row]) -> None:
    """Make the rows of a table these, inside the caller's transaction; rows that stay are not touched."""
    stored = {tuple(row) for row in db.conn.execute(f"select * from {table}")}
    new = set(wanted)
    columns = [row[1] for row in db.conn.execute(f"pragma table_info({table})")]
    same = " and ".join(f"{column} = ?" for column in columns)
    db.conn.executemany(f"delete from {table} where {same}", sorted(stored - new))
    marks = ", ".join("?" * len(columns))
    db.conn.executemany(f"insert into {table} values ({marks})", sorted(new - stored))
