"""What search learns from the rows: abbreviations, the names MeSH terms go by, and terms for records without any.

All of it is a function of the rows alone, so any order of import learns the same. Registries other than
ClinicalTrials.gov state no MeSH terms; their trials get those that the same condition names have on
ClinicalTrials.gov, where these agree. A name they do not agree on teaches nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scraper.search.words import key, term_names, tokens, turned

MIN_TRIALS = 2
"""Trials in which an abbreviation or a name must be seen to be learned."""
MIN_AGREEMENT = 0.7
"""Share of a name's trials that must have a term for the name to mean it."""
MIN_TOGETHER = 0.8
"""Share of a term's trials that must have another term for the two to belong together."""
MIN_TRUST = 0.6
"""Share of the trials with a name in some condition or keyword that must have its term for it to count there."""
TRIALS_TRIED = 100_000

_BRACKETED = re.compile(r"\(([^()\[\]]{2,60})\)")
_SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-/&.+]{1,9}")
_WORD = re.compile(r"[^\W_]+")
_SMALL_WORDS = frozenset({"of", "the", "and", "in", "for", "to", "with", "a", "an", "on", "or", "by"})
_SENTENCE_END = re.compile(r"[.;:!?]\s")
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


# ── abbreviations ───────────────────────────────────────────────────────────────────────────────────────


def abbreviations(texts: Iterable[Iterable[str]], min_trials: int = MIN_TRIALS) -> list[tuple[str, str, int]]:
    """(abbreviation, long form, trials) as read from the texts of every trial: "acute myeloid leukemia (AML)".

    Spellings of one long form are counted together and given in the commonest.
    """
    seen: Counter[tuple[str, str]] = Counter()
    written: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    shorts: dict[str, Counter[str]] = defaultdict(Counter)
    for trial in texts:
        found: dict[tuple[str, str], tuple[str, str]] = {}
        for text in trial:
            if "(" in text:
                for short, long_form in _pairs(text):
                    found.setdefault((short.casefold(), key(long_form)), (short, " ".join(tokens(long_form))))
        for pair, (short, long_form) in found.items():
            seen[pair] += 1
            written[pair][long_form] += 1
            shorts[pair[0]][short] += 1
    return sorted(
        (_commonest(shorts[short]), _commonest(written[short, name]), trials)
        for (short, name), trials in seen.items()
        if trials >= min_trials
    )


def _commonest(counted: Counter[str]) -> str:
    return min(counted, key=lambda word: (-counted[word], word))


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for bracket in _BRACKETED.finditer(text):
        inside = re.split(r"[,;]| or ", bracket[1], maxsplit=1)[0].strip()
        before = text[max(0, bracket.start() - 150) : bracket.start()]
        if _is_short(inside):
            long_form = _long_form(inside, before)
            if long_form:
                yield inside, long_form
            continue
        words = before.split()
        short = words[-1].strip("\"'") if words else ""
        if _is_short(short) and not bracket[1].isupper():
            long_form = _long_form(short, bracket[1])
            if long_form and len(long_form) > 0.8 * len(bracket[1].strip()):
                yield short, long_form


def _is_short(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    return bool(_SHORT.fullmatch(word)) and len(letters) > 1 and capitals > 1 and 2 * capitals >= len(letters)


def _long_form(short: str, before: str) -> str:
    """The end of `before` that `short` abbreviates, "" if none does.

    Words whose first letters are those of `short`; else the method of Schwartz and Hearst (2003),
    https://psb.stanford.edu/psb-online/proceedings/psb03/schwartz.pdf: the shortest end that holds its letters in
    order and begins with the first. That alone reads "chronic cluster headache (CCH)" as cluster headache.
    """
    before = _SENTENCE_END.split(before)[-1].rstrip(" -\"'")
    wanted = [c for c in short.casefold() if c.isalnum()]
    words = [(m.start(), m[0].casefold()) for m in _WORD.finditer(before)]
    for skipped in (frozenset[str](), _SMALL_WORDS):
        initials = [(start, word[0]) for start, word in words if word not in skipped][-len(wanted) :]
        if [letter for _, letter in initials] == wanted and len(wanted) > 1:
            return before[initials[0][0] :]
    return _holding(short, wanted, before)


def _holding(short: str, wanted: list[str], before: str) -> str:
    low = before.casefold()
    at = len(low)
    for i in range(len(wanted) - 1, -1, -1):
        at -= 1
        while at >= 0 and (low[at] != wanted[i] or (i == 0 and at > 0 and low[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return ""
    # From the beginning of the word that the first letter stands in.
    start = max(low.rfind(" ", 0, at), low.rfind("(", 0, at), low.rfind("/", 0, at)) + 1
    long_form = before[start:].strip(" -\"'")
    words = tokens(long_form)
    if not 2 <= len(words) <= min(len(wanted) + 5, 2 * len(wanted)) or short.casefold() in words:
        return ""
    starts = sum(word[0] in wanted for word in words)
    return long_form if 2 * starts >= len(words) and "(" not in long_form else ""


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
