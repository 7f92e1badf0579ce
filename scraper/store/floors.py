"""May this be published over what is there? Judgements on a measured build, from what was learned of earlier ones.

Pure. What a source stated in the last good build is its measure; how far the next one may fall below it follows from
how many trials are looked at, and every limit can be set by hand in `floors.json` (`store.floorfile`).
"""

from collections.abc import Iterable, Iterator, Mapping
from math import sqrt

import msgspec

from scraper.store.measure import Measured
from scraper.store.rates import Brought, accept_last, too_many

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
"""The share of a source's records that may have a status, sex or phase in unreadable words it never used before."""
MOST_UNREAD_MORE = 0.05
FEWEST_TO_JUDGE_OTHERS = 30
"""Two trials that all state an age say nothing of the next fifteen: so few are a measure of no more than themselves."""
FEWEST_WITH_NEW_WORDS = 10
"""Fewer records with a new word are no other vocabulary."""


class Learned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a source stated in the last good build; `lost` and `altered` are the largest shares of good updates.

    `builds` are the last ones that brought changes of its trials, the newest last.
    """

    at: str = ""
    records: int = 0
    trials: int = 0
    fields: dict[str, float] = {}
    words: dict[str, list[str]] = {}
    unread: float = 0.0
    lost: dict[str, float] = {}
    altered: dict[str, float] = {}
    builds: list[Brought] = []

    def share(self, field: str, same: int = 0) -> float:
        """How many trials usually state the field; 0.0 where it was learned from too few to say so of others.

        `same`: that many are looked at, among them those that it was learned from.
        """
        enough = self.trials >= FEWEST_TO_JUDGE_OTHERS or 0 < same <= self.trials
        return self.fields.get(field, 0.0) if enough else 0.0


class Set(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Limits set by hand; each wins over what was learned."""

    records: int | None = None
    fields: dict[str, float] = {}
    words: dict[str, list[str]] = {}
    new_words: float | None = None
    unread: float | None = None
    lost: dict[str, float] = {}
    altered: dict[str, float] = {}
    changed: dict[str, float] = {}


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
            builds=known.builds,
        ),
    )


def accepted(source: str, floor: Floor) -> Floor:
    """The floor, where its last build changed too much with that accepted by a person: it teaches nothing."""
    if not list(_last_too_many(source, floor)):
        return floor
    learned = msgspec.structs.replace(floor.learned, builds=accept_last(floor.learned.builds))
    return msgspec.structs.replace(floor, learned=learned)


def _last_too_many(source: str, floor: Floor) -> Iterator[str]:
    builds = floor.learned.builds
    if builds:
        for _, words in too_many(source, builds[-1], builds[:-1], floor.set.changed):
            yield words


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
            yield from words_are_new(source, found.odd, found.records, floor)
            yield from _is_unread(source, found, floor)


def _fields_fall(source: str, found: Measured, floor: Floor, always: Mapping[str, float]) -> Iterator[str]:
    for name in sorted({*floor.learned.fields, *floor.set.fields, *always}):
        least = floor.set.fields.get(name)
        if least is None:
            least = least_share(floor.learned.share(name, found.trials), found.trials)
            if found.trials >= FEWEST_FOR_ALWAYS:
                least = max(least, always.get(name, 0.0))
        share = found.fields.get(name, 0.0)
        if found.trials and share < least:
            yield (
                f"only {share:.0%} of the trials of {source} have {name}; expected at least {least:.0%}:"
                f" look at the table problems, then at sources/{source}.py"
            )


def least_share(share: float, count: int) -> float:
    """How small a share among `count` trials may be where `share` is usual: three standard deviations below."""
    if not count:
        return 0.0
    return max(0.0, share - max(MARGIN, 3 * sqrt(share * (1 - share) / count), 3 / count))


def words_are_new(
    source: str, found: Mapping[str, Mapping[str, int]], records: int, floor: Floor
) -> Iterator[str]:
    """Where more of these records than usual have a status, sex or phase in unreadable words, new to the source.

    A word of the vocabulary is none, however long a source did without it.
    """
    for name, words in found.items():
        known = {*floor.learned.words.get(name, ()), *floor.set.words.get(name, ())}
        if not known:
            continue
        new = {word: count for word, count in words.items() if word not in known}
        most = floor.set.new_words
        if most is None:
            most = MOST_NEW_WORDS + 3 / records
        count = sum(new.values())
        if count > most * records and (count >= FEWEST_WITH_NEW_WORDS or floor.set.new_words is not None):
            example = max(sorted(new), key=lambda word: new[word])
            yield (
                f"{count:,} of {records:,} records of {source} have a {name} that cannot be read and that it never"
                f" used before, such as {example[:60]!r}; expected at most {most:.0%}, and of {len(known):,} known words such as"
                f" {min(known)[:60]!r}"
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


def changed_too_fast(floors: Floors) -> Iterator[str]:
    """Which field changed in more trials of the last build than is usual, by source: what stands in the database."""
    for source, floor in sorted(floors.items()):
        for words in _last_too_many(source, floor):
            yield f"{words}; take it with `trials build --full --accept`, or allow it in `set.changed` of the floors"


def sentence(failures: Iterable[str], most: int = 6) -> str:
    """The first reasons, and how many more there are."""
    found = list(failures)
    more = f"; and {len(found) - most} more" if len(found) > most else ""
    return "; ".join(found[:most]) + more
