"""TrialX: a listing site whose pages are known by their visible text alone, saved or fetched.

The integer in a listing's address is its identity; the slug and the query string are not. A saved page that names
no address of its own goes by its file's name.
"""

import html
import itertools
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, quote_plus, urlencode, urljoin, urlsplit

import msgspec

from scraper.errors import SettingsError
from scraper.model import Page, Problem, Record
from scraper.sources import blocks, markup, trialx_parts, trialx_record
from scraper.sources.source import Listing, Source

HOME = "https://www.trialx.com"
HOSTS = frozenset({"www.trialx.com", "trialx.com"})
RESULTS_PER_PAGE = 10
_SEARCH_PATH = "/clinical-trials/listings/search/"
_LISTING_PATH = re.compile(r"/clinical-trials/listings/(\d{1,9})(?:/[^/]*)?/?")
_ID = re.compile(r"(?:trialx[-:])?(\d{1,9})", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"[0-9]{1,9}")
_FILE = re.compile(r"trialx-(\d{1,9})", re.IGNORECASE)
_SUFFIXES = frozenset({".html", ".htm", ".txt", ".xhtml", ".gz", ".zst"})
_LINKED = re.compile(
    r"(?:(?:href|data-href|content)\s*=\s*[\"']?|<loc>\s*(?:<!\[CDATA\[)?|[\"'(\s])"
    r"((?:https?:)?(?://[^/\s\"'<>]+)?/clinical-trials/listings/\d{1,9}(?:/[^\s\"'<>]*)?)",
    re.IGNORECASE,
)
_HREF = re.compile(r"href\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:^|>)[^\S\n]*(powered by ai|overview|description|eligibility|study details|step 1 get in touch[^<\n]*|"
    r"how understandable was the trial content above\?)[^\S\n]*(?:<|$)",
    re.IGNORECASE | re.MULTILINE,
)
_OWN_LABELS = ("powered by ai", "study details", "step 1 get", "how understandable")


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────


def listing_id(address: str) -> str:
    """The integer id in the address of a listing, "" for any other address or text."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname
    except ValueError:
        return ""
    match = _LISTING_PATH.fullmatch(parts.path)
    return match[1] if match and host in HOSTS and parts.scheme in ("http", "https") else ""


def _address(identity: str) -> str:
    return f"{HOME}/clinical-trials/listings/{int(identity)}/"


def canonical_url(address: str) -> str:
    """The address a listing is kept under: no slug, no query string. Raises SettingsError for a foreign one."""
    identity = listing_id(address)
    if not identity:
        expected = f"{HOME}/clinical-trials/listings/<number>/"
        raise SettingsError(f"address {address!r} is no TrialX listing; expected one like {expected}")
    return _address(identity)


def record_url(identity: str) -> str:
    """The address of the listing with this id: "334297", "trialx-334297", "trialx:334297" or an address."""
    match = _ID.fullmatch(identity.strip())
    if match:
        return _address(match[1])
    if "/" in identity:
        return canonical_url(identity)
    raise SettingsError(
        f"id {identity!r} is no TrialX id; expected a number such as 334297, or a listing's address"
    )


def search_url(words: str, since: str) -> str:
    """The first page of results; the site cannot be asked for a date, so `since` only puts the newest first."""
    newest_first = "&sort_by=last_updated" if since else ""
    return f"{HOME}{_SEARCH_PATH}?q={quote_plus(words)}&place=&geo_lat=&geo_lng=&user_country={newest_first}"


# ── one listing ─────────────────────────────────────────────────────────────────────────────────────────


def split(page: Page) -> Iterator[Page | Problem]:
    """The page itself, under the live address it names, else the one its file's name gives, else as it is."""
    if not page.name:
        identity = listing_id(page.url)
        yield msgspec.structs.replace(page, url=_address(identity)) if identity else page
        return
    file = _FILE.fullmatch(_stem(page.name))
    identity = listing_id(markup.address(_start(page))) or (file[1] if file else "")
    yield msgspec.structs.replace(page, url=_address(identity)) if identity else page


def _start(page: Page) -> str:
    return markup.decoded(page.body[: 1 << 18], _content_type(page))


def _content_type(page: Page) -> str:
    return next((value for name, value in page.headers.items() if name.casefold() == "content-type"), "")


