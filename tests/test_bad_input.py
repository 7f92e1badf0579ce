"""Bad input: one clear line, a row of `problems`, the exit code of the contract, and nothing stored is lost."""

import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands import dump, rows, trials
from tests.samples import listing, study, write_listing, write_study


def problems(data: Path) -> list[tuple[str, str, str]]:
    return rows(data, "select url, stage, field from problems order by url")


BAD_FILES = {
    "shopping.html": b"<html><body><h1>Shopping list</h1><p>Bread, milk.</p></body></html>",
    "empty.html": b"",
    "blank.txt": b" \n\n\t ",
    "cut-off.txt": listing().split("Study details")[0].encode(),
    "noise.bin": random.Random(7).randbytes(5 << 20),
    "not-a-study.json": b'{"weather": "fair", "wind": 3}',
    "cut-off.json": b'{"protocolSection": {"identificationModule": {"nctId": "NCT9910',
    "array.json": b"[1, 2, 3]",
    "cut-off.xml": b"<clinical_study><id_info><nct_id>NCT99100001</nct_id></id_info><brief_ti",
    "other.xml": b"<?xml version='1.0'?><recipe><title>Soup</title></recipe>",
    "broken.zip": b"PK\x03\x04 and then nothing of a zip",
    "broken.gz": b"\x1f\x8b and then nothing of a gz",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_yields_no_trial_leaves_a_problem_under_its_path_and_exit_code_1(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(BAD_FILES[name])
    result = trials(tmp_path / "data", "import", path)
    assert result.exit_code == 1
    (row,) = problems(tmp_path / "data")
    assert row[0] == str(path)
    lines = [line for line in result.stderr.splitlines() if str(path) in line]
    assert len(lines) == 1 and "found" in lines[0] and "expected" in lines[0]
    assert len(lines[0]) < 500 + len(str(path))


def test_bad_files_beside_good_ones_cost_nothing_but_themselves(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write_study(folder)
    write_listing(folder, nct_id="NCT99100002")
    for name, body in BAD_FILES.items():
        (folder / name).write_bytes(body)
    result = trials(tmp_path / "data", "import", folder)
    assert result.exit_code == 0
    assert rows(tmp_path / "data", "select trial_id from trials order by 1") == [
        ("NCT99100001",),
        ("NCT99100002",),
    ]
    assert {url for url, _, _ in problems(tmp_path / "data")} == {str(folder / name) for name in BAD_FILES}
    before = dump(tmp_path / "data")
    assert trials(tmp_path / "data", "import", folder).exit_code == 0
    assert dump(tmp_path / "data") == before
    assert trials(tmp_path / "data", "build", "--full").exit_code == 0
    assert dump(tmp_path / "data") == before


def test_a_mended_file_loses_its_problem(tmp_path: Path) -> None:
    path = write_listing(tmp_path)
    whole = path.read_text()
    path.write_text(whole.split("Study details")[0])
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert trials(tmp_path / "data", "import", path).exit_code == 1
    path.write_text(whole)
    assert trials(tmp_path / "data", "import", path).exit_code == 0
    assert problems(tmp_path / "data") == []
    trials(tmp_path / "data", "build", "--full")
    assert problems(tmp_path / "data") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_page_in_another_encoding_is_read_all_the_same(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "trialx-990001.txt"
    path.write_bytes(listing(title="Études of light – a café trial").encode(encoding))
    assert trials(tmp_path / "data", "import", path).exit_code == 0
    assert rows(tmp_path / "data", "select brief_title from trials") == [("Études of light – a café trial",)]


@pytest.mark.parametrize(
    "changed, field",
    [
        ({"status": "PONDERING"}, "overall_status"),
        ({"phases": ["PHASE9"]}, "phase"),
        ({"minimum": "some Years"}, "minimum_age"),
        ({"sex": "PERHAPS"}, "sex"),
        ({"updated": "2026-13-45"}, "last_update_posted_date"),
    ],
)
def test_an_odd_word_costs_one_field(tmp_path: Path, changed: dict[str, Any], field: str) -> None:
    assert trials(tmp_path / "data", "import", write_study(tmp_path, **changed)).exit_code == 0
    assert rows(tmp_path / "data", f"select {field}, brief_title is not null from trials") == [(None, 1)] or (
        field == "minimum_age"
        and rows(tmp_path / "data", "select minimum_age_years from trials") == [(None,)]
    )
    assert [name for _, _, name in problems(tmp_path / "data")] == [field]


def test_the_same_id_twice_in_one_file_is_one_trial_and_a_problem(tmp_path: Path) -> None:
    import json

    twice = [study(), study(title="Another Title of the Same Trial")]
    (tmp_path / "twice.json").write_text(json.dumps(twice))
    assert trials(tmp_path / "data", "import", tmp_path / "twice.json").exit_code == 0
    assert rows(tmp_path / "data", "select count(*) from trials") == [(1,)]
    assert problems(tmp_path / "data") == [(str(tmp_path / "twice.json"), "archive", "trial_id")]


def test_two_listings_of_one_trial_are_one_trial_with_two_records(tmp_path: Path) -> None:
    files = (write_listing(tmp_path, 990001), write_listing(tmp_path, 990002, title="Lantern Therapy"))
    assert trials(tmp_path / "data", "import", *files).exit_code == 0
    assert rows(tmp_path / "data", "select count(*) from trials") == [(1,)]
    assert rows(tmp_path / "data", "select source_id from records order by 1") == [
        ("trialx-990001",),
        ("trialx-990002",),
    ]


def test_a_path_that_does_not_exist_is_a_bad_argument(tmp_path: Path) -> None:
    result = trials(tmp_path / "data", "import", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr and "expected" in result.stderr


def test_an_unknown_source_is_a_bad_argument(tmp_path: Path) -> None:
    result = trials(tmp_path / "data", "scrape", "nosuch", "--query", "x")
    assert result.exit_code == 2
    assert "nosuch" in result.stderr and "ctgov" in result.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="as another user the next test shows the same")
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    result = trials(tmp_path / "file" / "data", "import", write_study(tmp_path))
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1 and "expected" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_readonly_folder_is_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o555)
    result = trials(data, "import", write_study(tmp_path))
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1 and "expected" in result.stderr


def test_a_readonly_database_is_one_line_and_keeps_its_rows(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path))
    before = dump(data)
    connection = sqlite3.connect(data / "trials.db")
    connection.execute("begin immediate")  # nobody else can write now: as good as read-only, even for root
    try:
        code = (
            "import sqlite3, scraper.store.writer as w; real = sqlite3.connect;"
            "w.sqlite3.connect = lambda *a, **k: real(*a, **{**k, 'timeout': 0.1});"
            "from scraper.cli import main; main()"
        )
        path = write_study(tmp_path, "NCT99100002")
        done = subprocess.run(
            [sys.executable, "-c", code, "--data", str(data), "import", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        connection.close()
    assert done.returncode == 1
    assert "cannot be opened for writing" in done.stderr and "Traceback" not in done.stderr
    assert dump(data) == before
    assert trials(data, "build").exit_code == 0  # the page was archived before; the next run goes on
    assert rows(data, "select count(*) from trials") == [(2,)]


def test_a_database_of_a_newer_version_is_refused_and_kept(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path))
    connection = sqlite3.connect(data / "trials.db")
    connection.execute(
        "insert into _sqlite_migrations (migration_set, name, applied_at) values ('trials', 'm999_later', 'x')"
    )
    connection.commit()
    connection.close()
    before = (data / "trials.db").read_bytes()
    for command in (("import", write_study(tmp_path, "NCT99100002")), ("search", "light"), ("check",)):
        result = trials(data, *command)
        assert result.exit_code == 1
        assert "m999_later" in result.stderr
    assert (data / "trials.db").read_bytes() == before


def test_a_damaged_database_fails_the_check_and_is_made_anew_from_the_archive(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path))
    before = dump(data)
    assert trials(data, "check").exit_code == 0
    body = bytearray((data / "trials.db").read_bytes())
    for start in range(4096, len(body), 4096):
        body[start : start + 200] = b"\xff" * 200
    (data / "trials.db").write_bytes(bytes(body))
    result = trials(data, "check")
    assert result.exit_code == 1
    assert "build --full" in result.stderr
    assert trials(data, "build", "--full").exit_code == 0
    assert trials(data, "check").exit_code == 0
    assert dump(data) == before


def test_a_file_that_is_no_database_fails_the_check(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "trials.db").write_text("this is no database, but it lies where one should")
    assert trials(tmp_path / "data", "check").exit_code == 1


def test_a_database_that_lost_a_trial_fails_the_check(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path), write_study(tmp_path, "NCT99100002"))
    connection = sqlite3.connect(data / "trials.db")
    connection.execute("pragma foreign_keys = off")
    connection.execute("delete from trials where trial_id = 'NCT99100002'")
    connection.commit()
    connection.close()
    result = trials(data, "check")
    assert result.exit_code == 1 and "must not be published" in result.stderr


def test_there_is_no_traceback_without_a_database(tmp_path: Path) -> None:
    for command in (
        ("search", "x"),
        ("show", "NCT99100001"),
        ("show", "NCT99100001", "--as-of", "2026-01-01"),
        ("diff", "NCT99100001"),
        ("watch", "--state", tmp_path / "state.json"),
        ("report", "--since", "2026-01-01"),
        ("check",),
        ("serve",),
        ("build",),
        ("update",),
    ):
        result = trials(tmp_path / "data", *command)
        assert result.exit_code == 1, command
        assert len(result.stderr.splitlines()) == 1, result.stderr


@pytest.mark.parametrize(
    "command",
    [
        "sources",
        "scrape",
        "import",
        "update",
        "build",
        "search",
        "show",
        "serve",
        "check",
        "diff",
        "watch",
        "report",
    ],
)
def test_every_command_has_help_with_an_example(tmp_path: Path, command: str) -> None:
    result = trials(tmp_path, command, "--help")
    assert result.exit_code == 0
    assert f"Example: trials {command}" in " ".join(result.stdout.split())
