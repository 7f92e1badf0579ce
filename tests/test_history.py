"""What a trial was at any date: the state that a database of only the pages up to then shows, whatever came when."""

import hashlib
import json
import os
import random
import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.archive.pages import StoredPage
from scraper.model import Page
from scraper.pipeline import derive
from scraper.sources import recognise
from scraper.store import writer
from tests.commands import dump, rows, trials, trials_json
from tests.samples import study, write_listing, write_study

NCT = "NCT99100001"


def shown(data: Path, nct_id: str, *arguments: str) -> dict[str, Any]:
    """What `trials show` says, without what only the whole database has."""
    found: dict[str, Any] = trials_json(data, "show", nct_id, *arguments)
    for name in ("as_of", "versions", "links"):
        found.pop(name, None)
    return found


def versions(folder: Path) -> list[Path]:
    """One trial over time: limits moved, a partial answer, a lapse, a listing that knows it too."""
    criteria = "Inclusion Criteria:\n\n* Keeps a lighthouse\n* Hemoglobin \\>= {} g/dL\n\nExclusion Criteria:\n\n* {}"
    first = criteria.format(9, "Pregnant women")
    second = criteria.format(8, "Pregnant or nursing women\n* Seasick")
    part = study(updated="2026-02-20")
    part["protocolSection"] = {
        name: part["protocolSection"][name] for name in ("identificationModule", "statusModule")
    }
    lapsed = study(updated="2026-04-01", status="UNKNOWN", minimum="8 Months", criteria=second)
    lapsed["derivedSection"] = {"miscInfoModule": {"versionHolder": "2026-06-05"}}
    for name, record in (("part", part), ("lapsed", lapsed)):
        (folder / f"{name}.json").write_text(json.dumps(record))
    files = [
        write_listing(folder, date="13 January 2026"),
        write_study(folder / "a", updated="2026-02-01", status="NOT_YET_RECRUITING", criteria=first),
        write_study(folder / "b", updated="2026-03-01", criteria=second),
        write_study(folder / "c", updated="2026-04-01", minimum="8 Months", criteria=second),
        folder / "part.json",
        folder / "lapsed.json",
    ]
    for number, file in enumerate(files):
        os.utime(file, (1_780_000_000 + number, 1_780_000_000 + number))
    return files


DATES = ("2026-01-13", "2026-02-01", "2026-03-01", "2026-04-01", "2026-06-05")


def test_every_order_of_import_rebuilds_the_same_history(tmp_path: Path) -> None:
    files = versions(tmp_path)
    chance = random.Random(5)
    dumps = []
    for number in range(6):
        data = tmp_path / f"data{number}"
        chance.shuffle(files)
        for file in files:
            assert trials(data, "import", file).exit_code == 0
        dumps.append(dump(data))
    assert all(other == dumps[0] for other in dumps)
    trials(data, "build", "--full")
    assert dump(data) == dumps[0]
    assert rows(
        data, "select field, new, observed_at from changes where severity = 'high' and field <> 'criteria'"
    ) == [
        (
            "eligibility_criteria",
            rows(data, "select eligibility_criteria from trial_text")[0][0],
            "2026-03-01",
        ),
        ("overall_status", "RECRUITING", "2026-03-01"),
        ("minimum_age", "8 Months", "2026-04-01"),
        ("overall_status", "UNKNOWN", "2026-06-05"),
    ]
    assert rows(data, "select observed_at, replaced_at, source from versions order by position") == [
        ("2026-01-13", "2026-02-01", "trialx"),
        ("2026-02-01", "2026-03-01", "ctgov"),
        ("2026-03-01", "2026-04-01", "ctgov"),
        ("2026-04-01", "2026-06-05", "ctgov"),
    ]


def test_a_former_date_shows_what_a_database_of_the_pages_up_to_then_shows(tmp_path: Path) -> None:
    files = versions(tmp_path)
    listing, a, b, c, part, lapsed = files
    whole = tmp_path / "whole"
    trials(whole, "import", *files)
    data = tmp_path / "data"
    for date, came in zip(DATES, ([listing], [a], [part, b], [c], [lapsed]), strict=True):
        trials(data, "import", *came)
        assert shown(whole, NCT, "--as-of", date) == shown(data, NCT), date
    assert shown(whole, NCT, "--as-of", "2026-02-28") == shown(whole, NCT, "--as-of", "2026-02")


