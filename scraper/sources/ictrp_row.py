"""One row of a WHO export, whatever its form -> its Record.

A row is a mapping of folded column names ("inclusionagemin") to the words of the cell. The WHO passes on what twenty
registries write, so that words differ by register: a bare age is years in ChiCTR's, and of no known unit elsewhere.
ChiCTR states a size for each group and no total, so that a trial of several groups has no enrollment.
"""

import calendar
import html
import re
from collections.abc import Iterator, Mapping

from scraper.errors import ParseError
from scraper.model import (
    Intervention,
    Oddity,
    Outcome,
    Record,
    Reference,
    SecondaryId,
    Site,
    Sponsor,
)
from scraper.sources.ctgov_contacts import without_contacts

Row = Mapping[str, str]

PORTAL = "https://trialsearch.who.int/Trial2.aspx?TrialID="
_NOTHING = frozenset({"", "-", "/", "?", "??", "nd", "n.a.", "null", "nil", "none", "not applicable"})
_BREAK = re.compile(r"\s*\n?<br\s*/?>\n?", re.IGNORECASE)
_LEAD_IN = re.compile(r"\s*(?:inclusion|exclusion) criteria\s*:", re.IGNORECASE)
_EXCLUSION = re.compile(r"^\W*(?:key |main )?exclusion criteria", re.IGNORECASE | re.MULTILINE)
_CODES = re.compile(
    r"(?:(?:MedDRA version|Level|Term|System Organ Class|Therapeutic area)\s*:|Classification code\s).*",
    re.IGNORECASE,
)
_KIND = re.compile(r"([A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)?): ?(.+)", re.DOTALL)
_PRODUCT = re.compile(r"(?:Trade|Product) Name:[ \t]*(\S[^\n]*)")
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_COMPACT = re.compile(r"(\d{4})[/]?(\d{2})[/]?(\d{2})")
_DAY_MONTH = re.compile(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4})")
_MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}
# ≥ and ≤ became "=" in the export: "aged =18 years" (ISRCTN83971151, NCT04341714).
_LOST_SIGN = re.compile(r"(?<![<>=!~±/n])(?<![<>/] )(?<!Hg)(?<!Hg )=[ ]?\d[\d.,]*[ ]?\w*")
_JAPANESE_AGE = re.compile(r"(?:>= ?)?(\d{1,3}) ?(?:age|years)[ -]old", re.IGNORECASE)
_ONE_GROUP = re.compile(r"[^:;]*:(\d+);?")
_DESIGN = re.compile(
    r"(Allocation|Intervention model|Observational model|Time Perspective|Primary purpose|Masking): ([^.]+)\.",
    re.IGNORECASE,
)


