"""The site asked through Datasette's own client, and what every page of ours must keep."""

import asyncio
import gzip
import json
import re
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bs4 import BeautifulSoup, Tag

from scraper.site.serve import datasette_for

T = TypeVar("T")
MOST_BYTES = 40_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Answer:
    path: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def page(self) -> BeautifulSoup:
        return BeautifulSoup(self.text, "lxml")


def ask(database: Path, *paths: str, **settings: Any) -> list[Answer]:
    """One answer a path, redirects not followed."""
    return run(ask_all(datasette_for(database, **settings), paths))


def run(asking: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns; in a thread of its own, where no other loop can be running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asking).result()


async def ask_all(datasette: Any, paths: Iterable[str]) -> list[Answer]:
    await datasette.invoke_startup()  # 1.0 reads the ready-made queries there, not with the first request
    found = []
    for path in paths:
        response = await datasette.client.get(path)
        found.append(Answer(path, response.status_code, dict(response.headers), response.content))
    return found


def shown(answer: Answer) -> tuple[int, dict[str, dict[str, Any]]]:
    """What a table's JSON says: the rows counted, and its facets by column; asked with `_extra=count,facet_results`."""
    found = json.loads(answer.text)
    facets = found.get("facet_results", {})
    count = found["count"] if "count" in found else found["filtered_table_rows_count"]  # 1.0; 0.65
    return count, facets.get("results", facets)


def faults(answer: Answer) -> list[str]:
    """What a page of ours must not be: unlabelled, heavy, or able to run what a record says."""
    page = answer.page
    found = []
    root = page.find("html")
    if not isinstance(root, Tag) or not root.get("lang"):
        found.append("no lang")
    if len(page.find_all("h1")) != 1:
        found.append(f"{len(page.find_all('h1'))} h1")
    for landmark in ("header", "main", "footer", "nav"):
        if page.find(landmark) is None:
            found.append(f"no {landmark}")
    for control in page.find_all(["input", "select", "textarea"]):
        named = control.get("aria-label") or control.find_parent("label")
        named = named or (control.get("id") and page.find("label", attrs={"for": control["id"]}))
        if not named and control.get("type") not in ("hidden", "submit"):
            found.append(f"no label: {control}")
    ids = [tag["id"] for tag in page.find_all(id=True)]
    found += [f"id twice: {one}" for one in sorted(set(ids)) if ids.count(one) > 1]
    found += [f"dead anchor: {a['href']}" for a in page.select('a[href^="#"]') if a["href"][1:] not in ids]
    size = len(gzip.compress(answer.body))
    if size > MOST_BYTES:
        found.append(f"{size} bytes")
    return found + dangers(answer)


def dangers(answer: Answer) -> list[str]:
    """Whatever in a page of ours could run, load from elsewhere or hide."""
    page = answer.page
    found = [f"script: {s}" for s in page.find_all("script") if s.get("type") != "application/ld+json"]
    found += [f"<{tag.name}>" for tag in page.find_all(["iframe", "object", "embed", "base", "img", "style"])]
    for tag in page.find_all(True):
        for name, value in tag.attrs.items():
            text = " ".join(value) if isinstance(value, list) else value
            if name.startswith("on") or name in ("style", "srcdoc", "formaction"):
                found.append(f"{name} on <{tag.name}>")
            outside = ("http:", "https:", "//")
            if name == "href" and not text.startswith(("/", "#", "http://", "https://")):
                found.append(f"href {text}")
            if name in ("src", "action", "data") and text.startswith(outside):
                found.append(f"{name} {text}")
            if name == "href" and tag.name == "link" and text.startswith(outside):
                found.append(f"link {text}")
    if _CONTROL.search(answer.text):
        found.append("control character")
    return found
