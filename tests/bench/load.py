"""JSON to rows: our path against its floors and against naive loaders, side by side in one run.

python -m tests.bench.load [COUNT]
"""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from sqlite_utils import Database

from scraper import criteria
from scraper.archive.pages import StoredPage
from scraper.model import Page
from scraper.pipeline import derive, read
from scraper.sources import ctgov, ctgov_shape
from scraper.store import writer
from scraper.store.rows import Row, rows_of
from tests.bench.generate import studies
from tests.bench.table import best_cpu, show

NAIVE = 50
"""Trials that the naive loaders load: they are slow, and a trial costs them the same from the first on."""


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
    real_read = criteria.read
    criteria.read = lambda text, style="": ()
    try:
        rows = [_rows(page) for page in pages]
        times = {
            "typed decode": best_cpu(
                lambda: [msgspec.json.decode(p.body, type=ctgov_shape.Study) for p in pages]
            ),
            "decode and record": best_cpu(lambda: [ctgov.SOURCE.parse(p) for p in pages]),
            "decode, record, trial": best_cpu(lambda: [read(p) for p in pages]),
            "… and rows": best_cpu(lambda: [_rows(p) for p in pages]),
            "rows into tables (ours)": best_cpu(lambda: _load(rows)),
            "rows into tables (insert … select)": _floor(rows),
            "whole path before indexes (ours)": best_cpu(lambda: _load([_rows(p) for p in pages])),
        }
    finally:
        criteria.read = real_read
    naive = {
        "naive: json + sqlite-utils insert per record": best_cpu(
            lambda: _per_record(pages[:NAIVE], False), 1
        ),
        "naive: json + sqlite-utils upsert per record": best_cpu(lambda: _per_record(pages[:NAIVE], True), 1),
    }
    each = {name: seconds / count * 1e6 for name, seconds in times.items()}
    each |= {name: seconds / NAIVE * 1e6 for name, seconds in naive.items()}
    show(f"{count:,} trials, criteria left out", ("step", "CPU µs a trial"), list(each.items()))
    ours = each["whole path before indexes (ours)"]
    floor = each["typed decode"] + each["rows into tables (insert … select)"]
    show(
        "ratios",
        ("what", "asked", "measured"),
        [
            ("floor (decode + insert … select) / ours", "at least 0.35", floor / ours),
            ("naive upsert per record / ours", "at least 100", each[list(naive)[1]] / ours),
        ],
    )


def _rows(page: Page) -> Mapping[str, Sequence[Row]]:
    dossier = derive(page.url[-11:], [StoredPage(1, page, "", None, page.fetched_at, None)])
    assert dossier is not None
    return rows_of(dossier, page.fetched_at, None)


def _load(rows: Sequence[Mapping[str, Sequence[Row]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = writer.new_database(Path(folder) / "trials.db")
        for start in range(0, len(rows), 100):
            writer.load(db, rows[start : start + 100])
        db.close()


def _floor(rows: Sequence[Mapping[str, Sequence[Row]]]) -> float:
    """CPU seconds that SQLite needs to copy the same rows from one database to another."""
    with tempfile.TemporaryDirectory() as folder:
        db = writer.new_database(Path(folder) / "from.db")
        writer.load(db, rows)
        names = [name for name in rows[0] if db.table(name).count]
        db.close()
        target = writer.new_database(Path(folder) / "to.db")
        target.conn.execute("attach ? as source", [str(Path(folder) / "from.db")])

        def copy() -> None:
            target.conn.execute("begin")
            for name in names:
                target.conn.execute(f"insert into {name} select * from source.{name}")
            target.conn.execute("commit")

        taken = best_cpu(copy, 1)
        target.close()
    return taken


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
