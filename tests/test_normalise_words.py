"""Every registry's words for status, phase, sex, study type, sponsor class and design."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import NormaliseError
from scraper.normalise import design, phase, sex, sponsor, status, study_type


@pytest.mark.parametrize("word", status.STATUSES)
def test_every_status_reads_itself(word: str) -> None:
    assert status.overall_status(word) == word


@pytest.mark.parametrize(
    "words, value",
    [
        ("Recruiting", "RECRUITING"),
        ("Active, not recruiting", "ACTIVE_NOT_RECRUITING"),
        ("Unknown status", "UNKNOWN"),
        ("No longer available", "NO_LONGER_AVAILABLE"),
        ("Approved for marketing", "APPROVED_FOR_MARKETING"),
        ("Enrolling by invitation", "ENROLLING_BY_INVITATION"),
        ("Withheld", "WITHHELD"),
        # TrialX: any of active_not_recruiting … withdrawn
        ("Not Recruiting", "NOT_RECRUITING"),
        # EU CTR
        ("Ongoing", "UNKNOWN"),
        ("Prematurely Ended", "TERMINATED"),
        ("Temporarily Halted", "SUSPENDED"),
        ("Suspended by CA", "SUSPENDED"),
        ("Prohibited by CA", "NOT_AUTHORISED"),
        ("Not Authorised", "NOT_AUTHORISED"),
        ("Trial now transitioned", "UNKNOWN"),
        ("GB - no longer in EU/EEA", "UNKNOWN"),
        # CTIS
        ("Under evaluation", "NOT_YET_RECRUITING"),
        ("Authorised, recruitment pending", "NOT_YET_RECRUITING"),
        ("Ongoing, recruiting", "RECRUITING"),
        ("Ongoing, recruitment ended", "ACTIVE_NOT_RECRUITING"),
        ("Ended", "COMPLETED"),
        ("Revoked", "TERMINATED"),
        # DRKS
        ("INVITE_ONLY", "ENROLLING_BY_INVITATION"),
        ("COMPLETE_FOLLOW_UP_CONTINUING", "ACTIVE_NOT_RECRUITING"),
        ("COMPLETE_FOLLOW_UP_COMPLETE", "COMPLETED"),
        ("DISCONTINIUED", "TERMINATED"),
        # ISRCTN, ANZCTR, UMIN
        ("Stopped", "TERMINATED"),
        ("Anticipated", "NOT_YET_RECRUITING"),
        ("Closed: follow-up continuing", "ACTIVE_NOT_RECRUITING"),
        ("Preinitiation", "NOT_YET_RECRUITING"),
        ("Open public recruiting", "RECRUITING"),
        ("Main results already published", "COMPLETED"),
        # WHO ICTRP: an authorisation alone says nothing about recruitment
        ("authorised-recruitment may be ongoing or finished", "UNKNOWN"),
        ("Authorised", "UNKNOWN"),
        ("open to recruitment: actively recruiting participa", "RECRUITING"),
        ("completed: recruitment & data analysis complete", "COMPLETED"),
        ("recruitment completed", "NOT_RECRUITING"),
        ("No longer recruiting", "NOT_RECRUITING"),
        ("non authorized", "NOT_AUTHORISED"),
        ("canceled", "WITHDRAWN"),
        ("Not Available", None),
        ("", None),
    ],
)
def test_status_words(words: str, value: str | None) -> None:
    assert status.overall_status(words) == value


# SOURCES: the complete list of the WHO's export, as written there.
_ICTRP = [
    "active",
    "authorised-recruitment may be ongoing or finished",
    "authorised",
    "available",
    "canceled",
    "closed: follow-up complete",
    "closed: follow-up continuing",
    "closed to recruitment: follow up complete",
    "closed to recruitment: follow up continuing",
    "complete",
    "completed",
    "completed: recruitment & data analysis complete",
    "data analysis completed",
    "early termination",
    "enrolling by invitation",
    "finished",
    "interrupted",
    "main results already published",
    "no longer available",
    "no longer recruiting",
    "non authorized",
    "not available",
    "not recruiting",
    "not yet recruiting",
    "open public recruiting",
    "open to recruitment: actively recruiting participa",
    "other",
    "pending",
    "pending (not yet recruiting)",
    "recruiting",
    "recruitment completed",
    "stopped early",
    "suspended",
    "temporarily closed",
    "temporarily not available",
    "temporary halt",
    "temporary halt or suspension",
    "terminated",
    "unknown status",
    "withdrawn",
    "withheld",
]


@pytest.mark.parametrize("words", _ICTRP)
def test_every_status_of_the_who_export_is_known(words: str) -> None:
    assert status.overall_status(words) in (*status.STATUSES, None)


@pytest.mark.parametrize("word", phase.PHASES)
def test_every_phase_reads_itself(word: str) -> None:
    assert phase.phase(word) == word


@pytest.mark.parametrize(
    "words, value",
    [
        ("PHASE1|PHASE2", "PHASE1/PHASE2"),
        ("PHASE2|PHASE3", "PHASE2/PHASE3"),
        ("EARLY_PHASE1", "EARLY_PHASE1"),
        ("Early Phase 1", "EARLY_PHASE1"),
        ("Phase 0", "EARLY_PHASE1"),
        ("0(exploratory trials))", "EARLY_PHASE1"),
        ("Phase 1/Phase 2", "PHASE1/PHASE2"),
        ("Phase 1/2", "PHASE1/PHASE2"),
        ("Phase 1 / Phase 2", "PHASE1/PHASE2"),
        ("Phase 2/ Phase 3", "PHASE2/PHASE3"),
        ("Phase1/Phase2", "PHASE1/PHASE2"),
        ("Phase I,II", "PHASE1/PHASE2"),
        ("I+II (Phase I+Phase II)", "PHASE1/PHASE2"),
        ("I (Phase I study)", "PHASE1"),
        ("I-II", "PHASE1/PHASE2"),
        ("1-2", "PHASE1/PHASE2"),
        ("PHASE_II_III", "PHASE2/PHASE3"),
        ("PHASE_0", "EARLY_PHASE1"),
        ("N_A", "NA"),
        ("II/III", "PHASE2/PHASE3"),
        ("2-3", "PHASE2/PHASE3"),
        ("III/IV", "PHASE3/PHASE4"),
        ("IIa/IIb", "PHASE2"),
        ("IIIb", "PHASE3"),
        ("Phase IV", "PHASE4"),
        ("Phase-3", "PHASE3"),
        ("4", "PHASE4"),
        ("Post-market", "PHASE4"),
        ("Post Marketing Surveillance", "PHASE4"),
        ("Human Pharmacology (Phase I)- First administration to humans", "PHASE1"),
        ("Phase I and Phase II (Integrated)- Other", "PHASE1/PHASE2"),
        ("Therapeutic exploratory (Phase II)", "PHASE2"),
        ("Phase II and Phase III (Integrated)", "PHASE2/PHASE3"),
        ("Therapeutic confirmatory  (Phase III)", "PHASE3"),
        ("Therapeutic use (Phase IV)", "PHASE4"),
        ("N/A", "NA"),
        ("NA", "NA"),
        ("n\\a", "NA"),
        ("N/", "NA"),
        ("Not Applicable", "NA"),
        # A listing's badge covers three different facts.
        ("Phase N/A", None),
        ("Not Specified", None),
        ("Bioequivalence", None),
        ("Pilot study", None),
        ("New Treatment Measure Clinical Study", None),
        ("0 (exploratory research)", None),
        ("", None),
    ],
)
def test_phase_words(words: str, value: str | None) -> None:
    assert phase.phase(words) == value


@pytest.mark.parametrize(
    "yes, value",
    [
        ((), None),
        (("I",), "PHASE1"),
        (("II",), "PHASE2"),
        (("I", "II"), "PHASE1/PHASE2"),
        (("II", "III"), "PHASE2/PHASE3"),
        (("IV",), "PHASE4"),
    ],
)
def test_phase_of_yes_and_no_lines_is_read_by_the_yes_lines(yes: tuple[str, ...], value: str | None) -> None:
    names = {
        "I": "Human pharmacology",
        "II": "Therapeutic exploratory",
        "III": "Therapeutic confirmatory -",
        "IV": "Therapeutic use",
    }
    answers = {number: "yes" if number in yes else "no" for number in names}
    lines = [f"{name} (Phase {number}): {answers[number]}" for number, name in names.items()]
    assert phase.phase("\n".join(lines)) == value
    assert phase.phase("\n".join(line.replace(": no", ": ") for line in lines)) == value


@pytest.mark.parametrize(
    "words, value",
    [
        ("All", "ALL"),
        ("Both", "ALL"),
        ("Male and Female", "ALL"),
        ("Both males and females", "ALL"),
        ("Female, Male", "ALL"),
        ("FEMALE", "FEMALE"),
        ("Women", "FEMALE"),
        ("F", "FEMALE"),
        ("men", "MALE"),
        ("Male", "MALE"),
        ("m", "MALE"),
        ("-", None),
        ("Not Specified", None),
        ("", None),
    ],
)
def test_sex_words(words: str, value: str | None) -> None:
    assert sex.sex(words) == value


@pytest.mark.parametrize(
    "words, value",
    [
        ("INTERVENTIONAL", "INTERVENTIONAL"),
        ("Observational [Patient Registry]", "OBSERVATIONAL"),
        ("NON_INTERVENTIONAL", "OBSERVATIONAL"),
        # ChiCTR, by way of the WHO
        ("Interventional study", "INTERVENTIONAL"),
        ("Observational study", "OBSERVATIONAL"),
        ("Epidemilogical research", None),
        ("Diagnostic test", None),
        ("Expanded Access", "EXPANDED_ACCESS"),
        ("N/A", None),
    ],
)
def test_study_type_words(words: str, value: str | None) -> None:
    assert study_type.study_type(words) == value


@pytest.mark.parametrize(
    "words, value",
    [("U.S. Fed", "FED"), ("OTHER_GOV", "OTHER_GOV"), ("Industry", "INDUSTRY"), ("NIH", "NIH"), ("", None)],
)
def test_agency_class_words(words: str, value: str | None) -> None:
    assert sponsor.agency_class(words) == value


@pytest.mark.parametrize(
    "field, words, value",
    [
        ("allocation", "N/A", "NA"),
        ("allocation", "Non-Randomized", "NON_RANDOMIZED"),
        ("intervention_model", "Single Group Assignment", "SINGLE_GROUP"),
        ("intervention_model", "CROSSOVER", "CROSSOVER"),
        ("observational_model", "Case-Only", "CASE_ONLY"),
        ("observational_model", "Ecologic or Community", "ECOLOGIC_OR_COMMUNITY"),
        ("time_perspective", "Cross-Sectional", "CROSS_SECTIONAL"),
        ("primary_purpose", "Educational/Counseling/Training", "ECT"),
        ("masking", "None (Open Label)", "NONE"),
        ("masking", "Double Blind (Participant, Investigator)", "DOUBLE"),
        ("masking", "Double-Blind", "DOUBLE"),
        ("masking", "Quadruple (Participant, Care Provider, Investigator, Outcomes Assessor)", "QUADRUPLE"),
        ("enrollment_type", "Anticipated", "ESTIMATED"),
        ("group_type", "Sham Comparator", "SHAM_COMPARATOR"),
        ("intervention_type", "Dietary Supplement", "DIETARY_SUPPLEMENT"),
        ("masking", "", None),
    ],
)
def test_design_words(field: str, words: str, value: str | None) -> None:
    assert design.design_word(field, words) == value


READERS: tuple[Callable[[str], str | None], ...] = (
    status.overall_status,
    phase.phase,
    sex.sex,
    study_type.study_type,
    sponsor.agency_class,
    lambda words: design.design_word("masking", words),
)


@pytest.mark.parametrize("read", READERS)
def test_unknown_word_is_refused_and_says_what_is_expected(read: Callable[[str], str | None]) -> None:
    with pytest.raises(NormaliseError) as caught:
        read("Paused by the moon")
    assert caught.value.found == "Paused by the moon"
    assert caught.value.expected


@pytest.mark.parametrize("words", ["Phase 1/Phase 3", "Phase 5", "PHASE1|PHASE2|PHASE3", "Phase", "V", "12"])
def test_phase_that_no_registry_has_is_refused(words: str) -> None:
    with pytest.raises(NormaliseError):
        phase.phase(words)


@given(st.text(max_size=40))
def test_any_text_is_a_known_word_or_a_normalise_error(words: str) -> None:
    for read in READERS:
        try:
            read(words)
        except NormaliseError as error:
            assert error.found == words
