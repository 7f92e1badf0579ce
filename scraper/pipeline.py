"""The path of a trial on one screen: Page -> Record -> Trial -> Dossier -> rows.

`read` and `derive` are pure. Around them stand the two ways to the database: `update`, which writes the
trials whose pages are new into `trials.db`, and `rebuild`, which makes the whole file anew beside the old one and
swaps it in. Both give the same rows, because a trial's rows depend on nothing but the set of its pages.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from scraper.archive.pages import StoredPage
from scraper.compare import presence, versions
from scraper.dossier import Known
from scraper.errors import NormaliseError, ParseError
from scraper.model import Dossier, Page, Past, Problem, Record, Version
from scraper.normalise.trial import normalise
from scraper.sources import by_name

Noticed = Callable[[Iterable[str]], Sequence[tuple[str, bool]]]
"""Addresses -> (time, whether gone) of every time that one of them was found to be gone, or back."""


def _nothing(_: Iterable[str]) -> Sequence[tuple[str, bool]]:
    return ()


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


def derive(trial_id: str, pages: Iterable[StoredPage], noticed: Noticed = _nothing) -> Dossier | None:
    """Everything the database holds about one trial, from all its pages in any order; None without a readable one.

    `noticed` says when addresses were found to be gone or back. What the database would have held at any former
    date, made of the pages of that date alone, is `past`.
    """
    kept = list(pages)
    history = versions.by_record(
        version for stored in kept if isinstance(version := read(stored.page, stored.sha256), Version)
    )
    if not history:
        return None
    known = Known(
        trial_id,
        {key: versions.dated(group) for key, group in history.items()},
        {key: _absences(trial_id, group[-1], kept, noticed) for key, group in history.items()},
    )
    (now, dossier), *former = [(moment, known.at(moment)) for moment in reversed(known.moments)]
    past: list[Past] = []
    replaced_at = now
    for moment, before in former:
        seen = known.last_fetched(moment)
        if before != (past[-1].dossier if past else dossier):
            past.append(Past(observed_at=moment, replaced_at=replaced_at, dossier=before, last_seen_at=seen))
        elif past:
            past[-1] = msgspec.structs.replace(past[-1], observed_at=moment, last_seen_at=seen)
        replaced_at = moment
    return msgspec.structs.replace(dossier, past=tuple(reversed(past)))


def _absences(
    trial_id: str, newest: Version, pages: Sequence[StoredPage], noticed: Noticed
) -> list[presence.Absence]:
    """When the source of a record did not have the trial.

    One study has several addresses (JSON, older XML, CSV); a former id's address says nothing about the trial.
    """
    source = newest.record.source
    urls = {page.page.url for page in pages if page.sha256 == newest.sha256}
    own = [
        page
        for page in pages
        if page.page.url in urls or (page.page.source == source and trial_id in page.page.url)
    ]
    # A saved file is no sign that the source still has what is in it.
    fetched = [page for page in own if not page.page.path]
    if by_name(source).lead_rank is not None and any(page.removed_at is None for page in own):
        return []  # One country's record is gone, another's stands.
    removed_at = max((page.removed_at for page in own if page.removed_at), default=None)
    if removed_at and removed_at < max((page.last_seen_at for page in fetched), default=""):
        removed_at = None
    return presence.absences(
        noticed(page.page.url for page in own), [page.page.fetched_at for page in fetched], removed_at
    )
