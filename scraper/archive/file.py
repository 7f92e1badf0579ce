"""The file `archive.db` itself: its schema, opening and closing, transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from scraper.errors import DAMAGED, ArchiveError

FIRST_VERSION = 1
PRUNED_VERSION = 2
"""Some old versions are kept as differences (`archive.prune`): a program that knows nothing of it must not read on."""
SCHEMA_VERSION = PRUNED_VERSION

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

create table if not exists deltas (
    page_id integer primary key references pages(id),
    base_id integer not null references pages(id)
);

create index if not exists deltas_of on deltas(base_id);

create trigger if not exists deltas_leave after delete on pages begin
    delete from deltas where page_id = old.id;
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

create table if not exists presence (
    url text not null,
    at text not null,
    is_gone integer not null,
    primary key (url, at)
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

create table if not exists refusals (
    trial_id text not null,
    other_id text not null,
    because text not null,
    refused_at text not null,
    primary key (trial_id, other_id)
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


class ArchiveFile:
    """An open archive. Raises ArchiveError when the file is damaged, newer than this program or read-only."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        if read_only:
            self.connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=60)
            self.has_deltas = bool(self.connection.execute("pragma table_info(deltas)").fetchone())
            return
        self.has_deltas = True
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
                if not version:
                    self.connection.execute(f"pragma user_version = {FIRST_VERSION}")
        except (*DAMAGED, OSError) as error:
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
            self.connection.execute("commit")
        except BaseException:
            if self.connection.in_transaction:  # a full disk has ended it already
                self.connection.execute("rollback")
            raise

    def integrity(self) -> str:
        """ "ok", or the first thing SQLite finds wrong with the file."""
        return str(self.connection.execute("pragma integrity_check(1)").fetchone()[0])
