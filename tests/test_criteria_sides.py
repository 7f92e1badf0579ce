"""Sides: what keeps people out is not what lets them in. A wrong side is worse than none. All texts are in our own words."""

import pytest

from scraper.criteria import read
from scraper.criteria.sections import heading

Sides = list[tuple[str, str]]


def sides(text: str, style: str = "") -> Sides:
    return [(c.kind[:2], c.text) for c in read(text, style)]


WRAPPED = """Inclusion Criteria:

For enrolment in this trial a volunteer has to satisfy every one of the following inclusion
criteria:

  1. Adults with gout

Exclusion Criteria:

A volunteer cannot be enrolled in this trial who meets any of the following exclusion
criteria:

  1. Kidney stones

  2. Any illness of the liver that a doctor has found by one or more of the following
     criteria:

       -  Raised bilirubin

       -  Varices

  3. Pregnancy
"""


def test_the_wrapped_end_of_a_sentence_is_no_heading() -> None:
    found = read(WRAPPED)
    assert [(c.kind[:2], c.depth, c.text) for c in found] == [
        ("in", 0, "Adults with gout"),
        ("ex", 0, "Kidney stones"),
        (
            "ex",
            0,
            "Any illness of the liver that a doctor has found by one or more of the following criteria:",
        ),
        ("ex", 1, "Raised bilirubin"),
        ("ex", 1, "Varices"),
        ("ex", 0, "Pregnancy"),
    ]
    assert {c.section for c in found if c.kind == "exclusion"} == {
        "A volunteer cannot be enrolled in this trial who meets any of the following exclusion criteria"
    }


def test_a_line_within_an_item_opens_nothing() -> None:
    text = (
        "Inclusion Criteria:\n\n"
        "  -  Lymphoma of the skin that was seen by two pathologists; whoever sends no slide in 60\n"
        "     days after enrolment will be declared ineligible; Note:\n"
        "     older slides are sent anew\n\n"
        "  -  Able to walk\n"
    )
    assert [kind for kind, _ in sides(text)] == ["in", "in"]


def test_a_heading_in_lower_case_after_a_full_line_is_still_one() -> None:
    text = (
        "inclusion criteria:\n"
        "  -  Adults who have had a painful knee for three months or longer and who speak Danish\n"
        "exclusion criteria:\n"
        "  -  Gout\n"
    )
    assert [kind for kind, _ in sides(text)] == ["in", "ex"]


@pytest.mark.parametrize(
    "lead",
    [
        "Leave out whoever does not fulfill the inclusion criteria, or if any of these are seen:",
        "Keep a patient out who fails to meet the inclusion criteria, or has one of the following conditions:",
    ],
)
def test_a_negated_inclusion_leads_into_exclusions(lead: str) -> None:
    text = f"Inclusion Criteria:\n\n- Adults\n\nExclusion Criteria:\n\n{lead}\n\n- Gout\n- Asthma"
    assert sides(text) == [("in", "Adults"), ("ex", "Gout"), ("ex", "Asthma")]


@pytest.mark.parametrize(
    "item",
    [
        "Absence of any of the inclusion criteria",
        "Non-compliance with the inclusion criteria.",
        "Mismatch with the inclusion criteria",
        "Violation of inclusion criteria",
        "Outside the inclusion criteria",
    ],
)
def test_an_item_about_the_other_list_is_no_heading(item: str) -> None:
    text = f"Inclusion Criteria:\n\n- Adults\n\nExclusion Criteria:\n\n- Asthma\n- {item}\n- Pregnancy"
    assert sides(text) == [("in", "Adults"), ("ex", "Asthma"), ("ex", item), ("ex", "Pregnancy")]


@pytest.mark.parametrize(
    "title", ["Inclusion Criteria", "INCLUSION CRITERIA:", "Selection criteria in adults"]
)
def test_a_title_with_a_bullet_is_still_a_heading(title: str) -> None:
    found = heading(title, True, "exclusion")
    assert found is not None
    assert found.kind == "inclusion"


def test_not_eligible_for_a_treatment_is_a_state_of_the_patient() -> None:
    text = (
        "Inclusion Criteria:\n\n"
        "1. Leukemia without a way to be cured:\n\n"
        "   Relapse is found in those patients who are not eligible to receive a transplant and:\n"
        "   * Had two courses of treatment\n"
        "   * Have blasts again\n"
        "2. Karnofsky 60 or more\n"
        "3. Negative pregnancy test\n\n"
        "Exclusion Criteria:\n\n1. HIV"
    )
    assert [kind for kind, _ in sides(text, "v2")][-5:] == ["in", "in", "in", "in", "ex"]


