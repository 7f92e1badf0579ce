"""ClinicalTrials.gov's API v2 record: one study as JSON -> its Record.

The shape is declared as structs, so that msgspec checks it while it decodes; fields that are not declared are
skipped, contacts among them. A value of a wrong type costs its field alone and becomes an oddity.
Definition followed: https://clinicaltrials.gov/data-api/about-api/study-data-structure
"""

import re
from typing import Any

import msgspec

from scraper.errors import ParseError
from scraper.model import (
    Arm,
    Intervention,
    MeshTerm,
    Oddity,
    Outcome,
    Record,
    Reference,
    SecondaryId,
    Site,
    Sponsor,
)
from scraper.sources.ctgov_contacts import without_contacts

NCT_ID = re.compile(r"NCT\d{8}", re.A)
_MOST_ODDITIES = 40


class _Shape(msgspec.Struct, rename="camel", gc=False):
    pass


class _OrgId(_Shape):
    id: str = ""
    type: str = ""
    link: str = ""


class _SecondaryId(_Shape):
    id: str = ""
    type: str = ""
    domain: str = ""
    link: str = ""


class _Identification(_Shape):
    nct_id: str = ""
    nct_id_aliases: list[str] = []
    org_study_id_info: _OrgId = _OrgId()
    secondary_id_infos: list[_SecondaryId] = []
    brief_title: str = ""
    official_title: str = ""
    acronym: str = ""


class _Date(_Shape):
    date: str = ""


class _Status(_Shape):
    overall_status: str = ""
    last_known_status: str = ""
    why_stopped: str = ""
    status_verified_date: str = ""
    start_date_struct: _Date = _Date()
    primary_completion_date_struct: _Date = _Date()
    completion_date_struct: _Date = _Date()
    study_first_post_date_struct: _Date = _Date()
    results_first_post_date_struct: _Date = _Date()
    last_update_post_date_struct: _Date = _Date()
    last_update_submit_date: str = ""


class _Agency(_Shape):
    name: str = ""
    class_: str = msgspec.field(default="", name="class")


class _Sponsors(_Shape):
    lead_sponsor: _Agency | None = None
    collaborators: list[_Agency] = []


class _Description(_Shape):
    brief_summary: str = ""
    detailed_description: str = ""


class _Conditions(_Shape):
    conditions: list[str] = []
    keywords: list[str] = []


class _Masking(_Shape):
    masking: str = ""


class _DesignInfo(_Shape):
    allocation: str = ""
    intervention_model: str = ""
    observational_model: str = ""
    time_perspective: str = ""
    primary_purpose: str = ""
    masking_info: _Masking = _Masking()


class _Enrollment(_Shape):
    count: int | None = None
    type: str = ""


class _Design(_Shape):
    study_type: str = ""
    phases: list[str] = []
    design_info: _DesignInfo = _DesignInfo()
    enrollment_info: _Enrollment = _Enrollment()


class _Arm(_Shape):
    label: str = ""
    type: str = ""
    description: str = ""
    intervention_names: list[str] = []


class _Intervention(_Shape):
    type: str = ""
    name: str = ""
    description: str = ""
    other_names: list[str] = []


class _Arms(_Shape):
    arm_groups: list[_Arm] = []
    interventions: list[_Intervention] = []


class _Outcome(_Shape):
    measure: str = ""
    description: str = ""
    time_frame: str = ""


class _Outcomes(_Shape):
    primary_outcomes: list[_Outcome] = []
    secondary_outcomes: list[_Outcome] = []
    other_outcomes: list[_Outcome] = []


class _Eligibility(_Shape):
    eligibility_criteria: str = ""
    healthy_volunteers: bool | None = None
    sex: str = ""
    minimum_age: str = ""
    maximum_age: str = ""
    study_population: str = ""


class _Contact(_Shape):
    """Read only to find the same number again in a text; never kept."""

    phone: str = ""


class _Point(_Shape):
    lat: float | None = None
    lon: float | None = None


class _Location(_Shape):
    facility: str = ""
    status: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    geo_point: _Point = _Point()
    contacts: list[_Contact] = []


class _Places(_Shape):
    central_contacts: list[_Contact] = []
    locations: list[_Location] = []


class _Reference(_Shape):
    pmid: str = ""
    type: str = ""
    citation: str = ""


class _Link(_Shape):
    label: str = ""
    url: str = ""


class _References(_Shape):
    references: list[_Reference] = []
    see_also_links: list[_Link] = []


