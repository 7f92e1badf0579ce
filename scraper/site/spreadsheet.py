"""CSV that a spreadsheet shows and does not run."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from scraper.site.rows import Row

_RUNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def written(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """The rows as CSV with a heading; text a spreadsheet would take for a formula stands behind an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe(row[name]) for name in columns])
    return out.getvalue()


def safe(value: Any) -> Any:
    """The value; text that begins like a formula, also behind spaces, gets an apostrophe in front."""
    if isinstance(value, str) and value.lstrip(" \n\u00a0\u200b\ufeff").startswith(_RUNS):
        return f"'{value}"
    return value
