"""All hits of a search as rows, for files."""

import sqlite3

from scraper.search import engine
from scraper.search.question import Question
from scraper.site.citation import ENTRY
from scraper.site.rows import Row, meta, select
from scraper.site.titles import source_title

COLUMNS = (
    "trial_id",
    "brief_title",
    "overall_status",
    "study_type",
    "phase",
    "sex",
    "minimum_age",
    "maximum_age",
    "minimum_age_years",
    "maximum_age_before_years",
    "ages_unread",
    "enrollment",
    "lead_sponsor",
    "lead_sponsor_class",
    "start_date",
    "completion_date",
    "last_update_posted_date",
    "has_results",
    "conditions",
    "interventions",
    "countries",
    "url",
)
MOST_ROWS = 20_000
MOST_CITATIONS = 5_000
_BATCH = 500

_LISTED = {
    "conditions": "select group_concat(name, '; ') from conditions c where c.trial_id = t.trial_id",
    "interventions": "select group_concat(name, '; ') from interventions i where i.trial_id = t.trial_id",
    "countries": "select replace(trim(f.countries, '|'), '|', '; ') from search_filter f"
    " where f.trial_id = t.trial_id",
}


def table(connection: sqlite3.Connection, question: Question) -> list[Row]:
    """The hits in the question's order, each with COLUMNS, at most MOST_ROWS."""
    shown = ", ".join(f"({_LISTED[name]}) as {name}" if name in _LISTED else f"t.{name}" for name in COLUMNS)
    return _rows(connection, question, f"select {shown} from trials t where t.trial_id", MOST_ROWS)


def citations(connection: sqlite3.Connection, question: Question) -> list[Row]:
    """The hits in the question's order as `citation` wants them, at most MOST_CITATIONS."""
    facts = meta(connection)
    return [
        {**row, "source_title": source_title(facts, row["source"])}
        for row in _rows(connection, question, f"{ENTRY} where t.trial_id", MOST_CITATIONS)
    ]


def _rows(connection: sqlite3.Connection, question: Question, sql: str, most: int) -> list[Row]:
    wanted = engine.trial_ids(connection, question)[:most]
    found: dict[str, Row] = {}
    for start in range(0, len(wanted), _BATCH):
        batch = wanted[start : start + _BATCH]
        marks = ", ".join("?" * len(batch))
        found |= {row["trial_id"]: row for row in select(connection, f"{sql} in ({marks})", batch)}
    return [found[trial_id] for trial_id in wanted if trial_id in found]
