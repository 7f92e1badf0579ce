"""Sites on TrialX's platform: bereflected.org and CenterWatch's pages of 2019 to 2022, and CenterWatch's own of 2025.

The former are TrialX's template, so TrialX's reader reads them; on bereflected.org its AI block is filled, which is no
registry's word and is left out. CenterWatch's pages of 2025 have labels, and drop the unit of ages ("Ages 42-89" for
days): such words are kept and are no limit.
"""

import html
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin, urlsplit

import msgspec

from scraper.errors import ParseError, SettingsError
from scraper.model import Intervention, Oddity, Page, Problem, Record, SecondaryId, Sponsor
from scraper.sources import blocks, listing_pages, markup, trialx, trialx_parts, trialx_record
from scraper.sources.blocks import Document, as_text
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.ctgov_html_words import intervention
from scraper.sources.labels import Label, Layout, Part, by_key, parts
from scraper.sources.registry_ids import REGISTRY_ID
from scraper.sources.source import Listing, Source

SITES = {"bereflected": "bereflected.org", "centerwatch": "www.centerwatch.com"}
"""The sites known: the word that their records' ids begin with, and their host."""

HOSTS = frozenset({"bereflected.org", "www.bereflected.org", "centerwatch.com", "www.centerwatch.com"})
_EXPECTED = "a listing of CenterWatch: title, 'Overall Status:', 'Clinical Study ID', criteria, 'Connect with a study center'"
_PATH = re.compile(r"/clinical-trials/listings/(\d{1,9}|NCT\d{8})(?:/[^/]*)?/?", re.IGNORECASE)
_LINK = re.compile(
    r"(?:https?://(?:www\.)?(?:bereflected\.org|centerwatch\.com))?/clinical-trials/listings/(?:\d{1,9}|NCT\d{8})(?:/[^\s\"'<>?#]*)?",
    re.IGNORECASE,
)
_ID = re.compile(r"(?:trialx-family:)?(bereflected|centerwatch)-(\d{1,9}|NCT\d{8})", re.IGNORECASE)
_FILE = re.compile(r"(?:bereflected|centerwatch)-(?:\d{1,9}|NCT\d{8})", re.IGNORECASE)
_OWN = ("overall status", "clinical study id", "connect with a study center")

_LABELS = (
    Label("updated", "last updated", 0),
    Label("sponsor", "sponsor", 1),
    Label("overall_status", "overall status", 2),
    Label("phase", "phase", 3),
    Label("condition", "condition", 3),
    Label("condition", "conditions", 3),
    Label("treatment", "treatment", 3),
    Label("treatment", "treatments", 3),
    Label("id", "clinical study id", 4),
    Label("summary", "study summary", 5, is_prose=True),
    Label("", "eligibility criteria", 6, is_prose=True),
    Label("inclusion", "inclusion", 7, is_prose=True),
    Label("inclusion", "inclusion criteria", 7, is_prose=True),
    Label("exclusion", "exclusion", 8, is_prose=True),
    Label("exclusion", "exclusion criteria", 8, is_prose=True),
    Label("end", "study design", 9, value=re.compile(r".")),
    Label("end", "connect with a study center", 10, is_prose=True),
)
LAYOUT = Layout(_LABELS)
_FIELDS = {
    "overall_status": "overall_status",
    "sponsor": "sponsors",
    "id": "registry_id",
    "phase": "phase",
    "updated": "updated",
}
# The bullets below the id, told by what they are.
_AGES = re.compile(r"ages?:?\s+(.+)", re.IGNORECASE)
_GENDERS = re.compile(
    r"(?:genders?|sex):?\s+(.+)|(all|both)(?: genders| sexes)?|(males?|females?)(?: only)?", re.IGNORECASE
)
_VOLUNTEERS = re.compile(
    r"(?:accepts )?healthy volunteers(?:: *(yes|no))?|no healthy volunteers", re.IGNORECASE
)


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────


