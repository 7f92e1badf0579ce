"""The hits of one page in their order, with as little read as the page needs.

Three ways lead to the newest hits, and all give the same: to ask the newest trials one by one whether they match
(a few milliseconds where many do), to keep of all hits those among the newest trials, and to put all hits in order.
"""

import json
import re
import sqlite3

from scraper.search.plan import Plan

NEXT_REGISTRY = 10**8
"""Keys of trials below it are NCT numbers (model.trial_key), newer trials having higher ones."""

BM25_HITS = 15_000
"""Above this many hits those outside titles and subject stand by their update: bm25 reads 2 µs of each word of each."""

FEW_HITS = 20_000
"""Up to so many hits are kept once their narrow rows have been read."""

WINDOW_HITS = 30_000
"""From so many hits on the newest are looked for before all are put in order."""
WINDOW = 10_000
_SAMPLE = 3_000
_FIRST_STEP = 100
_MOST_STEPS = 2_000
_HITS_A_STEP = 150
_COMMON = 0.01
_NEAR_THE_TOP = 500
_DATES = {"updated": "last_update_posted_date", "start": "start_date"}
_PREFIX = re.compile(r'" \*')


def found(connection: sqlite3.Connection, how: Plan) -> tuple[int, list[int] | None]:
    """How many trials match, and all of them, the newest first, where the narrow rows have to be read for it."""
    if not how.clauses:
        return count(connection, how, how.expression.match), None
    assert how.index
    rows = connection.execute(
        f"select f.last_update_posted_date, f.id {how.narrow_sql} limit {FEW_HITS}", how.parameters
    ).fetchall()
    if len(rows) == FEW_HITS:
        # They come in the order of their keys: only those that follow are left to count.
        following = f"{how.narrow_sql} and {how.index.name}.rowid > :last"
        parameters = {**how.parameters, "last": rows[-1][1]}
        more = connection.execute(f"select count(*) {following}", parameters).fetchone()[0]
        return FEW_HITS + int(more), None
    return len(rows), [key for _, key in sorted(((day or "", key) for day, key in rows), reverse=True)]


def best(
    connection: sqlite3.Connection, how: Plan, total: int, known: list[int] | None, limit: int, offset: int
) -> tuple[list[int], bool]:
    """A page of the hits, and whether all of it is ranked: in title and subject, in either, elsewhere.

    The newest come first, elsewhere the best by bm25. bm25 alone puts the rarest spelling and the shortest record
    first: "leukemia" would begin with the British ones. Of many hits the first tiers fill the page, and the others
    are not looked at. `known` are all hits, if they are known.
    """
    assert how.index
    tiers = how.expression.tiers()
    page: list[int] = []
    for tier in tiers[:-1]:
        rows = newest(connection, how, tier, "updated", total, known, limit, offset)
        page += rows
        if limit >= 0:
            limit -= len(rows)
            if not limit:
                return page, True
        if offset:
            offset = 0 if rows else max(0, offset - count(connection, how, tier))
    if total > BM25_HITS:
        rows = newest(connection, how, tiers[-1], "updated", total, known, limit, offset)
        return page + rows, not rows
    by_rank = f"{how.index.bm25()}, f.id desc"
    return page + in_order(connection, how, tiers[-1], by_rank, limit, offset, is_narrow=True), True


def count(connection: sqlite3.Connection, how: Plan, match: str) -> int:
    """How many trials match the expression and the filters."""
    parameters = {**how.parameters, "match": how.filtered(match)}
    return int(connection.execute(f"select count(*) {how.keys_sql}", parameters).fetchone()[0])


