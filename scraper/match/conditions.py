"""Pregnancy, nursing and infections in a criterion: does it speak of them plainly, and on which side?

Only plain statements are read: "pregnant or nursing women", "known HIV infection", "HIV negative". "HIV unless
controlled", "active hepatitis B" or "planning a pregnancy" are left to people.
"""

import re
from collections.abc import Iterable
from typing import Literal

from scraper.match import wording

Says = Literal["has", "has not", "unclear", ""]

_BREASTFEEDING = r"breast[ -]?f(?:eed(?:ing|s)?|ed)(?: (?:a (?:child|baby)|infants?))?|lactat(?:ing|ion)|nursing(?: (?:a (?:child|baby)|mothers?|infants?))?"
_WORDS = {
    "pregnant": re.compile(r"\bpregnan(?:t|cy|cies)\b|\bgravid\b"),
    "nursing": re.compile(rf"\b(?:{_BREASTFEEDING})\b"),
    "hiv": re.compile(
        r"\b(?:human )?immuno-?deficiency virus(?:es)?(?: ?\(?hiv\)?)?(?:[ -]?(?:types? ?)?(?:1/2|[12i]{1,2}))?\b|\bhiv(?:[ -]?(?:types? ?)?(?:1/2|[12]))?\b(?: \(human immuno-?deficiency virus\))?(?:-?ab\b)?"
    ),
    "hbv": re.compile(
        r"\bhepatitis[ -]b(?: virus)?(?: ?\(hbv\))?(?: surface)?(?: antigens?)?(?: ?\(hbs ?-?ag\))?(?![a-z])|\bhbv\b|\bhbs ?-?ag\b"
    ),
    "hcv": re.compile(r"\bhepatitis[ -]c(?: virus)?(?: ?\(hcv\))?(?![a-z])|\b(?:anti-?)?hcv\b"),
}
FLAGS = {"pregnant": "pregnancy", "nursing": "lactation", "hiv": "hiv", "hbv": "hbv", "hcv": "hcv"}
LABELS = {
    "pregnant": "pregnancy",
    "nursing": "breastfeeding",
    "hiv": "HIV",
    "hbv": "hepatitis B",
    "hcv": "hepatitis C",
}
_INFECTION = (
    "infection infected infections positive positivity seropositive seropositivity serology virus antibody antibodies confirmed "
    "diagnosis diagnosed tested testing"
)
_HEPATITIS = f"{_INFECTION} carrier carriers surface antigen"
_ALSO = {
    name: frozenset(words.split())
    for name, words in (
        ("pregnant", "being confirmed positive urine hcg beta-hcg β-hcg state"),
        ("nursing", "being mother mothers actively"),
        ("hiv", _INFECTION),
        ("hbv", _HEPATITIS),
        ("hcv", _HEPATITIS),
    )
}
_NEGATIVE_WORDS = frozenset(
    ("no", "not", "non", "without", "negative", "negativity", "seronegative", "absence", "free")
)
_LIST = re.compile(
    r"\bhepatitis b (?:and/or|or|and|,|/) ?(?:hepatitis )?c\b|\bhepatitis c (?:and/or|or|and|,|/) ?(?:hepatitis )?b\b|\bhepatitis b/c\b"
)
_BOTH_SEXES = re.compile(r"\bnon-?(pregnant|lactating|nursing|breast-?feeding)\b")
# "Pregnant women, where pregnancy is defined as the state of a female after conception until …": a definition.
_DONE = re.compile(r"\b(?:defined|where pregnancy is|definition)\b.*")
_ACTIVE = re.compile(
    r"\b(?:active|acute|uncontrolled|untreated|symptomatic|decompensated|severe|replicat\w+)\b"
)
# "HIV, HTLV1 or HBV related disease" is about the disease.
_RELATED = re.compile(r"[ -](?:related|associated|defining)\b")
_COUNT = re.compile(r"\b(?:dna|rna|load|titers?|titres?|copies|copy|pcr|quantif\w+|viraemia|viremia)\b")
_AND_BEHIND_BRACKETS = re.compile(r"[)\]],? and (?!/)")
_DENIED = re.compile(
    r"^(?:other: |must |patients? |subjects? |participants? |is |are |be )*(?:no|not|non|without|absence of|negative (?:for|test\w* for))\b(?!.*\b(?:no|not|without|negative)\b)"
)
# A clause behind the named thing that narrows it: "HIV, with a CD4 count below 200".
_NARROWS = re.compile(
    r"^(?:who|which|that|with|without|but|not|on|in|requiring|receiving|within|during|at|for|until|after|history|having|and (?:who|with|on|in|not|receiving|requiring))\b"
)


def plain(text: str) -> str:
    """The criterion folded for the questions below."""
    words = " ".join(text.lower().split())
    return _BOTH_SEXES.sub(r"not \1", _LIST.sub("hepatitis b, hepatitis c", words))


def mentions(name: str, words: str) -> bool:
    """Is the condition named at all?"""
    return _WORDS[name].search(words) is not None


