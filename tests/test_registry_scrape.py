"""`trials scrape` of the registries that may be asked, through the real client against a loopback server."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.commands import rows, trials_json
from tests.conftest import PAGES

XML = (PAGES / "isrctn" / "ordinary.xml").read_bytes()
CTIS = (PAGES / "ctis" / "ordinary.json").read_bytes()


class _Registries(BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, tuple[str, bytes]]] = {
        "/api/query/format/default": ("application/xml", XML),
        "/ctis-public-api/retrieve/2025-599001-11-00": ("application/json", CTIS),
    }

    def do_GET(self) -> None:
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
