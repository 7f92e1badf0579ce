"""What a network can do to a fetch: each costs a retry or one clear line, never a hang, a crash or half a page."""

import socket
import time
from collections.abc import Iterator

import pytest

from scraper.errors import FetchError
from scraper.settings import Settings
from tests import server_faults as faults
from tests.server import SiteServer
from tests.server_faults import Fault
from tests.server_source import API, REGISTRY, Clock, client_of, study

URL = f"{API}/NCT00000001"
IMPATIENT = Settings(timeout_seconds=0.2, total_seconds=0.3, attempts=2, max_body_bytes=1 << 20)


@pytest.fixture
def server() -> Iterator[SiteServer]:
    with SiteServer() as server:
        server.registry.add(study("NCT00000001", title="long " * 200))
        yield server


BROKEN: list[tuple[Fault, str]] = [
    (faults.reset(), "a connection reset in the middle"),
    (faults.hang_up(), "a connection closed without an answer"),
    (faults.no_http(), "an answer that is not HTTP"),
    (faults.cut_off(), "a body cut off after 6"),
    (faults.header("Content-Length", "100000"), "a body cut off after 1"),
    (faults.header("Content-Length", "5, 7"), "malformed headers"),
    (faults.chunked(whole=False), "an answer that breaks off"),
    (faults.packed_and_cut(), "gzip data that ends too early"),
    (faults.header("Content-Encoding", "gzip"), "broken gzip data"),
    (faults.silence(0.4), "no answer within 0.2 s"),
    (faults.drip(), "no whole answer after 0.3 s"),
    (faults.drip(length=False), "no whole answer after 0.3 s"),
    (faults.drip(headers_too=True), "no whole answer after 0.3 s"),
]


@pytest.mark.parametrize(
    ("fault", "found"), BROKEN, ids=[f"{number}-{found}" for number, (_, found) in enumerate(BROKEN)]
)
def test_broken_answer_is_a_failed_attempt_and_the_next_one_counts(
    server: SiteServer, fault: Fault, found: str
) -> None:
    clock, lines = Clock(), list[str]()
    server.fail("NCT", fault, times=1)
    with client_of(server, REGISTRY, clock, IMPATIENT, lines.append) as client:
        page = client.fetch(URL)
    assert page is not None
    assert page.body.endswith(b"}}}")
    assert len(server.asked()) == 2
    assert len(lines) == 1
    assert f"found {found}" in lines[0]
    assert 1.0 <= clock.slept[0] <= 1.5


@pytest.mark.parametrize(
    ("fault", "found"), BROKEN, ids=[f"{number}-{found}" for number, (_, found) in enumerate(BROKEN)]
)
def test_answer_that_stays_broken_ends_in_one_line(server: SiteServer, fault: Fault, found: str) -> None:
    server.fail("NCT", fault)
    start = time.monotonic()
    with client_of(server, REGISTRY, settings=IMPATIENT) as client, pytest.raises(FetchError) as caught:
        client.fetch(URL)
    assert caught.value.found.startswith(found)
    assert caught.value.found.endswith("(2 attempts)")
    assert str(caught.value).startswith(f"{URL}: ")
    assert "\n" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
    assert time.monotonic() - start < 3


