"""What counts as a change, how heavy it is, and which criterion became which: through the command line and alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from scraper import criteria
from scraper.compare.changes import criteria_changes
from scraper.compare.fold import folded
from tests.commands import rows, trials
from tests.samples import study, write_study

CRITERIA = "select kind, severity, old, new, criterion, detail from changes where field = 'criteria' order by position"


def text(*inclusion: str, exclusion: tuple[str, ...] = ("Pregnant or nursing women",)) -> str:
    lines = [f"* {line}" for line in inclusion]
    out = [f"* {line}" for line in exclusion]
    return "\n".join(["Inclusion Criteria:", "", *lines, "", "Exclusion Criteria:", "", *out])


def two_versions(data: Path, folder: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    for name, date, words in (("old", "2026-01-01", old), ("new", "2026-03-01", new)):
        assert (
            trials(data, "import", write_study(folder / name, **({"updated": date} | words))).exit_code == 0
        )


def compared(old: str, new: str) -> list[tuple[str, str, str | None]]:
    found = criteria_changes(criteria.read(old), criteria.read(new))
    return [(change.kind, change.severity, change.detail) for change in found]


# ── one criterion ───────────────────────────────────────────────────────────────────────────────────────


def test_a_moved_limit_says_which_from_what_to_what(tmp_path: Path) -> None:
    two_versions(
        tmp_path / "data",
        tmp_path,
        {"criteria": text("Keeps a lighthouse", "Hemoglobin \\>= 9 g/dL")},
        {"criteria": text("Keeps a lighthouse", "Hemoglobin \\>= 8 g/dL")},
    )
    assert rows(tmp_path / "data", CRITERIA) == [
        (
            "limits",
            "high",
            "Hemoglobin >= 9 g/dL",
            "Hemoglobin >= 8 g/dL",
            1,
            "hemoglobin >= 9 g/dL -> >= 8 g/dL",
        )
    ]
    assert rows(
        tmp_path / "data",
        "select severity, observed_at, source from changes where field = 'eligibility_criteria'",
    ) == [("high", "2026-03-01", "ctgov")]


@pytest.mark.parametrize(
    "old, new, expected",
    [
        # The wording alone.
        ("Able to row a boat", "Able to row a small boat", ("reworded", "low", None)),
        ("Women who are pregnant or nursing", "Pregnant or nursing women", ("reworded", "low", None)),
        # What no vocabulary knows, and yet decides.
        (
            "At least 3 seasons of service",
            "At least 2 seasons of service",
            ("reworded", "high", "3 -> 2"),
        ),
        (
            "Has slept on watch before",
            "Has not slept on watch before",
            ("reworded", "high", "nothing -> not"),
        ),
        ("Has a lamp and a horn", "Has a lamp or a horn", ("reworded", "high", "and -> or")),
        ("Tumour is CD33+", "Tumour is CD33-", ("reworded", "high", "+ -> -")),
        ("Fever > 38 °C for =24 hours", "Fever > 38 °C for ≥24 hours", ("reworded", "high", "= -> >=")),
        # Limits.
        ("ECOG 0-1", "ECOG 0-2", ("limits", "high", "ecog <= 1 -> <= 2")),
        (
            "Hemoglobin at least 9 g/dL",
            "Hemoglobin of 9 g/dL or more",
            ("reworded", "low", None),
        ),
        ("Keeps a lighthouse", "Keeps a lighthouse and is 18 years or older", ("limits", "high", None)),
    ],
)
def test_a_criterion_that_was_reworded_is_as_heavy_as_what_it_decides(
    old: str, new: str, expected: tuple[str, str, str | None]
) -> None:
    ((kind, severity, detail),) = compared(text("Signed consent", old), text("Signed consent", new))
    assert (kind, severity) == expected[:2]
    if expected[2]:
        assert detail == expected[2]


@pytest.mark.parametrize(
    "old, new",
    [
        (text("Keeps  a\n  lighthouse", "Can row"), text("Keeps a lighthouse", "Can row")),
        (text("Keeps a lighthouse", "Can row").replace("* ", "1. "), text("Keeps a lighthouse", "Can row")),
        (text("Hemoglobin \\>= 9 g/dL"), text("Hemoglobin ≥ 9 g/dL")),
        (text("Keeps a lighthouse", "Can row"), text("Can row", "Keeps a lighthouse")),
    ],
    ids=["white space", "numbering", "escapes", "order"],
)
def test_what_is_said_in_the_same_words_is_no_change(old: str, new: str) -> None:
    assert compared(old, new) == []


def test_criteria_that_came_and_went_are_told_with_their_limits() -> None:
    old = text("Signed consent", "Body weight of at least 40 kg")
    new = text("Signed consent", "No fear of heights whatsoever")
    assert compared(old, new) == [
        ("added", "high", "inclusion criterion"),
        ("removed", "high", "inclusion criterion: weight >= 40 kg"),
    ]


def test_a_criterion_that_excludes_now_has_another_kind() -> None:
    old = text("Signed consent", "Left-handed keepers", exclusion=("Seasick",))
    new = text("Signed consent", exclusion=("Seasick", "Left-handed keepers"))
    assert compared(old, new) == [("kind", "high", "inclusion -> exclusion")]


def test_the_same_quantity_in_another_unit_is_no_other_limit() -> None:
    ((kind, severity, _),) = compared(text("Hemoglobin >= 9 g/dL"), text("Hemoglobin >= 90 g/L"))
    assert (kind, severity) == ("reworded", "high")


def test_each_reworded_criterion_is_paired_with_its_own_former_words() -> None:
    old = text(
        *(
            f"History of {organ} disease in the {side} side"
            for organ in ("liver", "kidney")
            for side in ("left", "right")
        )
    )
    new = old.replace("liver disease in the left", "severe liver disease in the left")
    (change,) = criteria_changes(criteria.read(old), criteria.read(new))
    assert change.old == "History of liver disease in the left side"
    assert change.new == "History of severe liver disease in the left side"


@pytest.mark.parametrize(
    "one, other",
    [("Hemoglobin 8.5", "Hemoglobin 85"), ("HER2-", "HER2+"), ("below -5 °C", "below 5 °C"), ("10%", "10")],
)
def test_what_decides_is_not_folded_away(one: str, other: str) -> None:
    assert folded(one) != folded(other)


# ── fields ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_heading_alone_that_is_worded_otherwise_is_a_light_change(tmp_path: Path) -> None:
    old = text("Can row")
    two_versions(
        tmp_path / "data",
        tmp_path,
        {"criteria": old},
        {"criteria": old.replace("Inclusion", "Main inclusion")},
    )
    assert rows(tmp_path / "data", "select field, severity from changes") == [("eligibility_criteria", "low")]


def test_a_status_that_lapsed_without_an_update_is_dated_by_the_registrys_data(tmp_path: Path) -> None:
    for name, made, status in (("a", "2026-02-01", "RECRUITING"), ("b", "2026-06-05", "UNKNOWN")):
        record = study(status=status)
        record["derivedSection"] = {"miscInfoModule": {"versionHolder": made}}
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(record))
        trials(tmp_path / "data", "import", path)
    assert rows(tmp_path / "data", "select field, new, observed_at from changes") == [
        ("overall_status", "UNKNOWN", "2026-06-05")
    ]


def test_a_field_whose_word_could_not_be_read_did_not_vanish(tmp_path: Path) -> None:
    data = tmp_path / "data"
    two_versions(data, tmp_path, {"status": "RECRUITING"}, {"status": "PONDERING"})
    trials(data, "import", write_study(tmp_path / "third", updated="2026-05-01", status="COMPLETED"))
    assert rows(data, "select field, old, new, observed_at from changes") == [
        ("overall_status", "RECRUITING", "COMPLETED", "2026-05-01")
    ]
    assert rows(data, "select count(*) from problems") == [(0,)]


def test_a_partial_answer_takes_nothing_back(tmp_path: Path) -> None:
    record = study(updated="2026-05-01")
    part = {
        "protocolSection": {
            name: record["protocolSection"][name] for name in ("identificationModule", "statusModule")
        }
    }
    (tmp_path / "part.json").write_text(json.dumps(part))
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path / "whole"), tmp_path / "part.json")
    assert rows(data, "select is_partial from records") == [(0,)]
    assert rows(data, "select * from changes") == []


def xml(updated: str, received: str, posted: str = "") -> str:
    return f"""<clinical_study><id_info><nct_id>NCT99100001</nct_id></id_info>
