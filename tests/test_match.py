"""The patient-side question as people ask it: the command line over a real database."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from scraper.match import engine
from scraper.match.patient import from_params
from tests.commands import trials, trials_json
from tests.samples import write_listing, write_study

CRITERIA = "Inclusion Criteria:\n\n* Age 6 months to 75 years\n* ECOG 0-1\n\nExclusion Criteria:\n\n* Pregnant or nursing women"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("match")
    saved = folder / "saved"
    write_study(saved, "NCT99100001", criteria=CRITERIA)
    write_study(saved, "NCT99100002", criteria=CRITERIA, sex="MALE", title="Lanterns for men")
    write_study(saved, "NCT99100003", criteria=CRITERIA, status="COMPLETED", updated="2026-04-01")
    write_study(
        saved,
        "NCT99100004",
        criteria="Inclusion Criteria:\n\n* ECOG 0-1 unless waived",
        minimum="9 Months",
        maximum="",
    )
    write_listing(saved, 990005, "", title="Lanterns for drowsy children")
    result = trials(folder / "data", "import", saved)
    assert result.exit_code == 0, result.output
    return folder / "data"


def _by_id(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["trial_id"]: one for one in (*answer["trials"], *answer["excluded"])}


def test_every_trial_is_match_unknown_or_excluded_with_its_quote(data: Path) -> None:
    answer = trials_json(
        data, "match", "--age", "34", "--sex", "female", "--condition", "drowsiness", "--ecog", "1",
        "--pregnant", "no", "--nursing", "no",
    )  # fmt: skip
    found = _by_id(answer)
    assert found["NCT99100001"]["verdict"] == "match"
    assert found["NCT99100001"]["unknowns"] == []
    assert found["NCT99100002"]["verdict"] == "excluded"
    assert [one["quote"] for one in found["NCT99100002"]["reasons"]] == ["MALE"]
    assert found["NCT99100004"]["verdict"] == "unknown", "a waiver is for the centre to explain"
    assert answer["excluded_by_field"] == {"sex": 1}
    assert answer["verdicts"]["excluded"] == 1 and answer["not_judged"] == 0


def test_a_conditional_criterion_is_unknown_for_who_does_not_meet_it(data: Path) -> None:
    answer = trials_json(
        data, "match", "--age", "34", "--condition", "drowsiness", "--ecog", "3", "--sex", "male"
    )
    found = _by_id(answer)
    assert found["NCT99100001"]["verdict"] == "excluded"
    assert found["NCT99100001"]["reasons"][0]["quote"] == "ECOG 0-1"
    assert found["NCT99100004"]["verdict"] == "unknown"
    assert found["NCT99100004"]["unknowns"][0]["quote"] == "ECOG 0-1 unless waived"


def test_a_listing_that_contradicts_itself_excludes_nobody_by_age(data: Path) -> None:
    """Its badge says 6-75 years, its own criteria say older than 6 months."""
    answer = trials_json(data, "match", "--age", "8 months", "--condition", "drowsiness", "--sex", "female")
    listing = next(one for one in answer["trials"] if one["source"] == "trialx")
    assert listing["verdict"] == "unknown"
    (doubt,) = [one for one in listing["unknowns"] if one["subject"] == "minimum_age"]
    assert doubt["quote"] == "6 Years" and "Age older than 6 months" in doubt["why"]
    assert listing["record_date"] == "2026-05-13"


def test_an_infants_age_keeps_its_unit(data: Path) -> None:
    result = trials(data, "match", "--age", "8 months", "--sex", "female", "--condition", "drowsiness")
    assert result.exit_code == 0
    assert "age 8 months" in result.stdout
    assert '"9 Months" (field minimum_age, ctgov): age 8 months is below it' in " ".join(
        result.stdout.split()
    )
    assert "0.6" not in result.stdout


def test_every_answer_says_that_it_is_no_advice_and_shows_the_records_date(data: Path) -> None:
    result = trials(data, "match", "--age", "34", "--condition", "drowsiness")
    assert result.stdout.startswith("Not medical advice")
    assert result.stdout.count("record of 2026-0") == 5
    assert "COMPLETED (not recruiting)" in result.stdout
    assert "not_medical_advice" in trials_json(data, "match", "--age", "34")


def test_fewest_unknowns_come_first_then_trials_that_recruit(data: Path) -> None:
    answer = trials_json(data, "match", "--age", "34", "--sex", "male", "--condition", "drowsiness")
    counts = [len(one["unknowns"]) for one in answer["trials"]]
    assert counts == sorted(counts)
    ids = [one["trial_id"] for one in answer["trials"]]
    assert ids.index("NCT99100001") < ids.index("NCT99100003")
    recruiting = trials_json(data, "match", "--age", "34", "--condition", "drowsiness", "--recruiting")
    assert "NCT99100003" not in _by_id(recruiting)


def test_a_record_without_criteria_comes_last_however_few_its_unknowns(data: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    write_study(saved, "NCT99100021", criteria="")
    write_study(
        saved, "NCT99100022", criteria="Inclusion Criteria:\n\n* ECOG 0-1\n* Lives nearby\n* Sleeps well"
    )
    assert trials(tmp_path / "data", "import", saved).exit_code == 0
    answer = trials_json(
        tmp_path / "data", "match", "--age", "34", "--sex", "female", "--condition", "drowsiness"
    )
    found = [(one["trial_id"], len(one["unknowns"])) for one in answer["trials"]]
    assert found == [("NCT99100022", 3), ("NCT99100021", 1)]


def test_the_limit_is_a_limit_of_what_is_shown_and_not_of_what_is_counted(data: Path) -> None:
    answer = trials_json(
        data, "match", "--age", "90", "--sex", "female", "--condition", "drowsiness", "--limit", "1"
    )
    assert len(answer["trials"]) == 1 and len(answer["excluded"]) == 1
    assert answer["found"] == 5 and answer["excluded_by_field"] == {"age": 4, "sex": 1}


def test_too_many_trials_are_counted_and_said(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MOST_JUDGED", 2)
    result = trials(data, "match", "--age", "34", "--condition", "drowsiness")
    assert "3 more were not judged" in result.stdout


def test_the_same_question_has_the_same_answer(data: Path) -> None:
    asked = ("match", "--age", "34", "--sex", "female", "--condition", "drowsiness")
    assert trials_json(data, *asked) == trials_json(data, *asked)


@pytest.mark.parametrize(
    "arguments, word",
    [
        (("--age", "old"), "age"),
        (("--age", "34", "--lab", "creatinine"), "lab"),
        (("--age", "34", "--near", "Nowhereville"), "near"),
        ((), "expected at least one"),
    ],
)
def test_bad_arguments_get_one_line_and_exit_code_2(
    data: Path, arguments: tuple[str, ...], word: str
) -> None:
    result = trials(data, "match", *arguments)
    assert result.exit_code == 2
    assert word in result.output and "Traceback" not in result.output


def test_distance_is_that_of_the_nearest_site_that_recruits(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "trials.db"
    copy.write_bytes((data / "trials.db").read_bytes())
    connection = sqlite3.connect(copy)
    sites = [
        ("NCT99100001", 0, "Far House", 42.9, -71.06, "RECRUITING"),
        ("NCT99100001", 1, "Near House", 42.37, -71.06, "COMPLETED"),
        ("NCT99100003", 0, "Closed House", 42.36, -71.06, None),
    ]
    connection.executemany(
        "insert into sites (trial_id, position, facility, latitude, longitude, status) values (?, ?, ?, ?, ?, ?)",
        sites,
    )
    patient = from_params({"age": "34", "condition": "drowsiness", "near": "42.36,-71.06", "km": "100"})
    answer = engine.match(connection, patient)
    shown = {one.columns["trial_id"]: (one.distance_km, one.site) for one in answer.trials}
    assert shown == {"NCT99100001": (60.0, "Far House"), "NCT99100003": (None, "")}
    connection.close()
