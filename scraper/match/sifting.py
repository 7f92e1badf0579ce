"""Every trial about the patient's condition, sifted by the fields that alone keep a patient out.

A condition may have 75,000 trials: SQLite counts them and puts them in order, and only the first ones are fetched.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from scraper.match.patient import Patient
from scraper.search.filters import Filters
from scraper.search.places import Place, nearest
from scraper.search.plan import Plan, plan
from scraper.search.question import Question
from scraper.store.codes import number, part_sql


class Candidate(NamedTuple):
    """A trial about the condition; `place` is the nearest site that recruits, within the circle asked for."""

    key: int
    trial_id: str
    place: Place | None = None


@dataclass(frozen=True)
class Sifted:
    """`found` trials are about the condition; a field keeps the patient out of `out` of them.

    `by_field` counts them, a trial once for each such field. `left` are the first of the others, `excluded` the first
    that a field excludes: as many as asked for, all of them where a place is.
    """

    found: int
    out: int
    by_field: Mapping[str, int]
    left: list[Candidate]
    excluded: list[Candidate]


# `judge` says the same of each trial, with its quote.
_TOO_YOUNG = "(f.minimum_age_years is not null and :before_years <= f.minimum_age_years + 1e-9 and :age < f.minimum_age_years)"
_TOO_OLD = "(f.maximum_age_before_years is not null and :age >= f.maximum_age_before_years)"


def sift(connection: sqlite3.Connection, patient: Patient, most_left: int, most_excluded: int) -> Sifted:
    """All trials that the search finds for the condition, place and status.

    The nearest site that recruits comes first, then trials that recruit, then the newest; the id settles ties.
    """
    filters = Filters(condition=patient.condition, near=patient.near, recruiting=patient.recruiting)
    how = plan(connection, Question(filters=filters))
    places = nearest(connection, patient.near, recruiting=True) if patient.near else {}
    values = {
        **how.parameters,
        "left": 0 if places else most_left,
        "excluded": 0 if places else most_excluded,
    }
    if patient.age:
        values |= {"age": patient.age.years, "before_years": patient.age.before_years}
        values |= _doubtful(connection, how, values)
    tests = _tests(patient, is_narrow=how.is_narrow)
    out = " or ".join(tests) or "0"
    rows = connection.execute(
        f"with r as materialized (select f.id as id, {_recruits(how)} as recruits,"
        " coalesce(f.last_update_posted_date, '') as day"
        f"{''.join(f', {test} as {name}' for name, test in tests.items())} {how.narrow_sql})"
        f" select 'counts', count(*), sum({out}), json_array({', '.join(f'sum({name})' for name in tests)}) from r"
        f" union all {_first('left', f'not ({out})')} union all {_first('excluded', f'({out})')}",
        values,
    ).fetchall()
    (_, found, excluded, sums), *ordered = map(tuple, rows)
    names = _names(connection, [row[1] for row in ordered])
    # Twice: what is sorted by day, newest first, keeps the order of ids within a day.
    ordered.sort(key=lambda row: names[row[1]])
    ordered.sort(key=lambda row: (row[2], row[3]), reverse=True)
    candidates = [
        (kind, Candidate(key, names[key], _recruiting(places.get(key), bool(recruits))))
        for kind, key, recruits, _ in ordered
    ]
    if places:
        candidates.sort(key=lambda one: round(one[1].place.km, 1) if one[1].place else float("inf"))
    left, closed = ([one for kind, one in candidates if kind == wanted] for wanted in ("left", "excluded"))
    counts = {name: n for name, n in zip(tests, json.loads(sums), strict=True) if n}
    return Sifted(found, excluded or 0, counts, left, closed)


def _tests(patient: Patient, *, is_narrow: bool) -> dict[str, str]:
    """field -> SQL that is 1 where it keeps the patient out."""
    tests = {}
    if patient.sex:
        other = {"FEMALE": "MALE", "MALE": "FEMALE"}[patient.sex]
        tests["sex"] = f"({_is('sex', other, is_narrow=is_narrow)})"
    if patient.age:
        doubts = "and f.id not in (select value from json_each(:{}))"
        tests["age"] = (
            f"({_TOO_YOUNG} {doubts.format('minimum_age')} or {_TOO_OLD} {doubts.format('maximum_age')})"
        )
    if patient.healthy:
        tests["healthy_volunteers"] = f"({_is('healthy_volunteers', 0, is_narrow=is_narrow)})"
    return tests


def _is(name: str, value: str | int, *, is_narrow: bool) -> str:
    if is_narrow:
        return f"{part_sql(name)} = {number(name, value)}"
    return f"f.{name} is {value!r}"


def _recruits(how: Plan) -> str:
    return f"({_is('overall_status', 'RECRUITING', is_narrow=how.is_narrow)})"


def _first(kind: str, which: str) -> str:
    """The first of those: as many as asked for, and all others of the last one's day, whose ids decide."""
    last = f"select recruits, day from r where {which} order by recruits desc, day desc limit 1 offset :{kind} - 1"
    return (
        f"select '{kind}', id, recruits, day from r"
        f" where {which} and (:{kind} = 0 or coalesce((recruits, day) >= ({last}), 1))"
    )


def _doubtful(connection: sqlite3.Connection, how: Plan, values: Mapping[str, object]) -> dict[str, str]:
    """Age field -> the trials, as JSON, that it would exclude and that other words about the same record contradict."""
    flagged = f"select f.id {how.narrow_sql} and ({_TOO_YOUNG} or {_TOO_OLD})"
    # Is there any at all? Otherwise the conflicts of 600,000 trials are read for nothing.
    rows = connection.execute(
        "select c.field, s.id from conflicts c cross join search_filter s on s.trial_id = c.trial_id"
        " cross join trials t on t.trial_id = c.trial_id where c.field in ('minimum_age', 'maximum_age')"
        f" and exists ({flagged}) and +s.id in ({flagged}) and c.source_a = t.source",
        values,
    ).fetchall()
    return {
        name: json.dumps([key for field, key in map(tuple, rows) if field == name])
        for name in ("minimum_age", "maximum_age")
    }


def _names(connection: sqlite3.Connection, keys: list[int]) -> dict[int, str]:
    rows = connection.execute(
        "select f.id, f.trial_id from json_each(?) j cross join search_filter f on f.id = j.value",
        [json.dumps(keys)],
    )
    return dict(map(tuple, rows))


def _recruiting(place: Place | None, recruits: bool) -> Place | None:
    """The place if it recruits: it says so, or says nothing in a trial that does."""
    return place if place and (place.status == "RECRUITING" or recruits) else None
