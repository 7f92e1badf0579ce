"""What a source no longer has: the ids that a registry lists against those kept here, and pages asked for again.

A trial is only marked as removed when its own address says so (404, 410), and never when so many seem to be gone
that the site rather than the trials must be out of order.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
MOST_RENEWED = 1_000
"""Records that no search brought and that are newer at the registry: at most so many are fetched at once, one by one."""
MOST_AT_ONCE = 10
MOST_SHARE_AT_ONCE = 0.05
"""More than both of these gone at once is not believed."""


@dataclass
class Swept:
    """How many trials were asked about, and which are gone, came back, or go by another id now.

    `renewed` are those that no search of this update brought, though the registry has a newer record; `behind` how many
    more of them there are.
    """

    asked: int = 0
    removed: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    behind: int = 0
    failed: int = 0


def listed_ids(
    client: Client, source: Source, words: str, since: str, ids: Sequence[str] = ()
) -> Iterator[tuple[str, str]]:
    """Every id that the registry lists for a search, or those of `ids`, and when it was updated. Raises FetchError."""
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
        yield from itertools.zip_longest(listing.ids, listing.updated, fillvalue="")
        url = listing.next_url


def missing_ids(
    archive: Archive, client: Client, source: Source, words: str, since: str, began: str
) -> list[str]:
    """The ids that a search names and that were not seen since `began`. Raises FetchError."""
    return sorted(
        trial_id
        for trial_id in dict(listed_ids(client, source, words, since))
        if not archive.fetched_since(source.canonical_url(source.record_url(trial_id)), began)
    )


def sweep(
    archive: Archive,
    client: Client,
    source: Source,
    held: Mapping[str, str],
    seen: Collection[str],
    now: Callable[[], str],
    progress: Progress,
) -> Swept:
    """Compare what is kept of a registry with what it lists; whatever it does not list is asked for by its address.

    So is what it lists with a later date than `held` says of the trial, but for addresses `seen` in this update: a
    record may be served days after the date it bears, and then no search by date finds it. Raises FetchError, and
    ScraperError when more seems to be gone than can be believed.
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
    newer = [
        trial_id
        for trial_id, updated in listed.items()
        if trial_id in held
        and updated > held[trial_id]
        and source.canonical_url(source.record_url(trial_id)) not in seen
    ]
    newer.sort(key=lambda trial_id: (listed[trial_id], trial_id))
    swept.behind = len(newer[MOST_RENEWED:])
    asked = list(dict.fromkeys([*unlisted, *back, *newer[:MOST_RENEWED]]))
    gone = []
    for done, trial_id in enumerate(asked, 1):
        if _is_gone(archive, client, source, trial_id, swept, now):
            gone.append(trial_id)
        elif kept.get(trial_id) and trial_id in listed:
            swept.returned.append(trial_id)
        progress("asked again", done, len(asked))
    if unlisted and not listed and len(gone) < len(unlisted):
        raise ScraperError(
            f"{source.title} lists none of the {len(unlisted):,} trials kept here, though {unlisted[0]} and others stand at"
            " their addresses; expected their ids; none was marked as removed: run `trials update` again later"
        )
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


def _listed(client: Client, source: Source, ids: Sequence[str], progress: Progress) -> dict[str, str]:
    found: dict[str, str] = {}
    if len(ids) > MOST_ASKED_BY_ID:
        for count, (trial_id, updated) in enumerate(listed_ids(client, source, "", ""), 1):
            found[trial_id] = updated
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
        if archive.add(msgspec.structs.replace(part, fetched_at=archive.later(part.url, part.fetched_at))):
            swept.renewed.append(trial_id)
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
