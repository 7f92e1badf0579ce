"""The search itself: a Question in, ranked hits out. It reads only, through any SQLite connection."""

import sqlite3
from dataclasses import dataclass

from scraper.search.filters import SHOWN_ONLY
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
FEW_HITS = 5_000
"""Up to so many hits are put in order at once, above it tier by tier; both give the same order."""

_WORTH = {"own": 3, "title": 1, "subject": 1}
_FEW = 500
_NEAR_THE_TOP = 500
_NEWEST = "f.last_update_posted_date desc, f.id desc"
_DATES = {"updated": _NEWEST, "start": "f.start_date desc, f.id desc"}


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
    if sort in _DATES and how.index and total > RANKED_HITS and question.offset < _NEAR_THE_TOP:
        page = _from_the_top(connection, how, _DATES[sort], question)
    else:
        page = _page(connection, how, sort, question, total) if total else []
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
    if how.index and how.clauses == (SHOWN_ONLY,):
        # Without filters the full-text index counts alone, a third of the time; the few vanished trials are taken off.
        vanished = connection.execute(
            "select id from search_filter where removed = 1 limit ?", [_FEW]
        ).fetchall()
        if len(vanished) < _FEW:
            name = how.index.name
            every = connection.execute(
                f"select count(*) from {name} where {name} match :match", how.parameters
            )
            gone = connection.execute(
                f"select count(*) from search_filter f cross join {name} on {name}.rowid = f.id"
                f" where f.removed = 1 and {name} match :match",
                how.parameters,
            )
            return int(every.fetchone()[0]) - int(gone.fetchone()[0])
    return int(connection.execute(f"select count(*) {how.hits_sql}", how.parameters).fetchone()[0])


def trial_ids(connection: sqlite3.Connection, question: Question) -> list[str]:
    """The ids of all hits, in the order of the question, its limit and offset passed over: for exports."""
    how = plan(connection, question)
    whole = Question(question.words, question.filters, question.sort, limit=-1)
    sort = "updated" if question.sort == "relevance" and how.index is None else question.sort
    keys = _page(connection, how, sort, whole, count(connection, how))
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


def _page(connection: sqlite3.Connection, how: Plan, sort: str, question: Question, total: int) -> list[int]:
    if sort == "distance" and how.places:
        rows = connection.execute(f"select f.id {how.hits_sql}", how.parameters)
        ranked = sorted((how.places[row[0]].km, -row[0]) for row in rows)
        end = None if question.limit < 0 else question.offset + question.limit
        return [-identity for _, identity in ranked[question.offset : end]]
    if sort == "relevance" and how.index:
        return _best(connection, how, total, question.limit, question.offset)
    order = {**_DATES, "enrollment": "f.enrollment desc, f.id desc"}.get(sort, _NEWEST)
    return _ordered(connection, how, how.match, order, question.limit, question.offset)


def _from_the_top(connection: sqlite3.Connection, how: Plan, order: str, question: Question) -> list[int]:
    """The first hits by date: trials from the newest on are asked whether they match; of so many hits some soon do."""
    assert how.index
    name = how.index.name
    rows = connection.execute(
        f"select f.id from search_filter f cross join {name} on {name}.rowid = f.id"
        f" where {' and '.join((f'{name} match :match', *how.clauses))} order by {order} limit :limit offset :offset",
        {**how.parameters, "limit": question.limit, "offset": question.offset},
    )
    return [row[0] for row in rows]


def _best(connection: sqlite3.Connection, how: Plan, total: int, limit: int, offset: int) -> list[int]:
    """A page of the hits: in title and subject, in either, elsewhere; the newest first, elsewhere by bm25.

    bm25 alone puts the rarest spelling and the shortest record first: "leukemia" would begin with the British ones.
    """
    if total > FEW_HITS:
        return _by_tier(connection, how, limit, offset)
    assert how.index
    name = how.index.name
    groups = {
        part: {
            row[0]
            for row in connection.execute(f"select rowid from {name} where {name} match ?", [expression])
        }
        for part, expression in how.expression.parts.items()
    }

    def tier(identity: int) -> int:
        return sum(_WORTH[part] for part, found in groups.items() if identity in found)

    rows = connection.execute(f"select f.id, f.last_update_posted_date {how.hits_sql}", how.parameters)
    newest = sorted(((tier(identity), updated or "", identity) for identity, updated in rows), reverse=True)
    ranked = [identity for _, _, identity in newest]
    end = offset + limit if limit >= 0 else total
    elsewhere = sum(1 for worth, _, _ in newest if worth)
    if end > elsewhere:
        # bm25 reads every trial that has any of the words: only for a page that shows its hits.
        order = f"{how.index.bm25()}, f.id desc"
        by_rank = _ordered(connection, how, how.match, order, total, 0)
        last = set(ranked[elsewhere:])
        ranked[elsewhere:] = [identity for identity in by_rank if identity in last]
    return ranked[offset:end]


def _by_tier(connection: sqlite3.Connection, how: Plan, limit: int, offset: int) -> list[int]:
    """The same, tier by tier: of many hits the first tiers fill the page, and the others are not looked at."""
    assert how.index
    found: list[int] = []
    tiers = how.expression.tiers()
    for tier in tiers:
        order = f"{how.index.bm25()}, f.id desc" if tier is tiers[-1] else _NEWEST
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
