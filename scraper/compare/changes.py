"""What differs between two states of a trial: field by field, and criterion by criterion.

The one function that finds differences; `changes` applies it along the versions of the winning record, `trials diff`
to two dates. A difference in spaces, wrapping, list numbers or escapes is none.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec

from scraper.compare.alignment import align
from scraper.compare.fold import deciding, folded, tokens
from scraper.compare.limits import in_words, limit_changes
from scraper.compare.state import FIELDS, HIGH, LISTS, WORDING, State
from scraper.model import Change, Criterion

CRITERION = "criteria"
"""The field of the rows that are about one criterion each."""
_MOST_NAMED = 6
_BOUNDS = frozenset({"least", "most", "more", "less", "greater", "fewer", ">=", "<=", ">", "<", "="})


class Dated(NamedTuple):
    """A state of a record, the date at which it began, and when its page was fetched."""

    date: str
    fetched_at: str
    state: State


def changes(states: Sequence[Dated], source: str, source_id: str) -> Iterator[Change]:
    """The changes along the states of one record, oldest first, each with the date at which it began.

    A change is learned when both pages are there: the older one may come later, from somebody's files.
    """
    carried: list[Dated] = []
    for each in states:
        carried.append(each._replace(state=each.state.after(carried[-1].state if carried else None)))
    for before, after in pairwise(carried):
        learned_at = max(before.fetched_at, after.fetched_at)
        for change in differences(before.state, after.state, after.date, source, source_id):
            yield msgspec.structs.replace(change, learned_at=learned_at)


def differences(
    before: State, after: State, observed_at: str = "", source: str = "", source_id: str = ""
) -> Iterator[Change]:
    """What `after` says otherwise. A field on which either is silent does not differ.

    Nor does wording, when the form of one of the two has lost characters.
    """

    def change(field: str, old: str | None, new: str | None, severity: str) -> Change:
        return Change(
            field=field,
            old=old,
            new=new,
            observed_at=observed_at,
            severity=severity,
            source=source,
            source_id=source_id,
        )

    silent = (
        before.silent | after.silent | (WORDING if before.signs_lost != after.signs_lost else frozenset())
    )
    for field in FIELDS:
        old, new = before.values[field], after.values[field]
        if (
            field in silent
            or old == new
            or (old is not None and new is not None and folded(old) == folded(new))
        ):
            continue
        if field != "eligibility_criteria":
            yield change(field, old, new, "high" if field in HIGH else "low")
            continue
        single = list(criteria_changes(before.criteria(), after.criteria(), observed_at, source, source_id))
        severity = "high" if any(one.severity == "high" for one in single) else "low"
        yield change(field, old, new, severity)
        yield from single
    for field in LISTS:
        lost, won = _without_shared(before.lists[field], after.lists[field])
        if field not in silent and (lost or won):
            yield change(field, "\n".join(lost) or None, "\n".join(won) or None, "low")


def _without_shared(old: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str]]:
    """The entries that only one side has; an entry that stands there twice counts once."""
    before, after = ({folded(entry) or entry: entry for entry in entries} for entries in (old, new))
    return (
        [entry for key, entry in before.items() if key not in after],
        [entry for key, entry in after.items() if key not in before],
    )


def criteria_changes(
    old: Sequence[Criterion],
    new: Sequence[Criterion],
    observed_at: str = "",
    source: str = "",
    source_id: str = "",
) -> Iterator[Change]:
    """A row for each criterion that was added, removed, reworded, given other limits or another kind."""
    for before, after in align(old, new):
        found = _compared(before, after)
        row = after or before
        if found is None or row is None:
            continue
        kind, severity, detail = found
        yield Change(
            field=CRITERION,
            old=None if before is None else before.text,
            new=None if after is None else after.text,
            observed_at=observed_at,
            severity=severity,
            source=source,
            source_id=source_id,
            kind=kind,
            criterion=row.position,
            detail=detail or None,
        )


def _compared(before: Criterion | None, after: Criterion | None) -> tuple[str, str, str] | None:
    """(kind, severity, detail) of what happened to one criterion; None when nothing did.

    Wording alone is low; it is high as soon as a limit, a number, a sign, or a word such as "not" or "unless" differs.
    """
    if before is None or after is None:
        there = before or after
        said = "" if there is None else f"{there.kind} criterion"
        if there is not None and there.constraints:
            said += f": {in_words(there.constraints)}"
        return ("added" if before is None else "removed"), "high", said
    limits = limit_changes(before.constraints, after.constraints)
    moved = f"{before.kind} -> {after.kind}" if before.kind != after.kind else ""
    old, new = tokens(before.text), tokens(after.text)
    if limits and old != new:
        return "limits", "high", "; ".join(filter(None, (moved, *limits)))
    if moved:
        return "kind", "high", moved
    if old == new:
        return None
    # Every number was read as a limit, and the limits are the same: "at least 9" and "9 or more" say it in other words.
    numbers = sum(word[0].isdigit() for word in old)
    said_again = _BOUNDS if 0 < numbers <= len(before.constraints) else frozenset()
    decisive = _decisive(
        *(Counter(word for word in words if word not in said_again) for words in (old, new)),
    )
    return "reworded", "high" if decisive else "low", decisive


def _decisive(old: Counter[str], new: Counter[str]) -> str:
    """The numbers, signs and turning words that only one of two texts has, in words; "" without any."""
    before, after = deciding(old.elements()), deciding(new.elements())
    lost, won = list((before - after).elements()), list((after - before).elements())
    # "and" for "or" turns a sentence; one more or less of either is a matter of style.
    if (old["and"] - new["and"]) * (old["or"] - new["or"]) < 0:
        (lost if old["and"] > new["and"] else won).append("and")
        (lost if old["or"] > new["or"] else won).append("or")
    if not lost and not won:
        return ""
    return f"{_named(lost)} -> {_named(won)}"


def _named(words: Sequence[str]) -> str:
    return " ".join(words[:_MOST_NAMED]) + (" …" if len(words) > _MOST_NAMED else "") or "nothing"
