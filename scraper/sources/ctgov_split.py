"""Files of ClinicalTrials.gov in all their forms -> one page a study, and such a page -> its record.

API v2 and its beta of 2023, the classic API, the older XML, search results as XML, CSV and TSV: which form it is
is seen from the content alone.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from scraper.errors import ParseError
from scraper.model import Page, Problem, Record
from scraper.sources import (
    ctgov_beta,
    ctgov_csv,
    ctgov_html,
    ctgov_json,
    ctgov_searchxml,
    ctgov_v1,
    ctgov_xml,
)
from scraper.sources.ctgov_address import address
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.source import opening, part_problem

_EXPECTED = (
    "a study of API v2 (protocolSection) or an answer with studies, FullStudies of the classic API, a"
    " <clinical_study>, <search_results>, or an export with a column NCT Number"
)

_STUDY_XML = re.compile(rb"<clinical_study[\s>]")
_STUDY_KEY = re.compile(rb'"protocolSection"\s*:\s*\{')
_CLASSIC_KEY = re.compile(rb'"(?:FullStudiesResponse|ProtocolSection)"\s*:\s*\{')
_BETA_ID = re.compile(rb'"nctId"\s*:\s*\[')
_ANSWER = re.compile(rb'\{\s*(?:"(?:totalCount|nextPageToken)"\s*:\s*[^,{}\[\]]+,\s*)*"studies"\s*:\s*\[')


class _Ident(msgspec.Struct, rename="camel", frozen=True):
    nct_id: str = ""


class _Protocol(msgspec.Struct, rename="camel", frozen=True):
    identification_module: _Ident = _Ident()


class _Peek(msgspec.Struct, rename="camel"):
    protocol_section: _Protocol


class Envelope(msgspec.Struct, rename="camel"):
    """An object at the top of a file: an answer when it has studies, a study when it has a protocol section."""

    studies: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    protocol_section: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    next_page_token: str | list[str] | None = None
    total_count: int | list[int] | None = None
    classic_answer: msgspec.Raw | msgspec.UnsetType = msgspec.field(
        default=msgspec.UNSET, name="FullStudiesResponse"
    )
    classic_study: msgspec.Raw | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="Study")
    classic_section: msgspec.Raw | msgspec.UnsetType = msgspec.field(
        default=msgspec.UNSET, name="ProtocolSection"
    )

    @property
    def is_study(self) -> bool:
        """Is it one study, of either generation of the API?"""
        sections = (self.protocol_section, self.classic_study, self.classic_section)
        return any(section is not msgspec.UNSET for section in sections)


class _Classic(msgspec.Struct):
    full_studies: list[msgspec.Raw] = msgspec.field(default_factory=list, name="FullStudies")


_PEEK = msgspec.json.Decoder(_Peek)
ENVELOPE = msgspec.json.Decoder(Envelope)
_CLASSIC = msgspec.json.Decoder(_Classic)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def recognise(name: str, body: bytes) -> bool:
    """Whether the file holds records of ClinicalTrials.gov, by its content."""
    head = utf8(body).lstrip()
    if head[:1] in (b"{", b"["):
        if _STUDY_KEY.search(head) or _CLASSIC_KEY.search(head):
            return True
        answer = _ANSWER.match(head)
        return answer is not None and head[answer.end() :].lstrip()[:1] == b"]"
    if _is_html(head):
        return ctgov_html.recognise(body)
    known = (
        _STUDY_XML.search(head) is not None or ctgov_searchxml.recognise(head) or ctgov_csv.recognise(head)
    )
    return known or (head[:1] != b"<" and ctgov_html.recognise(body))


def _is_html(head: bytes) -> bool:
    return re.search(rb"<(?:html|!doctype html)[\s>]", head[:4000], re.IGNORECASE) is not None


def split(page: Page) -> Iterator[Page | Problem]:
    """One page a study, its bytes as they came; a Problem for each part that is no study. Never raises."""
    body = utf8(page.body)
    head = body.lstrip()[:1]
    try:
        if head in (b"{", b"["):
            yield from _split_json(page, body)
        elif ctgov_searchxml.recognise(body):
            for number, study in enumerate(ctgov_searchxml.studies(body), 1):
                yield _small(page, study, "searchxml", ctgov_searchxml.read_study, f"study {number}")
        elif _is_page(body):
            yield msgspec.structs.replace(page, url=ctgov_html.address(ctgov_html.read_study(page.body)))
        elif _STUDY_XML.search(body):
            nct_id = ctgov_xml.read_study(page.body).source_id
            yield msgspec.structs.replace(page, url=address("xml", nct_id))
        elif ctgov_csv.recognise(body):
            yield from _split_table(page, body)
        else:
            yield part_problem(page, "", opening(body), _EXPECTED)
    except ParseError as error:
        yield part_problem(page, error.field, error.found, error.expected)


def _is_page(body: bytes) -> bool:
    """Is this a saved page? A browser's copy of an XML record is none."""
    if _is_html(body.lstrip()):
        return _STUDY_XML.search(body) is None
    is_form = _STUDY_XML.search(body) or ctgov_csv.recognise(body)
    return not is_form and ctgov_html.recognise(body[: 1 << 16])


def _split_table(page: Page, body: bytes) -> Iterator[Page | Problem]:
    """Each row under the line of columns, which stands in front of every piece."""
    header = body.lstrip(b"\r\n").partition(b"\n")[0] + b"\n"
    separated = "csv" if b"Study Title" in header else "oldcsv"
    form = "tsv" if ctgov_csv.is_tab_separated(header) else separated
    for line, row in ctgov_csv.rows(body):
        yield _small(page, header + row, form, ctgov_csv.read_row, f"line {line}")


