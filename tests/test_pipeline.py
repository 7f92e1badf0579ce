"""From saved pages to rows: the same rows whatever the order, and no row touched that need not be."""

import hashlib
import itertools
import json
import os
from pathlib import Path

import pytest

from tests.commands import dump, rows, trials, trials_json
from tests.samples import study, write_listing, write_study

CONFLICT = "select rule, value_a, source_a, quote_a, value_b, quote_b from conflicts"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_listing_alone_is_shown_as_its_badges_say_and_contradicted_by_its_own_criteria(
    tmp_path: Path,
) -> None:
    trials(tmp_path / "data", "import", write_listing(tmp_path))
    assert rows(
        tmp_path / "data",
        "select trial_id, overall_status, phase, sex, minimum_age, minimum_age_years, maximum_age_before_years,"
        " lead_sponsor, last_update_posted_date from trials",
    ) == [
        (
            "NCT99100001",
            "RECRUITING",
            "PHASE1/PHASE2",
            "ALL",
            "6 Years",
            6.0,
            76.0,
            "Institute of Coastal Light",
            "2026-05-13",
        )
    ]
    assert rows(tmp_path / "data", CONFLICT) == [
        ("age_unit_in_criteria", "6-75 years", "trialx", "6-75 years", "6 months", "Age older than 6 months.")
    ]


def test_the_registry_wins_over_the_listing_and_contradicts_it(tmp_path: Path) -> None:
    trials(tmp_path / "data", "import", write_listing(tmp_path), write_study(tmp_path))
    assert rows(tmp_path / "data", "select source, minimum_age, minimum_age_years from trials") == [
        ("ctgov", "6 Months", 0.5)
    ]
    assert rows(tmp_path / "data", "select source, age_raw from records order by source") == [
        ("ctgov", "6 Months to 75 Years"),
        ("trialx", "6-75 years"),
    ]
    assert rows(tmp_path / "data", CONFLICT) == [
        ("age_between_sources", "6-75 years", "trialx", "6-75 years", "6 Months", "6 Months")
    ]


@pytest.mark.parametrize("age", ["18-75 years", "6 years and older", "75 years and younger"])
def test_no_conflict_without_the_same_number_in_another_unit(tmp_path: Path, age: str) -> None:
    page = write_listing(tmp_path, age=age, criterion="Age 18 years or older.")
    trials(tmp_path / "data", "import", page)
    assert rows(tmp_path / "data", CONFLICT) == []


def test_the_order_of_imports_changes_nothing(tmp_path: Path) -> None:
    files = [
        write_listing(tmp_path),
        write_study(tmp_path / "old", updated="2026-01-01", status="NOT_YET_RECRUITING"),
        write_study(tmp_path / "new", updated="2026-03-01"),
        write_study(tmp_path / "newest", updated="2026-04-01", minimum="8 Months"),
    ]
    dumps = []
    for number, order in enumerate(itertools.permutations(files)):
        data = tmp_path / f"data{number}"
        for file in order:
            assert trials(data, "import", file).exit_code == 0
        dumps.append(dump(data))
    assert all(other == dumps[0] for other in dumps)
    assert rows(tmp_path / "data0", "select field, old, new, observed_at, severity from changes") == [
        ("overall_status", "NOT_YET_RECRUITING", "RECRUITING", "2026-03-01", "high"),
        ("minimum_age", "6 Months", "8 Months", "2026-04-01", "high"),
    ]


def test_importing_twice_changes_no_byte(tmp_path: Path) -> None:
    data = tmp_path / "data"
    files = [write_listing(tmp_path), write_study(tmp_path), write_study(tmp_path, "NCT99100002")]
    trials(data, "import", *files)
    before = digest(data / "trials.db")
    assert trials_json(data, "import", *files)["trials_written"] == 0
    assert trials_json(data, "build")["trials_written"] == 0
    assert digest(data / "trials.db") == before


def test_a_rebuild_from_the_archive_gives_the_same_rows(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (tmp_path / "noise.txt").write_text("nothing of the kind")
    trials(data, "import", write_study(tmp_path, "NCT99100002"), tmp_path / "noise.txt")
    trials(data, "import", write_listing(tmp_path))
    trials(data, "import", write_study(tmp_path))
    before = dump(data)
    assert trials(data, "build", "--full").exit_code == 0
    assert dump(data) == before


def test_a_database_that_is_gone_is_made_from_the_archive(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path))
    before = dump(data)
    (data / "trials.db").unlink()
    trials(data, "build")
    assert dump(data) == before


def test_a_former_id_ends_as_the_trial_it_became_in_any_order(tmp_path: Path) -> None:
    former = write_study(tmp_path, "NCT99100009", updated="2026-01-01")
    current = write_study(tmp_path, "NCT99100001", aliases=["NCT99100009"])
    for data, order in ((tmp_path / "a", (former, current)), (tmp_path / "b", (current, former))):
        for file in order:
            trials(data, "import", file)
        assert rows(data, "select trial_id from trials") == [("NCT99100001",)]
    assert dump(tmp_path / "a") == dump(tmp_path / "b")
    assert trials_json(tmp_path / "a", "show", "nct99100009")["trial_id"] == "NCT99100001"


