"""The TrialX side of the loopback server: listing pages, search, sitemap, robots.txt, microsites."""

import gzip
import html as markup
import re
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote, urlencode

from tests import listings
from tests.markups import MARKUPS
from tests.server_answer import Answer, html, text, versioned

LIVE = "https://www.trialx.com"
LISTINGS = "/clinical-trials/listings/"
PER_PAGE = 10


@dataclass
class Listing:
    body: bytes
    content_type: str
    title: str
    modified: float

    @property
    def slug(self) -> str:
        """The title as an address: non-ASCII letters are dropped, as the site does."""
        ascii_title = self.title.encode("ascii", "ignore").decode().lower()
        return re.sub(r"[^a-z0-9]+", "-", ascii_title).strip("-")[:60].strip("-")


@dataclass
class Listings:
    """`robots` replaces the robots.txt that `crawl_delay` goes into; None serves 404. `endless` gives every search
    page a next one; `packed_sitemap` makes the sitemap an index of one packed sitemap.
    """

    pages: dict[str, Listing] = field(default_factory=dict)
    crawl_delay: float | None = None
    robots: str | None = ""
    endless: bool = False
    packed_sitemap: bool = False

    def load(self, folder: Path) -> None:
        """Reads `<listing id>.html` and `.txt`, with or without "trialx-" before the id, and `.toml` descriptions.

        Described listings come in one kind of markup after the other, since the real one is not known.
        """
        for path in sorted(folder.iterdir()):
            number = re.search(r"\d+$", path.stem)
            if number and path.suffix == ".toml":
                kind = list(MARKUPS)[int(number[0]) % len(MARKUPS)]
                body = MARKUPS[kind](listings.read(path)).encode()
                self.add(number[0], body, kind != "plain", path.stat().st_mtime)
            elif number and path.suffix in (".html", ".txt"):
                self.add(number[0], path.read_bytes(), path.suffix == ".html", path.stat().st_mtime)

    def add(self, number: str, body: bytes, is_html: bool = True, modified: float = 1_750_000_000.0) -> None:
        content_type = "text/html; charset=utf-8" if is_html else "text/plain; charset=utf-8"
        self.pages[number] = Listing(body, content_type, _title(body.decode("utf-8", "replace")), modified)

    def address(self, number: str) -> str:
        """The path that the site itself links to."""
        return f"{LISTINGS}{number}/{self.pages[number].slug}/"

    def answer(self, path: str, words: list[tuple[str, str]], headers: dict[str, str]) -> Answer | None:
        """The answer, or None for a path that this site does not know."""
        query = dict(words)
        if path == "/robots.txt":
            return self._robots()
        if path == "/sitemap.xml":
            return self._sitemap_index() if self.packed_sitemap else self._sitemap()
        if path == "/sitemap-listings.xml.gz":
            return Answer(200, gzip.compress(self._sitemap().body), {"Content-Type": "application/gzip"})
        if path == LISTINGS:
            return html(
                "Find a clinical trial",
                f"<h1>Find a clinical trial</h1>{self._links(list(self.pages)[:PER_PAGE])}",
            )
        if path == f"{LISTINGS}search/":
            return self._search(query)
        if path.startswith("/clinicaltrial/"):
            return html("Take part", "<h1>Would you like to take part?</h1><p>Leave your number.</p>")
        listing = re.fullmatch(rf"{LISTINGS}(\d+)(?:/([^/]*))?/?", path)
        if listing is None:
            return None
        return self._listing(listing[1], path, headers)

    def not_found(self) -> Answer:
        return html("Not found", "<h1>This page does not exist</h1>", 404)

    def _listing(self, number: str, path: str, headers: dict[str, str]) -> Answer:
        listing = self.pages.get(number)
        if listing is None:
            return self.not_found()
        if path != self.address(number):
            return Answer(301, b"", {"Location": self.address(number)})
        page = Answer(200, listing.body, {"Content-Type": listing.content_type})
        return versioned(page, headers, formatdate(listing.modified, usegmt=True))

    def _robots(self) -> Answer:
        if self.robots is None:
            return self.not_found()
        if self.robots:
            return text(self.robots)
        delay = f"Crawl-delay: {self.crawl_delay:g}\n" if self.crawl_delay is not None else ""
        rules = "Disallow: /clinical-trials/save/\nDisallow: /api/\n"
        return text(f"User-agent: *\n{rules}{delay}\nSitemap: {LIVE}/sitemap.xml\n")

    def _sitemap_index(self) -> Answer:
        entry = f"<sitemap><loc>{LIVE}/sitemap-listings.xml.gz</loc></sitemap>"
        xml = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entry}</sitemapindex>'
        return Answer(200, xml.encode(), {"Content-Type": "application/xml"})

    def _sitemap(self) -> Answer:
        urls = "".join(f"<url><loc>{LIVE}{quote(self.address(number))}</loc></url>" for number in self.pages)
        landing = f"<url><loc>{LIVE}{LISTINGS}</loc></url>"
        xml = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{landing}{urls}</urlset>'
        return Answer(200, xml.encode(), {"Content-Type": "application/xml"})

    def _search(self, query: dict[str, str]) -> Answer:
        words = query.get("q", "").casefold().split()
        hits = [
            n
            for n, listing in self.pages.items()
            if all(w in _visible(listing.body).casefold() for w in words)
        ]
        number = int(query.get("page") or "1") if (query.get("page") or "1").isdigit() else 1
        last = max(1, -(-len(hits) // PER_PAGE))
        shown = hits[(number - 1) * PER_PAGE : number * PER_PAGE]
        if self.endless:
            last, shown = number + 1, hits[:PER_PAGE]
        return html(
            "Search results",
            f"<h1>Clinical trials</h1>{self._links(shown)}{_pagination(query, number, last)}",
        )

    def _links(self, numbers: list[str]) -> str:
        items = (
            f'<li><a class="search-item--link" href="{self.address(n)}?&amp;radius=50">{markup.escape(self.pages[n].title)}</a></li>'
            for n in numbers
        )
        return f"<ul>{''.join(items)}</ul>" if numbers else "<p>No trials match your search.</p>"


def _pagination(query: dict[str, str], number: int, last: int) -> str:
    def link(page: int, label: str) -> str:
        target = f"{LISTINGS}search/?{urlencode({**query, 'page': page})}"
        return f'<li class="page-item"><a class="page-link" href="{markup.escape(target)}">{label}</a></li>'

    shown = [link(page, str(page)) for page in range(max(1, number - 2), min(last, number + 2) + 1)]
    if number < last:
        shown.append(link(number + 1, "Next"))
    return f'<ul class="pagination">{"".join(shown)}</ul>' if last > 1 else ""


def _visible(body: bytes) -> str:
    return markup.unescape(
        re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>", " ", body.decode("utf-8", "replace"))
    )


def _title(page: str) -> str:
    """The first heading, else the title, else the first line that is not the missing image's."""
    for pattern in (r"(?is)<h1[^>]*>(.*?)</h1>", r"(?is)<title[^>]*>(.*?)</title>"):
        found = re.search(pattern, page)
        if found:
            return " ".join(_visible(found[1].encode()).split())
    lines = [line.strip(" #*") for line in _visible(page.encode()).splitlines()]
    return next((line for line in lines if line and line != "Image"), "trial")
