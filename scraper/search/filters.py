"""The filters of a search: what they mean, and their SQL over `search_filter` (`f`).

All but the place are answered by that narrow table alone. A trial that does not state its sex or age limits is
not hidden by a filter on them: an unknown is not a no.
"""

import re
from dataclasses import dataclass

from scraper.errors import NormaliseError
from scraper.normalise.age import ELIGIBLE_SQL
from scraper.normalise.country import country_code, country_names
from scraper.normalise.phase import PHASES

SHOWN_ONLY = "f.removed = 0"
SEXES = ("ALL", "FEMALE", "MALE")

_WITH_PHASE = {phase: tuple(both for both in PHASES if phase in both.split("/")) for phase in PHASES}


@dataclass(frozen=True)
class Near:
    """Within `km` of a point in decimal degrees."""

    latitude: float
    longitude: float
    km: float = 50.0


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


def where(filters: Filters) -> tuple[list[str], dict[str, object]]:
    """SQL conditions on `f` that must all hold, and their parameters. Words and place are not in them."""
    clauses: list[str] = []
    values: dict[str, object] = {}

    def one_of(column: str, wanted: tuple[str, ...]) -> None:
        names = []
        for i, value in enumerate(wanted):
            values[f"{column}_{i}"] = value
            names.append(f":{column}_{i}")
        clauses.append(f"f.{column} in ({', '.join(names)})")

    if not filters.removed:
        clauses.append(SHOWN_ONLY)
    statuses = filters.status + (("RECRUITING",) if filters.recruiting else ())
    if statuses:
        one_of("overall_status", tuple(dict.fromkeys(statuses)))
    if filters.phase:
        found = (one for phase in filters.phase for one in _WITH_PHASE.get(phase) or (phase,))
        one_of("phase", tuple(dict.fromkeys(found)))
    if filters.age is not None:
        clauses.append(f"({ELIGIBLE_SQL})")
        values["age"] = filters.age
    if filters.sex:
        clauses.append("(f.sex is null or f.sex in ('ALL', :sex))")
        values["sex"] = filters.sex
    if filters.study_type:
        one_of("study_type", filters.study_type)
    if filters.sponsor_class:
        one_of("lead_sponsor_class", filters.sponsor_class)
    if filters.country:
        tests = []
        names = dict.fromkeys(map(country_name, filters.country))
        for i, name in enumerate(names):
            values[f"country_{i}"] = f"|{name}|"
            tests.append(f"instr(lower(f.countries), :country_{i})")
        clauses.append(f"({' or '.join(tests)})")
    for column, start, end in (
        ("last_update_posted_date", filters.updated_from, filters.updated_to),
        ("start_date", filters.start_from, filters.start_to),
    ):
        # "2026-05" overlaps a range that begins on 2026-05-13: the shorter of the two decides.
        if start:
            clauses.append(f"f.{column} >= substr(:{column}_from, 1, length(f.{column}))")
            values[f"{column}_from"] = start
        if end:
            clauses.append(f"substr(f.{column}, 1, length(:{column}_to)) <= :{column}_to")
            values[f"{column}_to"] = end
    if filters.has_results is not None:
        clauses.append("f.has_results = 1" if filters.has_results else "coalesce(f.has_results, 0) = 0")
    if filters.healthy_volunteers:
        clauses.append("f.healthy_volunteers = 1")
    return clauses, values


def country_name(typed: str) -> str:
    """The name that `search_filter` has for the country that was typed as a name or code, in lower case as SQLite's
    lower() has it; what was typed when it is no country."""
    name = " ".join(typed.split())
    try:
        code = country_code(name)
    except NormaliseError:
        code = None
    return re.sub("[A-Z]+", lambda letters: letters[0].lower(), country_names()[code] if code else name)
