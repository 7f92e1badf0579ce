"""Conditions: "≤ 5 × ULN if liver metastases", "≤ 11 g/dL for men": a limit that does not hold for everybody."""

import re

from scraper.criteria.lexicon import Token
from scraper.criteria.quantities import Quantity

_MAX_WORDS = 14
_OPENING = re.compile(
    r"(?:if|unless|when|in case|in the (?:presence|case)|only if|provided|where|except)\b", re.IGNORECASE
)
_PEOPLE_WITH = re.compile(
    r"(?:in|for) \w+ (?:with|without|who|whose|having|on|receiving|taking|under)\b", re.IGNORECASE
)


def condition(
    tokens: list[Token], quantity: Quantity, all_quantities: list[Quantity], number: int, text: str
) -> str:
    """Return the condition under which the quantity holds, quoted; "" when there is none."""
    return _behind(tokens, quantity, all_quantities, number, text) or _before(tokens, quantity, text)


def _behind(
    tokens: list[Token], quantity: Quantity, all_quantities: list[Quantity], number: int, text: str
) -> str:
    end = min(
        all_quantities[number + 1].cue if number + 1 < len(all_quantities) else len(tokens), len(tokens)
    )
    i = quantity.last + 1
    while i < end and tokens[i].kind in ("close", "mark"):
        i += 1
    if i < len(tokens) and tokens[i].kind in ("link", "open"):
        i += 1
    if i >= end or tokens[i].kind != "when":
        return ""
    return _quoted(tokens, i, end, text)


def _before(tokens: list[Token], quantity: Quantity, text: str) -> str:
    """A condition that opens the clause: "In patients with liver metastases, ALT ≤ 5 × ULN"."""
    first = min(quantity.cue, quantity.first)
    for k in range(first - 1, max(-1, first - 26), -1):
        token = tokens[k]
        if token.kind == "stop" or (token.kind == "open" and k < first - 1):
            return ""
        if token.kind == "when":
            words = text[token.start : token.start + 60]
            if _OPENING.match(words) or _PEOPLE_WITH.match(words):
                return _quoted(tokens, k, first, text)
    return ""


def _quoted(tokens: list[Token], i: int, end: int, text: str) -> str:
    last = i
    for k in range(i, min(end, len(tokens), i + _MAX_WORDS)):
        if tokens[k].kind in ("stop", "close") or (
            tokens[k].kind == "link" and text[tokens[k].start] == "," and k > i + 1
        ):
            break
        last = k
    while last > i and tokens[last].kind == "link":
        last -= 1
    return text[tokens[i].start : tokens[last].end].strip(" ,;")
