"""One criterion on its way from quantities to limits: its tokens, its numbers and what each number was given to."""

import msgspec

from scraper.criteria.clean import fold
from scraper.criteria.lexicon import Token, tokens
from scraper.criteria.quantities import Quantity, quantities


class Link(msgspec.Struct, frozen=True, gc=False):
    """The variables that a quantity limits, the rule that found them and the token where they stand."""

    codes: tuple[str, ...]
    rule: str
    at: int


class Sentence(msgspec.Struct, frozen=True, gc=False):
    """`taken` says which quantity a token belongs to; `links` grows as quantities are given to variables."""

    text: str
    folded: str
    tokens: list[Token]
    quantities: list[Quantity]
    context: str
    taken: dict[int, int]
    links: list[Link | None]


def sentence(text: str, context: str, folded: str | None = None) -> Sentence:
    """Return the criterion with its tokens and quantities; `context` is the label or lead-in it stands under."""
    folded = fold(text) if folded is None else folded
    found = tokens(folded, text)
    read = quantities(found)
    taken: dict[int, int] = {}
    for number, quantity in enumerate(read):
        for token in range(min(quantity.cue, quantity.first), quantity.last + 1):
            taken[token] = number
    return Sentence(text, folded, found, read, context, taken, [])
