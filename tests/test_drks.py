"""The German register: one trial as JSON, texts in two languages."""

import json
import re
from pathlib import Path

import pytest

from scraper import sources
from scraper.errors import ParseError, SettingsError
from scraper.normalise.trial import normalise
from scraper.sources import drks
from tests import registry_pages

FOLDER = registry_pages.PAGES / "drks"
ORDINARY = (FOLDER / "ordinary.json").read_bytes()
ODD = (FOLDER / "odd.json").read_bytes()
SPARSE = (FOLDER / "sparse.json").read_bytes()


@pytest.mark.parametrize("path", registry_pages.saved("drks"), ids=lambda path: path.name)
def test_saved_trial_gives_the_expected_records(path: Path) -> None:
    registry_pages.check_expected("drks", path)
    found = sources.recognise("download", path.read_bytes())
    assert found is not None and found.name == "drks"


def test_english_text_is_taken_and_the_sponsor_is_an_organisation() -> None:
    trial, problems = normalise(registry_pages.records("drks", ORDINARY)[0], "")
    assert problems == ()
    assert (trial.trial_id, trial.registry) == ("DRKS00099051", "drks")
    assert (trial.brief_title, trial.conditions) == ("Coughs on the Rhine", ["Cough"])
    assert (trial.overall_status, trial.study_type, trial.sex) == ("RECRUITING", "OBSERVATIONAL", "ALL")
    assert (trial.minimum_age_years, trial.maximum_age, trial.phase) == (18.0, None, None)
    assert (trial.enrollment, trial.enrollment_type) == (120, "ESTIMATED")
    assert [(s.name, s.role) for s in trial.sponsors] == [("Universität am Rhein", "lead")]
    assert [i.id_type for i in trial.secondary_ids] == ["euctr", "utn"]


def test_german_stands_where_there_is_no_english() -> None:
    trial, problems = normalise(registry_pages.records("drks", SPARSE)[0], "")
    assert (trial.brief_title, trial.overall_status, problems) == (
        "Nur auf Deutsch",
        "NOT_YET_RECRUITING",
        (),
    )
    assert (trial.sex, trial.minimum_age, trial.eligibility_criteria, trial.sites) == (None, None, None, [])


def test_week_of_pregnancy_is_no_age() -> None:
    trial, problems = normalise(registry_pages.records("drks", ODD)[0], "")
    assert (trial.minimum_age, trial.maximum_age) == (None, "28 Days")
    assert sorted((p.field, p.found) for p in problems) == [
        ("minimum_age", "24 WEEK_OF_PREGNANCY"),
        ("secondary_ids", "1 other ids"),
    ]
    assert (trial.overall_status, trial.phase, trial.enrollment) == ("TERMINATED", "PHASE2/PHASE3", 12)
    assert [site.country for site in trial.sites] == ["DE", "AT"]


@pytest.mark.parametrize(
    "word",
    [
        "PENDING",
        "RECRUITING",
        "INVITE_ONLY",
        "SUSPENDED",
        "COMPLETE_FOLLOW_UP_CONTINUING",
        "COMPLETE_FOLLOW_UP_COMPLETE",
        "DISCONTINIUED",
        "WITHDRAWN",
    ],
)
def test_every_status_of_the_register_is_known(word: str) -> None:
    body = ORDINARY.replace(b'"RECRUITING"', f'"{word}"'.encode())
    trial, problems = normalise(registry_pages.records("drks", body)[0], "")
    assert trial.overall_status is not None and problems == ()


def test_no_contact_is_left() -> None:
    assert not re.search(r"5550 123|\w@\w|Hein", str(registry_pages.records("drks", ORDINARY)))


def test_list_of_trials_is_split() -> None:
    body = b"[" + ORDINARY + b"," + ODD + b', {"drksId": "DRKS1"}]'
    pages, problems = registry_pages.parts("drks", body)
    assert [page.url.rpartition("/")[2] for page in pages] == ["DRKS00099051", "DRKS00099053"]
    assert [problem.field for problem in problems] == ["[2]"]


def test_register_is_import_only() -> None:
    with pytest.raises(SettingsError, match="import the file"):
        drks.SOURCE.search_url("cough", "")
    with pytest.raises(SettingsError, match="import the file"):
        drks.SOURCE.record_url("DRKS00099051")
    with pytest.raises(ParseError, match="import the file"):
        drks.SOURCE.read_listing(registry_pages.page("drks", ORDINARY))


def test_every_address_of_a_trial_is_one() -> None:
    address = "https://drks.de/search/en/trial/DRKS00099051"
    assert drks.canonical_url("https://www.drks.de/search/de/trial/DRKS00099051/details") == address
    with pytest.raises(SettingsError, match="expected an address"):
        drks.canonical_url("https://example.org/search/en/trial/DRKS00099051")


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b"[]", b'{"drksId": 1}', b"[" * 9000, b"\xff\xfe\x00"])
def test_body_without_a_trial_is_one_problem_and_an_error(body: bytes) -> None:
    pages, problems = registry_pages.parts("drks", body)
    assert pages == [] and len(problems) == 1
    with pytest.raises(ParseError, match="expected"):
        drks.parse(registry_pages.page("drks", body))


def test_fields_of_another_type_state_nothing() -> None:
    odd = json.loads(ORDINARY) | {"recruitment": [3], "studyCharacteristic": "x", "trialContacts": {"a": 1}}
    (record,) = registry_pages.records("drks", json.dumps(odd).encode())
    assert (record.overall_status, record.phase, record.sponsors) == ("", "", [])


@pytest.mark.shared
def test_the_real_trial_is_read(shared: Path) -> None:
    (path,) = (shared / "data" / "drks-json").iterdir()
    source = sources.recognise(path.name, path.read_bytes())
    assert source is not None and source.name == "drks"
    (record,) = registry_pages.records("drks", path.read_bytes())
    trial, problems = normalise(record, "")
    assert problems == ()
    assert None not in (trial.overall_status, trial.minimum_age, trial.sex, trial.lead_sponsor)
    assert trial.eligibility_criteria and not re.search(r"[\w.]@\w+\.\w", str(record))
