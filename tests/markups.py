"""One listing in eight kinds of markup, with the noise of a whole site around it.

python -m tests.markups            prints the share of fields read right, listing by markup
"""

import html
from collections.abc import Callable, Sequence
from itertools import groupby

from scraper.errors import ParseError
from scraper.sources import trialx
from tests.listings import LISTINGS, Listing, Row, expected, got, rows

Escape = Callable[[str], str]

AFTER = rows("""
# Step 1 Get in touch with the nearest study center

Your details went to the research team at {{SITE_NAME}}, and a copy is on its way to you.
Do you want to hear of other trials? Sign up for messages.
Sign up

# Send a message

Enter your contact details to connect with study team

Investigator Avatar

Primary Contact

Other languages supported:

First name*
Last name*
Email*
Phone number*
Other language

# FAQs

# Learn more about clinical trials

# What happens in a clinical trial?

Researchers watch how people fare with a treatment, compared with another or with none. Age 18-65 years is common.

# Who looks after my safety?

A committee reads every plan first, such as that of NCT99000999, and can stop a trial on 1 January 2020.

# Add a private note

* Select a piece of text.
* Add notes visible only to you.
* Send it to people through a passcode protected link.
""")
RATING = ["How understandable was the trial content above?", "Hard to understand", "Easy to understand"]


def _parts(listing: Listing) -> list[tuple[str, list[Row]]]:
    """The headed parts of the page in order; an AI block that says nothing is only its heading."""
    plain_language = [*listing.plain_language]
    if plain_language:
        plain_language += [Row("paragraph", words) for words in RATING]
    details = [Row("item", name, 0, "*") for name in listing.conditions]
    details += [
        Row("paragraph", words) for words in (listing.registry_id, listing.sponsor, listing.updated) if words
    ]
    parts = [("Powered by AI", plain_language), ("Overview", listing.overview)]
    parts += [("Description", listing.description)] if listing.description else []
    return [*parts, ("Eligibility", listing.eligibility), ("Study details", details)]


# ── rows in markup ──────────────────────────────────────────────────────────────────────────────────────


def _nodes(part: Sequence[Row]) -> list[tuple[Row, list[Row]]]:
    """Rows of the least depth, each with the deeper rows below it."""
    nodes: list[tuple[Row, list[Row]]] = []
    for row in part:
        if nodes and row.depth > nodes[0][0].depth:
            nodes[-1][1].append(row)
        else:
            nodes.append((row, []))
    return nodes


def _lists(part: Sequence[Row], escape: Escape, level: int = 3, wrap: str = "{}") -> str:
    """Headings, <p> and nested <ul> or <ol>."""
    out: list[str] = []
    for tag, group in groupby(_nodes(part), lambda node: _list_tag(node[0])):
        for number, (row, below) in enumerate(group):
            inner = _lists(below, escape, level, wrap)
            text = escape(row.text)
            if tag and not number:
                start = row.marker.rstrip(".)")
                out.append(f'<{tag} start="{start}">' if tag == "ol" and start != "1" else f"<{tag}>")
            if tag:
                out.append(f"<li>{wrap.format(text)}{inner}</li>")
            elif row.kind == "heading":
                out.append(f"<h{level}>{text}</h{level}>")
            elif row.tight and out and out[-1].endswith("</p>"):
                out[-1] = f"{out[-1].removesuffix('</p>')}<br>{text}</p>"
            else:
                out.append(f"<br>{text}" if row.tight else f"<p>{text}</p>")
        out += [f"</{tag}>"] if tag else []
    return "\n".join(out)


def _list_tag(row: Row) -> str:
    return "" if row.kind != "item" else "ol" if row.marker[0].isdigit() else "ul"


def _divs(part: Sequence[Row], escape: Escape) -> str:
    return "\n".join(
        f"<div>{_typed(row, '•')}{escape(row.text)}\n{_divs(below, escape)}</div>"
        for row, below in _nodes(part)
    )


def _typed(row: Row, bullet: str) -> str:
    return "" if not row.marker else f"{bullet if row.marker in '*-' else row.marker} "


def _indented(part: Sequence[Row], bullet: str) -> list[tuple[Row, str]]:
    """Each row with what is typed before it: the indentation of its depth and its marker."""
    listed = [(row, "  " * (row.depth + (row.kind == "item")) + _typed(row, bullet)) for row in part]
    return [(row, lead + "  " if row.depth and row.kind != "item" else lead) for row, lead in listed]


def _breaks(part: Sequence[Row], escape: Escape) -> str:
    out: list[str] = []
    after = ""
    for row, lead in _indented(part, "-"):
        is_apart = out and not row.tight and not (row.kind == after == "item")
        out.append(("<br>\n" if is_apart else "") + lead.replace(" ", "&nbsp;") + escape(row.text) + "<br>")
        after = row.kind
    return "\n        ".join(out)


