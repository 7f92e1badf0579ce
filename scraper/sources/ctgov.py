"""ClinicalTrials.gov: API v2 studies as JSON, and the older XML record. Both forms are kept under one NCT id.

An answer holds up to 1,000 whole studies, so no study is asked for a second time: `split` takes the answer apart.
An address of the archive names the study and the form: a JSON and an XML record of one study are two pages.
API: https://clinicaltrials.gov/data-api/api
"""

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from scraper.errors import ParseError, SettingsError
from scraper.model import Page, Problem, Record
from scraper.sources import ctgov_json, ctgov_xml
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.source import Listing, Source

_API = "https://clinicaltrials.gov/api/v2/studies"
_HOSTS = frozenset({"clinicaltrials.gov", "www.clinicaltrials.gov"})
_PAGE_SIZE = "1000"
_EXPECTED = "a study of API v2 (protocolSection), an answer with studies, or a <clinical_study>"

_STUDY_XML = re.compile(rb"<clinical_study[\s>]")
_STUDY_KEY = re.compile(rb'"protocolSection"\s*:\s*\{')
_ANSWER = re.compile(rb'\{\s*(?:"(?:totalCount|nextPageToken)"\s*:\s*[^,{}\[\]]+,\s*)*"studies"\s*:\s*\[')
_NCT_IN_PATH = re.compile(r"/(NCT\d{8})(?:[/?]|$)", re.IGNORECASE | re.ASCII)


class _Ident(msgspec.Struct, rename="camel", frozen=True):
    nct_id: str = ""


class _Protocol(msgspec.Struct, rename="camel", frozen=True):
    identification_module: _Ident = _Ident()


class _Peek(msgspec.Struct, rename="camel"):
    protocol_section: _Protocol


class _Envelope(msgspec.Struct, rename="camel"):
    """An object at the top of a file: an answer when it has studies, a study when it has a protocol section."""

    studies: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    protocol_section: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    next_page_token: str | None = None
    total_count: int | None = None


_PEEK = msgspec.json.Decoder(_Peek)
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def recognise(name: str, body: bytes) -> bool:
    """Whether the file holds records of ClinicalTrials.gov, by its content."""
    head = utf8(body).lstrip()
    if head[:1] in (b"{", b"["):
        if _STUDY_KEY.search(head):
            return True
        answer = _ANSWER.match(head)
        return answer is not None and head[answer.end() :].lstrip()[:1] == b"]"
    return _STUDY_XML.search(head) is not None and b"<html" not in head[:2000].lower()


def _address(nct_id: str) -> str:
    return f"{_API}/{nct_id}"


def _xml_address(nct_id: str) -> str:
    return f"https://clinicaltrials.gov/ct2/show/{nct_id}?displayxml=true"


def split(page: Page) -> Iterator[Page | Problem]:
    """One page a study, its bytes as they came; a Problem for each part that is no study. Never raises."""
    body = utf8(page.body)
    head = body.lstrip()[:1]
    try:
        if head in (b"{", b"["):
            yield from _split_json(page, body)
        elif _STUDY_XML.search(body):
            nct_id = ctgov_xml.read_study(page.body).source_id
            yield msgspec.structs.replace(page, url=_xml_address(nct_id))
        else:
            yield _problem(page, "", _opening(body), _EXPECTED)
    except ParseError as error:
        yield _problem(page, error.field, error.found, error.expected)


def _split_json(page: Page, body: bytes) -> Iterator[Page | Problem]:
    try:
        if body.lstrip()[:1] == b"[":
            yield from _parts(page, _ARRAY.decode(body))
            return
        envelope = _ENVELOPE.decode(body)
    except msgspec.ValidationError as error:
        yield _problem(page, "", f"JSON of another shape ({error})", _EXPECTED)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield from _split_broken(page, body, str(error))
    else:
        if envelope.studies is not msgspec.UNSET:
            yield from _parts(page, envelope.studies)
        elif envelope.protocol_section is not msgspec.UNSET:
            yield _study(page, page.body, body, "")
        else:
            yield _problem(page, "", f"a JSON object with {_keys(body)}", _EXPECTED)


def _parts(page: Page, parts: list[msgspec.Raw]) -> Iterator[Page | Problem]:
    for position, part in enumerate(parts):
        raw = bytes(part)
        yield _study(page, raw, raw, f"studies[{position}]")


def _study(page: Page, raw: bytes, body: bytes, field: str) -> Page | Problem:
    try:
        nct_id = _PEEK.decode(body).protocol_section.identification_module.nct_id.strip().upper()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _problem(page, field, f"{_opening(body)} ({error})", "a study with protocolSection")
    if ctgov_json.NCT_ID.fullmatch(nct_id) is None:
        return _problem(page, field or "nctId", f"a study with the id {nct_id!r}", "NCT and eight digits")
    return msgspec.structs.replace(page, url=_address(nct_id), body=raw)


