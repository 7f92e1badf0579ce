"""The parts of a TrialX listing: where its headings stand among lines that may say the same words."""

import itertools
import re
from collections import Counter
from typing import NamedTuple

from scraper.errors import ParseError
from scraper.sources.blocks import Block

PLAIN_LANGUAGE, OVERVIEW, DESCRIPTION = "powered by ai", "overview", "description"
ELIGIBILITY, DETAILS = "eligibility", "study details"
LABELS = frozenset({PLAIN_LANGUAGE, OVERVIEW, DESCRIPTION, ELIGIBILITY, DETAILS})
TAIL = ("Study details", "Step 1")
EXPECTED = "the parts 'Overview', 'Eligibility' and 'Study details' of a TrialX listing"

_AFTER_DETAILS = re.compile(
    r"(?:step 1\b|get in touch|send a message|enter your contact|investigator avatar|primary contact|sign up\b|faqs?\b|"
    r"learn more about clinical|other languages? supported|first name|add a private note|we have submitted)",
    re.IGNORECASE,
)
_WIDGETS = frozenset(
    {
        "image", "read more", "read less", "show more", "show less", "see more", "see less", "hard to understand",
        "easy to understand", "how understandable was the trial content above?",
    }
)  # fmt: skip
_BESIDE_BADGES = frozenset(
    {
        "share", "save", "print", "back", "back to search", "copy link", "status", "age", "ages", "sex", "gender",
        "phase",
    }
)  # fmt: skip
_FOLDS = " +-−–▲▼△▽▴▾▸▶►◂‹›»⌃⌄↓↑"
_RATING = "how understandable was"


class Parts(NamedTuple):
    """The blocks of each part of the page, its headings left out; `is_ended`: the page goes on after the last."""

    top: list[Block]
    overview: list[Block]
    description: list[Block]
    eligibility: list[Block] | None
    details: list[Block]
    is_ended: bool


def parts_of(blocks: list[Block]) -> Parts:
    """The parts of the page. Raises ParseError when there is no 'Study details'."""
    labels = _labels(blocks)
    first = _first(labels, DETAILS, -1, len(blocks))
    if first < 0:
        raise _no_details(blocks, labels)
    end = next((i for i in range(first + 1, len(blocks)) if _AFTER_DETAILS.match(blocks[i].text)), -1)
    details = _last(labels, DETAILS, end if end >= 0 else len(blocks))
    ai = _first(labels, PLAIN_LANGUAGE, -1, details)
    rating = next(
        (i for i in range(max(ai, 0), details) if blocks[i].text.casefold().startswith(_RATING)), ai
    )
    overview = _overview(labels, ai, rating, details)
    description = _before_eligibility(labels, DESCRIPTION, max(overview, rating), details)
    eligibility = _first(labels, ELIGIBILITY, max(description, overview, rating), details)
    known = [index for index in (ai, overview, description, eligibility, details) if index >= 0]

    def between(start: int) -> list[Block]:
        if start < 0:
            return []
        stop = min(index for index in known if index > start)
        return [block for block in blocks[start + 1 : stop] if not _is_widget(block)]

    return Parts(
        top=[block for block in blocks[: min(known)] if not _is_beside_badges(block)],
        overview=between(overview),
        description=between(description),
        eligibility=between(eligibility) if eligibility >= 0 else None,
        details=[block for block in blocks[details + 1 : end if end >= 0 else None] if not _is_widget(block)],
        is_ended=end >= 0,
    )


def _labels(blocks: list[Block]) -> list[tuple[int, str]]:
    """Where the headings of the parts stand.

    A row of tabs is headings with nothing between them that stand elsewhere again; only the last of a row may be
    the heading of what follows, when the row has it twice.
    """
    found = [(i, label) for i, block in enumerate(blocks) if (label := _label(block)) in LABELS]
    times = Counter(label for _, label in found)
    kept: list[tuple[int, str]] = []
    for _, group in itertools.groupby(enumerate(found), lambda entry: entry[1][0] - entry[0]):
        row = [entry for _, entry in group]
        names = Counter(label for _, label in row)
        is_tabs = sum(names.values()) - names[PLAIN_LANGUAGE] > 1
        for entry in row:
            is_again = times[entry[1]] > names[entry[1]] or names[entry[1]] > 1
            if not (is_tabs and is_again) or (entry == row[-1] and names[entry[1]] > 1):
                kept.append(entry)
    return kept


def _first(labels: list[tuple[int, str]], name: str, after: int, before: int) -> int:
    return next((index for index, label in labels if label == name and after < index < before), -1)


def _last(labels: list[tuple[int, str]], name: str, before: int) -> int:
    return next((index for index, label in reversed(labels) if label == name and index < before), -1)


def _overview(labels: list[tuple[int, str]], ai: int, rating: int, details: int) -> int:
    first = _before_eligibility(labels, OVERVIEW, rating, details)
    if ai < 0 or rating > ai or first <= ai + 1:
        return first
    # A filled AI block without its rating question may hold a line "Overview" of its own.
    ends = [index for index, label in labels if label in (DESCRIPTION, ELIGIBILITY) and index > first]
    return _last(labels, OVERVIEW, min([*ends, details]))


def _before_eligibility(labels: list[tuple[int, str]], name: str, after: int, before: int) -> int:
    """The first of that name, unless the only 'Eligibility' stands above it: then it is a line of the criteria."""
    index = _first(labels, name, after, before)
    is_below = _first(labels, ELIGIBILITY, index, before) < 0 <= _first(labels, ELIGIBILITY, after, before)
    return -1 if is_below else index


def _label(block: Block) -> str:
    """The casefolded text without the arrows and plus signs of a heading that folds."""
    return block.text.strip(_FOLDS).casefold() if len(block.text) < 40 else ""


def _is_widget(block: Block) -> bool:
    return block.text.casefold() in _WIDGETS or "{{" in block.text


def _is_beside_badges(block: Block) -> bool:
    return _is_widget(block) or _label(block) in LABELS or block.text.casefold().rstrip(":") in _BESIDE_BADGES


def _no_details(blocks: list[Block], labels: list[tuple[int, str]]) -> ParseError:
    if not blocks:
        return ParseError("an empty page", EXPECTED)
    if not labels:
        return ParseError(f"a page without any part of a trial, beginning {quoted(blocks[0].text)}", EXPECTED)
    last = blocks[labels[-1][0]].text
    return ParseError(
        f"a page cut off in its part {last!r}", "the part 'Study details' after it", "study_details"
    )


def quoted(words: str) -> str:
    """The words as a message shows them."""
    return repr(words if len(words) <= 80 else words[:77] + "...")
