"""The share of a source's trials that change at once: learned from its builds, judged at build and by `trials check`."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from scraper import sources
from scraper.sources import ctgov
from scraper.store import floorfile, rates
from scraper.store.floors import Floor
from scraper.store.floors import Set as ByHand
from scraper.store.rates import Brought
from tests.commands import dump, rows, trials, trials_json
from tests.samples import study

FIRST = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
MANY = 40
CRITERIA = "Inclusion Criteria:\n\n* Age older than {} months\n\nExclusion Criteria:\n\n* Pregnant women"


def _ids(count: int = MANY) -> list[str]:
    return [f"NCT9957{number:04}" for number in range(1, count + 1)]


class Source:
    """A registry whose trials are saved anew every week and imported."""

    def __init__(self, folder: Path, count: int = MANY) -> None:
        self.data = folder / "data"
        self.saved = folder / "saved"
        self.words: dict[str, dict[str, Any]] = {nct_id: {} for nct_id in _ids(count)}
        self.when = FIRST
        self.week(days=0)

    def save(self, days: float = 7, **changed: Any) -> None:
        """As many trials as there are values for a field get them; all have been updated."""
        self.when += timedelta(days=days)
        for name, values in changed.items():
            for words, value in zip(self.words.values(), values, strict=False):
                words[name] = value
        self.saved.mkdir(exist_ok=True)
        for number, (nct_id, words) in enumerate(self.words.items()):
            path = self.saved / f"{nct_id}.json"
            path.write_text(json.dumps(study(nct_id, updated=f"{self.when:%Y-%m-%d}", **words)), "utf-8")
            stamp = self.when.timestamp() + number
            os.utime(path, (stamp, stamp))

    def week(self, days: float = 7, **changed: Any) -> Result:
        self.save(days, **changed)
        return trials(self.data, "import", self.saved)

    def quiet_weeks(self, count: int = rates.FEWEST_BUILDS) -> None:
        """Builds to learn from: in each one trial in forty has another status."""
        for number in range(count):
            result = self.week(status=[("SUSPENDED", "RECRUITING")[number % 2]])
            assert result.exit_code == 0, result.output

    def set(self, **by_hand: Any) -> None:
        path = floorfile.path_in(self.data)
        known = floorfile.read(path)
        known["ctgov"] = msgspec.structs.replace(known["ctgov"], set=ByHand(**by_hand))
        floorfile.write(path, known)

    @property
    def floor(self) -> Floor:
        return floorfile.read(floorfile.path_in(self.data))["ctgov"]


# ── the rate ────────────────────────────────────────────────────────────────────────────────────────────


def _weeks(*counts: int, trials: int = 1000, days: float = 7) -> list[Brought]:
    return [
        Brought(at=f"2026-01-{n + 1:02}T00:00:00Z", days=days, trials=trials, changed={"sex": count})
        for n, count in enumerate(counts)
    ]


def _found(
    count: int, before: list[Brought], days: float = 7, trials: int = 1000, **by_hand: float
) -> list[str]:
    brought = Brought(at="2026-02-01T00:00:00Z", days=days, trials=trials, changed={"sex": count})
    return [words for _, words in rates.too_many("ctgov", brought, before, by_hand)]


def test_three_percent_a_week_is_usual_and_ninety_is_not() -> None:
    before = _weeks(30, 28, 33, 31)
    assert not _found(35, before) and not _found(150, before)
    (words,) = _found(900, before)
    assert "900 of 1,000 trials of ctgov changed their sex within 7 days; expected at most 19%" in words


def test_the_first_builds_only_teach() -> None:
    assert not _found(900, _weeks(30, 30))
    assert _found(900, _weeks(30, 30, 30))


def test_few_trials_are_no_flood() -> None:
    assert not _found(5, _weeks(0, 0, 0, 0, trials=5), trials=5)
    assert not _found(9, _weeks(0, 0, 0, 0, trials=9), trials=9)
    assert _found(40, _weeks(0, 0, 0, 0, trials=40), trials=40)


def test_a_long_pause_allows_more() -> None:
    before = _weeks(30, 30, 30, 30)
    assert _found(400, before)
    assert not _found(400, before, days=60)


def test_one_wave_does_not_make_the_next_one_usual() -> None:
    assert _found(600, _weeks(30, 30, 700, 30))


def test_what_was_accepted_is_no_habit() -> None:
    *first, last = _weeks(30, 30, 30, 900)
    before = [*first, msgspec.structs.replace(last, accepted=True)]
    assert rates.usual(before) == rates.usual(first)
    assert _found(900, before)


def test_a_limit_set_by_hand_wins_either_way() -> None:
    before = _weeks(30, 30, 30)
    assert not _found(900, before, sex=1.0)
    assert "expected at most 1% (set by hand)" in _found(35, before, sex=0.01)[0]
    assert _found(900, [], sex=0.5)


@given(
    st.floats(0, 1), st.floats(0, 4000), st.floats(0, 4000), st.integers(1, 600_000), st.integers(1, 600_000)
)
def test_a_limit_is_a_share_and_grows_with_the_pause(
    daily: float, days: float, more: float, count: int, others: int
) -> None:
    least = rates.most(daily, days, count)
    assert rates.LEAST < least <= 1
    assert rates.most(daily, days + more, count) >= least - 1e-9
    assert rates.most(0.0, days, max(count, others)) <= rates.most(0.0, days, min(count, others))


def test_only_so_many_builds_are_remembered() -> None:
    builds: list[Brought] = []
    for one in _weeks(*range(20)):
        builds = rates.remember(builds, one)
    assert [one.changed["sex"] for one in builds] == list(range(8, 20))


# ── through the command line ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("overall_status", {"status": ["COMPLETED"] * 20}),
        ("minimum_age_years", {"minimum": ["6 Years"] * 20}),
        ("eligibility_criteria", {"criteria": [CRITERIA.format(number) for number in range(20)]}),
    ],
)
def test_half_of_the_trials_changed_where_few_do_is_refused(
    tmp_path: Path, field: str, changed: dict[str, list[Any]]
) -> None:
    source = Source(tmp_path)
    source.quiet_weeks()
    before, floor = dump(source.data), floorfile.path_in(source.data).read_bytes()
    source.save(7, **changed)
    result = trials(source.data, "import", source.saved)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert f"20 of 40 trials of ctgov changed their {field} within 7 days; expected at most" in result.stderr
    assert "trials build --accept" in result.stderr
    assert dump(source.data) == before and floorfile.path_in(source.data).read_bytes() == floor


def test_the_verdict_is_the_same_again_and_for_a_database_made_anew(tmp_path: Path) -> None:
    source = Source(tmp_path)
    source.quiet_weeks()
    first = source.week(status=["COMPLETED"] * 20)
    again, anew = trials(source.data, "build"), trials(source.data, "build", "--full")
    assert (first.exit_code, again.exit_code, anew.exit_code) == (1, 1, 1)
    sentence = "20 of 40 trials of ctgov changed their overall_status within 7 days; expected at most 36%"
    assert [sentence in one.stderr for one in (first, again, anew)] == [True] * 3, anew.stderr + again.stderr
    assert trials(source.data, "check").exit_code == 1


@pytest.mark.parametrize("full", [(), ("--full",)])
def test_what_is_accepted_is_taken_and_teaches_nothing(tmp_path: Path, full: tuple[str, ...]) -> None:
    source = Source(tmp_path)
    source.quiet_weeks()
    assert source.week(status=["COMPLETED"] * 20).exit_code == 1
    usual = rates.usual(source.floor.learned.builds)
    assert trials(source.data, "build", *full, "--accept").exit_code == 0
    assert rows(source.data, "select count(*) from trials where overall_status = 'COMPLETED'") == [(20,)]
    assert source.floor.learned.builds[-1].accepted
    assert source.floor.learned.builds[-1].changed["overall_status"] == 20
    assert rates.usual(source.floor.learned.builds) == usual
    assert trials(source.data, "check").exit_code == 0
    assert source.week(status=["RECRUITING"] * 20).exit_code == 1


def test_the_builds_that_only_teach_let_a_wave_of_status_pass(tmp_path: Path) -> None:
    source = Source(tmp_path)
    assert source.week(status=["COMPLETED"] * 20).exit_code == 0
    assert source.floor.learned.builds[-1].changed == {"overall_status": 20}


def test_a_pause_of_three_years_lets_pass_what_a_week_does_not(tmp_path: Path) -> None:
    source = Source(tmp_path)
    source.quiet_weeks()
    assert source.week(days=1000, status=["COMPLETED"] * 20).exit_code == 0


def test_five_trials_that_change_together_are_no_fault(tmp_path: Path) -> None:
    source = Source(tmp_path, count=5)
    source.quiet_weeks()
    assert source.week(status=["COMPLETED"] * 5, minimum=["6 Years"] * 5).exit_code == 0


def test_a_run_without_news_leaves_both_files_as_they_are(tmp_path: Path) -> None:
    source = Source(tmp_path)
    source.quiet_weeks()
    paths = [source.data / "trials.db", floorfile.path_in(source.data)]
    before = [path.read_bytes() for path in paths]
    assert trials(source.data, "import", source.saved).exit_code == 0
    assert trials(source.data, "build").exit_code == 0
    assert [path.read_bytes() for path in paths] == before


def test_a_database_made_anew_from_the_same_pages_is_no_build_to_learn_from(tmp_path: Path) -> None:
    source = Source(tmp_path)
    source.quiet_weeks()
    before = source.floor.learned.builds
    assert trials(source.data, "build", "--full").exit_code == 0
    assert source.floor.learned.builds == before and len(before) == 3


def _reads_otherwise(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], None], version: str = ""
) -> None:
    def parse(page: Any) -> Any:
        record = ctgov.SOURCE.parse(page)
        if int(record.source_id[-2:]) <= 18:
            change(record)
        return record

    other = tuple(
        replace(s, parse=parse, parser_version=version or s.parser_version) if s.name == "ctgov" else s
        for s in sources.SOURCES
    )
    monkeypatch.setattr(sources, "SOURCES", other)


def _everybody_is_female(record: Any) -> None:
    record.sex = "FEMALE"


def test_a_parser_that_reads_the_same_pages_otherwise_is_no_change_of_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(tmp_path)
    source.quiet_weeks()
    before = source.floor.learned.builds
    _reads_otherwise(monkeypatch, _everybody_is_female)
    assert trials(source.data, "build", "--full").exit_code == 0
    assert rows(source.data, "select count(*) from trials where sex = 'FEMALE'") == [(18,)]
    assert source.floor.learned.builds == before


def test_what_a_newer_parser_reads_of_newer_pages_is_not_counted_as_the_source_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(tmp_path)
    source.quiet_weeks()
    before = source.floor.learned.builds
    _reads_otherwise(monkeypatch, _everybody_is_female, version="2999")
    source.week()
    assert source.floor.learned.builds == before


def test_a_parser_that_reads_most_trials_otherwise_is_refused_until_it_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(tmp_path, count=18)
    source.quiet_weeks()
    _reads_otherwise(monkeypatch, _everybody_is_female, version="2999")
    result = trials(source.data, "build", "--full")
    assert result.exit_code == 1
    assert "18 of 18 trials of ctgov would have another sex" in result.stderr
    assert trials(source.data, "build", "--full", "--accept").exit_code == 0
    assert all("sex" not in build.changed for build in source.floor.learned.builds)


def test_check_tells_the_rate_beside_what_is_usual(tmp_path: Path) -> None:
    source = Source(tmp_path)
    source.quiet_weeks(4)
    last = trials_json(source.data, "check")["changes"]["ctgov"]
    assert last["fields"]["overall_status"]["share"] == round(1 / 40, 4)
    assert 0.1 < last["fields"]["overall_status"]["at_most"] < 0.4
    assert (last["trials"], last["days"], last["is_accepted"]) == (40, 7.0, False)
    assert "changed in ctgov by 2026-02-02: overall_status 2.5%" in trials(source.data, "check").stdout


def test_check_judges_the_last_build_by_a_limit_set_by_hand(tmp_path: Path) -> None:
    source = Source(tmp_path)
    source.quiet_weeks()
    source.set(changed={"overall_status": 0.01})
    result = trials(source.data, "check")
    assert result.exit_code == 1
    assert (
        "1 of 40 trials of ctgov changed their overall_status within 7 days; expected at most 1%"
        in result.stderr
    )
    assert "trials build --full --accept" in result.stderr
    assert trials(source.data, "build", "--full", "--accept").exit_code == 0
    assert trials(source.data, "check").exit_code == 0


# ── the vocabulary ──────────────────────────────────────────────────────────────────────────────────────


def test_status_words_that_a_source_never_used_before_are_refused(tmp_path: Path) -> None:
    source = Source(tmp_path)
    before = dump(source.data)
    result = source.week(status=["Status: open"] * 15)
    assert result.exit_code == 1
    assert (
        "15 of 40 records of ctgov have a status_raw that cannot be read and that it never used before, such as 'Status: open'"
        in result.stderr
    )
    assert "known words such as 'RECRUITING'" in result.stderr
    assert dump(source.data) == before
    anew = trials(source.data, "build", "--full")
    assert anew.exit_code == 1 and "such as 'Status: open'" in anew.stderr
    assert trials(source.data, "build", "--accept").exit_code == 0
    assert rows(source.data, "select count(*) from trials where overall_status is null") == [(15,)]
    assert trials(source.data, "check").exit_code == 0


def test_new_words_that_were_named_by_hand_are_known(tmp_path: Path) -> None:
    source = Source(tmp_path)
    source.set(words={"status_raw": ["Status: open"]}, fields={"overall_status": 0.5})
    assert source.week(status=["Status: open"] * 15).exit_code == 0


def test_a_word_of_the_vocabulary_is_known_though_the_source_never_used_it(tmp_path: Path) -> None:
    source = Source(tmp_path)
    assert source.week(status=["SUSPENDED"] * 15).exit_code == 0
    assert trials(source.data, "build", "--full").exit_code == 0


def test_check_names_the_words_that_a_limit_set_by_hand_does_not_allow(tmp_path: Path) -> None:
    source = Source(tmp_path)
    assert source.week(status=["Status: open"]).exit_code == 0
    path = floorfile.path_in(source.data)
    learned = msgspec.structs.replace(source.floor.learned, words={"status_raw": ["RECRUITING"]})
    floorfile.write(path, {"ctgov": Floor(learned=learned, set=ByHand(new_words=0.01))})
    result = trials(source.data, "check")
    assert result.exit_code == 1
    assert "1 of 40 records of ctgov have a status_raw that cannot be read" in result.stderr
