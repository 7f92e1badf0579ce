"""What an update in place, or a database made anew, would turn the trials into: counted, and judged before it is written.

Pure. Two measures: of the trials that differ the share that lose a field or have another value of it, and of all
trials of a source the share that changed at once (`store.rates`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from scraper.store.floors import CORE, Floor, Floors, least_share, words_are_new
from scraper.store.measure import Altered, Stated
from scraper.store.rates import Brought, days_between, remember, too_many

FEWEST_LOST = 3
FEWEST_OTHERS_LOST = 10
FEWEST_ALTERED = 6
"""A source of five trials may well turn over at once."""
MOST_LOST = 0.5
MOST_ALTERED = 0.5
# A wave of updates may well be one of status: sites close at the end of a year.
MOST_ALTERED_STATUS = 0.9
# It stands only beside the status UNKNOWN and goes with it.
_PASSING = frozenset({"last_known_status", "why_stopped"})
FEWEST_GONE = 10
MOST_GONE = 0.05
FEWEST_TO_LEARN = 10


class Turned:
    """What an update would make of the trials it writes, counted one by one before the first is written."""

    def __init__(self) -> None:
        self.written: Counter[str] = Counter()
        self.gone: Counter[str] = Counter()
        self.filled: Counter[tuple[str, str]] = Counter()
        self.had: Counter[tuple[str, str]] = Counter()
        self.lost: Counter[tuple[str, str]] = Counter()
        self.both: Counter[tuple[str, str]] = Counter()
        self.altered: Counter[tuple[str, str]] = Counter()
        self.changed: dict[str, Counter[str]] = {}
        self.unread: dict[str, dict[str, Counter[str]]] = {}
        self.seen: dict[str, str] = {}

    def add(self, before: Stated | None, after: Stated | None, *, is_gone: bool) -> None:
        """Count one trial; None where it is not there, or shows only a part of a record."""
        if before is not None and is_gone:
            self.gone[before.source] += 1
        if after is None:
            return
        source = after.source
        self.written[source] += 1
        self.filled.update((source, name) for name in after.fields)
        self.seen[source] = max(after.seen, self.seen.get(source, ""))
        for name, word in after.unread.items():
            self.unread.setdefault(source, {}).setdefault(name, Counter())[word] += 1
        if before is None or before.source != source:
            return
        for name in before.fields:
            self.had[source, name] += 1
            self.lost[source, name] += name not in after.fields
        for name, value in before.values.items():
            if value is not None and after.values[name] is not None:
                self.both[source, name] += 1
                self.altered[source, name] += value != after.values[name]
        if after.comes_from_other_pages(before):
            other = (name for name, value in before.compared.items() if value != after.compared[name])
            self.changed.setdefault(source, Counter()).update(other)

    def brought(self, stored: Mapping[str, int], seen: Mapping[str, str]) -> dict[str, Brought]:
        """What the update brings each source; `stored` are its trials before it, `seen` when they were last seen."""
        return {
            source: _brought(stored.get(source, 0), changed, seen.get(source, ""), self.seen[source])
            for source, changed in sorted(self.changed.items())
        }

    def falls(
        self, floors: Floors, stored: Mapping[str, int], brought: Mapping[str, Brought]
    ) -> Iterator[str]:
        """Why the update must not be written; `stored` is how many trials of each source there are."""
        for source, gone in self.gone.items():
            if gone > FEWEST_GONE and gone > MOST_GONE * stored.get(source, 0):
                yield f"{gone:,} of {stored.get(source, 0):,} trials of {source} could not be read any more"
        for (source, name), lost in sorted(self.lost.items()):
            yield from self._is_lost(source, name, lost, floors)
        told = set()
        for (source, name), altered in sorted(self.altered.items()):
            for words in _is_altered(source, name, altered, self.both[source, name], floors):
                told.add((source, name))
                yield words
        for source, count in sorted(self.written.items()):
            floor = floors.get(source, Floor())
            yield from self._is_bare(source, count, floor)
            yield from words_are_new(source, self.unread.get(source, {}), count, floor)
        yield from changed_too_many(brought, floors, told)

    def _is_lost(self, source: str, name: str, lost: int, floors: Floors) -> Iterator[str]:
        floor, had = floors.get(source, Floor()), self.had[source, name]
        most = floor.set.lost.get(name)
        if most is None:
            if name in _PASSING:
                return
            most = max(MOST_LOST, min(1.0, 1.5 * floor.learned.lost.get(name, 0.0)))
        if lost >= (FEWEST_LOST if name in CORE else FEWEST_OTHERS_LOST) and lost > most * had:
            yield (
                f"{lost:,} of {had:,} changed trials of {source} would lose their {name}; expected at most {most:.0%}"
            )

    def _is_bare(self, source: str, count: int, floor: Floor) -> Iterator[str]:
        for name in sorted(CORE):
            usual = floor.set.fields.get(name, floor.learned.share(name))
            share, least = self.filled[source, name] / count, least_share(usual, count)
            if share < least:
                yield (
                    f"only {share:.0%} of the {count:,} trials of {source} that came have {name}; expected at least"
                    f" {least:.0%}"
                )

    def learned(self, floors: Floors) -> Iterator[tuple[str, Floor]]:
        """The floors with the shares of this good update where they are the largest so far."""
        for source in sorted(self.written):
            floor = floors.get(source, Floor())
            lost = self._largest(source, self.lost, self.had, floor.learned.lost)
            altered = self._largest(source, self.altered, self.both, floor.learned.altered)
            learned = msgspec.structs.replace(floor.learned, lost=lost, altered=altered)
            yield source, msgspec.structs.replace(floor, learned=learned)

    @staticmethod
    def _largest(
        source: str,
        some: Mapping[tuple[str, str], int],
        of: Mapping[tuple[str, str], int],
        known: Mapping[str, float],
    ) -> dict[str, float]:
        found = {
            name: round(some[key] / count, 4)
            for key, count in of.items()
            if (name := key[1]) and key[0] == source and count >= FEWEST_TO_LEARN and some[key]
        }
        return {name: max(known.get(name, 0.0), found.get(name, 0.0)) for name in sorted({*known, *found})}


def _is_altered(source: str, name: str, altered: int, count: int, floors: Floors) -> Iterator[str]:
    floor = floors.get(source, Floor())
    most = floor.set.altered.get(name)
    if most is None:
        usual = MOST_ALTERED_STATUS if name == "overall_status" else MOST_ALTERED
        most = max(usual, min(1.0, 1.5 * floor.learned.altered.get(name, 0.0)))
    if altered >= FEWEST_ALTERED and altered > most * count:
        yield (
            f"{altered:,} of {count:,} trials of {source} would have another {name}; expected at most {most:.0%}"
        )


def made_other(altered: Mapping[str, Altered], floors: Floors) -> Iterator[str]:
    """Which field is another in too many trials of a database made anew (`measure.altered`)."""
    told = set()
    for source, found in altered.items():
        for name, count in found.other.items():
            for words in _is_altered(source, name, count, found.trials, floors):
                told.add((source, name))
                yield words
    yield from changed_too_many(rebuilt(altered), floors, told)


def rebuilt(altered: Mapping[str, Altered]) -> dict[str, Brought]:
    """What a database made anew brings each source."""
    return {
        source: _brought(found.trials, found.changed, *found.seen)
        for source, found in altered.items()
        if found.changed
    }


def changed_too_many(
    brought: Mapping[str, Brought], floors: Floors, told: set[tuple[str, str]]
) -> Iterator[str]:
    """Which field changes in more trials of a source at once than is usual, without those that were `told` already."""
    for source, found in brought.items():
        floor = floors.get(source, Floor())
        for name, words in too_many(source, found, floor.learned.builds, floor.set.changed):
            if (source, name) not in told:
                yield words


def learn_rates(
    brought: Mapping[str, Brought], floors: Floors, *, accept: bool
) -> Iterator[tuple[str, Floor]]:
    """The floors that remember what this build brought; with `accept` as something that teaches nothing."""
    for source, found in brought.items():
        floor = floors.get(source, Floor())
        builds = remember(floor.learned.builds, msgspec.structs.replace(found, accepted=accept))
        yield (
            source,
            msgspec.structs.replace(floor, learned=msgspec.structs.replace(floor.learned, builds=builds)),
        )


def _brought(trials: int, changed: Mapping[str, int], before: str, after: str) -> Brought:
    counts = {name: changed[name] for name in sorted(changed) if changed[name]}
    return Brought(at=after, days=days_between(before, after), trials=trials, changed=counts)
