"""The history on the site: a trial at any date from trials.db alone, feeds and changes with the single criteria."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from scraper.site.pages import changes
from scraper.site.pages.trial import trial, trial_at
from tests.commands import trials
from tests.samples import write_study
from tests.site_client import ask

NCT = "NCT99100001"
PAGE = f"/trials/trials/{NCT}"
OLD = "Inclusion Criteria:\n\n* Keeps a lighthouse\n* Hemoglobin \\>= 9 g/dL"
LIMIT = "hemoglobin >= 9 g/dL -> >= 8 g/dL"
SAID = "Haemoglobin ≥ 9 g/dL → ≥ 8 g/dL"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database whose archive is not there."""
    data = tmp_path / "data"
    for date, words in (
        ("2026-01-01", {"criteria": OLD, "title": "Candles for Keepers", "status": "NOT_YET_RECRUITING"}),
        ("2026-03-01", {"criteria": OLD.replace("9 g", "8 g"), "title": "Lamps for Keepers"}),
    ):
        trials(data, "import", write_study(tmp_path / date, NCT, updated=date, **words))
    return Path(shutil.copy(data / "trials.db", tmp_path / "trials.db"))


def test_a_trial_is_shown_as_it_was_from_the_database_alone(database: Path) -> None:
    now, then, end = ask(database, PAGE, f"{PAGE}?as_of=2026-02-15", f"{PAGE}?as_of=2026-03-01")
    for answer, title, limit in (
        (now, "Lamps for Keepers", "8 g/dL"),
        (then, "Candles for Keepers", "9 g/dL"),
        (end, "Lamps for Keepers", "8 g/dL"),
    ):
        assert answer.status == 200
        assert answer.page.select("h1")[0].text == title
        assert f"Hemoglobin >= {limit}" in answer.page.select("ul.criteria")[0].text
    assert "As it was on 2026-02-15: this version was shown from 2026-01-01 until 2026-03-01" in " ".join(
        then.page.select("p.note")[0].text.split()
    )
    assert not [note for note in now.page.select("p.note") if "As it was" in note.text]
    links = [str(link["href"]) for link in now.page.select("#history ~ p a, section p a")]
    assert f"{PAGE}?as_of=2026-01-01" in links


def test_a_date_before_the_first_version_is_not_found_and_a_wrong_one_is_refused(database: Path) -> None:
    early, wrong, nobody = ask(
        database,
        f"{PAGE}?as_of=2025-06-01",
        f"{PAGE}?as_of=soon",
        "/trials/trials/NCT99999999?as_of=2026-01-01",
    )
    assert (early.status, wrong.status, nobody.status) == (404, 400, 404)
    assert "nothing is known of it before 2026-01-01" in early.text
    assert "expected a date" in wrong.text


def test_history_and_changes_tell_single_criteria_and_not_the_whole_text_again(database: Path) -> None:
    for answer in ask(database, PAGE, "/changes", "/"):
        assert "Criterion with other limits" in answer.text
        assert "Eligibility criteria:" not in answer.page.text
        assert SAID in answer.page.text


def test_feeds_and_changes_json_tell_the_same_difference(database: Path) -> None:
    atom, feed, rows = ask(database, "/feed.atom", "/feed.json", "/changes.json?since=2026-02-01")
    content = ElementTree.fromstring(atom.body).findtext(".//{http://www.w3.org/2005/Atom}content", "")
    assert SAID in content
    assert json.loads(feed.text)["items"][0]["content_html"] == content
    (criterion,) = [row for row in json.loads(rows.text)["changes"] if row["field"] == "criteria"]
    assert (criterion["kind"], criterion["detail"], criterion["criterion"]) == ("limits", LIMIT, 1)


def changed(answer: Any) -> list[str]:
    return [row["id"] for row in json.loads(answer.text)["changes"]]


