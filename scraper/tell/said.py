"""Rows of `changes` made readable: what was different in parts, in the words that people read."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Protocol

from scraper.compare.changes import CRITERION
from scraper.compare.state import LISTS
from scraper.criteria.variables import BY_CODE
from scraper.tell.parts import Part, parts

Row = dict[str, Any]

_SOON = timedelta(days=1)
_QUANTITY = re.compile(r"\b[a-z][a-z0-9_]*(?= (?:[<>=]|no limit))")


class Words(Protocol):
    """What names of columns, and the words in them, are called; `site.labels` is one."""

    def field(self, name: str, /) -> str: ...

    def value(self, column: str, word: str, /) -> str: ...


def readable(rows: Iterable[Mapping[str, Any]], words: Words) -> list[Row]:
    """The rows with a "label", their "parts", their "detail" in words, and "learned" where that was later.

    Where single criteria are told, their whole text is not told again.
    """
    return [
        {
            **row,
            "label": label(row, words),
            "parts": _parts(row, words),
            "detail": detail(row.get("detail")),
            "learned": later(row["observed_at"], row.get("learned_at")),
        }
        for row in told(rows)
    ]


def told(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The rows without the whole texts whose single criteria are among them."""
    kept = [dict(row) for row in rows]
    single = {(row.get("trial_id"), row["observed_at"]) for row in kept if row["field"] == CRITERION}
    return [
        row
        for row in kept
        if row["field"] != "eligibility_criteria" or (row.get("trial_id"), row["observed_at"]) not in single
    ]


def later(dated: str, learned_at: str | None) -> str:
    """The day on which something was learned here, where that is more than a day after its date; else ""."""
    learned = (learned_at or "")[:10]
    # A date is as precise as stated: of "2026-03" nobody can say how long after it the 20th is.
    if len(dated) < len(learned):
        return learned if dated < learned[: len(dated)] else ""
    try:
        is_later = bool(learned) and date.fromisoformat(learned) - date.fromisoformat(dated[:10]) > _SOON
    except ValueError:  # in a file made by others
        is_later = dated[:10] < learned
    return learned if is_later else ""


def detail(text: str | None) -> str:
    """What a change did to the limits of a criterion, the quantities by their labels and signs as people write them."""
    said = _QUANTITY.sub(lambda code: BY_CODE[code[0]].label if code[0] in BY_CODE else code[0], text or "")
    return said.replace("<=", "≤").replace(">=", "≥").replace(" -> ", " → ")


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
