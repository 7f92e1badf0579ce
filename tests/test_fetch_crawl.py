"""From a question to pages: paging, tokens, sitemaps, single addresses, and going on after a kill."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from scraper.errors import FetchError, ForbiddenError, ParseError, SettingsError, StoppedError
from scraper.fetch.crawl import crawl
from scraper.fetch.events import (
    Event,
    Expected,
    Failed,
    Fetched,
    Forbidden,
    Kept,
    Listed,
    Progress,
    Request,
    Unchanged,
)
from scraper.model import Page, Problem
from scraper.sources.source import Source
from tests import server_faults as faults
from tests.server import SiteServer
from tests.server_answer import Answer
from tests.server_source import API, LIST, LISTING_SITE, REGISTRY, client_of, listing, study


@pytest.fixture
def server() -> Iterator[SiteServer]:
    with SiteServer() as server:
        for number in range(1, 24):
            server.listings.add(str(number), listing(f"number {number} {'odd' if number % 2 else 'even'}"))
        for number in range(1, 6):
            server.registry.add(study(f"NCT0000000{number}", posted=f"2026-0{number}-15"))
        yield server


def told(
    server: SiteServer, source: Source, request: Request, done: frozenset[str] = frozenset()
) -> list[Event]:
    """Everything a crawl of the loopback server tells."""
    with client_of(server, source) as client:
        return list(crawl(client, source, request, done=done.__contains__))


def fetched(events: list[Event]) -> list[str]:
    """The addresses that arrived, study by study."""
    return [
        part.url for event in events if isinstance(event, Fetched) for part in event.parts or (event.page,)
    ]


def last_expected(events: list[Event]) -> int:
    return [event.total for event in events if isinstance(event, Expected)][-1]


def listings(*numbers: int) -> list[str]:
    return [f"{LIST}{number}/" for number in numbers]


def studies(*numbers: int) -> list[str]:
    return [f"{API}/NCT{number:08}" for number in numbers]


# ── single addresses ────────────────────────────────────────────────────────────────────────────────────


def test_ids_and_addresses_are_fetched_once_each_under_the_address_kept(server: SiteServer) -> None:
    urls = (
        f"{LIST}2/trial-number-2-even/?&radius=50",
        "https://trialx.com/clinical-trials/listings/2?place=A",
    )
    events = told(server, LISTING_SITE, Request(ids=("1",), urls=urls))
    assert fetched(events) == listings(1, 2)
    assert last_expected(events) == 2
    assert not any("radius" in request.query for request in server.asked())


def test_slug_of_a_found_address_spares_the_redirect(server: SiteServer) -> None:
    told(server, LISTING_SITE, Request(urls=(f"{LIST}2/trial-number-2-even/?&radius=50",)))
    assert [request.path for request in server.asked("listings")] == [
        "/clinical-trials/listings/2/trial-number-2-even/"
    ]


def test_foreign_address_stops_before_anything_is_fetched(server: SiteServer) -> None:
    with client_of(server, LISTING_SITE) as client, pytest.raises(SettingsError):
        crawl(client, LISTING_SITE, Request(ids=("1",), urls=("https://evil.example/",)))
    assert server.asked() == []


def test_missing_page_costs_that_page(server: SiteServer) -> None:
    events = told(server, LISTING_SITE, Request(ids=("1", "999", "2")))
    assert Failed(f"{LIST}999/", "status 404", "status 200", 404) in events
    assert fetched(events) == listings(1, 2)
    assert last_expected(events) == 3


def test_error_page_with_status_200_arrives_and_the_source_refuses_it(server: SiteServer) -> None:
    server.fail("/listings/1/", faults.error_page())
    events = told(server, LISTING_SITE, Request(ids=("1",)))
    page = next(event.page for event in events if isinstance(event, Fetched))
    assert b"Something went wrong" in page.body
    with pytest.raises(ParseError):
        LISTING_SITE.parse(page)


def test_page_that_is_cut_off_is_fetched_again_in_the_same_run(server: SiteServer) -> None:
    server.fail("/listings/1/trial", faults.cut_off(), times=1)
    events = told(server, LISTING_SITE, Request(ids=("1",)))
    assert [event.page.body for event in events if isinstance(event, Fetched)] == [listing("number 1 odd")]


def test_unchanged_page_is_told_as_such(server: SiteServer) -> None:
    first = told(server, LISTING_SITE, Request(ids=("1", "2")))
    kept = {e.page.url: (e.page.headers["etag"], "") for e in first if isinstance(e, Fetched)}
    server.listings.add("2", listing("number 2 changed"))
    with client_of(server, LISTING_SITE) as client:
        events = list(crawl(client, LISTING_SITE, Request(ids=("1", "2")), known=kept.__getitem__))
    assert Unchanged(f"{LIST}1/") in events
    assert fetched(events) == listings(2)


def test_page_that_robots_forbids_is_skipped_and_not_expected(server: SiteServer) -> None:
    server.listings.robots = "User-agent: *\nDisallow: /clinical-trials/listings/2/"
    events = told(server, LISTING_SITE, Request(ids=("1", "2", "3")))
    assert Forbidden(f"{LIST}2/") in events
    assert fetched(events) == listings(1, 3)
    assert last_expected(events) == 2
    assert server.asked("listings/2/") == []


def test_two_ids_of_one_trial_bring_it_once(server: SiteServer) -> None:
    server.registry.add(study("NCT00000001", aliases=("NCT00000077",)))
    events = told(server, REGISTRY, Request(ids=("NCT00000001", "NCT00000077")))
    assert fetched(events) == studies(1)
    assert last_expected(events) == 1


def test_redirect_to_a_page_of_no_trial_is_a_failure(server: SiteServer) -> None:
    server.fail("/listings/1/$", faults.redirect("/clinical-trials/listings/"))
    events = told(server, LISTING_SITE, Request(ids=("1",)))
    assert Failed(f"{LIST}1/", f"a redirect to {LIST}", "a page of one trial") in events


def test_site_that_is_down_is_left_after_ten_addresses(server: SiteServer) -> None:
    server.fail("/listings/", faults.status(503))
    with (
        client_of(server, LISTING_SITE) as client,
        pytest.raises(StoppedError, match="10 addresses in a row"),
    ):
        list(crawl(client, LISTING_SITE, Request(ids=tuple(map(str, range(1, 24))))))
    assert len(server.asked("/listings/")) == 30


def test_missing_pages_in_a_row_do_not_look_like_a_site_that_is_down(server: SiteServer) -> None:
    events = told(server, LISTING_SITE, Request(ids=tuple(map(str, range(500, 530)))))
    assert len([event for event in events if isinstance(event, Failed)]) == 30


def test_broken_robots_stops_the_crawl(server: SiteServer) -> None:
    server.fail("robots", faults.status(500))
    with client_of(server, LISTING_SITE) as client, pytest.raises(StoppedError, match=r"robots\.txt"):
        list(crawl(client, LISTING_SITE, Request(ids=("1", "2"))))
    assert server.asked("/listings/") == []


# ── searches of a listing site ──────────────────────────────────────────────────────────────────────────


def test_search_reads_every_page_of_results_and_each_trial_once(server: SiteServer) -> None:
    events = told(server, LISTING_SITE, Request(query="number"))
    assert fetched(events) == listings(*range(1, 24))
    assert [event.next_url for event in events if isinstance(event, Progress)][-1] == ""
    assert [len(event.urls) for event in events if isinstance(event, Listed)] == [10, 10, 3]
    assert last_expected(events) == 23
    assert len(server.asked("search")) == 3


def test_search_finds_by_words(server: SiteServer) -> None:
    assert fetched(told(server, LISTING_SITE, Request(query="odd"))) == listings(*range(1, 24, 2))


def test_search_without_results_is_no_error(server: SiteServer) -> None:
    events = told(server, LISTING_SITE, Request(query="nowhere"))
    assert fetched(events) == []
    assert events == [Progress("")]


def test_limit_ends_a_search_early(server: SiteServer) -> None:
    events = told(server, LISTING_SITE, Request(query="number", limit=12))
    assert fetched(events) == listings(*range(1, 13))
    assert last_expected(events) == 12
    assert len(server.asked("search")) == 2


def test_search_whose_pages_never_end_is_stopped(server: SiteServer) -> None:
    server.listings.endless = True
    with client_of(server, LISTING_SITE) as client, pytest.raises(FetchError, match="20 answers in a row"):
        list(crawl(client, LISTING_SITE, Request(query="number")))
    assert len(server.asked("search")) == 21
    assert len(server.asked("/listings/1/")) == 1


def test_forbidden_search_says_so(server: SiteServer) -> None:
    server.listings.robots = "User-agent: *\nDisallow: /clinical-trials/listings/search/"
    with client_of(server, LISTING_SITE) as client, pytest.raises(ForbiddenError, match="search"):
        list(crawl(client, LISTING_SITE, Request(query="number")))


def test_search_answer_that_is_an_error_page_stops_with_its_address(server: SiteServer) -> None:
    server.fail("search.*page=2", faults.error_page())
    with (
        client_of(server, LISTING_SITE) as client,
        pytest.raises(FetchError, match="page without results") as caught,
    ):
        list(crawl(client, LISTING_SITE, Request(query="number")))
    assert caught.value.url.startswith(f"{LIST}search/?q=number&page=2")


def test_killed_search_goes_on_where_it_stopped(server: SiteServer) -> None:
    before: list[Event] = []
    with client_of(server, LISTING_SITE) as client:
        for event in crawl(client, LISTING_SITE, Request(query="number")):
            before.append(event)
            if len(fetched(before)) == 14:
                break
    had = fetched(before)
    resume_url = [event.next_url for event in before if isinstance(event, Progress)][-1]
    server.requests.clear()
    request = Request(query="number", resume_url=resume_url, already=14, expected=last_expected(before))
    after = told(server, LISTING_SITE, request, frozenset(had))
    assert sorted(had + fetched(after)) == sorted(listings(*range(1, 24)))
    assert [event.url for event in after if isinstance(event, Kept)] == listings(11, 12, 13, 14)
    assert last_expected(after) == 23
    assert [request.query for request in server.asked("search")] == ["q=number&page=2", "q=number&page=3"]


def test_killed_search_keeps_its_limit(server: SiteServer) -> None:
    request = Request(query="number", limit=12, already=8, expected=10)
    events = told(server, LISTING_SITE, request, frozenset(listings(*range(1, 9))))
    assert fetched(events) == listings(9, 10, 11, 12)
    assert last_expected(events) == 12


# ── sitemaps ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("packed", [False, True])
def test_sitemap_named_by_robots_gives_every_trial(server: SiteServer, packed: bool) -> None:
    server.listings.packed_sitemap = packed
    events = told(server, LISTING_SITE, Request())
    assert fetched(events) == listings(*range(1, 24))
    assert last_expected(events) == 23
    assert server.asked("search") == []


def test_sitemap_is_not_read_when_not_wanted_or_not_named(server: SiteServer) -> None:
    assert len(fetched(told(server, LISTING_SITE, Request(sitemap=False)))) == 23
    server.listings.robots = "User-agent: *\nDisallow:"
    assert len(fetched(told(server, LISTING_SITE, Request()))) == 23
    assert server.asked("sitemap") == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>no map</body></html>",
        b"<urlset><url>",
        b"\x1f\x8bnot packed",
        b"just words",
        b"\x00\xff" * 50,
    ],
)
def test_broken_sitemap_is_told_and_the_search_takes_its_place(server: SiteServer, body: bytes) -> None:
    server.fail("sitemap", lambda handler, page: Answer(200, body))
    events = told(server, LISTING_SITE, Request())
    assert [event.url for event in events if isinstance(event, Failed)] == [
        "https://www.trialx.com/sitemap.xml"
    ]
    assert len(fetched(events)) == 23


def test_files_that_a_sitemap_names_as_entities_are_not_read(
    server: SiteServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("secret") / "trial"
    secret.write_text(f"{LIST}5/")
    doctype = f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    xml = f"{doctype}<urlset><url><loc>&x;</loc></url><url><loc>{LIST}7/</loc></url></urlset>"
    server.fail("sitemap", lambda handler, page: Answer(200, xml.encode()))
    assert fetched(told(server, LISTING_SITE, Request())) == listings(7)


def test_sitemap_with_an_entity_bomb_costs_no_memory_and_is_told(server: SiteServer) -> None:
    bomb = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 12))
    xml = (
        f'<!DOCTYPE urlset [<!ENTITY b0 "lol">{bomb}]><urlset a="&b11;"><url><loc>&b11;</loc></url></urlset>'
    )
    server.fail("sitemap", lambda handler, page: Answer(200, xml.encode()))
    events = told(server, LISTING_SITE, Request(limit=2))
    assert [event.url for event in events if isinstance(event, Failed)] == [
        "https://www.trialx.com/sitemap.xml"
    ]
    assert fetched(events) == listings(1, 2)


def test_sitemap_index_that_names_itself_ends(server: SiteServer) -> None:
    index = "<sitemapindex><sitemap><loc>https://www.trialx.com/sitemap.xml</loc></sitemap></sitemapindex>"
    server.fail("sitemap", lambda handler, page: Answer(200, index.encode()))
    told(server, LISTING_SITE, Request(limit=1))
    assert len(server.asked("sitemap")) == 1


def test_since_passes_over_pages_that_the_sitemap_dates_earlier(server: SiteServer) -> None:
    entries = "".join(
        f"<url><loc>{LIST}{number}/</loc><lastmod>{changed}</lastmod></url>"
        for number, changed in [
            (1, "2026-01-31"),
            (2, "2026-02-01T08:00:00Z"),
            (3, "2026-02"),
            (4, "2025"),
            (5, ""),
        ]
    )
    server.fail("sitemap", lambda handler, page: Answer(200, f"<urlset>{entries}</urlset>".encode()))
    assert fetched(told(server, LISTING_SITE, Request(since="2026-02-01"))) == listings(2, 3, 5)


# ── bulk answers of an interface ────────────────────────────────────────────────────────────────────────


def test_bulk_search_follows_tokens_and_knows_the_registrys_total(server: SiteServer) -> None:
    events = told(server, REGISTRY, Request(query="trial"))
    assert fetched(events) == studies(1, 2, 3, 4, 5)
    assert last_expected(events) == 5
    assert [len(event.parts) for event in events if isinstance(event, Fetched)] == [2, 2, 1]
    assert [bool(event.next_url) for event in events if isinstance(event, Progress)] == [True, True, False]


def test_bulk_page_is_the_answer_as_it_came(server: SiteServer) -> None:
    event = next(
        event for event in told(server, REGISTRY, Request(query="trial")) if isinstance(event, Fetched)
    )
    assert event.page.url == f"{API}?query.term=trial&pageSize=2&countTotal=true"
    assert event.page.body.startswith(b'{"studies":[')


def test_empty_page_in_between_does_not_end_a_search(server: SiteServer) -> None:
    server.registry.empty_page = 2
    assert fetched(told(server, REGISTRY, Request(query="trial"))) == studies(1, 2, 3, 4, 5)
    assert len(server.asked("query.term")) == 4


def test_since_asks_for_what_changed(server: SiteServer) -> None:
    assert fetched(told(server, REGISTRY, Request(query="trial", since="2026-04-01"))) == studies(4, 5)


def test_limit_cuts_a_bulk_answer(server: SiteServer) -> None:
    events = told(server, REGISTRY, Request(query="trial", limit=3))
    assert fetched(events) == studies(1, 2, 3)
    assert last_expected(events) == 3
    assert len(server.asked("query.term")) == 2


def test_token_that_repeats_stops_the_search(server: SiteServer) -> None:
    server.registry.repeat_token = True
    with (
        client_of(server, REGISTRY) as client,
        pytest.raises(FetchError, match="next page that was there already"),
    ):
        list(crawl(client, REGISTRY, Request(query="trial")))
    assert len(server.asked("query.term")) == 2


def test_tokens_without_end_stop_the_search(server: SiteServer) -> None:
    server.registry.endless = True
    with client_of(server, REGISTRY) as client, pytest.raises(FetchError, match="20 answers in a row"):
        list(crawl(client, REGISTRY, Request(query="trial")))
    assert len(server.asked("query.term")) == 21


def test_search_that_brings_far_more_than_its_total_is_stopped(server: SiteServer) -> None:
    def parts(page: Page) -> Iterator[Page | Problem]:
        # Every answer brings 600 studies that never were there.
        for number in range(600):
            yield replace_url(page, f"{API}/{len(server.asked())}-{number}")

    server.registry.endless = True
    source = replace(REGISTRY, split=parts)
    with (
        client_of(server, source) as client,
        pytest.raises(FetchError, match="expected 5, as the source itself says"),
    ):
        list(crawl(client, source, Request(query="trial")))
    assert len(server.asked()) == 2


def replace_url(page: Page, url: str) -> Page:
    return Page(source=page.source, url=url, body=page.body, fetched_at=page.fetched_at)


def test_html_where_json_was_due_stops_the_search_with_its_address(server: SiteServer) -> None:
    server.fail("query.term", faults.error_page())
    with client_of(server, REGISTRY) as client, pytest.raises(FetchError, match="expected JSON") as caught:
        list(crawl(client, REGISTRY, Request(query="trial")))
    assert caught.value.url == f"{API}?query.term=trial&pageSize=2&countTotal=true"


def test_bad_query_is_told_with_the_status(server: SiteServer) -> None:
    server.fail("query.term", faults.status(400))
    with (
        client_of(server, REGISTRY) as client,
        pytest.raises(FetchError, match="check the words of the query"),
    ):
        list(crawl(client, REGISTRY, Request(query="trial")))


def test_killed_bulk_search_goes_on_at_its_token(server: SiteServer) -> None:
    events = told(server, REGISTRY, Request(query="trial"))
    token = next(event.next_url for event in events if isinstance(event, Progress))
    server.requests.clear()
    after = told(
        server,
        REGISTRY,
        Request(query="trial", resume_url=token, already=2, expected=5),
        frozenset(studies(1, 2)),
    )
    assert fetched(after) == studies(3, 4, 5)
    assert last_expected(after) == 5
    assert len(server.asked()) == 2


def test_token_that_no_longer_holds_starts_the_search_anew(server: SiteServer) -> None:
    request = Request(
        query="trial",
        resume_url=f"{API}?query.term=trial&pageSize=2&pageToken=expired",
        already=2,
        expected=5,
    )
    after = told(server, REGISTRY, request, frozenset(studies(1, 2)))
    assert fetched(after) == studies(1, 2, 3, 4, 5)
    assert last_expected(after) == 5


def test_busy_interface_costs_no_study(server: SiteServer) -> None:
    server.fail("query.term", faults.too_many_requests("2"), every=2)
    assert fetched(told(server, REGISTRY, Request(query="trial"))) == studies(1, 2, 3, 4, 5)
