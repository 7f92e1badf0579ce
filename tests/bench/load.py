"""JSON to rows: our path against its floors and against naive loaders, side by side in one run.

    python -m tests.bench.load [COUNT]

Trials go through in the chunks of a build and are forgotten after each, as there; every step is the best of several
runs, so vocabularies and dates have been met before, as after the first thousand of half a million.
"""

import json
import marshal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
from sqlite_utils import Database
from sqlite_utils.utils import chunks

from scraper import criteria
from scraper.archive.pages import StoredPage
from scraper.compare.rules_all import contradictions
from scraper.model import Dossier, Page, Version
from scraper.pipeline import derive, read
from scraper.sources import ctgov, ctgov_shape
from scraper.sources.ctgov_contacts import may_hold_contacts
from scraper.store import writer
from scraper.store.rows import Row, columns, digest, gather, rows_of
from scraper.workers import CHUNK, collect_seldom
from tests.bench.generate import studies
from tests.bench.table import best_cpu, show

NAIVE = 50
"""Trials that the naive loaders load: they are slow, and a trial costs them the same from the first on."""
RUNS = 5

Rows = Mapping[str, Sequence[Row]]
T = TypeVar("T")


def measure(count: int) -> None:
    """Print CPU microseconds a trial of each step, and the ratios that PERFORMANCE goals name."""
    pages = [
        Page(
            source="ctgov",
            url=f"https://clinicaltrials.gov/api/v2/studies/{nct_id}",
            body=body,
            fetched_at="2026",
        )
        for nct_id, body in studies(count)
    ]
    collect_seldom()
    with _without_criteria():
        parts = [gather(map(_rows, chunk)) for chunk in chunks(pages, CHUNK)]
        dossiers, versions = [_dossier(page) for page in pages], [_version(page) for page in pages]
        packed = [marshal.dumps(part) for part in parts]
        decoder = msgspec.json.Decoder(ctgov_shape.Study)
        times = {
            "typed decode": _each(lambda page: decoder.decode(page.body), pages),
            "decode and record": _each(ctgov.SOURCE.parse, pages),
            "decode, record, trial": _each(read, pages),
            "decode, record, trial, dossier": _each(_dossier, pages),
            "… and rows": _each(_rows, pages),
            "rows into tables (ours)": _load(lambda: parts),
            "rows into tables (insert … select)": _floor(parts),
            "whole path before indexes (ours)": _load(
                lambda: (gather(map(_rows, chunk)) for chunk in chunks(pages, CHUNK))
            ),
        }
        guarantees = {
            "no contact inside a text: a search for one": _each(
                lambda page: may_hold_contacts(page.body), pages
            ),
            "contradictions within the record": _each(lambda v: list(contradictions(v, ())), versions),
            "unchanged trials are not written: digest": _each(digest, dossiers),
        }
        sent = {
            "rows packed by a worker": _each(marshal.dumps, parts),
            "rows unpacked by the writer": _each(marshal.loads, packed),
        }
    texts = [_eligibility(page) for page in pages[:500]]
    criteria_read = _each(criteria.read, texts) / len(texts)
    naive = {
        "naive: json + sqlite-utils insert per record": best_cpu(
            lambda: _per_record(pages[:NAIVE], False), 1
        ),
        "naive: json + sqlite-utils upsert per record": best_cpu(lambda: _per_record(pages[:NAIVE], True), 1),
    }
    each = {name: seconds / count * 1e6 for name, seconds in times.items()}
    each |= {name: seconds / NAIVE * 1e6 for name, seconds in naive.items()}
    header = ("step", "CPU µs a trial")
    show(f"{count:,} trials, criteria left out", header, list(each.items()))
    apart = {name: seconds / count * 1e6 for name, seconds in (guarantees | sent).items()}
    apart |= {"criteria, parsed": criteria_read * 1e6}
    show("contained in the above, and what a build adds to it", header, list(apart.items()))
    ours = each["whole path before indexes (ours)"]
    floor = each["typed decode"] + each["rows into tables (insert … select)"]
    bare = each["decode and record"] + each["rows into tables (ours)"]
    show(
        "ratios",
        ("what", "asked", "measured"),
        [
            ("floor (decode + insert … select) / ours", "at least 0.35", floor / ours),
            ("the same, of our decode, record and insert alone", "", floor / bare),
            ("naive upsert per record / ours", "at least 100", each[list(naive)[1]] / ours),
        ],
    )


