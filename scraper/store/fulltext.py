"""The full-text indexes of `trials.db`: made, rebuilt and kept current beside the rows they are read from.

An index is an FTS5 table over a view (external content), so the text is stored once. FTS5 can only forget a row
when it is told the text it had indexed: call `remove` before the rows of a trial change and `add` after.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count

from sqlite_utils.db import Database

from scraper.errors import StoreError
from scraper.model import trial_key
from scraper.progress import Progress, untold

BREAK = "\ue002"
"""Stands between the items of a list in an indexed column, and at both its ends. unicode61 takes a private-use
character for a word, so no phrase reaches from one condition into the next, and a phrase between two of them is
the whole item. Readers never see it."""

_BUILD_HASH_BYTES = 512 << 20
_DEFAULT_HASH_BYTES = 1 << 20
_names = count()


@dataclass(frozen=True)
class Column:
    """`sql` is an expression over `f` (search_filter), `t` (trials) and `x` (trial_text)."""

    name: str
    sql: str
    weight: float = 1.0


@dataclass(frozen=True)
class Index:
    """A full-text table called `name` over the view `<name>_source`, its words listed in `<name>_words`."""

    name: str
    columns: tuple[Column, ...]
    tokenize: str = "unicode61 remove_diacritics 2"
    prefix: str = "3"

    @property
    def source(self) -> str:
        return f"{self.name}_source"

    @property
    def words(self) -> str:
        return f"{self.name}_words"

    @property
    def column_names(self) -> str:
        return ", ".join(column.name for column in self.columns)

    def bm25(self) -> str:
        """The ranking call, with the columns' weights in their order."""
        return f"bm25({self.name}, {', '.join(str(column.weight) for column in self.columns)})"

    def statements(self) -> tuple[str, str, str]:
        """The SQL that makes view, index and word list."""
        # `cross join` keeps the outer loop on search_filter: rows must reach FTS5 in the order of their ids,
        # or it writes a segment at every step back.
        view = (
            f"create view {self.source} as select f.id as id,\n"
            + ",\n".join(f"    {column.sql} as {column.name}" for column in self.columns)
            + "\nfrom search_filter f cross join trials t on t.trial_id = f.trial_id"
            " left join trial_text x on x.trial_id = f.trial_id"
        )
        table = (
            f"create virtual table {self.name} using fts5({self.column_names}, content='{self.source}',"
            f" content_rowid='id', tokenize='{self.tokenize}', prefix='{self.prefix}')"
        )
        return view, table, f"create virtual table {self.words} using fts5vocab({self.name}, row)"


def listed(table: str, column: str, where: str = "") -> str:
    """SQL for one column's text: the trial's rows of `table`, each between two BREAKs; NULL if it has none."""
    condition = f" and {where}" if where else ""
    return (
        f"(select '{BREAK} ' || group_concat({column}, ' {BREAK} ') || ' {BREAK}' from {table}"
        f" where {table}.trial_id = f.trial_id{condition})"
    )


def create(db: Database, index: Index, progress: Progress = untold) -> None:
    """Make the index unless it is there as described; one of another description is replaced and rebuilt."""
    wanted = index.statements()
    names = (index.source, index.name, index.words)
    found = tuple(
        row[0]
        if (row := db.execute("select sql from sqlite_master where name = ?", [name]).fetchone())
        else None
        for name in names
    )
    if _plain(found) == _plain(wanted):
        return
    for name, kind in zip(reversed(names), ("table", "table", "view"), strict=True):
        db.execute(f"drop {kind} if exists {name}")
    for statement in wanted:
        db.execute(statement)
    rebuild(db, index, progress)


def _plain(statements: Iterable[str | None]) -> list[str]:
    return [" ".join((statement or "").casefold().split()) for statement in statements]


def rebuild(db: Database, index: Index, progress: Progress = untold) -> None:
    """Index every trial anew, in the order of their ids."""
    (total,) = db.conn.execute("select count(*) from search_filter").fetchone()
    progress(f"index {index.name}", 0, total)
    # 95 s instead of 250 s for 2 GB of text with the larger hash; the setting stays in the file unless put back.
    _command(db.conn, index, "hashsize", _BUILD_HASH_BYTES)
    _command(db.conn, index, "delete-all")
    _add_all(db.conn, index, lambda done: progress(f"index {index.name}", done, total))
    progress(f"index {index.name}, one piece", 0, None)
    _command(db.conn, index, "optimize")
    _command(db.conn, index, "hashsize", _DEFAULT_HASH_BYTES)


def _add_all(connection: sqlite3.Connection, index: Index, told: Callable[[int], None]) -> None:
    """Do what FTS5's own 'rebuild' does, byte for byte and as fast, and call `told` for every row."""
    rows = count(1)
    # SQLite replaces no function while any statement of the connection is unfinished: each call has its own.
    name = f"told_{next(_names)}"
    stopped: list[KeyboardInterrupt] = []

    def tell() -> None:
        try:
            told(next(rows))
        except KeyboardInterrupt as stop:  # SQLite lets no exception of a function through
            stopped.append(stop)
            connection.interrupt()

    connection.create_function(name, 0, tell)
    try:
        connection.execute(
            f"insert into {index.name}(rowid, {index.column_names})"
            f" select id, {index.column_names} from {index.source} where {name}() is null"
        )
    except sqlite3.OperationalError:
        if stopped:
            raise stopped[0] from None
        raise


def remove(connection: sqlite3.Connection, index: Index, trial_ids: Iterable[str]) -> None:
    """Take trials out of the index: before their rows change, in the same transaction.

    Trials that are not indexed are passed over.
    """
    connection.executemany(
        f"insert into {index.name}({index.name}, rowid, {index.column_names})"
        f" select 'delete', id, {index.column_names} from {index.source}"
        f" where id = ?1 and exists (select 1 from {index.name}_docsize where id = ?1)",
        _keys(trial_ids),
    )


def add(connection: sqlite3.Connection, index: Index, trial_ids: Iterable[str]) -> None:
    """Index trials from their rows as they now are. Trials already indexed are passed over."""
    connection.executemany(
        f"insert into {index.name}(rowid, {index.column_names})"
        f" select id, {index.column_names} from {index.source}"
        f" where id = ?1 and not exists (select 1 from {index.name}_docsize where id = ?1)",
        _keys(trial_ids),
    )


def verify(connection: sqlite3.Connection, index: Index) -> None:
    """Raise StoreError unless the index says what the rows say. Needs a connection that may write."""
    try:
        _command(connection, index, "integrity-check", 1)
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"found {index.name} at odds with its rows ({error}); expected an index of the rows as they are;"
            " run trials build --full"
        ) from error


def _keys(trial_ids: Iterable[str]) -> list[tuple[int]]:
    return [(key,) for key in sorted({trial_key(trial_id) for trial_id in trial_ids})]


def _command(connection: sqlite3.Connection, index: Index, command: str, value: int | None = None) -> None:
    if value is None:
        connection.execute(f"insert into {index.name}({index.name}) values (?)", [command])
    else:
        connection.execute(f"insert into {index.name}({index.name}, rank) values (?, ?)", [command, value])
