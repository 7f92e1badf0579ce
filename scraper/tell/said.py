"""Rows of `changes` made readable: what was different in parts, in the words that people read."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from scraper.compare.changes import CRITERION
from scraper.compare.state import LISTS
from scraper.tell.parts import Part, parts

Row = dict[str, Any]


class Words(Protocol):
    """What names of columns, and the words in them, are called; `site.labels` is one."""

    def field(self, name: str, /) -> str: ...

    def value(self, column: str, word: str, /) -> str: ...


def readable(rows: Iterable[Mapping[str, Any]], words: Words) -> list[Row]:
    """The rows with a "label" and their "parts". Where single criteria are told, their whole text is not told again."""
    kept = [dict(row) for row in rows]
    told = {(row.get("trial_id"), row["observed_at"]) for row in kept if row["field"] == CRITERION}
    return [
        {**row, "label": label(row, words), "parts": _parts(row, words)}
        for row in kept
        if row["field"] != "eligibility_criteria" or (row.get("trial_id"), row["observed_at"]) not in told
    ]


def label(row: Mapping[str, Any], words: Words) -> str:
    """The name of the field; of a criterion also what happened to it."""
    if row["field"] != CRITERION:
        return words.field(row["field"])
    return {
        "added": "New criterion",
        "removed": "Criterion gone",
        "reworded": "Criterion reworded",
        "limits": "Criterion with other limits",
        "kind": "Criterion of another kind",
    }.get(row.get("kind") or "", words.field(CRITERION))


def _parts(row: Mapping[str, Any], words: Words) -> list[Part]:
    old, new = (words.value(row["field"], row[side] or "") for side in ("old", "new"))
    if row["field"] in LISTS:
        old, new = old.replace("\n", "; "), new.replace("\n", "; ")
    if row["field"] in (CRITERION, *LISTS) and not (old and new):
        return [("del" if old else "ins", old or new)]
    if row["field"] == CRITERION and old == new:
        return [("same", new)]
    return parts(old, new)
