"""Archives made elsewhere are merged: each page once, in any order, and nothing foreign comes in."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.archive.merge import Merged, merge
from scraper.archive.store import Archive
from scraper.archive.timeline import Version, timeline
from scraper.model import Page, Problem
from tests.commands import dump, rows, trials, trials_json
from tests.samples import write_listing, write_study

SOURCES = {"ctgov", "trialx"}
URL = "https://example.org/1"


def day(number: int) -> str:
    return f"2026-01-{number:02}T00:00:00Z"


def page(body: bytes, number: int, url: str = URL, source: str = "ctgov") -> Page:
    return Page(source=source, url=url, body=body, fetched_at=day(number))


def filled(path: Path, *pages: Page) -> Path:
    """An archive holding pages, fetched in that order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Archive(path) as archive:
        for one in pages:
            archive.add(one)
    return path


def merged(into: Path, *others: Path) -> list[Merged]:
    with Archive(into) as archive:
        return [merge(archive, other, SOURCES, lambda *_: None) for other in others]


def history(path: Path) -> list[tuple[str, bytes]]:
    """What an archive says each address held, oldest first."""
    with Archive(path) as archive:
        pages = [stored.page for stored in archive.pages(archive.page_ids())]
        return sorted((p.fetched_at, p.body) for p in pages)


def everything(path: Path) -> dict[str, list[str]]:
    """All that an archive holds, but the ids of its rows and how far the build has come."""
    connection = sqlite3.connect(path)
    queries = {
        "pages": "source, url, fetched_at, status, headers, name, path, sha256, body",
        "addresses": "*",
        "presence": "*",
        "aliases": "*",
        "failures": "*",
        "runs": "command, source, arguments, started_at, finished_at, expected, fetched, unchanged, failed",
    }
    try:
        return {
            table: sorted(map(repr, connection.execute(f"select {columns} from {table}")))
            for table, columns in queries.items()
        }
    finally:
        connection.close()


# ── what an address held over time ─────────────────────────────────────────────────────────────────────


def test_a_body_seen_by_two_machines_is_kept_from_the_first_sighting() -> None:
    assert timeline(([Version("2", "x")], "2"), ([Version("1", "x")], "4")) == [Version("1", "x")]


def test_a_page_seen_again_after_the_other_machine_met_another_body_is_news_again() -> None:
    assert timeline(([Version("1", "x")], "3"), ([Version("2", "y")], "2")) == [
        Version("1", "x"),
        Version("2", "y"),
        Version("3", "x"),
    ]


_seen = st.lists(st.tuples(st.sampled_from("123456"), st.sampled_from("xyz")), min_size=1, max_size=6)


@given(sightings=_seen, mask=st.lists(st.booleans(), min_size=6, max_size=6))
def test_a_history_split_over_two_archives_is_put_together_again(
    sightings: list[tuple[str, str]], mask: list[bool]
) -> None:
    one_a_moment = sorted(dict(sightings).items())

    def kept(seen: list[tuple[str, str]]) -> tuple[list[Version], str]:
        versions: list[Version] = []
        for when, body in seen:
            if not versions or versions[-1].sha256 != body:
                versions.append(Version(when, body))
        return versions, seen[-1][0] if seen else ""

    first = kept([s for s, mine in zip(one_a_moment, mask, strict=False) if mine])
    second = kept([s for s, mine in zip(one_a_moment, mask, strict=False) if not mine])
    whole = timeline(first, second)
    assert whole == timeline(second, first)
    last_seen_at = max(first[1], second[1])
    assert timeline((whole, last_seen_at), first) == whole
    # Whoever saw the address last saw what is newest.
    assert whole[-1].sha256 == one_a_moment[-1][1]


# ── archives ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_comes_over_with_its_times_names_and_bytes(tmp_path: Path) -> None:
    body = bytes(range(256)) * 100
    came = Page(
        source="ctgov",
        url=URL,
        body=body,
        fetched_at=day(1),
        status=203,
        headers={"ETag": '"7"'},
        name="NCT1.json",
        path="saved/NCT1.json",
    )
    other = filled(tmp_path / "b" / "archive.db", came)
    assert merged(tmp_path / "archive.db", other)[0].pages == 1
    with Archive(tmp_path / "archive.db") as archive:
        (stored,) = archive.waiting()
        assert stored.page == came


