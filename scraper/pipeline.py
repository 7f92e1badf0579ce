"""The path of a trial on one screen: Page -> Record -> Trial -> Dossier -> rows.

`read` and `derive` are pure. Around them stand the two ways to the database: `update`, which writes the
trials whose pages are new into `trials.db`, and `rebuild`, which makes the whole file anew beside the old one and
swaps it in. Both give the same rows, because a trial's rows depend on nothing but the set of its pages.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from scraper import criteria
from scraper.archive.pages import StoredPage
from scraper.compare import changes, conflicts, versions
from scraper.compare.conflicts_between import between_sources, reading
from scraper.compare.mentions import mentions
from scraper.compare.rules_all import contradictions
from scraper.compare.united import united
from scraper.errors import NormaliseError, ParseError
from scraper.model import (
    CRITERIA_PER_TRIAL,
    Change,
    Conflict,
    Criterion,
    Dossier,
    Page,
    Problem,
    Record,
    RecordRow,
    Version,
)
from scraper.normalise.identifier import find_all
from scraper.normalise.trial import normalise
from scraper.sources import SOURCES, by_name

KINDS = {source.name: source.kind for source in SOURCES}


def read(page: Page, sha256: str = "") -> Version | Problem:
    """A page as a version of the trial it is about, with the problems of its single fields.

    Or the problem that costs the page: it is named by where it lies, a saved file by its path, a fetched page by
    its address.
    """
    record = parse(page)
    if isinstance(record, Problem):
        return record
    try:
        trial, problems = normalise(record, page.fetched_at)
    except NormaliseError as error:
        return page_problem(page, "normalise", "trial_id", error.found, error.expected)
    return Version(record, trial, page.fetched_at, sha256, problems)


def parse(page: Page) -> Record | Problem:
    """The record of a page in its source's own words, or the problem that costs the page."""
    try:
        return by_name(page.source).parse(page)
    except ParseError as error:
        return page_problem(page, "parse", error.field, error.found, error.expected)


def page_problem(page: Page, stage: str, field: str, found: str, expected: str) -> Problem:
    """The row of `problems` for a page or file that yields no trial."""
    return Problem(
        source=page.source,
        source_id=page.name,
        url=page.path or page.url,
        stage=stage,
        field=field,
        found=found,
        expected=expected,
        seen_at=page.fetched_at,
    )


def derive(trial_id: str, pages: Iterable[StoredPage]) -> Dossier | None:
    """Everything the database holds about one trial, from all its pages in any order; None without a readable one."""
    history = versions.by_record(
        version for stored in pages if isinstance(version := read(stored.page, stored.sha256), Version)
    )
    if not history:
        return None
    newest = {key: group[-1] for key, group in history.items()}
    winning = versions.winner(newest.values(), KINDS)
    own = [history[winning.record.source, winning.record.source_id]]
    lead_rank = by_name(winning.record.source).lead_rank
    if lead_rank is not None:
        own = [group for (source, _), group in history.items() if source == winning.record.source]
        winning = united([group[-1] for group in own], lead_rank)
    # Each record's own versions: what differs between two countries did not change.
    own_changes = tuple(
        sorted((c for group in own for c in _changes(group)), key=lambda c: c.observed_at)
        if len(own) > 1
        else _changes(own[0])
    )
    listings = [v for v in newest.values() if KINDS[v.record.source] == "listing"]
    texts = {v.sha256: _criteria(v) for v in (winning, *listings)}
    winning_criteria, cut = _limited(texts[winning.sha256], winning)
    winning.trial.trial_id = trial_id  # a page kept under a former id is a version of the trial it became
    registry = winning if KINDS[winning.record.source] == "registry" else None
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
        first_seen_at=min(v.fetched_at for group in history.values() for v in group),
        last_changed_at=own_changes[-1].observed_at
        if own_changes
        else max(changes.observed_at(group[0]) for group in own),
    )


def _changes(history: Sequence[Version]) -> Iterator[Change]:
    for pair in versions.pairs(history):
        yield from changes.changes(pair)


def _between(registry: Version | None, newest: Iterable[Version]) -> Iterator[Conflict]:
    """What copies and listings state otherwise than the registry's own record, where there is one."""
    if registry is None:
        return
    own = reading(registry, "registry")
    for version in newest:
        kind = KINDS[version.record.source]
        if kind != "registry":
            yield from between_sources(own, reading(version, kind))


def _criteria(version: Version) -> Sequence[Criterion]:
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
    )
