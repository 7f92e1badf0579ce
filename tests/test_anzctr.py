"""ANZCTR: the XML of its downloads and its page of one trial, from saved files."""

import re
from pathlib import Path

import pytest

from scraper import sources
from scraper.errors import ParseError, SettingsError
from scraper.normalise.trial import normalise
from scraper.sources import anzctr
from tests import registry_pages

FOLDER = registry_pages.PAGES / "anzctr"
XML = (FOLDER / "ordinary.xml").read_bytes()
ODD = (FOLDER / "odd.xml").read_bytes()
PAGE = (FOLDER / "sparse.html").read_bytes()


@pytest.mark.parametrize("path", registry_pages.saved("anzctr"), ids=lambda path: path.name)
def test_saved_trial_gives_the_expected_records(path: Path) -> None:
    registry_pages.check_expected("anzctr", path)
    found = sources.recognise("download", path.read_bytes())
    assert found is not None and found.name == "anzctr"


def test_trial_of_the_download_is_read() -> None:
    (record,) = registry_pages.records("anzctr", XML)
    trial, problems = normalise(record, "")
    assert problems == ()
    assert (trial.trial_id, trial.registry, trial.overall_status) == (
        "ACTRN12624990000101",
        "anzctr",
        "ACTIVE_NOT_RECRUITING",
    )
    assert (trial.phase, trial.sex, trial.masking) == ("PHASE2/PHASE3", "ALL", "DOUBLE")
    assert (trial.minimum_age, trial.maximum_age, trial.enrollment_type) == ("18 Years", None, "ESTIMATED")
    assert (trial.start_date, trial.completion_date) == ("2024-03-04", "2025-11-30")
    assert (trial.first_posted_date, trial.last_update_posted_date) == ("2024-02-14", "2025-06-05")
    assert [(i.id_type, i.id_value) for i in trial.secondary_ids] == [
        ("ctgov", "NCT99004421"),
        ("utn", "U1111-9902-3344"),
    ]
    assert [(site.facility, site.state, site.country) for site in trial.sites] == [
        ("Mount Oats Hospital - Barley Creek", None, "Australia"),
        (None, "Otago", "New Zealand"),
    ]
    assert [(s.name, s.role, s.class_) for s in trial.sponsors] == [
        ("Oat Mills Pacific", "lead", "INDUSTRY"),
        ("University of Oats", "collaborator", ""),
    ]


def test_page_of_a_trial_is_read() -> None:
    (record,) = registry_pages.records("anzctr", PAGE)
    trial, problems = normalise(record, "")
    assert problems == ()
    assert (trial.overall_status, trial.sex, trial.masking) == ("ACTIVE_NOT_RECRUITING", "MALE", "NONE")
    assert (trial.minimum_age, trial.phase, trial.enrollment, trial.secondary_ids) == (None, None, None, [])
    assert "1. Shearers\n2. Thirst" in record.eligibility_criteria
    assert [site.state for site in trial.sites] == ["WA", "TAS"]


def test_unit_of_age_that_is_not_known_costs_that_limit() -> None:
    (record,) = registry_pages.records("anzctr", ODD)
    trial, problems = normalise(record, "")
    assert [(p.field, p.found) for p in problems] == [("maximum_age", "2 Moons")]
    assert (trial.trial_id, trial.minimum_age, trial.maximum_age) == ("ACTRN12624990000202", "28 Weeks", None)
    assert (trial.overall_status, trial.phase, trial.enrollment_type) == ("TERMINATED", "NA", "ACTUAL")


@pytest.mark.parametrize(
    "words, status",
    [
        ("Not yet recruiting", "NOT_YET_RECRUITING"),
        ("Recruiting", "RECRUITING"),
        ("Active, not recruiting", "ACTIVE_NOT_RECRUITING"),
        ("Active not recruiting", "ACTIVE_NOT_RECRUITING"),
        ("Closed: follow-up continuing", "ACTIVE_NOT_RECRUITING"),
        ("Closed: follow-up complete", "COMPLETED"),
        ("Completed", "COMPLETED"),
        ("Enrolling by invitation", "ENROLLING_BY_INVITATION"),
        ("Suspended", "SUSPENDED"),
        ("Stopped early", "TERMINATED"),
        ("Terminated", "TERMINATED"),
        ("Withdrawn", "WITHDRAWN"),
    ],
)
def test_every_status_of_the_registry_is_known(words: str, status: str) -> None:
    body = XML.replace(b"Active, not recruiting", words.encode())
    trial, problems = normalise(registry_pages.records("anzctr", body)[0], "")
    assert (trial.overall_status, problems) == (status, ())


