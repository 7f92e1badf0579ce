"""ClinicalTrials.gov's retired archive site: one page a day on which a record changed, 2005 to 2017 -> its Record.

Such a page states a record whole but for what its form has no place for (`NOT_GIVEN`). The surprise: of its dates "End
date" and "Last follow-up date" both became the completion date; where both stand, the former is kept.
"""

import re
from collections.abc import Mapping, Sequence

from scraper.errors import ParseError
from scraper.model import Arm, Intervention, Oddity, Outcome, Record, Reference, SecondaryId, Sponsor
from scraper.sources.blocks import Block, Document, as_text
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.ctgov_html_words import design_field, intervention, nct_id, secondary_id, split_arm_type
from scraper.sources.labels import Label, Layout, Part, by_key, parts

NOT_GIVEN = (
    "acronym",
    "enrollment",
    "enrollment_type",
    "first_posted_date",
    "has_results",
    "keywords",
    "lead_sponsor_class",
    "mesh_terms",
    # "Other outcome" has no place (NCT02147249, 23 May 2014): the list is not all of them.
    "outcomes",
    "results_first_posted_date",
    "sites",
    "verification_date",
    "why_stopped",
)
EXPECTED = "a page of ClinicalTrials.gov's archive: identifier, date, titles, status, criteria"

_DAY = re.compile(r"(\d{4})_(\d{2})_(\d{2})", re.ASCII)
_DATE = re.compile(r"(\d{4}(?:-\d{2}(?:-\d{2})?)?)(?: \((Actual|Anticipated)\))?", re.ASCII)
_PHASE = re.compile(r"(?:early )?phase [0-4ivI]|n/a", re.IGNORECASE)
_SEX = re.compile(r"(?:both|male|female|all|n/a)$", re.IGNORECASE)
_STUDY_TYPE = re.compile(r"interventional|observational|expanded access|n/a", re.IGNORECASE)
_SECOND_LINE = re.compile(r"(Time Frame|Safety Issue\?|Description)(?::| )\s*(.*)", re.IGNORECASE)

_LABELS = (
    Label("nct_id", "clinicaltrials identifier", 0),
    Label("updated", "updated", 1),
    Label("", "descriptive information", 2),
    Label("brief_title", "brief title", 3),
    Label("official_title", "official title", 4),
    Label("acronym", "acronym", 4),
    Label("brief_summary", "brief summary", 5, is_prose=True),
    Label("detailed_description", "detailed description", 6, is_prose=True),
    Label("phase", "phase", 7, value=_PHASE),
    Label("study_type", "study type", 8, value=_STUDY_TYPE),
    Label("design", "study design", 9),
    Label("primary", "primary outcome", 9),
    Label("secondary", "secondary outcome", 9),
    Label("condition", "condition", 9),
    Label("arm", "arm/group", 9),
    Label("intervention", "intervention", 9),
    Label("keyword", "keyword", 9),
    Label("reference", "reference", 9),
    Label("url", "url", 9),
    Label("see_also", "see also", 9),
    Label("", "recruitment information", 10),
    Label("overall_status", "status", 11),
    Label("start_date", "start date", 12),
    Label("follow_up", "last follow-up date", 12),
    Label("end_date", "end date", 12),
    Label("data_entry", "last data entry date", 12),
    Label("primary_completion_date", "primary completion date", 12),
    Label("criteria", "criteria", 13, is_prose=True),
    Label("sex", "gender", 14, value=_SEX),
    Label("minimum_age", "minimum age", 15),
    Label("maximum_age", "maximum age", 16),
    Label("healthy_volunteers", "healthy volunteers", 17),
    Label("enrollment", "expected enrollment", 18),
    Label("", "administrative data", 19),
    Label("organization", "organization name", 20),
    Label("org_id", "organization study id", 21),
    Label("secondary_id", "secondary id", 22),
    Label("lead", "sponsor", 23),
    Label("collaborator", "collaborator", 24),
    Label("end", "health authority", 25),
)
LAYOUT = Layout(_LABELS)
_ONE_LINE = (
    *("brief_title", "official_title", "acronym", "study_type", "overall_status", "sex"),
    *("minimum_age", "maximum_age", "healthy_volunteers"),
)
_DATES = ("start_date", "primary_completion_date")


def record(document: Document) -> Record:
    """The record of one archive page. Raises ParseError when it lacks its id, its date or its title."""
    _, found = parts(document.blocks, LAYOUT)
    keyed = by_key(found)
    study = nct_id(_first(keyed.get("nct_id", [])))
    day = _DAY.fullmatch(_first(keyed.get("updated", [])))
    title = _first(keyed.get("brief_title", []))
    if not study or day is None:
        raise ParseError("an archive page without its NCT id or its date", EXPECTED, "nct_id")
    if not title:
        raise ParseError(f"{study} without a title", "a line below 'Brief title'", "brief_title")
    if not {"overall_status", "criteria", "lead", "end"} <= set(keyed):
        raise ParseError(f"{study}, cut off before 'Health Authority'", EXPECTED, "eligibility_criteria")
    result = Record(
        source="ctgov",
        source_id=study,
        registry_id=study,
        url=f"https://clinicaltrials.gov/study/{study}",
        form_lacks=list(NOT_GIVEN),
        updated="-".join(day.groups()),
        brief_summary=as_text(_blocks(keyed.get("brief_summary", []))),
        detailed_description=as_text(_blocks(keyed.get("detailed_description", []))),
        eligibility_criteria=as_text(_blocks(keyed["criteria"])),
        conditions=[part.line for part in keyed.get("condition", []) if part.line],
    )
    # "Phase 1" and "Phase 2" under a label each are one phase.
    result.phase = "/".join(part.line for part in keyed.get("phase", []) if part.line)
    for field in _ONE_LINE:
        _set_line(result, field, keyed.get(field, []))
    _read_dates(result, keyed)
    _read_design(result, keyed.get("design", []))
    _read_enrollment(result, keyed.get("enrollment", []))
    result.outcomes = [
        _outcome(part, kind) for kind in ("primary", "secondary") for part in keyed.get(kind, [])
    ]
    _read_arms(result, keyed.get("arm", []), keyed.get("intervention", []))
    result.references = _references(keyed)
    result.sponsors = [
        Sponsor(part.line, role)
        for role in ("lead", "collaborator")
        for part in keyed.get(role, [])
        if part.line
    ]
    result.secondary_ids = _ids(keyed)
    return without_contacts(result, [])


