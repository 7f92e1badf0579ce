"""Saved pages of ClinicalTrials.gov's retired sites: which kind one is, the address it is kept under, its Record.

They are the registry's own words of an older date and so versions of the same record as its JSON and XML. The site of
today is an empty application: its pages hold no record.
"""

import re
from urllib.parse import urlsplit

from scraper.errors import ParseError
from scraper.model import Record
from scraper.sources import blocks, ctgov_classic_html, ctgov_history_html, markup

HOSTS = frozenset({"clinicaltrials.gov", "www.clinicaltrials.gov", "classic.clinicaltrials.gov"})
EXPECTED = "a saved study page of ClinicalTrials.gov's classic or archive site"

_TITLE = re.compile(r"(?:-|\||:) *ClinicalTrials\.gov(?: Archive)?$", re.IGNORECASE)
_HISTORY = re.compile(r"ClinicalTrials Identifier:.{0,2000}?Updated:", re.DOTALL)
_CLASSIC = re.compile(r"ClinicalTrials\.gov Identifier", re.IGNORECASE)
_DISCLAIMER = re.compile(
    r"The safety and scientific validity of this study is the responsibility", re.IGNORECASE
)
_OLDER = re.compile(r"^\s*Last verified: \w+ \d{4}\s*$", re.IGNORECASE | re.MULTILINE)
_ERROR = re.compile(
    r"An Error Has Occurred|Invalid URL Path|requested page cannot be displayed", re.IGNORECASE
)
_CURRENT = re.compile(r"<ctg-(?:root|app)|\| *NCT\d{8} *\| *ClinicalTrials\.gov", re.IGNORECASE)
_SITE_PATH = re.compile(r"/(?:ct2/)?(?:show|archive|study)/", re.IGNORECASE)


def recognise(head: bytes) -> bool:
    """Whether this is a saved page of the registry's own site, by its title, its address or its own lines."""
    text = markup.decoded(head)
    if markup.is_html(text):
        return _TITLE.search(markup.title(text)) is not None or _is_own(markup.address(text))
    return _HISTORY.search(text) is not None or (
        _CLASSIC.search(text) is not None and (_DISCLAIMER.search(text) or _OLDER.search(text)) is not None
    )


def _is_own(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    # A page saved by a program has the relative address that the site itself wrote.
    is_here = parts.hostname in HOSTS if parts.netloc else parts.path.startswith("/ct2/")
    return is_here and _SITE_PATH.search(parts.path) is not None


def address(record: Record) -> str:
    """The live address that a page was at: one a day on the archive site, one a study and tab on the classic site."""
    home = "https://clinicaltrials.gov"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", record.updated):
        return f"{home}/archive/{record.source_id}/{record.updated.replace('-', '_')}"
    return f"{home}/ct2/show/{'results/' if record.is_partial else ''}{record.source_id}"


def read_study(body: bytes) -> Record:
    """The record of a page. Raises ParseError that says what the page is instead."""
    document = blocks.read(body)
    head = "\n".join(block.text for block in document.blocks[:40])
    if _HISTORY.search(head):
        return ctgov_history_html.record(document)
    try:
        return ctgov_classic_html.record(document)
    except ParseError as error:
        if error.field != "nct_id":
            raise
        found = f"a page of ClinicalTrials.gov that holds no study ({document.title or head[:60]!r})"
        if _ERROR.search(f"{document.title} {head}"):
            found = "an error page of ClinicalTrials.gov"
        elif _CURRENT.search(body[: 1 << 16].decode("utf-8", "replace")):
            found = "a page of today's ClinicalTrials.gov, which holds no record until a browser has run it"
            raise ParseError(found, "the study's JSON: trials scrape ctgov --id NCT…", "nct_id") from None
        raise ParseError(found, EXPECTED, "nct_id") from None