def folded(name: str) -> str:
    """A column's name as every form of the export writes it: "Inclusion agemin" and "Inclusion_agemin"."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def identity(row: Row) -> str:
    """The id as the export writes it: "EUCTR2020-000890-25-FR". Raises ParseError."""
    found = " ".join(row.get("trialid", "").split())
    if not 4 < len(found) <= 60:
        raise ParseError(f"a row with the id {found[:60]!r}", "a registry's id", "TrialID")
    return found


def read(row: Row) -> Record:
    """The record of a row. Raises ParseError without an id or a title."""
    trial_id = identity(row)
    public, scientific = _line(row.get("publictitle", "")), _line(row.get("scientifictitle", ""))
    if not public and not scientific:
        raise ParseError(f"{trial_id} without a title", "a public or a scientific title", "Public_title")
    register = row.get("sourceregister", "").strip()
    record = Record(
        source="ictrp",
        source_id=trial_id,
        registry_id=trial_id,
        url=PORTAL + trial_id,
        brief_title=public or scientific,
        official_title=scientific,
        acronym=_line(row.get("acronym", "")),
        overall_status=_line(row.get("recruitmentstatus", "")),
        study_type=_line(row.get("studytype", "")),
        phase=_phase(row.get("phase", ""), register),
        sex=row.get("inclusiongender", "").strip(),
        enrollment=_size(row.get("targetsize", "")),
        start_date=_date(row.get("dateenrollement", "")),
        completion_date=_date(row.get("resultsdatecompleted", "")),
        first_posted_date=_date(row.get("dateregistration3", "") or row.get("dateregistration", "")),
        results_first_posted_date=_date(row.get("resultsdateposted", "")),
        data_version=_date(row.get("lastrefreshedon", "")),
        has_results=_line(row.get("resultsyesno", "")),
        eligibility_criteria=_criteria(row),
    )
    _ages(record, row, register)
    if lost := _LOST_SIGN.search(record.eligibility_criteria):
        expected = "≥ or ≤ before the number: the export has lost the sign, so no limit is read from a bare ="
        record.oddities.append(Oddity("eligibility_criteria", lost[0], expected))
    design = row.get("studydesign", "") if register == "ClinicalTrials.gov" else ""
    for label, words in _DESIGN.findall(_line(design)):
        setattr(record, label.casefold().replace(" ", "_"), words)
    record.conditions = _conditions(row.get("condition", ""))
    record.interventions = list(_interventions(row.get("intervention", ""), register))
    record.outcomes = [
        Outcome(kind, _line(text))
        for kind, column in (("primary", "primaryoutcome"), ("secondary", "secondaryoutcome"))
        for text in [_lines(row.get(column, ""))]
        if _line(text)
    ]
    record.sponsors = [
        Sponsor(name, role)
        for role, column in (("lead", "primarysponsor"), ("collaborator", "secondarysponsor"))
        for name in [_line(row.get(column, ""))]
        if name
    ]
    countries = [_line(name) for name in re.split(r";|<br>", row.get("countries", ""))]
    record.sites = [Site(country=name) for name in dict.fromkeys(countries) if name]
    record.secondary_ids = [
        SecondaryId(value)
        for column in ("secondaryid", "secondaryids", "childs")
        for value in map(_line, row.get(column, "").split(";"))
        if value
    ]
    link = row.get("webaddress", "").strip()
    if link.startswith(("http://", "https://")):
        record.references = [Reference("link", f"Record in {register or 'the primary registry'}", url=link)]
    return without_contacts(record, [row.get("contacttel", "")])


def _line(words: str) -> str:
    """The words on one line, "" for the signs that registries put where nothing is known."""
    text = " ".join(html.unescape(words).replace("<br>", " ").split())
    return "" if text.casefold() in _NOTHING else text


def _lines(words: str) -> str:
    """The words with their lines: the export writes a break as a line feed and <br>."""
    text = html.unescape(_BREAK.sub("\n", words.replace("\r", "")))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _phase(words: str, register: str) -> str:
    # 64 of the 213 ChiCTR trials with phase "0" are no interventional studies: ChiCTR's 0 is exploratory research.
    if register == "ChiCTR" and words.strip() == "0":
        return "0 (exploratory research)"
    text = html.unescape(words.replace("<br>", "\n")).strip()
    return "\n".join(line.strip() for line in text.split("\n"))


def _ages(record: Record, row: Row, register: str) -> None:
    for field, column in (("minimum_age", "inclusionagemin"), ("maximum_age", "inclusionagemax")):
        words = _line(row.get(column, "")).replace("<br>", " ").strip()
        # ChiCTR asks for years and shows them (ChiCTR2400084905), the export drops the unit.
        if register == "ChiCTR" and re.fullmatch(r"\d{1,3}(?:\.\d{1,2})?", words):
            words = f"{words} Years"
        if match := _JAPANESE_AGE.fullmatch(words):
            words = f"{match[1]} Years"
        if field == "maximum_age" and re.fullmatch(r"0 ?(?:[A-Za-z]+)?", words):
            # ReBEC's form wants a number where there may be no limit; nobody is of an age up to 0.
            record.oddities.append(Oddity(field, words, "a maximum age above 0"))
            words = ""
        setattr(record, field, words)


def _date(words: str) -> str:
    """ISO 8601 where the words are digits: the exports write day first ("31/03/2020", 525 of 525)."""
    text = _line(words)
    if match := _DAY_FIRST.fullmatch(text):
        text = f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
    elif match := _COMPACT.fullmatch(text):
        text = "-".join(match.groups())
    elif (match := _DAY_MONTH.fullmatch(text)) and match[2] in _MONTHS:
        text = f"{match[3]}-{_MONTHS[match[2]]:02}-{int(match[1]):02}"
    # REPEC's sign for a date that it does not have (PER-001-95).
    return "" if text == "1900-01-01" else text


def _size(words: str) -> str:
    """A count; ChiCTR's "Case series:100;" is one group, and several groups state no total."""
    text = _line(words)
    match = _ONE_GROUP.fullmatch(text)
    if match:
        return match[1]
    return text if re.fullmatch(r"\d*", text) else ""


def _criteria(row: Row) -> str:
    included, excluded = (
        _lines(row.get(column, "")) for column in ("inclusioncriteria", "exclusioncriteria")
    )
    included_text, excluded_text = (_LEAD_IN.sub("", text, count=1) for text in (included, excluded))
    if not _line(excluded_text):
        # ClinicalTrials.gov's text holds both parts under its own headings.
        return included if _line(included_text) else ""
    head = included if _EXCLUSION.search(included) else f"Inclusion Criteria:\n{included_text.strip()}"
    parts = [head if _line(included_text) else "", f"Exclusion Criteria:\n{excluded_text.strip()}"]
    return "\n\n".join(part for part in parts if part)


def _conditions(words: str) -> list[str]:
    text = _CODES.sub("", _lines(words))
    names = (_line(name).rstrip(".") for name in re.split(r"[;\n]", text))
    return list(dict.fromkeys(name for name in names if name))


def _interventions(words: str, register: str) -> Iterator[Intervention]:
    text = _lines(words)
    if register == "ClinicalTrials.gov":
        for item in text.split(";"):
            match = _KIND.fullmatch(item.strip())
            if match:
                yield Intervention(match[1], _line(match[2]))
            elif _line(item):
                yield Intervention("", _line(item))
        return
    products = list(dict.fromkeys(_line(name) for name in _PRODUCT.findall(text)))
    if products:
        yield from (Intervention("", name) for name in products if name)
        return
    for item in text.split(";") if register == "ChiCTR" else [text]:
        if _line(item):
            yield Intervention("", _line(item))
