"""What must be done for this data folder to stay well: each finding with its remedy."""

import platform
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from scraper import __version__, lock
from scraper.archive import health
from scraper.archive.store import Archive
from scraper.errors import FetchError, OlderSchemaError, ScraperError, StoreError
from scraper.fetch.client import Client
from scraper.progress import Progress
from scraper.settings import Settings
from scraper.sources import SOURCES
from scraper.store import floorfile, reader

DAYS_UNTIL_STALE = 30
DATABASE_OF_ARCHIVE = 4
"""A database is three to four times as large as the archive it is made from."""
NAMED = 3


class Finding(NamedTuple):
    """One thing looked at; `remedy` says what to do about it, "" when it is well."""

    subject: str
    found: str
    remedy: str = ""


def examine(settings: Settings, progress: Progress, now: datetime | None = None) -> Iterator[Finding]:
    """Everything that can be found out without a network."""
    yield Finding(
        "versions",
        f"trials {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
    )
    if not settings.data.is_dir():
        yield Finding(
            "folder", f"{settings.data} is not there", "fetch something first: trials scrape, trials import"
        )
        return
    yield _space(settings)
    yield from _floors(settings)
    if lock.is_held(settings.data):
        yield Finding("lock", "another command is writing; what it leaves on its way was not looked at")
    else:
        yield from _leftovers(settings.data)
    known = _Known()
    yield from _database(settings, known, progress)
    if not settings.archive_path.exists():
        yield Finding("archive", "there is none", "fetch something first: trials scrape, trials import")
        return
    try:
        with Archive(settings.archive_path, read_only=True) as archive:
            yield from _archive(archive, known, progress, now or datetime.now(UTC))
    except (ScraperError, sqlite3.DatabaseError) as error:
        yield Finding("archive", f"archive.db cannot be read: {error}", "restore it from a copy")


