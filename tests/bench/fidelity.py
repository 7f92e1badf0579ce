"""Does search find what the registry itself says a trial is about?

For the most frequent MeSH condition terms of the records in ../shared: recall and precision of `condition: TERM`
against the registry's own assignment, once as records stand, and once for trials whose MeSH terms the index does
not have, as is so for every registry but ClinicalTrials.gov. Those are taken a fifth at a time; what the names of
their conditions mean is learned from the other four.

    python -m tests.bench.fidelity [FOLDER]
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
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

    def row(self) -> str:
        found, due = max(1, self.found), max(1, self.due)
        return (
            f"{self.right / due:7.3f} {self.right / found:9.3f} {mean(self.recalls):13.3f} {mean(self.precisions):15.3f}"
            f" {(self.right + self.stated) / found:15.3f} {self.due:8d} {self.found:8d}"
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
    learn_into(db)
    for each in INDEXES:
        fulltext.create(db, each)
    return db


def learn_into(db: Database) -> None:
    learned.save(db, learn_rows(db.conn), ())


def ids(db: Database, words: str) -> set[str]:
    how = plan(db.conn, Question(words))
    return {row[0] for row in db.conn.execute(f"select f.trial_id {how.hits_sql}", how.parameters)}


def score(
    terms: Iterable[str],
    ask: Callable[[str], set[str]],
    due: Truth,
    stated: dict[str, set[str]],
    among: set[str],
    verbose: bool = False,
) -> Score:
    found_all = right_all = due_all = stated_all = 0
    recalls, precisions, lines = [], [], []
    for term in terms:
        wanted = due.given.get(term, set()) & among
        found = (ask(term) & among) - due.open_to.get(term, set())
        right = found & wanted
        found_all, right_all, due_all = found_all + len(found), right_all + len(right), due_all + len(wanted)
        stated_all += len((found - wanted) & stated.get(term, set()))
        if len(wanted) >= MIN_DUE:
            recalls.append(len(right) / len(wanted))
        if len(wanted) >= MIN_DUE and found:
            precisions.append(len(right) / len(found))
        lines.append(
            (len(wanted) - len(right) + len(found) - len(right), term, len(wanted), len(found), len(right))
        )
    if verbose:
        for wrong, term, wanted_n, found_n, right_n in sorted(lines, reverse=True)[:40]:
            print(f"    {wrong:5d} {term:50s} due {wanted_n:5d} found {found_n:5d} right {right_n:5d}")
    return Score(found_all, right_all, stated_all, due_all, tuple(recalls), tuple(precisions))


def main(shared: Path, verbose: bool = False) -> None:
    records = studies(shared)
    assigned = [learn.Assigned(s.conditions, s.keywords, s.terms, s.ancestors) for s in records]
    ancestors = learn.ancestors_of(assigned)
    due, stated = truth(records, ancestors), literally(records, ancestors)
    terms = frequent(records)
    with_terms = {study.trial_id for study in records if study.terms}
    newer = {study.trial_id for study in records if study.terms and study.has_ancestors}
    print(f"{len(records)} trials, {len(with_terms)} with MeSH condition terms, {len(terms)} terms")
    print(HEADINGS)
    whole = index(records)
    for label, pattern in (("condition: TERM", "condition: {}"), ("TERM, all columns", "{}")):
        for name, among in (("all", with_terms), ("with ancestors", newer)):
            result = score(
                terms,
                lambda t, p=pattern: ids(whole, p.format(t)),
                due,
                stated,
                among,
                verbose and name == "all" and label[0] == "c",
            )  # type: ignore[misc]
            print(f"{label + ', ' + name:42s} {result.row()}")
    whole.close()
    parts = []
    for fold in range(FOLDS):
        hidden = frozenset(sorted(with_terms)[fold::FOLDS])
        db = index(records, hidden)
        parts.append((hidden, {term: ids(db, f"condition: {term}") for term in terms}))
        db.close()

    def hidden_found(term: str) -> set[str]:
        return {trial for hidden, found in parts for trial in found[term] & hidden}

    for name, among in (("all", with_terms), ("with ancestors", newer)):
        result = score(terms, hidden_found, due, stated, among, verbose and name == "all")
        print(f"{'MeSH hidden, condition: TERM, ' + name:42s} {result.row()}")


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "-v"]
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[3] / "shared"
    main(folder, verbose="-v" in sys.argv)
