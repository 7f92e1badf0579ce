"""Chinese Clinical Trial Registry: its page of one trial and its page of search results, from saved files.

Every label and text stands in Chinese and in English; English is taken, Chinese where there is no English. A result
of a search has an id, a Chinese title and a date, so its record is partial. ChiCTR asks for ages in years, states a size
for each group and no total, and its phase 0 is exploratory research.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec
from bs4 import Tag

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
from scraper.sources.jsons import day
from scraper.sources.source import Source, no_listing, not_asked, opening, part_problem

HOST = "www.chictr.org.cn"
_EXPECTED = "a page of ChiCTR: a trial with its Registration number, or the results of a search"
_IMPORT_ONLY = (
    "ChiCTR shows its pages only after a check that a person asks; save a trial's page in a browser and import the"
    " file: trials import FILE --source chictr"
)
_ID = re.compile(r"ChiCTR[-A-Z]{0,12}\d{8,10}", re.ASCII | re.IGNORECASE)
_RESULT = re.compile(
    rb"<tr>(?:(?!</?tr[\s>]).)*?historyversionpub\.html\?regno=(?:(?!</?tr[\s>]).)*?</tr>", re.DOTALL
)
_DAYS = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})", re.ASCII)
_NOTHING = frozenset({"", "-", "/", "none", "n/a", "na", "nil", "not applicable"})
_SPONSOR, _PLACES = "Secondary sponsor", "Countries of recruitment and research settings"
_SECTIONS = frozenset({_SPONSOR, _PLACES})
_PHONES = frozenset(
    {"Applicant telephone", "Study leader's telephone", "Contact phone of the ethic committee"}
)
_OUTCOMES = {"Primary indicator": "primary", "Secondary indicator": "secondary"}
_BLINDING = {
    "double blinded": "Double",
    "double blind": "Double",
    "single blind": "Single",
    "open label": "None",
}
_SHORT = 20


class _Row(NamedTuple):
    """A label in English with the words beside it; `section` is the outer label of a table in a table."""

    label: str
    words: str
    section: str


class _Rows(list[_Row]):
    def text(self, label: str) -> str:
        return next((row.words for row in self if row.label == label and row.words), "")

    def line(self, label: str) -> str:
        """The words on one line, "" for the signs that stand where nothing is known."""
        found = " ".join(self.text(label).split())
        return "" if found.casefold() in _NOTHING else found

    def every(self, label: str, section: str | None = None) -> list[str]:
        found = (
            " ".join(row.words.split())
            for row in self
            if row.label == label and section in (None, row.section)
        )
        return [words for words in found if words.casefold() not in _NOTHING]


def recognise(name: str, body: bytes) -> bool:
    """Whether the file is a page of ChiCTR: its trial or its search."""
    head = utf8(body).lstrip()[: 1 << 16]
    return head[:1] == b"<" and "中国临床试验注册中心".encode() in head


def split(page: Page) -> Iterator[Page | Problem]:
    """The trial of a page, or one page a result of a search; a Problem for each part that is none."""
    results = [match[0] for match in _RESULT.finditer(page.body)]
    for number, raw in enumerate(results or [page.body], 1):
        try:
            url = _address(_result(raw)[0] if results else _identity(_rows(raw)))
        except ParseError as error:
            field = f"result {number}" if results else error.field
            yield part_problem(page, field, error.found, error.expected)
            continue
        yield msgspec.structs.replace(page, url=url, body=raw)


def _result(raw: bytes) -> tuple[str, str, str]:
    """(id, title, date) of a result of a search. Raises ParseError."""
    soup = markup.parsed(markup.decoded(raw))
    texts = [" ".join(cell.get_text().split()) for cell in soup.find_all("td")]
    title = soup.find("a", href=re.compile(r"showproj"))
    found = next((text for text in texts if _ID.fullmatch(text)), "")
    if not found or not isinstance(title, Tag):
        raise ParseError(opening(raw), _EXPECTED)
    dates = [match for text in texts if (match := _SLASHED.fullmatch(text))]
    date = f"{dates[0][1]}-{int(dates[0][2]):02}-{int(dates[0][3]):02}" if dates else ""
    return found, " ".join(title.get_text().split()), date


def _rows(raw: bytes) -> _Rows:
    """The labels of a trial's page with what stands beside them. Raises ParseError."""
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"<":
        raise ParseError(opening(raw), _EXPECTED)
    soup = markup.parsed(markup.decoded(raw))
    rows, section = _Rows(), ""
    for line in soup.find_all("tr"):
        found = line.find_all("td", recursive=False)
        for cell, beside in zip(found, [*found[1:], None], strict=False):
            label = " ".join(_words(cell, "en").split()).rstrip("：: ")
            if cell.find("table") or not label:
                continue
            if cell.get("class") == "left_title":
                section = label if label in _SECTIONS else ""
            if beside is not None and not beside.find("table"):
                rows.append(_Row(label, _words(beside, ""), section))
    return rows


def _words(cell: Tag, only: str) -> str:
    """The words of a cell in English, with their lines; `only` "en" leaves out what is marked as neither language."""
    english = cell.find_all(["p", "span"], class_="en")
    if only:
        return " ".join(part.get_text() for part in english)
    return cells.lines(
        cell, lambda s: bool(english) and s.find_parent(["p", "span"], class_="cn") is not None
    )


def _identity(rows: _Rows) -> str:
    found = rows.line("Registration number")
    if _ID.fullmatch(found) is None:
        raise ParseError(
            f"a trial with the id {found[:60]!r}", "an id such as ChiCTR2400084905", "Registration number"
        )
    return found


def _address(trial_id: str) -> str:
    return f"https://{HOST}/historyversionpub.html?regno={trial_id}"


