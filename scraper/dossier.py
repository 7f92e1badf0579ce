"""Versions of a trial's records -> everything the database holds about the trial, now or at any former date."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from scraper import criteria
from scraper.compare import changes, conflicts, presence, state, versions
from scraper.compare.conflicts_between import between_sources, reading
from scraper.compare.mentions import mentions
from scraper.compare.rules_all import contradictions
from scraper.compare.united import united
from scraper.model import (
    CRITERIA_PER_TRIAL,
    Change,
    Conflict,
    Criterion,
    Dossier,
    Problem,
    RecordRow,
    Version,
)
from scraper.normalise.identifier import find_all
from scraper.sources import SOURCES, by_name

KINDS = {source.name: source.kind for source in SOURCES}
Key = tuple[str, str]


class Known:
    """What is known of one trial: the versions of each (source, source_id) with their dates, and its absences."""

    def __init__(
        self,
        trial_id: str,
        dated: Mapping[Key, Sequence[tuple[str, Version]]],
        absences: Mapping[Key, Sequence[presence.Absence]],
    ) -> None:
        self._trial_id = trial_id
        self._dated = dated
        self._absences = absences
        self._criteria: dict[tuple[str, str, bool], Sequence[Criterion]] = {}
        self._changes: dict[Key, list[Change]] = {}

    @property
    def moments(self) -> list[str]:
        """The dates at which something began, sorted; the last one is now."""
        dates = {date for group in self._dated.values() for date, _ in group}
        first = min(dates)
        for known in self._absences.values():
            dates |= {when for absence in known for when in absence if when and when >= first}
        return sorted(dates)

    def last_fetched(self, moment: str) -> str:
        """When the youngest page of that date was fetched."""
        return max(version.fetched_at for _, version in self._until(moment))

    def _until(self, moment: str) -> list[tuple[str, Version]]:
        return [each for group in self._dated.values() for each in group if each[0] <= moment]

    def at(self, moment: str) -> Dossier:
        """Everything the database would hold if there were only the pages up to that date."""
        newest: dict[Key, Version] = {}
        for key, group in self._dated.items():
            # In the order of versions.order: the last one of that date or before wins.
            there = [version for date, version in group if date <= moment]
            if there:
                newest[key] = there[-1]
        winning = versions.winner(newest.values(), KINDS)
        own = [(winning.record.source, winning.record.source_id)]
        lead_rank = by_name(winning.record.source).lead_rank
        if lead_rank is not None:
            own = [key for key in newest if key[0] == winning.record.source]
            winning = united([newest[key] for key in own], lead_rank)
        shown = (winning.record.source, winning.record.source_id)
        listings = [v for v in newest.values() if KINDS[v.record.source] == "listing"]
        texts = {v.sha256: self._criteria_of(v) for v in (winning, *listings)}
        winning_criteria, cut = _limited(texts[winning.sha256], winning)
        # A page under a former id is a version of the trial it became.
        winning.trial.trial_id = self._trial_id
        registry = winning if KINDS[winning.record.source] == "registry" else None
        # Each record's own versions: what differs between two countries did not change.
        own_changes = tuple(
            sorted(
                (change for key in own for change in self._changes_of(key) if change.observed_at <= moment),
                key=lambda change: change.observed_at,
            )
        )
        return Dossier(
            trial=winning.trial,
            criteria=winning_criteria,
            records=tuple(_record_row(version) for version in newest.values()),
            changes=own_changes,
            conflicts=(
                *conflicts.conflicts(registry, listings, texts),
                *(contradictions(registry, winning_criteria) if registry else ()),
                *_between(registry, newest.values()),
            ),
            problems=tuple(sorted({p for version in newest.values() for p in version.problems} | cut)),
            mentions=tuple(mentions(winning.trial, find_all)),
            first_seen_at=min(version.fetched_at for _, version in self._until(moment)),
            last_changed_at=own_changes[-1].observed_at
            if own_changes
            else max(self._began(key, newest[key]) for key in own),
            removed_at=presence.at(self._absences[shown], moment),
        )

    def _own(self, key: Key) -> Sequence[tuple[str, Version]]:
        """The versions of one record that changes are told of: whole ones, or partial ones where there are no others."""
        group = self._dated[key]
        return [each for each in group if not each[1].record.is_partial] or group

    def _began(self, key: Key, winning: Version) -> str:
        """The date of the first version of a record that is as whole as the one that wins."""
        return next(date for date, v in self._dated[key] if v.record.is_partial == winning.record.is_partial)

    def _changes_of(self, key: Key) -> list[Change]:
        if key not in self._changes:
            own = self._own(key)
            # One version alone has changed nothing: so it is with most trials, and states cost as much as a parse.
            states = [
                changes.Dated(
                    date, v.fetched_at, state.of_trial(v.trial, v.record, v.problems, self._lazily(v))
                )
                for date, v in (own if len(own) > 1 else ())
            ]
            found = [
                *changes.changes(states, *key),
                *presence.changes(self._absences[key], *key),
            ]
            self._changes[key] = sorted(found, key=lambda change: change.observed_at)
        return self._changes[key]

    def _lazily(self, version: Version) -> state.ReadCriteria:
        return lambda: self._criteria_of(version)

    def _criteria_of(self, version: Version) -> Sequence[Criterion]:
        """The criteria of a version; a text is read once, however many versions have it."""
        key = (version.record.source, version.record.eligibility_criteria, version.record.signs_lost)
        if key not in self._criteria:
            self._criteria[key] = read_criteria(version)
        return self._criteria[key]


def _between(registry: Version | None, newest: Iterable[Version]) -> Iterator[Conflict]:
    """What copies and listings state otherwise than the registry's own record, where there is one."""
    if registry is None:
        return
    own = reading(registry, "registry")
    for version in newest:
        kind = KINDS[version.record.source]
        if kind != "registry":
            yield from between_sources(own, reading(version, kind))


