"""ClinicalTrials.gov's older XML record (`<clinical_study>`), served until June 2024 -> its Record.

The registry wrapped long texts at 100 columns. A paragraph of a summary is joined to one line; eligibility
criteria keep their lines and their indentation, which is all the structure they have.
Definition followed: https://clinicaltrials.gov/ct2/html/images/info/public.xsd
"""

import re
import textwrap
from collections.abc import Iterator

from lxml import etree

from scraper.errors import ParseError
from scraper.model import (
    Arm,
    Intervention,
    MeshTerm,
    Outcome,
    Record,
    Reference,
    SecondaryId,
    Site,
    Sponsor,
)
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.ctgov_day import iso_day
from scraper.sources.ctgov_encoding import utf8
from scraper.sources.ctgov_json import NCT_ID

_EXPECTED = "one <clinical_study> of ClinicalTrials.gov"
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")
_MARKER = re.compile(r"\s*(?:[-*•o]|\(?[0-9A-Za-z]{1,3}[.)])\s")

# Before 2017 the design was one line: "Allocation: Randomized, Masking: Double Blind (Subject)".
_DESIGN_PART = re.compile(r"(?:^|, )([A-Z][A-Za-z ]+): +(.*?)(?=, [A-Z][A-Za-z ]+: |$)")
_DESIGN_LABELS = {
    "Allocation": "allocation",
    "Intervention Model": "intervention_model",
    "Observational Model": "observational_model",
    "Time Perspective": "time_perspective",
    "Primary Purpose": "primary_purpose",
    "Masking": "masking",
}


def _parser() -> etree.XMLParser:
    # Entities stay unresolved: neither a file of this machine nor a bomb can be named by a record.
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _root(body: bytes) -> etree._Element:
    """The <clinical_study>; words before it, as a browser's copy has, are skipped."""
    try:
        return etree.fromstring(body, _parser())
    except (etree.XMLSyntaxError, ValueError):
        repaired = _DECLARATION.sub(b"", utf8(body))
        start = repaired.find(b"<clinical_study")
        if start < 0:
            raise ParseError(f"text that starts {body[:40]!r}", _EXPECTED) from None
        # A document type says where its entities come from; without one an entity is unknown and refused.
        try:
            return etree.fromstring(repaired[start:], _parser())
        except etree.XMLSyntaxError as error:
            raise ParseError(f"XML that cannot be read ({error.msg})", _EXPECTED) from None


def _line(element: etree._Element, path: str) -> str:
    """The text at a path on one line."""
    return " ".join((element.findtext(path) or "").split())


def _lines(element: etree._Element, path: str) -> list[str]:
    return [text for item in element.iterfind(path) if (text := " ".join((item.text or "").split()))]


def _dedented(element: etree._Element, path: str) -> str:
    text = (element.findtext(path) or "").replace("\r", "").expandtabs()
    first, newline, rest = text.partition("\n")
    body = textwrap.dedent(rest) if not first.strip() else first + newline + textwrap.dedent(rest)
    return "\n".join(line.rstrip() for line in body.split("\n")).strip("\n")


def _lacks(root: etree._Element) -> tuple[str, ...]:
    """Until 2017 the record said when it was received, not when it was posted (NCT00655629, data of April 2016)."""
    is_old = root.find("firstreceived_date") is not None and root.find("study_first_posted") is None
    return ("first_posted_date", "results_first_posted_date") if is_old else ()


def _prose(element: etree._Element, path: str) -> str:
    """The text at a path with each paragraph on one line; a line that begins a list item stays its own."""
    return "\n\n".join(
        "\n".join(_joined(paragraph)) for paragraph in re.split(r"\n{2,}", _dedented(element, path))
    )


def _joined(paragraph: str) -> Iterator[str]:
    current = ""
    for line in paragraph.split("\n"):
        if current and not _MARKER.match(line):
            current += " " + line.strip()
        else:
            if current:
                yield current
            current = line
    yield current


