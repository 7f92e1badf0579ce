"""A question put to the search, and the parameters of an address that say the same.

Page, feed, exports and command line all pass through here, so a search can be saved as its address.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields

from scraper.errors import NormaliseError, SettingsError
from scraper.normalise.age import parse_age
from scraper.normalise.date import is_date
from scraper.normalise.phase import PHASES
from scraper.normalise.place import places
from scraper.normalise.status import STATUSES
from scraper.search.filters import SEXES, Filters, Near
from scraper.search.query import storable

SORTS = ("relevance", "updated", "start", "distance", "enrollment")
STUDY_TYPES = ("INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS")
SPONSOR_CLASSES = ("NIH", "FED", "OTHER_GOV", "INDIV", "INDUSTRY", "NETWORK", "AMBIG", "OTHER", "UNKNOWN")
DEFAULT_LIMIT = 20
MAX_LIMIT = 1000
MAX_KM = 5000.0
MOST_CHARACTERS = 1000
"""Of one value: the title of a trial fits, and a page made to be slow does not."""
MOST_VALUES = 300
"""Of one parameter: every country fits."""

_UNITS = (("", 1.0), ("months", 12.0), ("weeks", 365.25 / 7), ("days", 365.25))
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4"}
_YES = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


class Unreadable(SettingsError):
    """The value of a parameter that cannot be read; `name` is the parameter's."""

    def __init__(self, name: str, found: str, expected: str) -> None:
        super().__init__(f"{name}: found {found}; expected {expected}")
        self.name = name


@dataclass(frozen=True)
class Question:
    """Words as typed, filters, order and the part of the answer wanted."""

    words: str = ""
    filters: Filters = field(default_factory=Filters)
    sort: str = "relevance"
    limit: int = DEFAULT_LIMIT
    offset: int = 0


def to_params(question: Question) -> list[tuple[str, str]]:
    """The question as parameters of an address, defaults left out, always in the same order."""
    found: list[tuple[str, str]] = [("q", question.words)] if question.words else []
    for each in fields(Filters):
        value = getattr(question.filters, each.name)
        if value == each.default:
            continue
        if isinstance(value, Near):
            found += [
                ("near", value.place or f"{_number(value.latitude)},{_number(value.longitude)}"),
                ("km", _number(value.km)),
            ]
        elif isinstance(value, tuple):
            found += [(each.name, one) for one in value]
        elif isinstance(value, bool):
            found.append((each.name, "1" if value else "0"))
        else:
            found.append((each.name, age_words(value) if isinstance(value, float) else value))
    if question.sort != "relevance":
        found.append(("sort", question.sort))
    if question.limit != DEFAULT_LIMIT:
        found.append(("limit", str(question.limit)))
    if question.offset:
        found.append(("offset", str(question.offset)))
    return found


def from_params(params: Mapping[str, str | Sequence[str]]) -> Question:
    """The question that an address asks. Parameters that are not ours are passed over, empty ones mean nothing.

    Raises Unreadable naming what was found and what was expected.
    """
    given = {name: listed(name, value) for name, value in params.items()}

    def one(name: str) -> str:
        return given.get(name, [""])[-1] if given.get(name) else ""

    def many(name: str, allowed: Sequence[str], read: Callable[[str], str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_member(name, word, allowed, read) for word in given.get(name, [])))

    def yes(name: str) -> bool | None:
        return _yes(name, one(name)) if one(name) else None

    filters = Filters(
        status=many("status", STATUSES, _word),
        recruiting=bool(yes("recruiting")),
        phase=many("phase", PHASES, _phase),
        age=_age(one("age")) if one("age") else None,
        sex=_member("sex", one("sex"), SEXES, _sex) if one("sex") else None,
        study_type=many("study_type", STUDY_TYPES, _word),
        sponsor_class=many("sponsor_class", SPONSOR_CLASSES, _word),
        country=tuple(dict.fromkeys(given.get("country", []))),
        condition=one("condition"),
        near=_near(one("near"), one("km")) if one("near") else None,
        updated_from=_date("updated_from", one("updated_from")),
        updated_to=_date("updated_to", one("updated_to")),
        start_from=_date("start_from", one("start_from")),
        start_to=_date("start_to", one("start_to")),
        has_results=yes("has_results"),
        healthy_volunteers=bool(yes("healthy_volunteers")),
        removed=bool(yes("removed")),
    )
    for what in ("updated", "start"):
        _check_order(what, one(f"{what}_from"), one(f"{what}_to"))
    sort = one("sort") or "relevance"
    if sort not in SORTS:
        raise _unexpected("sort", sort, f"one of {', '.join(SORTS)}")
    if sort == "distance" and not filters.near:
        raise _unexpected("sort", sort, "near=PLACE with it")
    limit = _count("limit", one("limit"), DEFAULT_LIMIT)
    if not 1 <= limit <= MAX_LIMIT:
        raise _unexpected("limit", one("limit"), f"1 to {MAX_LIMIT}")
    return Question(one("q"), filters, sort, limit, _count("offset", one("offset"), 0))