class _Protocol(_Shape):
    identification_module: _Identification = _Identification()
    status_module: _Status = _Status()
    sponsor_collaborators_module: _Sponsors = _Sponsors()
    description_module: _Description = _Description()
    conditions_module: _Conditions = _Conditions()
    design_module: _Design = _Design()
    arms_interventions_module: _Arms = _Arms()
    outcomes_module: _Outcomes = _Outcomes()
    eligibility_module: _Eligibility = _Eligibility()
    contacts_locations_module: _Places = _Places()
    references_module: _References = _References()


class _Mesh(_Shape):
    id: str = ""
    term: str = ""


class _Browse(_Shape):
    meshes: list[_Mesh] = []
    ancestors: list[_Mesh] = []


class _Derived(_Shape):
    condition_browse_module: _Browse = _Browse()
    intervention_browse_module: _Browse = _Browse()


class _MoreInfo(_Shape):
    point_of_contact: _Contact = _Contact()


class _Results(_Shape):
    more_info_module: _MoreInfo = _MoreInfo()


class _Study(_Shape):
    protocol_section: _Protocol
    derived_section: _Derived = _Derived()
    results_section: _Results = _Results()
    has_results: bool | None = None


_DECODER = msgspec.json.Decoder(_Study)


def read_study(body: bytes) -> Record:
    """The record of one study, given as UTF-8 JSON. Raises ParseError."""
    oddities: list[Oddity] = []
    try:
        study = _DECODER.decode(body)
    except msgspec.ValidationError:
        study = _without_odd_values(body, oddities)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ParseError(f"JSON that cannot be read ({error})", "one study as JSON") from None
    except RecursionError:
        raise ParseError("JSON nested too deep", "one study as JSON") from None
    return _record(study, oddities)


_AT = re.compile(r"(?:Expected|Object missing|Invalid).* - at `\$([^`]*)`$", re.S)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_EXPECTED = re.compile(r"Expected `([^`]*)`")


def _without_odd_values(body: bytes, oddities: list[Oddity]) -> _Study:
    """The study without the values of a wrong type, each of which becomes an oddity."""
    try:
        values = msgspec.json.decode(body)
        for _ in range(_MOST_ODDITIES):
            try:
                return msgspec.convert(values, _Study)
            except msgspec.ValidationError as error:
                _drop(values, str(error), oddities)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ParseError(f"JSON that cannot be read ({error})", "one study as JSON") from None
    raise ParseError(f"more than {_MOST_ODDITIES} values of a wrong type", "a study as API v2 writes it")


def _drop(values: Any, message: str, oddities: list[Oddity]) -> None:
    """Take the value a message complains of out of its place; null is taken out silently, as not stated."""
    at = _AT.search(message)
    steps = [key or int(index) for key, index in _STEP.findall(at[1])] if at else []
    if len(steps) < 2:
        raise ParseError("JSON that is no study", "an object with protocolSection, as API v2 writes it")
    holder = values
    for step in steps[:-1]:
        holder = holder[step]
    found = holder.pop(steps[-1])
    if found is not None:
        expected = _EXPECTED.search(message)
        path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps[1:])
        shown = msgspec.json.encode(found).decode()
        oddities.append(Oddity(path.lstrip("."), shown[:80], expected[1] if expected else message[:80]))


def _sponsors(module: _Sponsors) -> list[Sponsor]:
    lead = module.lead_sponsor
    return [Sponsor(lead.name, "lead", lead.class_)] * (lead is not None and bool(lead.name)) + [
        Sponsor(agency.name, "collaborator", agency.class_) for agency in module.collaborators if agency.name
    ]


def _mesh(derived: _Derived) -> list[MeshTerm]:
    return [
        MeshTerm(kind, mesh.term, mesh.id, is_ancestor)
        for kind, browse in (
            ("condition", derived.condition_browse_module),
            ("intervention", derived.intervention_browse_module),
        )
        for is_ancestor, terms in ((False, browse.meshes), (True, browse.ancestors))
        for mesh in terms
        if mesh.term
    ]


def _outcomes(module: _Outcomes) -> list[Outcome]:
    return [
        Outcome(outcome_type, item.measure, item.time_frame, item.description)
        for outcome_type, items in (
            ("primary", module.primary_outcomes),
            ("secondary", module.secondary_outcomes),
            ("other", module.other_outcomes),
        )
        for item in items
    ]


def _secondary_ids(module: _Identification) -> list[SecondaryId]:
    org = module.org_study_id_info
    ids = [SecondaryId(org.id, org.type or "ORG_STUDY_ID", "", org.link)] if org.id else []
    ids += [SecondaryId(i.id, i.type, i.domain, i.link) for i in module.secondary_id_infos if i.id]
    return ids + [SecondaryId(alias, "NCT_ALIAS") for alias in module.nct_id_aliases]


