"""The only code that writes to `trials.db`. It compares before it writes: what is unchanged stays untouched."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from functools import cache
from itertools import chain
from pathlib import Path

from sqlite_utils import Database

from scraper import __version__
from scraper.errors import DAMAGED, StoreError
from scraper.model import CRITERIA_PER_TRIAL, Problem, trial_key
from scraper.progress import Progress
from scraper.store import fulltext
from scraper.store.migrations import migrations
from scraper.store.rows import CHILD_TABLES, Row, columns, gather, problem_row
from scraper.store.stats import FACETS, refresh_stats

# Made after a bulk load, kept up to date afterwards. Filters need one a column; those of the facets leave many of the
# trials, whose newest come first: the date beside the column spares sorting 95,000 of them for a page of 25.
_INDEXES = {
    "trials": (
        *(f"{column}, last_update_posted_date" for column in FACETS),
        "lead_sponsor",
        "start_date",
        "last_update_posted_date",
        "last_changed_at",
    ),
    "conditions": ("name",),
    "keywords": ("name",),
    "mesh_terms": ("term",),
    "inferred_terms": ("term",),
    "interventions": ("name",),
    "sponsors": ("name",),
    "sites": ("country", "country_code", "latitude, longitude, status"),
    "secondary_ids": ("id_value",),
    "criteria": ("trial_id",),
    "criteria_constraints": ("variable", "trial_id"),
    "criteria_flags": ("flag",),
    "records": ("trial_id",),
    "changes": ("observed_at", "learned_at, observed_at"),
    "conflicts": ("rule",),
    "links": ("other_id",),
    "mentions": ("other_id",),
    "problems": ("trial_id", "stage"),
    "search_filter": ("last_update_posted_date", "start_date"),
}
_COLUMNS = columns()
# A source's record belongs to one trial. Where two lay claim to it (its page names another trial than it did, or files
# in two folders bear one name), the newest page has it, in whatever order they are written.
_NEWEST_CLAIM = (
    " on conflict (source, source_id) do update set"
    f" {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS['records'] if name not in ('source', 'source_id'))}"
    " where (excluded.fetched_at, excluded.trial_id) > (records.fetched_at, records.trial_id)"
)
_VALUES_AT_ONCE = 120
"""Values a statement; beyond that the longer program of the statement costs what it saves."""


def open_database(path: Path) -> Database:
    """The database, its schema brought up to date.

    Raises StoreError when it is damaged, made by a newer version, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = Database(sqlite3.connect(path, isolation_level=None, timeout=60))
        check_version(db, path)
        if migrations.pending(db):
            migrations.apply(db)
        db.conn.execute("begin immediate")  # a folder or file that cannot be written is found out here
        db.conn.execute("rollback")
    except (*DAMAGED, OSError) as error:
        raise StoreError(
            f"{path} cannot be opened for writing: {error}; expected a database made by this program in a folder"
            " that can be written (another folder: --data DIR; a new database from the archive: trials build --full)"
        ) from error
    return db


