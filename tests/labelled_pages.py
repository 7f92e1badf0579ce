"""Pages of labels and values in our own words, each in seven kinds of markup: registry pages, listing sites.

A page is described once, in `tests/pages/<source>/<name>.described.txt`, as lines: ``# `` before the title, ``@ `` before a label
(``@ Label = value | value``), ``* `` before an item of a list, anything else is a paragraph.
"""

import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.conftest import PAGES

FOLDERS = ("ctgov-html", "veeva", "trialx-family")


class Line(NamedTuple):
    """`kind` is title, label, value, item or paragraph."""

    kind: str
    text: str


class Described(NamedTuple):
    """One page: `address` as its canonical link gives it, `page_title` as <title> does."""

    name: str
    folder: str
    address: str
    page_title: str
    lines: list[Line]

    @property
    def source(self) -> str:
        return "ctgov" if self.folder == "ctgov-html" else self.folder

    @property
    def expected(self) -> Path:
        return PAGES / self.folder / f"{self.name}.records.json"


def read(path: Path) -> Described:
    """The description in a file: address and page title on its first two lines."""
    address, title, *rest = path.read_text("utf-8").splitlines()
    lines: list[Line] = []
    for text in filter(str.strip, rest):
        if text.startswith("# "):
            lines.append(Line("title", text[2:]))
        elif text.startswith("@ "):
            label, _, values = text[2:].partition(" = ")
            lines.append(Line("label", label))
            lines += [Line("value", value.strip()) for value in values.split(" | ") if value.strip()]
        else:
            lines.append(Line("item", text[2:]) if text.startswith("* ") else Line("paragraph", text))
    return Described(path.stem.removesuffix(".described"), path.parent.name, address, title, lines)


def described() -> list[Described]:
    """Every description there is."""
    return [read(path) for folder in FOLDERS for path in sorted((PAGES / folder).glob("*.described.txt"))]


def _site(page: Described, content: str) -> str:
    link = f'<link rel="canonical" href="{html.escape(page.address)}">' if page.address else ""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(page.page_title)}</title>{link}
<script>var status = "<p>Status</p><p>Terminated</p>";</script></head>
<body><nav><ul><li>Status</li><li>Sponsor</li></ul></nav>
{content}
<footer><p>Sponsor</p><p>Terms</p></footer></body></html>
"""


def _html(lines: Sequence[Line], forms: dict[str, str]) -> str:
    out: list[str] = []
    for number, (kind, text) in enumerate(lines):
        before = lines[number - 1].kind if number else ""
        after = lines[number + 1].kind if number + 1 < len(lines) else ""
        open_, close = (
            "<ul>" if kind == "item" != before else "",
            "</ul>" if kind == "item" != after else "",
        )
        escaped = html.escape(text, quote=False)
        if kind == "item":
            out.append(f"{open_}<li>{escaped}</li>{close}")
        else:
            out.append(forms[kind].format(escaped))
    return "\n".join(out)


def headings(page: Described) -> str:
    """A heading a label, a paragraph a value."""
    forms = {"title": "<h1>{}</h1>", "label": "<h3>{}</h3>", "value": "<p>{}</p>", "paragraph": "<p>{}</p>"}
    return _site(page, _html(page.lines, forms))


def divs(page: Described) -> str:
    """Nothing but <div>."""
    return _site(
        page, _html(page.lines, dict.fromkeys(("title", "label", "value", "paragraph"), "<div>{}</div>"))
    )


def tables(page: Described) -> str:
    """A table of one row a label and a value."""
    row = "<tr><td>{}</td></tr>"
    forms = {"title": "<tr><th>{}</th></tr>", "label": "<tr><th>{}</th></tr>", "value": row, "paragraph": row}
    return _site(
        page,
        f"<table>{_html(page.lines, forms).replace('<ul>', '<tr><td><ul>').replace('</ul>', '</ul></td></tr>')}</table>",
    )


def definitions(page: Described) -> str:
    """<dt> and <dd>."""
    forms = {
        "title": "<h1>{}</h1>",
        "label": "<dt>{}</dt>",
        "value": "<dd>{}</dd>",
        "paragraph": "<dd><p>{}</p></dd>",
    }
    return _site(page, f"<dl>{_html(page.lines, forms)}</dl>")


def breaks(page: Described) -> str:
    """One element, lines parted by <br>."""
    out: list[str] = []
    for kind, text in page.lines:
        escaped = html.escape(text, quote=False)
        out.append(f"* {escaped}<br>" if kind == "item" else f"<br>{escaped}<br>\n")
    return _site(page, f"<p>{''.join(out)}</p>")


def blocks_by_style(page: Described) -> str:
    """<span>s that a style makes into lines."""
    span = '<span style="display:block;margin-bottom:1ex">{}</span>'
    return _site(page, _html(page.lines, dict.fromkeys(("title", "label", "value", "paragraph"), span)))


def plain(page: Described) -> str:
    """What a browser saves as text."""
    out = []
    for kind, text in page.lines:
        out.append(f"* {text}" if kind == "item" else f"\n{text}\n")
    return "\n".join(out) + "\n"


MARKUPS: dict[str, Callable[[Described], str]] = {
    one.__name__: one for one in (headings, divs, tables, definitions, breaks, blocks_by_style, plain)
}


def file_name(page: Described, markup: str) -> str:
    """The name of a saved file: where the page itself names no address, the file's name is all there is."""
    return f"{page.name}.{'txt' if markup == 'plain' else 'html'}"


def saved(page: Described) -> tuple[Path, str]:
    """The page as it lies beside its description and its expected record: its file and its text."""
    same = [one.name for one in described() if one.folder == page.folder]
    markup = [name for name in MARKUPS if name != "plain"][same.index(page.name) % (len(MARKUPS) - 1)]
    return page.expected.with_name(file_name(page, markup)), MARKUPS[markup](page)
