"""The class of a sponsor: every form's word to ClinicalTrials.gov's AgencyClass."""

from functools import lru_cache

from scraper.errors import NormaliseError
from scraper.normalise.words import WORDS_KEPT, fold

_BY_WORD = {
    "nih": "NIH",
    "fed": "FED",
    "u.s. fed": "FED",
    "other gov": "OTHER_GOV",
    "indiv": "INDIV",
    "industry": "INDUSTRY",
    "network": "NETWORK",
    "ambig": "AMBIG",
    "other": "OTHER",
    "unknown": "UNKNOWN",
}


@lru_cache(WORDS_KEPT)
def agency_class(words: str) -> str | None:
    """NIH, FED, INDUSTRY, OTHER …, None when not stated. Raises NormaliseError."""
    folded = fold(words)
    if not folded:
        return None
    try:
        return _BY_WORD[folded]
    except KeyError:
        raise NormaliseError(words, "an agency class listed in normalise/sponsor.py") from None
