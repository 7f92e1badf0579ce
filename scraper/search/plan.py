"""A question as SQL: which full-text index drives it, and what must hold besides."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scraper.errors import StoreError
from scraper.search import filters as filtering
from scraper.search import query, synonyms
from scraper.search.expression import Expression, any_of, expression
from scraper.search.index import CRITERIA, SCOPES, TRIALS
from scraper.search.places import Place, nearest
from scraper.search.question import Question
from scraper.search.words import tokens
from scraper.store.fulltext import Index


@dataclass(frozen=True)
class Plan:
    """`match` drives through `index` (None: every trial); `clauses` hold besides, on search_filter `f`.

    `expression` is the one that `match` is of.
    """

    index: Index | None
    match: str
    expression: Expression
    clauses: tuple[str, ...]
    values: Mapping[str, object]
    words: query.Words
    synonyms: Mapping[tuple[int, int], Sequence[query.Synonym]] = field(default_factory=dict)
    places: Mapping[int, Place] = field(default_factory=dict)

    @property
    def hits_sql(self) -> str:
        """`from … where …` of all hits; `f` is the narrow row."""
        source = "search_filter f"
        clauses = list(self.clauses)
        if self.index:
            # The full-text table first: with the narrow table outside, every row of it asks the index anew.
            source = f"{self.index.name} cross join search_filter f on f.id = {self.index.name}.rowid"
            clauses.insert(0, f"{self.index.name} match :match")
        return f"from {source} where {' and '.join(clauses) or '1'}"

    @property
    def parameters(self) -> dict[str, object]:
        return {**self.values, "match": self.match} if self.index else dict(self.values)


def plan(connection: sqlite3.Connection, question: Question) -> Plan:
    """How the question is put to this database. Raises StoreError when it has no search index."""
    if not connection.execute("select 1 from sqlite_master where name = ?", [TRIALS.name]).fetchone():
        raise StoreError("found a database without a search index; expected one made by trials build")
    words = query.parse(question.words)
    if question.filters.condition:
        more = tuple(
            (query.Term(word, "condition"),)
            for word in query.storable(question.filters.condition).split()
            if tokens(word)
        )
        words = query.Words(words.groups + more, words.excluded, words.dropped)
    found = synonyms.lookup(connection, words)
    clauses, values = filtering.where(question.filters)
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
    index = driver.index if driver.match else None
    return Plan(index, driver.match, driver, tuple(clauses), values, words, found, places)


def _rows(index: Index, parameter: str) -> str:
    return f"select rowid from {index.name} where {index.name} match :{parameter}"
