"""One saved file through the whole of an import, without a process: nothing but the package's own errors may come out."""

import math
from pathlib import Path

from sqlite_utils import Database

from scraper import ingest, shown
from scraper.archive.store import Archive
from scraper.errors import ParseError
from scraper.fetch import sitemap
from scraper.model import Page
from scraper.search.index import INDEXES
from scraper.sources import SOURCES
from scraper.sources.source import Source
from scraper.store import fulltext, past, reader, writer
from scraper.store.migrations import migrations
from scraper.workers import reading, trial_rows


class Target:
    """Imports one file at a time into an empty archive and an empty database, both in memory."""

    def __init__(self) -> None:
        self.db = Database(memory=True)
        self.db.conn.isolation_level = None
        migrations.apply(self.db)
        for index in INDEXES:
            fulltext.create(self.db, index)

    def run(self, path: Path, source: Source | None) -> int:
        """How many trials the file gave; whatever is wrong with the package is raised."""
        with Archive(Path(":memory:")) as archive:
            ingest.import_paths(archive, [path], source, lambda *_: None)
            return self.build(archive)

    def build(self, archive: Archive) -> int:
        """How many trials the pages that wait are about; their rows are made, written, read and taken back."""
        ids: set[str] = set()
        for stored in list(archive.waiting()):
            found = reading(stored)
            if found.problem is not None:
                archive.fail(found.problem)
            archive.assign(stored.id, found.trial_id, found.parser_version)
            ids |= {found.trial_id} if found.trial_id else set()
        self._save(archive, sorted(ids))
        return len(ids)

    def _save(self, archive: Archive, ids: list[str]) -> None:
        self.db.conn.execute("begin")
        try:
            batch = [(trial_id, trial_rows(archive, trial_id)) for trial_id in ids]
            for _, rows in batch:
                assert all(
                    math.isfinite(v) for r in rows.values() for row in r for v in row if isinstance(v, float)
                )
            written = writer.save(self.db, batch, INDEXES)
            writer.save_failures(self.db, archive.failures())
            for trial_id in written:
                trial = reader.trial(self.db.conn, trial_id)
                if trial is not None:
                    moments = [moment._asdict() for moment in past.moments(self.db.conn, trial_id)]
                    shown.trial({**trial, "versions": moments}).encode()
        finally:
            self.db.conn.execute("rollback")


def listings(body: bytes) -> int:
    """What the network may bring in place of a search answer, a list of ids, a sitemap."""
    read = 0
    for source in SOURCES:
        page = Page(source=source.name, url=source.homepage, body=body, fetched_at="2026-01-01T00:00:00Z")
        for reads in (source.read_listing, source.read_ids):
            try:
                if reads is not None:
                    reads(page)
                    read += 1
            except ParseError:
                continue
    try:
        return read + bool(sitemap.read(body, 1 << 22).pages)
    except ParseError:
        return read