def _small(page: Page, raw: bytes, form: str, read: Callable[[bytes], Record], field: str) -> Page | Problem:
    try:
        nct_id = read(raw).source_id
    except ParseError as error:
        return part_problem(page, field, error.found, error.expected)
    return msgspec.structs.replace(page, url=address(form, nct_id), body=raw)


def _split_json(page: Page, body: bytes) -> Iterator[Page | Problem]:
    try:
        if body.lstrip()[:1] == b"[":
            yield from _parts(page, _ARRAY.decode(body))
            return
        envelope = ENVELOPE.decode(body)
        answer = envelope.classic_answer
        classic = None if answer is msgspec.UNSET else _CLASSIC.decode(answer).full_studies
    except msgspec.ValidationError as error:
        yield part_problem(page, "", f"JSON of another shape ({error})", _EXPECTED)
    except _UNREADABLE as error:
        yield from _split_broken(page, body, str(error))
    else:
        if envelope.studies is not msgspec.UNSET:
            yield from _parts(page, envelope.studies)
        elif classic is not None:
            yield from _parts(page, classic)
        elif envelope.is_study:
            yield _study(page, page.body, body, "")
        else:
            yield part_problem(page, "", f"a JSON object with {_keys(body)}", _EXPECTED)


def _parts(page: Page, parts: list[msgspec.Raw]) -> Iterator[Page | Problem]:
    for position, part in enumerate(parts):
        raw = bytes(part)
        yield _study(page, raw, raw, f"studies[{position}]")


def _study(page: Page, raw: bytes, body: bytes, field: str) -> Page | Problem:
    form = "json"
    try:
        nct_id = _PEEK.decode(body).protocol_section.identification_module.nct_id
    except _UNREADABLE as error:
        form, nct_id = _in_older_form(body)
        if not form:
            return part_problem(page, field, f"{opening(body)} ({error})", "a study with protocolSection")
    nct_id = nct_id.strip().upper()
    if ctgov_json.NCT_ID.fullmatch(nct_id) is None:
        return part_problem(page, field or "nctId", f"a study with the id {nct_id!r}", "NCT and eight digits")
    return msgspec.structs.replace(page, url=address(form, nct_id), body=raw)


def _in_older_form(body: bytes) -> tuple[str, str]:
    """(form, id) of a study of the beta or of the classic API; ("", "") for anything else."""
    try:
        study = _decoded(body)
    except ParseError:
        return "", ""
    found: Any = study.get("protocolSection", {}).get("identificationModule", {}).get("nctId", "")
    if not isinstance(found, str):
        return "", ""
    if _CLASSIC_KEY.search(body):
        return "v1", found
    return ("json", found) if _is_beta(body) else ("", "")


def _is_beta(body: bytes) -> bool:
    at = body.find(b'"nctId"')
    return at >= 0 and _BETA_ID.match(body, at) is not None


def _decoded(body: bytes) -> dict[str, Any]:
    """A study of the beta or of the classic API as API v2 writes it. Raises ParseError."""
    try:
        study = msgspec.json.decode(body)
        converted = ctgov_v1.to_v2(study) if _CLASSIC_KEY.search(body) else ctgov_beta.plain(study)
    except _UNREADABLE as error:
        raise ParseError(f"JSON that cannot be read ({error})", "one study as JSON") from None
    if not isinstance(converted, dict) or not isinstance(converted.get("protocolSection"), dict):
        raise ParseError(opening(body), _EXPECTED)
    ident = converted["protocolSection"].get("identificationModule", {})
    if not isinstance(ident, dict):
        raise ParseError(opening(body), _EXPECTED)
    return converted


_OPENING_OF_ANSWER = re.compile(r'\s*(?:\{.{0,500}?"(?:studies|FullStudies)"\s*:\s*)?\[', re.DOTALL)


def _split_broken(page: Page, body: bytes, error: str) -> Iterator[Page | Problem]:
    """One study a line, or what is whole of an answer that was cut off; the rest is one Problem."""
    text = body.decode("utf-8", "replace")
    lines = [line for line in body.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip()[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines[:2]):
        for position, line in enumerate(lines):
            yield _study(page, line, line, f"line {position + 1}")
        return
    opened = _OPENING_OF_ANSWER.match(text)
    at, count = opened.end() if opened else len(text), 0
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
    yield part_problem(page, "", f"JSON that is cut off or damaged{whole} ({error})", "a whole JSON document")


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _keys(body: bytes) -> str:
    keys = list(msgspec.json.decode(body))
    return "the keys " + ", ".join(keys[:4])[:60] if keys else "no keys"


def parse(page: Page) -> Record:
    """The record of a page that holds one study, in whatever form. Raises ParseError."""
    body = utf8(page.body)
    start = body.lstrip()[:1]
    if start == b"{":
        if _is_beta(body) or (b'"protocolSection"' not in body and _CLASSIC_KEY.search(body)):
            return ctgov_json.read_study(msgspec.json.encode(_decoded(body)))
        return ctgov_json.read_study(body)
    if ctgov_searchxml.is_study(body):
        return ctgov_searchxml.read_study(body)
    if _is_page(body):
        return ctgov_html.read_study(page.body)
    if start == b"<" or _STUDY_XML.search(body):
        return ctgov_xml.read_study(page.body)
    if ctgov_csv.recognise(body):
        return ctgov_csv.read_row(body)
    raise ParseError(opening(body), _EXPECTED)
