"""The part of a long list that one page shows, and the addresses of its neighbours."""

import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass

SIZE = 25


@dataclass(frozen=True)
class Paging:
    """`previous` and `next` are "" at the ends."""

    number: int
    pages: int
    previous: str
    next: str


def number_from(text: str | None) -> int:
    """The number of the page asked for; anything that is no number is the first page."""
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 8 else 1


def paging(
    path: str, parameters: Iterable[tuple[str, str]], number: int, total: int, size: int = SIZE
) -> Paging:
    """Paging with ``page=N`` in the address, everything else in it kept."""
    pages = max(1, -(-total // size))
    number = min(number, pages)
    kept = [(name, value) for name, value in parameters if name != "page" and value]

    def address(wanted: int) -> str:
        query = urllib.parse.urlencode([*kept, *([("page", str(wanted))] if wanted > 1 else [])])
        return f"{path}?{query}" if query else path

    return Paging(
        number,
        pages,
        address(number - 1) if number > 1 else "",
        address(number + 1) if number < pages else "",
    )
