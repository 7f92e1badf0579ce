"""ClinicalTrials.gov's answer to a search as XML (`<search_results>`), served until 2024: a short `<study>` a hit."""

import re
from collections.abc import Iterator

from lxml import etree

from scraper.errors import ParseError
from scraper.model import Record
from scraper.sources import ctgov_flat as flat

_EXPECTED = "a <study> of search results of ClinicalTrials.gov"
_ANSWER = re.compile(rb"<search_results[\s>]")
_STUDY = re.compile(
    rb"<study(?:\s[^>]*)?>.*?(?:</study>|(?=<study[\s>])|(?=</search_results>)|\Z)", re.DOTALL
)


def recognise(head: bytes) -> bool:
    """Whether this is an answer to a search."""
    return _ANSWER.search(head[:2000]) is not None


def is_study(body: bytes) -> bool:
    """Whether this is one hit of such an answer."""
    return _STUDY.match(body.lstrip()) is not None


def studies(body: bytes) -> Iterator[bytes]:
    """The raw bytes of each hit, broken ones too."""
    for match in _STUDY.finditer(body):
        yield match[0].strip()


def read_study(body: bytes) -> Record:
    """The partial record of a hit. Raises ParseError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(body.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"XML that cannot be read ({error})", _EXPECTED) from None

    def one(path: str) -> str:
        return flat.stated(root.findtext(path) or "")

    def many(path: str) -> list[str]:
        return [words for item in root.iterfind(path) if (words := flat.stated(item.text or ""))]

    nct_id = flat.checked_id(one("nct_id"))
    found = flat.record(
        nct_id,
        one("title"),
        acronym=one("acronym"),
        overall_status=one("status"),
        has_results=flat.has_results(one("study_results")),
        sex=one("gender"),
        minimum_age=one("min_age"),
        maximum_age=one("max_age"),
        phase="|".join(many("phases/phase")),
        enrollment=one("enrollment"),
        study_type=one("study_types"),
        start_date=one("start_date"),
        primary_completion_date=one("primary_completion_date"),
        completion_date=one("completion_date"),
        first_posted_date=one("study_first_posted"),
        results_first_posted_date=one("results_first_posted"),
        updated=one("last_update_posted"),
        **dict(flat.design(many("study_designs/study_design"))),
    )
    found.conditions = many("conditions/condition")
    found.interventions = flat.interventions(
        f"{item.get('type', '')}: {item.text or ''}" for item in root.iterfind("interventions/intervention")
    )
    found.sponsors = flat.sponsors(
        one("sponsors/lead_sponsor"), many("sponsors/collaborator"), many("funded_bys/funded_by")
    )
    return flat.finished(found, many("locations/location"), many("other_ids/other_id"))
