"""Conditions: "≤ 5 × ULN if liver metastases", "≤ 11 g/dL for men": a limit that does not hold for everybody."""

from scraper.criteria.lexicon import Token
from scraper.criteria.quantities import Quantity

_MAX_WORDS = 14


def condition(
    tokens: list[Token], quantity: Quantity, all_quantities: list[Quantity], number: int, text: str
) -> str:
    """Return the condition that follows the quantity, quoted; "" when there is none."""
    end = all_quantities[number + 1].cue if number + 1 < len(all_quantities) else len(tokens)
    i = quantity.last + 1
    while i < min(end, len(tokens)) and tokens[i].kind in ("close", "mark"):
        i += 1
    if i < len(tokens) and tokens[i].kind in ("link", "open"):
        i += 1
    if i >= min(end, len(tokens)) or tokens[i].kind != "when":
        return ""
    last = i
    for k in range(i, min(end, len(tokens), i + _MAX_WORDS)):
        if tokens[k].kind in ("stop", "close") or (
            tokens[k].kind == "link" and text[tokens[k].start] == "," and k > i + 1
        ):
            break
        last = k
    return text[tokens[i].start : tokens[last].end].strip(" ,;")
