"""Bars as plain numbers for the SVG template: every mark is a link, every number is also text."""

from collections.abc import Iterable
from dataclasses import dataclass

_WIDTH = 400
_LABEL = 162
_NUMBER = 52
_ROW = 24
_HEIGHT = 150


@dataclass(frozen=True)
class Bar:
    label: str
    value: int
    href: str
    x: float
    y: float
    width: float
    height: float
    planned: bool = False


@dataclass(frozen=True)
class Chart:
    """`upright` bars stand side by side (time), others lie one below the other (kinds); `note` says what is counted."""

    title: str
    bars: tuple[Bar, ...]
    width: int
    height: int
    upright: bool
    note: str = ""


def lying(title: str, rows: Iterable[tuple[str, int, str]]) -> Chart:
    """One row a bar: (label, value, address)."""
    found = list(rows)
    most = max((value for _, value, _ in found), default=1) or 1
    room = _WIDTH - _LABEL - _NUMBER
    bars = tuple(
        Bar(label, value, href, _LABEL, n * _ROW, max(1.0, round(room * value / most, 1)), _ROW - 8)
        for n, (label, value, href) in enumerate(found)
    )
    return Chart(title, bars, _WIDTH, max(1, len(bars)) * _ROW, upright=False)


def upright(
    title: str, rows: Iterable[tuple[str, int, str]], note: str = "", planned_from: str = "~"
) -> Chart:
    """One column a bar, in the order given; those from the label `planned_from` on are not yet facts."""
    found = list(rows)
    most = max((value for _, value, _ in found), default=1) or 1
    step = _WIDTH / max(1, len(found))
    bars = []
    for n, (label, value, href) in enumerate(found):
        height = max(1.0, round(_HEIGHT * value / most, 1))
        bars.append(
            Bar(
                label,
                value,
                href,
                round(n * step, 2),
                16 + _HEIGHT - height,
                round(step * 0.8, 2),
                height,
                label >= planned_from,
            )
        )
    return Chart(title, tuple(bars), _WIDTH, _HEIGHT + 36, upright=True, note=note)


def short(text: str, most: int = 21) -> str:
    """A label that fits beside its bar."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
