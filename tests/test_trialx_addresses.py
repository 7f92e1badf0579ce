"""TrialX addresses: what is a listing, what it is kept under, and what a search answer links to."""

import pytest

from scraper.errors import SettingsError
from scraper.model import Page
from scraper.sources import trialx
from tests.listings import LISTINGS
from tests.markups import MARKUPS

KEPT = "https://www.trialx.com/clinical-trials/listings/297426/"
SEARCH = "https://www.trialx.com/clinical-trials/listings/search/?q=leukemia&place=&geo_lat=&geo_lng=&user_country="


@pytest.mark.parametrize(
    "address",
    [
        KEPT,
        KEPT[:-1],
        "https://trialx.com/clinical-trials/listings/297426",
        "http://www.trialx.com/clinical-trials/listings/297426/a-study-of-salt-2/",
        KEPT + "a-study-of-salt",
        KEPT + "a-study-of-salt/?radius=50",
        KEPT + "a-study-of-salt/?&radius=50",
        KEPT + "?place=A&user_country=Almada+N",
        KEPT + "x/?&geo_lat=40.1,2&geo_lng=%20-3#top",
    ],
)
def test_an_address_is_kept_by_its_number_alone(address: str) -> None:
    assert trialx.canonical_url(address) == KEPT
    assert trialx.record_url(address) == KEPT


@pytest.mark.parametrize(
    "address",
    [
        "https://www.trialx.com/clinical-trials/listings/",
        "https://www.trialx.com/clinical-trials/listings/search/?q=1",
        "https://www.trialx.com/clinicaltrial/297426/a-study/",
        "https://www.trialx.com/clinical-trials/listings/297426/slug/comments/",
        "https://evil.example/clinical-trials/listings/297426/",
        "https://www.trialx.com.evil.example/clinical-trials/listings/297426/",
        "ftp://www.trialx.com/clinical-trials/listings/297426/",
        "https://[broken/clinical-trials/listings/297426/",
        "",
    ],
)
def test_any_other_address_is_refused(address: str) -> None:
    with pytest.raises(SettingsError):
        trialx.canonical_url(address)


@pytest.mark.parametrize("identity", ["297426", "trialx-297426", "trialx:297426", " 297426 "])
def test_an_id_gives_the_address(identity: str) -> None:
    assert trialx.record_url(identity) == KEPT


@pytest.mark.parametrize("identity", ["NCT01234567", "", "a-study-of-salt", "-5", "2974.26"])
def test_an_id_of_another_form_is_refused(identity: str) -> None:
    with pytest.raises(SettingsError, match="expected a number"):
        trialx.record_url(identity)


def test_a_search_asks_for_the_words() -> None:
    assert trialx.search_url("leukemia", "") == SEARCH
    assert trialx.search_url("mal & vie", "2026-01-01").endswith(
        "?q=mal+%26+vie&place=&geo_lat=&geo_lng=&user_country=&sort_by=last_updated"
    )


# ── the address of a saved page ─────────────────────────────────────────────────────────────────────────


def identity(body: str, name: str, url: str = "folder/file") -> tuple[str, str]:
    """The address and the source id of a page."""
    listing = LISTINGS[0]
    page = Page(source="trialx", url=url, body=body.encode(), fetched_at="", name=name)
    (part,) = trialx.split(page)
    assert isinstance(part, Page)
    record = trialx.parse(part)
    assert record.brief_title == listing.title
    assert record.url == (part.url if part.url.startswith("https:") else "")
    return part.url, record.source_id


PLAIN = MARKUPS["plain"](LISTINGS[0])
SAVED = MARKUPS["headings"](LISTINGS[0])
OWN = f"https://www.trialx.com/clinical-trials/listings/{LISTINGS[0].listing_id}/"


def test_a_fetched_page_goes_by_the_number_of_its_address() -> None:
    assert identity(PLAIN, "", KEPT + "slug/?radius=50") == (KEPT, "297426")


def test_saved_text_goes_by_its_file_name() -> None:
    assert identity(PLAIN, "trialx-297426.txt") == (KEPT, "trialx-297426")
    assert identity(PLAIN, "folder/trialx-297426.txt.gz") == (KEPT, "trialx-297426")
    assert identity(PLAIN, "my listing.txt") == ("folder/file", "my listing")


def test_saved_html_goes_by_the_address_it_names() -> None:
    assert identity(SAVED, "whatever.html") == (OWN, LISTINGS[0].listing_id)


def test_saved_html_without_an_address_goes_by_its_file_name() -> None:
    bare = SAVED.replace('rel="canonical"', 'rel="shortcut"').replace("og:url", "og:site")
    assert identity(bare, "trialx-297426.html") == (KEPT, "trialx-297426")
    assert identity(bare, "page.html") == ("folder/file", "page")


