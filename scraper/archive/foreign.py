"""An archive made elsewhere, read row by typed row: it may be damaged, newer, or no archive at all."""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
import zstandard

from scraper.archive import packing
from scraper.archive.file import SCHEMA_VERSION
from scraper.archive.formats import MAX_FILE_BYTES
from scraper.archive.store import Archive
from scraper.errors import DAMAGED, ArchiveError

TABLES = ("pages", "addresses", "aliases", "failures", "runs")

PAGE = "select source, status, headers, name, path, sha256, body from pages where id = ?"
_BASE = "select body from pages join deltas on id = base_id where page_id = ?"

_MAGIC = b"SQLite format 3\0"
_Row = TypeVar("_Row", bound=tuple[Any, ...])
# Days that there are: elsewhere these times are added to.
_YEAR, _LEAP_YEAR = r"(19[7-9]\d|20\d\d)", "(19|20)([02468][048]|[13579][26])"
_DAY = r"((0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
Time = Annotated[
    str,
    msgspec.Meta(pattern=rf"^({_YEAR}-{_DAY}|{_LEAP_YEAR}-02-29)T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$"),
]
_Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Refused(NamedTuple):
    """Something of the other file that does not come over; `field` says which part of it."""

    field: str
    found: str
    expected: str


class Listed(NamedTuple):
    """A page without its body."""

    id: int
    source: str
    fetched_at: Time
    sha256: _Digest


class Content(NamedTuple):
    """A page's own columns as they are stored; `body` is compressed, `headers` JSON."""

    source: str
    status: int
    headers: str
    name: str
    path: str
    sha256: str
    body: bytes


class Address(NamedTuple):
    url: str
    last_seen_at: Time
    removed_at: Time | None


class Presence(NamedTuple):
    """When an address was found to be gone, or to be there again."""

    at: Time
    is_gone: int


class Search(msgspec.Struct, frozen=True):
    """The arguments of a run, as far as `trials update` reads them."""

    query: str = ""
    urls: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None
    since: Annotated[str, msgspec.Meta(pattern=rf"^(({_YEAR}-{_DAY}|{_LEAP_YEAR}-02-29))?$")] = ""


class Alias(NamedTuple):
    alias: str
    trial_id: str


class Failure(NamedTuple):
    url: str
    source: str
    source_id: str
    stage: str
    field: str
    found: str
    expected: str
    seen_at: str


def is_sqlite(path: Path) -> bool:
    """Is this file an SQLite database, whatever its name? False for one that cannot be read."""
    if not path.is_file():  # opening a pipe waits for whoever writes into it
        return False
    try:
        with path.open("rb") as stream:
            return stream.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def open_readonly(path: Path) -> sqlite3.Connection:
    """A connection that never writes, and runs nothing that a stranger's schema calls.

    Text that is no UTF-8 comes as bytes: it costs its own row, where SQLite's error would cost all that follow.
    """
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=60, isolation_level=None
    )
    connection.text_factory = _text
    connection.execute("pragma trusted_schema = off")
    connection.execute("pragma cell_size_check = on")
    return connection


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def foreign(archive: Archive, path: Path) -> Refused | None:
    """Why this SQLite file is no archive to be merged into `archive`; None when it is one."""
    expected = "an archive.db made by this program in another data folder"
    if archive.path.exists() and path.samefile(archive.path):
        return Refused("file", "the data folder's own archive", expected)
    try:
        other = open_readonly(path)
        try:
            (version,) = other.execute("pragma user_version").fetchone()
            tables = {
                name for (name,) in other.execute("select name from sqlite_master where type = 'table'")
            }
            alike = all(_columns(archive.connection, name) <= _columns(other, name) for name in TABLES)
            empty = alike and other.execute("select 1 from pages").fetchone() is None
        finally:
            other.close()
    except DAMAGED as error:
        return Refused("file", f"an SQLite file that cannot be read: {error}", expected)
    if "trials" in tables:
        return Refused("file", "a database of trials (trials.db), which is made from an archive", expected)
    if "pages" in tables and version > SCHEMA_VERSION:
        newer = f"an archive of version {version}; this program knows {SCHEMA_VERSION}"
        return Refused("file", newer, "that version or older: update the program")
    if not alike or version < 1:
        return Refused("file", "an SQLite file of something else", expected)
    return Refused("file", "an archive without a page", expected) if empty else None


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """The columns that are stored; none for a view or a virtual table, whose rows may be without end."""
    stored = "select 1 from sqlite_master where type = 'table' and rootpage > 0 and name = ?"
    if connection.execute(stored, (table,)).fetchone() is None:
        return set()
    return {row[1] for row in connection.execute(f"pragma table_info({table})")}


class Other:
    """The archive that is read. It counts what is odd about it: rows, pages that are damaged, sources unknown here."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        # Archives made before it have none.
        self.has_presence = bool(_columns(connection, "presence"))
        self.odd = 0
        self.damaged: set[str] = set()
        self.unknown: set[str] = set()

    def rows(self, query: str, values: tuple[object, ...], shape: type[_Row]) -> Iterator[_Row]:
        """The rows of a query that have the types of `shape`; the others are counted.

        Raises ArchiveError when the file is damaged there.
        """
        try:
            for row in self.connection.execute(query, values):
                try:
                    yield msgspec.convert(row, shape)
                except msgspec.ValidationError:
                    self.odd += 1
        except DAMAGED as error:
            raise ArchiveError(str(error)) from error

    def one(self, query: str, values: tuple[object, ...], shape: type[_Row]) -> _Row | None:
        """The first such row; None without one."""
        return next(iter(list(self.rows(query, values, shape))), None)

    def page(self, page_id: int) -> Content | None:
        """A page that stands for itself, whatever it is kept as there; None when it is odd or damaged."""
        found = self.one(PAGE, (page_id,), Content)
        base = self.one(_BASE, (page_id,), tuple[bytes]) if found and self.has("deltas") else None
        if found is None or base is None:
            return found
        try:
            if max(map(_unpacked_size, (base[0], found.body))) > MAX_FILE_BYTES:
                return None
            body = packing.with_difference(found.body, packing.unpack(base[0]))
        except zstandard.ZstdError:
            return None
        return found._replace(body=packing.pack(body))

    def has(self, table: str) -> bool:
        """Whether the other archive has this table at all."""
        return bool(_columns(self.connection, table))

    def refusals(self) -> Iterator[Refused]:
        """What was odd so far, in words."""
        if self.odd:
            found = f"{self.odd:,} rows with values of a wrong type or form"
            yield Refused("rows", found, "rows as this program writes them")
        if self.damaged:
            found = f"pages of {len(self.damaged):,} addresses that are damaged, as of {min(self.damaged)}"
            yield Refused("body", found, "pages with the bytes that their checksum says")
        if self.unknown:
            found = f"pages of sources unknown here: {', '.join(map(repr, sorted(self.unknown)))}"
            yield Refused("source", found, "sources this program knows; update it and import again")


def is_whole(page: Content) -> bool:
    """Are the bytes those of the checksum, and the headers readable? Nothing unpacks to more than a file may."""
    try:
        msgspec.json.decode(page.headers, type=dict[str, str])
        if _unpacked_size(page.body) > MAX_FILE_BYTES:
            return False
        body = packing.unpack(page.body)
    except (msgspec.MsgspecError, zstandard.ZstdError):
        return False
    return hashlib.sha256(body).hexdigest() == page.sha256


def _unpacked_size(packed: bytes) -> int:
    return int(zstandard.get_frame_parameters(packed).content_size)
