"""ClinicalTrials.gov's classic pages of one study, served until June 2024 -> its Record: full view, tabular view, results tab.

Both layouts: that of 2017 on ("Recruitment Status :") and that of before ("This study has been completed.",
"Purpose"). Places are not read: names and telephone numbers of people stand among them. The one thing that surprises:
the title has the acronym in parentheses behind it, and nothing tells it from parentheses of the title itself.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from scraper.errors import ParseError
from scraper.model import Oddity, Record, Sponsor
from scraper.sources.blocks import Block, Document, as_text
from scraper.sources.ctgov_classic_labels import LAYOUT, TABULAR, content, tabular
from scraper.sources.ctgov_classic_parts import arms_and_interventions, outcomes, three_columns
from scraper.sources.ctgov_classic_status import split_status, status_sentence
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.ctgov_flat import age_words
from scraper.sources.ctgov_html_words import design_field, nct_id, secondary_id
from scraper.sources.labels import Part, by_key, parts

EXPECTED = (
    "a study's page of ClinicalTrials.gov: its identifier, its status and, on a full view, its criteria"
)
NOT_GIVEN = ("acronym", "lead_sponsor_class", "mesh_terms", "sites")

_IDENTIFIER = re.compile(r"clinicaltrials\.gov identifier\s*:?\s*NCT\d{8}\b", re.IGNORECASE)
_NO_RESULTS = re.compile(r"no results posted$|results submitted - not posted", re.IGNORECASE)
_DISCLAIMER = re.compile(r"the safety and scientific validity of this study", re.IGNORECASE)
_PAGE_TITLE = re.compile(r" - (?:[^-]*(?:View|Posted|Results) - )?ClinicalTrials\.gov$", re.IGNORECASE)

_LINES = (
    "allocation",
    "intervention_model",
    "observational_model",
    "time_perspective",
    "masking",
    "primary_purpose",
)
_DATES = ("start_date", "primary_completion_date", "completion_date")
_POSTED = ("first_posted_date", "results_first_posted_date", "updated", "verification_date")
_DATE = re.compile(r"([A-Z][a-z]+ (?:\d{1,2}, )?\d{4})(?:\s*\(.*)?")
_COMMA = re.compile(r",\s*(?![^()]*\))")
_COUNT = re.compile(r"([\d,]+)(?: participants)?(?: \(?(?:actual|anticipated|estimated)\)?)?", re.IGNORECASE)


def record(document: Document) -> Record:
    """The record of one classic page. Raises ParseError when it lacks its id, its title or its status, or is cut off."""
    table = tabular(document.blocks)
    blocks = table or content(document.blocks)
    start = _start(blocks)
    above, found = blocks[:start], parts(blocks[start:], TABULAR if table else LAYOUT)[1]
    keyed = by_key([part for part in found if part.key])
    study = next((word for part in keyed.get("nct_id", []) for word in map(nct_id, part.lines) if word), "")
    if not study:
        raise ParseError("a page without 'ClinicalTrials.gov Identifier:'", EXPECTED, "nct_id")
    title = _line(keyed, "brief_title") or _title(above, document.title)
    if not title:
        raise ParseError(f"{study} without a title", "the title above its status", "brief_title")
    is_full = bool(keyed.get("brief_summary") or keyed.get("criteria"))
    if is_full and not (keyed.get("criteria") and keyed.get("end")):
        raise ParseError(f"{study}, cut off before 'More Information'", EXPECTED, "eligibility_criteria")
    result = Record(
        source="ctgov",
        source_id=study,
        registry_id=study,
        url=f"https://clinicaltrials.gov/study/{study}",
        is_partial=not is_full,
        form_lacks=list(NOT_GIVEN),
        brief_title=title,
        study_type=_study_type(keyed),
        age=age_words(_line(keyed, "age")),
        sex=_line(keyed, "sex"),
        healthy_volunteers=_line(keyed, "healthy_volunteers").partition(" (")[0],
        brief_summary=_text(keyed, "brief_summary"),
        detailed_description=_text(keyed, "detailed_description"),
        study_population=_text(keyed, "study_population"),
        eligibility_criteria=_text(keyed, "criteria"),
        official_title=_line(keyed, "official_title"),
    )
    _read_status(result, keyed, above)
    _read_dates(result, keyed)
    _read_design(result, keyed)
    _read_lists(result, keyed)
    if title.endswith(")"):
        result.form_lacks.append("brief_title")
    _read_results(result, document)
    return without_contacts(result, [])


def _start(blocks: Sequence[Block]) -> int:
    """Where the study's own lines begin: a page saved by a browser has the whole glossary above them."""
    joined = [f"{one.text} {other.text}" for one, other in pairwise([*blocks, Block("paragraph", "")])]
    first = next((n for n, words in enumerate(joined) if _IDENTIFIER.match(words)), len(blocks))
    said = [n for n, block in enumerate(blocks[:first]) if status_sentence(block.text)]
    return said[-1] + 1 if said else first


