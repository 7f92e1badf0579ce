"""The shape of a study in ClinicalTrials.gov's API v2, as far as it is read: one struct a module of the record.

Only what is declared here is decoded. Names and e-mail addresses of contacts are not declared; telephone numbers
are, only to find the same number again in a text.
Definition followed: https://clinicaltrials.gov/data-api/about-api/study-data-structure
"""

import msgspec


class _Shape(msgspec.Struct, rename="camel", frozen=True, gc=False):
    pass


class OrgId(_Shape, frozen=True):
    id: str = ""
    type: str = ""
    link: str = ""


class SecondaryIdInfo(_Shape, frozen=True):
    id: str = ""
    type: str = ""
    domain: str = ""
    link: str = ""


class IdentificationModule(_Shape, frozen=True):
    nct_id: str = ""
    nct_id_aliases: list[str] = []
    org_study_id_info: OrgId = OrgId()
    secondary_id_infos: list[SecondaryIdInfo] = []
    brief_title: str = ""
    official_title: str = ""
    acronym: str = ""


class DateStruct(_Shape, frozen=True):
    date: str = ""


class ExpandedAccess(_Shape, frozen=True):
    nct_id: str = ""


class StatusModule(_Shape, frozen=True):
    overall_status: str = ""
    last_known_status: str = ""
    why_stopped: str = ""
    status_verified_date: str = ""
    start_date_struct: DateStruct = DateStruct()
    primary_completion_date_struct: DateStruct = DateStruct()
    completion_date_struct: DateStruct = DateStruct()
    study_first_post_date_struct: DateStruct = DateStruct()
    results_first_post_date_struct: DateStruct = DateStruct()
    last_update_post_date_struct: DateStruct = DateStruct()
    last_update_submit_date: str = ""
    expanded_access_info: ExpandedAccess = ExpandedAccess()


class Agency(_Shape, frozen=True):
    name: str = ""
    class_: str = msgspec.field(default="", name="class")


class SponsorModule(_Shape, frozen=True):
    lead_sponsor: Agency | None = None
    collaborators: list[Agency] = []


class DescriptionModule(_Shape, frozen=True):
    brief_summary: str = ""
    detailed_description: str = ""


class ConditionModule(_Shape, frozen=True):
    conditions: list[str] = []
    keywords: list[str] = []


class Masking(_Shape, frozen=True):
    masking: str = ""


class DesignInfo(_Shape, frozen=True):
    allocation: str = ""
    intervention_model: str = ""
    observational_model: str = ""
    time_perspective: str = ""
    primary_purpose: str = ""
    masking_info: Masking = Masking()


class Enrollment(_Shape, frozen=True):
    count: int | None = None
    type: str = ""


class DesignModule(_Shape, frozen=True):
    study_type: str = ""
    phases: list[str] = []
    design_info: DesignInfo = DesignInfo()
    enrollment_info: Enrollment = Enrollment()


class ArmGroup(_Shape, frozen=True):
    label: str = ""
    type: str = ""
    description: str = ""
    intervention_names: list[str] = []


class InterventionItem(_Shape, frozen=True):
    type: str = ""
    name: str = ""
    description: str = ""
    other_names: list[str] = []


class ArmModule(_Shape, frozen=True):
    arm_groups: list[ArmGroup] = []
    interventions: list[InterventionItem] = []


class OutcomeItem(_Shape, frozen=True):
    measure: str = ""
    description: str = ""
    time_frame: str = ""


class OutcomeModule(_Shape, frozen=True):
    primary_outcomes: list[OutcomeItem] = []
    secondary_outcomes: list[OutcomeItem] = []
    other_outcomes: list[OutcomeItem] = []


class EligibilityModule(_Shape, frozen=True):
    eligibility_criteria: str = ""
    healthy_volunteers: bool | None = None
    sex: str = ""
    minimum_age: str = ""
    maximum_age: str = ""
    study_population: str = ""


class Contact(_Shape, frozen=True):
    """Read only to find the same number again in a text; never kept."""

    phone: str = ""


class Point(_Shape, frozen=True):
    lat: float | None = None
    lon: float | None = None


class Location(_Shape, frozen=True):
    facility: str = ""
    status: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""
    geo_point: Point = Point()
    contacts: list[Contact] = []


class ContactModule(_Shape, frozen=True):
    central_contacts: list[Contact] = []
    locations: list[Location] = []


class ReferenceItem(_Shape, frozen=True):
    pmid: str = ""
    type: str = ""
    citation: str = ""


class Link(_Shape, frozen=True):
    label: str = ""
    url: str = ""


class ReferenceModule(_Shape, frozen=True):
    references: list[ReferenceItem] = []
    see_also_links: list[Link] = []


class Protocol(_Shape, frozen=True):
    identification_module: IdentificationModule = IdentificationModule()
    status_module: StatusModule = StatusModule()
    sponsor_collaborators_module: SponsorModule = SponsorModule()
    description_module: DescriptionModule = DescriptionModule()
    conditions_module: ConditionModule = ConditionModule()
    design_module: DesignModule = DesignModule()
    arms_interventions_module: ArmModule = ArmModule()
    outcomes_module: OutcomeModule = OutcomeModule()
    eligibility_module: EligibilityModule = EligibilityModule()
    contacts_locations_module: ContactModule = ContactModule()
    references_module: ReferenceModule = ReferenceModule()


class Mesh(_Shape, frozen=True):
    id: str = ""
    term: str = ""


class Browse(_Shape, frozen=True):
    meshes: list[Mesh] = []
    ancestors: list[Mesh] = []


class MiscInfo(_Shape, frozen=True):
    version_holder: str = ""


class Derived(_Shape, frozen=True):
    misc_info_module: MiscInfo = MiscInfo()
    condition_browse_module: Browse = Browse()
    intervention_browse_module: Browse = Browse()


class MoreInfo(_Shape, frozen=True):
    point_of_contact: Contact = Contact()


class Results(_Shape, frozen=True):
    more_info_module: MoreInfo = MoreInfo()


class Study(_Shape, frozen=True):
    protocol_section: Protocol
    derived_section: Derived = Derived()
    results_section: Results = Results()
    has_results: bool | None = None
