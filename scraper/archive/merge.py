"""An archive made elsewhere -> this one: pages, addresses, aliases, failures and finished runs, each once.

Merging in any order, and twice, gives the same archive. The surprise: an archive drops a body that equals the
last one kept, and knows only that the address was seen again. Where the other machine met another body in
between, that sighting becomes a page of its own, or the older body would no longer be the newest.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
import zstandard

from scraper.archive.formats import MAX_FILE_BYTES
from scraper.archive.store import SCHEMA_VERSION, Archive, RunRow
from scraper.errors import ArchiveError

BATCH = 200
"""Addresses a transaction; a killed merge has at most these to do again."""

TABLES = ("pages", "addresses", "aliases", "failures", "runs")

Progress = Callable[[str, int, int | None], None]

_MAGIC = b"SQLite format 3\0"
_Row = TypeVar("_Row", bound=tuple[Any, ...])
_Time = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
_Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Version(NamedTuple):
    """What an address held at a time; `sha256` is of the raw body."""

    fetched_at: str
    sha256: str


class Refused(NamedTuple):
    """Something of the other file that does not come over; `field` says which part of it."""

    field: str
    found: str
    expected: str


@dataclass
class Merged:
    """What came over that was not here yet, and how many pages `known` here did not have to."""

    pages: int = 0
    known: int = 0
    addresses: int = 0
    aliases: int = 0
    failures: int = 0
    runs: int = 0
    refused: list[Refused] = field(default_factory=list)


class _Listed(NamedTuple):
    id: int
    source: str
    fetched_at: _Time
    sha256: _Digest


class _Page(NamedTuple):
    source: str
    status: int
    headers: str
    name: str
    path: str
    sha256: str
    body: bytes


class _Address(NamedTuple):
    url: str
    last_seen_at: _Time
    removed_at: _Time | None


class _Alias(NamedTuple):
    alias: str
    trial_id: str


class _Failure(NamedTuple):
    url: str
    source: str
    source_id: str
    stage: str
    field: str
    found: str
    expected: str
    seen_at: str


def is_sqlite(path: Path) -> bool:
    """Is this file an SQLite database, whatever its name?"""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(_MAGIC)) == _MAGIC


def timeline(*seen: tuple[Sequence[Version], str]) -> list[Version]:
    """What an address held over time, by several archives; each gives its versions, oldest first, and when it
    last saw the address.

    A body that equals the one before it is left out; bodies of one moment are all kept.
    """
    sightings: set[Version] = set()
    for versions, last_seen_at in seen:
        sightings.update(versions)
        if versions and last_seen_at > versions[-1].fetched_at:
            sightings.add(Version(last_seen_at, versions[-1].sha256))
    kept: list[Version] = []
    before: set[str] = set()
    for _, moment in groupby(sorted(sightings), key=lambda version: version.fetched_at):
        group = list(moment)
        bodies = {version.sha256 for version in group}
        if len(bodies) > 1 or bodies != before:
            kept += group
        before = bodies
    return kept


def merge(archive: Archive, path: Path, sources: Collection[str], progress: Progress) -> Merged:
    """Bring over what another archive holds and this one does not; what may not come over is `refused`.

    Pages of sources that are not among `sources` stay behind, and so do those whose bytes are not what their
    checksum says. Every page that came, and every page that it may concern, waits for the next build.
    """
    merged = Merged()
    foreign = _foreign(archive, path)
    if foreign:
        merged.refused.append(foreign)
        return merged
    with closing(_open(path)) as connection:
        other = _Other(connection)
        try:
            # Read first and written last: a run that came over before its pages would hide that they are missing.
            runs = [run for run in other.rows(_RUNS, (), RunRow) if run.source is None or run.source in sources]
            _merge_pages(archive, other, sources, merged, progress)
            _merge_bare_addresses(archive, other, merged)
            _merge_aliases(archive, other, merged)
            _merge_failures(archive, other, merged)
            _merge_runs(archive, runs, merged)
        except ArchiveError as error:
            found = f"a damaged archive ({error}); what could be read came over"
            merged.refused.append(Refused("file", found, "a whole archive; copy it here again"))
    if other.odd:
        found = f"{other.odd:,} rows with values of a wrong type or form"
        merged.refused.append(Refused("rows", found, "rows as this program writes them"))
    if other.damaged:
        found = f"{len(other.damaged):,} pages with other bytes than their checksum says, as of {min(other.damaged)}"
        merged.refused.append(Refused("body", found, "pages as they were archived"))
    if other.unknown:
        found = f"pages of {', '.join(map(repr, sorted(other.unknown)))}"
        merged.refused.append(Refused("source", found, "sources this program knows; update it and import again"))
    return merged


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=60, isolation_level=None)


def _foreign(archive: Archive, path: Path) -> Refused | None:
    """Why this SQLite file is no archive to be merged; None when it is one."""
    expected = "an archive.db made by this program in another data folder"
    if archive.path.exists() and path.samefile(archive.path):
        return Refused("file", "the data folder's own archive", expected)
    try:
        with closing(_open(path)) as other:
            (version,) = other.execute("pragma user_version").fetchone()
            tables = {name for (name,) in other.execute("select name from sqlite_master where type = 'table'")}
            alike = all(_columns(archive.connection, name) <= _columns(other, name) for name in TABLES)
            empty = alike and other.execute("select 1 from pages").fetchone() is None
    except sqlite3.DatabaseError as error:
        return Refused("file", f"an SQLite file that cannot be read: {error}", expected)
    if "trials" in tables and "pages" not in tables:
        return Refused("file", "a database of trials (trials.db), which is made from an archive", expected)
    if "pages" in tables and version > SCHEMA_VERSION:
        newer = f"an archive of version {version}; this program knows {SCHEMA_VERSION}"
        return Refused("file", newer, "that version or older: update the program")
    if not alike or version < 1:
        return Refused("file", "an SQLite file of something else", expected)
    return Refused("file", "an archive without a page", expected) if empty else None


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"pragma table_info({table})")}


class _Other:
    """The archive that is read, row by typed row, with what was odd about it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.odd = 0
        self.damaged: set[str] = set()
        self.unknown: set[str] = set()

    def rows(self, query: str, values: tuple[object, ...], shape: type[_Row]) -> Iterator[_Row]:
        """The rows of a query that have the types of `shape`; the others are counted."""
        try:
            for row in self.connection.execute(query, values):
                try:
                    yield msgspec.convert(row, shape)
                except msgspec.ValidationError:
                    self.odd += 1
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise ArchiveError(str(error)) from error

    def one(self, query: str, values: tuple[object, ...], shape: type[_Row]) -> _Row | None:
        return next(iter(list(self.rows(query, values, shape))), None)

    def addresses_with_pages(self) -> Iterator[list[str]]:
        """The addresses of pages in sorted batches; between two of them the file is free for its own writer."""
        after = ""
        while batch := [row[0] for row in self.rows(_URLS, (after, BATCH), tuple[str])]:
            after = batch[-1]
            yield batch


