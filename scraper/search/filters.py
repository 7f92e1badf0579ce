"""The filters of a search: what they mean, and their SQL over `search_filter` (`f`).

All but the place are answered by that narrow table alone, and most by the tags of the full-text index too. A trial that does not state its sex or age limits is
not hidden by a filter on them: an unknown is not a no. Nor is one whose stated age limit could not be read, unless its
other limit says no: it is found, and shown with those words (`hits.Hit.age_not_read`).
"""

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from scraper.errors import NormaliseError
from scraper.normalise.age import ELIGIBLE_SQL
from scraper.normalise.country import country_code, country_names
from scraper.normalise.phase import PHASES
from scraper.search import tags

SEXES = ("ALL", "FEMALE", "MALE")

_WITH_PHASE = {phase: tuple(both for both in PHASES if phase in both.split("/")) for phase in PHASES}


@dataclass(frozen=True)
class Near:
    """Within `km` of a point in decimal degrees; `place` is the town as it was typed, "" where none was."""

    latitude: float
    longitude: float
    km: float = 50.0
    place: str = ""


@dataclass(frozen=True)
class Filters:
    """Everything but the words. Empty tuples, None and False filter nothing; `removed` shows vanished trials too.

    Dates are ISO, as precise as one likes; both ends are included. `sex` FEMALE finds ALL too, `phase` PHASE2 finds
    PHASE1/PHASE2 and PHASE2/PHASE3 too. `age` is in years.
    """

    status: tuple[str, ...] = ()
    recruiting: bool = False
    phase: tuple[str, ...] = ()
    age: float | None = None
    sex: str | None = None
    study_type: tuple[str, ...] = ()
    sponsor_class: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    condition: str = ""
    near: Near | None = None
    updated_from: str = ""
    updated_to: str = ""
    start_from: str = ""
    start_to: str = ""
    has_results: bool | None = None
    healthy_volunteers: bool = False
    removed: bool = False


@dataclass(frozen=True)
class Clause:
    """A condition on `f`; `tags` say the same to the full-text index: any of them, or with `without` none of them.

    `is_narrow`: it asks for no more than search_codes has.
    """

    sql: str
    tags: tuple[str, ...] = ()
    without: bool = False
    is_narrow: bool = False


SHOWN_ONLY = Clause("f.removed = 0", (tags.tag(tags.REMOVED, "1"),), without=True)


def where(filters: Filters) -> tuple[list[Clause], dict[str, object]]:
    """What must all hold, and the parameters of its SQL. Words and place are not in it."""
    clauses: list[Clause] = []
    values: dict[str, object] = {}

    def one_of(column: str, kind: str, wanted: Iterable[str]) -> None:
        names = []
        for i, value in enumerate(dict.fromkeys(wanted)):
            values[f"{column}_{i}"] = value
            names.append(f":{column}_{i}")
        marks = tuple(tags.tag(kind, value) for value in wanted)
        clauses.append(Clause(f"f.{column} in ({', '.join(names)})", marks))

    if not filters.removed:
        clauses.append(SHOWN_ONLY)
    statuses = filters.status + (("RECRUITING",) if filters.recruiting else ())
    if statuses:
        one_of("overall_status", tags.STATUS, statuses)
    if filters.phase:
        one_of(
            "phase",
            tags.PHASE,
            [one for phase in filters.phase for one in _WITH_PHASE.get(phase) or (phase,)],
        )
    if filters.age is not None:
        clauses.append(Clause(f"({ELIGIBLE_SQL})", is_narrow=True))
        values["age"] = filters.age
    if filters.sex:
        others = tuple(tags.tag(tags.SEX, sex) for sex in SEXES if sex not in ("ALL", filters.sex))
        clauses.append(Clause("(f.sex is null or f.sex in ('ALL', :sex))", others, without=True))
        values["sex"] = filters.sex
    if filters.study_type:
        one_of("study_type", tags.STUDY_TYPE, filters.study_type)
    if filters.sponsor_class:
        one_of("lead_sponsor_class", tags.SPONSOR_CLASS, filters.sponsor_class)
    if filters.country:
        clauses.append(_in_a_country(filters.country, values))
    for column, start, end in (
        ("last_update_posted_date", filters.updated_from, filters.updated_to),
        ("start_date", filters.start_from, filters.start_to),
    ):
        # "2026-05" overlaps a range that begins on 2026-05-13: the shorter of the two decides.
        if start:
            clauses.append(Clause(f"f.{column} >= substr(:{column}_from, 1, length(f.{column}))"))
            values[f"{column}_from"] = start
        if end:
            clauses.append(Clause(f"substr(f.{column}, 1, length(:{column}_to)) <= :{column}_to"))
            values[f"{column}_to"] = end
    if filters.has_results is not None:
        results = (tags.tag(tags.RESULTS, "1"),)
        clauses.append(
            Clause("f.has_results = 1", results)
            if filters.has_results
            else Clause("coalesce(f.has_results, 0) = 0", results, without=True)
        )
    if filters.healthy_volunteers:
        clauses.append(Clause("f.healthy_volunteers = 1", (tags.tag(tags.HEALTHY, "1"),)))
    return clauses, values


def _in_a_country(typed: Iterable[str], values: dict[str, object]) -> Clause:
    tests = []
    names = dict.fromkeys(map(country_name, typed))
    for i, name in enumerate(names):
        values[f"country_{i}"] = f"|{name}|"
        tests.append(f"instr(lower(f.countries), :country_{i})")
    return Clause(f"({' or '.join(tests)})", tuple(tags.tag(tags.COUNTRY, name) for name in names))


def unknown_countries(connection: sqlite3.Connection, typed: Iterable[str]) -> list[str]:
    """Those of the countries typed that are neither of the vocabulary nor where any site here is."""
    unknown = []
    for name in typed:
        try:
            country_code(" ".join(name.split()))
        except NormaliseError:
            query = "select 1 from sites where country = ? collate nocase limit 1"
            if connection.execute(query, (name,)).fetchone() is None:
                unknown.append(name)
    return unknown


def country_name(typed: str) -> str:
    """The name that `search_filter` has for the country that was typed as a name or code, in lower case as SQLite's
    lower() has it; what was typed when it is no country."""
    name = " ".join(typed.split())
    try:
        code = country_code(name)
    except NormaliseError:
        code = None
    return re.sub("[A-Z]+", lambda letters: letters[0].lower(), country_names()[code] if code else name)
