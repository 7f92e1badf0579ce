"""WHO's exports: every form is read by its columns, every trial comes in under its own registry's id."""

import re
from pathlib import Path

import pytest

from scraper import sources
from scraper.archive.pages import StoredPage
from scraper.errors import ParseError, SettingsError
from scraper.model import Page
from scraper.normalise.trial import normalise
from scraper.pipeline import derive
from scraper.sources import ictrp
from tests import registry_pages

FOLDER = registry_pages.PAGES / "ictrp"
CSV = (FOLDER / "ordinary.csv").read_bytes()
PORTAL = (FOLDER / "portal.xml").read_bytes()
ODD = (FOLDER / "odd.xml").read_bytes()


def stored(page: Page, number: int) -> StoredPage:
    return StoredPage(number, page, str(number) * 64, None, page.fetched_at, None)


@pytest.mark.parametrize("path", registry_pages.saved("ictrp"), ids=lambda path: path.name)
def test_saved_export_gives_the_expected_records(path: Path) -> None:
    registry_pages.check_expected("ictrp", path)


@pytest.mark.parametrize("path", registry_pages.saved("ictrp"), ids=lambda path: path.name)
def test_export_is_recognised_by_its_content(path: Path) -> None:
    found = sources.recognise("download", path.read_bytes())
    assert found is not None and found.name == "ictrp"


def test_every_trial_comes_under_its_own_registry() -> None:
    found = [
        (trial.trial_id, trial.registry, trial.source)
        for body in (CSV, PORTAL, ODD)
        for record in registry_pages.records("ictrp", body)
        for trial in [normalise(record, "")[0]]
    ]
    assert found == [
        ("ChiCTR9900000101", "chictr", "ictrp"),
        ("2019-001901-22", "euctr", "ictrp"),
        ("NCT99000021", "ctgov", "ictrp"),
        ("RBR-88xyzq", "rebec", "ictrp"),
    ]


def test_bare_age_of_chictr_is_years_and_its_phase_0_is_no_phase() -> None:
    trial, problems = normalise(registry_pages.records("ictrp", CSV)[0], "")
    assert (trial.minimum_age_years, trial.maximum_age_before_years) == (14.0, 76.0)
    assert (trial.phase, trial.enrollment, trial.completion_date) == (None, 120, "2026-12-31")
    assert [problem.found for problem in problems] == ["=14 years"]


def test_size_of_several_groups_is_no_total() -> None:
    body = CSV.replace(b"Case series:120;", b"Group 1:60;Group 2:60;")
    assert normalise(registry_pages.records("ictrp", body)[0], "")[0].enrollment is None


def test_sign_that_the_export_lost_becomes_no_limit() -> None:
    part = registry_pages.parts("ictrp", CSV)[0][0]
    dossier = derive("ChiCTR9900000101", [stored(part, 1)])
    assert dossier is not None
    limits = [(c.variable, c.comparator) for row in dossier.criteria for c in row.constraints]
    assert limits and all(comparator != "=" for _, comparator in limits)


def test_dash_as_sex_and_maximum_of_nought_are_no_statements() -> None:
    trial, problems = normalise(registry_pages.records("ictrp", ODD)[0], "")
    assert (trial.sex, trial.minimum_age_years, trial.maximum_age_years) == (None, 0.25, None)
    assert [(problem.field, problem.found) for problem in problems] == [("maximum_age", "0Y")]
    assert (trial.start_date, trial.lead_sponsor) == (None, "Hospital São Bento")
    assert [(i.id_type, i.id_value) for i in trial.secondary_ids] == [
        ("utn", "U1111-1121-8907"),
        ("ctgov", "NCT99000022"),
    ]


def test_no_contact_is_left() -> None:
    for body in (CSV, ODD):
        assert not re.search(r"5550 1234|5555 2115|\w@\w", str(registry_pages.records("ictrp", body)))