def test_no_contact_is_left() -> None:
    for body in (XML, PAGE):
        assert not re.search(r"7010 ?4455|\w@\w|Olive", str(registry_pages.records("anzctr", body)))


def test_copy_of_another_registrys_record_is_refused() -> None:
    body = XML.replace(b"actrnumber>ACTRN12624990000101</actrnumber", b"nctid>NCT99004421</nctid")
    pages, problems = registry_pages.parts("anzctr", body)
    assert (pages, [problem.found for problem in problems]) == ([], ["a copy of NCT99004421"])


def test_registry_is_import_only() -> None:
    with pytest.raises(SettingsError, match="import the file"):
        anzctr.SOURCE.search_url("sleep", "")
    with pytest.raises(SettingsError, match="import the file"):
        anzctr.SOURCE.record_url("ACTRN12624990000101")
    with pytest.raises(ParseError, match="import the file"):
        anzctr.SOURCE.read_listing(registry_pages.page("anzctr", XML))


def test_addresses_that_name_the_trial_are_known() -> None:
    address = "https://www.anzctr.org.au/ACTRN12624990000101.aspx"
    assert anzctr.canonical_url(address) == address
    assert anzctr.canonical_url("http://anzctr.org.au/actrn12624990000101.aspx") == address
    for wrong in (
        "https://www.anzctr.org.au/Trial/Registration/TrialReview.aspx?id=1",
        "https://example.org/",
        "",
    ):
        with pytest.raises(SettingsError, match="expected"):
            anzctr.canonical_url(wrong)


def test_several_trials_in_one_file_are_taken_apart() -> None:
    body = b"<trials>" + XML.partition(b"?>")[2] + ODD + b"</trials>"
    pages, problems = registry_pages.parts("anzctr", body)
    assert (len(pages), problems) == (2, [])
    pages, problems = registry_pages.parts("anzctr", body[:-60])
    assert (len(pages), len(problems)) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<html>",
        b"<ANZCTR_Trial></ANZCTR_Trial>",
        b"<ANZCTR_Trial><actrnumber>12</actrnumber></ANZCTR_Trial>",
        b"<ANZCTR_Trial><a></ANZCTR_Trial>",
        b"\xff\xfe\x00",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><ANZCTR_Trial><actrnumber>&e;</actrnumber></ANZCTR_Trial>',
    ],
)
def test_body_without_a_trial_is_one_problem_and_an_error(body: bytes) -> None:
    pages, problems = registry_pages.parts("anzctr", body)
    assert pages == [] and len(problems) == 1
    with pytest.raises(ParseError, match="expected"):
        anzctr.parse(registry_pages.page("anzctr", body))


def test_many_trials_without_an_end_are_one_problem() -> None:
    pages, problems = registry_pages.parts("anzctr", b"<ANZCTR_Trial>" * 100_000)
    assert (pages, [problem.found for problem in problems]) == ([], ["100000 trials of which 0 are whole"])


def test_trial_without_a_title_is_an_error() -> None:
    page = registry_pages.parts("anzctr", ODD.replace(b"studytitle", b"untitled"))[0][0]
    with pytest.raises(ParseError, match="title"):
        anzctr.parse(page)


@pytest.mark.shared
def test_the_real_page_is_read(shared: Path) -> None:
    body = (shared / "data" / "other-html" / "anzctr-ACTRN12605000001695.html").read_bytes()
    source = sources.recognise("page", body)
    assert source is not None and source.name == "anzctr"
    (record,) = registry_pages.records("anzctr", body)
    trial, problems = normalise(record, "")
    assert problems == ()
    assert (trial.trial_id, trial.overall_status, trial.sex, trial.phase) == (
        "ACTRN12605000001695",
        "COMPLETED",
        "ALL",
        "PHASE2",
    )
    # The registry itself says "Not stated" for both ages.
    assert (trial.minimum_age, trial.maximum_age) == (None, None)
    assert trial.lead_sponsor and trial.eligibility_criteria and len(trial.outcomes) == 7
    assert not re.search(r"[\w.]@\w+\.\w|Goldstein", str(record))
