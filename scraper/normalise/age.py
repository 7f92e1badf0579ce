"""Ages: every registry's words to years, and the one predicate that decides who is old or young enough.

"75 Years" as a maximum includes a person of 75½, so the upper bound that comparisons use is exclusive and one
unit higher: 76.0. A month is a twelfth of a year, a day 1/365.25.
"""

import math
import re
from collections.abc import Collection
from functools import lru_cache

from scraper.errors import NormaliseError
from scraper.normalise.words import WORDS_KEPT, fold

ELIGIBLE_SQL = (
    "(minimum_age_years is null or minimum_age_years <= :age)"
    " and (maximum_age_before_years is null or :age < maximum_age_before_years)"
)
"""True for a trial that may take a person of :age years; plain SQL, to be copied by analysts.

A limit that was stated and could not be read excludes nobody here: what is shown to people says so (`in_words`).
"""
CERTAIN_SQL = f"{ELIGIBLE_SQL} and ages_unread is null"
"""True for a trial whose limits were all read, and take a person of :age years."""
BOUNDS = ("minimum_age", "maximum_age")

# Multiply, then divide: so that "11 Weeks" and "77 Days" are the same number to the last bit.
_YEARS = {
    "Year": (1, 1.0),
    "Month": (1, 12.0),
    "Week": (7, 365.25),
    "Day": (1, 365.25),
    "Hour": (1, 365.25 * 24),
    "Minute": (1, 365.25 * 24 * 60),
}
_UNITS = (
    {name.lower(): name for name in _YEARS}
    | {f"{name.lower()}s": name for name in _YEARS}
    # ICTRP and REPEC write "15Y", "6M", "2W", "10D", "12H".
    | {name[0].lower(): name for name in ("Year", "Month", "Week", "Day", "Hour")}
    | {"yr": "Year", "yrs": "Year", "mo": "Month", "mos": "Month", "wk": "Week", "wks": "Week"}
    | {"hr": "Hour", "hrs": "Hour", "min": "Minute", "mins": "Minute"}
)
_NO_LIMIT = frozenset(
    {"", "n/a", "na", "no limit", "no maximum age", "no minimum age", "not applicable", "none"}
)

_NUMBER = r"([0-9]{1,3}(?:\.[0-9]{1,2})?)"
_AGE = re.compile(rf"{_NUMBER} ?([a-z]+)")
_BARE = re.compile(_NUMBER)

_DASH = r"(?:-|–|—|to)"
_OLD = r"(?: of age| old)?"
_BADGES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_NUMBER} ?{_DASH} ?{_NUMBER} ?([a-z]+){_OLD}()",
        rf"{_NUMBER} ?([a-z]+) ?{_DASH} ?{_NUMBER} ?([a-z]+){_OLD}",
    )
)
_AT_LEAST = re.compile(rf"{_NUMBER} ?\+? ?([a-z]+){_OLD}(?: and (?:older|over|above|up))?")
_AT_MOST = re.compile(rf"{_NUMBER} ?([a-z]+){_OLD} (?:and|or) (?:younger|under|below)")
_UP_TO = re.compile(rf"up to {_NUMBER} ?([a-z]+){_OLD}")
_NO_NUMBER = re.compile(r"years? of age")
_GROUPS = re.compile(r" ?\((?:child|adult|older adult|[, ])+\)$")

EXPECTED_AGE = "one number and one unit, such as 18 Years, 6 Months or 28 Days"
_EXPECTED_BADGE = (
    "an age range such as 6-75 years, 18 years and older, 25 years and younger or up to 12 months"
)


def _amount(words: str) -> tuple[float, str] | None:
    folded = fold(words)
    if folded in _NO_LIMIT:
        return None
    match = _AGE.fullmatch(folded)
    if match is None or match[2] not in _UNITS:
        raise NormaliseError(words, EXPECTED_AGE)
    return float(match[1]), _UNITS[match[2]]


@lru_cache(WORDS_KEPT)
def years(words: str) -> float | None:
    """An age in years: "18 Years" is 18.0, "6 Months" is 0.5; None for "" and "N/A".

    Raises NormaliseError on words that are not one number and one unit.
    """
    amount = _amount(words)
    return None if amount is None else _in_years(*amount)


