"""The archive keeps every page as it came, once, and knows what is still to be done."""

import itertools
import sqlite3
from pathlib import Path

import msgspec
import pytest

from scraper.archive.store import Archive
from scraper.errors import ArchiveError
from scraper.model import Page, Problem


def page(
    body: bytes = b"one", *, url: str = "https://example.org/1", when: str = "2026-01-01T00:00:00Z"
) -> Page:
    return Page(source="ctgov", url=url, body=body, fetched_at=when)


def bodies(archive: Archive) -> list[bytes]:
    return [stored.page.body for stored in archive.pages(archive.page_ids())]


def test_a_page_comes_back_byte_for_byte(tmp_path: Path) -> None:
    body = bytes(range(256)) * 50
    with Archive(tmp_path / "archive.db") as archive:
        assert archive.add(page(body))
        assert bodies(archive) == [body]


def test_a_body_equal_to_the_last_kept_one_is_dropped_and_the_address_seen_again(tmp_path: Path) -> None:
    with Archive(tmp_path / "archive.db") as archive:
        archive.add(page())
        assert not archive.add(page(when="2026-02-01T00:00:00Z"))
        assert [s.last_seen_at for s in archive.waiting()] == ["2026-02-01T00:00:00Z"]


def test_a_body_that_comes_back_after_another_is_kept_again(tmp_path: Path) -> None:
    with Archive(tmp_path / "archive.db") as archive:
        for number, body in enumerate((b"a", b"b", b"a"), 1):
            assert archive.add(page(body, when=f"2026-01-0{number}T00:00:00Z"))
        assert bodies(archive) == [b"a", b"b", b"a"]


def test_versions_of_one_moment_are_all_kept_once_in_any_order(tmp_path: Path) -> None:
    with Archive(tmp_path / "archive.db") as archive:
        for body in (b"a", b"b", b"a", b"b"):
            archive.add(page(body))
        assert sorted(bodies(archive)) == [b"a", b"b"]


def test_a_page_waits_until_it_is_done(tmp_path: Path) -> None:
    with Archive(tmp_path / "archive.db") as archive:
        archive.add(page())
        (waiting,) = archive.waiting()
        archive.done([waiting.id])
        assert not list(archive.waiting())


def test_a_saved_file_with_a_new_time_is_no_news_whatever_was_kept_between(tmp_path: Path) -> None:
    at = msgspec.structs.replace
    older, newer = (at(page(body), path=f"/saved/{body.decode()}.json") for body in (b"a", b"b"))
    for days in itertools.permutations((1, 2, 3)):
        kept = {
            1: at(older, fetched_at="2026-01-01T00:00:00Z"),
            2: at(newer, fetched_at="2026-01-02T00:00:00Z"),
            3: at(older, fetched_at="2026-01-03T00:00:00Z"),
        }
        name = "".join(map(str, days))
        with Archive(tmp_path / f"{name}.db") as archive:
            assert sum(archive.add(kept[day]) for day in days) == 2
            assert len(list(archive.waiting())) == 2
            found = [(s.page.body, s.page.fetched_at) for s in archive.pages(archive.page_ids())]
        assert sorted(found) == [(b"a", "2026-01-01T00:00:00Z"), (b"b", "2026-01-02T00:00:00Z")]


def test_a_vanished_address_keeps_its_pages_and_is_gone_until_seen_again(tmp_path: Path) -> None:
    with Archive(tmp_path / "archive.db") as archive:
        archive.add(page())
        archive.vanished("https://example.org/1", "2026-03-01T00:00:00Z")
        assert [s.removed_at for s in archive.waiting()] == ["2026-03-01T00:00:00Z"]
        archive.saw("https://example.org/1", "2026-04-01T00:00:00Z")
        assert [s.removed_at for s in archive.waiting()] == [None]


def test_a_mended_file_loses_its_old_problem(tmp_path: Path) -> None:
    problem = Problem(
        source="", source_id="", url="a.txt", stage="archive", field="", found="f", expected="e", seen_at=""
    )
    with Archive(tmp_path / "archive.db") as archive:
        archive.settle("a.txt", [problem])
        assert archive.failures() == [problem]
        archive.settle("a.txt", [])
        assert archive.failures() == []


def test_a_run_that_was_killed_is_gone_on_with(tmp_path: Path) -> None:
    with Archive(tmp_path / "archive.db") as archive:
        first = archive.start_run("scrape", "ctgov", {"query": "aml"}, "2026-01-01T00:00:00Z")
        again = archive.start_run("scrape", "ctgov", {"query": "aml"}, "2026-01-02T00:00:00Z")
        assert again.id == first.id and again.started_at == first.started_at
        archive.note_run(first.id, finished_at="2026-01-02T00:00:00Z")
        assert archive.start_run("scrape", "ctgov", {"query": "aml"}, "2026-01-03T00:00:00Z").id != first.id


def test_a_damaged_archive_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "archive.db").write_bytes(b"no database at all " * 100)
    with pytest.raises(ArchiveError, match="cannot be opened"):
        Archive(tmp_path / "archive.db")


def test_an_archive_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "archive.db")
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(ArchiveError, match="version 99"):
        Archive(tmp_path / "archive.db")
