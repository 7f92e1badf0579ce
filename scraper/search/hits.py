"""The trials on one page of results: the columns shown, where the words matched, and by which name."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from scraper.search.index import CRITERIA, TRIALS
from scraper.search.marks import Marker
from scraper.search.plan import Plan
from scraper.search.query import Synonym, synonym_forms, term_forms
from scraper.search.words import forms
from scraper.store import unread

_COLUMNS = (
    "trial_id",
    "registry",
    "brief_title",
    "acronym",
    "overall_status",
    "study_type",
    "phase",
    "sex",
    "minimum_age",
    "maximum_age",
    "ages_unread",
    "lead_sponsor",
    "lead_sponsor_class",
    "enrollment",
    "start_date",
    "last_update_posted_date",
    "has_results",
    "url",
    "source",
    "last_changed_at",
    "removed_at",
)
_SNIPPET_COLUMNS = (
    ("conditions", "Conditions"),
    ("keywords", "Keywords"),
    ("interventions", "Interventions"),
    ("other_names", "Other names"),
    ("condition_mesh", "MeSH conditions"),
    ("intervention_mesh", "MeSH interventions"),
    ("inferred_mesh", "Inferred MeSH terms"),
    ("sponsors", "Sponsors"),
    ("ids", "Ids"),
)
_SNIPPET_ITEMS = 4


@dataclass(frozen=True)
class Hit:
    """One trial found: columns of `trials`, and why it was found.

    `title` and `snippet` carry U+E000 before and U+E001 after every matched word: escape them, then mark.
    `synonyms` are the names it was found by in place of the typed words. `distance_km` is that of the nearest site
    within the circle asked for, `site` names it. `age_not_read` are the words of a stated age limit that could not be
    read, "" where there are none: whether such a trial takes somebody is open.
    """

    trial_id: str
    registry: str | None
    brief_title: str | None
    acronym: str | None
    overall_status: str | None
    study_type: str | None
    phase: str | None
    sex: str | None
    minimum_age: str | None
    maximum_age: str | None
    ages_unread: str | None
    lead_sponsor: str | None
    lead_sponsor_class: str | None
    enrollment: int | None
    start_date: str | None
    last_update_posted_date: str | None
    has_results: int | None
    url: str | None
    source: str
    last_changed_at: str
    removed_at: str | None
    title: str = ""
    snippet: str = ""
    synonyms: tuple[Synonym, ...] = ()
    distance_km: float | None = None
    site: str = ""
    site_status: str | None = None
    age_not_read: str = ""


def shown(connection: sqlite3.Connection, how: Plan, used: Sequence[Synonym], page: list[int]) -> list[Hit]:
    """The hits with these ids, in their order, with the matched words marked."""
    if not page:
        return []
    marks = ", ".join("?" * len(page))
    rows = connection.execute(
        f"select f.id, {', '.join('t.' + name for name in _COLUMNS)}"
        f" from search_filter f join trials t on t.trial_id = f.trial_id where f.id in ({marks})",
        page,
    )
    found = {row[0]: dict(zip(_COLUMNS, tuple(row)[1:], strict=True)) for row in rows}
    marker, in_criteria = _markers(how)
    texts = _texts(connection, page) if marker else {}
    criteria = _criteria(connection, page) if in_criteria else {}
    tried = [
        (
            each,
            Marker((form, False) for form in forms(each.typed)),
            Marker((form, False) for form in synonym_forms(each)),
        )
        for each in used
    ]
    odd = [columns["trial_id"] for columns in found.values() if columns["ages_unread"]]
    not_read = unread.words(connection, odd) if odd else {}
    hits = []
    for identity in page:
        columns = found[identity]
        text = texts.get(identity, {})
        snippet = in_criteria.excerpt(criteria.get(identity, "")) if in_criteria else ""
        place = how.places.get(identity)
        hits.append(
            Hit(
                **columns,
                title=marker.mark(columns["brief_title"] or "") if marker else columns["brief_title"] or "",
                snippet=snippet or (_snippet(marker, text) if marker else ""),
                synonyms=tuple(each for each, typed, other in tried if _found_by(typed, other, text)),
                distance_km=round(place.km, 1) if place else None,
                site=_site(connection, place.trial_id, place.position) if place else "",
                site_status=place.status if place else None,
                age_not_read=unread.said(not_read.get(columns["trial_id"], {}))
                if columns["ages_unread"]
                else "",
            )
        )
    return hits


def _markers(how: Plan) -> tuple[Marker | None, Marker | None]:
    """What marks the words in the columns of TRIALS, and what marks them in the criteria."""
    terms = [term for group in how.words.groups for term in group]
    plain = [
        (form, each.is_prefix) for each in terms if each.field != "criteria" for form in term_forms(each)
    ]
    plain += [
        (form, False) for found in how.synonyms.values() for each in found for form in synonym_forms(each)
    ]
    criteria = [
        (form, each.is_prefix) for each in terms if each.field == "criteria" for form in term_forms(each)
    ]
    return (Marker(plain) if plain else None), (Marker(criteria) if criteria else None)


def _texts(connection: sqlite3.Connection, page: list[int]) -> dict[int, dict[str, str]]:
    names = ["brief_title", "official_title", "acronym", *(name for name, _ in _SNIPPET_COLUMNS)]
    marks = ", ".join("?" * len(page))
    rows = connection.execute(
        f"select id, {', '.join(names)} from {TRIALS.source} where id in ({marks})", page
    )
    return {row[0]: dict(zip(names, (value or "" for value in tuple(row)[1:]), strict=True)) for row in rows}


def _criteria(connection: sqlite3.Connection, page: list[int]) -> dict[int, str]:
    marks = ", ".join("?" * len(page))
    rows = connection.execute(
        f"select id, eligibility_criteria from {CRITERIA.source} where id in ({marks})", page
    )
    return {row[0]: row[1] or "" for row in rows}


def _snippet(marker: Marker, text: dict[str, str]) -> str:
    """The matching items of the first columns that have any, each after its column's name."""
    parts: list[str] = []
    for column, label in _SNIPPET_COLUMNS:
        items = marker.items(text.get(column, ""), _SNIPPET_ITEMS)
        if items:
            parts.append(f"{label}: " + "; ".join(items))
        if len(parts) == 2:
            break
    return " · ".join(parts) or marker.excerpt(text.get("official_title", ""))


def _found_by(typed: Marker, other: Marker, text: dict[str, str]) -> bool:
    """Whether a trial has the synonym and not the words that were typed."""
    every = list(text.values())
    return any(other.places(each) for each in every) and not any(typed.places(each) for each in every)


def _site(connection: sqlite3.Connection, trial_id: str, position: int) -> str:
    row = connection.execute(
        "select facility, city, country, iif(coordinates_source = 'gazetteer', 'place approximate', null)"
        " from sites where trial_id = ? and position = ?",
        [trial_id, position],
    ).fetchone()
    return ", ".join(part for part in tuple(row or ()) if part)