def identity(address: str) -> str:
    """The id of the listing at an address ("centerwatch-NCT05617014"), "" for any other address."""
    try:
        where = urlsplit(address.strip())
    except ValueError:
        return ""
    match = _PATH.fullmatch(where.path)
    if match is None or where.hostname not in HOSTS or where.scheme not in ("http", "https"):
        return ""
    number = match[1].upper()
    return f"{_site(where.hostname)}-{number if number.startswith('NCT') else int(number)}"


def _site(host: str) -> str:
    return host.removeprefix("www.").partition(".")[0]


def _address(known: str) -> str:
    site, _, number = known.partition("-")
    return f"https://{SITES[site.casefold()]}/clinical-trials/listings/{number}/"


def canonical_url(address: str) -> str:
    """The address a listing is kept under: no slug, no query string. Raises SettingsError for a foreign one."""
    known = identity(address)
    if not known:
        raise SettingsError(
            f"address {address!r} is no listing of these sites; expected one like {_address('centerwatch-NCT04010877')}"
        )
    return _address(known)


def record_url(trial_id: str) -> str:
    """The address of the listing with this id, such as "centerwatch-NCT04010877", or of this address."""
    match = _ID.fullmatch(trial_id.strip())
    if match:
        return _address(f"{match[1].casefold()}-{match[2].upper()}")
    if "/" in trial_id:
        return canonical_url(trial_id)
    raise SettingsError(
        f"id {trial_id!r} names no site; expected one like centerwatch-NCT04010877, or a listing's address"
    )


def search_url(words: str, since: str) -> str:
    """Raises SettingsError: several sites, and no search of them is known."""
    raise SettingsError(
        "these are several sites and no search of them is known; expected --url or --id of single listings, such as"
        " --id centerwatch-NCT04010877"
    )


def read_listing(page: Page) -> Listing:
    """The listings that a page links to, each once; there is no next page."""
    text = html.unescape(markup.decoded(page.body, listing_pages.content_type(page)))
    found = {identity(link): link for link in (urljoin(page.url, link) for link in _LINK.findall(text))}
    return Listing(urls=tuple(_address(known) for known in found if known))


# ── one listing ─────────────────────────────────────────────────────────────────────────────────────────


def recognise(name: str, body: bytes) -> bool:
    """Whether this is a listing of one of the sites: its own address, its file's name, or CenterWatch's labels."""
    text = markup.decoded(body)
    if text.lstrip()[:1] in ("{", "["):
        return False
    if identity(markup.address(text)):
        return True
    folded = text.casefold()
    if all(label in folded for label in _OWN):
        return True
    return _FILE.fullmatch(listing_pages.stem(name)) is not None and trialx.recognise(name, body)


def split(page: Page) -> Iterator[Page | Problem]:
    """The page itself, under the live address it names, else the one its file's name gives, else as it is."""
    known = _known(page)
    yield msgspec.structs.replace(page, url=_address(known)) if known else page


def _known(page: Page) -> str:
    file = _ID.fullmatch(listing_pages.stem(page.name)) if page.name else None
    named = f"{file[1].casefold()}-{file[2].upper()}" if file else ""
    return identity(listing_pages.own_address(page)) or identity(page.url) or named


def parse(page: Page) -> Record:
    """The listing's Record. Raises ParseError when the page holds no trial or is cut off."""
    document = blocks.read(page.body, listing_pages.content_type(page))
    known = _known(page)
    source_id, url = known or listing_pages.stem(page.name), _address(known) if known else ""
    above, found = parts(document.blocks, LAYOUT)
    keyed = by_key(found)
    if "overall_status" in keyed and "id" in keyed:
        return _labelled(
            document, listing_pages.title_and_below(above, document.title)[0], keyed, found, source_id, url
        )
    template = blocks.read(
        page.body, listing_pages.content_type(page), trialx_parts.LABELS, trialx_parts.TAIL
    )
    return trialx_record.record(template, source_id, url, "trialx-family")


