"""What a network can do, through the real command line: one line, exit code 1, and nothing stored before is lost."""

from dataclasses import replace
from pathlib import Path

import pytest

from scraper.settings import Settings
from tests import server_faults as faults
from tests.commands import dump, rows, trials
from tests.samples import write_listing, write_study
from tests.server import SiteServer
from tests.server_answer import Answer
from tests.server_faults import Fault

_LISTING = "/clinical-trials/listings/90002"
_STUDIES = r"/api/v2/studies\?"

LASTING: dict[str, Fault] = {
    "reset": faults.reset(),
    "hang up": faults.hang_up(),
    "no HTTP": faults.no_http(),
    "slow drip": faults.drip(),
    "slow headers": faults.drip(headers_too=True),
    "silence": faults.silence(0.4),
    "cut off": faults.cut_off(),
    "length too long": faults.header("Content-Length", "100000"),
    "length of 5000 digits": faults.header("Content-Length", "9" * 5000),
    "gzip bomb": faults.gzip_bomb(),
    "half a gzip": faults.packed_and_cut(),
    "endless page": faults.endless_body(),
    "429": faults.status(429),
    "429 for hours": faults.too_many_requests("7200"),
    "500": faults.status(500),
    "redirect to another host": faults.redirect("https://evil.example/x"),
    "redirect to a private host": faults.redirect("http://169.254.169.254/latest/meta-data/"),
    "redirect in a circle": faults.redirect("/api/v2/studies?query.term=lantern"),
    "HTML for JSON": faults.error_page(),
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SiteServer:
    usual = Settings.from_environment

    def impatient(data: Path | None = None) -> Settings:
        return replace(
            usual(data), timeout_seconds=0.2, total_seconds=0.5, attempts=2, max_body_bytes=1 << 20
        )

    monkeypatch.setattr(Settings, "from_environment", impatient)
    for number in (1, 2, 3):
        write_study(tmp_path / "studies", f"NCT9910000{number}", title="Lantern " * 60)
        write_listing(tmp_path / "pages", 90000 + number, f"NCT9910001{number}")
    return SiteServer(tmp_path / "pages", tmp_path / "studies")


@pytest.mark.parametrize("name", LASTING)
def test_a_fault_that_lasts_ends_a_search_with_one_line_and_the_next_run_completes(
    tmp_path: Path, site: SiteServer, name: str
) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path / "own", "NCT99109999"))
    with site as server:
        command = ("scrape", "ctgov", "--query", "lantern", "--base-url", server.base_url, "--delay", 0)
        server.fail(_STUDIES, LASTING[name])
        result = trials(data, *command)
        assert result.exit_code == 1, result.output
        (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error")]
        assert "found" in line and "expected" in line and "127.0.0.1" not in line
        assert rows(data, "select trial_id from trials") == [("NCT99109999",)]
        server.mend()
        assert trials(data, *command).exit_code == 0
    assert rows(data, "select count(*), count(distinct trial_id) from trials") == [(4, 4)]
    assert rows(data, "pragma integrity_check") == [("ok",)]


@pytest.mark.parametrize(
    "fault",
    [faults.status(429), faults.too_many_requests("1"), faults.status(500), faults.reset(), faults.cut_off()],
    ids=["429", "429 with Retry-After", "500", "reset", "cut off"],
)
def test_a_fault_of_a_moment_costs_no_trial(tmp_path: Path, site: SiteServer, fault: Fault) -> None:
    with site as server:
        server.fail(_STUDIES, fault, times=1)
        server.fail(_LISTING, fault, times=1)
        url = ("--base-url", server.base_url, "--delay", 0)
        assert trials(tmp_path / "data", "scrape", "ctgov", "--query", "lantern", *url).exit_code == 0
        assert trials(tmp_path / "data", "scrape", "trialx", "--all", *url).exit_code == 0
    assert rows(tmp_path / "data", "select count(*) from trials") == [(6,)]


@pytest.mark.parametrize(
    ("fault", "read"),
    [
        (faults.status(404), 3),
        (faults.instead(Answer(200, b"\xff\x00<html>", {"Content-Type": "text/plain"})), 3),
        (
            faults.instead(Answer(200, b"User-agent: *\nDisallow: /", {"Content-Type": "text/plain"})),
            0,
        ),
        (faults.silence(0.4), 0),
        (faults.status(503), 0),
    ],
    ids=["missing", "broken", "forbidding", "slow", "down"],
)
def test_robots_txt_decides_whether_pages_are_fetched(
    tmp_path: Path, site: SiteServer, fault: Fault, read: int
) -> None:
    with site as server:
        server.fail("/robots.txt", fault)
        ids = [part for number in (90001, 90002, 90003) for part in ("--id", number)]
        trials(tmp_path / "data", "scrape", "trialx", *ids, "--base-url", server.base_url, "--delay", 0)
        assert len({one.path.split("/")[3] for one in server.asked("/clinical-trials/listings/")}) == read
    assert not read or rows(tmp_path / "data", "select count(*) from trials") == [(read,)]


def test_a_wrong_charset_spoils_no_letter(tmp_path: Path, site: SiteServer) -> None:
    write_listing(tmp_path / "pages", 90001, "NCT99100011", title="Études of light – ≥ 3 cafés")
    with SiteServer(tmp_path / "pages", None) as server:
        server.fail(
            "/clinical-trials/listings/90001", faults.header("Content-Type", "text/plain; charset=utf-16")
        )
        url = ("--base-url", server.base_url, "--delay", 0)
        assert trials(tmp_path / "data", "scrape", "trialx", "--id", 90001, *url).exit_code == 0
    assert rows(tmp_path / "data", "select brief_title from trials") == [("Études of light – ≥ 3 cafés",)]


def test_a_token_that_repeats_ends_a_search_and_the_next_run_completes(
    tmp_path: Path, site: SiteServer
) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path / "own", "NCT99109999"))
    with site as server:
        command = ("scrape", "ctgov", "--query", "lantern", "--base-url", server.base_url, "--delay", 0)
        server.registry.repeat_token = True
        result = trials(data, *command)
        assert result.exit_code == 1, result.output
        assert "next page that was there already" in result.stderr
        assert len(server.asked("query.term")) == 2
        # What came before the token repeated is there.
        assert rows(data, "select count(*), count(distinct trial_id) from trials") == [(4, 4)]
        server.registry.repeat_token = False
        assert trials(data, *command).exit_code == 0
    assert rows(data, "select count(*), count(distinct trial_id) from trials") == [(4, 4)]


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(500),
        faults.error_page(),
        faults.status(404),
        faults.instead(Answer(200, b"{}", {"Content-Type": "application/json"})),
    ],
    ids=["500", "HTML for JSON", "404", "{}"],
)
def test_a_fault_that_lasts_ends_an_update_and_loses_nothing(
    tmp_path: Path, site: SiteServer, fault: Fault
) -> None:
    data = tmp_path / "data"
    with site as server:
        url = ("--base-url", server.base_url, "--delay", 0)
        assert trials(data, "scrape", "ctgov", "--query", "lantern", *url).exit_code == 0
        before = dump(data)["trials"]
        server.fail(_STUDIES, fault)
        result = trials(data, "update", *url)
        assert result.exit_code == 1, result.output
        assert "make demo" not in result.stderr and "127.0.0.1" not in result.stderr
        assert "check the id; " not in result.stderr
        assert dump(data)["trials"] == before
        assert rows(data, "select count(*) from trials where removed_at is not null") == [(0,)]
        server.mend()
        assert trials(data, "update", *url).exit_code == 0
    assert dump(data)["trials"] == before
