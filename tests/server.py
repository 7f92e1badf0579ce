"""A loopback server that behaves like the live sites: TrialX pages and the ClinicalTrials.gov interface, faults too.

    with SiteServer(pages / "trialx", pages / "ctgov") as server:
        server.base_url   # "http://127.0.0.1:40123", for `--base-url`
        server.fail("/robots.txt", faults.status(503), times=2)
        server.requests   # what was asked, when, with which headers

Both sites share one server, since their paths differ.
"""

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from tests.server_answer import Answer
from tests.server_ctgov import Registry
from tests.server_trialx import Listings

log = logging.getLogger(__name__)

Fault = Callable[[BaseHTTPRequestHandler, Answer], Answer | None]
"""Turns a good answer into another one, or writes to the socket itself and returns None."""


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; header names in lower case, `at` in seconds of the monotonic clock."""

    path: str
    query: str
    headers: dict[str, str]
    at: float
    status: int

    @property
    def target(self) -> str:
        return self.path + (f"?{self.query}" if self.query else "")


@dataclass
class _Planned:
    path: re.Pattern[str]
    fault: Fault
    left: int | None
    every: int
    met: int = 0


@dataclass
class SiteServer:
    """A running server, as a context manager. Folders are read when it starts; either may be None.

    `listings` and `registry` hold what each site serves and how it behaves; both can be changed while it runs.
    """

    trialx: Path | None = None
    ctgov: Path | None = None
    port: int = 0
    listings: Listings = field(default_factory=Listings)
    registry: Registry = field(default_factory=Registry)
    requests: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.trialx is not None:
            self.listings.load(self.trialx)
        if self.ctgov is not None:
            self.registry.load(self.ctgov)
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []

    def __enter__(self) -> Self:
        site: SiteServer = self

        class Handler(_Handler):
            server_site = site

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(self, path: str, fault: Fault, times: int | None = None, every: int = 1) -> None:
        """Lets answers whose path (with query) matches the expression go wrong: `times` of them, each `every`-th."""
        with self._lock:
            self._planned.insert(0, _Planned(re.compile(path), fault, times, every))

    def mend(self) -> None:
        """Takes all faults back."""
        with self._lock:
            self._planned.clear()

    def asked(self, path: str = "") -> list[Asked]:
        """The requests whose path (with query) matches the expression, oldest first."""
        with self._lock:
            return [request for request in self.requests if re.search(path, request.target)]

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers one request: the fault planned for it, or the page."""
        parts = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        answer: Answer | None = self._page(parts.path, parts.query, headers)
        assert answer is not None
        with self._lock:
            fault = self._fault_for(handler.path)
            self.requests.append(Asked(parts.path, parts.query, headers, time.monotonic(), answer.status))
        if fault is not None:
            answer = fault(handler, answer)
        if answer is not None:
            answer.send(handler)

    def _page(self, path: str, query: str, headers: dict[str, str]) -> Answer:
        words = parse_qsl(query, keep_blank_values=True)
        for site in (self.registry, self.listings):
            answer = site.answer(path, words, headers)
            if answer is not None:
                return answer
        return self.listings.not_found()

    def _fault_for(self, target: str) -> Fault | None:
        for planned in self._planned:
            if not planned.path.search(target) or planned.left == 0:
                continue
            planned.met += 1
            if planned.met % planned.every:
                continue
            if planned.left is not None:
                planned.left -= 1
            return planned.fault
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "loopback"
    # An idle connection that a client keeps open must not outlive a test.
    timeout = 10
    # Head and body are two packets; with Nagle's algorithm the second waits 40 ms for the client.
    disable_nagle_algorithm = True
    server_site: SiteServer

    def do_GET(self) -> None:
        try:
            self.server_site.respond(self)
        except (BrokenPipeError, ConnectionResetError) as error:
            log.debug("the client went away: %s", error)
            self.close_connection = True

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError) as error:
            log.debug("the client went away: %s", error)

    def log_message(self, format: str, *args: object) -> None:
        log.debug(format, *args)