def _space(settings: Settings) -> Finding:
    """A rebuild writes the new database beside the old one, and may keep a refused one."""
    free = shutil.disk_usage(settings.data).free
    archive, database = (
        p.stat().st_size if p.exists() else 0 for p in (settings.archive_path, settings.database_path)
    )
    needed = max(database + database // 5, 0 if database else DATABASE_OF_ARCHIVE * archive)
    found = f"{free >> 20:,} MiB are free; a rebuild needs about {needed >> 20:,}"
    return Finding(
        "space", found, "" if free > needed else "make room, or put the data folder on another disk"
    )


def _floors(settings: Settings) -> Iterator[Finding]:
    path = floorfile.path_in(settings.data)
    try:
        known = floorfile.read(path)
    except ScraperError as error:
        yield Finding("floors", str(error), "mend the file or delete it")
        return
    learned = ", ".join(f"{source} ({floor.learned.records:,} records)" for source, floor in known.items())
    yield Finding("floors", learned or "nothing learned yet")


def _leftovers(folder: Path) -> Iterator[Finding]:
    for name, remedy in (
        (
            "archive.db-journal",
            "a run was killed: any command that opens the archive mends it, such as `trials build`",
        ),
        ("trials.db-journal", "a run was killed: `trials build` mends it"),
        ("trials.db.new", "a rebuild was killed: delete it, or run `trials build --full`, which replaces it"),
        (
            "trials.db.refused",
            "a build fell below its floors: see `trials build --full`; delete it when you are done",
        ),
        ("floors.json.new", "a run was killed: delete it"),
    ):
        path = folder / name
        if path.exists() and path.stat().st_size:
            yield Finding("leftover", f"{name}, {path.stat().st_size:,} bytes", remedy)


@dataclass
class _Known:
    """What a whole trials.db says: how many trials there are, None without one; the newest date of each source."""

    trials: int | None = None
    newest: Mapping[str, str] = field(default_factory=dict)


def _database(settings: Settings, known: _Known, progress: Progress) -> Iterator[Finding]:
    path, archive = settings.database_path, settings.archive_path
    if not path.exists():
        if archive.exists():
            yield Finding("database", f"{path.name} is not there", "run: trials build")
        return
    journal = path.with_name(path.name + "-journal")
    if journal.exists() and journal.stat().st_size:  # the leftovers say what to do
        yield Finding("database", f"{path.name} was not looked at: a run writes it, or was killed")
        return
    anew = "make it anew: trials build --full" if archive.exists() else "restore it from a copy"
    try:
        with closing(reader.open_readonly(path)) as db:
            progress("integrity of trials.db", 0, None)
            (first,) = db.conn.execute("pragma quick_check(1)").fetchone()
            if first != "ok":
                yield Finding("database", f"{path.name} is damaged: {first}", anew)
                return
            newest = db.conn.execute(
                "select source, max(last_update_posted_date) from trials group by source"
            )
            known.newest = {source: day for source, day in newest if day}
            known.trials = db.table("trials").count
    except OlderSchemaError as error:
        yield Finding("database", str(error).partition(";")[0], "run: trials build")
    except (StoreError, sqlite3.DatabaseError) as error:
        yield Finding("database", f"{path.name} cannot be read: {error}", anew)
    else:
        yield Finding("database", f"{known.trials:,} trials; every page of the file is whole")


def _days_of(day: str, now: datetime) -> str:
    """How long ago a day of a record was; "" of a month or a year, or of a day to come."""
    if len(day) != len("2026-01-15") or day > now.date().isoformat():
        return ""
    return f", {(now.date() - date.fromisoformat(day)).days} days ago"


def _archive(archive: Archive, known: _Known, progress: Progress, now: datetime) -> Iterator[Finding]:
    for source, (seen, is_repeated) in health.ages(archive).items():
        days = (now - datetime.fromisoformat(seen)).days
        is_stale = is_repeated and days > DAYS_UNTIL_STALE
        # A file's time says when it was saved: an export of 2020 copied today is not of today.
        newest = known.newest.get(source)
        of = f"; its newest record is of {newest}{_days_of(newest, now)}" if newest else ""
        yield Finding(
            "age",
            f"{source}: last seen {seen}, {days} days ago{of}",
            "run: trials update" if is_stale else "",
        )
    waiting, pages = archive.page_counts()
    if not waiting and known.trials is not None and known.trials != archive.count_trials():
        found = f"it has {known.trials:,} trials, the archive {archive.count_trials():,}"
        yield Finding("database", found, "make it anew: trials build --full")
    if waiting:
        yield Finding(
            "waiting", f"{waiting:,} of {pages:,} pages are not in the database yet", "run: trials build"
        )
    for run in archive.runs():
        if run.finished_at is None and (now - datetime.fromisoformat(run.started_at)).days >= 1:
            found = f"{run.command} of {run.source}, begun {run.started_at}, never ended"
            yield Finding("run", found)
    progress("links of the archive", 0, None)
    for words in health.broken_links(archive):
        yield Finding(
            "archive", words, "restore archive.db from a copy, or merge one: trials import COPY/archive.db"
        )
    damaged = list(health.damaged_pages(archive, progress))
    if damaged:
        found = f"{len(damaged):,} of {pages:,} pages are damaged: {', '.join(damaged[:NAMED])}"
        yield Finding(
            "archive", found, "restore archive.db from a copy, or merge one: trials import COPY/archive.db"
        )
    else:
        yield Finding("archive", f"{pages:,} pages, each with the bytes that its checksum says")


def ask_robots(settings: Settings, progress: Progress, base_url: str = "") -> Iterator[Finding]:
    """What the robots.txt of every source that obeys one says to us, asked now."""
    for source in SOURCES:
        # Pages of any site, only imported, have no host of their own.
        if not source.obeys_robots or urlsplit(source.homepage).hostname not in source.hosts:
            continue
        progress(f"robots.txt of {source.name}", 0, None)
        try:
            with Client(settings, source, base_url) as client:
                is_allowed, delay = client.permits(source.homepage)
        except FetchError as error:
            yield Finding(
                "robots", f"{source.name}: {error}", "nothing can be fetched there now; ask again later"
            )
            continue
        pause = f", {delay:g} s between two requests" if delay else ""
        if is_allowed:
            yield Finding("robots", f"{source.name}: allowed{pause}")
        else:
            yield Finding(
                "robots", f"{source.name}: forbidden", "respect it: import saved pages, or ask the site"
            )
