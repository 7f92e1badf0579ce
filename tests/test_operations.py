"""What whoever runs this every day sees: doctor, logs, units, and no path of a home folder in what is published."""

import json
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from bs4 import Tag
from sqlite_utils import Database

from scraper import lock
from scraper.journal import harmless
from scraper.settings import without_home
from scraper.store.migrations import migrations
from tests.commands import dump, rows, trials, trials_json
from tests.samples import write_listing, write_study
from tests.server import SiteServer
from tests.site_client import ask, faults
from tests.site_rows import small


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for number in range(3):
        write_study(tmp_path / "saved", f"NCT9970000{number}")
    assert trials(tmp_path / "data", "import", tmp_path / "saved").exit_code == 0
    return tmp_path / "data"


# ── doctor ──────────────────────────────────────────────────────────────────────────────────────────────


def _spoil(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / "archive.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def _remedies(data: Path) -> list[tuple[str, str]]:
    found = json.loads(trials(data, "doctor", "--json").stdout)
    return [(finding["found"], finding["remedy"]) for finding in found if finding["remedy"]]


def test_a_folder_that_is_well_needs_nothing(data: Path) -> None:
    result = trials(data, "doctor")
    assert result.exit_code == 0
    for words in ("SQLite", "MiB are free", "ctgov (3 records)", "3 pages, each with the bytes"):
        assert words in result.stdout


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (
            ["drop trigger pages_leave", "delete from pages where id = 1"],
            "1 readings name a page that is not there",
        ),
        (["delete from readings where page_id = 1"], "1 pages have no reading"),
        (["delete from addresses"], "3 pages are of an address that was never seen"),
        (["update pages set body = x'00' where id = 2"], "1 of 3 pages are damaged"),
        (["update pages set sha256 = 'a' where id = 2"], "1 of 3 pages are damaged"),
        (
            ["insert into deltas values (1, 99)"],
            "1 pages are kept as a difference of a page that is not there",
        ),
        (["update readings set state = 0"], "3 of 3 pages are not in the database yet"),
    ],
)
def test_every_damage_of_the_archive_is_found(data: Path, statements: list[str], words: str) -> None:
    _spoil(data, *statements)
    assert trials(data, "doctor").exit_code == 1
    assert any(found.startswith(words) for found, _ in _remedies(data))


@pytest.mark.parametrize(
    "name", ["trials.db.new", "trials.db.refused", "trials.db-journal", "floors.json.new"]
)
def test_what_a_killed_run_left_is_found_unless_a_run_is_going_on(data: Path, name: str) -> None:
    (data / name).write_bytes(b"left")
    (remedy,) = _remedies(data)
    assert remedy[0] == f"{name}, 4 bytes"
    with lock.writing(data, print):
        assert not _remedies(data)


def test_a_damaged_database_is_found(data: Path) -> None:
    path = data / "trials.db"
    content = bytearray(path.read_bytes())
    middle = len(content) // 4096 // 2 * 4096
    content[middle : middle + 8 * 4096] = b"\xff" * (8 * 4096)
    path.write_bytes(content)
    assert trials(data, "doctor").exit_code == 1
    ((found, remedy),) = _remedies(data)
    assert "trials.db" in found and remedy == "make it anew: trials build --full"