def read_study(body: bytes) -> Record:
    """The record of one study, given as XML. Raises ParseError."""
    root = _root(body)
    if root.tag != "clinical_study":
        raise ParseError(f"XML that starts <{root.tag}>", _EXPECTED)
    nct_id = _line(root, "id_info/nct_id").upper()
    if NCT_ID.fullmatch(nct_id) is None:
        raise ParseError(f"a study with the id {nct_id!r}", "NCT and eight digits in nct_id", "nct_id")
    title = _line(root, "brief_title")
    if not title:
        raise ParseError(f"{nct_id} without a title", "a brief_title", "brief_title")
    record = Record(
        source="ctgov",
        source_id=nct_id,
        registry_id=nct_id,
        url=f"https://clinicaltrials.gov/study/{nct_id}",
        is_partial=not _line(root, "overall_status"),
        form_lacks=list(_lacks(root)),
        brief_title=title,
        official_title=_line(root, "official_title"),
        acronym=_line(root, "acronym"),
        overall_status=_line(root, "overall_status"),
        last_known_status=_line(root, "last_known_status"),
        why_stopped=_line(root, "why_stopped"),
        study_type=_line(root, "study_type"),
        phase=_line(root, "phase"),
        minimum_age=_line(root, "eligibility/minimum_age"),
        maximum_age=_line(root, "eligibility/maximum_age"),
        sex=_line(root, "eligibility/gender"),
        healthy_volunteers=_line(root, "eligibility/healthy_volunteers"),
        enrollment=_line(root, "enrollment"),
        enrollment_type=_attribute(root, "enrollment", "type"),
        start_date=_line(root, "start_date"),
        primary_completion_date=_line(root, "primary_completion_date"),
        completion_date=_line(root, "completion_date"),
        first_posted_date=_line(root, "study_first_posted"),
        results_first_posted_date=_line(root, "results_first_posted"),
        verification_date=_line(root, "verification_date"),
        # Records of before 2017 say when they were last changed, not when that was posted.
        updated=_line(root, "last_update_posted") or _line(root, "lastchanged_date"),
        data_version=iso_day(_line(root, "required_header/download_date")),
        has_results="Yes" if root.find("clinical_results") is not None else "No",
        brief_summary=_prose(root, "brief_summary/textblock"),
        detailed_description=_prose(root, "detailed_description/textblock"),
        eligibility_criteria=_dedented(root, "eligibility/criteria/textblock"),
        study_population=_prose(root, "eligibility/study_pop/textblock"),
        conditions=_lines(root, "condition"),
        keywords=_lines(root, "keyword"),
        mesh_terms=[
            MeshTerm(kind, term)
            for kind in ("condition", "intervention")
            for term in _lines(root, f"{kind}_browse/mesh_term")
        ],
        interventions=[
            Intervention(
                _line(item, "intervention_type"),
                _line(item, "intervention_name"),
                _prose(item, "description"),
                tuple(_lines(item, "other_name")),
            )
            for item in root.iterfind("intervention")
        ],
        arms=_arms(root),
        outcomes=[
            Outcome(kind, _line(item, "measure"), _line(item, "time_frame"), _prose(item, "description"))
            for kind in ("primary", "secondary", "other")
            for item in root.iterfind(f"{kind}_outcome")
        ],
        references=_references(root),
        sponsors=[
            Sponsor(name, role, _line(item, "agency_class"))
            for role, tag in (("lead", "lead_sponsor"), ("collaborator", "collaborator"))
            for item in root.iterfind(f"sponsors/{tag}")
            if (name := _line(item, "agency"))
        ],
        sites=[_site(item) for item in root.iterfind("location")],
        secondary_ids=[
            SecondaryId(value, label)
            for label, tag in (
                ("ORG_STUDY_ID", "org_study_id"),
                ("", "secondary_id"),
                ("NCT_ALIAS", "nct_alias"),
            )
            for value in _lines(root, f"id_info/{tag}")
        ],
        alias_ids=[alias.upper() for alias in _lines(root, "id_info/nct_alias")],
    )
    for field, words in _design(root):
        setattr(record, field, words)
    return without_contacts(record, [phone for item in root.iter("phone") if (phone := item.text or "")])


def _attribute(root: etree._Element, path: str, name: str) -> str:
    item = root.find(path)
    return "" if item is None else str(item.get(name, ""))


def _design(root: etree._Element) -> Iterator[tuple[str, str]]:
    for field in _DESIGN_LABELS.values():
        yield field, _line(root, f"study_design_info/{field}")
    for label, words in _DESIGN_PART.findall(_line(root, "study_design")):
        if label in _DESIGN_LABELS:
            yield _DESIGN_LABELS[label], words


def _arms(root: etree._Element) -> list[Arm]:
    names: dict[str, list[str]] = {}
    for item in root.iterfind("intervention"):
        for label in _lines(item, "arm_group_label"):
            shown = f"{_line(item, 'intervention_type')}: {_line(item, 'intervention_name')}"
            names.setdefault(label, []).append(shown)
    return [
        Arm(
            _line(item, "arm_group_type"),
            label := _line(item, "arm_group_label"),
            _prose(item, "description"),
            tuple(names.get(label, ())),
        )
        for item in root.iterfind("arm_group")
    ]


def _references(root: etree._Element) -> list[Reference]:
    return [
        Reference(kind, _line(item, "citation"), _line(item, "PMID"))
        for kind, tag in (("background", "reference"), ("result", "results_reference"))
        for item in root.iterfind(tag)
    ] + [
        Reference("link", _line(item, "description"), "", _line(item, "url"))
        for item in root.iterfind("link")
    ]


def _site(item: etree._Element) -> Site:
    return Site(
        facility=_line(item, "facility/name"),
        city=_line(item, "facility/address/city"),
        state=_line(item, "facility/address/state"),
        zip=_line(item, "facility/address/zip"),
        country=_line(item, "facility/address/country"),
        status=_line(item, "status"),
    )
