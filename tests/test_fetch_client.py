"""The polite client over real sockets: pauses, patience, versions, redirects."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from scraper.errors import FetchError, SettingsError, StoppedError
from scraper.fetch.client import Client
from scraper.fetch.connection import PrivateAddressError, refuse_private
from scraper.settings import Settings
from tests import server_faults as faults
from tests.server import SiteServer
from tests.server_source import API, LIST, LISTING_SITE, REGISTRY, Clock, client_of, listing, study


@pytest.fixture
def server() -> Iterator[SiteServer]:
    with SiteServer() as server:
        for number in range(1, 4):
            server.listings.add(str(number), listing(f"number {number}"))
        server.registry.add(study("NCT00000001", aliases=("NCT00000009",)))
        yield server


def test_page_comes_back_under_its_live_address_with_its_bytes(server: SiteServer) -> None:
    when = datetime(2026, 5, 1, 10, 0, 0, 999, UTC)
    with Client(Settings(), LISTING_SITE, server.base_url, sleep=Clock().sleep, now=lambda: when) as client:
        page = client.fetch(f"{LIST}1/trial-number-1/")
    assert page is not None
    assert page.url == f"{LIST}1/trial-number-1/"
    assert page.body == listing("number 1")
    assert page.source == "exlist"
    assert page.fetched_at == "2026-05-01T10:00:00Z"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["etag"].startswith('"')
    assert "127.0.0.1" not in repr(page)


def test_user_agent_names_product_and_contact(server: SiteServer) -> None:
    with client_of(server, REGISTRY) as client:
        client.fetch(f"{API}/NCT00000001")
    agent = server.asked()[0].headers["user-agent"]
    assert agent.startswith("trials-scraper/")
    assert "trials@example.org" in agent


def test_requests_carry_neither_cookies_nor_credentials(
    server: SiteServer, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / ".netrc").write_text("machine 127.0.0.1 login me password hidden")
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    server.fail("NCT", faults.header("Set-Cookie", "session=1; Path=/"))
    with client_of(server, REGISTRY) as client:
        client._session.trust_env = True
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        client.fetch(f"{API}/NCT00000001")
        page = client.fetch(f"{API}/NCT00000001")
    assert page is not None
    assert "set-cookie" not in page.headers
    assert all({"cookie", "authorization"}.isdisjoint(request.headers) for request in server.asked())


def test_pause_lies_between_two_requests(server: SiteServer) -> None:
    clock = Clock()
    with client_of(server, REGISTRY, clock) as client:
        for _ in range(3):
            client.fetch(f"{API}/NCT00000001")
    assert clock.slept == [1.0, 1.0]


def test_delay_setting_wins_over_the_source(server: SiteServer) -> None:
    clock = Clock()
    with client_of(server, REGISTRY, clock, Settings(delay_seconds=4.0)) as client:
        client.fetch(f"{API}/NCT00000001")
        clock.now += 1.5
        client.fetch(f"{API}/NCT00000001")
    assert clock.slept == [2.5]


def test_redirect_of_a_former_id_leads_to_the_current_one(server: SiteServer) -> None:
    with client_of(server, REGISTRY) as client:
        page = client.fetch(f"{API}/NCT00000009")
    assert page is not None
    assert page.url == f"{API}/NCT00000001"


def test_redirect_to_the_full_address_is_followed(server: SiteServer) -> None:
    with client_of(server, LISTING_SITE) as client:
        page = client.fetch("https://trialx.com/clinical-trials/listings/2")
    assert page is not None
    assert page.url == "https://trialx.com/clinical-trials/listings/2/trial-number-2/"


def test_redirect_with_the_live_or_the_mirrors_host_stays_on_the_mirror(server: SiteServer) -> None:
    target = "/clinical-trials/listings/3/trial-number-3/"
    with client_of(server, LISTING_SITE) as client:
        for host in ("https://www.trialx.com", server.base_url, ""):
            server.fail("/listings/1/$", faults.redirect(host + target), times=1)
            page = client.fetch(f"{LIST}1/")
            assert page is not None
            assert page.url == f"https://www.trialx.com{target}"


def test_mirror_may_lie_under_a_prefix(server: SiteServer) -> None:
    clock = Clock()
    with Client(Settings(), REGISTRY, f"{server.base_url}/mirror/ctgov/", sleep=clock.sleep) as client:
        server.fail(
            "^/mirror/ctgov/api/v2/studies/NCT00000001",
            faults.redirect("/mirror/ctgov/api/v2/studies/NCT00000002"),
        )
        server.fail("^/mirror/ctgov/api/v2/studies/NCT00000002", faults.error_page())
        page = client.fetch(f"{API}/NCT00000001")
    assert page is not None
    assert page.url == f"{API}/NCT00000002"


def test_unchanged_page_is_not_sent_again(server: SiteServer) -> None:
    with client_of(server, LISTING_SITE) as client:
        page = client.fetch(f"{LIST}1/trial-number-1/")
        assert page is not None
        etag, modified = page.headers["etag"], page.headers["last-modified"]
        assert client.fetch(page.url, (etag, "")) is None
        assert client.fetch(page.url, ("", modified)) is None
        assert client.fetch(page.url, (etag, modified)) is None
        server.listings.add("1", listing("number 1").replace(b"only", b"mostly"))
        changed = client.fetch(page.url, (etag, ""))
    assert changed is not None
    assert b"mostly" in changed.body
    assert server.asked("listings")[-1].headers["if-none-match"] == etag


def test_unasked_not_modified_is_a_failure(server: SiteServer) -> None:
    server.fail("NCT", faults.status(304))
    with client_of(server, REGISTRY) as client, pytest.raises(FetchError, match="found status 304"):
        client.fetch(f"{API}/NCT00000001")


def test_retry_after_in_seconds_is_waited_for(server: SiteServer) -> None:
    clock = Clock()
    lines: list[str] = []
    server.fail("NCT", faults.too_many_requests("120"), times=1)
    with client_of(server, REGISTRY, clock, say=lines.append) as client:
        assert client.fetch(f"{API}/NCT00000001") is not None
    assert clock.slept == [120.0]
    assert lines == [f"{API}/NCT00000001: found status 429; attempt 2 of 3 in 120.0 s"]


def test_retry_after_as_a_date_is_waited_for(server: SiteServer) -> None:
    clock = Clock()
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    server.fail("NCT", faults.status(503, {"Retry-After": until}), times=1)
    with client_of(server, REGISTRY, clock) as client:
        assert client.fetch(f"{API}/NCT00000001") is not None
    assert len(clock.slept) == 1
    assert 80 < clock.slept[0] <= 90


@pytest.mark.parametrize("words", ["", "soon", "-5", "9" * 5000, "Fri, 99 Foo 2026 99:99:99 GMT", "0"])
def test_unreadable_retry_after_falls_back_to_the_usual_wait(server: SiteServer, words: str) -> None:
    clock = Clock()
    server.fail("NCT", faults.too_many_requests(words), times=1)
    with client_of(server, REGISTRY, clock) as client:
        assert client.fetch(f"{API}/NCT00000001") is not None
    assert len(clock.slept) == 1
    assert 1.0 <= clock.slept[0] <= 1.5


def test_site_that_asks_for_hours_is_left_alone(server: SiteServer) -> None:
    clock = Clock()
    server.fail("NCT", faults.too_many_requests("7200"))
    with (
        client_of(server, REGISTRY, clock) as client,
        pytest.raises(StoppedError, match="Retry-After 7200 s"),
    ):
        client.fetch(f"{API}/NCT00000001")
    assert clock.slept == []
    assert len(server.asked()) == 1


def test_every_third_answer_429_costs_no_page(server: SiteServer) -> None:
    clock = Clock()
    server.fail("NCT", faults.too_many_requests("2"), every=3)
    with client_of(server, REGISTRY, clock) as client:
        pages = [client.fetch(f"{API}/NCT00000001") for _ in range(8)]
    assert all(pages)
    assert len(server.asked()) == 11
    assert clock.slept.count(2.0) == 3


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_busy_site_is_asked_again_with_longer_pauses(server: SiteServer, code: int) -> None:
    clock = Clock()
    server.fail("NCT", faults.status(code), times=3)
    settings = Settings(attempts=4)
    with client_of(server, REGISTRY, clock, settings) as client:
        assert client.fetch(f"{API}/NCT00000001") is not None
    first, second, third = clock.slept
    assert 1.0 <= first <= 1.5
    assert 2.0 <= second <= 3.0
    assert 4.0 <= third <= 6.0


def test_site_that_stays_busy_is_given_up_with_one_clear_line(server: SiteServer) -> None:
    server.fail("NCT", faults.status(500))
    with client_of(server, REGISTRY) as client, pytest.raises(FetchError) as caught:
        client.fetch(f"{API}/NCT00000001")
    expected = "found status 500 (3 attempts); expected status 200; the next run tries again"
    assert str(caught.value) == f"{API}/NCT00000001: {expected}"
    assert caught.value.status == 500
    assert len(server.asked()) == 3


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 418, 204])
def test_refusal_is_not_asked_again(server: SiteServer, code: int) -> None:
    server.fail("NCT", faults.status(code))
    with client_of(server, REGISTRY) as client, pytest.raises(FetchError, match=f"status {code}") as caught:
        client.fetch(f"{API}/NCT00000001")
    assert caught.value.status == code
    assert len(server.asked()) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/api/v2/studies/NCT00000001",
        "https://clinicaltrials.gov.evil.example/",
        "https://clinicaltrials.gov:8443/api/v2/studies/NCT00000001",
        "https://me:hidden@clinicaltrials.gov/api/v2/studies/NCT00000001",
        "ftp://clinicaltrials.gov/x",
        "file:///etc/passwd",
        "https://[::1/",
        "https://clinicaltrials.gov:port/",
        "",
    ],
)
def test_foreign_addresses_are_refused_before_any_request(server: SiteServer, url: str) -> None:
    with client_of(server, REGISTRY) as client, pytest.raises(FetchError) as caught:
        client.fetch(url)
    assert server.asked() == []
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "mirror",
        "ftp://mirror/",
        "http://me:hidden@mirror/",
        "http://mirror/?x=1",
        "http://m:port/",
        "http:///x",
    ],
)
def test_base_url_that_cannot_be_used_is_a_wrong_setting(base_url: str) -> None:
    with pytest.raises(SettingsError, match="base URL") as caught:
        Client(Settings(), REGISTRY, base_url)
    assert "hidden" not in str(caught.value)


def test_contact_with_a_line_break_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="TRIALS_CONTACT"):
        Client(Settings(contact="me@example.org\r\nX-Evil: 1"), REGISTRY)


def test_live_host_that_leads_to_a_private_address_is_refused(
    server: SiteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(server.base_url.rpartition(":")[2])

    def poisoned(address: tuple[str, int], *arguments: object, **words: object) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port))

    monkeypatch.setattr("urllib3.util.connection.create_connection", poisoned)
    monkeypatch.setenv("NO_PROXY", "*")
    with (
        Client(Settings(), REGISTRY, sleep=Clock().sleep) as client,
        pytest.raises(FetchError, match=r"private address 127\.0\.0\.1"),
    ):
        client.fetch("http://clinicaltrials.gov/api/v2/version")
    assert server.asked() == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fe80::1%eth0", "::ffff:10.0.0.1"],
)
def test_addresses_of_private_networks_are_refused(address: str) -> None:
    with pytest.raises(PrivateAddressError):
        refuse_private(address)


@pytest.mark.parametrize("address", ["130.14.29.110", "2607:f220:41e:290::110"])
def test_addresses_of_the_public_internet_are_not_refused(address: str) -> None:
    refuse_private(address)
