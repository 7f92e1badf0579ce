"""Whether two trials without a common id are one trial, by what their records say; and which ones are worth comparing.

A link that is wrong sends a reader to another trial, so the rule needs two kinds of agreement: nearly the same title,
and facts that two trials rarely share by chance. Where something speaks against it, there is no link.
"""

import hashlib
import heapq
from functools import lru_cache
from typing import NamedTuple

from scraper.compare.portrait import (
    FEWEST_WORDS,
    Portrait,
    Title,
    acronym,
    days_apart,
    sponsor_words,
    titles,
)

VERSION = "1"
"""Changes whenever keys or scores would: a database of another version is compared anew."""

THRESHOLD = 0.80
"""The least score of a link; chosen on one half of the labelled pairs, measured on the other (tests/bench/links.py)."""

MARGIN = 0.05
"""Another trial of the same registry that comes so near makes a link uncertain: then there is none."""

LEAST_TITLE = 0.4
"""Titles less alike than this are of two trials, whatever else agrees."""

_BANDS = 4
_SMALLEST_ENROLLMENT = 10


class Likeness(NamedTuple):
    """How alike two trials are, 0 to 1, and in words why; a reason against makes it 0."""

    score: float
    evidence: str


# ── which trials to compare ────────────────────────────────────────────────────────────────────────────


def keys(portrait: Portrait) -> frozenset[int]:
    """Two trials are compared when they share one of these.

    Of each title the three words that come first in several shuffled orders: titles that are alike share such a
    three, those that share a few words rarely do. Besides the acronym, and the month of the start with the enrollment.
    """
    found = set()
    for title in titles(portrait):
        shuffled = [(_shuffled(word), word) for word in title.words]
        for band in range(_BANDS):
            first = heapq.nsmallest(3, ((orders[band], word) for orders, word in shuffled))
            found.add(_number(f"title {band} {' '.join(word for _, word in first)}"))
    if name := acronym(portrait):
        found.add(_number(f"acronym {name}"))
    month, people = (portrait.start_date or "")[:7], portrait.enrollment or 0
    if len(month) == 7 and people >= _SMALLEST_ENROLLMENT:
        found.add(_number(f"start {month} {people}"))
    return frozenset(found)


@lru_cache(maxsize=200_000)
def _shuffled(word: str) -> tuple[int, ...]:
    digest = hashlib.blake2b(word.encode(), digest_size=4 * _BANDS).digest()
    return tuple(int.from_bytes(digest[4 * band : 4 * band + 4]) for band in range(_BANDS))


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest())


# ── how alike two trials are ───────────────────────────────────────────────────────────────────────────


def likeness(one: Portrait, other: Portrait) -> Likeness:
    """How alike two trials are; the same whichever comes first."""
    found = [(_alike(a, b), a, b) for a in titles(one) for b in titles(other)]
    if not found:
        return Likeness(0.0, "")
    title, mine, theirs = max(found, key=lambda each: (each[0], sorted(each[1].words | each[2].words)))
    if title < LEAST_TITLE or _are_two(one, other, mine, theirs):
        return Likeness(0.0, "")
    score, evidence = 0.55 * title, [f"titles alike to {title:.0%}"]
    for points, words in (
        _sponsor(one, other),
        _start(one, other),
        _enrollment(one, other, title),
        _ages(one, other),
        _acronym(one, other),
    ):
        score += points
        if words:
            evidence.append(words)
    return Likeness(round(max(0.0, min(score, 1.0)), 3), "; ".join(evidence))


def _are_two(one: Portrait, other: Portrait, mine: Title, theirs: Title) -> bool:
    """Whether something says that these are two trials; the two most alike titles are `mine` and `theirs`."""
    if mine.turns != theirs.turns or _turned(one, other) or _turned(other, one):
        return True
    if mine.numbers - theirs.numbers and theirs.numbers - mine.numbers:
        return True
    if one.study_type and other.study_type and one.study_type != other.study_type:
        return True
    if one.sex and other.sex and one.sex != other.sex:
        return True
    phases_differ = _phases(one) and _phases(other) and not _phases(one) & _phases(other)
    return bool(phases_differ) and one.enrollment != other.enrollment


def _turned(one: Portrait, other: Portrait) -> bool:
    """Whether the short title of one says "extension" or the like, and no title of the other does."""
    first = titles(one)[0].turns if one.brief_title else frozenset()
    return not first <= frozenset().union(*(title.turns for title in titles(other)))


def _phases(portrait: Portrait) -> frozenset[str]:
    return frozenset((portrait.phase or "NA").replace("EARLY_PHASE1", "PHASE1").split("/")) - {"NA"}


def _alike(one: Title, other: Title) -> float:
    """The share of words that two titles have in common, by the letters they take; less where it is few words."""
    shared = one.words & other.words
    if len(shared) < FEWEST_WORDS:
        return 0.0
    common = sum(map(len, shared))
    return common / (common + sum(map(len, one.words ^ other.words))) * min(1.0, 0.7 + 0.05 * len(shared))


def _sponsor(one: Portrait, other: Portrait) -> tuple[float, str]:
    mine, theirs = sponsor_words(one.lead_sponsor), sponsor_words(other.lead_sponsor)
    if not mine or not theirs:
        return 0.0, ""
    shared = len(mine & theirs) / min(len(mine), len(theirs))
    if shared >= 0.6:
        return 0.15, "the same sponsor"
    return (0.05, "sponsors alike") if shared >= 0.3 else (-0.05, "")


def _start(one: Portrait, other: Portrait) -> tuple[float, str]:
    days = days_apart(one.start_date, other.start_date)
    if days is None:
        return 0.0, ""
    if days <= 7:
        return 0.15, "the same start"
    if days <= 62:
        return 0.08, "starts within two months"
    return (0.0, "") if days <= 200 else (-0.2, "")


def _enrollment(one: Portrait, other: Portrait, title: float) -> tuple[float, str]:
    mine, theirs = one.enrollment, other.enrollment
    if not mine or not theirs:
        return 0.0, ""
    if mine == theirs:
        return (0.15 if mine >= _SMALLEST_ENROLLMENT else 0.05), f"{mine} participants in both"
    ratio = max(mine, theirs) / min(mine, theirs)
    if ratio <= 1.1:
        return 0.05, "nearly as many participants"
    if ratio <= 2:
        return 0.0, ""
    # What was planned and what came differ by more, between versions of one trial too.
    return (-0.05, "") if title > 0.95 else (-0.1, "")


def _ages(one: Portrait, other: Portrait) -> tuple[float, str]:
    points = 0.0
    for mine, theirs in (
        (one.minimum_age_years, other.minimum_age_years),
        (one.maximum_age_years, other.maximum_age_years),
    ):
        if mine is not None and theirs is not None:
            points += 0.02 if abs(mine - theirs) < 0.1 else -0.07
    return points, "the same ages" if points > 0.03 else ""


def _acronym(one: Portrait, other: Portrait) -> tuple[float, str]:
    mine, theirs = acronym(one), acronym(other)
    if not mine or not theirs:
        return 0.0, ""
    return (0.1, "the same acronym") if mine == theirs else (-0.05, "")
