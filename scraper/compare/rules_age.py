"""The age limits of a record's fields against those of its own inclusion criteria.

Most numbers of years in criteria are not the study's limits: menopause, consent, subgroups, the age of a donor, the
time since a diagnosis. So a criterion counts only when it says an age range and nothing else, when it stands at the
top of the one list of inclusion criteria, and when no other inclusion criterion speaks of an age.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from scraper.compare.rules_shape import Statement, conflict
from scraper.model import Conflict, Constraint, Criterion, Version

_PLAIN = (
    "a an the of to at on in is are be as by was were has have who that must should shall will all any each patient patients subject subjects "
    "participant participants individual individuals person persons people adult adults male males female females man men woman women boys girls "
    "both sexes gender genders sex age aged ages range year years old month months inclusive including between from limit limits "
    "and or older over above up upwards younger volunteers eligible inclusion criteria criterion "
    "time screening enrollment enrolment entry consent informed signing visit study registration randomization day date icf form"
)
_WORDS = frozenset(_PLAIN.split())
_WORD = re.compile(r"[a-z]+")
_GROUP = re.compile(
    r"\b(?:cohort|arm|group|part|phase|strat|control|donor|caregiver|carer|parent|mother|partner|sibling|volunteer|healthy|sub-?stud|"
    r"pediatric|paediatric|children|adolescent|physician|clinician|provider|staff|nurse|infant|recipient|step|retreatment|case)",
    re.IGNORECASE,
)
_DAYS = {"year": 365.25, "month": 30.4375, "week": 7.0, "day": 1.0}
# "60 to 100 years" sets no upper limit in practice; "25~3568 years" (NCT02406469) is a slip of the pen.
_NOBODY_OLDER = 99 * 365.25
_SLIP = 130 * 365.25
# "At least one of the following risk factors" may go on for several rows.
_CHOICE = re.compile(
    r"\b(?:one|two|three|any|either|some|1|2|3)\b(?: or more)? of\b|\bat least (?:one|1|two|2)\b|\bfactors?\b",
    re.IGNORECASE,
)
_FEMALE = re.compile(r"\b(?:females?|wom[ae]n|girls?)\b", re.IGNORECASE)
_MALE = re.compile(r"\b(?:males?|m[ae]n|boys?)\b", re.IGNORECASE)
# For casefolded text, and with the first letters first, as in rules_sex.
_ABOUT_AGE = re.compile(r"[aoy](?<!\w.)(?:(?<=a)ge[ds]?\b|(?<=o)ld(?:er)?\b|(?<=y)oung)")
_UNIT = re.compile(r"(year|yr|month|week|day)|^(y)", re.IGNORECASE)


def age_in_criteria(version: Version, criteria: Sequence[Criterion]) -> Iterator[Conflict]:
    """A minimum or maximum age in the fields, and another one as the only age among the inclusion criteria."""
    found = _sole_age(criteria)
    # "Women over 50" among men and women may be about the menopause.
    if found is None or (one_sex(found.text) and one_sex(found.text) != version.trial.sex):
        return
    trial = version.trial
    for field, signs in (("minimum_age", ">"), ("maximum_age", "<")):
        words = getattr(trial, field)
        years = getattr(trial, f"{field}_years")
        if years is None and (words is not None or field in (trial.ages_unread or "").split()):
            continue
        bounds = [limit for limit in found.constraints if limit.comparator[0] == signs]
        if len(bounds) != 1 or (days := _days(bounds[0])) is None or not 0 < days < _NOBODY_OLDER:
            continue
        if years is not None and _agrees(bounds[0], days, years * 365.25):
            continue
        # "Adults" with a criterion of 30 to 75 years: the group only says that nobody is younger than 18.
        if version.record.ages_are_groups and (
            years is None or (days > years * 365.25) == (field == "minimum_age")
        ):
            continue
        yield conflict(
            "age_in_criteria",
            field,
            version,
            Statement("", words or "no limit", words or version.record.age_words or "no limit"),
            Statement(
                "eligibility criteria",
                f"{bounds[0].comparator} {bounds[0].value:g} {bounds[0].unit}".strip(),
                found.text,
            ),
        )


def _sole_age(criteria: Sequence[Criterion]) -> Criterion | None:
    """The one inclusion criterion about age, if it says nothing else and holds for everybody."""
    runs = sum(
        now.kind == "inclusion" and (before is None or before.kind != "inclusion")
        for before, now in zip((None, *criteria), criteria, strict=False)
    )
    if runs != 1:
        return None
    # The second is enough to know.
    about_age = list(
        islice(
            (
                one
                for one in criteria
                if one.kind != "exclusion" and (_ages(one) or _ABOUT_AGE.search(one.text.casefold()))
            ),
            2,
        )
    )
    if len(about_age) != 1:
        return None
    only = about_age[0]
    if any(one.kind == "inclusion" and _CHOICE.search(one.text) for one in criteria[: criteria.index(only)]):
        return None
    if only.kind_source != "heading" or only.parent is not None or _GROUP.search(only.section):
        return None
    signs = [limit.comparator[0] for limit in only.constraints]
    if (
        signs.count("<") > 1
        or signs.count(">") > 1
        or any((_days(one) or 0) > _SLIP for one in only.constraints)
    ):
        return None
    if len(only.constraints) != len(_ages(only)) or not only.constraints or not says_only(only):
        return None
    return only


def one_sex(text: str) -> str:
    """FEMALE or MALE for a text that names one sex alone, else ""."""
    female, male = _FEMALE.search(text), _MALE.search(text)
    return "" if bool(female) == bool(male) else "FEMALE" if female else "MALE"


def _ages(criterion: Criterion) -> list[Constraint]:
    return [limit for limit in criterion.constraints if limit.variable == "age" and not limit.conditional]


def says_only(criterion: Criterion) -> bool:
    """Does a criterion say an age or a sex, and nothing else?"""
    rest, end = "", 0
    for limit in sorted(criterion.constraints, key=lambda one: one.start):
        rest += criterion.text[end : max(end, limit.start)] + " "
        end = max(end, limit.end)
    rest = (rest + criterion.text[end:]).lower()
    return not re.search(r"\d", rest) and all(word in _WORDS for word in _WORD.findall(rest))


def _days(limit: Constraint) -> float | None:
    match = _UNIT.search(limit.unit)
    if match is None:
        return None
    return limit.value * _DAYS["year" if (match[1] or "y").lower() in ("y", "yr") else match[1].lower()]


def _agrees(limit: Constraint, days: float, stated: float) -> bool:
    """Is it the same limit? "over 17" is 18, "under 18" is 17, and authors are careless about the one unit between."""
    unit = days / limit.value
    return abs(days - stated) <= unit * 1.01
