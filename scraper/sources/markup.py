"""Bytes of a page to clean HTML: decoded, cut to its main part, with swallowed text brought back.

Sloppy pages write text in angle brackets (``<Inclusion Criteria>``, ``<18 years>``), which every parser takes for
tags and deletes; `mended` escapes it first. All scans are linear, so 5 MB of noise cost no more than 5 MB of page.
"""

import codecs
import html
import re
import warnings

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning

from scraper.errors import ParseError

TAG_LIMIT = 30_000
"""What lies beyond that many tags or lines is no trial page and is not read."""

_HTML = (
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body "
    "br button canvas caption center cite code col colgroup command data datalist dd del details dfn dialog dir div dl "
    "dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr "
    "html i iframe image img input ins isindex kbd keygen label legend li link listing main map mark marquee math menu "
    "menuitem meta meter multicol nav nextid nobr noembed noframes noscript object ol optgroup option output p param "
    "picture plaintext portal pre progress q rb rbc rp rt rtc ruby s samp script search section select slot small "
    "source spacer span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time "
    "title tr track tt u ul var video wbr xmp"
)
_TAGS = frozenset(_HTML.split())
_OPEN = re.compile(r"<([a-zA-Z][^\s/<>]*)")
_STRUCTURE = re.compile(
    r"<(?:!doctype\s+html|html|body|head|main|div|p|br|h[1-6]|ul|ol|li|table|tr|td|section|article|details|span|meta|title)"
    r"(?:\s[^<>]*|/)?>",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"<(?:(script|style|noscript|svg|iframe|select|object)(?=[\s/>])|!--)", re.IGNORECASE)
_CLOSE = {
    name: re.compile(rf"</{name}\s*>", re.IGNORECASE)
    for name in ("script", "style", "noscript", "svg", "iframe", "select", "object")
} | {"": re.compile("-->")}
_BODY = re.compile(r"<body(?:\s[^>]{0,2000})?>|</head\s*>", re.IGNORECASE)
_MAIN = re.compile(r"<main(?:\s[^>]{0,2000})?>", re.IGNORECASE)
_MAIN_END = re.compile(r"</main\s*>", re.IGNORECASE)
_NO_TAG = re.compile(r"<(?![a-zA-Z/!?])|<(?=/(?![a-zA-Z])|!(?!--|doctype|\[)|\?(?!xml|php))", re.IGNORECASE)
_TAG_LIKE = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*+)([^<>]{0,300}+)>")
_LOST = re.compile(r"<(?=([a-zA-Z][^\s/<>]*+)[^<>]*+(?:<|\Z))")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_LINK = re.compile(r"<(?:link|meta)\s[^<>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(\S+)")
_TITLE = re.compile(r"<title[^<>]*>([^<]{0,1000})", re.IGNORECASE)


def _one_byte_as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """A byte that is no UTF-8 is what an old Windows editor meant by it."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    end = error.start + 1
    return error.object[error.start : end].decode("cp1252", "replace"), end


codecs.register_error("stray-cp1252", _one_byte_as_cp1252)


def decoded(body: bytes, content_type: str = "") -> str:
    """The text of a page, whatever charset it says it has.

    UTF-8 comes first: other bytes are not valid UTF-8 by accident, while wrong declarations are common. Then the
    declared charset; else UTF-8 with stray bytes read as Windows-1252. Never raises.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    head = body[:4096]
    if head.count(0) > len(head) // 4:
        return body.decode("utf-16-be" if head[:1] == b"\0" else "utf-16-le", "replace").replace("\0", "")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _by_declaration(body, content_type)
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def _by_declaration(body: bytes, content_type: str) -> str:
    meta = _CHARSET.search(body[:8192])
    header = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    for name in (header[1] if header else "", meta[1].decode("ascii") if meta else ""):
        try:
            codec = codecs.lookup(name).name if name else "utf-8"
        except LookupError:
            continue
        # Only text codecs that ASCII markup survives; "hex" or "utf-7" in a page is a joke or an attack.
        if codec.startswith(("utf", "iso8859-1", "cp1252", "ascii", "latin")) or not _is_text_codec(codec):
            continue
        try:
            return body.decode(codec)
        except UnicodeDecodeError:
            continue
    valid = body.decode("utf-8", "ignore")
    size = len(valid.encode())
    if len(body) - size < 4 and size > len(valid) and body.startswith(valid.encode()):
        # Cut off within a letter.
        return valid.removeprefix("\ufeff")
    if len(body) - size > size - len(valid):
        return body.decode("cp1252", "replace")
    return body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "stray-cp1252")


def _is_text_codec(codec: str) -> bool:
    try:
        return b"<html>".decode(codec) == "<html>"
    except (LookupError, UnicodeError, ValueError):
        return False


