"""How a long step tells how far it is: by calling what `terminal.Meter` is, without knowing who listens."""

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how many are done, how many there are; 0 and None where nothing can be counted."""


def untold(what: str, done: int, total: int | None) -> None:
    """For callers whom nobody watches."""
