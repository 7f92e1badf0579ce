"""SQLite files of strangers: an archive.db given to `trials import`, a trials.db given to everything that reads one."""

import random
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from scraper import gather, ingest
from scraper.archive.store import Archive
from scraper.errors import ScraperError
from tests.commands import trials
from tests.fuzz.mutate import mutated
from tests.fuzz.reader import Reader
from tests.fuzz.target import Target
from tests.site_client import ask

_VALUES = (
    "null", "''", "0", "-1", "9e999", "1e308", "9223372036854775807", "0.5", "x'ff00'", "cast(x'ff' as text)", "zeroblob(3000000)",
    "hex(zeroblob(100000))", "'2026-02-30T99:99:99Z'", "'9999-12-31T23:59:59Z'", "'{'", "'[1]'", "'{\"query\": 5}'", "'../../../etc/passwd'",
    "char(0, 27, 8238)", "'<script>alert(1)</script>'", "'https://127.0.0.1/'", "'trialx'", "'NCT99000001'", "'99999999999'",
)  # fmt: skip
_SCHEMAS = (
    "drop table {t}",
    "delete from {t}",
    "alter table {t} rename to other",
    "alter table {t} drop column {c}",
    "alter table {t} add column g as (randomblob(9)) virtual",
    "create trigger t_{t} after insert on {t} begin delete from {t}; end",
    "create trigger t2_{t} before update on {t} begin select raise(abort, 'no'); end",
    "alter table {t} rename to real_{t}; create view {t} as select * from real_{t}",
    "alter table {t} rename to r; create view {t} as with recursive n(i) as (select 1 union all select i from n) select r.* from r, n",
    "drop table {t}; create virtual table {t} using fts5(x)",
    "create index i_{t} on {t}({c} collate nocase)",
    "pragma user_version = 99",
    "pragma user_version = -1",
    "pragma journal_mode = wal",
    "pragma page_size = 65536; vacuum",
    "pragma application_id = 7",
    "update sqlite_master set sql = replace(sql, ' text', ' blob') where name = '{t}'",
    "update sqlite_master set sql = 'create table {t}(x)' where name = '{t}'",
    "update sqlite_master set sql = replace(sql, 'text', 'text collate none') where name = '{t}'",
    "update sqlite_master set rootpage = rootpage + 1 where name = '{t}'",
    "update sqlite_master set rootpage = 3",
    "insert into {t} select * from {t}",
)


def readers(data: Path, folder: Path) -> list[Reader]:
    """`data` is a data folder whose files are the ones that accidents happen to."""
    archive, database = _small(data / "archive.db"), _small(data / "trials.db")
    return [
        Reader("foreign archive.db", [archive], _Merge(data, folder).run, _accident(folder), share=5),
        Reader("foreign trials.db", [database], _Read(folder).run, _accident(folder), share=1.5),
    ]


