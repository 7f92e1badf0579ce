"""Datasette's own pages as we publish them: described, labelled, limited, not indexed."""

import hashlib
import json
import urllib.parse
from importlib.resources import files
from pathlib import Path

import datasette
import pytest

from scraper.site import configuration
from tests.site_client import ask, faults
from tests.site_rows import FIRST, small

# Ours replace or mend these; when the pin moves, compare and put the new digest here.
UPSTREAM = {
    "_codemirror_foot.html": "57f0251b9c1fbe03",
    "base.html": "bb22df33caea147e",
    "_close_open_menus.html": "eda6b9dbf39ab061",
    "table.html": "81cec4b0f7948bf0",
}


this_datasette = pytest.mark.skipif(
    not datasette.__version__.startswith("0.65"), reason="another Datasette has other templates and addresses"
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("datasette") / "trials.db")


@this_datasette
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


@this_datasette
def test_one_value_cannot_fill_the_memory(database: Path) -> None:
    sql = urllib.parse.urlencode({"sql": "select zeroblob(200000000)"})
    (answer,) = ask(database, f"/trials.json?{sql}")
    assert answer.status == 400
    assert "too big" in answer.text


@this_datasette
def test_slow_sql_is_stopped(database: Path) -> None:
    slow = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    (answer,) = ask(database, f"/trials.json?{urllib.parse.urlencode({'sql': slow})}")
    assert answer.status == 400


@this_datasette
def test_nobody_writes_through_sql(database: Path) -> None:
    before = database.read_bytes()
    for sql in ("delete from trials", "attach 'x.db' as x", "pragma journal_mode = wal"):
        (answer,) = ask(database, f"/trials.json?{urllib.parse.urlencode({'sql': sql})}")
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


@this_datasette
def test_facets_of_filtered_trials_count_what_the_filter_leaves(database: Path) -> None:
    every, some = ask(database, "/trials/trials.json", "/trials/trials.json?lead_sponsor_class=OTHER")
    counts = [
        {
            name: {each["value"]: each["count"] for each in facet["results"]}
            for name, facet in json.loads(answer.text)["facet_results"].items()
        }
        for answer in (every, some)
    ]
    assert counts[0]["study_type"] == {"INTERVENTIONAL": 2, "OBSERVATIONAL": 1}
    assert counts[1]["study_type"] == {"INTERVENTIONAL": 1}
    assert counts[1]["overall_status"] == {"RECRUITING": 1}
    (chosen,) = json.loads(some.text)["facet_results"]["lead_sponsor_class"]["results"]
    assert chosen["selected"]
    assert "lead_sponsor_class" not in urllib.parse.urlsplit(chosen["toggle_url"]).query


def test_a_facet_of_a_column_that_is_none_counts_nothing(database: Path) -> None:
    (answer,) = ask(database, "/trials/trials.json?_facet_counted=trial_id&_facet_counted=%22%29")
    assert answer.status == 200
    assert "trial_id" not in json.loads(answer.text).get("facet_results", {})
