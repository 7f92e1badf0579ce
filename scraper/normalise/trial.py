"""The trial of a record: the one place where every concept's module meets.

Each field that cannot be read costs that field alone and becomes a row of `problems`.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Literal, TypeVar

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
from scraper.normalise.country import country_code, country_names
from scraper.normalise.date import iso_date
from scraper.normalise.design import design_word
from scraper.normalise.gazetteer import town
from scraper.normalise.phase import phase
from scraper.normalise.sex import sex
from scraper.normalise.sponsor import agency_class
from scraper.normalise.status import overall_status
from scraper.normalise.study_type import study_type
from scraper.normalise.words import WORDS_KEPT

T = TypeVar("T")


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

    def read_in(
        self, table: str, position: int, field: str, function: Callable[[str], T | None], words: str
    ) -> T | None:
        """As `read`, of a row's field: its place is spelt out only for a problem."""
        if not words:
            return None
        try:
            return function(words)
        except NormaliseError as error:
            self.note(f"{table}[{position}].{field}", error)
            return None


def _stated(text: str) -> str | None:
    return text if text and not text.isspace() else None


def _short(text: str) -> str | None:
    return text.strip() or None


@lru_cache(WORDS_KEPT)
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


def _places(reader: _Reader, sites: Sequence[Site]) -> list[Place]:
    """The sites; a word for a country that is not known is one problem, however many sites have it."""
    unknown: set[str] = set()
    return [_place(reader, position, site, unknown) for position, site in enumerate(sites)]


def _place(reader: _Reader, position: int, site: Site, unknown: set[str]) -> Place:
    latitude = longitude = None
    try:
        if point := number.coordinates(site.latitude, site.longitude):
            latitude, longitude = point
    except NormaliseError as error:
        reader.note(f"sites[{position}].latitude", error)
    country, city = site.country.strip() or None, site.city.strip() or None
    code = None
    try:
        code = country_code(country) if country else None
    except NormaliseError as error:
        if site.country not in unknown:
            reader.note(f"sites[{position}].country", error)
        unknown.add(site.country)
    source: Literal["stated", "gazetteer"] | None = "stated" if latitude is not None else None
    if latitude is None and code and city and (point := town(city, site.state, code)):
        latitude, longitude = point
        source = "gazetteer"
    return Place(
        site.facility.strip() or None,
        city,
        site.state.strip() or None,
        site.zip.strip() or None,
        country,
        latitude,
        longitude,
        reader.read_in("sites", position, "status", overall_status, site.status),
        code,
        source,
    )


def _countries(places: Sequence[Place]) -> list[str]:
    names = country_names()
    return sorted(
        {
            names[place.country_code] if place.country_code else place.country
            for place in places
            if place.country
        }
    )


def _word_in(field: str) -> Callable[[str], str | None]:
    return partial(design_word, field)


_READ_ARM, _READ_INTERVENTION = _word_in("group_type"), _word_in("intervention_type")
_ALLOCATION, _MASKING, _PURPOSE = _word_in("allocation"), _word_in("masking"), _word_in("primary_purpose")
_MODEL, _OBSERVATIONAL = _word_in("intervention_model"), _word_in("observational_model")
_PERSPECTIVE, _ENROLLMENT = _word_in("time_perspective"), _word_in("enrollment_type")


def _lists(reader: _Reader, trial: Trial) -> None:
    record = reader.record
    trial.conditions = [name.strip() for name in record.conditions if name.strip()]
    trial.keywords = [name.strip() for name in record.keywords if name.strip()]
    trial.mesh_terms = list(record.mesh_terms)
    trial.outcomes = list(record.outcomes)
    trial.references = list(record.references)
    trial.interventions = [
        Intervention(
            reader.read_in(
                "interventions", i, "intervention_type", _READ_INTERVENTION, item.intervention_type
            )
            or "",
            item.name,
            item.description,
            item.other_names,
        )
        for i, item in enumerate(record.interventions)
    ]
    trial.arms = [
        Arm(
            reader.read_in("arms", i, "group_type", _READ_ARM, item.group_type) or "",
            item.title,
            item.description,
            item.intervention_names,
        )
        for i, item in enumerate(record.arms)
    ]
    trial.sponsors = [
        Sponsor(item.name, item.role, reader.read_in("sponsors", i, "class", agency_class, item.class_) or "")
        for i, item in enumerate(record.sponsors)
    ]
    trial.sites = _places(reader, record.sites)
    trial.countries = _countries(trial.sites)
    trial.secondary_ids = [
        linked_id(item.value, item.label, item.domain, item.link)
        for item in record.secondary_ids
        if item.value.strip() and not ("@" in item.value and EMAIL_ADDRESS.search(item.value))
    ]


# NCT00822406 gives a person's address as its sponsor's number: personal data, never kept.
# It is looked for where a word begins alone: one of a million letters would be read a million times.
EMAIL_ADDRESS = re.compile(r"(?<![^\s@])[^\s@]+@[^\s@]+\.[a-z]{2,}", re.IGNORECASE)


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
    read = reader.read
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
        overall_status=read("overall_status", overall_status, record.overall_status),
        last_known_status=read("last_known_status", overall_status, record.last_known_status),
        why_stopped=_short(record.why_stopped),
        study_type=read("study_type", study_type, record.study_type),
        phase=read("phase", phase, record.phase),
        sex=read("sex", sex, record.sex),
        healthy_volunteers=read("healthy_volunteers", number.yes_no, record.healthy_volunteers),
        lead_sponsor=_short(lead.name) if lead else None,
        enrollment=read("enrollment", number.count, record.enrollment),
        has_results=read("has_results", number.yes_no, record.has_results),
        brief_summary=_stated(record.brief_summary),
        detailed_description=_stated(record.detailed_description),
        eligibility_criteria=_stated(record.eligibility_criteria),
        study_population=_stated(record.study_population),
    )
    trial.start_date = read("start_date", iso_date, record.start_date)
    trial.primary_completion_date = read("primary_completion_date", iso_date, record.primary_completion_date)
    trial.completion_date = read("completion_date", iso_date, record.completion_date)
    trial.first_posted_date = read("first_posted_date", iso_date, record.first_posted_date)
    trial.results_first_posted_date = read(
        "results_first_posted_date", iso_date, record.results_first_posted_date
    )
    trial.verification_date = read("verification_date", iso_date, record.verification_date)
    trial.last_update_posted_date = read("last_update_posted_date", iso_date, record.updated)
    trial.allocation = read("allocation", _ALLOCATION, record.allocation)
    trial.intervention_model = read("intervention_model", _MODEL, record.intervention_model)
    trial.observational_model = read("observational_model", _OBSERVATIONAL, record.observational_model)
    trial.time_perspective = read("time_perspective", _PERSPECTIVE, record.time_perspective)
    trial.primary_purpose = read("primary_purpose", _PURPOSE, record.primary_purpose)
    trial.masking = read("masking", _MASKING, record.masking)
    trial.enrollment_type = read("enrollment_type", _ENROLLMENT, record.enrollment_type)
    _ages(reader, trial)
    trial.ages_unread = age.unread(
        {problem.field for problem in reader.problems},
        trial.minimum_age_years,
        trial.maximum_age_before_years,
    )
    _lists(reader, trial)
    trial.lead_sponsor_class = next((s.class_ or None for s in trial.sponsors if s.role == "lead"), None)
    return trial, tuple(reader.problems)
