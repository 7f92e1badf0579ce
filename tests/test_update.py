"""`trials update`, `scrape --all` and the ids a search lacks: over real sockets, against both sites."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import Result

from tests.commands import dump, rows, trials, trials_json
from tests.samples import study, write_listing, write_study
from tests.server import SiteServer
from tests.server_answer import Answer

IDS = [f"NCT9940{number:04}" for number in range(1, 31)]
REMOVED = "select trial_id from trials where removed_at is not null order by 1"


def registry(folder: Path, ids: Iterable[str] = IDS, **changed: object) -> SiteServer:
    """A registry with those studies."""
    folder.mkdir()
    for nct_id in ids:
        write_study(folder, nct_id, updated="2026-03-01", **changed)
    return SiteServer(None, folder)


def ask(data: Path, server: SiteServer, *arguments: object) -> Result:
    return trials(data, *arguments, "--base-url", server.base_url, "--delay", 0)


def scrape_all(data: Path, server: SiteServer, source: str = "ctgov") -> None:
    assert ask(data, server, "scrape", source, "--all").exit_code == 0


# ── the whole registry ──────────────────────────────────────────────────────────────────────────────────


def test_all_of_a_registry_is_asked_for_by_name(tmp_path: Path) -> None:
    with registry(tmp_path / "r") as server:
        counts = trials_json(
            tmp_path / "data", "scrape", "ctgov", "--all", "--base-url", server.base_url, "--delay", 0
        )
    assert (counts["expected"], counts["fetched"], counts["trials"]) == (30, 30, 30)
    assert "query.term" not in server.requests[0].target


@pytest.mark.parametrize("source", ["ctgov", "trialx"])
def test_a_scrape_that_does_not_say_what_is_a_bad_argument(tmp_path: Path, source: str) -> None:
    with registry(tmp_path / "r") as server:
        result = ask(tmp_path / "data", server, "scrape", source)
        assert not server.requests
    assert result.exit_code == 2
    assert "--all" in result.stderr and len(result.stderr.splitlines()) == 1


def test_all_and_a_search_together_are_a_bad_argument(tmp_path: Path) -> None:
    with registry(tmp_path / "r") as server:
        assert ask(tmp_path / "data", server, "scrape", "ctgov", "--all", "--query", "x").exit_code == 2


def test_since_asks_for_what_was_posted_from_that_day_on(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write_study(folder, IDS[0], updated="2026-01-01")
    write_study(folder, IDS[1], updated="2026-02-01")
    with SiteServer(None, folder) as server:
        assert (
            ask(tmp_path / "data", server, "scrape", "ctgov", "--all", "--since", "2026-01-15").exit_code == 0
        )
    assert rows(tmp_path / "data", "select trial_id from trials") == [(IDS[1],)]


# ── a registry that falls short ─────────────────────────────────────────────────────────────────────────


def dropping(ids: Iterable[str]) -> object:
    """A search answer without some studies, although the registry counts and lists them."""
    lost = set(ids)

    def fault(_: BaseHTTPRequestHandler, answer: Answer) -> Answer:
        page = json.loads(answer.body)
        page["studies"] = [
            s for s in page["studies"] if s["protocolSection"]["identificationModule"]["nctId"] not in lost
        ]
        return replace(answer, body=json.dumps(page).encode())

    return fault


def test_a_short_search_names_the_ids_it_lacks(tmp_path: Path) -> None:
    with registry(tmp_path / "r") as server:
        server.fail(r"studies\?(?!.*fields)", dropping(IDS[3:5]))  # type: ignore[arg-type]  # a fault
        result = ask(tmp_path / "data", server, "scrape", "ctgov", "--all")
    assert result.exit_code == 1
    assert "2 of 30 expected trials were not got; missing: NCT99400004, NCT99400005; run it" in result.stderr
    assert rows(tmp_path / "data", "select count(*) from trials") == [(28,)]


def test_of_many_missing_ids_twenty_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    with registry(tmp_path / "r") as server:
        server.fail(r"studies\?(?!.*fields)", dropping(IDS[:25]))  # type: ignore[arg-type]  # a fault
        result = ask(tmp_path / "data", server, "scrape", "ctgov", "--all")
    assert IDS[19] in result.stderr and IDS[20] not in result.stderr
    assert "and 5 more" in result.stderr


def test_a_total_that_the_list_of_ids_does_not_bear_out_is_said(tmp_path: Path) -> None:
    def one_more(_: BaseHTTPRequestHandler, answer: Answer) -> Answer:
        page = json.loads(answer.body)
        return replace(answer, body=json.dumps(page | {"totalCount": page["totalCount"] + 1}).encode())

    with registry(tmp_path / "r") as server:
        server.fail(r"studies\?", one_more)
        result = ask(tmp_path / "data", server, "scrape", "ctgov", "--all")
    assert result.exit_code == 1
    assert "1 of 31 expected trials were not got; its list of ids names none that is missing" in result.stderr


# ── what vanished ───────────────────────────────────────────────────────────────────────────────────────


def test_a_vanished_study_is_marked_and_stays_searchable(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
    with registry(tmp_path / "less", IDS[1:]) as server:
        counts = trials_json(data, "update", "--base-url", server.base_url, "--delay", 0)
    assert counts["vanished"] == 1
    assert rows(data, REMOVED) == [(IDS[0],)]
    assert rows(data, "select count(*) from trials") == [(30,)]
    assert len(trials_json(data, "search", "lantern", "--limit", 50)["hits"]) == 29
    assert len(trials_json(data, "search", "lantern", "--limit", 50, "--removed")["hits"]) == 30
    assert rows(data, "select count(*) from problems") == [(0,)]


def test_a_second_update_of_the_same_changes_no_byte(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
    with registry(tmp_path / "less", IDS[1:]) as server:
        assert ask(data, server, "update").exit_code == 0
        before = (data / "trials.db").read_bytes()
        result = ask(data, server, "update")
    assert result.exit_code == 0
    assert (data / "trials.db").read_bytes() == before


def a_day_passes(data: Path) -> None:
    """Everything seen so far was seen long ago."""
    with closing(sqlite3.connect(data / "archive.db")) as archive, archive:
        archive.execute("update addresses set last_seen_at = '2026-01-01T00:00:00Z'")
        archive.execute(
            "update addresses set removed_at = '2026-01-02T00:00:00Z' where removed_at is not null"
        )
        archive.execute("update presence set at = '2026-01-02T00:00:00Z'")


def test_a_trial_known_from_an_older_file_alone_vanishes_and_comes_back_as_well(tmp_path: Path) -> None:
    data, nct_id = tmp_path / "data", "NCT99000003"
    trials(data, "import", Path(__file__).parent / "pages" / "ctgov" / f"{nct_id}.xml")
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
        assert ask(data, server, "update").exit_code == 0
    assert rows(data, REMOVED) == [(nct_id,)]
    a_day_passes(data)
    with registry(tmp_path / "with", [*IDS, nct_id]) as server:
        assert ask(data, server, "update").exit_code == 0
    assert rows(data, REMOVED) == []
    before = dump(data)
    trials(data, "build", "--full")
    assert dump(data) == before


def test_a_trial_that_comes_back_is_no_longer_removed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
    with registry(tmp_path / "less", IDS[1:]) as server:
        ask(data, server, "update")
    assert rows(data, REMOVED) == [(IDS[0],)]
    a_day_passes(data)
    with registry(tmp_path / "again") as server:
        assert ask(data, server, "update").exit_code == 0
    assert rows(data, REMOVED) == []
    gone = "2026-01-02T00:00:00Z"
    ((*first, _), (*second, back)) = rows(
        data, "select trial_id, kind, old, new, severity, observed_at from changes order by position"
    )
    assert first == [IDS[0], "removed", None, gone, "high"]
    assert second == [IDS[0], "returned", gone, None, "high"]
    assert rows(data, "select last_changed_at from trials where trial_id = ?", IDS[0]) == [(back,)]
    before = dump(data)
    trials(data, "build", "--full")
    assert dump(data) == before


def test_an_id_that_leads_to_another_one_becomes_that_trial(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
    folder = tmp_path / "merged"
    for nct_id in IDS[1:]:
        write_study(folder, nct_id, updated="2026-03-01", aliases=[IDS[0]] if nct_id == IDS[7] else [])
    with SiteServer(None, folder) as server:
        assert ask(data, server, "update").exit_code == 0
    assert rows(data, REMOVED) == []
    assert rows(data, "select count(*), count(*) filter (where trial_id = ?) from trials", IDS[0]) == [
        (29, 0)
    ]
    assert trials_json(data, "show", IDS[0])["trial_id"] == IDS[7]


def test_a_registry_that_lost_too_much_at_once_is_not_believed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
    with registry(tmp_path / "less", IDS[11:]) as server:
        result = ask(data, server, "update")
        asked = [request for request in server.requests if "/studies/" in request.target]
    assert result.exit_code == 1
    assert "11 of 30 trials" in result.stderr and "none was marked as removed" in result.stderr
    assert rows(data, REMOVED) == []
    assert asked == []


def test_a_registry_that_is_down_empties_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
    with registry(tmp_path / "empty", []) as server:
        server.fail(r"fields=NCTId", lambda _, answer: replace(answer, body=b"<html>maintenance</html>"))
        result = ask(data, server, "update")
    assert result.exit_code == 1
    assert rows(data, REMOVED) == []
    assert len(rows(data, "select * from trials")) == 30


def test_every_trial_of_the_registry_is_checked_whatever_brought_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path / "saved", "NCT99490001"))
    with registry(tmp_path / "r") as server:
        assert ask(data, server, "scrape", "ctgov", "--query", "lantern").exit_code == 0
        assert ask(data, server, "update").exit_code == 0
    assert rows(data, REMOVED) == [("NCT99490001",)]


def test_an_archive_of_saved_files_alone_asks_nobody(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path / "saved", IDS[0]))
    with registry(tmp_path / "r", IDS[1:]) as server:
        result = ask(data, server, "update")
        assert not server.requests
    assert result.exit_code == 1
    assert "no search has run here yet" in result.stderr


def test_an_update_asks_for_what_was_posted_since_a_week_before_the_last_run(tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    data = tmp_path / "data"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
        ask(data, server, "update")
        (asked,) = [request for request in server.requests if "RANGE" in request.target]
    began = rows(data, "select started_at from runs")[0][0][:10]
    day = (datetime.fromisoformat(began).replace(tzinfo=UTC) - timedelta(days=7)).date().isoformat()
    assert f"RANGE%5B{day}%2CMAX%5D" in asked.target


def test_a_record_that_is_served_long_after_its_date_is_fetched_by_the_list_of_dates(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "later"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
    with registry(folder) as server:
        write_study(folder, IDS[4], updated="2026-03-02", status="SUSPENDED")
        server.close()
    with SiteServer(None, folder) as server:
        told = trials_json(data, "update", "--base-url", server.base_url, "--delay", 0)
        single = [request.target for request in server.requests if f"/studies/{IDS[4]}" in request.target]
        assert told["changed"] == [{"trial_id": IDS[4], "fields": ["overall_status"]}]
        assert (told["fetched"], len(single)) == (1, 1)
        again = trials_json(data, "update", "--base-url", server.base_url, "--delay", 0)
    assert (again["fetched"], again["changed"]) == (0, [])


def test_of_very_many_newer_records_the_oldest_come_first_and_the_rest_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, folder = tmp_path / "data", tmp_path / "later"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
    monkeypatch.setattr("scraper.refresh.MOST_RENEWED", 2)
    with registry(folder) as server:
        for day, nct_id in enumerate(IDS[:3]):
            write_study(folder, nct_id, updated=f"2026-03-1{day}", status="SUSPENDED")
        server.close()
    with SiteServer(None, folder) as server:
        first, second = ask(data, server, "update"), ask(data, server, "update")
    assert first.exit_code == 1 and "1 more records of ClinicalTrials.gov are newer there" in first.stderr
    assert second.exit_code == 0
    assert rows(data, "select count(*) from trials where overall_status = 'SUSPENDED'") == [(3,)]


def test_a_registry_that_lists_nothing_it_has_is_not_believed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with registry(tmp_path / "r", IDS[:6]) as server:
        scrape_all(data, server)
        server.fail(r"studies\?", lambda _, answer: replace(answer, body=b'{"studies":[],"totalCount":0}'))
        result = ask(data, server, "update")
    assert result.exit_code == 1
    assert "lists none of the 6 trials kept here" in result.stderr
    assert rows(data, REMOVED) == []


@pytest.mark.parametrize(
    ("module", "known", "new"),
    [("statusModule", "overallStatus", "status"), ("identificationModule", "briefTitle", "shortTitle")],
)
@pytest.mark.parametrize("count", [1, 30])
def test_a_registry_that_renames_a_field_is_noticed_and_costs_nothing_stored(
    tmp_path: Path, module: str, known: str, new: str, count: int
) -> None:
    data, folder = tmp_path / "data", tmp_path / "later"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
    with registry(folder) as server:
        for nct_id in IDS[:count]:
            record = study(nct_id, updated="2026-11-01")
            fields = record["protocolSection"][module]
            fields[new] = fields.pop(known)
            (folder / f"{nct_id}.json").write_text(json.dumps(record), "utf-8")
        server.close()
    with SiteServer(None, folder) as server:
        result = ask(data, server, "update")
    assert f"{module}.{known}" in result.stdout + result.stderr
    assert rows(data, "select count(*) from trials where overall_status = 'RECRUITING'") == [(30,)]
    assert rows(data, "select stage, field from problems") == [("parse", f"{module}.{known}")] * count
    assert f"failed {count}" in result.stdout
    assert result.exit_code == 1


def test_the_history_of_updates_gives_the_same_rows_as_a_rebuild(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
    folder = tmp_path / "later"
    with registry(folder, IDS[1:]) as server:
        write_study(folder, IDS[4], updated="2099-01-01", status="COMPLETED")
        server.close()
    with SiteServer(None, folder) as server:
        assert ask(data, server, "update").exit_code == 0
    before = dump(data)
    assert trials(data, "build", "--full").exit_code == 0
    assert dump(data) == before
    assert rows(data, REMOVED) == [(IDS[0],)]
    assert rows(data, "select trial_id, field from changes order by 1") == [
        (IDS[0], "removed_at"),
        (IDS[4], "overall_status"),
    ]


def test_large_archives_are_compared_with_the_list_of_all_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
    monkeypatch.setattr("scraper.refresh.MOST_ASKED_BY_ID", 10)
    with registry(tmp_path / "less", IDS[1:]) as server:
        assert ask(data, server, "update").exit_code == 0
        listings = [request.target for request in server.requests if "fields=NCTId" in request.target]
    assert len(listings) == 1 and "filter.ids" not in listings[0]
    assert rows(data, REMOVED) == [(IDS[0],)]


# ── pages of a listing site ─────────────────────────────────────────────────────────────────────────────


def listings(folder: Path, numbers: Iterable[int]) -> SiteServer:
    for number in numbers:
        write_listing(folder, number, f"NCT994{number}"[:11].ljust(11, "0"))
    return SiteServer(folder, None)


def test_known_pages_of_a_listing_site_are_asked_for_again_and_gone_ones_marked(tmp_path: Path) -> None:
    data = tmp_path / "data"
    numbers = range(90001, 90009)
    with listings(tmp_path / "pages", numbers) as server:
        scrape_all(data, server, "trialx")
    with listings(tmp_path / "less", list(numbers)[1:]) as server:
        counts = trials_json(data, "update", "--base-url", server.base_url, "--delay", 0)
    assert counts["vanished"] == 1
    ((removed,),) = rows(data, REMOVED)
    assert rows(data, "select source_id from records where trial_id = ?", removed)[0][0].endswith("90001")
    assert rows(data, "select count(*) from problems") == [(0,)]


def test_a_listing_site_that_lost_too_much_at_once_is_not_believed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    numbers = range(90001, 90021)
    with listings(tmp_path / "pages", numbers) as server:
        scrape_all(data, server, "trialx")
    with listings(tmp_path / "less", list(numbers)[12:]) as server:
        result = ask(data, server, "update")
    assert result.exit_code == 1
    assert "12 of 20 trials" in result.stderr
    assert rows(data, REMOVED) == []


def test_runs_that_only_check_are_not_searches_to_repeat(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with registry(tmp_path / "r") as server:
        scrape_all(data, server)
        ask(data, server, "update")
        before = len(server.requests)
        ask(data, server, "update")
        targets = [request.target for request in server.requests[before:]]
    assert len([target for target in targets if "fields=NCTId" not in target]) == 1
    assert len({json.dumps(study(nct_id)) for nct_id in IDS}) == 30


# ── what an update tells ────────────────────────────────────────────────────────────────────────────────


def test_an_update_tells_what_is_new_changed_with_its_fields_removed_and_there_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with registry(tmp_path / "r", IDS[:20]) as server:
        scrape_all(data, server)
    with registry(tmp_path / "less", IDS[1:20]) as server:
        told = trials_json(data, "update", "--base-url", server.base_url, "--delay", 0)
    assert (told["new"], told["changed"], told["removed"], told["returned"]) == ([], [], [IDS[0]], [])
    a_day_passes(data)
    folder = tmp_path / "later"
    with registry(folder, IDS[:20]) as server:
        write_study(folder, IDS[4], updated="2099-01-01", status="COMPLETED", minimum="8 Months")
        write_study(folder, IDS[25], updated="2099-01-01")
        server.close()
    with SiteServer(None, folder) as server:
        told = trials_json(data, "update", "--base-url", server.base_url, "--delay", 0)
        again = ask(data, server, "update")
    assert told["new"] == [IDS[25]]
    assert told["changed"] == [{"trial_id": IDS[4], "fields": ["minimum_age", "overall_status"]}]
    assert (told["removed"], told["returned"], told["failures"]) == ([], [IDS[0]], [])
    assert "new: 0" in again.stdout and "changed: 0" in again.stdout


def test_an_update_on_the_terminal_names_the_fields(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "later"
    with registry(tmp_path / "r", IDS[:3]) as server:
        scrape_all(data, server)
    with registry(folder, IDS[:3]) as server:
        write_study(folder, IDS[1], updated="2099-01-01", status="COMPLETED")
        server.close()
    with SiteServer(None, folder) as server:
        said = ask(data, server, "update").stdout
    assert f"changed: 1\n  {IDS[1]}: overall_status\n" in said


def test_two_archives_that_saw_a_trial_vanish_and_come_back_tell_the_same_when_merged(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for data in (one, other):
        with registry(tmp_path / f"r{data.name}", IDS[:12]) as server:
            scrape_all(data, server)
    with registry(tmp_path / "less", IDS[1:12]) as server:
        assert ask(one, server, "update").exit_code == 0
    with closing(sqlite3.connect(one / "archive.db")) as archive, archive:
        archive.execute("update presence set at = '2026-01-02T00:00:00Z'")
        archive.execute(
            "update addresses set removed_at = '2026-01-02T00:00:00Z', last_seen_at = '2026-01-01T00:00:00Z'"
            " where removed_at is not null"
        )
    assert trials(one, "import", other / "archive.db").exit_code == 0
    kinds = "select kind from changes where trial_id = ? order by position"
    assert rows(one, kinds, IDS[0]) == [("removed",), ("returned",)]
    before = dump(one)
    trials(one, "build", "--full")
    assert dump(one) == before
