"""One database and archive of every schema that was released, as SQL (tests/schemas): each is brought up to date."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands import dump, rows, trials
from tests.samples import write_study

SCHEMAS = Path(__file__).parent / "schemas"
RELEASED = sorted({path.name.rpartition("-")[0] for path in SCHEMAS.glob("*.sql")})

_DYING = """
import os, sys
from scraper.store import migrations
step = [m for m in migrations.migrations.pending(__import__("sqlite_utils").Database(memory=True))][-1].name
real = getattr(migrations, step)
for registered in migrations.migrations._migrations:
    if registered.name == step:
        def dying(db, fn=registered.fn):
            fn(db)
            os._exit(137)
        registered.fn = dying
from scraper.store import writer
from pathlib import Path
writer.open_database(Path(sys.argv[1]))
"""


def made(folder: Path, released: str) -> Path:
    """A data folder as that release left it."""
    folder.mkdir()
    for name in ("archive", "trials"):
        with closing(sqlite3.connect(folder / f"{name}.db")) as connection:
            connection.executescript((SCHEMAS / f"{released}-{name}.sql").read_text(encoding="utf-8"))
    return folder


@pytest.mark.parametrize("released", RELEASED)
@pytest.mark.parametrize("command", [("build",), ("build", "--full")], ids=" ".join)
def test_a_folder_of_an_older_release_is_brought_up_to_date(
    tmp_path: Path, released: str, command: tuple[str, ...]
) -> None:
    data = made(tmp_path / "data", released)
    before = rows(data, "select trial_id, brief_title, overall_status from trials order by 1")
    changes = rows(data, "select trial_id, field, old, new from changes order by 1, 2")
    assert before and changes
    assert trials(data, *command).exit_code == 0
    assert rows(data, "select trial_id, brief_title, overall_status from trials order by 1") == before
    assert rows(data, "select trial_id, field, old, new from changes order by 1, 2") == changes
    assert rows(data, "pragma integrity_check") == [("ok",)]
    found = dump(data)
    assert trials(data, "build", "--full").exit_code == 0
    assert dump(data) == found
    assert trials(data, "check").exit_code == 0
    assert trials(data, "search", "foghorn").stdout.startswith("1 trial")


@pytest.mark.parametrize("released", RELEASED)
def test_what_is_new_goes_into_a_folder_of_an_older_release(tmp_path: Path, released: str) -> None:
    data = made(tmp_path / "data", released)
    path = write_study(tmp_path / "new", "NCT99100009")
    assert trials(data, "import", path).exit_code == 0
    assert rows(data, "select count(*) from trials") == [(3,)]
    found = dump(data)
    assert trials(data, "build", "--full").exit_code == 0
    assert dump(data) == found


@pytest.mark.parametrize("released", RELEASED)
def test_a_migration_killed_in_the_middle_leaves_the_old_schema_and_the_next_run_goes_on(
    tmp_path: Path, released: str
) -> None:
    data = made(tmp_path / "data", released)
    died = subprocess.run(
        [sys.executable, "-c", _DYING, str(data / "trials.db")], check=False, capture_output=True, text=True
    )
    assert died.returncode == 137, died.stderr
    assert rows(data, "pragma integrity_check") == [("ok",)]
    assert rows(data, "select count(*) from trials") == [(2,)]
    assert trials(data, "build").exit_code == 0
    assert trials(data, "check").exit_code == 0


@pytest.mark.parametrize("released", RELEASED)
def test_commands_that_only_read_say_so_or_answer_over_an_older_release(
    tmp_path: Path, released: str
) -> None:
    data = made(tmp_path / "data", released)
    before = (data / "trials.db").read_bytes()
    for command in (
        ("search", "foghorn"),
        ("show", "NCT99100001"),
        ("match", "--age", "34"),
        ("check",),
        ("export", str(tmp_path / "out")),
    ):
        result = trials(data, *command)
        assert result.exit_code == 0 or len(result.stderr.splitlines()) >= 1, command
        assert "Traceback" not in result.output
    assert (data / "trials.db").read_bytes() == before


def test_an_archive_of_a_newer_version_is_refused_and_kept(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path))
    with closing(sqlite3.connect(data / "archive.db")) as connection:
        connection.execute("pragma user_version = 999")
    before = (data / "archive.db").read_bytes()
    result = trials(data, "import", write_study(tmp_path, "NCT99100002"))
    assert result.exit_code == 1
    assert "version 999" in result.stderr and "update the program" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert (data / "archive.db").read_bytes() == before
