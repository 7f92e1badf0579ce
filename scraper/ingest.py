"""Pages on their way into the archive: from saved files, and from the network."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils.utils import chunks

from scraper.archive import foreign, formats, merge
from scraper.archive.formats import SavedFile, Unreadable
from scraper.archive.store import Archive
from scraper.errors import ParseError
from scraper.model import Page, Problem
from scraper.pipeline import page_problem
from scraper.progress import Progress
from scraper.sources import SOURCES, recognise
from scraper.sources.source import Source

FILES_A_TRANSACTION = 200
"""The most saved files that a killed import has to read again."""


@dataclass
class Arrived:
    """What a run brought: files or answers read, studies new to the archive, unchanged, failed, forbidden."""

    files: int = 0
    expected: int | None = None
    fetched: int = 0
    unchanged: int = 0
    failed: int = 0
    forbidden: int = 0
    paths: set[str] = field(default_factory=set)

    vanished: int = 0
    """How many addresses or trials their source no longer has, found out by this run."""

    doubts: list[str] = field(default_factory=list)
    """What makes a run end with exit code 1 although it went on: too much seemed to be gone, ids are missing."""

    seen: set[str] = field(default_factory=set)
    """The addresses that this run fetched or found unchanged."""

    short: int = 0
    """How many trials a registry's own total names beyond those that came; a listing site's pages may fail."""

    def add(self, other: "Arrived") -> None:
        """Count another search of the same run in."""
        self.files += other.files
        if other.expected is not None:
            self.expected = (self.expected or 0) + other.expected
        self.fetched += other.fetched
        self.unchanged += other.unchanged
        self.failed += other.failed
        self.forbidden += other.forbidden
        self.short += other.short
        self.vanished += other.vanished
        self.doubts += other.doubts
        self.seen |= other.seen


def now() -> str:
    """The time, UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def import_paths(
    archive: Archive, paths: Iterable[Path], source: Source | None, progress: Progress
) -> Arrived:
    """Archive every study of the saved files; a file that yields none leaves a problem under its path.

    A file that is an SQLite database is merged as an archive made elsewhere.
    """
    arrived = Arrived()
    for path in paths:
        if foreign.is_sqlite(path):
            _merge(archive, path, arrived, progress)
            continue
        for files in chunks(formats.read(path), FILES_A_TRANSACTION):
            with archive.transaction():
                for file in files:
                    _import_file(archive, file, source, arrived)
            progress("files", arrived.files, None)
    return arrived


def _import_file(
    archive: Archive, file: SavedFile | Unreadable, source: Source | None, arrived: Arrived
) -> None:
    arrived.files += 1
    problems: list[Problem] = []
    if isinstance(file, Unreadable):
        page = Page(
            source="", url=file.path, body=b"", fetched_at=file.saved_at, name=file.name, path=file.path
        )
        problems.append(page_problem(page, "archive", "", file.found, file.expected))
    else:
        known = source or recognise(file.name, file.body)
        page = Page(
            source=known.name if known else "",
            url=file.path,
            body=file.body,
            fetched_at=file.saved_at,
            name=file.name,
            path=file.path,
        )
        if not file.body.strip():
            problems.append(page_problem(page, "archive", "", "an empty file", "a saved page or record"))
        elif known is None:
            expected = "a page or record of a known source (see `trials sources`; name it with --source)"
            problems.append(page_problem(page, "archive", "", _opening(file.body), expected))
        else:
            problems.extend(_keep(archive, known, page, arrived))
    arrived.failed += len(problems)
    arrived.paths.add(file.path)
    archive.settle(file.path, problems)


def _merge(archive: Archive, path: Path, arrived: Arrived, progress: Progress) -> None:
    merged = merge.merge(archive, path, {source.name for source in SOURCES}, progress)
    arrived.files += 1
    arrived.fetched += merged.pages
    arrived.unchanged += merged.known
    arrived.failed += len(merged.refused)
    where = formats.name_of(path)
    arrived.paths.add(where)
    lies = Page(
        source="",
        url=where,
        body=b"",
        fetched_at=formats.saved_at(path),
        name=where.rpartition("/")[2],
        path=where,
    )
    archive.settle(where, [page_problem(lies, "archive", *refused) for refused in merged.refused])


def _opening(body: bytes) -> str:
    """The first words of a file that nothing recognises, for a message."""
    words = body[:400].decode("utf-8", "replace").split()
    return f"a file that no source knows, which starts {' '.join(words)[:60]!r}"


def _keep(archive: Archive, source: Source, page: Page, arrived: Arrived) -> Iterator[Problem]:
    """Archive a page study by study; yields what is no study."""
    seen: dict[str, int] = {}
    try:
        for part in source.split(page):
            if isinstance(part, Problem):
                yield part
                continue
            content = hash(part.body)
            if seen.setdefault(part.url, content) != content:
                yield page_problem(
                    part,
                    "archive",
                    "trial_id",
                    f"{part.url} twice in one file, with different content",
                    "it once",
                )
            if archive.add(part):
                arrived.fetched += 1
            else:
                arrived.unchanged += 1
    except ParseError as error:
        yield page_problem(page, "parse", error.field, error.found, error.expected)
