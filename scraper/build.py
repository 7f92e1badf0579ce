"""Archive -> database, without network: `update` for what is new, `rebuild` for everything."""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.utils import chunks

from scraper import __version__, criteria, linking
from scraper.archive.store import Archive
from scraper.compare import links_content
from scraper.errors import StoreError
from scraper.guard import Guard, waiting
from scraper.normalise import gazetteer
from scraper.normalise.country import country_names
from scraper.progress import Progress
from scraper.search.index import INDEXES
from scraper.search.learned import counted_sample, learn, learn_counted, tally
from scraper.settings import Settings, without_home
from scraper.sources import SOURCES
from scraper.store import fulltext, learned, writer
from scraper.store import links as linked
from scraper.store.held import News, held, held_by_file
from scraper.store.rows import Row
from scraper.workers import Reading, Workers, reading, trial_rows

BATCH = 500
"""Trials a transaction; the most that a killed run has to do again."""


@dataclass(frozen=True)
class Built:
    """What a build did: trials written, trials in the database, problems by stage, and what is new about the trials."""

    written: int
    trials: int
    problems: Mapping[str, int]
    news: News


def build(
    settings: Settings, archive: Archive, progress: Progress, full: bool = False, *, accept: bool = False
) -> Built:
    """Bring the database up to date with the archive.

    Raises RefusedError when what came falls below its floors, unless they are told to `accept` it.

    The whole file is made anew when asked for, when there is none, when most of the archive is new, or when an older
    program made it, unless the archive lacks trials that it has.
    """
    new, pages = archive.page_counts()
    if full or not settings.database_path.exists() or new > max(BATCH, pages // 2):
        return rebuild(settings, archive, progress, accept=accept)
    if writer.is_outdated(settings.database_path, archive.count_trials()):
        return rebuild(settings, archive, progress, accept=accept)
    writer.discard(_beside(settings.database_path))  # of a rebuild that was killed
    return update(settings, archive, progress, accept=accept)


def update(settings: Settings, archive: Archive, progress: Progress, *, accept: bool = False) -> Built:
    """Write the trials whose pages are new. An unchanged trial, and an unchanged database, is not touched.

    All are read and judged before the first is written: one broken parser must not cost the good rows.
    """
    guard = Guard(settings, accept=accept)
    db = writer.open_database(settings.database_path)
    try:
        for index in INDEXES:
            fulltext.create(db, index, progress)
        affected, page_ids = _read_waiting(archive, progress)
        _save_vocabularies(db)
        changed: list[str] = []
        news = News()
        keys, linked_by = linking.keys_of(db, sorted(affected)), writer.read_meta(db, "links_version")
        with waiting(settings.data) as kept:
            read = 0
            progress("trials read", 0, len(affected))
            for batch in chunks(sorted(affected), BATCH):
                rows = [(trial_id, trial_rows(archive, trial_id)) for trial_id in batch]
                kept.add(db, rows)
                read += len(rows)
                progress("trials read", read, len(affected))
            progress("floors", 0, None)
            guard.check_update(db, kept.turned)
            for rows in kept.batches():
                ids = [trial_id for trial_id, _ in rows]
                before = held(db.conn, ids)
                changed += _save(db, rows)
                news.add(before, held(db.conn, ids))
                progress("trials", len(changed), len(affected))
        # A run that was killed after it wrote trials leaves none of this done, and no version of the links.
        is_stale = bool(changed) or linked_by != links_content.VERSION or learned.is_behind(db.conn)
        if is_stale:
            progress("learning names", 0, None)
            learned.save(db, learn_counted(db.conn), INDEXES)
        refusals = archive.refusals()
        is_stale = is_stale or linked.refused(db) != refusals
        if is_stale:
            progress("links", 0, None)
            linking.link_changed(db, changed, keys, refusals, linked_by)
        if writer.save_failures(db, archive.failures()) or is_stale:
            _finish(db, archive, progress)
        archive.done(page_ids)
        if changed:
            progress("floors", 0, None)
            guard.updated(db, kept.turned, len(changed), archive.newest() or "")
        return _summary(db, len(changed), news)
    finally:
        db.close()


def _save(db: Database, rows: Sequence[tuple[str, Mapping[str, Sequence[Row]]]]) -> list[str]:
    """Write the trials that differ and count anew what they teach; the ids of those."""
    sample = counted_sample(db.conn)
    trial_ids = [trial_id for trial_id, _ in rows]
    with db.atomic():
        before = tally(db.conn, sample, trial_ids) if sample else Counter()
        written = writer.save(db, rows, INDEXES)
        if written:
            after = tally(db.conn, sample, trial_ids) if sample else Counter()
            learned.change_counts(db, before, after)
    return written


def rebuild(settings: Settings, archive: Archive, progress: Progress, *, accept: bool = False) -> Built:
    """Make the whole database beside the old one and swap it in; readers never see half of it."""
    guard = Guard(settings, accept=accept)
    target = settings.database_path
    beside = _beside(target)
    db = writer.new_database(beside)
    try:
        with Workers(archive, sum(archive.counts().values())) as workers:
            _read_all(archive, workers, progress)
            _save_vocabularies(db)
            total, done = archive.count_trials(), 0
            if not total and target.exists():
                raise StoreError(
                    f"{archive.path} holds no readable trial; expected at least one before {target} is replaced"
                    " (its problems are told by `trials check`)"
                )
            for part in workers.rows(archive.trial_ids()):
                writer.load(db, part.rows)
                done += part.trials
                progress("trials", done, total)
        progress("learning names", 0, None)
        learned.save(db, learn(db.conn), ())
        progress("links", 0, None)
        linking.link_all(db, archive.refusals())
        for index in INDEXES:
            fulltext.create(db, index, progress)
        writer.save_failures(db, archive.failures())
        _finish(db, archive, progress)
        progress("how the rows are spread", 0, None)
        writer.analyze(db)
        progress("what is new", 0, None)
        news = News()
        news.add(held_by_file(target), held(db.conn))
        built = _summary(db, done, news)
        progress("floors", 0, None)
        guard.check_rebuilt(db, beside, archive.newest() or "")
    except BaseException:
        db.close()
        writer.discard(beside)  # where the disk is full, it is what filled it
        raise
    db.close()
    progress("writing to the disk", 0, None)
    _swap(beside, target)
    guard.swapped()
    archive.all_done()
    return built


def _beside(target: Path) -> Path:
    return target.with_name(target.name + ".new")


def _swap(beside: Path, target: Path) -> None:
    """Put the finished file in place, durably: its bytes are on disk before the name points to them."""
    with beside.open("rb") as stream:
        os.fsync(stream.fileno())
    beside.replace(target)


def _read_waiting(archive: Archive, progress: Progress) -> tuple[set[str], list[int]]:
    """The trials whose rows may change by the pages that wait, and those pages."""
    affected: set[str] = set()
    read: dict[int, None] = {}
    while True:  # an alias found on the way lets older pages wait again
        new = [page_id for page_id in archive.waiting_ids() if page_id not in read]
        if not new:
            return affected, list(read)
        with archive.transaction():
            for stored in archive.pages(new):
                affected |= _note(archive, reading(stored))
                read[stored.id] = None
                progress("pages", len(read), None)


def _read_all(archive: Archive, workers: Workers, progress: Progress) -> None:
    ids = archive.page_ids()
    done = 0
    progress("pages", 0, len(ids))
    found: list[Reading] = []
    for part in workers.readings(ids):
        found += part
        done += len(part)
        progress("pages", done, len(ids))
    with archive.transaction():
        for done, one in enumerate(found, 1):
            _note(archive, one)
            progress("pages noted", done, len(ids))
        progress("former ids", 0, None)
        archive.move_aliases()


def _note(archive: Archive, found: Reading) -> set[str]:
    """Note what trial a page is about; the ids of the trials whose rows may change by it."""
    before = {found.trial_before} if found.trial_before else set()
    if found.trial_id is None:
        if found.problem is not None:
            archive.fail(found.problem)
        archive.assign(found.page_id, None, found.parser_version)
        return before
    trial_id = archive.resolve(found.trial_id)
    for alias in found.alias_ids:
        if alias != trial_id and archive.alias(alias, trial_id):
            before.add(alias)
    archive.settle_page(found.where)
    archive.assign(found.page_id, trial_id, found.parser_version)
    return before | {trial_id}


def _finish(db: Database, archive: Archive, progress: Progress) -> None:
    writer.finish(
        db,
        progress,
        runs=[
            (
                r.id,
                r.command,
                r.source,
                without_home(r.arguments),
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
        "links_version": links_content.VERSION,
        "trials": str(db.table("trials").count),
        "criteria": str(db.table("criteria").count),
        "records": str(db.table("records").count),
    }
    for source in SOURCES:
        meta[f"title_{source.name}"] = source.title
        meta[f"licence_{source.name}"] = source.licence
        meta[f"attribution_{source.name}"] = source.attribution
    for name, oldest, newest in db.conn.execute(
        "select source, min(fetched_at), max(fetched_at) from records group by source"
    ):
        meta[f"oldest_{name}"], meta[f"newest_{name}"] = oldest, newest
    meta["title_gazetteer"] = "Coordinates of cities, where a record states none"
    meta["licence_gazetteer"] = gazetteer.LICENCE
    meta["attribution_gazetteer"] = gazetteer.ATTRIBUTION
    return meta


def _save_vocabularies(db: Database) -> None:
    writer.save_vocabulary(
        db,
        "variables",
        [(v.code, v.label, v.type, v.default_unit or None, v.loinc or None) for v in criteria.VARIABLES],
    )
    writer.save_vocabulary(db, "countries", list(country_names().items()))


def _summary(db: Database, written: int, news: News) -> Built:
    problems = dict(
        db.conn.execute("select stage, count(*) from problems group by stage order by stage").fetchall()
    )
    return Built(written, db.table("trials").count, problems, news)
