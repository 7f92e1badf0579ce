"""Is the site fit to be published? Every address of ours asked of the published copy, as a visitor would."""

import asyncio
import gzip
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from datasette.utils import tilde_encode

from scraper.progress import Progress, untold
from scraper.site.serve import datasette_for
from scraper.store.reader import open_readonly

MOST_BYTES = 40_000
"""A page of ours, compressed."""
SLOWEST_SECONDS = 5.0
"""A page that takes longer for one visitor is broken, whatever else the machine does."""

_HEADERS = ("content-security-policy", "referrer-policy", "x-content-type-options", "x-frame-options")
_PAGES = (
    "/", "/search", "/conditions", "/sponsors", "/match", "/changes", "/conflicts", "/problems", "/dashboard",
    "/schema", "/data", "/about",
)  # fmt: skip
_FILES = ("/feed.atom", "/feed.json", "/export.csv", "/export.ris", "/changes.json", "/-/trials.css")
_DATASETTE = ("/trials", "/trials/trials", "/robots.txt", "/-/versions.json")


class Asked(NamedTuple):
    """One answer: its size compressed as it travels."""

    path: str
    status: int
    size: int
    seconds: float


class Readiness(NamedTuple):
    failures: list[str]
    asked: list[Asked]


def readiness(database: Path, progress: Progress = untold) -> Readiness:
    """What keeps the database from being published as a site, and every address that was asked.

    Raises StoreError when the file cannot be opened.
    """
    failures = list(_of_the_file(database))
    asked, wrong = asyncio.run(_ask(database, progress))
    return Readiness(failures + wrong, asked)


def _of_the_file(database: Path) -> Iterator[str]:
    for suffix in ("-wal", "-journal"):
        beside = database.with_name(database.name + suffix)
        if beside.exists() and beside.stat().st_size:
            yield f"{beside.name} lies beside the database: it is being written; try again after that run"
    db = open_readonly(database)
    try:
        present = {row[0] for row in db.execute("select distinct source from records")}
        told = {row[0] for row in db.execute("select key from meta where value <> ''")}
        for name in sorted(present):
            if f"licence_{name}" not in told:
                yield f"the licence of {name} is not in meta; make the database anew: trials build --full"
        found = db.execute("select url from problems where url like '/home/%' or url like '/Users/%' limit 1")
        for (path,) in found.fetchall():
            yield f"problems.url tells a path of this machine, {path!r}; import from a relative path and build anew"
    finally:
        db.close()


async def _ask(database: Path, progress: Progress) -> tuple[list[Asked], list[str]]:
    datasette = datasette_for(database, public=True)
    asked: list[Asked] = []
    failures: list[str] = []
    for path in _addresses(database):
        progress(f"asking for {path}", 0, None)
        began = time.monotonic()
        response = await datasette.client.get(path)
        seconds = time.monotonic() - began
        one = Asked(path, response.status_code, len(gzip.compress(response.content)), seconds)
        asked.append(one)
        failures += _wrong(one, response)
    return asked, failures


def _addresses(database: Path) -> Iterator[str]:
    yield from _PAGES
    yield from _FILES
    yield from _DATASETTE
    db = open_readonly(database)
    try:
        for column, table, prefix in (
            ("trial_id", "trials", "/trials/trials/"),
            ("name", "conditions", "/conditions/"),
            ("lead_sponsor", "trials", "/sponsors/"),
        ):
            newest = db.execute(f"select {column} from {table} where {column} is not null limit 1").fetchone()
            if newest:
                yield prefix + tilde_encode(newest[0])
                yield "/search?" + urllib.parse.urlencode({"q": newest[0]})
    finally:
        db.close()


def _wrong(one: Asked, response: Any) -> Iterator[str]:
    ours = one.path not in _DATASETTE and "text/html" in response.headers.get("content-type", "")
    if one.status != 200:
        yield f"{one.path} answers {one.status}; expected 200"
    if missing := [name for name in _HEADERS if name not in response.headers]:
        yield f"{one.path} answers without {', '.join(missing)}"
    if ours and one.size > MOST_BYTES:
        yield f"{one.path} is {one.size:,} bytes compressed; expected at most {MOST_BYTES:,}"
    if one.seconds > SLOWEST_SECONDS:
        yield f"{one.path} took {one.seconds:.1f} s; expected at most {SLOWEST_SECONDS:g} s"
    if one.path == "/robots.txt" and "Disallow: /" not in response.text:
        yield "/robots.txt forbids nothing: copied trial text would compete with its source in search engines"
