"""Links in the database: the same rows whatever came first, kept by updates, refused for good by people."""

import csv
import hashlib
import itertools
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from scraper import linking
from scraper.site.serve import datasette_for
from tests.commands import dump, rows, trials, trials_json
from tests.samples import study, write_study
from tests.site_client import ask_all, run

NCT, EU, TWIN = "NCT99100001", "2019-009901-22", "2019-009902-23"
TITLE = "Lantern Therapy for Drowsy Lighthouse Keepers on Small Islands"
SAME = "select trial_id, other_id, confidence from links where relation = 'same_trial' order by 1, 2"


def write_row(folder: Path, trial_id: str = EU, **changed: str) -> Path:
    """A WHO export of one trial of another registry; its path."""
    row = {
        "TrialID": trial_id,
        "Last Refreshed on": "16 March 2026",
        "Public_title": TITLE,
        "Scientific_title": TITLE,
        "Primary_sponsor": "Institute of Coastal Light",
        "Date_registration": "2025-03-01",
        "Source_Register": "EU Clinical Trials Register",
        "Recruitment_Status": "Not Recruiting",
        "Inclusion_gender": "All",
        "Date_enrollement": "2025-04-01",
        "Target_size": "40",
        "Study_type": "Interventional",
        "Phase": "Phase 1/Phase 2",
        "Secondary_ID": "",
    } | changed
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{trial_id}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(row))
        writer.writeheader()
        writer.writerow(row)
    return path


def bring(data: Path, *paths: Path) -> None:
    for path in paths:
        assert trials(data, "import", path).exit_code == 0


def same(data: Path) -> list[tuple[Any, ...]]:
    return [(one, other) for one, other, _ in rows(data, SAME)]


BOTH_WAYS = [(EU, NCT), (NCT, EU)]


def test_record_that_names_another_registrys_id_is_linked_with_evidence(tmp_path: Path) -> None:
    bring(tmp_path / "d", write_study(tmp_path), write_row(tmp_path, Public_title="Bells", Secondary_ID=NCT))
    assert same(tmp_path / "d") == BOTH_WAYS
    (evidence,) = rows(tmp_path / "d", "select distinct evidence from links")
    assert evidence == (f"{EU} names {NCT} as its own id",)
    assert rows(tmp_path / "d", "select * from trial_groups order by 1") == [(EU, EU), (NCT, EU)]


def test_records_that_agree_are_linked_without_an_id(tmp_path: Path) -> None:
    bring(tmp_path / "d", write_study(tmp_path, title=TITLE), write_row(tmp_path))
    assert same(tmp_path / "d") == BOTH_WAYS
    ((evidence, confidence),) = rows(tmp_path / "d", "select distinct evidence, confidence from links")
    assert "titles alike" in evidence and 0.8 <= confidence <= 0.92


def test_one_registry_alone_needs_no_keys(tmp_path: Path) -> None:
    bring(tmp_path / "d", write_study(tmp_path), write_study(tmp_path, "NCT99100002"))
    assert rows(tmp_path / "d", "select * from link_keys") == []
    assert same(tmp_path / "d") == []


def _files(folder: Path) -> Sequence[Path]:
    return (
        write_study(folder, title=TITLE),
        write_row(folder),
        write_row(folder, TWIN, Target_size="44"),
        write_row(
            folder,
            "DRKS99000014",
            Source_Register="German Clinical Trials Register",
            Secondary_ID=EU,
            Public_title="Bells at Sea",
            Scientific_title="Bells at Sea",
        ),
    )


def test_links_are_the_same_in_any_order_and_after_a_full_build(tmp_path: Path) -> None:
    files = _files(tmp_path / "files")
    found = []
    for number, order in enumerate(itertools.permutations(files)):
        data = tmp_path / str(number)
        bring(data, *order)
        updated = dump(data)
        if number % 6 == 0:
            assert trials(data, "build", "--full").exit_code == 0
            assert dump(data) == updated
        found.append(
            {name: updated[name] for name in ("links", "link_keys", "link_candidates", "trial_groups")}
        )
    assert found[0]["links"] and all(each == found[0] for each in found)


