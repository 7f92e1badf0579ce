"""Terms for records that state none: what a condition's words stand for, by the names that were learned.

Registries other than ClinicalTrials.gov state no MeSH terms; their trials get those that the same condition names have
there. A name within a longer one counts only when the rest says no more than how far the disease is or whom it befell,
or when it is the last word, which says of what kind the whole is.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from scraper.search.learn import VAGUE, Names
from scraper.search.words import fold, key, turned

# Words before a name that keep it from being what the whole condition is a kind of.
_TURNS = frozenset(
    [
        "after",
        "and",
        "anti",
        "at",
        "associated",
        "by",
        "caregiver",
        "control",
        "due",
        "during",
        "follow",
        "following",
        "for",
        "free",
        "from",
        "healthy",
        "in",
        "induced",
        "like",
        "negative",
        "no",
        "non",
        "normal",
        "not",
        "of",
        "on",
        "or",
        "post",
        "pre",
        "pregnancy",
        "prevention",
        "prophylaxis",
        "related",
        "risk",
        "screening",
        "survivor",
        "to",
        "versus",
        "v",
        "vaccine",
        "with",
        "without",
    ]
)
_LISTS = re.compile(r"[,;:/()\[\]+&]")


@dataclass(frozen=True)
class Inferred:
    """One MeSH term of a trial that its record does not state; `evidence` is the words or term it follows from."""

    term: str
    is_ancestor: bool
    evidence: str


@cache
def qualifiers() -> frozenset[str]:
    """Folded words that say how far a disease is or whom it befell, from qualifiers.csv; which it is they do not change.

    "due", "related", "induced", "risk", "prevention", "non" and "without" are none of them.
    """
    table = files("scraper.search").joinpath("qualifiers.csv").read_text(encoding="utf-8")
    return frozenset(fold(row["word"]) for row in csv.DictReader(table.splitlines()))


class Tagger:
    """Finds the MeSH terms that condition names stand for. What is not sure gives none."""

    def __init__(self, known: Names) -> None:
        self._known = known
        self._longest: dict[str, int] = defaultdict(int)
        self._found: dict[str, tuple[str, ...]] = {}
        for name in known.terms:
            words = name.split()
            if words:
                self._longest[words[0]] = max(self._longest[words[0]], len(words))

    def infer(self, conditions: Iterable[str]) -> list[Inferred]:
        """The terms of a trial with these conditions, then those that come with them."""
        direct: dict[str, str] = {}
        for name in conditions:
            for term in self.found(name):
                direct.setdefault(term, name)
        return [Inferred(term, False, direct[term]) for term in direct] + self.above(direct)

    def above(self, terms: Iterable[str]) -> list[Inferred]:
        """The terms that come with these and are not among them."""
        terms = list(terms)
        found: dict[str, str] = {}
        for term in terms:
            for above in self._known.above.get(term, ()):
                if above not in terms:
                    found.setdefault(above, term)
        return [Inferred(above, True, term) for above, term in found.items()]

    def found(self, name: str) -> tuple[str, ...]:
        """The terms that a condition means: as a whole, by all its parts that are more than a qualifier, or by the
        name it ends in."""
        if name not in self._found:
            self._found[name] = self._whole(name) or self._parts(name) or self._kind(name)
        return self._found[name]

    def _whole(self, name: str) -> tuple[str, ...]:
        for way in (name, turned(name)) if "," in name else (name,):
            if meant := self._known.terms.get(key(way)):
                return tuple(meant)
        return ()

    def _parts(self, name: str) -> tuple[str, ...]:
        words = key(name).split()
        found: dict[str, None] = {}
        at = 0
        while at < len(words):
            length = self._length(words[at:])
            if length:
                for term in self._known.terms[" ".join(words[at : at + length])]:
                    if term not in VAGUE:
                        found[term] = None
            elif words[at] not in qualifiers():
                return ()
            at += max(1, length)
        return tuple(found)

    def _kind(self, name: str) -> tuple[str, ...]:
        """The terms of the longest known name at the end: tension headache is a headache.

        Not behind a word that joins ("fear of cancer") or turns the sense ("non-diabetic neuropathy").
        """
        if _LISTS.search(name):
            return ()
        words = name.split()
        for start in range(1, len(words)):
            before = key(" ".join(words[:start])).split()
            if not before or not _TURNS.isdisjoint(before):
                return ()
            if meant := self._known.terms.get(key(" ".join(words[start:]))):
                return tuple(term for term in meant if term not in VAGUE)
        return ()

    def _length(self, words: Sequence[str]) -> int:
        for length in range(min(self._longest.get(words[0], 0), len(words)), 0, -1):
            if " ".join(words[:length]) in self._known.terms:
                return length
        return 0
