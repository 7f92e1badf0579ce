"""Plain text to lines, and what a line is before its indentation is read as depth."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from scraper.sources import markup


class Line(NamedTuple):
    """A line before its indentation is read as depth. `nest` counts the lists around it."""

    text: str
    indent: int
    nest: int
    marker: str
    tight: bool
    level: int
    strong: bool


_MARKER = re.compile(
    r"([*+•·‣◦▪●○■□–—-]|\(?\d{1,3}\\?[.)]{1,2}|\(?[a-zA-Z]\\?[.)]{1,2}|\(?[ivxIVX]{1,5}\\?[.)]{1,2}|o(?=\s{2}|\xa0|\t))"
    r"\s+(?=\S)"
)
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\xad]")


def text_lines(text: str) -> Iterator[Line]:
    """The lines of plain text, at most `markup.TAG_LIMIT`; a blank line only shows in what follows not being tight."""
    tight = False
    for count, raw in enumerate(text.split("\n", markup.TAG_LIMIT)):
        if count == markup.TAG_LIMIT:
            return
        line = raw.expandtabs(4)
        words = squeezed(line)
        if not words:
            tight = False
            continue
        marker, words = split_marker(line.lstrip(), words)
        indent = len(line) - len(line.lstrip())
        yield Line(words, indent, 0, marker, tight, 0, False)
        tight = True


def squeezed(raw: str) -> str:
    """The words of a line, parted by one space each, without characters that have no width."""
    words = " ".join(raw.split())
    return words if words.isascii() else _INVISIBLE.sub("", words).strip()


def split_marker(raw: str, words: str) -> tuple[str, str]:
    """A line's typed bullet or number, "" when it has none, and its other words; `raw` has the spaces `words` lost."""
    match = _MARKER.match(raw)
    return (match[1], words[len(match[1]) :].lstrip()) if match else ("", words)