def _title(above: Sequence[Block], page_title: str) -> str:
    """The heading of the first level, else the line above the disclaimer or the status, else the page's own title."""
    headings = [block.text for block in above if block.level == 1]
    for number, block in enumerate(above[1:], 1):
        if not headings and (_DISCLAIMER.match(block.text) or status_sentence(block.text)):
            headings.append(above[number - 1].text)
    if not headings and above and above[-1].text in page_title:
        headings.append(above[-1].text)
    return headings[-1] if headings else _PAGE_TITLE.sub("", page_title)


def _lines(keyed: Mapping[str, list[Part]], key: str) -> list[str]:
    return [line for part in keyed.get(key, []) for line in part.lines]


def _line(keyed: Mapping[str, list[Part]], key: str) -> str:
    found = keyed.get(key, [])
    return found[0].lines[0] if found and found[0].lines else ""


def _text(keyed: Mapping[str, list[Part]], key: str) -> str:
    return as_text([block for part in keyed.get(key, []) for block in part.blocks])


def _study_type(keyed: Mapping[str, list[Part]]) -> str:
    """ "Interventional (Clinical Trial)" says in parentheses what the kind of study is called elsewhere."""
    return _line(keyed, "study_type").removesuffix("(Clinical Trial)").strip()


def _read_status(result: Record, keyed: Mapping[str, list[Part]], above: Sequence[Block]) -> None:
    stated = keyed.get("overall_status", [])
    if stated and stated[0].lines:
        result.overall_status, result.why_stopped = split_status(stated[0].lines[0])
    else:
        said = [words for block in above if (words := status_sentence(block.text))]
        if not said:
            raise ParseError(f"{result.source_id} without a status", EXPECTED, "overall_status")
        result.overall_status, result.why_stopped = said[-1]
    result.last_known_status = _line(keyed, "last_known_status")


def _read_dates(result: Record, keyed: Mapping[str, list[Part]]) -> None:
    for field in (*_DATES, *_POSTED):
        words = _line(keyed, field)
        match = _DATE.fullmatch(words)
        if match:
            setattr(result, field, match[1])
        elif words:
            result.oddities.append(Oddity(field, words[:200], "a date such as February 12, 2018"))
    for field in ("first_posted_date", "verification_date"):
        if not getattr(result, field):
            result.form_lacks.append(field)


def _read_design(result: Record, keyed: Mapping[str, list[Part]]) -> None:
    for field in _LINES:
        setattr(result, field, _line(keyed, field))
    # Pages of before 2010 list the design's words without labels.
    for word in (w for line in _lines(keyed, "design") if ":" not in line for w in _COMMA.split(line)):
        design = design_field(word, result.study_type.startswith("Observational"))
        if design is None:
            result.oddities.append(Oddity("study_design", word[:200], "a design word of the older registry"))
        elif design:
            setattr(result, design, word)
    found = keyed.get("enrollment", [])
    words = _line(keyed, "enrollment")
    if match := _COUNT.fullmatch(words):
        result.enrollment = match[1].replace(",", "")
        kind = re.match(r"(actual|estimated|anticipated)", found[0].label, re.IGNORECASE)
        result.enrollment_type = kind[1] if kind else ""
    elif words:
        result.oddities.append(Oddity("enrollment", words[:200], "a number of participants"))


def _read_lists(result: Record, keyed: Mapping[str, list[Part]]) -> None:
    cells = [part for key in ("columns", "condition", "intervention", "phase") for part in keyed.get(key, [])]
    result.conditions, named, result.phase = three_columns(cells)
    detailed_parts = [*keyed.get("intervention", []), *keyed.get("arms", [])]
    result.arms, detailed = arms_and_interventions(detailed_parts, named)
    result.interventions = detailed or named
    result.outcomes = [
        outcome
        for kind in ("primary", "secondary", "other")
        for outcome in outcomes(kind, keyed.get(kind, []))
    ]
    leads = [line for part in keyed.get("lead", [])[:1] for line in part.lines]
    result.sponsors = [Sponsor(leads[0], "lead")] if leads else []
    others = dict.fromkeys(line for part in keyed.get("collaborator", []) for line in part.lines)
    result.sponsors += [Sponsor(name, "collaborator") for name in others]
    result.keywords = [line for part in keyed.get("keywords", []) for line in part.lines]
    result.secondary_ids = [
        secondary_id(line, "" if number else "ORG_STUDY_ID")
        for part in keyed.get("other_ids", [])
        for number, line in enumerate(part.lines)
    ]
    if not cells:
        result.form_lacks += ["conditions", "interventions", "phase"]


def _read_results(result: Record, document: Document) -> None:
    if result.results_first_posted_date:
        result.has_results = "Yes"
    elif "No Study Results Posted" in document.title or any(
        _NO_RESULTS.match(block.text) for block in document.blocks
    ):
        result.has_results = "No"
    else:
        result.form_lacks.append("has_results")
