"""robots.txt: read once a host and run, obeyed for pages, and no page without it."""

from collections.abc import Iterator

import pytest

from scraper.errors import FetchError, ForbiddenError, StoppedError
from scraper.settings import Settings
from tests import server_faults as faults
from tests.server import SiteServer
from tests.server_answer import Answer
from tests.server_faults import Fault
from tests.server_source import API, LIST, LISTING_SITE, REGISTRY, Clock, client_of, listing, study

URL = f"{LIST}1/trial-one/"


@pytest.fixture
def server() -> Iterator[SiteServer]:
    with SiteServer() as server:
        server.listings.add("1", listing("one"))
        server.listings.add("2", listing("two"))
        server.registry.add(study("NCT00000001"))
        yield server


def test_robots_is_read_once_for_each_host(server: SiteServer) -> None:
    with client_of(server, LISTING_SITE) as client:
        client.fetch(URL)
        client.fetch(f"{LIST}2/trial-two/")
        client.fetch("https://trialx.com/clinical-trials/listings/1/trial-one/")
    assert [request.path for request in server.asked()].count("/robots.txt") == 2
    assert server.asked()[0].path == "/robots.txt"


def test_interface_is_asked_without_robots(server: SiteServer) -> None:
    with client_of(server, REGISTRY) as client:
        assert client.fetch(f"{API}/NCT00000001") is not None
    assert server.asked("robots") == []


@pytest.mark.parametrize(
    "rules",
    [
        "User-agent: *\nDisallow: /",
        "User-agent: trials-scraper\nDisallow: /clinical-trials/listings/",
        "User-agent: *\nAllow: /\n\nUser-agent: Trials-Scraper\nDisallow: /*/listings",
        "\ufeffUser-agent: *\r\nDisallow: /clinical-trials/",
    ],
)
def test_forbidden_page_is_not_fetched(server: SiteServer, rules: str) -> None:
    server.listings.robots = rules
    with (
        client_of(server, LISTING_SITE) as client,
        pytest.raises(ForbiddenError, match=r"robots\.txt forbids"),
    ):
        client.fetch(URL)
    assert [request.path for request in server.asked()] == ["/robots.txt"]


def test_page_behind_a_redirect_is_forbidden_too(server: SiteServer) -> None:
    server.listings.robots = "User-agent: *\nDisallow: /*one"
    with client_of(server, LISTING_SITE) as client, pytest.raises(ForbiddenError):
        client.fetch(f"{LIST}1/")
    assert [request.path for request in server.asked()] == ["/robots.txt", "/clinical-trials/listings/1/"]


@pytest.mark.parametrize(
    "rules",
    [
        "User-agent: otherbot\nDisallow: /",
        "User-agent: *\nDisallow:",
        "<html><body>Not a robots file</body></html>",
        "\x00\x01\ufffd: : :\nDisallow\nUser-agent",
    ],
)
def test_robots_that_says_nothing_to_us_allows(server: SiteServer, rules: str) -> None:
    server.listings.robots = rules
    with client_of(server, LISTING_SITE) as client:
        assert client.fetch(URL) is not None


def test_robots_of_random_bytes_allows(server: SiteServer) -> None:
    noise = bytes(range(256)) * 4000
    server.fail("robots", lambda handler, page: Answer(200, noise, {"Content-Type": "text/plain"}))
    with client_of(server, LISTING_SITE) as client:
        assert client.fetch(URL) is not None


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410])
def test_missing_robots_allows(server: SiteServer, code: int) -> None:
    server.fail("robots", faults.status(code))
    with client_of(server, LISTING_SITE) as client:
        assert client.fetch(URL) is not None


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(500),
        faults.status(503),
        faults.status(429),
        faults.status(204),
        faults.silence(0.4),
        faults.drip(),
        faults.reset(),
        faults.cut_off(),
        faults.redirect("/robots.txt"),
        faults.redirect("https://evil.example/robots.txt"),
        faults.gzip_bomb(),
    ],
)
def test_robots_that_cannot_be_had_stops_the_source(server: SiteServer, fault: Fault) -> None:
    server.fail("robots", fault)
    settings = Settings(attempts=2, timeout_seconds=0.2, total_seconds=0.3, max_body_bytes=1 << 20)
    with client_of(server, LISTING_SITE, settings=settings) as client, pytest.raises(StoppedError) as caught:
        client.fetch(URL)
    assert caught.value.url == "https://www.trialx.com/robots.txt"
    assert server.asked("listings") == []


def test_robots_that_is_broken_for_a_moment_is_asked_again(server: SiteServer) -> None:
    server.fail("robots", faults.status(503), times=2)
    with client_of(server, LISTING_SITE) as client:
        assert client.fetch(URL) is not None
    assert len(server.asked("robots")) == 3


def test_robots_may_be_redirected_within_the_source(server: SiteServer) -> None:
    server.fail("^/robots.txt$", faults.redirect("/robots2.txt"))
    server.fail("^/robots2.txt$", lambda handler, page: Answer(200, b"User-agent: *\nDisallow: /"))
    with client_of(server, LISTING_SITE) as client, pytest.raises(ForbiddenError):
        client.fetch(URL)


@pytest.mark.parametrize(
    ("rules", "pause"),
    [
        ("Crawl-delay: 7", 7.0),
        ("Crawl-delay: 0.2", 1.0),
        ("Crawl-delay: many", 1.0),
        ("Crawl-delay: -3", 1.0),
        ("Crawl-delay: inf", 1.0),
        ("Request-rate: 1/5", 5.0),
        ("Crawl-delay: 1e300", 86_400.0),
        (f"Request-rate: 1/{'9' * 400}", 86_400.0),
        (f"Request-rate: {'9' * 400}/1", 1.0),
    ],
)
def test_larger_of_crawl_delay_and_own_pause_is_kept(server: SiteServer, rules: str, pause: float) -> None:
    server.listings.robots = f"User-agent: *\n{rules}\n"
    clock = Clock()
    with client_of(server, LISTING_SITE, clock) as client:
        client.fetch(URL)
        client.fetch(URL)
    assert clock.slept == [pause, pause]


def test_long_crawl_delay_is_said_once(server: SiteServer) -> None:
    server.listings.crawl_delay = 30
    lines: list[str] = []
    with client_of(server, LISTING_SITE, say=lines.append) as client:
        client.fetch(URL)
        client.fetch(URL)
    assert len(lines) == 1
    assert "30 s between two requests" in lines[0]


def test_sitemaps_are_exposed_under_live_addresses(server: SiteServer) -> None:
    server.listings.robots = f"Sitemap: {server.base_url}/a.xml\nSitemap: https://trialx.com/b.xml\n"
    with client_of(server, LISTING_SITE) as client:
        assert client.sitemaps(URL) == ("https://www.trialx.com/a.xml", "https://trialx.com/b.xml")
    with client_of(server, REGISTRY) as client:
        assert client.sitemaps(f"{API}/NCT00000001") == ()


def test_forbidden_is_a_fetch_error() -> None:
    assert issubclass(ForbiddenError, FetchError)
