"""Where the records come from, how fresh they are, and what the index cannot do."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from scraper.site.rows import meta, select, stats
from scraper.site.titles import GAZETTEER, short_title, source_title, terms_of

MOST_RUNS = 20


def about(connection: sqlite3.Connection) -> dict[str, Any]:
    """Sources with their numbers and dates, and the facts about the file."""
    facts = meta(connection)
    counts = stats(connection, "records")
    sources = [
        {
            "source": name,
            "records": records,
            "oldest": facts.get(f"oldest_{name}", ""),
            "newest": facts.get(f"newest_{name}", ""),
            "title": source_title(facts, name),
        }
        for name, records in counts.items()
    ]
    terms = terms_of(facts, [*counts, GAZETTEER])
    return {
        "heading": "About this index",
        "sources": sources,
        "terms": terms,
        "facts": _facts(facts),
        "runs": last_runs(connection, facts),
    }


def _facts(facts: Mapping[str, str]) -> dict[str, str]:
    """What the file says of itself, in words; what it says of each source stands above."""
    return {
        label: _readers(facts) if name == "parser_versions" else shown(facts[name])
        for name, (label, shown) in _FACTS.items()
        if facts.get(name)
    }


def _count(text: str) -> str:
    return f"{int(text):,}" if text.isascii() and text.isdigit() else text


def _readers(facts: Mapping[str, str]) -> str:
    """The version of each source's reader: "ClinicalTrials.gov 3, ISRCTN registry 1"."""
    text = facts["parser_versions"]
    try:
        found = json.loads(text)
    except ValueError:  # a file made by others
        return text
    return ", ".join(
        f"{short_title(facts, name)} {str(version).removeprefix(f'{name}-')}"
        for name, version in found.items()
    )


_FACTS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "snapshot_at": ("Newest page", str),
    "trials": ("Trials", _count),
    "records": ("Records of sources", _count),
    "criteria": ("Single criteria", _count),
    "program_version": ("Made by version", str),
    "parser_versions": ("Versions of the readers", str),
    "links_version": ("Version of the rules that link trials", str),
}


def last_runs(connection: sqlite3.Connection, facts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The latest runs that fetched, newest first, each with its duration in words: "" for one that was cut off."""
    rows = select(
        connection,
        "select command, source, started_at, finished_at, expected, fetched, unchanged, failed from runs"
        " order by started_at desc, id desc limit :most",
        {"most": MOST_RUNS},
    )
    return [
        dict(row)
        | {
            "title": source_title(facts, row["source"]) if row["source"] else "several sources",
            "duration": _duration(row["started_at"], row["finished_at"]),
        }
        for row in rows
    ]


def _duration(began: str, ended: str | None) -> str:
    """ "2 h 05 min", "3 min 10 s", "12 s"; "" without an end, or where one of both is no time."""
    try:
        seconds = int((datetime.fromisoformat(ended or "") - datetime.fromisoformat(began)).total_seconds())
    except (ValueError, TypeError):  # a file made by others; a time with a zone against one without
        return ""
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"
    return f"{seconds // 60} min {seconds % 60:02} s" if seconds >= 60 else f"{max(seconds, 0)} s"
