"""Ages of the EU Clinical Trials Register: Yes/No flags for groups of age -> limits, only where the flags say so."""

from collections.abc import Mapping

from scraper.model import Oddity

# Youngest first: field -> what a lower and an upper limit at this group are. A group before birth or by weeks of
# pregnancy is no age of a person: nothing is below it, and what ends there has no known end.
_GROUPS = {
    "in_utero": ("", None),
    "preterm": ("", None),
    "newborns": ("", "27 Days"),
    "infants": ("28 Days", "23 Months"),
    "children": ("2 Years", "11 Years"),
    "adolescents": ("12 Years", "17 Years"),
    "adults": ("18 Years", "64 Years"),
    "elderly": ("65 Years", ""),
}
_MINORS = tuple(_GROUPS)[:6]
_WORDS = {
    "in utero": "in_utero",
    "preterm newborn infants": "preterm",
    "newborns": "newborns",
    "infants and toddlers": "infants",
    "children": "children",
    "adolescents": "adolescents",
    "under 18": "under_18",
    "adults": "adults",
    "elderly": "elderly",
}
_EXPECTED = "Yes for age groups that follow each other, No for every other one"


def of_list(words: str) -> dict[str, str]:
    """The flags that a list of groups means ("Adults, Elderly"): Yes for those listed, No for the others."""
    listed = {_WORDS.get(word.strip().casefold(), "") for word in words.split(",")}
    if "" in listed:
        return {}
    flags = {field: "Yes" if field in listed else "No" for field in _GROUPS}
    return flags | {"under_18": "Yes" if listed & {*_MINORS, "under_18"} else "No"}


def limits(flags: Mapping[str, str]) -> tuple[str, str, Oddity | None]:
    """Minimum, maximum ("" is none), and why there is none although the flags do not all say Yes.

    A limit needs an explicit No beyond it, and no gap between the groups that say Yes. "Trial has subjects under 18: No"
    is a No for each group of minors that says nothing itself.
    """
    answers = {field: flags.get(field, "").casefold() for field in _GROUPS}
    minors = flags.get("under_18", "").casefold()
    if minors == "no":
        answers |= {field: "no" for field in _MINORS if not answers[field]}
    if not any(answers.values()):
        return "", "", None if not minors else _why(answers, minors, "no group of age")
    if any(answer not in ("yes", "no", "") for answer in answers.values()):
        return "", "", _why(answers, minors, "a word that is no flag")
    says = list(answers.values())
    if "yes" not in says:
        return "", "", _why(answers, minors, "no Yes")
    first, last = says.index("yes"), len(says) - 1 - says[::-1].index("yes")
    if minors in ("yes", "no") and (minors == "yes") != ("yes" in says[: len(_MINORS)]):
        return "", "", _why(answers, minors, "the flag for all under 18 denied by those of its groups")
    if any(answer != "yes" for answer in says[first : last + 1]):
        return "", "", _why(answers, minors, "a gap")
    names = list(_GROUPS)
    minimum, maximum = _GROUPS[names[first]][0], _GROUPS[names[last]][1]
    unknown = []
    if minimum and any(answer != "no" for answer in says[:first]):
        minimum, unknown = "", ["no flag below"]
    if maximum is None or (maximum and any(answer != "no" for answer in says[last + 1 :])):
        maximum = ""
        unknown.append("no known end above")
    return minimum, maximum, _why(answers, minors, ", ".join(unknown)) if unknown else None


def _why(answers: Mapping[str, str], minors: str, reason: str) -> Oddity:
    stated = {"under_18": minors, **answers}
    found = ", ".join(f"{field} {answer.capitalize() or '-'}" for field, answer in stated.items())
    return Oddity("age", f"{reason}: {found}", _EXPECTED)
