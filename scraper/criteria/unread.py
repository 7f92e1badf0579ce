"""Numbers that look like limits and were given to no variable: they are counted, not hidden."""

from scraper.criteria.numerals import may_hold_numbers
from scraper.criteria.sentence import sentence
from scraper.model import Criterion


def unread(criterion: Criterion) -> tuple[str, ...]:
    """Return the quantities of the criterion, as written, that none of its constraints covers.

    A number counts when it has a comparator or a unit: "at least two doses of 40 mg" has two, "type 2" none.
    """
    if not may_hold_numbers(criterion.text):
        return ()
    s = sentence(criterion.text, "")
    found: list[str] = []
    for quantity in s.quantities:
        if quantity.named or quantity.roman or not (quantity.unit.family or quantity.bounds[0].explicit):
            continue
        start = s.tokens[min(quantity.cue, quantity.first)].start
        number, end = s.tokens[quantity.first].start, s.tokens[quantity.last].end
        if not any(limit.start <= number < limit.end for limit in criterion.constraints):
            found.append(criterion.text[start:end])
    return tuple(found)
