"""Saved records of ClinicalTrials.gov beside the Record expected of each.

A missing expectation is written and fails until somebody has read it; ACCEPT=1 rewrites them all (`make accept`).
"""

import os
from pathlib import Path

import msgspec
import pytest

from scraper.model import Page, Record
from scraper.normalise.trial import normalise
from scraper.sources import ctgov

FOLDER = Path(__file__).parent / "pages" / "ctgov"
SAVED = sorted(
    path
    for path in FOLDER.rglob("*")
    if path.suffix in (".json", ".xml") and not path.name.endswith(".record.json")
)


def read(path: Path) -> Record:
    page = Page(source="ctgov", url="", body=path.read_bytes(), fetched_at="", name=path.name)
    return ctgov.parse(page)


def trial_of(name: str) -> tuple[Record, dict[str, object]]:
    record = read(FOLDER / name)
    trial, _ = normalise(record, "2026-07-07T00:00:00Z")
    return record, msgspec.to_builtins(trial)


@pytest.mark.parametrize("path", SAVED, ids=lambda path: str(path.relative_to(FOLDER)))
def test_saved_record_gives_the_expected_record(path: Path) -> None:
    expected = path.with_name(f"{path.name.removesuffix('.json')}.record.json")
    got = read(path)
    known = expected.exists()
    if not known or os.environ.get("ACCEPT"):
        expected.write_bytes(msgspec.json.format(msgspec.json.encode(got), indent=1) + b"\n")
    assert known or os.environ.get("ACCEPT"), f"{expected.name} was missing and is written now; read it"
    assert msgspec.json.decode(expected.read_bytes(), type=Record) == got


def test_there_are_enough_saved_records_of_both_forms() -> None:
    names = [path.name for path in SAVED if path.parent == FOLDER]
    assert sum(name.endswith(".json") for name in names) >= 10
    assert sum(name.endswith(".xml") for name in names) >= 2


def test_saved_records_have_no_problem() -> None:
    for path in SAVED:
        if path.parent == FOLDER:
            assert normalise(read(path), "")[1] == (), path.name


def test_registry_record_becomes_a_trial() -> None:
    _, trial = trial_of("NCT99000001.json")
    assert trial["trial_id"] == "NCT99000001"
    assert (trial["registry"], trial["source"], trial["source_id"]) == ("ctgov", "ctgov", "NCT99000001")
    assert (trial["overall_status"], trial["phase"], trial["sex"]) == ("RECRUITING", "PHASE1/PHASE2", "ALL")
    assert (trial["minimum_age"], trial["maximum_age"]) == ("4 Months", "60 Years")
    assert trial["minimum_age_years"] == pytest.approx(1 / 3)
    assert (trial["maximum_age_years"], trial["maximum_age_before_years"]) == (60.0, 61.0)
    assert (trial["start_date"], trial["primary_completion_date"]) == ("2025-07", "2027-06-30")
    assert (trial["completion_date"], trial["last_update_posted_date"]) == ("2028-12", "2026-03-09")
    assert (trial["lead_sponsor_class"], trial["healthy_volunteers"], trial["has_results"]) == (
        "OTHER",
        False,
        False,
    )
    sites = trial["sites"]
    assert isinstance(sites, list)
    assert (sites[0]["latitude"], sites[0]["longitude"]) == (42.35843, -71.05977)
    assert [site["status"] for site in sites] == ["RECRUITING", "NOT_YET_RECRUITING", None]
    ids = trial["secondary_ids"]
    assert isinstance(ids, list)
    assert [(i["id_type"], i["id_value"]) for i in ids] == [
        ("other", "LCTI-2025-04"),
        ("ctis", "2025-512777-31-00"),  # labelled EUDRACT_NUMBER
        ("utn", "U1111-1290-4471"),
        ("other", "LK-77"),
    ]


def test_observational_record_has_no_phase() -> None:
    assert trial_of("NCT99000003.json")[1]["phase"] is None


def test_sparse_record_states_nothing_that_is_not_there() -> None:
    _, trial = trial_of("NCT99000005.json")
    unstated = ("phase", "enrollment", "minimum_age", "maximum_age", "minimum_age_years", "completion_date")
    assert [trial[field] for field in unstated] == [None] * 6
    assert trial["maximum_age_before_years"] is None
    assert trial["healthy_volunteers"] is None
    assert (trial["sites"], trial["arms"], trial["outcomes"]) == ([], [], [])


