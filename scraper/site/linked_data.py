"""A trial as schema.org's MedicalTrial, for programs that read pages."""

from typing import Any

from scraper.site.links import safe_url

_STATUS = {
    "RECRUITING": "Recruiting",
    "NOT_YET_RECRUITING": "NotYetRecruiting",
    "ENROLLING_BY_INVITATION": "EnrollingByInvitation",
    "ACTIVE_NOT_RECRUITING": "ActiveNotRecruiting",
    "COMPLETED": "Completed",
    "SUSPENDED": "Suspended",
    "TERMINATED": "Terminated",
    "WITHDRAWN": "Withdrawn",
}


def medical_trial(shown: dict[str, Any]) -> dict[str, Any]:
    """The JSON-LD of what `pages.trial` shows; what is not stated is left out."""
    trial, text = shown["trial"], shown["text"]
    observational = trial["study_type"] == "OBSERVATIONAL"
    status = _STATUS.get(trial["overall_status"] or "")
    found = {
        "@context": "https://schema.org",
        "@type": "MedicalObservationalStudy" if observational else "MedicalTrial",
        "identifier": trial["trial_id"],
        "name": trial["brief_title"],
        "alternateName": [name for name in (text.get("official_title"), trial["acronym"]) if name],
        "description": text.get("brief_summary"),
        "url": safe_url(trial["url"]),
        "status": f"https://schema.org/{status}" if status else None,
        "healthCondition": [
            {"@type": "MedicalCondition", "name": row["name"]} for row in shown["conditions"]
        ],
        "sponsor": {"@type": "Organization", "name": trial["lead_sponsor"]}
        if trial["lead_sponsor"]
        else None,
        "studyLocation": [
            {"@type": "AdministrativeArea", "name": row["country"]} for row in shown["countries"]
        ],
        "phase": trial["phase"] if not observational else None,
        "dateModified": trial["last_update_posted_date"],
    }
    return {name: value for name, value in found.items() if value}
