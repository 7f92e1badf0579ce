"""ClinicalTrials.gov's classic API ("FullStudies" of version 1, retired in 2024): a study in its names -> API v2's.

The two differ in names, in one more level around every list, and in numbers and truths as text; the words of the
classic form ("Phase 2", "July 22, 2021", "Accepts Healthy Volunteers") stay as they are.
"""

import re
from typing import Any

# "²" is a digit, and a number of thousands of digits no int: `str.isdigit` alone would let both in.
_COUNT = re.compile(r"[0-9]{1,12}")
_TRUTHS = {"Yes": True, "No": False, "Accepts Healthy Volunteers": True}


def to_v2(entry: Any) -> dict[str, Any]:
    """The study as API v2 writes it, without what is not read; `entry` may be {"Rank": …, "Study": …}."""
    study = entry.get("Study", entry) if isinstance(entry, dict) else {}
    protocol = _at(study, "ProtocolSection", {})
    return _without_nothing(
        {
            "protocolSection": {
                "identificationModule": _identification(_at(protocol, "IdentificationModule", {})),
                "statusModule": _status(_at(protocol, "StatusModule", {})),
                "sponsorCollaboratorsModule": _sponsors(_at(protocol, "SponsorCollaboratorsModule", {})),
                "descriptionModule": _named(
                    _at(protocol, "DescriptionModule", {}), "BriefSummary", "DetailedDescription"
                ),
                "conditionsModule": {
                    "conditions": _list(protocol, "ConditionsModule.ConditionList.Condition"),
                    "keywords": _list(protocol, "ConditionsModule.KeywordList.Keyword"),
                },
                "designModule": _design(_at(protocol, "DesignModule", {})),
                "armsInterventionsModule": _arms(_at(protocol, "ArmsInterventionsModule", {})),
                "outcomesModule": {
                    f"{kind.lower()}Outcomes": [
                        _prefixed(item, f"{kind}Outcome", "Measure", "Description", "TimeFrame")
                        for item in _list(protocol, f"OutcomesModule.{kind}OutcomeList.{kind}Outcome")
                    ]
                    for kind in ("Primary", "Secondary", "Other")
                },
                "eligibilityModule": _eligibility(_at(protocol, "EligibilityModule", {})),
                "contactsLocationsModule": _places(_at(protocol, "ContactsLocationsModule", {})),
                "referencesModule": _references(_at(protocol, "ReferencesModule", {})),
            },
            "resultsSection": {
                "moreInfoModule": {
                    "pointOfContact": {
                        "phone": _at(
                            study, "ResultsSection.MoreInfoModule.PointOfContact.PointOfContactPhone"
                        )
                    }
                }
            },
            "derivedSection": {
                "miscInfoModule": {
                    "versionHolder": _at(study, "DerivedSection.MiscInfoModule.VersionHolder")
                },
                "conditionBrowseModule": _browse(study, "Condition"),
                "interventionBrowseModule": _browse(study, "Intervention"),
            },
            "hasResults": "ResultsSection" in study,
        }
    )


def _at(value: Any, path: str, default: Any = None) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return default if value is None else value


def _list(value: Any, path: str) -> list[Any]:
    found = _at(value, path, [])
    return found if isinstance(found, list) else [found]


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _named(module: Any, *names: str) -> dict[str, Any]:
    """Values whose names differ in the first letter's case alone."""
    return {_camel(name): _at(module, name) for name in names}


def _prefixed(item: Any, prefix: str, *names: str) -> dict[str, Any]:
    """Values whose names bear the name of their list in front: ArmGroupLabel is label."""
    return {_camel(name) if name != "PMID" else "pmid": _at(item, prefix + name) for name in names}


def _without_nothing(values: dict[str, Any]) -> dict[str, Any]:
    return {key: _kept(item) for key, item in values.items() if item is not None}


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return _without_nothing(value)
    return [_kept(item) for item in value] if isinstance(value, list) else value


def _identification(module: Any) -> dict[str, Any]:
    return {
        "nctId": _at(module, "NCTId"),
        "nctIdAliases": _list(module, "NCTIdAliasList.NCTIdAlias"),
        "orgStudyIdInfo": {
            "id": _at(module, "OrgStudyIdInfo.OrgStudyId"),
            "type": _at(module, "OrgStudyIdInfo.OrgStudyIdType"),
            "link": _at(module, "OrgStudyIdInfo.OrgStudyIdLink"),
        },
        "secondaryIdInfos": [
            {"id": _at(item, "SecondaryId")} | _prefixed(item, "SecondaryId", "Type", "Domain", "Link")
            for item in _list(module, "SecondaryIdInfoList.SecondaryIdInfo")
        ],
    } | _named(module, "BriefTitle", "OfficialTitle", "Acronym")


