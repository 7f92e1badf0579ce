"""The filters of the search page: the choices with the number of hits each has, and those that are on."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from scraper.search import engine
from scraper.search.facets import FACETS, facet_counts
from scraper.search.filters import Filters, country_name
from scraper.search.plan import plan
from scraper.search.question import STUDY_TYPES, Question
from scraper.site import labels
from scraper.site.rows import stats

Counts = Mapping[str, Mapping[str, int | None]]

COUNTED_HITS = 25_000
"""Above this many hits the choices stand without numbers: counting 600,000 trials takes three seconds."""
FLAGGED_HITS = 2_000
"""The same for two choices that are read from wide rows: of 12,000 hits that was a third of the page's time."""

# parameter of the address, column, legend, order of the choices (none: the commonest first)
_CHOICES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("status", "overall_status", "Status", tuple(labels.STATUS)),
    ("phase", "phase", "Phase", tuple(labels.PHASE)),
    ("study_type", "study_type", "Study type", STUDY_TYPES),
    ("sponsor_class", "lead_sponsor_class", "Sponsor class", ()),
)
_MOST_COUNTRIES = 250
_SHOWN_CHOICES = 16
_COUNTRY_BOXES = 6


def counts(connection: sqlite3.Connection, question: Question, results: engine.Results) -> Counts:
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


def is_counted(counted: Counts) -> bool:
    return all(n is not None for words in counted.values() for n in words.values())


def choices(question: Question, counted: Counts) -> list[dict[str, Any]]:
    found = []
    for name, column, legend, order in _CHOICES:
        chosen: tuple[str, ...] = getattr(question.filters, name)
        there = counted[name]
        words = [*(word for word in order if word in there or word in chosen), *there, *chosen]
        found.append(
            {
                "name": name,
                "legend": legend,
                "options": [
                    {
                        "value": word,
                        "label": labels.value(column, word),
                        "count": there.get(word, 0 if is_counted(counted) else None),
                        "chosen": word in chosen,
                    }
                    for word in list(dict.fromkeys(words))[:_SHOWN_CHOICES]
                ],
            }
        )
    return found


def sexes(question: Question, counted: Counts, total: int) -> list[dict[str, Any]]:
    """Both choices with their hits; trials that take all, or do not say, are hits of both.

    The counts leave the filter on the sex out, the total does not: what it hides is the other sex alone.
    """
    there, chosen = counted["sex"], question.filters.sex
    is_known = is_counted(counted)
    whole = total + (there.get({"FEMALE": "MALE", "MALE": "FEMALE"}.get(chosen or "", "")) or 0)
    found = []
    for word, other in (("FEMALE", "MALE"), ("MALE", "FEMALE")):
        n = whole - (there.get(other) or 0) if is_known and chosen != "ALL" else None
        found.append({"value": word, "label": labels.value("sex", word).lower(), "count": n})
    return found


def countries(question: Question, counted: Counts) -> dict[str, list[dict[str, Any]]]:
    """The commonest countries, and those that are on, as boxes under "boxes"; the others under "more"."""
    on = {country_name(name): name for name in question.filters.country}
    there = counted["country"]
    common = [name for name in there if country_name(name) not in on][:_COUNTRY_BOXES]
    boxes: list[dict[str, Any]] = [
        {"value": name, "count": _of(there, name), "chosen": True} for name in on.values()
    ]
    boxes += [{"value": name, "count": there[name], "chosen": False} for name in common]
    shown = {country_name(box["value"]) for box in boxes}
    more = [{"value": name, "count": n} for name, n in there.items() if country_name(name) not in shown]
    return {"boxes": boxes, "more": more[:_MOST_COUNTRIES]}


def _of(there: Mapping[str, int | None], typed: str) -> int | None:
    """The count of a country that was typed as a name or a code."""
    wanted = country_name(typed)
    return next(
        (n for name, n in there.items() if country_name(name) == wanted),
        0 if is_counted({"": there}) else None,
    )


def flags(connection: sqlite3.Connection, question: Question, results: engine.Results) -> dict[str, int]:
    """Hits that take healthy volunteers and that have results; nothing of more hits than are read in a moment."""
    if results.total > min(COUNTED_HITS, FLAGGED_HITS):
        return {}
    if results.keys is None and question.filters.near:
        return {}
    values: dict[str, object] = {"keys": json.dumps(results.keys)}
    hits = "from json_each(:keys) j cross join search_filter f on f.id = j.value"
    if results.keys is None:
        how = plan(connection, question)
        hits, values = how.hits_sql, how.parameters
    row = connection.execute(
        f"select coalesce(sum(f.healthy_volunteers = 1), 0), coalesce(sum(f.has_results = 1), 0) {hits}",
        values,
    ).fetchone()
    return {"healthy_volunteers": row[0], "has_results": row[1]}


def active(question: Question) -> Iterator[tuple[str, Question]]:
    """Every filter that is on: what it says, and the question without it."""
    for each in fields(Filters):
        value = getattr(question.filters, each.name)
        if value == each.default:
            continue
        for one in value if isinstance(value, tuple) else (value,):
            rest = (
                tuple(other for other in value if other != one) if isinstance(value, tuple) else each.default
            )
            less: dict[str, Any] = {each.name: rest}
            by_distance = each.name == "near" and question.sort == "distance"
            yield (
                _said(each.name, one),
                replace(
                    question,
                    filters=replace(question.filters, **less),
                    sort="relevance" if by_distance else question.sort,
                    offset=0,
                ),
            )


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
            return f"Within {value.km:g} km of {value.place or f'{value.latitude:g}, {value.longitude:g}'}"
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
