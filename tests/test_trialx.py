"""The TrialX reader: badges, study details, and pages that are no trial."""

from pathlib import Path

import msgspec
import pytest

from scraper.errors import ParseError
from scraper.model import Page, Record
from scraper.sources import trialx
from scraper.sources.trialx_badges import badges

URL = "https://www.trialx.com/clinical-trials/listings/77/"
DETAILS = "Study details\n    Asthma\n\nNCT99000099\n\nHill Hospital\n\n1 May 2026\n\nFAQs"


def read(text: str, url: str = URL, name: str = "") -> Record:
    page = Page(source="trialx", url=url, body=text.encode(), fetched_at="", name=name)
    return trialx.parse(next(part for part in trialx.split(page) if isinstance(part, Page)))


def listing(badge_lines: str = "Recruiting\n18-65 years\nAll\nPhase 2", details: str = DETAILS) -> Record:
    body = "Overview\n\nShort words.\n\nEligibility\n\nInclusion Criteria:\n\n  * Adults\n\n"
    return read(
        f"Inhaled Salt for Asthma\n\nInhaled Salt for Asthma\n\n{badge_lines}\n\nPowered by AI\n\n{body}{details}"
    )


# ── badges ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "words, field",
    [
        ("Recruiting", "overall_status"),
        ("Not Recruiting", "overall_status"),
        ("Active, not recruiting", "overall_status"),
        ("18 years of age", "age"),
        ("years of age", "age"),
        ("25 years and younger", "age"),
        ("18 years and older", "age"),
        ("6-75 years", "age"),
        ("6–75 years", "age"),
        ("6 Months - 17 Years", "age"),
        ("28 Days and younger", "age"),
        ("36 Weeks to 40 Weeks", "age"),
        ("48 Hours and younger", "age"),
        ("up to 12 years", "age"),
        ("18+ years", "age"),
        ("Ages 18-65 years", "age"),
        ("All", "sex"),
        ("Both", "sex"),
        ("Male", "sex"),
        ("Women", "sex"),
        ("Men", "sex"),
        ("Phase N/A", "phase"),
        ("Phase 0", "phase"),
        ("Phase 3", "phase"),
        ("Phase 2/3", "phase"),
        ("Phase 1/2", "phase"),
        ("Phase 2/Phase 3", "phase"),
        ("Early Phase 1", "phase"),
        ("Phase II", "phase"),
        ("Phase I/II", "phase"),
        ("Phase IIa", "phase"),
    ],
)
def test_a_badge_is_told_by_its_form(words: str, field: str) -> None:
    assert badges(words) == [(field, words)]
    assert getattr(listing(words), field) == words


@pytest.mark.parametrize(
    "words",
    [
        "Opening soon",
        "18-65",
        "N/A",
        "Phase",
        "Phase 7",
        "65",
        "Recruiting healthy sleepers",
        "All of Us",
        "1 year",
    ],
)
def test_a_line_of_another_form_is_no_badge(words: str) -> None:
    assert badges(words) == []


def test_an_unknown_badge_is_an_oddity_and_costs_no_other_field() -> None:
    record = listing("Opening soon\n18-65 years\nAll\nPhase 2")
    assert (record.brief_title, record.overall_status, record.age, record.sex, record.phase) == (
        "Inhaled Salt for Asthma",
        "",
        "18-65 years",
        "All",
        "Phase 2",
    )
    assert [(oddity.field, oddity.found) for oddity in record.oddities] == [("badge", "Opening soon")]


def test_badges_on_one_line_are_taken_apart() -> None:
    record = listing("Recruiting · 18-65 years · All · Phase 1/2")
    assert (record.overall_status, record.age, record.sex, record.phase) == (
        "Recruiting",
        "18-65 years",
        "All",
        "Phase 1/2",
    )


def test_two_badges_of_one_kind_leave_the_field_empty() -> None:
    record = listing("Recruiting\nCompleted\nAll")
    assert record.overall_status == "" and record.sex == "All"
    assert [(oddity.field, oddity.found) for oddity in record.oddities] == [
        ("overall_status", "Recruiting and Completed")
    ]


def test_labels_beside_the_badges_are_no_oddity() -> None:
    record = listing("Status\nRecruiting\nSex: Female\nPhase: Phase 2")
    assert (record.overall_status, record.sex, record.phase, record.oddities) == (
        "Recruiting",
        "Female",
        "Phase 2",
        [],
    )


def test_a_menu_above_the_title_is_not_the_title() -> None:
    text = "Home\nTrials\nAll\n\nInhaled Salt for Asthma\n\nRecruiting\nMale\n\nOverview\n\nx\n\nEligibility\n\ny\n\n"
    record = read(text + DETAILS)
    assert (record.brief_title, record.sex) == ("Inhaled Salt for Asthma", "Male")


