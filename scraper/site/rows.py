"""Rows of the database as plain dicts whose text is safe to print.

Scraped text may hold anything. What no reader can see but what can break an answer (control characters, the
characters that reverse the direction of text, the marks search uses for matched words) is taken out here,
once; escaping is the template's or the writer's business.
"""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]
Parameters = Mapping[str, Any] | Sequence[Any]

# C0 and C1 controls but tab and line feed; bidi embeddings, overrides and isolates; non-characters; our own marks.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ue000-\ue00f\ud800-\udfff]"
)


def clean(text: str) -> str:
    """The text without characters that cannot be printed; line breaks of any kind become line feeds."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def select(connection: sqlite3.Connection, sql: str, parameters: Parameters = ()) -> list[Row]:
    """All rows, text cleaned."""
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    return [
        {
            name: clean(value) if isinstance(value, str) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in cursor
    ]


def first(connection: sqlite3.Connection, sql: str, parameters: Parameters = ()) -> Row | None:
    """The first row, None when there is none."""
    return next(iter(select(connection, sql, parameters)), None)


def number(connection: sqlite3.Connection, sql: str, parameters: Parameters = ()) -> int:
    """The one number that a query such as ``select count(*)`` gives."""
    return int(connection.execute(sql, parameters).fetchone()[0] or 0)


def meta(connection: sqlite3.Connection) -> dict[str, str]:
    """The facts about the file, by name."""
    return {row["key"]: row["value"] for row in select(connection, "select key, value from meta")}


def stats(connection: sqlite3.Connection, name: str) -> dict[str, int]:
    """Precomputed counts of that name, largest first."""
    found = select(
        connection, "select key, value from stats where name = ? order by value desc, key", (name,)
    )
    return {row["key"]: row["value"] for row in found}
