"""What can go wrong between a site and us: each function gives a fault for `SiteServer.fail`."""

import gzip
import socket
import struct
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from tests.server_answer import Answer, html

Fault = Callable[[BaseHTTPRequestHandler, Answer], Answer | None]


def instead(answer: Answer) -> Fault:
    """Another answer in place of the page."""
    return lambda handler, page: answer


def status(code: int, headers: dict[str, str] | None = None) -> Fault:
    return instead(Answer(code, b"busy", {"Content-Type": "text/plain", **(headers or {})}))


def too_many_requests(retry_after: str = "") -> Fault:
    return status(429, {"Retry-After": retry_after})


def redirect(location: str, code: int = 302) -> Fault:
    return instead(Answer(code, b"", {"Location": location}))


def error_page() -> Fault:
    """An error page with status 200."""
    return instead(html("Oops", "<h1>Something went wrong</h1><p>Please try again later.</p>"))


def header(name: str, value: str) -> Fault:
    """The page with one header changed: a wrong charset, a length that is not true, an encoding it has not."""
    return lambda handler, page: Answer(page.status, page.body, {**page.headers, name: value})


def cut_off() -> Fault:
    """Half the body under the length of the whole."""
    return lambda handler, page: Answer(
        page.status, page.body[: len(page.body) // 2], {**page.headers, "Content-Length": str(len(page.body))}
    )


def reset() -> Fault:
    """Half the body, then a reset of the connection."""

    def fault(handler: BaseHTTPRequestHandler, page: Answer) -> None:
        page.start(handler)
        handler.wfile.write(page.body[: len(page.body) // 2])
        handler.wfile.flush()
        # Closing with a linger time of 0 sends RST and not FIN.
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.rfile.close()
        handler.connection.close()
        handler.close_connection = True

    return fault


def hang_up() -> Fault:
    """No answer at all."""

    def fault(handler: BaseHTTPRequestHandler, page: Answer) -> None:
        handler.close_connection = True

    return fault


def no_http() -> Fault:
    """Bytes that are no HTTP answer."""

    def fault(handler: BaseHTTPRequestHandler, page: Answer) -> None:
        handler.wfile.write(b"220 mail.example ESMTP\r\n")
        handler.close_connection = True

    return fault


def drip(seconds: float = 0.02, headers_too: bool = False, length: bool = True) -> Fault:
    """One byte at a time, never silent for longer than `seconds`; for at most ten seconds."""

    def fault(handler: BaseHTTPRequestHandler, page: Answer) -> None:
        if headers_too:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        else:
            Answer(200, b"", {**page.headers, "Content-Length": "1000000" if length else ""}).start(handler)
        end = time.monotonic() + 10
        handler.close_connection = True
        while time.monotonic() < end:
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(seconds)

    return fault


def silence(seconds: float) -> Fault:
    """The answer, but late."""

    def fault(handler: BaseHTTPRequestHandler, page: Answer) -> Answer:
        time.sleep(seconds)
        return page

    return fault


def endless_body() -> Fault:
    """A body without a length that does not end; stopped at 256 MiB."""

    def fault(handler: BaseHTTPRequestHandler, page: Answer) -> None:
        Answer(200, b"", {**page.headers, "Content-Length": ""}).start(handler)
        handler.close_connection = True
        for _ in range(256):
            handler.wfile.write(b" " * (1 << 20))

    return fault


def packed() -> Fault:
    """The page as gzip."""
    return lambda handler, page: Answer(
        page.status, gzip.compress(page.body), {**page.headers, "Content-Encoding": "gzip"}
    )


def packed_and_cut() -> Fault:
    """Half of the packed page under its own true length."""

    def fault(handler: BaseHTTPRequestHandler, page: Answer) -> Answer:
        body = gzip.compress(page.body)
        return Answer(page.status, body[: len(body) // 2], {**page.headers, "Content-Encoding": "gzip"})

    return fault


def gzip_bomb(megabytes: int = 200) -> Fault:
    """A small body that unpacks to a large one."""
    body = gzip.compress(b"\0" * (1 << 20), 9) * megabytes
    return instead(Answer(200, body, {"Content-Type": "text/html", "Content-Encoding": "gzip"}))


def chunked(whole: bool = True) -> Fault:
    """The page in chunks, without the last one unless `whole`."""

    def fault(handler: BaseHTTPRequestHandler, page: Answer) -> None:
        Answer(200, b"", {**page.headers, "Content-Length": "", "Transfer-Encoding": "chunked"}).start(
            handler
        )
        for start in range(0, len(page.body), 50):
            piece = page.body[start : start + 50]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if whole:
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    return fault
