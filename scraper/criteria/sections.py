"""Headings: which words open the inclusion part, which the exclusion part, and which only name a group.

Authors write the two headings in more than a thousand ways ("Main Inclusion Criteria", "Excusion Criteria:",
"<Inclusion Criteria>", "Patients are excluded if they:"), and write sentences about criteria that are no heading
("Other protocol-defined inclusion criteria may apply"). A heading is known by its shape first, its words second.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from scraper.criteria import leads
from scraper.criteria.clean import fold
from scraper.model import Kind


class Heading(NamedTuple):
    """A heading: the `kind` it opens (None: it names a group and changes nothing), where its label ends.

    `rest` is the offset at which an item begins on the same line; equal to the line's length when none does.
    `is_lead` says that it is a sentence that leads into a list ("Patients are excluded if they:"), not a title.
    """

    kind: Kind | None
    label: str
    rest: int
    is_lead: bool = False


# Seen misspelt as excusion, exlcusion, exculsion, inlcusion, inclussion; French authors write non-inclusion.
_OUT = r"(?:non-? ?inclusions?|ex-?c?l?[uc]?[lu]?u?s+i?[aeio]+ns?|excluding|exclusionary|ineligibility|non-? ?eligibility)"
_IN = r"(?:inc?-?l?[uc]?[lu]?u?s+i?[aeio]+ns?|eligibility|selection|entry|enrol?lment|recruitment|admission|including)"
_CRITERIA = r"(?:crit?e?i?r?[ie]*(?:a|on|um|ons|as|ae|es)s?|requirements?|reasons?)"
_PAIR = re.compile(
    rf"\b{_CRITERIA} (?:for|of|to) (?:the )?(?:study )?(?:(?P<in2>{_IN})|(?P<out2>{_OUT}))\b"
    rf"|\b(?P<in>{_IN})?(?: ?(?:/|and|&|or|,) ?)?(?P<out>{_OUT})? ?-? ?{_CRITERIA}\b"
)
_BARE = re.compile(
    r"(?:[\w/'-]+ ){0,3}(?:(?P<in>inclusions?|included|inclusion are)|(?P<out>exclusions?|excluded(?: are)?|non-? ?inclusions?|excluding))"
    r" ?(?:\([^()]{0,60}\))? ?[:.-]*$"
)
_BARE_INLINE = re.compile(r"(?:(?P<in>inclusions?)|(?P<out>exclusions?|excluded)) ?:")
_SENTENCE = re.compile(
    r"\b(?:appl(?:y|ies)|met|meets?|meeting|not|may|must|will|should|shall|fulfil\w*|satisf\w+|defined|per|see|if|who|"
    r"that|do|does|are|is|have|has|be|based|according|consistent|by|refer)\b"
)
_REGISTRY = re.compile(
    r"(?:(?:disease|patient|donor|tumou?r|recipient)s? characteristics|prior ?(?:/|and|or)? ?concurrent therapy|"
    r"protocol entry criteria|entry criteria|criteria|eligibility|eligibility criteria|ages eligible)\b[ -]*(?::|$)"
)
_EDGES = " \t\n*_#<>=\"'|[]~-–—·•"
MAX_HEADING = 240


def heading(line: str, marked: bool, current: Kind) -> Heading | None:
    """Return the heading that the line is or begins with, None for a criterion.

    `marked` says that a list marker stood before it, `current` which part the line stands in: within the exclusion
    part "* General medical exclusion criteria:" is a parent of other items, not a heading.
    """
    low = line[:MAX_HEADING].lower()
    if not _has_cue(low) and not ("must" in low and low.rstrip().endswith(":")):
        return None
    return (_read_again if len(line) <= _MAX_KEPT else _read)(line, marked, current)


def _read(line: str, marked: bool, current: Kind) -> Heading | None:
    head = fold(line[:MAX_HEADING])
    lead = len(head) - len(head.lstrip(_EDGES))
    plain = " ".join(head.split()).strip(_EDGES)
    if not plain:
        return None
    words = plain.count(" ") + 1
    for read in (_registry, _criteria, _bare):
        found = read(head, plain, words, marked, current)
        if found is None:
            continue
        kind, end = found
        if end is None or not line[end:].strip(_EDGES + ":."):
            return Heading(kind, label(line), len(line), kind == "unknown" and leads.permits(plain))
        after = _AFTER.match(line, end)
        rest = after.end() if after else end
        if len(line) > MAX_HEADING or not _names_group(line[rest:]):
            return Heading(kind, label(line[lead:end]), rest)
        return Heading(kind, label(line), len(line))
    if (led := leads.lead(plain, words, marked, current)) is not None:
        return Heading(None if led == "group" else led, label(line), len(line), True)
    return None


# Most headings are one of a few hundred ("Exclusion Criteria:"), and each is asked for twice.
_MAX_KEPT = 60
_read_again = lru_cache(4096)(_read)


def _has_cue(low: str) -> bool:
    """Return whether any word of a heading is there, however misspelt: a dozen looks are faster than one pattern."""
    return (
        "crit" in low
        or "clus" in low
        or "clud" in low
        or "elig" in low
        or "entry" in low
        or "requirement" in low
        or "characteristic" in low
        or "xcus" in low
        or "xlus" in low
        or "culs" in low
        or "incus" in low
        or "cirt" in low
        or "current therapy" in low
    )


_AFTER = re.compile(r"[\s:>\]|]*(?:\*\*|__)?\s*")
_Found = tuple[Kind | None, int | None] | None


def _registry(head: str, plain: str, words: int, marked: bool, current: Kind) -> _Found:
    match = _REGISTRY.match(plain)
    if not match or (marked and words > 3):
        return None
    colon = head.find(":")
    if colon < 0:
        return (_unless_out(match[0], current), None) if words <= 4 else None
    return _unless_out(match[0], current), colon + 1


def _unless_out(found: str, current: Kind) -> Kind | None:
    """Return None where the word "criteria" alone would end the exclusion part: it names neither side."""
    return None if current == "exclusion" and found.startswith("criteria") else "inclusion"


def _criteria(head: str, plain: str, words: int, marked: bool, current: Kind) -> _Found:
    if "cr" not in plain and "requirement" not in plain and "reason" not in plain:
        return None
    match = _PAIR.search(plain)
    if not match:
        return None
    if match.start() > 70 and (marked or not plain.endswith(":") or len(plain) - match.end() > 20):
        return None
    inside, outside = match["in"] or match["in2"], match["out"] or match["out2"]
    if not inside and not outside:
        return None
    kind: Kind = "unknown" if inside and outside else ("inclusion" if inside else "exclusion")
    if plain[: match.start()].rstrip().endswith(("other", "following")) and kind == "unknown":
        return None
    before, after = plain[: match.start()], plain[match.end() :]
    colon = head.find(":")
    if leads.permits(plain):
        return ("unknown", None) if plain.endswith(":") and not marked else None
    if kind != "exclusion" and leads.negates(before):
        return ("exclusion", None) if plain.endswith(":") and not marked else None
    if marked and colon < 0 and (leads.negates(before) or _WITHIN.search(before)):
        return None  # "Absence of any item from inclusion criteria" is an item (NCT04554433)
    bare_after = re.sub(r"\([^()]*\)?", "", after)
    if marked and kind == current and not before.isupper() and not _only(before, bare_after):
        return None
    if colon >= 0 and not _SENTENCE.search(before) and before.count(" ") <= 7:
        named = fold(head[:colon])
        if len(named) >= match.end() - 3:
            if plain.endswith(":") and not _ends_sentence(plain[:-1]):
                return kind, None
            inner = after[: max(0, len(" ".join(named.split()).strip(_EDGES)) - match.end())]
            if not _SENTENCE.search(inner) or inner.count(" ") <= 8:
                return kind, colon + 1
    if plain.endswith(":") and words <= 32:
        return kind, None
    if colon < 0 and words <= 14 and not _SENTENCE.search(before) and not _SENTENCE.search(bare_after):
        sentence = bare_after.strip(" .:-")
        if before.count(" ") <= 5 and sentence.count(" ") <= 6 and not re.search(r"[.;]\s", sentence):
            return kind, None
    opened = re.match(rf"(?:key |main )?(?:{_IN}|{_OUT}) ?{_CRITERIA} ?\([^()]{{0,200}}\)?:?$", plain)
    return (kind, None) if opened else None


_WITHIN = re.compile(r"\b(?:of|from|with|within|the|any|by|to|in|per|under|according|as|and)\b[^.;]*$")


def _only(before: str, after: str) -> bool:
    """Return whether nothing but the two words stands there: "INCLUSION CRITERIA:" as a bullet."""
    return not before.strip(_EDGES) and not after.strip(_EDGES + ":.")


def _ends_sentence(text: str) -> bool:
    return bool(re.search(r"[a-z]\. [a-z]", text))


def _bare(head: str, plain: str, words: int, marked: bool, current: Kind) -> _Found:
    match = _BARE.match(plain)
    if match:
        ends = plain.endswith((":", "-")) or words <= 2
        if not ends or _SENTENCE.search(plain) or (marked and not (match["in"] or plain.startswith("ex"))):
            return None
        if marked and words > 1 and not plain.endswith(":"):
            return None
        return ("inclusion" if match["in"] and "exclu" not in plain else "exclusion"), None
    if (
        words <= 6
        and not marked
        and re.match(r"exclusions? (?:related|specific|due) ", plain)
        and not plain.endswith(".")
    ):
        return "exclusion", None
    match = _BARE_INLINE.match(head.lstrip(_EDGES))
    if match:
        return ("inclusion" if match["in"] else "exclusion"), head.find(":") + 1
    return None


_GROUP = re.compile(r"(?:for|in|of|all|both|the|each)\b")


def _names_group(rest: str) -> bool:
    """Return whether the words after the heading's colon name a group ("Adolescents"), not a first criterion."""
    plain = fold(rest).strip(_EDGES + ":.")
    words = plain.count(" ") + 1
    if re.search(r"[<>≥≤=;]|\byears?\b|\bage", plain):
        return False
    if re.match(r"\(?[1-9a-z][.)]\s", plain):
        return False
    if _GROUP.match(plain) and words <= 8:
        return not _SENTENCE.search(plain) or plain.endswith("following")
    return words <= 12 and "following" in plain


def label(line: str) -> str:
    return " ".join(line.split()).strip(_EDGES + ":").strip()[:200]
