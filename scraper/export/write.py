"""The whole way of an export: tables -> files -> manifest -> in place. Twice from one database gives equal bytes."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from scraper.errors import SettingsError
from scraper.export import manifest, text
from scraper.export.folder import MANIFEST, replacing
from scraper.export.manifest import ExportedFile
from scraper.export.tables import Table, batches, meta, schema_step, tables
from scraper.progress import Progress
from scraper.store.rows import Row

FORMATS = ("parquet", "csv", "ndjson")

_Writer = Callable[[Path, Table, Iterable[Sequence[Row]]], int]


class Exported(NamedTuple):
    """What an export wrote: rows by table, and the bytes of all tables."""

    rows: dict[str, int]
    size: int


def export(connection: sqlite3.Connection, directory: Path, kind: str, progress: Progress) -> Exported:
    """Write one file a table in that format, with manifest, data package and checksums.

    Everything is of one moment of the database. Raises SettingsError when the directory holds anything else or
    the format cannot be written here.
    """
    writer = _writer(kind)
    connection.execute("begin")
    try:
        with replacing(directory) as folder:
            exported = [
                _write_table(connection, table, folder / f"{table.name}.{kind}", writer, progress)
                for table in tables(connection)
            ]
            _write_beside(folder, kind, exported, meta(connection), schema_step(connection))
    finally:
        connection.execute("rollback")
    return Exported({file.table.name: file.rows for file in exported}, sum(file.size for file in exported))


def _writer(kind: str) -> _Writer:
    if kind == "csv":
        return text.write_csv
    if kind == "ndjson":
        return text.write_ndjson
    try:
        from scraper.export import parquet
    except ImportError:
        raise SettingsError(
            "Parquet needs pyarrow, which is not installed; install it with `pip install 'trials[export]'`, or choose"
            " --format csv or ndjson"
        ) from None
    return parquet.write


def _write_table(
    connection: sqlite3.Connection, table: Table, path: Path, writer: _Writer, progress: Progress
) -> ExportedFile:
    progress(f"export {table.name}", 0, None)

    def counted() -> Iterator[list[Row]]:
        done = 0
        for rows in batches(connection, table):
            yield rows
            done += len(rows)
            progress(f"export {table.name}", done, None)

    rows = writer(path, table, counted())
    progress(f"checksum of {path.name}", 0, None)
    return ExportedFile(table, path.name, rows, path.stat().st_size, _sha256(path))


def _write_beside(
    folder: Path,
    kind: str,
    exported: Sequence[ExportedFile],
    facts: dict[str, str],
    step: str,
) -> None:
    package = manifest.data_package(kind, exported, facts, manifest.descriptions())
    texts = {
        MANIFEST: manifest.as_json(manifest.manifest(kind, exported, facts, step)),
        manifest.DATA_PACKAGE: manifest.as_json(package),
        manifest.README: manifest.readme(kind, exported, facts),
    }
    digests = {file.name: file.sha256 for file in exported}
    for name, words in texts.items():
        (folder / name).write_text(words, encoding="utf-8", newline="\n")
        digests[name] = _sha256(folder / name)
    (folder / manifest.CHECKSUMS).write_text(manifest.checksums(digests), encoding="utf-8", newline="\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
