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

_CHUNK = 500
_NEWEST = "f.last_update_posted_date desc, f.id desc"


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
    found: dict[int, str] = {}
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        found |= dict(
            map(
                tuple,
                connection.execute(f"select id, trial_id from search_filter where id in ({marks})", chunk),
            )
        )
    return [found[identity] for identity in keys]


def _page(connection: sqlite3.Connection, how: Plan, sort: str, question: Question) -> list[int]:
    if sort == "distance" and how.places:
        rows = connection.execute(f"select f.id {how.hits_sql}", how.parameters)
        ranked = sorted((how.places[row[0]].km, -row[0]) for row in rows)
        end = None if question.limit < 0 else question.offset + question.limit
        return [-identity for _, identity in ranked[question.offset : end]]
    if sort == "relevance" and how.index:
        return _by_tier(connection, how, question.limit, question.offset)
    order = {"start": "f.start_date desc, f.id desc", "enrollment": "f.enrollment desc, f.id desc"}
    return _ordered(connection, how, how.match, order.get(sort, _NEWEST), question.limit, question.offset)


def _by_tier(connection: sqlite3.Connection, how: Plan, limit: int, offset: int) -> list[int]:
    """A page of the hits, tier by tier: newest first in all but the last, which is ranked by bm25.

    bm25 alone puts the rarest spelling and the shortest record first: "leukemia" would begin with the British ones.
    """
    assert how.index
    found: list[int] = []
    for tier in how.tiers:
        order = f"{how.index.bm25()}, f.id desc" if tier is how.tiers[-1] else _NEWEST
        rows = _ordered(connection, how, tier, order, limit, offset)
        found += rows
        if limit >= 0:
            limit -= len(rows)
            if not limit:
                break
        if offset:
            parameters = {**how.parameters, "match": tier}
            passed = connection.execute(f"select count(*) {how.hits_sql}", parameters).fetchone()[0]
            offset = max(0, offset - passed)
    return found


def _ordered(
    connection: sqlite3.Connection, how: Plan, match: str, order: str, limit: int, offset: int
) -> list[int]:
    rows = connection.execute(
        f"select f.id {how.hits_sql} order by {order} limit :limit offset :offset",
        {**how.parameters, "match": match, "limit": limit, "offset": offset},
    )
    return [row[0] for row in rows]
