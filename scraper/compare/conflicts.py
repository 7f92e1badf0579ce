"""Contradictions about one trial, each shown with both quotes. One function a rule.

A rule that cries wolf is worse than none: each docstring says what the rule needs to be sure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from scraper.compare.conflicts_between import RULES as BETWEEN
from scraper.model import Conflict, Constraint, Criterion, Version

_BOUNDS = (("minimum_age", (">=", ">")), ("maximum_age", ("<=", "<")))
BETWEEN_SOURCES = {
    **BETWEEN,
    "age_between_sources": "A listing site or a copy states an age limit, and the registry's own record states another"
    " one, or that there is none.",
    "age_unit_in_criteria": "A listing's age badge and its own inclusion criteria state the same number in different"
    " units.",
}
"""The rules about several records in words; each shows what the sources say, with both dates."""

_UNIT = re.compile(r"(year|month|week|day|hour|minute)", re.IGNORECASE)


def conflicts(
    registry: Version | None, listings: Sequence[Version], criteria: Mapping[str, Sequence[Criterion]]
) -> Iterator[Conflict]:
    """Every contradiction of a trial.

    `registry` is the registry's winning record, None when only listing sites have the trial; `listings` the
    newest record of each listing; `criteria` those read from each listing's own text, by its digest. The registry
    is the better witness: where it contradicts a listing's bound, the listing's own text is not asked.
    """
    for listing in listings:
        contradicted = set()
        if registry is not None:
            for conflict in age_between_sources(registry, listing):
                contradicted.add(conflict.field)
                yield conflict
        for conflict in age_unit_in_criteria(listing, criteria[listing.sha256]):
            if conflict.field not in contradicted:
                yield conflict


def age_between_sources(registry: Version, listing: Version) -> Iterator[Conflict]:
    """A bound that a listing states and the registry's own record states otherwise, or states not to exist.

    A bound that the listing leaves open is no statement: its badges drop what they cannot show.
    """
    for field, _ in _BOUNDS:
        ours = getattr(listing.trial, field + "_years")
        theirs = getattr(registry.trial, field + "_years")
        unread = theirs is None and (
            getattr(registry.trial, field) is not None or field in (registry.trial.ages_unread or "").split()
        )
        if ours is None or unread or (theirs is not None and abs(ours - theirs) < 0.01):
            continue
        words = getattr(registry.trial, field)
        yield Conflict(
            rule="age_between_sources",
            field=field,
            value_a=listing.record.age_words,
            source_a=listing.record.source,
            quote_a=listing.record.age_words,
            date_a=listing.trial.last_update_posted_date or listing.fetched_at,
            value_b=words or "no limit",
            source_b=registry.record.source,
            quote_b=words or registry.record.age_words,
            date_b=registry.trial.last_update_posted_date or registry.fetched_at,
        )


def age_unit_in_criteria(listing: Version, criteria: Sequence[Criterion]) -> Iterator[Conflict]:
    """The same number with another unit in a listing's badge and in its own inclusion criteria.

    "6-75 years" against "Age older than 6 months": the badge has lost the unit. It needs an unconditional age
    limit on the same side with the very same number.
    """
    for field, comparators in _BOUNDS:
        words = getattr(listing.trial, field)
        years = getattr(listing.trial, field + "_years")
        if years is None or not words:
            continue
        number = float(words.split()[0])
        unit = _unit(words)
        for criterion, constraint in _age_limits(criteria, comparators):
            other = _unit(constraint.unit)
            if constraint.value == number and other and unit and other != unit:
                yield Conflict(
                    rule="age_unit_in_criteria",
                    field=field,
                    value_a=listing.record.age_words,
                    source_a=listing.record.source,
                    quote_a=listing.record.age_words,
                    date_a=listing.trial.last_update_posted_date or listing.fetched_at,
                    value_b=f"{constraint.value:g} {constraint.unit}",
                    source_b=f"{listing.record.source} (eligibility criteria)",
                    quote_b=criterion.text,
                    date_b=listing.trial.last_update_posted_date or listing.fetched_at,
                )
                break


def _age_limits(
    criteria: Sequence[Criterion], comparators: Sequence[str]
) -> Iterator[tuple[Criterion, Constraint]]:
    for criterion in criteria:
        if criterion.kind != "inclusion":
            continue
        for constraint in criterion.constraints:
            if (
                constraint.variable == "age"
                and constraint.comparator in comparators
                and not constraint.conditional
            ):
                yield criterion, constraint


def _unit(words: str) -> str:
    match = _UNIT.search(words)
    return match[1].lower() if match else ""
