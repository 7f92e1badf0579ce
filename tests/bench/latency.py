"""Latency of search over a built database: 40 queries through the engine and through the site, ranked and filtered.

python -m tests.bench.latency FOLDER
"""

import asyncio
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

from scraper.search.engine import search
from scraper.search.question import from_params
from scraper.site.serve import datasette_for
from scraper.store.reader import open_readonly
from tests.bench.table import p50_p95, show

WORDS = (
    "acute myeloid leukemia",
    "breast cancer",
    "asthma",
    "type 2 diabetes",
    "hypertension",
    "stroke",
    "depression",
    "sickle cell",
    "patients",
    "cancer",
    '"breast neoplasms"',
    "leukem*",
    "condition:asthma",
    "sponsor:hospital",
    "title:diabetes",
    "asthma OR stroke",
    "diabetes -insulin",
    "criteria:hemoglobin",
    "criteria:karnofsky",
    "AML",
)
FILTERS: tuple[dict[str, str], ...] = ({}, {"recruiting": "1", "age": "30", "phase": "PHASE2"})


def measure(folder: Path) -> None:
    """Print p50 and p95 of every kind of query."""
    questions = [{"q": words, **filters} for filters in FILTERS for words in WORDS]
    db = open_readonly(folder / "trials.db")
    engine, slowest = [], []
    for params in questions:
        began = time.perf_counter()
        found = search(db.conn, from_params(params))
        taken = (time.perf_counter() - began) * 1e3
        engine.append(taken)
        slowest.append((taken, urlencode(params), found.total))
    site, pages = asyncio.run(_through_the_site(folder, questions))
    rows = [("engine", len(engine), *p50_p95(engine)), ("site /search", len(site), *p50_p95(site))]
    rows += [(path, len(times), *p50_p95(times)) for path, times in pages.items()]
    show("latency", ("what", "requests", "p50 ms", "p95 ms"), rows)
    show("slowest in the engine", ("ms", "query", "hits"), sorted(slowest, reverse=True)[:8])


async def _through_the_site(
    folder: Path, questions: list[dict[str, str]]
) -> tuple[list[float], dict[str, list[float]]]:
    site = datasette_for(folder / "trials.db")
    await site.invoke_startup()
    times = [await _taken(site, f"/search?{urlencode(params)}") for params in questions]
    (trial,) = open_readonly(folder / "trials.db").conn.execute("select max(trial_id) from trials").fetchone()
    pages = {}
    for path in (
        "/",
        f"/trials/trials/{trial}",
        "/dashboard",
        "/trials/trials",
        "/trials/trials?_facet=phase",
    ):
        pages[path] = [await _taken(site, path) for _ in range(20)]
    return times, pages


async def _taken(site: object, path: str) -> float:
    began = time.perf_counter()
    response = await site.client.get(path)  # type: ignore[attr-defined]
    assert response.status_code == 200, (path, response.status_code)
    return (time.perf_counter() - began) * 1e3


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
