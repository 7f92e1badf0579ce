"""Structured logs on demand: one JSON object a line. No secrets, no e-mail addresses, no names of local users."""

import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from scraper import terminal
from scraper.errors import SettingsError
from scraper.settings import without_home

log = logging.getLogger(__name__)

_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_USER_OF_URL = re.compile(r"(?<=://)[^/\s]+@")
_HEADER = re.compile(r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(\"?\s*[=:]\s*).+")
_SECRET = re.compile(
    r"(?i)\b((?:api[_-]?key|token|secret|password|passwd|authorization)\"?\s*[=:]\s*\"?)[^\s&\",;]+"
)


def harmless(words: str) -> str:
    """The words without what a log must not tell: credentials, e-mail addresses, the home folder's name."""
    words = _USER_OF_URL.sub("…@", words)
    words = _HEADER.sub(r"\1\2…", words)
    return without_home(_EMAIL.sub("…@…", _SECRET.sub(r"\1…", words)))


class JsonLines(logging.Formatter):
    """A record as one JSON object; what stands in `extra={"data": {…}}` becomes its members."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        entry = {
            "at": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": harmless(record.getMessage()),
        }
        for name, value in getattr(record, "data", {}).items():
            entry[name] = harmless(value) if isinstance(value, str) else value
        if record.exc_info:
            entry["error"] = harmless(self.formatException(record.exc_info))
        return terminal.as_json(entry)


class _File(logging.FileHandler):
    """A log that says once that it cannot be written, where logging would print a traceback for every entry."""

    def handleError(self, record: logging.LogRecord) -> None:
        self.setLevel(logging.CRITICAL + 1)
        error = sys.exc_info()[1]
        terminal.errors.print(
            terminal.visible(
                f"the log {self.baseFilename!r} cannot be written: {error}; nothing more is logged"
            ),
            markup=False,
        )

    def close(self) -> None:
        # Closing writes what could not be written before, and fails as that did.
        try:
            super().close()
        except OSError:
            log.debug("the log could not be closed", exc_info=True)


@contextmanager
def logging_to(path: Path | None) -> Iterator[None]:
    """Write what the program does to a file, behind what is there already; nothing without one.

    Raises SettingsError when the file cannot be written.
    """
    if path is None:
        yield
        return
    try:
        if path.is_fifo():  # opening one that nobody reads would wait for ever; this fails instead
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        handler = _File(path, encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"the log {str(path)!r} cannot be written: {error.strerror or error}; expected a file in a folder that is"
            " there (choose another with --log FILE or TRIALS_LOG)"
        ) from error
    handler.setFormatter(JsonLines())
    ours = logging.getLogger("scraper")
    before = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    try:
        yield
    finally:
        ours.removeHandler(handler)
        ours.setLevel(before)
        handler.close()


def began(command: str) -> None:
    """Log what was asked for."""
    log.info("%s began", command, extra={"data": {"command": command, "arguments": " ".join(sys.argv[1:])}})


def ended(command: str, exit_code: int, seconds: float) -> None:
    """Log how a command ended, and how long it took."""
    told = {"command": command, "exit_code": exit_code, "seconds": round(seconds, 3)}
    log.info("%s ended", command, extra={"data": told})