def _small(path: Path) -> bytes:
    """The file without what a former page held."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("vacuum")
    return path.read_bytes()


class _Accident:
    """Bytes of the file changed, or its rows and its schema by statements that a stranger may have run."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "hostile.db"

    def __call__(self, rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
        if rng.random() < 0.35:
            return self._bytes(rng, body, others)
        self.path.write_bytes(body)
        try:
            with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
                self._statements(rng, connection)
            return self.path.read_bytes()
        except sqlite3.Error:  # an earlier accident has left nothing to work on
            return self._bytes(rng, body, others)
        finally:
            for suffix in ("", "-wal", "-shm", "-journal"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _bytes(self, rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
        out = bytearray(body)
        for _ in range(rng.choice((1, 2, 8, 40))):
            # The head of a page says where everything else is.
            page = 4096 * rng.randrange(max(1, len(out) // 4096))
            at = page + rng.choice((rng.randrange(12), rng.randrange(100), rng.randrange(4096)))
            if at < len(out):
                out[at] = rng.choice((0, 255, rng.randrange(256), out[at] ^ 1 << rng.randrange(8)))
        if rng.random() < 0.15:
            one, other = (4096 * rng.randrange(max(1, len(out) // 4096)) for _ in range(2))
            out[one : one + 4096] = out[other : other + 4096]
        return mutated(rng, bytes(out), others) if rng.random() < 0.1 else bytes(out)

    def _statements(self, rng: random.Random, connection: sqlite3.Connection) -> None:
        connection.execute("pragma writable_schema = on")
        if rng.random() < 0.5:  # NOT NULL, UNIQUE and the like are promises of our schema alone
            connection.execute(
                "update sqlite_master set sql = replace(sql, ' not null', '') where type = 'table'"
            )
            connection.execute("pragma writable_schema = reset")
            connection.execute("pragma writable_schema = on")
        tables = [
            name
            for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
            if "_fts" not in name and not name.startswith("sqlite_")
        ]
        for _ in range(rng.choice((1, 1, 2, 4))):
            table = rng.choice(tables)
            columns = [row[1] for row in connection.execute(f"pragma table_info({table})")] or ["x"]
            if rng.random() < 0.65:
                some = rng.choice(("", " where rowid % 2 = 0", " limit 1")) if rng.random() < 0.3 else ""
                statement = f"update {table} set {rng.choice(columns)} = {rng.choice(_VALUES)}{some}"
            else:
                statement = rng.choice(_SCHEMAS).format(t=table, c=rng.choice(columns))
            try:
                for one in statement.split("; "):
                    connection.execute(one)
            except sqlite3.Error:
                continue  # what the schema forbids


def _accident(folder: Path) -> _Accident:
    return _Accident(folder)


class _Merge:
    """Imports such a file into an archive that holds something, and builds what it brought."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.path = folder / "stranger.db"
        self.target = Target()
        with closing(sqlite3.connect(data / "archive.db")) as connection:
            # Some of the pages are known, of some there is another version, and some are not.
            connection.execute("delete from pages where id % 3 = 0")
            connection.execute("update pages set fetched_at = '2024-01-01T00:00:00Z' where id % 3 = 1")
            connection.execute("delete from aliases")
            connection.execute("delete from runs")
            self.mine = connection.serialize()

    def run(self, body: bytes) -> int:
        for suffix in ("", "-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self.path.write_bytes(body)
        with Archive(Path(":memory:")) as archive:
            archive.connection.deserialize(self.mine)
            before = self._held(archive)
            ingest.import_paths(archive, [self.path], None, lambda *_: None)
            after = self._held(archive)
            assert before <= after, sorted(before - after)
            assert archive.integrity() == "ok"
            ingest.import_paths(archive, [self.path], None, lambda *_: None)
            assert self._held(archive) == after, "merging twice adds something"
            gather.past_searches(archive)
            for url, _ in after:
                archive.later(url, "2026-01-01T00:00:00Z")
            return self.target.build(archive)

    def _held(self, archive: Archive) -> set[tuple[str, str]]:
        return set(archive.connection.execute("select url, sha256 from pages"))


class _Read:
    """Asks the command line and the site about such a file."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "stranger"
        self.data.mkdir()
        self.path = self.data / "trials.db"
        self.asked = 0

    def run(self, body: bytes) -> int:
        for path in self.data.iterdir():
            path.unlink() if path.is_file() else shutil.rmtree(path)
        self.path.write_bytes(body)
        said = 0
        for command in (
            ("search", "lantern", "--recruiting", "--json"),
            ("search", "criteria: hemoglobin", "--near", "48.4,-4.5"),
            ("match", "--age", "34", "--sex", "female", "--condition", "drowsiness"),
            ("show", "NCT99000001"),
            ("show", "NCT99000001", "--json"),
            ("diff", "NCT99000001"),
            ("report", "--since", "2020-01-01"),
            ("check",),
            ("export", self.data / "out", "--format", ("csv", "ndjson", "parquet")[self.asked % 3]),
        ):
            result = trials(self.data, *command)
            assert result.exit_code in (0, 1, 2), (command, result.exit_code)
            assert "Traceback" not in result.output, command
            said += result.exit_code == 0
        self.asked += 1
        if self.asked % 4 == 0:
            try:
                ask(
                    self.path,
                    "/",
                    "/search?q=lantern",
                    "/trials/trials/NCT99000001",
                    "/dashboard",
                    "/feed.atom",
                )
            except (ScraperError, sqlite3.DatabaseError):  # what cannot be opened is not served
                return said
        return said
