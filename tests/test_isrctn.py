"""ISRCTN: the API's XML and the same record converted to JSON."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from scraper import sources
from scraper.errors import ParseError, SettingsError
from scraper.normalise.trial import normalise
from scraper.sources import isrctn
from tests import registry_pages

FOLDER = registry_pages.PAGES / "isrctn"
XML = (FOLDER / "ordinary.xml").read_bytes()
ODD = (FOLDER / "odd.json").read_bytes()


@pytest.mark.parametrize("path", registry_pages.saved("isrctn"), ids=lambda path: path.name)
def test_saved_trial_gives_the_expected_records(path: Path) -> None:
    registry_pages.check_expected("isrctn", path)
    found = sources.recognise("download", path.read_bytes())
    assert found is not None and found.name == "isrctn"


def test_answer_of_the_api_is_read_trial_by_trial() -> None:
    records = registry_pages.records("isrctn", XML)
    trial, problems = normalise(records[0], "")
    assert problems == ()
    assert [record.source_id for record in records] == ["ISRCTN99000041", "ISRCTN99000042"]
    assert (trial.trial_id, trial.registry, trial.phase) == ("ISRCTN99000041", "isrctn", "PHASE2/PHASE3")
    assert (trial.minimum_age_years, trial.sex, trial.lead_sponsor) == (18.0, "ALL", "University of Oats")
    assert (trial.enrollment, trial.enrollment_type) == (58, "ACTUAL")
    assert (trial.first_posted_date, trial.last_update_posted_date) == ("2024-01-09", "2025-02-03")
    assert [i.id_type for i in trial.secondary_ids] == ["ctgov", "other", "utn"]
    assert [(site.city, site.country) for site in trial.sites] == [
        ("York", "United Kingdom"),
        ("Leeds", "United Kingdom"),
        (None, "England"),
    ]


def test_sparse_trial_states_nothing_that_is_not_there() -> None:
    trial, problems = normalise(registry_pages.records("isrctn", XML)[1], "")
    assert problems == ()
    stated = (trial.overall_status, trial.sex, trial.minimum_age, trial.phase, trial.eligibility_criteria)
    assert stated == (None,) * 5


def test_no_contact_is_left() -> None:
    assert not re.search(r"7946 0123|\w@\w|Olive", str(registry_pages.records("isrctn", XML)))


@pytest.mark.parametrize(
    "fetched_at, status",
    [
        ("", None),
        ("2024-05-01T00:00:00Z", None),
        ("2024-09-30T00:00:00Z", None),
        ("2024-10-01T00:00:00Z", "NOT_RECRUITING"),
        ("2025-01-01T00:00:00Z", "COMPLETED"),
    ],
)
def test_status_is_only_what_can_no_longer_change(fetched_at: str, status: str | None) -> None:
    page = registry_pages.parts("isrctn", XML)[0][0]
    record = isrctn.parse(msgspec.structs.replace(page, fetched_at=fetched_at))
    assert normalise(record, "")[0].overall_status == status


def test_stated_status_wins_over_dates() -> None:
    (record,) = registry_pages.records("isrctn", ODD)
    trial, problems = normalise(record, "")
    assert problems == ()
    assert (trial.overall_status, trial.why_stopped) == ("TERMINATED", "Too few babies")
    assert (trial.minimum_age, trial.maximum_age) == ("2 Days", "14 Days")
    assert (trial.lead_sponsor, len(trial.secondary_ids)) == (None, 1)


def test_search_and_record_addresses() -> None:
    query = parse_qs(urlsplit(isrctn.search_url("sleep", "2025-01-01")).query)
    assert query == {"q": ["(sleep) AND lastEdited GE 2025-01-01T00:00:00"], "limit": ["100"]}
    assert parse_qs(urlsplit(isrctn.search_url("sleep", "")).query)["q"] == ["sleep"]
    address = "https://www.isrctn.com/api/trial/ISRCTN99000041/format/default"
    assert isrctn.record_url("99000041") == address
    assert isrctn.canonical_url("https://www.isrctn.com/ISRCTN99000041?q=sleep") == address
    assert isrctn.canonical_url(address) == address
    assert isrctn.read_listing(registry_pages.page("isrctn", XML)).total == 2


@pytest.mark.parametrize("wrong", ["", "NCT04010877", "ISRCTN1234", "https://example.org/ISRCTN99000041"])
def test_id_and_address_of_another_form_are_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match="expected"):
        isrctn.record_url(wrong)
    with pytest.raises(SettingsError, match="expected"):
        isrctn.canonical_url(wrong)


def test_answer_that_was_cut_off_keeps_its_whole_trials() -> None:
    pages, problems = registry_pages.parts("isrctn", XML[:-100])
    assert (len(pages), len(problems)) == (1, 1)


def test_answer_without_trials_has_no_parts_and_no_problem() -> None:
    assert registry_pages.parts("isrctn", b'<allTrials totalCount="0"></allTrials>') == ([], [])


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{}", b"<html>", b"<fullTrial><trial/></fullTrial>", b'{"isrctn": "1"}', b"\xff\xfe\x00"],
)
def test_body_without_a_trial_is_one_problem_and_an_error(body: bytes) -> None:
    pages, problems = registry_pages.parts("isrctn", body)
    assert pages == [] and len(problems) == 1
    with pytest.raises(ParseError, match="expected"):
        isrctn.parse(registry_pages.page("isrctn", body))
    with pytest.raises(ParseError, match="expected"):
        isrctn.read_listing(registry_pages.page("isrctn", body))


@pytest.mark.shared
def test_every_real_trial_is_read(shared: Path) -> None:
    found = 0
    for path in sorted((shared / "data" / "ctrdata-json").glob("ISRCTN*")):
        body = path.read_bytes()
        source = sources.recognise(path.name, body)
        assert source is not None and source.name == "isrctn"
        for record in registry_pages.records("isrctn", body):
            found += 1
            trial, problems = normalise(record, "")
            assert problems == (), record.source_id
            assert trial.registry == "isrctn"
            assert None not in (trial.sex, trial.phase, trial.eligibility_criteria, trial.enrollment)
            assert "main contact" not in record.brief_summary
            assert not re.search(r"[\w.]@\w+\.\w", str(record)), record.source_id
    assert found == 7
