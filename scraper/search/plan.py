"""A question as SQL: which full-text index drives it, and what must hold besides."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scraper.errors import StoreError
from scraper.search import filters as filtering
from scraper.search import query, synonyms
from scraper.search.expression import Expression, any_of, expression
from scraper.search.filters import SHOWN_ONLY, Clause
from scraper.search.index import CRITERIA, SCOPES, TRIALS
from scraper.search.places import Place, nearest
from scraper.search.question import Question
from scraper.search.tags import COLUMN, any_tag
from scraper.search.words import tokens
from scraper.store.fulltext import Index


@dataclass(frozen=True)
class Plan:
    """What drives the search, and what must hold besides.

    `index` None: every trial. `expression` is of the words, "" when filters alone drive. `tagged` are the filters
    that the index answers, `on_keys` what is asked of a hit's key alone; `clauses`, on search_filter `f`, are the
    others, `every_clause` all of them. `is_narrow`: search_codes has all that `clauses` ask for.
    """

    index: Index | None
    expression: Expression
    tagged: tuple[Clause, ...]
    on_keys: tuple[str, ...]
    clauses: tuple[str, ...]
    every_clause: tuple[str, ...]
    values: Mapping[str, object]
    words: query.Words
    is_narrow: bool = False
    synonyms: Mapping[tuple[int, int], Sequence[query.Synonym]] = field(default_factory=dict)
    places: Mapping[int, Place] = field(default_factory=dict)

    @property
    def hits_sql(self) -> str:
        """`from … where …` of all hits; `f` is the narrow row."""
        return self._from("search_filter")

    @property
    def narrow_sql(self) -> str:
        """The same with the row of search_codes as `f` where that has all: 75,000 hits by age in 25 ms, not in 55."""
        return self._from("search_codes" if self.is_narrow else "search_filter")

    def _from(self, table: str) -> str:
        if self.index is None:
            return f"from search_filter f where {' and '.join(self.every_clause) or '1'}"
        name = self.index.name
        # The full-text table first: with the narrow table outside, every row of it asks the index anew.
        clauses = " and ".join((f"{name} match :match", *self.on_keys, *self.clauses))
        return f"from {name} cross join {table} f on f.id = {name}.rowid where {clauses}"

    @property
    def keys_sql(self) -> str:
        """The same without `f` where no clause needs it."""
        if self.index is None or self.clauses:
            return self.narrow_sql
        return (
            f"from {self.index.name} where {' and '.join((f'{self.index.name} match :match', *self.on_keys))}"
        )

    @property
    def parameters(self) -> dict[str, object]:
        if self.index is None:
            return dict(self.values)
        return {**self.values, "match": self.filtered(self.expression.match)}

    @property
    def is_whole(self) -> bool:
        """Whether nothing is asked for: the answer is every trial that its source still has."""
        return self.index is None and self.every_clause == (SHOWN_ONLY.sql,)

    def filtered(self, match: str) -> str:
        """The expression, and with it what the index knows of the filters."""
        # The tags first: they are read through, and what they leave is asked for words with columns and places.
        wanted = [any_tag(each.tags) for each in self.tagged if not each.without]
        banned = [any_tag(each.tags) for each in self.tagged if each.without and each.tags]
        found = " AND ".join(f"({each})" for each in (*wanted, match) if each)
        return f"({found}) NOT ({' OR '.join(banned)})" if banned else found


def plan(connection: sqlite3.Connection, question: Question) -> Plan:
    """How the question is put to this database. Raises StoreError when it has no search index."""
    made = connection.execute("select sql from sqlite_master where name = ?", [TRIALS.name]).fetchone()
    if made is None:
        raise StoreError("found a database without a search index; expected one made by trials build")
    if COLUMN not in made[0]:
        raise StoreError(
            f"found a search index without the column {COLUMN!r}, as an older version of this program made it; expected"
            " one of this version: run trials build"
        )
    words = query.parse(question.words)
    if question.filters.condition:
        more = tuple(
            (query.Term(word, "condition"),)
            for word in query.storable(question.filters.condition).split()
            if tokens(word)
        )
        dropped = words.dropped + len(more[query.MAX_WORDS :])
        words = query.Words(words.groups + more[: query.MAX_WORDS], words.excluded, dropped)
    found = synonyms.lookup(connection, words)
    filters, values = filtering.where(question.filters)
    clauses: list[str] = []
    in_trials, in_criteria = expression(TRIALS, words, found), expression(CRITERIA, words)
    driver = in_trials if in_trials.match else in_criteria
    if in_trials.match and in_criteria.match:
        # The leading + keeps SQLite from asking the inner query once for every row: 100 s against 0.1 s.
        clauses.append(f"+f.id in ({_rows(CRITERIA, 'criteria_match')})")
        values["criteria_match"] = in_criteria.match
    for i, group in enumerate(words.groups):
        if len({SCOPES[term.field][0].name for term in group}) > 1:
            tests = []
            for j, term in enumerate(group):
                values[f"either_{i}_{j}"] = any_of([term])
                tests.append(f"+f.id in ({_rows(SCOPES[term.field][0], f'either_{i}_{j}')})")
            clauses.append(f"({' or '.join(tests)})")
    for i, term in enumerate(words.excluded):
        of = SCOPES[term.field][0]
        if not driver.match or of is not driver.index:
            values[f"without_{i}"] = any_of([term])
            clauses.append(f"+f.id not in ({_rows(of, f'without_{i}')})")
    places: dict[int, Place] = {}
    if question.filters.near:
        places = nearest(connection, question.filters.near, recruiting=question.filters.recruiting)
        values["places"] = json.dumps(sorted(places))
        clauses.append("+f.id in (select value from json_each(:places))")
    every_clause = tuple(each.sql for each in filters) + tuple(clauses)
    on_keys: list[str] = []
    tagged = tuple(each for each in filters if each.tags)
    if not driver.match and not in_trials.match and any(not each.without for each in tagged):
        driver = in_trials
    elif driver.index is not TRIALS or not driver.match:
        wanted = [any_tag(each.tags) for each in tagged if not each.without]
        tagged = ()
        if driver.match and wanted:
            on_keys.append(f"+{driver.index.name}.rowid in ({_rows(TRIALS, 'tags_match')})")
            values["tags_match"] = " AND ".join(wanted)
        if driver.match and SHOWN_ONLY in filters:
            filters.remove(SHOWN_ONLY)
            on_keys.append(
                f"+{driver.index.name}.rowid not in (select id from search_filter where removed = 1)"
            )
    index = driver.index if driver.match or tagged else None
    asked = [each for each in filters if each not in tagged]
    return Plan(
        index,
        driver,
        tagged,
        on_keys=tuple(on_keys),
        clauses=tuple(clauses) + tuple(each.sql for each in asked),
        every_clause=every_clause,
        values=values,
        words=words,
        is_narrow=index is not None and all(each.is_narrow for each in asked) and has_codes(connection),
        synonyms=found,
        places=places,
    )


def has_codes(connection: sqlite3.Connection) -> bool:
    """Has the database the table search_codes? Those of older versions have not."""
    return bool(connection.execute("select 1 from sqlite_master where name = 'search_codes'").fetchone())


def _rows(index: Index, parameter: str) -> str:
    return f"select rowid from {index.name} where {index.name} match :{parameter}"
