"""Hostile words that are no command, and hostile records: what a command shows of them."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import scraper
from scraper.cli import main
from tests.hostile_commands import ESCAPE, SEEN, faults, ran
from tests.samples import write_listing, write_study


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    write_study(folder / "saved", title=f"A hostile {ESCAPE} title \u202eof \x9b31m a\u00a0study")
    write_listing(folder / "saved", nct_id="NCT99100002")
    assert (
        CliRunner().invoke(main, ["--data", str(folder / "data"), "import", str(folder / "saved")]).exit_code
        == 0
    )
    return folder / "data"


@pytest.mark.parametrize("hidden", ["--\x1b[31m", "-\x1b", "\x1b]0;x\x07", "--\udcff"])
def test_words_that_are_no_command_are_said_harmlessly(tmp_path: Path, hidden: str) -> None:
    for arguments in (
        [hidden],
        ["search", hidden],
        ["link", hidden],
        ["--data", str(tmp_path), "search", "x", hidden, "1"],
    ):
        assert faults(ran(arguments)) == []
    for arguments in (["search", f"--limit={hidden}"], ["export", "x", "--format", hidden]):
        assert faults(ran(["--data", str(tmp_path), *arguments])) == []


# ── what stands in the data ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "words",
    [
        ["show", "NCT99100001"],
        ["show", "NCT99100001", "--json"],
        ["search", "hostile"],
        ["search", "hostile", "--json"],
        ["match", "--age", "34"],
        ["match", "--age", "34", "--json"],
        ["diff", "NCT99100001"],
        *(["report", "--since", "2000-01-01", "--format", form] for form in ("text", "markdown", "json", "html")),
        ["check", "--json"],
    ],
)  # fmt: skip
def test_hostile_records_are_shown_harmlessly(data: Path, words: list[str]) -> None:
    result = ran(["--data", str(data), *words])
    assert faults(result) == []
    if words[0] in ("show", "search"):
        assert "hostile" in result.stdout


def test_on_a_terminal_matched_words_are_bold_and_nothing_else_is_obeyed(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scraper import terminal

    monkeypatch.setattr(terminal, "is_terminal", lambda: True)
    result = CliRunner().invoke(main, ["--data", str(data), "search", "hostile"], color=True)
    assert "\x1b[1mhostile\x1b[22m" in result.stdout
    assert not SEEN.search(result.stdout.replace("\x1b[1m", "").replace("\x1b[22m", ""))
    assert "a study" in result.stdout


def test_json_reads_back_as_it_was() -> None:
    import json

    from scraper import terminal

    value = {"a": ["\x1b[31m\x9b\u202e\ud800\ufeff\U000e0041 é 中 \u00a0", 1.5, None, "\n"]}
    assert json.loads(terminal.as_json(value)) == value
    assert not SEEN.search(terminal.as_json(value))


def test_commands_speak_through_one_door() -> None:
    package = Path(scraper.__file__).parent
    doors = re.compile(r"\bprint\(|click\.(?:secho|echo)\(|sys\.std(?:out|err)\.write")
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if doors.search(path.read_text("utf-8")) and "examples" not in path.parts
    }
    assert found == {"terminal.py", "journal.py", "site/serve.py"}
