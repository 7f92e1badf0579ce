"""The part that the reader stands in: its side, its heading, its group's label, and what holds again where it ends."""

import msgspec

from scraper.criteria.layout import Line
from scraper.model import Kind


class _Scope(msgspec.Struct, frozen=True, gc=False):
    """What held before a sentence led into a list that has an end: that of its item, or the list itself (`lists`)."""

    indent: int
    lists: bool
    kind: Kind
    section: str
    label: str
    no_side: bool


class Part:
    """`no_side` says that what stands here keeps nobody out; `entered` how many rows there were when it began.

    `scopes` are the lists of sentences that are not over, outermost first.
    """

    def __init__(self) -> None:
        self.group = ""
        self.kind: Kind = "unknown"
        self.section = ""
        self.label = ""
        self.no_side = False
        self.entered = 0
        self.scopes: list[_Scope] = []

    @property
    def name(self) -> str:
        """The section of a row: the heading and the label under it."""
        return f"{self.section}: {self.label}" if self.section and self.label else self.section or self.label

    def enter(self, kind: Kind | None, label: str, rows: int) -> None:
        """Begin what a title opens: it ends whatever held before."""
        if kind is not None:
            self.scopes.clear()
        self.turn(kind, label, rows)

    def turn(self, kind: Kind | None, label: str, rows: int) -> None:
        """Begin what a sentence opens; a kind of None only names a group."""
        if kind is None:
            self.label = label
        else:
            self.kind, self.label, self.no_side = kind, "", False
            self.section = f"{self.group}: {label}" if self.group else label
            self.entered = rows

    def keep(self, indent: int, lists: bool) -> None:
        """Remember what holds now, for the line at which the item at `indent` is over, or (`lists`) its list."""
        if not self.scopes or self.scopes[-1].indent < indent:
            now = (self.kind, self.section, self.label, self.no_side)
            self.scopes.append(_Scope(indent, lists, *now))

    def leave(self, line: Line) -> None:
        """End the lists of sentences whose item or list is over."""
        while self.scopes:
            scope = self.scopes[-1]
            if line.indent > scope.indent + (0 if scope.lists else 1) or (
                scope.lists and line.inner is not None
            ):
                return
            self.kind, self.section, self.label, self.no_side = (
                scope.kind,
                scope.section,
                scope.label,
                scope.no_side,
            )
            self.scopes.pop()
