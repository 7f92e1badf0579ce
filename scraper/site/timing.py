"""How long a page's queries may take, counted so that a busy server does not make them look slow."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from scraper.site.turns import OF_THE_MACHINE, Turn

_LOOK_EVERY = 50_000
"""Steps of SQLite between two looks at the clock. Each look needs Python's lock, for which busy servers make it wait."""
_WAITING = 10
"""How many times the limit may pass on the wall's clock: waiting for the disk or for other pages is no slow query."""


@contextmanager
def time_limit(connection: sqlite3.Connection, limit_ms: float) -> Iterator[None]:
    """Queries of the connection are interrupted after so much of this thread's own time, as Datasette's are.

    Datasette counts the time on the wall, in which twenty visitors at once make a page of 300 ms take three seconds.
    Long ones take turns (`scraper.site.turns`).
    """
    began = time.thread_time()
    deadline = time.monotonic() + _WAITING * limit_ms / 1000
    turn = Turn(OF_THE_MACHINE)

    def is_over() -> bool:
        own = time.thread_time() - began
        if own > limit_ms / 1000 or time.monotonic() > deadline:
            return True
        return not turn.goes_on(own, deadline)

    connection.set_progress_handler(is_over, _LOOK_EVERY if limit_ms > 50 else 1)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)
        turn.end()
