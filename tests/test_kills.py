"""A run killed at any moment loses nothing, doubles nothing, and the next one ends with the rows of an unkilled one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import kills
from tests.commands import dump, rows, trials
from tests.samples import write_study

# Dies when the named function is called for the nth time: moments that chance rarely meets.
_DYING = """
import importlib, os, sys
module, name, nth = sys.argv[1].rsplit(".", 1)[0], sys.argv[1].rsplit(".", 1)[1], int(sys.argv[2])
module = importlib.import_module(module)
real, met = getattr(module, name), 0

def dying(*args, **kwargs):
    global met
    met += 1
    if met == nth:
        os._exit(137)
    return real(*args, **kwargs)

setattr(module, name, dying)
from scraper.cli import main
main(sys.argv[3:])
"""


@pytest.mark.skipif(
    not Path("/proc").exists(), reason="moments are met by looking at files as Linux keeps their times"
)
def test_kills_at_random_moments_do_no_harm() -> None:
    found = kills.run(11, seed=4, large=0)
    assert sum(counts.kills for counts in found) == 11
    assert [(counts.command, counts.said) for counts in found if counts.harm] == []


@pytest.mark.parametrize(
    ("function", "command"),
    [
        ("scraper.ingest._import_file", "import"),
        ("scraper.store.writer.save", "import"),
        ("scraper.build.learn_counted", "import"),
        ("scraper.store.writer.save_failures", "import"),
        ("scraper.store.writer.finish", "import"),
        ("scraper.store.writer.refresh_stats", "import"),
        ("scraper.linking.link_changed", "import"),
        ("scraper.build._summary", "import"),
        ("scraper.build.rebuild", "build"),
        ("scraper.build.learn", "build"),
        ("scraper.store.writer.analyze", "build"),
        ("scraper.build._swap", "build"),
    ],
)
def test_a_run_killed_between_two_steps_is_made_good_by_the_next(
    tmp_path: Path, function: str, command: str
) -> None:
    first, more = (
        write_study(tmp_path / "a"),
        write_study(tmp_path / "b", "NCT99100002", sponsor="Lantern Works"),
    )
    for path in (first, more):
        os.utime(path, (1_750_000_000, 1_750_000_000))
    data, whole = tmp_path / "data", tmp_path / "whole"
    arguments = ["import", str(more)] if command == "import" else ["build", "--full"]
    for folder in (data, whole):
        assert trials(folder, "import", first).exit_code == 0
    assert trials(whole, *arguments).exit_code == 0
    before = dump(data)["trials"]
    died = subprocess.run(
        [sys.executable, "-c", _DYING, function, "1", "--data", str(data), *arguments],
        check=False,
        capture_output=True,
    )
    assert died.returncode == 137, died.stderr
    assert set(before) <= set(dump(data)["trials"]) or command == "import"
    assert rows(data, "pragma integrity_check") == [("ok",)]
    assert trials(data, *arguments).exit_code == 0
    assert dump(data) == dump(whole)
    assert {path.name for path in data.iterdir()} <= kills.MADE


def test_what_a_killed_rebuild_left_goes_with_the_next_import(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path / "a"))
    for name in ("trials.db.new", "trials.db.new-journal", "floors.json.new"):
        (data / name).write_bytes(b"half of it")
    assert trials(data, "import", write_study(tmp_path / "b", "NCT99100002")).exit_code == 0
    assert {path.name for path in data.iterdir()} <= kills.MADE
    assert rows(data, "select count(*) from trials") == [(2,)]


def test_no_worker_outlives_a_killed_build(tmp_path: Path) -> None:
    import signal
    import time

    data = tmp_path / "data"
    kills.many_trials(data, tmp_path / "many.ndjson", 1100)
    command = [sys.executable, "-m", "scraper", "--data", str(data), "build", "--full"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        kills.wait_for_writing(data, process)
        deadline = time.monotonic() + 60
        while len(_members(process.pid)) < 3 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while _members(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _members(process.pid) == set()


def _members(session: int) -> set[int]:
    """The processes of a session, by Linux's own list."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        if fields[3] == str(session) and fields[0] != "Z":
            found.add(int(folder.name))
    return found
