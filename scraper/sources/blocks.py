"""HTML and saved plain text as one sequence of blocks: headings, paragraphs, list items with their depth.

Nothing here depends on a style class or on where an element stands: a list in <ul>, in <div>s with typed bullets, in
lines parted by <br> or in a text file gives the same blocks. The one thing that surprises: leading spaces and
&nbsp; count, since in the last two they are all that is left of a list's depth.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from scraper.sources import markup
from scraper.sources.lines import Line, text_lines
from scraper.sources.tree import Walk

Kind = Literal["heading", "paragraph", "item"]


class Block(NamedTuple):
    """One line a reader sees.

    `marker` is an item's bullet or number as typed, or what the browser draws ("*", "1."). `depth` 0 is the
    top; a paragraph inside an item is one deeper than the item. `tight`: a mere line break parts it from the
    block before. `level` is 1 to 6 for <h1> to <h6>, else 0.
    """

    kind: Kind
    text: str
    depth: int = 0
    marker: str = ""
    tight: bool = False
    level: int = 0

    @property
    def line(self) -> str:
        return f"{self.marker} {self.text}" if self.marker else self.text


class Document(NamedTuple):
    """A page's blocks with its own address (canonical link, og:url) and <title>, "" when it names none."""

    blocks: list[Block]
    address: str = ""
    title: str = ""


def read(
    body: bytes,
    content_type: str = "",
    labels: frozenset[str] = frozenset(),
    tail: tuple[str, str] = ("", ""),
) -> Document:
    """The blocks of a page or of saved text.

    `labels` are casefolded lines that are headings wherever they stand. `tail` says where the content of a page
    ends, as `markup.main_part` does.
    """
    text = markup.decoded(body, content_type)
    if markup.is_html(text):
        return Document(html_blocks(text, labels, tail), markup.address(text), markup.title(text))
    return Document(text_blocks(text, labels))


def html_blocks(
    text: str, labels: frozenset[str] = frozenset(), tail: tuple[str, str] = ("", "")
) -> list[Block]:
    """The blocks of HTML; markup without end or beyond `markup.TAG_LIMIT` is read as far as it goes."""
    soup = markup.parsed(markup.main_part(text, tail))
    return _placed(Walk(labels).lines(soup), labels)


def text_blocks(text: str, labels: frozenset[str] = frozenset()) -> list[Block]:
    """The blocks of plain text: a line is a block, and a blank line is what a paragraph's end would be."""
    return _placed(text_lines(text), labels)


def as_text(blocks: Iterable[Block]) -> str:
    """Blocks as text from which lists can be read again: four spaces a depth, markers kept.

    Paragraphs are parted by a blank line, items and lines parted by <br> by a line break. The outermost depth
    is not indented, whatever list the page itself was laid out with.
    """
    kept = list(blocks)
    outer = min((block.depth for block in kept), default=0)
    parts: list[str] = []
    previous: Block | None = None
    for block in kept:
        if previous is not None:
            after_item = previous.kind == "item" or (previous.kind == "paragraph" and previous.depth > outer)
            close = after_item if block.kind == "item" else block.kind == "paragraph" and block.tight
            parts.append("\n" if close else "\n\n")
        parts.append("    " * (block.depth - outer) + block.line)
        previous = block
    return "".join(parts)


# ── indentation to depth ────────────────────────────────────────────────────────────────────────────────


def _placed(lines: Iterable[Line], labels: frozenset[str]) -> list[Block]:
    """Lines with their indentation read as depth, relative to the lines before them."""
    placed: list[Block] = []
    above: list[tuple[int, bool]] = []
    nest = 0
    for line in lines:
        if line.nest != nest:
            above, nest = [], line.nest
        depth = line.nest + _depth(line, above)
        kind: Kind = "paragraph"
        if line.marker:
            kind = "item"
        elif line.level or _is_heading(line, labels):
            kind = "heading"
        level = line.level if kind == "heading" and line.level < 7 else 0
        placed.append(Block(kind, line.text, depth, line.marker, line.tight, level))
    return placed


def _depth(line: Line, above: list[tuple[int, bool]]) -> int:
    """How many of the lines above this one is nested under; `above` holds their (indent, is item)."""
    if not line.indent and not line.marker:
        above[:] = [(0, False)]
        return 0
    while above and above[-1][0] >= line.indent and above[-1] != (0, False):
        above.pop()
    # "Inclusion Criteria:" does not make the items under it deeper, but an indented line without a marker is.
    first_item = next((n for n, (_, is_item) in enumerate(above) if is_item), 0)
    depth = sum(1 for _, is_item in above if is_item) if line.marker else len(above) - first_item
    above.append((line.indent, bool(line.marker)))
    return depth


def _is_heading(line: Line, labels: frozenset[str]) -> bool:
    if len(line.text) > 100:
        return False
    return line.text.endswith(":") or line.strong or line.text.casefold() in labels
