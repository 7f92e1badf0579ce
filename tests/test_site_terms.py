"""Pages say what was inferred, what is approximate and whose data it is."""

from pathlib import Path

import pytest

from scraper.sources import by_name
from tests.commands import trials
from tests.samples import study
from tests.site_client import ask
from tests.test_learned_counts import record, write


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Four trials with the registry's term, and one with other words for it in a city without coordinates."""
    data = tmp_path / "data"
    told = [record(n, ["Heart attack"], "Hearts", "2026-03-01") for n in range(1, 5)]
    untold = study("NCT99100009")
    untold["protocolSection"]["conditionsModule"] = {"conditions": ["Acute heart attack"]}
    untold["protocolSection"]["contactsLocationsModule"] = {
        "locations": [{"city": "Lyon", "country": "France"}]
    }
    trials(data, "import", write(tmp_path, "all", [*told, untold]))
    return data / "trials.db"


def text(database: Path, path: str) -> str:
    (answer,) = ask(database, path)
    assert answer.status == 200
    return answer.text


def test_condition_page_has_inferred_trials_and_says_so(database: Path) -> None:
    page = text(database, "/conditions/Myocardial~20Infarction")
    assert "5 trials, 1 of them inferred from other words for it" in page
    assert "inferred from “Acute heart attack”" in page
    assert page.count("MeSH term of the registry") == 4


def test_trial_page_marks_what_its_record_does_not_state(database: Path) -> None:
    page = text(database, "/trials/trials/NCT99100009")
    assert "inferred here and not stated by the record" in page
    assert "approximate (GeoNames)" in page
    assert "inferred here" not in text(database, "/trials/trials/NCT99100001")


@pytest.mark.parametrize("path", ["/trials/trials/NCT99100001", "/about", "/data", "/feed.atom"])
def test_licence_of_the_source_is_said(database: Path, path: str) -> None:
    source = by_name("ctgov")
    page = text(database, path)
    assert source.licence in page
    assert source.attribution in page
