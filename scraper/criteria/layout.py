"""Lines → blocks: one block is one heading or one item, hard wraps undone, list markers taken off.

Texts come in two dresses: the registry's Markdown, one line an item, and older text wrapped at 80 to 100 columns
whose indentation is the depth. Both are read by the same rules; nothing here knows about medicine.
"""

import re
from functools import lru_cache

import msgspec

BULLETS = "-*•●▪·⁃∙‣◦–—―−▫■□◆◇♦➢►▶✓✔➤→§¤○¡⦁·∗⇒➔❖☐⬥"
MARKER = re.compile(
    rf"(?:(?P<bullet>[{re.escape(BULLETS)}]{{1,2}}|o(?= )|>{{2}}(?=\s?\d))(?=\s|[A-Za-z≥≤<>(\"'\[]|\d{{1,2}}\D|$)"
    r"|(?P<both>\((?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,5})\)[.:]?)(?=\s|[A-Za-z≥≤<>]|$)"
    r"|(?P<close>(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,5})\)[.:]?)(?=\s|[A-Za-z≥≤<>]|$)"
    r"|(?P<dotted>\d{1,2}(?:\.[1-9]\d?){1,3}\.?)(?=\s+(?!ULN|UNL|X |Times|Mg|Years)[A-Z(])"
    r"|(?P<dot>(?:\d{1,2}[.．](?=[a-z])|(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{2,5})[.．](?=\s|[A-Z≥≤<>(]|$)))"
    r"|(?P<dash>\d{1,2}\s?[-–](?=\s+[A-Za-z(]|[A-Z][a-z])|1[-–](?=\s+\d[^\n]{0,400}?\s2[-–]\s))"
    r"|(?P<circled>[①-⑳⑴-⒇])"
    r")[ ]*"
)
_BULLET_CLASS = re.compile(r"[^\w\s(]")


class Marker(msgspec.Struct, frozen=True, gc=False):
    """`style` tells lists apart ("bullet", "1.", "a)", …); `number` is 0 for bullets."""

    style: str
    number: int


class Line(msgspec.Struct, frozen=True, gc=False):
    """`start` and `end` are offsets of the body, marker and edges taken off; columns count from 0.

    `outer` is the first marker of the line, `inner` the last: "* 1. Age" has two.
    """

    start: int
    end: int
    indent: int
    column: int
    outer: Marker | None
    inner: Marker | None
    blank_before: bool
    marker_start: int
    markers: int


_ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}


def read_marker(match: re.Match[str]) -> Marker:
    """Return what kind of list marker was matched and the number it bears."""
    return _marker(match.lastgroup or "dot", match[match.lastgroup or 0])


@lru_cache(1024)
def _marker(group: str, found: str) -> Marker:
    if group == "bullet":
        return Marker("bullet", 0)
    if group == "circled":
        return Marker("circled", (ord(found) - 0x2460) % 20 + 1)
    if group == "dotted":
        return Marker("1.1", int(found.rstrip(".").split(".")[-1]))
    core = re.sub(r"[^0-9A-Za-z]", "", found)
    tail = {"both": "()", "close": ")", "dot": ".", "dash": "-"}[group]
    if core.isdigit():
        return Marker("1" + tail, int(core))
    if len(core) > 1 or core in "iIvVxX":
        return Marker(("i" if core.islower() else "I") + tail, _ROMAN.get(core.lower(), 0))
    return Marker(("a" if core.islower() else "A") + tail, ord(core.lower()) - 96)


