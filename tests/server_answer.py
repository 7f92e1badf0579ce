"""An answer of the loopback server, before it goes over the wire."""

import hashlib
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        """Writes it whole, with its true length unless the headers state another one."""
        self.start(handler)
        handler.wfile.write(self.body)

    def start(self, handler: BaseHTTPRequestHandler) -> None:
        """Writes the head alone. A length of "" leaves Content-Length out: the body ends with the connection."""
        handler.send_response(self.status)
        headers = {"Content-Length": str(len(self.body)), **self.headers}
        if self.status == 304:
            headers.pop("Content-Length")
        for name, value in headers.items():
            if value:
                handler.send_header(name, value)
        if self.status != 304 and headers["Content-Length"] != str(len(self.body)):
            handler.send_header("Connection", "close")
            handler.close_connection = True
        handler.end_headers()


def html(title: str, body: str, status: int = 200) -> Answer:
    """A small page; `body` is markup."""
    page = f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title></head><body>{body}</body></html>"
    return Answer(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


def text(words: str, status: int = 200) -> Answer:
    return Answer(status, words.encode(), {"Content-Type": "text/plain; charset=utf-8"})


def versioned(answer: Answer, headers: dict[str, str], modified: str) -> Answer:
    """The answer with ETag and Last-Modified, or 304 when the request has that version already."""
    etag = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
    validators = {"ETag": etag, "Last-Modified": modified}
    asked_etags = [word.strip().removeprefix("W/") for word in headers.get("if-none-match", "").split(",")]
    # If-None-Match wins over If-Modified-Since (RFC 9110, section 13.2.2).
    same = etag in asked_etags if any(asked_etags) else headers.get("if-modified-since") == modified
    if same:
        return Answer(304, b"", validators)
    return Answer(answer.status, answer.body, {**answer.headers, **validators})