def _status(module: Any) -> dict[str, Any]:
    dates = (
        "StartDate",
        "PrimaryCompletionDate",
        "CompletionDate",
        "StudyFirstPostDate",
        "ResultsFirstPostDate",
    )
    return _named(
        module, "OverallStatus", "LastKnownStatus", "WhyStopped", "StatusVerifiedDate", "LastUpdateSubmitDate"
    ) | {
        f"{_camel(name)}Struct": {"date": _at(module, f"{name}Struct.{name}")}
        for name in (*dates, "LastUpdatePostDate")
    }


def _sponsors(module: Any) -> dict[str, Any]:
    lead = _at(module, "LeadSponsor")
    return {
        "leadSponsor": None if lead is None else _prefixed(lead, "LeadSponsor", "Name", "Class"),
        "collaborators": [
            _prefixed(item, "Collaborator", "Name", "Class")
            for item in _list(module, "CollaboratorList.Collaborator")
        ],
    }


def _design(module: Any) -> dict[str, Any]:
    info = _at(module, "DesignInfo", {})
    count = _at(module, "EnrollmentInfo.EnrollmentCount")
    return {
        "studyType": _at(module, "StudyType"),
        "phases": _list(module, "PhaseList.Phase"),
        "designInfo": _prefixed(info, "Design", "Allocation", "InterventionModel", "PrimaryPurpose")
        | {
            "observationalModel": _first(info, "DesignObservationalModelList.DesignObservationalModel"),
            "timePerspective": _first(info, "DesignTimePerspectiveList.DesignTimePerspective"),
            "maskingInfo": {"masking": _at(info, "DesignMaskingInfo.DesignMasking")},
        },
        "enrollmentInfo": {
            "count": int(count) if isinstance(count, str) and _COUNT.fullmatch(count) else count,
            "type": _at(module, "EnrollmentInfo.EnrollmentType"),
        },
    }


def _first(value: Any, path: str) -> Any:
    """The one entry of a list; two would be two statements where API v2 has one: none is kept."""
    found = _list(value, path)
    return found[0] if len(found) == 1 else None


def _arms(module: Any) -> dict[str, Any]:
    return {
        "armGroups": [
            _prefixed(item, "ArmGroup", "Label", "Type", "Description")
            | {"interventionNames": _list(item, "ArmGroupInterventionList.ArmGroupInterventionName")}
            for item in _list(module, "ArmGroupList.ArmGroup")
        ],
        "interventions": [
            _prefixed(item, "Intervention", "Type", "Name", "Description")
            | {"otherNames": _list(item, "InterventionOtherNameList.InterventionOtherName")}
            for item in _list(module, "InterventionList.Intervention")
        ],
    }


def _eligibility(module: Any) -> dict[str, Any]:
    volunteers = _at(module, "HealthyVolunteers")
    return _named(module, "EligibilityCriteria", "MinimumAge", "MaximumAge", "StudyPopulation") | {
        "healthyVolunteers": _TRUTHS.get(volunteers, volunteers)
        if isinstance(volunteers, str)
        else volunteers,
        "sex": _at(module, "Gender"),
    }


def _places(module: Any) -> dict[str, Any]:
    return {
        "centralContacts": [
            _prefixed(item, "CentralContact", "Phone")
            for item in _list(module, "CentralContactList.CentralContact")
        ],
        "locations": [
            _prefixed(item, "Location", "Facility", "Status", "City", "State", "Zip", "Country")
            | {
                "contacts": [
                    _prefixed(contact, "LocationContact", "Phone")
                    for contact in _list(item, "LocationContactList.LocationContact")
                ]
            }
            for item in _list(module, "LocationList.Location")
        ],
    }


def _references(module: Any) -> dict[str, Any]:
    return {
        "references": [
            _prefixed(item, "Reference", "PMID", "Type", "Citation")
            for item in _list(module, "ReferenceList.Reference")
        ],
        "seeAlsoLinks": [
            {"label": _at(item, "SeeAlsoLinkLabel"), "url": _at(item, "SeeAlsoLinkURL")}
            for item in _list(module, "SeeAlsoLinkList.SeeAlsoLink")
        ],
    }


def _browse(study: Any, kind: str) -> dict[str, Any]:
    module = _at(study, f"DerivedSection.{kind}BrowseModule", {})
    return {
        "meshes": [
            _prefixed(i, f"{kind}Mesh", "Id", "Term") for i in _list(module, f"{kind}MeshList.{kind}Mesh")
        ],
        "ancestors": [
            _prefixed(i, f"{kind}Ancestor", "Id", "Term")
            for i in _list(module, f"{kind}AncestorList.{kind}Ancestor")
        ],
    }
