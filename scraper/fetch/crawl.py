"""From what was asked to pages: searches, sitemaps, single addresses. Knows neither archive nor database.

The crawl tells what happens as events, in order, and the caller keeps what arrives. It goes on where a killed
run stopped when it is told what that run had (`done`) and where its search was (`Request.resume_url`).
"""

import logging
from collections.abc import Callable, Iterable, Iterator

import msgspec

from scraper.errors import FetchError, ForbiddenError, ParseError, SettingsError, StoppedError
from scraper.fetch import sitemap
from scraper.fetch.client import Client
from scraper.fetch.events import (
    Event,
    Expected,
    Failed,
    Fetched,
    Forbidden,
    Kept,
    Listed,
    Progress,
    Request,
    Unchanged,
)
from scraper.model import Page
from scraper.sources.source import Listing, Source

log = logging.getLogger(__name__)

MOST_BARREN_ANSWERS = 20
"""Search answers in a row that name nothing new, before a search counts as endless. Registries do send single
empty pages in between."""
MOST_BEYOND_TOTAL = 1000
"""Trials come in while a search is read: so many more than twice the source's own total count as endless."""
MOST_FAILURES_IN_A_ROW = 10
MOST_SITEMAPS = 10_000


def nothing_known(url: str) -> tuple[str, str]:
    return "", ""


def nothing_done(url: str) -> bool:
    return False


def crawl(
    client: Client,
    source: Source,
    request: Request,
    known: Callable[[str], tuple[str, str]] = nothing_known,
    done: Callable[[str], bool] = nothing_done,
) -> Iterator[Event]:
    """What happens on the way to the pages asked for.

    `known` gives ETag and Last-Modified of the version kept of an address, `done` whether this very run has it
    already. A page that fails is an event. Raises FetchError when the crawl cannot go on, SettingsError, before
    anything is fetched, on an id or address that is not the source's.
    """
    return _Crawl(client, source, request, known, done).events()


