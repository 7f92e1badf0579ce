"""An archive made elsewhere -> this one: pages, addresses, aliases, failures, refused links and finished runs, each once.

Merging in any order, and twice, gives the same archive. Nothing is read into memory but one page at a time and
the versions of one address.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from scraper.archive.foreign import (
    PAGE,
    Address,
    Alias,
    Content,
    Failure,
    Listed,
    Other,
    Presence,
    Refused,
    Search,
    Time,
    foreign,
    is_whole,
    open_readonly,
)
from scraper.archive.journal import Refusal, RunRow
from scraper.archive.store import Archive
from scraper.archive.timeline import Version, timeline
from scraper.errors import ArchiveError
from scraper.progress import Progress

BATCH = 200
"""Addresses a transaction; a killed merge has at most these to do again."""

_Row = TypeVar("_Row", bound=tuple[Any, ...])


_URLS = "select distinct url from pages where url > ? order by url limit ?"
_LISTING = "select id, source, fetched_at, sha256 from pages where url = ? order by fetched_at, id"
_ADDRESS = "select url, last_seen_at, removed_at from addresses where url = ?"
_PRESENCE = "select at, is_gone from presence where url = ?"
_BARE = "select url, last_seen_at, removed_at from addresses a where not exists (select 1 from pages where url = a.url)"
_ALIASES = "select alias, trial_id from aliases order by alias"
_FAILURES = "select url, source, source_id, stage, field, found, expected, seen_at from failures"
_REFUSALS = "select trial_id, other_id, because, refused_at from refusals order by trial_id, other_id"
_RUNS = (
    "select id, command, source, arguments, started_at, finished_at, resume_url, expected, fetched, unchanged, failed"
    " from runs where finished_at is not null order by started_at, id"
)
_INSERT = (
    "insert or ignore into pages (source, url, fetched_at, status, headers, name, path, sha256, body)"
    " values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass
class Merged:
    """What came over that was not here yet; `known` counts the other's pages that did not have to."""

    pages: int = 0
    known: int = 0
    addresses: int = 0
    aliases: int = 0
    failures: int = 0
    refusals: int = 0
    runs: int = 0
    refused: list[Refused] = field(default_factory=list)


def merge(archive: Archive, path: Path, sources: Collection[str], progress: Progress) -> Merged:
    """Bring over what another archive holds and this one does not; what may not come over is `refused`.

    Pages of sources that are not among `sources` stay behind, and so do those whose bytes are not what their
    checksum says. Every page that came, and every page that it may concern, waits for the next build.
    """
    merged = Merged()
    refused = foreign(archive, path)
    if refused:
        merged.refused.append(refused)
        return merged
    with closing(open_readonly(path)) as connection:
        other = Other(connection)
        try:
            # Read first and written last: a run that came over before its pages would hide that they are missing.
            runs = [run for run in other.rows(_RUNS, (), RunRow) if _is_usable(run, sources)]
            _merge_pages(archive, other, sources, merged, progress)
            progress("merging what is known beside pages", 0, None)
            _merge_bare_addresses(archive, other, merged)
            _merge_aliases(archive, other, merged)
            _merge_failures(archive, other, merged)
            _merge_refusals(archive, other, merged)
            if not other.odd and not other.damaged:
                _merge_runs(archive, runs, merged)
        except ArchiveError as error:
            found = f"a damaged archive ({error}); what could be read came over"
            merged.refused.append(Refused("file", found, "a whole archive; copy it here again"))
    merged.refused.extend(other.refusals())
    return merged


# ── pages ──────────────────────────────────────────────────────────────────────────────────────────────


def _addresses(other: Other) -> Iterator[list[str]]:
    """The addresses of pages in sorted batches; between two of them the file is free for its own writer."""
    after = ""
    while batch := [row[0] for row in other.rows(_URLS, (after, BATCH), tuple[str])]:
        if any(one >= next_one for one, next_one in pairwise([after, *batch])):
            raise ArchiveError("its addresses are not in their order")  # and would come again and again
        after = batch[-1]
        yield batch