def says(name: str, words: str, kind: str) -> Says:
    """On which side a criterion puts the condition: those who have it, or those who have not; "" when not named.

    In an exclusion "has" means that having it excludes, in an inclusion that having it is asked for.
    """
    if not mentions(name, words):
        return ""
    if wording.condition(_DONE.sub("", words) if name == "pregnant" else words):
        return "unclear"
    if kind == "inclusion" and _DENIED.match(words) and _only_these(words):
        return "has not"
    found = {_sentence(name, one, kind) for one in re.split(r";|\. ", words) if mentions(name, one)}
    sides = found - {"unclear"}
    if kind == "exclusion" and sides:
        # Each clause of an exclusion stands for itself; one that is plain is enough.
        return "has" if sides == {"has"} else "unclear"
    if kind == "inclusion" and wording.is_choice(words) and (sides == {"has"} or not _only_these(words)):
        return "unclear"
    return sides.pop() if len(found) == 1 and sides else "unclear"


def _sentence(name: str, words: str, kind: str) -> Says:
    """What one sentence says: the plain clauses that name the condition, "unclear" without one or with both."""
    infection = name in ("hiv", "hbv", "hcv")
    if infection and _RELATED.search(words):
        return "unclear"
    # "HBsAg or HBcAb positive and HBV DNA above 1000": the count decides.
    if name in ("hbv", "hcv") and _COUNT.search(words):
        return "unclear"
    # "infections (including HIV) and current need of treatment": both are asked for.
    if kind == "exclusion" and _AND_BEHIND_BRACKETS.search(_SHORT.sub(" ", words)):
        return "unclear"
    # "Women must not be pregnant, breast feeding or premenarcheal", among the exclusions: authors mix the sides.
    if kind == "exclusion" and re.search(r"\b(?:must|should|shall|agree|willing)\b", words):
        return "unclear"
    parts = _parts(name, words, kind)
    found: set[Says] = set()
    for number, part in enumerate(parts):
        if not mentions(name, part):
            continue
        following = parts[number + 1] if number + 1 < len(parts) else ""
        # "active HIV, hepatitis B or C": who is a carrier, or treated, may still enter.
        inherits = name in ("hbv", "hcv") or not wording.without(part, _WORDS.values()).strip(" ()[].")
        if (infection and inherits and any(_ACTIVE.search(one) for one in parts[: number + 1])) or (
            _NARROWS.match(following) and not mentions_any(following)
        ):
            found.add("unclear")
        else:
            found.add(_clause(name, part, kind))
    sides = found - {"unclear"}
    if kind == "inclusion" and "has" in sides and wording.negated(words):
        return "unclear"  # "no contraindication to the scan (pregnancy)"
    return sides.pop() if len(sides) == 1 else "unclear"


def mentions_any(words: str) -> bool:
    """Is any of the conditions named?"""
    return any(pattern.search(words) for pattern in _WORDS.values())


def pattern(name: str) -> re.Pattern[str]:
    """What the condition is called, in folded text."""
    return _WORDS[name]


def words_of(names: Iterable[str]) -> frozenset[str]:
    """Words beside the conditions that change nothing once their side is known."""
    found = frozenset().union(*(_ALSO[name] for name in names))
    return found | _NEGATIVE_WORDS if found else found


_SHORT = re.compile(r"[(\[](?:hiv(?:[ -]?[12](?:/2)?)?|hbv|hcv|hbs ?-?ag|anti-?hcv)[)\]]")
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")


def _parts(name: str, words: str, kind: str) -> list[str]:
    """The parts that stand by themselves; what stands in brackets is one, and the words around it stay together."""
    cut = r"[;,:]|\bor\b|\band/or\b|/|\. |\.$"
    if name in ("pregnant", "nursing") or kind == "inclusion":
        cut += r"|\band\b"
    outer, inner = _SHORT.sub(" ", words), ""
    for _ in range(3):
        inner += "".join(f" ; {one}" for one in _BRACKETS.findall(outer))
        outer = _BRACKETS.sub(" ", outer)
    return [" ".join(part.split()) for part in re.split(cut, outer + inner) if part.strip(" ()[]")]


def _clause(name: str, part: str, kind: str) -> Says:
    rest = wording.without(part, [_WORDS[name]])
    tested = re.search(r"\btest(?:s|ing|ed)?\b|\bserolog\w+|\bantibod\w+|\bantigens?\b", rest)
    negative = [word for word in re.findall(r"[a-z-]+", rest) if word in _NEGATIVE_WORDS]
    if wording.unread(rest, _ALSO[name] | _NEGATIVE_WORDS):
        return "unclear"
    if kind == "exclusion":
        if negative or re.search(r"\bmust\b|\bshould\b", rest) or (tested and "positiv" not in rest):
            return "unclear"
        return "has"
    if negative:
        return "has not" if len(negative) == 1 else "unclear"
    if name in ("pregnant", "nursing"):
        return "has" if not tested and re.search(r"\bwom[ae]n\b|\bfemales?\b|^$", rest.strip()) else "unclear"
    return (
        "has" if re.search(r"positiv|infect", rest) and not re.search(r"^(?:known )?$", rest) else "unclear"
    )


def _only_these(words: str) -> bool:
    """Does the criterion name nothing but these conditions: "Not pregnant or nursing"?"""
    rest = wording.without(words, _WORDS.values())
    return not wording.unread(
        rest, _ALSO["hbv"] | _ALSO["pregnant"] | _ALSO["nursing"] | _NEGATIVE_WORDS | {"or"}
    )
