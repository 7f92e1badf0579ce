"""Saved files -> their bytes, one at a time: plain files, folders, .gz, .zip, and NDJSON line by line.

Nothing is unpacked to disk, so names inside an archive cannot lead anywhere; what a member unpacks to is
limited. Which source a file belongs to is decided by its content, elsewhere.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from scraper.errors import ArchiveError

MAX_FILE_BYTES = 1 << 28
"""The most one file or member may unpack to: 256 MiB."""


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
    files = (p for p in sorted(path.rglob("*")) if p.is_file()) if path.is_dir() else iter([path])
    for file in files:
        try:
            with file.open("rb") as stream:
                yield from _read(stream, str(file), saved_at(file))
        except OSError as error:
            yield Unreadable(
                str(file), file.name, f"a file that cannot be read: {error.strerror or error}", "", ""
            )


def saved_at(file: Path) -> str:
    """When the file was last changed: UTC, whole seconds."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(stream: BinaryIO, path: str, saved_at: str) -> Iterator[SavedFile | Unreadable]:
    name = path.rsplit("/", 1)[-1]
    magic = stream.read(4)
    stream.seek(0)
    try:
        if magic[:2] == b"\x1f\x8b":
            inner = gzip.GzipFile(fileobj=stream)
            yield from _plain(inner, path, name.removesuffix(".gz"), saved_at)
        elif magic == b"PK\x03\x04":
            yield from _members(stream, path)
        else:
            yield from _plain(stream, path, name, saved_at)
    except (
        zlib.error,
        EOFError,
        gzip.BadGzipFile,
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
    ) as error:
        yield Unreadable(
            path, name, f"a damaged or encrypted archive: {error}", "a whole .gz or .zip file", saved_at
        )


def _members(stream: BinaryIO, path: str) -> Iterator[SavedFile | Unreadable]:
    with zipfile.ZipFile(stream) as archive:
        for info in sorted(archive.infolist(), key=lambda member: member.filename):
            if info.is_dir():
                continue
            inside = f"{path}/{info.filename}"
            try:
                saved_at = datetime(*info.date_time, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            except ValueError:
                saved_at = "1980-01-01T00:00:00Z"  # zip's own zero, for members with an impossible time
            try:
                with archive.open(info) as member:
                    # A ZipExtFile cannot always seek back, and an archive in an archive needs that.
                    body = member.read(MAX_FILE_BYTES + 1)
            except (zlib.error, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
                yield Unreadable(
                    inside, info.filename, f"a damaged member: {error}", "a whole member", saved_at
                )
                continue
            if body[:4] == b"PK\x03\x04":
                yield Unreadable(
                    inside,
                    info.filename,
                    "an archive inside an archive",
                    "pages or records; unpack it first",
                    saved_at,
                )
            else:
                yield from _plain(io.BytesIO(body), inside, inside.rsplit("/", 1)[-1], saved_at)


def _plain(
    stream: BinaryIO | gzip.GzipFile, path: str, name: str, saved_at: str
) -> Iterator[SavedFile | Unreadable]:
    first = stream.readline(MAX_FILE_BYTES + 1)
    if _is_study_line(first) and (second := stream.readline(MAX_FILE_BYTES + 1)).strip():
        for number, line in enumerate(_lines(stream, first, second), 1):
            if line.strip():
                yield SavedFile(f"{path}:{number}", name, line, saved_at)
        return
    body = first + (second if _is_study_line(first) else b"") + stream.read(MAX_FILE_BYTES + 1 - len(first))
    if len(body) > MAX_FILE_BYTES:
        yield Unreadable(
            path, name, "more than 256 MiB in one piece", "one study a line (NDJSON), or one a file", saved_at
        )
    else:
        yield SavedFile(path, name, body, saved_at)


def _is_study_line(line: bytes) -> bool:
    """Is this line a whole JSON object, so that the file may be one study a line?"""
    stripped = line.strip()
    return stripped.startswith(b"{") and stripped.endswith(b"}") and line.endswith(b"\n")


def _lines(stream: BinaryIO | gzip.GzipFile, first: bytes, second: bytes) -> Iterator[bytes]:
    yield first
    yield second
    while line := stream.readline(MAX_FILE_BYTES + 1):
        yield line
