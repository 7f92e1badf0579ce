"""Saved pages of ClinicalTrials.gov's retired sites: versions of the same record as its JSON and XML."""

import json
import re
import shutil
from pathlib import Path

import pytest

from scraper import pipeline, sources
from scraper.archive.pages import StoredPage
from scraper.errors import ParseError, SettingsError
from scraper.model import Dossier, Page, Problem, Record, Version
from scraper.normalise.trial import normalise
from scraper.sources import blocks, ctgov_html_words
from scraper.sources.ctgov_classic_status import split_status, status_sentence
from tests.commands import dump, rows, trials, trials_json
from tests.labelled_pages import MARKUPS, described
from tests.samples import study, write_study

DESCRIBED = {page.name: page for page in described() if page.folder == "ctgov-html"}


def saved(name: str, markup: str = "headings", **words: str) -> bytes:
    text = MARKUPS[markup](DESCRIBED[name])
    for old, new in words.items():
        text = text.replace(old.replace("_", " "), new)
    return text.encode()


def history_page(day: str, *changed: tuple[str, str]) -> bytes:
    """The ordinary archive page as of another day, with words changed."""
    text = MARKUPS["tables"](DESCRIBED["history-ordinary"]).replace("2012_05_07", day)
    for old, new in changed:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def record(body: bytes) -> Record:
    source = sources.by_name("ctgov")
    (part,) = source.split(
        Page(source="ctgov", url="saved/file", body=body, fetched_at="2026-07-07T00:00:00Z", name="saved")
    )
    if isinstance(part, Problem):
        raise ParseError(part.found, part.expected, part.field)
    return source.parse(part)


def derived(*bodies: bytes) -> Dossier:
    pages = []
    for number, body in enumerate(bodies):
        page = Page(source="ctgov", url=f"saved/{number}", body=body, fetched_at="2026-07-07T00:00:00Z")
        pages.append(StoredPage(number, page, f"{number:064}", None, "", None))
    dossier = pipeline.derive("NCT99000401", pages)
    assert dossier is not None
    return dossier


# ── one history ─────────────────────────────────────────────────────────────────────────────────────────


def test_archive_pages_give_the_changes_between_them() -> None:
    dossier = derived(
        history_page("2013_01_01", ("Recruiting<", "Completed<"), ("75 Years", "80 Years")),
        history_page("2011_01_01"),
        history_page("2012_01_01"),
    )
    assert [(c.field, c.old, c.new, c.observed_at, c.severity) for c in dossier.changes] == [
        ("maximum_age", "75 Years", "80 Years", "2013-01-01", "high"),
        ("overall_status", "RECRUITING", "COMPLETED", "2013-01-01", "high"),
    ]
    assert dossier.trial.overall_status == "COMPLETED" and len(dossier.records) == 1


def json_of(updated: str, city: str) -> bytes:
    record_ = study("NCT99000401", updated=updated)
    record_["protocolSection"]["contactsLocationsModule"] = {"locations": [{"city": city, "country": "Ohm"}]}
    return json.dumps(record_).encode()


def test_archive_page_between_two_records_neither_takes_sites_away_nor_hides_that_they_changed() -> None:
    dossier = derived(
        json_of("2011-01-01", "Volt"), history_page("2012_01_01"), json_of("2013-01-01", "Watt")
    )
    assert [(c.old, c.new, c.observed_at) for c in dossier.changes if c.field == "sites"] == [
        ("Volt, Ohm", "Watt, Ohm", "2013-01-01")
    ]


def test_field_that_the_first_pages_have_no_place_for_is_no_change_when_it_comes() -> None:
    dossier = derived(history_page("2011_01_01"), json_of("2013-01-01", "Watt"))
    assert not {c.field for c in dossier.changes} & {"sites", "acronym", "lead_sponsor_class", "keywords"}
    assert "phase" not in {c.field for c in dossier.changes} and dossier.trial.sites


def test_older_archive_page_never_wins_over_a_newer_record(tmp_path: Path) -> None:
    newer = write_study(tmp_path, "NCT99000401", updated="2026-01-01").read_bytes()
    assert derived(newer, history_page("2011_01_01")).trial.last_update_posted_date == "2026-01-01"
    assert derived(history_page("2011_01_01"), newer).trial.last_update_posted_date == "2026-01-01"


def test_results_tab_is_partial_and_never_wins() -> None:
    tab = saved("classic-results-tab").replace(b"NCT99000413", b"NCT99000401").replace(b"2013", b"2025")
    dossier = derived(tab, history_page("2011_01_01"))
    assert dossier.trial.overall_status == "RECRUITING" and dossier.changes == ()


