"""What condition names mean: the names MeSH terms go by, as the trials teach them that state both.

A name on which ClinicalTrials.gov's trials do not agree teaches nothing.

All is decided from counts, and each trial adds to them by itself: a changed trial is taken out and put back without
reading the others, and any order of import learns the same.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scraper.search.words import key, term_names

MIN_TRIALS = 2
"""Trials in which a name must be seen to be learned, unless it stood alone in one."""
MIN_AGREEMENT = 0.7
"""Share of a name's trials that must have a term for the name to mean it."""
MIN_STRANGERS = 3
"""Trials it takes for a name to mean a term that shares no word with it ("heart attack"), in two of them alone."""
MIN_TOGETHER = 0.8
"""Share of a term's trials that must have another term for the two to belong together."""
MIN_SHORT_FOLLOWED = 0.5
"""Share of the trials with an abbreviation as a condition that must have what its long form means."""

_MAX_CONDITIONS = 5
"""A trial of more conditions than these does not tell which of them has which term."""
_MAX_MEANINGS = 4
_MAX_FOR_ANCESTORS = 3
"""A trial of more terms than these tells little about which heading is above which term."""

# Terms that older records carry wherever the word stands in a condition: "Fibrosis" for cystic
# fibrosis, "Syndrome" for any syndrome; hay fever is no fever. They follow from their own names alone.
VAGUE = frozenset(
    {
        "Acute Disease",
        "Atrophy",
        "Behavior",
        "Chronic Disease",
        "Communicable Diseases",
        "Constriction, Pathologic",
        "Critical Illness",
        "Death",
        "Dilatation, Pathologic",
        "Disease",
        "Emergencies",
        "Fever",
        "Fibrosis",
        "Hernia",
        "Hyperplasia",
        "Hypertrophy",
        "Infection",
        "Infections",
        "Neoplasm Metastasis",
        "Pain",
        "Prolapse",
        "Recurrence",
        "Rupture",
        "Sclerosis",
        "Syndrome",
        "Ulcer",
        "Wounds and Injuries",
    }
)
# Words that two names may share without speaking of the same thing.
_EMPTY = frozenset(
    [
        "abnormality",
        "acute",
        "and",
        "cancer",
        "chronic",
        "condition",
        "disease",
        "disorder",
        "disturbance",
        "dysfunction",
        "in",
        "infection",
        "injury",
        "neoplasm",
        "of",
        "pain",
        "problem",
        "syndrome",
        "the",
        "tumor",
        "type",
        "with",
    ]
)

Key = tuple[str, str, str]
"""(what is counted, of what, with what)."""


@dataclass(frozen=True)
class Names:
    """What condition names mean: folded name -> term -> trials; and term -> the terms that always come with it."""

    terms: Mapping[str, Mapping[str, int]]
    above: Mapping[str, tuple[str, ...]]


# ── what one trial adds to the counts ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Assigned:
    """The condition names and keywords of a trial and the registry's own MeSH terms and ancestors for it."""

    conditions: Sequence[str]
    keywords: Sequence[str]
    terms: Sequence[str]
    ancestors: Sequence[str] = ()


def count(trials: Iterable[Assigned]) -> Counter[Key]:
    """The counts over these trials."""
    found: Counter[Key] = Counter()
    for trial in trials:
        found.update(counted(trial))
    return found


def counted(trial: Assigned) -> Iterator[Key]:
    """What one trial adds to the counts: each key once."""
    terms = set(trial.terms)
    every = terms | set(trial.ancestors)
    for term in terms:
        yield "term", term, ""
    for term in every - terms:
        yield "heading", term, ""
    if trial.ancestors and len(terms) <= _MAX_FOR_ANCESTORS:
        for term in terms:
            yield ("exact" if len(terms) == 1 else "placed"), term, ""
            for other in every - {term}:
                yield "above", term, other
    if 1 < len(terms) <= 2 * _MAX_CONDITIONS:
        for one in terms:
            for other in terms - {one}:
                yield "both", one, other
    if terms:
        yield from _names_of(trial, terms)


def _names_of(trial: Assigned, terms: set[str]) -> Iterator[Key]:
    """The names of a trial with the terms that no other name of it explains."""
    conditions = {key(name) for name in trial.conditions} - {""}
    if len(conditions) > _MAX_CONDITIONS:
        return
    said = conditions | {key(name) for name in trial.keywords}
    own = {term: term_names(term) for term in terms}
    unexplained = [term for term, known in own.items() if said.isdisjoint(known)]
    for name in conditions.difference(*own.values()):
        yield "name", name, ""
        for term in unexplained:
            yield "means", name, term
            if len(conditions) == 1:
                yield "alone", name, term


