"""Floors: what a source stated in the last good build, and builds that fall below it, through the real command line."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from scraper.archive.store import Archive
from scraper.sources import ctgov
from scraper.store import floorfile, floors, measure
from scraper.store.floors import Floor, Learned
from scraper.store.floors import Set as ByHand
from scraper.store.measure import COMPARED, Measured, Stated
from scraper.store.turned import Turned
from scraper.workers import trial_rows
from tests.commands import dump, rows, trials
from tests.samples import study, write_listing, write_study
from tests.server import SiteServer

IDS = [f"NCT9950{number:04}" for number in range(1, 13)]


def _measured(trials: int = 100, records: int = 100, **shares: float) -> Measured:
    usual = {"brief_title": 1.0, "overall_status": 1.0, "lead_sponsor": 1.0}
    return Measured(records, trials, usual | shares, {"status_raw": {"RECRUITING": records}}, 0.0)


def _known(**by_hand: Any) -> dict[str, Floor]:
    learned = floors.learn(_measured(minimum_age=0.9), "2026-01-01T00:00:00Z", Floor())
    return {"ctgov": Floor(learned=learned.learned, set=ByHand(**by_hand))}


def _stated(source: str = "ctgov", *, without: str = "", **values: object) -> Stated:
    every: dict[str, object] = dict.fromkeys(COMPARED, "as before") | values
    return Stated(source, floors.CORE - {without}, every)


# ── a whole database ────────────────────────────────────────────────────────────────────────────────────


def test_what_was_learned_does_not_fall_below_itself() -> None:
    assert not list(floors.falls({"ctgov": _measured(minimum_age=0.9)}, _known()))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (_measured(minimum_age=0.3), "only 30% of the trials of ctgov have minimum_age"),
        (_measured(), "only 0% of the trials of ctgov have minimum_age"),
        (_measured(records=80, minimum_age=0.9), "ctgov has 80 records; expected at least 95"),
        (
            _measured(minimum_age=0.9)._replace(odd={"status_raw": {"RECRUITING": 1, "Status: open": 20}}),
            "20 of 100 records of ctgov have a status_raw that cannot be read and that it never used before",
        ),
        (_measured(minimum_age=0.9)._replace(unread=0.4), "40% of the pages of ctgov hold no trial"),
    ],
)
def test_each_kind_of_fall_names_the_source_and_the_field(found: Measured, words: str) -> None:
    failures = list(floors.falls({"ctgov": found}, _known()))
    assert len(failures) == 1 and words in failures[0]


def test_a_source_that_is_there_no_more_has_fallen() -> None:
    assert list(floors.falls({}, _known())) == [
        "ctgov has 0 records; expected at least 95: see which of its pages are not read any more in the table problems"
    ]


@pytest.mark.parametrize("share", [0.5, 0.86])
def test_a_floor_set_by_hand_wins_over_what_was_learned(share: float) -> None:
    found = {"ctgov": _measured(minimum_age=0.85)}
    assert bool(list(floors.falls(found, _known(fields={"minimum_age": share})))) == (share > 0.85)


def test_the_fewer_trials_the_lower_the_floor() -> None:
    few, many = _measured(trials=10, records=100, minimum_age=0.65), _measured(minimum_age=0.65)
    assert not list(floors.falls({"ctgov": few}, _known()))
    assert list(floors.falls({"ctgov": many}, _known()))


def test_without_anything_learned_a_title_is_due_all_the_same() -> None:
    assert "have brief_title" in next(floors.falls({"new": _measured(brief_title=0.5)}, {}))


# ── an update ───────────────────────────────────────────────────────────────────────────────────────────


def _falls(pairs: Sequence[tuple[Stated | None, Stated | None]], known: dict[str, Floor]) -> list[str]:
    turned = Turned()
    for before, after in pairs:
        turned.add(before, after, is_gone=after is None)
    stored = {"ctgov": 100}
    return list(turned.falls(known, stored, turned.brought(stored, {})))


def test_three_trials_that_lose_their_age_together_are_refused_and_two_are_not() -> None:
    one = (_stated(), _stated(without="minimum_age"))
    assert "3 of 3 changed trials of ctgov would lose their minimum_age" in _falls([one] * 3, {})[0]
    assert not _falls([one] * 2, {})


def test_among_many_changed_trials_some_may_lose_a_field() -> None:
    lost, kept = (_stated(), _stated(without="minimum_age")), (_stated(), _stated(brief_title="as before"))
    assert not _falls([lost] * 4 + [kept] * 6, {})


def test_ages_that_become_others_in_most_trials_are_refused() -> None:
    other = (_stated(minimum_age_years=6.0), _stated(minimum_age_years=0.5))
    assert "6 of 6 trials of ctgov would have another minimum_age_years" in _falls([other] * 6, {})[0]
    assert not _falls([other] * 6, {"ctgov": Floor(set=ByHand(altered={"minimum_age_years": 1.0}))})


def test_sites_that_close_together_are_no_fall() -> None:
    closed = (_stated(overall_status="RECRUITING"), _stated(overall_status="COMPLETED"))
    assert not _falls([closed] * 8 + [(_stated(), _stated())], {})


def test_new_trials_without_an_age_are_refused_where_ages_are_usual() -> None:
    bare = (None, _stated(without="minimum_age"))
    known = {"ctgov": Floor(learned=Learned(records=100, trials=100, fields={"minimum_age": 1.0}))}
    assert "only 0% of the 8 trials of ctgov that came have minimum_age" in _falls([bare] * 8, known)[0]
    assert not _falls([bare] * 2, known)


def test_two_trials_with_every_age_say_nothing_of_fifteen_others(tmp_path: Path) -> None:
    saved, others, data = tmp_path / "saved", tmp_path / "others", tmp_path / "data"
    for nct_id in IDS[:2]:
        write_study(saved, nct_id)
    for nct_id in IDS[2:]:
        write_study(others, nct_id, minimum="", maximum="")
    assert trials(data, "import", saved).exit_code == 0
    result = trials(data, "import", others)
    assert (result.exit_code, rows(data, "select count(*) from trials")) == (0, [(12,)]), result.output
    assert trials(data, "build", "--full").exit_code == 0


def test_few_trials_are_a_measure_of_themselves_all_the_same() -> None:
    learned = floors.learn(_measured(trials=20, minimum_age=1.0), "2026-01-01T00:00:00Z", Floor())
    known = {"ctgov": learned}
    assert list(floors.falls({"ctgov": _measured(trials=20, minimum_age=0.3)}, known))
    assert not list(floors.falls({"ctgov": _measured(trials=25, minimum_age=0.3)}, known))
    bare = (None, _stated(without="minimum_age"))
    assert not _falls([bare] * 15, known)


def test_a_source_whose_trials_cannot_be_read_any_more_is_refused() -> None:
    assert "11 of 100 trials of ctgov could not be read" in _falls([(_stated(), None)] * 11, {})[0]


# ── the measure ─────────────────────────────────────────────────────────────────────────────────────────


def test_rows_database_and_whole_database_are_measured_alike(tmp_path: Path) -> None:
    saved, data = tmp_path / "saved", tmp_path / "data"
    for number, nct_id in enumerate(IDS):
        write_study(saved, nct_id, minimum="18 Years" if number % 3 else "")
    write_listing(saved, 990001, IDS[0])
    write_listing(saved, 990002, "")
    assert trials(data, "import", saved).exit_code == 0
    counted: dict[tuple[str, str], int] = {}
    with (
        Archive(data / "archive.db", read_only=True) as archive,
        closing(sqlite3.connect(data / "trials.db")) as db,
    ):
        of_trials = {"ctgov": 0, "trialx": 0}
        for (trial_id,) in rows(data, "select trial_id from trials"):
            stated = measure.of_rows(trial_rows(archive, trial_id))
            assert stated is not None and stated == measure.stored(db, trial_id)
            of_trials[stated.source] += 1
            for name in stated.fields:
                counted[stated.source, name] = counted.get((stated.source, name), 0) + 1
        whole = measure.measure(db)
    assert (whole["ctgov"].records, whole["trialx"].records, whole["trialx"].trials) == (12, 2, 1)
    assert {(s, n): share for s, m in whole.items() for n, share in m.fields.items()} == {
        (source, name): round(count / of_trials[source], 4) for (source, name), count in counted.items()
    }
    assert whole["ctgov"].fields["minimum_age"] == round(8 / 12, 4)


# ── through the command line ────────────────────────────────────────────────────────────────────────────


def _ask(data: Path, server: SiteServer, *arguments: object) -> Result:
    return trials(data, *arguments, "--base-url", server.base_url, "--delay", 0)


def _registry(
    folder: Path, change: Callable[[dict[str, Any]], None] | None = None, year: str = "2026"
) -> Path:
    folder.mkdir()
    for nct_id in IDS:
        record = study(nct_id, updated=f"{year}-03-01", sponsor=f"Sponsor of {year}")
        if change:
            change(record)
        (folder / f"{nct_id}.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def _renamed(record: dict[str, Any]) -> None:
    """The interface calls the ages otherwise: every record still parses, and none has an age."""
    module = record["protocolSection"]["eligibilityModule"]
    module["ageLow"], module["ageHigh"] = module.pop("minimumAge"), module.pop("maximumAge")


def _scraped(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    with SiteServer(None, _registry(tmp_path / "before")) as server:
        assert _ask(data, server, "scrape", "ctgov", "--all").exit_code == 0
    return data


def _redesigned(tmp_path: Path, data: Path) -> Result:
    with SiteServer(None, _registry(tmp_path / "after", _renamed, "2999")) as server:
        return _ask(data, server, "update")


def test_pages_that_changed_their_layout_do_not_overwrite_the_good_rows(tmp_path: Path) -> None:
    data = _scraped(tmp_path)
    before = (data / "trials.db").read_bytes()
    result = _redesigned(tmp_path, data)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert "12 of 12 changed trials of ctgov would lose their minimum_age" in result.stderr
    assert "trials build --accept" in result.stderr
    assert (data / "trials.db").read_bytes() == before
    with Archive(data / "archive.db", read_only=True) as archive:
        assert archive.page_counts() == (12, 24)
    assert trials(data, "check").exit_code == 1


def test_a_refused_run_tells_what_it_fetched_and_stored_before_it_tells_why(tmp_path: Path) -> None:
    data = _scraped(tmp_path)
    result = _redesigned(tmp_path, data)
    assert result.stdout.splitlines() == [
        "expected 12, fetched 12, unchanged 0, failed 0",
        "stored in the archive: 12; trials written 0: the build is refused",
    ]
    assert result.output.index("fetched 12") < result.output.index("Error: what came falls below its floors")


def test_a_refused_import_tells_its_counts_as_data_too(tmp_path: Path) -> None:
    data = _scraped(tmp_path)
    saved = _registry(tmp_path / "after", _renamed, "2999")
    result = trials(data, "import", saved, "--json")
    counts = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (counts["fetched"], counts["trials_written"]) == (12, 0)
    assert "would lose their minimum_age" in counts["refused"]
    assert rows(data, "select count(*) from trials where minimum_age is null") == [(0,)]


def test_a_refused_update_is_refused_again_until_it_is_accepted(tmp_path: Path) -> None:
    data = _scraped(tmp_path)
    assert _redesigned(tmp_path, data).exit_code == 1
    assert trials(data, "build").exit_code == 1
    assert rows(data, "select count(*) from trials where minimum_age is null") == [(0,)]
    assert trials(data, "build", "--accept").exit_code == 0
    assert rows(data, "select count(*) from trials where minimum_age is null") == [(12,)]
    assert trials(data, "build", "--full").exit_code == 0
    assert trials(data, "check").exit_code == 0


def test_an_ordinary_update_is_written_and_learned_from(tmp_path: Path) -> None:
    data = _scraped(tmp_path)
    with SiteServer(None, _registry(tmp_path / "after", None, "2999")) as server:
        result = _ask(data, server, "update")
    # All twelve have another sponsor: that is refused, and a limit set by hand lets it pass.
    assert result.exit_code == 1 and "another lead_sponsor" in result.stderr
    path = floorfile.path_in(data)
    file = json.loads(path.read_text())
    file["sources"]["ctgov"]["set"] = {"altered": {"lead_sponsor": 1.0}}
    path.write_text(json.dumps(file))
    assert trials(data, "build").exit_code == 0
    assert rows(data, "select distinct lead_sponsor from trials") == [("Sponsor of 2999",)]
    known = floorfile.read(path)["ctgov"]
    assert known.set.altered == {"lead_sponsor": 1.0}
    assert known.learned.altered["lead_sponsor"] == 1.0


def _without_ages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser of the registry breaks: every record loses its ages."""
    from dataclasses import replace

    from scraper import sources

    def parse(page: Any) -> Any:
        record = ctgov.SOURCE.parse(page)
        record.minimum_age = record.maximum_age = ""
        return record

    broken = tuple(replace(s, parse=parse) if s.name == "ctgov" else s for s in sources.SOURCES)
    monkeypatch.setattr(sources, "SOURCES", broken)


