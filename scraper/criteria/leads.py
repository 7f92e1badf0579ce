"""Sentences that lead into a list: "Patients are excluded if they:", "You may be eligible for this study if you:".

They open a part as headings do, but negations turn them round ("does not fulfill the inclusion criteria, or if any of
the following:"), and some open none: conditions that "will not exclude", people "not eligible to receive" a treatment.
"""

import re
from typing import Literal

from scraper.model import Kind

_PEOPLE = re.compile(
    r"\b(?:patients?|subjects?|participants?|individuals?|volunteers?|persons?|people|anyone|you|those|wom[ae]n|men|children|dyads?|we|"
    r"candidates?|infants?|adults?|donors?|famil(?:y|ies)|caregivers?|parents?|eyes?|study|following)\b"
)
_OPEN_END = re.compile(
    r"\b(?:following|if|any of these|criteria|conditions|listed below|as follows)\b[^.;]{0,60}$"
)
_OUT_LEAD = re.compile(
    r"\b(?:excluded?|excludes|exclusions?|ineligible|not eligible|not be (?:eligible|included|enrolled|allowed|enroll?ed|entered)|"
    r"must not|may not (?:participate|enter|enroll?)|cannot (?:participate|be)|disqualified|not (?:allowed|able|permitted) to (?:participate|enter|join))\b"
)
_IN_LEAD = re.compile(
    r"\b(?:inclusion|included?|eligible|must|enroll?ed|may (?:participate|enter|join)|fulfil\w*|required|"
    r"(?:meet|meets|met|satisfy) (?:all|the|each|any|at least|one|both|these))\b"
)
# "will not exclude the subject", "are not exclusionary", "is no reason for exclusion".
_PERMITS = re.compile(
    r"\b(?:not|never) (?:\w+ ){0,3}?(?:exclude\w*|preclude\w*|disqualif\w+|exclusionary)\b"
    r"|\bnot (?:\w+ )?(?:an? |as |as an? )?(?:grounds? for |cause for |reasons? for )?exclusions?\b(?! crit)"
    r"|\b(?:is|are|be|considered) not (?:considered )?(?:as )?(?:an? )?exclusion crit"
    r"|\bno (?:cause|grounds?|reasons?) (?:for|of) exclusion"
)
_NEGATES = re.compile(
    r"\b(?:not(?! only)|n't|cannot|never|neither|non-?(?:compliance|compliant|fulfil\w*|adherence)|absence|absent|lacks?|lacking|lacked|"
    r"fail(?:s|ed|ing|ure)?|without|violat\w+|mismatch\w*|unable|inability|outside|unmet|deviat\w+ from)\b[^.;:]{0,50}$"
)
# Not eligible for a treatment is a state of the patient; not eligible for the study is the study's word.
_TREATMENT = re.compile(
    r"\b(?:not (?:be )?(?:considered )?eligible|ineligible|not be included) (?:for|to (?:receive|undergo|have|take|be treated))\b"
    r"(?! (?:an?y? |the |this |our |these )?(?:current|present|clinical|main|research)? ?"
    r"(?:study|studies|trial|protocol|step|enroll?|inclusion|particip|entry|random|screening|if\b|the following|$))"
)
# Who is eligible, said of all: it ends an exclusion part. Of some ("with brain metastases") it is an exception.
_ALL = re.compile(
    r"(?:(?:all|each|every|the|both|potential|prospective|eligible|study|this|any|an?) )*"
    r"(?:patients?|subjects?|participants?|individuals?|volunteers?|candidates?|controls?|donors?|children|wom[ae]n|men|infants?) "
    r"(?:with the following (?:conditions )?(?:are|will be) included"
    r"|(?:must|will|may|can|should|are|is|were|was)(?: be)?(?: (?:deemed|considered))?(?: to be)?"
    r" (?:eligible|included|enroll?ed)\b|must\b|are required|were required|have to\b)"
)
_NONE = re.compile(r"\b(?:not|none|no|neither|nor|without|free|cannot|never|unless|except\w*|any of)\b")
_SOME = re.compile(r"\b(?:is|are|be) (?:still )?(?:eligible|included|enroll?ed|allowed|permitted|accepted)\b")


def permits(plain: str) -> bool:
    """Return whether a folded sentence says that what follows keeps nobody out."""
    return ("not " in plain or "never " in plain or "no " in plain) and _PERMITS.search(plain) is not None


def negates(before: str) -> bool:
    """Return whether the words before "inclusion criteria" say that they are not met."""
    return _NEGATES.search(before) is not None


def lead(plain: str, words: int, marked: bool, current: Kind) -> Kind | Literal["group"] | None:
    """Return the part that a folded sentence opens, "group" when it opens none but names its list, None for no lead."""
    colon = plain.endswith(":")
    open_end = _OPEN_END.search(plain)
    if words > 40 or not (colon or open_end) or (marked and current != "unknown"):
        return None
    about_people = words <= 5 or _PEOPLE.search(plain)
    if not about_people or not (colon or "following" in plain or plain.endswith((" if", " as follows"))):
        return None
    if permits(plain):
        return "unknown"
    told = _TREATMENT.sub(" ", plain)
    if _OUT_LEAD.search(told):
        return "exclusion"
    if marked or not _IN_LEAD.search(told):
        return None
    if not colon and words < 5:
        return None
    if current != "exclusion":
        return "inclusion"
    if not colon or _NONE.search(plain):
        return "group"
    return "inclusion" if _ALL.match(plain) else "unknown" if _SOME.search(plain) else "group"
