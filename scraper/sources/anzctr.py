"""Australian New Zealand Clinical Trials Registry: the XML of its downloads, and its page of one trial.

Both carry the same names: the page's element `CXSTUDYTITLE` is the XML's `studytitle`. The XML was described by public
programs that read the registry's download; no file of it was at hand. The download also holds copies of
ClinicalTrials.gov's records (`nctid`): they are refused, since that registry's own record is the better one.
Fields: https://www.anzctr.org.au/docs/ANZCTR%20Data%20field%20explanation.pdf
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from scraper.errors import ParseError, SettingsError
from scraper.model import Intervention, Oddity, Outcome, Page, Problem, Record, SecondaryId, Site, Sponsor
from scraper.sources import anzctr_fields
from scraper.sources.anzctr_fields import EXPECTED, NOTHING, OPENING, Fields
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.source import Source, no_listing, not_asked, part_problem

HOST = "www.anzctr.org.au"
_IMPORT_ONLY = (
    "ANZCTR has no interface for programs that is documented; download a search as XML (Download all to XML) or save"
    f" a trial's page at https://{HOST}/TrialSearch.aspx and import the file: trials import FILE --source anzctr"
)
# "p" marks a provisional registration.
_ID = re.compile(r"(ACTRN126\d{11})p?", re.ASCII | re.IGNORECASE)
_CLOSING = re.compile(rb"</ANZCTR_Trial\s*>")
_DECLARATION = re.compile(rb"^\s*(<\?xml[^>]*\?>)")
_ABROAD = re.compile(r"^\+?6[14][ .(]*0?[ .)]*")
_UNITS = frozenset(
    ["year", "years", "month", "months", "week", "weeks", "day", "days", "hour", "hours", "minute", "minutes"]
)
_NO_AGE = frozenset({"", "no limit", "not stated", "n/a"})
_SPONSORS = {"commercial sector/industry": "INDUSTRY", "individual": "INDIV"}
# What the registry asks for beside ClinicalTrials.gov's words; a word that is in neither is left out.
_DESIGN = {
    "allocation": {
        "randomised controlled trial": "Randomized",
        "non-randomised trial": "Non-Randomized",
    },
    "assignment": {
        "single group": "Single Group",
        "parallel": "Parallel",
        "crossover": "Crossover",
        "factorial": "Factorial",
    },
    "purpose": {"treatment": "Treatment", "prevention": "Prevention", "diagnosis": "Diagnostic"},
}
_MASKED = ("", "Single", "Double", "Triple", "Quadruple")


def recognise(name: str, body: bytes) -> bool:
    """Whether the file holds trials of ANZCTR."""
    head = utf8(body).lstrip()
    if head[:1] != b"<":
        return False
    return OPENING.search(head) is not None or (b"<title>ANZCTR" in head and b"_body_CX" in head)


def split(page: Page) -> Iterator[Page | Problem]:
    """One page a trial; a Problem for each part that is none, and for a copy of another registry's record."""
    body = utf8(page.body)
    if OPENING.search(body) is None:
        yield _piece(page, page.body, "")
        return
    declared = _DECLARATION.match(body)
    declaration = declared[1] + b"\n" if declared else b""
    number = 0
    for number, raw in enumerate(_whole(body), 1):
        yield _piece(page, declaration + raw, f"trial {number}")
    begun = len(OPENING.findall(body))
    if begun != number:
        yield part_problem(page, "", f"{begun} trials of which {number} are whole", EXPECTED)


def _whole(body: bytes) -> Iterator[bytes]:
    """The trials that have an end, in order."""
    at = 0
    while (begun := OPENING.search(body, at)) and (ended := _CLOSING.search(body, begun.end())):
        yield body[begun.start() : ended.end()]
        at = ended.end()


def _piece(page: Page, raw: bytes, field: str) -> Page | Problem:
    try:
        url = _address(_identity(anzctr_fields.read(raw)))
    except ParseError as error:
        return part_problem(page, field or error.field, error.found, error.expected)
    return msgspec.structs.replace(page, url=url, body=raw)


def _identity(fields: Fields) -> str:
    found = fields.line("actrnumber")
    match = _ID.fullmatch(found)
    if match is None:
        if not found and (nct := fields.line("nctid")):
            raise ParseError(
                f"a copy of {nct[:20]}", "ANZCTR's own trials; import the record of its registry", "nctid"
            )
        raise ParseError(f"a trial with the id {found[:60]!r}", "ACTRN and fourteen digits", "actrnumber")
    return match[1].upper()


def _address(actrn: str) -> str:
    return f"https://{HOST}/{actrn}.aspx"