def test_registry_wins_over_a_newer_copy_of_the_who() -> None:
    body = (registry_pages.PAGES / "ctgov" / "NCT99000011.json").read_bytes()
    own = Page(source="ctgov", url="u", body=body, fetched_at="2020-01-01T00:00:00Z")
    copied = CSV.replace(b"ChiCTR9900000101", b"NCT99000011")
    copy = registry_pages.parts("ictrp", copied)[0][0]
    dossier = derive(
        "NCT99000011",
        [stored(own, 1), stored(copy, 2)],
    )
    assert dossier is not None
    assert dossier.trial.source == "ctgov"
    assert sorted(row.source for row in dossier.records) == ["ctgov", "ictrp"]
    told = [c for c in dossier.conflicts if c.source_a == "ictrp"]
    assert told and {c.source_b for c in told} == {"ctgov"}
    assert all(c.rule.endswith("_between_sources_older") for c in told)


@pytest.mark.parametrize(
    "body, found",
    [
        (CSV + b'"ISRCTN990', 1),
        (PORTAL[:-400], 1),
        (CSV.replace(b'"ChiCTR9900000101"', b'""'), 0),
    ],
    ids=["row cut off", "element cut off", "no id"],
)
def test_part_that_is_no_trial_is_one_problem(body: bytes, found: int) -> None:
    pages, problems = registry_pages.parts("ictrp", body)
    assert (len(pages), len(problems)) == (found, 1)


@pytest.mark.parametrize("body", [b"", b"<trials>", b"TrialID\n1", b"<html>", b"\xff\xfe\x00"])
def test_body_without_a_trial_is_an_error_in_words(body: bytes) -> None:
    pages, problems = registry_pages.parts("ictrp", body)
    assert pages == [] and len(problems) == 1
    with pytest.raises(ParseError, match="expected"):
        ictrp.parse(registry_pages.page("ictrp", body))


def test_row_without_a_title_is_an_error() -> None:
    body = b"TrialID,Source Register,Public title\nNCT99000021,ClinicalTrials.gov,\n"
    with pytest.raises(ParseError, match="without a title"):
        registry_pages.records("ictrp", body)


def test_platform_is_import_only() -> None:
    with pytest.raises(SettingsError, match="import the file"):
        ictrp.SOURCE.search_url("cough", "")
    with pytest.raises(SettingsError, match="import the file"):
        ictrp.SOURCE.record_url("NCT99000021")


def test_both_addresses_of_the_portal_are_one() -> None:
    expected = "https://trialsearch.who.int/Trial2.aspx?TrialID=NCT99000021"
    assert ictrp.canonical_url("http://apps.who.int/trialsearch/Trial2.aspx?trialid=NCT99000021") == expected
    assert ictrp.canonical_url(expected) == expected
    with pytest.raises(SettingsError, match="expected an address"):
        ictrp.canonical_url("https://example.org/Trial2.aspx?TrialID=NCT99000021")


@pytest.mark.shared
def test_every_real_trial_is_read(shared: Path) -> None:
    bare, found = [], 0
    for path in sorted((shared / "data").glob("ictrp-*/*")):
        for record in registry_pages.records("ictrp", path.read_bytes()):
            found += 1
            trial, problems = normalise(record, "")
            assert trial.registry is not None, record.source_id
            # Bare ages of ReBEC's older records have no unit, its "0" is no limit, and ≥ is lost in the exports.
            explained = ("minimum_age", "maximum_age", "eligibility_criteria")
            # A few name a town, misspell the country, or name several.
            strange = ("Wuhan", "Chian", "China?", "Chinese")
            assert not [
                p
                for p in problems
                if p.field not in explained
                and not (p.field.endswith(".country") and (p.found in strange or "," in p.found))
            ], problems
            bare += [p.found for p in problems if p.field in ("minimum_age", "maximum_age")]
            assert not re.search(r"[\w.]@\w+\.\w", str(record)), record.source_id
    assert found == 1135 + 578 + 57 + 2
    assert len(bare) == 29 and all(re.fullmatch(r"\d+|0 ?Y(?:ears)?", words) for words in bare)
