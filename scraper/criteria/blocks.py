"""Lines → blocks: continuation lines joined, headings set apart, headings within a line given a line of their own."""

import re

import msgspec

from scraper.criteria import layout, sections
from scraper.criteria.layout import Line

_MIDLINE = re.compile(
    r"(?<=[.;:)\]*] )(?=(?:key |main |major )?(?:inclusion|exclusion) criteria ?(?:\([^()\n]{0,60}\) ?)?:)"
    r"|(?<=[a-z0-9)] )(?-i:(?=(?:Key |Main )?(?:Inclusion|Exclusion) Criteria ?:|(?:INCLUSION|EXCLUSION)(?: CRITERIA)? ?:))"
    # At the end of an item, even wrapped: "… vaccination Exclusion" / "Criteria:" (NCT02260882, NCT00609947).
    r"|(?<=[A-Za-z0-9.)] )(?-i:(?=(?P<end>Inclusion|Exclusion)\s{1,20}[Cc]riteria ?:?\s{0,20}(?:\n\s{0,20}\n|\Z)"
    r"|(?P<capital>INCLUSION|EXCLUSION)\s{1,20}CRITERIA ?:?\s{0,20}(?:\n\s{0,20}\n|\Z)))",
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
        match = _MIDLINE.match(text, at)
        if not match or (match.lastgroup is not None and not _ends_item(text, at)):
            continue
        line_start = text.rfind("\n", max(0, at - 400), at) + 1
        if at - max(line_start, position) < 25 and not text[at - 2 : at - 1] in ".;":
            continue
        pieces += (text[position : at - 1], "\n")
        position = at
    pieces.append(text[position:])
    return "".join(pieces)


# What comes before the words where they are no heading: "listed in Exclusion Criteria", "General Exclusion Criteria".
_BEFORE_NAME = re.compile(
    r"(?:\b(?:in|of|the|all|any|and|or|following|these|see|per|with|by|from|for|to|under|as|on|meets?|no|not|non|other|key|main|"
    r"major|additional|study|specific|general|listed|those|both|patient|each|this|our)|[&/,]) $",
    re.IGNORECASE,
)


def _ends_item(text: str, at: int) -> bool:
    """Return whether "Exclusion Criteria" at the end of a paragraph is behind an item of a list, or a long sentence."""
    if _BEFORE_NAME.search(text, max(0, at - 12), at):
        return False
    start = text.rfind("\n\n", max(0, at - 1000), at) + 2
    first = text[start:at].lstrip()
    return len(first) >= 80 or layout.MARKER.match(first) is not None


def blocks(text: str, width: int) -> tuple[str, list[Block]]:
    found: list[Block] = []
    is_nci = "CHARACTERISTICS:" in text  # labels run on within its paragraphs: `rows` takes them apart
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
            is_run_on = is_nci and block.line.inner is None
            rest = head is not None and not is_run_on and _is_rest(text, block.last, line, words, width)
            if (rest and (not closed or _CRITERIA.match(words))) or (
                not closed and not whole and layout.is_continuation(text, block.line, block.last, line, width)
            ):
                closed = words.endswith(":") and _is_whole_heading(text, block, line.end)
                found[-1] = Block(block.start, line.end, block.line, line, False, False)
                continue
        found.append(Block(line.start, line.end, line, line, head is not None, head is None))
        closed = head is not None and head.rest >= len(words) and not _cut_off(words, width, line)
    return text, found


# "… all of the following exclusion" / "criteria:" (NCT00413231); "inclusion criteria:" alone is a heading all the same.
_CRITERIA = re.compile(r"criteri(?:a|on) ?[:.]?$", re.IGNORECASE)
_PURE = re.compile(r"(?:(?:key|main|major|general) )?(?:in|ex)clusions?(?: criteria)? ?[:.]?$")
_AWAITS = re.compile(
    r"(?:following|these|those|the|an?y?|all|each|of|and|or|additional|study|(?:in|ex)clusion)$",
    re.IGNORECASE,
)


def _is_whole_heading(text: str, block: Block, end: int) -> bool:
    """Return whether the joined lines of a block are a heading and nothing more."""
    if block.line.inner is not None or end - block.start > 3 * sections.MAX_HEADING:
        return False
    joined = text[block.start : end].replace("\n", " ")
    head = sections.heading(joined, False, "unknown")
    return head is not None and head.rest >= len(joined)


def _is_rest(text: str, last: Line, line: Line, words: str, width: int) -> bool:
    """Return whether a line that looks like a heading is the wrapped end of the sentence before it."""
    if line.blank_before:
        return False
    tail = text[last.start : last.end]
    if _CRITERIA.match(words) and _AWAITS.search(tail):
        return True
    if tail.count("(") > tail.count(")") and ")" in words.partition("(")[0]:
        return True  # the sentence before left a bracket open
    if not words[:1].islower() or tail.endswith((".", ";", ":", "!", "?")):
        return False
    if _PURE.match(words):
        return _AWAITS.search(tail) is not None
    return bool(width) and last.column + len(tail) + 1 + len(words.split(" ", 1)[0]) > width - 16


def _cut_off(words: str, width: int, line: Line) -> bool:
    """Return whether a heading-like line is the wrapped beginning of a longer sentence."""
    return bool(width) and line.column + len(words) > width - 16 and not words.endswith((":", "."))
