"""Every rule about contradictions within one record, with its switch and its measured precision.

Precision was measured by reading the findings one by one over 7,901 real records (`read` of them; all where there
were fewer than forty). A rule below 0.90 ships switched off.
"""

from collections.abc import Iterator, Sequence

from scraper.compare.rules_age import age_in_criteria
from scraper.compare.rules_fields import (
    enrollment_placeholder,
    healthy_in_criteria,
    phase_in_title,
    recruiting_after_completion,
)
from scraper.compare.rules_sex import sex_in_criteria, sex_in_title
from scraper.compare.rules_shape import Rule
from scraper.model import Conflict, Criterion, Version

RULES: tuple[Rule, ...] = (
    Rule(
        name="age_in_criteria",
        description="The fields state a minimum or maximum age, or none, and the only inclusion criterion about age states"
        " another one for everybody.",
        precision=1.0,
        read=47,
        published=True,
        function=age_in_criteria,
    ),
    Rule(
        name="sex_in_criteria",
        description="The field admits one sex or both, and the only criterion that names a sex admits others.",
        precision=1.0,
        read=3,
        published=True,
        function=sex_in_criteria,
    ),
    Rule(
        name="sex_in_title",
        description="The field admits one sex, and the title names the other one alone.",
        precision=1.0,
        read=4,
        published=True,
        function=sex_in_title,
    ),
    Rule(
        name="phase_in_title",
        description="The field states a numbered phase, and a title of the same record states another one.",
        precision=0.98,
        read=52,
        published=True,
        function=phase_in_title,
    ),
    Rule(
        name="recruiting_after_completion",
        description="The study recruits, and its completion date lies before the record's own last update.",
        precision=1.0,
        read=2,
        published=True,
        function=recruiting_after_completion,
    ),
    Rule(
        name="enrollment_placeholder",
        description="The number of participants is written in nines alone, or is 0 in a study that took place.",
        precision=1.0,
        read=27,
        published=True,
        function=enrollment_placeholder,
    ),
    Rule(
        name="healthy_in_criteria",
        description="The field takes no healthy volunteers, and an inclusion criterion begins with healthy participants."
        " Switched off: authors call patients healthy who have nothing else.",
        precision=0.33,
        read=15,
        published=False,
        function=healthy_in_criteria,
    ),
)


def contradictions(version: Version, criteria: Sequence[Criterion]) -> Iterator[Conflict]:
    """What the published rules find in a record, `criteria` being those read from its own eligibility text."""
    for rule in RULES:
        if rule.published:
            yield from rule.function(version, criteria)