def test_refused_connection_is_said(server: SiteServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with client_of(server, REGISTRY, base_url=nobody) as client, pytest.raises(FetchError) as caught:
            client.fetch(URL)
    assert caught.value.found == "a refused connection (3 attempts)"


def test_unknown_host_is_said(server: SiteServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*arguments: object, **words: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", nowhere)
    with (
        client_of(server, REGISTRY, base_url="http://mirror.invalid") as client,
        pytest.raises(FetchError) as caught,
    ):
        client.fetch(URL)
    assert caught.value.found.startswith("no address for the host name (is there a network?)")


def test_site_that_speaks_no_tls_is_said(server: SiteServer) -> None:
    secure = server.base_url.replace("http:", "https:")
    with client_of(server, REGISTRY, base_url=secure) as client, pytest.raises(FetchError) as caught:
        client.fetch(URL)
    assert caught.value.found.startswith("no secure connection")


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (faults.gzip_bomb(), "more than 1048576 bytes"),
        (faults.endless_body(), "more than 1048576 bytes"),
        (faults.header("Content-Length", "5000000000"), "more than 1048576 bytes"),
        (faults.header("Content-Encoding", "br"), "content encoding 'br'"),
    ],
)
def test_oversized_or_unknown_bodies_are_refused_at_once(
    server: SiteServer, fault: Fault, found: str
) -> None:
    server.fail("NCT", fault)
    with client_of(server, REGISTRY, settings=IMPATIENT) as client, pytest.raises(FetchError) as caught:
        client.fetch(URL)
    assert caught.value.found == found
    assert len(server.asked()) == 1


@pytest.mark.parametrize("fault", [faults.packed(), faults.chunked(), faults.header("Content-Length", "")])
def test_packed_chunked_and_unmeasured_bodies_arrive_whole(server: SiteServer, fault: Fault) -> None:
    with client_of(server, REGISTRY) as client:
        plain = client.fetch(URL)
        server.fail("NCT", fault)
        other = client.fetch(URL)
    assert plain is not None
    assert other is not None
    assert other.body == plain.body
    assert len(server.asked()) == 2


def test_wrong_charset_is_kept_as_it_came(server: SiteServer) -> None:
    server.fail("NCT", faults.header("Content-Type", "text/html; charset=utf-99"))
    with client_of(server, REGISTRY) as client:
        page = client.fetch(URL)
    assert page is not None
    assert page.headers["content-type"] == "text/html; charset=utf-99"
    assert page.body.startswith(b'{"protocolSection"')


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/api/v2/studies/NCT00000001",
        "//evil.example/x",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:1/x",
        "http://[::1]/x",
        "http://localhost/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://clinicaltrials.gov:22/",
        "http://[broken",
    ],
)
def test_redirect_off_the_sources_hosts_is_refused(server: SiteServer, location: str) -> None:
    server.fail("NCT", faults.redirect(location))
    with client_of(server, REGISTRY) as client, pytest.raises(FetchError) as caught:
        client.fetch(URL)
    assert caught.value.url == URL
    assert caught.value.found.startswith(f"a redirect to {location!r}")
    assert len(server.asked()) == 1


def test_redirect_without_a_location_is_refused(server: SiteServer) -> None:
    server.fail("NCT", faults.status(302))
    with client_of(server, REGISTRY) as client, pytest.raises(FetchError, match="a redirect to ''"):
        client.fetch(URL)


def test_redirects_in_a_circle_end(server: SiteServer) -> None:
    server.fail("NCT00000001", faults.redirect("/api/v2/studies/NCT00000002"))
    server.fail("NCT00000002", faults.redirect("/api/v2/studies/NCT00000001"))
    with client_of(server, REGISTRY) as client, pytest.raises(FetchError, match="none of them in a circle"):
        client.fetch(URL)
    assert len(server.asked()) == 2


def test_redirects_without_end_are_given_up(server: SiteServer) -> None:
    for number in range(1, 20):
        server.fail(f"NCT{number:08}", faults.redirect(f"/api/v2/studies/NCT{number + 1:08}"))
    with client_of(server, REGISTRY) as client, pytest.raises(FetchError, match="at most 5 redirects"):
        client.fetch(URL)
    assert len(server.asked()) == 6


def test_redirect_to_a_non_ascii_address_is_followed(server: SiteServer) -> None:
    server.fail("NCT00000001", faults.redirect("/étude".encode().decode("latin-1")))
    server.fail("tude", faults.error_page())
    with client_of(server, REGISTRY) as client:
        page = client.fetch(URL)
    assert page is not None
    assert page.url == "https://clinicaltrials.gov/étude"
    assert server.asked()[1].path == "/%C3%A9tude"