def test_minimum_of_nought_is_kept_as_words_and_is_no_limit() -> None:
    _, trial = trial_of("NCT99000015.json")
    assert (trial["minimum_age"], trial["minimum_age_years"]) == ("0 Years", None)


def test_both_forms_of_one_record_give_the_same_words() -> None:
    (_, new), (_, old) = trial_of("NCT99000011.json"), trial_of("NCT99000011.xml")
    same = (
        "trial_id study_type phase sex minimum_age_years maximum_age_before_years enrollment enrollment_type"
        " start_date allocation intervention_model primary_purpose lead_sponsor lead_sponsor_class has_results"
    )
    assert [new[field] for field in same.split()] == [old[field] for field in same.split()]
    assert (old["overall_status"], old["masking"]) == ("NOT_YET_RECRUITING", "SINGLE")


def test_design_line_of_an_old_record_is_taken_apart() -> None:
    _, trial = trial_of("NCT99000003.xml")
    assert (trial["observational_model"], trial["time_perspective"]) == ("FAMILY_BASED", "CROSS_SECTIONAL")
    assert (trial["study_type"], trial["overall_status"]) == ("OBSERVATIONAL", "UNKNOWN")
    assert (trial["last_known_status"], trial["last_update_posted_date"]) == ("RECRUITING", "2014-04-09")
    assert (trial["minimum_age"], trial["maximum_age"]) == (None, None)


def test_wrapped_prose_is_joined_and_criteria_keep_their_lines() -> None:
    record, _ = trial_of("NCT99000011.xml")
    summary = record.brief_summary.split("\n\n")
    assert (
        summary[0]
        == "A wearable cuff is worn for seven nights beside a standard device, and the two are compared."
    )
    assert (
        summary[2]
        == "  -  Do both devices agree within 5 mmHg & is the cuff comfortable enough to be worn all night?"
    )
    lines = record.eligibility_criteria.split("\n")
    assert lines[:4] == [
        "Inclusion Criteria:",
        "",
        "  1. Age 40 to 80 years with a systolic pressure > 130 mmHg measured on two different",
        "     days.",
    ]
    assert record.official_title == "Agreement of a Wearable Cuff With a Standard Device During Seven Nights"


def test_former_ids_are_aliases_and_secondary_ids() -> None:
    record, _ = trial_of("NCT99000015.json")
    assert record.alias_ids == ["NCT99000816"]
    assert [i.value for i in record.secondary_ids] == ["DTN-1", "NCT99000816"]
    assert trial_of("NCT99000011.xml")[0].alias_ids == ["NCT99000811"]


def test_unknown_words_cost_one_field_each() -> None:
    trial, problems = normalise(read(FOLDER / "odd" / "NCT99000901.json"), "2026-07-07T00:00:00Z")
    assert [(p.stage, p.field, p.found) for p in problems] == [
        ("normalise", "overall_status", "PAUSED"),
        ("normalise", "phase", "PHASE9"),
        ("normalise", "start_date", "2026-02-30"),
        ("normalise", "age", "18 Years to 12 Years"),
    ]
    assert all(p.source_id == "NCT99000901" and p.seen_at == "2026-07-07T00:00:00Z" for p in problems)
    assert (trial.overall_status, trial.phase, trial.start_date) == (None, None, None)
    assert (trial.minimum_age, trial.maximum_age) == ("18 Years", "12 Years")
    assert (trial.minimum_age_years, trial.maximum_age_years, trial.maximum_age_before_years) == (None,) * 3
    assert (trial.enrollment, trial.sex) == (10, "ALL")


def test_value_of_a_wrong_type_costs_its_field() -> None:
    record = read(FOLDER / "odd" / "NCT99000902.json")
    trial, problems = normalise(record, "")
    assert [(p.stage, p.field, p.found) for p in problems] == [
        ("parse", "designModule.enrollmentInfo.count", '"about forty"'),
        ("parse", "contactsLocationsModule.locations[0].geoPoint.lat", '"north"'),
        ("normalise", "sites[0].latitude", ", -1.5"),
    ]
    assert (trial.enrollment, trial.sites[0].latitude, trial.sites[0].longitude) == (None, None, None)
    assert (trial.sites[0].facility, trial.overall_status) == ("Eastmere Clinic", "RECRUITING")