# ── what the counts teach ───────────────────────────────────────────────────────────────────────────────


def names(counts: Mapping[Key, int], pairs: Iterable[tuple[str, str, int]] = ()) -> Names:
    """What condition names mean, by the counts over trials that have MeSH terms and by abbreviations."""
    above = ancestors_of(counts)
    own: dict[str, dict[str, int]] = defaultdict(dict)
    headings = {of for (what, of, _) in counts if what in ("term", "heading")}
    for term in sorted(headings):
        for name in term_names(term):
            own[name][term] = max(1, counts.get(("term", term, ""), 0))
    terms: dict[str, Mapping[str, int]] = {**_learned(counts, own), **own}
    for short, meant in _abbreviated(counts, pairs, terms):
        terms[short] = meant
    return Names(terms, _together(counts, above))


def _learned(counts: Mapping[Key, int], own: Mapping[str, object]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (what, name, term), trials in sorted(counts.items()):
        if what != "means" or name in own or term in VAGUE:
            continue
        if trials < MIN_AGREEMENT * counts[("name", name, "")]:
            continue
        alone = counts.get(("alone", name, term), 0)
        if _is_related(name, term):
            enough = trials >= MIN_TRIALS or alone > 0
        else:
            enough = trials >= MIN_STRANGERS and alone >= MIN_TRIALS
        if enough:
            found[name][term] = trials
    return {name: terms for name, terms in found.items() if len(terms) <= _MAX_MEANINGS}


def _is_related(name: str, term: str) -> bool:
    """Do they share the beginning of a word that says something? "prostate cancer", Prostatic Neoplasms."""
    words = {word[:5] for word in name.split() if word not in _EMPTY and len(word) > 2}
    return any(
        word[:5] in words
        for known in term_names(term)
        for word in known.split()
        if word not in _EMPTY and len(word) > 2
    )


def _abbreviated(
    counts: Mapping[Key, int], pairs: Iterable[tuple[str, str, int]], terms: Mapping[str, Mapping[str, int]]
) -> list[tuple[str, Mapping[str, int]]]:
    """Abbreviations of one meaning, unless the registry gave trials with the abbreviation something else."""
    totals: Counter[str] = Counter()
    best: dict[str, tuple[int, str]] = {}
    for short, long_form, trials in pairs:
        totals[key(short)] += trials
        best[key(short)] = max(best.get(key(short), (0, "")), (trials, long_form))
    found = []
    for short, (trials, long_form) in sorted(best.items()):
        meant = terms.get(key(long_form))
        if short in terms or not meant or trials < MIN_AGREEMENT * totals[short]:
            continue
        seen = counts.get(("name", short, ""), 0)
        if seen < MIN_TRIALS or all(
            counts.get(("means", short, term), 0) >= MIN_SHORT_FOLLOWED * seen for term in meant
        ):
            found.append((short, meant))
    return found


def ancestors_of(counts: Mapping[Key, int]) -> dict[str, tuple[str, ...]]:
    """Term -> ancestors, from trials that state ancestors: those common to all trials that have the term."""
    exact = {of: trials for (what, of, _), trials in counts.items() if what == "exact"}
    seen = Counter(exact)
    seen.update({of: trials for (what, of, _), trials in counts.items() if what == "placed"})
    found: dict[str, list[str]] = {
        term: [] for term, trials in sorted(seen.items()) if term in exact or trials >= 3
    }
    for (what, term, other), trials in sorted(counts.items()):
        if what == "above" and term in found and trials == seen[term]:
            found[term].append(other)
    return {term: tuple(others) for term, others in found.items()}


def _together(
    counts: Mapping[Key, int], ancestors: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Term -> its ancestors and the terms that the registry gives along with it nearly always."""
    found = {term: set(above) for term, above in ancestors.items()}
    for (what, one, other), trials in counts.items():
        if what == "both":
            seen = counts[("term", one, "")]
            if seen >= 3 and trials >= MIN_TOGETHER * seen:
                found.setdefault(one, set()).add(other)
    return {term: tuple(sorted(above)) for term, above in sorted(found.items())}