def is_outdated(path: Path, most: int) -> bool:
    """Did an older program make the database, so that tables of today would stay empty in it? Not with over `most` trials."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=60)) as connection:
        try:
            db = Database(connection)
            return (
                "trials" in db.table_names()
                and bool(migrations.pending(db))
                and db.table("trials").count <= most
            )
        except sqlite3.DatabaseError:
            return False  # damaged, or something else: opening it for writing says so


def missing_steps(db: Database) -> list[str]:
    """The schema steps that a database lacks, oldest first: an older program made it."""
    return [migration.name for migration in migrations.pending(db)]


def check_version(db: Database, path: Path) -> None:
    """Raises StoreError when the database has migrations that this program does not know."""
    if "_sqlite_migrations" not in db.table_names():
        return
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    found = {
        row["name"] for row in db.query("select name from _sqlite_migrations where migration_set = 'trials'")
    }
    if found - known:
        raise StoreError(
            f"{path} has the schema step {max(found - known)!r}, which this program (version {__version__}) does not"
            " know; expected a database of this version or older: update the program"
        )


def new_database(path: Path) -> Database:
    """An empty database for a bulk load, in place of whatever lies there."""
    discard(path)
    try:
        db = open_database(path)
    except StoreError:
        discard(path)
        raise
    # Nobody reads it before it is whole, and it is moved into place only then.
    db.conn.execute("pragma journal_mode = off")
    db.conn.execute("pragma synchronous = off")
    db.conn.execute("pragma cache_size = -262144")
    return db


def discard(path: Path) -> None:
    """Take away what a killed bulk load left."""
    for leftover in (path, path.with_name(path.name + "-journal")):
        leftover.unlink(missing_ok=True)


def load(db: Database, rows: Mapping[str, Sequence[Row]]) -> None:
    """Insert the rows of trials that are not in the database yet (`rows.gather`), without their full-text rows."""
    db.conn.execute("begin")
    _insert(db.conn, rows)
    db.conn.execute("commit")


def _insert(connection: sqlite3.Connection, rows: Mapping[str, Sequence[Row]]) -> None:
    """Insert by table, several rows a statement: each statement finds the end of its table anew."""
    for table, found in rows.items():
        at_once = max(1, _VALUES_AT_ONCE // len(_COLUMNS[table]))
        whole = len(found) - len(found) % at_once if at_once > 1 else 0
        connection.executemany(
            _insertion(table, at_once),
            (list(chain.from_iterable(found[at : at + at_once])) for at in range(0, whole, at_once)),
        )
        connection.executemany(_insertion(table, 1), found[whole:] if whole else found)


@cache
def _insertion(table: str, rows: int) -> str:
    names = _COLUMNS[table]
    row = f"({', '.join('?' * len(names))})"
    statement = f"insert into {table} ({', '.join(names)}) values {', '.join([row] * rows)}"
    return statement + (_NEWEST_CLAIM if table == "records" else "")


def save(
    db: Database, batch: Iterable[tuple[str, Mapping[str, Sequence[Row]]]], indexes: Sequence[fulltext.Index]
) -> list[str]:
    """Write the trials of a batch whose rows differ from those stored, in one transaction.

    A trial without rows is taken out. Returns the ids written, in the batch's order.
    """
    written: dict[str, Mapping[str, Sequence[Row]]] = {}
    with db.atomic():
        for trial_id, rows in batch:
            if not is_stored(db, trial_id, rows):
                written[trial_id] = rows
        if written:
            for index in indexes:
                fulltext.remove(db.conn, index, written)
            _delete(db, list(written))
            # Until the run has linked them too; one that is killed before leaves it missing.
            db.conn.execute("delete from meta where key = 'links_version'")
            _insert(db.conn, gather(written.values()))
            for index in indexes:
                fulltext.add(db.conn, index, written)
    return list(written)


def is_stored(db: Database, trial_id: str, rows: Mapping[str, Sequence[Row]]) -> bool:
    """Are the rows of a trial those that the database has?"""
    digest = rows["trial_digests"][0][1] if rows else None
    row = db.conn.execute("select digest from trial_digests where trial_id = ?", (trial_id,)).fetchone()
    return digest == (row[0] if row else None)


def _delete(db: Database, trial_ids: Sequence[str]) -> None:
    ids = [(trial_id,) for trial_id in trial_ids]
    ranges = [
        (key * CRITERIA_PER_TRIAL, (key + 1) * CRITERIA_PER_TRIAL - 1) for key in map(trial_key, trial_ids)
    ]
    for table in ("criteria_flags", "criteria_constraints"):
        db.conn.executemany(f"delete from {table} where criterion_id between ? and ?", ranges)
    db.conn.executemany("delete from criteria where id between ? and ?", ranges)
    for column in ("trial_id", "other_id"):
        db.conn.executemany(f"delete from link_candidates where {column} = ?", ids)
    for table in (
        *CHILD_TABLES,
        "designs",
        "trial_text",
        "records",
        "changes",
        "versions",
        "conflicts",
        "mentions",
        "problems",
        "inferred_terms",
        "search_filter",
        "trial_digests",
        "trials",
    ):
        db.conn.executemany(f"delete from {table} where trial_id = ?", ids)


def save_failures(db: Database, failures: Sequence[Problem]) -> bool:
    """Make `failures` the problems that belong to no trial; False when they already are."""
    rows = [problem_row(None, problem) for problem in failures]
    names = ", ".join(_COLUMNS["problems"])
    stored = db.conn.execute(f"select {names} from problems where trial_id is null order by rowid").fetchall()
    if stored == rows:
        return False
    with db.atomic():
        db.conn.execute("delete from problems where trial_id is null")
        # As in `save`: a run that is killed before it has counted them leaves it missing.
        db.conn.execute("delete from meta where key = 'links_version'")
        db.conn.executemany(_insertion("problems", 1), rows)
    return True


def save_vocabulary(db: Database, table: str, wanted: Sequence[Row]) -> None:
    """Make a vocabulary what this version of the program ships; rows in the table's column order, the code first."""
    stored = [tuple(row) for row in db.conn.execute(f"select * from {table}")]
    if sorted(stored, key=lambda row: str(row[0])) != sorted(wanted, key=lambda row: str(row[0])):
        with db.atomic():
            db.conn.execute(f"delete from {table}")
            marks = ", ".join("?" * len(wanted[0]))
            db.conn.executemany(f"insert into {table} values ({marks})", wanted)


def finish(
    db: Database,
    progress: Progress,
    *,
    runs: Sequence[Row],
    last_seen: Iterable[tuple[str, str]],
    meta: Mapping[str, str],
) -> None:
    """After a run that changed something: indexes, times last seen, runs, precomputed counts, meta.

    `last_seen` yields (last_seen_at, trial_id); `runs` are rows in the column order of the table.
    """
    progress("times last seen", 0, None)
    with db.atomic():
        db.conn.executemany(
            "update trials set last_seen_at = ?1 where trial_id = ?2 and last_seen_at <> ?1", last_seen
        )
        db.conn.execute("delete from runs")
        db.conn.executemany("insert into runs values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", runs)
        indexes = [(table, name) for table, names in _INDEXES.items() for name in names]
        for done, (table, name) in enumerate(indexes):
            progress("indexes", done, len(indexes))
            index = f"{table}_{name.replace(', ', '_')}"
            db.conn.execute(f"create index if not exists {index} on {table}({name})")
        refresh_stats(db, progress)
        db.conn.execute("delete from meta")
        db.conn.executemany("insert into meta values (?, ?)", sorted(meta.items()))


def read_meta(db: Database, key: str) -> str | None:
    """A value of `meta` as the last run left it; None when there is none."""
    row = db.conn.execute("select value from meta where key = ?", (key,)).fetchone()
    return row[0] if row else None


def analyze(db: Database) -> None:
    """Tell SQLite's planner how the rows are spread; once, after a bulk load."""
    db.conn.execute("analyze")