def before_years(words: str) -> float | None:
    """The exclusive upper bound that a maximum age means: "75 Years" is 76.0, "23 Months" is 2.0.

    None for "" and "N/A". Raises NormaliseError.
    """
    amount = _amount(words)
    if amount is None:
        return None
    number, unit = amount
    # "17.5 Years" has no whole unit to complete: it ends where it says.
    return _in_years(number + 1 if number.is_integer() else number, unit)


def _in_years(number: float, unit: str) -> float:
    times, parts = _YEARS[unit]
    return number * times / parts


@lru_cache(WORDS_KEPT)
def limits(minimum: str, maximum: str) -> tuple[float | None, float | None, float | None]:
    """Minimum in years, maximum in years, exclusive maximum in years; None where there is no limit.

    A minimum of 0 is no limit. Raises NormaliseError on an unreadable word, on a minimum above the maximum and
    on a maximum of 0: nobody could take part, so one of the words is wrong and none can be relied on.
    """
    low, high, before = years(minimum), years(maximum), before_years(maximum)
    if high == 0:
        raise NormaliseError(maximum, "a maximum age above 0")
    if low is not None and before is not None and low >= before:
        raise NormaliseError(f"{minimum} to {maximum}", "a minimum age that is not above the maximum age")
    return low or None, high, before


def unread(odd: Collection[str], low: float | None, before: float | None) -> str | None:
    """Which bounds a record states in words that were not read: "minimum_age", "maximum_age", or both with a space.

    `odd` are the fields that its problems are about; one of field "age" is about each bound that has no number. None
    when there is no such bound.
    """
    bounds = [
        name
        for name, number in zip(BOUNDS, (low, before), strict=True)
        if number is None and (name in odd or "age" in odd)
    ]
    return " ".join(bounds) or None


def in_words(minimum: str | None, maximum: str | None, no_limit: str, not_read: str = "") -> str:
    """Both limits as stated: "6 Months to 75 Years", "18 Years and older", what is said of `no_limit`.

    `not_read` are the words of a limit that could not be read: then nothing is said that they may deny.
    """
    if not_read:
        known = f"{minimum or '?'} to {maximum or '?'}, " if minimum or maximum else ""
        return f"{known}stated age could not be read: {not_read}"
    if minimum and maximum:
        return f"{minimum} to {maximum}"
    if minimum:
        return f"{minimum} and older"
    return f"up to {maximum}" if maximum else no_limit


def _word(number: str, unit: str, words: str) -> str:
    if unit not in _UNITS:
        raise NormaliseError(words, _EXPECTED_BADGE)
    value = float(number)
    shown = f"{int(value)}" if value.is_integer() else number
    return f"{shown} {_UNITS[unit]}{'' if value == 1 else 's'}"


def badge_limits(words: str) -> tuple[str, str]:
    """Minimum and maximum in the registry's form: "6-75 years" is ("6 Years", "75 Years"), "" is no limit.

    "18 years of age" is a minimum and "years of age" no limit, as TrialX's older template writes them.
    Raises NormaliseError.
    """
    folded = _GROUPS.sub("", fold(words)).removeprefix("ages ")
    if folded in _NO_LIMIT or _NO_NUMBER.fullmatch(folded):
        return "", ""
    for pattern in _BADGES:
        if match := pattern.fullmatch(folded):
            low, second, third, fourth = match.groups()
            if fourth:
                return _word(low, second, words), _word(third, fourth, words)
            return _word(low, third, words), _word(second, third, words)
    if match := _AT_MOST.fullmatch(folded) or _UP_TO.fullmatch(folded):
        return "", _word(match[1], match[2], words)
    # "18 years" alone is neither a minimum nor a maximum.
    if (match := _AT_LEAST.fullmatch(folded)) and re.search(r"of age|\+|and", folded):
        return _word(match[1], match[2], words), ""
    raise NormaliseError(words, _EXPECTED_BADGE)


def parse_age(words: str) -> float:
    """A person's age in years as typed: "34", "8 months", "10 days". Raises NormaliseError."""
    folded = fold(words)
    if match := _BARE.fullmatch(folded):
        value = float(match[1])
    elif folded in _NO_LIMIT:
        raise NormaliseError(words, "an age such as 34, 8 months or 10 days")
    else:
        try:
            value = years(folded) or 0.0
        except NormaliseError:
            raise NormaliseError(words, "an age such as 34, 8 months or 10 days") from None
    if not math.isfinite(value) or value > 150:
        raise NormaliseError(words, "an age of at most 150 years")
    return value
