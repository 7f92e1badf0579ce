"""How the limits of a criterion differ from those it had: "hemoglobin >= 9 g/dL -> >= 8 g/dL"."""

from collections.abc import Iterable, Iterator, Sequence

from scraper.model import Constraint

_SIDE = {">=": "low", ">": "low", "<=": "high", "<": "high", "=": "both"}


def limit_changes(old: Sequence[Constraint], new: Sequence[Constraint]) -> list[str]:
    """What changed, a line each limit; empty when both say the same, in whatever unit of the same quantity."""
    lost, won = _without_shared(old, new)
    lines = []
    for before, after in _pairs(lost, won):
        if before and after:
            name = "" if before.variable == after.variable else f"{after.variable} "
            lines.append(f"{before.variable} {_words(before)} -> {name}{_words(after)}")
        elif before:
            lines.append(f"{before.variable} {_words(before)} -> no limit")
        elif after:
            lines.append(f"{after.variable} no limit -> {_words(after)}")
    return lines


def _meaning(limit: Constraint) -> tuple[object, ...]:
    if limit.canonical_value is None:
        amount: tuple[object, ...] = (limit.value, limit.unit)
    else:
        amount = (float(f"{limit.canonical_value:.9g}"), limit.canonical_unit)
    window = (limit.window_value, limit.window_unit)
    return (limit.variable, limit.comparator, *amount, limit.conditional, *window)


def _without_shared(
    old: Sequence[Constraint], new: Sequence[Constraint]
) -> tuple[list[Constraint], list[Constraint]]:
    """The limits of each side that the other one has not."""
    before, after = ({_meaning(limit): limit for limit in side} for side in (old, new))
    return (
        [limit for meaning, limit in before.items() if meaning not in after],
        [limit for meaning, limit in after.items() if meaning not in before],
    )


def _pairs(
    lost: list[Constraint], won: list[Constraint]
) -> Iterator[tuple[Constraint | None, Constraint | None]]:
    """Each lost limit with the one that took its place: of the same variable and side, else of the same variable."""
    open_ = list(won)
    paired: dict[int, Constraint] = {}
    for is_alike in (_same_side, _same_variable):
        for n, before in enumerate(lost):
            after = next((limit for limit in open_ if n not in paired and is_alike(before, limit)), None)
            if after is not None:
                paired[n] = after
                open_.remove(after)
    for n, before in enumerate(lost):
        yield before, paired.get(n)
    for after in open_:
        yield None, after


def _same_variable(one: Constraint, other: Constraint) -> bool:
    return one.variable == other.variable


def _same_side(one: Constraint, other: Constraint) -> bool:
    return _same_variable(one, other) and _SIDE[one.comparator] == _SIDE[other.comparator]


def _words(limit: Constraint) -> str:
    """A limit without its variable: ">= 9 g/dL", "<= 5 mg within 14 days, conditional"."""
    words = f"{limit.comparator} {limit.value:.10g} {limit.unit}".rstrip()
    if limit.window_value is not None:
        words += f" within {limit.window_value:.10g} {limit.window_unit}".rstrip()
    return (
        words
        + (f", if {limit.condition_text}" if limit.condition_text else ", conditional") * limit.conditional
    )


def in_words(limits: Iterable[Constraint]) -> str:
    """Limits on one line: "age >= 18 years; ecog <= 1"."""
    return "; ".join(f"{limit.variable} {_words(limit)}" for limit in limits)
