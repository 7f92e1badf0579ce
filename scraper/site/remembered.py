"""Pages already made: the same address gives the same page until the database file changes."""

from collections import OrderedDict
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

MOST_PAGES = 256
"""Of at most some 200 KB each: 50 MB at the worst, where the Dockerfile allows the process 1 GB."""

State = tuple[tuple[int, ...], ...]


class Pages:
    """The pages made last from one state of the file."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, str] = OrderedDict()
        self._state: State | None = None

    def get(self, state: State, address: str) -> str | None:
        """The page of that address; None when it was not made yet, or from another state of the file."""
        if state != self._state:
            self._made.clear()
            self._state = state
        if address in self._made:
            self._made.move_to_end(address)
        return self._made.get(address)

    def keep(self, state: State, address: str, page: str) -> None:
        """Keep a page made while the file was in that state; the one asked for longest ago goes."""
        if state == self._state:
            self._made[address] = page
            if len(self._made) > MOST_PAGES:
                self._made.popitem(last=False)


_PAGES: WeakKeyDictionary[Any, Pages] = WeakKeyDictionary()


def pages_of(database: Any) -> Pages:
    """The pages made from that database of Datasette's."""
    return _PAGES.setdefault(database, Pages())


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
