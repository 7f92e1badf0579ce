"""Listing sites that re-publish the registry's trials: ctv.veeva.com and the sites on TrialX's platform."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from scraper import sources
from scraper.errors import ParseError, SettingsError
from scraper.model import Page, Record, Trial
from scraper.normalise.trial import normalise
from scraper.sources import trialx, trialx_family, veeva
from tests.commands import rows, trials, trials_json
from tests.labelled_pages import MARKUPS, described
from tests.listings import LISTINGS
from tests.markups import MARKUPS as TRIALX_MARKUPS
from tests.samples import write_study

DESCRIBED = {f"{page.folder}/{page.name}": page for page in described()}
LAMPS = "a-study-of-lamps-in-people-who-sleep-badly"
BEREFLECTED = "https://bereflected.org/clinical-trials/listings/{}/"


def saved(name: str, *changed: tuple[str, str]) -> bytes:
    text = MARKUPS["headings"](DESCRIBED[name])
    for old, new in changed:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def record(source: str, body: bytes, name: str = "saved.html") -> Record:
    (part,) = sources.by_name(source).split(
        Page(source=source, url=name, body=body, fetched_at="2026-07-07T00:00:00Z", name=name, path=name)
    )
    assert isinstance(part, Page)
    return sources.by_name(source).parse(part)


def read(source: str, body: bytes) -> tuple[Trial, list[str]]:
    trial, problems = normalise(record(source, body), "")
    return trial, sorted(problem.field for problem in problems)


# ── ctv.veeva.com ───────────────────────────────────────────────────────────────────────────────────────


def test_veeva_page_is_read_in_our_terms() -> None:
    trial, problems = read("veeva", saved("veeva/ordinary"))
    assert problems == []
    assert (trial.trial_id, trial.overall_status, trial.phase) == (
        "NCT99000421",
        "RECRUITING",
        "PHASE1/PHASE2",
    )
    assert (trial.minimum_age, trial.maximum_age, trial.sex) == ("18 Years", "70 Years", "ALL")
    assert (trial.enrollment, trial.enrollment_type, trial.healthy_volunteers) == (1120, "ESTIMATED", False)
    assert (trial.lead_sponsor, trial.last_update_posted_date) == ("Lamp Institute", None)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Enrolling", "RECRUITING"),
        ("Not yet enrolling", "NOT_YET_RECRUITING"),
        ("Begins enrollment this month", "NOT_YET_RECRUITING"),
        ("Active, not enrolling", "ACTIVE_NOT_RECRUITING"),
        ("Enrolling by invitation", "ENROLLING_BY_INVITATION"),
        ("Completed", "COMPLETED"),
        ("Terminated", "TERMINATED"),
        ("Suspended", "SUSPENDED"),
        ("Withdrawn", "WITHDRAWN"),
        ("Unknown", "UNKNOWN"),
    ],
)
def test_veeva_status_words_are_known(words: str, status: str) -> None:
    trial, problems = read("veeva", saved("veeva/ordinary", ("<p>Enrolling</p>", f"<p>{words}</p>")))
    assert (trial.overall_status, problems) == (status, [])


@pytest.mark.parametrize(
    ("words", "limits"),
    [
        ("18 to 70 years old", ("18 Years", "70 Years")),
        ("18+ years old", ("18 Years", None)),
        ("6 months to 17 years old", ("6 Months", "17 Years")),
        ("Up to 17 years old", (None, "17 Years")),
    ],
)
def test_veeva_age_forms_are_read(words: str, limits: tuple[str | None, str | None]) -> None:
    trial, problems = read("veeva", saved("veeva/ordinary", ("18 to 70 years old", words)))
    assert ((trial.minimum_age, trial.maximum_age), problems) == (limits, [])


def test_veeva_page_without_ages_has_no_limit() -> None:
    trial, problems = read(
        "veeva", saved("veeva/ordinary", ("<h3>Ages</h3>\n<p>18 to 70 years old</p>\n", ""))
    )
    assert (trial.minimum_age, trial.maximum_age, problems, trial.sex) == (None, None, [], "ALL")


def test_veeva_page_without_an_nct_id_goes_by_its_address() -> None:
    assert read("veeva", saved("veeva/sparse"))[0].trial_id == "veeva:watching-people-sleep"


def test_labels_that_lost_their_values_are_problems_and_no_values() -> None:
    trial, problems = read("veeva", saved("veeva/odd"))
    assert (trial.overall_status, trial.sex, trial.minimum_age, trial.lead_sponsor) == (None,) * 4
    assert {"overall_status", "sex", "age", "registry_id", "eligibility_criteria"} <= set(problems)


def test_veeva_addresses_are_kept_without_their_query() -> None:
    kept = f"https://ctv.veeva.com/study/{LAMPS}"
    assert veeva.canonical_url(f"{kept}?ref=search#top") == veeva.record_url(LAMPS) == kept
    assert veeva.record_url(f"veeva:{LAMPS}") == veeva.record_url(kept + "/") == kept
    for odd in (
        "https://ctv.veeva.com/study-search?q=x",
        "https://ctv.veeva.com.example/study/abc",
        "ftp://x",
        "[",
        "",
    ):
        with pytest.raises(SettingsError, match="expected"):
            veeva.canonical_url(odd)
    for odd in ("NCT99000421", "a b", "../x", "x"):
        with pytest.raises(SettingsError, match=r"expected|no study"):
            veeva.record_url(odd)


# ── sites on TrialX's platform ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("markup", [name for name in TRIALX_MARKUPS if name != "plain"])
@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.listing_id)
def test_bereflected_page_gives_what_trialx_gives(listing: object, markup: str) -> None:
    found = next(one for one in LISTINGS if one is listing)
    text = TRIALX_MARKUPS[markup](found)
    ours = text.replace("www.trialx.com", "bereflected.org").replace("| TrialX", "| Reflected")
    source = sources.recognise("saved.html", ours.encode())
    assert source is not None and source.name == "trialx-family"
    got = record("trialx-family", ours.encode())
    due = trialx.parse(found.page(text))
    due.source, due.source_id = "trialx-family", f"bereflected-{found.listing_id}"
    due.url = BEREFLECTED.format(found.listing_id)
    assert got == due


def test_filled_ai_block_is_left_out() -> None:
    listing = next(one for one in LISTINGS if one.listing_id == "900009")
    text = TRIALX_MARKUPS["headings"](listing).replace("www.trialx.com", "bereflected.org")
    encoded = msgspec.json.encode(record("trialx-family", text.encode())).decode()
    assert "Key Points" in text
    assert "Key Points" not in encoded and "understandable" not in encoded


def test_centerwatch_listing_of_2022_dates_itself_with_words() -> None:
    listing = LISTINGS[0]
    text = TRIALX_MARKUPS["divs"](listing).replace("www.trialx.com", "www.centerwatch.com")
    text = text.replace(f">{listing.updated}<", ">Updated on 3 February 2022<")
    text = text.replace(listing.updated, "Updated on 3 February 2022")
    got = record("trialx-family", text.encode())
    assert (got.updated, got.source_id) == ("3 February 2022", f"centerwatch-{listing.listing_id}")
    assert normalise(got, "")[0].last_update_posted_date == "2022-02-03"


@pytest.mark.parametrize("words", ["Ages 42-89", "Ages 55-90", "Ages > 18", "Ages 6-20", "Ages < 2"])
def test_age_without_its_unit_is_no_limit_and_keeps_its_words(words: str) -> None:
    body = saved(
        "trialx-family/centerwatch-ordinary", ("Ages 42-89", words.replace(">", "&gt;").replace("<", "&lt;"))
    )
    got = record("trialx-family", body)
    trial, problems = normalise(got, "")
    assert got.age == words
    assert [(p.field, p.found) for p in problems] == [("age", words)]
    assert trial.minimum_age is trial.maximum_age is None
    assert trial.minimum_age_years is trial.maximum_age_years is trial.maximum_age_before_years is None


def test_centerwatch_phase_not_applicable_is_no_statement() -> None:
    trial, problems = read("trialx-family", saved("trialx-family/centerwatch-sparse"))
    assert (trial.phase, trial.overall_status, trial.sex) == (None, "COMPLETED", "FEMALE")
    assert problems == ["age"]


def test_nct_id_is_found_among_numbers_of_grants() -> None:
    body = saved(
        "trialx-family/centerwatch-ordinary", ("<p>NCT99000431</p>", "<p>U01LA000009, NCT99000431</p>")
    )
    trial, _ = read("trialx-family", body)
    assert trial.trial_id == "NCT99000431" and trial.lead_sponsor == "Lamp Institute"
    assert [one.id_value for one in trial.secondary_ids] == [f"U01LA00000{n}" for n in (9, 1, 2, 3)]


def test_family_addresses_are_kept_by_site_and_number() -> None:
    kept = "https://www.centerwatch.com/clinical-trials/listings/NCT99000431/"
    for address in (
        kept,
        "http://centerwatch.com/clinical-trials/listings/nct99000431/lamps/?radius=50",
        kept + "x#top",
    ):
        assert trialx_family.canonical_url(address) == kept
    assert trialx_family.record_url("centerwatch-NCT99000431") == kept
    assert trialx_family.record_url("trialx-family:bereflected-340429") == BEREFLECTED.format(340429)
    for odd in (
        "https://www.trialx.com/clinical-trials/listings/1/",
        "https://x.example/clinical-trials/listings/1/",
        "[",
    ):
        with pytest.raises(SettingsError, match="expected"):
            trialx_family.canonical_url(odd)
    with pytest.raises(SettingsError, match="names no site"):
        trialx_family.record_url("340429")


def test_trialx_pages_stay_trialx_pages() -> None:
    for listing in LISTINGS[:4]:
        for markup in TRIALX_MARKUPS.values():
            source = sources.recognise("saved", markup(listing).encode())
            assert source is not None and source.name == "trialx"


# ── both ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("source", ["veeva", "trialx-family"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b"Status\n\nRecruiting\n",
        b"[" * 9000,
        b"\xff\xfe\x00",
        b"<h1>T</h1><p>Status</p>",
    ],
)
def test_body_without_a_trial_is_an_error(source: str, body: bytes) -> None:
    with pytest.raises(ParseError, match="expected"):
        record(source, body)


def test_the_registrys_record_wins_and_a_conflict_shows_both_quotes(tmp_path: Path) -> None:
    write_study(tmp_path / "pages", "NCT99000421", minimum="6 Months", maximum="70 Years", title="Lamps")
    (tmp_path / "pages" / "veeva.html").write_bytes(saved("veeva/ordinary"))
    trials_json(tmp_path / "data", "import", tmp_path / "pages")
    assert rows(tmp_path / "data", "select source, brief_title, minimum_age from trials") == [
        ("ctgov", "Lamps", "6 Months")
    ]
    assert rows(
        tmp_path / "data",
        "select rule, value_a, source_a, quote_a, value_b, source_b, quote_b from conflicts where field = 'minimum_age'",
    ) == [
        (
            "age_between_sources",
            "18 to 70 years old",
            "veeva",
            "18 to 70 years old",
            "6 Months",
            "ctgov",
            "6 Months",
        )
    ]


# ── fetching ────────────────────────────────────────────────────────────────────────────────────────────


class _Sites(BaseHTTPRequestHandler):
    """ctv.veeva.com and CenterWatch on one loopback server; their paths differ."""

    asked: ClassVar[list[str]] = []
    robots = b"User-agent: *\nDisallow: /study-search\nSitemap: https://ctv.veeva.com/sitemap.xml\n"
    sitemap = (
        b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://ctv.veeva.com/glossary</loc></url>'
        + f"<url><loc>https://ctv.veeva.com/study/{LAMPS}</loc><lastmod>2026-03-01</lastmod></url>".encode()
        + b"<url><loc>https://ctv.veeva.com/study/watching-people-sleep</loc><lastmod>2024-03-01</lastmod></url></urlset>"
    )
    answers: ClassVar[dict[str, bytes]] = {
        "/robots.txt": robots,
        "/sitemap.xml": sitemap,
        f"/study/{LAMPS}": saved("veeva/ordinary"),
        "/study/watching-people-sleep": saved("veeva/sparse"),
        "/clinical-trials/listings/NCT99000431/": saved("trialx-family/centerwatch-ordinary"),
    }

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(path)
        body = self.answers.get(path, b"")
        self.send_response(200 if body else 404)
        self.send_header(
            "Content-Type", "text/plain" if path.endswith(".txt") else "text/html; charset=utf-8"
        )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is its own."""


