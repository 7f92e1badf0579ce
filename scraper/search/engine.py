"""The search itself: a Question in, ranked hits out. It reads only, through any SQLite connection."""

import sqlite3
from dataclasses import dataclass

from scraper.search import ranking
from scraper.search.hits import Hit, shown
from scraper.search.index import TRIALS
from scraper.search.plan import Plan, plan
from scraper.search.query import Synonym
from scraper.search.question import Question
from scraper.search.suggest import suggestion
from scraper.search.synonyms import adds_words

_CHUNK = 500


@dataclass(frozen=True)
class Results:
    """`sort` is the order the hits are in: not the relevance asked for where too many match to rank them.

    `synonyms_used` are other names that were searched for as well; `dropped_words` those beyond the limit.
    `keys` are those of all hits, where the search came to know them.
    """

    total: int
    hits: tuple[Hit, ...]
    sort: str
    synonyms_used: tuple[Synonym, ...] = ()
    suggestion: str | None = None
    dropped_words: int = 0
    keys: tuple[int, ...] | None = None


def search(connection: sqlite3.Connection, question: Question) -> Results:
    """The hits of one page, best first."""
    how = plan(connection, question)
    total, known = found(connection, how)
    page, sort = _page(connection, how, question, total, known)
    used = tuple(dict.fromkeys(each for found in how.synonyms.values() for each in found if adds_words(each)))
    return Results(
        total=total,
        hits=tuple(shown(connection, how, used, page)),
        sort=sort,
        synonyms_used=used,
        suggestion=None if total else suggestion(connection, TRIALS, question.words, how.words),
        dropped_words=how.words.dropped,
        keys=None if known is None else tuple(known),
    )


def found(connection: sqlite3.Connection, how: Plan) -> tuple[int, list[int] | None]:
    """How many trials match, and all of them, the newest first, where counting them needed their rows."""
    if how.index:
        return ranking.found(connection, how)
    if how.is_whole:
        # Two counts of an index each, where a condition would read every row: 8 ms of 60 at 600,000 trials.
        every, gone = (
            connection.execute(f"select count(*) from search_filter {which}").fetchone()[0]
            for which in ("", "where removed = 1")
        )
        return int(every) - int(gone), None
    return int(connection.execute(f"select count(*) {how.hits_sql}", how.parameters).fetchone()[0]), None


def trial_ids(connection: sqlite3.Connection, question: Question) -> list[str]:
    """The ids of all hits, in the order of the question, its limit and offset passed over: for exports."""
    how = plan(connection, question)
    whole = Question(question.words, question.filters, question.sort, limit=-1)
    keys, _ = _page(connection, how, whole, *found(connection, how))
    names: dict[int, str] = {}
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        names |= dict(
            map(
                tuple,
                connection.execute(f"select id, trial_id from search_filter where id in ({marks})", chunk),
            )
        )
    return [names[identity] for identity in keys]


def _page(
    connection: sqlite3.Connection, how: Plan, question: Question, total: int, known: list[int] | None
) -> tuple[list[int], str]:
    """The ids of the hits asked for, and the order they are in."""
    sort, limit, offset = question.sort, question.limit, question.offset
    if sort == "relevance" and not how.expression.match:
        sort = "updated"
    if not total:
        return [], sort
    if sort == "distance" and how.places:
        rows = connection.execute(f"select f.id {how.narrow_sql}", how.parameters)
        ranked = sorted((how.places[row[0]].km, -row[0]) for row in rows)
        end = None if limit < 0 else offset + limit
        return [-identity for _, identity in ranked[offset:end]], sort
    if sort == "relevance":
        page, is_ranked = ranking.best(connection, how, total, known, limit, offset)
        return page, sort if is_ranked else "updated"
    match = how.expression.match
    if sort == "enrollment":
        order = "f.enrollment desc, f.id desc"
        return ranking.in_order(connection, how, match, order, limit, offset), sort
    by = "start" if sort == "start" else "updated"
    return ranking.newest(connection, how, match, by, total, known, limit, offset), sort
