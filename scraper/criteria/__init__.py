"""Eligibility text → criteria rows with their limits.

clean        the stored text without escapes, entities and tags, with a map back to its offsets
layout       lines → blocks: markers, indentation, hard wraps; `inline`: several items on one line
sections     headings: which part, which group; `leads`: sentences that lead into a list, and negations of both
rows         blocks → rows: `parts` says which side they are on, `nesting` their depth and parent, `kinds` what their words do
lexicon      one row → tokens, with `phrases` and `variables.csv` for the words and `units` behind the numbers;
             `beginnings` of the phrases say at which words they are tried
quantities   tokens → numbers and ranges with their comparators
linking      which variable a number limits: `walks` to the words around it, `fits` by unit, `windows` for times
constraints  quantities → limits in `canonical` units, with `conditions` and a measured `confidence`
unread       numbers that look like limits and were given to no variable
flags        pregnancy, HIV, sex, consent, antigens: what a row is about
lines        the same as JSON lines
"""

from scraper.criteria.clean import fold
from scraper.criteria.constraints import constraints
from scraper.criteria.flags import flags_of_each
from scraper.criteria.rows import rows
from scraper.criteria.unread import unread
from scraper.criteria.variables import VARIABLES, Variable
from scraper.model import CRITERIA_PER_TRIAL, Criterion

__all__ = ["VARIABLES", "Variable", "read", "unread"]

# The registries cap the field at 20,000 characters. Ten times that is read, so that no input, however hostile, takes
# longer than a second or two; limits are looked for in the first half.
_MAX_TEXT = 200_000
_MAX_LIMITS = 100_000
_MAX_ROW = 20_000


def read(text: str, style: str = "") -> tuple[Criterion, ...]:
    """Return the criteria of one eligibility text in document order.

    `style` is "v2" (the registry's Markdown), "legacy" (hard-wrapped) or "listing"; "" decides from the text.
    """
    found: list[Criterion] = []
    budget = _MAX_LIMITS
    items = rows(text[:_MAX_TEXT], style)[:CRITERIA_PER_TRIAL]
    texts = [row.text for row in items]
    folded = [fold(row) for row in texts]
    flags = flags_of_each(texts, folded)
    for position, row in enumerate(items):
        budget -= len(row.text)
        is_read = budget >= 0 and len(row.text) <= _MAX_ROW
        found.append(
            Criterion(
                kind=row.kind,
                kind_source=row.kind_source,
                position=position,
                text=row.text,
                depth=row.depth,
                parent=row.parent,
                section=row.section,
                raw_start=row.raw_start,
                raw_end=row.raw_end,
                constraints=constraints(row.text, row.context, folded[position]) if is_read else (),
                flags=flags[position],
            )
        )
    return tuple(found)
