"""The server: the file it follows, and what it says when it cannot start."""

import os
import socket
import sqlite3
from pathlib import Path

import pytest

from scraper.errors import SiteError, StoreError
from scraper.site.serve import datasette_for, serve
from scraper.site.served import is_whole_count
from tests.site_client import Answer, ask_all, run, shown
from tests.site_rows import FIRST, empty, small

TITLE = "Tea, revised"


def test_an_update_in_place_shows_without_a_restart(tmp_path: Path) -> None:
    path = small(tmp_path / "trials.db")

    async def look() -> tuple[str, str]:
        datasette = datasette_for(path)
        (before,) = await ask_all(datasette, [f"/trials/trials/{FIRST}"])
        with sqlite3.connect(path) as connection:
            connection.execute("update trials set brief_title = ?", (TITLE,))
        connection.close()
        (after,) = await ask_all(datasette, [f"/trials/trials/{FIRST}"])
        return before.text, after.text

    before, after = run(look())
    assert TITLE not in before
    assert TITLE in after


def test_counts_of_a_table_are_made_anew_when_the_file_changes(tmp_path: Path) -> None:
    path = small(tmp_path / "trials.db")
    page = "/trials/trials.json?_facet=phase&_size=1&_extra=count,facet_results"

    async def look() -> tuple[list[Answer], int]:
        datasette = datasette_for(path)
        found = await ask_all(datasette, [page, page])
        with sqlite3.connect(path) as connection:
            connection.execute("update trials set phase = 'PHASE4'")
        connection.close()
        found += await ask_all(datasette, [page])
        return found, len(datasette.databases["trials"]._counts)

    answers, remembered = run(look())
    (count, first), again, (later_count, later) = (shown(answer) for answer in answers)
    assert remembered > 1
    assert again == (count, first)
    assert count == later_count > 0
    assert [each["value"] for each in later["phase"]["results"]] == ["PHASE4"]
    assert later["phase"] != first["phase"]


FACET = (
    "select {} as value, count(*) as count from ( select trial_id, phase from trials{} )"
    " where {} is not null group by {} order by count desc, value limit {}"
)


@pytest.mark.parametrize(
    "sql, whole",
    [
        ("select count(*) from trials", True),
        ("select count(*) from (select * from trials limit 10001)", True),
        ("select count(*) from trials where random() > 0", False),
        ("select count(*) from trials, sites", False),
        (FACET.format("phase", "", "phase", "phase", 21), True),
        (FACET.format("phase", " where x", "phase", "phase", 21), False),
        (FACET.format("phase", "", "phase", "phase", 9000), False),
        (FACET.format("randomblob(9)", "", "phase", "phase", 21), False),
        ("select random()", False),
    ],
)
def test_only_counts_of_whole_tables_are_remembered(sql: str, whole: bool) -> None:
    assert is_whole_count(sql, 20) is whole


def test_a_file_put_in_its_place_shows_without_a_restart(tmp_path: Path) -> None:
    path = small(tmp_path / "trials.db")
    other = empty(tmp_path / "new.db")

    async def look() -> list[int]:
        datasette = datasette_for(path)
        paths = [f"/trials/trials/{FIRST}", f"/trials/trials/{FIRST}.json"] * 4
        before = await ask_all(datasette, paths)
        os.replace(other, path)  # noqa: PTH105  # the call the build makes
        after = await ask_all(datasette, paths)
        return [answer.status for answer in (*before, *after)]

    assert run(look()) == [200] * 8 + [404] * 8


def test_while_the_file_is_away_a_page_still_answers(tmp_path: Path) -> None:
    path = small(tmp_path / "trials.db")

    async def look() -> int:
        datasette = datasette_for(path)
        await ask_all(datasette, ["/"] * 8)
        path.unlink()
        (answer,) = await ask_all(datasette, ["/"])
        return answer.status

    assert run(look()) in (200, 503)


def test_nothing_is_written_to_the_file_or_beside_it(tmp_path: Path) -> None:
    path = small(tmp_path / "trials.db")
    before = path.read_bytes()
    run(ask_all(datasette_for(path), ["/", "/search?q=tea", "/trials/trials", "/schema"]))
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["trials.db"]


def test_missing_database_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"does not exist"):
        datasette_for(tmp_path / "trials.db")


def test_damaged_database_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "trials.db"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(StoreError, match=r"trials\.db"):
        datasette_for(path)


def test_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    path = empty(tmp_path / "trials.db")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SiteError, match=rf"port {port} .* --port"):
            serve(path, port, "127.0.0.1")


def test_page_over_a_table_that_is_not_there_says_so(tmp_path: Path) -> None:
    path = small(tmp_path / "trials.db")
    datasette = datasette_for(path)
    with sqlite3.connect(path) as connection:
        connection.execute("drop table conflicts")
    connection.close()
    (answer,) = run(ask_all(datasette, ["/conflicts"]))
    assert answer.status == 503
    assert "no such table: conflicts" in answer.page.get_text()


def test_page_that_takes_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scraper.site import respond
    from scraper.site.pages import home

    slow = (
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000000)"
        " select max(i) from n"
    )
    monkeypatch.setattr(respond.read, "__defaults__", (50,))
    monkeypatch.setattr(home, "home", lambda connection: connection.execute(slow).fetchall())
    (answer,) = run(ask_all(datasette_for(empty(tmp_path / "trials.db")), ["/"]))
    assert answer.status == 503
    assert "filter" in answer.page.get_text()


def test_a_published_copy_does_not_tell_where_its_file_lies(tmp_path: Path) -> None:
    path = small(tmp_path / "trials.db")
    answers = run(ask_all(datasette_for(path, public=True), ["/-/databases.json", "/-/databases", "/trials"]))
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert '"trials.db"' in answers[0].text
    assert not any(str(tmp_path) in answer.text for answer in answers)
