"""Eligibility texts of other people, one JSON object a line → criteria rows, one JSON object each.

The shape is that of the evaluation: an unknown kind is null, time windows are constraints of variable "time_window".
"""

import json
from collections.abc import Iterable, Iterator
from typing import IO

import msgspec

from scraper.criteria import read
from scraper.errors import ScraperError
from scraper.model import Constraint, Criterion

_EXPECTED = 'expected {"trial_id": "...", "text": "...", "style": "v2"} (style may be missing)'


MOST_CHARACTERS = 1 << 24
"""The most that one line may hold: far more than any eligibility text, and little enough to be held."""


def rows(trial_id: str, criteria: tuple[Criterion, ...]) -> Iterator[dict[str, object]]:
    """Yield one plain object for each criterion."""
    for criterion in criteria:
        yield {
            "trial_id": trial_id,
            "kind": None if criterion.kind == "unknown" else criterion.kind,
            "kind_source": criterion.kind_source,
            "position": criterion.position,
            "depth": criterion.depth,
            "parent": criterion.parent,
            "section": criterion.section,
            "text": criterion.text,
            "raw_start": criterion.raw_start,
            "raw_end": criterion.raw_end,
            "constraints": [_plain(constraint) for constraint in criterion.constraints],
            "flags": list(criterion.flags),
        }


def _plain(constraint: Constraint) -> dict[str, object]:
    plain: dict[str, object] = msgspec.structs.asdict(constraint)
    return plain


def bounded(stream: IO[str]) -> Iterator[str]:
    """The lines of a stream. Raises ScraperError on one too long to be an eligibility text: it may have no end."""
    number = 0
    while line := stream.readline(MOST_CHARACTERS + 1):
        number += 1
        if len(line) > MOST_CHARACTERS:
            raise ScraperError(f"line {number}: more than {MOST_CHARACTERS:,} characters; {_EXPECTED}")
        yield line


def read_lines(lines: Iterable[str]) -> Iterator[dict[str, object]]:
    """Yield the criteria rows of each input line; blank lines are passed over.

    Raises ScraperError on a line that is not such an object; the message names the line.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ScraperError(f"line {number}: not JSON ({error}); {_EXPECTED}") from error
        if not isinstance(item, dict):
            raise ScraperError(
                f"line {number}: found {type(item).__name__} {line.strip()[:60]!r}; {_EXPECTED}"
            )
        trial_id, text, style = item.get("trial_id"), item.get("text"), item.get("style") or ""
        for name, value in (("trial_id", trial_id), ("text", text), ("style", style)):
            if not isinstance(value, str):
                raise ScraperError(f"line {number}: {name} is {value!r}; {_EXPECTED}")
        if not trial_id:
            raise ScraperError(f"line {number}: trial_id is empty; {_EXPECTED}")
        yield from rows(str(trial_id), read(str(text), str(style)))
