"""How many hits each value of a filter has."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from scraper.search.filters import Filters
from scraper.search.plan import has_codes, plan
from scraper.search.question import Question
from scraper.store.codes import OTHER, VALUES, number, part_sql

# facet -> (column of search_filter, the filters that narrow it)
FACETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "status": ("overall_status", ("status", "recruiting")),
    "phase": ("phase", ("phase",)),
    "study_type": ("study_type", ("study_type",)),
    "sex": ("sex", ("sex",)),
    "sponsor_class": ("lead_sponsor_class", ("sponsor_class",)),
    "country": ("countries", ("country",)),
}
_FIRST = ord("0")


def facet_counts(
    connection: sqlite3.Connection, question: Question, keys: Sequence[int] | None = None
) -> dict[str, dict[str, int]]:
    """facet -> value -> number of hits, the commonest first; trials that do not state it are not counted.

    A facet's own filter is left out of its count, so that the other values can be seen and chosen. A trial in two
    countries counts in both. `keys` are those of all hits, if they are known: the facets without a filter of their own
    are then counted without another search.
    """
    if question.words.strip() == "" and question.filters == Filters():
        return {name: _everything(connection, column) for name, (column, _) in FACETS.items()}
    counts: dict[str, dict[str, int]] = {}
    if unfiltered := [name for name, (_, own) in FACETS.items() if not _is_set(question.filters, own)]:
        counts |= _counted(connection, question, unfiltered, keys)
    for name, (_, own) in FACETS.items():
        if name not in counts:
            counts |= _counted(connection, _without(question, own), [name])
    return {name: dict(sorted(counts[name].items(), key=lambda each: (-each[1], each[0]))) for name in FACETS}


def _everything(connection: sqlite3.Connection, column: str) -> dict[str, int]:
    """The counts over all trials, made when the index was built: counting half a million takes a second."""
    return dict(
        connection.execute(
            "select key, value from stats where name = ? order by value desc, key", [f"facet_{column}"]
        ).fetchall()
    )


def _is_set(filters: Filters, own: tuple[str, ...]) -> bool:
    return any(getattr(filters, name) for name in own)


def _without(question: Question, own: tuple[str, ...]) -> Question:
    blank = Filters()
    return replace(
        question, filters=replace(question.filters, **{name: getattr(blank, name) for name in own})
    )


def _counted(
    connection: sqlite3.Connection, question: Question, facets: list[str], keys: Sequence[int] | None = None
) -> dict[str, dict[str, int]]:
    """Counts of several facets, read as codes where the database has them for these hits."""
    if keys is None:
        how = plan(connection, question)
        is_narrow, parameters = how.is_narrow, how.parameters
        hits, narrow = how.hits_sql, how.narrow_sql
    else:
        is_narrow, parameters = has_codes(connection), {"keys": json.dumps(sorted(keys))}
        hits, narrow = (
            f"from json_each(:keys) j cross join {table} f on f.id = j.value"
            for table in ("search_filter", "search_codes")
        )
    coded = [name for name in facets if name != "country"] if is_narrow else []
    counts = _coded(connection, coded, narrow, parameters) if coded else {}
    for names in ([name for name in facets if name != "country"], ["country"]):
        # Apart: the combinations of everything else with lists of countries are as many as the hits.
        if left := [name for name in names if name in facets and name not in counts]:
            counts |= _grouped(connection, left, hits, parameters)
    return counts


def _coded(
    connection: sqlite3.Connection, facets: list[str], hits: str, parameters: Mapping[str, object]
) -> dict[str, dict[str, int]]:
    """Counts from the codes of the hits; without the facets of which a hit has a value that has no code."""
    # One character for each hit and facet: neither SQLite puts anything in order nor Python fetches a row for each.
    columns = [FACETS[name][0] for name in facets]
    texts = ", ".join(f"group_concat(char({_FIRST} + {part_sql(column)}), '')" for column in columns)
    row = connection.execute(f"select {texts} {hits}", parameters).fetchone()
    counts: dict[str, dict[str, int]] = {}
    for name, column, text in zip(facets, columns, tuple(row), strict=True):
        numbers = {chr(_FIRST + number(column, value)): str(value) for value in VALUES[column]}
        if chr(_FIRST + OTHER) not in (text or ""):
            found = {value: (text or "").count(character) for character, value in numbers.items()}
            counts[name] = {value: n for value, n in found.items() if n}
    return counts


def _grouped(
    connection: sqlite3.Connection, facets: list[str], hits: str, parameters: Mapping[str, object]
) -> dict[str, dict[str, int]]:
    """Counts of several facets from one pass over the hits, grouped by their combinations."""
    columns = ", ".join(f"f.{FACETS[name][0]}" for name in facets)
    places = ", ".join(str(i) for i in range(2, len(facets) + 2))
    counts: dict[str, dict[str, int]] = {name: defaultdict(int) for name in facets}
    rows = connection.execute(f"select count(*), {columns} {hits} group by {places}", parameters)
    for n, *values_found in map(tuple, rows):
        for name, value in zip(facets, values_found, strict=True):
            for one in (value or "").split("|") if name == "country" else [value]:
                if one:
                    counts[name][one] += n
    return counts
