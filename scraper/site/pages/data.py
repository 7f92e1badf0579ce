"""What can be taken away: the file, its tables, and how to ask it from other programs."""

import sqlite3
from pathlib import Path
from typing import Any

from scraper.site.links import DATABASE
from scraper.site.pages.schema import counted, table_names
from scraper.site.rows import meta

AGE_SQL = (
    "(minimum_age_years is null or minimum_age_years <= x)\n"
    "and (maximum_age_before_years is null or x < maximum_age_before_years)"
)
EXAMPLES = (
    {
        "title": "SQLite",
        "code": "sqlite3 trials.db \"select trial_id, brief_title from trials where overall_status = 'RECRUITING'"
        " and (minimum_age_years is null or minimum_age_years <= 34)"
        ' and (maximum_age_before_years is null or 34 < maximum_age_before_years)"',
    },
    {
        "title": "pandas",
        "code": "import sqlite3\nimport pandas\n\n"
        'trials = pandas.read_sql("select * from trials", sqlite3.connect("trials.db"))\n'
        'trials.groupby("overall_status").size()',
    },
    {
        "title": "polars",
        "code": "import polars\n\n"
        "limits = polars.read_database_uri(\n"
        '    "select * from criteria_constraints where variable = \'ecog\'", "sqlite://trials.db"\n)\n'
        'limits.group_by("comparator", "value").len()',
    },
    {
        "title": "R",
        "code": 'library(DBI)\ndb <- dbConnect(RSQLite::SQLite(), "trials.db", flags = RSQLite::SQLITE_RO)\n'
        'dbGetQuery(db, "select phase, count(*) as trials from trials group by phase")',
    },
)


def data(connection: sqlite3.Connection) -> dict[str, Any]:
    """Tables with their rows, and examples."""
    names = table_names(connection)
    rows, exact = counted(connection, names)
    facts = meta(connection)
    return {
        "heading": "Data",
        "exact": exact,
        "snapshot": facts.get("snapshot_at", ""),
        "tables": [{"name": name, "rows": rows.get(name)} for name in names],
        "age_sql": AGE_SQL,
        "examples": EXAMPLES,
    }


def file_facts(datasette: Any) -> dict[str, Any]:
    """The size of the file, and whether and with which checksum it can be downloaded: published copies only."""
    database = datasette.databases.get(DATABASE)
    path = Path(database.path) if database is not None and database.path else None
    if path is None or not path.exists():
        return {"download": False, "size": "unknown", "sha256": ""}
    immutable = not database.is_mutable
    return {
        "download": immutable and bool(datasette.setting("allow_download")),
        "size": _human(path.stat().st_size),
        "sha256": database.hash if immutable else "",
    }


def _human(size: int) -> str:
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"
        amount /= 1000
    raise AssertionError(size)