def test_an_unknown_status_costs_one_field(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert trials(data, "import", write_study(tmp_path, status="PONDERING")).exit_code == 0
    assert rows(data, "select overall_status, sex from trials") == [(None, "ALL")]
    assert rows(data, "select stage, field, found from problems") == [
        ("normalise", "overall_status", "PONDERING")
    ]
    assert rows(data, "select status_raw from records") == [("PONDERING",)]


def test_criteria_and_their_limits_become_rows_with_offsets_into_the_stored_text(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path))
    (text,) = rows(data, "select eligibility_criteria from trial_text")[0]
    criteria = rows(data, "select kind, text, raw_start, raw_end from criteria order by position")
    assert [(kind, words) for kind, words, _, _ in criteria] == [
        ("inclusion", "Age older than 6 months"),
        ("inclusion", "Hemoglobin >= 8 g/dL"),
        ("exclusion", "Pregnant or nursing women"),
    ]
    assert [text[start:end].lstrip("* ") for _, _, start, end in criteria] == [
        "Age older than 6 months",
        "Hemoglobin \\>= 8 g/dL",
        "Pregnant or nursing women",
    ]
    assert rows(
        data, "select variable, comparator, value, unit from criteria_constraints order by criterion_id"
    ) == [
        ("age", ">", 6.0, "months"),
        ("hemoglobin", ">=", 8.0, "g/dL"),
    ]


def test_a_bulk_answer_is_kept_study_by_study_under_its_own_address(tmp_path: Path) -> None:
    answer = {"studies": [study("NCT99100001"), {"odd": 1}, study("NCT99100002")], "nextPageToken": "x"}
    (tmp_path / "page.json").write_text(json.dumps(answer))
    data = tmp_path / "data"
    assert trials(data, "import", tmp_path / "page.json").exit_code == 0
    assert rows(data, "select trial_id from trials order by 1") == [("NCT99100001",), ("NCT99100002",)]
    assert [url for (url,) in rows(data, "select url from problems")] == [str(tmp_path / "page.json")]


@pytest.mark.shared
def test_the_seed_alone_and_with_the_registrys_record(tmp_path: Path, shared: Path) -> None:
    seed, record = shared / "seed" / "trialx-334297.txt", shared / "data" / "ctgov-xml" / "NCT04010877.xml"
    data = tmp_path / "data"
    assert trials(data, "import", seed).exit_code == 0
    assert rows(
        data,
        "select trial_id, overall_status, phase, sex, minimum_age_years, maximum_age_years, lead_sponsor,"
        " last_update_posted_date from trials",
    ) == [
        (
            "NCT04010877",
            "RECRUITING",
            "PHASE1/PHASE2",
            "ALL",
            6.0,
            75.0,
            "Shenzhen Geno-Immune Medical Institute",
            "2026-05-13",
        )
    ]
    assert rows(data, "select kind, count(*) from criteria group by kind order by kind") == [
        ("exclusion", 7),
        ("inclusion", 7),
    ]
    assert rows(data, "select quote_a, quote_b from conflicts") == [
        ("6-75 years", "Age older than 6 months.")
    ]
    trials(data, "import", record)
    assert rows(data, "select minimum_age, minimum_age_years from trials") == [("6 Months", 0.5)]
    assert rows(data, "select quote_a, quote_b from conflicts") == [("6-75 years", "6 Months")]
    other = tmp_path / "other"
    trials(other, "import", record)
    trials(other, "import", seed)
    assert dump(other) == dump(data)


@pytest.mark.shared
def test_the_real_history_gives_the_same_changes_in_any_order(tmp_path: Path, shared: Path) -> None:
    files = sorted((shared / "data" / "ctgov-v2-history").rglob("*.json"))
    for data, order in ((tmp_path / "a", files), (tmp_path / "b", files[::-1])):
        for half in (order[::2], order[1::2]):
            assert trials(data, "import", *half).exit_code == 0
    assert rows(tmp_path / "a", "select count(*) from changes") > [(0,)]
    assert dump(tmp_path / "a") == dump(tmp_path / "b")


def test_the_same_bytes_saved_at_two_times_are_one_version_in_any_order(tmp_path: Path) -> None:
    first, later = write_study(tmp_path / "first"), write_study(tmp_path / "later")
    os.utime(first, (1_700_000_000, 1_700_000_000))
    os.utime(later, (1_750_000_000, 1_750_000_000))
    for data, order in ((tmp_path / "a", (first, later)), (tmp_path / "b", (later, first))):
        for file in order:
            trials(data, "import", file)
        trials(data, "build", "--full")  # a time last seen alone is no reason to write
    assert rows(tmp_path / "a", "select fetched_at from records") == [("2023-11-14T22:13:20Z",)]
    assert dump(tmp_path / "a") == dump(tmp_path / "b")
