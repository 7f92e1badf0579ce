"""Blocks of a page -> its labelled parts: what stands after "Sponsor:", below "Criteria", whatever the markup is.

A layout lists the labels in the order of the page. A label is told by its words, alone on a line or before a colon,
and by its place: one that comes before the label reached is a line of somebody's text. Inside running text, which may
say anything, only a line that is nothing but the label counts, and only when what follows looks like its value.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from scraper.sources.blocks import Block

_SPACES = re.compile(r"[\s\xa0]+")
_LONGEST = 90


class Label(NamedTuple):
    """One label of a layout.

    `words` is casefolded, without its colon; a "*" at its end stands for whatever follows; `rank` its place in the order, the same for labels in any order;
    `is_prose`: running text stands below it; `value`: what the line after the label looks like.
    """

    key: str
    words: str
    rank: int
    is_prose: bool = False
    value: re.Pattern[str] | None = None


class Part(NamedTuple):
    """A label as the page writes it and the blocks after it, the rest of its own line first."""

    key: str
    label: str
    blocks: list[Block]

    @property
    def lines(self) -> list[str]:
        return [block.text for block in self.blocks]

    @property
    def line(self) -> str:
        """The only line, or all of them as one."""
        return " ".join(self.lines)


class Layout:
    """The labels of a page, to be looked up by their words."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self.by_words: dict[str, list[Label]] = {}
        self.by_start: dict[str, list[Label]] = {}
        for label in labels:
            words, star, _ = label.words.partition("*")
            (self.by_start if star else self.by_words).setdefault(words, []).append(label)

    def find(self, block: Block) -> tuple[list[Label], str]:
        """The labels that a line may be, and what follows on it; ([], "") for any other line."""
        text = block.text
        if len(text) <= _LONGEST and (found := self._labelled(text)):
            return found, ""
        head, colon, rest = text.partition(":")
        if colon and len(head) <= _LONGEST and (found := self._labelled(head)):
            return found, rest.strip(" \xa0")
        return [], ""

    def _labelled(self, words: str) -> list[Label]:
        known = folded(words)
        if found := self.by_words.get(known):
            return found
        return next((labels for start, labels in self.by_start.items() if known.startswith(start)), [])


def folded(words: str) -> str:
    """A label's words in lower case with single blanks, without the colon behind them."""
    return _SPACES.sub(" ", words).strip().rstrip(":").rstrip().casefold()


def parts(blocks: Sequence[Block], layout: Layout) -> tuple[list[Block], list[Part]]:
    """The blocks above the first label, and the labelled parts in the order of the page."""
    above: list[Block] = []
    found: list[Part] = []
    current: Label | None = None
    for number, block in enumerate(blocks):
        candidates, rest = layout.find(block)
        after = blocks[number + 1].text if number + 1 < len(blocks) else ""
        label = next((one for one in candidates if _counts(one, current, rest, after)), None)
        if label is not None:
            value = [block._replace(kind="paragraph", text=rest, marker="", level=0)] if rest else []
            found.append(Part(label.key, block.text, value))
            current = label
        elif found:
            # "<span>Status</span> <td>: Completed": the colon is the label's.
            if not found[-1].blocks and block.text[:1] == ":":
                block = block._replace(text=block.text[1:].strip(" \xa0"))
            found[-1].blocks.extend([block] if block.text else [])
        else:
            above.append(block)
    return above, found


def _counts(label: Label, current: Label | None, rest: str, after: str) -> bool:
    if current is not None and label.rank < current.rank:
        return False
    if label.value is not None and not label.value.match(rest or after):
        return False
    if current is not None and current.is_prose:
        if label.key == current.key:
            return False
        return not rest and (label.is_prose or label.value is not None)
    return True


def by_key(found: Sequence[Part]) -> Mapping[str, list[Part]]:
    """The parts of each key, in order."""
    keyed: dict[str, list[Part]] = {}
    for part in found:
        keyed.setdefault(part.key, []).append(part)
    return keyed
