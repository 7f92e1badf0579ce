"""EU Clinical Trials Register: text downloads, protocol pages, converted JSON; one record a country."""

import hashlib
import itertools
import re
from pathlib import Path

import msgspec
import pytest

from scraper import pipeline, sources
from scraper.archive.pages import StoredPage
from scraper.errors import ParseError, SettingsError
from scraper.model import Dossier, Page, Record
from scraper.normalise.trial import normalise
from scraper.sources import euctr, euctr_groups
from scraper.sources.euctr_rows import of_text
from tests import registry_pages
from tests.commands import dump, rows, trials

FOLDER = registry_pages.PAGES / "euctr"
FULL = (FOLDER / "ordinary.txt").read_bytes()
SUMMARY = (FOLDER / "summary.txt").read_bytes()
PAGE = (FOLDER / "sparse.html").read_bytes()
ODD = (FOLDER / "odd.json").read_bytes()
SITE = "https://www.clinicaltrialsregister.eu/ctr-search/"
GROUPS = ("in_utero", "preterm", "newborns", "infants", "children", "adolescents", "adults", "elderly")
ONGOING = b"Trial Status: Ongoing"


def pages(*bodies: bytes) -> list[Page]:
    """The pages of files that were fetched a day after each other."""
    return [
        msgspec.structs.replace(page, fetched_at=f"2026-07-{day:02}T00:00:00Z")
        for day, body in enumerate(bodies, 1)
        for page in registry_pages.parts("euctr", body)[0]
        if "2021-490001-10" in page.url
    ]


def dossier(found: list[Page]) -> Dossier:
    """What the database holds about the trial of these pages."""
    stored = [
        StoredPage(number, page, hashlib.sha256(page.body).hexdigest(), None, page.fetched_at, None)
        for number, page in enumerate(found)
    ]
    made = pipeline.derive("2021-490001-10", stored)
    assert made is not None
    return made


@pytest.mark.parametrize("path", registry_pages.saved("euctr"), ids=lambda path: path.name)
def test_saved_file_gives_the_expected_records(path: Path) -> None:
    registry_pages.check_expected("euctr", path)
    found = sources.recognise("download", path.read_bytes())
    assert found is not None and found.name == "euctr"


# ── one record ──────────────────────────────────────────────────────────────────────────────────────────


def test_record_of_one_country_is_read() -> None:
    record = registry_pages.records("euctr", FULL)[0]
    trial, problems = normalise(record, "")
    assert problems == ()
    assert (trial.trial_id, trial.registry, trial.source_id) == (
        "2021-490001-10",
        "euctr",
        "2021-490001-10-GB",
    )
    assert (trial.overall_status, trial.phase, trial.sex) == ("UNKNOWN", "PHASE2/PHASE3", "ALL")
    assert (trial.minimum_age, trial.maximum_age, trial.enrollment) == ("18 Years", None, 120)
    assert [i.id_type for i in trial.secondary_ids] == ["other", "ctgov", "utn"]
    assert (trial.lead_sponsor, trial.lead_sponsor_class) == ("Oat Mills Research Ltd", "INDUSTRY")
    assert (trial.masking, trial.allocation, trial.study_type) == ("DOUBLE", "RANDOMIZED", "INTERVENTIONAL")


def test_text_in_another_language_does_not_replace_the_english_one() -> None:
    record = registry_pages.records("euctr", FULL)[0]
    assert "Edad" not in record.eligibility_criteria and "Codos" not in str(record.conditions)


def test_text_in_another_language_alone_is_taken() -> None:
    body = re.sub(
        rb"E\.3 Principal inclusion criteria: 1\. Age 30.*?(?=E\.3 [^w])", b"", FULL, flags=re.DOTALL
    )
    assert "Edad de 30 a 75" in registry_pages.records("euctr", body)[0].eligibility_criteria


def test_a_line_of_the_criteria_that_looks_like_a_label_stays_there() -> None:
    record = registry_pages.records("euctr", FULL)[0]
    assert "B.1 Part B: platelets >= 100 x 10^9/L" in record.eligibility_criteria
    assert "E.3 was signed" in record.eligibility_criteria


