"""The file in which `trials watch` keeps what it has told: JSON, written whole or not at all."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from scraper.errors import ScraperError, SettingsError
from scraper.regular import only_regular
from scraper.tell.news import Seen

_FORMAT = "trials-watch-1"

MOST_BYTES = 1 << 30
"""The most that a state is read of: 1 GiB, some millions of trials."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """`search` is the search as parameters of an address, `made_at` the date of the data it last looked at."""

    format: str
    search: list[tuple[str, str]]
    made_at: str
    trials: dict[str, Seen]


def read(path: Path, search: Sequence[tuple[str, str]]) -> State | None:
    """What was told so far; None when the file is not there.

    Raises ScraperError when it is broken, SettingsError when it belongs to another search or is no regular file.
    """
    only_regular(path, "a file of `trials watch`, or a name that is free")
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ScraperError(
            f"{path}: found a state that cannot be read ({error.strerror}); expected a file of `trials watch`"
        ) from error
    try:
        state = msgspec.json.decode(content, type=State)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ScraperError(
            f"{path}: found no state that can be read ({error}); expected one written by `trials watch`: put it back, or"
            " delete it to begin anew, all that matches is news then"
        ) from error
    if state.format != _FORMAT:
        raise ScraperError(
            f"{path}: found the format {state.format!r}; expected {_FORMAT!r}: update the program"
        )
    if state.search != list(search):
        raise SettingsError(
            f"{path}: found the state of another search, {dict(state.search)}; expected that of {dict(search)}: one file"
            " a search"
        )
    return state


def write(path: Path, search: Sequence[tuple[str, str]], made_at: str, trials: Mapping[str, Seen]) -> None:
    """Put the new state in the place of the old one; a kill or a full disk leaves the old one."""
    state = State(format=_FORMAT, search=list(search), made_at=made_at, trials=dict(sorted(trials.items())))
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(msgspec.json.encode(state))
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