def test_any_order_of_import_gives_the_same_database(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    for number, day in enumerate(("2013_01_01", "2011_01_01", "2012_01_01")):
        change = (("Recruiting<", "Completed<"),) if day.startswith("2013") else ()
        (folder / f"{number}.html").write_bytes(history_page(day, *change))
    write_study(folder, "NCT99000401", updated="2026-01-01")
    files = sorted(folder.iterdir())
    for name, order in (("one", files), ("two", files[::-1])):
        for file in order:
            trials_json(tmp_path / name, "import", file)
        trials_json(tmp_path / name, "build", "--full")
    one, two = dump(tmp_path / "one"), dump(tmp_path / "two")
    assert {t: one[t] for t in ("trials", "changes", "records")} == {
        t: two[t] for t in ("trials", "changes", "records")
    }
    assert rows(tmp_path / "one", "select count(*) from changes where field = 'sites' and new is null") == [
        (0,)
    ]


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("This study is currently recruiting participants.", "RECRUITING"),
        ("This study is not yet open for participant recruitment.", "NOT_YET_RECRUITING"),
        ("This study is enrolling participants by invitation only.", "ENROLLING_BY_INVITATION"),
        ("This study is ongoing, but not recruiting participants.", "ACTIVE_NOT_RECRUITING"),
        ("This study has been completed.", "COMPLETED"),
        ("This study has been suspended.", "SUSPENDED"),
        ("This study has been terminated. (Too few people slept)", "TERMINATED"),
        ("This study has been withdrawn prior to enrollment.", "WITHDRAWN"),
        (
            "The recruitment status of this study is unknown because the information has not been verified recently.",
            "UNKNOWN",
        ),
        ("Expanded access is currently available for this treatment.", "AVAILABLE"),
        ("Expanded access is no longer available for this treatment.", "NO_LONGER_AVAILABLE"),
        ("Expanded access is temporarily not available for this treatment.", "TEMPORARILY_NOT_AVAILABLE"),
        ("This treatment has been approved for sale to the public.", "APPROVED_FOR_MARKETING"),
    ],
)
def test_sentence_of_the_older_layout_is_a_status(line: str, status: str) -> None:
    body = saved("classic-2013").replace(
        b"This study is ongoing, but not recruiting participants.", line.encode()
    )
    trial, problems = normalise(record(body), "")
    assert (trial.overall_status, problems) == (status, ())
    assert trial.why_stopped == ("Too few people slept" if status == "TERMINATED" else None)


def test_other_sentences_are_no_status() -> None:
    for line in ("This study has been repeated.", "This study", "", "This study has been completed"):
        assert status_sentence(line) is None
    assert split_status("Active, not recruiting") == ("Active, not recruiting", "")
    with pytest.raises(ParseError, match="status"):
        record(saved("classic-2013").replace(b"This study is ongoing", b"This study is dozing"))


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("Randomized", "allocation"),
        ("Double Blind (Subject, Outcomes Assessor)", "masking"),
        ("Open Label", "masking"),
        ("Crossover Assignment", "intervention_model"),
        ("Educational/Counseling/Training", "primary_purpose"),
        ("Historical Control", ""),
        ("Safety/Efficacy Study", ""),
        ("Cohort", "observational_model"),
        ("Retrospective", "time_perspective"),
        ("Pillow Study", None),
    ],
)
def test_unlabelled_design_word_has_its_field(words: str, field: str | None) -> None:
    assert ctgov_html_words.design_field(words, is_observational=False) == field


def test_age_groups_alone_are_no_limit() -> None:
    body = saved("classic-2019").replace(
        b"6 Months to 75 Years (Child, Adult, Older Adult)", b"Child, Adult, Older Adult"
    )
    trial, problems = normalise(record(body), "")
    assert (trial.minimum_age, trial.maximum_age, problems) == (None, None, ())


def test_design_of_before_2010_is_a_list_of_words() -> None:
    words = "Treatment, Randomized, Double Blind (Subject, Investigator), Placebo Control, Parallel Assignment, Pillow Study"
    body = re.sub(
        rb"<p>Allocation: Non-Randomized</p>.*?<p>Primary Purpose: Supportive Care</p>",
        f"<p>{words}</p>".encode(),
        saved("classic-2013"),
        flags=re.DOTALL,
    )
    trial, problems = normalise(record(body), "")
    assert (trial.primary_purpose, trial.allocation, trial.masking) == ("TREATMENT", "RANDOMIZED", "DOUBLE")
    assert trial.intervention_model == "PARALLEL"
    assert [(p.field, p.found) for p in problems] == [("study_design", "Pillow Study")]


def test_age_groups_of_every_year_are_dropped() -> None:
    for groups in ("(Adult, Older Adult)", "(Adult, Senior)"):
        body = saved("classic-2013").replace(b"18 Years and older", f"18 Years and older   {groups}".encode())
        trial, problems = normalise(record(body), "")
        assert (trial.minimum_age, trial.maximum_age, problems) == ("18 Years", None, ())


def test_unknown_status_costs_one_field() -> None:
    trial, problems = normalise(record(saved("history-odd")), "")
    assert trial.overall_status is None and trial.phase == "PHASE4"
    assert sorted(p.field for p in problems) == ["overall_status", "start_date", "study_design"]


# ── recognition and bad input ───────────────────────────────────────────────────────────────────────────


ERROR = b"<!DOCTYPE html><html><head><title>Invalid URL Path - ClinicalTrials.gov</title></head><body><h1>An Error Has Occurred</h1></body></html>"
TODAY = b"<!DOCTYPE html><html><head><title>Study Details | NCT99000411 | ClinicalTrials.gov</title></head><body><ctg-root></ctg-root></body></html>"


