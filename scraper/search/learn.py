"""What condition names mean: the names MeSH terms go by, and terms for records that state none.

All of it is a function of the rows alone, so any order of import learns the same. Registries other than
ClinicalTrials.gov state no MeSH terms; their trials get those that the same condition names have on
ClinicalTrials.gov, where these agree. A name they do not agree on teaches nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scraper.search.words import key, term_names, turned

MIN_TRIALS = 2
"""Trials in which an abbreviation or a name must be seen to be learned."""
MIN_AGREEMENT = 0.7
"""Share of a name's trials that must have a term for the name to mean it."""
MIN_TOGETHER = 0.8
"""Share of a term's trials that must have another term for the two to belong together."""
MIN_TRUST = 0.6
"""Share of the trials with a name in some condition or keyword that must have its term for it to count there."""
TRIALS_TRIED = 100_000

_MAX_CONDITIONS = 5
"""A trial of more conditions than these does not tell which of them has which term."""
_MAX_MEANINGS = 4


@dataclass(frozen=True)
class Inferred:
    """One MeSH term of a trial that its record does not state; `evidence` is the words or term it follows from."""

    term: str
    is_ancestor: bool
    evidence: str


@dataclass(frozen=True)
class Names:
    """What condition names mean: folded name -> term -> trials; and term -> the terms that always come with it.

    Names in `unsure` mean it as a whole condition only, not as a part of one nor as a keyword.
    """

    terms: Mapping[str, Mapping[str, int]]
    above: Mapping[str, tuple[str, ...]]
    unsure: frozenset[tuple[str, str]] = frozenset()


# ── names of MeSH terms ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Assigned:
    """The condition names and keywords of a trial and the registry's own MeSH terms and ancestors for it."""

    conditions: Sequence[str]
    keywords: Sequence[str]
    terms: Sequence[str]
    ancestors: Sequence[str] = ()


def names(trials: Sequence[Assigned], pairs: Iterable[tuple[str, str, int]] = ()) -> Names:
    """What condition names mean, from trials that have MeSH terms and from abbreviations with their long forms."""
    ancestors = ancestors_of(trials)
    own: dict[str, dict[str, int]] = defaultdict(dict)
    used = Counter(term for trial in trials for term in set(trial.terms))
    for term in sorted(
        used.keys() | ancestors.keys() | {one for found in ancestors.values() for one in found}
    ):
        for name in term_names(term):
            own[name][term] = max(1, used[term])
    terms = {**_learned(trials, own), **own}
    for short, long_form in _unambiguous(pairs):
        if key(short) not in terms and key(long_form) in terms:
            terms[key(short)] = terms[key(long_form)]
    known = Names(terms, _together(trials, ancestors))
    return Names(terms, known.above, _unsure(trials, known))


def _unambiguous(pairs: Iterable[tuple[str, str, int]]) -> Iterable[tuple[str, str]]:
    totals: Counter[str] = Counter()
    best: dict[str, tuple[int, str]] = {}
    for short, long_form, trials in pairs:
        totals[short.casefold()] += trials
        best[short.casefold()] = max(best.get(short.casefold(), (0, "")), (trials, long_form))
    return [
        (short, long_form) for short, (n, long_form) in best.items() if n >= MIN_AGREEMENT * totals[short]
    ]


