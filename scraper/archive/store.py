"""The archive: every page as it came, compressed, with what is known of its address.

A page is written before it is parsed, and never again: what is read of it stands in `readings`. There `state` says
how far it has come, so that a killed run goes on where it stopped: 0 = arrived, 1 = its trial is in trials.db (or its
problem is). A later body of an address is dropped
only when it equals the last one kept.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

import zstandard

from scraper.errors import ArchiveError
from scraper.model import Page, Problem

SCHEMA_VERSION = 1

_SCHEMA = """
create table if not exists pages (
    id integer primary key,
    source text not null,
    url text not null,
    fetched_at text not null,
    status integer not null,
    headers text not null,
    name text not null,
    path text not null,
    sha256 text not null,
    body blob not null,
    unique (url, fetched_at, sha256)
);

create table if not exists readings (
    page_id integer primary key references pages(id),
    state integer not null default 0,
    trial_id text,
    parser_version text
);

create trigger if not exists pages_wait after insert on pages begin
    insert into readings (page_id) values (new.id);
end;

create trigger if not exists pages_leave after delete on pages begin
    delete from readings where page_id = old.id;
end;

create index if not exists readings_by_trial on readings(trial_id);

create index if not exists readings_waiting on readings(state) where state = 0;

create table if not exists addresses (
    url text primary key,
    last_seen_at text not null,
    removed_at text
) without rowid;

create table if not exists aliases (
    alias text primary key,
    trial_id text not null
) without rowid;

create table if not exists failures (
    url text not null,
    source text not null,
    source_id text not null,
    stage text not null,
    field text not null,
    found text not null,
    expected text not null,
    seen_at text not null,
    primary key (url, source_id, stage, field)
) without rowid;

