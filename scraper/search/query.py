"""What a person types, read into words. Whatever is typed has a meaning; nothing is a syntax error."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from scraper.search.index import SCOPES
from scraper.search.words import forms, key, tokens

MAX_WORDS = 40
MIN_PREFIX = 3
"""Letters before a star; the index keeps prefixes of three, shorter ones read half of it."""
MAX_SPAN = 7

_FIELDS = "|".join(filter(None, SCOPES))
_PIECE = re.compile(
    rf'(?P<minus>-)?(?:(?P<field>{_FIELDS})s?\s*:(?P<gap>\s*))?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"|]+)|(?P<bar>\|))?',
    re.IGNORECASE,
)
_NCT = re.compile(r"\bnct[\s:#.\-_]*(\d{8})\b", re.IGNORECASE)
_BARE_NCT = re.compile(r"^\s*(\d{8})\s*$")
_LABELLED_ID = re.compile(
    r"\b(isrctn|actrn|drks|umin|kct|chictr|irct|jrct|pactr|tctr|slctr|lbctr|trialx)[\s:#.]+(?=[a-z]?\d)",
    re.IGNORECASE,
)
_EU_LABEL = re.compile(
    r"\b(?:eudract|ctis|eu ?ct)(?:\s*(?:number|no\.?|nr\.?))?[\s:#.]*(?=\d{4}-\d{6}-\d\d)", re.IGNORECASE
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "＂": '"', "：": ":", "−": "-"})


@dataclass(frozen=True)
class Term:
    """One word, prefix or phrase as typed; `field` is a key of SCOPES or ""."""

    text: str
    field: str = ""
    is_quoted: bool = False
    is_prefix: bool = False


@dataclass(frozen=True)
class Words:
    """Every group must be met, by any of its terms; none of `excluded` may be. `dropped` words were too many."""

    groups: tuple[tuple[Term, ...], ...] = ()
    excluded: tuple[Term, ...] = ()
    dropped: int = 0


@dataclass(frozen=True)
class Synonym:
    """`typed` is the user's words, `matched` what was searched for as well.

    `is_term` marks a whole MeSH term; any other synonym is a phrase that may stand anywhere. `is_name` says that the
    typed words are that term's own name.
    """

    typed: str
    matched: str
    is_term: bool = False
    is_name: bool = False


def parse(text: str) -> Words:
    """Read what was typed. Words are joined by and; OR, minus, "phrases", prefix* and field: are understood.

    A field without a space after its colon covers the next word or phrase, with a space all that follow, up to
    the next field.
    """
    text = _ids(storable(text).translate(_QUOTES))
    groups: list[list[Term]] = []
    excluded: list[Term] = []
    sticky, count, joins, negates = "", 0, False, False
    position = 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None or piece.end() == position:
            position += 1
            continue
        position = piece.end()
        word, phrase = piece["word"] or "", piece["phrase"]
        if piece["bar"] or (word == "OR" and not piece["field"]):
            joins = bool(groups)
            continue
        if word in ("AND", "NOT") and not piece["field"]:
            negates = word == "NOT"
            continue
        field = (piece["field"] or "").casefold()
        if field:
            sticky = field if piece["gap"] and phrase is None else ""
        term = _term(word, phrase, field or sticky)
        if term is None:
            continue
        count += 1
        if count > MAX_WORDS:
            continue
        if piece["minus"] or negates:
            excluded.append(term)
        elif joins and groups:
            groups[-1].append(term)
        else:
            groups.append([term])
        joins = negates = False
    return Words(tuple(map(tuple, groups)), tuple(excluded), max(0, count - MAX_WORDS))


def storable(text: str) -> str:
    """The text without what SQLite cannot take: halves of characters become "?"."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _term(word: str, phrase: str | None, field: str) -> Term | None:
    if phrase is not None:
        return Term(phrase, field, is_quoted=True) if tokens(phrase) else None
    found = tokens(word)
    if not found:
        return None
    is_prefix = word.rstrip(").,;").endswith("*") and len(found[-1]) >= MIN_PREFIX
    return Term(word.strip("()*.,;:!?"), field, is_prefix=is_prefix)


def _ids(text: str) -> str:
    """The text with registry ids written as registries write them."""
    text = _BARE_NCT.sub(r"NCT\1", text)
    text = _NCT.sub(r"NCT\1", text)
    return _EU_LABEL.sub(
        "", _LABELLED_ID.sub(lambda label: label[1] + ("-" if label[1].casefold() == "trialx" else ""), text)
    )


def spans(words: Words) -> dict[str, tuple[int, int]]:
    """Runs of plain words that a name may consist of: key -> (first group, group after the last).

    Of two equal runs the first is kept.
    """
    found: dict[str, tuple[int, int]] = {}
    for start, end in runs(words):
        for first in range(start, end):
            for last in range(first + 1, min(end, first + MAX_SPAN) + 1):
                name = key(" ".join(words.groups[i][0].text for i in range(first, last)))
                found.setdefault(name, (first, last))
    return found


def runs(words: Words) -> Iterable[tuple[int, int]]:
    """(first group, group after the last) of every run of plain words in one field."""
    start = 0
    for i in range(len(words.groups) + 1):
        group = words.groups[i] if i < len(words.groups) else ()
        plain = len(group) == 1 and not group[0].is_quoted and not group[0].is_prefix
        plain = plain and group[0].field in ("", "condition", "intervention", "title")
        if plain and i > start and group[0].field != words.groups[start][0].field:
            yield start, i
            start = i
        elif not plain:
            if i > start:
                yield start, i
            start = i + 1


def term_forms(term: Term) -> tuple[tuple[str, ...], ...]:
    """The token sequences that meet a term. A prefix keeps its letters: no plural of a half word."""
    return forms(term.text, exact=term.is_quoted or term.is_prefix)


def synonym_forms(synonym: Synonym) -> tuple[tuple[str, ...], ...]:
    """The token sequences that meet a synonym; "Parkinson's disease" is also written without its 's."""
    words = tuple(tokens(synonym.matched))
    return (words,) if synonym.is_term else tuple(dict.fromkeys((words, *forms(synonym.matched))))