def lines(text: str, width: int) -> list[Line]:
    """Return the lines that hold words, with their markers read and their indentation measured."""
    found: list[Line] = []
    position = 0
    blank = True
    for raw in text.split("\n"):
        start, position = position, position + len(raw) + 1
        body = raw.lstrip()
        if not body:
            blank = True
            continue
        indent = len(raw) - len(body)
        begin = start + indent
        end = begin + len(body.rstrip())
        outer: Marker | None = None
        inner: Marker | None = None
        cursor = begin
        markers = 0
        for _ in range(3):
            first = text[cursor : cursor + 1]
            if first in _LETTERS and not _is_like_marker(first, text[cursor + 1 : cursor + 2]):
                break
            match = MARKER.match(text, cursor, end)
            if not match or (inner is not None and inner.style != "bullet"):
                break
            marker = read_marker(match)
            if marker.style[0] in "aAiI" and not _is_letter_marker(text, cursor, match, found):
                break
            if (
                marker.style == "bullet"
                and inner is not None
                and text[match.end() : match.end() + 1].isdigit()
            ):
                break
            if (
                marker.style[0] == "1"
                and not markers
                and found
                and _is_wrapped_number(text, found[-1], indent, blank, width)
            ):
                break
            if inner is not None and marker.style == "1." and not match[0].endswith(" "):
                break  # "* 4.At least": a number glued to its word stays as the author wrote it
            outer, inner = outer or marker, marker
            markers += 1
            cursor = match.end()
        if inner is not None and cursor >= end:
            blank = True
            continue
        column = cursor - start
        found.append(Line(cursor, end, indent, column, outer, inner, blank, begin, markers))
        blank = False
    return found


_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ROMAN_LETTERS = frozenset("ivxIVX")


def _is_like_marker(first: str, second: str) -> bool:
    """Return whether `MARKER` can match a letter with this one behind it: most lines begin with a plain word."""
    if second in _ROMAN_LETTERS:
        return first in _ROMAN_LETTERS
    return second in (")", ".", "．") or (first == "o" and second == " ")


def _is_letter_marker(text: str, cursor: int, match: re.Match[str], before: list[Line]) -> bool:
    """Return whether "A." opens an item: "S. aureus carriage" and "C. difficile" do not."""
    core = re.sub(r"[^A-Za-z]", "", match[0])
    if match.lastgroup in ("both", "close") or core.lower() in ("a", "i"):
        return True
    if not core.isupper():
        return True
    following = text[match.end() : match.end() + 1]
    return following.isupper() or not following.isalpha()


def _is_wrapped_number(text: str, previous: Line, indent: int, blank: bool, width: int) -> bool:
    """Return whether a number begins the line because the line before was full: "Hemoglobin ≥" / "8.0 g/dl"."""
    if blank or indent < previous.column:
        return False
    tail = text[previous.start : previous.end]
    if tail.endswith(_EXPECTANT):
        return True
    return (
        bool(width) and previous.column + len(tail) > width - 16 and not tail.endswith((".", ";", ":", ","))
    )


_EXPECTANT = (
    " least",
    " than",
    " of",
    "≥",
    "≤",
    "<",
    ">",
    "=",
    " to",
    " and",
    " or",
    " over",
    " above",
    " below",
    " under",
    " is",
    " within",
    " most",
)


def wrap_width(text: str) -> int:
    """Return the column at which the text was hard-wrapped, 0 when each line is whole."""
    longest = max(map(len, map(str.rstrip, text.split("\n"))))
    return longest if 60 <= longest <= 112 else 0


_UNFINISHED = (
    ",",
    "-",
    " and",
    " or",
    " of",
    " with",
    " the",
    " to",
    " for",
    " in",
    " a",
    " at",
    " by",
    " than",
)


def is_continuation(text: str, first_line: Line, previous: Line, line: Line, width: int) -> bool:
    """Return whether an unmarked line goes on with the one before it; `first_line` is where the block began."""
    if line.inner is not None:
        return False
    in_item = first_line.inner is not None
    tail = text[previous.start : previous.end]
    first = text[line.start : line.end].split(" ", 1)[0]
    lower = first[:1].islower() or first[:1] in ",;)%/&+<>≤≥="
    if line.blank_before:
        # A blank line ends an item, unless a sentence is plainly cut ("with singleton" / "pregnancies that").
        return in_item and lower and line.indent >= previous.indent and not tail.endswith((".", ";", ":"))
    full = bool(width) and previous.column + len(tail) + 1 + len(first) > width - (16 if lower else 4)
    if full:
        return True
    if in_item and line.indent > first_line.indent and line.indent >= 2:
        return not (tail.endswith(":") and first[:1].isupper())
    open_tail = not tail.endswith((".", ";", ":", "!", "?"))
    if not (lower and open_tail):
        return False
    return (in_item and not width and len(tail) > 60) or tail.endswith(_UNFINISHED)
