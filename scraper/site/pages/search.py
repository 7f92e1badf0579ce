"""The search page: hits, and filters whose whole state is in the address."""

import sqlite3
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from scraper.search import engine
from scraper.search.question import (
    MOST_CHARACTERS,
    SORTS,
    Question,
    Unreadable,
    from_params,
    to_params,
)
from scraper.site import labels
from scraper.site.pages import choices
from scraper.site.pages.near import place_meant
from scraper.site.paging import Paging
from scraper.site.rows import stats

Parameters = Mapping[str, Sequence[str]]

SIZE = 20
_MOST_TRIED = 6
_SMALL_INDEX = 100_000
_WORTH_TELLING = 2
"""Filters without words: one alone finds nothing, and without it there is no question left."""

_SORTS = {
    "relevance": "best match",
    "updated": "newest update",
    "start": "newest start",
    "distance": "nearest",
    "enrollment": "most participants",
}


def page(connection: sqlite3.Connection, parameters: Parameters) -> dict[str, Any]:
    """Hits, counts beside each choice, and the form as it was filled in.

    What cannot be read of it is said in `message`, above an answer without that; every other filter holds.
    """
    question, message = _read(parameters)
    if question.filters.near and not question.words and "sort" not in parameters:
        question = replace(question, sort="distance")
    number = max(1, question.offset // question.limit + 1)
    results = engine.search(connection, question)
    counts = choices.counts(connection, question, results)
    active = list(choices.active(question))
    return {
        "heading": f"Search: {question.words}" if question.words else "Search",
        "message": message,
        "question": question,
        "results": results,
        "choices": choices.choices(question, counts),
        "countries": choices.countries(question, counts),
        "sex_choices": choices.sexes(question, counts, results.total),
        "flags": choices.flags(connection, question, results),
        "counted_up_to": 0 if choices.is_counted(counts) else choices.COUNTED_HITS,
        "active": [(label, address("/search", less)) for label, less in active],
        "without": _without(connection, question, active) if not results.total else [],
        "in_criteria": _in_criteria(question) if not results.total else "",
        "sorts": [(name, _SORTS[name]) for name in SORTS if name != "distance" or question.filters.near],
        "sorted_by": _SORTS[results.sort],
        "page": _paging(question, results.total, number),
        "feed": address("/feed.atom", question),
        "json_feed": address("/feed.json", question),
        "csv": address("/export.csv", question),
        "ris": address("/export.ris", question),
        "suggested": address("/search", replace(question, words=results.suggestion, offset=0))
        if results.suggestion
        else "",
        "near_query": _near_query(question),
        "place": place_meant(question.filters.near, lambda words: _near(question, words)),
        "near_typed": _near_typed(question, parameters),
        "filters_on": len(active),
    }


def _read(parameters: Parameters) -> tuple[Question, str]:
    """The question without what cannot be read of it, and what that is; of too many words the first are read."""
    kept = dict(parameters)
    unread: list[str] = []
    while True:
        try:
            return from_params(kept), " ".join(f"{words}." for words in unread)
        except Unreadable as error:
            unread.append(str(error))
            long = kept.pop(error.name)
            if error.name == "q":
                kept["q"] = [one[:MOST_CHARACTERS] for one in long[-1:]]


def parameters_of(question: Question) -> list[tuple[str, str]]:
    """The question as parameters of an address, an age in the unit people say it in."""
    age = question.filters.age
    return [
        (name, labels.age(age) if name == "age" and age is not None else value)
        for name, value in to_params(question)
    ]


def address(path: str, question: Question) -> str:
    """The address that asks the question of another page: feed, export."""
    query = urllib.parse.urlencode(parameters_of(replace(question, offset=0, limit=SIZE)))
    return f"{path}?{query}" if query else path


def _without(
    connection: sqlite3.Connection, question: Question, active: Sequence[tuple[str, Question]]
) -> list[tuple[str, int | None, str]]:
    """Which one filter to take away: (label, hits without it, address). Those that find nothing either are left out.

    Each number is one more search: of a large index, or near a place, all are offered without theirs.
    """
    if not question.words and len(active) < _WORTH_TELLING:
        return []
    is_large = sum(stats(connection, "records").values()) > _SMALL_INDEX
    if is_large or question.filters.near:
        return [(label, None, address("/search", less)) for label, less in active]
    found: list[tuple[str, int | None, str]] = []
    for label, less in active[:_MOST_TRIED]:
        total = engine.search(connection, replace(less, limit=1)).total
        if total:
            found.append((label, total, address("/search", less)))
    return found


def _in_criteria(question: Question) -> str:
    """The address that looks for the words in the criteria instead; "" where the question has scopes of its own."""
    words = question.words
    if not words or ":" in words or '"' in words:
        return ""
    return address("/search", replace(question, words=f'criteria:"{words}"'))


def _near_query(question: Question) -> str:
    """What a link to a trial carries of the search: the place, so that its nearest sites stand first."""
    kept = [(name, value) for name, value in to_params(question) if name == "near"]
    return f"?{urllib.parse.urlencode(kept)}" if kept else ""


def _near(question: Question, words: str) -> str:
    """The address of the same search near another place."""
    kept = [(name, words if name == "near" else value) for name, value in parameters_of(question)]
    return f"/search?{urllib.parse.urlencode([(name, value) for name, value in kept if name != 'offset'])}"


def _near_typed(question: Question, parameters: Parameters) -> str:
    """What stands in the field of the place: what was read, or what was typed and could not be."""
    read = dict(to_params(question)).get("near")
    return read or next(iter(parameters.get("near", ())), "")


def _paging(question: Question, total: int, number: int) -> Paging:
    def at(wanted: int) -> str:
        query = urllib.parse.urlencode(parameters_of(replace(question, offset=(wanted - 1) * question.limit)))
        return f"/search?{query}" if query else "/search"

    pages = max(1, -(-total // question.limit))
    return Paging(
        number, pages, at(number - 1) if number > 1 else "", at(number + 1) if number < pages else ""
    )
