"""People as attackers of the command line: every argument and option of every command, settings, and devices."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import uvicorn

from scraper.cli import main
from tests.commands import trials
from tests.hostile_commands import (
    HOSTILE,
    SEEN,
    attacks,
    commands,
    faults,
    file_written,
    line,
    listed,
    ran,
    share,
)
from tests.samples import write_listing, write_study
from tests.server import SiteServer


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arguments")
    write_study(folder / "saved")
    write_listing(folder / "saved", nct_id="NCT99100002")
    assert trials(folder / "data", "import", folder / "saved").exit_code == 0
    return folder / "data"


@pytest.fixture
def place(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """What stands for words in NEEDED; the working folder is one where anything new would be seen."""
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)  # it would bound the tests that follow
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "texts.jsonl").write_text(
        '{"trial_id": "a", "text": "Inclusion Criteria:\\n\\n* Age >= 18 years"}\n'
    )
    write_study(tmp_path / "registry")
    with SiteServer(None, tmp_path / "registry") as server:
        yield {
            "SAVED": str(data.parent / "saved"),
            "TEXTS": str(tmp_path / "texts.jsonl"),
            "STATE": str(tmp_path / "data" / "state.json"),
            "OUT": str(tmp_path / "data" / "out"),
            "SERVER": server.base_url,
        }


def _id(value: Any) -> str:
    if isinstance(value, tuple):
        return "-".join(value)
    return getattr(value, "name", None) or str(value)


def _codes(words: tuple[str, ...]) -> tuple[int, ...]:
    return (0, 1, 2, 3) if words == ("watch",) else (0, 1, 2)


@pytest.mark.parametrize("words, command", list(commands()), ids=_id)
def test_every_command_runs_without_an_attack(
    tmp_path: Path, place: dict[str, str], words: tuple[str, ...], command: click.Command
) -> None:
    given = [place.get(word, word) for word in line(words, command)]
    if words == ("update",):
        ran(["--data", str(tmp_path / "data"), *_scrape(place["SERVER"])])
    result = ran(["--data", str(tmp_path / "data"), *given])
    assert faults(result, _codes(words)) == []
    # What is refused for its arguments would be attacked in vain; a refusal to be taken back must be there first.
    assert result.exit_code in ((1,) if words == ("link", "allow") else (0, 3)) or words in (
        ("doctor",),
        ("check",),
    )


@pytest.mark.parametrize(
    "number, words, command, parameter",
    [(number, *attack) for number, attack in enumerate(attacks())],
    ids=_id,
)
def test_no_argument_breaks_a_command(
    tmp_path: Path,
    place: dict[str, str],
    number: int,
    words: tuple[str, ...],
    command: click.Command,
    parameter: click.Parameter,
) -> None:
    # What a person names as a folder or file to write is written there, so those are names inside the data folder.
    is_written = file_written(words, parameter)
    found = {}
    for value in share(number):
        if parameter.name == "base_url" and "host" in value:
            continue  # a host that may exist
        typed = f"{tmp_path}/data/x{value[:200]}" if is_written else value
        arguments = [place.get(word, word) for word in line(words, command, parameter, typed)]
        result = ran(["--data", str(tmp_path / "data"), *arguments])
        if wrong := faults(result, _codes(words)):
            found[value[:40]] = wrong
    assert not found, "\n".join(map(str, found.items()))
    assert listed(tmp_path / "here") == set()
    assert {name.split("/")[0] for name in listed(tmp_path)} <= {
        "data",
        "here",
        "texts.jsonl",
        "registry",
    }


@pytest.mark.parametrize("option", ["--data", "--log"])
def test_no_place_of_the_data_or_the_log_breaks_a_command(tmp_path: Path, option: str) -> None:
    base = tmp_path / "base"
    base.mkdir()
    loop = base / "loop"
    loop.symlink_to(loop)
    os.mkfifo(base / "pipe")
    places = [f"{base}/x{value[:200]}" for value in HOSTILE if "/" not in value]
    places += map(str, (loop, loop / "x", base, base / ("a" * 300), base / "pipe"))
    places += ["/dev/null", "/dev/full", "/dev/null/x"]
    for number, path in enumerate(places):
        words = (["search", "tea"], ["sources"], ["doctor"], ["import", __file__])[number % 4]
        result = ran([option, path, *(["--data", str(base / "d")] if option == "--log" else []), *words])
        assert faults(result) == [], (path, words)
    assert {path.name for path in tmp_path.iterdir()} == {"base"}


@pytest.mark.parametrize("path", ["{base}/no/such/folder/log", "{base}", "{base}/pipe", "/dev/null/x"])
def test_a_log_that_cannot_be_written_is_a_bad_argument(tmp_path: Path, path: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    result = ran(["--log", path.format(base=tmp_path), "--data", str(tmp_path / "d"), "sources"])
    assert faults(result) == [] and result.exit_code == 2
    assert not (tmp_path / "d").exists()


def test_a_log_on_a_full_disk_costs_one_line_and_not_the_command(tmp_path: Path) -> None:
    result = ran(["--log", "/dev/full", "--data", str(tmp_path / "d"), "sources"])
    assert result.exit_code == 0 and "ctgov" in result.stdout
    assert len(result.stderr.splitlines()) == 1 and "cannot be written" in result.stderr


def _scrape(base_url: str) -> list[str]:
    return ["scrape", "ctgov", "--query", "x", "--limit", "1", "--base-url", base_url, "--delay", "0"]


@pytest.mark.parametrize("variable", ["TRIALS_DATA", "TRIALS_CONTACT", "TRIALS_LOG"])
def test_no_setting_of_the_environment_breaks_a_command(
    tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SiteServer(None, None) as server:
        for value in share(0) if variable == "TRIALS_DATA" else HOSTILE[::2]:
            word = value[:200].replace("/", "")
            monkeypatch.setenv(variable, f"{tmp_path}/x{word}" if variable != "TRIALS_CONTACT" else value)
            place = ["--data", str(tmp_path / "d")] if variable != "TRIALS_DATA" else []
            assert faults(ran([*place, *_scrape(server.base_url)])) == [], value


@pytest.mark.parametrize(
    "words",
    [
        ["serve", "--host", "a" * 64],
        ["serve", "--host", "a..b"],
        ["serve", "--host", ""],
        ["serve", "--host", "\udcff"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "-1"],
        ["serve", "--memory", "199"],
        ["serve", "--memory", "9" * 30],
        ["scrape", "ctgov", "--all", "--delay", "1e300"],
        ["scrape", "ctgov", "--all", "--delay", "nan"],
        ["scrape", "ctgov", "--all", "--delay", "inf"],
        ["update", "--delay=-1"],
        ["update", "--delay", "nan"],
        ["prune", "--before", "20260101"],
        ["prune", "--before", "2026-W01-1"],
        ["scrape", "ctgov", "--since", "20260101"],
        ["report", "--since", "2026-02-31"],
        ["diff", "NCT99100001", "--from", "20260101"],
    ],
)
def test_a_value_out_of_its_range_is_a_bad_argument(
    place: dict[str, str], tmp_path: Path, words: list[str]
) -> None:
    result = ran(["--data", str(tmp_path / "data"), *words])
    assert faults(result) == [] and result.exit_code == 2
    assert result.stdout == ""


# ── what is neither file nor folder ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/null", "pipe", "loop"])
def test_what_is_neither_file_nor_folder_is_not_read(tmp_path: Path, data: Path, device: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    shutil.copytree(data, tmp_path / "d")
    path = device if device.startswith("/") else str(tmp_path / device)
    for arguments in (
        ["import", path],
        ["watch", "--state", path],
        ["export", path],
        ["coverage", path],
        ["criteria", path],
    ):
        result = ran(["--data", str(tmp_path / "d"), *arguments])
        if not (arguments[0] == "watch" and device == "loop"):  # a new state takes the name of the link
            assert faults(result) == [] and result.exit_code in (1, 2), arguments


def test_a_state_or_database_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "d" / "trials.db")
    result = ran(["--data", str(tmp_path / "d"), "search", "tea"])
    assert faults(result) == [] and result.exit_code == 1


def test_standard_input_without_end_is_not_read_to_it(tmp_path: Path) -> None:
    for name in ("-", "/dev/stdin"):
        with Path("/dev/zero").open("rb") as zeros:
            done = subprocess.run(
                [sys.executable, "-m", "scraper", "--data", str(tmp_path), "criteria", name],
                stdin=zeros,
                capture_output=True,
                timeout=120,
                check=False,
            )
        assert done.returncode == 1 and done.stdout == b""
        assert done.stderr.startswith(b"Error: line 1: more than") and done.stderr.count(b"\n") == 1


# ── real processes ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "words",
    [
        [b"search", b"tea \xff\xfe"],
        [b"show", b"\xff\x1b[2J"],
        [b"import", b"caf\xe9.html"],
        [b"\xff\xfe"],
        [b"match", b"--age", b"\xff"],
        [b"watch", b"--state", b"no\xff/state"],
        [b"scrape", b"\xff"],
    ],
)
def test_bytes_that_are_no_text_are_one_line_of_a_real_process(data: Path, words: list[bytes]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scraper", "--data", str(data), *words],
        capture_output=True,
        timeout=120,
        check=False,
        env=os.environ | {"LC_ALL": "C"},
    )
    said = done.stderr.decode("utf-8")
    assert done.returncode == (0 if words[0] == b"search" else done.returncode) and done.returncode in (
        0,
        1,
        2,
    )
    assert not SEEN.search(said) and "Traceback" not in said
    lines = [one for one in said.splitlines() if one] or [""]
    assert len(lines) == (3 if lines[0].startswith("Usage:") else 1)


def test_every_command_is_attacked() -> None:
    from_help = {name for name, command in main.commands.items() if not isinstance(command, click.Group)}
    assert from_help <= {words[0] for words, _, _ in attacks()}
    assert {"--base-url", "--state", "--memory", "--lab", "--as-of", "--because"} <= {
        option for _, _, parameter in attacks() for option in parameter.opts
    }
