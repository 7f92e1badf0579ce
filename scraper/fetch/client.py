"""The polite client: who we are, one request at a time, a pause between two, and patience when a site is busy.

A page comes back under its live address, whatever mirror was asked. Redirects are followed by hand, each hop
checked against the source's own hosts and robots.txt like the first address.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

import requests

from scraper.errors import FetchError, ForbiddenError, SettingsError, StoppedError
from scraper.fetch.address import Addresses, plain, without_password
from scraper.fetch.answer import REDIRECTS, Answer, FailedAttempt, Limits, ask, response_headers
from scraper.fetch.connection import Guard, GuardedAdapter
from scraper.fetch.robots import Robots
from scraper.model import Page
from scraper.settings import Settings
from scraper.sources.source import Source

log = logging.getLogger(__name__)

MOST_REDIRECTS = 5
MOST_BACK_OFF_SECONDS = 60.0
MOST_WAIT_SECONDS = 900.0
"""A site that asks for more patience (Retry-After) is left alone: the run stops and a later one goes on."""
LONG_WAIT_SECONDS = 10.0
LEAST_BACK_OFF_SECONDS = 0.1


class Validators(NamedTuple):
    """What the last fetch of an address said about its version, "" for nothing."""

    etag: str = ""
    last_modified: str = ""


def utc_now() -> datetime:
    return datetime.now(UTC)


class _OneHop(requests.Session):
    """A session that leaves redirects alone: even unasked, requests would read a redirect's body, unbounded."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _anonymous(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """The request as it is. Without this, requests would send what a ~/.netrc holds for the host."""
    return request


