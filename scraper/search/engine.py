"""The search itself: a Question in, ranked hits out. It reads only, through any SQLite connection."""

import sqlite3
from dataclasses import dataclass

from scraper.search.hits import Hit, shown
from scraper.search.index import TRIALS
from scraper.search.plan import Plan, plan
from scraper.search.query import Synonym
from scraper.search.question import Question
from scraper.search.suggest import suggestion
from scraper.search.synonyms import adds_words

RANKED_HITS = 40_000
"""Above this many hits the order is by newest update: ranking them all takes seconds and tells nothing."""


@dataclass(frozen=True)
class Results:
    """`sort` is the order the hits are in, which above RANKED_HITS is not the relevance asked for.

    `synonyms_used` are other names that were searched for as well; `dropped_words` those beyond the limit.
    """

    total: int
    hits: tuple[Hit, ...]
    sort: str
    synonyms_used: tuple[Synonym, ...] = ()
    suggestion: str | None = None
    dropped_words: int = 0


def search(connection: sqlite3.Connection, question: Question) -> Results:
    """The hits of one page, best first."""
    how = plan(connection, question)
    total = count(connection, how)
    sort = question.sort
    if sort == "relevance" and (how.index is None or total > RANKED_HITS):
        sort = "updated"
    page = _page(connection, how, sort, question) if total else []
    used = tuple(dict.fromkeys(each for found in how.synonyms.values() for each in found if adds_words(each)))
    return Results(
        total=total,
        hits=tuple(shown(connection, how, used, page)),
        sort=sort,
        synonyms_used=used,
        suggestion=None if total else suggestion(connection, TRIALS, question.words, how.words),
        dropped_words=how.words.dropped,
    )


def count(connection: sqlite3.Connection, how: Plan) -> int:
    """How many trials match."""
    row = connection.execute(f"select count(*) {how.hits_sql}", how.parameters).fetchone()
    return int(row[0])


def trial_ids(connection: sqlite3.Connection, question: Question) -> list[str]:
    """The ids of all hits, in the order of the question, its limit and offset passed over: for exports."""
    how = plan(connection, question)
    whole = Question(question.words, question.filters, question.sort, limit=-1)
    sort = "updated" if question.sort == "relevance" and how.index is None else question.sort
    keys = _page(connection, how, sort, whole)
    found = dict(connection.execute("select id, trial_id from search_filter").fetchall()) if keys else {}
    return [found[identity] for identity in keys]


def _page(connection: sqlite3.Connection, how: Plan, sort: str, question: Question) -> list[int]:
    if sort == "distance" and how.places:
        rows = connection.execute(f"select f.id {how.hits_sql}", how.parameters)
        ranked = sorted((how.places[row[0]].km, -row[0]) for row in rows)
        end = None if question.limit < 0 else question.offset + question.limit
        return [-identity for _, identity in ranked[question.offset : end]]
    order = {
        "relevance": f"{how.index.bm25()}, f.id desc" if how.index else "f.id desc",
        "start": "f.start_date desc, f.id desc",
        "enrollment": "f.enrollment desc, f.id desc",
    }.get(sort, "f.last_update_posted_date desc, f.id desc")
    rows = connection.execute(
        f"select f.id {how.hits_sql} order by {order} limit :limit offset :offset",
        {**how.parameters, "limit": question.limit, "offset": question.offset},
    )
    return [row[0] for row in rows]
