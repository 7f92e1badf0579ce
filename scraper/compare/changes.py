"""What changed between the versions of a trial's winning record."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from scraper.compare.versions import order
from scraper.model import Change, Trial, Version

# Changes that can decide whether somebody may enter or should leave; everything else is "low".
HIGH = frozenset(
    {
        "overall_status",
        "minimum_age",
        "maximum_age",
        "sex",
        "eligibility_criteria",
        "primary_completion_date",
        "completion_date",
        "enrollment",
        "lead_sponsor",
        "why_stopped",
    }
)
_LOW = [
    "brief_title",
    "official_title",
    "acronym",
    "study_type",
    "phase",
    "healthy_volunteers",
    "enrollment_type",
    "start_date",
    "first_posted_date",
    "results_first_posted_date",
    "has_results",
    "brief_summary",
    "detailed_description",
    "lead_sponsor_class",
    "allocation",
    "intervention_model",
    "observational_model",
    "time_perspective",
    "primary_purpose",
    "masking",
    "study_population",
]
_WORDING = frozenset(
    {
        "brief_title",
        "official_title",
        "acronym",
        "brief_summary",
        "detailed_description",
        "eligibility_criteria",
        "lead_sponsor",
        "study_population",
        "why_stopped",
    }
)
_LISTS = ("conditions", "keywords", "interventions", "arms", "outcomes", "sponsors", "sites", "secondary_ids")
_SCALARS = (*sorted(HIGH), *_LOW)


def observed_at(version: Version) -> str:
    """When a version came to be: its own update date, else the time it was fetched."""
    return version.trial.last_update_posted_date or version.fetched_at


def changes(versions: Sequence[Version]) -> Iterator[Change]:
    """The changes along versions of one record, oldest first; partial answers are passed over."""
    whole = [version for version in versions if not version.record.is_partial]
    for before, after in pairwise(whole):
        if order(before)[:-1] == order(after)[:-1]:
            continue  # Two of one moment, such as a record twice in one file: neither came first.
        is_worded = before.record.signs_lost == after.record.signs_lost
        for field, old, new in _differences(before.trial, after.trial, is_worded):
            yield Change(
                field=field,
                old=old,
                new=new,
                observed_at=observed_at(after),
                severity="high" if field in HIGH else "low",
                source=after.record.source,
                source_id=after.record.source_id,
            )


def _differences(
    before: Trial, after: Trial, is_worded: bool
) -> Iterator[tuple[str, str | None, str | None]]:
    """(field, old, new); `is_worded` False leaves out texts and lists, whose words one of the forms has lost."""
    for field in _SCALARS:
        if field in _WORDING and not is_worded:
            continue
        old, new = getattr(before, field), getattr(after, field)
        if old != new and _folded(old) != _folded(new):
            yield field, _text(old), _text(new)
    for field in _LISTS if is_worded else ():
        olds, news = _entries(before, field), _entries(after, field)
        if {_folded(o) for o in olds} != {_folded(n) for n in news}:
            yield (
                field,
                "\n".join(o for o in olds if o not in news),
                "\n".join(n for n in news if n not in olds),
            )


def _entries(trial: Trial, field: str) -> list[str]:
    return [entry if isinstance(entry, str) else _label(entry) for entry in getattr(trial, field)]


def _label(entry: object) -> str:
    """One list entry in words, for people: the fields that identify it."""
    for names in (
        ("facility", "city", "country", "status"),
        ("intervention_type", "name"),
        ("group_type", "title"),
        ("outcome_type", "measure", "time_frame"),
        ("role", "name"),
        ("id_type", "id_value"),
    ):
        if all(hasattr(entry, name) for name in names):
            return ", ".join(str(getattr(entry, name)) for name in names if getattr(entry, name))
    raise TypeError(f"{type(entry).__name__} has no label here; add it to compare/changes.py")


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _folded(value: object) -> str | None:
    """The value without what only the two record forms of the registry differ in: escapes, bullets, wrapping."""
    if value is None:
        return None
    return re.sub(r"[\W_]+", "", re.sub(r"\\(?=\W)", "", str(value))).casefold() + _comparators(str(value))


def _comparators(words: str) -> str:
    """The comparison signs of a text in order: "<" for ">" is a change although no letter differs."""
    return "".join(re.findall(r"[<>≤≥=]", words))
