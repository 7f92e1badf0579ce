"""ClinicalTrials.gov: API v2 studies as JSON, and every older form of its records. All are kept under one NCT id.

An answer holds up to 1,000 whole studies, so no study is asked for a second time: `split` takes the answer apart.
An address of the archive names the study and the form: a JSON and an XML record of one study are two pages.
API: https://clinicaltrials.gov/data-api/api
"""

import msgspec

from scraper.errors import ParseError
from scraper.model import Page
from scraper.sources import ctgov_split
from scraper.sources.ctgov_address import (
    HOSTS,
    canonical_url,
    ids_url,
    next_url,
    record_url,
    search_url,
)
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.ctgov_json import NCT_ID
from scraper.sources.ctgov_split import parse, recognise, split
from scraper.sources.source import Form, IdListing, Listing, Source, opening

__all__ = [
    "SOURCE",
    "canonical_url",
    "parse",
    "read_ids",
    "read_listing",
    "recognise",
    "record_url",
    "search_url",
    "split",
]

_EXPECTED = "an answer of API v2 with studies"


class _Ident(msgspec.Struct, rename="camel", frozen=True):
    nct_id: str


class _Day(msgspec.Struct, frozen=True):
    date: str = ""


class _Status(msgspec.Struct, rename="camel", frozen=True):
    last_update_post_date_struct: _Day = _Day()


class _Protocol(msgspec.Struct, rename="camel", frozen=True):
    identification_module: _Ident
    status_module: _Status = _Status()


class _Study(msgspec.Struct, rename="camel", frozen=True):
    protocol_section: _Protocol


class _Ids(msgspec.Struct, rename="camel"):
    studies: list[_Study]
    next_page_token: str | None = None
    total_count: int | None = None


_IDS = msgspec.json.Decoder(_Ids)


def read_listing(page: Page) -> Listing:
    """The address of the next answer and the registry's own total. Raises ParseError."""
    body = utf8(page.body)
    try:
        envelope = ctgov_split.ENVELOPE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"{opening(body)} ({error})", _EXPECTED) from None
    token, total = envelope.next_page_token, envelope.total_count
    if envelope.studies is msgspec.UNSET or isinstance(token, list) or isinstance(total, list):
        raise ParseError(opening(body), _EXPECTED)
    return Listing(next_url=next_url(page.url, token), total=total)


def read_ids(page: Page) -> IdListing:
    """The ids that an answer to `ids_url` lists, and when each was updated. Raises ParseError."""
    body = utf8(page.body)
    try:
        answer = _IDS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"{opening(body)} ({error})", f"{_EXPECTED} and their ids") from None
    protocols = [study.protocol_section for study in answer.studies]
    ids = tuple(protocol.identification_module.nct_id.strip().upper() for protocol in protocols)
    odd = next((nct_id for nct_id in ids if NCT_ID.fullmatch(nct_id) is None), None)
    if odd is not None:
        raise ParseError(f"the id {odd!r}", "NCT and eight digits")
    updated = tuple(protocol.status_module.last_update_post_date_struct.date for protocol in protocols)
    return IdListing(ids, updated, next_url(page.url, answer.next_page_token), answer.total_count)


FORMS = (
    Form(
        name="ctgov-html",
        title="saved pages of the retired classic site (both layouts, results tab) and of its archive of older versions",
        formats=("HTML", "saved text"),
        note="the classic pages were retired in June 2024, and today's pages hold no record",
        not_given="places, MeSH terms and classes of sponsors; on archive pages also acronym, keywords, first posting,"
        " why a study was stopped and, on most, enrollment",
    ),
    Form(
        name="ctgov-xml-search",
        title="search results saved as XML (<search_results>)",
        formats=("xml",),
        note="the classic search was retired in June 2024",
        not_given="criteria, descriptions and outcomes: such a record is partial and never wins over a whole one",
    ),
)

SOURCE = Source(
    name="ctgov",
    title="ClinicalTrials.gov",
    kind="registry",
    homepage="https://clinicaltrials.gov/",
    interface="API v2 (JSON); from saved files also its beta, the classic API, older XML, CSV and TSV exports, pages",
    formats=("json", "ndjson", "xml", "csv", "tsv", "html"),
    limits="documented API; at most one request a second, 1,000 studies an answer",
    licence="public domain; terms at https://clinicaltrials.gov/about-site/terms-conditions",
    attribution="ClinicalTrials.gov, U.S. National Library of Medicine",
    parser_version="ctgov-4",
    hosts=HOSTS,
    obeys_robots=False,
    delay_seconds=1.0,
    recognise=recognise,
    split=split,
    parse=parse,
    search_url=search_url,
    record_url=record_url,
    canonical_url=canonical_url,
    read_listing=read_listing,
    ids_url=ids_url,
    read_ids=read_ids,
    forms=FORMS,
    gaps={
        "age": "an empty limit is no limit; withheld records give none",
        "sex": "withheld records and a few others leave it out",
        "phase": "observational studies and expanded access have none",
        "sponsor": "rows of old search exports leave it out",
        "criteria": "withheld records and some of the oldest have no eligibility text",
        "status": "rows of old search exports leave it out",
    },
)
