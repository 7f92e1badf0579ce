"""Stored eligibility text → readable text, with a map back to the stored offsets.

The registry's texts carry three layers of dress: Markdown escapes (``\\>=``, ``8\\.``), HTML entities, sometimes
escaped twice, and tags. All three go; line breaks and the spaces that are the depth of a list stay.
`fold` is the second form: same length, lower case, one spelling for each dash, sign and digit, for matching only.
"""

import html
import re
from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

_DRESS = re.compile(
    r"\\(?=[!-/:-@\[-`{-~])"  # a Markdown escape before any ASCII punctuation (CommonMark 0.28, 2.4)
    r"|\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"
    r"|[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
    r"|[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x08\x0e-\x1b\x1f\x7f]"
    r"|&(?:amp;){0,3}(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,24});"
    r"|</?(?:br|p|li|ul|ol|div|b|i|u|em|strong|span|font|sup|sub|h[1-6]|tr|td|table|tbody)(?:\s[^<>\n]{0,200})?/?>"
    r"|<U\+(?!0000|D[89A-F])[0-9A-F]{4}>",  # how R writes a character it cannot print
    re.IGNORECASE,
)
# Where dress can begin: one set of characters, which is found many times faster than the alternatives above.
_PLACE = re.compile(
    r"[\\&<\x00-\x09\x0b-\x1f\x7f\x85\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]"
)
_BREAKING = ("<br", "<p", "</p", "</li", "<ul", "</ul", "<ol", "</ol", "<div", "</div", "<h", "</h", "<tr")


class Clean(NamedTuple):
    """`text` without dress; `offsets` says where it stood: see `raw_offset`."""

    text: str
    length: int
    starts: list[int]
    raw_starts: list[int]

    def raw_offset(self, offset: int) -> int:
        """Return where in the stored text the character at `offset` stands."""
        piece = bisect_right(self.starts, offset) - 1
        return min(self.raw_starts[piece] + offset - self.starts[piece], self.length)


def clean(raw: str) -> Clean:
    """Return the text without escapes, entities and tags, and the map back to the offsets of `raw`."""
    pieces: list[str] = []
    starts, raw_starts = [0], [0]
    size = position = 0
    for place in _PLACE.finditer(raw):
        begin = place.start()
        if begin < position:
            continue
        match = _DRESS.match(raw, begin)
        if match is None:
            continue
        new = _undress(match[0])
        pieces += (raw[position:begin], new)
        size += begin - position + len(new)
        position = match.end()
        starts.append(size)
        raw_starts.append(position)
    pieces.append(raw[position:])
    return Clean("".join(pieces), len(raw), starts, raw_starts)


@lru_cache(4096)
def _undress(found: str) -> str:
    first = found[0]
    if first == "\\":
        return ""
    if first == "&":
        plain = html.unescape(html.unescape(html.unescape(html.unescape(found))))
        return " " if plain.isspace() else plain
    if first == "<":
        if found[2] == "+":
            return chr(int(found[3:7], 16))
        tag = found.lower()
        if tag.startswith("<li"):
            return "\n* "
        if tag.startswith(_BREAKING):
            return "\n"
        return "^" if tag.startswith("<sup") else ""
    if first in "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029":
        return "\n"
    if first == "\t":
        return "    "
    return " " if first.isspace() else ""


def _folds() -> dict[int, str]:
    table = {ord(c): "-" for c in "–—−‐‑‒―－﹣"}
    table |= {ord(c): "x" for c in "×⨯хХ✕✖"}
    table |= {ord(c): "u" for c in "μµ"}
    table |= {ord(c): "<" for c in "˂＜‹〈"} | {ord(c): ">" for c in "˃＞›〉"}
    table |= {ord(c): "≤" for c in "⩽≦≲⪯"} | {ord(c): "≥" for c in "⩾≧≳⪰"}
    table |= {ord(c): "'" for c in "’‘ʼ´`"} | {ord(c): '"' for c in "“”„"}
    table |= {ord(c): "~" for c in "～∼〜˜"} | {ord(c): "." for c in "·∙⋅•●․"}
    table |= {ord(c): "/" for c in "⁄∕／"} | {ord("º"): "°", ord("㎏"): "k", ord("，"): ",", ord("、"): ","}
    table |= {ord("﴿"): ")", ord("﴾"): "(", ord("\n"): " ", ord("\t"): " ", ord("＝"): "="}
    table |= {ord(a): b for a, b in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)}
    table |= {c: chr(c - 0xFEE0).lower() for c in range(0xFF01, 0xFF5F) if c not in table}
    table |= {ord(a): b for a, b in zip("ⅠⅡⅢⅣⅤⅰⅱⅲⅳⅴ", "12345" * 2, strict=True)}
    return table


_FOLD = _folds()
_SIGNS = {chr(sign): str(plain) for sign, plain in _FOLD.items()}
_FOLDED = re.compile("[^\\x00-\\x7f]|[\n\t`]")
# "10⁹/L" and "m²" are read as 109/l and m2, but the footnote of "18¹" must not make it 181.
_FOOTNOTE = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹](?<=[0-9].)(?<!10.)[⁰¹²³⁴⁵⁶⁷⁸⁹]*")


def fold(text: str) -> str:
    """Return the text in lower case with one spelling for each sign, every character at its old place."""
    lowered = text.lower()
    if len(lowered) != len(text):  # "İ" is two characters in lower case
        lowered = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    if lowered.isascii():
        return lowered.replace("\n", " ")
    return _FOLDED.sub(_plain_sign, _FOOTNOTE.sub(_blanks, lowered))


def _plain_sign(match: re.Match[str]) -> str:
    return _SIGNS.get(match[0], match[0])


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match[0])
