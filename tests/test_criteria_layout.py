"""Layout: from every way of writing a list to the same rows, kinds and depths. All texts are in our own words."""

import pytest

from scraper.criteria import read
from scraper.criteria.layout import wrap_width
from scraper.criteria.sections import heading

Rows = list[tuple[str, int, str]]


def rows(text: str, style: str = "") -> Rows:
    return [(c.kind[:2], c.depth, c.text) for c in read(text, style)]


TWO = [
    ("in", 0, "Adults with asthma"),
    ("in", 0, "Signed consent"),
    ("ex", 0, "Pregnancy"),
    ("ex", 0, "Lung cancer"),
]


@pytest.mark.parametrize(
    "marker",
    [
        "* ",
        "- ",
        "-  ",
        "• ",
        "◦ ",
        "‣ ",
        "1. ",
        "1) ",
        "(1) ",
        "a) ",
        "a. ",
        "i. ",
        "1\\. ",
        "* 1. ",
        "1- ",
        "1.",
        "① ",
    ],
)
@pytest.mark.parametrize("blank", ["\n", "\n\n"])
def test_twenty_ways_to_mark_items_give_the_same_rows(marker: str, blank: str) -> None:
    def numbered(n: int) -> str:
        if "①" in marker:
            return "①②"[n - 1] + " "
        if "i" in marker:
            return marker.replace("i", "i" * n)
        return marker.replace("1", str(n)).replace("a", "ab"[n - 1])

    text = (
        f"Inclusion Criteria:\n\n{numbered(1)}Adults with asthma{blank}{numbered(2)}Signed consent\n\n"
        f"Exclusion Criteria:\n\n{numbered(1)}Pregnancy{blank}{numbered(2)}Lung cancer"
    )
    assert rows(text) == TWO


@pytest.mark.parametrize(
    ("inclusion", "exclusion"),
    [
        ("Inclusion Criteria:", "Exclusion Criteria:"),
        ("INCLUSION CRITERIA", "EXCLUSION CRITERIA"),
        ("Key Inclusion Criteria", "Key Exclusion Criteria"),
        ("Main inclusion criteria:", "Main exclusion criteria:"),
        ("<Inclusion Criteria>", "<Exclusion Criteria>"),
        ("**Inclusion Criteria**", "**Exclusion Criteria**"),
        ("* INCLUSION CRITERIA:", "* EXCLUSION CRITERIA:"),
        ("1. Inclusion Criteria:", "2. Exclusion Criteria:"),
        ("Inclusion:", "Exclusion:"),
        ("Inclusions:", "Exclusions:"),
        ("Inclusion Criteria (Experimental Group):", "Exclusion Criteria (both groups)"),
        ("Patient Inclusion Criteria:", "Patient Exclusion Criteria:"),
        ("Criteria for inclusion:", "Criteria for exclusion:"),
        ("Inlcusion criteria:", "Excusion Criteria:"),
        ("Inclusion criteria", "Non-inclusion Criteria:"),
        ("Patients must meet all of the following inclusion criteria:", "Patients meeting any of these exclusion criteria are not eligible:"),
        ("You may be eligible for this study if you:", "You will not be eligible for this study if you:"),
        ("Dyads are recruited if they meet the following criteria:", "Any dyad who meets any of the following criteria will be excluded:"),
        ("DISEASE CHARACTERISTICS:", "Patients with the following conditions are excluded:"),
    ],
)  # fmt: skip
def test_headings_open_their_part_however_they_are_written(inclusion: str, exclusion: str) -> None:
    text = (
        f"{inclusion}\n\n- Adults with asthma\n- Signed consent\n\n{exclusion}\n\n- Pregnancy\n- Lung cancer"
    )
    assert rows(text) == TWO
    assert {c.kind_source for c in read(text)} == {"heading"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Other protocol-defined inclusion criteria may apply.",
        "Not meeting the inclusion criteria",
        "Informed Consent: the patient has signed",
        "Donor Availability: a matched donor is at hand",
        "Meets the diagnostic criteria for gout",
        "At the age of inclusion the patient can walk",
    ],
)
def test_sentences_about_criteria_are_not_headings(sentence: str) -> None:
    assert heading(sentence, True, "unknown") is None


