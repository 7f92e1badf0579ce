"""What a rule about contradictions within one record is, and how its finding is written down."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from scraper.model import Conflict, Criterion, Version

Finder = Callable[[Version, Sequence[Criterion]], Iterator[Conflict]]

PUBLISHED_FROM = 0.90
"""A rule whose measured precision is lower cries wolf: it ships switched off."""


@dataclass(frozen=True)
class Rule:
    """One rule with its switch.

    `precision` is the share of its findings that were right, read one by one over `read` findings in real records;
    None when there were too few to say. A finding is right when both quotes cannot be true of the same study.
    """

    name: str
    description: str
    precision: float | None
    read: int
    published: bool
    function: Finder


@dataclass(frozen=True)
class Statement:
    """One side of a contradiction: where it stands in the record, its value and its words."""

    where: str
    value: str
    quote: str


def conflict(rule: str, field: str, version: Version, one: Statement, other: Statement) -> Conflict:
    """The contradiction of two statements of one record; `where` "" is the record's field itself."""
    date = version.trial.last_update_posted_date or version.fetched_at
    source = version.record.source
    return Conflict(
        rule=rule,
        field=field,
        value_a=one.value,
        source_a=f"{source} ({one.where})" if one.where else source,
        quote_a=one.quote,
        date_a=date,
        value_b=other.value,
        source_b=f"{source} ({other.where})" if other.where else source,
        quote_b=other.quote,
        date_b=date,
    )
