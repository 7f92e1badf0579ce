"""What keeps a busy site quick: limits in a query's own time, pages kept, common names looked at in part."""

import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from scraper.site import remembered
from scraper.site.pages import groups
from scraper.site.serve import datasette_for
from scraper.site.timing import time_limit
from tests.site_client import ask, ask_all, run
from tests.site_rows import FIRST, SECOND, small

ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    found = sqlite3.connect(":memory:")
    yield found
    found.close()


def test_a_query_without_end_is_interrupted(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="interrupted"), time_limit(connection, 60):
        connection.execute(ENDLESS).fetchall()


def test_time_spent_waiting_for_others_is_not_the_querys(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.chain([0.0], itertools.repeat(3.0))
    monkeypatch.setattr("scraper.site.timing.time.monotonic", lambda: next(clock))
    counting = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000) select count(*) from n"
    with time_limit(connection, 1000):
        assert connection.execute(counting).fetchone() == (50_000,)
    clock = itertools.chain([0.0], itertools.repeat(11.0))
    with pytest.raises(sqlite3.OperationalError, match="interrupted"), time_limit(connection, 1000):
        connection.execute(counting).fetchone()


def test_after_a_query_the_connection_has_no_limit(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError), time_limit(connection, 60):
        connection.execute(ENDLESS).fetchall()
    assert connection.execute("select 1").fetchone() == (1,)


def test_a_page_is_made_once_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = small(tmp_path / "trials.db")
    made = []
    of_home = "scraper.site.routes.home.home"
    from scraper.site.pages import home

    real = home.home

    def counted(connection: sqlite3.Connection) -> object:
        made.append(1)
        return real(connection)

    monkeypatch.setattr(of_home, counted)

    async def look() -> list[str]:
        datasette = datasette_for(path)
        same = await ask_all(datasette, ["/", "/", "/?x=1"])
        with sqlite3.connect(path) as changing:
            changing.execute("update trials set brief_title = 'Anew'")
        changing.close()
        return [answer.text for answer in (*same, *await ask_all(datasette, ["/"]))]

    first, again, _, after = run(look())
    assert first == again
    assert "Anew" in after
    assert "Anew" not in first
    assert len(made) == 3


def test_refusals_are_not_kept(tmp_path: Path) -> None:
    path = small(tmp_path / "trials.db")

    async def look() -> list[int]:
        datasette = datasette_for(path)
        answers = await ask_all(datasette, ["/trials/trials/NCT00000000", "/changes?since=no"] * 2)
        assert len(remembered.pages_of(datasette.databases["trials"])) == 0
        return [answer.status for answer in answers]

    assert run(look()) == [404, 400] * 2


def test_no_more_pages_are_kept_than_memory_is_meant_for() -> None:
    pages = remembered.Kept(2)
    for name in "abc":
        assert pages.get((), name) is None
        pages.keep((), name, name * 3)
    assert [pages.get((), name) for name in "abc"] == [None, "bbb", "ccc"]
    pages.keep(((1,),), "late", "made from an older file")
    assert pages.get((), "late") is None


def test_of_a_common_name_some_are_counted_and_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small(tmp_path / "trials.db")
    (whole,) = ask(path, "/conditions/Common~20Cold")
    monkeypatch.setattr(groups, "MOST_COUNTED", 1)
    (part,) = ask(path, "/conditions/Common~20Cold")
    assert [FIRST in answer.text for answer in (whole, part)] == [True, False]
    assert SECOND in part.text
    assert "highest registration numbers" in part.page.get_text()
    assert "highest registration numbers" not in whole.page.get_text()
    assert "2 trials." in part.page.get_text()


def test_condition_page_counts_what_its_trials_state(tmp_path: Path) -> None:
    connection = sqlite3.connect(small(tmp_path / "trials.db"))
    connection.row_factory = sqlite3.Row
    try:
        found = groups.grouped(connection, groups.CONDITIONS, "Common Cold", 1)
        sponsor = groups.grouped(connection, groups.SPONSORS, "Institute of Hot Drinks", 1)
    finally:
        connection.close()
    assert found is not None
    assert sponsor is not None
    assert found["statuses"] == {"COMPLETED": 1, "RECRUITING": 1}
    assert found["phases"] == {"PHASE1/PHASE2": 1}
    assert found["countries"] == {"Germany": 1, "United Kingdom": 1, "United States": 1}
    assert found["related"] == {"Cough": 1}
    assert found["sponsors"] == {"Institute of Hot Drinks": 1}
    assert [row["trial_id"] for row in found["rows"]] == [FIRST, SECOND]
    assert sponsor["conditions"] == {"Common Cold": 1, "Cough": 1}
    assert sponsor["related"] == {"Kettle Foundation": 1}
