"""The registry ids of other trials that a record names, and what the words around each say.

An id in an id field says which trial this is; an id in prose does not: descriptions name the trials that came before,
the ones they cite, the ones that people may not have been in. There only the wording counts.
"""

import re
from collections.abc import Callable, Iterator

from scraper.model import Mention, Trial

FindAll = Callable[[str], Iterator[tuple[str, str, int, int]]]

OWN = "named as this trial's own"
"""The relation of an id that stands in an id field."""

_TEXTS = ("brief_title", "official_title", "brief_summary", "detailed_description", "eligibility_criteria")
_QUOTED_BEFORE, _QUOTED_AFTER = 220, 80
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z*\-])|\n\s*\n|\n\s*[*•\-]\s")
_EXCLUSION = re.compile(r"\bexclusion\b|\bnot (?:be )?eligible\b|\bexcluded\b", re.IGNORECASE)
_STUDY = r"(?:stud(?:y|ies)|trials?|protocols?)"

_FOLLOW_UP = re.compile(
    r"\bextension\b|\broll-?\s?over\b|\blong[- ]term\b|\bfollow-?\s?(?:up|on)\b|\bcontinu(?:ed|ing|ation)\b|\bpersistence\b"
    r"|\bopen[- ]label\b|\bre-?treatment\b|\bbooster\b",
    re.IGNORECASE,
)
# Each pattern must match to the end of what stands before the id, in its sentence.
_EXTENSION_OF = re.compile(
    rf"\b(?:extension|continuation|roll-?\s?over|follow-?\s?up|long[- ]term)\b[\w\s,()/-]{{0,40}}?\b{_STUDY}?\s?\b(?:of|to|from|for)\b[^.]{{0,140}}$",
    re.IGNORECASE,
)
_CAME_FROM = re.compile(
    r"\b(?:complet(?:ed?|ers|ion|ing)|rolled over|roll(?:ing)? over|transferred from|previous(?:ly)? (?:vaccinated|treated"
    r"|enrolled|randomi[sz]ed)|(?:parent|feeder|lead-in|core|antecedent|preceding|originating|qualifying|index)"
    rf" {_STUDY})\b[^.]{{0,200}}$",
    re.IGNORECASE,
)
_EXTENDED_BY = re.compile(
    r"\b(?:enter|enrol|eligible|opportunity|offered|continu|roll|invited|option|followed)\w*\b[^.]{0,120}"
    rf"\b(?:extension|roll-?\s?over|follow-?\s?up|separate|open[- ]label)\b(?! (?:of|to|from)\b)[\w\s-]{{0,25}}{_STUDY}"
    r"\b[^.]{0,40}$|\bcontinued into\b[^.]{0,60}$",
    re.IGNORECASE,
)
_SUB_STUDY = r"(?:sub-?\s?stud(?:y|ies)|ancillary stud(?:y|ies)|companion stud(?:y|ies))"
_HAS_SUB_STUDY = re.compile(rf"\b{_SUB_STUDY}\b[\s(\[:,]*(?:NCT\s*(?:no|number)?[.:\s]*)?$", re.IGNORECASE)
_SUB_STUDY_OF = re.compile(
    rf"\b(?:{_SUB_STUDY}(?: \w+){{0,3}} (?:of|to|within|in|for)\b|(?:nested|embedded) (?:with)?in\b)[^.]{{0,140}}$",
    re.IGNORECASE,
)
_EXPANDED_ACCESS = re.compile(
    r"\b(?:expanded access|compassionate use|early access)\b[^.]{0,80}$", re.IGNORECASE
)


def mentions(trial: Trial, find_all: FindAll) -> Iterator[Mention]:
    """Every id of another trial in the id fields and texts of a trial: of each id the one that says most.

    `find_all` yields (id type, canonical id, start, end) of the ids in a text.
    """
    found: dict[str, Mention] = {}
    for mention in (*_in_id_fields(trial, find_all), *_in_texts(trial, find_all)):
        known = found.get(mention.other_id)
        if known is None or (known.relation == "mentioned" and mention.relation != "mentioned"):
            found[mention.other_id] = mention
    found.pop(trial.trial_id, None)
    yield from (found[other_id] for other_id in sorted(found))


def _in_id_fields(trial: Trial, find_all: FindAll) -> Iterator[Mention]:
    for linked in trial.secondary_ids:
        relation = "has_expanded_access" if linked.label == "EXPANDED_ACCESS" else OWN
        if linked.id_type != "other":
            yield Mention(
                other_id=linked.id_value,
                id_type=linked.id_type,
                place="secondary_ids",
                relation=relation,
                quote=linked.id_value,
            )
            continue
        # "Protocol ABC-7 (EudraCT 2005-001234-21)": one field holds two ids.
        for id_type, value, _, _ in find_all(linked.id_value):
            yield Mention(
                other_id=value,
                id_type=id_type,
                place="secondary_ids",
                relation=relation,
                quote=linked.id_value[:200],
            )


def _in_texts(trial: Trial, find_all: FindAll) -> Iterator[Mention]:
    for place in _TEXTS:
        text = getattr(trial, place)
        if not text:
            continue
        for id_type, value, start, end in find_all(text):
            if value == trial.trial_id:
                continue
            before = _SENTENCE_END.split(text[max(0, start - _QUOTED_BEFORE) : start])[-1]
            after = _SENTENCE_END.split(text[end : end + _QUOTED_AFTER])[0]
            excluded = place == "eligibility_criteria" and _EXCLUSION.search(text[:start]) is not None
            yield Mention(
                other_id=value,
                id_type=id_type,
                place=place,
                relation="mentioned" if excluded else _relation(trial, before),
                quote=" ".join((before + text[start:end] + after).split()),
            )


def _relation(trial: Trial, before: str) -> str:
    """What the words of its sentence before an id say."""
    titles = f"{trial.brief_title or ''} {trial.official_title or ''}"
    is_expanded_access = trial.study_type == "EXPANDED_ACCESS"
    if _EXPANDED_ACCESS.search(before) and not is_expanded_access:
        return "has_expanded_access"
    if _HAS_SUB_STUDY.search(before):
        return "has_sub_study"
    if _SUB_STUDY_OF.search(before):
        return "sub_study_of"
    if _EXTENDED_BY.search(before):
        return "extended_by"
    comes_after = _EXTENSION_OF.search(before) or (_CAME_FROM.search(before) and _FOLLOW_UP.search(titles))
    if comes_after:
        return "expanded_access_for" if is_expanded_access else "extension_of"
    return "mentioned"
