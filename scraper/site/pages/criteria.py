"""The criteria of a trial by kind, each with the limits read from it as short words."""

import re
import sqlite3
from collections import defaultdict
from typing import Any

from scraper.site.charts import short
from scraper.site.rows import Row, select

_KINDS = (
    ("inclusion", "Inclusion: all must apply"),
    ("exclusion", "Exclusion: none may apply"),
    ("unknown", "Not said which"),
)
# A heading that says no more than the kind, which the page says already.
_KIND_ONLY = re.compile(
    r"\W*(?:(?:key|main|major|general|patient|subject)\s+)?(?:inclusion|exclusion|eligibility)(?:\s+criteria)?\W*",
    re.IGNORECASE,
)
# The vocabulary's label explains; a chip has no room for that.
_SHORT = {"time_window": "Time", "ecog": "ECOG"}
_SIGNS = {">=": "≥", "<=": "≤"}


def criteria(connection: sqlite3.Connection, trial_id: str) -> list[dict[str, Any]]:
    """Groups with a label and rows; a row has its text, depth, chips, and the section it begins."""
    chips = defaultdict(list)
    for row in select(
        connection,
        "select c.*, v.label from criteria_constraints c left join variables v on v.code = c.variable"
        " where c.trial_id = ? order by c.criterion_id, c.position",
        (trial_id,),
    ):
        chips[row["criterion_id"]].append(chip(row))
    rows = select(connection, "select * from criteria where trial_id = ? order by position", (trial_id,))
    groups = []
    for kind, label in _KINDS:
        section: str | None = None
        shown = []
        for row in (row for row in rows if row["kind"] == kind):
            begins = row["section"] if row["section"] and row["section"] != section else ""
            begins = "" if _KIND_ONLY.fullmatch(begins) else begins
            section = row["section"] or section
            shown.append({**row, "chips": list(dict.fromkeys(chips[row["id"]])), "new_section": begins})
        if shown:
            groups.append({"kind": kind, "label": label, "rows": shown})
    return groups


def chip(row: Row) -> str:
    """A limit in short words: "Haemoglobin ≥ 9 g/dL", "Time ≥ 14 days, if untreated"."""
    sign = _SIGNS.get(row["comparator"], row["comparator"])
    label = _SHORT.get(row["variable"]) or row["label"] or row["variable"].replace("_", " ")
    parts = [f"{label} {sign} {amount(row['value'])}"]
    if row["unit"]:
        parts.append(f" {row['unit']}")
    if row["window_value"] is not None:
        parts.append(f" within {amount(row['window_value'])} {row['window_unit'] or ''}".rstrip())
    if row["conditional"]:
        parts.append(
            f", {short(row['condition_text'], 60)}" if row["condition_text"] else ", under a condition"
        )
    return "".join(parts)


def amount(value: float) -> str:
    """A number as people write it: 9, 0.5, 100,000."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}" if abs(value) >= 10_000 else str(int(value))
    return f"{value:.10g}"
