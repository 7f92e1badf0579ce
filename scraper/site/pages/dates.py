"""The dates of a trial in their order, and what they say about its status."""

from scraper.site.rows import Row

_DATES = (
    ("first_posted_date", "first posted", None),
    ("start_date", "start", None),
    ("primary_completion_date", "primary completion", "last measurement for the primary outcome"),
    ("completion_date", "completion", "last visit of the last participant"),
    ("results_first_posted_date", "results first posted", None),
    ("verification_date", "last confirmed by the sponsor", None),
    ("last_update_posted_date", "last update at the source", None),
    ("removed_at", "removed at the source", None),
)
_OPEN = ("RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE")
_STALE_YEARS = 3


def dates(found: Row) -> list[tuple[str, str, str | None, bool]]:
    """(date, what, note, planned) in the order of time; a date is only as precise as stated.

    What lies after the day the record was last seen is planned: nobody could know it then.
    """
    there = [(str(found[name])[:10], label, note) for name, label, note in _DATES if found[name]]
    seen = found["last_seen_at"]
    return [(*each, each[0] > seen[: len(each[0])]) for each in sorted(there, key=lambda each: each[0])]


def stale(found: Row) -> str:
    """Why "recruiting" may no longer be so, as of the day the record was last seen; "" where nothing says so."""
    if found["overall_status"] not in _OPEN:
        return ""
    seen, why = found["last_seen_at"], []
    updated = found["last_update_posted_date"]
    if updated and updated[:4].isdigit() and int(seen[:4]) - int(updated[:4]) >= _STALE_YEARS:
        why.append(f"the record was last updated in {updated[:4]}")
    for name, label in (("completion_date", "completion"), ("primary_completion_date", "primary completion")):
        if found[name] and found[name] < seen[: len(found[name])]:
            why.append(f"its date of {label}, {found[name]}, had passed")
            break
    return " and ".join(why)
