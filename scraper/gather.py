"""Pages from the network on their way into the archive: runs that can be killed, gone on with, and repeated."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import msgspec

from scraper import refresh
from scraper.archive.journal import RunRow
from scraper.archive.store import Archive
from scraper.errors import FetchError, ScraperError, SettingsError
from scraper.fetch.address import split, without_password
from scraper.fetch.client import Client
from scraper.fetch.crawl import crawl, nothing_done
from scraper.fetch.events import (
    Event,
    Expected,
    Failed,
    Fetched,
    Forbidden,
    Progress,
    Request,
    Unchanged,
)
from scraper.ingest import Arrived, now
from scraper.model import Page, Problem
from scraper.pipeline import page_problem
from scraper.sources import by_name
from scraper.sources.source import Source

MOST_NAMED = 20
"""Missing trials that are named one by one."""
SERVED_LATE_DAYS = 7
"""A search is repeated from so many days before it last began: a new record may be served days after its date."""
CHECK = "check"
"""The argument of runs that only ask whether what is kept is still there; they are no searches to be repeated."""


@dataclass(frozen=True)
class Wanted:
    """One search to run: `arguments` tell it from others, so that it can be gone on with and repeated."""

    source: Source
    request: Request
    arguments: dict[str, object]

    @property
    def is_check(self) -> bool:
        """Are these addresses that are kept already? Then one that is gone is no failure."""
        return CHECK in self.arguments


def scrape(
    archive: Archive,
    client: Client,
    want: Wanted,
    run: RunRow,
    progress: Callable[[str, int, int | None], None],
) -> Arrived:
    """Fetch what was asked for; every answer is archived before the next is asked for.

    `run` is this run's row, or that of the unfinished run it goes on with: its counts are written with every page,
    so that a kill loses neither. Raises FetchError when the crawl cannot go on; the run then stays unfinished.
    """
    keeper = _Keeper(archive, want, run)
    request = replace(
        want.request,
        resume_url=run.resume_url or "",
        already=run.fetched + run.unchanged,
        expected=run.expected or 0,
    )
    was_begun = run.expected is not None
    done = partial(archive.fetched_since, when=run.started_at) if was_begun else nothing_done
    for events in _together(crawl(client, want.source, request, archive.validators, done)):
        with archive.transaction():
            for event in events:
                keeper.keep(event)
            keeper.note()
        arrived = keeper.arrived
        progress("fetched", arrived.fetched + arrived.unchanged, arrived.expected)
    with archive.transaction():
        keeper.let_go()
        archive.note_run(run.id, finished_at=_end(run), resume_url=None)
    arrived = keeper.finished()
    if arrived.short and want.request.limit is None:
        arrived.doubts.append(_missing(archive, client, want, run))
    return arrived


def _missing(archive: Archive, client: Client, want: Wanted, run: RunRow) -> str:
    """Which trials a search that fell short lacks, in words: a list of ids alone costs a request for 1,000 of them."""
    words, since = want.request.query, want.request.since
    try:
        ids = refresh.missing_ids(archive, client, want.source, words, since, run.started_at)
    except FetchError as error:
        return f"which are missing could not be asked: {error}"
    if not ids:
        return "its list of ids names none that is missing"
    more = f" and {len(ids) - MOST_NAMED:,} more" if len(ids) > MOST_NAMED else ""
    return f"missing: {', '.join(ids[:MOST_NAMED])}{more}"


def check_kept(
    archive: Archive,
    client: Client,
    source: Source,
    held: Mapping[str, str],
    seen: set[str],
    progress: Callable[[str, int, int | None], None],
) -> Arrived:
    """Find out which trials kept here their source no longer has, whatever search or file brought them.

    A registry is asked for ids and dates, and for each record that is newer than `held` (trial -> its last update);
    the pages of a listing site that this update has not `seen` are asked for again.
    Raises FetchError when the source cannot be asked.
    """
    run = archive.start_run("update", source.name, {CHECK: True}, now())
    if source.ids_url is None:
        known = [url for url in archive.standing_urls(source.name) if url not in seen]
        if not known:
            archive.note_run(run.id, finished_at=_end(run))
            return Arrived()
        return scrape(
            archive, client, Wanted(source, Request(urls=tuple(known)), {CHECK: True}), run, progress
        )
    arrived = Arrived()
    try:
        swept = refresh.sweep(archive, client, source, held, seen, now, progress)
    except FetchError:
        raise
    except ScraperError as error:
        arrived.doubts.append(str(error))
    else:
        arrived.vanished, arrived.failed = len(swept.removed), swept.failed
        arrived.fetched = len(swept.renewed)
        if swept.behind:
            arrived.doubts.append(
                f"{swept.behind:,} more records of {source.title} are newer there than here; run `trials update` again"
            )
        still = swept.asked - len(swept.removed) - swept.failed - len(swept.renewed)
        archive.note_run(
            run.id,
            expected=swept.asked,
            fetched=len(swept.renewed),
            unchanged=still,
            failed=swept.failed,
        )
    archive.note_run(run.id, finished_at=_end(run))
    return arrived


def _together(events: Iterator[Event]) -> Iterator[list[Event]]:
    """The events, a bulk answer with the step to the next one: a kill between them would count it twice."""
    for event in events:
        together = [event]
        if isinstance(event, Fetched) and event.parts:
            together += [following for following in [next(events, None)] if following is not None]
        yield together


class _Keeper:
    """Keeps what a crawl tells: pages in the archive, failures, and the run's counts."""

    def __init__(self, archive: Archive, want: Wanted, run: RunRow) -> None:
        self.archive, self.source, self.run = archive, want.source, run
        self.is_check = want.is_check
        self.gone: list[str] = []
        self.arrived = Arrived(expected=run.expected, fetched=run.fetched, unchanged=run.unchanged)
        self._met = self.arrived.seen

    def keep(self, event: Event) -> None:
        match event:
            case Expected(total):
                self.arrived.expected = total
            case Fetched(page, parts):
                for part in parts or (page,):
                    self._part(part, page.url)
            case Unchanged(url):
                self.archive.saw(url, self.archive.later(url, now()))
                self._count(url, False)
            case Failed(url, found, expected, status):
                if status in refresh.GONE:
                    self.gone.append(url)
                if status in refresh.GONE and self.is_check:
                    return
                self.arrived.failed += 1
                failed = Page(source=self.source.name, url=url, body=b"", fetched_at=now())
                self.archive.fail(page_problem(failed, "fetch", "", found, expected))
            case Forbidden():
                self.arrived.forbidden += 1
            case Progress(next_url):
                self.archive.note_run(self.run.id, resume_url=next_url or None)

    def _part(self, part: Page | Problem, url: str) -> None:
        if isinstance(part, Problem):
            self.arrived.failed += 1
            self.archive.fail(msgspec.structs.replace(part, url=part.url or url))
        else:
            when = self.archive.later(part.url, part.fetched_at)
            self._count(part.url, self.archive.add(msgspec.structs.replace(part, fetched_at=when)))

    def _count(self, url: str, is_new: bool) -> None:
        if url not in self._met:
            self._met.add(url)
            self.arrived.fetched += is_new
            self.arrived.unchanged += not is_new

    def let_go(self) -> None:
        """Mark what the site no longer has, unless it is too much to be believed."""
        try:
            self.arrived.vanished += refresh.vanish(self.archive, self.source, self.gone, now())
        except ScraperError as error:
            self.arrived.doubts.append(str(error))

    def note(self) -> None:
        """Write the counts beside what they count, in the caller's transaction."""
        arrived = self.arrived
        self.archive.note_run(
            self.run.id,
            expected=arrived.expected,
            fetched=arrived.fetched,
            unchanged=arrived.unchanged,
            failed=arrived.failed,
        )

    def finished(self) -> Arrived:
        arrived = self.arrived
        if self.source.kind == "registry" and arrived.expected is not None:
            arrived.short = max(0, arrived.expected - arrived.fetched - arrived.unchanged - arrived.failed)
        return arrived