def _merge_pages(
    archive: Archive, other: Other, sources: Collection[str], merged: Merged, progress: Progress
) -> None:
    done = 0
    for urls in _addresses(other):
        other.connection.execute("begin")  # the versions of an address and when it was seen belong together
        try:
            with archive.transaction():
                for url in urls:
                    _merge_address(archive, other, url, sources, merged)
        finally:
            other.connection.execute("rollback")
        done += len(urls)
        progress("merged addresses", done, None)


def _merge_address(
    archive: Archive, other: Other, url: str, sources: Collection[str], merged: Merged
) -> None:
    listed = list(other.rows(_LISTING, (url,), Listed))
    other.unknown |= {page.source for page in listed} - set(sources)
    theirs = [page for page in listed if page.source in sources]
    if not theirs:
        return
    address = other.one(_ADDRESS, (url,), Address) or Address(url, theirs[-1].fetched_at, None)
    mine = [Listed(*row) for row in archive.connection.execute(_LISTING, (url,))]
    seen = archive.connection.execute(_ADDRESS, (url,)).fetchone()
    kept = timeline(
        (_versions(mine), seen[1] if seen else ""),
        (_versions(theirs), address.last_seen_at),
    )
    if {*kept} != {*_versions(mine)}:
        archive.make_whole(url)
    came = sum(
        _bring(archive, other, url, version, mine, theirs)
        for version in kept
        if version not in _versions(mine)
    )
    # What was kept here as news is none any more when the other archive had the same bytes before.
    repeated = [page for page in mine if Version(page.fetched_at, page.sha256) not in kept]
    for page in repeated:
        archive.connection.execute("delete from pages where id = ?", (page.id,))
    merged.pages += came
    merged.known += max(0, len(theirs) - came)
    if came or repeated:
        archive.wait_again(url)
    merged.addresses += _see(archive, other, address)


def _versions(pages: Iterable[Listed]) -> list[Version]:
    return [Version(page.fetched_at, page.sha256) for page in pages]


def _bring(
    archive: Archive,
    other: Other,
    url: str,
    version: Version,
    mine: Sequence[Listed],
    theirs: Sequence[Listed],
) -> bool:
    """Keep a version of an address: the other's page of that time, or else a page with the same bytes."""
    same = [page for page in theirs if page.sha256 == version.sha256]
    own = [page for page in mine if page.sha256 == version.sha256]
    exact = [page for page in same if page.fetched_at == version.fetched_at]
    for page, archived in [(p, False) for p in exact] + [(p, True) for p in own] + [(p, False) for p in same]:
        if archived:
            found: Content | None = Content(*archive.connection.execute(PAGE, (page.id,)).fetchone())
        else:
            found = other.page(page.id)
        if found is None or not (archived or is_whole(found)):
            other.damaged.add(url)
            continue
        columns = (found.status, found.headers, found.name, found.path, found.sha256, found.body)
        row = (found.source, url, version.fetched_at, *columns)
        return archive.connection.execute(_INSERT, row).rowcount == 1
    return False


# ── addresses, aliases, failures, runs ─────────────────────────────────────────────────────────────────


def _see(archive: Archive, other: Other, address: Address) -> bool:
    """Note when an address was last seen and whether it is gone; False when nothing of it is news."""
    row = archive.connection.execute(_ADDRESS, (address.url,)).fetchone()
    before = Address(*row) if row else None
    if _notice(archive, other, address, before):
        archive.wait_again(address.url)
    last_seen_at = max(address.last_seen_at, before.last_seen_at if before else "")
    removed = max(filter(None, (address.removed_at, before and before.removed_at)), default=None)
    after = Address(address.url, last_seen_at, removed if removed and removed >= last_seen_at else None)
    if after == before:
        return False
    archive.connection.execute("insert or replace into addresses values (?, ?, ?)", after)
    if before and before.removed_at != after.removed_at:
        archive.wait_again(address.url)
    return True


def _notice(archive: Archive, other: Other, address: Address, before: Address | None) -> bool:
    """Bring over when an address was found to be gone or back; False when all of it was known.

    An archive that saw the address after the other one had found it gone is a witness of its return.
    """
    theirs = set(other.rows(_PRESENCE, (address.url,), Presence)) if other.has_presence else set()
    if address.removed_at:
        theirs.add(Presence(address.removed_at, True))
    mine = {
        Presence(at, bool(is_gone)) for at, is_gone in archive.connection.execute(_PRESENCE, (address.url,))
    }
    gone = min((at for at, is_gone in mine | theirs if is_gone), default=None)
    if gone is None:
        return False
    seen = {address.last_seen_at, before.last_seen_at if before else ""}
    theirs |= {Presence(at, False) for at in seen if at > gone and Presence(at, True) not in mine | theirs}
    archive.connection.executemany(
        "insert or ignore into presence values (?, ?, ?)",
        [(address.url, at, is_gone) for at, is_gone in sorted(theirs - mine)],
    )
    return bool(theirs - mine)


