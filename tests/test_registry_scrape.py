"""`trials scrape` of the registries that may be asked, through the real client against a loopback server."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.commands import rows, trials, trials_json
from tests.conftest import PAGES

XML = (PAGES / "isrctn" / "ordinary.xml").read_bytes()
EUCTR = (PAGES / "euctr" / "ordinary.txt").read_bytes()
_, GB, DE = (b"Summary\nEudraCT Number:" + part for part in EUCTR.split(b"Summary\nEudraCT Number:"))
DOWNLOAD = "/ctr-search/rest/download/"
CTIS = (PAGES / "ctis" / "ordinary.json").read_bytes()


class _Registries(BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, tuple[str, bytes]]] = {
        "/api/query/format/default": ("application/xml", XML),
        f"{DOWNLOAD}summary": ("text/plain", (PAGES / "euctr" / "summary.txt").read_bytes()),
        f"{DOWNLOAD}trial/2021-490001-10/GB": ("text/plain", EUCTR.partition(b"Summary")[0] + GB),
        f"{DOWNLOAD}trial/2021-490001-10/DE": ("text/plain", DE),
        "/ctis-public-api/retrieve/2025-599001-11-00": ("application/json", CTIS),
    }

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        kind, body = self.answers.get(self.path.partition("?")[0], ("text/plain", b""))
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is its own."""


@pytest.fixture
def base_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Registries)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_isrctn_search_ends_as_trials_under_their_live_addresses(tmp_path: Path, base_url: str) -> None:
    counts = trials_json(
        tmp_path,
        "scrape",
        "isrctn",
        "--query",
        "sleep",
        "--since",
        "2025-01-01",
        "--base-url",
        base_url,
        "--delay",
        0,
    )
    assert isinstance(counts, dict)
    assert (counts["expected"], counts["fetched"], counts["trials"]) == (2, 2, 2)
    assert rows(tmp_path, "select trial_id, overall_status from trials order by 1") == [
        ("ISRCTN99000041", "COMPLETED"),
        ("ISRCTN99000042", None),
    ]


def test_ctis_trial_is_fetched_by_its_number(tmp_path: Path, base_url: str) -> None:
    counts = trials_json(
        tmp_path, "scrape", "ctis", "--id", "2025-599001-11-00", "--base-url", base_url, "--delay", 0
    )
    assert isinstance(counts, dict)
    assert counts["fetched"] == 1
    assert rows(tmp_path, "select trial_id, phase from trials") == [("2025-599001-11-00", "PHASE2")]


def test_every_country_of_a_found_euctr_trial_is_fetched(tmp_path: Path, base_url: str) -> None:
    _Registries.asked.clear()
    asked = ("--query", "itchy elbows", "--since", "2021-02-03", "--base-url", base_url, "--delay", 0)
    counts = trials_json(tmp_path, "scrape", "euctr", *asked)
    assert isinstance(counts, dict)
    # France's record and the one from outside the EU answer 404.
    assert (counts["expected"], counts["fetched"], counts["failed"], counts["trials"]) == (4, 2, 2, 1)
    assert rows(tmp_path, "select trial_id, source_id, overall_status from trials") == [
        ("2021-490001-10", "2021-490001-10-GB", "UNKNOWN")
    ]
    assert _Registries.asked[:2] == [
        "/robots.txt",
        f"{DOWNLOAD}summary?query=itchy%20elbows&dateFrom=2021-02-03&page=1&mode=current_page",
    ]
    again = trials_json(tmp_path, "scrape", "euctr", *asked)
    assert isinstance(again, dict)
    assert (again["fetched"], again["unchanged"]) == (0, 2)


def test_a_trial_stands_until_its_last_country_is_gone(tmp_path: Path, base_url: str) -> None:
    asked = ("--id", "2021-490001-10-GB", "--id", "2021-490001-10-DE", "--base-url", base_url, "--delay", 0)
    trials_json(tmp_path, "scrape", "euctr", *asked)
    kept = dict(_Registries.answers)
    removed = "select removed_at is not null from trials"
    try:
        for country, is_gone in (("GB", 0), ("DE", 1)):
            del _Registries.answers[f"{DOWNLOAD}trial/2021-490001-10/{country}"]
            trials(tmp_path, "scrape", "euctr", *asked)
            assert rows(tmp_path, removed) == [(is_gone,)]
    finally:
        _Registries.answers.update(kept)