def test_a_label_that_is_not_known_ends_the_text_before_it_and_is_told() -> None:
    body = FULL.replace(b"E.5 End points\n", b"E.4.1 Criteria for spoons: wood\nE.5 End points\n")
    record = registry_pages.records("euctr", body)[0]
    assert "spoons" not in record.eligibility_criteria
    assert [(odd.field, odd.found) for odd in record.oddities] == [("label", "E.4.1 Criteria for spoons")]


def test_no_contact_is_left() -> None:
    for body in (FULL, PAGE, ODD, SUMMARY):
        assert not re.search(r"7946 ?0123|\w@\w|Olive", str(registry_pages.records("euctr", body)))


def test_criteria_without_their_signs_give_no_limit() -> None:
    page = registry_pages.parts("euctr", ODD)[0][0]
    assert page.fetched_at == "2024-02-03T04:05:06Z"
    stored = StoredPage(1, page, "0" * 64, None, page.fetched_at, None)
    made = pipeline.derive("2019-490004-13", [stored])
    assert made is not None and len(made.criteria) > 1
    assert not any(one.constraints for one in made.criteria)
    assert {p.field for p in made.problems} == {"age", "eligibility_criteria", "phase"}
    assert (made.trial.minimum_age, made.trial.sex, made.trial.overall_status) == (None, "MALE", "TERMINATED")


@pytest.mark.parametrize(
    "words, status",
    [
        ("Ongoing", "UNKNOWN"),
        ("Completed", "COMPLETED"),
        ("Prematurely Ended", "TERMINATED"),
        ("Temporarily Halted", "SUSPENDED"),
        ("Restarted", "UNKNOWN"),
        ("Suspended by CA", "SUSPENDED"),
        ("Prohibited by CA", "NOT_AUTHORISED"),
        ("Not Authorised", "NOT_AUTHORISED"),
        ("Trial now transitioned", "UNKNOWN"),
        ("GB - no longer in EU/EEA", "UNKNOWN"),
    ],
)
def test_every_status_of_the_register_is_known(words: str, status: str) -> None:
    body = FULL.replace(ONGOING, f"Trial Status: {words}".encode(), 1)
    trial, problems = normalise(registry_pages.records("euctr", body)[0], "")
    assert (trial.overall_status, trial.sites[0].status, problems) == (status, status, ())


# ── ages ────────────────────────────────────────────────────────────────────────────────────────────────


def flags(words: str, minors: str = "") -> dict[str, str]:
    """Flags by letter, youngest group first: y, n and - for nothing."""
    meant = {"y": "Yes", "n": "No", "-": ""}
    return dict(zip(GROUPS, map(meant.__getitem__, words), strict=True)) | {"under_18": minors}


@pytest.mark.parametrize(
    "words, minors, minimum, maximum, is_told",
    [
        ("nnnnnnyy", "No", "18 Years", "", False),
        ("------yy", "No", "18 Years", "", False),
        ("nnnnnnyn", "No", "18 Years", "64 Years", False),
        ("nnnnnnny", "No", "65 Years", "", False),
        ("nnnnnyyn", "Yes", "12 Years", "64 Years", False),
        ("nnnnynnn", "Yes", "2 Years", "11 Years", False),
        ("nnnynnnn", "Yes", "28 Days", "23 Months", False),
        ("nnynnnnn", "Yes", "", "27 Days", False),
        ("nyyynnnn", "Yes", "", "23 Months", False),
        ("yyyyyyyy", "Yes", "", "", False),
        ("--------", "", "", "", False),
        ("nynnnnnn", "Yes", "", "", True),
        ("nnnnnyny", "Yes", "", "", True),
        ("ynnnnnyn", "Yes", "", "", True),
        ("nnnnnnnn", "No", "", "", True),
        ("------yy", "Yes", "", "", True),
        ("nnnnnnyy", "Yes", "", "", True),
        ("nnnnnyyy", "No", "", "", True),
        ("-nnnnnyy", "", "", "", True),
        ("nnnnnny-", "No", "18 Years", "", True),
        ("nnn-yynn", "Yes", "", "17 Years", True),
        ("nnnnn-yy", "No", "18 Years", "", False),
    ],
)
def test_ages_are_what_the_flags_say(
    words: str, minors: str, minimum: str, maximum: str, is_told: bool
) -> None:
    low, high, oddity = euctr_groups.limits(flags(words, minors))
    assert (low, high, oddity is not None) == (minimum, maximum, is_told)


