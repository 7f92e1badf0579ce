"""Any page that describes one trial in schema.org's words (MedicalTrial, MedicalStudy) as JSON-LD, from saved files.

Only what schema.org defines is read: it has no words for a limit of age, a sex or eligibility criteria. People
(authors, investigators, contacts) are never read. Whether a MedicalTrial is interventional the word does not say.
Definition followed: https://schema.org/MedicalTrial
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from scraper.errors import ParseError
from scraper.model import Intervention, Oddity, Page, Problem, Record, SecondaryId, Site, Sponsor
from scraper.sources import listing_pages, markup
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.jsons import at, day, items, line, words
from scraper.sources.registry_ids import REGISTRY_ID
from scraper.sources.source import Source, no_listing, not_asked, opening

_EXPECTED = 'a page with one schema.org MedicalTrial or MedicalStudy in <script type="application/ld+json">'
_IMPORT_ONLY = "pages of any site are only read from saved files: trials import FILE --source medicaltrial"
_TYPES = frozenset({"MedicalTrial", "MedicalStudy", "MedicalObservationalStudy"})
_SCRIPT = re.compile(
    r"<script(?=[^>]*application/ld\+json)[^>]*>(.*?)</script\s*>", re.IGNORECASE | re.DOTALL
)
_KEY = re.compile(
    r'"@type"\s*:\s*(?:\[[^\]]{0,200})?"(?:https?://schema\.org/|schema:)?Medical(?:Trial|Study|ObservationalStudy)"'
)
_DEEPEST = 40
# schema.org's MedicalStudyStatus in the registry's words; the two about results are no recruitment status.
_STATUS = {
    "activenotrecruiting": "Active, not recruiting",
    "completed": "Completed",
    "enrollingbyinvitation": "Enrolling by invitation",
    "notyetrecruiting": "Not yet recruiting",
    "recruiting": "Recruiting",
    "suspended": "Suspended",
    "terminated": "Terminated",
    "withdrawn": "Withdrawn",
}
_RESULTS = {"resultsavailable": "Yes", "resultsnotavailable": "No"}
# schema.org's MedicalTrialDesign and MedicalObservationalStudyDesign; "" where no field of ours holds it.
_DESIGN = {
    "randomizedtrial": ("allocation", "Randomized"),
    "opentrial": ("masking", "Open Label"),
    "singleblindedtrial": ("masking", "Single Blind"),
    "doubleblindedtrial": ("masking", "Double Blind"),
    "tripleblindedtrial": ("masking", "Triple Blind"),
    "cohortstudy": ("observational_model", "Cohort"),
    "crosssectional": ("time_perspective", "Cross-Sectional"),
    "placebocontrolledtrial": ("", ""),
    "singlecentertrial": ("", ""),
    "multicentertrial": ("", ""),
    "internationaltrial": ("", ""),
    "caseseries": ("", ""),
    "longitudinal": ("", ""),
    "observational": ("", ""),
    "registry": ("", ""),
}


def _documents(body: bytes) -> Iterator[Any]:
    """The JSON-LD of a page or of a file that is nothing else; what cannot be read is passed over."""
    text = markup.decoded(body)
    found = [text] if text.lstrip()[:1] in ("{", "[") else _SCRIPT.findall(text)
    for one in found:
        stripped = re.sub(r"^\s*(?:<!--|//<!\[CDATA\[)|(?:-->|//\]\]>)\s*$", "", one)
        try:
            yield msgspec.json.decode(stripped.encode("utf-8", "surrogatepass"))
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            continue


def _nodes(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every trial in a document, at any depth; a trial inside a trial is part of it."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item, depth + 1)
    elif isinstance(value, dict):
        if _types(value) & _TYPES and line(value, "name"):
            yield value
            return
        for item in value.values():
            yield from _nodes(item, depth + 1)


def _types(value: Any) -> set[str]:
    return {re.split(r"[/:#]", kind)[-1] for kind in items(value, "@type") if isinstance(kind, str)}


def _trial(page: Page) -> dict[str, Any]:
    """The one trial a page is about. Raises ParseError."""
    found: list[dict[str, Any]] = []
    for node in (node for document in _documents(page.body) for node in _nodes(document)):
        if node not in found:
            found.append(node)
    if not found:
        raise ParseError(f"no trial in schema.org's words ({opening(page.body)})", _EXPECTED)
    own = listing_pages.own_address(page)
    if len(found) > 1 and own:
        found = [node for node in found if own in (line(node, "url"), line(node, "@id"))] or found
    if len(found) > 1:
        raise ParseError(f"a page with {len(found)} trials", f"{_EXPECTED}; save the page of each trial")
    return found[0]


def recognise(name: str, body: bytes) -> bool:
    """Whether the file says in JSON-LD that it is about a trial."""
    text = markup.decoded(body)
    if text.lstrip()[:1] in ("{", "["):
        return "schema.org" in text and _KEY.search(text) is not None
    return "ld+json" in text and _KEY.search(text) is not None


def split(page: Page) -> Iterator[Page | Problem]:
    """The page itself, under the live address it names."""
    address = listing_pages.own_address(page)
    yield msgspec.structs.replace(page, url=address) if _identity(address) else page


def _identity(address: str) -> str:
    """The host and path of an address, "" for anything else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.path.strip("/"):
        return ""
    return parts.hostname.removeprefix("www.") + parts.path.rstrip("/")


