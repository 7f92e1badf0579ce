"""What a site may answer, byte for byte, over a real socket: status line, headers, packed and cut bodies."""

import gzip
import socket
import threading
from typing import Self

from scraper.errors import FetchError
from scraper.fetch.client import Client
from scraper.settings import Settings
from scraper.sources import by_name
from tests.fuzz.reader import Reader

_BODY = b'{"studies":[],"totalCount":0}'
_PACKED = gzip.compress(_BODY, mtime=0)


def _answer(first: str, body: bytes = _BODY, **headers: str) -> bytes:
    lines = [first, *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


_OK = "HTTP/1.1 200 OK"
ANSWERS = (
    _answer(_OK, Content_Type="application/json", Content_Length=str(len(_BODY)), ETag='"a"', Last_Modified="Mon, 02 Mar 2026 10:00:00 GMT"),
    _answer(_OK, _PACKED, Content_Encoding="gzip", Content_Length=str(len(_PACKED)), Date="Mon, 02 Mar 2026 10:00:00 GMT"),
    _answer(_OK, b"1d\r\n" + _BODY + b"\r\n0\r\n\r\n", Transfer_Encoding="chunked", Set_Cookie="a=b; path=/"),
    _answer("HTTP/1.1 429 Too Many Requests", b"", Retry_After="120", Content_Length="0"),
    _answer("HTTP/1.1 503 Busy", b"", Retry_After="Mon, 02 Mar 2026 10:00:00 GMT", Content_Length="0"),
    _answer("HTTP/1.1 302 Found", b"", Location="https://clinicaltrials.gov/api/v2/studies?x=1", Content_Length="0"),
    _answer("HTTP/1.1 301 Moved", b"", Location="//127.0.0.1:9/..%2f", Content_Length="0"),
    _answer("HTTP/1.0 200 OK", b"User-agent: *\nDisallow: /x\nCrawl-delay: 0\n"),
    _answer("HTTP/1.1 304 Not Modified", b""), _answer("HTTP/1.1 404 Not Found", b"none", Content_Length="4"),
)  # fmt: skip


class _OneAnswer:
    """A loopback server that gives every request the same bytes and hangs up."""

    def __init__(self) -> None:
        self.body = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def _serve(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            with connection:
                try:
                    connection.settimeout(5)
                    connection.recv(1 << 16)
                    connection.sendall(self.body)
                except OSError:
                    continue  # the client had enough


class _Fetch:
    def __init__(self) -> None:
        self.server = _OneAnswer()
        self.settings = Settings(
            contact="trials@example.org", timeout_seconds=1.0, total_seconds=2.0, attempts=1, delay_seconds=0, max_body_bytes=1 << 20
        )  # fmt: skip
        self.asked = 0

    def run(self, body: bytes) -> int:
        self.server.body = body
        self.asked += 1
        # One obeys robots.txt, which is the same bytes, and one has an API.
        name, url = (
            ("trialx", "https://www.trialx.com/clinical-trials/listings/1/"),
            ("ctgov", "https://clinicaltrials.gov/api/v2/studies?pageSize=1"),
        )[self.asked % 2]
        with Client(
            self.settings, by_name(name), self.server.base_url, say=lambda _: None, sleep=lambda _: None
        ) as client:
            try:
                page = client.fetch(url, ('"a"', ""))
            except FetchError as error:
                assert "127.0.0.1" not in error.url, error
                return 0
            assert page is None or len(page.body) <= self.settings.max_body_bytes
            return page is not None


def readers() -> list[Reader]:
    return [Reader("HTTP answers", list(ANSWERS), _Fetch().run, share=2)]
