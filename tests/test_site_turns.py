"""Long queries take turns: a short one waits for none of them, none waits for ever, and the limit is a query's own."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from scraper.site import timing
from scraper.site.serve import datasette_for
from scraper.site.timing import time_limit
from scraper.site.turns import MOMENT, PATIENCE, Turn, Turns
from tests.site_client import ask_all, run
from tests.site_rows import small

LONG = 60.0
COUNTING = (
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < {}) select count(*) from n"
)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as found:
        yield found


def far() -> float:
    return time.monotonic() + LONG


def queued(turns: Turns, many: int) -> None:
    """Returns once so many wait."""
    until = far()
    while len(turns._waiting) < many:
        assert time.monotonic() < until
        threading.Event().wait(0.001)


def test_a_query_needs_no_turn_for_its_first_moment() -> None:
    turns = Turns(1)
    assert turns.take(1.0, LONG)
    assert Turn(turns).goes_on(MOMENT / 2, time.monotonic())


def test_a_long_query_waits_until_a_turn_is_given_back(threads: ThreadPoolExecutor) -> None:
    turns = Turns(1)
    first, second = Turn(turns), Turn(turns)
    assert first.goes_on(MOMENT, far())
    waiting = threads.submit(second.goes_on, MOMENT, far())
    queued(turns, 1)
    assert not waiting.done()
    first.end()
    assert waiting.result(LONG)
    second.end()
    assert turns.take(1.0, 0)  # it is there again


def test_who_has_had_less_goes_first_and_who_has_waited_long_enough_before_him(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, order = Turns(1), []

    def wait(name: str, had: float) -> None:
        assert turns.take(had, LONG)
        order.append(name)
        turns.give_back()

    assert turns.take(0.0, LONG)
    now = time.monotonic()
    waiting: list[Future[None]] = []
    for name, had, later in (("much", 1.0, 0.0), ("little", 0.1, 1.0), ("late", 0.1, PATIENCE)):
        monkeypatch.setattr("scraper.site.turns.time.monotonic", lambda at=now + later: at)
        waiting.append(threads.submit(wait, name, had))
        queued(turns, len(waiting))
    monkeypatch.undo()
    turns.give_back()
    for one in waiting:
        one.result(LONG)
    assert order == ["little", "much", "late"]


def test_a_query_gives_way_when_it_has_had_twice_as_much(threads: ThreadPoolExecutor) -> None:
    turns = Turns(1)
    first, second = Turn(turns), Turn(turns)
    assert first.goes_on(0.1, far())
    newcomer = threads.submit(second.goes_on, MOMENT, far())
    queued(turns, 1)
    assert first.goes_on(0.15, far())
    assert not newcomer.done()
    # It would wait 0.2 s for its doubled time; a newcomer of 0.05 s comes before it.
    later = threads.submit(first.goes_on, 1.0, far())
    assert newcomer.result(LONG)
    second.end()
    assert later.result(LONG)


def test_who_waits_past_the_deadline_gets_no_turn_and_takes_none_away() -> None:
    turns = Turns(1)
    assert turns.take(0.0, LONG)
    assert not Turn(turns).goes_on(1.0, time.monotonic())
    assert turns._waiting == []
    turns.give_back()
    assert turns.take(0.0, 0)


def test_an_interrupted_query_gives_its_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(1)
    monkeypatch.setattr(timing, "OF_THE_MACHINE", turns)
    connection = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.OperationalError, match="interrupted"), time_limit(connection, 120):
        connection.execute(COUNTING.format(10**12)).fetchall()
    connection.close()
    assert turns.take(0.0, 0)


def test_a_short_page_of_datasette_is_answered_while_long_queries_hold_every_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns(1)
    assert turns.take(0.0, LONG)  # and it is never given back
    monkeypatch.setattr(timing, "OF_THE_MACHINE", turns)
    datasette = datasette_for(small(tmp_path / "trials.db"))
    answers = run(ask_all(datasette, ["/trials/trials?sex=ALL", "/trials/conditions", "/trials"]))
    assert [answer.status for answer in answers] == [200] * 3


def test_datasettes_queries_are_limited_in_their_own_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float] = []
    real = time_limit

    def noted(connection: sqlite3.Connection, limit_ms: float) -> object:
        limits.append(limit_ms)
        return real(connection, limit_ms)

    monkeypatch.setattr("scraper.site.served.time_limit", noted)
    # On the wall a second passes with every look: Datasette's own limit of 2 s would have stopped this query.
    clock = iter(range(10**9))
    monkeypatch.setattr("datasette.utils.time.perf_counter", lambda: float(next(clock)))

    async def counted() -> tuple[int, int]:
        datasette = datasette_for(small(tmp_path / "trials.db"))
        database = datasette.databases["trials"]
        usual = await database.execute(COUNTING.format(100_000))
        short = await database.execute("select 1", custom_time_limit=7)
        return usual.rows[0][0], short.rows[0][0]

    assert run(counted()) == (100_000, 1)
    assert limits == [2000, 7]


def test_what_tables_there_are_is_asked_once_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small(tmp_path / "trials.db")

    async def look() -> list[object]:
        datasette = datasette_for(path)
        database = datasette.databases["trials"]
        asked: list[object] = []
        real = database._with_connection

        def noted(*given: object) -> object:
            asked.append(given)
            return real(*given)

        monkeypatch.setattr(database, "_with_connection", noted)
        columns = await database.table_columns("conditions")
        columns.append("a caller's own")
        counts = [len(asked), await database.table_columns("conditions"), len(asked)]
        assert await database.fts_table("conditions") is None
        assert await database.fts_table("conditions") is None
        counts.append(len(asked))
        with sqlite3.connect(path) as connection:
            connection.execute("alter table conditions add column extra text")
        connection.close()
        return [*counts, await database.table_columns("conditions"), len(asked)]

    columns = ["trial_id", "position", "name"]
    assert run(look()) == [1, columns, 1, 2, [*columns, "extra"], 3]
