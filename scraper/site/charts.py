"""Bars as plain numbers for the templates: every mark is a link, every number is also text.

Lengths are parts of the room there is, so that the words beside them are as large on a phone as on a desk.
"""

from collections.abc import Iterable
from dataclasses import dataclass

_LEAST = 0.5


@dataclass(frozen=True)
class Bar:
    """`size` is per cent of the longest one, `at` and `width` per cent of the room along the axis of time."""

    label: str
    value: int
    href: str
    size: float
    at: float = 0.0
    width: float = 0.0
    planned: bool = False


@dataclass(frozen=True)
class Chart:
    """`upright` bars stand side by side (time), others lie one below the other (kinds); `note` says what is counted."""

    title: str
    bars: tuple[Bar, ...]
    most: int
    upright: bool
    note: str = ""


def lying(title: str, rows: Iterable[tuple[str, int, str]], note: str = "") -> Chart:
    """One row a bar: (label, value, address)."""
    found = list(rows)
    most = _most(found)
    return Chart(
        title, tuple(Bar(*row, _size(row[1], most)) for row in found), most, upright=False, note=note
    )


def upright(
    title: str, rows: Iterable[tuple[str, int, str]], note: str = "", planned_from: str = "~"
) -> Chart:
    """One column a bar, in the order given; those from the label `planned_from` on are not yet facts."""
    found = list(rows)
    most, step = _most(found), 100 / max(1, len(found))
    bars = tuple(
        Bar(*row, _size(row[1], most), round(n * step, 2), round(step * 0.8, 2), row[0] >= planned_from)
        for n, row in enumerate(found)
    )
    return Chart(title, bars, most, upright=True, note=note)


def _most(rows: list[tuple[str, int, str]]) -> int:
    return max((value for _, value, _ in rows), default=1) or 1


def _size(value: int, most: int) -> float:
    return max(_LEAST, round(100 * value / most, 1))


def short(text: str, most: int = 21) -> str:
    """A label that fits beside its bar."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
