"""Rows -> CSV or NDJSON, each value as it is stored.

CSV is RFC 4180: lines end in CR LF, quotes are doubled. NULL is an empty field, an empty text is `""`.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from scraper.export.tables import Table
from scraper.store.rows import Row

_NEEDS_QUOTES = re.compile(r'[",\r\n]')


def write_csv(path: Path, table: Table, batches: Iterable[Sequence[Row]]) -> int:
    """Write a line of column names and one for every row; how many rows there were."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(column.name for column in table.columns)
        for rows in batches:
            for row in rows:
                if "" in row:  # Python's writer knows no difference between NULL and an empty text
                    stream.write(",".join(map(_field, row)) + "\r\n")
                else:
                    writer.writerow(row)
            count += len(rows)
    return count


def _field(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    if text and not _NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def write_ndjson(path: Path, table: Table, batches: Iterable[Sequence[Row]]) -> int:
    """Write an object a line, with every column of the row; how many rows there were."""
    count = 0
    names = [column.name for column in table.columns]
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as stream:
        for rows in batches:
            stream.writelines(encode(dict(zip(names, row, strict=True))) + b"\n" for row in rows)
            count += len(rows)
    return count
