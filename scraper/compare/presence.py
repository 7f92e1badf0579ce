"""When a source had a trial and when it had not, from what was noticed of the trial's addresses."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from scraper.model import Change


class Absence(NamedTuple):
    """A time without the trial; `returned_at` is None as long as it lasts."""

    removed_at: str
    returned_at: str | None


def absences(
    noticed: Iterable[tuple[str, bool]], fetched: Iterable[str], removed_at: str | None
) -> list[Absence]:
    """The absences of a trial, oldest first.

    `noticed` is (time, whether gone) of all its addresses, `fetched` when its pages came over the network; a fetch
    after it was gone is a return. `removed_at` is whether, and since when, it is gone now: that has the last word.
    """
    events = sorted({(at, bool(is_gone)) for at, is_gone in noticed} | {(at, False) for at in fetched})
    found: list[Absence] = []
    for at, is_gone in events:
        is_open = bool(found) and found[-1].returned_at is None
        if is_gone and not is_open:
            found.append(Absence(at, None))
        elif not is_gone and is_open and at > found[-1].removed_at:
            found[-1] = Absence(found[-1].removed_at, at)
    is_open = bool(found) and found[-1].returned_at is None
    if removed_at and not is_open:
        found.append(Absence(removed_at, None))
    elif is_open and not removed_at:  # an archive of before these notes knows that it is back, not since when
        found.pop()
    return found


def at(known: Sequence[Absence], moment: str) -> str | None:
    """Since when the trial was gone at that moment; None when it was there."""
    return next(
        (
            absence.removed_at
            for absence in known
            if absence.removed_at <= moment and (absence.returned_at is None or absence.returned_at > moment)
        ),
        None,
    )


def changes(known: Iterable[Absence], source: str, source_id: str) -> Iterator[Change]:
    """A change when the trial vanished, and one when it came back."""
    for absence in known:
        pair = (absence.removed_at, None)
        for old, new, when in ((None, absence.removed_at, absence.removed_at), (*pair, absence.returned_at)):
            if when:
                yield Change(
                    field="removed_at",
                    old=old,
                    new=new,
                    observed_at=when,
                    severity="high",
                    source=source,
                    source_id=source_id,
                    kind="removed" if new else "returned",
                    learned_at=when,
                )
