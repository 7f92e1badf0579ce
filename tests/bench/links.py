"""Is a link by content right? Ids are hidden, the content rule runs, and the ids say how often it was right.

    python -m tests.bench.links [ARCHIVE]

Labelled pairs: the WHO's copy of a trial against the registry's own record, where both came (the same id, two
records), and trials of two registries that ids make one. A copy counts as a record of another registry. Each is
compared with every other record; the threshold may be chosen on the first half of the ids, and is measured on the
second. "Taken out" is the harder question: the right counterpart is hidden, and nothing may be linked.

Without ARCHIVE, the files of ../shared are imported first.
"""

import hashlib
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from scraper import ingest
from scraper.archive.store import Archive
from scraper.compare import links_content, versions
from scraper.compare.links import id_key
from scraper.compare.links_content import MARGIN, THRESHOLD, keys, likeness
from scraper.compare.mentions import OWN, mentions
from scraper.compare.portrait import Portrait
from scraper.dossier import KINDS
from scraper.model import Trial, Version
from scraper.normalise.identifier import find_all
from scraper.pipeline import read
from tests.bench.table import show

THRESHOLDS = (0.60, 0.70, 0.75, THRESHOLD, 0.85)


class Sides(NamedTuple):
    """Copies and records by trial, and for each copy the record that is its own: by the same id, or by one that is named."""

    copies: Mapping[str, Portrait]
    records: Mapping[str, Portrait]
    right: Mapping[str, str]


class Score(NamedTuple):
    """Links found, right among them, due, and links although the right record is taken out."""

    found: int
    right: int
    due: int
    taken_out: int

    def row(self) -> tuple[float, ...]:
        precision, recall = self.right / max(1, self.found), self.right / max(1, self.due)
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        return (self.due, self.found, precision, recall, f1, self.taken_out)


def portrait(trial: Trial, registry: str) -> Portrait:
    """A trial as the content rule sees it."""
    same = (getattr(trial, name) for name in Portrait._fields[2:])
    return Portrait(trial.trial_id, registry, *same)


def sides(archive: Archive) -> Sides:
    """Both sides of every trial of an archive."""
    copies, records, named = {}, {}, defaultdict(set)
    by_trial: dict[str, list[Version]] = defaultdict(list)
    for stored in archive.pages(archive.page_ids()):
        if isinstance(version := read(stored.page, stored.sha256), Version):
            by_trial[version.trial.trial_id].append(version)
    for trial_id, found in sorted(by_trial.items()):
        for group in versions.by_record(found).values():
            newest = group[-1]
            kind, trial = KINDS[newest.record.source], newest.trial
            if not (trial.brief_title or trial.official_title):
                continue
            if kind == "secondary":
                copies[trial_id] = portrait(trial, "copy")
            elif kind == "registry":
                records[trial_id] = portrait(trial, trial.registry or "")
            for mention in mentions(trial, find_all):
                if mention.relation == OWN:
                    named[trial_id].add(id_key(mention.other_id))
    right = {trial_id: trial_id for trial_id in copies if trial_id in records}
    claimed = defaultdict(set)
    for trial_id, ids in named.items():
        for other in ids & copies.keys() - {trial_id}:
            claimed[other].add(trial_id)
        for other in ids & records.keys() - {trial_id}:
            claimed[trial_id].add(other)
    for trial_id, others in claimed.items():
        if len(others) == 1 and trial_id in copies and trial_id not in right and others <= records.keys():
            right[trial_id] = next(iter(others))
    return Sides(copies, records, right)


def compare(found: Sides) -> dict[str, list[tuple[float, str]]]:
    """Copy -> (score, record) of every record that shares a key with it, the best first."""
    by_key: dict[int, list[str]] = defaultdict(list)
    for trial_id, record in found.records.items():
        for key in keys(record):
            by_key[key].append(trial_id)
    scores = {}
    for trial_id, copy in found.copies.items():
        others = {other for key in keys(copy) for other in by_key[key]}
        near = [(likeness(copy, found.records[other]).score, other) for other in others]
        scores[trial_id] = sorted((each for each in near if each[0] > 0), reverse=True)
    return scores


def measure(
    found: Sides, scores: Mapping[str, list[tuple[float, str]]], ids: Collection[str], threshold: float
) -> Score:
    """How often the rule was right about those copies."""
    right = {trial_id: found.right[trial_id] for trial_id in ids}
    linked = [(i, best) for i in right if (best := _best(scores[i], threshold))]
    others = (
        _best([each for each in scores[i] if each[1] != counterpart], threshold)
        for i, counterpart in right.items()
    )
    return Score(len(linked), sum(best == right[i] for i, best in linked), len(right), sum(map(bool, others)))


def _best(scores: list[tuple[float, str]], threshold: float) -> str:
    """The record that the rule would link, "" where none is good enough or another comes near."""
    if not scores or scores[0][0] < threshold:
        return ""
    return "" if len(scores) > 1 and scores[1][0] > scores[0][0] - MARGIN else scores[0][1]


def halves(ids: Collection[str]) -> tuple[list[str], list[str]]:
    """Two halves by a hash of the id: nothing about a trial says in which it is."""
    first: list[str] = []
    second: list[str] = []
    for trial_id in sorted(ids):
        (first if hashlib.sha256(trial_id.encode()).digest()[0] % 2 else second).append(trial_id)
    return first, second


def rows(found: Sides) -> Iterator[tuple[object, ...]]:
    """(pairs, half, threshold, due, found, precision, recall, F1, links when the right record is taken out)."""
    scores = compare(found)
    copies = [i for i, other in found.right.items() if i == other]
    registries = [i for i, other in found.right.items() if i != other]
    chosen, held_out = halves(copies)
    for threshold in THRESHOLDS:
        yield "copies, chosen on", threshold, *measure(found, scores, chosen, threshold).row()
    yield "copies, held out", THRESHOLD, *measure(found, scores, held_out, THRESHOLD).row()
    yield "two registries, by id", THRESHOLD, *measure(found, scores, registries, THRESHOLD).row()


def main(archive_path: Path) -> None:
    """Print the table."""
    with Archive(archive_path, read_only=True) as archive:
        found = sides(archive)
    print(
        f"{len(found.copies):,} copies, {len(found.records):,} registry records, rules of version {links_content.VERSION}"
    )
    show(
        "links by content against links by id",
        ("pairs", "threshold", "due", "found", "precision", "recall", "F1", "linked when taken out"),
        list(rows(found)),
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        shared = Path(__file__).resolve().parents[3] / "shared"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "archive.db"
            with Archive(path) as made:
                ingest.import_paths(made, [shared / "data"], None, lambda *_: None)
            main(path)