def test_a_notice_above_the_title_is_not_the_title() -> None:
    notice = "We would like to set some cookies on your device while you look around this site."
    record = read(f"{notice}\n\nSalt for Asthma\n\nRecruiting\n\nEligibility\n\ny\n\n{DETAILS}")
    assert record.brief_title == "Salt for Asthma"


# ── study details ───────────────────────────────────────────────────────────────────────────────────────


def details(text: str) -> Record:
    return listing(details=f"Study details\n{text}\n\nStep 1 Get in touch with the nearest study center\n")


def test_study_details_are_told_by_what_they_are() -> None:
    record = details("    Asthma\n    Cough\n\nNCT99000099\n\nHill Hospital, Leeds\n\n1 February 2026")
    assert record.conditions == ["Asthma", "Cough"]
    assert record.registry_id == "NCT99000099"
    assert record.lead_sponsor == "Hill Hospital, Leeds"
    assert record.updated == "1 February 2026"


def test_without_a_registry_id_the_sponsor_is_the_last_line() -> None:
    record = details("    Asthma\n    Cough\n\nHill Hospital\n\n1 May 2026")
    assert (record.registry_id, record.conditions, record.lead_sponsor) == (
        "",
        ["Asthma", "Cough"],
        "Hill Hospital",
    )


def test_a_single_line_that_may_be_either_is_not_guessed() -> None:
    record = details("Hill\n\n1 May 2026")
    assert record.conditions == [] and record.sponsors == []
    assert [oddity.found for oddity in record.oddities] == ["Hill"]


def test_names_below_the_registry_id_alone_are_not_guessed() -> None:
    record = details("NCT99000099\n\nAsthma\n\nHill Hospital\n\n1 May 2026")
    assert (record.conditions, record.sponsors, record.registry_id) == ([], [], "NCT99000099")
    assert [oddity.found for oddity in record.oddities] == ["Asthma", "Hill Hospital"]


def test_an_id_of_no_known_registry_is_no_condition() -> None:
    record = details("    Asthma\n\nHH-2024-118\n\nHill Hospital\n\n1 May 2026")
    assert (record.conditions, record.registry_id) == (["Asthma"], "")
    assert [(oddity.field, oddity.found) for oddity in record.oddities] == [("registry_id", "HH-2024-118")]


def test_a_second_registry_id_is_kept_beside_the_first() -> None:
    record = details("    Asthma\n\nNCT99000099\n\n2024-512345-12-00\n\nHill Hospital\n\n1 May 2026")
    assert record.registry_id == "NCT99000099"
    assert [other.value for other in record.secondary_ids] == ["2024-512345-12-00"]


def test_labels_in_the_study_details_are_no_values() -> None:
    record = details(
        "Condition\n  Asthma\nNCT ID: NCT99000099\nSponsor\nHill Hospital\nUpdated on 3 February 2022"
    )
    assert (record.conditions, record.registry_id, record.lead_sponsor, record.updated) == (
        ["Asthma"],
        "NCT99000099",
        "Hill Hospital",
        "3 February 2022",
    )


def test_a_page_without_eligibility_but_with_badges_says_so() -> None:
    record = read(f"Salt for Asthma\n\nRecruiting\n\nOverview\n\nx\n\n{DETAILS}")
    assert record.eligibility_criteria == ""
    assert [oddity.field for oddity in record.oddities] == ["eligibility_criteria"]


def test_short_lines_of_the_criteria_are_kept() -> None:
    text = "Salt for Asthma\n\nRecruiting\n\nEligibility\n\nAge\n\n  * 5 years\n\nPain\n\n  * Back\n\nOverview\n\nSave\n\n"
    record = read(text + DETAILS)
    assert record.eligibility_criteria == "Age\n\n* 5 years\n\nPain\n\n* Back\n\nOverview\n\nSave"


def test_a_row_of_tabs_above_or_below_the_parts_is_none_of_them() -> None:
    tabs = "<ul><li>Overview<li>Eligibility<li>Study details</ul>"
    parts = (
        "<h2>Overview</h2>x<h2>Eligibility</h2>y<h2>Study details</h2><p>A<p>NCT99000099<p>Hill<p>1 May 2026"
    )
    page = "<html><body><h1>Salt</h1><p>All</p>{}" + parts + "<h2>FAQs</h2>{}"
    for above, below in ((tabs, ""), ("", tabs), (tabs, tabs)):
        record = read(page.format(above, below))
        assert (record.brief_summary, record.eligibility_criteria, record.lead_sponsor) == ("x", "y", "Hill")
        assert record.oddities == []


