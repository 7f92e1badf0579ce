"""WHO's International Clinical Trials Registry Platform: the trials of all primary registries, from saved exports.

Forms: CSV with any choice of columns, the portal's XML (`<Trial>`, flat) and the XML that registries send the WHO
(`<trial>` with `<main>`, ReBEC, REPEC and ChiCTR). Every trial comes under its registry's own id, an NCT id included;
a record of the registry itself always wins over this copy. Contacts are never read.
Data set: https://www.who.int/tools/clinical-trials-registry-platform/network/who-data-set
"""

import csv
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import msgspec
from lxml import etree

from scraper.errors import ParseError, SettingsError
from scraper.model import Page, Problem, Record
from scraper.sources import ictrp_row
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.ictrp_row import PORTAL, Row, folded
from scraper.sources.source import Source, no_listing, not_asked, opening, part_problem

HOSTS = frozenset({"trialsearch.who.int"})
_EXPECTED = "a WHO export: CSV with the column TrialID, or XML with <Trial> and <TrialID> or <trial_id>"
_IMPORT_ONLY = (
    "WHO's platform has no free interface for programs; download an export at https://trialsearch.who.int/ and"
    " import the file: trials import FILE --source ictrp"
)
MOST_ROW_BYTES = 1 << 22

_TRIAL = re.compile(rb"<(Triall|Trial|trial)>.*?</\1\s*>", re.DOTALL)
_OPENING = re.compile(rb"<(?:Triall|Trial|trial)>")
_DECLARATION = re.compile(rb"^\s*(<\?xml[^>]*\?>)")
_HEAD = re.compile(rb"<Trials_downloaded_from_ICTRP|<trials?[\s>].{0,4000}?<trial_id>", re.DOTALL)

# The XML that registries send: its element -> the export's column. Of contacts only telephone numbers are read,
# so that they can be blanked in texts.
_SENT = {
    "trial_id": "trialid",
    "reg_name": "sourceregister",
    "date_registration": "dateregistration",
    "primary_sponsor": "primarysponsor",
    "public_title": "publictitle",
    "scientific_title": "scientifictitle",
    "acronym": "acronym",
    "date_enrolment": "dateenrollement",
    "target_size": "targetsize",
    "recruitment_status": "recruitmentstatus",
    "url": "webaddress",
    "study_type": "studytype",
    "study_design": "studydesign",
    "phase": "phase",
    "hc_freetext": "condition",
    "i_freetext": "intervention",
    "inclusion_criteria": "inclusioncriteria",
    "exclusion_criteria": "exclusioncriteria",
    "agemin": "inclusionagemin",
    "agemax": "inclusionagemax",
    "gender": "inclusiongender",
    "country2": "countries",
    "prim_outcome": "primaryoutcome",
    "sec_outcome": "secondaryoutcome",
    "sponsor_name": "secondarysponsor",
    "sec_id": "secondaryid",
    "utrn": "secondaryid",
    "telephone": "contacttel",
    "results_date_completed": "resultsdatecompleted",
    "results_date_posted": "resultsdateposted",
}


def recognise(name: str, body: bytes) -> bool:
    """Whether the file holds a WHO export, by its line of columns or its elements."""
    head = utf8(body).lstrip()
    if head[:1] == b"<":
        return b"<html" not in head[:2000].lower() and _HEAD.search(head) is not None
    return _is_table(head)


def _is_table(body: bytes) -> bool:
    columns = _columns(body.partition(b"\n")[0])
    return {"trialid", "sourceregister"} <= set(columns)


def _columns(header: bytes) -> list[str]:
    try:
        rows = list(csv.reader([header.decode("utf-8", "replace").strip("\r\n\ufeff")]))
    except csv.Error:  # noise
        return []
    return [folded(cell) for cell in rows[0]] if rows else []


def split(page: Page) -> Iterator[Page | Problem]:
    """One page a trial: a row under its line of columns, or an element behind the file's XML declaration."""
    body = utf8(page.body).lstrip()
    if body[:1] == b"<":
        yield from _split_xml(page)
    elif _is_table(body):
        header, _, rows = body.partition(b"\n")
        for line, raw in _rows(rows):
            yield _piece(page, header + b"\n" + raw, f"line {line}")
    else:
        yield part_problem(page, "", opening(body), _EXPECTED)


def _split_xml(page: Page) -> Iterator[Page | Problem]:
    declared = _DECLARATION.match(page.body)
    declaration = declared[1] + b"\n" if declared else b""
    number = 0
    for number, match in enumerate(_TRIAL.finditer(page.body), 1):
        yield _piece(page, declaration + match[0], f"trial {number}")
    begun = len(_OPENING.findall(page.body))
    if begun != number or not begun:
        found = f"{begun} trials of which {number} are whole" if begun else opening(page.body)
        yield part_problem(page, "", found, _EXPECTED)


