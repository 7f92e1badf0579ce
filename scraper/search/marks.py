"""The matched words of a text, marked with private-use characters: escape first, then turn them into tags."""

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import islice

from scraper.search.words import tokens
from scraper.store.fulltext import BREAK

START = "\ue000"
END = "\ue001"

_WORD = re.compile(r"[^\W_]+")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_EXCERPT = 160


class Marker:
    """Marks the token sequences of a question in texts; a prefix marks the whole word it begins."""

    def __init__(self, sequences: Iterable[tuple[tuple[str, ...], bool]]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._prefixes: list[tuple[str, ...]] = []
        for sequence, is_prefix in sequences:
            if is_prefix:
                self._prefixes.append(sequence)
            elif sequence:
                self._by_first[sequence[0]].append(sequence)

        self._firsts = {*self._by_first, *(prefix[0] for prefix in self._prefixes)}

    def places(self, text: str) -> list[tuple[int, int]]:
        """(start, end) of every match, in order, none overlapping."""
        low = text.replace(BREAK, " ").lower()
        if low.isascii() and not any(first in low for first in self._firsts):
            return []
        words = [(m.start(), m.end(), "".join(tokens(m[0]))) for m in _WORD.finditer(text)]
        found: list[tuple[int, int]] = []
        i = 0
        while i < len(words):
            length = self._length([word for _, _, word in words[i : i + 12]])
            if length:
                found.append((words[i][0], words[i + length - 1][1]))
            i += max(1, length)
        return found

    def _length(self, following: list[str]) -> int:
        best = 0
        for sequence in self._by_first.get(following[0], ()):
            if len(sequence) > best and tuple(following[: len(sequence)]) == sequence:
                best = len(sequence)
        for prefix in self._prefixes:
            n = len(prefix)
            whole = tuple(following[: n - 1]) == prefix[:-1]
            if n > best and len(following) >= n and whole and following[n - 1].startswith(prefix[-1]):
                best = n
        return best

    def mark(self, text: str) -> str:
        """The text with START and END around every match. The source's own private-use characters are dropped."""
        text = _PRIVATE.sub("", text)
        return _marked(text, self.places(text))

    def excerpt(self, text: str) -> str:
        """The part of a long text around its first match, marked; "" when nothing matches."""
        text = " ".join(_PRIVATE.sub("", text).split())
        places = self.places(text)
        if not places:
            return ""
        start = max(0, places[0][0] - _EXCERPT // 2)
        if start:
            start = text.find(" ", start) + 1
        end = start + 2 * _EXCERPT
        end = len(text) if end >= len(text) else max(text.rfind(" ", start, end), places[0][1])
        inside = [(a - start, b - start) for a, b in places if a >= start and b <= end]
        return ("… " if start else "") + _marked(text[start:end], inside) + (" …" if end < len(text) else "")

    def items(self, column: str, limit: int) -> list[str]:
        """Of a list column's items the first that match, marked."""
        every = dict.fromkeys(column.split(BREAK))
        return list(islice((self.mark(item.strip()) for item in every if self.places(item)), limit))


def _marked(text: str, places: list[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in places:
        parts += [text[done:start], START, text[start:end], END]
        done = end
    return "".join((*parts, text[done:]))