# ── pages that are no trial ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text, found",
    [
        ("", "an empty page"),
        ("<html><body></body></html>", "an empty page"),
        ("<html><body><h1>Something went wrong</h1></body></html>", "beginning 'Something went wrong'"),
        ("<html><body><h1>Log in</h1><form>Password <input></form></body></html>", "beginning 'Log in'"),
        ("Salt for Asthma\n\nRecruiting\n\nOverview\n\nThis tri", "cut off in its part 'Overview'"),
        ("Salt for Asthma\n\nRecruiting\n\nEligibility\n\n1. Ad", "cut off in its part 'Eligibility'"),
        ("Salt\n\nRecruiting\n\nEligibility\n\nx\n\nStudy details", "after 'Study details'"),
        (
            "Salt\n\nRecruiting\n\nEligibility\n\nx\n\nStudy details\n    Asthma\n\nNCT990000",
            "after 'NCT990000'",
        ),
        (
            "Salt\n\nRecruiting\n\nEligibility\n\nx\n\nStudy details\n  A\n\nB\n\n1 May 202",
            "after '1 May 202'",
        ),
        (f"Overview\n\nx\n\nEligibility\n\ny\n\n{DETAILS}", "no title"),
        (f"Salt for Asthma\n\nOverview\n\nx\n\n{DETAILS}", "neither badges nor 'Eligibility'"),
    ],
)
def test_a_page_that_is_no_trial_says_what_it_is(text: str, found: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert found in caught.value.found
    assert caught.value.expected


NOISE = {
    "random": bytes((n * n * 31 + n // 7) % 256 for n in range(1 << 16)) * 80,
    "open tags": b"<div>" * (1 << 20),
    "paragraphs": b"<p>a" * (5 << 18),
    "comments": b"<!--" * (5 << 18),
    "scripts": b"<script>" * (5 << 17),
    "brackets": b"<" * (5 << 20),
    "unknown tags": b"<p><inclusion " * 350_000,
    "lines": b"a\n" * (5 << 19),
    "one line": b"Recruiting " * 450_000,
    "badges": b"Title\nRecruiting\nEligibility\n" + b"{{" * (5 << 19) + b"\nStudy details",
    "UTF-16": ("<p>x" * (5 << 17)).encode("utf-16"),
    "list in a text node": b"<html><p>" + b"\n- a" * (5 << 18),
}


@pytest.mark.parametrize("kind", NOISE)
def test_five_megabytes_of_noise_fail_with_one_message(kind: str) -> None:
    page = Page(source="trialx", url="noise.html", body=NOISE[kind], fetched_at="", name="noise.html")
    assert list(trialx.split(page)) == [page]
    assert not trialx.recognise("noise.html", NOISE[kind][: 1 << 16])
    with pytest.raises(ParseError) as caught:
        trialx.parse(page)
    assert len(str(caught.value)) < 300


# ── the saved page of the shared folder ─────────────────────────────────────────────────────────────────


@pytest.mark.shared
def test_the_seed_gives_every_field(shared: Path) -> None:
    path = shared / "seed" / "trialx-334297.txt"
    record = read(path.read_text("utf-8"), url=str(path), name=path.name)
    assert trialx.recognise(path.name, path.read_bytes()[: 1 << 16])
    assert record.source_id == "trialx-334297"
    assert record.url == "https://www.trialx.com/clinical-trials/listings/334297/"
    assert record.registry_id == "NCT04010877"
    assert record.brief_title == "Multiple CAR-T Cell Therapy Targeting AML"
    assert (record.overall_status, record.age, record.sex, record.phase) == (
        "Recruiting",
        "6-75 years",
        "All",
        "Phase 1/2",
    )
    assert record.conditions == ["Acute Myeloid Leukemia"]
    assert record.lead_sponsor == "Shenzhen Geno-Immune Medical Institute"
    assert record.updated == "13 May 2026"
    assert record.brief_summary.startswith("The purpose of this clinical trial is to assess the feasibility")
    assert len(record.detailed_description.split("\n\n")) == 4
    inclusion, exclusion = record.eligibility_criteria.split("\n\nExclusion Criteria:\n\n")
    assert inclusion.startswith("Inclusion Criteria:\n\n1. Age older than 6 months.\n2. ")
    assert len(inclusion.split("\n\n")[1].split("\n")) == len(exclusion.split("\n")) == 7
    assert "life expectancy \\> 3 months" in inclusion
    assert record.oddities == []
    assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record


@pytest.mark.shared
def test_no_other_shared_file_is_taken_for_a_listing(shared: Path) -> None:
    files = [path for path in sorted((shared / "data").rglob("*")) if path.is_file()]
    assert len(files) > 100
    claimed = [path.name for path in files if trialx.recognise(path.name, path.read_bytes()[: 1 << 16])]
    assert claimed == []