def test_no_choice_of_flags_keeps_out_a_group_that_says_yes_or_nothing() -> None:
    young = {
        "newborns": 0.0,
        "infants": 1.0,
        "children": 5.0,
        "adolescents": 15.0,
        "adults": 40.0,
        "elderly": 80.0,
    }
    for words in itertools.product("yn-", repeat=8):
        low, high, _ = euctr_groups.limits(flags("".join(words)))
        if not low and not high:
            continue
        record = Record(source="euctr", source_id="x", minimum_age=low, maximum_age=high)
        trial, problems = normalise(record, "")
        assert problems == ()
        for field, years in young.items():
            below = trial.minimum_age_years is not None and years < trial.minimum_age_years
            above = trial.maximum_age_before_years is not None and years >= trial.maximum_age_before_years
            assert not (below or above) or words[GROUPS.index(field)] == "n", (words, field)


def test_criteria_within_the_groups_of_age_are_no_contradiction() -> None:
    assert dossier(pages(FULL)[:1]).conflicts == ()
    younger = FULL.replace(b"1. Age 30 to 75 years", b"1. Age 16 to 75 years")
    assert [c.field for c in dossier(pages(younger)[:1]).conflicts] == ["minimum_age"]


# ── several countries ───────────────────────────────────────────────────────────────────────────────────


def test_records_of_two_countries_are_one_trial() -> None:
    made = dossier(pages(FULL))
    assert [record.source_id for record in made.records] == ["2021-490001-10-DE", "2021-490001-10-GB"]
    assert [record.status_raw for record in made.records] == ["Completed", "Ongoing"]
    trial = made.trial
    # Great Britain's last date is the later one: it speaks for the trial.
    assert (trial.source_id, trial.phase, trial.enrollment) == ("2021-490001-10-GB", "PHASE2/PHASE3", 120)
    assert trial.overall_status == "UNKNOWN"
    assert (trial.minimum_age, trial.maximum_age, trial.sex) == ("12 Years", None, "ALL")
    assert (trial.first_posted_date, trial.completion_date) == ("2021-02-01", "2021-05-01")
    assert [(site.country, site.status) for site in trial.sites] == [
        ("United Kingdom", "UNKNOWN"),
        ("Norway", None),
        ("Korea, Republic of", None),
        ("Germany", "COMPLETED"),
    ]
    assert [i.id_value for i in trial.secondary_ids][-1] == "ISRCTN99000077"


def test_the_order_of_import_makes_no_difference() -> None:
    found = pages(FULL, SUMMARY, FULL.replace(b"Completed", b"Prematurely Ended"))
    first = dossier(found)
    assert all(
        dossier(list(order)) == first
        for order in itertools.islice(itertools.permutations(found), 0, None, 500)
    )


def test_a_country_that_was_fetched_again_does_not_take_the_lead() -> None:
    newer = FULL.replace(b"110\n", b"111\n")
    found = [
        *pages(FULL),
        *[p for p in pages(FULL, newer) if p.url.endswith("/DE") and "02T" in p.fetched_at],
    ]
    made = dossier(found)
    assert made.trial.source_id == "2021-490001-10-GB"
    assert [(c.field, c.source_id, c.old, c.new) for c in made.changes] == [
        ("enrollment", "2021-490001-10-DE", "110", "111")
    ]


def test_history_is_that_of_each_record_and_not_between_countries() -> None:
    assert dossier(pages(FULL)).changes == ()
    ended = FULL.replace(ONGOING, b"Trial Status: Completed")
    made = dossier(pages(FULL, ended))
    assert [(c.field, c.source_id, c.new) for c in made.changes if c.field == "overall_status"] == [
        ("overall_status", "2021-490001-10-GB", "COMPLETED")
    ]
    assert made.trial.overall_status == "COMPLETED"


def test_a_record_twice_in_one_file_has_no_history() -> None:
    twice = pages(FULL)[:1] + pages(FULL.replace(b"120\n", b"121\n"))[:1]
    assert dossier(twice).changes == ()


