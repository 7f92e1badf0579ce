"""`trials scrape` and `trials update` through the real client, against a loopback server with both sites."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests import server_faults as faults
from tests.commands import dump, rows, trials, trials_json
from tests.conftest import PAGES
from tests.samples import study, write_study
from tests.server import SiteServer
from tests.server_answer import Answer

REGISTRY = [f"NCT9910{number:04}" for number in range(1, 31)]


@pytest.fixture
def site(tmp_path: Path) -> SiteServer:
    folder = tmp_path / "records"
    for number, nct_id in enumerate(REGISTRY):
        write_study(folder, nct_id, title=f"Lantern Trial {number}", updated=f"2026-03-{number % 28 + 1:02}")
    return SiteServer(None, folder)


def scrape(data: Path, server: SiteServer, *arguments: object) -> dict[str, object]:
    result = trials_json(data, "scrape", *arguments, "--base-url", server.base_url, "--delay", 0)
    assert isinstance(result, dict)
    return result


def test_a_registry_search_ends_as_trials_under_their_live_addresses(
    tmp_path: Path, site: SiteServer
) -> None:
    data = tmp_path / "data"
    with site as server:
        counts = scrape(data, server, "ctgov", "--query", "lantern")
    assert (counts["expected"], counts["fetched"], counts["trials"]) == (30, 30, 30)
    assert rows(data, "select count(*) from records where url like 'https://clinicaltrials.gov/%'") == [(30,)]
    assert not rows(data, "select 1 from records where url like '%127.0.0.1%'")
    assert rows(data, "select command, source, expected, fetched, unchanged, failed from runs") == [
        ("scrape", "ctgov", 30, 30, 0, 0)
    ]


def test_a_second_scrape_of_the_same_changes_no_trial(tmp_path: Path, site: SiteServer) -> None:
    data = tmp_path / "data"
    with site as server:
        scrape(data, server, "ctgov", "--query", "lantern")
        before = (data / "trials.db").read_bytes()
        counts = scrape(data, server, "ctgov", "--query", "lantern")
    assert (counts["fetched"], counts["unchanged"], counts["trials_written"]) == (0, 30, 0)
    assert (data / "trials.db").read_bytes() == before


def test_single_ids_are_fetched_and_a_missing_one_is_a_problem(tmp_path: Path, site: SiteServer) -> None:
    data = tmp_path / "data"
    with site as server:
        counts = scrape(data, server, "ctgov", "--id", REGISTRY[0], "--id", "NCT99999999")
    assert (counts["fetched"], counts["failed"]) == (1, 1)
    assert rows(data, "select stage, url from problems") == [
        ("fetch", "https://clinicaltrials.gov/api/v2/studies/NCT99999999")
    ]


def test_the_limit_bounds_what_is_kept(tmp_path: Path, site: SiteServer) -> None:
    with site as server:
        assert scrape(tmp_path / "data", server, "ctgov", "--query", "lantern", "--limit", 7)["trials"] == 7


def test_an_id_of_another_form_is_a_bad_argument(tmp_path: Path, site: SiteServer) -> None:
    with site as server:
        result = trials(
            tmp_path / "data", "scrape", "ctgov", "--id", "ISRCTN1", "--base-url", server.base_url
        )
        assert not server.requests
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1 and "expected" in result.stderr


def test_a_registry_that_falls_short_of_its_own_total_ends_with_exit_code_1(
    tmp_path: Path, site: SiteServer
) -> None:
    def one_more(_: object, answer: Answer) -> Answer:
        page = json.loads(answer.body)
        page["totalCount"] += 1
        return replace(answer, body=json.dumps(page).encode())

    with site as server:
        server.fail(r"/api/v2/studies\?", one_more)
        result = trials(
            tmp_path / "data",
            "scrape",
            "ctgov",
            "--query",
            "lantern",
            "--base-url",
            server.base_url,
            "--delay",
            0,
        )
    assert result.exit_code == 1
    assert "expected" in result.stderr


def test_no_network_is_one_line_that_points_to_the_demo(tmp_path: Path) -> None:
    with SiteServer(None, None) as server:
        address = server.base_url
    result = trials(tmp_path / "data", "scrape", "ctgov", "--query", "x", "--base-url", address, "--delay", 0)
    assert result.exit_code == 1
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error")]
    assert "make demo" in line


def test_update_fetches_what_changed_and_marks_what_vanished(tmp_path: Path, site: SiteServer) -> None:
    data = tmp_path / "data"
    with site as server:
        scrape(data, server, "ctgov", "--query", "lantern")
    changed = tmp_path / "changed"
    for number, nct_id in enumerate(REGISTRY[1:]):
        write_study(
            changed,
            nct_id,
            title=f"Lantern Trial {number + 1}",
            updated=f"2026-03-{(number + 1) % 28 + 1:02}",
        )
    write_study(changed, REGISTRY[5], status="COMPLETED", updated="2099-01-01", title="Lantern Trial 5")
    with SiteServer(None, changed) as server:
        result = trials_json(data, "update", "--base-url", server.base_url, "--delay", 0)
    assert result["trials_written"] >= 1
    assert rows(data, "select field, old, new from changes where trial_id = ?", REGISTRY[5]) == [
        ("overall_status", "RECRUITING", "COMPLETED")
    ]


def test_a_killed_scrape_goes_on_where_it_stopped(tmp_path: Path, site: SiteServer) -> None:
    data = tmp_path / "data"
    ids = [part for nct_id in REGISTRY for part in ("--id", nct_id)]
    command = [sys.executable, "-m", "scraper", "--data", str(data), "scrape", "ctgov", *ids, "--delay", "0"]
    with site as server:
        command += ["--base-url", server.base_url]
        server.fail("NCT99100015", faults.silence(30.0), times=1)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 60
            while not server.asked("NCT99100015") and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
        asked_before = len(server.requests)
        assert not (data / "trials.db").exists()
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})
        assert done.returncode == 0, done.stderr
        again = [request.path for request in server.requests[asked_before:]]
        assert not [path for path in again if path.endswith(REGISTRY[0])]
        reference = tmp_path / "reference"
        scrape(reference, server, "ctgov", *ids)
    assert len(rows(data, "select * from trials")) == 30
    timed = {"runs", "trials", "records", "meta", "problems", "trial_digests"}
    ours, theirs = dump(data), dump(reference)
    assert {name: ours[name] for name in ours.keys() - timed} == {
        name: theirs[name] for name in theirs.keys() - timed
    }


def test_every_answer_is_archived_before_it_is_parsed(tmp_path: Path) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    odd = study("NCT99100077")
    odd["protocolSection"]["identificationModule"].pop("briefTitle")
    (folder / "NCT99100077.json").write_text(json.dumps(odd))
    with SiteServer(None, folder) as server:
        trials(
            tmp_path / "data",
            "scrape",
            "ctgov",
            "--id",
            "NCT99100077",
            "--base-url",
            server.base_url,
            "--delay",
            0,
        )
    from scraper.archive.store import Archive

    with Archive(tmp_path / "data" / "archive.db") as archive:
        assert archive.counts() == {"ctgov": 1}


def test_an_error_page_with_status_200_is_no_trial_and_loses_none(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with SiteServer(PAGES / "trialx", None) as server:
        assert scrape(data, server, "trialx", "--id", "900001")["trials"] == 1
        before = rows(data, "select * from trial_text")
        server.fail("/clinical-trials/listings/900001", faults.error_page())
        result = trials(
            data, "scrape", "trialx", "--id", "900001", "--base-url", server.base_url, "--delay", 0
        )
    assert result.exit_code == 1
    assert rows(data, "select stage, url from problems") == [
        ("parse", "https://www.trialx.com/clinical-trials/listings/900001/")
    ]
    assert rows(data, "select * from trial_text") == before


def test_a_listing_search_reads_every_page_of_results_once(tmp_path: Path) -> None:
    with SiteServer(PAGES / "trialx", None) as server:
        server.fail("/robots.txt", faults.status(404))
        counts = scrape(tmp_path / "data", server, "trialx", "--query", "children")
        listings = [request.path for request in server.asked("/clinical-trials/listings/9")]
    assert counts["fetched"] == counts["expected"] == len(listings) == len(set(listings)) > 0
    assert not rows(tmp_path / "data", "select 1 from records where url like '%?%' or url like '%127.0.0.1%'")
