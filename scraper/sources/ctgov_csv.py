"""ClinicalTrials.gov's exports of a search as CSV, with the columns of before and after 2023, and as TSV.

Every export has its own choice of columns. A row is kept as it came, under the line that names the columns. The new
columns give age groups ("CHILD, ADULT") in place of limits: those are no limits, so such a trial states no age.
"""

import csv
import re
from collections.abc import Iterator

from scraper.errors import ParseError
from scraper.model import Record
from scraper.sources import ctgov_flat as flat

_EXPECTED = "a row of an export of ClinicalTrials.gov under its line of columns"
MOST_ROW_BYTES = 1 << 22
"""No row is longer; what is, has lost a quotation mark."""

_ID_COLUMN = re.compile(rb'(?:^|[,\t])"?NCT Number"?(?=[,\t]|$)')
_ROW_START = re.compile(rb'(?:"?\d+"?[,\t])?"?NCT\d{8}"?(?:[,\t]|$)')
_MISPLACED = re.compile(r'(?<=,"Expanded Access)":(?=[^",]*",)')
# One column in both generations -> the field of a record.
_FIELDS = {
    "Acronym": "acronym",
    "Brief Summary": "brief_summary",
    "Enrollment": "enrollment",
    "Start Date": "start_date",
    "Primary Completion Date": "primary_completion_date",
    "Completion Date": "completion_date",
    "First Posted": "first_posted_date",
    "Results First Posted": "results_first_posted_date",
    "Last Update Posted": "updated",
    "Study Type": "study_type",
    "Phases": "phase",
    "Status": "overall_status",
    "Study Status": "overall_status",
    "Gender": "sex",
    "Sex": "sex",
}


def recognise(head: bytes) -> bool:
    """Whether the first line names the columns of an export."""
    return _ID_COLUMN.search(head.lstrip(b"\r\n").partition(b"\n")[0].strip()) is not None


def is_tab_separated(header: bytes) -> bool:
    """Tabs in the line of columns: the daily lists, where a quotation mark is a character as any other."""
    return b"\t" in header


def rows(body: bytes) -> Iterator[tuple[int, bytes]]:
    """(number of its first line, raw row) of each row under the line of columns; a row may span lines.

    A row that is odd ends where the next line starts like one, so that a lost quotation mark costs one row.
    """
    lines = body.lstrip(b"\r\n").splitlines(keepends=True)
    if not lines:
        return
    tabs, width = is_tab_separated(lines[0]), len(_cells(lines[0]))
    at = 1
    while at < len(lines):
        end = at + 1 if tabs else _end(lines, at)
        raw = b"".join(lines[at:end])
        if end - at > 1 and len(_cells(raw)) != width:
            end = next((n for n in range(at + 1, len(lines)) if _ROW_START.match(lines[n])), len(lines))
            raw = b"".join(lines[at:end])
        if raw.strip():
            yield at + 1, raw
        at = end


def _end(lines: list[bytes], at: int) -> int:
    """Behind the row that starts at a line: where its quotation marks are even for the first time."""
    quotes = size = 0
    for n in range(at, len(lines)):
        quotes += lines[n].count(b'"')
        size += len(lines[n])
        if quotes % 2 == 0:
            return n + 1
        if size > MOST_ROW_BYTES:
            break
    return at + 1


def _cells(raw: bytes) -> list[str]:
    """The cells of one row; [] where the row cannot be read."""
    text = raw.decode("utf-8", "replace").strip("\r\n")
    if is_tab_separated(raw):
        return [
            cell.removesuffix('"') if cell.startswith("Expanded Access:") else cell
            for cell in text.split("\t")
        ]
    # The registry misplaced a quotation mark: "Expanded Access":Treatment IND/Protocol" (NCT03153462).
    for words in (text, _MISPLACED.sub(":", text)):
        try:
            found = list(csv.reader(words.splitlines(keepends=True), strict=True))
        except csv.Error:
            continue
        if len(found) == 1:
            return found[0]
    return []


def read_row(body: bytes) -> Record:
    """The partial record of a row under its line of columns. Raises ParseError."""
    header, _, raw = body.lstrip(b"\r\n").partition(b"\n")
    names, cells = _cells(header), _cells(raw)
    if "NCT Number" not in names:
        raise ParseError(f"columns {header[:60]!r}", _EXPECTED)
    if len(names) != len(cells):
        raise ParseError(f"a row of {len(cells)} cells that starts {_opening(raw)!r}", f"{len(names)} cells")
    row = {name: flat.stated(cell) for name, cell in zip(names, cells, strict=True)}
    nct_id = flat.checked_id(row["NCT Number"])
    fields = {field: row[name] for name, field in _FIELDS.items() if row.get(name)}
    # Paragraphs of a summary stand as lines in its cell.
    if "brief_summary" in fields:
        fields["brief_summary"] = cells[names.index("Brief Summary")].replace("\r", "").strip()
    fields |= dict(flat.design(_items(row.get("Study Designs") or row.get("Study Design", ""))))
    fields["age"] = flat.age_words(row.get("Age", ""))
    fields["has_results"] = flat.has_results(row.get("Study Results", ""))
    found = flat.record(nct_id, row.get("Title") or row.get("Study Title", ""), **fields)
    found.conditions = _items(row.get("Conditions", ""))
    found.interventions = flat.interventions(_items(row.get("Interventions", "")))
    both = _items(row.get("Sponsor/Collaborators", ""))
    lead = row.get("Sponsor") or "".join(both[:1])
    collaborators = [*both[1:], *_items(row.get("Collaborators", ""))]
    funders = _items(row.get("Funded Bys", ""))
    found.sponsors = flat.sponsors(lead, collaborators, funders, row.get("Funder Type", ""))
    return flat.finished(found, _items(row.get("Locations", "")), _items(row.get("Other IDs", "")))


def row_id(body: bytes) -> str:
    """The id of the study of a row under its line of columns. Raises ParseError."""
    return read_row(body).source_id


def _items(cell: str) -> list[str]:
    return [item.strip() for item in cell.split("|") if item.strip()]


def _opening(raw: bytes) -> str:
    return " ".join(raw[:80].decode("utf-8", "replace").split())[:60]
