"""What judging a trial needs: its fields, criteria and limits, read from `trials.db`."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from scraper.match.limits import Limit
from scraper.model import CRITERIA_PER_TRIAL, trial_key
from scraper.store import unread


@dataclass(frozen=True)
class Criterion:
    """A row of `criteria` with its limits; `lead` are the texts of the criteria it stands under, outermost first."""

    kind: str
    kind_source: str
    section: str
    text: str
    parent: int | None
    limits: tuple[Limit, ...] = ()
    flags: frozenset[str] = frozenset()
    lead: tuple[str, ...] = ()
    has_children: bool = False


@dataclass(frozen=True)
class TrialFacts:
    """What judging a trial needs to know.

    `contradicted` are age fields that other words about the trial contradict, with those words; `unread` age fields
    whose words could not be read, with the words.
    """

    columns: Mapping[str, object]
    criteria: tuple[Criterion, ...] = ()
    contradicted: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def has_several_lists(self) -> bool:
        """Do inclusion or exclusion criteria begin anew after the others: lists for different participants?"""
        kinds = [kind for kind, _ in groupby(criterion.kind for criterion in self.criteria)]
        return kinds.count("inclusion") > 1 or kinds.count("exclusion") > 1

    @cached_property
    def names_inclusions(self) -> bool:
        """Does a heading call some of the criteria inclusion criteria?"""
        return any(one.kind == "inclusion" and "nclu" in one.section.lower() for one in self.criteria)


COLUMNS = (
    "trial_id",
    "brief_title",
    "overall_status",
    "phase",
    "sex",
    "minimum_age",
    "maximum_age",
    "minimum_age_years",
    "maximum_age_before_years",
    "ages_unread",
    "healthy_volunteers",
    "lead_sponsor",
    "last_update_posted_date",
    "last_seen_at",
    "removed_at",
    "url",
    "source",
)


def doubtful_ages(connection: sqlite3.Connection, trial_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """trial_id -> age field -> what contradicts it: other words about the record that `trials` shows.

    A registry's field is not in doubt because a listing copied it wrongly.
    """
    found: dict[str, dict[str, str]] = {}
    for some in _batches(trial_ids):
        rows = connection.execute(
            "select c.trial_id, c.field, c.source_b, c.quote_b from conflicts c cross join trials t using (trial_id)"
            f" where c.trial_id in ({_marks(some)}) and c.field in ('minimum_age', 'maximum_age')"
            " and c.source_a = t.source order by c.trial_id, c.position",
            list(some),
        )
        for trial_id, name, source, quote in rows:
            found.setdefault(trial_id, {}).setdefault(name, f"{source}: {quote}")
    return found


def facts(connection: sqlite3.Connection, trial_ids: Sequence[str]) -> dict[str, TrialFacts]:
    """The facts of each trial."""
    doubtful = doubtful_ages(connection, trial_ids)
    found = {}
    for some in _batches(trial_ids):
        columns = _columns(connection, some)
        not_read = unread.words(connection, some)
        criteria = _criteria(connection, some)
        for trial_id in some:
            found[trial_id] = TrialFacts(
                columns[trial_id],
                criteria.get(trial_id, ()),
                doubtful.get(trial_id, {}),
                not_read.get(trial_id, {}),
            )
    return found


def _batches(trial_ids: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    for start in range(0, len(trial_ids), size):
        yield trial_ids[start : start + size]


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)


def _columns(connection: sqlite3.Connection, trial_ids: Sequence[str]) -> dict[str, dict[str, object]]:
    rows = connection.execute(
        f"select {', '.join(COLUMNS)} from trials where trial_id in ({_marks(trial_ids)})", list(trial_ids)
    )
    return {row[0]: dict(zip(COLUMNS, tuple(row), strict=True)) for row in rows}


def _criteria(connection: sqlite3.Connection, trial_ids: Sequence[str]) -> dict[str, tuple[Criterion, ...]]:
    limits: dict[int, list[Limit]] = {}
    flags: dict[int, set[str]] = {}
    found: dict[str, tuple[Criterion, ...]] = {}
    for trial_id in trial_ids:
        # Ids of criteria are the trial's key and a position: a range of the primary keys, nothing to look up.
        first = trial_key(trial_id) * CRITERIA_PER_TRIAL
        ids = (first, first + CRITERIA_PER_TRIAL - 1)
        for row in connection.execute(_LIMITS_SQL, ids):
            limits.setdefault(row[0], []).append(Limit(*tuple(row)[1:]))
        for criterion_id, flag in connection.execute(_FLAGS_SQL, ids):
            flags.setdefault(criterion_id, set()).add(flag)
        rows = [tuple(row) for row in connection.execute(_CRITERIA_SQL, ids)]
        if rows:
            found[trial_id] = tuple(_nested(rows, limits, flags))
    return found


_LIMITS_SQL = (
    "select criterion_id, variable, comparator, value, coalesce(unit, ''), conditional, coalesce(condition_text, ''),"
    " evidence_start, evidence_end, evidence, rule, confidence"
    " from criteria_constraints where criterion_id between ? and ? order by criterion_id, position"
)
_FLAGS_SQL = "select criterion_id, flag from criteria_flags where criterion_id between ? and ?"
_CRITERIA_SQL = (
    "select id, kind, kind_source, coalesce(section, ''), text, parent_id from criteria"
    " where id between ? and ? order by id"
)


def _nested(
    rows: list[tuple[int, str, str, str, str, int | None]],
    limits: Mapping[int, list[Limit]],
    flags: Mapping[int, set[str]],
) -> Iterator[Criterion]:
    positions = {row[0]: n for n, row in enumerate(rows)}
    parents = {row[5] for row in rows}
    leads: dict[int | None, tuple[str, ...]] = {None: ()}
    for criterion_id, kind, kind_source, section, text, parent_id in rows:
        lead = leads.get(parent_id, ())
        leads[criterion_id] = (*lead, text)
        yield Criterion(
            kind=kind,
            kind_source=kind_source,
            section=section,
            text=text,
            parent=None if parent_id is None else positions.get(parent_id),
            limits=tuple(limits.get(criterion_id, ())),
            flags=frozenset(flags.get(criterion_id, ())),
            lead=lead,
            has_children=criterion_id in parents,
        )
