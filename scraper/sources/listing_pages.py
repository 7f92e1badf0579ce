"""What listing sites share: where a page says it lives, its title among menus, criteria under two headings."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from scraper.model import Oddity, Page
from scraper.sources import blocks, markup
from scraper.sources.blocks import Block
from scraper.sources.labels import Part

_SUFFIXES = frozenset({".html", ".htm", ".txt", ".xhtml", ".gz", ".zst"})
_WIDGETS = frozenset(
    {
        *(
            "image",
            "save",
            "share",
            "print",
            "back",
            "apply",
            "contact",
            "copy link",
            "back to search",
            "save trial",
        ),
        *(
            "see if i qualify",
            "log in",
            "sign in",
            "sign up",
            "search",
            "menu",
            "home",
            "read more",
            "show more",
        ),
    }
)
_SIGN = re.compile(r"[\s|–—:-]+\Z")


def content_type(page: Page) -> str:
    """What the answer's headers say about it, "" for a saved file."""
    return next((value for name, value in page.headers.items() if name.casefold() == "content-type"), "")


def stem(name: str) -> str:
    """A saved file's name without its folder and its suffixes."""
    path = PurePosixPath(name.replace("\\", "/"))
    while path.suffix.casefold() in _SUFFIXES:
        path = path.with_suffix("")
    return path.name


def own_address(page: Page) -> str:
    """The live address of a page: a fetched one's own, a saved one's as it names it, "" where it names none."""
    if not page.name:
        return page.url
    return markup.address(markup.decoded(page.body[: 1 << 18], content_type(page)))


def title_and_below(above: Sequence[Block], page_title: str) -> tuple[str, list[str]]:
    """The title among the lines above the first label, and the lines below it that are no buttons.

    It is the heading of the first level, else the longest line that the page's own title begins with, else the first.
    """
    lines = [block.text for block in above if block.text.casefold().rstrip(":") not in _WIDGETS]
    headings = [block.text for block in above if block.level == 1]
    named = [line for line in lines if len(line) > 3 and page_title.casefold().startswith(line.casefold())]
    title = headings[-1] if headings else max(named, key=len) if named else lines[0] if lines else ""
    last = max((n for n, line in enumerate(lines) if line == title), default=-1)
    return title, lines[last + 1 :]


def criteria(found: Iterable[Part]) -> str:
    """Parts of eligibility text as one, each under its heading as the page writes it."""
    texts = []
    for part in found:
        heading = _SIGN.sub("", part.label)
        text = blocks.as_text(part.blocks)
        texts.append(f"{heading}:\n\n{text}" if text else f"{heading}:")
    return "\n\n".join(texts)


def lost(keyed: Iterable[Part], fields: dict[str, str]) -> list[Oddity]:
    """An Oddity for each label without a value: some copies keep the labels and lose what stood beside them."""
    return [
        Oddity(
            fields[part.key], f"the label {part.label!r} without a value", "what stands beside it on the site"
        )
        for part in keyed
        if part.key in fields and not part.lines
    ]
