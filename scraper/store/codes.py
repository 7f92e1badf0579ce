"""What a trial is as one small number, so that counting 75,000 hits by their status reads few pages of the file."""

BITS = 5
_MANY = (1 << BITS) - 1
OTHER = _MANY
"""Stands for a value that is not listed here; 0 for none at all."""

# The numbers are in every database: what stands here stays where it stands, and a new value comes last, in a new
# migration that fills `search_codes` anew. Until then it is OTHER, and is looked up by its words.
VALUES: dict[str, tuple[str | int, ...]] = {
    "overall_status": (
        "RECRUITING",
        "NOT_YET_RECRUITING",
        "ENROLLING_BY_INVITATION",
        "ACTIVE_NOT_RECRUITING",
        "COMPLETED",
        "SUSPENDED",
        "TERMINATED",
        "WITHDRAWN",
        "WITHHELD",
        "UNKNOWN",
        "AVAILABLE",
        "NO_LONGER_AVAILABLE",
        "TEMPORARILY_NOT_AVAILABLE",
        "APPROVED_FOR_MARKETING",
        "NOT_RECRUITING",
        "NOT_AUTHORISED",
    ),
    "phase": (
        "EARLY_PHASE1",
        "PHASE1",
        "PHASE1/PHASE2",
        "PHASE2",
        "PHASE2/PHASE3",
        "PHASE3",
        "PHASE3/PHASE4",
        "PHASE4",
        "NA",
    ),
    "sex": ("ALL", "FEMALE", "MALE"),
    "study_type": ("INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS"),
    "lead_sponsor_class": (
        "NIH",
        "FED",
        "OTHER_GOV",
        "INDIV",
        "INDUSTRY",
        "NETWORK",
        "AMBIG",
        "OTHER",
        "UNKNOWN",
    ),
    "healthy_volunteers": (0, 1),
}


def code_sql(row: str) -> str:
    """SQL for the code of a row of `search_filter`."""
    return " | ".join(
        f"(case {row}.{name} {_numbered(values)} else iif({row}.{name} is null, 0, {OTHER}) end << {n * BITS})"
        for n, (name, values) in enumerate(VALUES.items())
    )


def part_sql(name: str) -> str:
    """SQL for one part of `f.code`: 0, OTHER, or the place in VALUES counted from 1."""
    return f"(f.code >> {list(VALUES).index(name) * BITS} & {_MANY})"


def number(name: str, value: str | int) -> int:
    """What `part_sql` gives for the value."""
    return VALUES[name].index(value) + 1


def _numbered(values: tuple[str | int, ...]) -> str:
    return " ".join(f"when {value!r} then {n}" for n, value in enumerate(values, 1))
