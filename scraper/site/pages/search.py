"""The search page: hits, and filters whose whole state is in the address."""

import sqlite3
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from scraper.search import engine
from scraper.search.facets import FACETS, facet_counts
from scraper.search.filters import Filters
from scraper.search.question import (
    MOST_CHARACTERS,
    SORTS,
    STUDY_TYPES,
    Question,
    Unreadable,
    from_params,
    to_params,
)
from scraper.site import labels
from scraper.site.paging import Paging
from scraper.site.rows import stats

Parameters = Mapping[str, Sequence[str]]

Counts = Mapping[str, Mapping[str, int | None]]

SIZE = 20
COUNTED_HITS = 25_000
"""Above this many hits the choices stand without numbers: counting 600,000 trials takes three seconds."""

_SORTS = {
    "relevance": "best match",
    "updated": "newest update",
    "start": "newest start",
    "distance": "nearest",
    "enrollment": "most participants",
}
# parameter of the address, column, legend, order of the choices (none: the commonest first)
_CHOICES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("status", "overall_status", "Status", tuple(labels.STATUS)),
    ("phase", "phase", "Phase", tuple(labels.PHASE)),
    ("study_type", "study_type", "Study type", STUDY_TYPES),
    ("sponsor_class", "lead_sponsor_class", "Sponsor class", ()),
)
_MOST_COUNTRIES = 250
_SHOWN_CHOICES = 16


def page(connection: sqlite3.Connection, parameters: Parameters) -> dict[str, Any]:
    """Hits, counts beside each choice, and the form as it was filled in.

    What cannot be read of it is said in `message`, above an answer without that; every other filter holds.
    """
    question, message = _read(parameters)
    number = max(1, question.offset // question.limit + 1)
    results = engine.search(connection, question)
    counts = _counts(connection, question, results)
    return {
        "heading": f"Search: {question.words}" if question.words else "Search",
        "message": message,
        "question": question,
        "results": results,
        "choices": _choices(question, counts),
        "countries": list(counts["country"].items())[:_MOST_COUNTRIES],
        "counted_up_to": COUNTED_HITS if not _is_counted(counts) else 0,
        "active": _active(question),
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
        "filters_on": sum(1 for _ in _active(question)),
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


def _near_query(question: Question) -> str:
    """What a link to a trial carries of the search: the place, so that its nearest sites stand first."""
    kept = [(name, value) for name, value in to_params(question) if name == "near"]
    return f"?{urllib.parse.urlencode(kept)}" if kept else ""


def _paging(question: Question, total: int, number: int) -> Paging:
    def at(wanted: int) -> str:
        query = urllib.parse.urlencode(parameters_of(replace(question, offset=(wanted - 1) * question.limit)))
        return f"/search?{query}" if query else "/search"

    pages = max(1, -(-total // question.limit))
    return Paging(
        number, pages, at(number - 1) if number > 1 else "", at(number + 1) if number < pages else ""
    )


def _counts(connection: sqlite3.Connection, question: Question, results: engine.Results) -> Counts:
    """Hits for each choice. Of too many hits only the choices, each with None, unless the build has counted them."""
    total = results.total
    if total <= COUNTED_HITS:
        return facet_counts(connection, question, results.keys)
    built: Counts = {
        name: {word: n for word, n in stats(connection, column).items() if word}
        for name, (column, _) in FACETS.items()
        if name != "country"
    }
    built = {**built, "country": stats(connection, "country")}
    # The build counts every trial; that is this answer when no filter and no vanished trial takes one away.
    if (question.words, question.filters) == ("", Filters()) and total == stats(connection, "trials").get(
        "all"
    ):
        return built
    return {name: dict.fromkeys(words) for name, words in built.items()}


def _is_counted(counts: Counts) -> bool:
    return all(n is not None for words in counts.values() for n in words.values())


def _choices(question: Question, counts: Counts) -> list[dict[str, Any]]:
    found = []
    for name, column, legend, order in _CHOICES:
        chosen: tuple[str, ...] = getattr(question.filters, name)
        there = counts[name]
        words = [*(word for word in order if word in there or word in chosen), *there, *chosen]
        found.append(
            {
                "name": name,
                "legend": legend,
                "options": [
                    {
                        "value": word,
                        "label": labels.value(column, word),
                        "count": there.get(word, 0 if _is_counted(counts) else None),
                        "chosen": word in chosen,
                    }
                    for word in list(dict.fromkeys(words))[:_SHOWN_CHOICES]
                ],
            }
        )
    return found


def _active(question: Question) -> list[tuple[str, str]]:
    """Every filter that is on: what it says, and the address without it."""
    found = []
    for each in fields(Filters):
        value = getattr(question.filters, each.name)
        if value == each.default:
            continue
        for one in value if isinstance(value, tuple) else (value,):
            rest = (
                tuple(other for other in value if other != one) if isinstance(value, tuple) else each.default
            )
            one_less: dict[str, Any] = {each.name: rest}
            less = replace(
                question,
                filters=replace(question.filters, **one_less),
                sort="relevance" if each.name == "near" and question.sort == "distance" else question.sort,
                offset=0,
            )
            query = urllib.parse.urlencode(parameters_of(less))
            found.append((_said(each.name, one), f"/search?{query}" if query else "/search"))
    return found


def _said(name: str, value: Any) -> str:
    match name:
        case "status":
            return labels.badge(value).label
        case "phase" | "study_type":
            return labels.value(name, value)
        case "sponsor_class":
            return f"Sponsor: {labels.value('class', value)}"
        case "sex":
            return f"Open to {labels.value('sex', value).lower()}"
        case "age":
            return f"Age {labels.age(value)}"
        case "near":
            return f"Within {value.km:g} km of {value.latitude:g}, {value.longitude:g}"
        case "has_results":
            return "With results" if value else "Without results"
        case "recruiting" | "healthy_volunteers" | "removed":
            return {
                "recruiting": "Recruiting",
                "healthy_volunteers": "Healthy volunteers",
                "removed": "Removed ones too",
            }[name]
        case "country":
            return str(value)
        case _:
            return f"{labels.field(name)}: {value}"
