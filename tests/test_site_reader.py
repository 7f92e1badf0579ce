"""What a reader meets: places by name, ways on where nothing matches, what an old record or a silent one means."""

import sqlite3
import urllib.parse
from pathlib import Path

import pytest

from scraper.site import labels
from scraper.site.pages.dates import dates, stale
from scraper.site.pages.places import window
from scraper.tell.said import detail
from tests.site_client import Answer, ask, faults
from tests.site_rows import FIRST, SECOND, small

TRIAL = f"/trials/trials/{FIRST}"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("reader") / "trials.db")


def words(answer: Answer) -> str:
    return " ".join(answer.page.get_text().split())


@pytest.mark.parametrize("path", ["/search?q=tea&", f"{TRIAL}?", "/match?condition=cold&"])
def test_place_is_typed_by_its_name_and_the_others_of_that_name_are_links(database: Path, path: str) -> None:
    one, several, unknown = ask(
        database,
        *(f"{path}near={urllib.parse.quote(name)}" for name in ("Bath, UK", "Bath", "Nowhereville")),
    )
    assert "“Bath, UK” is read as Bath, United Kingdom." in words(one)
    assert "“Bath” is read as Bath, United Kingdom, the most populous of 3 towns of that name" in words(
        several
    )
    (other,) = (a for a in several.page.select("a") if a.get_text() == "Bath, Maine, United States")
    assert "near=Bath%2C+Maine%2C+United+States" in str(other["href"])
    (there,) = ask(database, str(other["href"]).partition("#")[0])
    assert there.status == 200
    assert "Bath, Maine, United States” is read as" in words(there)
    field = several.page.select_one("#near")
    assert field is not None
    assert field["value"] == "Bath"
    alert = unknown.page.select_one('[role="alert"]')
    assert alert is not None
    assert "found 'Nowhereville'; expected a town" in alert.get_text()
    assert [faults(answer) for answer in (one, several, unknown)] == [[], [], []]


def test_search_near_a_town_shows_distances_the_nearest_first_and_keeps_the_words(database: Path) -> None:
    (answer,) = ask(database, "/search?near=Bath,+UK")
    assert [o["value"] for o in answer.page.select("#sort option[selected]")] == ["distance"]
    assert "km: Tea" in words(answer)
    feed = answer.page.select_one(".save a")
    assert feed is not None
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(str(feed["href"])).query)
    assert asked["near"] == ["Bath, UK"]
    link = answer.page.select_one(".hits a")
    assert link is not None
    assert str(link["href"]).endswith("?near=Bath%2C+UK")


def test_where_nothing_matches_each_filter_says_what_it_hides(database: Path) -> None:
    filters, alone, unknown = ask(
        database, "/search?q=tea&status=COMPLETED&age=34", "/search?status=SUSPENDED", "/search?q=xyzzy"
    )
    ways = [li.get_text(" ", strip=True) for li in filters.page.select(".results > ul:not(.tags) li")]
    assert ways[0] == "Without “Completed” : 1 trial"
    assert "No trial matches with this filter." in words(alone)
    assert "Look for these words in eligibility criteria" in words(unknown)


def test_every_choice_has_its_number(database: Path) -> None:
    (answer,) = ask(database, "/search?q=cold")
    sexes = [o.get_text() for o in answer.page.select("#sex option")]
    assert sexes == ["any", "female (2)", "male (2)"]
    boxes = [
        label.get_text(" ", strip=True)
        for label in answer.page.select("fieldset label:has(input[type=checkbox])")
    ]
    without = [box for box in boxes if not box[-1].isdigit()]
    assert without == ["Also removed at the source"]


def test_years_and_no_results_stay_in_the_form(database: Path) -> None:
    (answer,) = ask(
        database, "/search?start_from=2019&start_to=2026-05&has_results=0&country=Germany&country=FR"
    )
    form = {(i["name"], i.get("value")) for i in answer.page.select("form.search input") if i.get("name")}
    assert {("start_from", "2019"), ("start_to", "2026-05"), ("has_results", "0")} <= form
    chosen = {i["value"] for i in answer.page.select('input[name="country"][checked]')}
    assert chosen == {"Germany", "FR"}