@pytest.mark.parametrize("command", [("build", "--full"), ("prune", "--before", "2030-01-01"), ("import",)])
def test_a_damaged_archive_is_named_and_its_remedy_is_a_copy(
    data: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    for number in range(200):
        write_study(tmp_path / "more", f"NCT99701{number:03}", sponsor=f"Sponsor {number}" * 9)
    assert trials(data, "import", tmp_path / "more").exit_code == 0
    good = dump(data)
    path = data / "archive.db"
    content = bytearray(path.read_bytes())
    content[3 * 4096 :] = b"\xff" * (len(content) - 3 * 4096)
    path.write_bytes(content)
    more = [write_study(tmp_path, "NCT99700009")] if command == ("import",) else []
    result = trials(data, *command, *more)
    assert result.exit_code == 1
    assert "archive.db" in result.stderr and "restore it from a copy" in result.stderr, result.stderr
    assert "build --full" not in result.stderr
    assert dump(data) == good


def test_a_file_that_is_no_database_is_found(data: Path) -> None:
    (data / "trials.db").write_bytes(b"no database" * 1000)
    assert "make it anew: trials build --full" in [remedy for _, remedy in _remedies(data)]


def test_a_database_that_is_not_there_is_found(data: Path) -> None:
    (data / "trials.db").unlink()
    assert _remedies(data) == [("trials.db is not there", "run: trials build")]
    assert trials(data, "build").exit_code == 0
    assert not _remedies(data)


def test_a_database_of_other_trials_than_the_archive_is_found(data: Path, tmp_path: Path) -> None:
    older = (data / "trials.db").read_bytes()
    assert trials(data, "import", write_study(tmp_path / "more", "NCT99700009")).exit_code == 0
    (data / "trials.db").write_bytes(older)
    assert _remedies(data) == [
        ("it has 3 trials, the archive 4", "make it anew: trials build --full"),
    ]


def test_the_age_of_records_is_told_beside_that_of_their_files(data: Path) -> None:
    (day,) = rows(data, "select max(last_update_posted_date) from trials")
    assert f"its newest record is of {day[0]}" in trials(data, "doctor").stdout


@pytest.fixture
def older(data: Path) -> Path:
    """The folder, with a database as an older program made it, and its two first schema steps alone."""
    (data / "trials.db").unlink()
    db = Database(data / "trials.db")
    migrations.apply(db, stop_before="m004_changed_record")
    db.close()
    return data


@pytest.mark.parametrize(
    "command",
    [
        ("search", "asthma"),
        ("show", "NCT99700000"),
        ("match", "--age", "34"),
        ("export", "OUT"),
        ("serve",),
        ("diff", "NCT99700000"),
        ("check",),
        ("sources", "--fill"),
    ],
)
def test_a_database_of_an_older_schema_says_what_to_run(
    older: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    result = trials(older, *(str(tmp_path / "out") if word == "OUT" else word for word in command))
    assert result.exit_code == 1, result.output
    assert (
        "lacks the schema step 'm004_changed_record'" in result.output and "`trials build`" in result.output
    )
    assert not (tmp_path / "out").exists()


def test_a_build_brings_an_older_schema_up_to_date(older: Path) -> None:
    assert [remedy for _, remedy in _remedies(older)] == ["run: trials build"]
    assert trials(older, "build").exit_code == 0
    assert not _remedies(older)
    assert trials(older, "show", "NCT99700000").exit_code == 0


def test_data_that_nobody_updated_for_long_is_found(data: Path) -> None:
    _spoil(
        data,
        "update addresses set last_seen_at = '2020-01-01T00:00:00Z'",
        "insert into runs (command, source, arguments, started_at, finished_at)"
        " values ('scrape', 'ctgov', '{}', '2020-01-01T00:00:00Z', '2020-01-01T00:01:00Z')",
    )
    assert [remedy for _, remedy in _remedies(data)] == ["run: trials update"]


def test_without_room_for_a_rebuild_doctor_says_so(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    assert _remedies(data)[0][1].startswith("make room")


def test_a_folder_without_anything_is_told_what_to_do_first(tmp_path: Path) -> None:
    result = trials(tmp_path / "nothing", "doctor")
    assert result.exit_code == 1 and "trials scrape" in result.stdout
    assert not (tmp_path / "nothing").exists()


def test_robots_are_only_asked_when_asked_to(data: Path) -> None:
    with SiteServer(None, None) as server:
        assert trials(data, "doctor", "--base-url", server.base_url).exit_code == 0
        assert not server.requests
        assert trials(data, "doctor", "--online", "--base-url", server.base_url).exit_code == 0
        assert {request.path for request in server.requests} == {"/robots.txt"}
        server.listings.robots = "User-agent: *\nDisallow: /\n"
        result = trials(data, "doctor", "--online", "--base-url", server.base_url)
    assert result.exit_code == 1 and "trialx: forbidden" in result.stdout


def test_the_unit_and_the_timer_are_valid(tmp_path: Path) -> None:
    printed = trials(tmp_path, "doctor", "--systemd")
    assert printed.exit_code == 0
    _, service, timer = printed.stdout.replace("# trials-update.timer", "# trials-update.service").split(
        "# trials-update.service\n"
    )
    assert "ExecStart=" in service and "OnCalendar=" in timer
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    (tmp_path / "trials-update.service").write_text(service)
    (tmp_path / "trials-update.timer").write_text(timer)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "trials-update.timer")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verified.returncode, verified.stderr) == (0, "")


def test_every_command_of_the_crontab_is_one_of_ours(tmp_path: Path) -> None:
    from scraper.cli import main

    text = trials(tmp_path, "doctor", "--cron").stdout
    jobs = [line for line in text.splitlines() if line and line[0].isdigit()]
    asked = re.findall(r"\btrials ([a-z]+)", " ".join(jobs))
    assert jobs and asked and set(asked) <= set(main.commands)


@pytest.mark.parametrize(
    ("said", "code", "mailed"),
    [
        ("new: 0\nchanged: 0", 0, ""),
        ("new: 2\n  NCT99700001\nchanged: 0", 0, "new: 2\n"),
        ("Error: no network", 1, "Error: no network\nfetched: 10 s so far\n"),
    ],
    ids=["nothing new", "new", "wrong"],
)
def test_cron_mails_only_what_is_wrong_or_new(tmp_path: Path, said: str, code: int, mailed: str) -> None:
    program = tmp_path / "trials"
    if code:
        program.write_text(f"#!/bin/sh\necho '{said}'\necho 'fetched: 10 s so far' >&2\nexit {code}\n")
    else:
        program.write_text(
            f"#!/bin/sh\n[ $1 = update ] && echo '{said}'\necho 'fetched: 10 s so far' >&2\nexit 0\n"
        )
    program.chmod(0o755)
    text = trials(tmp_path, "doctor", "--cron").stdout
    jobs = [line for line in text.splitlines() if line and line[0].isdigit()]
    nightly = jobs[0].split(" ", 5)[5].replace("\\%", "%")
    ran = subprocess.run(
        ["/bin/sh", "-c", nightly],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "TRIALS_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout + ran.stderr == mailed


# ── logs ────────────────────────────────────────────────────────────────────────────────────────────────


def _logged(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_log_holds_one_object_a_line_about_what_was_done(tmp_path: Path) -> None:
    write_study(tmp_path / "r")
    log = tmp_path / "trials.log"
    with SiteServer(None, tmp_path / "r") as server:
        result = trials(
            tmp_path / "d",
            "--log",
            log,
            "scrape",
            "ctgov",
            "--all",
            "--base-url",
            server.base_url,
            "--delay",
            0,
        )
    assert result.exit_code == 0
    entries = _logged(log)
    assert [entries[0]["message"], entries[-1]["message"]] == ["scrape began", "scrape ended"]
    assert entries[-1]["exit_code"] == 0 and isinstance(entries[-1]["seconds"], float)
    (run,) = [entry for entry in entries if entry["message"] == "run"]
    assert (run["fetched"], run["trials"]) == (1, 1)
    answered = [entry for entry in entries if entry["message"] == "answered"]
    assert answered and {entry["status"] for entry in answered} == {200}
    assert all({"at", "level", "logger", "process"} <= entry.keys() for entry in entries)


def test_the_environment_names_the_log_and_a_failure_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "trials.log"
    monkeypatch.setenv("TRIALS_LOG", str(log))
    assert trials(tmp_path / "d", "build").exit_code == 1
    entries = _logged(log)
    assert entries[-1]["exit_code"] == 1
    assert any("archive.db does not exist" in str(entry["message"]) for entry in entries)


def test_without_being_asked_nothing_is_logged_and_a_bad_place_is_a_bad_argument(tmp_path: Path) -> None:
    trials(tmp_path / "d", "sources")
    assert not list(tmp_path.iterdir())
    result = trials(tmp_path / "d", "--log", tmp_path / "no" / "log", "sources")
    assert result.exit_code == 2 and len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "logged"),
    [
        ("https://ada:secret@example.org/x", "https://…@example.org/x"),
        ("https://example.org/x?api_key=abc123&q=tea", "https://example.org/x?api_key=…&q=tea"),
        ("contact ada@example.org now", "contact …@… now"),
        ("/home/ada/saved/a.html", "~/saved/a.html"),
        ("Authorization: Bearer.abc", "Authorization: …"),
        ("https://example.org/home/ada/x", "https://example.org/home/ada/x"),
    ],
)
def test_a_log_tells_no_secret(words: str, logged: str) -> None:
    assert harmless(words) == logged


# ── what is published of paths ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/ada/saved/a.html", "~/saved/a.html"),
        ("/Users/ada/a.zip/b.xml", "~/a.zip/b.xml"),
        ("/root/a.html", "~/a.html"),
        (r"C:\Users\ada\a.html", r"~\a.html"),
        ("/srv/home/ada/a.html", "/srv/home/ada/a.html"),
        ("/rooted/a.html", "/rooted/a.html"),
        ("saved/a.html", "saved/a.html"),
        ("https://example.org/home/ada", "https://example.org/home/ada"),
        ('{"paths": ["/home/ada/a.html"]}', '{"paths": ["~/a.html"]}'),
    ],
)
def test_a_path_is_shown_without_the_home_folder(path: str, shown: str) -> None:
    assert without_home(path) == shown


