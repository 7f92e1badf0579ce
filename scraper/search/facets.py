"""How many hits each value of a filter has."""

import sqlite3
from collections import defaultdict
from dataclasses import replace

from scraper.search.filters import Filters
from scraper.search.plan import plan
from scraper.search.question import Question

# facet -> (column of search_filter, the filters that narrow it)
FACETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "status": ("overall_status", ("status", "recruiting")),
    "phase": ("phase", ("phase",)),
    "study_type": ("study_type", ("study_type",)),
    "sex": ("sex", ("sex",)),
    "sponsor_class": ("lead_sponsor_class", ("sponsor_class",)),
    "country": ("countries", ("country",)),
}


def facet_counts(connection: sqlite3.Connection, question: Question) -> dict[str, dict[str, int]]:
    """facet -> value -> number of hits, the commonest first; trials that do not state it are not counted.

    A facet's own filter is left out of its count, so that the other values can be seen and chosen. A trial in two
    countries counts in both.
    """
    if question.words.strip() == "" and question.filters == Filters():
        return {name: _everything(connection, column) for name, (column, _) in FACETS.items()}
    free = [
        name for name, (_, own) in FACETS.items() if not _is_set(question.filters, own) and name != "country"
    ]
    counts = _grouped(connection, question, free) if free else {}
    for name, (_, own) in FACETS.items():
        if name not in counts:
            counts |= _grouped(connection, _without(question, own), [name])
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


def _grouped(
    connection: sqlite3.Connection, question: Question, facets: list[str]
) -> dict[str, dict[str, int]]:
    """Counts of several facets from one pass over the hits, grouped by their combinations."""
    how = plan(connection, question)
    columns = ", ".join(f"f.{FACETS[name][0]}" for name in facets)
    places = ", ".join(str(i) for i in range(2, len(facets) + 2))
    counts: dict[str, dict[str, int]] = {name: defaultdict(int) for name in facets}
    rows = connection.execute(f"select count(*), {columns} {how.hits_sql} group by {places}", how.parameters)
    for number, *values in map(tuple, rows):
        for name, value in zip(facets, values, strict=True):
            for one in (value or "").split("|") if name == "country" else [value]:
                if one:
                    counts[name][one] += number
    return counts
