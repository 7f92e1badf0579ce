"""EU Clinical Trials Register (trials under Directive 2001/20/EC): one record for each country of a trial.

Read are the text downloads, "full" and summary, the protocol page of one country, and records that another program
converted to JSON. A row of the summary stands for all countries of its trial: it becomes a partial record of each, with
that country's status. The converted JSON has lost comparison signs, accents and Greek letters ("Platelet count 50109
per L", 2014-002606-20), so that no limit is read from its criteria.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from scraper.errors import ParseError, SettingsError
from scraper.model import Page, Problem, Record
from scraper.sources import euctr_countries, euctr_record, markup
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.euctr_countries import COUNTRIES, NUMBER, THIRD_COUNTRY
from scraper.sources.euctr_rows import Fields, of_json, of_page, of_text
from scraper.sources.jsons import decoded, line
from scraper.sources.source import Listing, Source, opening, part_problem

HOST = "www.clinicaltrialsregister.eu"
_SITE = f"https://{HOST}/ctr-search/"
TRIALS_A_PAGE = 20
_EXPECTED = "a record of the EU Clinical Trials Register: a text download with EudraCT Number:, a protocol page, or converted JSON"
_START = re.compile(r"^(?:Summary[ \t]*\n)?EudraCT Number:", re.MULTILINE)
_TEXT = re.compile(rb"^EudraCT Number:\s*(?:19|20)\d{2}-\d{6}-\d{2}\s*$", re.MULTILINE)
_JSON = re.compile(rb'"(?:a2_eudract_number"\s*:\s*"|ctrname"\s*:\s*"EUCTR")')
_PAGE = re.compile(r"/(?:trial|rest/download/trial)/(?P<number>[^/]+)/(?P<code>\w{2,3})(?=/|$)", re.ASCII)
_IMPORTED = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})")


def recognise(name: str, body: bytes) -> bool:
    """Whether the file holds records of the register."""
    head = utf8(body).replace(b"\r\n", b"\n").lstrip()
    if head[:1] == b"<":
        return b"tricell" in body and b"EudraCT Number:" in body
    if head[:1] in (b"{", b"["):
        return _JSON.search(head) is not None
    return _TEXT.search(head) is not None


def split(page: Page) -> Iterator[Page | Problem]:
    """One page a country's record; a row of a summary once for each of its countries."""
    head = utf8(page.body).lstrip()[:1]
    if head == b"<":
        yield from _pieces(page, page.body, "")
    elif head in (b"{", b"["):
        try:
            parts = _json_parts(page.body)
        except ParseError as error:
            yield part_problem(page, error.field, error.found, error.expected)
            return
        for position, part in enumerate(parts):
            yield from _pieces(page, part, f"[{position}]" if len(parts) > 1 else "")
    else:
        parts = _text_parts(page.body)
        if not parts:
            yield part_problem(page, "", opening(page.body), _EXPECTED)
        for position, part in enumerate(parts, 1):
            yield from _pieces(page, part, f"record {position}")


def _text_parts(body: bytes) -> list[bytes]:
    text = markup.decoded(body)
    starts = [match.start() for match in _START.finditer(text)]
    return [text[start:end].strip().encode() + b"\n" for start, end in pairwise([*starts, len(text)])]


def _json_parts(body: bytes) -> list[bytes]:
    """The elements of a list, or the one record. Raises ParseError."""
    if utf8(body).lstrip()[:1] != b"[":
        return [body]
    try:
        found = msgspec.json.decode(utf8(body), type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"{opening(body)} ({error})", _EXPECTED) from None
    if not found:
        raise ParseError("an empty list", _EXPECTED)
    return [bytes(part) for part in found]


def _pieces(page: Page, raw: bytes, field: str) -> Iterator[Page | Problem]:
    try:
        rows = _fields(raw)
        trial = euctr_countries.number(rows)
        is_row = bool(rows.text("protocols"))
        codes = list(euctr_countries.protocols(rows)) if is_row else [euctr_countries.country(rows, page.url)]
        fetched_at = _fetched_at(raw) or page.fetched_at
    except ParseError as error:
        yield part_problem(page, field or error.field, error.found, error.expected)
        return
    for code in codes:
        yield msgspec.structs.replace(page, url=_address(trial, code), body=raw, fetched_at=fetched_at)


def _fetched_at(raw: bytes) -> str:
    """When the tool that converted the record had it from the register; "" in other forms."""
    if utf8(raw).lstrip()[:1] != b"{":
        return ""
    match = _IMPORTED.fullmatch(line(decoded(raw, _EXPECTED), "record_last_import"))
    return f"{match[1]}T{match[2]}Z" if match else ""


