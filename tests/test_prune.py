"""An archive made smaller by age: every version comes back byte for byte, and its history is rebuilt the same."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.archive import packing
from scraper.archive.merge import merge
from scraper.archive.store import Archive
from scraper.model import Page
from tests.commands import dump, trials, trials_json
from tests.samples import study

DAY = "2026-05-01"


def _versions(data: Path, count: int = 6, trials_: int = 3) -> None:
    """An archive of some studies, each of which was fetched anew every month."""
    import json

    with Archive(data / "archive.db") as archive:
        for number in range(trials_):
            nct_id = f"NCT9960{number:04}"
            for month in range(1, count + 1):
                body = study(
                    nct_id,
                    updated=f"2026-{month:02}-01",
                    title=f"Lanterns, reading {month}",
                    minimum=f"{month + 5} Years",
                    criteria=f"Inclusion Criteria:\n\n* Older than {month + 5} years\n* Owns {month} lanterns"
                    + "\n* Reads the weather report every evening before the lamp is lit, whatever the season"
                    * 20,
                    status="RECRUITING" if month < 4 else "COMPLETED",
                )
                url = f"https://clinicaltrials.gov/api/v2/studies/{nct_id}"
                when = f"2026-{month:02}-02T00:00:00Z"
                page = Page(source="ctgov", url=url, body=json.dumps(body).encode(), fetched_at=when)
                assert archive.add(page)


def _bodies(path: Path) -> list[tuple[str, str, bytes]]:
    with Archive(path, read_only=True) as archive:
        return sorted((s.page.url, s.page.fetched_at, s.page.body) for s in archive.pages(archive.page_ids()))


def _differences(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("select count(*) from deltas").fetchone()[0])


def test_a_rebuild_after_pruning_gives_every_row_and_every_change_again(tmp_path: Path) -> None:
    _versions(tmp_path)
    assert trials(tmp_path, "build", "--full").exit_code == 0
    before, bodies = dump(tmp_path), _bodies(tmp_path / "archive.db")
    assert len(before["changes"]) > 30
    pruned = trials_json(tmp_path, "prune", "--before", DAY)
    assert (pruned["versions"], _differences(tmp_path / "archive.db")) == (12, 12)
    assert pruned["bytes_after"] < pruned["bytes_before"] / 2
    assert trials(tmp_path, "build", "--full").exit_code == 0
    assert dump(tmp_path) == before
    assert _bodies(tmp_path / "archive.db") == bodies
    assert trials(tmp_path, "check").exit_code == 0


def test_the_newest_version_of_an_address_stands_for_itself_however_old(tmp_path: Path) -> None:
    _versions(tmp_path, count=1)
    assert trials_json(tmp_path, "prune", "--before", "2030-01-01")["versions"] == 0


def test_a_dry_run_says_what_it_would_save_and_changes_no_byte(tmp_path: Path) -> None:
    _versions(tmp_path)
    before = (tmp_path / "archive.db").read_bytes()
    said = trials_json(tmp_path, "prune", "--before", DAY, "--dry-run")
    assert (tmp_path / "archive.db").read_bytes() == before
    done = trials_json(tmp_path, "prune", "--before", DAY)
    assert [said[k] for k in ("versions", "bytes_before", "bytes_after")] == [
        done[k] for k in ("versions", "bytes_before", "bytes_after")
    ]


def test_pruning_again_moves_older_differences_to_the_newest_version(tmp_path: Path) -> None:
    _versions(tmp_path, count=3)
    assert trials_json(tmp_path, "prune", "--before", "2027-01-01")["versions"] == 6
    again = tmp_path / "archive.db"
    with Archive(again) as archive:
        for url in archive.urls("ctgov"):
            body = archive.connection.execute(
                "select body from pages where url = ? order by fetched_at desc", (url,)
            )
            new = packing.unpack(body.fetchall()[0][0]) + b" "
            assert archive.add(Page(source="ctgov", url=url, body=new, fetched_at="2026-12-01T00:00:00Z"))
    bodies = _bodies(again)
    assert trials_json(tmp_path, "prune", "--before", "2027-01-01")["versions"] == 9
    assert _bodies(again) == bodies
    with closing(sqlite3.connect(again)) as connection:
        bases = "select count(*) from deltas where base_id in (select page_id from deltas)"
        assert connection.execute(bases).fetchone() == (0,)
    assert trials_json(tmp_path, "prune", "--before", "2027-01-01")["versions"] == 0


def test_a_pruned_archive_merges_into_another_one_and_the_other_way_round(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    _versions(one)
    two.mkdir()
    shutil.copy(one / "archive.db", two / "archive.db")
    bodies = _bodies(one / "archive.db")
    trials_json(one, "prune", "--before", DAY)
    for into, other in ((tmp_path / "empty.db", one), (one / "archive.db", two), (two / "archive.db", one)):
        with Archive(into) as archive:
            assert not merge(archive, other / "archive.db", {"ctgov"}, lambda *_: None).refused
        assert _bodies(into) == bodies


def test_a_version_that_turns_out_to_be_no_news_leaves_a_pruned_archive_whole(tmp_path: Path) -> None:
    """The other archive saw the same bytes earlier: a page leaves, and what was kept beside it stays readable."""
    url = "https://clinicaltrials.gov/api/v2/studies/NCT99600000"

    def page(body: bytes, month: int) -> Page:
        return Page(source="ctgov", url=url, body=body * 90, fetched_at=f"2026-{month:02}-01T00:00:00Z")

    mine, other = tmp_path / "archive.db", tmp_path / "other.db"
    with Archive(mine) as archive:
        for month, body in ((2, b"first"), (4, b"second"), (6, b"third")):
            archive.add(page(body, month))
    trials_json(tmp_path, "prune", "--before", "2026-07-01")
    with Archive(other) as archive:
        archive.add(page(b"third", 5))
    with Archive(mine) as archive:
        assert not merge(archive, other, {"ctgov"}, lambda *_: None).refused
    assert [(when[5:7], body[:5]) for _, when, body in _bodies(mine)] == [
        ("02", b"first"),
        ("04", b"secon"),
        ("05", b"third"),
    ]


def test_a_damaged_page_stops_the_pruning_of_its_address(tmp_path: Path) -> None:
    _versions(tmp_path)
    with closing(sqlite3.connect(tmp_path / "archive.db")) as connection, connection:
        connection.execute("update pages set body = ? where id = 2", (packing.pack(b"{}"),))
    result = trials(tmp_path, "prune", "--before", DAY)
    assert result.exit_code == 1
    assert "damaged" in result.stderr and len(result.stderr.strip().splitlines()) == 1
    assert _differences(tmp_path / "archive.db") == 0


def test_a_program_that_knows_nothing_of_differences_is_told_by_the_version(tmp_path: Path) -> None:
    def version() -> int:
        with closing(sqlite3.connect(tmp_path / "archive.db")) as connection:
            return int(connection.execute("pragma user_version").fetchone()[0])

    _versions(tmp_path)
    assert version() == 1
    trials_json(tmp_path, "prune", "--before", DAY)
    assert version() == 2


@pytest.mark.parametrize("when", ["yesterday", "2026-13-01", ""])
def test_a_day_that_is_none_is_a_bad_argument(tmp_path: Path, when: str) -> None:
    _versions(tmp_path, count=1)
    assert trials(tmp_path, "prune", "--before", when).exit_code == 2


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_any_body_comes_back_from_its_difference(body: bytes, base: bytes) -> None:
    assert packing.with_difference(packing.difference(body, base), base) == body
