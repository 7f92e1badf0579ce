"""ChiCTR: its page of one trial and its page of search results, from saved files."""

import re
from pathlib import Path

import pytest

from scraper import sources
from scraper.errors import ParseError, SettingsError
from scraper.normalise.trial import normalise
from scraper.sources import chictr
from tests import registry_pages

FOLDER = registry_pages.PAGES / "chictr"
PAGE = (FOLDER / "ordinary.html").read_bytes()
SPARSE = (FOLDER / "sparse.html").read_bytes()
SEARCH = (FOLDER / "search.html").read_bytes()


@pytest.mark.parametrize("path", registry_pages.saved("chictr"), ids=lambda path: path.name)
def test_saved_page_gives_the_expected_records(path: Path) -> None:
    registry_pages.check_expected("chictr", path)
    found = sources.recognise("page", path.read_bytes())
    assert found is not None and found.name == "chictr"


def test_page_of_a_trial_is_read_in_english() -> None:
    (record,) = registry_pages.records("chictr", PAGE)
    trial, problems = normalise(record, "")
    assert problems == ()
    assert (trial.trial_id, trial.registry) == ("ChiCTR2499000101", "chictr")
    assert (trial.overall_status, trial.phase, trial.sex) == ("RECRUITING", "PHASE1/PHASE2", "ALL")
    assert (trial.minimum_age, trial.maximum_age) == ("18 Years", "75 Years")
    assert (trial.start_date, trial.completion_date) == ("2024-07-01", "2029-10-01")
    assert (trial.lead_sponsor, trial.enrollment, trial.masking) == ("Oat Hill Hospital", None, "DOUBLE")
    assert [(s.facility, s.city, s.state, s.country) for s in trial.sites] == [
        ("Oat Hill Hospital", "Oatville", "Jilin", "China")
    ]
    assert [(o.outcome_type, o.measure, o.time_frame) for o in trial.outcomes] == [
        ("primary", "Warmth", "Day 7"),
        ("secondary", "Mood", "Day 9"),
    ]
    assert [i.id_value for i in trial.secondary_ids] == ["OAT-21", "NCT99004431"]
    assert record.eligibility_criteria.startswith(
        "Inclusion Criteria:\n\n1. Hands below 20 degrees\n2. Hemoglobin ≥ 90"
    )
    assert not re.search(r"[\u4e00-\u9fff]|0000 ?1234", str(record))


def test_sparse_page_states_nothing_that_is_not_there() -> None:
    (record,) = registry_pages.records("chictr", SPARSE)
    trial, problems = normalise(record, "")
    assert [(p.field, p.found) for p in problems] == [("minimum_age", "six")]
    stated = (trial.overall_status, trial.phase, trial.sex, trial.minimum_age, trial.eligibility_criteria)
    assert (trial.trial_id, stated) == ("ChiCTR-TRC-99000102", (None,) * 5)


def test_results_of_a_search_are_partial_records() -> None:
    found = registry_pages.records("chictr", SEARCH)
    assert [(r.source_id, r.is_partial, r.first_posted_date) for r in found] == [
        ("ChiCTR2499000103", True, "2025-10-27"),
        ("ChiCTR2499000104", True, "2025-01-04"),
    ]


def test_registry_is_import_only() -> None:
    with pytest.raises(SettingsError, match="import the file"):
        chictr.SOURCE.search_url("sleep", "")
    with pytest.raises(SettingsError, match="import the file"):
        chictr.SOURCE.record_url("ChiCTR2499000101")
    with pytest.raises(ParseError, match="import the file"):
        chictr.SOURCE.read_listing(registry_pages.page("chictr", SEARCH))


def test_addresses_that_name_the_trial_are_known() -> None:
    address = "https://www.chictr.org.cn/historyversionpub.html?regno=ChiCTR2499000101"
    assert chictr.canonical_url(address) == address
    for wrong in ("https://www.chictr.org.cn/showproj.html?proj=1", "https://example.org/", ""):
        with pytest.raises(SettingsError, match="expected"):
            chictr.canonical_url(wrong)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"<html>", b"\xff\xfe\x00", PAGE.replace(b"ChiCTR24", b"ChiTR")]
)
def test_body_without_a_trial_is_one_problem_and_an_error(body: bytes) -> None:
    pages, problems = registry_pages.parts("chictr", body)
    assert pages == [] and len(problems) == 1
    with pytest.raises(ParseError, match="expected"):
        chictr.parse(registry_pages.page("chictr", body))


def test_trial_without_a_title_is_an_error() -> None:
    page = registry_pages.parts("chictr", SPARSE.replace(b"Public title", b"Secret title"))[0][0]
    with pytest.raises(ParseError, match="title"):
        chictr.parse(page)


@pytest.mark.shared
def test_the_real_pages_are_read(shared: Path) -> None:
    for name, count in (("chictr-ChiCTR2400084905.html", 1), ("chictr-search.html", 10)):
        body = (shared / "data" / "other-html" / name).read_bytes()
        source = sources.recognise(name, body)
        assert source is not None and source.name == "chictr"
        found = registry_pages.records("chictr", body)
        assert len(found) == count
        for record in found:
            trial, problems = normalise(record, "")
            assert problems == () and trial.registry == "chictr"
            assert not re.search(r"[\w.]@\w+\.\w", str(record))
    (record,) = registry_pages.records(
        "chictr", (shared / "data" / "other-html" / "chictr-ChiCTR2400084905.html").read_bytes()
    )
    trial, _ = normalise(record, "")
    stated = (trial.overall_status, trial.minimum_age, trial.sex, trial.phase, trial.lead_sponsor)
    assert stated == ("NOT_YET_RECRUITING", "18 Years", "ALL", "PHASE3", "Jilin Cancer Hospital")
    assert len(trial.sites) == 43 and trial.eligibility_criteria
