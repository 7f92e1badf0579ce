"""The EU's Clinical Trials Information System: its public JSON, a whole trial or the rows of a search answer.

Two generations of the whole trial are read. Ages are groups: "18-64 years, 65+ years" is from 18 on; groups with a
gap between them give no bounds. A row of a search answer has no criteria, so its record is partial.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from scraper.errors import ParseError, SettingsError
from scraper.model import Intervention, Oddity, Outcome, Page, Problem, Record, SecondaryId, Site, Sponsor
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.jsons import at, day, decoded, every, items, line, words
from scraper.sources.source import Listing, Source, opening, part_problem

HOST = "euclinicaltrials.eu"
API = f"https://{HOST}/ctis-public-api/"
_EXPECTED = "a trial of CTIS with ctNumber, or a search answer with pagination and data"
_CT_NUMBER = re.compile(r"20\d{2}-5\d{5}-\d{2}-\d{2}", re.ASCII)
_KEY = re.compile(rb'"ctNumber"\s*:\s*"20\d{2}-5\d{5}-\d{2}-\d{2}"')
_MARKS = re.compile(rb'"(?:ctStatus|authorizedApplication|authorizedPartI|ctTitle)"\s*:')
_PHONES = frozenset({"telephone", "phone", "functionalPhone"})

_STATUS = {
    "1": "Under evaluation",
    "2": "Authorised, recruitment pending",
    "3": "Authorised, recruiting",
    "4": "Ongoing, recruiting",
    "5": "Ongoing, recruitment ended",
    "6": "Temporarily halted",
    "7": "Suspended",
    "8": "Ended",
    "9": "Expired",
    "10": "Revoked",
    "11": "Not authorised",
    "12": "Cancelled",
}
# Codes of the whole trial, each with a trial whose search row says the same in words.
_PHASE = {
    "4": "Therapeutic exploratory (Phase II)",  # 2024-510663-34-00
    "5": "Therapeutic confirmatory (Phase III)",  # 2022-501180-40-00
    "6": "Therapeutic use (Phase IV)",  # 2022-501142-30-00
    "9": "Phase I and Phase II (Integrated)- Other",  # 2024-512095-35-00
}
_AGE_GROUP = {
    "2": "0-17 years",  # 2024-510663-34-00
    "3": "18-64 years",  # 2022-501142-30-00
}
# A group -> its place in the row of ages, its lower and its upper bound.
_GROUPS = {
    "0-17 years": (0, "", "17 Years"),
    "18-64 years": (1, "18 Years", "64 Years"),
    "65+ years": (2, "65 Years", ""),
}


def recognise(name: str, body: bytes) -> bool:
    """Whether the file holds a trial or a search answer of CTIS, by its keys."""
    head = utf8(body).lstrip()
    if head[:1] not in (b"{", b"["):
        return False
    return _KEY.search(head) is not None and _MARKS.search(head) is not None


def split(page: Page) -> Iterator[Page | Problem]:
    """The whole trial, or one page for each row of a search answer; a Problem for each part that is neither."""
    try:
        document = decoded(page.body, _EXPECTED)
        if isinstance(at(document, "data"), list):
            rows = msgspec.json.decode(utf8(page.body), type=_Answer).data
            for number, row in enumerate(rows):
                yield _piece(page, bytes(row), f"data[{number}]")
        else:
            yield _piece(page, page.body, "")
    except ParseError as error:
        yield part_problem(page, error.field, error.found, error.expected)


class _Answer(msgspec.Struct):
    data: list[msgspec.Raw]


def _piece(page: Page, raw: bytes, field: str) -> Page | Problem:
    try:
        trial = decoded(raw, _EXPECTED)
        url = _address(_number(trial), _is_whole(trial))
    except ParseError as error:
        return part_problem(page, field or error.field, error.found, error.expected)
    return msgspec.structs.replace(page, url=url, body=raw)


def _number(trial: Any) -> str:
    number = line(trial, "ctNumber")
    if _CT_NUMBER.fullmatch(number) is None:
        raise ParseError(f"a trial with the number {number[:60]!r}", "an EU CT number", "ctNumber")
    return number


def _is_whole(trial: Any) -> bool:
    return isinstance(_part_one(trial), dict)


def _part_one(trial: Any) -> Any:
    return at(trial, "authorizedApplication", "authorizedPartI") or at(trial, "authorizedPartI")


def _address(number: str, whole: bool) -> str:
    return f"{API}retrieve/{number}" if whole else f"{API}search?number={number}"


def parse(page: Page) -> Record:
    """The record of a page that holds one trial. Raises ParseError."""
    trial = decoded(page.body, _EXPECTED)
    record = Record(source="ctis", source_id=(number := _number(trial)), registry_id=number)
    record.url = f"https://{HOST}/ctis-public/view/{number}"
    # CTIS holds clinical trials of medicinal products and nothing else (Regulation (EU) 536/2014).
    record.study_type = "Interventional"
    record.overall_status = _status(trial)
    record.phase = line(trial, "trialPhase")
    record.sex = line(trial, "gender")
    record.enrollment = line(trial, "totalNumberEnrolled")
    record.start_date = day(trial, "startDateEU") or day(trial, "trialStartDate")
    record.completion_date = day(trial, "endDateEU") or day(trial, "endDate")
    record.updated = day(trial, "lastUpdated")
    groups = [group for group in re.split(r",\s*", line(trial, "ageGroup")) if group]
    if _is_whole(trial):
        groups = _read_whole(record, trial, groups)
    else:
        _read_row(record, trial)
    _ages(record, groups)
    if not record.brief_title:
        raise ParseError(f"{number} without a title", "a title", "fullTitle")
    return without_contacts(record, every(trial, _PHONES))


def _status(trial: Any) -> str:
    words_ = line(trial, "ctPublicStatus") or line(trial, "ctPublicStatusCode") or line(trial, "ctStatus")
    return _STATUS.get(words_, words_)


def _ages(record: Record, groups: list[str]) -> None:
    known = [_GROUPS[group] for group in groups if group in _GROUPS]
    for odd in sorted({group for group in groups if group not in _GROUPS}):
        record.oddities.append(Oddity("age", odd, "0-17 years, 18-64 years or 65+ years"))
        return
    record.ages_are_groups = True
    places = {place for place, _, _ in known}
    # 0-17 and 65+ without the years between are no range.
    if places and places != {0, 2}:
        record.minimum_age, record.maximum_age = min(known)[1], max(known)[2]


def _read_row(record: Record, row: Any) -> None:
    record.is_partial = True
    record.brief_title = record.official_title = line(row, "ctTitle")
    record.conditions = [name for name in [line(row, "conditions")] if name]
    record.sponsors = [Sponsor(name, "lead") for name in [line(row, "sponsor")] if name]
    record.interventions = [Intervention("", name) for name in [line(row, "product")] if name]
    record.outcomes = [Outcome("primary", text) for text in [line(row, "primaryEndPoint")] if text]
    record.secondary_ids = _short_title(line(row, "shortTitle"))
    for words_ in items(row, "trialCountries"):
        country, _, code = str(words_).partition(":")
        record.sites.append(Site(country=country.strip(), status=_STATUS.get(code.strip(), code.strip())))


def _short_title(words_: str) -> list[SecondaryId]:
    return [SecondaryId(words_, "short title or protocol code")] if words_ else []


def _read_whole(record: Record, trial: Any, groups: list[str]) -> list[str]:
    """Fills the record from the authorised application; gives the age groups."""
    application = at(trial, "authorizedApplication") or trial
    part = _part_one(trial)
    details, about = at(part, "trialDetails"), at(part, "trialDetails", "trialInformation")
    identity = at(details, "clinicalTrialIdentifiers")
    record.official_title = line(identity, "fullTitle")
    record.brief_title = line(identity, "publicTitle") or record.official_title
    record.secondary_ids = [
        *_short_title(line(identity, "shortTitle")),
        *_numbers(at(identity, "secondaryIdentifyingNumbers")),
    ]
    if eudract := line(application, "eudraCt", "eudraCtCode") or line(trial, "eudraCtInfo", "eudraCtCode"):
        record.secondary_ids.append(SecondaryId(eudract, "EudraCT number"))
    record.brief_summary = words(about, "trialObjective", "mainObjective")
    record.conditions = [
        name
        for item in items(about, "medicalCondition", "partIMedicalConditions")
        if (name := line(item, "medicalCondition"))
    ]
    record.eligibility_criteria = "\n\n".join(
        f"{head} Criteria:\n\n" + "\n".join(texts)
        for head in ("Inclusion", "Exclusion")
        if (texts := list(_criteria(at(about, "eligibilityCriteria"), f"principal{head}Criteria")))
    )
    record.outcomes = [
        Outcome(kind, text)
        for kind in ("primary", "secondary")
        for item in items(about, "endPoint", f"{kind}EndPoints")
        if (text := line(item, "endPoint"))
    ]
    record.sponsors = [
        Sponsor(name, "lead" if at(item, "primary") is True else "collaborator")
        for item in items(part, "sponsors")
        if (name := line(item, "organisation", "name"))
    ]
    products = (
        line(item, "productName") or line(item, "productDictionaryInfo", "prodName")
        for item in items(part, "products")
    )
    record.interventions = [Intervention("", name) for name in dict.fromkeys(products) if name]
    duration = at(about, "trialDuration")
    record.start_date = record.start_date or day(duration, "estimatedRecruitmentStartDate")
    record.completion_date = (
        record.completion_date or day(duration, "estimatedGlobalEndDate") or day(duration, "estimatedEndDate")
    )
    record.sites = list(_sites(items(application, "authorizedPartsII")))
    record.enrollment = record.enrollment or _enrollment(items(application, "authorizedPartsII"))
    _phase_code(record, line(about, "trialCategory", "trialPhase"))
    subjects = at(about, "populationOfTrialSubjects")
    if not record.sex:
        both = (("Female", "isFemaleSubjects"), ("Male", "isMaleSubjects"))
        record.sex = ", ".join(word for word, key in both if at(subjects, key) is True)
    codes = [line(item, "ageRangeCategoryCode") for item in items(subjects, "ageRanges")]
    return groups or [_AGE_GROUP.get(code, f"age range of code {code}") for code in codes if code]


def _phase_code(record: Record, code: str) -> None:
    if record.phase or not code:
        return
    record.phase = _PHASE.get(code, "")
    if not record.phase:
        record.oddities.append(Oddity("phase", f"phase of code {code}", f"one of {', '.join(_PHASE)}"))


def _numbers(value: Any) -> Iterator[SecondaryId]:
    for key, found in value.items() if isinstance(value, dict) else ():
        for item in found if isinstance(found, list) else [found]:
            if number := line(item, "number"):
                yield SecondaryId(number, line(item, "otherRegistryName") or str(key))


def _criteria(value: Any, key: str) -> Iterator[str]:
    for number, item in enumerate(items(value, key), 1):
        if text := words(item, key):
            yield f"{number}. {text}"


def _sites(parts: list[Any]) -> Iterator[Site]:
    for part in parts:
        for item in items(part, "trialSites"):
            place = at(item, "organisationAddressInfo")
            yield Site(
                facility=line(place, "organisation", "name"),
                city=line(place, "address", "city"),
                zip=line(place, "address", "postcode"),
                country=line(place, "address", "countryName"),
            )


def _enrollment(parts: list[Any]) -> str:
    """The sum over the member states, as the search row states it (2022-501180-40-00); "" where one is missing."""
    counts = [at(part, "recruitmentSubjectCount") for part in parts]
    if counts and all(type(count) is int for count in counts):
        return str(sum(counts))
    return ""


def search_url(words_: str, since: str) -> str:
    """Raises SettingsError: the search takes a POST request only."""
    raise SettingsError(
        "CTIS answers a search only to a POST request, which is not sent; save the answer and import it"
        " (trials import FILE --source ctis), or fetch single trials by their EU CT numbers"
    )


def record_url(trial_id: str) -> str:
    """The address of one trial. Raises SettingsError on an id of another form."""
    number = trial_id.strip()
    if _CT_NUMBER.fullmatch(number) is None:
        raise SettingsError(f"found {trial_id!r}, expected an EU CT number such as 2022-501142-30-00")
    return _address(number, True)


def canonical_url(url: str) -> str:
    """The address that a trial is kept under, from any address of it. Raises SettingsError."""
    parts = urlsplit(url.strip())
    query = parse_qs(parts.query)
    number = next(
        (n for key in ("number", "EUCT") for n in query.get(key, [])), parts.path.rpartition("/")[2]
    )
    host = (parts.hostname or "").removeprefix("www.")
    if parts.scheme not in ("http", "https") or host != HOST or _CT_NUMBER.fullmatch(number) is None:
        raise SettingsError(f"found {url!r}, expected an address such as {API}retrieve/2022-501142-30-00")
    return _address(number, "/ctis-public-api/search" not in parts.path)


def read_listing(page: Page) -> Listing:
    """The trials of a search answer and CTIS's own total. Raises ParseError."""
    document = decoded(page.body, _EXPECTED)
    total = at(document, "pagination", "totalRecords")
    if not isinstance(at(document, "data"), list):
        raise ParseError(opening(page.body), "a search answer with pagination and data")
    urls = tuple(_address(_number(row), True) for row in items(document, "data"))
    return Listing(urls=urls, total=total if type(total) is int else None)


SOURCE = Source(
    name="ctis",
    title="Clinical Trials Information System of the EU (CTIS)",
    kind="registry",
    homepage=f"https://{HOST}/",
    interface="public JSON of single trials; search answers from saved files (the search takes POST only)",
    formats=("json",),
    limits="no search; an undocumented interface; ages as three groups; one request every two seconds",
    licence="the terms of the European Medicines Agency (euclinicaltrials.eu) apply; read them before reuse",
    attribution="Clinical Trials Information System (CTIS), European Medicines Agency",
    parser_version="ctis-1",
    hosts=frozenset({HOST}),
    obeys_robots=True,
    delay_seconds=2.0,
    recognise=recognise,
    split=split,
    parse=parse,
    search_url=search_url,
    record_url=record_url,
    canonical_url=canonical_url,
    read_listing=read_listing,
    gaps={
        "age": "some rows of search answers leave the age groups out",
        "criteria": "search answers have no criteria; the trial's own record has",
    },
)