def learn_late(database: Path) -> None:
    """A change with an old date that came when everybody had asked."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "insert into changes (trial_id, position, field, old, new, observed_at, learned_at, severity, source,"
            " source_id) values (?, 90, 'sex', 'ALL', 'MALE', '2020-01-01', '2999-01-02T00:00:00Z', 'high', 'ctgov', ?)",
            (NCT, NCT),
        )


def test_whoever_asks_on_where_the_answer_ended_misses_nothing_and_gets_nothing_twice(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole,) = ask(database, "/changes.json")
    monkeypatch.setattr(changes, "MOST_ROWS", 2)
    found, after = [], ""
    while True:
        (answer,) = ask(database, f"/changes.json?after={after}")
        found += changed(answer)
        after = json.loads(answer.text)["next"]
        if not json.loads(answer.text)["truncated"]:
            break
    assert len(found) > 2
    assert found == changed(whole)
    assert len(set(found)) == len(found)
    learn_late(database)
    late, nothing = ask(
        database, f"/changes.json?after={after}", "/changes.json?after=2999-01-03~2020-01-01~x~0"
    )
    assert [row["field"] for row in json.loads(late.text)["changes"]] == ["sex"]
    assert (changed(nothing), json.loads(nothing.text)["next"]) == ([], "2999-01-03~2020-01-01~x~0")


def test_since_finds_what_is_dated_before_and_was_learned_later_with_both_dates(database: Path) -> None:
    learn_late(database)
    rows, page = ask(database, "/changes.json?since=2999-01-01", "/changes?since=2999-01-01")
    (row,) = json.loads(rows.text)["changes"]
    assert (row["observed_at"], row["learned_at"]) == ("2020-01-01", "2999-01-02T00:00:00Z")
    assert [item.get_text() for item in page.page.select("h2 time")] == ["2020-01-01"]
    assert "learned 2999-01-02" in page.page.get_text()


@pytest.mark.parametrize(
    "asked",
    ["since=2026-02-30", "since=2026-13", "after=soon", "after=2026-01-01~2026-01-01~x~", "after=x~2026~y~1"],
)
def test_a_day_that_is_none_and_a_place_that_is_none_are_refused(database: Path, asked: str) -> None:
    (answer,) = ask(database, f"/changes.json?{asked}")
    assert answer.status == 400
    assert "expected" in json.loads(answer.text)["error"]


def test_a_trial_stands_once_a_day_among_what_changed(database: Path) -> None:
    for answer in ask(database, "/", "/changes"):
        links = [link.get_text() for link in answer.page.select(f'ul.plain a[href="{PAGE}"]')]
        assert links == ["Lamps for Keepers"]
        assert len(answer.page.select("ul.plain li")[0].select("div")) > 1


def test_a_day_ahead_of_the_data_is_called_so_and_one_that_is_none_refused(database: Path) -> None:
    ahead, wrong = ask(database, f"{PAGE}?as_of=2999-01-01", f"{PAGE}?as_of=2026-02-31")
    note = " ".join(ahead.page.select("p.note")[0].text.split())
    assert "that day is ahead of the data here" in note
    assert "still is" not in note
    assert wrong.status == 400


def test_a_value_that_never_changed_is_dated_by_the_first_version(database: Path) -> None:
    (answer,) = ask(database, PAGE)
    since = {
        row.select("th")[0].get_text(): row.select("td")[-1].get_text(" ", strip=True)
        for row in answer.page.select("details.sources tbody tr")
    }
    assert since["Phase"] == "the first version here, 2026-01-01"
    assert since["Status"] == "2026-03-01 before: Not yet recruiting"


def test_the_page_about_the_index_shows_no_names_of_keys(database: Path) -> None:
    (answer,) = ask(database, "/about")
    labels = [term.get_text() for term in answer.page.select("dl.facts dt")]
    assert "Single criteria" in labels and "Newest page" in labels
    assert not [label for label in labels if "_" in label or label.startswith(("Attribution", "Licence"))]


def test_the_search_page_offers_removed_trials(database: Path) -> None:
    off, on = ask(database, "/search", "/search?removed=1")
    for answer, is_on in ((off, False), (on, True)):
        (box,) = answer.page.select("input[name=removed]")
        assert box.get("type") == "checkbox"
        assert box.has_attr("checked") is is_on


@pytest.mark.shared
def test_the_page_of_a_former_date_says_what_a_site_of_those_days_said(tmp_path: Path, shared: Path) -> None:
    folder = shared / "data" / "ctgov-v2-history" / "NCT07227597"
    trials(tmp_path / "whole", "import", folder)
    for version in sorted(folder.iterdir()):
        trials(tmp_path / "data", "import", version)
        with (
            closing(sqlite3.connect(tmp_path / "data" / "trials.db")) as then,
            closing(sqlite3.connect(tmp_path / "whole" / "trials.db")) as whole,
        ):
            former = trial_at(whole, folder.name, version.name[:10])
            told = trial(then, folder.name)
        assert former and told
        for page in (former, told):
            page.pop("as_of", None)
            page.pop("versions")
            page.pop("sections")  # whether there is a history to be jumped to
        assert former == told, version.name
