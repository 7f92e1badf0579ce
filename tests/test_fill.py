"""`trials sources --fill`: what records of each source have, and the reason of every gap."""

from pathlib import Path
from typing import Any

import pytest

from scraper import fill
from scraper.sources import SOURCES
from scraper.store import reader
from tests.commands import trials, trials_json
from tests.samples import study, write_listing
from tests.test_learned_counts import write


def field(data: Path, source: str, name: str) -> Any:
    found = {each["source"]: each for each in trials_json(data, "sources", "--fill")}
    return found[source]["fields"][name]


def test_shares_count_what_was_stated_read_and_said_to_be_none(tmp_path: Path) -> None:
    data = tmp_path / "data"
    sexless = study("NCT99100002")
    del sexless["protocolSection"]["eligibilityModule"]["sex"]
    odd = study("NCT99100003", sex="SOMETIMES")
    observed = study("NCT99100004", phases=[])
    trials(data, "import", write(tmp_path, "all", [study(), sexless, odd, observed]))
    reason = next(source for source in SOURCES if source.name == "ctgov").gaps["sex"]
    assert field(data, "ctgov", "sex") == {
        "stated": 3,
        "read": 2,
        "unread": 1,
        "says_none": {},
        "reason_not_stated": reason,
    }
    assert field(data, "ctgov", "phase")["read"] == 3
    assert field(data, "ctgov", "criteria")["read"] == 4
    lines = trials(data, "sources", "--fill").output.splitlines()
    assert lines[0] == "ctgov: 4 records; 0 partial ones and 0 behind another source's apart"
    assert f"  sex        50.0%  1 do not state it: {reason}; 1 could not be read (table problems)" in lines
    assert "  sponsor   100.0%" in lines


def test_words_that_stand_for_none_are_told_apart_from_silence(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write(tmp_path, "all", [study(minimum="N/A", maximum="N/A")]))
    assert field(data, "ctgov", "age")["says_none"] == {"N/A to N/A": 1}


def test_listing_behind_its_registry_is_counted_apart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    trials(data, "import", write(tmp_path, "all", [study()]), write_listing(tmp_path))
    found = {each["source"]: each for each in trials_json(data, "sources", "--fill")}
    assert (found["trialx"]["records"], found["trialx"]["behind_other_sources"]) == (0, 1)


def test_gaps_name_fields_that_are_counted() -> None:
    assert {name for source in SOURCES for name in source.gaps} <= set(fill.FIELDS)


def test_fill_without_a_database_is_one_clear_line(tmp_path: Path) -> None:
    result = trials(tmp_path / "none", "sources", "--fill")
    assert result.exit_code == 1
    assert "Traceback" not in result.output


@pytest.mark.shared
@pytest.mark.parametrize(
    "folder",
    [
        "ctgov-v2-json",
        "ctis-json",
        "ctrdata-json",
        "drks-json",
        "ictrp-xml",
        "ictrp-csv",
        "euctr-html",
        "euctr-txt",
        "other-html",
        "ctgov-archive-html",
    ],
)
def test_every_gap_of_real_records_has_a_reason(tmp_path: Path, shared: Path, folder: str) -> None:
    trials(tmp_path, "import", shared / "data" / folder)
    db = reader.open_readonly(tmp_path / "trials.db")
    assert fill.unexplained(fill.measure(db.conn)) == []
    db.close()
