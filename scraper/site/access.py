"""What visitors may do: look at the database, asked of Datasette in the words of its version, and in SQL of theirs."""

import sqlite3
from typing import Any

_NO_FUNCTIONS = frozenset({"fts3_tokenizer", "load_extension"})
"""The first gives out, and with two arguments takes, an address in this process's memory."""


def authorised(action: int, what: str | None, name: str | None, *_: str | None) -> int:
    """SQLite's authorizer: the file's place on this machine and functions that reach outside are nobody's business."""
    if action == sqlite3.SQLITE_PRAGMA and what == "database_list":
        return sqlite3.SQLITE_IGNORE  # no row and no error: Datasette asks it for attached files
    if action == sqlite3.SQLITE_FUNCTION and name in _NO_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


async def may_look(datasette: Any, request: Any, database: str) -> None:
    """Raises Datasette's Forbidden when the visitor may not: our pages keep the rules its own pages keep."""
    if hasattr(datasette, "ensure_permissions"):
        await datasette.ensure_permissions(request.actor, [("view-database", database), "view-instance"])
        return
    from datasette.resources import DatabaseResource

    await datasette.ensure_permission(
        action="view-database", resource=DatabaseResource(database=database), actor=request.actor
    )
