"""Which record of a trial wins. Nothing here depends on the order of import."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from scraper.model import Version

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

    The same bytes at a later time are no new version: they came first when they came first, whatever arrived first.
    """
    groups: dict[tuple[str, str], list[Version]] = {}
    for version in versions:
        groups.setdefault((version.record.source, version.record.source_id), []).append(version)
    return {key: _without_repeats(sorted(groups[key], key=order)) for key in sorted(groups)}


def _without_repeats(versions: Sequence[Version]) -> list[Version]:
    return [
        version
        for before, version in zip((None, *versions), versions, strict=False)
        if before is None or before.sha256 != version.sha256
    ]


def pairs(history: Sequence[Version]) -> Iterator[tuple[Version, Version]]:
    """Each whole version of one record with the one after it, for comparing alone.

    A field that one of the two has no place for is as the other states it, or as the last version that states it did:
    a page of the registry's retired archive, which lists no sites, between two records that do, neither takes them
    away nor hides that they changed. What both have no place for stays: they are of one form.
    """
    whole = [version for version in history if not version.record.is_partial]
    known: dict[str, Any] = {}
    for before, after in pairwise(whole):
        lost = {*after.record.not_given} - {*before.record.not_given}
        gained = {*before.record.not_given} - {*after.record.not_given}
        known |= {field: getattr(before.trial, field) for field in lost}
        then = {field: known.get(field, getattr(after.trial, field)) for field in gained}
        yield _with(before, then), _with(after, {field: getattr(before.trial, field) for field in lost})


def _with(version: Version, values: Mapping[str, Any]) -> Version:
    if not values:
        return version
    return msgspec.structs.replace(version, trial=msgspec.structs.replace(version.trial, **values))


def winner(newest: Iterable[Version], kinds: Mapping[str, str]) -> Version:
    """The record that `trials` shows, among the newest of each source; `kinds` is source name -> its kind."""
    return max(newest, key=lambda v: (_REGISTRY_FIRST[kinds[v.record.source]], order(v)))
