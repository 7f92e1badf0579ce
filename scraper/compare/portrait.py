"""What two trials are compared by when no id says whether they are one: titles, sponsor, dates, sizes.

Everything here depends on one trial alone, never on how frequent a word is among the others: so a trial that arrives
later changes no verdict about two that were there.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import NamedTuple


class Portrait(NamedTuple):
    """One trial as the content rule sees it, straight from the columns of `trials` and `trial_text`."""

    trial_id: str
    registry: str
    brief_title: str | None
    official_title: str | None
    acronym: str | None
    lead_sponsor: str | None
    start_date: str | None
    enrollment: int | None
    phase: str | None
    study_type: str | None
    sex: str | None
    minimum_age_years: float | None
    maximum_age_years: float | None


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that say nothing about which trial it is.
_EMPTY = _listed(
    "a an and as at by de der die das des du en et for from in into is la le of on or per the to und "
    "von with study studies trial trials clinical evaluate evaluating evaluation assess assessing "
    "assessment investigate investigating investigation determine efficacy safety effect effects "
    "tolerability patients patient subjects subject participants participant people treatment treating "
    "therapy randomized randomised controlled double blind blinded placebo open label multicenter "
    "multicentre multi center centre parallel group comparing compare compared comparison versus vs "
    "phase ii iii iv i using use who are after during their this that its between among"
)
_FOLLOW_UP = re.compile(
    r"\b(?:extension|extended|roll-?\s?over|long[- ]term|follow-?\s?(?:up|on)|continuation|continued|sub-?\s?stud(?:y|ies)|ancillary"
    r"|booster|persistence|re-?treatment|re-?vaccination|expanded access|compassionate|companion)\b",
    re.IGNORECASE,
)
# What turns a title into its contrary: "requiring hospitalization", "not requiring hospitalization".
_NEGATION = frozenset({"not", "no", "non", "without"})
_WORD = re.compile(r"[^\W_]+(?:\.\d+)?")
# "COVID-19" and "COVID19", "CAP-1002" and "CAP1002".
_CODE = re.compile(r"(?<=[a-z])-(?=\d)")
FEWEST_WORDS = 2
"""With fewer words that tell trials apart a title is a placeholder: "Study 1", "Clinical trial in patients"."""


def folded(text: str) -> str:
    """The text in lower case, without accents; Greek letters spelled out as registries do."""
    greek = text.casefold().translate(_GREEK)
    return "".join(c for c in unicodedata.normalize("NFKD", greek) if not unicodedata.combining(c))


_GREEK = str.maketrans(
    {"α": "alpha", "β": "beta", "ß": "beta", "γ": "gamma", "δ": "delta", "µ": "mu", "μ": "mu"}
)


class Title(NamedTuple):
    """The words of a title that tell trials apart, and those that make it a title of another trial of the same name.

    `turns` are words such as "extension" and "not"; `numbers` are short ones, which tell the studies of a programme apart.
    """

    words: frozenset[str]
    turns: frozenset[str]
    numbers: frozenset[str]


@lru_cache(maxsize=20_000)
def title(text: str) -> Title:
    """A title as it is compared."""
    plain = _CODE.sub("", folded(text[:600]))
    found = _WORD.findall(plain)
    words = frozenset(w.removesuffix("s") if len(w) > 4 else w for w in found if w not in _EMPTY)
    turns = {re.sub(r"[\s-]", "", turn) for turn in _FOLLOW_UP.findall(plain)} | (_NEGATION & words)
    return Title(words, frozenset(turns), frozenset(w for w in words if w.isdigit() and len(w) <= 3))


def titles(portrait: Portrait) -> list[Title]:
    """The titles, those too short to tell anything left out."""
    both = (portrait.brief_title, portrait.official_title)
    found = [title(text) for text in dict.fromkeys(both) if text]
    return [each for each in found if len(each.words) >= FEWEST_WORDS]


def turns(portrait: Portrait) -> frozenset[str]:
    """The words of any title that make it the title of an extension, a sub-study or the like."""
    found = (title(text).turns for text in (portrait.brief_title, portrait.official_title) if text)
    return frozenset().union(*found) - _NEGATION


_GENERAL = _listed(
    "hospital university universitat universitair universite universita universidad universitario "
    "universitaire medical medicine institute institut instituto center centre centro clinic clinical "
    "research foundation fundacion college school department faculty national pharmaceuticals "
    "pharmaceutical pharma health group international"
)
_UMLAUT = re.compile(r"([aou])e")
# Legal forms and articles.
_FORMS = _listed(
    "inc incorporated ltd limited llc llp corp corporation co company plc ag sa s a spa srl gmbh mbh "
    "ggmbh kg bv nv ab as oy kk pty pvt gbr se sas sarl the of and for de la di del der des du et und "
    "dr prof"
)


def sponsor_words(name: str | None) -> frozenset[str]:
    """The words of a sponsor's name without legal forms, punctuation, and what half of all sponsors are called.

    "University Hospital, Ghent" is {"ghent"}; a name of nothing else keeps its words.
    """
    if not name:
        return frozenset()
    # Tübingen is written Tuebingen where there are no umlauts.
    plain = _UMLAUT.sub(r"\1", folded(name))
    found = frozenset(word for word in _WORD.findall(plain) if word not in _FORMS)
    return found - _GENERAL or found


def same_sponsor(one: str, other: str) -> bool:
    """Whether two names may be of one sponsor: they share a word of their own, or one is the initials of the other."""
    if sponsor_words(one) & sponsor_words(other):
        return True
    return bool(_initials(one) & _initials(other))


def _initials(name: str) -> set[str]:
    """The first letters of a name, and the name itself when it is a single word: "APHP"."""
    found = [word for word in _WORD.findall(folded(name).replace("'", " ")) if word not in _FORMS]
    return {"".join(word[0] for word in found)} | ({found[0]} if len(found) == 1 else set())


def acronym(portrait: Portrait) -> str:
    """The acronym, folded, "" when there is none to go by."""
    text = re.sub(r"[\W_]+", "", folded(portrait.acronym or ""))
    return text if len(text) >= 4 else ""


def days_apart(one: str | None, other: str | None) -> int | None:
    """Days between two dates, None when one is not stated; of a month or a year the nearest day counts."""
    if not one or not other:
        return None
    precision = min(len(one), len(other))
    if precision < 10:
        if one[:precision] == other[:precision]:
            return 0
        months = abs(_month(one) - _month(other))
        return 30 * months
    return abs((date.fromisoformat(one) - date.fromisoformat(other)).days)


def _month(day: str) -> int:
    return int(day[:4]) * 12 + (int(day[5:7]) if len(day) >= 7 else 6)