_URLS = "select distinct url from pages where url > ? order by url limit ?"
_LISTING = "select id, source, fetched_at, sha256 from pages where url = ? order by fetched_at, id"
_PAGE = "select source, status, headers, name, path, sha256, body from pages where id = ?"
_ADDRESS = "select url, last_seen_at, removed_at from addresses where url = ?"
_BARE = "select url, last_seen_at, removed_at from addresses a where not exists (select 1 from pages where url = a.url)"
_ALIASES = "select alias, trial_id from aliases order by alias"
_FAILURES = "select url, source, source_id, stage, field, found, expected, seen_at from failures"
_RUNS = (
    "select id, command, source, arguments, started_at, finished_at, resume_url, expected, fetched, unchanged, failed"
    " from runs where finished_at is not null order by started_at, id"
)
_INSERT = (
    "insert or ignore into pages (source, url, fetched_at, status, headers, name, path, sha256, body)"
    " values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


# ── pages ──────────────────────────────────────────────────────────────────────────────────────────────


def _merge_pages(
    archive: Archive, other: _Other, sources: Collection[str], merged: Merged, progress: Progress
) -> None:
    done = 0
    for urls in other.addresses_with_pages():
        other.connection.execute("begin")  # the versions of an address and when it was seen belong together
        try:
            with archive.transaction():
                for url in urls:
                    _merge_address(archive, other, url, sources, merged)
        finally:
            other.connection.execute("rollback")
        done += len(urls)
        progress("merged addresses", done, None)


def _merge_address(
    archive: Archive, other: _Other, url: str, sources: Collection[str], merged: Merged
) -> None:
    listed = list(other.rows(_LISTING, (url,), _Listed))
    other.unknown |= {page.source for page in listed} - set(sources)
    theirs = [page for page in listed if page.source in sources]
    if not theirs:
        return
    address = other.one(_ADDRESS, (url,), _Address) or _Address(url, theirs[-1].fetched_at, None)
    mine = [_Listed(*row) for row in archive.connection.execute(_LISTING, (url,))]
    seen = archive.connection.execute(_ADDRESS, (url,)).fetchone()
    kept = timeline(
        (_versions(mine), seen[1] if seen else ""),
        (_versions(theirs), address.last_seen_at),
    )
    came = sum(
        _bring(archive, other, url, version, mine, theirs) for version in kept if version not in _versions(mine)
    )
    # What was kept here as news is none any more when the other archive had the same bytes before.
    repeated = [page for page in mine if Version(page.fetched_at, page.sha256) not in kept]
    for page in repeated:
        archive.connection.execute("delete from pages where id = ?", (page.id,))
    merged.pages += came
    merged.known += max(0, len(theirs) - came)
    if came or repeated:
        archive.connection.execute("update pages set state = 0 where url = ?", (url,))
    merged.addresses += _see(archive, address)


def _versions(pages: Iterable[_Listed]) -> list[Version]:
    return [Version(page.fetched_at, page.sha256) for page in pages]


def _bring(
    archive: Archive,
    other: _Other,
    url: str,
    version: Version,
    mine: Sequence[_Listed],
    theirs: Sequence[_Listed],
) -> bool:
    """Keep a version of an address: the other's page of that time, or else a page with the same bytes."""
    same = [page for page in theirs if page.sha256 == version.sha256]
    own = [page for page in mine if page.sha256 == version.sha256]
    exact = [page for page in same if page.fetched_at == version.fetched_at]
    for page, archived in [(p, False) for p in exact] + [(p, True) for p in own] + [(p, False) for p in same]:
        if archived:
            found: _Page | None = _Page(*archive.connection.execute(_PAGE, (page.id,)).fetchone())
        else:
            found = other.one(_PAGE, (page.id,), _Page)
        if found is None or not (archived or _is_whole(found)):
            other.damaged.add(url)
            continue
        columns = (found.status, found.headers, found.name, found.path, found.sha256, found.body)
        row = (found.source, url, version.fetched_at, *columns)
        return archive.connection.execute(_INSERT, row).rowcount == 1
    return False


def _is_whole(page: _Page) -> bool:
    """Are the bytes those of the checksum, and the headers readable? Nothing unpacks to more than a file may."""
    try:
        msgspec.json.decode(page.headers, type=dict[str, str])
        if zstandard.get_frame_parameters(page.body).content_size > MAX_FILE_BYTES:
            return False
        body = zstandard.ZstdDecompressor().decompress(page.body)
    except (msgspec.DecodeError, zstandard.ZstdError):
        return False
    return hashlib.sha256(body).hexdigest() == page.sha256


# ── addresses, aliases, failures, runs ─────────────────────────────────────────────────────────────────


def _see(archive: Archive, address: _Address) -> bool:
    """Note when an address was last seen and whether it is gone; False when nothing of it is news."""
    row = archive.connection.execute(_ADDRESS, (address.url,)).fetchone()
    before = _Address(*row) if row else None
    last_seen_at = max(address.last_seen_at, before.last_seen_at if before else "")
    removed = max(filter(None, (address.removed_at, before and before.removed_at)), default=None)
    after = _Address(address.url, last_seen_at, removed if removed and removed >= last_seen_at else None)
    if after == before:
        return False
    archive.connection.execute("insert or replace into addresses values (?, ?, ?)", after)
    if before and before.removed_at != after.removed_at:
        archive.connection.execute("update pages set state = 0 where url = ?", (address.url,))
    return True


def _merge_bare_addresses(archive: Archive, other: _Other, merged: Merged) -> None:
    for batch in _batches(other.rows(_BARE, (), _Address)):
        with archive.transaction():
            merged.addresses += sum(_see(archive, address) for address in batch)


def _merge_aliases(archive: Archive, other: _Other, merged: Merged) -> None:
    """Former ids that nobody here knows; where the two differ, the pages decide when they are read again."""
    for batch in _batches(other.rows(_ALIASES, (), _Alias)):
        with archive.transaction():
            for alias, trial_id in batch:
                current = archive.resolve(trial_id)
                if archive.resolve(alias) == alias and current != alias:
                    merged.aliases += archive.alias(alias, current)


def _merge_failures(archive: Archive, other: _Other, merged: Merged) -> None:
    """The newest words about a file or page win; the same words keep the time they were first true."""
    concerned: set[str] = set()
    for batch in _batches(other.rows(_FAILURES, (), _Failure)):
        with archive.transaction():
            for failure in batch:
                if _note_failure(archive, failure):
                    merged.failures += 1
                    concerned |= {failure.url} if failure.stage in ("parse", "normalise") else set()
    # A page of that address or path may have been read since; reading it again settles which is true.
    waiting = msgspec.json.encode(sorted(concerned)).decode()
    for column in ("url", "path") if concerned else ():
        archive.connection.execute(
            f"update pages set state = 0 where {column} in (select value from json_each(?))", (waiting,)
        )


def _note_failure(archive: Archive, failure: _Failure) -> bool:
    key = (failure.url, failure.source_id, failure.stage, failure.field)
    row = archive.connection.execute(
        f"{_FAILURES} where url = ? and source_id = ? and stage = ? and field = ?", key
    ).fetchone()
    if row:
        mine = _Failure(*row)
        words, my_words = (failure.found, failure.expected), (mine.found, mine.expected)
        if failure.seen_at >= mine.seen_at if words == my_words else _newness(failure) <= _newness(mine):
            return False
    archive.connection.execute("insert or replace into failures values (?, ?, ?, ?, ?, ?, ?, ?)", failure)
    return True


def _newness(failure: _Failure) -> tuple[str, ...]:
    return failure.seen_at, failure.found, failure.expected, failure.source


def _merge_runs(archive: Archive, runs: Iterable[RunRow], merged: Merged) -> None:
    """Runs that came to their end; one that was stopped can only be gone on with where it began."""
    known = {run[1:] for run in archive.runs()}
    with archive.transaction():
        for run in runs:
            if run[1:] in known or not _is_object(run.arguments):
                continue
            known.add(run[1:])
            merged.runs += 1
            archive.connection.execute(
                "insert into runs (command, source, arguments, started_at, finished_at, resume_url, expected,"
                " fetched, unchanged, failed) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                run[1:],
            )


def _is_object(words: str) -> bool:
    return re.match(r"\s*\{", words) is not None and _is_json(words)


def _is_json(words: str) -> bool:
    try:
        msgspec.json.decode(words)
    except msgspec.DecodeError:
        return False
    return True


def _batches(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    batch: list[_Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
