"""The trial of a record: the one place where every concept's module meets.

Each field that cannot be read costs that field alone and becomes a row of `problems`.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from scraper.errors import NormaliseError
from scraper.model import (
    Arm,
    Intervention,
    LinkedId,
    Place,
    Problem,
    Record,
    Site,
    Sponsor,
    Trial,
)
from scraper.normalise import age, identifier, number
from scraper.normalise.date import iso_date
from scraper.normalise.design import design_word
from scraper.normalise.phase import phase
from scraper.normalise.sex import sex
from scraper.normalise.sponsor import agency_class
from scraper.normalise.status import overall_status
from scraper.normalise.study_type import study_type

T = TypeVar("T")

_DATES = {
    "start_date": "start_date",
    "primary_completion_date": "primary_completion_date",
    "completion_date": "completion_date",
    "first_posted_date": "first_posted_date",
    "results_first_posted_date": "results_first_posted_date",
    "verification_date": "verification_date",
    "last_update_posted_date": "updated",
}
_DESIGN = (
    "allocation",
    "intervention_model",
    "observational_model",
    "time_perspective",
    "primary_purpose",
    "masking",
    "enrollment_type",
)


class _Reader:
    """Reads one record's words and keeps a problem for each that cannot be read."""

    def __init__(self, record: Record, seen_at: str) -> None:
        self.record = record
        self.seen_at = seen_at
        self.problems = [
            self._problem("parse", oddity.field, oddity.found, oddity.expected) for oddity in record.oddities
        ]

    def _problem(self, stage: str, field: str, found: str, expected: str) -> Problem:
        return Problem(
            source=self.record.source,
            source_id=self.record.source_id,
            url=self.record.url,
            stage=stage,
            field=field,
            found=found,
            expected=expected,
            seen_at=self.seen_at,
        )

    def note(self, field: str, error: NormaliseError) -> None:
        self.problems.append(self._problem("normalise", field, error.found, error.expected))

    def read(self, field: str, function: Callable[[str], T | None], words: str) -> T | None:
        if not words:
            return None
        try:
            return function(words)
        except NormaliseError as error:
            self.note(field, error)
            return None


def _stated(text: str) -> str | None:
    return text if text.strip() else None


def _short(text: str) -> str | None:
    return text.strip() or None


def _limit_word(words: str) -> str | None:
    """The words of an age limit, None for words that state none ("N/A")."""
    try:
        return None if age.years(words) is None else " ".join(words.split())
    except NormaliseError:
        return _short(words)


def _ages(reader: _Reader, trial: Trial) -> None:
    minimum, maximum = reader.record.minimum_age, reader.record.maximum_age
    if reader.record.age and not (minimum or maximum):
        try:
            minimum, maximum = age.badge_limits(reader.record.age)
        except NormaliseError as error:
            reader.note("age", error)
            return
    trial.minimum_age, trial.maximum_age = _limit_word(minimum), _limit_word(maximum)
    # An unreadable limit costs itself; two that clash cost each other, for either may be the wrong one.
    if reader.read("minimum_age", age.years, minimum) is None:
        minimum = ""
    if reader.read("maximum_age", age.years, maximum) is None:
        maximum = ""
    try:
        low, high, before = age.limits(minimum, maximum)
    except NormaliseError as error:
        reader.note("age", error)
        return
    trial.minimum_age_years, trial.maximum_age_years, trial.maximum_age_before_years = low, high, before


def _place(reader: _Reader, position: int, site: Site) -> Place:
    where = f"sites[{position}]"
    try:
        point = number.coordinates(site.latitude, site.longitude)
    except NormaliseError as error:
        reader.note(f"{where}.latitude", error)
        point = None
    return Place(
        facility=_short(site.facility),
        city=_short(site.city),
        state=_short(site.state),
        zip=_short(site.zip),
        country=_short(site.country),
        latitude=point[0] if point else None,
        longitude=point[1] if point else None,
        status=reader.read(f"{where}.status", overall_status, site.status) if site.status else None,
    )


def _word_in(field: str) -> Callable[[str], str | None]:
    return lambda words: design_word(field, words)


_READ_ARM, _READ_INTERVENTION = _word_in("group_type"), _word_in("intervention_type")