def _fields(raw: bytes) -> Fields:
    """The fields of one record in any form. Raises ParseError."""
    head = utf8(raw).lstrip()[:1]
    if head == b"{":
        trial: Any = decoded(raw, _EXPECTED)
        return Fields(of_json(trial), is_converted=True)
    if head == b"<":
        return Fields(of_page(raw))
    parts = _text_parts(raw)
    if not parts:
        raise ParseError(opening(raw), _EXPECTED)
    return Fields(of_text(parts[0].decode()))


def parse(page: Page) -> Record:
    """The record of a page that holds one country's record, or a row of a summary. Raises ParseError."""
    fields = _fields(page.body)
    trial = euctr_countries.number(fields)
    if not fields.text("protocols"):
        code = euctr_countries.country(fields, page.url)
        return euctr_record.read(fields, code, _shown(trial, code))
    stated = euctr_countries.protocols(fields)
    found = _PAGE.search(urlsplit(page.url).path)
    code = found["code"].upper() if found else next(iter(stated))
    record = euctr_record.read(fields, code, _shown(trial, code))
    record.is_partial = True
    record.overall_status = stated.get(code, "")
    record.sites = [msgspec.structs.replace(site, status=record.overall_status) for site in record.sites]
    return record


def lead_rank(record: Record) -> tuple[int, ...]:
    """Who speaks for a trial: a record with criteria, whose texts are whole, that tells how the trial stands."""
    return bool(record.eligibility_criteria), not record.signs_lost, bool(record.overall_status)


def _address(trial: str, code: str) -> str:
    return f"{_SITE}rest/download/trial/{trial}/{code.lower() if code == THIRD_COUNTRY else code}"


def _shown(trial: str, code: str) -> str:
    return f"{_SITE}trial/{trial}/{code.lower() if code == THIRD_COUNTRY else code}"


def search_url(words: str, since: str) -> str:
    """The summary download of the first 20 trials; `since` asks for records first entered since that day."""
    return _search(f"query={quote(words)}{f'&dateFrom={since}' if since else ''}", 1)


def _search(asked: str, number: int) -> str:
    return f"{_SITE}rest/download/summary?{asked}&page={number}&mode=current_page"


def record_url(trial_id: str) -> str:
    """The address of one country's record. Raises SettingsError on an id of another form."""
    found = re.fullmatch(
        rf"(?:EUCTR)?({NUMBER.pattern})-(\w{{2,3}})", trial_id.strip(), re.ASCII | re.IGNORECASE
    )
    code = found[2].upper() if found else ""
    if found is None or (code not in COUNTRIES and code != THIRD_COUNTRY):
        raise SettingsError(
            f"found {trial_id!r}, expected a EudraCT number with its country, such as 2004-000242-20-GB"
            " (all countries of a trial: --query 2004-000242-20)"
        )
    return _address(found[1], code)


def canonical_url(url: str) -> str:
    """The address that a country's record is kept under, from any address of it. Raises SettingsError."""
    parts = urlsplit(url.strip())
    found = _PAGE.search(parts.path)
    host = (parts.hostname or "").removeprefix("www.")
    if parts.scheme not in ("http", "https") or f"www.{host}" != HOST or found is None:
        raise SettingsError(f"found {url!r}, expected an address such as {_shown('2004-000242-20', 'GB')}")
    return record_url(f"{found['number']}-{found['code']}")


def read_listing(page: Page) -> Listing:
    """Every country's record of the trials in a summary download. Raises ParseError.

    The download states no total, and it ends with an answer of fewer than 20 trials.
    """
    parts = _text_parts(page.body)
    if not parts and b"summary information" not in page.body[:2000] and page.body.strip():
        raise ParseError(opening(page.body), "a summary download with EudraCT Number: and Trial protocol:")
    urls = [
        _address(euctr_countries.number(fields), code)
        for fields in (Fields(of_text(part.decode())) for part in parts)
        for code in euctr_countries.protocols(fields)
    ]
    query = urlsplit(page.url).query
    place = re.search(r"(?:^|&)page=(\d{1,9})(?!\d)", query)
    next_url = ""
    if place and len(parts) >= TRIALS_A_PAGE:
        next_url = _search(query[: place.start()], int(place[1]) + 1)
    return Listing(urls=tuple(dict.fromkeys(urls)), next_url=next_url)


SOURCE = Source(
    name="euctr",
    title="EU Clinical Trials Register",
    kind="registry",
    homepage=f"https://{HOST}/",
    interface="text downloads (summaries of a search, one country's record), protocol pages, converted JSON",
    formats=("txt", "html", "json"),
    limits="one record a country; the search states no total, and --since is the day of first entry: changes show only on"
    " another visit; ages as groups; no places but countries; its server may ask for HTTP/2, which is not spoken here",
    licence="the register's terms (clinicaltrialsregister.eu/disclaimer.html) apply: reuse with the source named",
    attribution="EU Clinical Trials Register, European Medicines Agency",
    parser_version="euctr-1",
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
    lead_rank=lead_rank,
    gaps={
        "status": "trials outside the EU have no status field; one record of a country that left has it empty",
    },
)
