"""ctv.veeva.com: ClinicalTrials.gov's trials on a site for patients, known by the labels of its pages alone.

The words of a page's address are its identity there; they come from the title and name no trial. The NCT id stands
under "Identifiers", and some copies lack it. The site's search is closed to programs; its sitemap names every page.
"""

import html
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin, urlsplit

import msgspec

from scraper.errors import ParseError, SettingsError
from scraper.model import Intervention, Oddity, Page, Problem, Record, SecondaryId, Sponsor
from scraper.sources import blocks, listing_pages, markup
from scraper.sources.blocks import as_text
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.ctgov_html_words import intervention, nct_id
from scraper.sources.labels import Label, Layout, Part, by_key, parts
from scraper.sources.source import Listing, Source

HOST = "ctv.veeva.com"
HOME = f"https://{HOST}"
_EXPECTED = "a study's page of ctv.veeva.com: title, 'Status', 'Conditions', 'Details and patient eligibility', criteria"
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{2,150}")
_PATH = re.compile(r"/study/([a-z0-9][a-z0-9-]{2,150})/?", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://ctv\.veeva\.com)?/study/[a-z0-9][a-z0-9-]{2,150}", re.IGNORECASE)
_OWN = re.compile(r"details and patient eligibility", re.IGNORECASE)
_ALSO_OWN = re.compile(
    r"(?:trial contacts and locations|funder types?|data sourced from clinicaltrials\.gov)", re.IGNORECASE
)

_SEX = re.compile(r"(?:all|both|male|female|women|men)\b|(?:ages|volunteers)$", re.IGNORECASE)
_AGES = re.compile(r"\d|under|over|up to|volunteers$|all ages", re.IGNORECASE)
_VOLUNTEERS = re.compile(r"(?:accepts|no|does not accept|yes)\b|inclusion", re.IGNORECASE)
_ENROLLMENT = re.compile(r"\d|sex$", re.IGNORECASE)
_ANYTHING = re.compile(r".")
LAYOUT = Layout(
    (
        Label("status", "status", 0),
        Label("status", "status and phase", 0),
        Label("condition", "conditions", 1),
        Label("condition", "condition", 1),
        Label("treatment", "treatments", 2),
        Label("treatment", "treatment", 2),
        Label("study_type", "study type", 3),
        Label("", "funder types", 4),
        Label("", "funder type", 4),
        Label("id", "identifiers", 5),
        Label("id", "identifier", 5),
        Label("", "details and patient eligibility", 6),
        Label("about", "about", 7, is_prose=True),
        Label("description", "full description", 8, is_prose=True),
        Label("enrollment", "enrollment", 9, value=_ENROLLMENT),
        Label("sex", "sex", 10, value=_SEX),
        Label("age", "ages", 11, value=_AGES),
        Label("volunteers", "volunteers", 12, value=_VOLUNTEERS),
        Label("criteria", "inclusion and exclusion criteria", 13, is_prose=True),
        Label("inclusion", "inclusion criteria", 14, is_prose=True),
        Label("exclusion", "exclusion criteria", 15, is_prose=True),
        Label("end", "trial design", 16, value=_ANYTHING),
        Label("end", "trial contacts and locations", 17, value=_ANYTHING),
        Label("end", "data sourced from clinicaltrials.gov*", 18, value=_ANYTHING),
    )
)
_FIELDS = {
    "status": "overall_status",
    "condition": "conditions",
    "study_type": "study_type",
    "id": "registry_id",
    "enrollment": "enrollment",
    "sex": "sex",
    "age": "age",
    "volunteers": "healthy_volunteers",
    "inclusion": "eligibility_criteria",
}
_ENROLLED = re.compile(r"([\d,]+)(?: (estimated|actual))?(?: (?:patients?|participants?))?", re.IGNORECASE)


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────


def slug(address: str) -> str:
    """The words of a study's address, "" for any other address."""
    try:
        parts_ = urlsplit(address.strip())
    except ValueError:
        return ""
    match = _PATH.fullmatch(parts_.path)
    is_here = parts_.hostname == HOST and parts_.scheme in ("http", "https")
    return match[1].casefold() if match and is_here else ""


def _address(words: str) -> str:
    return f"{HOME}/study/{words}"


def canonical_url(address: str) -> str:
    """The address a study is kept under: no query string. Raises SettingsError for a foreign one."""
    words = slug(address)
    if not words:
        raise SettingsError(
            f"address {address!r} is no study of {HOST}; expected one like {_address('words-of-its-title')}"
        )
    return _address(words)


def record_url(identity: str) -> str:
    """The address of the study with this slug, or of this address. Raises SettingsError."""
    words = identity.strip().removeprefix("veeva:")
    if "/" in words:
        return canonical_url(words)
    if _SLUG.fullmatch(words) is None or nct_id(words):
        raise SettingsError(
            f"id {identity!r} is no study of {HOST}; expected the words of its address, such as"
            " a-study-of-lamps, or the address itself"
        )
    return _address(words)


def search_url(words: str, since: str) -> str:
    """The site's first page, whose robots.txt names the sitemap. Raises SettingsError for words to search."""
    if words:
        raise SettingsError(
            f"{HOST} forbids programs to search (robots.txt: /study-search); expected --url, --id, or --all or --limit"
            " for the pages its sitemap names"
        )
    return f"{HOME}/"


def read_listing(page: Page) -> Listing:
    """The studies that a page links to, each once; there is no next page."""
    text = html.unescape(markup.decoded(page.body, listing_pages.content_type(page)))
    links = [urljoin(HOME, link) for link in _LINK.findall(text)]
    return Listing(urls=tuple(dict.fromkeys(_address(slug(link)) for link in links if slug(link))))


# ── one study ───────────────────────────────────────────────────────────────────────────────────────────


def recognise(name: str, body: bytes) -> bool:
    """Whether this is a study's page: its own address, or headings that no other site has together."""
    text = markup.decoded(body)
    if text.lstrip()[:1] in ("{", "["):
        return False
    if slug(markup.address(text)):
        return True
    return _OWN.search(text) is not None and _ALSO_OWN.search(text) is not None


def split(page: Page) -> Iterator[Page | Problem]:
    """The page itself, under the live address it names."""
    words = slug(listing_pages.own_address(page))
    yield msgspec.structs.replace(page, url=_address(words)) if words else page


def parse(page: Page) -> Record:
    """The study's Record. Raises ParseError when the page holds none or is cut off."""
    document = blocks.read(page.body, listing_pages.content_type(page))
    above, found = parts(document.blocks, LAYOUT)
    keyed = by_key(found)
    title, below = listing_pages.title_and_below(above, document.title)
    if "status" not in keyed or not title:
        raise ParseError(
            f"a page without {'a title' if 'status' in keyed else repr('Status')}", _EXPECTED, "brief_title"
        )
    text = [part for part in found if part.key in ("criteria", "inclusion", "exclusion")]
    if not text or "end" not in keyed:
        raise ParseError(
            "a page cut off before 'Trial contacts and locations'", _EXPECTED, "eligibility_criteria"
        )
    words = slug(listing_pages.own_address(page)) or slug(page.url)
    result = Record(
        source="veeva",
        source_id=words or listing_pages.stem(page.name),
        url=_address(words) if words else "",
        brief_title=title,
        study_type=_line(keyed, "study_type"),
        age=_line(keyed, "age"),
        sex=_line(keyed, "sex"),
        healthy_volunteers=_line(keyed, "volunteers"),
        conditions=_lines(keyed, "condition"),
        interventions=[Intervention(*intervention(line)) for line in _lines(keyed, "treatment")],
        brief_summary=as_text([block for part in keyed.get("about", []) for block in part.blocks]),
        detailed_description=as_text(
            [block for part in keyed.get("description", []) for block in part.blocks]
        ),
        eligibility_criteria=listing_pages.criteria(text) if any(part.lines for part in text) else "",
        oddities=listing_pages.lost(found, _FIELDS),
    )
    _read_status(result, keyed)
    _read_sponsor(result, below)
    _read_ids(result, keyed)
    _read_enrollment(result, keyed)
    return without_contacts(result, [])


def _lines(keyed: Mapping[str, list[Part]], key: str) -> list[str]:
    return [line for part in keyed.get(key, []) for line in part.lines]


def _line(keyed: Mapping[str, list[Part]], key: str) -> str:
    return (_lines(keyed, key) or [""])[0]


def _read_status(result: Record, keyed: Mapping[str, list[Part]]) -> None:
    """The status, and below it a line a phase."""
    status, *phases = _lines(keyed, "status") or [""]
    result.overall_status = status
    result.phase = "/".join(dict.fromkeys(sorted(phases, key=str.casefold)))


def _read_sponsor(result: Record, below: list[str]) -> None:
    if len(below) == 1:
        result.sponsors = [Sponsor(below[0], "lead")]
    elif below:
        found = " and ".join(below)[:200]
        result.oddities.append(Oddity("sponsors", found, "one line between the title and the status"))


def _read_ids(result: Record, keyed: Mapping[str, list[Part]]) -> None:
    ids = [word for line in _lines(keyed, "id") for word in re.split(r"[,;]\s*", line) if word]
    result.registry_id = next((known for word in ids if (known := nct_id(word))), "")
    result.secondary_ids = [
        SecondaryId(word) for word in ids if nct_id(word) != result.registry_id or not nct_id(word)
    ]


def _read_enrollment(result: Record, keyed: Mapping[str, list[Part]]) -> None:
    words = _line(keyed, "enrollment")
    if match := _ENROLLED.fullmatch(words):
        result.enrollment, result.enrollment_type = match[1].replace(",", ""), match[2] or ""
    elif words:
        result.oddities.append(Oddity("enrollment", words[:200], "a number of patients"))


SOURCE = Source(
    name="veeva",
    title="ClinicalTrials.Veeva",
    kind="listing",
    homepage=f"{HOME}/",
    interface="study pages, found by the sitemap; the site's search is closed to programs",
    formats=("HTML", "saved text"),
    limits="robots.txt is obeyed, it forbids /study-search; one request a second; no update date, no places, no design,"
    " no kinds of sponsors",
    licence=f"Terms of the site: {HOME}/, to be read before a crawl; no open licence is known",
    attribution="Study pages of ClinicalTrials.Veeva (Veeva Systems), which re-publish ClinicalTrials.gov",
    parser_version="veeva-1",
    hosts=frozenset({HOST}),
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
        "age": "absent where there is no limit",
        "phase": "observational studies have none",
    },
)