def test_problems_of_saved_files_tell_no_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scraper.archive import formats

    write_listing(tmp_path / "saved", 990001, status="Perhaps")
    (tmp_path / "saved" / "odd.html").write_text("<p>no trial</p>", encoding="utf-8")
    read = formats.read
    monkeypatch.setattr(
        formats,
        "read",
        lambda path: (file._replace(path=f"/home/ada/{Path(file.path).name}") for file in read(path)),
    )
    data = tmp_path / "data"
    trials(data, "import", tmp_path / "saved")
    urls = {url for (url,) in rows(data, "select url from problems")}
    assert "~/odd.html" in urls and not [url for url in urls if "ada" in url]
    assert trials_json(data, "import", tmp_path / "saved")["trials_written"] == 0


# ── runs on the site ────────────────────────────────────────────────────────────────────────────────────


def test_the_page_about_the_index_shows_the_last_runs_with_what_was_expected_and_got(tmp_path: Path) -> None:
    path = small(tmp_path / "trials.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from runs")
        connection.executemany(
            "insert into runs values (?, ?, 'ctgov', '{}', ?, ?, ?, ?, ?, ?)",
            [
                (1, "scrape", "2026-05-01T08:00:00Z", "2026-05-01T10:05:00Z", 4321, 4000, 300, 21),
                (2, "update", "2026-05-02T08:00:00Z", "2026-05-02T08:00:12Z", None, 0, 5, 0),
                (3, "update", "2026-05-03T08:00:00Z", None, 7, 1, 0, 0),
            ],
        )
    (answer,) = ask(path, "/about")
    assert not faults(answer)
    table = answer.page.find("div", {"aria-label": "Last runs"})
    assert isinstance(table, Tag)
    said = [[cell.get_text() for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]
    assert [row[4:] for row in said] == [
        ["1", "0", "0", "cut off"],
        ["0", "5", "0", "12 s"],
        ["4,000", "300", "21", "2 h 05 min"],
    ]
    assert [row[3] for row in said] == ["7", "not told", "4,321"]


# ── commands given what they cannot use ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "command", [("update",), ("build",), ("prune", "--before", "2026-01-01"), ("export", "OUT")]
)
def test_a_mistyped_data_folder_is_not_made(tmp_path: Path, command: tuple[str, ...]) -> None:
    result = trials(
        tmp_path / "typo", *(str(tmp_path / "out") if word == "OUT" else word for word in command)
    )
    assert result.exit_code == 1 and "typo" in result.stderr and "--data DIR" in result.stderr
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_to_import_is_said(data: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    before = (data / "trials.db").read_bytes()
    result = trials(data, "import", tmp_path / "empty")
    assert result.exit_code == 1 and f"no files found in {tmp_path / 'empty'}" in result.stderr
    assert (data / "trials.db").read_bytes() == before


def test_problems_of_earlier_runs_are_said_to_be_of_the_whole_database(data: Path, tmp_path: Path) -> None:
    (tmp_path / "odd.html").write_text("<p>nothing", encoding="utf-8")
    trials(data, "import", tmp_path / "odd.html")
    result = trials(data, "import", write_study(tmp_path, "NCT99700009"))
    assert "failed 0" in result.stdout
    assert "problems in the whole database by stage: archive 1" in result.stdout


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("show", ""), "'' is no id"),
        (("show", "  "), "is no id"),
        (("search", "--km", "10"), "without --near"),
        (("match", "--age", "34", "--km", "10"), "without --near"),
        (
            ("search", "--updated-from", "2026-05", "--updated-to", "2026-04-30"),
            "no later than updated_to, which is '2026-04-30'",
        ),
        (("search", "--start-from", "2027", "--start-to", "2026"), "no later than start_to"),
    ],
)
def test_a_question_that_cannot_be_meant_gets_one_line(
    data: Path, command: tuple[str, ...], words: str
) -> None:
    result = trials(data, *command)
    assert result.exit_code == 2 and words in result.stderr, result.output