def parse(page: Page) -> Record:
    """The record of a page that holds one trial, or of a result of a search. Raises ParseError."""
    if _RESULT.match(page.body):
        found, title, date = _result(page.body)
        record = Record(
            source="chictr", source_id=found, registry_id=found, url=_address(found), is_partial=True
        )
        record.brief_title, record.first_posted_date = title, date
        return record
    rows = _rows(page.body)
    trial_id = _identity(rows)
    title = rows.line("Public title") or rows.line("Scientific title")
    if not title:
        raise ParseError(f"{trial_id} without a title", "a title", "Public title")
    phase = " ".join(rows.text("Study phase").split())
    recruits, executed = (
        _DAYS.findall(rows.text(label)) for label in ("Recruiting time", "Study execute time")
    )
    acronym = rows.line("English Acronym")
    record = Record(
        source="chictr",
        source_id=trial_id,
        registry_id=trial_id,
        url=_address(trial_id),
        brief_title=title,
        official_title=rows.line("Scientific title"),
        acronym=acronym if len(acronym) <= _SHORT else "",
        overall_status=rows.line("Recruiting status"),
        study_type=rows.line("Study type"),
        phase="0 (exploratory research)" if phase == "0" else phase,
        sex=rows.line("Gender"),
        start_date=recruits[0] if recruits else "",
        completion_date=executed[1] if len(executed) == 2 else "",
        first_posted_date=day({"": rows.line("Date of Registration")[:10]}, ""),
        updated=day({"": rows.line("Date of Last Refreshed on")[:10]}, ""),
        brief_summary=rows.text("Objectives of Study"),
        eligibility_criteria="\n\n".join(
            f"{head} Criteria:\n\n{text}"
            for head in ("Inclusion", "Exclusion")
            if (text := rows.text(f"{head} criteria"))
        ),
        masking=_BLINDING.get(rows.line("Blinding").casefold(), ""),
    )
    for field, label in (("minimum_age", "Min age"), ("maximum_age", "Max age")):
        if words := rows.line(label):
            setattr(record, field, f"{words} Years")
            if not re.fullmatch(r"\d{1,3}", words):
                record.oddities.append(Oddity(field, words, "a number of years"))
                setattr(record, field, "")
    _lists(record, rows)
    phones = [row.words for row in rows if row.label in _PHONES]
    # Within the country the same number goes without its code.
    return without_contacts(
        record, [*phones, *(re.sub(r"^\+?(?:00)?86[ -]*", "", phone) for phone in phones)]
    )


def _lists(record: Record, rows: _Rows) -> None:
    record.conditions = rows.every("Target disease")
    groups = rows.every("Group")
    given = rows.every("Intervention")
    record.arms = [
        Arm("", title, "", (given[n],) if len(given) == len(groups) else ()) for n, title in enumerate(groups)
    ]
    record.interventions = [Intervention("", name) for name in given]
    kinds, times = rows.every("Type"), rows.every("Measure time point of outcome")
    measures = rows.every("Outcome")
    if len(kinds) == len(measures):
        record.outcomes = [
            Outcome(_OUTCOMES.get(kind, "other"), measure, times[n] if len(times) == len(measures) else "")
            for n, (kind, measure) in enumerate(zip(kinds, measures, strict=True))
        ]
    lead = rows.every("Primary sponsor")
    others = rows.every("Institution hospital", _SPONSOR)
    record.sponsors = [
        *(Sponsor(name, "lead") for name in lead[:1]),
        *(Sponsor(name, "collaborator") for name in others if name not in lead),
    ]
    record.sites = list(_sites(rows))
    record.secondary_ids = [
        SecondaryId(value, label)
        for label in (
            "Study subject ID",
            "The registration number of the Partner Registry or other register",
        )
        for value in rows.every(label)
    ]


def _sites(rows: _Rows) -> Iterator[Site]:
    """A site is four rows: country, province, city, hospital."""
    found: dict[str, str] = {}
    for row in rows:
        if row.section != _PLACES:
            continue
        words = " ".join(row.words.split())
        if row.label in ("Country", "Province", "City"):
            found[row.label] = words
        elif row.label == "Institution hospital":
            yield Site(
                facility=words,
                city=found.get("City", ""),
                state=found.get("Province", ""),
                country=found.get("Country", ""),
            )
            found = {}


def canonical_url(url: str) -> str:
    """The address that a trial is kept under, from any address that names it. Raises SettingsError."""
    parts = urlsplit(url.strip())
    found = _ID.fullmatch(parse_qs(parts.query).get("regno", [""])[0])
    host = (parts.hostname or "").removeprefix("www.")
    if parts.scheme not in ("http", "https") or f"www.{host}" != HOST or found is None:
        raise SettingsError(f"found {url!r}, expected an address such as {_address('ChiCTR2400084905')}")
    return _address(found[0])


SOURCE = Source(
    name="chictr",
    title="Chinese Clinical Trial Registry (ChiCTR)",
    kind="registry",
    homepage=f"https://{HOST}/",
    interface="its pages of single trials and of search results, from saved files",
    formats=("html",),
    limits="import only: its pages come after a check for people; no enrollment but by group; results of a search in Chinese",
    licence="the registry's terms (chictr.org.cn) apply; read them before reuse",
    attribution="Chinese Clinical Trial Registry (ChiCTR), West China Hospital, Sichuan University",
    parser_version="chictr-1",
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
    gaps={
        "status": "a row of a search page holds id, title and date alone",
        "age": "a row of a search page holds id, title and date alone",
        "sex": "a row of a search page holds id, title and date alone",
        "phase": "a row of a search page holds id, title and date alone",
        "sponsor": "a row of a search page holds id, title and date alone",
        "criteria": "a row of a search page holds id, title and date alone",
    },
)