create table if not exists runs (
    id integer primary key,
    command text not null,
    source text,
    arguments text not null,
    started_at text not null,
    finished_at text,
    resume_url text,
    expected integer,
    fetched integer not null default 0,
    unchanged integer not null default 0,
    failed integer not null default 0
);
"""


class StoredPage(NamedTuple):
    """A page with its place in the archive; `sha256` is of the raw body."""

    id: int
    page: Page
    sha256: str
    trial_id: str | None
    last_seen_at: str
    removed_at: str | None


class RunRow(NamedTuple):
    """One row of `runs`; `arguments` is JSON, times are UTC."""

    id: int
    command: str
    source: str | None
    arguments: str
    started_at: str
    finished_at: str | None
    resume_url: str | None
    expected: int | None
    fetched: int
    unchanged: int
    failed: int


_PAGE_COLUMNS = (
    "p.id, p.source, p.url, p.fetched_at, p.status, p.headers, p.name, p.path, p.sha256, p.body, r.trial_id,"
    " a.last_seen_at, a.removed_at"
)


class Archive:
    """An open archive. Raises ArchiveError when the file is damaged, newer than this program or read-only."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._compress = zstandard.ZstdCompressor(level=3).compress
        self._decompress = zstandard.ZstdDecompressor().decompress
        if read_only:
            self.connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=60)
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(path, isolation_level=None, timeout=60)
            version = self.connection.execute("pragma user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise ArchiveError(
                    f"{path} has archive version {version}; this program knows {SCHEMA_VERSION}: update the program"
                )
            with self.transaction():
                for statement in _SCHEMA.split(";\n\n"):
                    self.connection.execute(statement)
                if version != SCHEMA_VERSION:
                    self.connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
        except (sqlite3.Error, OSError) as error:
            raise ArchiveError(
                f"{path} cannot be opened for writing: {error}; expected an archive made by this program in a"
                " folder that can be written (choose another with --data)"
            ) from error

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested calls join the outer one."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    # ── pages ──────────────────────────────────────────────────────────────────────────────────────────

    def add(self, page: Page) -> bool:
        """Keep the page; False when the last kept body of its address is the same, byte for byte."""
        digest = hashlib.sha256(page.body).hexdigest()
        with self.transaction():
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
                        self._compress(page.body),
                    ),
                )
                new = cursor.rowcount == 1
            self.saw(page.url, page.fetched_at)
        return new

    def saw(self, url: str, when: str) -> None:
        """Remember that the address was there at that time; a vanished one that came back is no longer gone."""
        gone = self.connection.execute("select removed_at from addresses where url = ?", (url,)).fetchone()
        if gone and gone[0] and when > gone[0]:
            self.wait_again(url)
        self.connection.execute(
            "insert into addresses (url, last_seen_at) values (?, ?) on conflict (url) do update set"
            " last_seen_at = max(last_seen_at, excluded.last_seen_at),"
            " removed_at = case when excluded.last_seen_at > removed_at then null else removed_at end",
            (url, when),
        )

    def vanished(self, url: str, when: str) -> None:
        """Remember that the source no longer has the address; its pages stay, and its trial is rebuilt."""
        with self.transaction():
            self.connection.execute("update addresses set removed_at = ? where url = ?", (when, url))
            self.wait_again(url)

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
            f"select {_PAGE_COLUMNS} from readings r join pages p on p.id = r.page_id join addresses a using (url) where {where} order by p.id",
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
                body=self._decompress(row[9]),
            )
            yield StoredPage(row[0], page, row[8], row[10], row[11], row[12])

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

    # ── aliases: former ids of one trial in its registry ────────────────────────────────────────────────

    def alias(self, alias: str, trial_id: str) -> bool:
        """Remember that `alias` is a former id of `trial_id`; False when that was known."""
        known = self.resolve(alias)
        if known == trial_id:
            return False
        self.connection.execute("insert or replace into aliases values (?, ?)", (alias, trial_id))
        self.connection.execute("update readings set state = 0 where trial_id = ?", (alias,))
        return True

    def move_aliases(self) -> None:
        """Give pages kept under a former id to the trial it became: an alias may be learned late."""
        for (alias,) in self.connection.execute("select alias from aliases order by alias").fetchall():
            self.connection.execute(
                "update readings set trial_id = ? where trial_id = ?", (self.resolve(alias), alias)
            )

    def resolve(self, trial_id: str) -> str:
        """The current id of a trial; the id itself when it is no alias. An alias may lead to another one."""
        met = {trial_id}
        while True:
            row = self.connection.execute(
                "select trial_id from aliases where alias = ?", (trial_id,)
            ).fetchone()
            if row is None or row[0] in met:  # two records that name each other as their former id
                return trial_id
            trial_id = row[0]
            met.add(trial_id)

    # ── failures: files and pages that hold no trial ────────────────────────────────────────────────────

    def fail(self, problem: Problem) -> bool:
        """Keep a problem that belongs to no trial; False when it was known word for word."""
        key = (problem.url, problem.source_id, problem.stage, problem.field)
        row = self.connection.execute(
            "select found, expected from failures where url = ? and source_id = ? and stage = ? and field = ?",
            key,
        ).fetchone()
        if row == (problem.found, problem.expected):
            return False
        self.connection.execute(
            "insert or replace into failures values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                problem.url,
                problem.source,
                problem.source_id,
                problem.stage,
                problem.field,
                problem.found,
                problem.expected,
                problem.seen_at,
            ),
        )
        return True

    def settle(self, path: str, problems: Iterable[Problem]) -> None:
        """Make `problems` the failures of a saved file, beside those of its pages that would not parse.

        So a file that is mended and imported again loses its old problems.
        """
        kept = {(p.source_id, p.stage, p.field): p for p in problems}
        known = self.failures(path)
        # Pages have no index by path: with half a million files this must not be asked for each.
        unparsed = (
            known
            and self.connection.execute(
                "select 1 from pages join readings on page_id = id"
                " where path = ? and trial_id is null and parser_version is not null",
                (path,),
            ).fetchone()
        )
        for old in known:
            if (old.source_id, old.stage, old.field) not in kept and (old.stage == "archive" or not unparsed):
                self.connection.execute(
                    "delete from failures where url = ? and source_id = ? and stage = ? and field = ?",
                    (path, old.source_id, old.stage, old.field),
                )
        for problem in kept.values():
            self.fail(problem)

    def settle_page(self, where: str) -> None:
        """Forget that a page or file failed to parse: it has now yielded a trial."""
        self.connection.execute(
            "delete from failures where url = ? and stage in ('parse', 'normalise')", (where,)
        )

    def failures(self, url: str | None = None) -> list[Problem]:
        """Every problem that belongs to no trial, or those of one address or path; sorted."""
        rows = self.connection.execute(
            "select source, source_id, url, stage, field, found, expected, seen_at from failures"
            f"{'' if url is None else ' where url = ?'} order by url, source_id, stage, field",
            () if url is None else (url,),
        )
        return [
            Problem(
                source=r[0],
                source_id=r[1],
                url=r[2],
                stage=r[3],
                field=r[4],
                found=r[5],
                expected=r[6],
                seen_at=r[7],
            )
            for r in rows
        ]

    # ── runs ───────────────────────────────────────────────────────────────────────────────────────────

    def start_run(self, command: str, source: str | None, arguments: dict[str, object], now: str) -> RunRow:
        """A new run, or the unfinished one of the same command and arguments, to be gone on with.

        One that was left unfinished for longer than a day is not: its pages are no longer news.
        """
        words = json.dumps(arguments, sort_keys=True)
        with self.transaction():
            unfinished = self.connection.execute(
                "select id from runs where command = ? and source is ? and arguments = ? and finished_at is null"
                " and julianday(?) - julianday(started_at) between 0 and 1 order by id desc limit 1",
                (command, source, words, now),
            ).fetchone()
            if unfinished is None:
                cursor = self.connection.execute(
                    "insert into runs (command, source, arguments, started_at) values (?, ?, ?, ?)",
                    (command, source, words, now),
                )
                unfinished = (cursor.lastrowid,)
        return self._run(int(unfinished[0]))

    def _run(self, run_id: int) -> RunRow:
        return next(run for run in self.runs() if run.id == run_id)

    def note_run(self, run_id: int, **columns: object) -> None:
        """Write columns of a run's row: resume_url, counts, finished_at."""
        names = ", ".join(f"{name} = ?" for name in columns)
        self.connection.execute(f"update runs set {names} where id = ?", (*columns.values(), run_id))

    def runs(self) -> list[RunRow]:
        """Every run, oldest first."""
        return [
            RunRow(*row)
            for row in self.connection.execute(
                "select id, command, source, arguments, started_at, finished_at, resume_url, expected, fetched,"
                " unchanged, failed from runs order by id"
            )
        ]

    def integrity(self) -> str:
        """ "ok", or the first thing SQLite finds wrong with the file."""
        return str(self.connection.execute("pragma integrity_check(1)").fetchone()[0])
