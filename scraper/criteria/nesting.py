"""Which item an item belongs to: by indentation, by the style of its marker, by a colon before it."""

import re

import msgspec

from scraper.criteria.layout import Line


class Open(msgspec.Struct, frozen=True, gc=False):
    """An item that later ones may nest under."""

    indent: int
    style: str
    position: int
    leads: bool
    text: str


_LEADS = re.compile(
    r"(?::|\bfollowing|\bcriteria|\bas follows|\bany of|\bone of|\bsuch as|\bincluding)[\s:.-]*$",
    re.IGNORECASE,
)
_LEADING = ("following", "criteria", "as follows", "any of", "one of", "such as", "including")


def _leads(text: str) -> bool:
    """Return whether the text ends in words that a list follows; the cheap look spares most texts the pattern."""
    end = text[-40:]
    if end.isascii() and ":" not in end and not end.rstrip(" :.-").lower().endswith(_LEADING):
        return False
    return _LEADS.search(end) is not None


class Nesting:
    """The items that later ones may nest under, outermost first; `text` is the one that the lines are cut from."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[Open] = []

    def around(self, line: Line) -> list[Open]:
        """Return the items that an unmarked line is a paragraph of."""
        return [o for o in self.open if o.indent + 2 <= line.indent]

    def place(self, line: Line, text: str, position: int) -> tuple[int, int | None]:
        """Return the depth and the parent's position, and make the item one that later ones may nest under."""
        outer = line.outer
        if outer is None:
            self.open = [o for o in self.open if o.indent + 2 <= line.indent]
            return 0, None
        indent, style = line.indent, (outer.style)
        if line.markers > 1 and len(set(self.text[line.marker_start : line.start].replace(" ", ""))) == 1:
            indent = line.column - 2  # "* * Age": the registry nests the siblings of a broken first bullet
        while self.open and self.open[-1].indent > indent + 1:
            self.open.pop()
        sibling = None
        for i, o in enumerate(self.open):
            if o.style == style and abs(o.indent - indent) <= 1:
                sibling = i
                break
        if sibling is not None:
            del self.open[sibling:]
        elif self.open and style == "1.1" and self.open[-1].style == "1.":
            pass  # 1.1 belongs to 1.
        elif self.open and self.open[-1].indent + 2 > indent:
            top = self.open[-1]
            fresh = outer.number == 1 or (outer.style == "bullet" and top.style != "bullet")
            if not (fresh and top.leads):
                while self.open and self.open[-1].indent + 2 > indent:
                    self.open.pop()
        parent = self.open[-1].position if self.open else None
        depth = len(self.open)
        self.open.append(Open(indent, style, position, _leads(text), text))
        return depth, parent
