"""A suggestion for a word that no trial contains: the commonest known word one or two typing errors away."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from scraper.search.query import Words
from scraper.search.words import tokens, variants
from scraper.store.fulltext import Index

MIN_LETTERS = 4
MAX_LETTERS = 50
"""A word of n letters has 54 n neighbours, each looked up: one of 10,000 letters took half a minute."""
MOST_WORDS = 6
"""Unknown words that are corrected; with more of them the question is no slip of the fingers."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def suggestion(connection: sqlite3.Connection, index: Index, typed: str, words: Words) -> str | None:
    """What was typed with its unknown words replaced; None when every word is known or nothing is close."""
    corrected = typed
    for word in islice(_unknown(connection, index, words), MOST_WORDS):
        better = closest(connection, index, word)
        if better:
            corrected = re.sub(rf"\b{re.escape(word)}\b", better, corrected, flags=re.IGNORECASE)
    return corrected if corrected != typed else None


def _unknown(connection: sqlite3.Connection, index: Index, words: Words) -> Iterator[str]:
    for term in chain.from_iterable(words.groups):
        for word in dict.fromkeys(tokens(term.text)):
            is_word = MIN_LETTERS <= len(word) <= MAX_LETTERS and word.isalpha() and not term.is_prefix
            if is_word and not _count(connection, index, variants(word)):
                yield word


def closest(connection: sqlite3.Connection, index: Index, word: str) -> str | None:
    """The known word nearest to `word`; of equally near ones the commonest, then the first of the alphabet."""
    near = _known(connection, index, _one_error(word))
    if near:
        return min(near, key=lambda known: (-known[1], known[0]))[0]
    if len(word) < 6:
        return None
    # Two errors: words with the same first three letters. A wrong beginning with a second error is not found.
    rows = connection.execute(
        f"select term, doc from {index.words} where term >= ? and term < ?",
        [word[:3], word[:3] + "\U0010ffff"],
    )
    far = [
        (term, doc) for term, doc in rows if abs(len(term) - len(word)) <= 2 and _distance(term, word) <= 2
    ]
    return min(far, key=lambda known: (-known[1], known[0]))[0] if far else None


def _count(connection: sqlite3.Connection, index: Index, words: Iterable[str]) -> int:
    return sum(doc for _, doc in _known(connection, index, set(words)))


def _known(connection: sqlite3.Connection, index: Index, words: set[str]) -> list[tuple[str, int]]:
    found = []
    for word in sorted(words):
        found += connection.execute(f"select term, doc from {index.words} where term = ?", [word]).fetchall()
    return found


def _one_error(word: str) -> set[str]:
    """All words one letter away: dropped, doubled, changed or swapped with its neighbour."""
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {a + b[1:] for a, b in splits if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1}
    found |= {a + c + b[1:] for a, b in splits if b for c in _LETTERS}
    found |= {a + c + b for a, b in splits for c in _LETTERS}
    return found - {word}


def _distance(one: str, other: str) -> int:
    """Edit distance, a swap of neighbours counted as one error."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, before = before, row
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, previous[j - 2] + 1)
            row.append(cost)
    return row[-1]
