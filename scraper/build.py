"""Archive -> database, without network: `update` for what is new, `rebuild` for everything."""

import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from scraper import __version__, criteria, pipeline
from scraper.archive.store import Archive, StoredPage
from scraper.model import Problem
from scraper.search.index import INDEXES
from scraper.search.learned import learn
from scraper.settings import Settings
from scraper.sources import SOURCES, by_name
from scraper.store import fulltext, learned, writer
from scraper.store.rows import Row, rows_of

BATCH = 500
"""Trials a transaction; the most that a killed run has to do again."""

_T = TypeVar("_T")

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how many are done, how many there are."""


@dataclass(frozen=True)
class Built:
    """What a build did: trials written, trials in the database, problems by stage."""

    written: int
    trials: int
    problems: Mapping[str, int]


def build(settings: Settings, archive: Archive, progress: Progress, full: bool = False) -> Built:
    """Bring the database up to date with the archive.

    The whole file is made anew when asked for, when there is none, or when most of the archive is new.
    """
    waiting, pages = archive.page_counts()
    if full or not settings.database_path.exists() or waiting > max(BATCH, pages // 2):
        return rebuild(settings, archive, progress)
    return update(settings, archive, progress)


def update(settings: Settings, archive: Archive, progress: Progress) -> Built:
    """Write the trials whose pages are new. An unchanged trial, and an unchanged database, is not touched."""
    db = writer.open_database(settings.database_path)
    try:
        for index in INDEXES:
            fulltext.create(db, index)
        affected, page_ids = _identify_waiting(archive, progress)
        writer.save_variables(db, _variable_rows())
        written = 0
        for batch in _batches(sorted(affected), BATCH):
            rows = [(trial_id, _rows(archive, trial_id)) for trial_id in batch]
            written += len(writer.save(db, rows, INDEXES))
            progress("trials", written, len(affected))
        if written:
            learned.save(db, learn(db.conn), INDEXES)
        if writer.save_failures(db, archive.failures()) or written:
            _finish(db, archive)
        archive.done(page_ids)
        return _summary(db, written)
    finally:
        db.close()


def rebuild(settings: Settings, archive: Archive, progress: Progress) -> Built:
    """Make the whole database beside the old one and swap it in; readers never see half of it."""
    target = settings.database_path
    beside = target.with_name(target.name + ".new")
    _identify_all(archive, progress)
    db = writer.new_database(beside)
    try:
        writer.save_variables(db, _variable_rows())
        total = archive.count_trials()
        done = 0
        for rows in _all_rows(archive, total):
            writer.load(db, rows)
            done += len(rows)
            progress("trials", done, total)
        progress("learning names", done, total)
        learned.save(db, learn(db.conn), ())
        for index in INDEXES:
            progress(f"index {index.name}", done, total)
            fulltext.create(db, index)
        writer.save_failures(db, archive.failures())
        _finish(db, archive)
        writer.analyze(db)
        built = _summary(db, done)
    finally:
        db.close()
    _swap(beside, target)
    archive.all_done()
    return built


def _batches(items: Iterable[_T], size: int) -> Iterator[tuple[_T, ...]]:
    iterator = iter(items)
    while batch := tuple(islice(iterator, size)):
        yield batch


def _swap(beside: Path, target: Path) -> None:
    """Put the finished file in place, durably: its bytes are on disk before the name points to them."""
    with beside.open("rb") as stream:
        os.fsync(stream.fileno())
    beside.replace(target)


def _identify_waiting(archive: Archive, progress: Progress) -> tuple[set[str], list[int]]:
    affected: set[str] = set()
    page_ids: list[int] = []
    while True:  # an alias found on the way sets older pages back to waiting
        seen = set(page_ids)
        new = [stored for stored in archive.waiting() if stored.id not in seen]
        if not new:
            return affected, page_ids
        with archive.transaction():
            for stored in new:
                affected |= _identify(archive, stored)
                page_ids.append(stored.id)
                progress("pages", len(page_ids), None)


def _identify_all(archive: Archive, progress: Progress) -> None:
    ids = archive.page_ids()
    for number, batch in enumerate(_batches(ids, BATCH)):
        with archive.transaction():
            for stored in archive.pages(batch):
                _identify(archive, stored)
        progress("pages", min((number + 1) * BATCH, len(ids)), len(ids))
    archive.move_aliases()


def _identify(archive: Archive, stored: StoredPage) -> set[str]:
    """Note what trial a page is about; the ids of the trials whose rows may change by it."""
    result = pipeline.read(stored.page)
    where = stored.page.path or stored.page.url
    version = by_name(stored.page.source).parser_version
    before = {stored.trial_id} if stored.trial_id else set()
    if isinstance(result, Problem):
        archive.fail(result)
        archive.assign(stored.id, None, version)
        return before
    trial_id = archive.resolve(result.trial.trial_id)
    for alias in result.record.alias_ids:
        if alias != trial_id and archive.alias(alias, trial_id):
            before.add(alias)
    archive.settle_page(where)
    archive.assign(stored.id, trial_id, version)
    return before | {trial_id}


def _rows(archive: Archive, trial_id: str) -> Mapping[str, Sequence[Row]]:
    pages = archive.pages_of(trial_id)
    dossier = pipeline.derive(trial_id, pages)
    if dossier is None:
        return {}
    last_seen_at = max(page.last_seen_at for page in pages)
    trial = dossier.trial
    shown = next(
        r.sha256 for r in dossier.records if (r.source, r.source_id) == (trial.source, trial.source_id)
    )
    removed_at = next(page.removed_at for page in pages if page.sha256 == shown)
    return rows_of(dossier, last_seen_at, removed_at)


_worker_archive: Archive | None = None


def _start_worker(path: Path) -> None:
    global _worker_archive
    _worker_archive = Archive(path, read_only=True)


def _work(trial_ids: Sequence[str]) -> list[Mapping[str, Sequence[Row]]]:
    assert _worker_archive is not None
    return [rows for rows in (_rows(_worker_archive, trial_id) for trial_id in trial_ids) if rows]


def _all_rows(archive: Archive, total: int) -> Iterator[list[Mapping[str, Sequence[Row]]]]:
    """The rows of every trial, in the order of their ids; over both cores when that is worth starting them."""
    # As a list: the pool asks for chunks in a thread of its own, where SQLite would not go along.
    chunks = list(_batches(archive.trial_ids(), BATCH // 5))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if total <= 2 * BATCH or cores == 1:
        for chunk in chunks:
            yield [rows for rows in (_rows(archive, trial_id) for trial_id in chunk) if rows]
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(cores, _start_worker, (archive.path,)) as pool:
        yield from pool.imap(_work, chunks)


def _finish(db: Database, archive: Archive) -> None:
    writer.finish(
        db,
        runs=[
            (
                r.id,
                r.command,
                r.source,
                r.arguments,
                r.started_at,
                r.finished_at,
                r.expected,
                r.fetched,
                r.unchanged,
                r.failed,
            )
            for r in archive.runs()
        ],
        last_seen=archive.last_seen(),
        meta=_meta(db, archive),
    )


def _meta(db: Database, archive: Archive) -> dict[str, str]:
    """What a reader of the file alone has to know: its date, its versions, its counts, whose data it is."""
    meta = {
        "snapshot_at": archive.newest() or "",
        "program_version": __version__,
        "parser_versions": json.dumps({s.name: s.parser_version for s in SOURCES}, sort_keys=True),
        "trials": str(db.table("trials").count),
        "criteria": str(db.table("criteria").count),
        "records": str(db.table("records").count),
    }
    for source in SOURCES:
        meta[f"title_{source.name}"] = source.title
        meta[f"licence_{source.name}"] = source.licence
        meta[f"attribution_{source.name}"] = source.attribution
    return meta


def _variable_rows() -> list[Row]:
    return [(v.code, v.label, v.type, v.default_unit or None, v.loinc or None) for v in criteria.VARIABLES]


def _summary(db: Database, written: int) -> Built:
    problems = dict(
        db.conn.execute("select stage, count(*) from problems group by stage order by stage").fetchall()
    )
    return Built(written, db.table("trials").count, problems)
