"""A file too large to be held, or damaged, -> its studies: the elements of a JSON array, the rows of a table.

Nothing but a piece and what was read ahead of it is in memory. The pieces of an array are found by how its first
element starts: `{"protocolSection":` stands nowhere else, neither inside a study nor inside a string, where the
quotation mark would be escaped. So a damaged element costs itself alone.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import msgspec

READ_BYTES = 1 << 20
MOST_NESTED = 50
"""So many pieces are put together before one that cannot be read counts as damaged: its first key may stand inside."""
MOST_JOINED = 1 << 25
TABLE_BYTES = 1 << 22
"""Rows that go together, under the line of columns."""
MOST_ROWS_BYTES = 1 << 25
"""Where no row ends for so long a quotation mark was lost: the next line is taken for a row's start."""

# Nothing taken is given back ("*+"): what stands between two signs could be shared out in many ways, and 1.4 KB of a
# JSON object of nested numbers was tried in every combination for 100 seconds.
_OPENING = re.compile(
    rb'\s*+(?:\{(?:\s*+"[^"\\]*+"\s*+:\s*+(?:"[^"\\]*+"|[^\s,{}\[\]"][^,{}\[\]"]*+|\{)\s*+,?+){0,20}\s*+"[^"\\]*+"\s*+:\s*+)?\[\s*+'
)
_FIRST_KEY = re.compile(rb'\{\s*("[^"\\]*")\s*:')
_BETWEEN = b" \t\r\n,"
_GAP = re.compile(r"\s*,\s*(?=\{)")
_END = re.compile(rb"\]\s*+(?:,[^{}\[\]]*+)?[}\s]*+\Z")
"""What stands behind the last element: the end of the array, and of an answer with the next page's token."""


class Stream(Protocol):
    """What is read of a file, packed or not."""

    def read(self, size: int = ..., /) -> bytes: ...
    def readline(self, size: int = ..., /) -> bytes: ...


class Piece(NamedTuple):
    """`number` counts from 1; `damage` says why there is no `body`."""

    number: int
    body: bytes
    damage: str = ""


def array_at(head: bytes) -> int | None:
    """Where the first object of the array stands that a file of studies is; None for any other file."""
    opening = _OPENING.match(head)
    if opening is None or _FIRST_KEY.match(head, opening.end()) is None:
        return None
    return opening.end()


def is_json(body: bytes) -> bool:
    """Is this one whole JSON value?"""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def elements(stream: Stream, most: int) -> Iterator[Piece]:
    """The elements of the array that a file is, in order; what is damaged comes as it is."""
    head = stream.read(READ_BYTES)
    start = array_at(head)
    key = None if start is None else _FIRST_KEY.match(head, start)
    if start is None or key is None:
        raise ValueError("no array of objects: array_at tells")
    marker = re.compile(rb"\{\s*" + re.escape(key[1]) + rb"\s*:")
    segments = _segments(stream, head[start:], marker, most)
    waiting: deque[bytes | None] = deque()
    number, is_closed = 0, False
    for segment in segments:
        waiting.append(segment)
        while waiting:
            first = waiting.popleft()
            if first is None:
                number += 1
                yield Piece(number, b"", f"one element of more than {most >> 20} MiB")
                continue
            parts, last = _whole(first), first
            if not parts:
                parts, last = _joined(first, waiting, segments)
            is_closed = _END.search(last) is not None
            for part in parts:
                number += 1
                yield Piece(number, part)
    if not is_closed:
        yield Piece(number + 1, b"", f"the end of the file after {number} elements")


def _segments(stream: Stream, buffer: bytes, marker: re.Pattern[bytes], most: int) -> Iterator[bytes | None]:
    """What stands from each start of an element to the next; None for what is longer than `most`."""
    at, searched = 0, 1
    while True:
        found = marker.search(buffer, searched)
        if found:
            yield buffer[at : found.start()]
            at, searched = found.start(), found.start() + 1
            continue
        more = stream.read(max(READ_BYTES, len(buffer) - at))
        if not more:
            yield buffer[at:]
            return
        # A start may have been cut in two.
        tail = max(1, len(buffer) - at - 256)
        buffer, at, searched = buffer[at:] + more, 0, tail
        if len(buffer) > most and not marker.search(buffer, searched):
            yield None
            buffer = _skipped(stream, buffer[-256:], marker)
            searched = 1
            if not buffer:
                return


def _skipped(stream: Stream, buffer: bytes, marker: re.Pattern[bytes]) -> bytes:
    """What is read from the next start on; b"" at the end of the file."""
    while True:
        found = marker.search(buffer)
        if found:
            return buffer[found.start() :]
        more = stream.read(READ_BYTES)
        if not more:
            return b""
        buffer = buffer[-256:] + more


def _joined(
    first: bytes, waiting: deque[bytes | None], segments: Iterator[bytes | None]
) -> tuple[list[bytes], bytes]:
    """The element with what follows, where only that is whole: its first key stands inside it too.

    And the last segment of it; the first one alone, as it is, where nothing makes it whole.
    """
    joined, alone = first, ([first.strip(_BETWEEN)], first)
    for count in range(MOST_NESTED):
        if count == len(waiting):
            waiting.extend(segment for segment in [next(segments, b"")] if segment != b"")
        following = waiting[count] if count < len(waiting) else None
        if following is None or len(joined) + len(following) > MOST_JOINED:
            return alone
        joined += following
        if parts := _whole(joined):
            for _ in range(count + 1):
                waiting.popleft()
            return parts, following
    return alone


def _whole(segment: bytes) -> list[bytes]:
    """The elements that a segment is, mostly one; [] where something of it is damaged."""
    body = segment.strip(_BETWEEN)
    if is_json(body):
        return [body]
    text = _END.sub(b"", body).rstrip(_BETWEEN).decode("utf-8", "surrogateescape")
    decoder, at = json.JSONDecoder(), 0
    parts: list[bytes] = []
    while at < len(text):
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return []
        parts.append(text[at:end].encode("utf-8", "surrogateescape"))
        match = _GAP.match(text, end)
        if end < len(text) and match is None:
            return []
        at = match.end() if match else end
    return parts


def table(stream: Stream) -> Iterator[Piece]:
    """Rows of a table under its line of columns, as many together as fit; `number` is the line of the first."""
    header = stream.readline(MOST_ROWS_BYTES)
    tabs = b"\t" in header
    rows: list[bytes] = []
    first, line, size, quotes = 2, 1, 0, 0
    while text := stream.readline(MOST_ROWS_BYTES):
        line += 1
        rows.append(text)
        size += len(text)
        quotes += text.count(b'"')
        is_end = tabs or quotes % 2 == 0
        if (size >= TABLE_BYTES and is_end) or size >= MOST_ROWS_BYTES:
            yield Piece(first, header + b"".join(rows))
            rows, first, size, quotes = [], line + 1, 0, 0
    if rows:
        yield Piece(first, header + b"".join(rows))
