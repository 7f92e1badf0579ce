"""A former state of a trial as the differences of its rows to those of the newer state.

JSON: for a table of one row the columns that were different, {"set": {column: value}}; for a list the rows between
those at its beginning and end that are the same, {"first": 2, "last": 1, "columns": […], "rows": […]}.
"""

import json
from collections.abc import Mapping, Sequence

_Row = tuple[object, ...]
Tables = Mapping[str, Sequence[_Row]]

ONE_ROW = frozenset({"trials", "trial_text", "designs"})
LEFT_OUT = frozenset({"search_filter", "trial_digests", "versions"})
"""Tables of a trial that serve the present alone."""
# The present row's own is written with every run that changes something; a former one must not follow it.
_ALWAYS_KEPT = "last_seen_at"


def difference(older: Tables, newer: Tables, columns: Mapping[str, Sequence[str]]) -> str:
    """The older rows of a trial as JSON, by what they differ in from the newer ones."""
    found: dict[str, object] = {}
    for table, names in columns.items():
        if table in LEFT_OUT:
            continue
        old, new = older[table], newer[table]
        if table in ONE_ROW:
            changed = {
                name: _plain(before)
                for name, before, after in zip(names, old[0], new[0], strict=True)
                if before != after or name == _ALWAYS_KEPT
            }
            if changed:
                found[table] = {"set": changed}
        elif list(old) != list(new):
            found[table] = list_difference(old, new, names)
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def list_difference(old: Sequence[_Row], new: Sequence[_Row], names: Sequence[str]) -> dict[str, object]:
    """The rows of a list between those at its beginning and end that are the same, with the columns' names."""
    shortest = min(len(old), len(new))
    first = next((n for n in range(shortest) if old[n] != new[n]), shortest)
    rest = shortest - first
    last = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    kept = [n for n, name in enumerate(names) if name != "trial_id"]
    return {
        "first": first,
        "last": last,
        "columns": [names[n] for n in kept],
        "rows": [[_plain(row[n]) for n in kept] for row in old[first : len(old) - last]],
    }


def _plain(value: object) -> object:
    """SQLite has no truth values, and what is read back is compared with what it gives."""
    return int(value) if isinstance(value, bool) else value
