"""Two tiny sources over the loopback server, a listing site and an interface, and a clock that never sleeps."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from scraper.errors import ParseError, SettingsError
from scraper.fetch.client import Client
from scraper.model import Page, Problem, Record
from scraper.settings import Settings
from scraper.sources.source import Listing, Source
from tests.server import SiteServer

LIST = "https://www.trialx.com/clinical-trials/listings/"
API = "https://clinicaltrials.gov/api/v2/studies"


class Clock:
    """Stands in for `time`: sleeping moves it on and is written down."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def _list_canonical(url: str) -> str:
    found = re.match(r"https?://(?:www\.)?trialx\.com/clinical-trials/listings/(\d+)(?:[/?]|$)", url)
    if found is None:
        raise SettingsError(f"{url!r} is no listing; expected {LIST}<number>/")
    return f"{LIST}{found[1]}/"


def _list_links(page: Page) -> Listing:
    body = page.body.decode()
    if "<h1>Clinical trials</h1>" not in body:
        raise ParseError("a page without results", "search results")
    links = re.findall(r'class="search-item--link" href="([^"]*)"', body)
    following = re.findall(r'href="([^"]*)">Next<', body)
    absolute = [f"https://www.trialx.com{link}".replace("&amp;", "&") for link in links + following]
    return Listing(tuple(absolute[: len(links)]), absolute[-1] if following else "")


def _list_split(page: Page) -> Iterator[Page | Problem]:
    yield page


def _list_parse(page: Page) -> Record:
    found = re.search(rb"<h1>(Trial .*?)</h1>", page.body)
    if found is None:
        raise ParseError("no title", "a listing")
    return Record(source=page.source, source_id="1", brief_title=found[1].decode())


def _api_canonical(url: str) -> str:
    found = re.match(r"https://clinicaltrials\.gov/api/v2/studies/(NCT\d{8})(?:\?|$)", url)
    if found is None:
        raise SettingsError(f"{url!r} is no study; expected {API}/NCT…")
    return f"{API}/{found[1]}"


def _api_search(words: str, since: str) -> str:
    changed = f"&filter.advanced=AREA[LastUpdatePostDate]RANGE[{since},MAX]" if since else ""
    return f"{API}?query.term={quote(words)}&pageSize=2&countTotal=true{changed}"


def _api_listing(page: Page) -> Listing:
    found = _json(page)
    token = found.get("nextPageToken", "")
    base = re.sub(r"&pageToken=.*", "", page.url)
    return Listing((), f"{base}&pageToken={quote(token)}" if token else "", found.get("totalCount"))


def _api_split(page: Page) -> Iterator[Page | Problem]:
    for study in _json(page)["studies"]:
        number = study["protocolSection"]["identificationModule"]["nctId"]
        yield replace_page(page, f"{API}/{number}", json.dumps(study).encode())


def replace_page(page: Page, url: str, body: bytes) -> Page:
    return Page(source=page.source, url=url, body=body, fetched_at=page.fetched_at)


def _json(page: Page) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(page.body)
    except ValueError:
        raise ParseError(f"{page.body[:20]!r}", "JSON") from None
    return found


def _no_record(page: Page) -> Record:
    raise ParseError("not read here", "nothing")


LISTING_SITE = Source(
    name="exlist",
    title="Example listings",
    kind="listing",
    homepage="https://www.trialx.com/",
    interface="HTML pages",
    formats=("html",),
    limits="",
    licence="",
    attribution="",
    parser_version="1",
    hosts=frozenset({"www.trialx.com", "trialx.com"}),
    obeys_robots=True,
    delay_seconds=1.0,
    recognise=lambda name, head: False,
    split=_list_split,
    parse=_list_parse,
    search_url=lambda words, since: f"{LIST}search/?q={quote(words)}",
    record_url=lambda number: f"{LIST}{number}/",
    canonical_url=_list_canonical,
    read_listing=_list_links,
)

REGISTRY = replace(
    LISTING_SITE,
    name="exreg",
    kind="registry",
    hosts=frozenset({"clinicaltrials.gov", "classic.clinicaltrials.gov"}),
    obeys_robots=False,
    split=_api_split,
    parse=_no_record,
    search_url=_api_search,
    record_url=lambda number: f"{API}/{number}",
    canonical_url=_api_canonical,
    read_listing=_api_listing,
)


def study(
    number: str, title: str = "A trial", posted: str = "2026-01-20", aliases: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A study as the interface gives it, with the least it has."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": number, "nctIdAliases": list(aliases), "briefTitle": title},
            "statusModule": {"overallStatus": "RECRUITING", "lastUpdatePostDateStruct": {"date": posted}},
            "conditionsModule": {"conditions": ["Asthma"]},
        }
    }


def listing(title: str) -> bytes:
    """A listing page with a title and a paragraph."""
    return f"<html><body><h1>Trial {title}</h1><p>Made for a test, naïve patients only.</p></body></html>".encode()


def client_of(
    server: SiteServer,
    source: Source,
    clock: Clock | None = None,
    settings: Settings | None = None,
    say: Callable[[str], None] = lambda line: None,
    base_url: str = "",
) -> Client:
    """A client that asks the loopback server in place of the live hosts and sleeps by the clock."""
    clock = clock or Clock()
    settings = settings or Settings(contact="trials@example.org", timeout_seconds=2.0, attempts=3)
    return Client(settings, source, base_url or server.base_url, say=say, sleep=clock.sleep, clock=clock)
