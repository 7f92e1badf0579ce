"""What robots.txt says, read once a host and run (RFC 9309, with Crawl-delay and Request-rate).

4xx allows everything; what cannot be had for another reason stops the source, since it may forbid everything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from scraper.errors import FetchError, StoppedError
from scraper.fetch.answer import Answer

MOST_PAUSE_SECONDS = 86_400
"""A longer pause between two requests, asked for in jest or to break us, is taken for a day."""
MOST_CHARACTERS = 1 << 20
"""The definition asks for at least 500 KiB to be read; what lies beyond is not."""


@dataclass(frozen=True)
class Rules:
    """What one host's robots.txt says to us; `delay_seconds` 0 when it asks for no pause."""

    parsed: Protego
    agent: str

    def allows(self, url: str) -> bool:
        return bool(self.parsed.can_fetch(url, self.agent))

    @property
    def delay_seconds(self) -> float:
        rate = self.parsed.request_rate(self.agent)
        # Both may be whole numbers of any length, and floats end at 309 digits.
        paced = min(rate.seconds, MOST_PAUSE_SECONDS * rate.requests) / rate.requests if rate else 0.0
        return min(max(self.parsed.crawl_delay(self.agent) or 0.0, paced), float(MOST_PAUSE_SECONDS))

    @property
    def sitemaps(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.parsed.sitemaps))


class Robots:
    """The rules of every host met in a run; `get` fetches a live address, `agent` is our product's name."""

    def __init__(self, get: Callable[[str, Mapping[str, str]], tuple[str, Answer]], agent: str) -> None:
        self._get = get
        self._agent = agent
        self._rules: dict[str, Rules] = {}

    def of(self, url: str) -> Rules:
        """The rules of the address's host. Raises StoppedError when its robots.txt cannot be had."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._rules:
            self._rules[host] = Rules(Protego.parse(self._text(f"{host}/robots.txt")), self._agent)
        return self._rules[host]

    def _text(self, url: str) -> str:
        expected = "robots.txt, or status 404 for none"
        advice = "nothing is fetched from this host until its robots.txt can be read"
        try:
            _, answer = self._get(url, {})
        except FetchError as error:
            raise StoppedError(url, error.found, expected, advice, error.status) from error
        if 400 <= answer.status < 500:
            return ""
        if answer.status != 200:
            raise StoppedError(url, f"status {answer.status}", expected, advice, answer.status)
        return answer.body.decode("utf-8-sig", errors="replace")[:MOST_CHARACTERS]