def _rows(body: bytes) -> Iterator[tuple[int, bytes]]:
    """(number of its first line, raw row): a row ends with the first line end outside quotation marks."""
    gathered: list[bytes] = []
    quotes, start, size = 0, 2, 0
    for number, line in enumerate(body.splitlines(keepends=True), 2):
        gathered.append(line)
        quotes += line.count(b'"')
        size += len(line)
        if quotes % 2 == 0 or size > MOST_ROW_BYTES:
            raw = b"".join(gathered)
            if raw.strip():
                yield start, raw
            gathered, quotes, size, start = [], 0, 0, number + 1
    if gathered:
        yield start, b"".join(gathered)


def _piece(page: Page, raw: bytes, field: str) -> Page | Problem:
    try:
        trial_id = ictrp_row.identity(_row(raw))
    except ParseError as error:
        return part_problem(page, field, error.found, error.expected)
    return msgspec.structs.replace(page, url=PORTAL + trial_id, body=raw)


def _row(body: bytes) -> Row:
    """The cells of a page by folded column. Raises ParseError."""
    start = body.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    return _element_row(body) if start == b"<" else _table_row(body)


def _table_row(body: bytes) -> Row:
    header, _, raw = utf8(body).lstrip().partition(b"\n")
    names = _columns(header)
    lines = raw.decode("utf-8", "replace").splitlines(keepends=True)
    try:
        found = list(csv.reader(lines, strict=True))
    except csv.Error as error:
        raise ParseError(f"a row that is no CSV ({error})", _EXPECTED) from None
    if "trialid" not in names or len(found) != 1:
        raise ParseError(opening(body), _EXPECTED)
    if len(found[0]) != len(names):
        raise ParseError(f"a row of {len(found[0])} cells", f"{len(names)} cells, one a column")
    return dict(zip(names, found[0], strict=True))


def _element_row(body: bytes) -> Row:
    # Entities stay unresolved: neither a file of this machine nor a bomb can be named by a record.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"XML that cannot be read ({error})", _EXPECTED) from None
    cells: dict[str, list[str]] = {}
    for element in root.iter("*"):
        if len(element) == 0 and element.text and element.text.strip():
            name = str(element.tag)
            column = _SENT.get(name, "") if root.tag != "Trial" else folded(name)
            cells.setdefault(column, []).append(element.text.replace("\r", ""))
    return {
        # "utrn" and "UTRN" stand beside each other; a list of outcomes is one text in the export as well.
        column: ";".join(dict.fromkeys(words)) if column in ("secondaryid", "countries") else "\n".join(words)
        for column, words in cells.items()
    }


def parse(page: Page) -> Record:
    """The record of a page that holds one trial. Raises ParseError."""
    return ictrp_row.read(_row(page.body))


def canonical_url(url: str) -> str:
    """The address that a trial is kept under, from the portal's old or new one. Raises SettingsError."""
    parts = urlsplit(url.strip())
    query = {name.casefold(): values[0] for name, values in parse_qs(parts.query).items()}
    is_portal = parts.hostname == "trialsearch.who.int" or (
        parts.hostname == "apps.who.int" and parts.path.casefold().startswith("/trialsearch/")
    )
    if not is_portal or parts.scheme not in ("http", "https") or not query.get("trialid", "").strip():
        raise SettingsError(f"found {url!r}, expected an address such as {PORTAL}NCT04010877")
    return PORTAL + query["trialid"].strip()


SOURCE = Source(
    name="ictrp",
    title="WHO International Clinical Trials Registry Platform (ICTRP)",
    kind="secondary",
    homepage="https://trialsearch.who.int/",
    interface="saved exports only: CSV by its columns, the portal's XML, the XML that registries send the WHO",
    formats=("csv", "xml"),
    limits="import only: no free interface for programs; no places beyond countries; no status but recruiting or not",
    licence="non-commercial use under WHO's terms: https://www.who.int/tools/clinical-trials-registry-platform",
    attribution="WHO International Clinical Trials Registry Platform, and the primary registry named in the record",
    parser_version="ictrp-1",
    hosts=HOSTS,
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
        "status": "ChiCTR's cancelled trials and some retrospective ones come without",
        "age": "ChiCTR, EU CTR, ISRCTN and the Dutch register often give WHO no limits; an empty limit may be no limit",
        "sex": "the Dutch register gives WHO none",
        "phase": "the Dutch register gives WHO none, observational studies have none",
        "sponsor": "left empty by the primary registry",
        "criteria": "left empty by the primary registry",
    },
)