def test_wording_that_a_form_has_lost_is_no_change() -> None:
    first, second = registry_pages.parts("euctr", ODD)[0][0], registry_pages.parts("euctr", FULL)[0][0]
    body = second.body.replace(b"2021-490001-10", b"2019-490004-13").replace(b"UK - MHRA", b"Czechia - SUKL")
    text = msgspec.structs.replace(second, url=first.url, body=body)
    found = [
        StoredPage(n, page, str(n) * 64, None, page.fetched_at, None) for n, page in enumerate((first, text))
    ]
    made = pipeline.derive("2019-490004-13", found)
    assert made is not None
    changed = {change.field for change in made.changes}
    assert "overall_status" in changed
    assert not changed & {"eligibility_criteria", "brief_title", "conditions", "interventions"}


def test_a_row_of_a_summary_never_wins_over_a_record() -> None:
    made = dossier(pages(FULL, SUMMARY))
    assert {r.source_id[-2:]: r.is_partial for r in made.records} == {"DE": False, "FR": True, "GB": False}
    assert made.trial.eligibility_criteria and "France" in [site.country for site in made.trial.sites]
    alone = dossier(pages(SUMMARY))
    assert (alone.trial.overall_status, alone.trial.minimum_age, alone.trial.sex) == (
        "UNKNOWN",
        "18 Years",
        "ALL",
    )


def test_update_and_full_build_give_the_same_rows(tmp_path: Path) -> None:
    (tmp_path / "full.txt").write_bytes(FULL)
    (tmp_path / "summary.txt").write_bytes(SUMMARY)
    data = tmp_path / "data"
    for name in ("summary.txt", "full.txt"):
        assert trials(data, "import", tmp_path / name).exit_code == 0
    before = dump(data)
    assert trials(data, "build", "--full").exit_code == 0
    assert dump(data) == before
    other = tmp_path / "other"
    assert trials(other, "import", tmp_path / "full.txt", tmp_path / "summary.txt").exit_code == 0
    ids = "select source_id, trial_id, status_raw from records order by 1"
    assert rows(other, ids) == rows(data, ids) and len(rows(data, ids)) == 4


# ── addresses and listings ──────────────────────────────────────────────────────────────────────────────


def test_search_and_record_addresses() -> None:
    first = euctr.search_url("itchy elbows", "2021-02-03")
    assert first == (
        f"{SITE}rest/download/summary?query=itchy%20elbows&dateFrom=2021-02-03&page=1&mode=current_page"
    )
    assert euctr.search_url("", "") == f"{SITE}rest/download/summary?query=&page=1&mode=current_page"
    address = f"{SITE}rest/download/trial/2021-490001-10/GB"
    assert euctr.record_url("EUCTR2021-490001-10-gb") == address
    assert euctr.canonical_url(address) == address
    assert euctr.canonical_url(f"{SITE}trial/2021-490001-10/GB/") == address
    assert (
        euctr.canonical_url("http://clinicaltrialsregister.eu/ctr-search/trial/2021-490001-10/GB/results")
        == address
    )
    assert euctr.record_url("2011-005852-33-3RD") == f"{SITE}rest/download/trial/2011-005852-33/3rd"


def test_listing_names_every_country_of_its_trials() -> None:
    listing = euctr.read_listing(
        Page(source="euctr", url=euctr.search_url("x", ""), body=SUMMARY, fetched_at="")
    )
    assert [url.rpartition("trial/")[2] for url in listing.urls] == [
        "2021-490001-10/GB",
        "2021-490001-10/DE",
        "2021-490001-10/FR",
        "2021-490002-11/3rd",
    ]
    assert (listing.next_url, listing.total) == ("", None)


def test_a_full_listing_has_a_next_page() -> None:
    entry = SUMMARY[SUMMARY.index(b"EudraCT Number:2021-490002-11") :]
    body = b"\n".join(entry.replace(b"490002", b"4911%02d" % n) for n in range(20))
    page = Page(source="euctr", url=euctr.search_url("x", "2021-02-03"), body=body, fetched_at="")
    assert euctr.read_listing(page).next_url == (
        f"{SITE}rest/download/summary?query=x&dateFrom=2021-02-03&page=2&mode=current_page"
    )


@pytest.mark.parametrize(
    "wrong",
    ["", "NCT04010877", "2021-490001-10", "2021-490001-10-XX", "https://example.org/trial/2021-490001-10/GB"],
)
def test_id_and_address_of_another_form_are_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match="expected"):
        euctr.record_url(wrong)
    with pytest.raises(SettingsError, match="expected"):
        euctr.canonical_url(wrong)


