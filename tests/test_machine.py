"""What a machine can do to a run: no room, nothing to be written, two runs at once, readers, a clock set back."""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest

from tests import kills
from tests.commands import dump, rows, trials
from tests.samples import write_listing, write_study
from tests.server import SiteServer

_LIMITED = (
    "import resource, sys; size = int(sys.argv[1]); resource.setrlimit(resource.RLIMIT_FSIZE, (size, size));"
    "from scraper.cli import main; main(sys.argv[2:])"
)


def run(
    *arguments: object, code: str = "from scraper.cli import main; main()"
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def one_error(stderr: str) -> str:
    """The one line that tells what is wrong."""
    assert "Traceback" not in stderr
    (line,) = [line for line in stderr.splitlines() if line.startswith("Error")]
    assert "expected" in line or "nothing stored is lost" in line
    return line


def test_a_file_that_may_not_grow_ends_every_writing_command_with_one_line_and_the_next_run_completes(
    tmp_path: Path,
) -> None:
    with SiteServer(None, None) as server:
        stage = kills.Stage(tmp_path, server, large=0)
        tried = 0
        for scene in stage.scenes():
            for size in (20_000, 60_000, 250_000):
                folder = stage.copy(scene.base)
                arguments = kills.command_of(folder, scene.arguments)[3:]
                done = run(size, *arguments, code=_LIMITED)
                if done.returncode:
                    tried += 1
                    assert done.returncode == 1, (scene.name, size, done.stderr)
                    one_error(done.stderr)
                assert all(kills.is_whole(path) for path in kills.databases_of(stage.copy(folder)))
                assert not kills.lost_since(scene.base, stage.copy(folder)), (scene.name, size)
                again = run(*arguments)
                assert again.returncode == 0, (scene.name, size, again.stderr)
                assert stage.rows(folder, scene.is_timed) == scene.rows, (scene.name, size)
                assert kills.exported(folder / "out") == scene.exported
                assert {p.name for p in (folder / "data").iterdir()} <= kills.MADE
        assert tried >= 12


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A disk of its own; skips where this user may not mount one."""
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(options, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root alone")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


@pytest.mark.parametrize("kilobytes", [60, 200, 500, 900])
def test_a_full_disk_says_so_and_with_room_the_same_command_goes_on(tmp_path: Path, kilobytes: int) -> None:
    for number in range(60):
        write_study(
            tmp_path / "files",
            f"NCT9976{number:04}",
            criteria="Inclusion Criteria:\n\n" + "* Keeps a light.\n" * 80,
        )
    with small_disk(tmp_path / "disk", kilobytes) as disk:
        done = run("--data", disk / "data", "import", tmp_path / "files")
        assert done.returncode == 1
        assert "full" in one_error(done.stderr) or "room" in done.stderr
        assert {p.name for p in (disk / "data").iterdir()} <= kills.MADE | {"archive.db-journal"}
        remount(disk, "size=64m")
        assert run("--data", disk / "data", "import", tmp_path / "files").returncode == 0
        assert rows(disk / "data", "select count(*) from trials") == [(60,)]


def test_a_disk_that_cannot_be_written_is_one_line_for_writers_and_none_for_readers(tmp_path: Path) -> None:
    path = write_study(tmp_path / "files")
    with small_disk(tmp_path / "disk", 64_000) as disk, SiteServer(None, None) as server:
        assert run("--data", disk / "data", "import", path).returncode == 0
        before = dump(disk / "data")
        remount(disk, "ro")
        url = ("--base-url", server.base_url, "--delay", "0")
        for writing in (
            ("import", write_study(tmp_path / "files", "NCT99100002")),
            ("build", "--full"),
            ("scrape", "ctgov", "--all", *url),
            ("export", disk / "out"),
        ):
            done = run("--data", disk / "data", *writing)
            assert done.returncode == 1, (writing, done.stdout, done.stderr)
            one_error(done.stderr)
        for reading in (
            ("search", "lantern"),
            ("show", "NCT99100001"),
            ("match", "--age", 34),
            ("check",),
            ("export", tmp_path / "out"),
        ):
            done = run("--data", disk / "data", *reading)
            assert done.returncode == 0, (reading, done.stderr)
        assert dump(disk / "data") == before


# ── two at once ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_second_writer_says_that_it_waits_and_goes_on_when_the_first_has_ended(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    command = [sys.executable, "-m", "scraper", "--data", str(data), "import", str(write_study(tmp_path))]
    handle = os.open(data, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        assert "waiting until it has finished" in process.stderr.readline()
        assert process.poll() is None
        assert list(data.iterdir()) == []
        os.close(handle)
        assert process.wait(60) == 0
    assert rows(data, "select count(*) from trials") == [(1,)]


def test_writers_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    data, processes = tmp_path / "data", []
    for number in range(4):
        folder = tmp_path / f"files{number}"
        for n in range(10):
            write_study(folder, f"NCT9975{number}{n:03}")
        write_study(folder, "NCT99759999")
        command = [sys.executable, "-m", "scraper", "--data", str(data), "import", str(folder)]
        processes.append(
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        )
    for process in processes:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
    assert rows(data, "select count(*), count(distinct trial_id) from trials") == [(41, 41)]
    before = dump(data)
    assert trials(data, "build", "--full").exit_code == 0
    assert {k: v for k, v in dump(data).items() if k != "meta"} == {
        k: v for k, v in before.items() if k != "meta"
    }


# ── a site and its readers ──────────────────────────────────────────────────────────────────────────────


def test_readers_of_a_served_site_meet_no_error_while_updates_and_rebuilds_run(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for number in range(30):
        write_study(tmp_path / "files", f"NCT9974{number:04}")
    assert run("--data", data, "import", tmp_path / "files").returncode == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "scraper", "--data", str(data), "serve", "--port", str(port)]
    answers: list[tuple[str, int]] = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_until_served(port)
            stop = threading.Event()
            readers = [threading.Thread(target=read_on, args=(port, path, answers, stop)) for path in PATHS]
            for reader in readers:
                reader.start()
            for number in range(3):
                more = write_study(tmp_path / f"more{number}", f"NCT9974900{number}", title="Foghorn Therapy")
                assert run("--data", data, "import", more).returncode == 0
                assert run("--data", data, "build", "--full").returncode == 0
            stop.set()
            for reader in readers:
                reader.join(60)
            assert get(port, "/trials/trials/NCT99749002.json")[0] == 200
            assert "Foghorn" in get(port, "/search?q=foghorn")[1]
        finally:
            server.terminate()
    assert len(answers) > 30
    assert {status for _, status in answers} == {200}, sorted({a for a in answers if a[1] != 200})


PATHS = (
    "/",
    "/search?q=lantern",
    "/trials/trials/NCT99740001",
    "/match?age=34",
    "/changes",
    "/trials/trials.json?_size=5",
)


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, ""


def read_on(port: int, path: str, answers: list[tuple[str, int]], stop: threading.Event) -> None:
    while not stop.is_set():
        answers.append((path, get(port, path)[0]))


def wait_until_served(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            get(port, "/")
            return
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError("the site does not answer")


# ── the clock ───────────────────────────────────────────────────────────────────────────────────────────


class Clock:
    """Stands in for `datetime` in the modules that ask what time it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = datetime(2026, 6, 1, 12, tzinfo=UTC)
        clock = self

        class Set(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # always UTC here
                return clock.at

        for module in ("scraper.ingest", "scraper.fetch.client"):
            monkeypatch.setattr(f"{module}.datetime", Set)

    def __iadd__(self, days: int) -> Self:
        self.at += timedelta(days=days)
        return self


@pytest.mark.parametrize("days", [-400, -1, 0, 1])
def test_no_change_is_lost_whatever_the_clock_did_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    clock, data = Clock(monkeypatch), tmp_path / "data"
    pages = tmp_path / "pages"
    write_listing(pages, 90001, "NCT99100001")
    write_listing(pages, 90002, "NCT99100002")
    with SiteServer(pages, None) as server:
        url = ("--base-url", server.base_url, "--delay", 0)
        assert trials(data, "scrape", "trialx", "--all", *url).exit_code == 0
    clock += days
    clock.at += timedelta(seconds=5)
    # A listing's own date says nothing here: only the order in which the pages came tells which is newer.
    write_listing(pages, 90001, "NCT99100001", status="Not Recruiting")
    (pages / "trialx-90002.txt").unlink()
    with SiteServer(pages, None) as server:
        url = ("--base-url", server.base_url, "--delay", 0)
        assert trials(data, "update", *url).exit_code == 0
        assert rows(data, "select trial_id, overall_status from trials where removed_at is null") == [
            ("NCT99100001", "NOT_RECRUITING")
        ]
        assert rows(data, "select field, old, new from changes where field <> 'removed_at'") == [
            ("overall_status", "RECRUITING", "NOT_RECRUITING")
        ]
        before = dump(data)
        assert trials(data, "update", *url).exit_code == 0
        assert dump(data)["trials"] == before["trials"]
    assert rows(data, "select 1 from runs where finished_at < started_at") == []
    assert (
        rows(data, "select 1 from trials where last_seen_at < first_seen_at or removed_at < last_seen_at")
        == []
    )
    assert trials(data, "build", "--full").exit_code == 0
    assert rows(data, "select trial_id, overall_status from trials where removed_at is null") == [
        ("NCT99100001", "NOT_RECRUITING")
    ]


def test_a_run_of_a_clock_that_was_ahead_hides_no_later_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, data = Clock(monkeypatch), tmp_path / "data"
    folder = tmp_path / "studies"
    write_study(folder, "NCT99100001", updated="2026-05-20")
    clock += 3650
    with SiteServer(None, folder) as server:
        assert (
            trials(
                data, "scrape", "ctgov", "--query", "lantern", "--base-url", server.base_url, "--delay", 0
            ).exit_code
            == 0
        )
    clock += -3640
    write_study(folder, "NCT99100001", updated="2026-06-09", status="COMPLETED")
    with SiteServer(None, folder) as server:
        assert trials(data, "update", "--base-url", server.base_url, "--delay", 0).exit_code == 0
    assert rows(data, "select overall_status from trials") == [("COMPLETED",)]
    assert rows(data, "select field, new from changes") == [("overall_status", "COMPLETED")]