def _lists(reader: _Reader, trial: Trial) -> None:
    record = reader.record
    trial.conditions = [name.strip() for name in record.conditions if name.strip()]
    trial.keywords = [name.strip() for name in record.keywords if name.strip()]
    trial.mesh_terms = list(record.mesh_terms)
    trial.outcomes = list(record.outcomes)
    trial.references = list(record.references)
    trial.interventions = [
        Intervention(
            reader.read(f"interventions[{i}].intervention_type", _READ_INTERVENTION, item.intervention_type)
            or "",
            item.name,
            item.description,
            item.other_names,
        )
        for i, item in enumerate(record.interventions)
    ]
    trial.arms = [
        Arm(
            reader.read(f"arms[{i}].group_type", _READ_ARM, item.group_type) or "",
            item.title,
            item.description,
            item.intervention_names,
        )
        for i, item in enumerate(record.arms)
    ]
    trial.sponsors = [
        Sponsor(item.name, item.role, reader.read(f"sponsors[{i}].class", agency_class, item.class_) or "")
        for i, item in enumerate(record.sponsors)
    ]
    trial.sites = [_place(reader, i, site) for i, site in enumerate(record.sites)]
    trial.secondary_ids = [
        linked_id(item.value, item.label, item.domain, item.link)
        for item in record.secondary_ids
        if not EMAIL_ADDRESS.search(item.value)
        if item.value.strip()
    ]


# NCT00822406 gives a person's address as its sponsor's number: personal data, never kept.
EMAIL_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}", re.IGNORECASE)


def linked_id(value: str, label: str = "", domain: str = "", link: str = "") -> LinkedId:
    """The id with its type read from the value, "other" when no registry writes ids like it."""
    known = identifier.canonical(value)
    id_type, id_value = known or ("other", value.strip())
    return LinkedId(id_value, id_type, _short(label), _short(domain), _short(link))


def trial_id(record: Record) -> tuple[str, str | None]:
    """(the trial's key, the registry it belongs to): the canonical registry id, else "trialx:334297"."""
    known = identifier.canonical(record.registry_id)
    if known is not None:
        return known[1], known[0]
    return f"{record.source}:{record.source_id.removeprefix(f'{record.source}-')}", None


def normalise(record: Record, seen_at: str) -> tuple[Trial, tuple[Problem, ...]]:
    """The trial in our terms, and one problem for each field that could not be read.

    Depends on its arguments alone; `seen_at` only dates the problems.
    """
    reader = _Reader(record, seen_at)
    key, registry = trial_id(record)
    lead = next((sponsor for sponsor in record.sponsors if sponsor.role == "lead"), None)
    trial = Trial(
        trial_id=key,
        source=record.source,
        source_id=record.source_id,
        registry=registry,
        url=_short(record.url),
        brief_title=_short(record.brief_title),
        official_title=_short(record.official_title),
        acronym=_short(record.acronym),
        overall_status=reader.read("overall_status", overall_status, record.overall_status),
        last_known_status=reader.read("last_known_status", overall_status, record.last_known_status),
        why_stopped=_short(record.why_stopped),
        study_type=reader.read("study_type", study_type, record.study_type),
        phase=reader.read("phase", phase, record.phase),
        sex=reader.read("sex", sex, record.sex),
        healthy_volunteers=reader.read("healthy_volunteers", number.yes_no, record.healthy_volunteers),
        lead_sponsor=_short(lead.name) if lead else None,
        enrollment=reader.read("enrollment", number.count, record.enrollment),
        has_results=reader.read("has_results", number.yes_no, record.has_results),
        brief_summary=_stated(record.brief_summary),
        detailed_description=_stated(record.detailed_description),
        eligibility_criteria=_stated(record.eligibility_criteria),
        study_population=_stated(record.study_population),
    )
    for field, source_field in _DATES.items():
        setattr(trial, field, reader.read(field, iso_date, getattr(record, source_field)))
    for field in _DESIGN:
        setattr(trial, field, reader.read(field, _word_in(field), getattr(record, field)))
    _ages(reader, trial)
    _lists(reader, trial)
    trial.lead_sponsor_class = next((s.class_ or None for s in trial.sponsors if s.role == "lead"), None)
    return trial, tuple(reader.problems)
