"""Datasette's own pages as we publish them: described, labelled, limited, not indexed."""

import hashlib
import json
import sqlite3
import urllib.parse
from importlib.resources import files
from pathlib import Path

import datasette
import pytest

from scraper.site import configuration
from scraper.site.combinations import as_count
from scraper.store.stats import FACETS
from tests.site_client import Answer, ask, faults, shown
from tests.site_rows import FIRST, small

# Ours replace or mend these; when the pin moves, compare and put the new digest here.
UPSTREAM = {
    "_codemirror_foot.html": "57f0251b9c1fbe03",
    "base.html": "bb22df33caea147e",
    "_close_open_menus.html": "eda6b9dbf39ab061",
    "table.html": "81cec4b0f7948bf0",
}


THIS = datasette.__version__.startswith("0.65")
EXTRA = "_extra=count,facet_results"  # 1.0 tells them when asked
SQL = "/trials.json" if THIS else "/trials/-/query.json"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("datasette") / "trials.db")


@pytest.mark.skipif(not THIS, reason="another Datasette has other templates")
@pytest.mark.parametrize("name", UPSTREAM)
def test_templates_we_override_are_those_we_looked_at(name: str) -> None:
    body = files("datasette").joinpath(f"templates/{name}").read_bytes()
    assert hashlib.sha256(body).hexdigest()[:16] == UPSTREAM[name]


def test_tables_show_facets_links_and_badges(database: Path) -> None:
    (answer,) = ask(database, "/trials/trials")
    page = answer.page
    facets = {str(div["data-column"]) for div in page.select(".facet-info")}
    assert facets == {"overall_status", "phase", "sex", "study_type", "lead_sponsor_class"}
    links = {str(a["href"]) for a in page.select("td.col-trial_id a")}
    assert f"/trials/trials/{FIRST}" in links
    assert "Recruiting" in {b.get_text(strip=True).lstrip("●").strip() for b in page.select("td .badge")}
    assert "First age that is too old" in page.get_text()


@pytest.mark.parametrize(
    "path", ["/trials/trials", "/trials/sites?country=Germany", "/trials/criteria?_sort=position"]
)
def test_table_pages_have_a_language_and_name_every_control(database: Path, path: str) -> None:
    (answer,) = ask(database, path)
    unnamed = [fault for fault in faults(answer) if fault.startswith(("no ", "2 h1", "0 h1"))]
    assert unnamed == []


def test_queries_are_many_described_and_each_runs(database: Path) -> None:
    queries = configuration.configuration()["databases"]["trials"]["queries"]
    assert len(queries) >= 12
    values = {
        "age": "0.5",
        "condition": "cold",
        "variable": "hemoglobin",
        "words": "tea",
        "country": "Germany",
    }
    values |= {"day": "2026-05-01", "type": "DRUG"}
    for name, query in queries.items():
        assert query["title"] and query["description"].endswith(".")
        asked = urllib.parse.urlencode(
            {key: value for key, value in values.items() if f":{key}" in query["sql"]}
        )
        page, rows = ask(database, f"/trials/{name}?{asked}", f"/trials/{name}.json?_shape=array&{asked}")
        assert (name, page.status, rows.status) == (name, 200, 200)
        assert isinstance(json.loads(rows.text), list)
        if name not in ("no_results_after_completion", "why_stopped", "overdue_completion"):
            assert json.loads(rows.text), name


def test_age_query_takes_the_child_the_record_takes_and_no_younger_one(database: Path) -> None:
    for age, found in (("0.5", [FIRST]), ("0.49", []), ("75.99", [FIRST]), ("76", [])):
        (answer,) = ask(database, f"/trials/eligible_at_age.json?_shape=array&age={age}")
        assert [row["trial_id"] for row in json.loads(answer.text)] == found


def test_one_value_cannot_fill_the_memory(database: Path) -> None:
    sql = urllib.parse.urlencode({"sql": "select zeroblob(200000000)"})
    (answer,) = ask(database, f"{SQL}?{sql}")
    assert answer.status == 400
    assert "too big" in answer.text


def test_slow_sql_is_stopped(database: Path) -> None:
    slow = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    (answer,) = ask(database, f"{SQL}?{urllib.parse.urlencode({'sql': slow})}")
    assert answer.status == 400


def test_nobody_writes_through_sql(database: Path) -> None:
    before = database.read_bytes()
    for sql in ("delete from trials", "attach 'x.db' as x", "pragma journal_mode = wal"):
        (answer,) = ask(database, f"{SQL}?{urllib.parse.urlencode({'sql': sql})}")
        assert answer.status == 400
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    "path", ["/", "/search", "/trials", "/trials/trials", "/trials/trials.json", "/nowhere", "/robots.txt"]
)
def test_every_answer_has_the_headers_that_keep_it_harmless(database: Path, path: str) -> None:
    (answer,) = ask(database, path)
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"


def test_our_pages_may_run_nothing(database: Path) -> None:
    for answer in ask(database, "/", "/search", f"/trials/trials/{FIRST}", "/dashboard", "/nowhere/at/all"):
        policy = answer.headers["content-security-policy"]
        if answer.status == 200:
            assert policy.startswith("default-src 'none'")
            assert "script-src" not in policy