def _labelled(
    document: Document,
    title: str,
    keyed: Mapping[str, list[Part]],
    found: list[Part],
    source_id: str,
    url: str,
) -> Record:
    if not title:
        raise ParseError("a listing without a title", _EXPECTED, "brief_title")
    if "end" not in keyed:
        raise ParseError(
            "a listing cut off before 'Connect with a study center'", _EXPECTED, "eligibility_criteria"
        )
    text = [part for part in found if part.key in ("inclusion", "exclusion")]
    whole = [
        block
        for part in found
        if part.label.casefold().startswith("eligibility criteria")
        for block in part.blocks
    ]
    phase = _line(keyed, "phase")
    result = Record(
        source="trialx-family",
        source_id=source_id,
        url=url,
        brief_title=title,
        overall_status=_line(keyed, "overall_status"),
        # "N/A" is no statement here either: the word is that of the platform's badge.
        phase=f"Phase {phase}" if phase and not phase.casefold().startswith(("phase", "early")) else phase,
        updated=_line(keyed, "updated"),
        brief_summary=as_text([block for part in keyed.get("summary", []) for block in part.blocks]),
        eligibility_criteria="\n\n".join(filter(None, (as_text(whole), listing_pages.criteria(text)))),
        conditions=_lines(keyed, "condition"),
        interventions=[Intervention(*intervention(line)) for line in _lines(keyed, "treatment")],
        sponsors=[Sponsor(_line(keyed, "sponsor"), "lead")] if _line(keyed, "sponsor") else [],
        oddities=listing_pages.lost(found, _FIELDS),
    )
    _read_ids_and_bullets(result, _lines(keyed, "id"))
    return without_contacts(result, [])


def _lines(keyed: Mapping[str, list[Part]], key: str) -> list[str]:
    return [line for part in keyed.get(key, []) for line in part.lines]


def _line(keyed: Mapping[str, list[Part]], key: str) -> str:
    return (_lines(keyed, key) or [""])[0]


def _read_ids_and_bullets(result: Record, lines: list[str]) -> None:
    """Below "Clinical Study ID": the NCT id with up to twenty numbers of grants, then ages, genders, volunteers."""
    ids: list[str] = []
    for line in lines:
        if match := _AGES.fullmatch(line):
            result.age = line if not match[1].casefold().startswith("all") else ""
        elif match := _GENDERS.fullmatch(line):
            result.sex = match[1] or match[2] or match[3]
        elif match := _VOLUNTEERS.fullmatch(line):
            is_no = line.casefold().startswith("no") or (match[1] or "").casefold() == "no"
            # A bare "Healthy Volunteers" may be a label that lost its value.
            said = match[1] or line.casefold().startswith(("accepts", "no "))
            result.healthy_volunteers = ("No" if is_no else "Yes") if said else ""
        elif len(line) <= 200:
            ids += [word for word in re.split(r"[,;]\s*", line) if word]
        else:
            result.oddities.append(Oddity("registry_id", line[:200], "the ids of the study"))
    known = [word for word in ids if REGISTRY_ID.fullmatch(word)]
    ours = next((word for word in known if word.upper().startswith("NCT")), "") or (known[0] if known else "")
    result.registry_id = ours
    result.secondary_ids = [SecondaryId(word) for word in dict.fromkeys(ids) if word != ours]


SOURCE = Source(
    name="trialx-family",
    title="Sites on TrialX's platform (bereflected.org, CenterWatch)",
    kind="listing",
    homepage="https://www.centerwatch.com/clinical-trials/listings/",
    interface="listing pages by their address; no search of them is known",
    formats=("HTML", "saved text"),
    limits="robots.txt is obeyed; one request a second; single listings only; CenterWatch drops the unit of ages, so those"
    " are no limits; no places, no design",
    licence="Terms of each site, to be read before a crawl: https://www.centerwatch.com/, https://bereflected.org/; no open"
    " licence is known",
    attribution="Listing text from bereflected.org or CenterWatch, which re-publish registry records",
    parser_version="trialx-family-1",
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
        "age": "the badge is left out where there is no limit; CenterWatch drops the unit",
        "phase": '"N/A" is no fact there',
        "status": "some layouts show none",
    },
)