def test_label_and_colon_do_not_make_a_heading() -> None:
    text = "Inclusion Criteria:\n\n* Informed Consent: the guardian has signed\n* Age: at least 1 year"
    assert [text for _, _, text in rows(text)] == [
        "Informed Consent: the guardian has signed",
        "Age: at least 1 year",
    ]


def test_a_list_without_line_breaks_is_cut_at_its_numbers() -> None:
    text = "Inclusion Criteria: 1. Adults with asthma 2. Signed consent Exclusion Criteria: 1. Pregnancy 2. Lung cancer"
    assert rows(text) == TWO


@pytest.mark.parametrize(
    "text",
    [
        "Inclusion Criteria: Adults with asthma; Signed consent\n\nExclusion Criteria: Pregnancy; Lung cancer",
        "Inclusion Criteria: - Adults with asthma - Signed consent Exclusion Criteria: - Pregnancy - Lung cancer",
        "Inclusion Criteria: • Adults with asthma • Signed consent\nExclusion Criteria: • Pregnancy • Lung cancer",
        "Inclusion Criteria:\n(1) Adults with asthma (2) Signed consent\nExclusion Criteria:\n(1) Pregnancy (2) Lung cancer",
        "Inclusion Criteria:<br>&nbsp;- Adults with asthma<br>&nbsp;- Signed consent<br>Exclusion Criteria:<br>&nbsp;- Pregnancy<br>&nbsp;- Lung cancer",
        "Inclusion Criteria:\n\nAdults with asthma\nSigned consent\n\nExclusion Criteria:\n\nPregnancy\nLung cancer",
    ],
)  # fmt: skip
def test_flattened_lists_become_rows(text: str) -> None:
    assert rows(text) == TWO


def test_numbers_that_are_no_list_numbers_cut_nothing() -> None:
    text = "Inclusion Criteria:\n\n1. Tumour of grade 2. Scan done (phase 2) in a centre (n=20)\n2. Type 1 or type 2 diabetes"
    assert len(rows(text)) == 2


def test_an_age_range_is_not_a_list_marker() -> None:
    text = "Inclusion Criteria:\n\n* 20 - 65 years old\n* 1.5 x ULN or less"
    assert [row[2] for row in rows(text)] == ["20 - 65 years old", "1.5 x ULN or less"]


def test_numbered_sentences_under_a_bullet_stay_one_row() -> None:
    text = "Inclusion Criteria:\n\n- 1) first birth; 2) single child; 3) consent\n- speaks Dutch"
    assert len(rows(text)) == 2


def test_hard_wrapped_items_are_joined() -> None:
    text = (
        "        Inclusion Criteria:\n\n"
        "          -  Women with a singleton pregnancy whose last visit to the clinic showed a\n"
        "             negative test\n\n"
        "          -  Haemoglobin at least\n"
        "             8.0 g/dl without a transfusion in the past week, measured on two days\n\n"
        "        Exclusion Criteria:\n\n"
        "          -  HIV\n"
    )
    assert [row[2] for row in rows(text)] == [
        "Women with a singleton pregnancy whose last visit to the clinic showed a negative test",
        "Haemoglobin at least 8.0 g/dl without a transfusion in the past week, measured on two days",
        "HIV",
    ]


def test_indentation_gives_depth_and_parent() -> None:
    text = (
        "Exclusion Criteria:\n\n* General medical exclusion criteria:\n\n  * Heart failure\n  * Stroke, if\n\n"
        "    1. recent\n    2. severe\n* Glaucoma"
    )
    found = read(text)
    assert [(c.depth, c.parent) for c in found] == [(0, None), (1, 0), (1, 0), (2, 2), (2, 2), (0, None)]


