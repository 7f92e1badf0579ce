"""Study type: every registry's word to INTERVENTIONAL, OBSERVATIONAL or EXPANDED_ACCESS."""

from functools import lru_cache

from scraper.errors import NormaliseError
from scraper.normalise.words import WORDS_KEPT, fold

_BY_WORD = {
    "interventional": "INTERVENTIONAL",
    "interventional clinical trial of medicinal product": "INTERVENTIONAL",
    "interventional study": "INTERVENTIONAL",
    "observational": "OBSERVATIONAL",
    "observational study": "OBSERVATIONAL",
    "observational [patient registry]": "OBSERVATIONAL",
    "non interventional": "OBSERVATIONAL",
    "non-interventional": "OBSERVATIONAL",
    "expanded access": "EXPANDED_ACCESS",
}
# "N/A" is what ClinicalTrials.gov's XML writes for a withheld record (NCT03182660).
_NOT_STATED = frozenset({"", "n/a"})
# ChiCTR's kinds of study name a purpose; whether anybody is assigned to anything they do not say.
_PURPOSES = frozenset(
    {
        "basic science",
        "diagnostic test",
        "epidemilogical research",  # spelt so by ChiCTR
        "health services reaserch",  # spelt so by ChiCTR
        "health services research",
        "prevention",
        "prognosis study",
        "screening",
        "treatment study",
    }
)


@lru_cache(WORDS_KEPT)
def study_type(words: str) -> str | None:
    """The study type in ClinicalTrials.gov's enumeration, None when not stated. Raises NormaliseError."""
    folded = fold(words)
    if folded in _NOT_STATED or folded in _PURPOSES:
        return None
    try:
        return _BY_WORD[folded]
    except KeyError:
        raise NormaliseError(words, "a study type listed in normalise/study_type.py") from None
