"""The index in pictures, from the counts made when it was built."""

import sqlite3
from collections.abc import Callable
from typing import Any

from scraper.site import labels
from scraper.site.charts import Chart, lying, upright
from scraper.site.links import search_path, table_path
from scraper.site.rows import meta, select, stats

_SHOWN = 15
_YEARS = 30
_YEARS_AHEAD = 5
_LAST_YEAR = 2060
"""Of a file that does not say its date every year up to this is shown as a fact."""


def dashboard(connection: sqlite3.Connection) -> dict[str, Any]:
    """Tiles and charts; every mark leads to the trials behind it."""
    trials = stats(connection, "trials").get("all", 0)
    no_upper = stats(connection, "maximum_age").get("", 0)
    phases = stats(connection, "phase")
    snapshot = meta(connection).get("snapshot_at", "")
    now = int(snapshot[:4]) if snapshot[:4].isdigit() else _LAST_YEAR
    charts = [
        _kinds(connection, "Status", "overall_status", "status"),
        _ordered("Phase", phases, tuple(labels.PHASE), lambda word: search_path(phase=word), labels.PHASE),
        _open(connection, now),
        _years(connection, now),
        _kinds(connection, "Study type", "study_type", "study_type"),
        _kinds(connection, "Kind of sponsor", "lead_sponsor_class", "sponsor_class"),
        _kinds(connection, "Countries", "country", "country"),
        _numbers(
            "Highest ECOG score taken",
            stats(connection, "maximum_ecog"),
            lambda word: "/trials/limits_of_variable?variable=ecog",
            str,
        ),
        _numbers(
            "Maximum age",
            stats(connection, "maximum_age"),
            lambda word: _with_age("maximum_age_years", word),
            lambda word: labels.age(float(word)),
        ),
        _numbers(
            "Minimum age",
            stats(connection, "minimum_age"),
            lambda word: _with_age("minimum_age_years", word),
            lambda word: labels.age(float(word)),
        ),
        _variables(connection),
        _problems(connection),
    ]
    return {
        "heading": "Dashboard",
        "snapshot": snapshot,
        "tiles": [
            (trials, "trials", "/search"),
            (
                stats(connection, "overall_status").get("RECRUITING", 0),
                "recruiting",
                search_path(status="RECRUITING"),
            ),
            (
                no_upper,
                "without an upper age",
                table_path("trials", maximum_age_years__isnull="1", ages_unread__isnull="1"),
            ),
            (phases.get("", 0), "without a phase stated", table_path("trials", phase__isnull="1")),
            (sum(stats(connection, "criteria").values()), "criteria", table_path("criteria")),
            (sum(stats(connection, "variable").values()), "limits read", table_path("criteria_constraints")),
            (sum(stats(connection, "conflicts").values()), "contradictions", "/conflicts"),
            (sum(stats(connection, "problems").values()), "problems", "/problems"),
        ],
        "charts": [chart for chart in charts if chart.bars],
    }


def _kinds(connection: sqlite3.Connection, title: str, stat: str, parameter: str) -> Chart:
    counts = {word: n for word, n in stats(connection, stat).items() if word}
    return lying(
        title,
        [
            (labels.value(stat, word), n, search_path(**{parameter: word}))
            for word, n in list(counts.items())[:_SHOWN]
        ],
    )


def _ordered(
    title: str,
    counts: dict[str, int],
    order: tuple[str, ...],
    address: Callable[[str], str],
    names: dict[str, str],
) -> Chart:
    return lying(title, [(names[word], counts[word], address(word)) for word in order if word in counts])


def _years(connection: sqlite3.Connection, now: int) -> Chart:
    counts = _by_year(connection, "start_year", now)
    return upright(
        _spanning("Year of start", counts),
        [(str(year), n, search_path(start_from=str(year), start_to=str(year))) for year, n in counts.items()],
        planned_from=str(now + 1),
    )


def _open(connection: sqlite3.Connection, now: int) -> Chart:
    counts = _by_year(connection, "open_year", now)
    rows = [
        (
            str(year),
            n,
            table_path(
                "trials",
                start_date__lte=f"{year}-12-31",
                primary_completion_date__gte=str(year),
                overall_status__not="WITHDRAWN",
            ),
        )
        for year, n in counts.items()
    ]
    return upright(
        _spanning("Open for recruitment at most", counts),
        rows,
        "A trial counts for every year from its start to its primary completion, unless it was withdrawn: records do"
        " not say when recruitment ended, but it cannot last longer. Trials without both dates are not counted."
        f" Pale: after {now}, as planned.",
        planned_from=str(now + 1),
    )


def _by_year(connection: sqlite3.Connection, stat: str, now: int) -> dict[int, int]:
    """Every year up to a few after `now`, also those without trials; a year such as 2099 is a slip of the pen."""
    counts = {int(year): n for year, n in stats(connection, stat).items() if year.isdigit()}
    counts = {year: n for year, n in counts.items() if year <= now + _YEARS_AHEAD}
    if not counts:
        return {}
    years = range(max(min(counts), max(counts) - _YEARS + 1), max(counts) + 1)
    return {year: counts.get(year, 0) for year in years}


def _spanning(title: str, counts: dict[int, int]) -> str:
    return f"{title}, {min(counts)} to {max(counts)}" if counts else title


def _with_age(column: str, years: str) -> str:
    """The trials with that limit; a month or a day is no round number of years."""
    if float(years).is_integer():
        return table_path("trials", **{column: years})
    close = {
        f"{column}__gte": f"{float(years) - 1e-6:.7f}",
        f"{column}__lte": f"{float(years) + 1e-6:.7f}",
    }
    return table_path("trials", **close)


def _numbers(
    title: str, counts: dict[str, int], address: Callable[[str], str], label: Callable[[str], str]
) -> Chart:
    """The commonest numbers, in the order of the numbers."""
    common = [(word, n) for word, n in counts.items() if word][:_SHOWN]
    return lying(
        title,
        [(label(word), n, address(word)) for word, n in sorted(common, key=lambda one: float(one[0]))],
    )


def _variables(connection: sqlite3.Connection) -> Chart:
    rows = select(
        connection,
        "select s.key, s.value, v.label from stats s left join variables v on v.code = s.key"
        " where s.name = 'variable' order by s.value desc, s.key limit :n",
        {"n": _SHOWN},
    )
    return lying(
        "Quantities most often limited",
        [
            (
                row["label"] or row["key"],
                row["value"],
                f"/trials/limits_of_variable?variable={row['key']}",
            )
            for row in rows
        ],
    )


def _problems(connection: sqlite3.Connection) -> Chart:
    counts = stats(connection, "problems")
    return lying(
        "Problems by stage",
        [
            (labels.words(word).capitalize(), n, table_path("problems", stage=word))
            for word, n in list(counts.items())[:_SHOWN]
        ],
    )
