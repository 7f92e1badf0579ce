"""Do condition names get the MeSH terms that the registry gives them?

Names are learned from one half of the ClinicalTrials.gov records of ../shared and asked of the other half, then the
other way round, condition by condition; the registry's own assignment to the trial is the measure. It states no
condition's terms apart, so a term counts as right when the trial has it.

    python -m tests.bench.mapping [FOLDER] [--wrong N]
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scraper.search.abbreviations import abbreviations
from scraper.search.learn import Assigned, ancestors_of, count, names
from scraper.search.tagger import Tagger
from scraper.search.words import key, term_names, turned
from tests.bench.corpus import Study, studies


@dataclass
class Score:
    """Counts over (condition, term) pairs, over conditions, and over the terms of the trials.

    `right` pairs are the registry's own; `broader` ones are headings above what it gave; in `stated` ones the
    condition is the term's own name though the registry passed it over; the rest are `wrong`.
    """

    right: int = 0
    broader: int = 0
    stated: int = 0
    conditions: int = 0
    mapped: int = 0
    due: int = 0
    found: int = 0
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def pairs(self) -> int:
        return self.right + self.broader + self.stated + self.wrong.total()

    @property
    def precision(self) -> float:
        """Share of pairs that the registry does not speak against."""
        return 1 - self.wrong.total() / max(1, self.pairs)

    @property
    def strict(self) -> float:
        """Share of pairs that are the registry's own, term for term."""
        return self.right / max(1, self.pairs)

    @property
    def recall(self) -> float:
        return self.found / max(1, self.due)

    @property
    def share_mapped(self) -> float:
        return self.mapped / max(1, self.conditions)

    def row(self) -> str:
        return (
            f"{self.precision:9.3f} {self.strict:7.3f} {self.share_mapped:7.3f} {self.recall:7.3f}"
            f" {self.pairs:7,d} {self.conditions:11,d} {self.due:7,d}"
        )


HEADINGS = f"{'trials of the half that was held out':44s} precision  strict  mapped  recall   pairs  conditions     due"


def assigned(study: Study) -> Assigned:
    return Assigned(study.conditions, study.keywords, study.terms, study.ancestors)


def _texts(study: Study) -> list[str]:
    texts = (study.brief_title, study.official_title, study.summary, *study.conditions, *study.keywords)
    return [text for text in texts if text]


def measure(records: list[Study]) -> dict[str, Score]:
    """Scores over all held-out trials, over those with one condition, and over those of the registry's newer form."""
    scores = {"all": Score(), "with one condition": Score(), "newer records": Score()}
    above = ancestors_of(count(map(assigned, records)))
    own: dict[str, set[str]] = defaultdict(set)
    for term in {term for study in records for term in study.terms}:
        for name in term_names(term):
            own[name].add(term)
    for half in (0, 1):
        learned, held = records[half::2], records[1 - half :: 2]
        pairs = abbreviations(map(_texts, learned))
        tagger = Tagger(names(count(map(assigned, learned)), pairs))
        for study in held:
            if not study.terms:
                continue
            for score in _of(study, scores):
                _ask(score, tagger, study, above, own)
    return scores


def _of(study: Study, scores: dict[str, Score]) -> Iterator[Score]:
    yield scores["all"]
    if len(study.conditions) == 1:
        yield scores["with one condition"]
    if study.has_ancestors:
        yield scores["newer records"]


def _ask(
    score: Score, tagger: Tagger, study: Study, above: dict[str, tuple[str, ...]], own: dict[str, set[str]]
) -> None:
    due = set(study.terms)
    broader = set(study.ancestors) | {other for term in due for other in above.get(term, ())}
    got: set[str] = set()
    for condition in study.conditions:
        terms = tagger.found(condition)
        score.conditions += 1
        score.mapped += bool(terms)
        got.update(terms)
        for term in terms:
            if term in due:
                score.right += 1
            elif term in broader:
                score.broader += 1
            elif term in _stated(condition, own):
                score.stated += 1
            else:
                score.wrong[condition, term] += 1
    score.due += len(due)
    score.found += len(due & got)


def _stated(condition: str, own: dict[str, set[str]]) -> Iterable[str]:
    return own.get(key(condition), set()) | own.get(key(turned(condition)), set())


def main(shared: Path, wrong: int = 0) -> None:
    records = studies(shared)
    scores = measure(records)
    print(HEADINGS)
    for label, score in scores.items():
        print(f"{label:44s} {score.row()}")
    for (condition, term), times in scores["all"].wrong.most_common(wrong):
        print(f"{times:4d}  {condition!r} -> {term!r}, which the registry did not give")


if __name__ == "__main__":
    given = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    shown = 0
    if "--wrong" in sys.argv:
        shown = int(given.pop())
    main(Path(given[0]) if given else Path(__file__).resolve().parents[3] / "shared", shown)
