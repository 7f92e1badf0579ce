"""Lines → blocks: continuation lines joined, headings set apart, headings within a line given a line of their own."""

import re

import msgspec

from scraper.criteria import layout, sections
from scraper.criteria.layout import Line

_MIDLINE = re.compile(
    r"(?<=[.;:)\]*] )(?=(?:key |main |major )?(?:inclusion|exclusion) criteria ?(?:\([^()\n]{0,60}\) ?)?:)"
    r"|(?<=[a-z0-9)] )(?-i:(?=(?:Key |Main )?(?:Inclusion|Exclusion) Criteria ?:|(?:INCLUSION|EXCLUSION)(?: CRITERIA)? ?:))",
    re.IGNORECASE,
)
# What every such place begins with; a pattern that begins with a space and a few letters is looked for many times faster
# (the odd letters are those that lower and upper case share: "İ", "ı" and the Kelvin sign).
_MIDLINE_START = re.compile(
    r" (?=[kKmMiIeE\u0130\u0131\u212a])(?=(?i:(?:key |main |major )?(?:in|ex)clusion))"
)
_LINKS = frozenset(("or", "and", "and/or", "either", "plus", "with"))


class Block(msgspec.Struct, frozen=True, gc=False):
    """One heading or one item: offsets of its words, its first and its last line."""

    start: int
    end: int
    line: Line
    last: Line
    head: bool
    plain: bool  # one line that cannot be a heading


def cut_midline(text: str) -> str:
    """Return the text, same length, with a line break before a heading that stands within a line."""
    if "riteria" not in text and "RITERIA" not in text and "clusion" not in text.lower():
        return text
    pieces: list[str] = []
    position = 0
    for place in _MIDLINE_START.finditer(text):
        at = place.end()
        if not _MIDLINE.match(text, at):
            continue
        line_start = text.rfind("\n", max(0, at - 400), at) + 1
        if at - max(line_start, position) < 25 and not text[at - 2 : at - 1] in ".;":
            continue
        pieces += (text[position : at - 1], "\n")
        position = at
    pieces.append(text[position:])
    return "".join(pieces)


def blocks(text: str, width: int) -> tuple[str, list[Block]]:
    found: list[Block] = []
    closed = True  # the block so far is a heading: nothing continues it
    for line in layout.lines(text, width):
        words = text[line.start : line.end]
        head = sections.heading(words, line.inner is not None, "unknown")
        if found and line.inner is None:
            block = found[-1]
            if words.strip(" ().:").lower() in _LINKS and not closed:
                found[-1] = Block(block.start, line.end, block.line, line, False, False)
                continue
            whole = head is not None and (words.endswith(":") or not words[:1].islower()) and len(words) < 90
            whole = whole or (words.endswith(":") and words[:1].isupper() and words.count(" ") < 5)
            if not closed and not whole and layout.is_continuation(text, block.line, block.last, line, width):
                found[-1] = Block(block.start, line.end, block.line, line, False, False)
                continue
        found.append(Block(line.start, line.end, line, line, head is not None, head is None))
        closed = head is not None and head.rest >= len(words) and not _cut_off(words, width, line)
    return text, found


def _cut_off(words: str, width: int, line: Line) -> bool:
    """Return whether a heading-like line is the wrapped beginning of a longer sentence."""
    return bool(width) and line.column + len(words) > width - 16 and not words.endswith((":", "."))