def _stem(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    while path.suffix.casefold() in _SUFFIXES:
        path = path.with_suffix("")
    return path.name


def parse(page: Page) -> Record:
    """The listing's Record. Raises ParseError when the page holds no trial or is cut off."""
    document = blocks.read(page.body, _content_type(page), trialx_parts.LABELS, trialx_parts.TAIL)
    identity = listing_id(document.address if page.name else page.url)
    source_id = str(int(identity)) if identity else _stem(page.name)
    live = listing_id(page.url) or identity
    return trialx_record.record(document, source_id, _address(live) if live else "")


def recognise(name: str, body: bytes) -> bool:
    """Whether this is a TrialX listing: its own address, or at least two of its headings in their order."""
    text = markup.decoded(body)
    if text.lstrip()[:1] in ("{", "[") or text.lstrip()[:5].casefold() == "<?xml":
        return False
    if listing_id(markup.address(text)):
        return True
    order = ("powered", "how und", "overvie", "descrip", "eligibi", "study d", "step 1 ")
    labels = [match[1].casefold() for match in _LABEL.finditer(text)]
    places = [order.index(label[:7]) for label in labels]
    is_ordered = any(earlier < later for earlier, later in itertools.pairwise(places))
    return is_ordered and any(label.startswith(_OWN_LABELS) for label in labels)


# ── search answers and sitemaps ─────────────────────────────────────────────────────────────────────────


def read_listing(page: Page) -> Listing:
    """The listings that a search answer, its XHR fragment or a sitemap links to, in order, each once."""
    # In an XHR fragment of JSON every slash and quote may be escaped.
    text = markup.decoded(page.body, _content_type(page)).replace("\\/", "/").replace('\\"', '"')
    found: dict[str, str] = {}
    for link in _LINKED.findall(text):
        address = urljoin(HOME, html.unescape(link)).partition("#")[0].partition("?")[0]
        identity = listing_id(address)
        if identity:
            # As it was found, slug and all: the address without one may cost a redirect.
            found.setdefault(identity, address)
    return Listing(urls=tuple(found.values()), next_url=_next_url(page.url, text, len(found)))


def _next_url(address: str, text: str, results: int) -> str:
    parts = urlsplit(address)
    if parts.path.rstrip("/") != _SEARCH_PATH.rstrip("/") or not results:
        return ""
    query = parse_qsl(parts.query, keep_blank_values=True)
    number = next(
        (int(value) for name, value in query if name == "page" and _PAGE_NUMBER.fullmatch(value)), 1
    )
    linked = _linked_pages(address, text)
    if linked and number + 1 not in linked:
        return ""
    if not linked and results < RESULTS_PER_PAGE:
        return ""
    others = [(name, value) for name, value in query if name != "page"]
    return f"{HOME}{_SEARCH_PATH}?{urlencode([*others, ('page', str(number + 1))])}"


def _linked_pages(address: str, text: str) -> set[int]:
    """The numbers of the result pages this one links to."""
    found: set[int] = set()
    for groups in _HREF.findall(text):
        try:
            link = urlsplit(urljoin(address, html.unescape("".join(groups))))
        except ValueError:
            continue
        if link.hostname in HOSTS and link.path.rstrip("/") == _SEARCH_PATH.rstrip("/"):
            found |= {
                int(value)
                for name, value in parse_qsl(link.query)
                if name == "page" and _PAGE_NUMBER.fullmatch(value)
            }
    return found


SOURCE = Source(
    name="trialx",
    title="TrialX",
    kind="listing",
    homepage=f"{HOME}/clinical-trials/listings/",
    interface="search pages and listing pages",
    formats=("HTML", "saved text"),
    limits="robots.txt is obeyed; one request a second; 10 results a search page",
    licence=f"Terms of the site: {HOME}/terms/ (Applied Informatics Inc.), to be read before a crawl; no open licence is known",
    attribution="Listing text from TrialX (www.trialx.com), which re-publishes registry records",
    parser_version="2",
    hosts=HOSTS,
    obeys_robots=True,
    delay_seconds=1.0,
    recognise=recognise,
    split=split,
    parse=parse,
    search_url=search_url,
    record_url=record_url,
    canonical_url=canonical_url,
    read_listing=read_listing,
    gaps={
        "age": "the page leaves the badge out where the trial has no limits",
        "criteria": "some pages have no eligibility text",
        "phase": '"N/A" stands for not applicable, for observational and for early phase 1',
        "sponsor": "some pages name none",
    },
)
