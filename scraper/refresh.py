"""What a source no longer has: the ids that a registry lists against those kept here, and pages asked for again.

A trial is only marked as removed when its own address says so (404, 410), and never when so many seem to be gone
that the site rather than the trials must be out of order.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from scraper import pipeline
from scraper.archive.store import Archive
from scraper.errors import FetchError, ParseError, ScraperError, SettingsError, StoppedError
from scraper.fetch.client import Client
from scraper.model import Page, Version
from scraper.pipeline import page_problem
from scraper.progress import Progress
from scraper.sources.source import Source

GONE = frozenset({404, 410})
"""Statuses by which a site says that it no longer has an address."""

MOST_ASKED_BY_ID = 20_000
"""Up to so many trials a registry is asked about these; beyond, listing all its ids takes fewer requests."""
MOST_AT_ONCE = 10
MOST_SHARE_AT_ONCE = 0.05
"""More than both of these gone at once is not believed."""


@dataclass
class Swept:
    """How many trials were asked about, and which are gone, came back, or go by another id now."""

    asked: int = 0
    removed: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    failed: int = 0


def listed_ids(
    client: Client, source: Source, words: str, since: str, ids: Sequence[str] = ()
) -> Iterator[str]:
    """Every id that the registry lists for a search, or those of `ids` that it lists. Raises FetchError."""
    if source.ids_url is None or source.read_ids is None:
        return
    url = source.ids_url(words, since, ids)
    asked: set[str] = set()
    while url:
        if url in asked:
            raise FetchError(
                url, "a next page that was there already", "an end of the list", "try again later"
            )
        asked.add(url)
        page = client.fetch(url)
        if page is None:
            raise FetchError(url, "no answer", "a list of ids")
        try:
            listing = source.read_ids(page)
        except ParseError as error:
            raise FetchError(url, error.found, error.expected, "the list stops here") from error
        yield from listing.ids
        url = listing.next_url


def missing_ids(
    archive: Archive, client: Client, source: Source, words: str, since: str, began: str
) -> list[str]:
    """The ids that a search names and that were not seen since `began`. Raises FetchError."""
    return sorted(
        trial_id
        for trial_id in set(listed_ids(client, source, words, since))
        if not archive.fetched_since(source.canonical_url(source.record_url(trial_id)), began)
    )


def sweep(
    archive: Archive, client: Client, source: Source, now: Callable[[], str], progress: Progress
) -> Swept:
    """Compare what is kept of a registry with what it lists; whatever it does not list is asked for by its address.

    Raises FetchError, and ScraperError when more seems to be gone than can be believed.
    """
    kept = {
        trial_id: removed
        for trial_id, removed in archive.standing(source.name)
        if _has_address(source, trial_id)
    }
    swept = Swept(asked=len(kept))
    listed = _listed(client, source, sorted(kept), progress)
    unlisted = [trial_id for trial_id, removed in kept.items() if not removed and trial_id not in listed]
    check_believable(source, unlisted, len(kept))
    back = [trial_id for trial_id, removed in kept.items() if removed and trial_id in listed]
    gone = []
    for done, trial_id in enumerate([*unlisted, *back], 1):
        if _is_gone(archive, client, source, trial_id, swept, now):
            gone.append(trial_id)
        elif trial_id in listed:
            swept.returned.append(trial_id)
        progress("asked again", done, len(unlisted) + len(back))
    for trial_id in gone:
        for url in archive.urls_of(source.name, trial_id):
            archive.vanished(url, now())
        swept.removed.append(trial_id)
    return swept


def check_believable(source: Source, gone: Sequence[str], kept: int) -> None:
    """Raises ScraperError when so many trials seem to be gone that the site must be out of order."""
    if len(gone) > MOST_AT_ONCE and len(gone) > MOST_SHARE_AT_ONCE * kept:
        raise ScraperError(
            f"{source.title} seems to have lost {len(gone):,} of {kept:,} trials kept here, such as {gone[0]}; expected"
            f" at most {MOST_SHARE_AT_ONCE:.0%} at once; none was marked as removed: run `trials update` again later"
        )


def _has_address(source: Source, trial_id: str) -> bool:
    try:
        source.record_url(trial_id)
    except SettingsError:
        return False
    return True


def _listed(client: Client, source: Source, ids: Sequence[str], progress: Progress) -> set[str]:
    found: set[str] = set()
    if len(ids) > MOST_ASKED_BY_ID:
        for count, trial_id in enumerate(listed_ids(client, source, "", ""), 1):
            found.add(trial_id)
            progress("ids listed", count, None)
        return found
    for start in range(0, len(ids), source.ids_at_once):
        found.update(listed_ids(client, source, "", "", ids[start : start + source.ids_at_once]))
        progress("ids listed", min(start + source.ids_at_once, len(ids)), len(ids))
    return found


def _is_gone(
    archive: Archive, client: Client, source: Source, trial_id: str, swept: Swept, now: Callable[[], str]
) -> bool:
    """Ask for one trial: kept anew when it is there, under its new id when the site leads to one."""
    url = source.canonical_url(source.record_url(trial_id))
    try:
        page = client.fetch(url)
    except StoppedError:
        raise
    except FetchError as error:
        if error.status in GONE:
            return True
        swept.failed += 1
        failed = Page(source=source.name, url=url, body=b"", fetched_at=now())
        archive.fail(page_problem(failed, "fetch", "", error.found, error.expected))
        return False
    for part in source.split(page) if page else ():
        if not isinstance(part, Page):
            swept.failed += 1
            archive.fail(part)
            continue
        archive.add(msgspec.structs.replace(part, fetched_at=archive.later(part.url, part.fetched_at)))
        version = pipeline.read(part)
        if isinstance(version, Version) and version.trial.trial_id != trial_id:
            archive.alias(trial_id, version.trial.trial_id)
            swept.renamed.append(trial_id)
    return False


def vanish(archive: Archive, source: Source, urls: Iterable[str], now: str) -> int:
    """Mark addresses that answered 404 or 410, those that were kept; how many. Raises ScraperError if too many."""
    standing = set(archive.standing_urls(source.name))
    gone = sorted(set(urls) & standing)
    check_believable(source, gone, len(standing))
    for url in gone:
        archive.vanished(url, now)
    return len(gone)