def test_a_trial_names_the_dates_of_its_versions(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", *versions(tmp_path))
    assert (
        "Versions of 2026-01-13, 2026-02-01, 2026-03-01, 2026-04-01, 2026-06-05:"
        in trials(data, "show", NCT).stdout
    )
    assert trials_json(data, "show", NCT)["versions"][-1] == {
        "observed_at": "2026-06-05",
        "replaced_at": None,
    }
    then = trials(data, "show", NCT, "--as-of", "2026-02-10").stdout
    assert then.startswith("AS OF 2026-02-10: this version was shown from 2026-02-01 until 2026-03-01\n")
    assert "[hemoglobin >= 9 g/dL]" in then


def test_a_date_before_the_first_version_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", *versions(tmp_path))
    result = trials(data, "show", NCT, "--as-of", "2025-12-31")
    assert result.exit_code == 1
    assert "nothing is known of it before 2026-01-13" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("date", ["yesterday", "2026-13-01", "2026-3-1", "٢٠٢٦-01-01"])
def test_a_date_that_is_none_is_a_bad_argument(tmp_path: Path, date: str) -> None:
    data = tmp_path / "data"
    trials(data, "import", write_study(tmp_path))
    result = trials(data, "show", NCT, "--as-of", date)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_a_database_of_an_older_program_is_made_anew_with_its_history(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", *versions(tmp_path))
    before = dump(data)
    connection = sqlite3.connect(data / "trials.db")
    connection.executescript(
        "drop table versions; delete from _sqlite_migrations where name = 'm007_memory';"
        " alter table changes drop column kind; alter table changes drop column criterion;"
        " alter table changes drop column detail; alter table records drop column form_lacks;"
    )
    connection.close()
    assert trials(data, "build").exit_code == 0
    assert dump(data) == before


def test_when_changes_were_learned_is_filled_in_as_a_build_makes_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for day, path in enumerate(versions(tmp_path)):
        os.utime(path, (1_773_000_000 + 86_400 * (day * 5 % 7),) * 2)  # some older ones come later
        trials(data, "import", path)
    with closing(sqlite3.connect(data / "trials.db")) as connection:
        built = connection.execute("select * from changes").fetchall()
        connection.executescript(
            "delete from _sqlite_migrations where name = 'm011_learned_at';"
            " drop index changes_learned_at_observed_at; alter table changes drop column learned_at;"
        )
    writer.open_database(data / "trials.db").close()
    with closing(sqlite3.connect(data / "trials.db")) as connection:
        assert connection.execute("select * from changes").fetchall() == built
    assert len({row[-1] for row in built}) > 1


@given(st.permutations(range(6)))
@settings(max_examples=15)
def test_the_history_of_a_trial_does_not_depend_on_the_order_of_its_pages(order: list[int]) -> None:
    assert derived(order) == derived(range(6))


def derived(order: Iterable[int]) -> Any:
    """The dossier of the pages in that order of arrival."""
    with tempfile.TemporaryDirectory() as folder:
        files = versions(Path(folder))
        pages: list[StoredPage] = []
        for number in order:
            body = files[number].read_bytes()
            source = recognise(files[number].name, body)
            assert source is not None
            page = Page(
                source=source.name, url="saved", body=body, fetched_at=f"2026-07-0{number + 1}T00:00:00Z"
            )
            for part in source.split(page):
                assert isinstance(part, Page)
                pages.append(
                    StoredPage(
                        len(pages), part, hashlib.sha256(part.body).hexdigest(), NCT, page.fetched_at, None
                    )
                )
        return derive(NCT, pages)


@pytest.mark.shared
def test_every_version_of_the_real_records_is_shown_as_of_its_date(tmp_path: Path, shared: Path) -> None:
    folder = shared / "data" / "ctgov-v2-history"
    whole = tmp_path / "whole"
    assert trials(whole, "import", folder).exit_code == 0
    compared = 0
    for trial in sorted(folder.iterdir()):
        data = tmp_path / trial.name
        for version in sorted(trial.iterdir()):
            assert trials(data, "import", version).exit_code == 0
            then = shown(data, trial.name)
            date = version.name[:10]
            assert shown(whole, trial.name, "--as-of", date) == then, (trial.name, date)
            compared += 1
    assert compared == 78


@pytest.mark.shared
def test_real_pages_in_any_order_give_the_same_rows(tmp_path: Path, shared: Path) -> None:
    folder = shared / "data" / "ctgov-v2-history"
    files = [
        file for name in ("NCT07227597", "NCT04514484", "NCT06612645") for file in (folder / name).iterdir()
    ]
    dumps = []
    for seed in range(4):
        random.Random(seed).shuffle(files)
        for file in files:
            assert trials(tmp_path / f"data{seed}", "import", file).exit_code == 0
        dumps.append(dump(tmp_path / f"data{seed}"))
    assert all(other == dumps[0] for other in dumps)
