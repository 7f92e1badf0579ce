"""The search home: what is in the index, how fresh it is, what changed, what disagrees."""

import itertools
import sqlite3
from collections.abc import Iterable
from typing import Any

from scraper.site import labels
from scraper.site.pages.changes import with_parts
from scraper.site.rows import Row, meta, select, stats
from scraper.site.titles import short_title, with_titles

_SHOWN_SOURCES = 4
_SHOWN_CHANGES = 6
_SHOWN_OF_ONE = 3
# So many that the changes of a day, which are often dozens in one trial, leave room for other trials.
_READ_CHANGES = 300
_SHOWN_CONFLICTS = 3
_SHOWN_CONDITIONS = 18
_MANY_CONFLICTS = 5_000


def home(connection: sqlite3.Connection) -> dict[str, Any]:
    """Everything the home page shows; counts are the ones made when the index was built."""
    facts = meta(connection)
    changes = select(
        connection,
        "select c.trial_id, t.brief_title, c.field, c.old, c.new, c.observed_at, c.learned_at, c.kind,"
        " c.detail from changes c"
        " join trials t on t.trial_id = c.trial_id"
        " order by c.observed_at desc, c.trial_id desc, c.position desc limit :n",
        {"n": _READ_CHANGES},
    )
    disagreements = sum(stats(connection, "conflicts").values())
    # Of many contradictions some are in the trials that changed last: those are asked first, since putting all in
    # order takes 190 ms for 600,000 trials.
    among = (
        "(select trial_id from trials t where exists (select 1 from conflicts where trial_id = t.trial_id)"
        " order by t.last_changed_at desc, t.trial_id limit :n)"
        if disagreements > _MANY_CONFLICTS
        else "(select distinct trial_id from conflicts)"
    )
    conflicts = select(
        connection,
        f"select c.*, t.brief_title from {among} some cross join conflicts c using (trial_id)"
        " cross join trials t using (trial_id)"
        " order by t.last_changed_at desc, c.trial_id, c.position limit :n",
        {"n": _SHOWN_CONFLICTS},
    )
    statuses = stats(connection, "overall_status")
    return {
        "trials": stats(connection, "trials").get("all", 0),
        "sources": [{"title": short_title(facts, name)} for name in stats(connection, "records")],
        "shown_sources": _SHOWN_SOURCES,
        "snapshot": facts.get("snapshot_at", ""),
        "statuses": {
            word: statuses[word] for word in (*labels.STATUS, *statuses) if statuses.get(word) and word
        },
        "conditions": dict(list(stats(connection, "condition").items())[:_SHOWN_CONDITIONS]),
        "changes": _by_trial_and_day(with_parts(changes)),
        "conflicts": with_titles(facts, conflicts),
        "conflicts_total": disagreements,
    }


def _by_trial_and_day(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The first trials, each once a day with what changed; "more" counts what is not shown of it."""
    found = []
    for _, group in itertools.groupby(rows, key=lambda row: (row["observed_at"][:10], row["trial_id"])):
        listed = list(group)
        shown = {**listed[0], "rows": listed[:_SHOWN_OF_ONE], "more": max(0, len(listed) - _SHOWN_OF_ONE)}
        found.append(shown)
    return found[:_SHOWN_CHANGES]
