"""Pages in the archive, what was read of them, and when their addresses were last seen."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from scraper.archive import packing
from scraper.archive.file import ArchiveFile
from scraper.model import Page


class StoredPage(NamedTuple):
    """A page with its place in the archive; `sha256` is of the raw body."""

    id: int
    page: Page
    sha256: str
    trial_id: str | None
    last_seen_at: str
    removed_at: str | None


_PAGE_COLUMNS = (
    "p.id, p.source, p.url, p.fetched_at, p.status, p.headers, p.name, p.path, p.sha256, p.body, r.trial_id,"
    " a.last_seen_at, a.removed_at"
)
_BASE = "(select base_id from deltas where page_id = p.id)"


class Pages(ArchiveFile):
    """The part of the archive that keeps pages."""

    def add(self, page: Page) -> bool:
        """Keep the page; False when the last kept body of its address is the same, byte for byte.

        The time of a saved file is that of its copy at the latest: one whose bytes were kept before is no news,
        whatever was kept between, and the earliest time that a file bears stands.
        """
        digest = hashlib.sha256(page.body).hexdigest()
        with self.transaction():
            if page.path and self._is_known(page, digest):
                self.saw(page.url, page.fetched_at)
                return False
            last = self.connection.execute(
                "select sha256 from pages where url = ? and fetched_at <= ? order by fetched_at desc, id desc",
                (page.url, page.fetched_at),
            ).fetchone()
            new = last is None or last[0] != digest
            if new:
                cursor = self.connection.execute(
                    "insert or ignore into pages (source, url, fetched_at, status, headers, name, path, sha256,"
                    " body) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        page.source,
                        page.url,
                        page.fetched_at,
                        page.status,
                        json.dumps(page.headers, sort_keys=True),
                        page.name,
                        page.path,
                        digest,
                        packing.pack(page.body),
                    ),
                )
                new = cursor.rowcount == 1
            self.saw(page.url, page.fetched_at)
        return new

    def _is_known(self, page: Page, digest: str) -> bool:
        """Are the bytes of this saved file kept? Those of a file with a later time get the earlier one."""
        same = self.connection.execute(
            "select id, fetched_at <= ?, path <> '' from pages where url = ? and sha256 = ? order by fetched_at",
            (page.fetched_at, page.url, digest),
        ).fetchall()
        if any(is_earlier for _, is_earlier, _ in same):
            return True
        for page_id, _, is_saved in same:
            if is_saved:
                self.connection.execute(
                    "update pages set fetched_at = ? where id = ?", (page.fetched_at, page_id)
                )
                self.wait_again(page.url)
                return True
        return False

    def saw(self, url: str, when: str) -> None:
        """Remember that the address was there at that time; a vanished one that came back is no longer gone."""
        gone = self.connection.execute("select removed_at from addresses where url = ?", (url,)).fetchone()
        if gone and gone[0] and when > gone[0]:
            self._noticed(url, when, is_gone=False)
            self.wait_again(url)
        self.connection.execute(
            "insert into addresses (url, last_seen_at) values (?, ?) on conflict (url) do update set"
            " last_seen_at = max(last_seen_at, excluded.last_seen_at),"
            " removed_at = case when excluded.last_seen_at > removed_at then null else removed_at end",
            (url, when),
        )

    def later(self, url: str, when: str) -> str:
        """That time, or a second after what is known of the address where the clock was set back since.

        What arrives later is later: else a change would be filed before what it changed.
        """
        known = self.connection.execute(
            "select max(coalesce(removed_at, ''), coalesce((select max(fetched_at) from pages where url = ?1), ''))"
            " from addresses where url = ?1",
            (url,),
        ).fetchone()
        if known is None or known[0] <= when:
            return when
        after = datetime.fromisoformat(known[0]) + timedelta(seconds=1)
        return after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def vanished(self, url: str, when: str) -> None:
        """Remember that the source no longer has the address; its pages stay, and its trial is rebuilt."""
        with self.transaction():
            # Never before it was last seen, whatever the clock says: that would mean that it came back.
            self.connection.execute(
                "update addresses set removed_at = max(?, last_seen_at) where url = ?", (when, url)
            )
            self._noticed(url, when, is_gone=True)
            self.wait_again(url)

    def _noticed(self, url: str, when: str, *, is_gone: bool) -> None:
        self.connection.execute("insert or replace into presence values (?, ?, ?)", (url, when, is_gone))

    def presence(self, urls: Iterable[str]) -> list[tuple[str, bool]]:
        """(time, whether it was gone) of every time that one of the addresses was found to be gone, or back; sorted."""
        return sorted(
            (at, bool(is_gone))
            for url in sorted(set(urls))
            for at, is_gone in self.connection.execute(
                "select at, is_gone from presence where url = ?", (url,)
            )
        )

    def wait_again(self, url: str) -> None:
        """Let the pages of an address be read anew by the next build."""
        self.connection.execute(
            "update readings set state = 0 where page_id in (select id from pages where url = ?)", (url,)
        )

    def validators(self, url: str) -> tuple[str, str]:
        """The ETag and Last-Modified of the address's last fetched page, "" where it gave none."""
        row = self.connection.execute(
            "select headers from pages where url = ? and path = '' order by fetched_at desc, id desc limit 1",
            (url,),
        ).fetchone()
        headers = {k.lower(): v for k, v in json.loads(row[0]).items()} if row else {}
        return headers.get("etag", ""), headers.get("last-modified", "")

    def fetched_since(self, url: str, when: str) -> bool:
        """Was the address seen at that time or later? So a run that goes on skips what it has."""
        row = self.connection.execute(
            "select last_seen_at >= ? from addresses where url = ?", (when, url)
        ).fetchone()
        return bool(row and row[0])

    def urls(self, source: str) -> list[str]:
        """Every address kept of that source, sorted."""
        rows = self.connection.execute(
            "select distinct url from pages where source = ? order by url", (source,)
        )
        return [row[0] for row in rows]

    def standing(self, source: str) -> Iterator[tuple[str, bool]]:
        """(trial, whether its source no longer has it) of every trial that source has a page about, sorted."""
        yield from (
            (trial_id, bool(is_removed))
            for trial_id, is_removed in self.connection.execute(
                "select r.trial_id, max(a.removed_at) is not null"
                " and max(a.removed_at) >= max(case p.path when '' then a.last_seen_at else '' end)"
                " from readings r join pages p on p.id = r.page_id join addresses a using (url)"
                " where p.source = ? and r.trial_id is not null"
                " group by r.trial_id order by r.trial_id",
                (source,),
            )
        )

    def urls_of(self, source: str, trial_id: str) -> list[str]:
        """Every address of that source whose pages are about a trial, sorted."""
        rows = self.connection.execute(
            "select distinct p.url from readings r join pages p on p.id = r.page_id"
            " where r.trial_id = ? and p.source = ? order by p.url",
            (trial_id, source),
        )
        return [row[0] for row in rows]

    def standing_urls(self, source: str) -> list[str]:
        """Every address of that source that was never said to be gone, or came back; sorted."""
        rows = self.connection.execute(
            "select distinct p.url from pages p join addresses a using (url)"
            " where p.source = ? and a.removed_at is null order by p.url",
            (source,),
        )
        return [row[0] for row in rows]

    def waiting(self) -> Iterator[StoredPage]:
        """The pages not yet in trials.db, oldest arrival first."""
        yield from self.pages(self.waiting_ids())

    def waiting_ids(self) -> list[int]:
        """The row ids of the pages not yet in trials.db, in order of arrival."""
        rows = self.connection.execute("select page_id from readings where state = 0 order by page_id")
        return [page_id for (page_id,) in rows]

    def pages(self, ids: Iterable[int]) -> Iterator[StoredPage]:
        """The pages of those row ids, in their order."""
        for page_id in ids:
            yield from self._stored("p.id = ?", (page_id,))

    def pages_of(self, trial_id: str) -> list[StoredPage]:
        """All pages about one trial; the order says nothing."""
        return list(self._stored("r.trial_id = ?", (trial_id,)))

    def _stored(self, where: str, values: tuple[object, ...]) -> Iterator[StoredPage]:
        cursor = self.connection.execute(
            f"select {_PAGE_COLUMNS}, {_BASE if self.has_deltas else 'null'} from readings r join pages p on p.id = r.page_id join addresses a using (url) where {where} order by p.id",
            values,
        )
        for row in cursor:
            page = Page(
                source=row[1],
                url=row[2],
                fetched_at=row[3],
                status=row[4],
                headers=json.loads(row[5]),
                name=row[6],
                path=row[7],
                body=self.body(row[9], row[13]),
            )
            yield StoredPage(row[0], page, row[8], row[10], row[11], row[12])

    def body(self, packed: bytes, base_id: int | None) -> bytes:
        """A stored body as it came; `base_id` is the page that it is kept as a difference of, if any."""
        if base_id is None:
            return packing.unpack(packed)
        (base,) = self.connection.execute("select body from pages where id = ?", (base_id,)).fetchone()
        return packing.with_difference(packed, packing.unpack(base))

    def keep_difference(self, page_id: int, base_id: int, packed: bytes) -> None:
        """Keep a page as its difference from another page, which stands for itself."""
        self.connection.execute("update pages set body = ? where id = ?", (packed, page_id))
        self.connection.execute("insert or replace into deltas values (?, ?)", (page_id, base_id))

    def make_whole(self, url: str) -> None:
        """Let every version of an address stand for itself again, before one of them may leave."""
        rows = self.connection.execute(
            "select id, body, base_id from deltas join pages on id = page_id where url = ?", (url,)
        ).fetchall()
        for page_id, packed, base_id in rows:
            body = packing.pack(self.body(packed, base_id))
            self.connection.execute("update pages set body = ? where id = ?", (body, page_id))
            self.connection.execute("delete from deltas where page_id = ?", (page_id,))

    def assign(self, page_id: int, trial_id: str | None, parser_version: str) -> None:
        """Note which trial the page is about; None when it holds none."""
        self.connection.execute(
            "update readings set trial_id = ?, parser_version = ? where page_id = ?",
            (trial_id, parser_version, page_id),
        )

    def done(self, page_ids: Iterable[int]) -> None:
        """Mark pages whose trials are committed to trials.db."""
        with self.transaction():
            self.connection.executemany(
                "update readings set state = 1 where page_id = ?", [(i,) for i in page_ids]
            )

    def all_done(self) -> None:
        """Mark every page: the whole database was made anew."""
        self.connection.execute("update readings set state = 1 where state = 0")

    def page_ids(self) -> list[int]:
        """The row ids of all pages, in order of arrival."""
        return [
            page_id for (page_id,) in self.connection.execute("select page_id from readings order by page_id")
        ]

    def page_counts(self) -> tuple[int, int]:
        """How many pages wait for the database, and how many there are."""
        row = self.connection.execute(
            "select count(*) filter (where state = 0), count(*) from readings"
        ).fetchone()
        return int(row[0]), int(row[1])

    def count_trials(self) -> int:
        """How many trials the pages are about."""
        row = self.connection.execute("select count(distinct trial_id) from readings").fetchone()
        return int(row[0])

    def trial_ids(self) -> Iterator[str]:
        """Every trial that some page is about, sorted."""
        for row in self.connection.execute(
            "select distinct trial_id from readings where trial_id is not null order by trial_id"
        ):
            yield row[0]

    def last_seen(self) -> Iterator[tuple[str, str]]:
        """(last_seen_at, trial_id) of every trial."""
        yield from self.connection.execute(
            "select max(a.last_seen_at), r.trial_id from readings r join pages p on p.id = r.page_id"
            " join addresses a using (url) where r.trial_id is not null group by r.trial_id"
        )

    def newest(self) -> str | None:
        """The latest time at which any address was seen."""
        (when,) = self.connection.execute("select max(last_seen_at) from addresses").fetchone()
        return str(when) if when else None

    def counts(self) -> dict[str, int]:
        """Pages per source, for checks and messages."""
        return dict(
            self.connection.execute("select source, count(*) from pages group by source order by source")
        )