def parsed(text: str) -> BeautifulSoup:
    """The tree of a page. What the library would tell its user about odd pages is not for a reader of ours.

    Raises ParseError on a page of more tags than TAG_LIMIT: libxml2 looks for what a stray end tag closes among all that
    are open, and 640 KB of nothing else took it ten seconds, in which nobody can stop it.
    """
    if text.count("<") > TAG_LIMIT:
        raise ParseError(f"a page of more than {TAG_LIMIT:,} tags", "a page of one trial")
    with warnings.catch_warnings():
        for told in (XMLParsedAsHTMLWarning, MarkupResemblesLocatorWarning):
            warnings.simplefilter("ignore", told)
        return BeautifulSoup(text, "lxml", multi_valued_attributes=None)


def is_html(text: str) -> bool:
    """Whether this is markup; text that merely mentions ``<Inclusion Criteria>`` is not."""
    for seen, match in enumerate(_STRUCTURE.finditer(text), start=1):
        if seen == 2 or match[0][1:5].casefold() in ("!doc", "html", "body"):
            return True
    return False


def address(text: str) -> str:
    """The live address a saved page names: canonical link, og:url or the browser's own comment; "" when none."""
    head = text[: 1 << 18]
    if "<" not in head:
        return ""
    found = ""
    for tag in _LINK.findall(head):
        values = {name.casefold(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag)}
        if values.get("rel", "").casefold() == "canonical" and values.get("href"):
            return values["href"].strip()
        if values.get("property", values.get("name", "")).casefold() == "og:url":
            found = found or values.get("content", "").strip()
    saved = _SAVED_FROM.search(head)
    return found or (saved[1] if saved else "")


def title(text: str) -> str:
    """The words of <title>, "" when there is none."""
    match = _TITLE.search(text[: 1 << 18])
    return " ".join(html.unescape(match[1]).split()) if match else ""


def main_part(text: str, tail: tuple[str, str] = ("", "")) -> str:
    """The markup that holds the visible content: no head, scripts, styles, comments; <main> where there is one.

    `tail` is the heading of the content's last part and the first words below that part: what follows is left
    out too, since building a tree of forms and menus costs more than everything else.
    """
    text = _without_unseen(text)
    body = None
    for body in _BODY.finditer(text, 0, 1 << 20):
        if body[0][1].casefold() == "b":
            break
    text = text[body.end() :] if body else text
    start = _MAIN.search(text)
    if start:
        ends = [match.start() for match in _MAIN_END.finditer(text, start.end())]
        inner = text[start.end() : ends[-1] if ends else len(text)]
        # An empty <main> is filled by scripts; what a reader sees then stands elsewhere.
        if len(re.sub(r"<[^<>]*>", "", inner[:20_000]).strip()) > 200:
            text = inner
    last, below = text.rfind(tail[0]), -1
    if tail[0] and last >= 0:
        below = text.find(tail[1], last)
    return mended(_limited(text if below < 0 else text[: below + len(tail[1])]))


def _without_unseen(text: str) -> str:
    kept: list[str] = []
    unclosed: set[str] = set()
    position = 0
    for match in _UNSEEN.finditer(text):
        if match.start() < position:
            continue
        name = (match[1] or "").casefold()
        close = (
            None
            if name in unclosed
            else _CLOSE[name].search(text, match.end() if name else match.start() + 2)
        )
        if close is None:
            unclosed.add(name)
            continue
        kept.append(text[position : match.start()])
        position = close.end()
    kept.append(text[position:])
    return "".join(kept)


def _limited(text: str) -> str:
    if text.count("<") <= TAG_LIMIT:
        return text
    position = -1
    for _ in range(TAG_LIMIT):
        position = text.find("<", position + 1)
    return text[:position]


def mended(text: str) -> str:
    """Markup in which text that only looks like a tag is escaped: ``<18 years>``, ``<Inclusion Criteria>``, ``</=3``.

    A name that HTML does not know is text unless it has attributes, a closing tag or a closing slash; a name with
    "inclusion" or "exclusion" in it always is.
    """
    text = _NO_TAG.sub("&lt;", text)
    unknown = {name.casefold() for name in set(_OPEN.findall(text))} - _TAGS
    if not unknown:
        return text
    closed = {name.casefold() for slash, name, _ in _TAG_LIKE.findall(text) if slash}

    def as_text(match: re.Match[str]) -> str:
        slash, name, rest = match[1], match[2].casefold(), match[3].rstrip()
        if "clusion" in name:
            return "" if slash else f"&lt;{match[2]}{match[3]}&gt;"
        if name in _TAGS or name in closed or "=" in rest or rest.endswith("/"):
            return match[0]
        return f"&lt;{match[2]}{match[3]}&gt;"

    text = _TAG_LIKE.sub(as_text, text)
    # "platelets <ULN" with no ">" before the next tag.
    return _LOST.sub(lambda match: "<" if match[1].casefold() in _TAGS else "&lt;", text)
