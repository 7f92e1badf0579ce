"""Saved files -> their bytes, one at a time: plain files, folders, .gz, .zip, and large files study by study.

Nothing is unpacked to disk, so names inside an archive cannot lead anywhere. A file of one study a line, a JSON
array and a table come in pieces, so that memory does not grow with the file; any other file is one piece, limited in
size. Which source a file belongs to is decided by its content, elsewhere.
"""

import gzip
import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from scraper.archive import pieces
from scraper.errors import ArchiveError

MAX_FILE_BYTES = 1 << 28
"""The most one study, or one file that is no list of studies, may unpack to: 256 MiB."""

WHOLE_BYTES = 1 << 25
"""Up to here a file is read in one piece: 32 MiB."""

# What the library raises over damaged archives, whatever its pages say: it trusts names, sizes and dates.
_DAMAGED = (
    zlib.error,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
_PACKED = b"PK\x03\x04"
_GZIPPED = b"\x1f\x8b"


class SavedFile(NamedTuple):
    """`path` is where it lies (``archive.zip/member.xml``, ``studies.ndjson:17``); `saved_at` its own time, UTC."""

    path: str
    name: str
    body: bytes
    saved_at: str


class Unreadable(NamedTuple):
    """A file that could not be read, and why."""

    path: str
    name: str
    found: str
    expected: str
    saved_at: str


def read(path: Path) -> Iterator[SavedFile | Unreadable]:
    """Every saved file under a path, in the order of their names.

    Raises ArchiveError when the path itself is missing.
    """
    if not path.exists():
        raise ArchiveError(f"{path} does not exist; expected a file or folder of saved pages or records")
    for file in _files(path) if path.is_dir() else iter([path]):
        if not file.is_file():
            yield Unreadable(
                name_of(file),
                name_of(Path(file.name)),
                "neither file nor folder",
                "a file that lies on a disk",
                "",
            )
            continue
        try:
            with file.open("rb") as stream:
                yield from _read(stream, name_of(file), saved_at(file))
        except OSError as error:
            yield Unreadable(
                name_of(file),
                name_of(Path(file.name)),
                f"a file that cannot be read: {error.strerror or error}",
                "",
                "",
            )


def name_of(file: Path) -> str:
    """Where a file lies, as text: bytes of its name that are no UTF-8 are written out, ``caf\\xe9.html``."""
    return os.fsencode(file).decode("utf-8", "backslashreplace")


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder; one folder's names are in memory, not those of half a million files."""
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            file = Path(where, name)
            if file.is_file():
                yield file


def saved_at(file: Path) -> str:
    """When the file was last changed: UTC, whole seconds."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(stream: BinaryIO, path: str, saved_at: str) -> Iterator[SavedFile | Unreadable]:
    name = path.rsplit("/", 1)[-1]
    magic = stream.read(4)
    stream.seek(0)
    try:
        if magic[:2] == _GZIPPED:
            inner = cast(BinaryIO, gzip.GzipFile(fileobj=stream))
            yield from _plain(inner, path, name.removesuffix(".gz"), saved_at)
        elif magic == _PACKED:
            yield from _members(stream, path)
        else:
            yield from _plain(stream, path, name, saved_at)
    except (*_DAMAGED, gzip.BadGzipFile) as error:
        yield Unreadable(
            path, name, f"a damaged or encrypted archive: {error}", "a whole .gz or .zip file", saved_at
        )


def _members(stream: BinaryIO, path: str) -> Iterator[SavedFile | Unreadable]:
    with zipfile.ZipFile(stream) as archive:
        for info in sorted(archive.infolist(), key=lambda member: member.filename):
            if info.filename.endswith("/"):
                continue
            inside = f"{path}/{info.filename}"
            try:
                saved_at = datetime(*info.date_time, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            except ValueError:
                saved_at = "1980-01-01T00:00:00Z"  # zip's own zero, for members with an impossible time
            try:
                with archive.open(info) as member:
                    yield from _member(cast(BinaryIO, member), inside, info.filename, saved_at)
            except (*_DAMAGED, OSError) as error:  # bz2 and gzip say OSError
                yield Unreadable(
                    inside, info.filename, f"a damaged member: {error}", "a whole member", saved_at
                )


def _member(member: BinaryIO, path: str, name: str, saved_at: str) -> Iterator[SavedFile | Unreadable]:
    head = member.read(WHOLE_BYTES + 1)
    if head[:4] == _PACKED:
        yield Unreadable(
            path, name, "an archive inside an archive", "pages or records; unpack it first", saved_at
        )
        return
    stream = cast(BinaryIO, io.BytesIO(head)) if len(head) <= WHOLE_BYTES else member
    stream.seek(0)
    if head[:2] == _GZIPPED:
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=stream))
    yield from _plain(stream, path, path.rsplit("/", 1)[-1].removesuffix(".gz"), saved_at)


def _plain(stream: BinaryIO, path: str, name: str, saved_at: str) -> Iterator[SavedFile | Unreadable]:
    head = stream.read(WHOLE_BYTES + 1)
    is_large = len(head) > WHOLE_BYTES
    if is_large:
        stream.seek(0)
    else:
        stream = io.BytesIO(head)
    if _is_one_study_a_line(head):
        for number, line in enumerate(iter(lambda: stream.readline(MAX_FILE_BYTES + 1), b""), 1):
            if len(line) > MAX_FILE_BYTES:
                yield Unreadable(
                    path, name, f"line {number} of more than 256 MiB", "one study a line", saved_at
                )
                return
            if line.strip():
                yield SavedFile(f"{path}:{number}", name, line, saved_at)
    elif pieces.array_at(head) is not None and (is_large or not pieces.is_json(head)):
        yield from _pieces(pieces.elements(stream, MAX_FILE_BYTES), path, name, saved_at)
    elif is_large and _is_table(head):
        yield from _pieces(pieces.table(stream), path, name, saved_at)
    else:
        body = stream.read(MAX_FILE_BYTES + 1) if is_large else head
        if len(body) > MAX_FILE_BYTES:
            expected = "one study a line (NDJSON), a JSON array of studies, a table, or one study a file"
            yield Unreadable(path, name, "more than 256 MiB in one piece", expected, saved_at)
        else:
            yield SavedFile(path, name, body, saved_at)


def _pieces(
    found: Iterator[pieces.Piece], path: str, name: str, saved_at: str
) -> Iterator[SavedFile | Unreadable]:
    for piece in found:
        where = f"{path}:{piece.number}"
        if piece.damage:
            yield Unreadable(where, name, piece.damage, "a whole list of studies", saved_at)
        else:
            yield SavedFile(where, name, piece.body, saved_at)


def _is_one_study_a_line(head: bytes) -> bool:
    """Is one of the first two lines a whole JSON object, and is there more than one line?"""
    lines = [line for line in head[: 1 << 24].split(b"\n", 3)[:3] if line.strip()]
    # An array may stand with an element a line too; its own first line is no object.
    first = lines[:1] if pieces.array_at(head) is not None else lines[:2]
    return len(lines) > 1 and any(
        line.lstrip()[:1] == b"{" and line.rstrip()[-1:] == b"}" and pieces.is_json(line) for line in first
    )


def _is_table(head: bytes) -> bool:
    """Does the first line look like names of columns?"""
    line = head[: 1 << 16].lstrip(b"\xef\xbb\xbf \r\n").partition(b"\n")[0]
    return line[:1] not in (b"<", b"{", b"[") and (line.count(b",") > 1 or line.count(b"\t") > 1)