def test_letters_under_a_numbered_lead_in_nest_without_indentation() -> None:
    text = "Inclusion Criteria:\n1. One of the following:\na) gout\nb) arthritis\n2. Consent"
    assert [row[1] for row in rows(text)] == [0, 1, 1, 0]


def test_siblings_of_a_broken_first_bullet_stay_siblings() -> None:
    text = "Inclusion Criteria:\n\n* * Age over 18\n  * Male\n  * Consent"
    assert [row[1:] for row in rows(text)] == [(0, "Age over 18"), (0, "Male"), (0, "Consent")]


def test_each_cohort_keeps_its_own_pair_of_parts() -> None:
    text = (
        "Group A: patients\n\nInclusion Criteria:\n\n* Asthma\n\nExclusion Criteria:\n\n* Smoking\n\n"
        "Group B: controls\n\nInclusion Criteria:\n\n* Healthy\n\nExclusion Criteria:\n\n* Any disease"
    )
    assert [(c.kind[:2], c.section) for c in read(text)] == [
        ("in", "Group A: patients: Inclusion Criteria"),
        ("ex", "Group A: patients: Exclusion Criteria"),
        ("in", "Group B: controls: Inclusion Criteria"),
        ("ex", "Group B: controls: Exclusion Criteria"),
    ]


def test_group_names_within_a_part_become_the_section() -> None:
    text = "Key Inclusion Criteria\n\nApplies to all 3 substudies:\n\n* Healthy\n\nSubstudy C ONLY:\n\n* Male"
    assert [(c.section, c.text) for c in read(text)] == [
        ("Key Inclusion Criteria: Applies to all 3 substudies", "Healthy"),
        ("Key Inclusion Criteria: Substudy C ONLY", "Male"),
    ]


def test_without_headings_a_kind_is_given_only_where_the_words_say_it() -> None:
    text = "* Adults with knee pain\n* Patients must read Dutch\n* Patients with gout are excluded"
    assert [(c.kind, c.kind_source) for c in read(text)] == [
        ("unknown", "none"),
        ("inclusion", "wording"),
        ("exclusion", "wording"),
    ]


def test_what_stands_before_the_only_heading_is_its_opposite() -> None:
    text = "* Adults with knee pain\n\nExclusion Criteria:\n\n* Gout"
    assert [(c.kind, c.kind_source) for c in read(text)] == [("inclusion", "order"), ("exclusion", "heading")]


def test_run_together_records_of_the_cancer_institute_are_cut_at_their_labels() -> None:
    text = (
        "        DISEASE CHARACTERISTICS: Proven lymphoma\n\n"
        "        PATIENT CHARACTERISTICS: Age: 18 and over Performance status: ECOG 0-2 Life\n"
        "        expectancy: At least 3 months Renal: Not specified\n"
    )
    assert [(c.kind, c.text) for c in read(text)] == [
        ("inclusion", "Proven lymphoma"),
        ("inclusion", "Age: 18 and over"),
        ("inclusion", "Performance status: ECOG 0-2"),
        ("inclusion", "Life expectancy: At least 3 months"),
        ("inclusion", "Renal: Not specified"),
    ]


def test_offsets_of_a_row_are_those_of_the_stored_text() -> None:
    raw = "Inclusion Criteria:\n\n* Age \\>= 18 years\n* Creatinine \\< 2 mg/dL\n"
    for criterion in read(raw, "v2"):
        assert raw[criterion.raw_start : criterion.raw_end].replace("\\", "") == criterion.text


@pytest.mark.parametrize("text", ["", "   \n\n", "No eligibility criteria", "Inclusion Criteria:", "-\n-\n*"])
def test_texts_without_items_give_no_invented_rows(text: str) -> None:
    assert all(row[2] == "No eligibility criteria" for row in rows(text))


def test_only_wrapped_texts_have_a_width() -> None:
    assert wrap_width("short\nlines") == 0
    assert wrap_width("x" * 90 + "\n" + "y" * 80) == 90
    assert wrap_width("x" * 300) == 0
