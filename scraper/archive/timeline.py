"""What an address held over time, put together from several archives that each saw a part of it.

The surprise: an archive drops a body that equals the last one kept, and knows only that the address was seen
again. Where another machine met another body in between, that sighting counts, or the wrong body would be newest.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple


class Version(NamedTuple):
    """What an address held at a time; `sha256` is of the raw body."""

    fetched_at: str
    sha256: str


def timeline(*seen: tuple[Sequence[Version], str]) -> list[Version]:
    """What an address held over time, by several archives; each gives its versions, oldest first, and when it
    last saw the address.

    A body that equals the one before it is left out; bodies of one moment are all kept.
    """
    sightings: set[Version] = set()
    for versions, last_seen_at in seen:
        sightings.update(versions)
        if versions and last_seen_at > versions[-1].fetched_at:
            sightings.add(Version(last_seen_at, versions[-1].sha256))
    kept: list[Version] = []
    before: set[str] = set()
    for _, moment in groupby(sorted(sightings), key=lambda version: version.fetched_at):
        group = list(moment)
        bodies = {version.sha256 for version in group}
        if len(bodies) > 1 or bodies != before:
            kept += group
        before = bodies
    return kept
