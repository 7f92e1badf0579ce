"""The words people read for the words the database keeps. A word without a label is shown as it is."""

from typing import NamedTuple

from scraper.normalise.age import in_words


class Badge(NamedTuple):
    """A status for people: a sign and words say it, the tone only repeats it in colour."""

    label: str
    sign: str
    tone: str


STATUS = {
    "RECRUITING": Badge("Recruiting", "●", "open"),
    "NOT_YET_RECRUITING": Badge("Not yet recruiting", "◔", "soon"),
    "ENROLLING_BY_INVITATION": Badge("By invitation", "◉", "soon"),
    "ACTIVE_NOT_RECRUITING": Badge("Active, not recruiting", "◑", "shut"),
    "NOT_RECRUITING": Badge("Not recruiting", "◑", "shut"),
    "COMPLETED": Badge("Completed", "✓", "done"),
    "SUSPENDED": Badge("Suspended", "‖", "held"),
    "TERMINATED": Badge("Terminated", "✕", "ended"),
    "WITHDRAWN": Badge("Withdrawn", "✕", "ended"),
    "WITHHELD": Badge("Withheld", "–", "done"),
    "UNKNOWN": Badge("Unknown", "?", "done"),
    "NOT_AUTHORISED": Badge("Not authorised", "✕", "ended"),
    "AVAILABLE": Badge("Available (expanded access)", "●", "open"),
    "NO_LONGER_AVAILABLE": Badge("No longer available", "✕", "ended"),
    "TEMPORARILY_NOT_AVAILABLE": Badge("Temporarily not available", "‖", "held"),
    "APPROVED_FOR_MARKETING": Badge("Approved for marketing", "✓", "done"),
}

PHASE = {
    "EARLY_PHASE1": "Early phase 1",
    "PHASE1": "Phase 1",
    "PHASE1/PHASE2": "Phase 1/2",
    "PHASE2": "Phase 2",
    "PHASE2/PHASE3": "Phase 2/3",
    "PHASE3": "Phase 3",
    "PHASE4": "Phase 4",
    "NA": "Not applicable",
}

SEX = {"ALL": "All", "FEMALE": "Female", "MALE": "Male"}

STUDY_TYPE = {
    "INTERVENTIONAL": "Interventional",
    "OBSERVATIONAL": "Observational",
    "EXPANDED_ACCESS": "Expanded access",
}

SPONSOR_CLASS = {
    "INDUSTRY": "Industry",
    "NIH": "US NIH",
    "FED": "Other US federal agency",
    "OTHER_GOV": "Other government",
    "INDIV": "Individual",
    "NETWORK": "Network",
    "OTHER": "Other",
    "UNKNOWN": "Unknown",
    "AMBIG": "Ambiguous",
}

_FIELDS = {
    "trial_id": "Trial id",
    "brief_title": "Title",
    "official_title": "Scientific title",
    "overall_status": "Status",
    "last_known_status": "Last known status",
    "study_type": "Study type",
    "minimum_age": "Minimum age",
    "ages_unread": "Stated ages that could not be read",
    "maximum_age": "Maximum age",
    "healthy_volunteers": "Healthy volunteers",
    "lead_sponsor": "Sponsor",
    "lead_sponsor_class": "Sponsor class",
    "enrollment": "Enrolment",
    "enrollment_type": "Enrolment is",
    "start_date": "Start",
    "primary_completion_date": "Primary completion",
    "completion_date": "Completion",
    "first_posted_date": "First posted",
    "results_first_posted_date": "Results first posted",
    "last_update_posted_date": "Last update",
    "brief_summary": "Summary",
    "detailed_description": "Detailed description",
    "eligibility_criteria": "Eligibility criteria",
    "why_stopped": "Why stopped",
    "removed_at": "Removed at the source",
    "criteria": "Criterion",
    "age": "Ages",
    "url": "Address",
}

COLUMNS: dict[str, dict[str, str]] = {
    "phase": PHASE,
    "sex": SEX,
    "study_type": STUDY_TYPE,
    "lead_sponsor_class": SPONSOR_CLASS,
    "class": SPONSOR_CLASS,
}
"""Columns whose words have labels, wherever they stand; statuses are badges instead."""

_DESIGN = frozenset(
    {
        "allocation",
        "enrollment_type",
        "intervention_model",
        "masking",
        "observational_model",
        "primary_purpose",
        "time_perspective",
    }
)
"""Columns whose words need no label of their own: said in lower case they are plain."""

_AGE_UNITS = (("years", 1.0), ("months", 12.0), ("weeks", 365.25 / 7), ("days", 365.25))

STATUS_COLUMNS = frozenset({"overall_status", "last_known_status", "status"})


def badge(word: str) -> Badge:
    """The badge of a status; a word without one is shown as it is."""
    return STATUS.get(word, Badge(word, "?", "done"))


def words(text: str) -> str:
    """A program's word as a person would write it: "DIETARY_SUPPLEMENT" is "Dietary supplement"."""
    return text.replace("_", " ").capitalize() if text.isupper() or "_" in text else text


_BETWEEN = {
    "_between_sources": "copy and registry",
    "_between_registries": "two registries",
}


def rule(name: str) -> str:
    """The label of a rule about contradictions: "Status: two registries, one perhaps older"."""
    whole = name.removesuffix("_older")
    for suffix, where in _BETWEEN.items():
        if whole.endswith(suffix):
            older = ", one perhaps older" if whole != name else ""
            return f"{words(whole.removesuffix(suffix) + '_').strip().replace('Enrollment', 'Enrolment')}: {where}{older}"
    return words(name).replace("Enrollment", "Enrolment")


def field(name: str) -> str:
    """The label of a field of the history."""
    return _FIELDS.get(name) or name.replace("_", " ").capitalize()


def rule_of(name: str, rule_name: str) -> str:
    """What a contradiction is about: the field, and the rule where that says more."""
    about, said = field(name), rule(rule_name)
    return said if said.startswith(about) else f"{about} · {said}"


def stated(column: str, word: str) -> str:
    """A value as one side of a contradiction states it: "PHASE1" is "Phase 1", "<= 75 years" is "≤ 75 years"."""
    return signs(value(column, word))


def signs(text: str) -> str:
    """Comparisons as people write them."""
    return text.replace("<=", "≤").replace(">=", "≥").replace(" -> ", " → ")


def sexes(word: str | None) -> str:
    """Who is taken, in a line of facts."""
    return {"ALL": "any sex", "FEMALE": "female only", "MALE": "male only"}.get(word or "", "sex not stated")


def value(column: str, word: str) -> str:
    """A value of that column for people."""
    if column in STATUS_COLUMNS:
        return badge(word).label
    if column in _DESIGN:
        return words(word)
    return COLUMNS.get(column, {}).get(word, word)


def age(years: float) -> str:
    """A person's age in the unit people say it in: "34 years", "8 months", "10 days"."""
    for unit, per_year in _AGE_UNITS:
        number = years * per_year
        if (round(number) >= 1 or not years) and abs(number - round(number)) < 1e-4 * per_year:
            return f"{round(number)} {unit if round(number) != 1 else unit[:-1]}"
    return f"{years:.2f} years"


def ages(minimum: str | None, maximum: str | None, not_read: str = "") -> str:
    """Both limits in the registry's own units: "6 Months to 75 Years", "18 Years and older".

    Without both it is "no limit stated": criteria in prose may still set one, so it is never called "no limit".
    `not_read` are the words of a limit that could not be read.
    """
    return in_words(minimum, maximum, "no limit stated", not_read)
