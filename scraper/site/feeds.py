"""Feeds as text: Atom (RFC 4287) and JSON Feed 1.1. Values are cleaned and escaped; addresses are absolute."""

import json
from collections.abc import Callable
from xml.etree import ElementTree

from markupsafe import escape

from scraper.site import labels
from scraper.site.links import trial_path
from scraper.site.pages.feed import Entry, Feed
from scraper.tell.render import html_changes

_ATOM = "http://www.w3.org/2005/Atom"
_NOTE = "Not medical advice: the registry's own record decides."
ElementTree.register_namespace("", _ATOM)


def atom(feed: Feed, own: str, page: str, absolute: Callable[[str], str]) -> str:
    """The feed at the address `own` about the page at `page`."""
    root = ElementTree.Element(f"{{{_ATOM}}}feed")
    _add(root, "title", feed.title)
    _add(root, "id", feed.identity)
    _add(root, "updated", feed.updated)
    _add(root, "subtitle", _NOTE)
    _add(root, "link", rel="self", type="application/atom+xml", href=own)
    _add(root, "link", rel="alternate", type="text/html", href=page)
    _add(_add(root, "author"), "name", "Trials")
    for entry in feed.entries:
        node = _add(root, "entry")
        _add(node, "title", entry.title)
        _add(node, "id", entry.identity)
        _add(node, "published", entry.published)
        _add(node, "updated", entry.updated)
        _add(node, "link", rel="alternate", type="text/html", href=absolute(trial_path(entry.trial_id)))
        for tag in entry.tags:
            _add(node, "category", term=tag)
        if entry.rights:
            _add(node, "rights", entry.rights)
        _add(node, "summary", entry.summary)
        _add(node, "content", _html(entry), type="html")
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def json_feed(feed: Feed, own: str, page: str, absolute: Callable[[str], str]) -> str:
    """The same as JSON Feed."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "description": _NOTE,
            "home_page_url": page,
            "feed_url": own,
            "language": "en",
            "items": [
                {
                    "id": entry.identity,
                    "url": absolute(trial_path(entry.trial_id)),
                    "title": entry.title,
                    "summary": entry.summary,
                    "content_html": _html(entry),
                    "date_published": entry.published,
                    "date_modified": entry.updated,
                    "tags": list(entry.tags),
                }
                for entry in feed.entries
            ],
        },
        ensure_ascii=False,
    )


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    node = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    if text:
        node.text = text
    return node


def _html(entry: Entry) -> str:
    """What is said of the trial and what changed, as HTML; every word of it escaped."""
    lines = [f"<p>{escape(entry.summary)}</p>", *([f"<p>{escape(entry.rights)}</p>"] if entry.rights else [])]
    lines.append(html_changes(entry.changes, labels))
    lines.append(f"<p>{escape(_NOTE)}</p>")
    return "".join(lines)
