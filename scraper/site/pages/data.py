"""What can be taken away: the file, its tables, and how to ask it from other programs."""

import json
import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import Any

from scraper.site.links import DATABASE
from scraper.site.pages.schema import counted, table_names
from scraper.site.rows import meta
from scraper.site.titles import used_terms

AGE_SQL = (
    "(minimum_age_years is null or minimum_age_years <= x)\n"
    "and (maximum_age_before_years is null or x < maximum_age_before_years)\n"
    "and ages_unread is null"
)
EXAMPLES = {
    "eligible.sql": "SQL",
    "limits_pandas.py": "pandas",
    "limits_polars.py": "polars",
    "limits.R": "R",
    "eligible.ipynb": "A notebook",
}
"""Files beside this package, each run by a test, and what they are shown as."""


def example(name: str) -> bytes:
    """The example as a file. Raises KeyError on a name that is none."""
    return files("scraper.site").joinpath("examples", {file: file for file in EXAMPLES}[name]).read_bytes()


def _examples() -> list[dict[str, str]]:
    """Names, titles and text; of the notebook its code alone."""
    shown = []
    for name, title in EXAMPLES.items():
        text = example(name).decode()
        if name.endswith(".ipynb"):
            cells = json.loads(text)["cells"]
            text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        shown.append({"name": name, "title": title, "code": text.strip()})
    return shown


def data(connection: sqlite3.Connection) -> dict[str, Any]:
    """Tables with their rows, and examples."""
    names = table_names(connection)
    rows, exact = counted(connection, names)
    facts = meta(connection)
    return {
        "heading": "Data",
        "exact": exact,
        "snapshot": facts.get("snapshot_at", ""),
        "sources": used_terms(connection, facts),
        "tables": [{"name": name, "rows": rows.get(name)} for name in names],
        "age_sql": AGE_SQL,
        "examples": _examples(),
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
