"""Where each value of a trial comes from: which record says it, in which words, of what date, and since when."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from scraper.site import labels
from scraper.site.rows import Row, select
from scraper.site.titles import short_title

# What is shown, the fields of the history it is made of, and the column of `records` with the words it was read from.
_FIELDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Status", ("overall_status",), "status_raw"),
    ("Ages", ("minimum_age", "maximum_age", "ages_unread"), "age_raw"),
    ("Sex", ("sex",), "sex_raw"),
    ("Phase", ("phase",), "phase_raw"),
    ("Enrolment", ("enrollment", "enrollment_type"), ""),
    ("Sponsor", ("lead_sponsor",), "sponsor_raw"),
    ("Sponsor class", ("lead_sponsor_class",), ""),
    ("Study type", ("study_type",), ""),
    ("Healthy volunteers", ("healthy_volunteers",), ""),
    ("Allocation", ("allocation",), ""),
    ("Intervention model", ("intervention_model",), ""),
    ("Observational model", ("observational_model",), ""),
    ("Time perspective", ("time_perspective",), ""),
    ("Primary purpose", ("primary_purpose",), ""),
    ("Masking", ("masking",), ""),
    ("Start", ("start_date",), ""),
    ("Primary completion", ("primary_completion_date",), ""),
    ("Completion", ("completion_date",), ""),
    ("Last update", ("last_update_posted_date",), "updated_raw"),
)


def provenance(
    connection: sqlite3.Connection,
    trial: Row,
    design: Mapping[str, Any],
    records: Sequence[Row],
    facts: Mapping[str, str],
) -> list[dict[str, Any]]:
    """One row a value of the strip, the design and the dates: "shown", what the records "said", and "changed".

    The trial shows what its own source says; where that has several records of the trial, each is listed. Other
    sources are listed only where their words were kept.
    """
    values = {**design, **trial}
    changed = {
        row["field"]: row
        for row in select(
            connection,
            "select field, old, source, max(observed_at) as observed_at from changes"
            " where trial_id = ? group by field",
            (trial["trial_id"],),
        )
    }
    # The record the trial goes by first: the others add to it or contradict it.
    order = sorted(
        records, key=lambda row: (row["source"] != trial["source"], row["source_id"] != trial["source_id"])
    )
    found = []
    for label, fields, raw in _FIELDS:
        said = [
            {
                "title": f"{short_title(facts, row['source'])} {row['source_id']}",
                "url": row["url"],
                "words": _words(row, raw),
                "dated": row["updated_raw"],
                "fetched_at": row["fetched_at"],
            }
            for row in order
            if (row[raw] if raw else row["source"] == trial["source"])
        ]
        shown = _shown(fields, values)
        if shown and said:
            latest = max(
                (changed[field] for field in fields if field in changed),
                key=lambda row: str(row["observed_at"]),
                default=None,
            )
            found.append(
                {
                    "label": label,
                    "shown": shown,
                    "said": said,
                    "changed": latest["observed_at"] if latest else None,
                    "before": labels.value(latest["field"], latest["old"] or "not stated") if latest else "",
                }
            )
    return found


def _words(record: Row, raw: str) -> str:
    """The record's own words, with it when they could not be read whole."""
    if raw == "age_raw" and record.get("ages_unread"):
        return f"{record[raw]} (not read: {str(record['ages_unread']).replace('_', ' ').replace(' age m', ', m')})"
    return str(record[raw] or "") if raw else ""


def _shown(fields: Sequence[str], values: Mapping[str, Any]) -> str:
    """The value as the page shows it, "" when it is not stated."""
    first = values.get(fields[0])
    if fields[0] == "minimum_age":
        return labels.ages(first, values.get("maximum_age"), values.get("age_not_read", ""))
    if first is None:
        return ""
    match fields[0]:
        case "enrollment":
            kind = values.get("enrollment_type")
            return f"{first:,}" + (f" {str(kind).lower()}" if kind else "")
        case "healthy_volunteers":
            return "yes" if first else "no"
        case "overall_status" | "phase" | "sex" | "lead_sponsor_class" | "study_type" as name:
            return labels.value(name, first)
        case name if name.endswith("_date") or name == "lead_sponsor":
            return str(first)
        case _:
            return labels.words(str(first))
