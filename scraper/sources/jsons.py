"""Reading JSON whose shape a registry never promised: what is not there, or is of another type, is nothing."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from scraper.errors import ParseError
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.source import opening

_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2})T\S*")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decoded(body: bytes, expected: str) -> Any:
    """The document. Raises ParseError."""
    try:
        return msgspec.json.decode(utf8(body))
    except _UNREADABLE as error:
        raise ParseError(f"{opening(body)} ({error})", expected) from None


def at(value: Any, *path: str) -> Any:
    """What lies under the keys, None where one is missing."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def items(value: Any, *path: str) -> list[Any]:
    """What lies under the keys as a list: a single object is a list of one, nothing is empty."""
    found = at(value, *path)
    if isinstance(found, list):
        return found
    return [] if found in (None, "") else [found]


def words(value: Any, *path: str) -> str:
    """The text or number under the keys, without the blanks around it; "" for anything else."""
    found = at(value, *path)
    if isinstance(found, str):
        return found.replace("\r\n", "\n").replace("\r", "\n").strip()
    if isinstance(found, bool) or not isinstance(found, int | float):
        return ""
    return str(found)


def line(value: Any, *path: str) -> str:
    """The words under the keys on one line."""
    return " ".join(words(value, *path).split())


def day(value: Any, *path: str) -> str:
    """A date under the keys: "13/05/2026" and "2026-05-13T18:45:21.5" as ISO 8601, other words as they are."""
    found = line(value, *path)
    if match := _DAY_FIRST.fullmatch(found):
        return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
    return match[1] if (match := _STAMP.fullmatch(found)) else found


def every(value: Any, names: frozenset[str]) -> Iterator[str]:
    """The words under these keys at any depth: telephone numbers, to be blanked in texts."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Mapping):
            waiting += found.values()
            yield from (words(found, name) for name in names if words(found, name))
        elif isinstance(found, list):
            waiting += found