def test_what_a_paragraph_within_an_item_says_ends_with_the_item() -> None:
    text = (
        "Inclusion Criteria:\n\n"
        "1. Treated before\n\n"
        "   Patients are excluded if they had any of the following:\n"
        "   * Bleomycin\n"
        "2. Able to walk"
    )
    found = read(text, "v2")
    assert [(c.kind, c.depth, c.text) for c in found] == [
        ("inclusion", 0, "Treated before"),
        ("exclusion", 1, "Bleomycin"),
        ("inclusion", 0, "Able to walk"),
    ]
    assert found[2].section == "Inclusion Criteria"


def test_the_conditions_of_an_exception_have_no_side() -> None:
    text = (
        "Exclusion Criteria:\n\n"
        "1. Growths in the brain\n\n"
        "   Patients with treated growths are eligible, provided that all of the following are true:\n"
        "   * No steroids\n"
        "2. Gout"
    )
    assert [(c.kind, c.kind_source, c.text) for c in read(text, "v2")] == [
        ("exclusion", "heading", "Growths in the brain"),
        ("unknown", "none", "No steroids"),
        ("exclusion", "heading", "Gout"),
    ]


@pytest.mark.parametrize(
    "lead",
    [
        "If all inclusion criteria and none of the exclusion criteria are met, the following will not exclude the subject:",
        "The following conditions are not exclusionary for any patient:",
        "The following are no reason for exclusion of a patient:",
        "Patients with the following will not be excluded:",
    ],
)
@pytest.mark.parametrize("part", ["Inclusion Criteria:", "Exclusion Criteria:"])
def test_what_keeps_nobody_out_has_no_side(part: str, lead: str) -> None:
    text = f"{part}\n\n- Asthma\n\n{lead}\n\n- Patients must not have severe gout\n- Hay fever\n\nExclusion Criteria:\n\n- HIV"
    assert [kind for kind, _ in sides(text)] == [part[:2].lower(), "un", "un", "ex"]


@pytest.mark.parametrize(
    "lead",
    [
        "Patients must have the following:",
        "Potential participants will be deemed eligible if they are:",
        "Patients with the following conditions are included:",
    ],
)
def test_who_is_eligible_ends_an_exclusion_part_for_its_own_list(lead: str) -> None:
    text = (
        "Inclusion Criteria:\n\n- Adults\n\nPatients with the following are excluded:\n\n- Gout\n\n"
        f"{lead}\n\n- Willing to walk\n- Able to read\n\nDrug abuse at any time."
    )
    assert [kind for kind, _ in sides(text)] == ["in", "ex", "in", "in", "ex"]


@pytest.mark.parametrize(
    "lead",
    [
        "Subjects must have none of the following:",
        "Patients must meet any of the following:",
        "To be eligible, the following must be answered with no:",
    ],
)
def test_right_behind_the_heading_the_heading_decides(lead: str) -> None:
    text = f"Exclusion Criteria:\n\n{lead}\n\n- Gout\n- Asthma"
    assert [kind for kind, _ in sides(text)] == ["ex", "ex"]


@pytest.mark.parametrize(
    "heading_words", ["Exclusion Criteria", "Exclusion criteria:", "Exclusion\n     Criteria:"]
)
def test_a_heading_at_the_end_of_an_item_is_one(heading_words: str) -> None:
    text = f"Inclusion Criteria:\n\n  -  Men and women of any age who were never vaccinated {heading_words}\n\n  -  Gout"
    assert sides(text) == [("in", "Men and women of any age who were never vaccinated"), ("ex", "Gout")]


def test_the_name_of_the_list_within_a_sentence_is_none() -> None:
    text = "Inclusion Criteria:\n\n* No illness that may do harm, such as those listed in Exclusion Criteria\n\n* Adults"
    assert [kind for kind, _ in sides(text)] == ["in", "in"]


def test_the_last_sentence_of_a_paragraph_leads() -> None:
    text = (
        "Inclusion Criteria:\n\nSoldiers are asked with no exclusions for age or sex. To be included in the study, soldiers will:"
        "\n\n- Hear badly\n- Speak Danish"
    )
    assert [kind for kind, _ in sides(text)] == ["in", "in"]


def test_criteria_alone_does_not_end_an_exclusion_part() -> None:
    assert [kind for kind, _ in sides("Exclusion:\n\nCriteria:\n\n- Gout\n- Asthma")] == ["ex", "ex"]


def test_a_negative_item_that_names_the_ineligible_has_no_side_of_its_own() -> None:
    text = "* No more than a month of aspirin. Patients who took it longer are not eligible."
    assert [kind for kind, _ in sides(text)] == ["un"]
