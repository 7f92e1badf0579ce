"""Whose record it is: the EudraCT number and the country of a record of the EU Clinical Trials Register."""

import re

from scraper.errors import ParseError
from scraper.sources.euctr_rows import Fields

NUMBER = re.compile(r"(?:19|20)\d{2}-[0-4]\d{5}-\d{2}", re.ASCII)
THIRD_COUNTRY = "3RD"
COUNTRIES = {
    "AT": ("Austria",),
    "BE": ("Belgium",),
    "BG": ("Bulgaria",),
    "CY": ("Cyprus",),
    "CZ": ("Czech Republic", "Czechia"),
    "DE": ("Germany",),
    "DK": ("Denmark",),
    "EE": ("Estonia",),
    "ES": ("Spain",),
    "FI": ("Finland",),
    "FR": ("France",),
    "GB": ("United Kingdom", "UK", "Great Britain"),
    "GR": ("Greece",),
    "HR": ("Croatia",),
    "HU": ("Hungary",),
    "IE": ("Ireland",),
    "IS": ("Iceland",),
    "IT": ("Italy",),
    "LI": ("Liechtenstein",),
    "LT": ("Lithuania",),
    "LU": ("Luxembourg",),
    "LV": ("Latvia",),
    "MT": ("Malta",),
    "NL": ("Netherlands", "The Netherlands"),
    "NO": ("Norway",),
    "PL": ("Poland",),
    "PT": ("Portugal",),
    "RO": ("Romania",),
    "SE": ("Sweden",),
    "SI": ("Slovenia",),
    "SK": ("Slovakia", "Slovak Republic"),
}
_BY_NAME = {name.casefold(): code for code, names in COUNTRIES.items() for name in names} | {
    "outside eu/eea": THIRD_COUNTRY
}
# "GB(Prematurely Ended) DE(Completed)"; the word itself may hold a dash and a slash: "GB(GB - no longer in EU/EEA)".
_PROTOCOL = re.compile(r"(Outside EU/EEA|[A-Z0-9]{2,3})\s*(?:\(([^()]*)\))?(?=[\s,;]|$)")


def number(fields: Fields) -> str:
    """The EudraCT number. Raises ParseError."""
    found = fields.line("eudract_number")
    if NUMBER.fullmatch(found) is None:
        raise ParseError(
            f"a record with the number {found[:60]!r}", "a EudraCT number such as 2004-000242-20", "A.2"
        )
    return found


def country(fields: Fields, url: str) -> str:
    """The code of the country whose record it is, "3RD" for one outside the EU; `url` tells where the record does not.

    Raises ParseError.
    """
    state = fields.line("member_state")
    if state:
        code = _BY_NAME.get(state.partition(" - ")[0].strip().casefold(), "")
        if not code:
            raise ParseError(
                f"the member state {state[:60]!r}", "a country of sources/euctr_countries.py", "A.1"
            )
        return code
    if fields.line("trial_type").casefold() == "outside eu/eea":
        return THIRD_COUNTRY
    found = re.search(
        rf"/{NUMBER.pattern}/(\w{{2,3}})(?=/|$)", f"{fields.line('link')}\n{url}", re.ASCII | re.MULTILINE
    )
    code = found[1].upper() if found else ""
    if code != THIRD_COUNTRY and code not in COUNTRIES:
        raise ParseError("a record that names no country", "a member state or a third country", "A.1")
    return code


def protocols(fields: Fields) -> dict[str, str]:
    """Country code -> status word, of a trial in a summary download. Raises ParseError on an unknown country."""
    words = fields.line("protocols")
    found: dict[str, str] = {}
    for name, word in _PROTOCOL.findall(words):
        code = _BY_NAME.get(name.casefold(), name)
        if code != THIRD_COUNTRY and code not in COUNTRIES:
            raise ParseError(
                f"the country {name!r}", "a country of sources/euctr_countries.py", "Trial protocol"
            )
        found[code] = word.strip()
    if not found:
        raise ParseError(f"the protocols {words[:60]!r}", "such as GB(Completed)", "Trial protocol")
    return found
