"""What a command says: a progress bar on a terminal, plain lines otherwise; data on standard output alone."""

import json
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

PLAIN_LINE_SECONDS = 10.0
"""Without a terminal, a line is printed this often at the most."""

log = logging.getLogger(__name__)

errors = Console(stderr=True, highlight=False, soft_wrap=True)


def say(words: str) -> None:
    """One line for the person who runs the command, on standard error."""
    log.info("%s", words)
    errors.print(words, markup=False)


def is_terminal() -> bool:
    """Is standard output a terminal?"""
    return sys.stdout.isatty()


def data(value: object) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1, default=str)
    sys.stdout.write("\n")


class Meter:
    """Shows how far a run is: call it with what is being done, how many are done, how many there are."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._last = time.monotonic()
        if errors.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=errors,
                transient=True,
            )

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, what: str, done: int, total: int | None) -> None:
        if self._bar:
            if what not in self._tasks:
                self._tasks[what] = self._bar.add_task(what, total=total)
            self._bar.update(self._tasks[what], completed=done, total=total)
        elif time.monotonic() - self._last >= PLAIN_LINE_SECONDS:
            self._last = time.monotonic()
            say(f"{what}: {done:,}" + (f" of {total:,}" if total else ""))


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
