"""May this be published over what is there? Judgements on a measured build, from what was learned of earlier ones.

Pure. What a source stated in the last good build is its measure; how far the next one may fall below it follows from
how many trials are looked at, and every limit can be set by hand in `floors.json` (`store.floorfile`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import sqrt

import msgspec

from scraper.store.measure import Measured, Stated

CORE = frozenset(
    {
        "brief_title",
        "overall_status",
        "study_type",
        "sex",
        "minimum_age",
        "maximum_age",
        "lead_sponsor",
        "eligibility_criteria",
        "criteria",
        "conditions",
    }
)
"""What many trials do not lose at once, unless their pages are misread."""

ALWAYS = {"brief_title": 0.99, "overall_status": 0.9, "lead_sponsor": 0.9}
"""What a trial can hardly be without: floors of a source of which nothing was learned yet."""
FEWEST_FOR_ALWAYS = 50
"""Among fewer trials a single sparse record would look like a broken parser."""
LEAST_OF_RECORDS = 0.95
"""Records never leave an archive: fewer than this share of the last good build's were not read any more."""
MARGIN = 0.05
MOST_NEW_WORDS = 0.05
"""The share of a source's records that may have a status, sex or phase in words it never used before."""
MOST_UNREAD_MORE = 0.05
FEWEST_LOST = 3
FEWEST_OTHERS_LOST = 10
FEWEST_ALTERED = 5
MOST_LOST = 0.5
MOST_ALTERED = 0.5
# A wave of updates may well be one of status: sites close at the end of a year.
MOST_ALTERED_STATUS = 0.9
# It stands only beside the status UNKNOWN and goes with it.
_PASSING = frozenset({"last_known_status", "why_stopped"})
FEWEST_GONE = 10
MOST_GONE = 0.05
FEWEST_TO_LEARN = 10


class Learned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a source stated in the last good build; `lost` and `altered` are the largest shares of good updates."""

    at: str = ""
    records: int = 0
    trials: int = 0
    fields: dict[str, float] = {}
    words: dict[str, list[str]] = {}
    unread: float = 0.0
    lost: dict[str, float] = {}
    altered: dict[str, float] = {}


class Set(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Limits set by hand; each wins over what was learned."""

    records: int | None = None
    fields: dict[str, float] = {}
    words: dict[str, list[str]] = {}
    new_words: float | None = None
    unread: float | None = None
    lost: dict[str, float] = {}
    altered: dict[str, float] = {}


