"""Abbreviations as the trials' own texts explain them: "acute myeloid leukemia (AML)"."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from scraper.search.words import key, tokens

MIN_TRIALS = 2
"""Trials in which an abbreviation must be explained to be learned."""

Key = tuple[str, str, str]
"""(what is counted, of what, as spelled)."""

_BRACKETED = re.compile(r"\(([^()\[\]]{2,60})\)")
_SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-/&.+]{1,9}")
_WORD = re.compile(r"[^\W_]+")
_SMALL_WORDS = frozenset({"of", "the", "and", "in", "for", "to", "with", "a", "an", "on", "or", "by"})
_SENTENCE_END = re.compile(r"[.;:!?]\s")


def abbreviations(texts: Iterable[Iterable[str]], min_trials: int = MIN_TRIALS) -> list[tuple[str, str, int]]:
    """(abbreviation, long form, trials) as read from the texts of every trial: "acute myeloid leukemia (AML)"."""
    return chosen(Counter(each for trial in texts for each in explained(trial)), min_trials)


def explained(texts: Iterable[str]) -> Iterator[Key]:
    """What one trial adds to the counts: ("short", abbreviation, spelling) and ("long", abbreviation, long form)."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for text in texts:
        if "(" in text:
            for short, long_form in _pairs(text):
                found.setdefault((short.casefold(), key(long_form)), (short, " ".join(tokens(long_form))))
    yield from {("short", folded, short) for (folded, _), (short, _) in found.items()}
    yield from {("long", folded, long_form) for (folded, _), (_, long_form) in found.items()}


def chosen(counts: Mapping[Key, int], min_trials: int = MIN_TRIALS) -> list[tuple[str, str, int]]:
    """(abbreviation, long form, trials) by the counts over all trials.

    Spellings of one long form are counted together and given in the commonest.
    """
    seen: Counter[tuple[str, str]] = Counter()
    written: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    shorts: dict[str, Counter[str]] = defaultdict(Counter)
    for (what, folded, spelling), trials in counts.items():
        if what == "long":
            pair = folded, key(spelling)
            seen[pair] += trials
            written[pair][spelling] += trials
        elif what == "short":
            shorts[folded][spelling] += trials
    return sorted(
        (_commonest(shorts[short]), _commonest(written[short, name]), trials)
        for (short, name), trials in seen.items()
        if trials >= min_trials
    )


def _commonest(counted: Counter[str]) -> str:
    return min(counted, key=lambda word: (-counted[word], word))


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for bracket in _BRACKETED.finditer(text):
        inside = re.split(r"[,;]| or ", bracket[1], maxsplit=1)[0].strip()
        before = text[max(0, bracket.start() - 150) : bracket.start()]
        if _is_short(inside):
            long_form = _long_form(inside, before)
            if long_form:
                yield inside, long_form
            continue
        words = before.split()
        short = words[-1].strip("\"'") if words else ""
        if _is_short(short) and not bracket[1].isupper():
            long_form = _long_form(short, bracket[1])
            if long_form and len(long_form) > 0.8 * len(bracket[1].strip()):
                yield short, long_form


def _is_short(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    return bool(_SHORT.fullmatch(word)) and len(letters) > 1 and capitals > 1 and 2 * capitals >= len(letters)


def _long_form(short: str, before: str) -> str:
    """The end of `before` that `short` abbreviates, "" if none does.

    Words whose first letters are those of `short`; else the method of Schwartz and Hearst (2003),
    https://psb.stanford.edu/psb-online/proceedings/psb03/schwartz.pdf: the shortest end that holds its letters in
    order and begins with the first. That alone reads "chronic cluster headache (CCH)" as cluster headache.
    """
    before = _SENTENCE_END.split(before)[-1].rstrip(" -\"'")
    wanted = [c for c in short.casefold() if c.isalnum()]
    words = [(m.start(), m[0].casefold()) for m in _WORD.finditer(before)]
    for skipped in (frozenset[str](), _SMALL_WORDS):
        initials = [(start, word[0]) for start, word in words if word not in skipped][-len(wanted) :]
        if [letter for _, letter in initials] == wanted and len(wanted) > 1:
            return before[initials[0][0] :]
    return _holding(short, wanted, before)


def _holding(short: str, wanted: list[str], before: str) -> str:
    low = before.casefold()
    at = len(low)
    for i in range(len(wanted) - 1, -1, -1):
        at -= 1
        while at >= 0 and (low[at] != wanted[i] or (i == 0 and at > 0 and low[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return ""
    # From the beginning of the word that the first letter stands in.
    start = max(low.rfind(" ", 0, at), low.rfind("(", 0, at), low.rfind("/", 0, at)) + 1
    long_form = before[start:].strip(" -\"'")
    words = tokens(long_form)
    if not 2 <= len(words) <= min(len(wanted) + 5, 2 * len(wanted)) or short.casefold() in words:
        return ""
    starts = sum(word[0] in wanted for word in words)
    return long_form if 2 * starts >= len(words) and "(" not in long_form else ""