@pytest.mark.parametrize(("body", "message"), [(ERROR, "error page"), (TODAY, "trials scrape ctgov")])
def test_page_without_a_study_says_what_it_is(body: bytes, message: str) -> None:
    source = sources.recognise("saved.html", body)
    assert source is not None and source.name == "ctgov"
    with pytest.raises(ParseError, match=message):
        record(body)


def test_page_of_another_site_that_names_the_registry_is_not_the_registrys() -> None:
    body = b"<html><head><title>Our trials</title></head><body><p>ClinicalTrials.gov Identifier: NCT99000411</p></body></html>"
    assert sources.recognise("saved.html", body) is None


@pytest.mark.parametrize("name", DESCRIBED)
def test_page_without_its_id_is_one_problem(name: str) -> None:
    body = re.sub(rb"NCT\d{8}", b"NCT1", saved(name))
    with pytest.raises(ParseError, match="expected"):
        record(body)


def test_each_kind_of_page_is_kept_under_the_address_it_was_at() -> None:
    source = sources.by_name("ctgov")
    kept = {}
    for name in ("history-sparse", "classic-2019", "classic-results-tab"):
        (part,) = source.split(Page(source="ctgov", url="x", body=saved(name), fetched_at="", name="x"))
        kept[name] = part.url
    assert kept == {
        "history-sparse": "https://clinicaltrials.gov/archive/NCT99000402/2005_06_23",
        "classic-2019": "https://clinicaltrials.gov/ct2/show/NCT99000411",
        "classic-results-tab": "https://clinicaltrials.gov/ct2/show/results/NCT99000413",
    }


# ── names on the command line ───────────────────────────────────────────────────────────────────────────


def test_the_form_is_a_name_for_import_and_says_so_when_scraped(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(saved("classic-2019"))
    trials_json(tmp_path / "data", "import", file, "--source", "ctgov-html")
    assert rows(tmp_path / "data", "select source, source_id, is_partial from records") == [
        ("ctgov", "NCT99000411", 0)
    ]
    result = trials(tmp_path / "data", "scrape", "ctgov-html", "--limit", 1)
    assert result.exit_code == 2 and "trials scrape ctgov" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    with pytest.raises(SettingsError, match="known sources"):
        sources.importable("ctgov-htm")


def test_the_list_of_sources_names_the_forms() -> None:
    listed = {one["name"]: one for one in trials_json(Path("unused"), "sources")}
    assert [form["name"] for form in listed["ctgov"]["forms"]] == ["ctgov-html", "ctgov-xml-search"]
    text = trials(Path("unused"), "sources").stdout
    assert "form ctgov-html" in text and "form ctgov-xml-search" in text


# ── real pages ──────────────────────────────────────────────────────────────────────────────────────────


def _real(shared: Path) -> list[Version | Problem]:
    found: list[Version | Problem] = []
    for folder in ("ctgov-archive-html", "ctgov-classic-html"):
        for path in sorted((shared / "data" / folder).iterdir()):
            source = sources.recognise(path.name, path.read_bytes()[: 1 << 16])
            assert source is not None and source.name == "ctgov"
            page = Page(source="ctgov", url=str(path), body=path.read_bytes(), fetched_at="", name=path.name)
            found += [
                part if isinstance(part, Problem) else pipeline.read(part) for part in source.split(page)
            ]
    return found


@pytest.mark.shared
def test_real_pages_are_read_without_a_problem_but_for_the_error_page(shared: Path) -> None:
    found = _real(shared)
    assert [p.found for p in found if isinstance(p, Problem)] == ["an error page of ClinicalTrials.gov"]
    versions = [one for one in found if isinstance(one, Version)]
    assert len(versions) == 58 and not [p for one in versions for p in one.problems]
    whole = [one.trial for one in versions if not one.record.is_partial]
    assert len(whole) == 52
    for field in ("overall_status", "sex", "lead_sponsor", "eligibility_criteria", "study_type"):
        assert all(getattr(trial, field) for trial in whole)
    # Three pages of observational studies have no phase.
    assert [t.study_type for t in whole if t.phase is None] == ["OBSERVATIONAL"] * 3
    for one in versions:
        assert not re.search(r"[\w.]@\w+\.\w|\d{3}-\d{3}-\d{4}", str(one.record))


@pytest.mark.shared
def test_real_archive_page_differs_from_the_later_xml_only_where_the_record_changed(
    shared: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    for path in (shared / "data").glob("*/NCT02147249*"):
        shutil.copy(path, folder / path.name)
    trials_json(tmp_path / "data", "import", folder)
    changed = {field for (field,) in rows(tmp_path / "data", "select field from changes")}
    assert not changed & {
        "sites",
        "acronym",
        "enrollment",
        "keywords",
        "sex",
        "minimum_age",
        "masking",
        "arms",
    }


def test_a_style_that_makes_lines_of_spans_is_seen() -> None:
    body = b"<html><body><p><span style='display: block'>one</span><span style='display:block'>two</span></p></body></html>"
    assert [block.text for block in blocks.read(body).blocks] == ["one", "two"]
