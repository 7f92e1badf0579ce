"""The unlabelled badges of a TrialX listing, each recognised by what it is: status, age, sex, phase."""

import re
from typing import NamedTuple

_STATUSES = (
    "recruiting|not recruiting|not yet recruiting|no longer recruiting|active,? not recruiting|active|available|"
    "enrolling by invitation|completed?|suspended|terminated|withdrawn|withheld|unknown(?: status)?|no longer available|"
    "temporarily not available|temporarily closed|approved for marketing|closed|ongoing|not authori[sz]ed|stopped early"
)
_UNIT = r"(?:years?|months?|weeks?|days?|hours?|minutes?|yrs?|mos?)"
_NUMBER = r"\d{1,3}(?:\.\d+)?"
_AGES = (
    rf"(?:{_NUMBER} ?)?{_UNIT}(?: old)? of age|{_NUMBER} ?{_UNIT} of age and (?:older|younger)|"
    rf"{_NUMBER} ?(?:{_UNIT} ?)?(?:-|–|—|to) ?{_NUMBER} ?{_UNIT}(?: (?:old|of age))?|"
    rf"{_NUMBER} ?{_UNIT} (?:and|or) (?:older|younger|above|over|below|under|up)|{_NUMBER} ?\+ ?{_UNIT}|"
    rf"(?:up to|at least|over|under|older than|younger than|from|≥|≤|>=|<=|>|<) ?{_NUMBER} ?{_UNIT}|"
    r"all ages|any age|no age limits?"
)
_SEXES = (
    "all|both|male|female|males|females|men|women|male and female|female and male|men and women|women and men|"
    "all sexes|all genders|both sexes"
)
_PHASE = r"(?:n/?a|not applicable|[0-4][ab]?|i{1,3}[ab]?|iv)"
_PHASES = rf"(?:early )?phases? ?{_PHASE}(?: ?(?:/|-|–|,|&|and) ?(?:phase ?)?{_PHASE})*"
_KINDS = {
    "overall_status": _STATUSES,
    "age": rf"(?:ages?:? ?)?(?:{_AGES})",
    "sex": _SEXES,
    "phase": _PHASES,
}
_WHOLE = {field: re.compile(words, re.IGNORECASE) for field, words in _KINDS.items()}
_PART = {
    field: re.compile(rf"(?:{words})(?=[\s|·•,;/]|\Z)", re.IGNORECASE) for field, words in _KINDS.items()
}
_AGE_LIKE = re.compile(
    r"(?!.*phase).*?(?:\d|\b(?:age[sd]?|years?|adults?|child|infants?|newborns?|teen|adolescent|senior|old|young))",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s|·•,;/]*")
_LABEL = re.compile(
    r"(?:overall |recruitment )?status: ?|(?:ages?|sex|gender): ?|phase: (?=phase)", re.IGNORECASE
)
_LONGEST = 80

EXPECTED = "a status, an age range, a sex or a phase, such as 'Recruiting', '6-75 years', 'All', 'Phase 1/2'"


class Badge(NamedTuple):
    """`field` is the Record's field, `words` the badge as written."""

    field: str
    words: str


def badges(line: str) -> list[Badge]:
    """The badge this line is, or the several it holds and nothing else; an empty list for any other line."""
    if len(line) > _LONGEST:
        return []
    label = _LABEL.match(line)
    line = line[label.end() :] if label else line
    for field, pattern in _WHOLE.items():
        if pattern.fullmatch(line):
            return [Badge(field, line)]
    found: list[Badge] = []
    position = 0
    while position < len(line):
        matches = [
            (match.end(), field)
            for field, pattern in _PART.items()
            if (match := pattern.match(line, position))
        ]
        if not matches:
            return []
        end, field = max(matches)
        found.append(Badge(field, line[position:end]))
        position = max(end, _end_of_separator(line, end))
    return found


def may_be_an_age(line: str) -> bool:
    """Whether a line that is no known badge may state an age in words that are new: "bis 17 J.", "Ages 42-89".

    Not one with more numbers than two, or longer ones, or an address: that may be a person's.
    """
    numbers = re.findall(r"\d+(?:\.\d+)?", line)
    is_range = len(numbers) <= 2 and all(float(number) < 1000 for number in numbers)
    return len(line) <= _LONGEST and "@" not in line and is_range and bool(_AGE_LIKE.match(line))


def _end_of_separator(line: str, position: int) -> int:
    match = _BETWEEN.match(line, position)
    return match.end() if match else position
