"""How many records of each source have a status, an age, a sex, a phase, a sponsor and criteria, and why others do not.

A record may say nothing (the source's own reason is declared in its module), have words that stand for no value of
ours ("N/A", "Other"), or say what could not be read (a row of `problems`).
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from scraper.progress import Progress, untold
from scraper.sources import SOURCES

_STATED = {
    "status": "r.status_raw",
    "age": "r.age_raw",
    "sex": "r.sex_raw",
    "phase": "r.phase_raw",
    "sponsor": "r.sponsor_raw",
    "criteria": "x.eligibility_criteria",
}
FIELDS = tuple(_STATED)
# What the word became. Limits of age that are stated as none are no limit, which is a value.
_READ = {
    "status": "t.overall_status is not null",
    "age": "t.minimum_age is not null or t.maximum_age is not null",
    "sex": "t.sex is not null",
    "phase": "t.phase is not null",
    "sponsor": "t.lead_sponsor is not null",
    "criteria": "exists (select 1 from criteria c where c.trial_id = t.trial_id)",
}
_PROBLEMS = {
    "status": ("overall_status",),
    "age": ("age", "minimum_age", "maximum_age"),
    "sex": ("sex",),
    "phase": ("phase",),
    "sponsor": ("lead_sponsor", "sponsors"),
    "criteria": ("eligibility_criteria",),
}
_WORDS_SHOWN = 4


@dataclass
class Filled:
    """One field of one source, over its whole records that a trial's page is made of."""

    name: str
    stated: int = 0
    read: int = 0
    unread: int = 0
    reason: str = ""
    none_words: list[tuple[str, int]] = field(default_factory=list)
    """Words that stand for none, with their records, the commonest first."""


@dataclass
class SourceFill:
    """`records` are those counted; `partial` ones were asked for some fields only, `other` ones stand behind another
    source's record of the same trial."""

    source: str
    records: int
    partial: int
    other: int
    fields: list[Filled]


def measure(connection: sqlite3.Connection, progress: Progress = untold) -> list[SourceFill]:
    """One entry a source that has records, in the order of the list of sources."""
    counts = {
        source: (whole, partial, other)
        for source, whole, partial, other in connection.execute(
            "select r.source, sum(not r.is_partial and t.trial_id is not null), sum(r.is_partial),"
            " sum(not r.is_partial and t.trial_id is null) from records r left join trials t"
            " on t.source = r.source and t.source_id = r.source_id group by 1"
        )
    }
    found = []
    for source in SOURCES:
        if source.name not in counts:
            continue
        filled = []
        for done, name in enumerate(FIELDS):
            progress(f"fields of {source.name}", done, len(FIELDS))
            filled.append(_filled(connection, source.name, name, source.gaps.get(name, "")))
        found.append(SourceFill(source.name, *counts[source.name], filled))
    return found


def _filled(connection: sqlite3.Connection, source: str, name: str, reason: str) -> Filled:
    said = f"trim(coalesce({_STATED[name]}, '')) <> ''"
    records = (
        "from records r join trials t on t.source = r.source and t.source_id = r.source_id"
        " left join trial_text x on x.trial_id = t.trial_id where r.source = :source and not r.is_partial"
    )
    marks = ", ".join(f"'{each}'" for each in _PROBLEMS[name])
    unread = (
        "exists (select 1 from problems p where p.trial_id = t.trial_id and p.source = r.source"
        f" and p.source_id = r.source_id and p.field in ({marks}))"
    )
    stated, read, problems = connection.execute(
        f"select coalesce(sum({said}), 0), coalesce(sum({_READ[name]}), 0),"
        f" coalesce(sum(not ({_READ[name]}) and {unread}), 0) {records}",
        {"source": source},
    ).fetchone()
    words = connection.execute(
        f"select substr({_STATED[name]}, 1, 40), count(*) {records} and {said} and not ({_READ[name]})"
        f" and not {unread} group by 1 order by 2 desc, 1",
        {"source": source},
    ).fetchall()
    return Filled(name, stated, read, problems, reason, [(" ".join(word.split()), n) for word, n in words])


def unexplained(found: Iterable[SourceFill]) -> list[tuple[str, str]]:
    """(source, field) of what some record does not state, the source's module giving no reason."""
    return [
        (each.source, filled.name)
        for each in found
        for filled in each.fields
        if filled.stated < each.records and not filled.reason
    ]


def table(found: Iterable[SourceFill]) -> Iterator[str]:
    """The shares in lines for people, each gap with its reasons."""
    for each in found:
        kinds = f"{each.partial:,} partial ones and {each.other:,} behind another source's apart"
        yield f"{each.source}: {each.records:,} records; {kinds}"
        for filled in each.fields if each.records else ():
            gaps = "; ".join(_gaps(filled, each.records))
            yield f"  {filled.name:<9}{filled.read / each.records:>7.1%}" + (f"  {gaps}" if gaps else "")


def _gaps(filled: Filled, records: int) -> Iterator[str]:
    if filled.stated < records:
        yield f"{records - filled.stated:,} do not state it: {filled.reason or 'no reason is declared'}"
    if filled.none_words:
        shown = ", ".join(f"{word!r} {n:,}" for word, n in filled.none_words[:_WORDS_SHOWN])
        rest = len(filled.none_words) - _WORDS_SHOWN
        more = f" and {rest:,} other words" if rest > 0 else ""
        total = sum(n for _, n in filled.none_words)
        yield f"{total:,} have words that stand for none: {shown}{more}"
    if filled.unread:
        yield f"{filled.unread:,} could not be read (table problems)"


def data(found: Iterable[SourceFill]) -> list[dict[str, Any]]:
    """The same as data."""
    return [
        {
            "source": each.source,
            "records": each.records,
            "partial": each.partial,
            "behind_other_sources": each.other,
            "fields": {
                filled.name: {
                    "stated": filled.stated,
                    "read": filled.read,
                    "unread": filled.unread,
                    "says_none": dict(filled.none_words),
                    "reason_not_stated": filled.reason or None,
                }
                for filled in each.fields
            },
        }
        for each in found
    ]
