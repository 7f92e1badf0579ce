"""What a crawl is asked for and what it tells, in order."""

from dataclasses import dataclass

from scraper.model import Page, Problem


@dataclass(frozen=True)
class Request:
    """What is wanted. Without ids, addresses and words everything the source has.

    `since` is an ISO date, "" for any time; `limit` the most trials; `sitemap` also reads the sitemaps that
    robots.txt names, when there are no words. An unfinished run goes on with its `resume_url`, the number of
    trials `already` there and the number `expected`.
    """

    query: str = ""
    urls: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    limit: int | None = None
    since: str = ""
    sitemap: bool = True
    resume_url: str = ""
    already: int = 0
    expected: int = 0


@dataclass(frozen=True)
class Expected:
    """The number of trials expected in all, as far as known by now; a later one replaces it."""

    total: int


@dataclass(frozen=True)
class Listed:
    """A search answer or sitemap that named addresses of trials (as they are kept)."""

    url: str
    urls: tuple[str, ...]


@dataclass(frozen=True)
class Fetched:
    """A page that arrived. Of a bulk answer `parts` holds its studies, no more than the limit allows."""

    page: Page
    parts: tuple[Page | Problem, ...] = ()


@dataclass(frozen=True)
class Unchanged:
    """The site says that the version kept is still its newest."""

    url: str


@dataclass(frozen=True)
class Kept:
    """This run had the page before it was interrupted; it was not asked for again."""

    url: str


@dataclass(frozen=True)
class Forbidden:
    """robots.txt forbids the address: not fetched, not expected."""

    url: str


@dataclass(frozen=True)
class Failed:
    """An address that gave no page; `status` 404 or 410 says that the site no longer has it, 0 no answer."""

    url: str
    found: str
    expected: str
    status: int = 0


@dataclass(frozen=True)
class Progress:
    """Everything up to here has been told; the search goes on at `next_url`, "" when it is through."""

    next_url: str


Event = Expected | Listed | Fetched | Unchanged | Kept | Forbidden | Failed | Progress
