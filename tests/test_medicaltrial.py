"""Pages with schema.org's MedicalTrial: only what schema.org defines is read."""

import json
from pathlib import Path

import pytest

from scraper import sources
from scraper.errors import ParseError, SettingsError
from scraper.normalise.trial import normalise
from scraper.sources import medicaltrial
from tests import registry_pages

FOLDER = registry_pages.PAGES / "medicaltrial"
ORDINARY, SPARSE, ODD = ((FOLDER / f"{name}.html").read_bytes() for name in ("ordinary", "sparse", "odd"))


@pytest.mark.parametrize("path", registry_pages.saved("medicaltrial"), ids=lambda path: path.name)
def test_saved_page_gives_the_expected_record(path: Path) -> None:
    registry_pages.check_expected("medicaltrial", path)
    found = sources.recognise("download", path.read_bytes())
    assert found is not None and found.name == "medicaltrial"


def test_page_states_its_trial_in_our_terms() -> None:
    trial, problems = normalise(registry_pages.records("medicaltrial", ORDINARY)[0], "")
    assert problems == ()
    assert (trial.trial_id, trial.overall_status, trial.phase) == (
        "NCT99000441",
        "ACTIVE_NOT_RECRUITING",
        "PHASE1/PHASE2",
    )
    assert (trial.allocation, trial.masking, trial.study_type) == ("RANDOMIZED", "DOUBLE", None)
    assert (trial.minimum_age, trial.sex, trial.eligibility_criteria) == (None, None, None)
    assert trial.last_update_posted_date == "2025-05-06"
    assert trial.sites[0].country == "United States" and trial.sites[0].latitude == 40.1


def test_results_are_no_recruitment_status() -> None:
    trial, problems = normalise(registry_pages.records("medicaltrial", SPARSE)[0], "")
    assert (trial.trial_id, trial.overall_status, trial.has_results, problems) == (
        "NCT99000442",
        None,
        True,
        (),
    )
    assert (trial.study_type, trial.observational_model) == ("OBSERVATIONAL", "COHORT")


def test_odd_word_costs_one_field() -> None:
    trial, problems = normalise(registry_pages.records("medicaltrial", ODD)[0], "")
    assert (trial.overall_status, trial.phase) == (None, "PHASE3")
    assert sorted(problem.field for problem in problems) == ["overall_status", "study_design"]
    assert [sponsor.name for sponsor in trial.sponsors] == ["Night Foundation"]
    assert trial.trial_id == "medicaltrial:odd.example/t/9"


@pytest.mark.parametrize(
    "term",
    [
        "Recruiting",
        "NotYetRecruiting",
        "ActiveNotRecruiting",
        "EnrollingByInvitation",
        "Completed",
        "Suspended",
        "Terminated",
        "Withdrawn",
        "https://schema.org/Withdrawn",
        "http://schema.org/NotYetRecruiting",
        "RECRUITING",
        "ACTIVE_NOT_RECRUITING",
    ],
)
def test_every_status_of_schema_org_is_known(term: str) -> None:
    body = ORDINARY.replace(b"https://schema.org/ActiveNotRecruiting", term.encode())
    trial, problems = normalise(registry_pages.records("medicaltrial", body)[0], "")
    assert trial.overall_status is not None and problems == ()


def test_no_person_is_left() -> None:
    for body in (ORDINARY, ODD):
        words = str(registry_pages.records("medicaltrial", body))
        assert "Lux" not in words and "555" not in words and "@" not in words


def test_page_of_several_trials_is_one_problem() -> None:
    trials = [{"@type": "MedicalTrial", "name": f"Lamp {n}", "identifier": f"NCT9900045{n}"} for n in (1, 2)]
    body = json.dumps({"@context": "https://schema.org", "itemListElement": trials}).encode()
    with pytest.raises(ParseError, match="2 trials"):
        medicaltrial.parse(registry_pages.page("medicaltrial", body))
    own = json.dumps({"@context": "https://schema.org", "@graph": [trials[0], trials[0]]}).encode()
    assert medicaltrial.parse(registry_pages.page("medicaltrial", own)).registry_id == "NCT99000451"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"<html>", b"[" * 9000, b'{"@type": "MedicalTrial"}', b"\xff\xfe\x00"]
)
def test_body_without_a_trial_is_an_error(body: bytes) -> None:
    with pytest.raises(ParseError, match="expected"):
        medicaltrial.parse(registry_pages.page("medicaltrial", body))


def test_source_is_import_only() -> None:
    with pytest.raises(SettingsError, match="import FILE"):
        medicaltrial.SOURCE.search_url("x", "")
    with pytest.raises(SettingsError, match="import FILE"):
        medicaltrial.SOURCE.record_url("x")
    with pytest.raises(SettingsError, match="import FILE"):
        medicaltrial.SOURCE.canonical_url("https://lamps.example/t")
    with pytest.raises(ParseError, match="import FILE"):
        medicaltrial.SOURCE.read_listing(registry_pages.page("medicaltrial", ORDINARY))
