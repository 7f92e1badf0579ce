"""The database as the site reads it: followed where the file changes, its answers kept where they cannot."""

import asyncio
import copy
import re
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Hashable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from datasette.database import Database

from scraper.site.combinations import as_count
from scraper.site.remembered import Kept, state_of
from scraper.site.timing import time_limit

# What Datasette asks for a table's page without filters: the rows of the table, and the counts of its facets. With
# 600,000 trials five facets take 190 ms, and they change only with the file.
_COUNT = re.compile(r"select count\(\*\) from (\S+|\(select \* from \S+ limit \d+\))")
_FACET = re.compile(
    r'select (["\[\]\w]+) as value, count\(\*\) as count from \( select ["\[\]\w, ]+ from ["\[\]\w]+ \)'
    r" where \1 is not null group by \1 order by count desc, value limit (\d+)"
)
_MOST_COUNTS = 64
"""Visitors may send such queries too: 64 answers of 21 values, not as many as they like."""
# What Datasette asks with every page of a table: 22 journeys to a thread before the rows, 283 for the list of tables.
_SCHEMA = frozenset(
    {
        "select name from sqlite_master where type in ('table', 'view') and name = ? collate nocase",
        "pragma schema_version",
    }
)
_INTROSPECTION = (
    "table_exists",
    "view_exists",
    "table_names",
    "view_names",
    "hidden_table_names",
    "table_columns",
    "table_column_details",
    "primary_keys",
    "fts_table",
    "label_column_for_table",
    "foreign_keys_for_table",
    "get_all_foreign_keys",
    "get_table_definition",
    "get_view_definition",
)
_MOST_REMEMBERED = 1024

_LIMIT_MS: ContextVar[float | None] = ContextVar("limit_ms", default=None)


class Connection(sqlite3.Connection):
    """While a limit of ours is in force, Datasette's is not put in its place.

    Datasette's counts the time on the wall, and looks at it so often that on a busy server a query waits longer for
    Python's lock than it computes: counting the facets of 95,000 trials, 9 s instead of 0.6.
    """

    limited = False

    def set_progress_handler(self, *arguments: Any, **named: Any) -> None:
        if not self.limited:
            super().set_progress_handler(*arguments, **named)


class ServedDatabase(Database):  # type: ignore[misc]  # Datasette has no types
    """Opened read-only or, a published copy, immutable. Each thread opens the file anew when another took its name.

    Datasette keeps a connection a thread for ever: after ``os.replace`` it would go on reading the old file.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._held = threading.local()
        self._counts = Kept(_MOST_COUNTS)
        self._schema = Kept(_MOST_REMEMBERED)

    def connect(self, write: bool = False) -> Connection:
        if write:
            raise sqlite3.OperationalError("attempt to write a readonly database")
        how = "mode=ro" if self.is_mutable else "immutable=1"
        found = sqlite3.connect(
            f"{Path(self.path).as_uri()}?{how}", uri=True, check_same_thread=False, factory=Connection
        )
        for name in ("_all_file_connections", "_all_connections"):  # 0.65; 1.0
            getattr(self, name, []).append(found)
        return found

    async def execute(
        self,
        sql: str,
        params: Any = None,
        truncate: bool = False,
        custom_time_limit: float | None = None,
        page_size: int | None = None,
        log_sql_errors: bool = True,
    ) -> Any:
        async def ask(sql: str = sql) -> Any:
            usual = self.ds.sql_time_limit_ms
            token = _LIMIT_MS.set(min(custom_time_limit or usual, usual))
            try:
                return await super(ServedDatabase, self).execute(
                    sql, params, truncate, custom_time_limit, page_size, log_sql_errors
                )
            finally:
                _LIMIT_MS.reset(token)

        plain = " ".join(sql.casefold().split())
        if plain in _SCHEMA:
            return await self.once(self._schema, (plain, *(params or ())), ask)
        if not params and is_whole_count(plain, self.ds.setting("default_facet_size")):
            return await self.once(self._counts, plain, ask)
        if (combined := as_count(sql)) and (found := await ask(combined)).rows:
            return found
        return await ask()

    async def introspected(self, name: Hashable, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What this says of the tables, which the caller may change."""
        return copy.copy(await self.once(self._schema, name, ask))

    async def once(self, kept: Kept, name: Hashable, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What was answered before; asked anew when the file has changed since."""
        state = state_of(self)
        found = kept.get(state, name)
        if found is None:
            found = (await ask(),)  # the answer itself may be None
            kept.keep(state, name, found)
        return found[0]

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        return await self._execute_fn(fn)

    async def _execute_fn(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        # The name under which 1.0's own queries come; 0.65 knows only the public one.
        executor, limit_ms = self.ds.executor, _LIMIT_MS.get()
        if executor is None:
            return self._with_connection(fn, limit_ms)
        return await asyncio.get_running_loop().run_in_executor(executor, self._with_connection, fn, limit_ms)

    def _with_connection(self, fn: Callable[[sqlite3.Connection], Any], limit_ms: float | None) -> Any:
        connection = self._current()
        if limit_ms is None:
            return fn(connection)
        with time_limit(connection, limit_ms):
            connection.limited = True
            try:
                return fn(connection)
            finally:
                connection.limited = False

    def _current(self) -> Connection:
        """This thread's connection to the file that has the name now."""
        held: Connection | None = getattr(self._held, "connection", None)
        mark = self._mark()
        if held is not None and (mark is None or mark == self._held.mark):
            return held
        fresh = self.connect()
        self.ds._prepare_connection(fresh, self.name)
        if held is not None:
            held.close()
        self._held.connection, self._held.mark = fresh, mark
        return fresh

    def _mark(self) -> tuple[int, int] | None:
        """What tells one file from another; None while there is none, in the middle of a swap."""
        try:
            found = Path(self.path).stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


def _kept(name: str) -> Callable[..., Awaitable[Any]]:
    asked = getattr(Database, name)

    async def answer(self: ServedDatabase, *arguments: Any) -> Any:
        return await self.introspected((name, *arguments), lambda: asked(self, *arguments))

    return answer


for _name in _INTROSPECTION:
    if hasattr(Database, _name):  # `view_exists` came with 1.0
        setattr(ServedDatabase, _name, _kept(_name))


def is_whole_count(sql: str, facet_size: int) -> bool:
    """Whether this counts the rows of a whole table, or one of its facets: the same until the file changes."""
    facet = _FACET.fullmatch(sql)
    return bool(_COUNT.fullmatch(sql)) or (facet is not None and int(facet[2]) == facet_size + 1)
