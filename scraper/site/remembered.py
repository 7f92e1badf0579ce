"""What was already made from the database file: kept until the file changes."""

from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

MOST_PAGES = 256
"""Of at most some 200 KB each: 50 MB at the worst, where the Dockerfile allows the process 1 GB."""

State = tuple[tuple[int, ...], ...]


class Kept:
    """What was made last from one state of the file: at most so many things, each by its name."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, Any] = OrderedDict()
        self._state: State | None = None

    def __len__(self) -> int:
        return len(self._made)

    def get(self, state: State, name: Hashable) -> Any:
        """What has that name; None when it was not made yet, or from another state of the file."""
        if state != self._state:
            self._made.clear()
            self._state = state
        if name in self._made:
            self._made.move_to_end(name)
        return self._made.get(name)

    def keep(self, state: State, name: Hashable, made: Any) -> None:
        """Keep what was made while the file was in that state; what was asked for longest ago goes."""
        if state == self._state:
            self._made[name] = made
            if len(self._made) > self._most:
                self._made.popitem(last=False)


_PAGES: WeakKeyDictionary[Any, Kept] = WeakKeyDictionary()


def pages_of(database: Any) -> Kept:
    """The pages made from that database of Datasette's, by address."""
    return _PAGES.setdefault(database, Kept(MOST_PAGES))


def state_of(database: Any) -> State:
    """What changes with every write to the file, or to the log that waits beside it; () where nobody writes."""
    if not database.is_mutable:
        return ()
    return tuple(_stamp(Path(f"{database.path}{suffix}")) for suffix in ("", "-wal"))


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