def parse(page: Page) -> Record:
    """The record of a page that holds one trial. Raises ParseError."""
    fields = anzctr_fields.read(page.body)
    actrn = _identity(fields)
    title = fields.line("studytitle") or fields.line("scientifictitle")
    if not title:
        raise ParseError(f"{actrn} without a title", "a title", "studytitle")
    actual = fields.line("actualsamplesize")
    record = Record(
        source="anzctr",
        source_id=actrn,
        registry_id=actrn,
        url=_address(actrn),
        brief_title=title,
        official_title=fields.line("scientifictitle"),
        acronym=fields.line("trialacronym"),
        overall_status=fields.line("recruitmentstatus"),
        study_type=fields.line("studytype"),
        phase=fields.line("phase"),
        sex=fields.line("inclusivegender"),
        healthy_volunteers=fields.line("healthyvolunteer"),
        enrollment=actual or fields.line("samplesize"),
        enrollment_type="Actual" if actual else "Estimated" if fields.line("samplesize") else "",
        start_date=fields.day("actualstartdate", "anticipatedstartdate"),
        completion_date=fields.day("actuallastvisitdate", "anticipatedlastvisitdate"),
        first_posted_date=fields.day("approvaldate"),
        updated=fields.day("updatedate", "datelastupdated"),
        brief_summary=fields.text("summary"),
        eligibility_criteria="\n\n".join(
            f"{head} Criteria:\n\n{text}"
            for head, name in (("Inclusion", "inclusivecriteria"), ("Exclusion", "exclusivecriteria"))
            if (text := fields.text(name))
        ),
        allocation=_word(fields, "allocation"),
        intervention_model=_word(fields, "assignment"),
        primary_purpose=_word(fields, "purpose"),
        masking=_masking(fields),
    )
    for field, side in (("minimum_age", "min"), ("maximum_age", "max")):
        setattr(record, field, _age(record, fields, field, side))
    record.conditions = fields.every("healthcondition")
    record.keywords = fields.every("conditioncode2")
    about = fields.line("interventions")
    record.interventions = [Intervention("", code, about) for code in fields.every("interventioncode")]
    record.outcomes = [
        Outcome(kind, member["outcome"], " ".join(member.get("timepoint", "").split()))
        for kind in ("primary", "secondary")
        for member in fields.groups(f"{kind}outcome")
        if "outcome" in member
    ]
    record.sponsors = list(_sponsors(fields))
    record.sites = list(_sites(fields))
    record.secondary_ids = [
        *(SecondaryId(value, "Secondary ID") for value in fields.every("secondaryid")),
        *(SecondaryId(value, "Universal Trial Number") for value in fields.every("utrn")),
    ]
    phones = fields.every("phone", "fax")
    # Within the two countries the same number starts with 0.
    return without_contacts(record, [*phones, *(_ABROAD.sub("0", phone) for phone in phones)])


def _word(fields: Fields, name: str) -> str:
    return _DESIGN[name].get(fields.line(name).casefold(), "")


def _masking(fields: Fields) -> str:
    """How many parties do not know: the registry names up to four."""
    words = fields.line("masking").casefold()
    if words.startswith("open"):
        return "None"
    named = sum(bool(fields.line(f"masking{number}")) for number in range(1, 5))
    return _MASKED[named] if words.startswith("blinded") else ""


def _age(record: Record, fields: Fields, field: str, side: str) -> str:
    number, unit = fields.line(f"inclusive{side}age"), fields.line(f"inclusive{side}agetype")
    if unit.casefold() in _NO_AGE:
        return ""
    if unit.casefold() in _UNITS and number:
        return f"{number} {unit}"
    record.oddities.append(Oddity(field, f"{number} {unit}".strip(), "a number and a unit, or No limit"))
    return ""


def _sponsors(fields: Fields) -> Iterator[Sponsor]:
    lead = fields.line("primarysponsorname")
    if lead:
        yield Sponsor(lead, "lead", _SPONSORS.get(fields.line("primarysponsortype").casefold(), ""))
    for member in fields.groups("secondarysponsor"):
        name = " ".join(member.get("name", "").split())
        if name.casefold() not in NOTHING:
            yield Sponsor(name, "collaborator", _SPONSORS.get(member.get("type", "").casefold(), ""))


def _sites(fields: Fields) -> Iterator[Site]:
    """Hospitals; else the states of Australia; and the countries outside of it."""
    hospitals = fields.every("hospital")
    yield from (Site(facility=name, country="Australia") for name in hospitals)
    if not hospitals:
        states = [state.strip() for words in fields.every("recruitmentstate") for state in words.split(",")]
        yield from (Site(state=state, country="Australia") for state in states if state)
    for member in fields.groups("countryoutsideaustralia"):
        if country := " ".join(member.get("country", "").split()):
            yield Site(country=country, state=" ".join(member.get("state", "").split()))


def canonical_url(url: str) -> str:
    """The address that a trial is kept under, from any address that names it. Raises SettingsError."""
    parts = urlsplit(url.strip())
    found = re.search(r"ACTRN126\d{11}", f"{parts.path}?{parts.query}", re.ASCII | re.IGNORECASE)
    host = (parts.hostname or "").removeprefix("www.")
    if parts.scheme not in ("http", "https") or f"www.{host}" != HOST or found is None:
        raise SettingsError(f"found {url!r}, expected an address such as {_address('ACTRN12605000001695')}")
    return _address(found[0].upper())


SOURCE = Source(
    name="anzctr",
    title="Australian New Zealand Clinical Trials Registry (ANZCTR)",
    kind="registry",
    homepage=f"https://{HOST}/",
    interface="the XML of its downloads and its pages, from saved files",
    formats=("xml", "html"),
    limits="import only; copies of ClinicalTrials.gov's records in its downloads are refused; states instead of places",
    licence="the registry's terms (anzctr.org.au) apply; read them before reuse",
    attribution="Australian New Zealand Clinical Trials Registry (ANZCTR), NHMRC Clinical Trials Centre, University of Sydney",
    parser_version="anzctr-1",
    hosts=frozenset({HOST}),
    obeys_robots=True,
    delay_seconds=5.0,
    recognise=recognise,
    split=split,
    parse=parse,
    search_url=not_asked(_IMPORT_ONLY),
    record_url=not_asked(_IMPORT_ONLY),
    canonical_url=canonical_url,
    read_listing=no_listing(_IMPORT_ONLY),
    gaps={
        "age": "the page says so itself: not stated",
    },
)
