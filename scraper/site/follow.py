"""A Datasette database that follows its file: an update in place, and another file put in its place."""

import asyncio
import re
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasette.database import Database

from scraper.site.remembered import State, state_of

# What Datasette asks for a table's page without filters: the rows of the table, and the counts of its facets. With
# 600,000 trials five facets take 190 ms, and they change only with the file.
_COUNT = re.compile(r"\s*select count\(\*\) from \S+\s*")
_FACET = re.compile(r"\s*select \S+ as value, count\(\*\) as count from \(")
_REMEMBERED = 64


class FollowedDatabase(Database):  # type: ignore[misc]  # Datasette has no types
    """Opened read-only, not immutable. Each thread opens the file anew when another has taken its name.

    Datasette keeps a connection a thread for ever: after ``os.replace`` it would go on reading the old file.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._held = threading.local()
        self._counts: dict[str, Any] = {}
        self._counted: State | None = None

    async def execute(self, sql: str, params: Any = None, *arguments: Any, **named: Any) -> Any:
        if params or not is_whole_count(sql):
            return await super().execute(sql, params, *arguments, **named)
        state = state_of(self)
        if state != self._counted:
            self._counts, self._counted = {}, state
        found = self._counts.get(sql)
        if found is None:
            found = await super().execute(sql, params, *arguments, **named)
            if state == self._counted and len(self._counts) < _REMEMBERED:
                self._counts[sql] = found
        return found

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        return await self._execute_fn(fn)

    async def _execute_fn(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        # The name under which 1.0's own queries come; 0.65 knows only the public one.
        executor = self.ds.executor
        if executor is None:
            return self._with_connection(fn)
        return await asyncio.get_running_loop().run_in_executor(executor, self._with_connection, fn)

    def _with_connection(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        connection: sqlite3.Connection | None = getattr(self._held, "connection", None)
        mark = self._mark()
        if connection is None or (mark is not None and mark != self._held.mark):
            fresh: sqlite3.Connection = self.connect()
            self.ds._prepare_connection(fresh, self.name)
            if connection is not None:
                connection.close()
            connection = self._held.connection = fresh
            self._held.mark = mark
        return fn(connection)

    def _mark(self) -> tuple[int, int] | None:
        """What tells one file from another; None while there is none, in the middle of a swap."""
        try:
            found = Path(self.path).stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


def is_whole_count(sql: str) -> bool:
    """Whether this counts the rows of a whole table, or one of its facets: the same until the file changes."""
    lower = sql.casefold()
    return bool(_COUNT.fullmatch(lower)) or bool(_FACET.match(lower) and lower.count("where") == 1)
