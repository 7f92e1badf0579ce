"""The real command line, run inside the test's process."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from scraper.cli import main


def trials(data: Path, *arguments: object) -> Result:
    """What `trials --data DATA ARGUMENTS…` does; a traceback of ours would fail the test."""
    result = CliRunner().invoke(main, ["--data", str(data), *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def trials_json(data: Path, *arguments: object) -> Any:
    """The JSON a command prints."""
    result = trials(data, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def rows(data: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of trials.db."""
    connection = sqlite3.connect(f"{(data / 'trials.db').as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def dump(data: Path) -> dict[str, list[str]]:
    """Every row of every table that is not part of a full-text index, to compare two databases by."""
    tables = rows(
        data,
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like '%_fts%'"
        " and name not like '_sqlite_%'",
    )
    return {name: sorted(map(repr, rows(data, f"select * from {name}"))) for (name,) in tables}
