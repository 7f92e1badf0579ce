"""Recruitment status: every registry's word to ClinicalTrials.gov's enumeration.

NOT_RECRUITING stands for a source that says no more than that, NOT_AUTHORISED for a trial that a regulator
refused. An authorisation alone, ongoing or finished, does not say whether a patient may still enter: UNKNOWN.
"""

from functools import lru_cache

from scraper.errors import NormaliseError
from scraper.normalise.words import WORDS_KEPT, fold

STATUSES: tuple[str, ...] = (
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
)

_WORDS: dict[str, tuple[str, ...]] = {
    "RECRUITING": (
        "recruiting",
        "open public recruiting",
        "open to recruitment",
        "open to recruitment: actively recruiting participants",
        # WHO's export cuts the word off at 50 characters.
        "open to recruitment: actively recruiting participa",
        "authorised, recruiting",
        "authorised recruiting",
        "ongoing, recruiting",
        "ongoing recruiting",
        "active - recruiting",
        "enrolling",
    ),
    "NOT_YET_RECRUITING": (
        "not yet recruiting",
        "pending",
        "pending (not yet recruiting)",
        "pending recruiting",
        "preinitiation",
        "anticipated",
        "under evaluation",
        "authorised, recruitment pending",
        "authorised recruitment pending",
        "authorised, not started",
        "not yet enrolling",
        "begins enrollment this month",
    ),
    "ENROLLING_BY_INVITATION": ("enrolling by invitation", "invite only"),
    "ACTIVE_NOT_RECRUITING": (
        "active, not recruiting",
        "active not recruiting",
        "active, not enrolling",
        "closed: follow-up continuing",
        "closed to recruitment: follow up continuing",
        "complete follow up continuing",
        "ongoing, recruitment ended",
        "ongoing recruitment ended",
    ),
    "COMPLETED": (
        "completed",
        "complete",
        "completed: recruitment & data analysis complete",
        "data analysis completed",
        "closed: follow-up complete",
        "closed to recruitment: follow up complete",
        "complete follow up complete",
        "main results already published",
        "finished",
        "ended",
    ),
    "SUSPENDED": (
        "suspended",
        "suspended by ca",
        "interrupted",
        "temporarily closed",
        "temporarily halted",
        "temporary halt",
        "temporary halt or suspension",
    ),
    "TERMINATED": (
        "terminated",
        "early termination",
        "prematurely ended",
        "stopped",
        "stopped early",
        "discontinued",
        "discontiniued",  # spelt so by DRKS
        "revoked",
    ),
    "WITHDRAWN": ("withdrawn", "canceled", "cancelled", "expired"),
    "WITHHELD": ("withheld",),
    "UNKNOWN": (
        "unknown",
        "unknown status",
        "active",
        "authorised",
        "authorised-recruitment may be ongoing or finished",
        "ongoing",
        "restarted",
        "trial now transitioned",
        "gb - no longer in eu/eea",
        "other",
    ),
    "AVAILABLE": ("available",),
    "NO_LONGER_AVAILABLE": ("no longer available",),
    "TEMPORARILY_NOT_AVAILABLE": ("temporarily not available",),
    "APPROVED_FOR_MARKETING": ("approved for marketing",),
    "NOT_RECRUITING": ("not recruiting", "no longer recruiting", "recruitment completed"),
    "NOT_AUTHORISED": ("not authorised", "non authorized", "not authorized", "prohibited by ca"),
}

# Words that fill the field and say nothing about the trial.
_NOT_STATED = frozenset({"", "not available", "not specified", "n/a"})

_BY_WORD = {word: status for status, words in _WORDS.items() for word in words}


@lru_cache(WORDS_KEPT)
def overall_status(words: str) -> str | None:
    """The status in ClinicalTrials.gov's enumeration, None when not stated. Raises NormaliseError."""
    folded = fold(words)
    if folded in _NOT_STATED:
        return None
    try:
        return _BY_WORD[folded]
    except KeyError:
        raise NormaliseError(words, "a recruitment status listed in normalise/status.py") from None
