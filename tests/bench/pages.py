"""How long the pages take: every page of ours for one visitor, then for many at once, from a running server.

    python -m tests.bench.pages FOLDER [CLIENTS] [SECONDS]

FOLDER holds a trials.db, and what `datasette inspect` wrote beside it. The server is a process of its own, started
as the Dockerfile starts it; visitors come over real sockets, each following the list of pages from another place in
it. Trials and questions differ from visit to visit: pages that the server has kept are not what is measured.
"""

import itertools
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

import requests
from datasette.utils import tilde_encode

from scraper.store.reader import open_readonly
from tests.bench.table import p50_p95, show

ROUNDS = 15
Timed = tuple[str, int, float]


def measure(folder: Path, clients: int = 20, seconds: float = 120.0) -> None:
    """Print p50 and p95 of every page, alone and under load, and every answer that is no 200."""
    pages = addresses(folder / "trials.db")
    command = [sys.executable, "-m", "scraper", "--data", str(folder), "serve", "--public", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            base = _address(server)
            alone = _visit(base, pages, ROUNDS * len(pages), None)
            crowd: list[Timed] = []
            until = time.monotonic() + seconds
            threads = [
                threading.Thread(target=_visitor, args=(base, pages, n * 7, until, crowd))
                for n in range(clients)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            server.terminate()
    _print(alone, crowd, clients, seconds)


def addresses(database: Path) -> dict[str, list[str]]:
    """The addresses of each page of ours, with words and names that the database holds."""
    db = open_readonly(database)
    try:
        found = db.execute("select trial_id from trials order by random() limit 5000").fetchall()
        trials = [row[0] for row in found]
        names, sponsors = (
            [row[0] for row in db.execute("select key from stats where name = ? order by value desc", [kind])]
            for kind in ("condition", "sponsor")
        )
    finally:
        db.close()
    ages = itertools.cycle(range(1, 99))
    words = [urlencode({"q": name}) for name in names]
    once = ["/", "/conditions", "/sponsors", "/changes", "/conflicts", "/problems", "/dashboard", "/schema"]
    once += ["/data", "/about"]
    return {
        **{path.strip("/") or "home": [path] for path in once},
        "trial": [f"/trials/trials/{quote(trial)}" for trial in trials],
        "search, a condition": [f"/search?{word}&age={next(ages)}" for word in words for _ in range(99)],
        "search, filtered": [
            f"/search?{word}&status=RECRUITING&age={next(ages)}&sex=FEMALE"
            for word in words
            for _ in range(99)
        ],
        "search, no words": [f"/search?status=RECRUITING&age={next(ages)}" for _ in range(99)],
        "condition": [f"/conditions/{tilde_encode(name)}" for name in names],
        "sponsor": [f"/sponsors/{tilde_encode(name)}" for name in sponsors],
        "match": [
            f"/match?age={next(ages)}&sex=female&{urlencode({'condition': name})}"
            for name in names
            for _ in range(9)
        ],
        "feed": [f"/feed.atom?{word}" for word in words],
        "table": ["/trials/trials"],
        "table, a facet": ["/trials/trials?overall_status=RECRUITING"],
    }


def _address(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    line = server.stdout.readline()
    found = re.search(r"http://\S+?(?=/ )", line)
    assert found, f"the server said {line!r}"
    return found[0]


def _visit(
    base: str, pages: dict[str, list[str]], count: int, until: float | None, start: int = 0
) -> list[Timed]:
    found: list[Timed] = []
    names = list(pages)
    with requests.Session() as session:
        names = names[start % len(names) :] + names[: start % len(names)]
        for n, name in enumerate(itertools.islice(itertools.cycle(names), count)):
            if until is not None and time.monotonic() > until:
                break
            began = time.monotonic()
            path = pages[name][(start * 101 + n // len(names)) % len(pages[name])]
            status = session.get(base + path, timeout=60).status_code
            found.append((name, status, (time.monotonic() - began) * 1000))
    return found


def _visitor(base: str, pages: dict[str, list[str]], start: int, until: float, into: list[Timed]) -> None:
    into += _visit(base, pages, 10**9, until, start)


def _print(alone: Sequence[Timed], crowd: Sequence[Timed], clients: int, seconds: float) -> None:
    times: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for name, _, taken in alone:
        times[name][0].append(taken)
    for name, _, taken in crowd:
        times[name][1].append(taken)
    rows = [(name, *p50_p95(one), *p50_p95(many or [0.0]), len(many)) for name, (one, many) in times.items()]
    header = ("page", "p50 ms", "p95 ms", f"p50 ms, {clients} clients", "p95 ms", "answers")
    show(f"pages, alone and with {clients} clients for {seconds:g} s", header, rows)
    odd = [(name, status) for name, status, _ in (*alone, *crowd) if status != 200]
    print(
        f"{len(crowd) / seconds:.0f} answers a second; answers other than 200: {len(odd)} {sorted(set(odd))}"
    )


if __name__ == "__main__":
    measure(
        Path(sys.argv[1]),
        int(sys.argv[2]) if len(sys.argv) > 2 else 20,
        float(sys.argv[3]) if len(sys.argv) > 3 else 120.0,
    )