def newest(
    connection: sqlite3.Connection,
    how: Plan,
    match: str,
    sort: str,
    total: int,
    known: list[int] | None,
    limit: int,
    offset: int,
) -> list[int]:
    """The hits of an expression by date, of `total` that the whole question has."""
    if known is not None and sort == "updated" and limit >= 0:
        return _of_known(connection, how, match, known, limit, offset)
    wanted = limit + offset
    if how.index and total > WINDOW_HITS and limit >= 0 and wanted <= _NEAR_THE_TOP:
        is_prefix = bool(_PREFIX.search(match))
        share = 1.0 if is_prefix else _share(connection, match, how)
        steps = min(_MOST_STEPS, total // _HITS_A_STEP)
        if share * steps > wanted * 1.5 and not is_prefix:
            rows = _one_by_one(connection, how, match, sort, wanted, steps)
            if len(rows) == wanted:
                return rows[offset:]
        if is_prefix or _share(connection, how.filtered(match), how) * WINDOW > wanted * 1.5:
            rows = _among_the_newest(connection, how, match, sort, wanted)
            if len(rows) == wanted:
                return rows[offset:]
    order = f"f.{_DATES[sort]} desc, f.id desc"
    return in_order(connection, how, match, order, limit, offset, is_narrow=sort == "updated")


def in_order(
    connection: sqlite3.Connection,
    how: Plan,
    match: str,
    order: str,
    limit: int,
    offset: int,
    *,
    is_narrow: bool = False,
) -> list[int]:
    """The hits of an expression, all put in order. A limit below 0 is none.

    `is_narrow`: the order asks for no more than search_codes has.
    """
    parameters = how.parameters
    if how.index:
        parameters["match"] = how.filtered(match)
    rows = connection.execute(
        f"select f.id {how.narrow_sql if is_narrow else how.hits_sql} order by {order} limit :limit offset :offset",
        {**parameters, "limit": limit, "offset": offset},
    )
    return [row[0] for row in rows]


def _of_known(
    connection: sqlite3.Connection, how: Plan, match: str, known: list[int], limit: int, offset: int
) -> list[int]:
    """Those of the known hits that an expression has."""
    assert how.index
    end = offset + limit
    if match == how.expression.match:
        return known[offset:end]
    name = how.index.name
    # FTS5 answers "does this one match?" by going on to the next that does: where few do it reads the whole list, 9 ms
    # a trial. A prefix gathers all words with that beginning for each.
    is_cheap = end <= _NEAR_THE_TOP and len(known) > end and not _PREFIX.search(match)
    if is_cheap and _share(connection, match, how) > _COMMON:
        rows = connection.execute(
            f"select j.value from json_each(:keys) j cross join {name} on {name}.rowid = j.value"
            f" where {name} match :match limit :wanted",
            {"keys": json.dumps(known[: 3 * end]), "match": match, "wanted": end},
        ).fetchall()
        if len(rows) == end:
            return [row[0] for row in rows[offset:]]
    rows = connection.execute(
        f"select rowid from {name} where {name} match ?", [how.filtered(match)]
    ).fetchall()
    members = {row[0] for row in rows}
    return [key for key in known if key in members][offset:end]


def _share(connection: sqlite3.Connection, match: str, how: Plan) -> float:
    """The share of the trials registered last that match the expression."""
    assert how.index
    name = how.index.name
    if not match:
        return 1.0
    row = connection.execute(
        f"select id from search_filter where id < {NEXT_REGISTRY} order by id desc limit 1 offset {_SAMPLE}"
    ).fetchone()
    if row is None:
        return 0.0
    number = connection.execute(
        f"select count(*) from {name} where {name} match ? and rowid between ? and {NEXT_REGISTRY}",
        [match, row[0]],
    ).fetchone()[0]
    return int(number) / _SAMPLE


def _one_by_one(
    connection: sqlite3.Connection, how: Plan, match: str, sort: str, wanted: int, most: int
) -> list[int]:
    """The first hits, from the newest trial on; fewer than wanted when they lie too far apart."""
    assert how.index
    if not match:
        return [
            row[0]
            for row in connection.execute(
                f"select f.id from search_filter f where {' and '.join(how.every_clause)}"
                f" order by f.{_DATES[sort]} desc, f.id desc limit :wanted",
                {**how.values, "wanted": wanted},
            )
        ]
    name = how.index.name
    sql = (
        f"select {name}.rowid from (select f.id from search_filter f where {' and '.join(how.every_clause) or '1'}"
        f" order by f.{_DATES[sort]} desc, f.id desc limit :steps offset :from) f"
        f" cross join {name} on {name}.rowid = f.id where {name} match :match limit :wanted"
    )
    rows: list[int] = []
    start, steps = 0, _FIRST_STEP
    while start < most:
        parameters = {
            **how.values,
            "match": match,
            "steps": steps,
            "from": start,
            "wanted": wanted - len(rows),
        }
        rows += [row[0] for row in connection.execute(sql, parameters)]
        start += steps
        if len(rows) == wanted or start * wanted > most * len(rows):
            break
        steps = min(most - start, start)
    return rows


def _among_the_newest(
    connection: sqlite3.Connection, how: Plan, match: str, sort: str, wanted: int
) -> list[int]:
    """The first hits, as far as they are among the newest trials: no other hit's row is looked up."""
    assert how.index
    name = how.index.name
    rows = connection.execute(
        f"select f.id {how.narrow_sql if sort == 'updated' else how.hits_sql}"
        f" and +{name}.rowid in (select id from search_filter order by {_DATES[sort]} desc, id desc limit :window)"
        f" order by f.{_DATES[sort]} desc, f.id desc limit :wanted",
        {**how.values, "match": how.filtered(match), "window": WINDOW, "wanted": wanted},
    )
    return [row[0] for row in rows]
