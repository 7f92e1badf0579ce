"""One trial out of the several records that one source has of it, such as one for each country.

One record leads: the one that speaks best for the trial as its source ranks it, of equals the one with the newest data,
of these the last by its id; never the one that was fetched last, so that a new visit to one country changes nothing.
The lead gives the trial its words. The others add what is true of the whole trial: their countries and ids, and values
that the lead does not state.
Where records differ, nothing is said that one of them denies: see `status` and `_ages`.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from scraper.model import LinkedId, Place, Record, Trial, Version

_OPEN = ("RECRUITING", "ENROLLING_BY_INVITATION", "NOT_YET_RECRUITING")
_REFUSED = "NOT_AUTHORISED"
# What a record states of the whole trial; taken from the next best record where the lead is silent.
_FILLED = (
    "phase",
    "healthy_volunteers",
    "enrollment",
    "enrollment_type",
    "start_date",
    "primary_completion_date",
    "completion_date",
    "has_results",
)
_AGE_SIDES = (
    ("minimum_age", "minimum_age_years"),
    ("maximum_age", "maximum_age_years", "maximum_age_before_years"),
)

Rank = Callable[[Record], tuple[int, ...]]


def united(versions: Iterable[Version], rank: Rank) -> Version:
    """The leading record with the trial that all of them make together; `versions` are the newest of each record."""
    ranked = sorted(
        versions,
        key=lambda v: (not v.record.is_partial, rank(v.record), v.record.data_version, v.record.source_id),
        reverse=True,
    )
    lead = ranked[0]
    if len(ranked) == 1:
        return lead
    trials = [version.trial for version in ranked]
    # A row of a summary has a part of the fields: that it states no limit does not mean that there is none.
    whole = [version.trial for version in ranked if version.record.is_partial == lead.record.is_partial]
    values: dict[str, object] = {
        field: next((value for t in trials if (value := getattr(t, field)) is not None), None)
        for field in _FILLED
    }
    values |= {
        "overall_status": status(trial.overall_status for trial in trials),
        "sex": _sex(trial.sex for trial in whole),
        "first_posted_date": min((t.first_posted_date for t in trials if t.first_posted_date), default=None),
        "sites": _places(trials),
        "secondary_ids": _ids(trials),
        **_ages(whole),
    }
    return msgspec.structs.replace(lead, trial=msgspec.structs.replace(lead.trial, **values))


def status(stated: Iterable[str | None]) -> str | None:
    """The status of a trial whose records state these.

    Open anywhere is open. A refusal counts only where nothing else is stated: the trial runs elsewhere. Where it may
    still go on in one country (UNKNOWN: "Ongoing" does not say whether anybody may enter) the whole is UNKNOWN,
    however many others have ended. One word for all stays; several that all let nobody in, such as
    completed here and terminated there, are NOT_RECRUITING.
    """
    found = {word for word in stated if word is not None}
    for word in (*_OPEN, "UNKNOWN"):
        if word in found:
            return word
    if len(found) > 1:
        found.discard(_REFUSED)
    if len(found) > 1:
        return "NOT_RECRUITING"
    return found.pop() if found else None


def _sex(stated: Iterable[str | None]) -> str | None:
    found = {word for word in stated if word is not None}
    return "ALL" if len(found) > 1 else found.pop() if found else None


def _ages(trials: Sequence[Trial]) -> dict[str, object]:
    """The widest limits: one holds for the trial where every record has it, and then the one that lets most people in.

    Where one of them states it in words that could not be read, nobody can say what holds for the trial.
    """
    values: dict[str, object] = {}
    unread = []
    for side in _AGE_SIDES:
        limited = [trial for trial in trials if getattr(trial, side[-1]) is not None]
        odd = [
            trial for trial in trials if trial not in limited and side[0] in (trial.ages_unread or "").split()
        ]
        if odd and len(limited) + len(odd) == len(trials):
            unread.append(side[0])
        found: Trial | None = None
        if len(limited) == len(trials):
            widest = min if side[0] == "minimum_age" else max
            found = widest(limited, key=lambda trial: float(getattr(trial, side[-1])))
        values |= {field: None if found is None else getattr(found, field) for field in side}
    return values | {"ages_unread": " ".join(unread) or None}


def _places(trials: Iterable[Trial]) -> list[Place]:
    """The places of all, each once; one that states more stands for the same one that states less."""
    found: dict[tuple[str | None, ...], Place] = {}
    for trial in trials:
        for place in trial.sites:
            key = (place.facility, place.city, place.state, place.country)
            if key not in found or (found[key].status is None and place.status is not None):
                found[key] = place
    return list(found.values())


def _ids(trials: Iterable[Trial]) -> list[LinkedId]:
    found: dict[tuple[str, str], LinkedId] = {}
    for trial in trials:
        for linked in trial.secondary_ids:
            found.setdefault((linked.id_type, linked.id_value), linked)
    return list(found.values())