def test_twin_that_comes_near_makes_a_link_by_content_uncertain(tmp_path: Path) -> None:
    study, row, twin, _ = _files(tmp_path)
    bring(tmp_path / "d", study, row)
    assert same(tmp_path / "d") == BOTH_WAYS
    bring(tmp_path / "d", twin)
    assert same(tmp_path / "d") == BOTH_WAYS  # another number of participants: not near enough
    bring(tmp_path / "d", write_row(tmp_path / "new", TWIN, **{"Last Refreshed on": "17 March 2026"}))
    assert same(tmp_path / "d") == []


def test_keys_that_too_many_share_are_passed_over_by_updates_as_by_full_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "LARGEST_BLOCK", 2)
    study, row, twin, other = _files(tmp_path)
    data = tmp_path / "d"
    for path in (study, row, twin, other):
        bring(data, path)
        updated = dump(data)
        assert trials(data, "build", "--full").exit_code == 0
        assert dump(data) == updated
    assert rows(data, "select * from link_candidates") == []


def test_link_goes_when_a_record_changes(tmp_path: Path) -> None:
    bring(tmp_path / "d", write_study(tmp_path, title=TITLE), write_row(tmp_path))
    bring(tmp_path / "d", write_study(tmp_path / "new", title="Bell Therapy", updated="2026-04-01"))
    assert same(tmp_path / "d") == []
    assert rows(tmp_path / "d", "select * from trial_groups") == []


def test_run_that_brings_nothing_new_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    files = _files(tmp_path)
    bring(tmp_path / "d", *files)
    before = hashlib.sha256((tmp_path / "d" / "trials.db").read_bytes()).hexdigest()
    bring(tmp_path / "d", *files)
    assert trials(tmp_path / "d", "build").exit_code == 0
    assert hashlib.sha256((tmp_path / "d" / "trials.db").read_bytes()).hexdigest() == before


def test_run_killed_before_it_linked_is_gone_on_with(tmp_path: Path) -> None:
    data = tmp_path / "d"
    bring(data, *_files(tmp_path))
    whole = dump(data)
    with closing(sqlite3.connect(data / "trials.db")) as connection:
        for statement in (
            "delete from meta where key = 'links_version'",
            "delete from links",
            "delete from trial_groups",
            "delete from link_candidates",
            "delete from link_keys where id > 99100001",
        ):
            connection.execute(statement)
        connection.commit()
    assert trials(data, "build").exit_code == 0
    assert dump(data) == whole


def test_expanded_access_programme_is_linked_to_the_trial_that_names_it(tmp_path: Path) -> None:
    record = study(NCT)
    record["protocolSection"]["statusModule"]["expandedAccessInfo"] = {
        "hasExpandedAccess": True,
        "nctId": "NCT99100002",
    }
    path = tmp_path / f"{NCT}.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    bring(tmp_path / "d", path, write_study(tmp_path, "NCT99100002"))
    assert rows(tmp_path / "d", "select trial_id, other_id, relation, confidence from links") == [
        ("NCT99100002", NCT, "expanded_access_for", 0.99)
    ]


def test_extension_of_a_trial_that_is_not_here_is_kept_with_its_words(tmp_path: Path) -> None:
    record = study(NCT)
    words = "This is an extension study to LK-7 (NCT99109999)."
    record["protocolSection"]["descriptionModule"]["briefSummary"] = words
    path = tmp_path / f"{NCT}.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    bring(tmp_path / "d", path)
    ((other, relation, evidence),) = rows(tmp_path / "d", "select other_id, relation, evidence from links")
    assert (other, relation) == ("NCT99109999", "extension_of") and words in evidence
    (answer,) = run(ask_all(datasette_for(tmp_path / "d" / "trials.db"), [f"/trials/trials/{NCT}"]))
    text = " ".join(answer.page.get_text().split())
    assert "Extends" in text and words in text


# ── refused by people ──────────────────────────────────────────────────────────────────────────────────


def refused(tmp_path: Path) -> Path:
    data = tmp_path / "d"
    bring(data, write_study(tmp_path, title=TITLE), write_row(tmp_path, Secondary_ID=NCT))
    assert same(data) == BOTH_WAYS
    assert (
        trials(data, "link", "refuse", NCT.lower(), f"EUCTR{EU}-DE", "--because", "two doses").exit_code == 0
    )
    return data


