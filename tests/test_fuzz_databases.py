"""SQLite files of strangers, each with what mutation or thought found in it: one line, and nothing of ours is lost."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from scraper import gather
from scraper.archive.store import Archive
from tests.commands import rows, trials
from tests.fuzz.limits import limited
from tests.samples import write_listing, write_study

_ENDLESS = (
    "alter table {0} rename to kept; create view {0} as with recursive n(i) as (select 1 union all select i from n)"
    " select kept.* from kept, n"
)


def spoil(path: Path, statements: str) -> None:
    """Let somebody have run these on the file, who keeps none of our promises."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("pragma writable_schema = on")
        if path.name == "archive.db":
            strip = "update sqlite_master set sql = replace(sql, ' not null', '') where type = 'table'"
            connection.execute(strip)
            connection.execute("pragma writable_schema = reset")
            connection.execute("pragma writable_schema = on")
        for statement in statements.split("; "):
            connection.execute(statement)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that holds a trial and a listing."""
    write_study(tmp_path / "mine")
    write_listing(tmp_path / "mine", 990001, "NCT99100001")
    assert trials(tmp_path / "data", "import", tmp_path / "mine").exit_code == 0
    return tmp_path / "data"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """An archive made elsewhere, of two other trials."""
    for number in (2, 3):
        write_study(tmp_path / "theirs", f"NCT9910000{number}")
    assert trials(tmp_path / "elsewhere", "import", tmp_path / "theirs").exit_code == 0
    return tmp_path / "elsewhere" / "archive.db"


# ── an archive ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("table", ["pages", "addresses", "aliases", "failures", "runs"])
def test_a_view_without_end_in_a_tables_place_is_no_archive(data: Path, other: Path, table: str) -> None:
    spoil(other, _ENDLESS.format(table))
    with limited(20):
        result = trials(data, "import", other)
    assert result.exit_code == 1 and "an SQLite file of something else" in result.stderr
    assert rows(data, "select trial_id from trials") == [("NCT99100001",)]


@pytest.mark.parametrize("table", ["presence", "refusals", "deltas"])
def test_a_view_in_the_place_of_a_table_that_older_archives_lack_is_passed_over(
    data: Path, other: Path, table: str
) -> None:
    spoil(other, _ENDLESS.format(table))
    with limited(20):
        assert trials(data, "import", other).exit_code == 0
    assert rows(data, "select count(*) from trials") == [(3,)]


@pytest.mark.parametrize("column", ["name", "path", "headers", "fetched_at", "source", "url"])
def test_text_that_is_none_costs_its_own_page_alone(data: Path, other: Path, column: str) -> None:
    spoil(other, f"update pages set {column} = cast(x'ff4e' as text) where id = 1")
    assert "rows with values of a wrong type" in trials(data, "import", other).stderr
    assert rows(data, "select count(*) from trials") == [(2,)]


@pytest.mark.parametrize(
    "time",
    ["2026-02-30T10:00:00Z", "2026-13-01T10:00:00Z", "9999-12-31T23:59:59Z", "2026-03-01T24:00:00Z", "0000-01-01T00:00:00Z"],
)  # fmt: skip
def test_a_time_that_is_none_stays_behind_and_hinders_no_later_run(
    data: Path, other: Path, time: str
) -> None:
    spoil(
        other,
        f"update pages set fetched_at = '{time}' where id = 1; update addresses set last_seen_at = '{time}'",
    )
    trials(data, "import", other)
    with Archive(data / "archive.db") as archive:
        urls = [url for (url,) in archive.connection.execute("select url from addresses")]
        assert all(re.match(r"20\d\d-\d\d-\d\dT", archive.later(url, "2026-01-01T00:00:00Z")) for url in urls)


@pytest.mark.parametrize("leap", ["2024-02-29", "2026-01-31", "2026-04-30", "1980-01-01"])
def test_a_time_that_there_is_comes_over(data: Path, other: Path, leap: str) -> None:
    spoil(other, f"update pages set fetched_at = '{leap}T10:00:00Z'")
    assert trials(data, "import", other).exit_code == 0
    assert rows(data, "select count(*) from trials") == [(3,)]


@pytest.mark.parametrize(
    ("arguments", "started"),
    [
        ('{"query": 5}', "2026-03-01T10:00:00Z"),
        ('{"urls": "https://clinicaltrials.gov/"}', "2026-03-01T10:00:00Z"),
        ('{"ids": [1]}', "2026-03-01T10:00:00Z"),
        ('{"limit": "many"}', "2026-03-01T10:00:00Z"),
        ('{"since": "yesterday"}', "2026-03-01T10:00:00Z"),
        ('{"query": "lamp"}', "1"),
        ('{"query": "lamp"}', "2026-02-30T10:00:00Z"),
    ],
)
def test_a_search_that_cannot_be_asked_again_stays_behind(
    data: Path, other: Path, arguments: str, started: str
) -> None:
    insert = "insert into runs (command, source, arguments, started_at, finished_at) values"
    good = "('scrape', 'ctgov', '{\"query\": \"lamp\"}', '2026-03-01T10:00:00Z', '2026-03-01T10:00:00Z')"
    spoil(other, f"{insert} ('scrape', 'ctgov', '{arguments}', '{started}', '{started}'), {good}")
    assert trials(data, "import", other).exit_code == 0
    with Archive(data / "archive.db") as archive:
        (wanted,) = gather.past_searches(archive)
    assert (wanted.request.query, wanted.request.since) == ("lamp", "2026-02-22")


def test_an_index_out_of_order_does_not_send_the_merge_round_in_circles(data: Path, other: Path) -> None:
    with closing(sqlite3.connect(other)) as connection:
        urls = [url for (url,) in connection.execute("select url from pages order by url")]
    body = other.read_bytes()
    # Both urls stand in the table and in its index; of the index alone the order is changed.
    at = sorted(m.start() for m in re.finditer(re.escape(urls[1].encode()), body))
    for place in at:
        changed = body[:place] + urls[0].encode() + body[place + len(urls[1]) :]
        other.write_bytes(changed)
        with limited(20):
            trials(data, "import", other)
    assert ("NCT99100001",) in rows(data, "select trial_id from trials")


def test_a_schema_of_noise_is_one_line(data: Path, other: Path) -> None:
    body = other.read_bytes().replace(b"create table pages", b"creat\xcd table page\xff", 1)
    body = body.replace(b"CREATE TABLE pages", b"CREAT\xcd TABLE page\xff", 1)
    other.write_bytes(body)
    result = trials(data, "import", other)
    assert result.exit_code == 1 and "cannot be read" in result.stderr


# ── a database ──────────────────────────────────────────────────────────────────────────────────────────

_COMMANDS = (
    ("search", "lantern"),
    ("show", "NCT99100001"),
    ("match", "--age", "34"),
    ("report", "--since", "2020-01-01"),
    ("diff", "NCT99100001"),
    ("export", "OUT", "--format", "parquet"),
    ("export", "OUT", "--format", "csv"),
)


@pytest.mark.parametrize("command", _COMMANDS, ids=lambda command: "-".join(command[::2]))
@pytest.mark.parametrize(
    "statements",
    [
        "update sqlite_master set sql = replace(replace(sql, ' text', ' blob'), ' TEXT', ' BLOB') where name = 'criteria'; pragma user_version = 1",
        "alter table criteria drop column text",
        "drop table conditions",
        _ENDLESS.format("criteria"),
        "alter table changes add column more as (old) virtual",
    ],
    ids=["types", "column", "table", "view", "generated"],
)
def test_a_table_that_our_migrations_do_not_make_is_one_line_of_every_command(
    data: Path, tmp_path: Path, statements: str, command: tuple[str, ...]
) -> None:
    spoil(data / "trials.db", statements)
    with limited(20):
        result = trials(data, *[str(tmp_path / "out") if word == "OUT" else word for word in command])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert "of another kind" in result.stderr or "failed" in result.stderr


@pytest.mark.parametrize("kind", ["csv", "parquet", "ndjson"])
def test_a_null_that_its_column_never_has_is_one_line_of_an_export(
    data: Path, tmp_path: Path, kind: str
) -> None:
    with closing(sqlite3.connect(data / "trials.db", isolation_level=None)) as connection:
        (schema,) = connection.execute("select sql from sqlite_master where name = 'criteria'").fetchone()
        connection.execute("pragma writable_schema = on")
        change = "update sqlite_master set sql = ? where name = 'criteria'"
        connection.execute(change, (re.sub(r"(?i)\s+not\s+null", "", schema),))
    with closing(sqlite3.connect(data / "trials.db", isolation_level=None)) as connection:
        connection.execute("update criteria set kind = null")
        connection.execute("pragma writable_schema = on")
        connection.execute(change, (schema,))
    result = trials(data, "export", tmp_path / kind, "--format", kind)
    assert result.exit_code == 1 and "not of its column's type" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("update", "command"),
    [
        ("update criteria_constraints set value = 'lots'", ("show", "NCT99100001")),
        ("update criteria_constraints set value = 'lots'", ("match", "--age", "34", "--lab", "hemoglobin=9 g/dL")),
        ("update trials set minimum_age_years = 'young'", ("show", "NCT99100001")),
        ("update records set fetched_at = x'ff'", ("show", "NCT99100001", "--json")),
    ],
)  # fmt: skip
def test_a_number_that_is_a_text_is_never_a_traceback(
    data: Path, update: str, command: tuple[str, ...]
) -> None:
    spoil(data / "trials.db", update)
    result = trials(data, *command)
    assert result.exit_code in (0, 1)
    if result.exit_code:
        assert "not of its column's type" in result.stderr and result.stderr.count("\n") == 1


def test_a_fault_of_the_programs_own_is_not_put_upon_the_database(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scraper.shown.trial", lambda trial: "" + 5)  # type: ignore[operator]
    with pytest.raises(TypeError):
        trials(data, "show", "NCT99100001")


def test_a_change_of_a_trial_that_is_not_there_is_passed_over(data: Path) -> None:
    with closing(sqlite3.connect(data / "trials.db")) as connection:
        connection.execute("pragma foreign_keys = off")
        connection.execute(
            "insert into changes (trial_id, position, field, old, new, observed_at, severity, source, source_id, kind)"
            " values ('NCT99109999', 0, 'sex', 'a', 'b', '2026-01-01', 'low', 'ctgov', 'NCT99109999', 'changed')"
        )
        connection.commit()
    assert trials(data, "report", "--since", "2020-01-01").exit_code == 0
