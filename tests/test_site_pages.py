"""Every page of ours: there, whole, light, labelled, also for an empty database."""

import json
import sqlite3
import urllib.parse
from pathlib import Path

import pytest
from bs4 import Tag

from tests.site_client import ask, faults
from tests.site_rows import FIRST, SECOND, THIRD, empty, small

EVERYWHERE = [
    "/",
    "/search",
    "/search?q=tea",
    "/search?q=%22unclosed&status=RECRUITING&age=8+months&sex=FEMALE&country=Germany",
    "/changes",
    "/changes?since=2026-05-11&severity=high",
    "/conflicts",
    "/linked",
    "/conflicts?rule=age_unit",
    "/problems",
    "/schema",
    "/about",
    "/data",
    "/dashboard",
    "/match",
    "/match?condition=cold&age=34&sex=female&ecog=1",
    "/match?condition=cold&age=3+months&lab=hemoglobin%3D7+g/dL",
    "/conditions",
    "/conditions?name=co",
    "/sponsors",
]
GROUPS = ["/conditions/Common~20Cold", "/sponsors/Institute~20of~20Hot~20Drinks"]
TRIALS = [f"/trials/trials/{FIRST}", f"/trials/trials/{SECOND}", "/trials/trials/listing~3A77"]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("site") / "trials.db")


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return empty(tmp_path_factory.mktemp("site") / "trials.db")


def _whole(path: Path, *addresses: str) -> None:
    for answer in ask(path, *addresses):
        assert (answer.path, answer.status) == (answer.path, 200)
        assert (answer.path, faults(answer)) == (answer.path, [])


def test_every_page_is_there_whole_light_and_labelled(database: Path) -> None:
    _whole(database, *EVERYWHERE, *GROUPS, *TRIALS)


def test_every_page_answers_for_an_empty_database(nothing: Path) -> None:
    _whole(nothing, *EVERYWHERE)


def test_no_link_of_ours_leads_nowhere(database: Path) -> None:
    links = set()
    for answer in ask(database, *EVERYWHERE, *GROUPS, *TRIALS):
        links |= {
            str(a["href"]).partition("#")[0] for a in answer.page.select('a[href^="/"], link[href^="/"]')
        }
    dead = [(answer.path, answer.status) for answer in ask(database, *sorted(links)) if answer.status != 200]
    assert len(links) > 40
    assert dead == []


def test_home_says_how_many_how_fresh_and_links_each_status(database: Path) -> None:
    (answer,) = ask(database, "/")
    words = answer.page.get_text()
    assert "3 trials from Register of Tea and trialx, as of 2026-05-13" in " ".join(words.split())
    badge = answer.page.select_one(".counts a")
    assert badge is not None
    assert str(badge["href"]).startswith("/search?status=")
    assert "Warm tea against the common cold" in words
    assert "6 Months" in words


def test_trial_page_shows_ages_in_their_own_unit_and_limits_beside_the_words(database: Path) -> None:
    (answer,) = ask(database, TRIALS[0])
    strip = answer.page.select_one(".strip")
    assert strip is not None
    assert "6 Months to 75 Years" in strip.get_text(" ", strip=True)
    assert "Recruiting" in strip.get_text(" ", strip=True)
    assert "120 estimated" in strip.get_text(" ", strip=True)
    criteria = [li.get_text(" ", strip=True) for li in answer.page.select(".criteria li")]
    assert criteria == ["Haemoglobin >= 9 g/dL Haemoglobin ≥ 9 g/dL", "Can drink", "Hates tea"]
    headings = [h.get_text(" ", strip=True) for h in answer.page.select("h3")]
    assert "Inclusion: all must apply (2)" in headings
    assert "Exclusion: none may apply (1)" in headings
    words = answer.page.get_text(" ", strip=True)
    assert "not medical advice" in words
    assert "updated there 2026-05-13" in words
    quotes = [q.get_text(strip=True) for q in answer.page.select(".conflict blockquote")]
    assert quotes == ["6-75 years", "6 Months"]


def test_trial_without_age_limits_says_no_limit(database: Path) -> None:
    (answer,) = ask(database, TRIALS[1])
    strip = answer.page.select_one(".strip")
    assert strip is not None
    assert "no limit" in strip.get_text(" ", strip=True)


def test_status_is_said_in_words_wherever_it_has_a_colour(database: Path) -> None:
    for answer in ask(database, *EVERYWHERE, *GROUPS, *TRIALS):
        for badge in answer.page.select(".badge"):
            sign = badge.select_one("[aria-hidden]")
            assert sign is not None
            assert badge.get_text(strip=True) != sign.get_text(strip=True)


