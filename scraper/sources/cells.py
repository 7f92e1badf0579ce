"""What a cell of a table says, with the lines that <br> parts; any other white space is one blank."""

import re
from collections.abc import Callable

from bs4 import NavigableString, Tag


def lines(cell: Tag, is_left_out: Callable[[NavigableString], bool] | None = None) -> str:
    """The words of a cell, line by line; `is_left_out` says which strings of it do not count."""
    parts: list[str] = []
    for node in cell.descendants:
        if type(node) is NavigableString:
            if is_left_out is None or not is_left_out(node):
                parts.append(re.sub(r"\s+", " ", node))
        elif isinstance(node, Tag) and node.name == "br":
            parts.append("\n")
    found = (line.strip() for line in "".join(parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(found)).strip()
