"""German Clinical Trials Register: the JSON of one trial (schema 2.0.19). Texts stand in German and English.

English is taken, German where there is no English. An age in weeks of pregnancy is no age of a person: it is a problem
and no limit.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from scraper.errors import ParseError, SettingsError
from scraper.model import Arm, Oddity, Outcome, Page, Problem, Record, SecondaryId, Site, Sponsor
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.jsons import at, day, decoded, every, items, line, words
from scraper.sources.source import Source, no_listing, not_asked, opening, part_problem

HOST = "drks.de"
_EXPECTED = "a trial of the German register as JSON, with drksId and trialDescriptions"
_ID = re.compile(r"DRKS\d{8}", re.ASCII)
_KEY = re.compile(rb'"drksId"\s*:\s*"DRKS\d{8}"')
_IMPORT_ONLY = (
    "the German register's interface for programs is not documented; save a trial's JSON from its page at"
    f" https://{HOST}/search/en and import the file: trials import FILE --source drks"
)
_PHONES = frozenset({"phone", "fax", "telephone"})
_UNITS = {"YEARS": "Years", "MONTHS": "Months", "WEEKS": "Weeks", "DAYS": "Days"}
_NO_LIMIT = frozenset({"NO_MIN_AGE", "NO_MAX_AGE", ""})
_IDS = {
    "eudraCtNumber": "EudraCT number",
    "eudamedNumber": "EUDAMED number",
    "otherPrimaryRegisterId": "Other primary register",
    "universalTrialNumber": "Universal Trial Number",
}


def recognise(name: str, body: bytes) -> bool:
    """Whether the file holds a trial of the register, by its keys."""
    head = utf8(body).lstrip()
    return head[:1] in (b"{", b"[") and _KEY.search(head) is not None


def split(page: Page) -> Iterator[Page | Problem]:
    """One page a trial of a single record or of a list; a Problem for each part that is none."""
    body = utf8(page.body)
    if body.lstrip()[:1] != b"[":
        yield _piece(page, page.body, "")
        return
    try:
        parts = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield part_problem(page, "", f"{opening(body)} ({error})", _EXPECTED)
        return
    if not parts:
        yield part_problem(page, "", "an empty list", _EXPECTED)
    for number, part in enumerate(parts):
        yield _piece(page, bytes(part), f"[{number}]")


def _piece(page: Page, raw: bytes, field: str) -> Page | Problem:
    try:
        url = _address(_identity(decoded(raw, _EXPECTED)))
    except ParseError as error:
        return part_problem(page, field or error.field, error.found, error.expected)
    return msgspec.structs.replace(page, url=url, body=raw)


def _identity(trial: Any) -> str:
    found = line(trial, "drksId")
    if _ID.fullmatch(found) is None:
        raise ParseError(f"a trial with the id {found[:60]!r}", "DRKS and eight digits", "drksId")
    return found


def _address(drks_id: str) -> str:
    return f"https://{HOST}/search/en/trial/{drks_id}"


def _in_english(value: Any, *path: str) -> Any:
    """The English one of texts in several languages, the first where none is English."""
    found = items(value, *path)
    return next((item for item in found if _locale(item) == "en"), found[0] if found else None)


def _locale(item: Any) -> str:
    return line(item, "idLocale", "locale") or line(item, "idArm", "locale")


def parse(page: Page) -> Record:
    """The record of a page that holds one trial. Raises ParseError."""
    trial = decoded(page.body, _EXPECTED)
    drks_id = _identity(trial)
    about = _in_english(trial, "trialDescriptions")
    if not line(about, "title"):
        raise ParseError(f"{drks_id} without a title", "a title", "trialDescriptions")
    recruitment, design = at(trial, "recruitment"), at(trial, "studyCharacteristic")
    people = _in_english(recruitment, "recruitmentDescriptions")
    actual = line(recruitment, "totalParticipants")
    planned = line(recruitment, "plannedParticipants")
    record = Record(
        source="drks",
        source_id=drks_id,
        registry_id=drks_id,
        url=_address(drks_id),
        brief_title=line(about, "title"),
        acronym=line(about, "acronym"),
        overall_status=line(recruitment, "status"),
        why_stopped=line(people, "reasonDescription"),
        study_type=line(design, "type"),
        phase=line(design, "phase"),
        sex=line(recruitment, "gender"),
        healthy_volunteers=_flag(at(recruitment, "healthyVolunteers")),
        enrollment=actual or planned,
        enrollment_type="Actual" if actual else "Estimated" if planned else "",
        start_date=day(recruitment, "actualStartDate") or day(recruitment, "scheduledStartDate"),
        completion_date=day(recruitment, "actualCompletionDate")
        or day(recruitment, "scheduledCompletionDate"),
        first_posted_date=day(trial, "registrationDrks"),
        updated=day(trial, "lastUpdate"),
        brief_summary=words(about, "summary"),
        detailed_description=words(about, "scientificSummary"),
        eligibility_criteria="\n\n".join(
            f"{head} Criteria:\n{text}"
            for head, key in (("Inclusion", "inclusionCriteria"), ("Exclusion", "exclusionCriteria"))
            if (text := words(people, key))
        ),
        allocation=line(design, "allocation"),
        primary_purpose=line(design, "purpose"),
        time_perspective=line(design, "timing"),
    )
    _ages(record, recruitment)
    _lists(record, trial)
    return without_contacts(record, every(trial, _PHONES))


def _flag(value: Any) -> str:
    return {True: "Yes", False: "No"}.get(value, "") if isinstance(value, bool) else ""


def _ages(record: Record, recruitment: Any) -> None:
    for field, key in (("minimum_age", "minimumAge"), ("maximum_age", "maximumAge")):
        amount, unit = line(recruitment, key, "amount"), line(recruitment, key, "unit")
        if unit in _UNITS and amount:
            setattr(record, field, f"{amount} {_UNITS[unit]}")
        elif unit not in _NO_LIMIT:
            expected = f"an amount and one of {', '.join(_UNITS)}"
            record.oddities.append(Oddity(field, f"{amount} {unit}".strip(), expected))


def _lists(record: Record, trial: Any) -> None:
    conditions = (
        line(_in_english(item, "studiedHealthConditionDescriptions"), "comment")
        for item in items(trial, "studiedHealthConditions")
    )
    record.conditions = [name for name in dict.fromkeys(conditions) if name]
    outcomes = _in_english(trial, "studyCharacteristic", "characteristicDescriptions")
    record.outcomes = [
        Outcome(kind, text)
        for kind in ("primary", "secondary")
        if (text := words(outcomes, f"{kind}Outcome"))
    ]
    arms: dict[str, list[Any]] = {}
    for key in ("interventionalGroups", "observationalGroups"):
        for item in items(trial, key):
            arms.setdefault(line(item, "idArm", "arm"), []).append(item)
    record.arms = [
        Arm("", f"Arm {number}", text)
        for number, found in arms.items()
        if (text := words(_in_english({"": found}, ""), "comment"))
    ]
    record.sponsors = [
        # The sponsor of a trial may be a person: the organisation is all that is kept of the address.
        Sponsor(name, "lead" if kind == "PRIMARY_SPONSOR" else "collaborator")
        for item in items(trial, "trialContacts")
        for kind in [line(item, "idContactIdType", "type")]
        if kind in ("PRIMARY_SPONSOR", "SECONDARY_SPONSOR") and (name := line(item, "contact", "affiliation"))
    ]
    record.sites = list(_sites(at(trial, "recruitment")))
    record.secondary_ids = [
        SecondaryId(value, label)
        for key, label in _IDS.items()
        if (value := line(trial, "secondaryIds", key))
    ]
    if others := items(trial, "otherSecondaryIds"):
        expected = "an empty list: no saved record shows how these ids are written"
        record.oddities.append(Oddity("secondary_ids", f"{len(others)} other ids", expected))


def _sites(recruitment: Any) -> Iterator[Site]:
    """Institutes, of the country where there is but one; countries alone otherwise. Countries are ISO codes."""
    codes = [code for item in items(recruitment, "countries") if (code := line(item, "idCountry", "code"))]
    only = codes[0] if len(codes) == 1 else ""
    institutes = [
        Site(facility=line(item, "name"), city=line(item, "city"), country=only)
        for item in items(recruitment, "institutes")
        if line(item, "name") or line(item, "city")
    ]
    yield from institutes
    if not only or not institutes:
        yield from (Site(country=code) for code in codes)


def canonical_url(url: str) -> str:
    """The address that a trial is kept under, from any address of it. Raises SettingsError."""
    parts = urlsplit(url.strip())
    found = re.search(r"/trial/(DRKS\d{8})(?=/|$)", parts.path, re.ASCII)
    host = (parts.hostname or "").removeprefix("www.")
    if parts.scheme not in ("http", "https") or host != HOST or found is None:
        raise SettingsError(f"found {url!r}, expected an address such as {_address('DRKS00038775')}")
    return _address(found[1])


SOURCE = Source(
    name="drks",
    title="German Clinical Trials Register (DRKS)",
    kind="registry",
    homepage=f"https://{HOST}/",
    interface="JSON of single trials, from saved files",
    formats=("json",),
    limits="import only; texts in English where there are any; countries as codes",
    licence="the register's terms (drks.de) apply; read them before reuse",
    attribution="German Clinical Trials Register (DRKS), Federal Institute for Drugs and Medical Devices (BfArM)",
    parser_version="drks-1",
    hosts=frozenset({HOST}),
    obeys_robots=True,
    delay_seconds=2.0,
    recognise=recognise,
    split=split,
    parse=parse,
    search_url=not_asked(_IMPORT_ONLY),
    record_url=not_asked(_IMPORT_ONLY),
    canonical_url=canonical_url,
    read_listing=no_listing(_IMPORT_ONLY),
    gaps={
        "phase": "non-interventional studies have none",
    },
)
