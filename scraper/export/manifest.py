"""What stands beside the tables of an export, so that nobody has to guess: manifest, data package, a page to read.

Everything here depends on the database and the version of the program alone: no time of export, no path.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from scraper import __version__
from scraper.export.folder import MADE_BY, MANIFEST
from scraper.export.tables import Column, Table

DATA_PACKAGE = "datapackage.json"
README = "README.txt"
CHECKSUMS = "SHA256SUMS"

_FIELD_TYPES = {"INTEGER": "integer", "REAL": "number", "TEXT": "string"}
_MEDIA_TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
}
_TITLE = (
    "Clinical trials: registry records, eligibility criteria as rows, every contradiction with both quotes"
)
_NOTES = {
    "parquet": "INTEGER is int64 (yes and no are 1 and 0), REAL is double, TEXT is string; NULL is null.",
    "csv": (
        'RFC 4180 in UTF-8 with a line of column names. NULL is an empty field and an empty text is "" in quotes.'
        " A reader that does not look at the quotes tells them apart by the column: one that is required in"
        " datapackage.json is never NULL. Values are unchanged: a spreadsheet may take one that starts with ="
        " + - or @ for a formula, so import the columns as text there instead of opening the file."
    ),
    "ndjson": "UTF-8, one object a line with every column of the table; NULL is null.",
}


class ExportedFile(NamedTuple):
    """A table as it was written; `size` in bytes."""

    table: Table
    name: str
    rows: int
    size: int
    sha256: str


def descriptions() -> dict[tuple[str, str], str]:
    """What each (table, column) means; (table, "") is the table itself."""
    dictionary = files("scraper").joinpath("site", "dictionary.csv")
    if not dictionary.is_file():
        return {}
    with dictionary.open(encoding="utf-8") as stream:
        return {(row["table"], row["column"]): _words(row) for row in csv.DictReader(stream)}


def _words(row: Mapping[str, str]) -> str:
    return f"{row['description']} Unit: {row['unit']}." if row["unit"] else row["description"]


def sources(meta: Mapping[str, str]) -> list[dict[str, str]]:
    """Name, title, licence and attribution of every source, as the table `meta` has them."""
    names = sorted(key.removeprefix("title_") for key in meta if key.startswith("title_"))
    facts = ("title", "licence", "attribution")
    return [{"name": name} | {fact: meta.get(f"{fact}_{name}", "") for fact in facts} for name in names]


def manifest(
    kind: str, exported: Sequence[ExportedFile], meta: Mapping[str, str], schema_step: str
) -> dict[str, Any]:
    """`manifest.json`: each file with its rows, bytes, SHA-256 and columns, and what the data is."""
    return {
        "made_by": MADE_BY,
        "program_version": __version__,
        "schema_step": schema_step,
        "snapshot_at": meta.get("snapshot_at", ""),
        "format": kind,
        "notes": _NOTES[kind],
        "sources": sources(meta),
        "files": [
            {
                "name": file.name,
                "table": file.table.name,
                "rows": file.rows,
                "bytes": file.size,
                "sha256": file.sha256,
                "columns": [
                    {"name": column.name, "sql_type": column.sql_type, "required": column.required}
                    for column in file.table.columns
                ],
            }
            for file in exported
        ],
        "beside": [DATA_PACKAGE, README, CHECKSUMS],
    }


def _snapshot(meta: Mapping[str, str]) -> str:
    when = meta.get("snapshot_at")
    return f"Snapshot of {when}" if when else "Snapshot of an empty database"


def data_package(
    kind: str,
    exported: Sequence[ExportedFile],
    meta: Mapping[str, str],
    described: Mapping[tuple[str, str], str],
) -> dict[str, Any]:
    """`datapackage.json`: https://datapackage.org/standard/data-package/"""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "trials",
        "title": _TITLE,
        "description": f"{_snapshot(meta)}. {_NOTES[kind]}",
        "sources": sources(meta),
        "resources": [_resource(kind, file, described) for file in exported],
    }


def _resource(kind: str, file: ExportedFile, described: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    table = file.table
    resource: dict[str, Any] = {
        "name": table.name,
        "path": file.name,
        "description": described.get((table.name, ""), ""),
        "format": kind,
        "mediatype": _MEDIA_TYPES[kind],
        "encoding": "utf-8",
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}",
        "schema": {
            "fields": [
                _field(kind, column, described.get((table.name, column.name), "")) for column in table.columns
            ],
            "missingValues": [""] if kind == "csv" else [],
        },
    }
    if table.primary_key:
        resource["schema"]["primaryKey"] = list(table.primary_key)
    if table.foreign_keys:
        resource["schema"]["foreignKeys"] = [
            {
                "fields": [key.column],
                "reference": {"fields": [key.other_column]}
                | ({} if key.other_table == table.name else {"resource": key.other_table}),
            }
            for key in table.foreign_keys
        ]
    if kind == "csv":
        resource["dialect"] = {"header": True, "delimiter": ",", "quoteChar": '"', "doubleQuote": True}
    return resource


def _field(kind: str, column: Column, description: str) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": _FIELD_TYPES[column.sql_type]}
    if description:
        field["description"] = description
    if column.required:
        field["constraints"] = {"required": True}
        if kind == "csv":
            field["missingValues"] = []  # an empty field of a required column is an empty text
    return field


def readme(kind: str, exported: Sequence[ExportedFile], meta: Mapping[str, str]) -> str:
    """The page for people; it ends with whose data this is."""
    lines = [
        _TITLE + ".",
        "",
        f"{_snapshot(meta)}, by trials {__version__}. Not medical advice: a registry's",
        "record may be wrong or old, and only the study's own staff can say whether a person may enter.",
        "",
        *(f"{file.name:34}{file.rows:>14,} rows" for file in exported),
        "",
        _NOTES[kind],
        "",
        f"What every column means stands in {DATA_PACKAGE}; rows, bytes and checksums in {MANIFEST}.",
        f"To check the files: sha256sum -c {CHECKSUMS}",
        "",
        "Whose data this is:",
    ]
    lines += [f"- {s['title']}. {s['attribution']}. Licence: {s['licence']}" for s in sources(meta)]
    return "\n".join(lines) + "\n"


def checksums(by_name: Mapping[str, str]) -> str:
    """`SHA256SUMS`, as `sha256sum -c` reads it."""
    return "".join(f"{digest}  {name}\n" for name, digest in by_name.items())


def as_json(value: object) -> str:
    """The text of a JSON file for people and programs."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