class Floor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source of `floors.json`: what the program learned, and what a person set."""

    learned: Learned = Learned()
    set: Set = Set()


Floors = Mapping[str, Floor]


def learn(measured: Measured, at: str, before: Floor) -> Floor:
    """The floor after a good build; what was set by hand and the largest changes stay."""
    known = before.learned
    words = {name: sorted(found) for name, found in measured.words.items()}
    return msgspec.structs.replace(
        before,
        learned=Learned(
            at=at,
            records=measured.records,
            trials=measured.trials,
            fields=dict(measured.fields),
            words=words,
            unread=measured.unread,
            lost=known.lost,
            altered=known.altered,
        ),
    )


# ── the whole database ──────────────────────────────────────────────────────────────────────────────────


def falls(measured: Mapping[str, Measured], floors: Floors, *, always: bool = True) -> Iterator[str]:
    """Where a whole database falls below its floors: one sentence each, with source and field.

    `always` also asks for what every source should state, good builds or none before it.
    """
    for source in sorted({*measured, *floors}):
        floor, found = floors.get(source, Floor()), measured.get(source)
        least = floor.set.records
        if least is None:
            least = int(LEAST_OF_RECORDS * floor.learned.records)
        records = found.records if found else 0
        if records < least:
            yield (
                f"{source} has {records:,} records; expected at least {least:,}: see which of its pages are not read"
                " any more in the table problems"
            )
        if found:
            yield from _fields_fall(source, found, floor, ALWAYS if always else {})
            yield from _words_are_new(source, found, floor)
            yield from _is_unread(source, found, floor)


def _fields_fall(source: str, found: Measured, floor: Floor, always: Mapping[str, float]) -> Iterator[str]:
    for name in sorted({*floor.learned.fields, *floor.set.fields, *always}):
        least = floor.set.fields.get(name)
        if least is None:
            least = _least(floor.learned.fields.get(name, 0.0), found.trials)
            if found.trials >= FEWEST_FOR_ALWAYS:
                least = max(least, always.get(name, 0.0))
        share = found.fields.get(name, 0.0)
        if found.trials and share < least:
            yield (
                f"only {share:.0%} of the trials of {source} have {name}; expected at least {least:.0%}:"
                f" look at the table problems, then at sources/{source}.py"
            )


def _least(share: float, count: int) -> float:
    """How small a share among `count` trials may be where `share` is usual: three standard deviations below."""
    if not count:
        return 0.0
    return max(0.0, share - max(MARGIN, 3 * sqrt(share * (1 - share) / count), 3 / count))


def _words_are_new(source: str, found: Measured, floor: Floor) -> Iterator[str]:
    for name, words in found.words.items():
        known = {*floor.learned.words.get(name, ()), *floor.set.words.get(name, ())}
        if not known:
            continue
        new = {word: count for word, count in words.items() if word not in known}
        most = floor.set.new_words
        if most is None:
            most = MOST_NEW_WORDS + 3 / found.records
        if sum(new.values()) > most * found.records:
            example = max(sorted(new), key=lambda word: new[word])
            yield (
                f"{sum(new.values()):,} of {found.records:,} records of {source} have a {name} it never used before,"
                f" such as {example[:60]!r}; expected at most {most:.0%}"
            )


def _is_unread(source: str, found: Measured, floor: Floor) -> Iterator[str]:
    most = floor.set.unread
    if most is None:
        if not floor.learned.records:
            return
        most = floor.learned.unread + MOST_UNREAD_MORE + 3 / found.records
    if found.unread > most:
        yield (
            f"{found.unread:.0%} of the pages of {source} hold no trial that can be read; expected at most {most:.0%}:"
            f" look at the table problems, then at sources/{source}.py"
        )


def made_other(altered: Mapping[str, tuple[int, Mapping[str, float]]], floors: Floors) -> Iterator[str]:
    """Which field is another in too many trials of a database made anew (`measure.altered`)."""
    for source, (count, shares) in altered.items():
        for name, share in shares.items():
            yield from _is_altered(source, name, round(share * count), count, floors)


# ── an update in place ──────────────────────────────────────────────────────────────────────────────────


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

    def add(self, before: Stated | None, after: Stated | None, *, is_gone: bool) -> None:
        """Count one trial; None where it is not there, or shows only a part of a record."""
        if before is not None and is_gone:
            self.gone[before.source] += 1
        if after is None:
            return
        source = after.source
        self.written[source] += 1
        self.filled.update((source, name) for name in after.fields)
        if before is None or before.source != source:
            return
        for name in before.fields:
            self.had[source, name] += 1
            self.lost[source, name] += name not in after.fields
        for name, value in before.values.items():
            if value is not None and after.values[name] is not None:
                self.both[source, name] += 1
                self.altered[source, name] += value != after.values[name]

    def falls(self, floors: Floors, stored: Mapping[str, int]) -> Iterator[str]:
        """Why the update must not be written; `stored` is how many trials of each source there are."""
        for source, gone in self.gone.items():
            if gone > FEWEST_GONE and gone > MOST_GONE * stored.get(source, 0):
                yield f"{gone:,} of {stored.get(source, 0):,} trials of {source} could not be read any more"
        for (source, name), lost in sorted(self.lost.items()):
            yield from self._is_lost(source, name, lost, floors)
        for (source, name), altered in sorted(self.altered.items()):
            yield from _is_altered(source, name, altered, self.both[source, name], floors)
        for source, count in sorted(self.written.items()):
            yield from self._is_bare(source, count, floors.get(source, Floor()))

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
            usual = floor.set.fields.get(name, floor.learned.fields.get(name, 0.0))
            share, least = self.filled[source, name] / count, _least(usual, count)
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


def sentence(failures: Iterable[str], most: int = 6) -> str:
    """The first reasons, and how many more there are."""
    found = list(failures)
    more = f"; and {len(found) - most} more" if len(found) > most else ""
    return "; ".join(found[:most]) + more
