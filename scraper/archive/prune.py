"""Old versions of pages -> what they differ in from the newest one of their address. Nothing is lost by it.

A history needs every version: what a field was, and since when, is read of the page itself, and a better parser reads
it anew. So no version is thrown away: it is packed with the newest one as its dictionary, which leaves a few per cent
of it, and comes back byte for byte. The newest version of an address always stands for itself.
"""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from scraper.archive import packing
from scraper.archive.file import PRUNED_VERSION
from scraper.archive.store import Archive
from scraper.errors import ArchiveError
from scraper.progress import Progress

BATCH = 200
"""Addresses a transaction; a killed run has at most these to do again."""


@dataclass
class Pruned:
    """How many old versions there are that count as old, and the bytes that they took and take."""

    versions: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    is_compact: bool = False
    """Whether the room was given back to the disk."""


class _Kept(NamedTuple):
    id: int
    fetched_at: str
    sha256: str
    body: bytes
    base_id: int | None


def prune(archive: Archive, before: str, progress: Progress, *, dry_run: bool = False) -> Pruned:
    """Keep the superseded versions fetched before a date as differences; with `dry_run` only count what that saves.

    Raises ArchiveError when a page is damaged: nothing of its address is touched.
    """
    found = Pruned()
    urls = [
        url
        for (url,) in archive.connection.execute(
            "select url from pages group by url having count(*) > 1 and min(fetched_at) < ? order by url",
            (before,),
        )
    ]
    for at in range(0, len(urls), BATCH):
        with archive.transaction():
            for url in urls[at : at + BATCH]:
                for page_id, base_id, body in _smaller(archive, url, before, found):
                    if not dry_run:
                        archive.keep_difference(page_id, base_id, body)
            if found.versions and not dry_run:
                archive.connection.execute(f"pragma user_version = {PRUNED_VERSION}")
        progress("addresses", min(at + BATCH, len(urls)), len(urls))
    if not dry_run and shutil.disk_usage(archive.path.parent).free > archive.path.stat().st_size:
        (unused,) = archive.connection.execute("pragma freelist_count").fetchone()
        if unused:
            progress("giving the room back", 0, None)
            archive.connection.execute("vacuum")
        found.is_compact = True
    return found


def _smaller(archive: Archive, url: str, before: str, found: Pruned) -> Iterator[tuple[int, int, bytes]]:
    """(page, the page it is kept as a difference of, that difference) of the old versions of one address."""
    kept = [
        _Kept(*row)
        for row in archive.connection.execute(
            "select id, fetched_at, sha256, body, base_id from pages left join deltas on page_id = id"
            " where url = ? order by fetched_at, id",
            (url,),
        )
    ]
    newest = kept[-1]
    old = {page.id for page in kept[:-1] if page.base_id is None and page.fetched_at < before}
    if not old:
        return
    base = archive.body(newest.body, newest.base_id)
    for page in kept[:-1]:
        # A version that is kept as a difference of one that is now old too moves with it.
        if page.id not in old and page.base_id not in old:
            continue
        body = archive.body(page.body, page.base_id)
        smaller = packing.difference(body, base)
        if hashlib.sha256(packing.with_difference(smaller, base)).hexdigest() != page.sha256:
            raise ArchiveError(
                f"the page of {url} fetched at {page.fetched_at} is damaged: its bytes are not those its checksum says;"
                " restore archive.db from a copy"
            )
        found.versions += 1
        found.bytes_before += len(page.body)
        found.bytes_after += len(smaller)
        yield page.id, newest.id, smaller