def test_merging_twice_adds_nothing(tmp_path: Path) -> None:
    mine = filled(tmp_path / "a.db", page(b"a", 1), page(b"b", 3))
    other = filled(tmp_path / "b.db", page(b"b", 2), page(b"c", 4), page(b"z", 4, "https://example.org/2"))
    (first,) = merged(mine, other)
    before = everything(mine)
    (second,) = merged(mine, other)
    assert (first.pages, second.pages, second.addresses) == (3, 0, 0)
    assert everything(mine) == before
    with Archive(mine) as archive:
        archive.all_done()
    merged(mine, other)
    with Archive(mine) as archive:
        assert not list(archive.waiting())


def test_the_order_of_merging_changes_nothing(tmp_path: Path) -> None:
    parts = {
        "a": [page(b"x", 1), page(b"x", 5), page(b"q", 2, "https://example.org/2")],
        "b": [page(b"y", 3), page(b"x", 6)],
        "c": [page(b"x", 2), page(b"q", 1, "https://example.org/2")],
    }
    found = []
    for order in ("abc", "acb", "bac", "bca", "cab", "cba"):
        for name, pages in parts.items():
            filled(tmp_path / order / f"{name}.db", *pages)
        target = tmp_path / order / f"{order[0]}.db"
        merged(target, *(tmp_path / order / f"{name}.db" for name in order[1:]))
        found.append(everything(target))
    assert all(one == found[0] for one in found)
    assert [(when[8:10], body) for when, body in history(target) if body != b"q"] == [
        ("01", b"x"),
        ("03", b"y"),
        ("05", b"x"),
    ]


def test_a_body_that_was_seen_later_than_the_other_machines_is_still_the_newest(tmp_path: Path) -> None:
    mine = filled(tmp_path / "a.db", page(b"x", 1), page(b"x", 3))
    other = filled(tmp_path / "b.db", page(b"y", 2))
    merged(mine, other)
    assert history(mine) == [(day(1), b"x"), (day(2), b"y"), (day(3), b"x")]


def test_an_address_is_gone_only_when_nobody_saw_it_since(tmp_path: Path) -> None:
    mine, other = filled(tmp_path / "a.db", page(b"x", 1)), filled(tmp_path / "b.db", page(b"x", 1))
    with Archive(other) as archive:
        archive.vanished(URL, day(5))
    with Archive(mine) as archive:
        archive.all_done()
    merged(mine, other)
    with Archive(mine) as archive:
        assert [stored.removed_at for stored in archive.waiting()] == [day(5)]
    later = filled(tmp_path / "c.db", page(b"x", 7))
    merged(mine, later)
    with Archive(mine) as archive:
        assert [(s.last_seen_at, s.removed_at) for s in archive.waiting()] == [(day(7), None)]


def test_when_an_address_was_gone_and_back_is_known_whichever_archive_is_merged_into_which(
    tmp_path: Path,
) -> None:
    def gone(name: str) -> Path:
        path = filled(tmp_path / name, page(b"x", 1))
        with Archive(path) as archive:
            archive.vanished(URL, day(5))
        return path

    def seen(name: str) -> Path:
        return filled(tmp_path / name, page(b"x", 7))

    one, other = gone("a.db"), seen("b.db")
    merged(one, seen("c.db"))
    merged(other, gone("d.db"))
    assert everything(one)["presence"] == everything(other)["presence"]
    with Archive(one) as archive:
        assert archive.presence([URL]) == [(day(5), True), (day(7), False)]
    before = everything(one)
    merged(one, other)
    assert everything(one) == before


