"""What every table and column means, from `dictionary.csv`: source of /schema and of Datasette's metadata."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Entry:
    """One column; `column` is "" for the table itself. `who_trds` and `cdisc` are "" where nothing corresponds."""

    table: str
    column: str
    description: str
    unit: str
    example: str
    who_trds: str
    cdisc: str


@cache
def entries() -> dict[tuple[str, str], Entry]:
    """Every entry by table and column."""
    text = files("scraper.site").joinpath("dictionary.csv").read_text("utf-8")
    found = (Entry(**row) for row in csv.DictReader(text.splitlines()))
    return {(entry.table, entry.column): entry for entry in found}


def column_descriptions(table: str) -> dict[str, str]:
    """Description of each column of a table, with its unit."""
    return {
        entry.column: f"{entry.description} Unit: {entry.unit}." if entry.unit else entry.description
        for entry in entries().values()
        if entry.table == table and entry.column
    }


def tables() -> dict[str, str]:
    """Description of each table."""
    return {entry.table: entry.description for entry in entries().values() if not entry.column}