def test_a_range_within_one_month_or_year_is_a_question(data: Path) -> None:
    for first, last in (("2026-05", "2026"), ("2026", "2026-05"), ("2026-05-01", "2026-05-01")):
        assert trials(data, "search", "--updated-from", first, "--updated-to", last).exit_code == 0


def test_ages_in_other_words_are_no_difference_between_records(tmp_path: Path) -> None:
    from scraper.site import configuration

    saved, data = tmp_path / "saved", tmp_path / "data"
    for number, badge in ((1, "18 Years and above"), (2, "21 Years and above")):
        write_study(saved, f"NCT9970000{number}", minimum="18 Years", maximum="")
        write_listing(saved, 990000 + number, f"NCT9970000{number}", age=badge, criterion="Can swim.")
    assert trials(data, "import", saved).exit_code == 0
    assert rows(data, "select count(distinct age_raw) from records") != [(1,)]
    query = configuration.configuration()["databases"]["trials"]["queries"]["age_against_listing"]["sql"]
    assert [(row[0], row[1]) for row in rows(data, query)] == [("NCT99700002", "minimum_age")]


def test_a_country_that_is_none_is_said(data: Path) -> None:
    result = trials(data, "search", "--country", "Atlantis", "--country", "FR")
    assert result.exit_code == 0 and "0 trials" in result.stdout
    assert "found 'Atlantis'" in result.stderr and "FR'" not in result.stderr