def test_record_without_ages_is_not_said_to_have_no_limit(database: Path) -> None:
    (answer,) = ask(database, f"/trials/trials/{SECOND}")
    strip = answer.page.select_one(".strip")
    assert strip is not None
    assert "no limit stated" in strip.get_text()
    assert labels.ages(None, None) == "no limit stated"


def test_open_trial_of_an_old_record_says_so_and_a_closed_one_does_not() -> None:
    row = {
        "overall_status": "RECRUITING",
        "last_seen_at": "2026-11-22T08:00:00Z",
        "last_update_posted_date": "2019-09-19",
        "completion_date": "2023-12",
        "primary_completion_date": None,
    }
    assert stale(row) == "the record was last updated in 2019 and its date of completion, 2023-12, had passed"
    assert stale({**row, "overall_status": "COMPLETED"}) == ""
    assert stale({**row, "last_update_posted_date": "2026-01-02", "completion_date": "2026-11"}) == ""
    assert stale({**row, "last_update_posted_date": None, "completion_date": None}) == ""


def test_date_after_the_day_of_the_record_is_planned() -> None:
    names = (
        "first_posted_date",
        "primary_completion_date",
        "results_first_posted_date",
        "verification_date",
        "last_update_posted_date",
        "removed_at",
    )
    row = {
        **dict.fromkeys(names),
        "start_date": "2026-11",
        "completion_date": "2026-12",
        "last_seen_at": "2026-11-22T08:00:00Z",
    }
    assert [(date, planned) for date, _, _, planned in dates(row)] == [("2026-11", False), ("2026-12", True)]


def test_map_shows_the_part_of_the_world_that_has_sites() -> None:
    far = [{"x": 10.0, "y": 100.0}, {"x": 700.0, "y": 120.0}]
    assert window(far) == {"box": "0.0 0.0 720.0 288.0", "scale": 1.0}
    near = [{"x": 600.0, "y": 100.0}, {"x": 604.0, "y": 102.0}]
    left, top, width, height = map(float, window(near)["box"].split())
    assert (width, height) == (180, 72)
    assert left < near[0]["x"] < left + width
    assert top < near[1]["y"] < top + height
    edge = [{"x": 719.0, "y": 287.0}]
    assert window(edge)["box"] == "540.0 216.0 180.0 72.0"


def test_contradictions_and_changes_speak_in_words() -> None:
    assert labels.stated("phase", "PHASE1/PHASE2") == "Phase 1/2"
    assert labels.stated("maximum_age", "<= 75 years") == "≤ 75 years"
    assert labels.rule_of("overall_status", "status_between_sources") == "Status: copy and registry"
    assert labels.rule_of("maximum_age", "age_in_criteria") == "Maximum age · Age in criteria"
    assert detail("ecog <= 1 -> no limit; spo2 no limit -> >= 93 %") == (
        "ECOG, WHO or Zubrod performance status ≤ 1 → no limit; Oxygen saturation no limit → ≥ 93 %"
    )


def test_address_that_is_none_of_ours_gets_a_page_with_a_search_box(database: Path) -> None:
    (answer,) = ask(database, "/nothing/here")
    assert answer.status == 404
    assert "Nothing is at this address" in words(answer)
    assert answer.page.select_one("#q")
    assert faults(answer) == []


def test_page_of_a_hundred_criteria_and_sites_is_light(tmp_path: Path) -> None:
    path = small(tmp_path / "trials.db")
    with sqlite3.connect(path) as connection:
        connection.execute("delete from sites where trial_id = ?", (FIRST,))
        connection.executemany(
            "insert into sites (trial_id, position, facility, city, country) values (?, ?, ?, ?, ?)",
            [(FIRST, n, f"Tea House {n}", f"Town {n}", "Germany") for n in range(300)],
        )
    connection.close()
    (answer,) = ask(path, TRIAL)
    assert len(answer.page.select("table.sites tbody tr")) == 60
    assert len(answer.page.select("details table.sites tbody tr")) == 40
    assert "All 300 sites" in words(answer)
    assert "The record states no status of its own for any site." in words(answer)
    assert faults(answer) == []
