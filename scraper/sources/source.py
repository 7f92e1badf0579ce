"""What a source declares: facts, and pure functions from bytes to the source's own words.

A source knows nothing of HTTP, SQL, enums or other registries. Fetching asks it for addresses and hands back
pages; everything it returns depends on its arguments alone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from scraper.errors import ParseError, SettingsError
from scraper.model import Page, Problem, Record


@dataclass(frozen=True)
class Listing:
    """What one search answer says.

    `urls` are the live addresses of trial pages still to fetch; empty when the answer itself holds whole
    studies (`split` takes them apart). `next_url` is "" on the last page; `total` the source's own count.
    """

    urls: tuple[str, ...] = ()
    next_url: str = ""
    total: int | None = None


@dataclass(frozen=True)
class IdListing:
    """What one answer to `ids_url` says; `next_url` is "" on the last page.

    `updated` says of each id when its record was last updated (ISO date, "" where the answer does not say).
    """

    ids: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    next_url: str = ""
    total: int | None = None


@dataclass(frozen=True)
class Form:
    """A form of a source's records that people know by a name of its own; it is read by the source, from saved files.

    Its records are versions of the source's own, of one history. `note` says why nothing is fetched in it.
    """

    name: str
    title: str
    formats: tuple[str, ...]
    note: str
    not_given: str


@dataclass(frozen=True)
class Source:
    """One registry or listing site.

    name             short usual name, as in `records.source`
    kind             "registry" wins over "secondary" (a registry of registries), that over "listing"
    hosts            the only hosts that a fetch may reach or be redirected to
    obeys_robots     True for pages; a documented API follows its own terms instead
    recognise        (file name, first 64 KiB) -> does this file hold the source's pages or records?
    split            page or bulk answer -> one Page a study, under the study's own live address,
                     or a Problem for a part that is no study
    parse            page of one study -> its Record; raises ParseError
    search_url       (words, since as ISO date or "") -> live address of the first search answer
    record_url       id -> live address of one study; raises SettingsError on an id of another form
    canonical_url    any address of a study -> the one it is kept under; raises SettingsError when foreign
    read_listing     (search answer) -> Listing; raises ParseError
    ids_url          (words, since, ids) -> live address of the first answer that lists ids alone: of the same
                     search, of those among `ids` (at most `ids_at_once`), or of everything; None where none does
    forms            names under which single forms of its records are asked for
    read_ids         (such an answer) -> IdListing; raises ParseError
    lead_rank        where one trial has several records in the source, such as one a country: how well a record speaks
                     for the trial (the highest leads, the others add to it: compare/united.py); None where the
                     newest record is the trial
    gaps             status, age, sex, phase, sponsor or criteria -> why records of the source may not state it
    """

    name: str
    title: str
    kind: Literal["registry", "secondary", "listing"]
    homepage: str
    interface: str
    formats: tuple[str, ...]
    limits: str
    licence: str
    attribution: str
    parser_version: str
    hosts: frozenset[str]
    obeys_robots: bool
    delay_seconds: float
    recognise: Callable[[str, bytes], bool]
    split: Callable[[Page], Iterator[Page | Problem]]
    parse: Callable[[Page], Record]
    search_url: Callable[[str, str], str]
    record_url: Callable[[str], str]
    canonical_url: Callable[[str], str]
    read_listing: Callable[[Page], Listing]
    ids_url: Callable[[str, str, Sequence[str]], str] | None = None
    read_ids: Callable[[Page], IdListing] | None = None
    ids_at_once: int = 100
    lead_rank: Callable[[Record], tuple[int, ...]] | None = None
    forms: tuple[Form, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict, hash=False)


def part_problem(page: Page, field: str, found: str, expected: str) -> Problem:
    """The row of `problems` for a part of a file or answer that is no study."""
    return Problem(
        source=page.source,
        source_id=page.name,
        url=page.path or page.url,
        stage="archive",
        field=field,
        found=found,
        expected=expected,
        seen_at=page.fetched_at,
    )


def opening(body: bytes) -> str:
    """How a part starts, for a message."""
    text = " ".join(body[:400].decode("utf-8", "replace").split())
    return f"a part that starts {text[:60]!r}" if text else "nothing"


def not_asked(advice: str) -> Callable[..., str]:
    """The `search_url` and `record_url` of a source that is imported only: raises SettingsError with the advice."""

    def refuse(*_: str) -> str:
        raise SettingsError(advice)

    return refuse


def no_listing(advice: str) -> Callable[[Page], Listing]:
    """The `read_listing` of a source that is imported only: raises ParseError with the advice."""

    def refuse(page: Page) -> Listing:
        raise ParseError(opening(page.body), advice)

    return refuse
