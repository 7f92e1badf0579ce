"""Pages from the network on their way into the archive: runs that can be killed, gone on with, and repeated."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import msgspec

from scraper.archive.store import Archive, RunRow
from scraper.errors import SettingsError
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

GONE = frozenset({404, 410})
"""Statuses by which a site says that it no longer has an address."""


@dataclass(frozen=True)
class Wanted:
    """One search to run: `arguments` tell it from others, so that it can be gone on with and repeated."""

    source: Source
    request: Request
    arguments: dict[str, object]


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
    keeper = _Keeper(archive, want.source, run)
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
    archive.note_run(run.id, finished_at=now(), resume_url=None)
    return keeper.finished()


def _together(events: Iterator[Event]) -> Iterator[list[Event]]:
    """The events, a bulk answer with the step to the next one: a kill between them would count it twice."""
    for event in events:
        together = [event]
        if isinstance(event, Fetched) and event.parts:
            together += [following for following in [next(events, None)] if following is not None]
        yield together


class _Keeper:
    """Keeps what a crawl tells: pages in the archive, failures, and the run's counts."""

    def __init__(self, archive: Archive, source: Source, run: RunRow) -> None:
        self.archive, self.source, self.run = archive, source, run
        self.arrived = Arrived(expected=run.expected, fetched=run.fetched, unchanged=run.unchanged)
        self._met: set[str] = set()

    def keep(self, event: Event) -> None:
        match event:
            case Expected(total):
                self.arrived.expected = total
            case Fetched(page, parts):
                for part in parts or (page,):
                    self._part(part, page.url)
            case Unchanged(url):
                self.archive.saw(url, now())
                self._count(url, False)
            case Failed(url, found, expected, status):
                self.arrived.failed += 1
                failed = Page(source=self.source.name, url=url, body=b"", fetched_at=now())
                self.archive.fail(page_problem(failed, "fetch", "", found, expected))
                if status in GONE:
                    self.archive.vanished(url, now())
            case Forbidden():
                self.arrived.forbidden += 1
            case Progress(next_url):
                self.archive.note_run(self.run.id, resume_url=next_url or None)

    def _part(self, part: Page | Problem, url: str) -> None:
        if isinstance(part, Problem):
            self.arrived.failed += 1
            self.archive.fail(msgspec.structs.replace(part, url=part.url or url))
        else:
            self._count(part.url, self.archive.add(part))

    def _count(self, url: str, is_new: bool) -> None:
        if url not in self._met:
            self._met.add(url)
            self.arrived.fetched += is_new
            self.arrived.unchanged += not is_new

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


def past_searches(archive: Archive) -> list[Wanted]:
    """Every search that ran to its end here, once, asking for what changed since it last began."""
    began: dict[tuple[str, str], str] = {}
    for run in archive.runs():
        if run.source and run.finished_at:
            # The runs of a merged archive come after those made here, whenever they began.
            key = run.source, run.arguments
            began[key] = max(run.started_at, began.get(key, ""))
    wanted = []
    for (name, words), when in sorted(began.items()):
        arguments = json.loads(words)
        request = Request(
            query=arguments.get("query", ""),
            urls=tuple(arguments.get("urls", ())),
            ids=tuple(arguments.get("ids", ())),
            limit=arguments.get("limit"),
            since=max(arguments.get("since", ""), when[:10]),
        )
        wanted.append(Wanted(by_name(name), request, arguments))
    return wanted


def counts_of(archive: Archive, run: RunRow) -> Arrived:
    """What a run that was stopped had brought."""
    row = next(r for r in archive.runs() if r.id == run.id)
    return Arrived(expected=row.expected, fetched=row.fetched, unchanged=row.unchanged, failed=row.failed)


def check_date(words: str) -> None:
    """Raises SettingsError on anything but an ISO date."""
    try:
        date.fromisoformat(words)
    except ValueError:
        raise SettingsError(f"date {words!r} is none; expected year, month and day, as 2026-01-15") from None


def arguments_of(**arguments: object) -> dict[str, object]:
    """The arguments that make a run the same run: those that were given."""
    return {name: value for name, value in arguments.items() if value}
