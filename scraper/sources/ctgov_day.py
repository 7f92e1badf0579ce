"""The day that a record of ClinicalTrials.gov was taken from the registry's data: words -> ISO date."""

import re
from datetime import date
from functools import lru_cache

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WORDS = re.compile(rf"\b({'|'.join(_MONTHS)}) (\d{{1,2}}), (\d{{4}})\b", re.ASCII)


@lru_cache(1024)
def iso_day(words: str) -> str:
    """The first whole day that the words name: "processed this data on July 28, 2020" is 2020-07-28; "" without one."""
    try:
        if iso := _ISO.search(words):
            return date.fromisoformat(iso[0]).isoformat()
        if found := _WORDS.search(words):
            return date(int(found[3]), _MONTHS.index(found[1]) + 1, int(found[2])).isoformat()
    except ValueError:
        return ""
    return ""
