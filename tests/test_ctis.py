"""The EU's CTIS: whole trials of both generations and rows of a search answer."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scraper import sources
from scraper.errors import ParseError, SettingsError
from scraper.model import Trial
from scraper.normalise.trial import normalise
from scraper.sources import ctis
from tests import registry_pages

FOLDER = registry_pages.PAGES / "ctis"
ORDINARY = (FOLDER / "ordinary.json").read_bytes()
SEARCH = (FOLDER / "search.json").read_bytes()


def trials(body: bytes) -> list[Trial]:
    return [normalise(record, "")[0] for record in registry_pages.records("ctis", body)]


def changed(**values: Any) -> bytes:
    return json.dumps(json.loads(ORDINARY) | values).encode()


@pytest.mark.parametrize("path", registry_pages.saved("ctis"), ids=lambda path: path.name)
def test_saved_trial_gives_the_expected_records(path: Path) -> None:
    registry_pages.check_expected("ctis", path)
    found = sources.recognise("download", path.read_bytes())
    assert found is not None and found.name == "ctis"


def test_whole_trial_is_read_with_its_other_ids() -> None:
    (trial,) = trials(ORDINARY)
    assert (trial.trial_id, trial.registry, trial.overall_status) == (
        "2025-599001-11-00",
        "ctis",
        "RECRUITING",
    )
    assert (trial.phase, trial.sex, trial.enrollment) == ("PHASE2", "ALL", 48)
    assert (trial.minimum_age_years, trial.maximum_age_years) == (18.0, None)
    assert (trial.start_date, trial.last_update_posted_date) == ("2025-01-17", "2025-03-15")
    assert [i.id_type for i in trial.secondary_ids] == ["other", "ctgov", "drks", "euctr"]


def test_no_contact_is_left() -> None:
    (record,) = registry_pages.records("ctis", ORDINARY)
    assert not re.search(r"55 50 12 34|\w@\w|Gold'", str(record))


def test_phase_code_without_a_witness_is_a_problem_and_no_phase() -> None:
    record = registry_pages.records("ctis", (FOLDER / "sparse.json").read_bytes())[0]
    trial, problems = normalise(record, "")
    assert (trial.phase, [p.found for p in problems]) == (None, ["phase of code 1"])
    assert (trial.overall_status, trial.sex, trial.enrollment) == ("NOT_YET_RECRUITING", "FEMALE", 11)
    assert (trial.minimum_age_years, trial.maximum_age_before_years) == (None, 18.0)


@pytest.mark.parametrize(
    "groups, bounds",
    [
        ("18-64 years", ("18 Years", "64 Years")),
        ("65+ years, 18-64 years", ("18 Years", None)),
        ("0-17 years, 18-64 years, 0-17 years", (None, "64 Years")),
        ("18-64 years, 65+ years, 0-17 years", (None, None)),
        ("0-17 years, 65+ years", (None, None)),
        ("", (None, None)),
    ],
)
def test_groups_in_any_order_become_bounds(groups: str, bounds: tuple[str | None, str | None]) -> None:
    record = json.loads(SEARCH)["data"][0] | {"ageGroup": groups}
    (trial,) = trials(json.dumps(record).encode())
    assert (trial.minimum_age, trial.maximum_age) == bounds


def test_age_group_of_another_form_is_one_problem() -> None:
    record = registry_pages.records("ctis", changed(ageGroup="18-64 years, old"))[0]
    trial, problems = normalise(record, "")
    assert (trial.minimum_age, [p.found for p in problems]) == (None, ["old"])


@pytest.mark.parametrize("code", range(1, 13))
def test_every_status_code_is_known(code: int) -> None:
    record = registry_pages.records("ctis", changed(ctPublicStatus=None, ctPublicStatusCode=code))[0]
    trial, problems = normalise(record, "")
    assert trial.overall_status is not None and problems == ()


def test_row_of_a_search_answer_is_partial_and_lies_apart() -> None:
    pages, _ = registry_pages.parts("ctis", SEARCH)
    assert [page.url for page in pages] == [
        "https://euclinicaltrials.eu/ctis-public-api/search?number=2025-599003-33-00",
        "https://euclinicaltrials.eu/ctis-public-api/search?number=2025-599004-44-00",
    ]
    assert all(record.is_partial for record in registry_pages.records("ctis", SEARCH))


def test_search_answer_names_the_trials_to_fetch() -> None:
    listing = ctis.read_listing(registry_pages.page("ctis", SEARCH))
    assert listing.total == 11593
    assert listing.urls[0] == ctis.record_url("2025-599003-33-00")
    with pytest.raises(ParseError, match="a search answer"):
        ctis.read_listing(registry_pages.page("ctis", b"{}"))


def test_search_is_refused_in_words() -> None:
    with pytest.raises(SettingsError, match="POST"):
        ctis.search_url("cough", "")


@pytest.mark.parametrize(
    "url",
    [
        "https://euclinicaltrials.eu/ctis-public-api/retrieve/2025-599001-11-00",
        "https://euclinicaltrials.eu/ctis-public/view/2025-599001-11-00?lang=en",
        "https://euclinicaltrials.eu/search-for-clinical-trials/?lang=en&EUCT=2025-599001-11-00",
    ],
)
def test_every_address_of_a_trial_is_one(url: str) -> None:
    assert ctis.canonical_url(url) == ctis.record_url("2025-599001-11-00")


@pytest.mark.parametrize("wrong", ["", "2019-001588-61", "NCT04010877", "../retrieve"])
def test_id_and_address_of_another_form_are_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match="expected"):
        ctis.record_url(wrong)
    with pytest.raises(SettingsError, match="expected"):
        ctis.canonical_url(f"https://example.org/{wrong}")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"ctNumber": 3}', b"[" * 9000, b"\xff\xfe\x00"])
def test_body_without_a_trial_is_one_problem_and_an_error(body: bytes) -> None:
    pages, problems = registry_pages.parts("ctis", body)
    assert pages == [] and len(problems) == 1
    with pytest.raises(ParseError, match="expected"):
        ctis.parse(registry_pages.page("ctis", body))


@pytest.mark.shared
def test_every_real_trial_is_read(shared: Path) -> None:
    data = shared / "data"
    found = 0
    for path in [*sorted((data / "ctrdata-json").glob("CTIS*")), *(data / "ctis-json").iterdir()]:
        body = path.read_bytes()
        source = sources.recognise(path.name, body)
        assert source is not None and source.name == "ctis"
        for record in registry_pages.records("ctis", body):
            found += 1
            trial, problems = normalise(record, "")
            assert problems == (), record.source_id
            assert trial.registry == "ctis"
            assert None not in (trial.overall_status, trial.sex, trial.phase, trial.lead_sponsor)
            assert record.is_partial or trial.eligibility_criteria
            assert not re.search(r"[\w.]@\w+\.\w", str(record)), record.source_id
    assert found == 56
