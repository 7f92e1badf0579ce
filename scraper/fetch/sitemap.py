"""Sitemaps (sitemaps.org): the addresses a site names of its own accord, in XML, text, or either packed."""

from typing import NamedTuple

from lxml import etree

from scraper.errors import ParseError
from scraper.fetch.body import BrokenBodyError, TooLargeError, bounded, gunzipped


class Sitemap(NamedTuple):
    """Pages as (address, date of last change, "" when not stated), and further sitemaps of an index."""

    pages: tuple[tuple[str, str], ...] = ()
    sitemaps: tuple[str, ...] = ()


def read(body: bytes, most_bytes: int) -> Sitemap:
    """What a sitemap, a sitemap index or a list of addresses names. Raises ParseError on anything else."""
    if body.startswith(b"\x1f\x8b"):
        try:
            body = bounded(gunzipped([body]), most_bytes)
        except TooLargeError:
            raise ParseError(f"more than {most_bytes} bytes unpacked", "a smaller sitemap") from None
        except BrokenBodyError as error:
            raise ParseError(str(error), "a whole sitemap") from error
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = body.decode("utf-8-sig", errors="replace").splitlines()
        pages = tuple(
            (line.strip(), "") for line in lines if line.strip().startswith(("http://", "https://"))
        )
        if body.strip() and not pages:
            raise ParseError("text without addresses", "a sitemap")
        return Sitemap(pages)
    # Entities are not resolved and nothing is loaded: the text is a stranger's.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"broken XML ({str(error)[:80]})", "a sitemap") from error
    match etree.QName(root).localname:
        case "urlset":
            return Sitemap(pages=tuple(_entries(root)))
        case "sitemapindex":
            return Sitemap(sitemaps=tuple(address for address, _ in _entries(root)))
        case other:
            raise ParseError(f"XML of another kind ({other[:40]!r})", "a sitemap")


def _entries(root: etree._Element) -> list[tuple[str, str]]:
    entries = []
    for entry in root.iterchildren("{*}url", "{*}sitemap"):
        address = (entry.findtext("{*}loc") or "").strip()
        if address:
            entries.append((address, (entry.findtext("{*}lastmod") or "").strip()))
    return entries