class _Crawl:
    def __init__(
        self,
        client: Client,
        source: Source,
        request: Request,
        known: Callable[[str], tuple[str, str]],
        done: Callable[[str], bool],
    ) -> None:
        self.client, self.source, self.request = client, source, request
        self.known, self.done = known, done
        self.seen: set[str] = set()
        self.arrived: set[str] = set()
        self.listed = request.already
        self.total: int | None = None
        self.not_expected = 0
        self.failures = 0
        self.mapped = False
        named = [source.record_url(trial_id) for trial_id in request.ids] + list(request.urls)
        self.named = [(source.canonical_url(url), url) for url in named]

    def events(self) -> Iterator[Event]:
        if self.named:
            yield from self._trials(self.named)
        if self.request.query or not self.named:
            if self.request.sitemap and not self.request.query and not self.request.resume_url:
                yield from self._sitemaps()
            if not self.mapped:
                yield from self._search()

    def _left(self) -> int | None:
        return None if self.request.limit is None else max(0, self.request.limit - self.listed)

    def _expected(self) -> Expected:
        """The source's own total where it states one, else what was named so far."""
        if self.total is None:
            every = max(self.listed, self.request.expected)
        else:
            every = len(self.named) + self.total
        if self.request.limit is not None:
            every = min(every, self.request.limit)
        return Expected(max(0, every - self.not_expected))

    # ── single pages ────────────────────────────────────────────────────────────────────────────────────

    def _trials(self, links: Iterable[tuple[str, str]]) -> Iterator[Event]:
        """The pages behind (address kept, address found), each once."""
        new = dict[str, str]()
        for key, url in links:
            if key not in self.seen:
                new.setdefault(key, url)
        kept = {key for key in new if self.done(key)}
        wanted = [key for key in new if key not in kept][: self._left()]
        self.seen.update(kept, wanted)
        self.listed += len(wanted)
        yield self._expected()
        for key, url in new.items():
            if key in kept:
                self.arrived.add(key)
                yield Kept(key)
            elif key in self.seen:
                yield from self._trial(key, _asked(key, url))

    def _trial(self, key: str, url: str) -> Iterator[Event]:
        try:
            page = self.client.fetch(url, self.known(key))
        except ForbiddenError:
            self.not_expected += 1
            yield Forbidden(key)
            yield self._expected()
            return
        except StoppedError:
            raise
        except FetchError as error:
            yield Failed(key, error.found, error.expected, error.status)
            self._count_failure(error)
            return
        self.failures = 0
        if page is None:
            self.arrived.add(key)
            yield Unchanged(key)
            return
        try:
            final = self.source.canonical_url(page.url)
        except SettingsError:
            yield Failed(key, f"a redirect to {page.url}", "a page of one trial")
            return
        if final in self.arrived:
            # Two ids of one trial: the site leads from the former to the current one.
            self.not_expected += 1
            yield self._expected()
            return
        self.arrived.add(final)
        yield Fetched(msgspec.structs.replace(page, url=final))

    def _count_failure(self, error: FetchError) -> None:
        """Raises StoppedError when the site seems to be down: every further address would take minutes."""
        if 400 <= error.status < 500 and error.status != 429:
            self.failures = 0
            return
        self.failures += 1
        if self.failures >= MOST_FAILURES_IN_A_ROW:
            found = f"{error.found}, and so {self.failures} addresses in a row"
            raise StoppedError(error.url, found, error.expected, "run again later", error.status) from error

    # ── searches ────────────────────────────────────────────────────────────────────────────────────────

    def _search(self) -> Iterator[Event]:
        first = self.source.search_url(self.request.query, self.request.since)
        url = self.request.resume_url or first
        asked: set[str] = set()
        barren = 0
        while url and self._left() != 0:
            if url in asked:
                raise FetchError(
                    url, "a next page that was there already", "an end of the search", "try again later"
                )
            asked.add(url)
            try:
                page = self._answer(url)
            except FetchError as error:
                if (
                    url == self.request.resume_url != first
                    and 400 <= error.status < 500
                    and error.status != 429
                ):
                    log.info("%s: the search cannot be taken up there (%s); it starts anew", url, error.found)
                    url = first
                    continue
                raise
            listing = self._read(page)
            before = len(self.seen)
            yield from self._answered(page, listing)
            barren = barren + 1 if len(self.seen) == before else 0
            if barren >= MOST_BARREN_ANSWERS:
                found = f"{barren} answers in a row that name no new trial"
                raise FetchError(url, found, "an end of the search", "try again later")
            # A source states its total in the first answer only.
            if self.total is not None and len(self.seen) > 2 * self.total + MOST_BEYOND_TOTAL:
                found = f"{len(self.seen)} trials"
                raise FetchError(url, found, f"{self.total}, as the source itself says", "try again later")
            url = listing.next_url
            if self._left() != 0:
                yield Progress(url)

    def _answer(self, url: str) -> Page:
        page = self.client.fetch(url)
        if page is None:  # a 304 that was not asked for is an error of the client's
            raise FetchError(url, "no answer", "a search answer")
        return page

    def _read(self, page: Page) -> Listing:
        try:
            return self.source.read_listing(page)
        except ParseError as error:
            raise FetchError(page.url, error.found, error.expected, "the search stops here") from error

    def _answered(self, page: Page, listing: Listing) -> Iterator[Event]:
        if listing.total is not None:
            self.total = listing.total
            yield self._expected()
        if listing.urls:
            links = self._links(listing.urls)
            yield Listed(page.url, tuple(key for key, _ in links))
            yield from self._trials(links)
            return
        parts = tuple(self.source.split(page))
        studies = [part for part in parts if isinstance(part, Page) and part.url != page.url]
        # An answer that is not taken apart is a search page that names nothing.
        if studies or (parts and not self.source.obeys_robots):
            parts = parts[: self._left()]
            self.seen.update(part.url for part in parts)
            self.listed += sum(not self.done(part.url) for part in parts)
            yield self._expected()
            yield Fetched(page, parts)

    def _links(self, urls: Iterable[str]) -> list[tuple[str, str]]:
        """(address kept, address found) of those that are addresses of trials."""
        links = []
        for url in urls:
            try:
                links.append((self.source.canonical_url(url), url))
            except SettingsError:
                log.debug("%s is no address of a trial", url)
        return links

    # ── sitemaps ────────────────────────────────────────────────────────────────────────────────────────

    def _sitemaps(self) -> Iterator[Event]:
        waiting = list(self.client.sitemaps(self.source.search_url("", "")))
        met = set(waiting)
        while waiting and self._left() != 0:
            url = waiting.pop(0)
            try:
                found = sitemap.read(self._answer(url).body, self.client.most_bytes)
            except StoppedError:
                raise
            except (FetchError, ParseError) as error:
                yield Failed(url, error.found, error.expected)
                continue
            further = [address for address in dict.fromkeys(found.sitemaps) if address not in met]
            further = further[: MOST_SITEMAPS - len(met)]
            met.update(further)
            waiting += further
            self.mapped = self.mapped or bool(self._links(address for address, _ in found.pages))
            since = self.request.since
            # A date of change may be a month or a time: as much of it as both state is compared.
            links = self._links(
                url for url, changed in found.pages if not changed or changed >= since[: len(changed)]
            )
            if links:
                yield Listed(url, tuple(key for key, _ in links))
                yield from self._trials(links)


def _asked(key: str, url: str) -> str:
    """The address to ask for a trial kept under `key`: as found where it only adds to the key, without its query.

    A listing's slug spares a redirect; another address, such as a page for browsers, may hold no record.
    """
    bare = url.partition("#")[0].partition("?")[0]
    return bare if bare.startswith(key) else key
