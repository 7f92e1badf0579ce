"""One request and its answer: no retries, no redirects, no pause. Every way to fail becomes a FetchError."""

import email.errors
import http.client
import socket
from collections.abc import Mapping
from typing import NamedTuple

import requests
import urllib3
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, InvalidHeader, NameResolutionError, NewConnectionError

from scraper.errors import FetchError
from scraper.fetch.address import plain
from scraper.fetch.body import PIECE, BrokenBodyError, TooLargeError, bounded, gunzipped
from scraper.fetch.connection import Guard, PrivateAddressError

RETRIED = frozenset({429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Answer(NamedTuple):
    """The body is there for status 200 only."""

    status: int
    headers: Mapping[str, str]
    body: bytes


NO_ADDRESS = "no address for the host name (is there a network?)"


class FailedAttempt(FetchError):
    """An attempt that another may mend; `retry_after_seconds` is what the site asks for, None when nothing."""

    retry_after_seconds: float | None = None

    @property
    def is_without_network(self) -> bool:
        """Did the host's name stand for no address? Then, at the start of a run, there is most likely no network."""
        return self.found == NO_ADDRESS


class Limits(NamedTuple):
    """`timeout_seconds` bounds each silence, `total_seconds` a whole answer."""

    timeout_seconds: float
    total_seconds: float
    most_bytes: int


def ask(
    session: requests.Session,
    guard: Guard,
    url: str,
    asked_url: str,
    headers: Mapping[str, str],
    limits: Limits,
) -> Answer:
    """The answer to one GET of `asked_url`, which stands for the live `url`.

    Raises FailedAttempt for whatever another attempt may mend, FetchError for the rest.
    """
    whole = "a whole answer"
    try:
        with guard.deadline(limits.total_seconds):
            answer = _asked(session, url, asked_url, headers, limits)
            expired = guard.expired
    except PrivateAddressError as error:
        expected = "an address of the public internet"
        raise FetchError(
            url, f"the private address {error}", expected, "a mirror goes into --base-url"
        ) from error
    except TooLargeError as error:
        raise FetchError(url, f"more than {limits.most_bytes} bytes", "a smaller answer") from error
    except BrokenBodyError as error:
        raise FailedAttempt(url, _late(guard, limits) or str(error), whole) from error
    except (requests.RequestException, HTTPError, OSError, email.errors.MessageError) as error:
        raise FailedAttempt(url, _late(guard, limits) or _said(error, limits), whole) from error
    if expired:
        # A body without a stated length just ends when the connection is cut.
        raise FailedAttempt(url, _late(guard, limits), whole)
    if answer.status in RETRIED:
        failure = FailedAttempt(url, f"status {answer.status}", "status 200", status=answer.status)
        failure.retry_after_seconds = retry_after_seconds(answer.headers.get("retry-after"))
        raise failure
    return answer


def _asked(
    session: requests.Session, url: str, asked_url: str, headers: Mapping[str, str], limits: Limits
) -> Answer:
    with session.get(
        asked_url,
        headers=dict(headers),
        stream=True,
        allow_redirects=False,
        timeout=limits.timeout_seconds,
    ) as response:
        if response.status_code != 200:
            return Answer(response.status_code, response.headers, b"")
        raw = response.raw
        assert isinstance(raw, urllib3.BaseHTTPResponse)
        # Refused before it is read; `bounded` holds for those that do not say.
        if _is_longer(raw.headers.get("content-length") or "", limits.most_bytes):
            raise TooLargeError
        pieces = raw.stream(PIECE, decode_content=False)
        match response.headers.get("content-encoding", "").strip().lower():
            case "" | "identity":
                body = bounded(pieces, limits.most_bytes)
            case "gzip" | "x-gzip":
                body = bounded(gunzipped(pieces), limits.most_bytes)
            case other:
                raise FetchError(url, f"content encoding {plain(other)!r}", "gzip or none, as was asked for")
        return Answer(200, response.headers, body)


def _late(guard: Guard, limits: Limits) -> str:
    return f"no whole answer after {limits.total_seconds:g} s" if guard.expired else ""


def _said(error: BaseException, limits: Limits) -> str:
    """What happened, in words; the libraries' own messages name addresses of mirrors and proxies."""
    causes = _causes(error)
    for cause in causes:
        match cause:
            case NameResolutionError() | socket.gaierror():
                return NO_ADDRESS
            case requests.exceptions.SSLError():
                return "no secure connection (is the certificate valid?)"
            case requests.Timeout() | urllib3.exceptions.ReadTimeoutError() | TimeoutError():
                return f"no answer within {limits.timeout_seconds:g} s"
            case requests.exceptions.ProxyError():
                return "no connection to the proxy"
            case ConnectionRefusedError():
                return "a refused connection"
            case http.client.RemoteDisconnected():
                return "a connection closed without an answer"
            case http.client.BadStatusLine() | http.client.UnknownProtocol():
                return "an answer that is not HTTP"
            case ConnectionResetError() | BrokenPipeError():
                return "a connection reset in the middle"
            case urllib3.exceptions.IncompleteRead():
                return f"a body cut off after {cause.partial} bytes"
            case http.client.IncompleteRead() | urllib3.exceptions.ProtocolError():
                return "an answer that breaks off"
            case NewConnectionError():
                return "no connection"
            case InvalidHeader() | requests.exceptions.InvalidHeader():
                return "malformed headers"
    return f"a broken connection ({type(causes[-1]).__name__})"


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it was raised from or carries, innermost first."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(found) < 20:
        current = waiting.pop(0)
        if current is None or current in found:
            continue
        found.append(current)
        inner = [argument for argument in current.args if isinstance(argument, BaseException)]
        reason = getattr(current, "reason", None)
        waiting += [
            current.__cause__,
            current.__context__,
            reason if isinstance(reason, BaseException) else None,
        ]
        waiting += inner
    return found[::-1]


def response_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers worth keeping with a page, names in lower case: what it is, how old it is. No cookies."""
    kept = (
        "content-type",
        "content-language",
        "date",
        "etag",
        "last-modified",
        "x-total-count",
        "x-next-page-token",
    )
    own = CaseInsensitiveDict(headers)
    return {name: plain(own[name]) for name in kept if name in own}


def _is_longer(content_length: str, most_bytes: int) -> bool:
    """Does the header state more than that? Its digits are counted first: a number of thousands of them is no int."""
    if not (content_length.isascii() and content_length.isdigit()):
        return False
    digits = content_length.lstrip("0")
    return len(digits) > 18 or int(digits or "0") > most_bytes


def retry_after_seconds(words: str | None) -> float | None:
    """The seconds a Retry-After header asks for, in either of its forms; None when it says nothing readable."""
    if not words:
        return None
    try:
        return float(urllib3.Retry().parse_retry_after(words))
    except (InvalidHeader, ValueError, OverflowError, TypeError, IndexError):
        return None
