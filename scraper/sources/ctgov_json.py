"""ClinicalTrials.gov's API v2 record: one study as JSON -> its Record.

The shape is declared as structs, so that msgspec checks it while it decodes; fields that are not declared are
skipped, contacts among them. A value of a wrong type costs its field alone and becomes an oddity.
Definition followed: https://clinicaltrials.gov/data-api/about-api/study-data-structure
"""

import re
from collections.abc import Sequence
from functools import lru_cache
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
from scraper.sources import ctgov_shape as shape
from scraper.sources.ctgov_contacts import may_hold_contacts, without_contacts
from scraper.sources.ctgov_day import iso_day

NCT_ID = re.compile(r"NCT\d{8}", re.ASCII)
_MOST_ODDITIES = 40
_LONG = 1 << 16
"""Most of a longer body are results, which are not kept."""

_DECODER = msgspec.json.Decoder(shape.Study)


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
    record = _record(study, oddities)
    phones = _phones(study)
    # Contacts inside a text stand in the body too; an escape could hide them there.
    if phones or len(body) > _LONG or b"\\u00" in body or may_hold_contacts(body):
        return without_contacts(record, phones)
    return record


_AT = re.compile(r"(?:Expected|Object missing|Invalid).* - at `\$([^`]*)`$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_EXPECTED = re.compile(r"Expected `([^`]*)`")
_CONTACT = re.compile(r"\.(?:centralContacts|contacts|pointOfContact)\b")


def _without_odd_values(body: bytes, oddities: list[Oddity]) -> shape.Study:
    """The study without the values of a wrong type, each of which becomes an oddity."""
    try:
        values = msgspec.json.decode(body)
        for _ in range(_MOST_ODDITIES):
            try:
                return msgspec.convert(values, shape.Study)
            except msgspec.ValidationError as error:
                _drop(values, str(error), oddities)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
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
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps[1:]).lstrip(".")
    # An odd value of a contact is still a contact: it must not reach the table of problems.
    if found is not None and not _CONTACT.search(path):
        expected = _EXPECTED.search(message)
        shown = msgspec.json.encode(found).decode()
        oddities.append(Oddity(path, shown[:80], expected[1] if expected else message[:80]))


def _odd_words(oddities: list[Oddity], member: str) -> str:
    """What stood where an age limit was due, and was no text: it is stated all the same."""
    return next((odd.found for odd in oddities if odd.field.rpartition(".")[2] == member), "")


def _sponsors(module: shape.SponsorModule) -> list[Sponsor]:
    lead = module.lead_sponsor
    leads = [Sponsor(lead.name, "lead", lead.class_)] if lead and lead.name else []
    return leads + [
        Sponsor(agency.name, "collaborator", agency.class_) for agency in module.collaborators if agency.name
    ]


def _mesh(derived: shape.Derived) -> list[MeshTerm]:
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


def _outcomes(module: shape.OutcomeModule) -> list[Outcome]:
    return [
        Outcome(outcome_type, item.measure, item.time_frame, item.description)
        for outcome_type, items in (
            ("primary", module.primary_outcomes),
            ("secondary", module.secondary_outcomes),
            ("other", module.other_outcomes),
        )
        for item in items
    ]


def _secondary_ids(module: shape.IdentificationModule, expanded_access: str) -> list[SecondaryId]:
    org = module.org_study_id_info
    ids = [SecondaryId(org.id, org.type or "ORG_STUDY_ID", "", org.link)] if org.id else []
    ids += [SecondaryId(i.id, i.type, i.domain, i.link) for i in module.secondary_id_infos if i.id]
    ids += [SecondaryId(alias, "NCT_ALIAS") for alias in module.nct_id_aliases]
    # Another record: that of the programme by which people get the drug who cannot be in this trial.
    return ids + ([SecondaryId(expanded_access, "EXPANDED_ACCESS")] if expanded_access else [])


def _references(module: shape.ReferenceModule) -> list[Reference]:
    return [Reference(item.type.lower(), item.citation, item.pmid) for item in module.references] + [
        Reference("link", item.label, "", item.url) for item in module.see_also_links
    ]


def _sites(locations: Sequence[shape.Location]) -> list[Site]:
    return [
        Site(
            place.facility,
            place.city,
            place.state,
            place.zip,
            place.country,
            _degrees(place.geo_point.lat),
            _degrees(place.geo_point.lon),
            place.status,
        )
        for place in locations
    ]


# The registry places a site in its city: 16,163 sites stand at 3,375 points.
@lru_cache(1 << 16)
def _degrees(value: float | None) -> str:
    return "" if value is None else str(value)


def _yes_no(value: bool | None) -> str:
    return "" if value is None else str(value).lower()


def _record(study: shape.Study, oddities: list[Oddity]) -> Record:
    protocol = study.protocol_section
    ident, status, design = protocol.identification_module, protocol.status_module, protocol.design_module
    info, eligibility = design.design_info, protocol.eligibility_module
    arms = protocol.arms_interventions_module
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
        age=_odd_words(oddities, "eligibilityModule"),
        minimum_age=eligibility.minimum_age or _odd_words(oddities, "minimumAge"),
        maximum_age=eligibility.maximum_age or _odd_words(oddities, "maximumAge"),
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
        data_version=iso_day(study.derived_section.misc_info_module.version_holder),
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
        sites=_sites(protocol.contacts_locations_module.locations),
        secondary_ids=_secondary_ids(ident, protocol.status_module.expanded_access_info.nct_id),
        alias_ids=[alias.strip().upper() for alias in ident.nct_id_aliases],
        oddities=oddities,
    )
    record.is_partial = _is_partial(record)
    return record


def _phones(study: shape.Study) -> list[str]:
    places = study.protocol_section.contacts_locations_module
    contacts = [*places.central_contacts, study.results_section.more_info_module.point_of_contact]
    for place in places.locations:
        contacts += place.contacts
    return [contact.phone for contact in contacts if contact.phone]


def _is_partial(record: Record) -> bool:
    """Whether this is an answer to a `fields=` request. Raises ParseError on a whole record that lacks one core fact.

    A whole record of the registry always states these; a withheld one has no study type (NCT03182660). Where the
    registry's own marks are there, which hardly anybody asks for, and one fact alone is missing, the form is another one
    than this parser reads: the record read before stays what is known.
    """
    missing = [
        path
        for path, value in (
            ("identificationModule.briefTitle", record.brief_title),
            ("statusModule.overallStatus", record.overall_status),
            ("statusModule.lastUpdatePostDateStruct", record.updated),
            ("sponsorCollaboratorsModule.leadSponsor", record.lead_sponsor),
            ("designModule.studyType", record.study_type or record.overall_status.upper() == "WITHHELD"),
        )
        if not value
    ]
    if len(missing) == 1 and record.has_results and record.data_version:
        (path,) = missing
        raise ParseError(f"a whole record without {path}", f"{path}, as every whole record states it", path)
    return bool(missing)
