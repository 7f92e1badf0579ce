"""A search as a feed: the address is the search, an entry is one version of a trial."""

import sqlite3
import uuid
from dataclasses import dataclass, replace
from typing import Any

from scraper.search import engine
from scraper.search.question import Question
from scraper.site import labels
from scraper.site.rows import Row, clean, meta, select
from scraper.site.titles import terms_of
from scraper.store import unread

ENTRIES = 50
_SHOWN_CHANGES = 12
_SPACE = uuid.UUID("5f1c1a4e-4f0f-5d0b-9d0e-6f3f0b7b2a11")


@dataclass(frozen=True)
class Entry:
    """One trial as it now is. `identity` holds the digest of everything stored: a changed trial is a new entry."""

    identity: str
    trial_id: str
    title: str
    url: str | None
    published: str
    updated: str
    summary: str
    changes: tuple[Row, ...]
    tags: tuple[str, ...]
    rights: str


@dataclass(frozen=True)
class Feed:
    title: str
    identity: str
    updated: str
    entries: tuple[Entry, ...]


def feed(connection: sqlite3.Connection, question: Question, query: str) -> Feed:
    """The trials that match and were updated last. `query` is the search as the canonical address says it."""
    wanted = replace(question, sort="updated", limit=ENTRIES, offset=0)
    hits = engine.search(connection, wanted).hits
    entries = tuple(
        sorted(
            (_entry(connection, hit.trial_id) for hit in hits),
            key=lambda entry: (entry.updated, entry.trial_id),
            reverse=True,
        )
    )
    said = clean(question.words) or "all trials"
    return Feed(
        title=f"Trials: {said}",
        identity=uuid.uuid5(_SPACE, query).urn,
        updated=entries[0].updated if entries else "1970-01-01T00:00:00Z",
        entries=entries,
    )


def _entry(connection: sqlite3.Connection, trial_id: str) -> Entry:
    (row,) = select(
        connection,
        "select t.*, d.digest, x.brief_summary,"
        " (select max(learned_at) from changes c where c.trial_id = t.trial_id) as last_learned_at"
        " from trials t left join trial_digests d on d.trial_id = t.trial_id"
        " left join trial_text x on x.trial_id = t.trial_id where t.trial_id = ?",
        (trial_id,),
    )
    not_read = unread.words(connection, [trial_id]).get(trial_id, {})
    changes = select(
        connection,
        "select field, old, new, observed_at, learned_at, severity, kind, detail from changes where trial_id = ?"
        " order by observed_at desc, position limit ?",
        (trial_id, _SHOWN_CHANGES),
    )
    conditions = select(
        connection, "select name from conditions where trial_id = ? order by position limit 20", (trial_id,)
    )
    return Entry(
        identity=uuid.uuid5(_SPACE, f"{trial_id} {row['digest'] or row['last_changed_at']}").urn,
        trial_id=trial_id,
        title=row["brief_title"] or trial_id,
        url=row["url"],
        published=_time(row["first_seen_at"]),
        updated=max(
            _time(row[name]) for name in ("first_seen_at", "last_changed_at", "last_learned_at") if row[name]
        ),
        summary=_summary(row, unread.said(not_read) if not_read else ""),
        changes=tuple(changes),
        tags=tuple(row["name"] for row in conditions),
        rights=" ".join(
            f"{source['attribution']} Licence: {source['licence']}"
            for source in terms_of(meta(connection), [row["source"]])
        ),
    )


def _summary(row: Row, not_read: str) -> str:
    facts: list[Any] = [
        row["trial_id"],
        labels.badge(row["overall_status"]).label if row["overall_status"] else None,
        labels.value("phase", row["phase"]) if row["phase"] else None,
        f"ages {labels.ages(row['minimum_age'], row['maximum_age'], not_read)}",
        row["lead_sponsor"],
        f"record of {row['last_update_posted_date']}" if row["last_update_posted_date"] else None,
    ]
    return " · ".join(filter(None, facts))


def _time(text: str) -> str:
    """A time as RFC 3339 wants it; a date alone is its midnight."""
    return text if "T" in text else f"{text[:10]}T00:00:00Z"
