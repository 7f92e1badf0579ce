"""Small invented records, for tests that need one trial more than a page to look at."""

import json
from pathlib import Path
from typing import Any


def study(nct_id: str = "NCT99100001", **changed: Any) -> dict[str, Any]:
    """An API v2 study; `changed` replaces by short name: status, title, minimum, maximum, updated, phases, sex."""
    words = {
        "title": "Lantern Therapy for Drowsy Lighthouse Keepers",
        "status": "RECRUITING",
        "minimum": "6 Months",
        "maximum": "75 Years",
        "updated": "2026-03-01",
        "phases": ["PHASE1", "PHASE2"],
        "sex": "ALL",
        "criteria": "Inclusion Criteria:\n\n* Age older than 6 months\n* Hemoglobin \\>= 8 g/dL\n\n"
        "Exclusion Criteria:\n\n* Pregnant or nursing women",
        "sponsor": "Institute of Coastal Light",
    } | changed
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": nct_id,
                "orgStudyIdInfo": {"id": "ICL-7"},
                "briefTitle": words["title"],
                "nctIdAliases": changed.get("aliases", []),
            },
            "statusModule": {
                "statusVerifiedDate": "2026-02",
                "overallStatus": words["status"],
                "startDateStruct": {"date": "2025-04", "type": "ACTUAL"},
                "lastUpdatePostDateStruct": {"date": words["updated"], "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": words["sponsor"], "class": "OTHER"}},
            "descriptionModule": {"briefSummary": "Does a brighter lantern keep keepers awake?"},
            "conditionsModule": {"conditions": ["Drowsiness"]},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": words["phases"],
                "enrollmentInfo": {"count": 40, "type": "ESTIMATED"},
            },
            "eligibilityModule": {
                "eligibilityCriteria": words["criteria"],
                "healthyVolunteers": False,
                "sex": words["sex"],
                "minimumAge": words["minimum"],
                "maximumAge": words["maximum"],
            },
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": words["updated"]}},
        "hasResults": False,
    }


def listing(nct_id: str = "NCT99100001", **changed: str) -> str:
    """A saved listing page as text; `changed` replaces title, status, age, sex, phase, criterion, date."""
    words = {
        "title": "Lantern Therapy for Drowsy Lighthouse Keepers",
        "status": "Recruiting",
        "age": "6-75 years",
        "sex": "All",
        "phase": "Phase 1/2",
        "criterion": "Age older than 6 months.",
        "date": "13 May 2026",
    } | changed
    return f"""Image

{words["title"]}

{words["title"]}

{words["status"]}
{words["age"]}
{words["sex"]}
{words["phase"]}

Powered by AI

Overview

Does a brighter lantern keep keepers awake?

Eligibility

Inclusion Criteria:

  1. {words["criterion"]}
  2. Keeps a lighthouse.

Exclusion Criteria:

  1. Pregnant or nursing women.

Study details
    Drowsiness

{nct_id}

Institute of Coastal Light

{words["date"]}

Step 1 Get in touch with the nearest study center
We have submitted the contact information you provided to the research team at {{{{SITE_NAME}}}}.
"""


def write_study(folder: Path, nct_id: str = "NCT99100001", **changed: Any) -> Path:
    """A saved study in a folder of its own; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{nct_id}.json"
    path.write_text(json.dumps(study(nct_id, **changed)), encoding="utf-8")
    return path


def write_listing(
    folder: Path, listing_id: int = 990001, nct_id: str = "NCT99100001", **changed: str
) -> Path:
    """A saved listing page; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"trialx-{listing_id}.txt"
    path.write_text(listing(nct_id, **changed), encoding="utf-8")
    return path
