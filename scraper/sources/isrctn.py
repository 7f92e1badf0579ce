"""ISRCTN registry: the XML of its API, and the same record whose container was converted to JSON elsewhere.

The registry computes a trial's status from dates each time it shows it, so that only what can no longer change is
taken: an end of recruitment or of the trial that lay behind when the page was fetched, or a stated "Stopped" or
"Suspended". An age limit may be a gestational age ("29 Weeks", ISRCTN13281214): it is kept as the registry has it.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from lxml import etree

from scraper.errors import ParseError, SettingsError
from scraper.model import Intervention, Outcome, Page, Problem, Record, SecondaryId, Site, Sponsor
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.jsons import at, day, decoded, every, items, line, words
from scraper.sources.source import Listing, Source, opening, part_problem

HOST = "www.isrctn.com"
_EXPECTED = "an ISRCTN trial: <fullTrial> of the API's XML, or JSON with isrctn and trialDescription"
_ID = re.compile(r"(?:ISRCTN)?(\d{8})", re.ASCII | re.IGNORECASE)
_FULL = re.compile(rb"<fullTrial[\s>].*?</fullTrial\s*>", re.DOTALL)
_OPENING = re.compile(rb"<allTrials[^>]*>")
_TOTAL = re.compile(rb'totalCount="(\d{1,12})"')
_NOTHING = frozenset({"nil known", "n/a", "-", "not provided at time of registration", "not applicable"})
# The registry's own question in a plain summary; names and addresses of people follow it.
_CONTACT = re.compile(r"\s*Who is the main contact\?.*", re.DOTALL | re.IGNORECASE)
_PHONES = frozenset({"telephone", "phone"})
# Words of a trial's other ids -> what the registry calls them.
_IDS = {
    "eudraCTNumber": "EudraCT number",
    "clinicalTrialsGovNumber": "ClinicalTrials.gov number",
    "irasNumber": "IRAS number",
    "protocolSerialNumber": "Protocol serial number",
}


def recognise(name: str, body: bytes) -> bool:
    """Whether the file holds records of ISRCTN."""
    head = utf8(body).lstrip()
    if head[:1] == b"<":
        return _OPENING.search(head) is not None or b"<fullTrial" in head[:2000]
    return head[:1] == b"{" and b'"isrctn"' in head[:200] and b'"trialDescription"' in head


def split(page: Page) -> Iterator[Page | Problem]:
    """One page a trial, an element behind the answer's own opening tag; a Problem for each part that is none."""
    body = utf8(page.body)
    if body.lstrip()[:1] != b"<":
        yield _piece(page, page.body, "")
        return
    opened = _OPENING.search(body)
    number = 0
    for number, match in enumerate(_FULL.finditer(body), 1):
        # The opening tag names the elements' namespace.
        raw = b"%s%s</allTrials>" % (opened[0], match[0]) if opened else match[0]
        yield _piece(page, raw, f"trial {number}")
    begun = len(re.findall(rb"<fullTrial[\s>]", body))
    if begun != number or (not begun and not (opened and b"</allTrials" in body)):
        found = f"{begun} trials of which {number} are whole" if begun else opening(body)
        yield part_problem(page, "", found, _EXPECTED)


def _piece(page: Page, raw: bytes, field: str) -> Page | Problem:
    try:
        url = record_url(_identity(_document(raw)))
    except ParseError as error:
        return part_problem(page, field or error.field, error.found, error.expected)
    return msgspec.structs.replace(page, url=url, body=raw)


def _document(body: bytes) -> Any:
    """The trial as the JSON has it; `sponsor` and `contact` of the XML lie beside its parts. Raises ParseError."""
    if utf8(body).lstrip()[:1] != b"<":
        return decoded(body, _EXPECTED)
    # Entities stay unresolved: neither a file of this machine nor a bomb can be named by a record.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(utf8(body), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"XML that cannot be read ({error})", _EXPECTED) from None
    full = next((e for e in root.iter("{*}fullTrial")), None)
    trial = None if full is None else next((e for e in full.iterchildren("{*}trial")), None)
    if full is None or trial is None:
        raise ParseError(opening(body), _EXPECTED)
    parts = _plain(trial)
    if not isinstance(parts, dict):
        raise ParseError(opening(body), _EXPECTED)
    parts["lastUpdated"] = trial.get("lastUpdated", "")
    isrctn = next((e for e in trial.iterchildren("{*}isrctn")), None)
    parts["dateAssigned"] = (
        ""
        if isrctn is None
        else (isrctn.get("dateAssigned") or isrctn.get("publicIdentifierDateAssigned", ""))
    )
    parts["sponsor"] = [_plain(e) for e in full.iterchildren("{*}sponsor")]
    parts["contact"] = [_plain(e) for e in full.iterchildren("{*}contact")]
    return parts


