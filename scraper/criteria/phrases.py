"""Words with one meaning each: comparators, ranges, links, time cues, people and conditions.

A line is a regular expression of whole words (a space also stands for a hyphen), the kind of token and what it says.
"""

import re
from functools import cache
from typing import NamedTuple

from scraper.criteria.beginnings import Beginnings
from scraper.criteria.variables import VARIABLES

# (pattern, kind, value); the longest match at a word wins.
PHRASES: list[tuple[str, str, str]] = [
    (r"at least|at a minimum|at minimum|at or (?:above|after|over|beyond)|as (?:much|many|little|old) as", "compare", ">="),
    (r"at (?:the )?(?:most|maximum)|at or (?:below|before|under)|as (?:high|late) as", "compare", "<="),
    (r"(?:no|not) (?:more|greater|higher|longer|older|later|larger|above|over|bigger|beyond)(?: than| that| then)?", "compare", "<="),
    (r"(?:no|not) (?:less|fewer|younger|lower|shorter|earlier|smaller|below|under)(?: than| that| then)?", "compare", ">="),
    (r"(?:no|not|does not|do not|must not|should not|not to|cannot|without) exceed(?:ing|s)?", "compare", "<="),
    (r"(?:more|greater|higher|larger|bigger|superior) (?:than|to|then|that)|(?:older|longer|elevated|taller|heavier|later) (?:than|to|then|that)|greater", "compare", ">"),
    (r"more|higher|older|longer|larger", "compare?", ">"),
    (r"less|lower|younger|shorter|smaller|fewer", "compare?", "<"),
    (r"over|above|exceed(?:s|ing|ed)?|beyond|in excess of|upwards? of|surpass(?:es|ing)?|past the age of|superior", "compare", ">"),
    (r"(?:less|lower|fewer|smaller|inferior) (?:than|to|then|that)|(?:younger|shorter|earlier|lighter) (?:than|to|then|that)", "compare", "<"),
    (r"below|under|inferior", "compare", "<"),
    (r"(?:more|greater|older|higher|longer|larger|superior|above|over)(?: than)?,? or equals?(?: (?:to|than|then))?|(?:greater|more|higher|older)(?: than)? (?:and|&) equal to|(?:greater|more|higher|older) or equals?(?: (?:to|than|then))?|(?:greater|more|higher|older|longer) than,? or (?:is |are )?equal(?: to)?|equal(?:s)?(?: to)? (?:or|and) (?:greater|more|higher|older|above|over|superior|longer|larger)(?: (?:than|to))?|equal to,? or (?:greater|more|higher|older|above|over|longer)(?: than)?|more equal than|superior or equal to|equal or superior to", "compare", ">="),
    (r"(?:less|lower|younger|fewer|shorter|smaller|inferior|below|under)(?: than)?,? or equals?(?: (?:to|than|then))?|(?:less|lower|younger|fewer|shorter) than,? or (?:is |are )?equal(?: to)?|equal(?:s)?(?: to)? (?:or|and) (?:less|lower|younger|below|fewer|smaller|under|inferior|shorter)(?: (?:than|to))?|equal to,? or (?:less|lower|younger|below|fewer|shorter)(?: than)?|inferior or equal to", "compare", "<="),
    (r"minimum(?: of)?|minimal|min\.?|minimally|starting (?:at|from)", "compare", ">="),
    (r"maximum(?: of)?|maximal|max\.?|up to(?: and including)?|upto|limited to", "compare", "<="),
    (r"equals?(?: to)?|exactly", "compare", "="),
    (r"between", "between", ""),
    (r"from|ranging from|ranging between|range(?:s)?(?: from| of)?|in the range(?: of)?", "from", ""),
    (r"(?:or|and|and/or|&|an|either) (?:(?:is|are|of|with|at) )?(?:older|more|greater|higher|above|over|longer|larger|up(?:wards?)?|beyond|better|later|onwards?|olders|elder)(?: age)?(?:(?<!above)(?<!over)|(?! ?[\d<>≥≤]))(?! (?:than|to|one|or|then|that|equal)\b)|years minimum|upwards?|minimum|at least", "postfix", ">="),
    (r"(?:or|and|and/or|&|an) (?:younger|less|lower|below|under|fewer|smaller|shorter|earlier)(?:(?<!below)(?<!under)|(?! ?[\d<>≥≤]))(?! (?:than|to|or|then|that|equal)\b)|maximum|at most", "postfix", "<="),
    (r"to|through|thru|till|until|upto|up to", "range", "to"),
    (r"within(?: the)?(?: (?:last|past|previous|preceding|prior|first|next|following))*(?: about| approximately)?", "last", "within"),
    (r"(?:(?:in|during|over|for|throughout) )?(?:the )?(?:last|past|previous|pervious|preceding|prior|former|foregoing|recent)", "last", "past"),
    (r"(?:in|during|over|for) the (?:next|following|coming|upcoming|first)|(?:in|for) (?:next|following|first)|next|upcoming|first", "last", "next"),
    (r"prior(?: to)?|before|ago|earlier|preceding|previous(?: to)?|previously|preceeding|post ?(?:operative(?:ly)?|stroke|transplant\w*|surgery|amputation|congenital|treatment|partum|randomi[sz]ation|dose|injury|infarct\w*)?|after|following|since|leading up to|beforehand|from (?:the )?(?:injury|onset|diagnosis|enrol\w+|enter\w*|entry|inclusion|randomi[sz]ation|surgery|symptom|screening|date|time|start|stroke)", "ago", ""),
    (r"patients?|subjects?|participants?|individuals?|persons?|people|wom[ae]n|m[ae]n|males?|females?|adults?|children|child|boys?|girls?|volunteers?|infants?|adolescents?|gender|sexe?s?|those|donors?|recipients?|members?|students?|parents?|mothers?|adult|caregivers?|individual|newborns?|neonates?|toddlers?|youths?|teenagers?|majors?|ladies|anyone|veterans?|population|inpatients?|outpatients?", "subject", ""),
    (r"if|unless|when|in case of|in the presence of|in (?:patients?|subjects?|participants?|those|individuals?|wom[ae]n|m[ae]n|males?|females?|the case)|for (?:patients?|subjects?|participants?|those|individuals?|wom[ae]n|m[ae]n|males?|females?|adults|children|boys|girls)|with (?:liver|hepatic|bone) (?:metasta\w+|involvement)|except|due to|secondary to|if applicable|provided|only if|where", "when", ""),
    (r"and|or|and/or|as well as|plus|respectively|nor|but", "link", ""),
    (r"twice(?: (?:the|as))?|double|doubled", "twice", "2"),
    (r"not|no|without|never", "not", ""),
    (r"half", "number", "0.5"),
]  # fmt: skip


