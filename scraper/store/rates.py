"""How many of a source's trials change at once, learned from its builds: more than is usual is a fault, not news.

A site that changes its layout, or a parser that misreads it, gives nine trials in ten another status in one night
where three in a hundred are usual. Only what came with other pages counts: what this program reads otherwise from the
same pages is no change of the source. Pure: times are those of the pages, never the clock's.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import pow, sqrt

import msgspec

FEWEST_BUILDS = 3
"""Builds of a source that only teach: before them nothing is usual."""
MOST_BUILDS = 12
"""Builds that are remembered; a source's habits of last year say little about this one."""
FEWEST_CHANGED = 10
"""Fewer trials than these are no flood, whatever share of a small source they are."""
LEAST = 0.10
"""The share of a source's trials that may always change a field in one build, however quiet it was."""
TIMES = 5.0
"""How many times what is usual for as many days may change: a year's end closes more trials than a week in May."""


class Brought(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one build brought: how many of the `trials` kept before it state another value now, by field.

    `days` have passed since the source was last seen. One that was `accepted` by hand teaches nothing.
    """

    at: str
    days: float
    trials: int
    changed: dict[str, int] = {}
    accepted: bool = False


def usual(builds: Sequence[Brought]) -> dict[str, float] | None:
    """The share of a source's trials that change a field in a day; None while too few builds have been seen.

    The mean of the builds without the fastest one of each field: one wave must not make the next one usual.
    """
    good = [build for build in builds if not build.accepted and build.trials]
    if len(good) < FEWEST_BUILDS:
        return None
    names = sorted({name for build in good for name in build.changed})
    daily = {name: sorted(_daily(build, name) for build in good)[:-1] for name in names}
    return {name: sum(shares) / len(shares) for name, shares in daily.items()}


def _daily(build: Brought, name: str) -> float:
    share = min(1.0, build.changed.get(name, 0) / build.trials)
    return 1 - pow(1 - share, 1 / max(1.0, build.days))


def most(daily: float, days: float, trials: int) -> float:
    """The largest share of so many trials that may change a field which `daily` of them change in a day."""
    expected = max(LEAST, TIMES * (1 - pow(1 - daily, max(1.0, days))))
    if expected >= 1:
        return 1.0
    return min(1.0, expected + 3 * sqrt(expected * (1 - expected) / trials) + 3 / trials)


def limits(brought: Brought, before: Sequence[Brought], by_hand: Mapping[str, float]) -> dict[str, float]:
    """The largest share for each field that the build changed; without those that nothing is known of yet."""
    known = usual(before)
    found = {}
    for name in sorted(brought.changed):
        if name in by_hand:
            found[name] = by_hand[name]
        elif known is not None and brought.trials:
            found[name] = most(known.get(name, 0.0), brought.days, brought.trials)
    return found


def too_many(
    source: str, brought: Brought, before: Sequence[Brought], by_hand: Mapping[str, float]
) -> Iterator[tuple[str, str]]:
    """(field, sentence) for each field that more trials changed than is usual, or than was allowed by hand."""
    if brought.accepted:
        return
    known = usual(before) or {}
    for name, share in limits(brought, before, by_hand).items():
        changed = brought.changed[name]
        if changed <= share * brought.trials or (changed < FEWEST_CHANGED and name not in by_hand):
            continue
        habit = "set by hand" if name in by_hand else f"usual are {known.get(name, 0.0):.2%} a day"
        words = (
            f"{changed:,} of {brought.trials:,} trials of {source} changed their {name} within"
            f" {max(1, round(brought.days)):,} {'days' if brought.days >= 1.5 else 'day'}; expected at most"
            f" {share:.0%} ({habit}): compare some of them with the source's own pages"
        )
        yield name, words


def remember(builds: Sequence[Brought], brought: Brought) -> list[Brought]:
    """The builds with this one as the last."""
    return [*builds, brought][-MOST_BUILDS:]


def accept_last(builds: Sequence[Brought]) -> list[Brought]:
    """The builds, the last of them accepted by a person."""
    return [*builds[:-1], *(msgspec.structs.replace(build, accepted=True) for build in builds[-1:])]


def days_between(before: str, after: str) -> float:
    """Days from one ISO time to another; 0 where one is not known, or the clock went back."""
    if not before or not after:
        return 0.0
    passed = datetime.fromisoformat(after) - datetime.fromisoformat(before)
    return round(max(0.0, passed.total_seconds() / 86_400), 2)
