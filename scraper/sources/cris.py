"""Clinical Research Information Service of Korea: its English page of one trial, from a saved file.

The page is a table of labels (`th`) and values (`td`); a label that begins with a dash belongs to the numbered heading
above it ("Recruitment Status by Participating Study Site 3").
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from scraper.errors import ParseError, SettingsError
from scraper.model import (
    Arm,
    Intervention,
    Oddity,
    Outcome,
    Page,
    Problem,
    Record,
    SecondaryId,
    Site,
    Sponsor,
)
from scraper.sources import cells, markup
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.source import Source, no_listing, not_asked, opening, part_problem

HOST = "cris.nih.go.kr"
_EXPECTED = "a page of CRIS in English, with a CRIS Registration Number"
_IMPORT_ONLY = (
    "CRIS has no interface for programs that is documented; save a trial's English page in a browser and import the"
    " file: trials import FILE --source cris"
)
_ID = re.compile(r"KCT\d{7}", re.ASCII)
_AGE = re.compile(
    r"(?:(\d{1,3}) ?(Years?|Months?|Weeks?|Days?)|No Limit)? ?~ ?(?:(\d{1,3}) ?(Years?|Months?|Weeks?|Days?)|No Limit)?",
    re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?: ?, ?(Actual|Anticipated))?", re.ASCII)
_NOTHING = frozenset({"", "-", "n/a", "none", "not applicable"})
_SITE, _SPONSOR = "Recruitment Status by Participating Study Site", "Sponsor Organization"
_ALLOCATION = {"rct": "Randomized", "non-rct": "Non-Randomized"}
_PURPOSE = {"prevention": "Prevention", "treatment": "Treatment", "diagnosis": "Diagnostic"}
_MASKING = {
    "open": "None",
    "single": "Single",
    "double": "Double",
    "triple": "Triple",
    "quadruple": "Quadruple",
}
_MODEL = {
    "parallel": "Parallel",
    "single group": "Single Group",
    "cross-over": "Crossover",
    "factorial": "Factorial",
}


class _Row(NamedTuple):
    """A label with its value; `heading` is the numbered heading above, without its number."""

    label: str
    words: str
    heading: str
    number: str


class _Rows(list[_Row]):
    def text(self, label: str) -> str:
        return next((row.words for row in self if row.label == label), "")

    def line(self, label: str) -> str:
        found = " ".join(self.text(label).split())
        return "" if found.casefold() in _NOTHING else found

    def groups(self, heading: str) -> Iterator[dict[str, str]]:
        """The rows under each heading of that name, by label."""
        found: dict[str, dict[str, str]] = {}
        for row in self:
            if row.heading == heading:
                found.setdefault(row.number, {})[row.label] = " ".join(row.words.split())
        yield from found.values()


def recognise(name: str, body: bytes) -> bool:
    """Whether the file is a page of CRIS."""
    head = utf8(body).lstrip()
    return head[:1] == b"<" and b"CRIS Registration Number" in head


def split(page: Page) -> Iterator[Page | Problem]:
    """The trial of a page, or a Problem."""
    try:
        trial_id = _identity(_rows(page.body))
    except ParseError as error:
        yield part_problem(page, error.field, error.found, error.expected)
        return
    yield msgspec.structs.replace(page, url=_address(trial_id))


def _rows(raw: bytes) -> _Rows:
    """The labels of the page with their values. Raises ParseError."""
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"<":
        raise ParseError(opening(raw), _EXPECTED)
    soup = markup.parsed(markup.decoded(raw))
    rows = _Rows()
    heading = number = ""
    for line in soup.find_all("tr"):
        heads = [" ".join(cell.get_text(" ").split()) for cell in line.find_all("th", recursive=False)]
        cell = line.find("td", recursive=False)
        if not heads:
            continue
        named = re.fullmatch(r"(.*?)\s*(\d+)", heads[0])
        if named and (cell is None or len(heads) > 1):
            heading, number = named[1], named[2]
        elif not heads[-1].startswith("-") and heading != "Arm":
            heading = number = ""
        if cell is not None:
            rows.append(_Row(heads[-1].removeprefix("-").strip(), cells.lines(cell), heading, number))
    return rows


def _identity(rows: _Rows) -> str:
    found = rows.line("CRIS Registration Number")
    if _ID.fullmatch(found) is None:
        raise ParseError(
            f"a trial with the id {found[:60]!r}", "KCT and seven digits", "CRIS Registration Number"
        )
    return found


def _address(trial_id: str) -> str:
    return f"https://{HOST}/cris/en/#{trial_id}"


def parse(page: Page) -> Record:
    """The record of a page that holds one trial. Raises ParseError."""
    rows = _rows(page.body)
    trial_id = _identity(rows)
    title = rows.line("Public/Brief Title") or rows.line("Scientific Title")
    if not title:
        raise ParseError(f"{trial_id} without a title", "a title", "Public/Brief Title")
    size = rows.line("Target Number of Participant").replace(",", "")
    record = Record(
        source="cris",
        source_id=trial_id,
        registry_id=trial_id,
        url=_address(trial_id),
        brief_title=title,
        official_title=rows.line("Scientific Title"),
        acronym=rows.line("Acronym"),
        overall_status=rows.line("Overall Recruitment Status"),
        study_type=rows.line("Study Type"),
        phase=" ".join(rows.text("Phase").split()),
        sex=rows.line("Gender"),
        healthy_volunteers=rows.line("Healthy Volunteers"),
        enrollment=size,
        enrollment_type="Estimated" if size else "",
        start_date=_date(rows.line("Date of First Enrollment")),
        primary_completion_date=_date(rows.line("Primary Completion Date")),
        completion_date=_date(rows.line("Study Completion Date")),
        brief_summary=rows.text("Lay Summary"),
        eligibility_criteria="\n\n".join(
            f"{head} Criteria:\n\n{text}"
            for head, label in (("Inclusion", "Description"), ("Exclusion", "Exclusion Criteria"))
            if (text := rows.text(label))
        ),
        allocation=_ALLOCATION.get(rows.line("Allocation").casefold(), ""),
        intervention_model=_MODEL.get(rows.line("Intervention Model").casefold(), ""),
        masking=_MASKING.get(rows.line("Blinding/Masking").casefold(), ""),
        primary_purpose=_PURPOSE.get(rows.line("Study Purpose").casefold(), ""),
    )
    _ages(record, rows.line("Age"))
    record.conditions = [
        name
        for line in rows.text("Condition(s)/Problem(s)").split("\n")
        if (name := line.lstrip("* ").strip())
    ]
    about = rows.line("Intervention Description")
    record.interventions = [
        Intervention("", kind.strip(), about)
        for kind in rows.line("Intervention Type").split(",")
        if kind.strip()
    ]
    record.arms = [
        Arm(arm.get("Arm Type", ""), arm["Arm Label"], arm.get("Arm Description", ""))
        for arm in rows.groups("Arm")
        if arm.get("Arm Label")
    ]
    record.outcomes = [
        Outcome(kind.casefold(), outcome["Outcome"], outcome.get("Timepoint", ""))
        for kind in ("Primary", "Secondary")
        for outcome in rows.groups(f"{kind} Outcome(s)")
        if outcome.get("Outcome")
    ]
    record.sponsors = [
        Sponsor(name, "collaborator" if position else "lead")
        for position, organisation in enumerate(rows.groups(_SPONSOR))
        if (name := organisation.get("Organization Name", ""))
    ]
    record.sites = [
        Site(facility=name, country="Korea, Republic of", status=site.get("Recruitment Status", ""))
        for site in rows.groups(_SITE)
        if (name := site.get("Name of Study Site", ""))
    ]
    record.secondary_ids = [
        SecondaryId(value, label)
        for label in ("Unique Protocol ID", "Name of Registry/Registration Number")
        if (value := rows.line(label))
    ]
    return without_contacts(record, [row.words for row in rows if row.label == "Telephone"])


def _date(words: str) -> str:
    match = _DATE.fullmatch(words)
    return match[1] if match else words


def _ages(record: Record, words: str) -> None:
    match = _AGE.fullmatch(words)
    if match is None:
        if words:
            record.oddities.append(Oddity("age", words, "limits such as 45 Year ~ 79 Year"))
        return
    record.minimum_age = f"{match[1]} {match[2]}" if match[1] else ""
    record.maximum_age = f"{match[3]} {match[4]}" if match[3] else ""


def canonical_url(url: str) -> str:
    """The address that a trial is kept under. Raises SettingsError on any other: those of the site name no trial."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or parts.hostname != HOST or not _ID.fullmatch(parts.fragment):
        raise SettingsError(f"found {url!r}, expected an address such as {_address('KCT0000001')}")
    return _address(parts.fragment)


SOURCE = Source(
    name="cris",
    title="Clinical Research Information Service of Korea (CRIS)",
    kind="registry",
    homepage=f"https://{HOST}/",
    interface="its English pages of single trials, from saved files",
    formats=("html",),
    limits="import only; the saved page states no date of registration or of its last change; places are hospitals",
    licence="the registry's terms (cris.nih.go.kr) apply; read them before reuse",
    attribution="Clinical Research Information Service (CRIS), Korea Disease Control and Prevention Agency",
    parser_version="cris-1",
    hosts=frozenset({HOST}),
    obeys_robots=True,
    delay_seconds=5.0,
    recognise=recognise,
    split=split,
    parse=parse,
    search_url=not_asked(_IMPORT_ONLY),
    record_url=not_asked(_IMPORT_ONLY),
    canonical_url=canonical_url,
    read_listing=no_listing(_IMPORT_ONLY),
)
