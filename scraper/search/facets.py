"""How many hits each value of a filter has."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
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
    unfiltered = [name for name, (_, own) in FACETS.items() if not _is_set(question.filters, own)]
    counts: dict[str, dict[str, int]] = {}
    for names in ([name for name in unfiltered if name != "country"], ["country"]):
        if set(names) <= set(unfiltered) and names:
            counts |= _grouped(connection, question, names, keys)
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
    connection: sqlite3.Connection, question: Question, facets: list[str], keys: Sequence[int] | None = None
) -> dict[str, dict[str, int]]:
    """Counts of several facets from one pass over the hits, grouped by their combinations."""
    if keys is None:
        how = plan(connection, question)
        hits, values = how.hits_sql, how.parameters
    else:
        hits = "from json_each(:keys) j cross join search_filter f on f.id = j.value"
        values = {"keys": json.dumps(sorted(keys))}
    columns = ", ".join(f"f.{FACETS[name][0]}" for name in facets)
    places = ", ".join(str(i) for i in range(2, len(facets) + 2))
    counts: dict[str, dict[str, int]] = {name: defaultdict(int) for name in facets}
    rows = connection.execute(f"select count(*), {columns} {hits} group by {places}", values)
    for number, *values_found in map(tuple, rows):
        for name, value in zip(facets, values_found, strict=True):
            for one in (value or "").split("|") if name == "country" else [value]:
                if one:
                    counts[name][one] += number
    return counts
