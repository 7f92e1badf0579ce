"""`floors.json` of the data folder: under each source what the program learned, and what a person set.

    {"sources": {"ctgov": {"learned": {…}, "set": {"records": 1000, "fields": {"minimum_age": 0.5}}}}}

`learned` is written after every good build; `set` is read and never changed.
"""

import os
from pathlib import Path

import msgspec

from scraper.errors import SettingsError
from scraper.store.floors import Floor, Floors

NAME = "floors.json"
_ABOUT = (
    "What each source stated in the last good build (learned, written by the program) and the limits that a person"
    " set (set, never changed by the program: records, fields, words, new_words, unread, lost, altered, changed; shares"
    " from 0 to 1). A build that falls below is not published."
)


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    about: str = _ABOUT
    sources: dict[str, Floor] = {}


def path_in(folder: Path) -> Path:
    """Where the floors of a data folder lie."""
    return folder / NAME


def read(path: Path) -> dict[str, Floor]:
    """The floors of every source; empty without a file. Raises SettingsError on one that cannot be read."""
    if not path.exists():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File).sources
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read: {error}; expected the floors as data/README.md describes them (delete the file to"
            " have it learned anew)"
        ) from error


def write(path: Path, floors: Floors) -> None:
    """Keep the floors, all or nothing; a file that says so already is not touched."""
    file = _File(sources=dict(sorted(floors.items())))
    content = msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"
    if path.exists() and path.read_bytes() == content:
        return
    beside = _beside(path)
    with beside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)


def discard_unfinished(path: Path) -> None:
    """Take away what a run left that was killed while it wrote the floors."""
    _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".new")