def test_aliases_failures_and_finished_runs_come_over_once(tmp_path: Path) -> None:
    other = filled(tmp_path / "b.db", page(b"x", 1))
    problem = Problem(
        source="ctgov",
        source_id="",
        url="lost.json",
        stage="archive",
        field="",
        found="an empty file",
        expected="a study",
        seen_at=day(2),
    )
    with Archive(other) as archive:
        archive.alias("NCT99100009", "NCT99100001")
        archive.fail(problem)
        run = archive.start_run("scrape", "ctgov", {"query": "sleep"}, day(1))
        archive.note_run(run.id, finished_at=day(2), fetched=1)
        archive.start_run("scrape", "ctgov", {"query": "stopped"}, day(2))
        archive.start_run("scrape", "unheard-of", {}, day(2))
    mine = filled(tmp_path / "a.db", page(b"w", 1, "https://example.org/2"))
    first, second = merged(mine, other, other)
    assert (first.aliases, first.failures, first.runs) == (1, 1, 1)
    assert (second.aliases, second.failures, second.runs) == (0, 0, 0)
    with Archive(mine) as archive:
        assert archive.resolve("NCT99100009") == "NCT99100001"
        assert archive.failures() == [problem]
        assert [(r.arguments, r.finished_at) for r in archive.runs()] == [('{"query": "sleep"}', day(2))]


def test_a_page_of_an_unknown_source_stays_behind_and_is_said(tmp_path: Path) -> None:
    other = filled(tmp_path / "b.db", page(b"x", 1), page(b"y", 1, "https://example.org/2", "tomorrow"))
    (result,) = merged(tmp_path / "a.db", other)
    assert result.pages == 1
    assert ["tomorrow" in refused.found for refused in result.refused] == [True]


@pytest.mark.parametrize(
    "damage",
    [
        "update pages set body = x'28b52ffd00' where url like '%/2'",
        "update pages set body = (select body from pages where url like '%/1') where url like '%/2'",
        "update pages set headers = '[1]' where url like '%/2'",
        "update pages set fetched_at = 'yesterday' where url like '%/2'",
        "update pages set status = 'fine' where url like '%/2'",
    ],
)
def test_a_damaged_page_costs_itself_alone(tmp_path: Path, damage: str) -> None:
    other = filled(tmp_path / "b.db", page(b"x", 1), page(b"y", 1, "https://example.org/2"))
    connection = sqlite3.connect(other)
    connection.execute(damage)
    connection.commit()
    connection.close()
    (result,) = merged(tmp_path / "a.db", other)
    assert result.pages == 1 and result.refused
    assert history(tmp_path / "a.db") == [(day(1), b"x")]


def test_a_damaged_copy_takes_nothing_away(tmp_path: Path) -> None:
    mine = filled(tmp_path / "a.db", page(b"x", 2))
    other = filled(tmp_path / "b.db", page(b"x", 1))
    connection = sqlite3.connect(other)
    connection.execute("update pages set body = x'00'")
    connection.commit()
    connection.close()
    merged(mine, other)
    assert {body for _, body in history(mine)} == {b"x"}


# ── the command ────────────────────────────────────────────────────────────────────────────────────────


def test_two_machines_fetch_and_either_builds_the_same_trials(tmp_path: Path) -> None:
    old = write_study(tmp_path / "old", updated="2026-01-01")
    new = write_study(tmp_path / "new", updated="2026-03-01", minimum="8 Months")
    more = [write_listing(tmp_path / "listing"), write_study(tmp_path, "NCT99100002")]
    for number, file in enumerate([old, new, *more]):
        os.utime(file, (1_767_225_600 + number, 1_767_225_600 + number))
    trials(tmp_path / "a", "import", old, new)
    trials(tmp_path / "b", "import", old, *more)
    (tmp_path / "noise.txt").write_text("nothing of the kind")
    trials(tmp_path / "b", "import", tmp_path / "noise.txt")
    for machine in ("a", "b"):
        shutil.copy(tmp_path / machine / "archive.db", tmp_path / f"{machine}.db")
    assert trials_json(tmp_path / "a", "import", tmp_path / "b.db")["fetched"] == 2
    assert trials_json(tmp_path / "b", "import", tmp_path / "a.db")["fetched"] == 1
    assert dump(tmp_path / "a") == dump(tmp_path / "b")
    assert rows(tmp_path / "a", "select trial_id, minimum_age from trials order by 1") == [
        ("NCT99100001", "8 Months"),
        ("NCT99100002", "6 Months"),
    ]
    before = (tmp_path / "a" / "trials.db").read_bytes()
    assert trials_json(tmp_path / "a", "import", tmp_path / "b.db")["trials_written"] == 0
    assert (tmp_path / "a" / "trials.db").read_bytes() == before
    trials(tmp_path / "a", "build", "--full")
    assert dump(tmp_path / "a") == dump(tmp_path / "b")


