"""Which criterion of an older text became which of a newer one.

First those with the same text: in their order within a kind, wherever they moved to, then across kinds. What is left
is paired within its kind by the words both share, best first; what stands between the same neighbours is helped
a little, for a criterion that was reworded seldom moves. Nothing here depends on chance or on the order of a set.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scraper.compare.fold import tokens
from scraper.model import Criterion

LIKENESS = 0.4
"""The least share of common words, Dice's, that makes two criteria one that was reworded.

Measured by tests/bench/alignment.py on 400 real texts with known edits: of criteria with a fifth of their words
changed 95.6% are found again, with two fifths 91.8%, and 1.3% of all pairs are false, mostly among rows that say
"not specified" alike. difflib's ratio finds fewer (94.7%, 88.5%) in more time.
"""
NEIGHBOURS = 0.1
"""What standing between the same neighbours adds to the likeness."""
MOST_PAIRS = 250_000
"""More pairs than these are not compared: no text of a person comes near, 500 rewritten criteria at once."""


class Pair(NamedTuple):
    """A criterion in the older and in the newer text; None where it is not in one of them."""

    old: Criterion | None
    new: Criterion | None


def align(old: Sequence[Criterion], new: Sequence[Criterion]) -> list[Pair]:
    """Every criterion of both texts in exactly one pair: those of the newer text in its order, then the removed ones."""
    words = [[tokens(row.text) for row in rows] for rows in (old, new)]
    met: dict[int, int] = {}  # index of the newer one -> index of the older one
    taken: set[int] = set()

    def pair(older: int, newer: int) -> None:
        met[newer] = older
        taken.add(older)

    for with_kind in (True, False):
        waiting: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for i, row in enumerate(old):
            if i not in taken:
                waiting[(row.kind if with_kind else "", *words[0][i])].append(i)
        for j, row in enumerate(new):
            same = waiting.get((row.kind if with_kind else "", *words[1][j]))
            if j not in met and same:
                pair(same.pop(0), j)
    for older, newer in _by_likeness(old, new, words, met, taken):
        pair(older, newer)
    return [
        *(Pair(old[met[j]] if j in met else None, row) for j, row in enumerate(new)),
        *(Pair(row, None) for i, row in enumerate(old) if i not in taken),
    ]


def _by_likeness(
    old: Sequence[Criterion],
    new: Sequence[Criterion],
    words: Sequence[Sequence[Sequence[str]]],
    met: dict[int, int],
    taken: set[int],
) -> Iterator[tuple[int, int]]:
    """Pairs of what is left, the likest first."""
    olds = [i for i in range(len(old)) if i not in taken]
    news = [j for j in range(len(new)) if j not in met]
    if len(olds) * len(news) > MOST_PAIRS:
        return
    counted = {i: Counter(words[0][i]) for i in olds}
    places = _places(len(old), sorted(taken)), _places(len(new), sorted(met))
    back = {i: j for j, i in met.items()} | {-1: -1, len(old): len(new)}
    found = []
    for j in news:
        mine = Counter(words[1][j])
        for i in olds:
            if old[i].kind != new[j].kind:
                continue
            likeness = dice(counted[i], mine)
            likeness += NEIGHBOURS * any(
                back.get(theirs) == ours for theirs, ours in zip(places[0][i], places[1][j], strict=True)
            )
            if likeness >= LIKENESS:
                found.append((-likeness, abs(i - j), i, j))
    used_old: set[int] = set()
    used_new: set[int] = set()
    for _, _, i, j in sorted(found):
        if i not in used_old and j not in used_new:
            used_old.add(i)
            used_new.add(j)
            yield i, j


def dice(one: Counter[str], other: Counter[str]) -> float:
    """The share of words that two texts have in common, 0 to 1."""
    both = one.total() + other.total()
    return 2 * (one & other).total() / both if both else 1.0


def _places(length: int, fixed: Sequence[int]) -> list[tuple[int, int]]:
    """For each index the fixed ones next to it on both sides: -1 before the first, `length` behind the last."""
    found = []
    at = 0
    for i in range(length):
        while at < len(fixed) and fixed[at] < i:
            at += 1
        found.append((fixed[at - 1] if at else -1, fixed[at] if at < len(fixed) else length))
    return found