def age_words(years: float) -> str:
    """An age as `parse_age` reads it: "34", "8 months", "10 days"; the nearest day when no unit gives it whole."""
    for unit, each_year in _UNITS:
        count = round(years * each_year)
        if abs(count / each_year - years) < 1e-9:
            return f"{count} {unit}".strip()
    return f"{round(years * 365.25)} days"


def listed(name: str, value: str | Sequence[str]) -> list[str]:
    """The values of a parameter, empty ones left out. Raises Unreadable when they are too many or too long."""
    values = [value] if isinstance(value, str) else value
    found = [storable(one.strip()) for one in values if one.strip()]
    if len(found) > MOST_VALUES:
        raise Unreadable(name, f"{len(found):,} values", f"at most {MOST_VALUES:,}")
    longest = max(map(len, found), default=0)
    if longest > MOST_CHARACTERS:
        raise Unreadable(name, f"{longest:,} characters", f"at most {MOST_CHARACTERS:,}")
    return found


def _unexpected(name: str, found: str, expected: str) -> Unreadable:
    return Unreadable(name, repr(found), expected)


def _number(value: float) -> str:
    return f"{value:.10g}"


def _word(typed: str) -> str:
    return re.sub(r"[\s\-,]+", "_", typed.upper())


def _phase(typed: str) -> str:
    short = re.sub(r"PHASE|[\s_]", "", typed.upper()).replace("-", "/")
    if short in ("N/A", "NA"):
        return "NA"
    if short in ("0", "EARLY1"):
        return "EARLY_PHASE1"
    return "/".join(f"PHASE{_ROMAN.get(part, part)}" for part in short.split("/"))


def _sex(typed: str) -> str:
    word = typed.upper()
    return {"F": "FEMALE", "W": "FEMALE", "WOMAN": "FEMALE", "M": "MALE", "MAN": "MALE", "BOTH": "ALL"}.get(
        word, word
    )


def _member(name: str, typed: str, allowed: Sequence[str], read: Callable[[str], str]) -> str:
    word = read(typed)
    if word not in allowed:
        raise _unexpected(name, typed, f"one of {', '.join(allowed)}")
    return word


def _age(typed: str) -> float:
    try:
        return parse_age(typed)
    except NormaliseError as error:
        raise _unexpected("age", typed, error.expected) from error


def _near(typed: str, km: str) -> Near:
    place = ""
    try:
        latitude, longitude = (float(part) for part in typed.split(","))
    except ValueError:
        try:
            found = places(typed)[0]
        except NormaliseError as error:
            raise _unexpected("near", typed, error.expected) from error
        latitude, longitude, place = found.latitude, found.longitude, typed
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise _unexpected("near", typed, "a latitude of -90 to 90 and a longitude of -180 to 180")
    try:
        radius = float(km or Near.km)
    except ValueError:
        raise _unexpected("km", km, "a number of kilometres") from None
    if not 0 < radius <= MAX_KM:
        raise _unexpected("km", km, f"more than 0 and at most {MAX_KM:.0f}")
    return Near(latitude, longitude, radius, place)


def _date(name: str, typed: str) -> str:
    if typed and not (is_date(typed) and len(typed) <= len("2026-05-13")):
        raise _unexpected(name, typed, "a date such as 2026, 2026-05 or 2026-05-13")
    return typed


def _check_order(what: str, first: str, last: str) -> None:
    """Raises SettingsError where a range ends before it begins; a year or month is met by any of its days."""
    shared = min(len(first), len(last))
    if first[:shared] > last[:shared]:
        raise _unexpected(f"{what}_from", first, f"a date no later than {what}_to, which is {last!r}")


def _count(name: str, typed: str, default: int) -> int:
    if not typed:
        return default
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise _unexpected(name, typed, "a whole number")
    return int(typed)


def _yes(name: str, typed: str) -> bool:
    if typed.casefold() not in _YES:
        raise _unexpected(name, typed, "1 or 0")
    return _YES[typed.casefold()]