def _trials_database(folder: Path) -> Path:
    trials(folder / "other", "import", write_study(folder))
    return folder / "other" / "trials.db"


def _sqlite(folder: Path, *statements: str) -> Path:
    path = folder / "some.db"
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path


def _newer(folder: Path) -> Path:
    path = filled(folder / "newer.db", page(b"x", 1))
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 99")
    connection.close()
    return path


def _cut_off(folder: Path) -> Path:
    path = filled(folder / "cut.db", page(b"x", 1))
    path.write_bytes(path.read_bytes()[:5000])
    return path


FOREIGN: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a trials.db": (_trials_database, "a database of trials"),
    "another SQLite file": (
        lambda folder: _sqlite(folder, "create table pages (x)"),
        "an SQLite file of something else",
    ),
    "a newer archive": (_newer, "version 99"),
    "a damaged file": (_cut_off, "found"),
    "an empty archive": (lambda folder: filled(folder / "empty.db"), "without a page"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_that_is_no_archive_is_one_clear_line_and_a_problem(tmp_path: Path, name: str) -> None:
    make, words = FOREIGN[name]
    path = make(tmp_path)
    result = trials(tmp_path / "data", "import", path)
    assert result.exit_code == 1
    (line,) = [line for line in result.stderr.splitlines() if str(path) in line]
    assert words in line and "expected" in line
    assert rows(tmp_path / "data", "select url, stage from problems") == [(str(path), "archive")]
    assert rows(tmp_path / "data", "select count(*) from trials") == [(0,)]


def test_the_folders_own_archive_is_not_merged_into_itself(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path))
    result = trials(data, "import", data / "archive.db")
    assert result.exit_code == 1 and "own archive" in result.stderr


def test_a_foreign_file_beside_good_ones_costs_nothing_but_itself(tmp_path: Path) -> None:
    bad = _sqlite(tmp_path, "create table pages (x)")
    good = filled(tmp_path / "good" / "archive.db")
    trials(tmp_path / "good", "import", write_study(tmp_path))
    assert trials(tmp_path / "data", "import", bad, good).exit_code == 0
    assert rows(tmp_path / "data", "select trial_id from trials") == [("NCT99100001",)]


def test_memory_stays_bounded_whatever_the_size_of_the_archive(tmp_path: Path) -> None:
    """Forty pages of two megabytes that do not compress: 80 MB go through far less memory."""
    pages = (page(os.urandom(2 << 20), 1, f"https://example.org/{n}") for n in range(40))
    filled(tmp_path / "big.db", *pages)
    script = (
        "import json, resource, sys\n"
        "from pathlib import Path\n"
        "from scraper.archive.merge import merge\n"
        "from scraper.archive.store import Archive\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "with Archive(Path(sys.argv[2])) as archive:\n"
        "    pages = merge(archive, Path(sys.argv[1]), {'ctgov'}, lambda *_: None).pages\n"
        "print(json.dumps([pages, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before]))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "big.db"), str(tmp_path / "mine.db")]
    pages_came, grown = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    kilobytes = 1024 if sys.platform == "darwin" else 1
    assert pages_came == 40
    assert grown / kilobytes < 40_000


@pytest.mark.shared
def test_the_real_history_split_over_two_archives_gives_the_same_trials(tmp_path: Path, shared: Path) -> None:
    files = sorted((shared / "data" / "ctgov-v2-history").rglob("*.json"))
    trials(tmp_path / "whole", "import", *files)
    for machine, half in (("a", files[::2]), ("b", files[1::2])):
        trials(tmp_path / machine, "import", *half)
        shutil.copy(tmp_path / machine / "archive.db", tmp_path / f"{machine}.db")
    trials(tmp_path / "a", "import", tmp_path / "b.db")
    trials(tmp_path / "b", "import", tmp_path / "a.db")
    assert rows(tmp_path / "a", "select count(*) from changes") > [(0,)]
    assert dump(tmp_path / "a") == dump(tmp_path / "b") == dump(tmp_path / "whole")
