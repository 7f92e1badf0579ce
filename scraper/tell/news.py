"""What is new among the trials of a search: since a date, or since a watch last looked."""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from sqlite_utils.utils import chunks

from scraper.search import engine
from scraper.search.question import Question
from scraper.tell import said
from scraper.tell.history import ahead_of

KINDS = ("new", "changed", "removed", "no_longer_matching")
"""What can be told of a trial, in the order in which it is told."""

_BATCH = 500
# The date of a trial's first version: without a former one it has not changed.
_BEGAN = "coalesce((select observed_at from versions v where v.trial_id = t.trial_id and position = 0), last_changed_at)"
_CHANGE = (
    "field",
    "old",
    "new",
    "observed_at",
    "severity",
    "source",
    "source_id",
    "kind",
    "criterion",
    "detail",
)
_ROW = (*_CHANGE, "learned_at")
"""A change with when it was learned: the same change learned at another time is no other one."""


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a watch has told of a trial: the digests of its changes, and whether it was gone."""

    changes: tuple[str, ...] = ()
    removed: bool = False


@dataclass(frozen=True)
class Item:
    """One trial in the news, with the changes that were not told before.

    `began` is the date of its first version here, `first_seen_at` when its first page was fetched.
    """

    trial_id: str
    title: str
    status: str | None
    url: str | None
    changes: tuple[dict[str, Any], ...] = ()
    began: str = ""
    first_seen_at: str = ""


@dataclass(frozen=True)
class News:
    """`made_at` is the date of the data; `since` is None when a watch looks for the first time.

    `ahead_of` is the day of the data where `since` is later. `older` counts the trials and changes that were learned
    since then and are dated before.
    """

    search: str
    since: str | None
    made_at: str
    matching: int
    items: Mapping[str, Sequence[Item]] = field(default_factory=dict)
    ahead_of: str = ""
    older: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.items.values())


def since(
    connection: sqlite3.Connection, question: Question, date: str, search: str, *, by_date: bool = False
) -> News:
    """What came, changed and vanished since a date, of the trials that match now.

    Told is what is dated, or was learned here, at that date or later: what a registry dates the 21st and was fetched on
    the 22nd was in no mail of the 21st. With `by_date` the records' own dates decide alone, as one asks of an index
    that was made yesterday. Both are in the pages: the same archive gives the same answer.
    """

    def reached(*times: str | None) -> bool:
        # "2026-03" is not before 2026-03-15: the shorter of the two decides.
        return any(time >= date[: len(time)] for time in times if time)

    def told(dated: str, learned_at: str | None) -> bool:
        return reached(dated) or (not by_date and reached(learned_at))

    every = replace(question, filters=replace(question.filters, removed=True))
    ids = engine.trial_ids(connection, every)
    found: dict[str, list[Item]] = {kind: [] for kind in KINDS}
    older = Counter[str]()
    matching = 0
    for trial in _trials(connection, ids):
        dated = [row for row in trial["changes"] if reached(row["observed_at"])]
        changes = [row for row in trial["changes"] if told(row["observed_at"], row["learned_at"])]
        if trial["removed_at"]:
            if trial["removed_at"] >= date:
                found["removed"].append(_item(trial, changes))
            continue
        matching += 1
        if told(trial["began"], trial["first_seen_at"]):
            # Who has never heard of a trial is told of it as it is, not how it came to be so.
            found["new"].append(_item(trial, dated))
            older["trials"] += not reached(trial["began"])
        elif changes:
            found["changed"].append(_item(trial, changes))
            older["changes"] += len(said.told(changes)) - len(said.told(dated))
    return News(search, date, _made_at(connection), matching, found, ahead_of(connection, date), older)


def watch(
    connection: sqlite3.Connection,
    question: Question,
    before: Mapping[str, Seen] | None,
    last: str | None,
    search: str,
) -> tuple[News, dict[str, Seen]]:
    """What is new since a watch last looked, and what it has now seen. `before` is None at the first time.

    A change that an older page brought to light is news as well: it was not told before.
    """
    known = before or {}
    ids = engine.trial_ids(connection, question)
    found: dict[str, list[Item]] = {kind: [] for kind in KINDS}
    seen: dict[str, Seen] = {}
    trial: dict[str, Any] | None
    for trial in _trials(connection, ids):
        seen[trial["trial_id"]] = Seen(tuple(map(_digest, trial["changes"])), bool(trial["removed_at"]))
        if trial["trial_id"] not in known:
            found["new"].append(_item(trial, ()))
        elif unseen := _unseen(trial, known):
            found[
                "removed" if trial["removed_at"] and not known[trial["trial_id"]].removed else "changed"
            ].append(_item(trial, unseen))
    left = sorted(known.keys() - seen.keys())
    there = {trial["trial_id"]: trial for trial in _trials(connection, left)}
    for trial_id in left:
        if (
            trial := there.get(trial_id)
        ) is None:  # the page was about another trial all the time: a former id
            found["no_longer_matching"].append(Item(trial_id, "", None, None))
        elif trial["removed_at"]:
            seen[trial_id] = Seen(tuple(map(_digest, trial["changes"])), removed=True)
            if not known[trial_id].removed:
                found["removed"].append(_item(trial, _unseen(trial, known)))
        else:
            found["no_longer_matching"].append(_item(trial, _unseen(trial, known)))
    return News(search, last, _made_at(connection), len(ids), found), seen


def _unseen(trial: Mapping[str, Any], known: Mapping[str, Seen]) -> list[dict[str, Any]]:
    told = set(known[trial["trial_id"]].changes)
    return [row for row in trial["changes"] if _digest(row) not in told]


def _digest(change: Mapping[str, Any]) -> str:
    content = json.dumps([change[name] for name in _CHANGE], ensure_ascii=False)
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _item(trial: Mapping[str, Any], changes: Iterable[dict[str, Any]]) -> Item:
    return Item(
        trial["trial_id"],
        trial["brief_title"] or "",
        trial["overall_status"],
        trial["url"],
        tuple(changes),
        trial["began"] or "",
        trial["first_seen_at"] or "",
    )


def _trials(connection: sqlite3.Connection, ids: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The trials with their changes, in the order of `ids`; those that are not there are passed over."""
    for batch in chunks(ids, _BATCH):
        wanted = list(batch)
        marks = ", ".join("?" * len(wanted))
        names = ("trial_id", "brief_title", "overall_status", "url", "removed_at", "first_seen_at", "began")
        found = {
            row[0]: {**dict(zip(names, row, strict=True)), "changes": []}
            for row in connection.execute(
                f"select {', '.join(names[:-1])}, {_BEGAN} from trials t where trial_id in ({marks})", wanted
            )
        }
        known = ", ".join("?" * len(found))
        for trial_id, *row in connection.execute(
            f"select trial_id, {', '.join(_ROW)} from changes where trial_id in ({known})"
            " order by trial_id, position",
            list(found),
        ):
            found[trial_id]["changes"].append(dict(zip(_ROW, row, strict=True)))
        yield from (found[trial_id] for trial_id in wanted if trial_id in found)


def _made_at(connection: sqlite3.Connection) -> str:
    row = connection.execute("select value from meta where key = 'snapshot_at'").fetchone()
    return str(row[0]) if row else ""