class Entry(NamedTuple):
    """One phrase: what it looks like, the kind of token it is and what it says."""

    pattern: re.Pattern[str]
    kind: str
    value: str


def _spaced(words: str) -> str:
    """A space of a phrase stands for spaces and hyphens, an optional one for none as well."""
    pieces = re.split(r"(\[[^\]]*\])", words)
    pieces[::2] = (
        p.replace(" ?", "\x00").replace(" ", r"[ -]+").replace("\x00", "[ -]*") for p in pieces[::2]
    )
    return "".join(pieces)


def _split(inner: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, sign in enumerate(inner):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            parts.append(inner[start:i])
            start = i + 1
    return [*parts, inner[start:]]


@cache
def _phrases() -> list[tuple[Beginnings, Entry]]:
    every = [(words, "variable", variable.code) for variable in VARIABLES for words in variable.words]
    every += [(words, kind, value) for several, kind, value in PHRASES for words in _split(several)]
    return [
        (Beginnings(words), Entry(re.compile(f"(?:{_spaced(words)})(?![a-z])"), kind, value))
        for words, kind, value in every
    ]


@cache
def lexicon() -> dict[str, tuple[Entry, ...]]:
    """Return the entries of each word, the letters up to the next sign, that one can begin with."""
    table: dict[str, list[Entry]] = {word: [] for first, _ in _phrases() for word in first.words}
    for first, entry in _phrases():
        stems = tuple(first.stems)
        for word in first.words | {word for word in table if stems and word.startswith(stems)}:
            table[word].append(entry)
    return {word: tuple(found) for word, found in table.items()}


@cache
def stems() -> dict[str, tuple[Entry, ...]]:
    """Return the entries that can begin with any word, not in the `lexicon`, that begins with these letters."""
    every = sorted({stem for first, _ in _phrases() for stem in first.stems})
    return {stem: tuple(entry for first, entry in _phrases() if stem in first.stems) for stem in every}
