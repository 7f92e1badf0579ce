"""The time and the memory that one input may take."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 3.0
"""The time of this process that an input may take, and as much again for every 128 KiB."""
MOST_WAITING_SECONDS = 90.0
"""Whatever the machine is doing: a reader that only waits uses no time of its own."""
MOST_MEMORY = 512 << 20
"""What an input may add to the largest size this process ever had, and 200 times its own length."""


class TooSlow(BaseException):
    """No handler for ordinary errors may swallow it."""


class TooLarge(BaseException):
    """An input took more memory than it may."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises TooSlow once the block has used that much time of this process, or has waited far too long."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds:.0f} s")

    before = signal.signal(signal.SIGVTALRM, stop), signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, max(MOST_WAITING_SECONDS, 10 * seconds))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGVTALRM, before[0])
        signal.signal(signal.SIGALRM, before[1])


def allowance(size: int) -> float:
    return SECONDS * (1 + size / (128 << 10))


@contextmanager
def bounded_memory(size: int) -> Iterator[None]:
    """Raises TooLarge when the block let this process grow beyond what an input of that size may."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    if grown > MOST_MEMORY + 200 * size:
        raise TooLarge(f"{grown >> 20:,} MiB for {size:,} bytes")
