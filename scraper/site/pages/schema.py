"""The data dictionary: the tables there are, with what `dictionary.csv` says of them."""

import sqlite3
from typing import Any

from scraper.site.dictionary import entries, tables
from scraper.site.rows import Row, number, select

_FTS_PARTS = ("_data", "_idx", "_content", "_docsize", "_config")
_COUNT_UP_TO = 2_000_000


def table_names(connection: sqlite3.Connection) -> list[str]:
    """Tables in the dictionary's order, then others; SQLite's, the migrations' and full-text ones left out."""
    found = select(
        connection,
        "select name from sqlite_master where type = 'table' and sql not like 'create virtual%'"
        " and name not like 'sqlite~_%' escape '~' and name not like '~_%' escape '~' order by name",
    )
    names = {row["name"] for row in found}
    virtual = select(
        connection, "select name from sqlite_master where type = 'table' and sql like 'create virtual%'"
    )
    names -= {row["name"] + part for row in virtual for part in _FTS_PARTS}
    order = list(tables())
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


def counted(connection: sqlite3.Connection, names: list[str]) -> tuple[dict[str, int], bool]:
    """Rows of each table, and whether they are exact: in a big file those that ANALYZE saw have to do."""
    seen = {}
    if select(connection, "select 1 from sqlite_master where name = 'sqlite_stat1'"):
        for row in select(connection, "select tbl, stat from sqlite_stat1 where stat is not null"):
            seen[row["tbl"]] = int(str(row["stat"]).split()[0])
    if sum(seen.values()) > _COUNT_UP_TO:
        return seen, False
    return {name: number(connection, f'select count(*) from "{name}"') for name in names}, True


def schema(connection: sqlite3.Connection) -> dict[str, Any]:
    """Every table with its columns."""
    names = table_names(connection)
    rows, exact = counted(connection, names)
    return {
        "heading": "Data dictionary",
        "exact": exact,
        "who_items": _who_items(),
        "tables": [
            {
                "name": name,
                "rows": rows.get(name),
                "description": tables().get(name, ""),
                "columns": _columns(connection, name),
            }
            for name in names
        ],
    }


def _columns(connection: sqlite3.Connection, table: str) -> list[Row]:
    references = {
        row["from"]: row["table"]
        for row in select(connection, "select * from pragma_foreign_key_list(?)", (table,))
    }
    known = entries()
    found = []
    for row in select(connection, "select * from pragma_table_info(?)", (table,)):
        entry = known.get((table, row["name"]))
        found.append(
            {
                "name": row["name"],
                "type": str(row["type"]).lower(),
                "key": bool(row["pk"]),
                "references": references.get(row["name"], ""),
                "description": entry.description if entry else "",
                "unit": entry.unit if entry else "",
                "example": entry.example if entry else "",
                "who_items": ", ".join(_numbers(entry.who_trds)) if entry else "",
                "cdisc": entry.cdisc if entry else "",
            }
        )
    return found


def _numbers(items: str) -> list[str]:
    """The numbers of items such as "5 Primary sponsor; 6 Secondary sponsor(s)"."""
    return [item.split()[0] for item in items.split("; ") if item]


def _who_items() -> list[str]:
    """Every item that a column corresponds to, in the order of the numbers."""
    found = {item for entry in entries().values() for item in entry.who_trds.split("; ") if item}
    return sorted(found, key=lambda item: int(item.split()[0]))
