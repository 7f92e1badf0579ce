"""CRIS of Korea: its English page of one trial, from a saved file."""

import re
from pathlib import Path

import pytest

from scraper import sources
from scraper.errors import ParseError, SettingsError
from scraper.normalise.trial import normalise
from scraper.sources import cris
from tests import registry_pages

FOLDER = registry_pages.PAGES / "cris"
PAGE = (FOLDER / "ordinary.html").read_bytes()
SPARSE = (FOLDER / "sparse.html").read_bytes()
ODD = (FOLDER / "odd.html").read_bytes()


@pytest.mark.parametrize("path", registry_pages.saved("cris"), ids=lambda path: path.name)
def test_saved_page_gives_the_expected_records(path: Path) -> None:
    registry_pages.check_expected("cris", path)
    found = sources.recognise("page", path.read_bytes())
    assert found is not None and found.name == "cris"


def test_page_of_a_trial_is_read() -> None:
    (record,) = registry_pages.records("cris", PAGE)
    trial, problems = normalise(record, "")
    assert {problem.field for problem in problems} == set()
    assert (trial.trial_id, trial.registry) == ("KCT9900101", "cris")
    assert (trial.overall_status, trial.phase, trial.sex) == ("ACTIVE_NOT_RECRUITING", "PHASE2/PHASE3", "ALL")
    assert (trial.minimum_age_years, trial.maximum_age_before_years, trial.enrollment) == (18.0, 80.0, 1062)
    assert (trial.start_date, trial.primary_completion_date, trial.completion_date) == (
        "2019-05-14",
        "2021-05-14",
        None,
    )
    assert [(s.name, s.role) for s in trial.sponsors] == [
        ("University of Oats", "lead"),
        ("Oat Mills", "collaborator"),
    ]
    assert [(s.facility, s.status) for s in trial.sites] == [
        ("Oat Hill Hospital", "RECRUITING"),
        ("Oat Valley Hospital", "COMPLETED"),
    ]
    assert [(arm.group_type, arm.title) for arm in trial.arms] == [
        ("EXPERIMENTAL", "PORRIDGE"),
        ("NO_INTERVENTION", "NOTHING"),
    ]
    assert trial.conditions == ["Early rising", "Hunger"]
    assert record.eligibility_criteria == (
        "Inclusion Criteria:\n\n1. Rises before 5\n2. LDL <130 mg/dl\n\nExclusion Criteria:\n\n1. Sleeps long"
    )
    assert not re.search(r"555-0199|Olive|Friends", str(record))


def test_sparse_page_states_nothing_that_is_not_there() -> None:
    trial, problems = normalise(registry_pages.records("cris", SPARSE)[0], "")
    assert problems == () and trial.study_type == "OBSERVATIONAL"
    stated = (trial.overall_status, trial.phase, trial.sex, trial.minimum_age, trial.lead_sponsor)
    assert stated == (None,) * 5


def test_no_limit_is_none_and_an_odd_word_is_left_out() -> None:
    trial, problems = normalise(registry_pages.records("cris", ODD)[0], "")
    assert problems == ()
    assert (trial.minimum_age, trial.maximum_age, trial.sex) == ("6 Month", None, "FEMALE")
    assert (trial.overall_status, trial.masking) == ("SUSPENDED", None)


def test_an_age_that_cannot_be_read_is_told() -> None:
    (record,) = registry_pages.records("cris", ODD.replace(b"6 Month ~ No Limit", b"young"))
    assert [(odd.field, odd.found) for odd in record.oddities] == [("age", "young")]


def test_registry_is_import_only() -> None:
    with pytest.raises(SettingsError, match="import the file"):
        cris.SOURCE.search_url("sleep", "")
    with pytest.raises(SettingsError, match="import the file"):
        cris.SOURCE.record_url("KCT9900101")
    with pytest.raises(ParseError, match="import the file"):
        cris.SOURCE.read_listing(registry_pages.page("cris", PAGE))


def test_only_the_address_that_a_trial_is_kept_under_is_known() -> None:
    address = "https://cris.nih.go.kr/cris/en/#KCT9900101"
    assert cris.canonical_url(address) == address
    for wrong in (
        "https://cris.nih.go.kr/cris/en/search/search_result_st01.jsp?seq=911",
        "https://example.org/",
        "",
    ):
        with pytest.raises(SettingsError, match="expected"):
            cris.canonical_url(wrong)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"\xff\xfe\x00", PAGE.replace(b"KCT99", b"KC")])
def test_body_without_a_trial_is_one_problem_and_an_error(body: bytes) -> None:
    pages, problems = registry_pages.parts("cris", body)
    assert pages == [] and len(problems) == 1
    with pytest.raises(ParseError, match="expected"):
        cris.parse(registry_pages.page("cris", body))


def test_trial_without_a_title_is_an_error() -> None:
    page = registry_pages.parts("cris", SPARSE.replace(b"Title", b"Name"))[0][0]
    with pytest.raises(ParseError, match="title"):
        cris.parse(page)


@pytest.mark.shared
def test_the_real_page_is_read(shared: Path) -> None:
    body = (shared / "data" / "other-html" / "cris-KCT0000001.html").read_bytes()
    source = sources.recognise("page", body)
    assert source is not None and source.name == "cris"
    (record,) = registry_pages.records("cris", body)
    trial, problems = normalise(record, "")
    assert problems == ()
    stated = (
        trial.trial_id,
        trial.overall_status,
        trial.phase,
        trial.sex,
        trial.minimum_age,
        trial.maximum_age,
    )
    assert stated == ("KCT0000001", "RECRUITING", "PHASE3", "ALL", "45 Year", "79 Year")
    assert (trial.enrollment, len(trial.sites), len(trial.arms)) == (2062, 15, 2)
    assert trial.eligibility_criteria and trial.lead_sponsor
    assert not re.search(r"[\w.]@\w+\.\w|Ki-hoon|Eun-jung", str(record))
