"""ClinicalTrials.gov's addresses, answers and bulk files: what is asked for, and how an answer is taken apart."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from scraper.errors import ParseError, SettingsError
from scraper.model import Page, Problem
from scraper.sources import ctgov

FOLDER = Path(__file__).parent / "pages" / "ctgov"
API = "https://clinicaltrials.gov/api/v2/studies"
ONE = (FOLDER / "NCT99000001.json").read_bytes()
FIVE = (FOLDER / "NCT99000005.json").read_bytes()
XML = (FOLDER / "NCT99000011.xml").read_bytes()


def page(body: bytes, url: str = f"{API}?pageSize=1000", path: str = "") -> Page:
    name = Path(path).name
    return Page(source="ctgov", url=url, body=body, fetched_at="2026-07-07T00:00:00Z", name=name, path=path)


def parts(body: bytes, path: str = "saved/studies.json") -> tuple[list[Page], list[Problem]]:
    found = list(ctgov.split(page(body, path=path)))
    return [p for p in found if isinstance(p, Page)], [p for p in found if isinstance(p, Problem)]


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "words, since, query",
    [
        ("", "", {}),
        ("acute leukemia", "", {"query.term": ["acute leukemia"]}),
        ("", "2026-01-15", {"filter.advanced": ["AREA[LastUpdatePostDate]RANGE[2026-01-15,MAX]"]}),
        (
            "CD33 & more",
            "2026-01-15",
            {
                "query.term": ["CD33 & more"],
                "filter.advanced": ["AREA[LastUpdatePostDate]RANGE[2026-01-15,MAX]"],
            },
        ),
    ],
)
def test_search_asks_for_whole_pages_and_a_total(words: str, since: str, query: dict[str, list[str]]) -> None:
    url = ctgov.search_url(words, since)
    assert url.startswith(f"{API}?")
    assert parse_qs(urlsplit(url).query) == query | {"pageSize": ["1000"], "countTotal": ["true"]}


@pytest.mark.parametrize("nct_id", ["NCT04010877", "nct04010877", " NCT04010877 "])
def test_record_address_is_built_from_the_id(nct_id: str) -> None:
    assert ctgov.record_url(nct_id) == f"{API}/NCT04010877"


@pytest.mark.parametrize(
    "wrong", ["", "NCT0401087", "NCT040108777", "ISRCTN12345678", "NCT0401087٣", "../stats"]
)
def test_id_of_another_form_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match="expected NCT and eight digits"):
        ctgov.record_url(wrong)


@pytest.mark.parametrize(
    "url",
    [
        f"{API}/NCT04010877",
        f"{API}/NCT04010877?format=json",
        "https://clinicaltrials.gov/study/NCT04010877",
        "https://www.clinicaltrials.gov/study/nct04010877?cond=AML&rank=1",
        "http://clinicaltrials.gov/ct2/show/NCT04010877",
        "https://clinicaltrials.gov/ct2/show/study/NCT04010877?term=x",
        "https://clinicaltrials.gov/ct2/show/record/NCT04010877",
        "https://clinicaltrials.gov/show/NCT04010877",
        "https://classic.clinicaltrials.gov/ct2/show/NCT04010877",
    ],
)
def test_every_form_of_a_study_address_is_one_address(url: str) -> None:
    assert ctgov.canonical_url(url) == f"{API}/NCT04010877"


def test_the_older_xml_has_an_address_of_its_own() -> None:
    address = "https://clinicaltrials.gov/ct2/show/NCT04010877?displayxml=true"
    assert ctgov.canonical_url(address) == address


@pytest.mark.parametrize(
    "url",
    [
        "https://clinicaltrials.gov/",
        "https://clinicaltrials.gov.example.org/study/NCT04010877",
        "https://example.org/study/NCT04010877",
        "file:///study/NCT04010877",
        "https://clinicaltrials.gov/study/NCT040108771",
        "NCT04010877",
        "",
    ],
)
def test_foreign_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="expected a study's address"):
        ctgov.canonical_url(url)


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────


def test_next_address_changes_the_token_alone() -> None:
    asked = f"{API}?query.term=a+b%26c&filter.advanced=AREA%5BPhase%5DPHASE3&pageSize=1000&pageToken=old"
    body = b'{"studies":[],"nextPageToken":"new/+=","totalCount":1234}'
    listing = ctgov.read_listing(page(body, asked))
    before, after = parse_qs(urlsplit(asked).query), parse_qs(urlsplit(listing.next_url).query)
    assert after == before | {"pageToken": ["new/+="]}
    assert (listing.total, listing.urls) == (1234, ())


def test_last_answer_has_no_next_address() -> None:
    listing = ctgov.read_listing(page(b'{"studies":[' + ONE + b"]}"))
    assert (listing.next_url, listing.total) == ("", None)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><body>Busy</body></html>", b'{"studies":', b"[]", b'{"studies":3}', ONE, b"[" * 9000],
    ids=["nothing", "HTML", "cut off", "a list", "a number", "one study", "deep"],
)
def test_search_answer_of_another_shape_is_an_error_in_words(body: bytes) -> None:
    with pytest.raises(ParseError, match=r"found .+; expected an answer of API v2 with studies"):
        ctgov.read_listing(page(body))


@pytest.mark.parametrize(
    "body",
    [
        b'{"studies":[' + ONE + b",\n " + FIVE + b'],"nextPageToken":"x","totalCount":2}',
        b'{"totalCount":2,"nextPageToken":"x","studies":[' + ONE + b"," + FIVE + b"]}",
        b"[" + ONE + b"," + FIVE + b"]",
    ],
    ids=["answer", "answer, total first", "list"],
)
def test_bulk_answer_is_kept_study_by_study_as_it_came(body: bytes) -> None:
    pages, problems = parts(body)
    assert [p.url for p in pages] == [f"{API}/NCT99000001", f"{API}/NCT99000005"]
    assert [p.body for p in pages] == [ONE.strip(), FIVE.strip()]
    assert problems == []


def test_one_study_a_line_is_split_by_lines() -> None:
    lines = [json.dumps(json.loads(body)).encode() for body in (ONE, FIVE)]
    pages, problems = parts(b"\n".join([lines[0], b"", lines[1], b'{"protocolSection": {', b""]))
    assert [p.body for p in pages] == lines
    assert [(p.stage, p.field) for p in problems] == [("archive", "line 3")]


def test_one_study_is_kept_byte_by_byte_under_its_live_address() -> None:
    for body, address in (
        (b"\xef\xbb\xbf" + ONE, f"{API}/NCT99000001"),
        (XML, "https://clinicaltrials.gov/ct2/show/NCT99000011?displayxml=true"),
    ):
        pages, problems = parts(body)
        assert [(p.url, p.body) for p in pages] == [(address, body)]
        assert problems == []


def test_part_that_is_no_study_is_one_problem() -> None:
    body = b'{"studies":[3,{},{"protocolSection":{"identificationModule":{"nctId":"NCT1"}}},' + ONE + b"]}"
    pages, problems = parts(body)
    assert [p.url for p in pages] == [f"{API}/NCT99000001"]
    assert [p.field for p in problems] == ["studies[0]", "studies[1]", "studies[2]"]
    assert all(p.stage == "archive" and p.url == "saved/studies.json" and p.found for p in problems)
    assert problems[2].found == "a study with the id 'NCT1'"


def test_whole_studies_of_a_cut_off_answer_are_kept() -> None:
    body = b'{"totalCount":3,"studies":[' + ONE + b"," + FIVE[:300]
    pages, problems = parts(body)
    assert [p.url for p in pages] == [f"{API}/NCT99000001"]
    assert len(problems) == 1
    assert "cut off or damaged after 1 whole studies" in problems[0].found


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html><body>503 Service unavailable</body></html>",
        b"NCT number NCT99999999 not found",
        b'{"fullStudies": []}',
        b"{}",
        b"3",
        ONE[:-40],
        b"[" * 9000,
        b'{"protocolSection":' * 3000,
        b'{"studies": "none"}',
        b"<clinical_study><id_info>",
        b"<clinical_study/>",
        b"\xff\xfe\x00\xd8",
        bytes(range(256)) * 40,
    ],
)
def test_body_without_a_study_is_one_problem_and_never_an_exception(body: bytes) -> None:
    pages, problems = parts(body)
    assert pages == []
    assert len(problems) == 1
    assert problems[0].found and problems[0].expected
    with pytest.raises(ParseError):
        ctgov.parse(page(body))


def test_empty_answer_has_no_parts_and_no_problem() -> None:
    assert parts(b'{"studies":[],"totalCount":0}') == ([], [])


# ── recognition ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        ONE,
        b"\xef\xbb\xbf" + ONE,
        ONE.decode().encode("utf-16"),
        b"[\n" + ONE + b"]",
        b'{"totalCount":1,"studies":[' + ONE + b"]}",
        b'{"studies":[]}',
        XML,
        XML[: len(XML) // 2],
    ],
)
def test_own_records_are_recognised_by_content(body: bytes) -> None:
    assert ctgov.recognise("download", body[: 1 << 16])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"studies":[{"id":1}]}',
        b'{"records":[],"studies":[]}',
        b"NCT of the trial,Title\nNCT04010877,A trial\n",
        b"<results><study><nct_id>NCT04010877</nct_id></study></results>",
        b"<trial><nct_id>NCT04010877</nct_id></trial>",
        b"<html><body><h1>A trial</h1>NCT04010877 &lt;clinical_study&gt;</body></html>",
        b"<!DOCTYPE html><html><pre><clinical_study></pre></html>",
        b"Recruiting\n6-75 years\nAll\nNCT04010877\n",
        b"%PDF-1.7",
    ],
)
def test_foreign_content_is_not_claimed(body: bytes) -> None:
    assert not ctgov.recognise("NCT04010877.json", body)