def test_refused_link_is_gone_at_once_and_stays_gone(tmp_path: Path) -> None:
    data = refused(tmp_path)
    for command in (["build"], ["build", "--full"]):
        assert trials(data, *command).exit_code == 0
        assert rows(data, "select * from links") == []
        assert rows(data, "select trial_id, other_id, because from refused_links") == [(EU, NCT, "two doses")]
    (listed,) = trials_json(data, "link", "list")
    assert (listed["trial_id"], listed["other_id"], listed["because"]) == (EU, NCT, "two doses")


def test_refusal_that_is_taken_back_brings_the_link_back(tmp_path: Path) -> None:
    data = refused(tmp_path)
    assert trials(data, "link", "allow", EU, NCT).exit_code == 0
    assert same(data) == BOTH_WAYS
    assert rows(data, "select * from refused_links") == []
    assert "0 refused" in trials(data, "link", "list").output


def test_refusal_comes_over_with_an_archive(tmp_path: Path) -> None:
    data = refused(tmp_path)
    bring(tmp_path / "other", data / "archive.db")
    assert rows(tmp_path / "other", "select trial_id, other_id from refused_links") == [(EU, NCT)]
    assert same(tmp_path / "other") == []


def test_archive_of_an_older_version_has_no_refusals_and_is_merged(tmp_path: Path) -> None:
    data = refused(tmp_path)
    with closing(sqlite3.connect(data / "archive.db")) as connection:
        connection.execute("drop table refusals")
        connection.commit()
    bring(tmp_path / "other", data / "archive.db")
    assert same(tmp_path / "other") == BOTH_WAYS


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (["refuse", NCT, NCT, "--because", "x"], 2, "twice"),
        (["refuse", NCT, EU, "--because", " "], 2, "empty"),
        (["refuse", NCT, EU], 2, "--because"),
        (["refuse", NCT, "NCT99109999", "--because", "x"], 1, "NCT99109999"),
        (["allow", NCT, EU], 1, "not refused"),
    ],
)
def test_bad_refusal_gets_one_line(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    data = tmp_path / "d"
    bring(data, write_study(tmp_path), write_row(tmp_path))
    result = trials(data, "link", *arguments)
    assert result.exit_code == code
    assert words in result.stderr and "Traceback" not in result.stderr


# ── conflicts between linked trials, and the pages ─────────────────────────────────────────────────────


def test_registries_that_state_different_things_are_both_shown(tmp_path: Path) -> None:
    data = tmp_path / "d"
    bring(data, write_study(tmp_path), write_row(tmp_path, Secondary_ID=NCT, Inclusion_gender="Female"))
    found = rows(
        data,
        "select trial_id, value_a, source_a, date_a, value_b, source_b, date_b from conflicts where rule = ?",
        "sex_between_registries",
    )
    assert found == [
        (EU, "FEMALE", "ictrp", "2026-03-16", "ALL", f"ctgov {NCT}", "2026-03-01"),
        (NCT, "ALL", "ctgov", "2026-03-01", "FEMALE", f"ictrp {EU}", "2026-03-16"),
    ]
    bring(data, write_row(tmp_path / "new", Secondary_ID=NCT, **{"Last Refreshed on": "17 March 2026"}))
    assert rows(data, "select * from conflicts where rule like 'sex%'") == []


def test_records_that_only_look_alike_are_not_held_against_each_other(tmp_path: Path) -> None:
    data = tmp_path / "d"
    bring(data, write_study(tmp_path, title=TITLE), write_row(tmp_path, Recruitment_Status="Not Recruiting"))
    assert same(data) == BOTH_WAYS
    assert rows(data, "select * from conflicts where rule like '%between_registries%'") == []


def test_pages_show_the_other_records_and_what_was_refused(tmp_path: Path) -> None:
    data = tmp_path / "d"
    bring(data, *_files(tmp_path))
    paths = [f"/trials/trials/{NCT}", "/linked", "/linked?page=9"]
    trial_page, linked_page, beyond = run(ask_all(datasette_for(data / "trials.db"), paths))
    text = " ".join(trial_page.page.get_text().split())
    assert "Other records of this trial" in text and EU in text and "titles alike" in text
    assert "DRKS99000014" in text and "through another record of the group" in text
    assert "1 trial with several records" in " ".join(linked_page.page.get_text().split())
    assert beyond.status == 200
    assert trials(data, "link", "refuse", NCT, EU, "--because", "two <b>doses</b>").exit_code == 0
    (answer,) = run(ask_all(datasette_for(data / "trials.db"), ["/linked"]))
    assert "two <b>doses</b>" in answer.page.get_text()
