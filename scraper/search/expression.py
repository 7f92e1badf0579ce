"""Words and their synonyms, written as FTS5 expressions.

Every word reaches FTS5 inside quotation marks and holds letters and digits only.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scraper.search.index import SCOPES, SUBJECT, TITLES, TRIALS
from scraper.search.query import Synonym, Term, Words, synonym_forms, term_forms
from scraper.search.tags import CONDITION_TERM, INTERVENTION_TERM, STATED, any_tag, tag
from scraper.search.words import forms
from scraper.store.fulltext import BREAK, Index

Spans = Mapping[tuple[int, int], Sequence[Synonym]]

_TERM_TAGS = {
    "": (CONDITION_TERM, INTERVENTION_TERM),
    "condition": (CONDITION_TERM,),
    "intervention": (INTERVENTION_TERM,),
}
_NEAR = 2
_ID = re.compile(r"[A-Za-z]{2}(?=[\w/-]*\d{4})[\w/-]*+|\d{4}-\d{6}-\d\d\S*")


@dataclass(frozen=True)
class Expression:
    """A query against one index; "" means that it is not asked.

    `parts` are expressions that its more relevant hits satisfy, and nothing else does, by name: "title" and
    "subject", and "own" for the trial whose own id was typed.
    """

    index: Index
    match: str
    parts: Mapping[str, str] = field(default_factory=dict)

    def tiers(self) -> tuple[str, ...]:
        """`match` split by where the words stand, the best first; no hit lies in two."""
        if not self.parts:
            return (self.match,)
        title, subject = self.parts["title"], self.parts["subject"]
        tiers = (
            f"{subject} AND {title}",  # the one that fewer trials meet is the cheaper first
            f"({title} OR {subject}) NOT ({title} AND {subject})",
            f"({self.match}) NOT ({title} OR {subject})",
        )
        own = self.parts.get("own")
        return (own, *(f"({tier}) NOT {own}" for tier in tiers)) if own else tiers


def expression(index: Index, words: Words, synonyms: Spans | None = None) -> Expression:
    """The part of the question that `index` answers; groups that reach over both indexes are not in it."""
    found = synonyms if synonyms and index is TRIALS else {}
    match = _every(index, words, found, strict=False)
    if not match:
        return Expression(index, "")
    excluded = [term for term in words.excluded if SCOPES[term.field][0] is index]
    without = f" NOT {any_of(excluded)}" if excluded else ""
    parts = _parts(_every(index, words, found, strict=True), words) if index is TRIALS else {}
    return Expression(
        index, f"({match}){without}", {name: f"({part}{without})" for name, part in parts.items()}
    )


def _parts(strict: str, words: Words) -> dict[str, str]:
    found = {"title": _filter(TITLES, strict), "subject": _filter(SUBJECT, strict)}
    terms = [term for group in words.groups for term in group]
    if len(terms) == 1 and _ID.fullmatch(terms[0].text):
        own = " OR ".join(_quoted((BREAK, *form)) for form in term_forms(terms[0]))
        found["own"] = _filter(("ids",), own)
    return found


def _every(index: Index, words: Words, synonyms: Spans, *, strict: bool) -> str:
    """All groups of this index; runs that have synonyms by them too. `strict` keeps named runs together."""
    ends = {first: (last, found) for (first, last), found in synonyms.items()}
    clauses: list[str] = []
    i = 0
    while i < len(words.groups):
        last, found = ends.get(i, (i + 1, ()))
        span = words.groups[i:last]
        i = last
        if found:
            also = filter(None, (_synonym(each, span[0][0].field) for each in found))
            clauses.append(f"({' OR '.join((_literal(span, found, strict), *also))})")
        elif all(SCOPES[term.field][0] is index for term in span[0]):
            clauses.append(any_of(span[0]))
    return " AND ".join(clauses)


def _literal(groups: Sequence[Sequence[Term]], synonyms: Sequence[Synonym], strict: bool) -> str:
    """The typed words themselves.

    As a condition, words that name a MeSH term mean that term or a condition stated in these very words:
    "hypertension" is not pulmonary hypertension, "small cell" not non-small cell carcinoma.
    """
    field = groups[0][0].field
    text = " ".join(group[0].text for group in groups)
    if field == "condition" and any(each.is_name for each in synonyms):
        return any_tag(tag(STATED, " ".join(form)) for form in forms(text))
    if strict:
        return _filter(_columns(field), " OR ".join(map(_close, forms(text))))
    return f"({' AND '.join(any_of(group) for group in groups)})"


def any_of(group: Sequence[Term]) -> str:
    """An FTS5 expression that any one of the terms satisfies."""
    return "(" + " OR ".join(_filter(_columns(term.field), _term_match(term)) for term in group) + ")"


def _term_match(term: Term) -> str:
    star = " *" if term.is_prefix else ""
    return " OR ".join(_quoted(form) + star for form in term_forms(term))


def _synonym(synonym: Synonym, field: str) -> str:
    """An FTS5 expression for the synonym; "" where the field has no such thing, as titles have no MeSH terms."""
    if synonym.is_term:
        kinds = _TERM_TAGS.get(field, ())
        return any_tag(tag(kind, synonym.matched) for kind in kinds) if kinds else ""
    # "BC" in a sponsor's name or its study code is not breast cancer.
    columns = _columns(field) or (*TITLES, *SUBJECT, "keywords")
    return _filter(columns, " OR ".join(map(_quoted, synonym_forms(synonym))))


def _columns(field: str) -> tuple[str, ...]:
    return SCOPES[field][1]


def _quoted(words: Iterable[str]) -> str:
    return f'"{" ".join(words)}"'


def _close(words: Sequence[str]) -> str:
    """The words near each other in any order: Parkinson's disease, cancer of the breast."""
    return (
        f"NEAR({' '.join(_quoted([word]) for word in words)}, {_NEAR})" if len(words) > 1 else _quoted(words)
    )


def _filter(columns: tuple[str, ...], match: str) -> str:
    return f"({{{' '.join(columns)}}} : ({match}))" if columns else f"({match})"