def test_robots_may_read_three_pages(database: Path) -> None:
    (answer,) = ask(database, "/robots.txt")
    assert answer.text.splitlines() == [
        "User-agent: *",
        "Allow: /$",
        "Allow: /about",
        "Allow: /schema",
        "Disallow: /",
    ]


def test_visitors_of_a_public_copy_make_no_facets_of_their_own(database: Path) -> None:
    (own,) = ask(database, "/trials/trials?_facet=acronym")
    public, plain = ask(database, "/trials/trials?_facet=acronym", "/trials/trials", public=True)
    assert own.status == 200
    assert public.status == 400
    assert plain.page.select(".facet-info")


def test_what_does_not_exist_is_said_on_a_page_with_our_header(database: Path) -> None:
    (answer,) = ask(database, "/nowhere")
    assert answer.status == 404
    assert answer.page.select("header.top a")
    assert "Traceback" not in answer.text


def test_facets_of_filtered_trials_count_what_the_filter_leaves(database: Path) -> None:
    every, some = ask(
        database,
        f"/trials/trials.json?{EXTRA}",
        f"/trials/trials.json?lead_sponsor_class=OTHER&{EXTRA}",
    )
    counts = [_facets(answer) for answer in (every, some)]
    assert counts[0]["study_type"] == {"INTERVENTIONAL": 2, "OBSERVATIONAL": 1}
    assert counts[1]["study_type"] == {"INTERVENTIONAL": 1}
    assert counts[1]["overall_status"] == {"RECRUITING": 1}
    (chosen,) = shown(some)[1]["lead_sponsor_class"]["results"]
    assert chosen["selected"]
    assert "lead_sponsor_class" not in urllib.parse.urlsplit(chosen["toggle_url"]).query


FILTERS = {
    "overall_status=RECRUITING": "overall_status = 'RECRUITING'",
    "overall_status__not=RECRUITING&sex=ALL": "overall_status <> 'RECRUITING' and sex = 'ALL'",
    "phase__isnull=1": "phase is null",
    "phase__notnull=1&study_type=INTERVENTIONAL": "phase is not null and study_type = 'INTERVENTIONAL'",
    "sex__in=ALL,MALE": "sex in ('ALL', 'MALE')",
    "phase__notin=PHASE2": "phase not in ('PHASE2')",
    "phase__contains=2": "phase like '%2%'",
    "phase=PHASE9": "phase = 'PHASE9'",
    "registry=ctgov&sex=ALL": "registry = 'ctgov' and sex = 'ALL'",
    "sex__isblank=1": "(sex is null or sex = '')",
}


@pytest.mark.parametrize("combinations", [True, False])
def test_a_filter_on_facets_is_counted_the_same_from_combinations_and_from_the_trials(
    tmp_path: Path, combinations: bool
) -> None:
    path = small(tmp_path / "trials.db")
    with sqlite3.connect(path) as connection:
        assert connection.execute("select count(*) from stats where name = 'facets'").fetchone() > (1,)
        if not combinations:  # a file that an older program made
            connection.execute("delete from stats where name = 'facets'")
        wanted = [_counted(connection, condition) for condition in FILTERS.values()]
    connection.close()
    answers = ask(path, *(f"/trials/trials.json?{asked}&{EXTRA}" for asked in FILTERS))
    assert [(shown(answer)[0], _facets(answer)) for answer in answers] == wanted


def _counted(connection: sqlite3.Connection, condition: str) -> tuple[int, dict[str, dict[str, int]]]:
    (count,) = connection.execute(f"select count(*) from trials where {condition}").fetchone()
    by_facet = {
        column: connection.execute(
            f"select {column}, count(*) from trials where {condition} and {column} is not null group by 1"
        )
        for column in FACETS
    }
    return count, {column: dict(rows.fetchall()) for column, rows in by_facet.items()}


@pytest.mark.parametrize(
    "sql, counted",
    [
        ('select count(*) from trials where "phase" = :p0 ', True),
        ('select count(*) from trials where "phase" = :p0 and "sex" is not null ', True),
        ('select count(*) from trials where "enrollment" > :p0 ', False),
        ('select count(*) from trials where "phase" = :p0 and "enrollment" > :p1 ', False),
        ('select count(*) from trials where "phase" = :p0 or 1', False),
        ('select count(*) from sites where "phase" = :p0 ', False),
        ("select count(*) from trials ", False),
    ],
)
def test_only_filters_on_facets_are_counted_from_combinations(sql: str, counted: bool) -> None:
    assert (as_count(sql) is not None) is counted


def _facets(answer: Answer) -> dict[str, dict[str, int]]:
    return {
        name: {each["value"]: each["count"] for each in facet["results"]}
        for name, facet in shown(answer)[1].items()
    }


def test_a_facet_of_a_column_that_is_none_counts_nothing(database: Path) -> None:
    (answer,) = ask(database, "/trials/trials.json?_facet_counted=trial_id&_facet_counted=%22%29")
    assert answer.status == 200
    assert "trial_id" not in json.loads(answer.text).get("facet_results", {})
