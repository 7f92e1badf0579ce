"""The history on the site: a trial at any date from trials.db alone, feeds and changes with the single criteria."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scraper.site.pages.trial import trial, trial_at
from tests.commands import trials
from tests.samples import write_study
from tests.site_client import ask

NCT = "NCT99100001"
PAGE = f"/trials/trials/{NCT}"
OLD = "Inclusion Criteria:\n\n* Keeps a lighthouse\n* Hemoglobin \\>= 9 g/dL"
LIMIT = "hemoglobin >= 9 g/dL -> >= 8 g/dL"


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
        assert "Haemoglobin ≥ 9 g/dL → ≥ 8 g/dL" in answer.page.text.replace("hemoglobin", "Haemoglobin")


def test_feeds_and_changes_json_tell_the_same_difference(database: Path) -> None:
    atom, feed, rows = ask(database, "/feed.atom", "/feed.json", "/changes.json?since=2026-02-01")
    content = ElementTree.fromstring(atom.body).findtext(".//{http://www.w3.org/2005/Atom}content", "")
    assert LIMIT.replace(">", "&gt;") in content
    assert json.loads(feed.text)["items"][0]["content_html"] == content
    (criterion,) = [row for row in json.loads(rows.text)["changes"] if row["field"] == "criteria"]
    assert (criterion["kind"], criterion["detail"], criterion["criterion"]) == ("limits", LIMIT, 1)


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