def _references(module: _References) -> list[Reference]:
    return [Reference(item.type.lower(), item.citation, item.pmid) for item in module.references] + [
        Reference("link", item.label, "", item.url) for item in module.see_also_links
    ]


def _site(place: _Location) -> Site:
    point = place.geo_point
    return Site(
        place.facility,
        place.city,
        place.state,
        place.zip,
        place.country,
        "" if point.lat is None else str(point.lat),
        "" if point.lon is None else str(point.lon),
        place.status,
    )


def _yes_no(value: bool | None) -> str:
    return "" if value is None else str(value).lower()


def _record(study: _Study, oddities: list[Oddity]) -> Record:
    protocol = study.protocol_section
    ident, status, design = protocol.identification_module, protocol.status_module, protocol.design_module
    info, eligibility = design.design_info, protocol.eligibility_module
    places, arms = protocol.contacts_locations_module, protocol.arms_interventions_module
    nct_id = ident.nct_id.strip().upper()
    if NCT_ID.fullmatch(nct_id) is None:
        raise ParseError(
            f"a study with the id {ident.nct_id!r}" if ident.nct_id else "a study without an id",
            "NCT and eight digits in identificationModule.nctId",
            "nctId",
        )
    updated = status.last_update_post_date_struct.date or status.last_update_submit_date
    record = Record(
        source="ctgov",
        source_id=nct_id,
        registry_id=nct_id,
        url=f"https://clinicaltrials.gov/study/{nct_id}",
        brief_title=ident.brief_title,
        official_title=ident.official_title,
        acronym=ident.acronym,
        overall_status=status.overall_status,
        last_known_status=status.last_known_status,
        why_stopped=status.why_stopped,
        study_type=design.study_type,
        phase="|".join(design.phases),
        minimum_age=eligibility.minimum_age,
        maximum_age=eligibility.maximum_age,
        sex=eligibility.sex,
        healthy_volunteers=_yes_no(eligibility.healthy_volunteers),
        enrollment="" if design.enrollment_info.count is None else str(design.enrollment_info.count),
        enrollment_type=design.enrollment_info.type,
        start_date=status.start_date_struct.date,
        primary_completion_date=status.primary_completion_date_struct.date,
        completion_date=status.completion_date_struct.date,
        first_posted_date=status.study_first_post_date_struct.date,
        results_first_posted_date=status.results_first_post_date_struct.date,
        verification_date=status.status_verified_date,
        updated=updated,
        has_results=_yes_no(study.has_results),
        brief_summary=protocol.description_module.brief_summary,
        detailed_description=protocol.description_module.detailed_description,
        eligibility_criteria=eligibility.eligibility_criteria,
        study_population=eligibility.study_population,
        allocation=info.allocation,
        intervention_model=info.intervention_model,
        observational_model=info.observational_model,
        time_perspective=info.time_perspective,
        primary_purpose=info.primary_purpose,
        masking=info.masking_info.masking,
        conditions=protocol.conditions_module.conditions,
        keywords=protocol.conditions_module.keywords,
        mesh_terms=_mesh(study.derived_section),
        interventions=[
            Intervention(item.type, item.name, item.description, tuple(item.other_names))
            for item in arms.interventions
        ],
        arms=[
            Arm(item.type, item.label, item.description, tuple(item.intervention_names))
            for item in arms.arm_groups
        ],
        outcomes=_outcomes(protocol.outcomes_module),
        references=_references(protocol.references_module),
        sponsors=_sponsors(protocol.sponsor_collaborators_module),
        sites=[_site(place) for place in places.locations],
        secondary_ids=_secondary_ids(ident),
        alias_ids=[alias.strip().upper() for alias in ident.nct_id_aliases],
        oddities=oddities,
    )
    record.is_partial = _is_partial(record)
    contacts = [*places.central_contacts, study.results_section.more_info_module.point_of_contact]
    contacts += (contact for place in places.locations for contact in place.contacts)
    return without_contacts(record, [contact.phone for contact in contacts if contact.phone])


def _is_partial(record: Record) -> bool:
    """Whether this is an answer to a `fields=` request.

    A whole record of the registry always states these; a withheld one has no study type (NCT03182660).
    """
    stated = record.brief_title and record.overall_status and record.lead_sponsor and record.updated
    return not (stated and (record.study_type or record.overall_status.upper() == "WITHHELD"))
