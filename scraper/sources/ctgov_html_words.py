"""Words on the pages of ClinicalTrials.gov's older sites, told apart: design words, kinds of arm and intervention."""

import re
from collections.abc import Set as AbstractSet

from scraper.model import SecondaryId

_NCT_ID = re.compile(r"NCT\d{8}", re.IGNORECASE | re.ASCII)
_INTERVENTION = re.compile(
    r"(Drug|Biological(?:/Vaccine)?|Vaccine|Device|Procedure(?:/Surgery)?|Radiation|Behaviou?r(?:al)?|Genetic|Gene Transfer|"
    r"Dietary Supplement|Combination Product|Diagnostic Test|Other) ?: ?(.*)",
    re.DOTALL,
)
_ID_KIND = re.compile(r"(.*\S) \(([^()]*(?:Number|Identifier|ID)[^()]*)\)")
_ARM_TYPES = (
    *(
        "Experimental",
        "Active Comparator",
        "Placebo Comparator",
        "Sham Comparator",
        "No Intervention",
        "Other",
    ),
)
_MASKING = re.compile(
    r"(?:open label|no masking|none|(?:single|double|triple|quadruple)(?:[- ]blind)?(?: masked)?)(?: \(.*\))?",
    re.IGNORECASE,
)
_DESIGN = {
    "allocation": ("randomized", "non-randomized"),
    "intervention_model": (
        *("parallel assignment", "single group assignment", "crossover assignment", "factorial assignment"),
        "sequential assignment",
    ),
    "primary_purpose": (
        *(
            "treatment",
            "prevention",
            "diagnostic",
            "supportive care",
            "screening",
            "health services research",
        ),
        *("basic science", "educational/counseling/training", "device feasibility"),
    ),
    "observational_model": (
        *(
            "cohort",
            "case-control",
            "case control",
            "case-only",
            "case only",
            "case-crossover",
            "case crossover",
        ),
        *("ecologic or community", "family-based", "natural history", "defined population"),
    ),
    "time_perspective": ("prospective", "retrospective", "cross-sectional"),
    # What was compared with, and what was measured: no field of ours.
    "": (
        *("uncontrolled", "historical control", "placebo control", "active control", "dose comparison"),
        *("safety study", "efficacy study", "safety/efficacy study", "bio-equivalence study"),
        *("bio-availability study", "pharmacokinetics study", "pharmacodynamics study"),
        *("pharmacokinetics/dynamics study", "n/a"),
    ),
}
_FIELDS = {word: field for field, words in _DESIGN.items() for word in words}


def nct_id(words: str) -> str:
    """The NCT id that a line is, "" for any other line."""
    return words.strip().upper() if _NCT_ID.fullmatch(words.strip()) else ""


def design_field(words: str, is_observational: bool) -> str | None:
    """The field of a Record that a word of the study's design belongs to; "" for none, None for an unknown word.

    "Other" is a model of an observational study and a purpose of an interventional one.
    """
    folded = " ".join(words.casefold().split())
    if folded == "other":
        # Beside "Case-Control" it is the time perspective, which only an unlabelled list leaves open.
        return "" if is_observational else "primary_purpose"
    return "masking" if _MASKING.fullmatch(folded) else _FIELDS.get(folded)


def intervention(words: str) -> tuple[str, str]:
    """("Drug", "A") for "Drug: A"; the kind is "" where the line states none."""
    match = _INTERVENTION.fullmatch(words.strip())
    return (match[1], match[2].strip()) if match else ("", words.strip())


def split_arm_type(words: str, labels: AbstractSet[str]) -> tuple[str, str]:
    """(label, kind of arm) of "Arm A Experimental"; `labels` are those that interventions name."""
    if words in labels:
        return words, ""
    for kind in _ARM_TYPES:
        label = words.removesuffix(kind).rstrip()
        # "Other" may end a label of a group that has no kind.
        if label != words and label and (kind != "Other" or not labels or label in labels):
            return label, kind
    return words, ""


def secondary_id(words: str, label: str) -> SecondaryId:
    """ "2013-000373-76 (EudraCT Number)" as its id under that label; `label` is for one that states none."""
    match = _ID_KIND.fullmatch(words.strip())
    return SecondaryId(match[1], match[2].strip()) if match else SecondaryId(words.strip(), label)