def read_criteria(version: Version) -> Sequence[Criterion]:
    """The criteria of a version. A copy in a registry of registries has no limit of "=", one without signs none at all.

    WHO's exports turn ≥ and ≤ into "=" ("aged =18 years", NCT04341714): read as it stands, it would keep out
    everybody who is not 18.
    """
    rows = criteria.read(version.record.eligibility_criteria, _style(version))
    if version.record.signs_lost:
        return [msgspec.structs.replace(row, constraints=()) for row in rows]
    if KINDS[version.record.source] != "secondary":
        return rows
    return [
        msgspec.structs.replace(row, constraints=tuple(c for c in row.constraints if c.comparator != "="))
        for row in rows
    ]


def _style(version: Version) -> str:
    """How the source writes eligibility text, as far as the source alone decides; "" leaves it to the text."""
    return "listing" if KINDS[version.record.source] == "listing" else ""


def _limited(rows: Sequence[Criterion], version: Version) -> tuple[tuple[Criterion, ...], set[Problem]]:
    """The criteria that have room under one trial's ids; no real text comes near the limit."""
    if len(rows) <= CRITERIA_PER_TRIAL:
        return tuple(rows), set()
    problem = Problem(
        source=version.record.source,
        source_id=version.record.source_id,
        url=version.record.url,
        stage="criteria",
        field="eligibility_criteria",
        found=f"{len(rows)} criteria",
        expected=f"at most {CRITERIA_PER_TRIAL}; the rest is left out",
        seen_at=version.fetched_at,
    )
    return tuple(rows[:CRITERIA_PER_TRIAL]), {problem}


def _record_row(version: Version) -> RecordRow:
    record = version.record
    return RecordRow(
        source=record.source,
        source_id=record.source_id,
        url=record.url,
        status_raw=record.overall_status,
        age_raw=record.age_words,
        sex_raw=record.sex,
        phase_raw=record.phase,
        sponsor_raw=record.lead_sponsor,
        updated_raw=record.updated or record.data_version,
        fetched_at=version.fetched_at,
        sha256=version.sha256,
        parser_version=by_name(record.source).parser_version,
        is_partial=record.is_partial,
        form_lacks=" ".join([*sorted(record.form_lacks), *([state.SIGNS] if record.signs_lost else [])])
        or None,
        ages_unread=version.trial.ages_unread,
    )
