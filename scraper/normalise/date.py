"""Dates: every registry's words to ISO 8601, as precise as stated.

Day-first numbers ("03/04/2026") are read only where the caller says that its source writes them so.
"""

import datetime
import re
from functools import lru_cache

from scraper.errors import NormaliseError
from scraper.normalise.words import WORDS_KEPT

_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)} | {
    name[:3]: number for number, name in enumerate(_NAMES, 1)
}
_MONTHS["sept"] = 9

_ISO = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:[T ][0-9]{2}:[0-9]{2}\S*)?)?)?")
_MONTH_FIRST = re.compile(r"([A-Za-z]+)\.?(?: ([0-9]{1,2}),)? ([0-9]{4})")
_DAY_FIRST = re.compile(r"([0-9]{1,2}) ([A-Za-z]+)\.? ([0-9]{4})")
_SLASHES = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_TYPED = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?Z?)?)?)?", re.ASCII)


def is_date(typed: str) -> bool:
    """Is it a year, month, day or UTC time as ISO 8601 writes them, and one that the calendar has?"""
    match = _TYPED.fullmatch(typed)
    if match is None:
        return False
    year, month, day, hour, minute, second = (int(part) if part else None for part in match.groups())
    try:
        datetime.datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0)
    except ValueError:
        return False
    return True


@lru_cache(WORDS_KEPT)
def iso_date(words: str, day_first: bool = False) -> str | None:
    """The date as "2026", "2026-05" or "2026-05-13", None when not stated.

    `day_first` allows "13/05/2026". Raises NormaliseError on other forms and on days that no calendar has.
    """
    text = " ".join(words.split())
    if not text:
        return None
    parts = _parts(text, day_first)
    if parts is None:
        raise NormaliseError(words, "a date such as 2026-05-13, May 13, 2026, 13 May 2026, May 2026 or 2026")
    year, month, day = parts
    try:
        datetime.date(year, month or 1, day or 1)
    except ValueError:
        raise NormaliseError(words, "a day that the calendar has") from None
    if month is None:
        return f"{year:04}"
    return f"{year:04}-{month:02}" if day is None else f"{year:04}-{month:02}-{day:02}"


def _parts(text: str, day_first: bool) -> tuple[int, int | None, int | None] | None:
    if match := _ISO.fullmatch(text):
        year, month, day = match.groups()
        return int(year), int(month) if month else None, int(day) if day else None
    if (match := _MONTH_FIRST.fullmatch(text)) and match[1].lower() in _MONTHS:
        return int(match[3]), _MONTHS[match[1].lower()], int(match[2]) if match[2] else None
    if (match := _DAY_FIRST.fullmatch(text)) and match[2].lower() in _MONTHS:
        return int(match[3]), _MONTHS[match[2].lower()], int(match[1])
    if day_first and (match := _SLASHES.fullmatch(text)):
        return int(match[3]), int(match[2]), int(match[1])
    return None
