"""What a command says while it works: never silent for long, never the same line again and again."""

import io
import json
import queue
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from scraper import lock, terminal
from scraper.store import writer
from tests.bench.silence import listen
from tests.commands import trials
from tests.samples import write_study

PATIENCE = 60.0


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> "queue.Queue[str]":
    """The lines that are said, with a silence that is over at once."""
    lines: queue.Queue[str] = queue.Queue()
    real = terminal.say

    def say(words: str) -> None:
        real(words)
        lines.put(words)

    monkeypatch.setattr(terminal, "say", say)
    monkeypatch.setattr(terminal, "PLAIN_LINE_SECONDS", 0.005)
    return lines


def _next(lines: "queue.Queue[str]", start: str) -> str:
    while not (line := lines.get(timeout=PATIENCE)).startswith(start):
        pass
    return line


def test_a_step_that_cannot_be_counted_is_told_with_its_time(heard: "queue.Queue[str]") -> None:
    with terminal.Meter("check") as meter:
        assert _next(heard, "check").endswith(" s so far")
        meter("links", 0, None)
        assert _next(heard, "links") == "links: 0 s so far"


def test_the_same_figures_are_told_once_and_then_with_the_time(heard: "queue.Queue[str]") -> None:
    with terminal.Meter("build") as meter:
        meter("pages", 5, 10)
        assert _next(heard, "pages") == "pages: 5 of 10"
        assert _next(heard, "pages") == "pages: 5 of 10, 0 s so far"
        meter("pages", 6, 10)
        assert "pages: 6 of 10" in (_next(heard, "pages: 6"), _next(heard, "pages: 6"))


def test_nothing_is_said_once_a_command_is_over(heard: "queue.Queue[str]") -> None:
    with terminal.Meter("check"):
        _next(heard, "check")
    while not heard.empty():
        heard.get()
    with pytest.raises(queue.Empty):
        heard.get(timeout=0.05)


def test_a_line_that_was_just_said_is_news_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "PLAIN_LINE_SECONDS", PATIENCE)
    monkeypatch.setattr(terminal._Said, "at", time.monotonic() - 2 * PATIENCE)
    said: list[str] = []
    monkeypatch.setattr(terminal.errors, "print", lambda words, **_: said.append(words))
    terminal.say("attempt 2 of 5 in 30.0 s")
    with terminal.Meter("scrape") as meter:
        meter("fetched", 1, 2)
    assert said == ["attempt 2 of 5 in 30.0 s"]


def test_a_line_is_said_in_the_midst_of_a_statement(
    heard: "queue.Queue[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = sqlite3.connect(":memory:")
    monkeypatch.setattr(terminal, "say", lambda words: connection.interrupt())
    endless = (
        "with recursive n(i) as (select 1 union all select i + 1 from n limit 500000000) select max(i) from n"
    )
    with terminal.Meter("check"), pytest.raises(sqlite3.OperationalError, match="interrupted"):
        connection.execute(endless).fetchone()


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("scraper.store.writer.analyze", "how the rows are spread"),
        ("scraper.linking.link_all", "links"),
        ("scraper.build.learn", "learning names"),
        ("scraper.build._swap", "writing to the disk"),
    ],
)
def test_a_build_names_the_step_that_takes_long(
    tmp_path: Path, heard: "queue.Queue[str]", monkeypatch: pytest.MonkeyPatch, step: str, words: str
) -> None:
    assert trials(tmp_path, "import", write_study(tmp_path / "saved")).exit_code == 0
    module, _, name = step.rpartition(".")
    real: Callable[..., object] = getattr(pytest.importorskip(module), name)

    def slow(*arguments: object) -> object:
        assert _next(heard, words).endswith("s so far")
        return real(*arguments)

    monkeypatch.setattr(step, slow)
    assert trials(tmp_path, "build", "--full").exit_code == 0


def test_indexes_and_counts_are_told_one_by_one(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    db = writer.new_database(tmp_path / "trials.db")
    writer.finish(db, lambda *words: told.append(words), runs=[], last_seen=[], meta={})
    db.close()
    for what in ("indexes", "counts"):
        done = [(done, total) for name, done, total in told if name == what]
        assert len(done) > 10 and done == [(n, len(done)) for n in range(len(done))]


def test_who_waits_for_another_command_is_told_so_again_and_again(
    tmp_path: Path, heard: "queue.Queue[str]"
) -> None:
    import threading

    assert trials(tmp_path, "import", write_study(tmp_path / "saved")).exit_code == 0
    results = []
    with lock.writing(tmp_path, print):
        second = threading.Thread(target=lambda: results.append(trials(tmp_path, "build").exit_code))
        second.start()
        for _ in range(2):
            assert _next(heard, "waiting for the other command").endswith("s so far")
    second.join(PATIENCE)
    assert results == [0]


def test_a_terminal_shows_the_step_at_hand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Console(
        file=io.StringIO(), force_terminal=True, width=100, height=20, _environ={"TERM": "xterm"}
    )
    monkeypatch.setattr(terminal, "errors", screen)
    with terminal.Meter("import") as meter:
        meter("pages", 5, 10)
        before = screen.file.getvalue()  # type: ignore[attr-defined]  # a StringIO, see above
        meter("links [of a trial]", 0, None)
        after = screen.file.getvalue()[len(before) :]  # type: ignore[attr-defined]  # the same
    assert "5 of 10" in before
    assert "links [of a trial]" in after and "pages" not in after


def test_a_terminal_that_cannot_draw_gets_lines(
    heard: "queue.Queue[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    dumb = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})
    monkeypatch.setattr(terminal, "errors", dumb)
    with terminal.Meter("check"):
        assert _next(heard, "check")


def test_rows_go_to_their_file_while_a_terminal_shows_the_bar(tmp_path: Path) -> None:
    texts, feed = tmp_path / "texts.jsonl", tmp_path / "rows.jsonl"
    texts.write_text(json.dumps({"trial_id": "a", "text": "Inclusion Criteria:\n\n* Age >= 18 years"}) + "\n")
    run = listen("--data", str(tmp_path), "criteria", str(texts), on_terminal=True, feed=feed)
    assert run.code == 0
    assert [json.loads(line)["trial_id"] for line in feed.read_text().splitlines()] == ["a"]