class Client:
    """A polite session with one source. A context manager; `say` is told, in one line, of waits and retries.

    `base_url` (http://host:port/prefix) puts a mirror in place of the live hosts. `sleep`, `clock` and `now` are
    there for tests. Raises SettingsError on a base URL or contact that cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        source: Source,
        base_url: str = "",
        *,
        say: Callable[[str], None] = log.info,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        agent = settings.user_agent
        if not (agent.isascii() and agent.isprintable()):
            raise SettingsError(
                f"contact {settings.contact!r} holds other than printable ASCII; set TRIALS_CONTACT"
            )
        self.source = source
        self.addresses = Addresses(source.hosts, base_url)
        self._say, self._sleep, self._clock, self._now = say, sleep, clock, now
        self._attempts = max(1, settings.attempts)
        self._limits = Limits(settings.timeout_seconds, settings.total_seconds, settings.max_body_bytes)
        delay = source.delay_seconds if settings.delay_seconds is None else settings.delay_seconds
        self._delay = max(0.0, delay)
        self._delays: dict[str, float] = {}
        self._last_answer: dict[str, float] = {}
        self._answered = False
        self._robots = Robots(self._walk, agent.partition("/")[0]) if source.obeys_robots else None
        self._guard = Guard(allow_private=bool(base_url))
        self._session = self._new_session(agent, base_url)

    def _new_session(self, agent: str, base_url: str) -> requests.Session:
        session = _OneHop()
        session.headers.clear()
        session.headers.update({"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": "gzip"})
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.auth = _anonymous
        # A mirror named on purpose is asked directly, not through a proxy of the environment.
        session.trust_env = not base_url
        for scheme in ("http://", "https://"):
            session.mount(scheme, GuardedAdapter(self._guard))
        return session

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def fetch(self, url: str, validators: tuple[str, str] = ("", "")) -> Page | None:
        """The page at a live address; None when it is still the version that the validators name.

        `validators` are an ETag and a Last-Modified, "" for none. The page's url is the address that redirects
        led to. Raises ForbiddenError when robots.txt forbids an address on the way, StoppedError when the site
        wants no more requests now, FetchError for any other failure.
        """
        headers = {"If-None-Match": validators[0], "If-Modified-Since": validators[1]}
        headers = {name: plain(words) for name, words in headers.items() if words and words.isascii()}
        final_url, answer = self._walk(url, headers, self._permit)
        if answer.status == 304 and headers:
            return None
        if answer.status != 200:
            raise FetchError(
                final_url, f"status {answer.status}", "status 200", _advice(answer), answer.status
            )
        return Page(
            source=self.source.name,
            url=final_url,
            body=answer.body,
            fetched_at=self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            status=answer.status,
            headers=response_headers(answer.headers),
        )

    @property
    def most_bytes(self) -> int:
        """The largest body that is taken, packed or unpacked."""
        return self._limits.most_bytes

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """The live addresses of the sitemaps that robots.txt names for the host of a live address."""
        if self._robots is None:
            return ()
        url = self.addresses.allowed(url)
        return tuple(self.addresses.to_live(named, url) for named in self._robots.of(url).sitemaps)

    def _walk(
        self, url: str, headers: Mapping[str, str], permit: Callable[[str], None] | None = None
    ) -> tuple[str, Answer]:
        """The live address that redirects lead to, and its answer; `permit` raises when a hop must not be made."""
        url = self.addresses.allowed(url)
        passed = [url]
        while True:
            if permit:
                permit(url)
            answer = self._persist(url, headers)
            if answer.status not in REDIRECTS:
                return url, answer
            location = answer.headers.get("location", "")
            # Without its query too: sites hand sessions and tokens on in it.
            found = f"a redirect to {without_password(location).partition('?')[0]!r}"
            target = self.addresses.redirected(url, location)
            try:
                target = self.addresses.allowed(target)
            except FetchError as error:
                raise FetchError(url, found, error.expected, status=answer.status) from error
            if target in passed or len(passed) > MOST_REDIRECTS:
                expected = f"a page after at most {MOST_REDIRECTS} redirects, none of them in a circle"
                raise FetchError(
                    passed[0], f"{found} after {len(passed) - 1} others", expected, status=answer.status
                )
            passed.append(target)
            url = target

    def _permit(self, url: str) -> None:
        if self._robots is None:
            return
        rules = self._robots.of(url)
        host = self._host(url)
        if rules.delay_seconds > max(self._delays.get(host, 0.0), self._delay):
            self._delays[host] = rules.delay_seconds
            if rules.delay_seconds > LONG_WAIT_SECONDS:
                self._say(f"{host}: robots.txt asks for {rules.delay_seconds:g} s between two requests")
        if not rules.allows(url):
            raise ForbiddenError(url, "an address that robots.txt forbids", "an allowed one")

    def permits(self, url: str) -> tuple[bool, float]:
        """Whether robots.txt allows the address, and the pause it asks for, in seconds. Raises FetchError."""
        if self._robots is None:
            return True, 0.0
        rules = self._robots.of(self.addresses.allowed(url))
        return rules.allows(url), rules.delay_seconds

    def _host(self, url: str) -> str:
        return urlsplit(self.addresses.to_ask(url)).netloc

    def _persist(self, url: str, headers: Mapping[str, str]) -> Answer:
        """The answer after as many attempts as are allowed. Raises FetchError when the last one failed too."""
        host = self._host(url)
        attempt = 1
        while True:
            self._pause(host)
            try:
                answer = ask(
                    self._session, self._guard, url, self.addresses.to_ask(url), headers, self._limits
                )
                self._answered = True
                told = {"url": url, "status": answer.status, "bytes": len(answer.body), "attempt": attempt}
                log.info("answered", extra={"data": told})
                return answer
            except FailedAttempt as failure:
                if attempt >= self._attempts or (failure.is_without_network and not self._answered):
                    found = f"{failure.found} ({attempt} attempt{'s' * (attempt > 1)})"
                    advice = "the next run tries again"
                    raise FetchError(url, found, failure.expected, advice, failure.status) from failure
                wait = self._patience(failure, attempt)
                next_one = f"attempt {attempt + 1} of {self._attempts} in {wait:.1f} s"
                self._say(f"{url}: found {failure.found}; {next_one}")
            finally:
                self._last_answer[host] = self._clock()
            self._sleep(wait)
            attempt += 1

    def _pause(self, host: str) -> None:
        delay = max(self._delay, self._delays.get(host, 0.0))
        if host in self._last_answer:
            wait = self._last_answer[host] + delay - self._clock()
            if wait > 0:
                # No longer than the pause itself: a clock set back must not hold the run.
                self._sleep(min(wait, delay))

    def _patience(self, failure: FailedAttempt, attempt: int) -> float:
        """Seconds to wait before the next attempt: exponential with jitter, and no less than the site asks for."""
        start = max(self._delay, LEAST_BACK_OFF_SECONDS)
        back_off = min(MOST_BACK_OFF_SECONDS, start * 2.0 ** (attempt - 1)) * random.uniform(1.0, 1.5)
        asked = failure.retry_after_seconds or 0.0
        if asked > MOST_WAIT_SECONDS:
            found = f"{failure.found} with Retry-After {asked:.0f} s"
            expected = f"a wait of at most {MOST_WAIT_SECONDS:.0f} s"
            advice = "run the same command later, it goes on where it stopped"
            raise StoppedError(failure.url, found, expected, advice, failure.status)
        return max(asked, back_off)


def _advice(answer: Answer) -> str:
    match answer.status:
        case 401 | 403:
            return "the site refuses us: read its terms, and say who you are in TRIALS_CONTACT"
        case 400:
            return "check the words of the query"
        case 404 | 410:
            return "a trial's page: check the id, the site may have removed it; a search: the site no longer answers it there"
        case _:
            return ""