def _cells(part: Sequence[Row], escape: Escape) -> str:
    return "\n".join(
        f"<tr><td>{lead.replace('  ', '&nbsp; ')}{escape(row.text)}</td></tr>"
        for row, lead in _indented(part, "*")
    )


# ── whole pages ─────────────────────────────────────────────────────────────────────────────────────────


def _escape(listing: Listing) -> Escape:
    def sloppy(text: str) -> str:
        return text.replace("&", "&amp;")

    def careful(text: str) -> str:
        return html.escape(text, quote=False)

    return sloppy if listing.is_sloppy else careful


_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} | TrialX</title>
<link rel="stylesheet" href="/static/site.css"><link rel="canonical" href="{url}{slug}">
<meta property="og:url" content="{url}{slug}?radius=50">
<style>.badge:before{{content:"<h2>Eligibility</h2>"}}</style>
<script>var page = "<h2>Study details</h2><p>NCT99009999</p>"; if (1<2 && 3>2) {{ track("<Inclusion Criteria>") }}</script>
</head>"""


def _site(listing: Listing, content: str, main: str = "main") -> str:
    """The content within a site: menus, scripts, hidden and commented-out text that is no part of it."""
    slug = f"{listing.slug}/" if listing.slug else ""
    head = _HEAD.format(title=html.escape(listing.title), url=listing.url, slug=slug)
    return f"""{head}
<body><!-- <h2>Eligibility</h2> of another design -->
<nav><ul><li><a href="/">Home</a></li><li><a href="#overview">Overview</a></li><li>Eligibility</li></ul></nav>
<noscript>Please switch on JavaScript to see the Study details</noscript>
<template><h2>Study details</h2><p>{{{{SPONSOR}}}}</p></template>
<div hidden>Not Recruiting</div><div style="display: none"><h2>Study details</h2></div>
<{main} id="content">
{content}
</{main}>
<footer><p>Terms</p><p>Eligibility</p></footer>
<script type="application/ld+json">{{"name": "Study details"}}</script>
</body></html>
"""


def headings(listing: Listing) -> str:
    """<h1> to <h3>, paragraphs and lists."""
    escape = _escape(listing)
    tags = ["h1", "p"]
    top = [f"<{tag}>{escape(title)}</{tag}>" for tag, title in zip(tags, listing.titles, strict=False)]
    image = '<img src="/missing.png" alt="Image">' if listing.image else ""
    badges = "".join(f"<li>{escape(words)}</li>\n" for words in listing.badge_lines)
    parts = "\n".join(f"<h2>{name}</h2>\n{_lists(part, escape)}" for name, part in _parts(listing))
    return _site(listing, f"{image}\n{''.join(top)}\n<ul>{badges}</ul>\n{parts}\n{_lists(AFTER, escape)}")


def divs(listing: Listing) -> str:
    """Nothing but <div>, list markers typed."""
    escape = _escape(listing)
    top = [f"<div>{escape(words)}</div>\n" for words in [*listing.titles, *listing.badge_lines]]
    parts = [
        f"<div><div>{name}</div>\n<div>{_divs(part, escape)}</div></div>" for name, part in _parts(listing)
    ]
    content = f"<div>{''.join(top)}</div>\n{''.join(parts)}<div>{_divs(AFTER, escape)}</div>"
    return _site(listing, content, main="div")


def sections(listing: Listing) -> str:
    """Sections with headers, a row of tabs above them, a paragraph in every item."""
    escape = _escape(listing)
    names = [name for name, _ in _parts(listing)[1:]]
    tabs = "".join(f'<li><a href="#{name}">{name}</a></li>' for name in names)
    top = "".join(f"<h1>{escape(title)}</h1>" for title in listing.titles)
    badges = " ".join(f'<span class="x1">{escape(words)}</span>' for words in listing.badge_lines if words)
    head = f"<header>{top}<div>{badges}</div></header><ul>{tabs}</ul>"
    if listing.unknown_badge:
        head = f"<header>{top}<p>{escape(listing.unknown_badge)}</p><p>{' · '.join(listing.badges.values())}</p></header>"
    parts = "\n".join(
        f'<section id="{name}"><header><h2>{name}</h2></header>{_lists(part, escape, 4, "<p>{}</p>")}</section>'
        for name, part in _parts(listing)
    )
    return _site(listing, f"<article>{head}{parts}<aside>{_lists(AFTER, escape)}</aside></article>")


def breaks(listing: Listing) -> str:
    """One element; lines parted by <br>, depth shown by &nbsp;."""
    escape = _escape(listing)
    lines = "".join(f"{escape(words)}<br>" for words in [*listing.titles, *listing.badge_lines])
    parts = [
        f"<br><b>{name}</b><br><br>\n        {_breaks(part, escape)}\n" for name, part in _parts(listing)
    ]
    return _site(listing, f"<p>{lines}\n        {''.join(parts)}<br>{_breaks(AFTER, escape)}</p>", main="div")


def tables(listing: Listing) -> str:
    """A table of one column for everything."""
    escape = _escape(listing)
    top = "".join(f"<tr><td>{escape(words)}</td></tr>" for words in [*listing.titles, *listing.badge_lines])
    parts = "".join(f"<tr><th>{name}</th></tr>\n{_cells(part, escape)}" for name, part in _parts(listing))
    return _site(listing, f"<table><tbody>{top}{parts}{_cells(AFTER, escape)}</tbody></table>")


def details(listing: Listing) -> str:
    """Closed <details>, each part's name in its <summary>; the whole page is one list."""
    escape = _escape(listing)
    top = "".join(f"<h2>{escape(title)}</h2>" for title in listing.titles)
    badges = "".join(f"<dd>{escape(words)}</dd>" for words in listing.badge_lines)
    parts = "".join(
        f"<li><details><summary>{name}</summary>{_lists(part, escape)}</details></li>"
        for name, part in _parts(listing)
    )
    return _site(listing, f"{top}<dl>{badges}</dl><ul>{parts}<li>{_lists(AFTER, escape)}</li></ul>")