def parse(page: Page) -> Record:
    """The trial's Record. Raises ParseError when the page is about none, or about several."""
    trial = _trial(page)
    address = next(
        (url for url in (listing_pages.own_address(page), line(trial, "url"), page.url) if _identity(url)), ""
    )
    result = Record(
        source="medicaltrial",
        source_id=_identity(address) or listing_pages.stem(page.name),
        url=address,
        brief_title=line(trial, "name"),
        official_title=line(trial, "headline"),
        acronym="",
        study_type="Observational" if "MedicalObservationalStudy" in _types(trial) else "",
        phase="/".join(filter(None, (line(value) for value in items(trial, "phase")))),
        start_date=day(trial, "startDate"),
        updated=day(trial, "dateModified"),
        brief_summary=words(trial, "description"),
        study_population=words(trial, "population"),
        sites=[site for place in items(trial, "studyLocation") if (site := _site(place)) != Site()],
    )
    _read_status(result, trial)
    _read_design(result, trial)
    _read_ids(result, trial)
    _read_subjects(result, trial)
    result.sponsors = [
        Sponsor(name, "collaborator" if number else "lead")
        for number, name in enumerate(
            _names([s for s in items(trial, "sponsor") if "Person" not in _types(s)])
        )
    ]
    return without_contacts(result, [])


def _names(values: list[Any]) -> list[str]:
    """Names of things that may be text, an object with a name, or a list in one string of neither."""
    return [name for value in values if (name := line(value) or line(value, "name"))]


def _term(value: Any) -> str:
    """schema.org's word without its address: "https://schema.org/Recruiting" is "Recruiting"."""
    found = line(value) or line(value, "name") or line(value, "@id")
    return re.sub(r"^(?:https?://schema\.org/|schema:)", "", found)


def _read_status(result: Record, trial: dict[str, Any]) -> None:
    stated = []
    for term in map(_term, items(trial, "status")):
        folded = term.casefold()
        if folded in _RESULTS:
            result.has_results = _RESULTS[folded]
        elif term:
            stated.append(_STATUS.get(folded, term))
    if len(set(stated)) > 1:
        result.oddities.append(Oddity("overall_status", " and ".join(stated)[:200], "one status"))
    elif stated:
        result.overall_status = stated[0]


def _read_design(result: Record, trial: dict[str, Any]) -> None:
    for term in map(_term, [*items(trial, "trialDesign"), *items(trial, "studyDesign")]):
        known = _DESIGN.get(term.casefold())
        if known is None:
            result.oddities.append(Oddity("study_design", term[:200], "a design of schema.org"))
        elif known[0]:
            setattr(result, known[0], known[1])


def _read_ids(result: Record, trial: dict[str, Any]) -> None:
    """The id is what the page calls its identifier, or an address that it says is the same thing as the trial."""
    ids = [
        found
        for value in items(trial, "identifier")
        if (found := line(value) or line(value, "value") or line(value, "@value"))
    ]
    ids = [value.rstrip("/").rpartition("/")[2] if value.startswith("http") else value for value in ids]
    same = [line(value).rstrip("/").rpartition("/")[2] for value in items(trial, "sameAs")]
    known = [value for value in [*ids, *same] if REGISTRY_ID.fullmatch(value)]
    result.registry_id = known[0] if known else ""
    result.secondary_ids = [
        SecondaryId(value) for value in dict.fromkeys([*ids, *known]) if value != result.registry_id
    ]


def _read_subjects(result: Record, trial: dict[str, Any]) -> None:
    """Conditions by their own property; of what is studied only what says that it is a condition or a drug."""
    subjects = items(trial, "studySubject")
    conditions = items(trial, "healthCondition") + [s for s in subjects if "MedicalCondition" in _types(s)]
    result.conditions = list(dict.fromkeys(_names(conditions)))
    result.interventions = [
        Intervention("Drug" if "Drug" in _types(s) else "Device", name)
        for s in subjects
        if _types(s) & {"Drug", "MedicalDevice"}
        for name in _names([s])
    ]


def _site(place: Any) -> Site:
    address = at(place, "address")
    return Site(
        facility=line(place) or line(place, "name"),
        city=line(address, "addressLocality"),
        state=line(address, "addressRegion"),
        zip=line(address, "postalCode"),
        country=line(address, "addressCountry") or line(address, "addressCountry", "name"),
        latitude=line(place, "geo", "latitude"),
        longitude=line(place, "geo", "longitude"),
    )


SOURCE = Source(
    name="medicaltrial",
    title="Pages with schema.org MedicalTrial",
    kind="listing",
    homepage="https://schema.org/MedicalTrial",
    interface="saved pages of any site that describe one trial in JSON-LD",
    formats=("HTML", "JSON-LD"),
    limits="import only: there is no one site to ask; schema.org has no ages, no sex and no eligibility criteria",
    licence="that of the page's site, to be looked up there",
    attribution="the site named in the record's address",
    parser_version="medicaltrial-1",
    hosts=frozenset(),
    obeys_robots=True,
    delay_seconds=1.0,
    recognise=recognise,
    split=split,
    parse=parse,
    search_url=not_asked(_IMPORT_ONLY),
    record_url=not_asked(_IMPORT_ONLY),
    canonical_url=not_asked(_IMPORT_ONLY),
    read_listing=no_listing(_IMPORT_ONLY),
    gaps={
        "age": "schema.org's MedicalTrial has no such field that pages fill",
        "sex": "schema.org's MedicalTrial has no such field that pages fill",
        "criteria": "schema.org's MedicalTrial has no such field that pages fill",
    },
)
