"""Texts without what says nothing: spaces, wrapping, list numbers, escapes, case. Equal when folded is no change.

What can turn a criterion round is kept: numbers with their points, signs, comparison signs, "%" and the "+" or "-"
of a marker. "Hemoglobin 8.5" is not "Hemoglobin 85", "HER2-" is not "HER2+".
"""

import re
from collections import Counter
from collections.abc import Iterable

_ESCAPE = re.compile(r"\\(?=[^\w\s])")
# "1. ", "(a) ", "iv) ", "* ", "- " where a line begins.
_NUMBERING = re.compile(
    r"^[^\S\n]*(?:\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-z]|[ivx]{1,5})[.)](?=\s)|[-*•·◦▪–—](?=\s))[^\S\n]*",
    re.IGNORECASE | re.MULTILINE,
)
_SAME = str.maketrans({"≥": ">=", "≤": "<=", "μ": "µ", "−": "-", "–": "-", "—": "-", "’": "'", "×": "x"})
# Words; numbers with what stands between their digits; comparisons; a sign behind a marker or before a number.
_TOKEN = re.compile(
    r"(?<![\w.])[+-](?=\d)|\d+(?:[.,:/^]\d+)*|[^\W\d_]+|[<>]=?|=|[%±°]|(?<=[^\W_])[+-]+(?![\w+-])", re.UNICODE
)
_DECIDING = frozenset(
    {
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve", "once", "twice", "half", "double", "triple", "no", "not", "non", "none", "never",
        "without", "except", "excluding", "unless", "other", "nor", "neither", "cannot", "must", "may",
        "least", "most", "more", "less", "greater", "fewer", "within", "before", "after", "until",
        "during", "prior",
    }
)  # fmt: skip


def tokens(text: str) -> list[str]:
    """The words, numbers and signs of a text in order, case folded; list numbers and escapes are left out."""
    plain = _NUMBERING.sub("", _ESCAPE.sub("", text)).translate(_SAME)
    return _TOKEN.findall(plain.casefold())


def folded(text: str) -> str:
    """What two texts have in common that say the same in the same words."""
    return " ".join(tokens(text))


def deciding(words: Iterable[str]) -> Counter[str]:
    """What can turn a sentence round or move a bound, counted: numbers, signs, "not", "unless", "at least"."""
    return Counter(
        word for word in words if not word.isalpha() or word in _DECIDING or word.startswith("non")
    )
