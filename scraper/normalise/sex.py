"""The sexes a trial takes: every registry's word to ALL, FEMALE or MALE."""

from functools import lru_cache

from scraper.errors import NormaliseError
from scraper.normalise.words import WORDS_KEPT, fold

_WORDS: dict[str, tuple[str, ...]] = {
    "ALL": (
        "all",
        "all sexes",
        "all genders",
        "both sexes",
        "both",
        "both males and females",
        "both, male and female",
        "<br>female: yes<br>male: yes<br>",  # IRCT in the WHO's export
        "<br> female: yes<br> male: yes<br>",
        "male and female",
        "female and male",
        "male/female",
        "female, male",
        "male, female",
        "men and women",
        "women and men",
    ),
    "FEMALE": ("female", "females", "f", "women", "woman"),
    "MALE": ("male", "males", "m", "men", "man"),
}
_NOT_STATED = frozenset({"", "-", "not specified", "n/a"})
_BY_WORD = {word: sex for sex, words in _WORDS.items() for word in words}


@lru_cache(WORDS_KEPT)
def sex(words: str) -> str | None:
    """ALL, FEMALE or MALE, None when not stated. Raises NormaliseError."""
    folded = fold(words)
    if folded in _NOT_STATED:
        return None
    try:
        return _BY_WORD[folded]
    except KeyError:
        raise NormaliseError(words, "a sex listed in normalise/sex.py, such as All, Female or Male") from None