_OPENING_OF_ANSWER = re.compile(r'\s*(?:\{.{0,500}?"studies"\s*:\s*)?\[', re.DOTALL)


def _split_broken(page: Page, body: bytes, error: str) -> Iterator[Page | Problem]:
    """One study a line, or what is whole of an answer that was cut off; the rest is one Problem."""
    text = body.decode("utf-8", "replace")
    lines = [line for line in body.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip()[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines[:2]):
        for position, line in enumerate(lines):
            yield _study(page, line, line, f"line {position + 1}")
        return
    opening = _OPENING_OF_ANSWER.match(text)
    at, count = opening.end() if opening else len(text), 0
    decoder = json.JSONDecoder()
    between = re.compile(r"[\s,]*")
    while (start := _end(between, text, at)) < len(text):
        try:
            _, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            break
        raw = text[start:at].encode()
        yield _study(page, raw, raw, f"studies[{count}]")
        count += 1
    whole = f" after {count} whole studies" if count else ""
    yield _problem(page, "", f"JSON that is cut off or damaged{whole} ({error})", "a whole JSON document")


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _keys(body: bytes) -> str:
    keys = list(msgspec.json.decode(body))
    return "the keys " + ", ".join(keys[:4])[:60] if keys else "no keys"


def _opening(body: bytes) -> str:
    text = " ".join(body[:400].decode("utf-8", "replace").split())
    return f"a part that starts {text[:60]!r}" if text else "nothing"


def _problem(page: Page, field: str, found: str, expected: str) -> Problem:
    return Problem(
        source="ctgov",
        source_id=page.name,
        url=page.path or page.url,
        stage="archive",
        field=field,
        found=found,
        expected=expected,
        seen_at=page.fetched_at,
    )


def parse(page: Page) -> Record:
    """The record of a page that holds one study, in either form. Raises ParseError."""
    body = utf8(page.body)
    start = body.lstrip()[:1]
    if start == b"{":
        return ctgov_json.read_study(body)
    if start == b"<" or _STUDY_XML.search(body):
        return ctgov_xml.read_study(page.body)
    raise ParseError(_opening(body), _EXPECTED)


def search_url(words: str, since: str) -> str:
    """The address of the first answer; no words and no date ask for every study."""
    query = {"query.term": words} if words else {}
    if since:
        query["filter.advanced"] = f"AREA[LastUpdatePostDate]RANGE[{since},MAX]"
    return f"{_API}?{urlencode(query | {'pageSize': _PAGE_SIZE, 'countTotal': 'true'})}"


def record_url(trial_id: str) -> str:
    """The address of one study. Raises SettingsError on an id of another form."""
    nct_id = trial_id.strip().upper()
    if ctgov_json.NCT_ID.fullmatch(nct_id) is None:
        raise SettingsError(f"found {trial_id!r}, expected NCT and eight digits, such as NCT04010877")
    return _address(nct_id)


def canonical_url(url: str) -> str:
    """The address a study is kept under, from any address of it. Raises SettingsError."""
    parts = urlsplit(url.strip())
    found = _NCT_IN_PATH.search(parts.path)
    host = (parts.hostname or "").removeprefix("classic.")
    if parts.scheme not in ("http", "https") or host not in _HOSTS or found is None:
        raise SettingsError(f"found {url!r}, expected a study's address, such as {_address('NCT04010877')}")
    nct_id = found[1].upper()
    is_xml = dict(parse_qsl(parts.query)).get("displayxml") == "true"
    return _xml_address(nct_id) if is_xml else _address(nct_id)


def read_listing(page: Page) -> Listing:
    """The address of the next answer and the registry's own total. Raises ParseError."""
    body = utf8(page.body)
    expected = "an answer of API v2 with studies"
    try:
        envelope = _ENVELOPE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"{_opening(body)} ({error})", expected) from None
    if envelope.studies is msgspec.UNSET:
        raise ParseError(_opening(body), expected)
    return Listing(next_url=_next_url(page.url, envelope.next_page_token), total=envelope.total_count)


def _next_url(url: str, token: str | None) -> str:
    if not token:
        return ""
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "pageToken"]
    return parts._replace(query=urlencode([*query, ("pageToken", token)])).geturl()


SOURCE = Source(
    name="ctgov",
    title="ClinicalTrials.gov",
    kind="registry",
    homepage="https://clinicaltrials.gov/",
    interface="API v2 (JSON); the older XML record from saved files",
    formats=("json", "ndjson", "xml"),
    limits="documented API; at most one request a second, 1,000 studies an answer",
    licence="public domain; terms at https://clinicaltrials.gov/about-site/terms-conditions",
    attribution="ClinicalTrials.gov, U.S. National Library of Medicine",
    parser_version="ctgov-1",
    hosts=_HOSTS,
    obeys_robots=False,
    delay_seconds=1.0,
    recognise=recognise,
    split=split,
    parse=parse,
    search_url=search_url,
    record_url=record_url,
    canonical_url=canonical_url,
    read_listing=read_listing,
)