def minified(listing: Listing) -> str:
    """No white space between elements, no closing tag that HTML lets go, no quotes."""
    escape = _escape(listing)
    top = "".join(f"<h1>{escape(title)}</h1>" for title in listing.titles)
    badges = "".join(f"<span class=b>{escape(words)}</span>" for words in listing.badge_lines)
    if listing.unknown_badge:
        badges = "".join(f"<p>{escape(words)}" for words in listing.badge_lines)
    parts = "".join(f"<h2>{name}</h2>{_lists(part, escape)}" for name, part in _parts(listing))
    page = _site(listing, f"{top}<div>{badges}</div>{parts}{_lists(AFTER, escape)}")
    for closing in ("</li>", "</p>", "</body></html>", '"utf-8"'):
        page = page.replace(closing, closing.strip('"') if closing.startswith('"') else "")
    return "".join(page.split("\n"))


def plain(listing: Listing) -> str:
    """What a browser saves as text."""
    out = ["Image", ""] if listing.image else []
    for title in listing.titles:
        out += [title, ""]
    out += listing.badge_lines
    for name, part in _parts(listing):
        out += ["", name]
        if name == "Study details":
            conditions = [row.text for row in part if row.kind == "item"]
            out += [f"    {words}" for words in conditions]
            out += [line for row in part[len(conditions) :] for line in ("", row.text)]
            continue
        after = ""
        for row, lead in _indented(part, "*"):
            if not row.tight and not (row.kind == after == "item"):
                out.append("")
            out.append(lead + row.text)
            after = row.kind
    out.append("")
    for row, lead in _indented(AFTER, "•"):
        out += [lead + row.text] if row.tight else ["", lead + row.text]
    return "\n".join(out) + "trialx\n"


MARKUPS: dict[str, Callable[[Listing], str]] = {
    renderer.__name__: renderer
    for renderer in (headings, divs, sections, breaks, tables, details, minified, plain)
}


def saved(listing: Listing) -> tuple[str, str]:
    """The listing as it lies in pages/trialx: the file's name and its text, one kind of markup after the other."""
    kind = list(MARKUPS)[int(listing.listing_id) % len(MARKUPS)]
    return f"{listing.listing_id}.{'txt' if kind == 'plain' else 'html'}", MARKUPS[kind](listing)


# ── the share of fields read right ──────────────────────────────────────────────────────────────────────


def share_right(listing: Listing, markup: str) -> float:
    """The share of the listing's fields that its page in this markup gives, 0 to 1."""
    due = expected(listing)
    try:
        read = got(trialx.parse(listing.page(MARKUPS[markup](listing))))
    except ParseError:
        return 0.0
    return sum(read[name] == value for name, value in due.items()) / len(due)


def shares() -> str:
    """A table of the share of fields read right: a row a listing, a column a markup."""
    lines = ["listing  " + "".join(f"{name:>10}" for name in MARKUPS) + "  covers"]
    for listing in LISTINGS:
        numbers = "".join(f"{share_right(listing, name):>10.0%}" for name in MARKUPS)
        lines.append(f"{listing.listing_id:<9}{numbers}  {'; '.join(listing.covers)}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(shares())
