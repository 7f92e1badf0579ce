"""What a command says: a progress bar on a terminal, plain lines otherwise; data on standard output alone.

Everything passes through here, and nothing that a terminal would obey gets out: names of files, words of a question and
what a site answered may hold escape sequences.
"""

import json
import logging
import re
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import NamedTuple, Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

PLAIN_LINE_SECONDS = 10.0
"""Without a terminal a command is silent for this long at the most, and says a line this often at the most."""
BAR_SECONDS = 0.1
"""On a terminal the bar moves this often at the most."""

log = logging.getLogger(__name__)

errors = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

_ODD = re.compile(r"[^\x20-\x7e\n]")


def visible(words: str, keep: str = "\n") -> str:
    """The words with what cannot be seen written out: an escape character is ``\\x1b``, half a character ``\\udcff``."""

    def shown(found: re.Match[str]) -> str:
        character = found[0]
        if character.isprintable() or character in keep:
            return character
        # Spaces of other widths, which texts do hold.
        return " " if unicodedata.category(character) == "Zs" else character.encode("unicode_escape").decode()

    return _ODD.sub(shown, words if "\n" in keep else words.replace("\n", "\\n"))


def say(words: str) -> None:
    """One line for the person who runs the command, on standard error."""
    log.info("%s", words)
    errors.print(visible(words, keep=""), markup=False)
    _Said.at = time.monotonic()


def echo(words: object = "", bold: tuple[str, str] = ("", "")) -> None:
    """Words for whoever asked, on standard output; what stands between the two signs `bold` is printed so."""
    start, end = bold
    plain = visible(str(words), keep=f"\n{start}{end}")
    click.echo(plain.replace(start, "\x1b[1m").replace(end, "\x1b[22m") if start else plain)


def is_terminal() -> bool:
    """Is standard output a terminal?"""
    return sys.stdout.isatty()


def data(value: object) -> None:
    """One JSON document on standard output."""
    click.echo(as_json(value, indent=1))


def as_json(value: object, indent: int | None = None) -> str:
    """The value as JSON in which everything that cannot be seen is escaped; it reads back as it was."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    # Outside its strings JSON is ASCII; inside them any character may be written as its number.
    return _ODD.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)


class Meter:
    """Shows how far a run is, as a context manager, so that nobody has to ask whether it still works.

    Call it with what is being done, how many are done, how many there are; 0 and None for a step that cannot be
    counted. On a terminal a bar shows the step at hand and its time. Elsewhere a thread says a line when nothing was
    said for a while: it does so in the midst of a statement of SQLite too. Commands import their libraries inside of
    one as well: on a busy machine that alone took 12 s.
    """

    def __init__(self, what: str) -> None:
        self._step = _Step(what, 0, None, _Said.at)
        self._shown_at = 0.0
        self._over = threading.Event()
        self._bar: Progress | None = None
        self._thread: threading.Thread | None = None
        if errors.is_interactive:
            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TextColumn("{task.fields[counted]}"),
                TimeElapsedColumn(),
                console=errors,
                transient=True,
                # Data for a file must not turn up beside the bar.
                redirect_stdout=sys.stdout.isatty(),
            )
        else:
            self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
            self._show(self._bar, self._step, is_new=True)
        if self._thread:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()
        if self._thread:
            self._over.set()
            self._thread.join()

    def __call__(self, what: str, done: int, total: int | None) -> None:
        is_new = what != self._step.what
        self._step = _Step(what, done, total, time.monotonic() if is_new else self._step.began)
        if self._bar and (is_new or time.monotonic() - self._shown_at >= BAR_SECONDS):
            self._show(self._bar, self._step, is_new=is_new)

    def _show(self, bar: Progress, step: "_Step", *, is_new: bool) -> None:
        if is_new:
            for task in bar.task_ids:
                bar.remove_task(task)
            bar.add_task(step.what, counted="")
        bar.update(bar.task_ids[0], completed=step.done, total=step.total, counted=step.counted)
        if is_new:
            bar.refresh()  # a step may be over before the bar would move by itself
        self._shown_at = time.monotonic()

    def _tell(self) -> None:
        told = self._step
        while not self._over.wait(max(0.0, _Said.at + PLAIN_LINE_SECONDS - time.monotonic())):
            if time.monotonic() - _Said.at >= PLAIN_LINE_SECONDS:
                step = self._step
                say(f"{step.what}: {step.words(time.monotonic(), is_moving=step != told)}")
                told = step


class _Step(NamedTuple):
    """What is being done since a time of the monotonic clock."""

    what: str
    done: int
    total: int | None
    began: float

    @property
    def counted(self) -> str:
        return f"{self.done:,} of {self.total:,}" if self.total else f"{self.done:,}" if self.done else ""

    def words(self, now: float, *, is_moving: bool) -> str:
        """What is counted; where that says the same as before, the time that the step takes is what moves."""
        time_taken = f"{now - self.began:,.0f} s so far"
        if is_moving and self.counted:
            return self.counted
        return f"{self.counted}, {time_taken}" if self.counted else time_taken


class _Said:
    """When anything was last said, by whichever thread."""

    at = time.monotonic()


def begin() -> None:
    """A command begins: its silence counts from now."""
    _Said.at = time.monotonic()


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C ends a command with one line: what was archived stays, and the next run goes on."""
    try:
        yield
    except KeyboardInterrupt:
        say("stopped; everything fetched so far is kept, and the same command goes on from here")
        raise SystemExit(130) from None


def some(lines: Sequence[str], most: int = 20, of: str = "the table `problems`") -> Iterator[str]:
    """The first lines, and how many there are beside them, which `of` has."""
    yield from lines[:most]
    if len(lines) > most:
        yield f"… and {len(lines) - most:,} more (they are in {of})"
