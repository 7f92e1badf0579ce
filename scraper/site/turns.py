"""Whose query computes: a short one at once, long ones a few at a time, those that have had much after the others.

Twenty visitors' queries of a second each, served as they come, make everybody wait for all of them: a table's page
of 40 ms took 8 s. Nothing tells beforehand which query is long, so each begins, and one that turns out long takes turns.
"""

import heapq
import itertools
import os
import threading
import time

MOMENT = 0.05
"""Seconds of its own time that a query may take before it needs a turn."""
PATIENCE = 5.0
"""How many seconds a query lets others go first for each second that it has had. So none waits for ever."""


class Turns:
    """So many turns at once, handed to whoever has waited long for what it had."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._lock = threading.Lock()
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, threading.Event]] = []

    def take(self, had: float, seconds: float) -> bool:
        """Wait for a turn, at most so long, having `had` so many seconds; False when none came."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            granted = threading.Event()
            one = (_place(had), next(self._order), granted)
            heapq.heappush(self._waiting, one)
        if granted.wait(max(seconds, 0.0)):
            return True
        with self._lock:
            if granted.is_set():  # it came between the two
                return True
            self._waiting.remove(one)
            heapq.heapify(self._waiting)
        return False

    def give_back(self) -> None:
        """The turn goes to the one that waits before all others."""
        with self._lock:
            if self._waiting:
                heapq.heappop(self._waiting)[2].set()
            else:
                self._free += 1

    def is_due(self, had: float) -> bool:
        """Does somebody wait who comes before one that has had so much?"""
        with self._lock:
            return bool(self._waiting) and self._waiting[0][0] < _place(had)


def _place(had: float) -> float:
    return time.monotonic() + PATIENCE * had


class Turn:
    """One query's: none for its first moment, then kept until it ends, or has had twice what it had and another is due."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._holds = False
        self._until = MOMENT

    def goes_on(self, had: float, deadline: float) -> bool:
        """May the query go on after `had` seconds of its own? Waits until it may; False when the deadline came first.

        The deadline is one of `time.monotonic`.
        """
        if had < self._until:
            return True
        self._until = 2 * had
        if self._holds:
            if not self._turns.is_due(had):
                return True
            self.end()
        self._holds = self._turns.take(had, deadline - time.monotonic())
        return self._holds

    def end(self) -> None:
        """Give the turn back, if it was one."""
        if self._holds:
            self._holds = False
            self._turns.give_back()


OF_THE_MACHINE = Turns(len(os.sched_getaffinity(0)))
"""One a core: more long queries at once would only slow each other, and everything short."""
