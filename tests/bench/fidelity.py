"""Does search find what the registry itself says a trial is about?

For the most frequent MeSH condition terms of the records in ../shared: recall and precision of `condition: TERM`
against the registry's own assignment, once as records stand, and once for trials whose MeSH terms the index does
not have, as is so for every registry but ClinicalTrials.gov. Those are taken a fifth at a time; what the names of
their conditions mean is learned from the other four.

    python -m tests.bench.fidelity [FOLDER]
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from sqlite_utils.db import Database

from scraper.search import learn
from scraper.search.index import INDEXES
from scraper.search.learned import learn as learn_rows
from scraper.search.plan import plan
from scraper.search.question import Question
from scraper.search.words import key, term_names
from scraper.store import fulltext, learned
from tests.bench.corpus import Study, load, studies

TERMS = 300
FOLDS = 5
MIN_DUE = 5
"""Trials that must have a term for it to count in the means."""


@dataclass(frozen=True)
class Score:
    """Counts over all terms, and recall and precision of each term that has any.

    `stated` are found trials that the registry did not give the term to though one of their conditions is the
    term's own name, or that of a term below it.
    """

    found: int
    right: int
    stated: int
    due: int
    recalls: tuple[float, ...]
    precisions: tuple[float, ...]

    @property
    def recall(self) -> float:
        return self.right / max(1, self.due)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.found)

    @property
    def precision_or_stated(self) -> float:
        return (self.right + self.stated) / max(1, self.found)

    def row(self) -> str:
        return (
            f"{self.recall:7.3f} {self.precision:9.3f} {mean(self.recalls):13.3f} {mean(self.precisions):15.3f}"
            f" {self.precision_or_stated:15.3f} {self.due:8d} {self.found:8d}"
        )


HEADINGS = f"{'':42s}  recall precision recall (mean) precision (mean) or stated {'due':>12s} {'found':>8s}"


@dataclass(frozen=True)
class Truth:
    """Term -> trials that the registry gave it to; `open_to` are trials of which that cannot be said.

    Older records state their terms without ancestors; those are the ones the same terms have in newer records. A
    record with a term that no newer one has may or may not lie below any broader term.
    """

    given: dict[str, set[str]]
    open_to: dict[str, set[str]]


def truth(records: Iterable[Study], ancestors: dict[str, tuple[str, ...]]) -> Truth:
    broader = {above for found in ancestors.values() for above in found}
    given: dict[str, set[str]] = {}
    unclear: set[str] = set()
    for study in records:
        terms = set(study.terms) | set(study.ancestors)
        if not study.has_ancestors:
            terms |= {above for term in study.terms for above in ancestors.get(term, ())}
            if any(term not in ancestors for term in study.terms):
                unclear.add(study.trial_id)
        for term in terms:
            given.setdefault(term, set()).add(study.trial_id)
    return Truth(given, {term: unclear - given.get(term, set()) for term in broader})


def literally(records: Iterable[Study], ancestors: dict[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """Term -> trials with a condition that is the term's own name, or that of a term below it."""
    terms = {term for study in records for term in study.terms}
    by_name: dict[str, set[str]] = {}
    for term in terms:
        for name in term_names(term):
            by_name.setdefault(name, set()).update((term, *ancestors.get(term, ())))
    found: dict[str, set[str]] = {}
    for study in records:
        for condition in study.conditions:
            for term in by_name.get(key(condition), ()):
                found.setdefault(term, set()).add(study.trial_id)
    return found


def frequent(records: Iterable[Study], limit: int = TERMS) -> list[str]:
    """The terms assigned directly to the most trials."""
    counts = Counter(term for study in records for term in set(study.terms))
    return [term for term, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:limit]]


def index(records: list[Study], hidden: frozenset[str] = frozenset()) -> Database:
    """A searchable database of the records, its names learned from those that are not hidden."""
    db = load(records, hidden)
    learned.save(db, learn_rows(db.conn), ())
    for each in INDEXES:
        fulltext.create(db, each)
    return db


def ids(db: Database, words: str) -> set[str]:
    how = plan(db.conn, Question(words))
    return {row[0] for row in db.conn.execute(f"select f.trial_id {how.hits_sql}", how.parameters)}


def score(
    found: Mapping[str, set[str]], due: Truth, stated: Mapping[str, set[str]], among: set[str]
) -> Score:
    """How well the trials found for each term agree with the registry, over the trials `among`."""
    found_all = right_all = due_all = stated_all = 0
    recalls, precisions = [], []
    for term, trials in found.items():
        wanted = due.given.get(term, set()) & among
        seen = (trials & among) - due.open_to.get(term, set())
        right = seen & wanted
        found_all, right_all, due_all = found_all + len(seen), right_all + len(right), due_all + len(wanted)
        stated_all += len((seen - wanted) & stated.get(term, set()))
        if len(wanted) >= MIN_DUE:
            recalls.append(len(right) / len(wanted))
            if seen:
                precisions.append(len(right) / len(seen))
    return Score(found_all, right_all, stated_all, due_all, tuple(recalls), tuple(precisions))


def measure(records: list[Study]) -> Iterator[tuple[str, Score]]:
    """(what was asked, the score), for all records and for those that state the ancestors of their terms."""
    assigned = [learn.Assigned(s.conditions, s.keywords, s.terms, s.ancestors) for s in records]
    ancestors = learn.ancestors_of(learn.count(assigned))
    due, stated = truth(records, ancestors), literally(records, ancestors)
    terms = frequent(records)
    every = {study.trial_id for study in records if study.terms}
    newer = {study.trial_id for study in records if study.terms and study.has_ancestors}
    whole = index(records)
    answers = {
        "condition: TERM": {term: ids(whole, f"condition: {term}") for term in terms},
        "TERM, in all columns": {term: ids(whole, term) for term in terms},
    }
    whole.close()
    hidden_found: dict[str, set[str]] = {term: set() for term in terms}
    for fold in range(FOLDS):
        hidden = frozenset(sorted(every)[fold::FOLDS])
        db = index(records, hidden)
        for term in terms:
            hidden_found[term] |= ids(db, f"condition: {term}") & hidden
        db.close()
    answers["MeSH hidden, condition: TERM"] = hidden_found
    for label, found in answers.items():
        yield f"{label}, all", score(found, due, stated, every)
        yield f"{label}, newer", score(found, due, stated, newer)


def main(shared: Path) -> None:
    records = studies(shared)
    newer = sum(study.has_ancestors for study in records)
    print(
        f"{len(records)} trials, {newer} of them newer records that state the ancestors of their MeSH terms"
    )
    print(HEADINGS)
    for label, result in measure(records):
        print(f"{label:42s} {result.row()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[3] / "shared")
