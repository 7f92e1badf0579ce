"""Which record of a trial wins, and since when. Nothing here depends on the order of import."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

import msgspec

from scraper.model import Record, Version

# Neither a listing site's record nor a copy in a registry of registries ever wins over the registry's own.
_REGISTRY_FIRST = {"registry": 2, "secondary": 1, "listing": 0}


def order(version: Version) -> tuple[bool, str, str, str, str]:
    """The sort key of versions of one source: whole before partial, then the record's own update date.

    Of two with the same date the one from the newer data of the registry wins: statuses lapse to UNKNOWN and terms
    are indexed anew without an update. The time of fetching and the digest only settle ties.
    """
    return (
        not version.record.is_partial,
        version.trial.last_update_posted_date or "",
        version.record.data_version,
        version.fetched_at,
        version.sha256,
    )


def by_record(versions: Iterable[Version]) -> dict[tuple[str, str], list[Version]]:
    """The versions of each (source, source_id), oldest first, keyed in sorted order.

    The same record at a later time is no new version, be it that the registry stamped it with the day of its data
    anew: it came first when it came first, whatever arrived first.
    """
    groups: dict[tuple[str, str], list[Version]] = {}
    for version in versions:
        groups.setdefault((version.record.source, version.record.source_id), []).append(version)
    return {key: _without_repeats(sorted(groups[key], key=order)) for key in sorted(groups)}


def _without_repeats(versions: Sequence[Version]) -> list[Version]:
    return [
        version
        for before, version in zip((None, *versions), versions, strict=False)
        if before is None or not _is_repeat(before, version)
    ]


def _is_repeat(before: Version, version: Version) -> bool:
    return before.sha256 == version.sha256 or _undated(before.record) == _undated(version.record)


def _undated(record: Record) -> Record:
    return msgspec.structs.replace(record, data_version="")


def dated(versions: Sequence[Version]) -> list[tuple[str, Version]]:
    """The versions of one record, oldest first, each with the date at which it came to be.

    That is its own update date. A version that differs from the one before without an update, as a status that lapses
    to UNKNOWN does, came to be when the registry made its data, else when it was fetched; and no version is younger
    than the one that took its place. A date is as precise as stated.
    """
    found: list[tuple[str, Version]] = []
    before = None
    for version, following in zip_longest(versions, versions[1:]):
        if following is not None and order(version)[:-1] == order(following)[:-1]:
            continue  # Two of one moment, such as a record twice in one file: neither came first.
        updated, made = version.trial.last_update_posted_date or "", version.record.data_version
        if before is not None and before.record.is_partial != version.record.is_partial:
            before = None
        if updated and (before is None or updated != before.trial.last_update_posted_date):
            date = updated
        else:
            date = max(made, updated) if made else version.fetched_at
        found.append((date, version))
        before = version
    for at in range(len(found) - 2, -1, -1):
        (date, version), (later, successor) = found[at], found[at + 1]
        if version.record.is_partial == successor.record.is_partial:
            found[at] = (min(date, later), version)
    return found


def winner(newest: Iterable[Version], kinds: Mapping[str, str]) -> Version:
    """The record that `trials` shows, among the newest of each source; `kinds` is source name -> its kind."""
    return max(newest, key=lambda v: (_REGISTRY_FIRST[kinds[v.record.source]], order(v)))