@contextmanager
def _without_criteria() -> Iterator[None]:
    real_read = criteria.read
    criteria.read = lambda text, style="": ()
    try:
        yield
    finally:
        criteria.read = real_read


def _each(work: Callable[[T], object], items: Sequence[T]) -> float:
    def run() -> None:
        for item in items:
            work(item)

    return best_cpu(run, RUNS)


def _version(page: Page) -> Version:
    version = read(page)
    assert isinstance(version, Version)
    return version


def _dossier(page: Page) -> Dossier:
    dossier = derive(page.url[-11:], [StoredPage(1, page, "", None, page.fetched_at, None)])
    assert dossier is not None
    return dossier


def _rows(page: Page) -> Rows:
    return rows_of(_dossier(page), page.fetched_at)


def _eligibility(page: Page) -> str:
    text: str = json.loads(page.body)["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]
    return text


def _load(parts: Callable[[], Iterator[Rows] | Sequence[Rows]]) -> float:
    """CPU seconds from the parts' first row to the last one in a new database, which was made before."""
    taken = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            db = writer.new_database(Path(folder) / "trials.db")
            began = time.process_time()
            for part in parts():
                writer.load(db, part)
            taken.append(time.process_time() - began)
            db.close()
    return min(taken)


def _floor(parts: Sequence[Rows]) -> float:
    """CPU seconds that SQLite needs to copy the same rows from one database to another, by itself."""
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        db = writer.new_database(Path(folder) / "from.db")
        for part in parts:
            writer.load(db, part)
        names = [name for name in columns() if db.table(name).count]
        db.close()
        for _ in range(RUNS):
            target = writer.new_database(Path(folder) / "to.db")
            target.conn.execute("attach ? as source", [str(Path(folder) / "from.db")])
            began = time.process_time()
            target.conn.execute("begin")
            for name in names:
                target.conn.execute(f"insert into {name} select * from source.{name}")
            target.conn.execute("commit")
            taken.append(time.process_time() - began)
            target.close()
    return min(taken)


def _per_record(pages: Sequence[Page], upsert: bool) -> None:
    """What many loaders do: json.loads, and every list of every record into its table at once."""
    with tempfile.TemporaryDirectory() as folder:
        _insert_each(Database(Path(folder) / "naive.db"), pages, upsert)


def _insert_each(db: Database, pages: Sequence[Page], upsert: bool) -> None:
    for page in pages:
        study = json.loads(page.body)["protocolSection"]
        trial_id = study["identificationModule"]["nctId"]
        flat = {"trial_id": trial_id, "title": study["identificationModule"]["briefTitle"]}
        flat |= {k: v for k, v in study["statusModule"].items() if isinstance(v, str)}
        flat |= {k: v for k, v in study["eligibilityModule"].items() if isinstance(v, str)}
        flat |= study["descriptionModule"]
        lists = {
            "sites": study["contactsLocationsModule"]["locations"],
            "outcomes": study["outcomesModule"]["secondaryOutcomes"],
            "interventions": study["armsInterventionsModule"]["interventions"],
            "arms": study["armsInterventionsModule"]["armGroups"],
            "conditions": [{"name": name} for name in study["conditionsModule"]["conditions"]],
        }
        for table, entries in {"trials": [flat], **lists}.items():
            keyed = [{"trial_id": trial_id, "position": n, **entry} for n, entry in enumerate(entries)]
            if upsert:
                for row in keyed:
                    db.table(table).upsert(row, pk=("trial_id", "position"), alter=True)
            else:
                db.table(table).insert_all(keyed, pk=("trial_id", "position"), alter=True)
    db.close()


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
