"""The tables that leave the database: their columns, keys and rows in an order that depends on the rows alone."""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from scraper.errors import StoreError
from scraper.store.rows import CHILD_TABLES, Row

EXPORTED = (
    "trials",
    "trial_text",
    "designs",
    *CHILD_TABLES,
    "inferred_terms",
    "mesh_names",
    "countries",
    "variables",
    "criteria",
    "criteria_constraints",
    "criteria_flags",
    "records",
    "changes",
    "versions",
    "conflicts",
    "links",
    "trial_groups",
    "refused_links",
    "mentions",
    "problems",
    "runs",
    "stats",
    "meta",
)
INTERNAL = frozenset(
    {
        "trial_digests",
        "search_filter",
        "search_codes",
        "synonyms",
        "learned_counts",
        "link_keys",
        "link_candidates",
    }
)
"""Tables that only the program itself uses: what it compares by, and what search learned from the others."""

BATCH_ROWS = 50_000
"""Rows in memory at a time, and in a row group of a Parquet file."""

# Rows of prose: some five kilobytes each, and ten times that at worst.
_LONG_ROWS = {"trial_text": 5_000}

_STORED_AS = {"INTEGER": "integer", "REAL": "real", "TEXT": "text"}


class Column(NamedTuple):
    """`sql_type` is INTEGER, REAL or TEXT; `required` says that it is never NULL."""

    name: str
    sql_type: str
    required: bool


class ForeignKey(NamedTuple):
    column: str
    other_table: str
    other_column: str


class Table(NamedTuple):
    """`primary_key` is () in a table whose rows are not told apart."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]


def tables(connection: sqlite3.Connection) -> list[Table]:
    """The tables of this database that are exported; one made by an older version may have fewer."""
    return [found for name in EXPORTED if (found := _table(connection, name)).columns]


def _table(connection: sqlite3.Connection, name: str) -> Table:
    described = connection.execute(f"pragma table_info({name})").fetchall()
    keys = sorted((key, column) for _, column, _, _, _, key in described if key)
    references = sorted(connection.execute(f"pragma foreign_key_list({name})").fetchall())
    return Table(
        name,
        tuple(
            Column(column, sql_type.upper(), bool(not_null or key))
            for _, column, sql_type, not_null, _, key in described
        ),
        tuple(column for _, column in keys),
        tuple(
            ForeignKey(column, other, other_column)
            for _, _, other, column, other_column, *_ in references
            if other in EXPORTED
        ),
    )


def batches(connection: sqlite3.Connection, table: Table) -> Iterator[list[Row]]:
    """The rows of a table in batches of a fixed size, in the order of the primary key, else of all columns.

    Raises StoreError when a value is not of its column's type, which no reader of the files would expect.
    """
    check_types(connection, table)
    names = ", ".join(column.name for column in table.columns)
    order = ", ".join(table.primary_key) or names
    cursor = connection.execute(f"select {names} from {table.name} order by {order}")
    size = _LONG_ROWS.get(table.name, BATCH_ROWS)
    while rows := cursor.fetchmany(size):
        yield rows


def check_all(connection: sqlite3.Connection) -> None:
    """Raises StoreError when any table, exported or not, has a value that is not of its column's type."""
    for name in (*EXPORTED, *sorted(INTERNAL)):
        if (table := _table(connection, name)).columns:
            check_types(connection, table)


def check_types(connection: sqlite3.Connection, table: Table) -> None:
    """Raises StoreError when a value is not of its column's type."""
    # "is null" would not do: of a column that may not be NULL, SQLite takes it for false without looking.
    wrong = " or ".join(
        f"typeof({column.name}) not in ('{_STORED_AS[column.sql_type]}'"
        + (")" if column.required else ", 'null')")
        + (f" or abs({column.name}) > 1.7976931348623157e308" if column.sql_type == "REAL" else "")
        for column in table.columns
    )
    odd = connection.execute(f"select * from {table.name} where {wrong} limit 1").fetchone()
    if odd is not None:
        raise StoreError(
            f"table {table.name!r} has a value that is not of its column's type, in the row that starts"
            f" {odd[:2]!r}; expected {', '.join(f'{c.name} {c.sql_type}' for c in table.columns)}:"
            " make the database anew with `trials build --full`"
        )


def schema_step(connection: sqlite3.Connection) -> str:
    """The name of the newest migration that the database has seen."""
    row = connection.execute(
        "select max(name) from _sqlite_migrations where migration_set = 'trials'"
    ).fetchone()
    return str(row[0])


def meta(connection: sqlite3.Connection) -> dict[str, str]:
    """The table `meta`: snapshot date, versions, licence and attribution of every source."""
    return dict(connection.execute("select key, value from meta order by key"))
