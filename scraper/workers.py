"""The pure part of a build, over all cores: pages read, dossiers derived, rows made. Workers only read the archive."""

import gc
import marshal
import multiprocessing
import multiprocessing.pool
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from sqlite_utils.utils import chunks

from scraper import pipeline
from scraper.archive.pages import StoredPage
from scraper.archive.store import Archive
from scraper.model import Problem
from scraper.normalise import trial as normalised
from scraper.sources import by_name
from scraper.store.rows import Row, gather, rows_of

CHUNK = 100
"""Pages or trials that a worker takes at a time."""
FEWEST_FOR_WORKERS = 1000
"""Starting processes takes about a second: fewer trials than these are done sooner without."""
OBJECTS_BEFORE_COLLECTION = 200_000
"""Rows are made and forgotten by the thousand and hold no cycles: looking for some among them at Python's 700 new
objects costs a tenth of the work."""

TrialRows = Mapping[str, Sequence[Row]]


class Part(NamedTuple):
    """The rows of some trials together, by table, and how many trials they are."""

    trials: int
    rows: Mapping[str, Sequence[Row]]


class Reading(NamedTuple):
    """What a page turned out to be: about which trial, under which former ids too; or a problem."""

    page_id: int
    where: str
    trial_before: str | None
    parser_version: str
    trial_id: str | None
    alias_ids: tuple[str, ...]
    problem: Problem | None


def reading(stored: StoredPage) -> Reading:
    """What one archived page is about."""
    page = stored.page
    where, version = page.path or page.url, by_name(page.source).parser_version
    found = pipeline.parse(page)
    if isinstance(found, Problem):
        return Reading(stored.id, where, stored.trial_id, version, None, (), found)
    key, _ = normalised.trial_id(found)
    return Reading(stored.id, where, stored.trial_id, version, key, tuple(found.alias_ids), None)


def trial_rows(archive: Archive, trial_id: str) -> TrialRows:
    """The rows of one trial from all its pages; empty when none of them can be read."""
    pages = archive.pages_of(trial_id)
    dossier = pipeline.derive(trial_id, pages, archive.presence)
    return rows_of(dossier, max(page.last_seen_at for page in pages)) if dossier else {}


class Workers:
    """Processes over an archive, as a context manager; the caller's own process alone when there is little to do."""

    def __init__(self, archive: Archive, amount: int) -> None:
        self._archive = archive
        self._pool: multiprocessing.pool.Pool | None = None
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if amount >= FEWEST_FOR_WORKERS and cores > 1:
            collect_seldom()
            context = multiprocessing.get_context("spawn")
            self._pool = context.Pool(cores, _start, (archive.path,))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool:
            self._pool.terminate()
            self._pool.join()

    def readings(self, page_ids: Iterable[int]) -> Iterator[list[Reading]]:
        """What the pages are about, in their order, a chunk at a time."""
        # Lists: the pool asks for them in a thread of its own, where SQLite would not go along.
        parts = [list(part) for part in chunks(page_ids, CHUNK)]
        if self._pool:
            yield from self._pool.imap(_readings, parts)
        else:
            yield from (_readings_of(self._archive, part) for part in parts)

    def rows(self, trial_ids: Iterable[str]) -> Iterator[Part]:
        """The rows of the trials that can be read, in their order, a chunk at a time."""
        parts = [list(part) for part in chunks(trial_ids, CHUNK)]
        if self._pool:
            yield from (Part(*marshal.loads(packed)) for packed in self._pool.imap(_rows, parts))
        else:
            yield from (_rows_of(self._archive, part) for part in parts)


def collect_seldom() -> None:
    """Let Python look for cycles among new objects less often, and never among those that are there already."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)


_worker_archive: Archive | None = None


def _start(path: Path) -> None:
    global _worker_archive
    _worker_archive = Archive(path, read_only=True)
    collect_seldom()


def _readings(page_ids: Sequence[int]) -> list[Reading]:
    assert _worker_archive is not None
    return _readings_of(_worker_archive, page_ids)


def _rows(trial_ids: Sequence[str]) -> bytes:
    assert _worker_archive is not None
    # Rows are tuples of plain values: marshal takes two thirds of the time that pickle needs for them.
    plain: Any = tuple(_rows_of(_worker_archive, trial_ids))
    return marshal.dumps(plain)


def _readings_of(archive: Archive, page_ids: Sequence[int]) -> list[Reading]:
    return [reading(stored) for stored in archive.pages(page_ids)]


def _rows_of(archive: Archive, trial_ids: Sequence[str]) -> Part:
    found = [rows for rows in (trial_rows(archive, trial_id) for trial_id in trial_ids) if rows]
    return Part(len(found), gather(found))