def _first(found: Sequence[Part]) -> str:
    return found[0].line if found else ""


def _blocks(found: Sequence[Part]) -> list[Block]:
    return [block for part in found for block in part.blocks]


def _set_line(result: Record, field: str, found: Sequence[Part]) -> None:
    """A field that is one line; with more of them which is meant cannot be known."""
    lines = list(dict.fromkeys(line for part in found for line in part.lines))
    if len(lines) > 1:
        result.oddities.append(Oddity(field, " and ".join(lines)[:200], "one line"))
    elif lines:
        setattr(result, field, lines[0])
        if field in result.form_lacks:
            result.form_lacks.remove(field)


def _read_dates(result: Record, keyed: Mapping[str, list[Part]]) -> None:
    ends = {key: keyed[key] for key in ("end_date", "follow_up") if keyed.get(key)}
    wanted = [(field, keyed.get(field, [])) for field in _DATES]
    wanted.append(("completion_date", next(iter(ends.values()), [])))
    for field, found in wanted:
        words = _first(found)
        match = _DATE.fullmatch(words)
        if match:
            setattr(result, field, match[1])
        elif words:
            result.oddities.append(Oddity(field, words[:200], "a date such as 2005-06 (Actual)"))


def _read_design(result: Record, found: Sequence[Part]) -> None:
    is_observational = result.study_type.casefold().startswith("observational")
    for part in found:
        if not part.line:
            continue
        field = design_field(part.line, is_observational)
        if field is None:
            result.oddities.append(
                Oddity("study_design", part.line[:200], "a design word of the older registry")
            )
        elif field:
            setattr(result, field, part.line)


def _read_enrollment(result: Record, found: Sequence[Part]) -> None:
    """ "Expected enrollment" stands on some of the oldest pages only: where it is missing nothing was said."""
    if _first(found):
        result.enrollment, result.enrollment_type = _first(found), "Anticipated"
        result.form_lacks = [f for f in result.form_lacks if not f.startswith("enrollment")]


def _outcome(part: Part, kind: str) -> Outcome:
    measure: list[str] = []
    rest: dict[str, list[str]] = {"time frame": [], "description": []}
    into = measure
    for line in part.lines:
        match = _SECOND_LINE.match(line)
        if match:
            into = rest.setdefault(match[1].casefold().rstrip("?"), [])
            into += [match[2]] if match[2] else []
        else:
            into.append(line.removeprefix("Measure:").strip() if into is measure and not measure else line)
    return Outcome(kind, " ".join(measure), " ".join(rest["time frame"]), "\n".join(rest["description"]))


def _read_arms(result: Record, arms: Sequence[Part], interventions: Sequence[Part]) -> None:
    names: dict[str, list[str]] = {}
    for part in interventions:
        if not part.lines:
            continue
        head, *labels = part.lines[0].split(" Arm Label: ")
        kind, name = intervention(head)
        result.interventions.append(Intervention(kind, name, "\n".join(part.lines[1:])))
        for label in labels:
            names.setdefault(label.strip(), []).append(head.strip())
    for part in arms:
        if not part.lines:
            continue
        label, kind = split_arm_type(part.lines[0].removeprefix("Arm Label:").strip(), set(names))
        result.arms.append(Arm(kind, label, "\n".join(part.lines[1:]), tuple(names.get(label, ()))))


def _references(keyed: Mapping[str, list[Part]]) -> list[Reference]:
    found: list[Reference] = []
    for part in keyed.get("reference", []):
        words = {head: rest.strip() for head, _, rest in (line.partition(":") for line in part.lines)}
        # PubMed's ids are not MEDLINE's of before 2004, so these are no pmid.
        if words.get("Citation"):
            found.append(Reference("background", words["Citation"]))
    addresses = [part.line for part in keyed.get("url", [])]
    names = [part.line for part in keyed.get("see_also", [])]
    # A list of addresses, then a list of their names, in the same order.
    paired = zip(addresses, names if len(names) == len(addresses) else [""] * len(addresses), strict=True)
    return found + [Reference("link", name, "", url) for url, name in paired if url]


def _ids(keyed: Mapping[str, list[Part]]) -> list[SecondaryId]:
    return [
        secondary_id(part.line, label)
        for label, key in (("ORG_STUDY_ID", "org_id"), ("", "secondary_id"))
        for part in keyed.get(key, [])
        if part.line
    ]
