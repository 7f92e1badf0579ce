"""What a person types, read into words, and the words written as FTS5 expressions.

Whatever is typed has a meaning; nothing is a syntax error. Every word reaches FTS5 inside quotation marks and
holds letters and digits only.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scraper.search.index import SCOPES
from scraper.search.words import forms, key, tokens
from scraper.store.fulltext import BREAK, Index

MAX_WORDS = 40
MIN_PREFIX = 3
"""Letters before a star; the index keeps prefixes of three, shorter ones read half of it."""
MAX_SPAN = 7

_PHRASE_WORDS = 6
_ByStart = Mapping[int, tuple[int, Sequence["Synonym"]]]

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


@dataclass(frozen=True)
class Expression:
    """A query against one index; "" means that it is not asked."""

    index: Index
    match: str


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
    for start, end in _runs(words):
        for first in range(start, end):
            for last in range(first + 1, min(end, first + MAX_SPAN) + 1):
                name = key(" ".join(words.groups[i][0].text for i in range(first, last)))
                found.setdefault(name, (first, last))
    return found


def _runs(words: Words) -> Iterable[tuple[int, int]]:
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


def expression(
    index: Index, words: Words, synonyms: Mapping[tuple[int, int], Sequence[Synonym]] | None = None
) -> Expression:
    """The part of the question that `index` answers; groups that reach over both indexes are not in it."""
    clauses: list[str] = []
    covered = 0
    by_start = {start: (end, found) for (start, end), found in (synonyms or {}).items()}
    ends = dict(_runs(words)) if index is SCOPES[""][0] else {}
    for i, group in enumerate(words.groups):
        if i in ends and ends[i] - i > 1:
            clauses.append(_as_one(words.groups[i : ends[i]], i, by_start))
            covered = ends[i]
        elif i >= covered and _belongs(group, index):
            clauses.append(_met(words.groups[i : i + 1], i, by_start))
    excluded = [term for term in words.excluded if SCOPES[term.field][0] is index] if clauses else []
    match = " AND ".join(clauses)
    if match and excluded:
        match = f"({match}) NOT {any_of(excluded)}"
    return Expression(index, match)


def _as_one(groups: Sequence[Sequence[Term]], first: int, synonyms: _ByStart) -> str:
    """A run of plain words: all of them, and better still next to each other, in their order."""
    found = _met(groups, first, synonyms)
    if len(groups) > _PHRASE_WORDS or _holds_concept(groups, first, synonyms):
        return found
    # The phrase adds no hit, it adds to the rank of those that have it.
    phrase = _quoted(tokens(" ".join(group[0].text for group in groups)))
    return f"({found} OR {_filter(_columns(groups[0][0].field), phrase)})"


def _met(groups: Sequence[Sequence[Term]], first: int, synonyms: _ByStart) -> str:
    """All groups, spans that have synonyms by them too."""
    clauses: list[str] = []
    i = 0
    while i < len(groups):
        end, found = synonyms.get(first + i, (first + i + 1, ()))
        span = groups[i : end - first]
        i = end - first
        if not found:
            clauses.append(any_of(span[0]))
            continue
        scope = _columns(span[0][0].field)
        also = [_filter(_synonym_columns(each, scope), _synonym_phrase(each)) for each in found]
        clauses.append(f"({' OR '.join((_literal(span, found), *also))})")
    return clauses[0] if len(clauses) == 1 else f"({' AND '.join(clauses)})"


def _literal(groups: Sequence[Sequence[Term]], synonyms: Sequence[Synonym]) -> str:
    """The typed words themselves.

    As a condition, words that name a MeSH term mean that term or a condition stated in these very words:
    "hypertension" is not pulmonary hypertension, "small cell" not non-small cell carcinoma.
    """
    if groups[0][0].field == "condition" and any(each.is_name for each in synonyms):
        text = " ".join(group[0].text for group in groups)
        whole = " OR ".join(_quoted((BREAK, *form, BREAK)) for form in forms(text))
        return _filter(("conditions", "keywords"), whole)
    return f"({' AND '.join(any_of(group) for group in groups)})"


def _holds_concept(groups: Sequence[Sequence[Term]], first: int, synonyms: _ByStart) -> bool:
    """Whether some of the words are a condition that `_literal` holds to its own words."""
    spans = (synonyms.get(i, (i, ())) for i in range(first, first + len(groups)))
    return groups[0][0].field == "condition" and any(each.is_name for _, found in spans for each in found)


def _quoted(words: Iterable[str]) -> str:
    return f'"{" ".join(words)}"'


def _belongs(group: Sequence[Term], index: Index) -> bool:
    return all(SCOPES[term.field][0] is index for term in group)


def any_of(group: Sequence[Term]) -> str:
    """An FTS5 expression that any one of the terms satisfies."""
    return "(" + " OR ".join(_filter(_columns(term.field), term_match(term)) for term in group) + ")"


def term_match(term: Term) -> str:
    star = " *" if term.is_prefix else ""
    return " OR ".join(_quoted(form) + star for form in term_forms(term))


def term_forms(term: Term) -> tuple[tuple[str, ...], ...]:
    """The token sequences that meet a term. A prefix keeps its letters: no plural of a half word."""
    return forms(term.text, exact=term.is_quoted or term.is_prefix)


def _columns(field: str) -> tuple[str, ...]:
    return SCOPES[field][1]


def _synonym_columns(synonym: Synonym, scope: tuple[str, ...]) -> tuple[str, ...]:
    if not synonym.is_term:
        return scope
    mesh = ("condition_mesh", "intervention_mesh", "inferred_mesh")
    return tuple(column for column in mesh if not scope or column in scope) or scope


def _synonym_phrase(synonym: Synonym) -> str:
    words = tokens(synonym.matched)
    if synonym.is_term:
        return _quoted((BREAK, *words, BREAK))
    # "Parkinson's disease" is also written without its 's.
    bare = [word for word in words if word != "s"]
    return _quoted(words) if bare == words else f"{_quoted(words)} OR {_quoted(bare)}"


def _filter(columns: tuple[str, ...], match: str) -> str:
    return f"{{{' '.join(columns)}}} : ({match})" if columns else f"({match})"