def test_search_keeps_its_filters_in_the_form_and_in_every_link(database: Path) -> None:
    path = "/search?q=tea&status=RECRUITING&phase=PHASE1%2FPHASE2&age=0.5&sex=FEMALE&country=Germany"
    (answer,) = ask(database, path)
    page = answer.page
    chosen = {(i["name"], i["value"]) for i in page.select("input[checked]")}
    assert chosen == {("status", "RECRUITING"), ("phase", "PHASE1/PHASE2"), ("country", "Germany")}
    assert [o["value"] for o in page.select("#sex option[selected]")] == ["FEMALE"]
    age = page.select_one("#age")
    assert age is not None
    assert age["value"] == "6 months"
    feed = page.select_one(".save a")
    assert isinstance(feed, Tag)
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(str(feed["href"])).query)
    assert asked == {
        "q": ["tea"],
        "status": ["RECRUITING"],
        "phase": ["PHASE1/PHASE2"],
        "age": ["6 months"],
        "sex": ["FEMALE"],
        "country": ["Germany"],
    }
    removed = page.select_one('a[aria-label="Remove filter Open to female"]')
    assert removed is not None
    assert "sex=" not in str(removed["href"])
    assert "status=RECRUITING" in str(removed["href"])


def test_search_marks_the_words_that_matched_and_counts_each_choice(database: Path) -> None:
    (answer,) = ask(database, "/search?q=cold")
    assert {m.get_text().casefold() for m in answer.page.select(".hits mark")} == {"cold"}
    labels = [label.get_text(" ", strip=True) for label in answer.page.select("fieldset label")]
    assert "Recruiting 1" in labels
    assert "Completed 1" in labels


def test_search_hits_come_in_pages_whose_addresses_keep_the_question(database: Path) -> None:
    first, second = ask(database, "/search?q=cold&limit=1", "/search?q=cold&limit=1&offset=1")
    following = first.page.select_one('a[rel="next"]')
    assert following is not None
    assert following["href"] == "/search?q=cold&limit=1&offset=1"
    assert first.page.select_one(".hits a") != second.page.select_one(".hits a")
    assert second.page.select_one('a[rel="next"]') is None


def test_filter_that_cannot_be_read_is_said_and_the_words_are_still_searched(database: Path) -> None:
    (answer,) = ask(database, "/search?q=tea&age=young")
    alert = answer.page.select_one('[role="alert"]')
    assert alert is not None
    assert "young" in alert.get_text()
    assert answer.page.select(".hits li")


def test_unknown_trial_is_not_found_in_words(database: Path) -> None:
    (answer,) = ask(database, "/trials/trials/NCT00000000")
    assert answer.status == 404
    assert "No trial with this id" in answer.text
    assert faults(answer) == []