def test_a_build_by_a_broken_parser_is_not_swapped_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _scraped(tmp_path)
    before = dump(data)
    with monkeypatch.context() as patch:
        _without_ages(patch)
        result = trials(data, "build", "--full")
        assert result.exit_code == 1
        assert "only 0% of the trials of ctgov have maximum_age" in result.stderr
        assert str(data / "trials.db.refused") in result.stderr
        assert dump(data) == before
        assert (data / "trials.db.refused").exists() and not (data / "trials.db.new").exists()
        assert trials(data, "build", "--full", "--accept").exit_code == 0
        assert not (data / "trials.db.refused").exists()
    assert rows(data, "select count(*) from trials where maximum_age is null") == [(12,)]


def test_a_file_of_floors_that_is_lost_is_learned_from_the_database_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _scraped(tmp_path)
    floorfile.path_in(data).unlink()
    _without_ages(monkeypatch)
    assert trials(data, "build", "--full").exit_code == 1
    assert rows(data, "select count(*) from trials where maximum_age is null") == [(0,)]


def test_a_damaged_file_of_floors_costs_one_line_and_no_row(tmp_path: Path) -> None:
    data = _scraped(tmp_path)
    floorfile.path_in(data).write_text('{"sources": {"ctgov": {"set": {"field": 1}}}}')
    result = trials(data, "build", "--full")
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1 and "floors.json cannot be read" in result.stderr
    assert trials(data, "check").exit_code == 1