def _learned(trials: Sequence[Assigned], own: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    seen: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    alone: Counter[tuple[str, str]] = Counter()
    for trial in trials:
        if not trial.terms:
            continue
        conditions = {key(name) for name in trial.conditions} - {""}
        if len(conditions) > _MAX_CONDITIONS:
            continue
        said = conditions | {key(name) for name in trial.keywords}
        explained = {term for name in said for term in own.get(name, ())}
        for name in conditions:
            if name in own:
                continue
            seen[name] += 1
            for term in set(trial.terms) - explained:
                together[name, term] += 1
                if len(conditions) == 1:
                    alone[name, term] += 1
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (name, term), count in sorted(together.items()):
        if count >= MIN_AGREEMENT * seen[name] and (count >= MIN_TRIALS or alone[name, term]):
            found[name][term] = count
    return {name: terms for name, terms in found.items() if len(terms) <= _MAX_MEANINGS}


def ancestors_of(trials: Sequence[Assigned]) -> dict[str, tuple[str, ...]]:
    """Term -> ancestors, from trials that state ancestors: those common to all trials that have the term."""
    common: dict[str, set[str]] = {}
    exact: set[str] = set()
    seen: Counter[str] = Counter()
    for trial in trials:
        if not trial.ancestors:
            continue
        terms = set(trial.terms)
        every = terms | set(trial.ancestors)
        for term in terms:
            seen[term] += 1
            others = every - {term}
            common[term] = others if term not in common else common[term] & others
        if len(terms) == 1:
            exact |= terms
    return {
        term: tuple(sorted(found))
        for term, found in sorted(common.items())
        if term in exact or seen[term] >= 3
    }


def _together(
    trials: Sequence[Assigned], ancestors: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Term -> its ancestors and the terms that the registry gives along with it nearly always."""
    seen: Counter[str] = Counter()
    both: Counter[tuple[str, str]] = Counter()
    for trial in trials:
        terms = set(trial.terms)
        if len(terms) <= 2 * _MAX_CONDITIONS:
            seen.update(terms)
            both.update((one, other) for one in terms for other in terms if one != other)
    found = {term: set(above) for term, above in ancestors.items()}
    for (one, other), count in both.items():
        if count >= MIN_TOGETHER * seen[one] and seen[one] >= 3:
            found.setdefault(one, set()).add(other)
    return {term: tuple(sorted(above)) for term, above in sorted(found.items())}


def _unsure(trials: Sequence[Assigned], known: Names) -> frozenset[tuple[str, str]]:
    """(name, term) that the registry does not follow when the name is a part of a condition or a keyword."""
    tagger = Tagger(known)
    seen: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    for trial in trials[:: max(1, len(trials) // TRIALS_TRIED)]:
        assigned = {*trial.terms, *trial.ancestors}
        assigned |= {above for term in trial.terms for above in known.above.get(term, ())}
        loose = {
            pair
            for names, whole in ((trial.conditions, False), (trial.keywords, True))
            for name in names
            for pair, is_whole in tagger.found(name)
            if whole or not is_whole
        }
        seen.update(loose)
        right.update(pair for pair in loose if pair[1] in assigned)
    return frozenset(pair for pair, count in seen.items() if count >= 3 and right[pair] < MIN_TRUST * count)


# ── terms for records without any ───────────────────────────────────────────────────────────────────────


class Tagger:
    """Finds the MeSH terms that condition names stand for, the longest known name first."""

    def __init__(self, known: Names) -> None:
        self._known = known
        self._longest: dict[str, int] = defaultdict(int)
        for name in known.terms:
            words = name.split()
            if words:
                self._longest[words[0]] = max(self._longest[words[0]], len(words))

    def infer(self, conditions: Iterable[str], keywords: Iterable[str] = ()) -> list[Inferred]:
        """The terms of a trial with these conditions and keywords, then those that come with them."""
        direct: dict[str, str] = {}
        for names, sure in ((conditions, True), (keywords, False)):
            for name in names:
                for (known, term), is_whole in self.found(name):
                    if (is_whole and sure) or (known, term) not in self._known.unsure:
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

    def found(self, name: str) -> Iterable[tuple[tuple[str, str], bool]]:
        """((known name, term), whether it is the whole name) for every known name in `name`."""
        for way in (name, turned(name)) if "," in name else (name,):
            words = key(way).split()
            i = 0
            while i < len(words):
                length = self._length(words[i:])
                known = " ".join(words[i : i + length])
                for term in self._known.terms[known] if length else ():
                    yield (known, term), length == len(words)
                i += max(1, length)

    def _length(self, words: Sequence[str]) -> int:
        for length in range(min(self._longest.get(words[0], 0), len(words)), 0, -1):
            if " ".join(words[:length]) in self._known.terms:
                return length
        return 0
