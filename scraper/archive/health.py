"""What is broken in an archive: readings that name no page, pages nobody read, bodies that are not what they were."""

import hashlib
from collections.abc import Iterator

import zstandard

from scraper.archive.store import Archive
from scraper.progress import Progress

_STRAY_READINGS = "select count(*) from readings where page_id not in (select id from pages)"
_UNREAD_PAGES = "select count(*) from pages where id not in (select page_id from readings)"
_UNSEEN_PAGES = "select count(*) from pages where url not in (select url from addresses)"
_BASELESS = "select count(*) from deltas where base_id not in (select id from pages) or page_id not in (select id from pages)"  # fmt: skip


def broken_links(archive: Archive) -> Iterator[str]:
    """Rows of the archive that belong together and do not, one sentence each."""
    for query, words in (
        (_STRAY_READINGS, "readings name a page that is not there"),
        (_UNREAD_PAGES, "pages have no reading: no build will see them"),
        (_UNSEEN_PAGES, "pages are of an address that was never seen"),
        (
            _BASELESS if archive.has_deltas else "select 0",
            "pages are kept as a difference of a page that is not there",
        ),
    ):
        (count,) = archive.connection.execute(query).fetchone()
        if count:
            yield f"{count:,} {words}"


def damaged_pages(archive: Archive, progress: Progress) -> Iterator[str]:
    """The pages whose bytes are not those their checksum says, by address and time."""
    base = "(select base_id from deltas where page_id = id)" if archive.has_deltas else "null"
    total = sum(archive.counts().values())
    cursor = archive.connection.execute(
        f"select url, fetched_at, sha256, body, {base} from pages order by id"
    )
    for done, (url, fetched_at, sha256, packed, base_id) in enumerate(cursor, 1):
        try:
            is_whole = hashlib.sha256(archive.body(packed, base_id)).hexdigest() == sha256
        except (zstandard.ZstdError, TypeError):  # a base that is not there is None
            is_whole = False
        if not is_whole:
            yield f"{url} of {fetched_at}"
        progress("pages checked", done, total)


def ages(archive: Archive) -> dict[str, tuple[str, bool]]:
    """By source: when anything of it was last seen, and whether a search of it is repeated by `trials update`."""
    seen = archive.connection.execute(
        "select source, max(last_seen_at) from pages join addresses using (url) group by source order by source"
    ).fetchall()
    repeated = {run.source for run in archive.runs() if run.finished_at}
    return {source: (when, source in repeated) for source, when in seen}