# ── bad input ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{}",
        b"[]",
        b"[1]",
        b"[{",
        b"<html>",
        b"EudraCT Number: 12\n",
        b"EudraCT Number: 2021-490001-10\nNational Competent Authority: Atlantis - SEA\n",
        b"EudraCT Number: 2021-490001-10\n",
        b'{"ctrname": "EUCTR", "a2_eudract_number": 7}',
        b"\xff\xfe\x00",
    ],
)
def test_body_without_a_record_is_one_problem_and_an_error(body: bytes) -> None:
    found, problems = registry_pages.parts("euctr", body)
    assert found == [] and len(problems) == 1
    with pytest.raises(ParseError, match="expected"):
        euctr.parse(registry_pages.page("euctr", body))


def test_record_without_a_title_is_an_error() -> None:
    page = registry_pages.parts(
        "euctr", FULL.replace(b"A.3 Full", b"A.3 Fool").replace(b"A.3.1 Title", b"x")
    )[0][0]
    with pytest.raises(ParseError, match="title"):
        euctr.parse(page)


def test_listing_that_is_none_is_an_error() -> None:
    with pytest.raises(ParseError, match="expected"):
        euctr.read_listing(registry_pages.page("euctr", b"<html>out of order</html>"))


def test_unknown_country_of_a_summary_costs_its_trial() -> None:
    found, problems = registry_pages.parts("euctr", SUMMARY.replace(b"FR(Ongoing)", b"QQ(Ongoing)"))
    assert (len(found), [problem.found for problem in problems]) == (1, ["the country 'QQ'"])


@pytest.mark.parametrize(
    "noise", ["F.1 " * 300_000, "E.3 Principal inclusion criteria" + " " * 500_000 + "x", "\n" * 500_000]
)
def test_noise_is_read_to_its_end(noise: str) -> None:
    assert len(of_text("E.3 Principal inclusion criteria: x\n" + noise)) == 1


def test_groups_in_groups_are_read_three_deep_only() -> None:
    body = b'{"a2_eudract_number": "2021-490001-10", "dimp": ' * 500 + b"{}" + b"}" * 500
    found, problems = registry_pages.parts("euctr", body)
    assert (found, len(problems)) == ([], 1)


# ── real records ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.shared
def test_every_real_record_is_read(shared: Path) -> None:
    files = [
        *(shared / "data" / "euctr-html").iterdir(),
        *(shared / "data" / "euctr-txt").iterdir(),
        *(shared / "data" / "ctrdata-json").glob("EUCTR*"),
    ]
    stated = dict.fromkeys(
        ("overall_status", "ages", "sex", "phase", "lead_sponsor", "eligibility_criteria"), 0
    )
    found = 0
    for path in sorted(files):
        body = path.read_bytes()
        source = sources.recognise(path.name, body)
        assert source is not None and source.name == "euctr", path.name
        for record in registry_pages.records("euctr", body):
            found += 1
            trial, problems = normalise(record, "")
            expected = {"eligibility_criteria"} if path.suffix == ".json" else set()
            assert {p.field for p in problems} == expected, (path.name, problems)
            for field in stated:
                value = trial.minimum_age or trial.maximum_age if field == "ages" else getattr(trial, field)
                stated[field] += value is not None
            assert not re.search(r"[\w.]@\w+\.\w", str(record)), record.source_id
    assert found == 23
    # Third-country records have no status, and one record of 2024 has lost it with its country.
    assert stated == {**dict.fromkeys(stated, 23), "overall_status": 20}


@pytest.mark.shared
def test_real_records_of_several_countries_are_one_trial(shared: Path, tmp_path: Path) -> None:
    result = trials(tmp_path, "import", shared / "data" / "ctrdata-json", shared / "data" / "euctr-txt")
    assert result.exit_code == 0
    found = rows(
        tmp_path,
        "select trial_id, count(*) from records where source = 'euctr' group by 1 having count(*) > 1",
    )
    assert found == [
        ("2012-003632-23", 2),
        ("2014-002606-20", 3),
        ("2021-002179-21", 6),
        ("2022-002568-62", 2),
    ]
    assert rows(tmp_path, "select * from changes where source = 'euctr'") == []