def test_a_run_without_news_leaves_the_floors_as_they_are(tmp_path: Path) -> None:
    data = _scraped(tmp_path)
    before = floorfile.path_in(data).stat().st_mtime_ns
    with SiteServer(None, tmp_path / "before") as server:
        assert _ask(data, server, "update").exit_code == 0
    assert floorfile.path_in(data).stat().st_mtime_ns == before


def test_check_names_the_field_that_a_hand_set_floor_asks_for(tmp_path: Path) -> None:
    data = _scraped(tmp_path)
    assert trials(data, "check").exit_code == 0
    path = floorfile.path_in(data)
    floorfile.write(path, {"ctgov": Floor(set=ByHand(fields={"acronym": 0.5}))})
    result = trials(data, "check")
    assert result.exit_code == 1
    assert "only 0% of the trials of ctgov have acronym; expected at least 50%" in result.stderr


def test_a_source_that_never_states_a_status_is_built_and_told_by_check(tmp_path: Path) -> None:
    saved, data = tmp_path / "saved", tmp_path / "data"
    for number in range(60):
        write_listing(saved, 990100 + number, "", status="Perhaps")
    for _ in range(2):
        assert trials(data, "import", saved).exit_code == 0
        assert trials(data, "build", "--full").exit_code == 0
    result = trials(data, "check")
    assert result.exit_code == 1 and "only 0% of the trials of trialx have overall_status" in result.stderr
