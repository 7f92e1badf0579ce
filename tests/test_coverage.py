"""The field map of API v2: every path is in it, and what has a column is stored, or it is said why not."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from scraper import coverage
from scraper.model import Version
from scraper.store.rows import Row, columns
from tests.commands import trials, trials_json
from tests.samples import study, write_study

SETS = (
    "ctgov-v2-json",
    "ctgov-v2-pages",
    "ctgov-v2-history",
    "ctgov-v2-fields",
    "bulk/ctgov-v2-more.ndjson.gz",
)
# Another project's copy of the records splits the sites in two lists; the registry has no such path.
FOREIGN = "protocolSection.contactsLocationsModule.locations_nested[]"
PAGES = Path(__file__).parent / "pages" / "ctgov"


def fields(found: dict[str, object]) -> dict[str, dict[str, object]]:
    lines = found["fields"]
    assert isinstance(lines, list)
    return {line["path"]: line for line in lines}


def test_every_line_of_the_field_map_names_a_column_or_a_reason() -> None:
    for line in coverage.field_map().values():
        if line.table:
            assert line.column in columns()[line.table], line.path
            assert all(part.partition("=")[0] in columns()[line.table] for part in line.where.split()), (
                line.path
            )
        else:
            assert line.reason and not line.column and not line.where, line.path


def test_personal_data_has_no_column() -> None:
    personal = ("ontacts[]", "overallOfficials", "responsibleParty", "phone", "email")
    lines = [line for path, line in coverage.field_map().items() if any(word in path for word in personal)]
    assert len(lines) >= 4
    assert all(not line.table and "person" in line.reason for line in lines)


def test_the_command_shows_what_is_stated_stored_and_left_out(tmp_path: Path) -> None:
    file = write_study(tmp_path)
    found = trials_json(tmp_path / "data", "coverage", file)
    lines = fields(found)
    assert found["records"] == 1 and found["unknown"] == {} and found["shortfalls"] == []
    sex = lines["protocolSection.eligibilityModule.sex"]
    assert (sex["stated"], sex["stored"], sex["column"]) == (1, 1, "trials.sex")
    assert lines["protocolSection.eligibilityModule.maximumAge"]["stored"] == 1
    assert lines["protocolSection.outcomesModule.otherOutcomes[].measure"]["stated"] == 0
    assert "personal data" in str(
        lines["protocolSection.contactsLocationsModule.centralContacts[].*"]["reason"]
    )
    text = trials(tmp_path / "data", "coverage", file).stdout
    assert "100.0%   100.0%  protocolSection.eligibilityModule.sex -> trials.sex" in text


def test_the_archive_is_measured_when_no_file_is_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert trials(data, "coverage").exit_code == 1
    trials(data, "import", write_study(tmp_path / "a"), write_study(tmp_path / "b", "NCT99100002"))
    assert trials_json(data, "coverage")["records"] == 2


def test_a_path_that_is_new_is_counted_and_listed(tmp_path: Path) -> None:
    record = study()
    record["protocolSection"]["statusModule"]["mood"] = {"words": ["calm", "bright"]}
    (tmp_path / "new.json").write_text(json.dumps(record))
    found = trials_json(tmp_path / "data", "coverage", tmp_path / "new.json")
    assert found["unknown"] == {"protocolSection.statusModule.mood.words[]": 1}


def test_what_is_not_stored_is_a_shortfall_and_an_odd_word_explains_it(tmp_path: Path) -> None:
    file = write_study(tmp_path, sex="SOMETIMES", minimum="0 Years")
    lines = fields(trials_json(tmp_path / "data", "coverage", file))
    for name in ("sex", "minimumAge"):
        line = lines[f"protocolSection.eligibilityModule.{name}"]
        assert (line["stated"], line["stored"], line["explained"]) == (1, 0, 1)


def test_a_value_that_gets_lost_on_the_way_is_a_shortfall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = coverage._rows

    def losing(version: Version) -> Mapping[str, Sequence[Row]]:
        return {**complete(version), "conditions": []}

    monkeypatch.setattr(coverage, "_rows", losing)
    found = coverage.measure(coverage.saved([write_study(tmp_path)]))
    assert found.shortfalls == [("NCT99100001", "protocolSection.conditionsModule.conditions[]")]


def test_other_forms_are_counted_apart_and_nothing_at_all_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("NCT Number,Study Title,Sex\nNCT99100001,A trial,ALL\n")
    result = trials(tmp_path / "data", "coverage", tmp_path / "list.csv")
    assert result.exit_code == 1 and "API v2" in result.stderr
    found = trials_json(tmp_path / "data", "coverage", tmp_path / "list.csv", write_study(tmp_path))
    assert (found["records"], found["other_forms"]) == (1, 1)


def test_our_own_records_are_stored_whole() -> None:
    paths = [path for path in PAGES.glob("*.json") if not path.name.endswith(".record.json")]
    found = coverage.measure(coverage.saved(paths))
    assert found.records == len(paths)
    assert found.shortfalls == [] and dict(found.unknown) == {}


@pytest.mark.shared
def test_every_path_of_the_real_records_is_known_and_what_has_a_column_is_stored(shared: Path) -> None:
    found = coverage.measure(coverage.saved(shared / "data" / name for name in SETS))
    assert found.records == 2272
    assert {path for path in found.unknown if not path.startswith(FOREIGN)} == set()
    assert found.shortfalls == []
    short = {path: count.stated - count.stored for path, count in found.counts.items() if count.explained}
    # Two studies invented by other projects have words of no vocabulary; fifteen minimum ages are 0.
    assert short == {
        "protocolSection.designModule.studyType": 2,
        "protocolSection.designModule.phases[]": 1,
        "protocolSection.eligibilityModule.minimumAge": 15,
    }
