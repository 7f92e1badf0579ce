"""Design words, kinds of arm and of intervention: the older XML's words to the API's enumerations.

Both forms of one record must give the same value, or every import of an old file would look like a change.
"""

import re
from functools import lru_cache

from scraper.errors import NormaliseError
from scraper.normalise.words import WORDS_KEPT, fold


def _table(*values: str) -> dict[str, str]:
    return {fold(value): value for value in values}


_ALLOCATION = _table("RANDOMIZED", "NON_RANDOMIZED", "NA") | {"non-randomized": "NON_RANDOMIZED", "n/a": "NA"}
_MODEL = _table("PARALLEL", "SINGLE_GROUP", "CROSSOVER", "FACTORIAL", "SEQUENTIAL")
_OBSERVATIONAL = _table(
    "COHORT",
    "CASE_CONTROL",
    "CASE_ONLY",
    "CASE_CROSSOVER",
    "ECOLOGIC_OR_COMMUNITY",
    "FAMILY_BASED",
    "NATURAL_HISTORY",
    "DEFINED_POPULATION",
    "OTHER",
)
_PURPOSE = _table(
    "TREATMENT",
    "PREVENTION",
    "DIAGNOSTIC",
    "ECT",
    "SUPPORTIVE_CARE",
    "SCREENING",
    "HEALTH_SERVICES_RESEARCH",
    "BASIC_SCIENCE",
    "DEVICE_FEASIBILITY",
    "OTHER",
)
_MASKING = _table("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")
_ARM = _table(
    "EXPERIMENTAL", "ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION", "OTHER"
)
_INTERVENTION = _table(
    "DRUG",
    "BIOLOGICAL",
    "DEVICE",
    "PROCEDURE",
    "RADIATION",
    "BEHAVIORAL",
    "GENETIC",
    "DIETARY_SUPPLEMENT",
    "COMBINATION_PRODUCT",
    "DIAGNOSTIC_TEST",
    "OTHER",
)

VOCABULARIES: dict[str, dict[str, str]] = {
    "allocation": _ALLOCATION,
    "intervention_model": _MODEL | {f"{word} assignment": value for word, value in _MODEL.items()},
    "observational_model": _OBSERVATIONAL | {word.replace(" ", "-"): v for word, v in _OBSERVATIONAL.items()},
    "time_perspective": _table("PROSPECTIVE", "RETROSPECTIVE", "CROSS_SECTIONAL", "OTHER")
    | {"cross-sectional": "CROSS_SECTIONAL"},
    "primary_purpose": _PURPOSE | {"educational/counseling/training": "ECT"},
    "masking": _MASKING
    | {f"{word} blind": value for word, value in _MASKING.items()}
    | {f"{word}-blind": value for word, value in _MASKING.items()}
    | {"open label": "NONE", "no masking": "NONE"},
    "enrollment_type": _table("ACTUAL", "ESTIMATED") | {"anticipated": "ESTIMATED"},
    "group_type": _ARM,
    # Words of the registry's older pages.
    "intervention_type": _INTERVENTION
    | {"biological/vaccine": "BIOLOGICAL", "procedure/surgery": "PROCEDURE", "behavior": "BEHAVIORAL"},
}

_WHO = re.compile(r"\s*\(.*\)$")


@lru_cache(WORDS_KEPT)
def design_word(field: str, words: str) -> str | None:
    """The enumeration's word for a field of VOCABULARIES, None when not stated. Raises NormaliseError.

    Masking is read without the list of who is masked: "Double (Participant, Investigator)" is DOUBLE.
    """
    folded = fold(words)
    if field == "masking":
        folded = _WHO.sub("", folded)
    if not folded:
        return None
    try:
        return VOCABULARIES[field][folded]
    except KeyError:
        raise NormaliseError(
            words, f"one of {', '.join(sorted(set(VOCABULARIES[field].values())))}"
        ) from None