def _merge_bare_addresses(archive: Archive, other: Other, merged: Merged) -> None:
    for batch in _batches(other.rows(_BARE, (), Address)):
        with archive.transaction():
            merged.addresses += sum(_see(archive, other, address) for address in batch)


def _merge_aliases(archive: Archive, other: Other, merged: Merged) -> None:
    """Former ids that nobody here knows; where the two differ, the pages decide when they are read again."""
    for batch in _batches(other.rows(_ALIASES, (), Alias)):
        with archive.transaction():
            for alias, trial_id in batch:
                current = archive.resolve(trial_id)
                if archive.resolve(alias) == alias and current != alias:
                    merged.aliases += archive.alias(alias, current)


def _merge_failures(archive: Archive, other: Other, merged: Merged) -> None:
    """The newest words about a file or page win; the same words keep the time they were first true."""
    concerned: set[str] = set()
    for batch in _batches(other.rows(_FAILURES, (), Failure)):
        with archive.transaction():
            for failure in batch:
                if _note_failure(archive, failure):
                    merged.failures += 1
                    concerned |= {failure.url} if failure.stage in ("parse", "normalise") else set()
    # A page of that address or path may have been read since; reading it again settles which is true.
    waiting = msgspec.json.encode(sorted(concerned)).decode()
    for column in ("url", "path") if concerned else ():
        archive.connection.execute(
            "update readings set state = 0 where page_id in"
            f" (select id from pages where {column} in (select value from json_each(?)))",
            (waiting,),
        )


def _merge_refusals(archive: Archive, other: Other, merged: Merged) -> None:
    """The newest words about two trials win; an archive of an older version has none."""
    if not other.has("refusals"):
        return
    mine = {refusal[:2]: refusal for refusal in archive.refusals()}
    with archive.transaction():
        for refusal in other.rows(_REFUSALS, (), Refusal):
            known = mine.get(refusal[:2])
            if known is None or (known.refused_at, known.because) < (refusal.refused_at, refusal.because):
                merged.refusals += archive.refuse(refusal)


def _note_failure(archive: Archive, failure: Failure) -> bool:
    key = (failure.url, failure.source_id, failure.stage, failure.field)
    row = archive.connection.execute(
        f"{_FAILURES} where url = ? and source_id = ? and stage = ? and field = ?", key
    ).fetchone()
    if row:
        mine = Failure(*row)
        words, my_words = (failure.found, failure.expected), (mine.found, mine.expected)
        if failure.seen_at >= mine.seen_at if words == my_words else _newness(failure) <= _newness(mine):
            return False
    archive.connection.execute("insert or replace into failures values (?, ?, ?, ?, ?, ?, ?, ?)", failure)
    return True


def _newness(failure: Failure) -> tuple[str, ...]:
    return failure.seen_at, failure.found, failure.expected, failure.source


def _is_usable(run: RunRow, sources: Collection[str]) -> bool:
    """May this run be repeated here by `trials update`? Its times are reckoned with and its search is asked again."""
    try:
        msgspec.convert((run.started_at, run.finished_at), tuple[Time, Time])
        msgspec.json.decode(run.arguments, type=Search)
    except msgspec.MsgspecError:
        return False
    return run.source is None or run.source in sources


def _merge_runs(archive: Archive, runs: Iterable[RunRow], merged: Merged) -> None:
    """Runs that came to their end; one that was stopped can only be gone on with where it began."""
    known = {run[1:] for run in archive.runs()}
    with archive.transaction():
        for run in runs:
            if run[1:] in known:
                continue
            known.add(run[1:])
            merged.runs += 1
            archive.connection.execute(
                "insert into runs (command, source, arguments, started_at, finished_at, resume_url, expected,"
                " fetched, unchanged, failed) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                run[1:],
            )


def _batches(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    batch: list[_Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