@pytest.fixture
def base_url() -> Iterator[str]:
    _Sites.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sites)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def scrape(data: Path, base_url: str, *arguments: object) -> dict[str, object]:
    counts = trials_json(data, "scrape", *arguments, "--base-url", base_url, "--delay", 0)
    assert isinstance(counts, dict)
    return counts


def test_veeva_is_fetched_from_its_sitemap(tmp_path: Path, base_url: str) -> None:
    counts = scrape(tmp_path, base_url, "veeva", "--all")
    assert (counts["expected"], counts["fetched"], counts["trials"]) == (2, 2, 2)
    assert rows(tmp_path, "select trial_id, url from trials order by 1") == [
        ("NCT99000421", f"https://ctv.veeva.com/study/{LAMPS}"),
        ("veeva:watching-people-sleep", "https://ctv.veeva.com/study/watching-people-sleep"),
    ]
    assert _Sites.asked[0] == "/robots.txt" and "/study-search" not in _Sites.asked


def test_veeva_since_asks_only_for_pages_that_the_sitemap_dates_later(tmp_path: Path, base_url: str) -> None:
    assert scrape(tmp_path, base_url, "veeva", "--since", "2025-01-01")["fetched"] == 1


def test_veeva_page_is_fetched_by_its_address(tmp_path: Path, base_url: str) -> None:
    counts = scrape(tmp_path, base_url, "veeva", "--url", f"https://ctv.veeva.com/study/{LAMPS}?ref=1")
    assert counts["fetched"] == 1


def test_centerwatch_listing_is_fetched_by_its_id(tmp_path: Path, base_url: str) -> None:
    assert scrape(tmp_path, base_url, "trialx-family", "--id", "centerwatch-NCT99000431")["fetched"] == 1
    assert rows(tmp_path, "select age_raw from records") == [("Ages 42-89",)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("veeva", "--query", "lamps"), "robots.txt: /study-search"),
        (("trialx-family", "--query", "lamps"), "--url or --id"),
        (("trialx-family", "--all"), "--url or --id"),
        (("medicaltrial", "--all"), "import FILE"),
    ],
)
def test_what_cannot_be_fetched_is_said_in_one_line(
    tmp_path: Path, base_url: str, arguments: tuple[str, ...], message: str
) -> None:
    result = trials(tmp_path, "scrape", *arguments, "--base-url", base_url, "--delay", 0)
    assert result.exit_code == 2 and message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert [path for path in _Sites.asked if path != "/robots.txt"] == []
