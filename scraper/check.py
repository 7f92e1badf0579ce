"""Is the build fit to be published? Integrity, agreement of archive and database, fill rates, problems."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from scraper import criteria
from scraper.archive.store import Archive
from scraper.errors import ArchiveError, SettingsError, StoreError
from scraper.progress import Progress, untold
from scraper.settings import Settings
from scraper.sources import SOURCES
from scraper.store import floorfile, floors, measure, rates, reader

FIELDS = (
    "overall_status",
    "minimum_age",
    "maximum_age",
    "sex",
    "phase",
    "lead_sponsor",
    "brief_title",
    "start_date",
)
NUMBERS_READ_OF = 2000
"""The most eligibility texts that a check reads again to count the numbers that became no limit."""


@dataclass
class Report:
    """`failures` are reasons not to publish; the rest is for reading."""

    failures: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    fill_rates: dict[str, dict[str, float]] = field(default_factory=dict)
    trials_by_source: dict[str, int] = field(default_factory=dict)
    problems: dict[str, dict[str, int]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)


def check(settings: Settings, progress: Progress = untold) -> Report:
    """Look at both files; never raises for what it finds, a damaged file is a failure of the report."""
    report = Report()
    try:
        db = reader.open_readonly(settings.database_path)
    except StoreError as error:
        report.failures.append(str(error))
        return report
    try:
        progress("integrity of trials.db", 0, None)
        report.failures += _damage(db.conn)
        if report.failures:
            return report
        progress("fields stated", 0, None)
        _count(db.conn, report)
        progress("numbers read", 0, None)
        _numbers(db.conn, report)
        progress("floors", 0, None)
        report.failures += _floors(db.conn, report, settings)
        progress("integrity of archive.db", 0, None)
        report.failures += _against_archive(db.conn, settings)
    except sqlite3.DatabaseError as error:
        report.failures.append(
            f"{settings.database_path} cannot be read: {error}; make it anew: trials build --full"
        )
    finally:
        db.close()
    return report


def _damage(connection: sqlite3.Connection) -> Iterator[str]:
    (first,) = connection.execute("pragma integrity_check(1)").fetchone()
    if first != "ok":
        yield f"trials.db is damaged: {first}; make it anew: trials build --full"
        return
    for table, rowid, parent, _ in connection.execute("pragma foreign_key_check").fetchmany(5):
        yield f"row {rowid} of {table} points to no row of {parent}; make the database anew: trials build --full"


def _count(connection: sqlite3.Connection, report: Report) -> None:
    for table in (
        "trials",
        "records",
        "criteria",
        "criteria_constraints",
        "sites",
        "conflicts",
        "changes",
        "problems",
    ):
        report.counts[table] = connection.execute(f"select count(*) from {table}").fetchone()[0]
    # Rows of search exports have few fields by nature: only whole records can tell that a parser is broken.
    stated = ", ".join(f"avg(t.{name} is not null and t.{name} <> '')" for name in FIELDS)
    for source, count, *shares in connection.execute(
        f"select t.source, count(*), {stated} from trials t join records r on r.source = t.source"
        " and r.source_id = t.source_id where not r.is_partial group by t.source order by t.source"
    ):
        report.trials_by_source[source] = count
        report.fill_rates[source] = {
            name: round(share, 4) for name, share in zip(FIELDS, shares, strict=True)
        }
    for source, stage, count in connection.execute(
        "select source, stage, count(*) from problems group by source, stage order by source, stage"
    ):
        report.problems.setdefault(source or "(no source)", {})[stage] = count


def _numbers(connection: sqlite3.Connection, report: Report) -> None:
    """How many of the numbers in eligibility texts were read as limits: over some trials, evenly spread."""
    trials = connection.execute("select count(*) from search_filter").fetchone()[0]
    step = max(1, trials // NUMBERS_READ_OF)
    texts = connection.execute(
        "select eligibility_criteria from trial_text join search_filter using (trial_id)"
        " where eligibility_criteria is not null and id % ? = 0",
        (step,),
    )
    report.numbers = {"texts": 0, "limits": 0, "unread": 0}
    for (text,) in texts:
        report.numbers["texts"] += 1
        for criterion in criteria.read(text):
            report.numbers["limits"] += len(criterion.constraints)
            report.numbers["unread"] += len(criteria.unread(criterion))


def _floors(connection: sqlite3.Connection, report: Report, settings: Settings) -> Iterator[str]:
    if not report.counts["trials"]:
        yield "there is no trial in the database; expected at least one (trials import, trials scrape)"
    try:
        known = floorfile.read(floorfile.path_in(settings.data))
    except SettingsError as error:
        yield str(error)
        return
    yield from floors.falls(measure.measure(connection), known)
    yield from floors.changed_too_fast(known)
    report.changes = {
        source: _last_changes(floor) for source, floor in sorted(known.items()) if floor.learned.builds
    }


def _last_changes(floor: floors.Floor) -> dict[str, Any]:
    """What the last build of a source changed beside the largest share that is usual, None while nothing is known."""
    *before, last = floor.learned.builds
    most = rates.limits(last, before, floor.set.changed)
    fields = {
        name: {
            "share": round(count / last.trials, 4),
            "at_most": round(most[name], 4) if name in most else None,
        }
        for name, count in last.changed.items()
        if last.trials
    }
    return {
        "at": last.at,
        "days": last.days,
        "trials": last.trials,
        "is_accepted": last.accepted,
        "fields": fields,
    }


def _against_archive(connection: sqlite3.Connection, settings: Settings) -> Iterator[str]:
    """A published copy has no archive beside it: then there is nothing to compare."""
    if not settings.archive_path.exists():
        return
    try:
        with Archive(settings.archive_path, read_only=True) as archive:
            found = archive.integrity()
            if found != "ok":
                yield f"archive.db is damaged: {found}; restore it from a copy"
                return
            waiting = len(archive.waiting_ids())
            archived = set(archive.trial_ids())
            parsers = {(s.name, s.parser_version) for s in SOURCES}
    except (ArchiveError, sqlite3.DatabaseError) as error:
        yield f"archive.db cannot be read: {error}; restore it from a copy"
        return
    stored = {row[0] for row in connection.execute("select trial_id from trials")}
    if waiting:
        yield f"{waiting} archived pages are not in the database yet; run: trials build"
    if missing := sorted(archived - stored):
        yield f"{len(missing)} archived trials are not in the database, {missing[0]} first; run: trials build --full"
    if strange := sorted(stored - archived):
        yield f"{len(strange)} trials have no archived page, {strange[0]} first; run: trials build --full"
    read_by = set(connection.execute("select distinct source, parser_version from records"))
    if stale := sorted(read_by - parsers):
        yield f"records of {stale[0][0]} were read by an older parser ({stale[0][1]}); run: trials build --full"