def test_too_many_hits_have_choices_without_wrong_numbers(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scraper.site.pages.choices.COUNTED_HITS", 1)
    every, some = ask(database, "/search", "/search?q=cold")
    counted = [label.get_text(" ", strip=True) for label in every.page.select("fieldset label")]
    bare = [label.get_text(" ", strip=True) for label in some.page.select("fieldset label")]
    assert "Recruiting 1" in counted
    assert "Recruiting" in bare
    assert not some.page.select("fieldset label .quiet")
    assert "Numbers stand beside" in some.page.get_text()


def test_match_says_why_with_the_words_of_the_record(database: Path) -> None:
    young, low, wrong, programs = ask(
        database,
        "/match?condition=cold&age=3+months",
        "/match?condition=cold&age=34&lab=hemoglobin%3D7+g/dL",
        "/match?condition=cold&age=young",
        "/match.json?condition=cold&age=3+months",
    )
    assert "6 Months" in [q.get_text() for q in young.page.select(".findings q")]
    assert "Not medical advice" in young.page.get_text()
    assert "Haemoglobin >= 9 g/dL" in [q.get_text() for q in low.page.select(".findings q")]
    alert = wrong.page.select_one('[role="alert"]')
    assert alert is not None
    assert "young" in alert.get_text()
    excluded = json.loads(programs.text)["excluded"]
    assert [row["trial_id"] for row in excluded] == [FIRST]


def test_changes_since_a_day_for_programs_are_oldest_first(database: Path) -> None:
    answer, wrong = ask(database, "/changes.json?since=2026-05-11", "/changes.json?since=yesterday")
    found = json.loads(answer.text)
    assert [row["field"] for row in found["changes"]] == ["maximum_age", "brief_summary"]
    assert found["truncated"] is False
    assert wrong.status == 400
    assert "yesterday" in json.loads(wrong.text)["error"]


def test_data_dictionary_explains_unit_example_and_standards(database: Path) -> None:
    (answer,) = ask(database, "/schema")
    row = next(
        tr for tr in answer.page.select("tr") if tr.get_text().strip().startswith("maximum_age_before_years")
    )
    words = row.get_text(" ", strip=True)
    for expected in ("exclusive", "Unit: years", "76.0", "WHO item 14", "TS.AGEMAX"):
        assert expected in words
    assert "14 Key inclusion and exclusion criteria" in answer.page.get_text()


def test_trial_page_carries_its_facts_for_programs(database: Path) -> None:
    (answer,) = ask(database, TRIALS[0])
    script = answer.page.select_one('script[type="application/ld+json"]')
    assert script is not None
    facts = json.loads(script.get_text())
    assert facts["@type"] == "MedicalTrial"
    assert facts["identifier"] == FIRST
    assert facts["status"] == "https://schema.org/Recruiting"
    assert THIRD not in script.get_text()


def test_trial_is_cited_in_ris_and_bibtex(database: Path) -> None:
    ris, bibtex, missing = ask(
        database, TRIALS[0] + ".ris", TRIALS[0] + ".bib", "/trials/trials/NCT00000000.ris"
    )
    assert ris.text.startswith("TY  - WEB\r\nID  - NCT99000001\r\n")
    assert ris.text.endswith("ER  - \r\n\r\n")
    assert "KW  - Common Cold\r\n" in ris.text
    assert "attachment" in ris.headers["content-disposition"]
    assert bibtex.text.startswith("@misc{NCT99000001,\n  title = {{Warm tea against the common cold}},")
    assert missing.status == 404


def test_sites_stand_from_near_to_far_and_those_that_may_recruit_first(database: Path) -> None:
    path = f"{TRIALS[0]}?near=51.4,-2.4"
    near, wrong, search = ask(
        database, path, f"{TRIALS[0]}?near=Teaville", "/search?q=tea&near=51.4,-2.4&km=500"
    )
    rows = [
        [td.get_text(strip=True) for td in tr.select("td")]
        for tr in near.page.select("#sites ~ table tbody tr")
    ]
    assert [row[1] for row in rows] == ["Tea House", "Tea Shop", "Tea Room"]
    assert rows[2][0] == "3.6 km"
    assert faults(near) == []
    assert wrong.status == 200
    assert "'Teaville'" in wrong.page.select('[role="alert"]')[0].get_text()
    link = search.page.select_one(".hits a")
    assert link is not None
    assert str(link["href"]) == f"/trials/trials/{FIRST}?near=51.4%2C-2.4"


def test_each_value_says_which_record_it_comes_from_in_which_words_and_since_when(database: Path) -> None:
    (answer,) = ask(database, TRIALS[0])
    rows = {
        tr.select_one("th").get_text(): [td.get_text(" ", strip=True) for td in tr.select("td")]  # type: ignore[union-attr]
        for tr in answer.page.select("details.sources tbody tr")
    }
    assert rows["Ages"] == [
        "6 Months to 75 Years",
        f"Register of Tea {FIRST} : 6 Months to 75 Years fetched 2026-05-13 trialx 77001 : 6-75 years fetched 2026-05-13",
        "2026-05-11 before: 70 Years",
    ]
    assert rows["Masking"] == [
        "Double",
        f"Register of Tea {FIRST} fetched 2026-05-13",
        "the first version here, 2026-05-13",
    ]
    assert rows["Status"][2] == "2026-05-10 before: Not yet recruiting"
    assert "Time perspective" not in rows


def test_a_trial_is_open_in_every_year_from_its_start_to_its_primary_completion(database: Path) -> None:
    connection = sqlite3.connect(database)
    counted = dict(connection.execute("select key, value from stats where name = 'open_year'"))
    connection.close()
    assert counted == {"2026": 1, "2027": 1}
    (page,) = ask(database, "/dashboard")
    links = [
        str(a["href"])
        for a in page.page.select("svg a")
        if "primary_completion_date__gte=2027" in str(a["href"])
    ]
    (table,) = ask(database, links[0].replace("/trials/trials?", "/trials/trials.json?_shape=array&"))
    assert [row["trial_id"] for row in json.loads(table.text)] == [FIRST]
    assert "records do not say when recruitment ended" in page.page.get_text()
    planned = page.page.select("svg .planned")
    assert [str(bar.find_parent("a")["aria-label"]) for bar in planned] == ["2027: 1"]  # type: ignore[index]
