"""Phase: every registry's word to AACT's string, such as PHASE1/PHASE2.

"Phase 0" is EARLY_PHASE1. A listing's badge "Phase N/A" is no statement: the same badge stands on device trials,
on observational studies and on early phase 1 trials (TrialX 312699), so it is None, while a registry's own
"N/A" is NA.
"""

import re
from functools import lru_cache

from scraper.errors import NormaliseError
from scraper.normalise.words import WORDS_KEPT, fold

PHASES: tuple[str, ...] = (
    "EARLY_PHASE1",
    "PHASE1",
    "PHASE1/PHASE2",
    "PHASE2",
    "PHASE2/PHASE3",
    "PHASE3",
    "PHASE3/PHASE4",
    "PHASE4",
    "NA",
)

_SINGLE = {"1": "PHASE1", "2": "PHASE2", "3": "PHASE3", "4": "PHASE4"}
_ROMAN = {"1": "i", "2": "ii", "3": "iii", "4": "iv"}
_PAIRS = (("1", "2"), ("2", "3"), ("3", "4"))


def _vocabulary() -> dict[str, str | None]:
    words: dict[str, str | None] = {}
    for digit, phase in _SINGLE.items():
        for number in (digit, _ROMAN[digit]):
            for form in ("{0}", "phase {0}", "phase{0}", "phase-{0}", "{0}(phase {0} study)"):
                words[form.format(number)] = phase
            for part in "abc":
                words[f"{number}{part}"] = words[f"phase {number}{part}"] = phase
    for first, second in _PAIRS:
        phase = f"{_SINGLE[first]}/{_SINGLE[second]}"
        for a, b in ((first, second), (_ROMAN[first], _ROMAN[second])):
            for join in ("/", "-", "|", "+", ","):
                for form in ("{0}{2}{1}", "phase {0}{2}{1}", "phase {0}{2}phase {1}", "phase{0}{2}phase{1}"):
                    words[form.format(a, b, join)] = phase
            words[f"phase {a} {b}"] = phase  # PHASE_II_III, as DRKS writes it
            words[f"{a}+{b}(phase {a}+phase {b})"] = phase
    for number in ("1", "i", "2", "ii", "3", "iii", "4", "iv"):
        # One phase in two parts, as in "IIa/IIb".
        words[f"{number}a/{number}b"] = words[f"phase {number}a/{number}b"] = words[number]
    return words


_BY_WORD: dict[str, str | None] = _vocabulary() | {
    "early phase 1": "EARLY_PHASE1",
    "early phase1": "EARLY_PHASE1",
    "early phase i": "EARLY_PHASE1",
    "phase 0": "EARLY_PHASE1",
    "phase0": "EARLY_PHASE1",
    "0": "EARLY_PHASE1",
    "0(exploratory trials)": "EARLY_PHASE1",
    "0(exploratory trials))": "EARLY_PHASE1",
    # EU clinical trial information system
    "human pharmacology(phase i)-first administration to humans": "PHASE1",
    "human pharmacology(phase i)-bioequivalence study": "PHASE1",
    "human pharmacology(phase i)-other": "PHASE1",
    "phase i and phase ii(integrated)-first administration to humans": "PHASE1/PHASE2",
    "phase i and phase ii(integrated)-bioequivalence study": "PHASE1/PHASE2",
    "phase i and phase ii(integrated)-other": "PHASE1/PHASE2",
    "therapeutic exploratory(phase ii)": "PHASE2",
    "phase ii and phase iii(integrated)": "PHASE2/PHASE3",
    "therapeutic confirmatory(phase iii)": "PHASE3",
    "phase iii and phase iv(integrated)": "PHASE3/PHASE4",
    "therapeutic use(phase iv)": "PHASE4",
    "post-market": "PHASE4",
    "post marketing surveillance": "PHASE4",
    # A registry's own "not applicable"
    "n/a": "NA",
    "na": "NA",
    "n/": "NA",
    "n\\a": "NA",
    "n a": "NA",
    "not applicable": "NA",
    # Words that fill the field and state no phase
    "": None,
    "phase n/a": None,
    "not selected": None,
    "not specified": None,
    "not entered": None,
    "not available": None,
    "0(exploratory research)": None,  # ChiCTR's 0, on observational studies too
    "bioequivalence": None,
    "pilot study": None,
    "retrospective study": None,
    "new treatment measure clinical study": None,
    "other": None,
}

_JOINS = re.compile(r"\s*([/|+,-])\s*|\s*(\()\s*")
_YES_NO = re.compile(r"\(\s*phase\s+(iv|i{1,3})\s*\)\s*:\s*(yes\b|no\b|)")
_FLAGS = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}


@lru_cache(WORDS_KEPT)
def phase(words: str) -> str | None:
    """The phase as AACT writes it, None when not stated. Raises NormaliseError.

    "Human pharmacology (Phase I): yes …" over several lines is read by its yes lines.
    """
    folded = fold(words)
    flags = _YES_NO.findall(folded)
    if flags:
        folded = "/".join(sorted(_FLAGS[numeral] for numeral, answer in flags if answer == "yes"))
    try:
        return _BY_WORD[_JOINS.sub(lambda match: match[1] or match[2], folded)]
    except KeyError:
        raise NormaliseError(words, "a phase listed in normalise/phase.py") from None