<brief_title>Lantern Therapy for Drowsy Lighthouse Keepers</brief_title>
<sponsors><lead_sponsor><agency>Institute of Coastal Light</agency></lead_sponsor></sponsors>
<overall_status>Recruiting</overall_status><study_type>Interventional</study_type>
<condition>Drowsiness</condition>{received}{posted}
<last_update_posted type="Actual">{updated}</last_update_posted></clinical_study>"""


def test_a_field_that_the_older_form_has_no_place_for_is_no_change(tmp_path: Path) -> None:
    received = "<firstreceived_date>January 2, 2015</firstreceived_date>"
    posted = '<study_first_posted type="Estimate">January 5, 2015</study_first_posted>'
    (tmp_path / "old.xml").write_text(xml("March 1, 2016", received))
    (tmp_path / "new.xml").write_text(xml("March 1, 2018", "", posted))
    data = tmp_path / "data"
    trials(data, "import", tmp_path / "old.xml")
    assert rows(data, "select form_lacks from records") == [("first_posted_date results_first_posted_date",)]
    trials(data, "import", tmp_path / "new.xml")
    assert rows(data, "select field from changes") == []
    assert rows(data, "select form_lacks from records") == [(None,)]
    assert rows(data, "select first_posted_date from trials") == [("2015-01-05",)]


def test_the_same_record_stamped_with_a_later_day_is_no_new_version(tmp_path: Path) -> None:
    data = tmp_path / "data"
    before = b""
    for name, made in (("a", "2026-02-01"), ("b", "2026-06-05"), ("c", "2026-06-09")):
        record = study()
        record["derivedSection"] = {"miscInfoModule": {"versionHolder": made}}
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(record))
        assert trials(data, "import", path).exit_code == 0
        assert not before or (data / "trials.db").read_bytes() == before
        before = (data / "trials.db").read_bytes()
    assert rows(data, "select count(*) from versions") == [(0,)]