def _end(run: RunRow) -> str:
    """Now, but no time before the run began: the clock may have been set back meanwhile."""
    return max(now(), run.started_at)


def past_searches(archive: Archive) -> list[Wanted]:
    """Every search that ran to its end here, once, asking for what changed since it last began.

    A run that began later than now began when the clock was wrong: its time says nothing.
    """
    present = now()
    began: dict[tuple[str, str], str] = {}
    for run in archive.runs():
        if run.source and run.finished_at and CHECK not in json.loads(run.arguments):
            # The runs of a merged archive come after those made here, whenever they began.
            key = run.source, run.arguments
            began[key] = max(run.started_at if run.started_at <= present else "", began.get(key, ""))
    wanted = []
    for (name, words), when in sorted(began.items()):
        arguments = json.loads(words)
        request = Request(
            query=arguments.get("query", ""),
            urls=tuple(arguments.get("urls", ())),
            ids=tuple(arguments.get("ids", ())),
            limit=arguments.get("limit"),
            since=max(arguments.get("since", ""), _margin_before(when) if when else ""),
        )
        wanted.append(Wanted(by_name(name), request, arguments))
    return wanted


def _margin_before(when: str) -> str:
    """The day some days before a time: a record may be served days after the date it bears."""
    return (date.fromisoformat(when[:10]) - timedelta(days=SERVED_LATE_DAYS)).isoformat()


def counts_of(archive: Archive, run: RunRow) -> Arrived:
    """What a run that was stopped had brought."""
    row = next(r for r in archive.runs() if r.id == run.id)
    return Arrived(expected=row.expected, fetched=row.fetched, unchanged=row.unchanged, failed=row.failed)


def check_date(words: str) -> None:
    """Raises SettingsError on anything but an ISO date."""
    try:
        # Other spellings of a date, 20260115, are no text that stands before and after others.
        is_date = date.fromisoformat(words).isoformat() == words
    except ValueError:
        is_date = False
    if not is_date:
        raise SettingsError(f"date {words!r} is none; expected year, month and day, as 2026-01-15")


def check_address(url: str) -> None:
    """Raises SettingsError on what is no address, and on one with a password: what was asked for is kept."""
    shown = without_password(url)
    try:
        parts = split(url)
    except FetchError as error:
        raise SettingsError(f"address {shown!r} is {error.found}; expected {error.expected}") from None
    if "@" in parts.netloc:
        raise SettingsError(f"address {shown!r} holds a user name or password; expected one without")


def arguments_of(**arguments: object) -> dict[str, object]:
    """The arguments that make a run the same run: those that were given."""
    return {name: value for name, value in arguments.items() if value}