def test_the_comment_of_a_browser_names_the_address() -> None:
    bare = SAVED.replace('rel="canonical"', 'rel="shortcut"').replace("og:url", "og:site")
    comment = f"<!-- saved from url=(0058){OWN}some-slug/ -->\n"
    assert identity(bare.replace("<html", comment + "<html", 1), "page.html") == (OWN, LISTINGS[0].listing_id)


def test_an_address_of_another_site_is_not_taken() -> None:
    foreign = SAVED.replace("www.trialx.com", "mirror.example")
    assert identity(foreign, "page.html") == ("folder/file", "page")


# ── recognition ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("markup", MARKUPS)
def test_a_listing_is_recognised_in_every_markup_without_its_address(markup: str) -> None:
    for listing in LISTINGS:
        body = MARKUPS[markup](listing).replace("trialx.com", "mirror.example").encode()
        assert trialx.recognise("page", body[: 1 << 16]), listing.listing_id


def test_the_beginning_of_a_listing_is_recognised() -> None:
    assert trialx.recognise("a.txt", b"Salt\n\nRecruiting\n\nPowered by AI\n\nOverview\n\nThis tri")


@pytest.mark.parametrize(
    "body",
    [
        "",
        '{"protocolSection": {"a": "Overview", "b": "Study details"}}',
        '[{"Overview": 1}]',
        '<?xml version="1.0"?><clinical_study><a>Overview</a><b>Study details</b></clinical_study>',
        "Overview\n\nEligibility\n\nDescription",
        "Study details\n\nOverview",
        "The overview of the study details is below.",
        "<html><body><h2>Study Overview</h2><h2>Eligibility Criteria</h2><h2>Study Details</h2></body></html>",
    ],
)
def test_other_content_is_not_claimed(body: str) -> None:
    assert not trialx.recognise("file.html", body.encode())


# ── search answers ──────────────────────────────────────────────────────────────────────────────────────


def answer(body: str, url: str = SEARCH) -> tuple[tuple[str, ...], str]:
    page = Page(source="trialx", url=url, body=body.encode(), fetched_at="")
    listing = trialx.read_listing(page)
    return listing.urls, listing.next_url


def kept(*numbers: int) -> tuple[str, ...]:
    return tuple(f"https://www.trialx.com/clinical-trials/listings/{number}/" for number in numbers)


@pytest.mark.parametrize(
    "link",
    [
        '<a class="search-item--link" href="/clinical-trials/listings/5/salt/?radius=50&amp;place=">',
        "<a href='https://trialx.com/clinical-trials/listings/5/salt'>",
        "<a href=/clinical-trials/listings/5/>",
        '<a href="//www.trialx.com/clinical-trials/listings/5">',
        '<div data-href="/clinical-trials/listings/5/salt/"></div>',
        '{"html": "<a href=\\"\\/clinical-trials\\/listings\\/5\\/salt\\/\\">Salt<\\/a>"}',
        "<url><loc>https://www.trialx.com/clinical-trials/listings/5/salt/</loc></url>",
    ],
)
def test_a_listing_is_found_in_any_markup(link: str) -> None:
    assert tuple(map(trialx.canonical_url, answer(link)[0])) == kept(5)


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/clinical-trials/listings/">',
        '<a href="/clinical-trials/listings/search/?q=5">',
        '<a href="/clinicaltrial/5/salt/">',
        '<a href="https://evil.example/clinical-trials/listings/5/">',
        '<a href="/log-in?next=/clinical-trials/listings/5/">',
        '<a href="/clinical-trials/listings/5/salt/send-a-message/">',
    ],
)
def test_other_links_are_left(link: str) -> None:
    assert answer(link) == ((), "")


def results(count: int, rest: str = "") -> str:
    return (
        "".join(f'<a href="/clinical-trials/listings/{n}/x/">{n}</a>' for n in range(1, count + 1)) * 2 + rest
    )


def test_listings_come_once_and_in_order() -> None:
    assert tuple(map(trialx.canonical_url, answer(results(3))[0])) == kept(1, 2, 3)


def test_a_full_page_has_a_next_one() -> None:
    assert answer(results(10))[1] == SEARCH + "&page=2"
    assert answer(results(10), SEARCH + "&page=7")[1] == SEARCH + "&page=8"


def test_a_page_that_is_not_full_is_the_last() -> None:
    assert answer(results(9))[1] == ""
    assert answer(results(0))[1] == ""


def test_the_sites_own_paging_goes_before_counting() -> None:
    more = '<ul class="pagination"><a class="page-link" href="?q=leukemia&amp;page=2">2</a></ul>'
    assert answer(results(4, more))[1] == SEARCH + "&page=2"
    assert answer(results(10, more), SEARCH + "&page=2")[1] == ""


def test_a_sitemap_has_no_next_page() -> None:
    sitemap = "".join(f"<url><loc>{url}</loc></url>" for url in kept(*range(1, 30)))
    assert answer(sitemap, "https://www.trialx.com/sitemap.xml") == (kept(*range(1, 30)), "")