def _plain(element: etree._Element) -> Any:
    """Text, or the children by name; a name that repeats is a list."""
    found: dict[str, Any] = {}
    for child in element.iterchildren("*"):
        name, value = etree.QName(child).localname, _plain(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found or (element.text or "")


def _identity(trial: Any) -> str:
    match = _ID.fullmatch(line(trial, "isrctn"))
    if match is None:
        raise ParseError(
            f"a trial with the id {line(trial, 'isrctn')[:60]!r}", "ISRCTN and eight digits", "isrctn"
        )
    return f"ISRCTN{match[1]}"


def _stated(value: Any, *path: str) -> str:
    found = words(value, *path)
    return "" if found.casefold() in _NOTHING else found


def parse(page: Page) -> Record:
    """The record of a page that holds one trial. Raises ParseError."""
    trial = _document(page.body)
    isrctn = _identity(trial)
    about, people, design = (at(trial, part) for part in ("trialDescription", "participants", "trialDesign"))
    title = line(about, "title") or line(about, "scientificTitle")
    if not title:
        raise ParseError(f"{isrctn} without a title", "a title", "title")
    therapies = items(trial, "interventions", "intervention")
    record = Record(
        source="isrctn",
        source_id=isrctn,
        registry_id=isrctn,
        url=f"https://{HOST}/{isrctn}",
        brief_title=title,
        official_title=line(about, "scientificTitle"),
        acronym=line(about, "acronym"),
        overall_status=_status(people, design, page.fetched_at),
        why_stopped=line(design, "reasonAbandoned"),
        study_type=line(design, "primaryStudyDesign"),
        phase=next((found for item in therapies if (found := line(item, "phase"))), ""),
        minimum_age=line(people, "lowerAgeLimit"),
        maximum_age=line(people, "upperAgeLimit"),
        sex=line(people, "gender"),
        start_date=day(people, "recruitmentStart"),
        completion_date=day(design, "overallEndDate"),
        first_posted_date=day(trial, "dateAssigned"),
        updated=day(trial, "lastUpdated"),
        brief_summary=_CONTACT.sub("", _stated(about, "plainEnglishSummary")),
        detailed_description=_stated(about, "studyHypothesis"),
        eligibility_criteria="\n\n".join(
            f"{head} Criteria:\n{text}"
            for head, key in (("Inclusion", "inclusion"), ("Exclusion", "exclusion"))
            if (text := _stated(people, key))
        ),
    )
    final, target = line(people, "totalFinalEnrolment"), line(people, "targetEnrolment")
    record.enrollment = final or target
    record.enrollment_type = "Actual" if final else "Estimated" if target else ""
    record.conditions = [
        name for item in items(trial, "conditions", "condition") if (name := line(item, "description"))
    ]
    record.interventions = [
        Intervention(line(item, "interventionType"), name, _stated(item, "description"))
        for item in therapies
        if (name := line(item, "drugNames") or line(item, "interventionType"))
    ]
    record.outcomes = [
        Outcome(kind, text)
        for kind in ("primary", "secondary")
        if (text := _stated(about, f"{kind}Outcome") or _stated(about, f"{kind}Outcomes"))
    ]
    record.sponsors = [
        Sponsor(name, "lead" if number == 0 else "collaborator")
        for number, item in enumerate(items(trial, "sponsor"))
        if (name := line(item, "organisation"))
    ]
    record.sites = list(_sites(people))
    record.secondary_ids = list(_other_ids(at(trial, "externalRefs")))
    return without_contacts(record, every(trial, _PHONES))


def _status(people: Any, design: Any, fetched_at: str) -> str:
    override = line(design, "overallStatusOverride") or line(people, "recruitmentStatusOverride")
    if override:
        return override
    for end, word in (
        (day(design, "overallEndDate"), "Completed"),
        (day(people, "recruitmentEnd"), "No longer recruiting"),
    ):
        if end and fetched_at and end < fetched_at[:10]:
            return word
    return ""


def _sites(people: Any) -> Iterator[Site]:
    centres = items(people, "trialCentres", "trialCentre")
    for item in centres:
        country = line(item, "country")
        code = line(item, "zip")
        yield Site(
            facility=line(item, "name"),
            city=line(item, "city"),
            state=line(item, "state"),
            zip="" if code == "-" else code,
            country=country,
        )
    named = {line(item, "country") for item in centres}
    for country in items(people, "recruitmentCountries", "country"):
        if line({"": country}, "") not in {*named, ""}:
            yield Site(country=line({"": country}, ""))


def _other_ids(refs: Any) -> Iterator[SecondaryId]:
    seen = set()
    for key, label in _IDS.items():
        value = line(refs, key)
        if value and value.casefold() not in _NOTHING:
            seen.add(value)
            yield SecondaryId(value, label)
    for item in items(refs, "secondaryNumbers", "secondaryNumber"):
        value = line({"": item}, "")
        if value and value not in seen and value.casefold() not in _NOTHING:
            seen.add(value)
            yield SecondaryId(value, "Secondary number")


def search_url(words_: str, since: str) -> str:
    """The address of the trials edited since that day, at most 100: one answer holds them, there is no paging."""
    if since:
        asked = f"lastEdited GE {since}T00:00:00"
        asked = f"({words_}) AND {asked}" if words_ else asked
    else:
        asked = words_
    return f"https://{HOST}/api/query/format/default?q={quote(asked)}&limit=100"


def record_url(trial_id: str) -> str:
    """The address of one trial. Raises SettingsError on an id of another form."""
    match = _ID.fullmatch(trial_id.strip())
    if match is None:
        raise SettingsError(f"found {trial_id!r}, expected ISRCTN and eight digits, such as ISRCTN13281214")
    return f"https://{HOST}/api/trial/ISRCTN{match[1]}/format/default"


def canonical_url(url: str) -> str:
    """The address that a trial is kept under, from any address of it. Raises SettingsError."""
    parts = urlsplit(url.strip())
    found = re.search(r"/ISRCTN(\d{8})(?=/|$)", parts.path, re.ASCII | re.IGNORECASE)
    host = (parts.hostname or "").removeprefix("www.")
    if parts.scheme not in ("http", "https") or host != "isrctn.com" or found is None:
        raise SettingsError(f"found {url!r}, expected an address such as https://{HOST}/ISRCTN13281214")
    return record_url(found[1])


def read_listing(page: Page) -> Listing:
    """The registry's own total; the answer itself holds the trials. Raises ParseError."""
    opened = _OPENING.search(utf8(page.body))
    if opened is None:
        raise ParseError(opening(page.body), "an answer of the API with <allTrials>")
    total = _TOTAL.search(opened[0])
    return Listing(total=int(total[1]) if total else None)


SOURCE = Source(
    name="isrctn",
    title="ISRCTN registry",
    kind="registry",
    homepage=f"https://{HOST}/",
    interface="XML API; from saved files also its records converted to JSON",
    formats=("xml", "json"),
    limits="100 trials an answer without paging; a status only where it can no longer change; ages often in words only",
    licence="the registry's terms (isrctn.com) apply; read them before reuse",
    attribution="ISRCTN registry (BMC, Springer Nature), with the trial's DOI 10.1186/ISRCTN…",
    parser_version="isrctn-1",
    hosts=frozenset({HOST}),
    obeys_robots=False,
    delay_seconds=2.0,
    recognise=recognise,
    split=split,
    parse=parse,
    search_url=search_url,
    record_url=record_url,
    canonical_url=canonical_url,
    read_listing=read_listing,
    gaps={
        "status": "computed by the registry from dates, so some saved copies lack it",
        "age": 'the registry\'s age group ("Adult") states no numbers',
        "sponsor": "copies converted to JSON by other tools hold the trial without its sponsors",
    },
)
