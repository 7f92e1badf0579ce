"""`trials diff`, `watch` and `report`: what is new, told once, in every form."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from scraper.archive.store import Archive
from tests.commands import trials, trials_json
from tests.samples import write_study

A, B, C = "NCT99100001", "NCT99100002", "NCT99100003"
OLD = "Inclusion Criteria:\n\n* Keeps a lighthouse\n* Hemoglobin \\>= 9 g/dL\n\nExclusion Criteria:\n\n* Pregnant women"
NEW = OLD.replace("9 g", "8 g")


def add(data: Path, nct_id: str, updated: str, **changed: Any) -> None:
    path = write_study(data.parent / f"{nct_id}-{updated}", nct_id, updated=updated, **changed)
    day = 1_767_225_600 if updated < "2026-03" else 1_773_000_000  # 1 January and 8 March 2026
    os.utime(path, (day, day))
    assert trials(data, "import", path).exit_code == 0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    add(folder, A, "2026-01-01", criteria=OLD, status="NOT_YET_RECRUITING")
    add(folder, B, "2026-01-01", title="A Foghorn for Lighthouse Keepers")
    return folder


def watch(data: Path, *arguments: object, form: str = "json") -> tuple[int, Any]:
    result = trials(data, "watch", "--state", data.parent / "state.json", "--format", form, *arguments)
    assert result.exit_code in (0, 3), result.output
    return result.exit_code, json.loads(result.stdout) if form == "json" else result.stdout


def ids(items: list[dict[str, Any]]) -> list[str]:
    return sorted(item["trial_id"] for item in items)


# ── watch ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_watch_tells_everything_once_and_then_only_news(data: Path) -> None:
    code, first = watch(data, "--query", "lighthouse")
    assert (code, ids(first["new"])) == (3, [A, B])
    code, again = watch(data, "--query", "lighthouse")
    assert (code, again["news"]) == (0, False)
    add(data, A, "2026-03-01", criteria=NEW, status="RECRUITING")
    add(data, C, "2026-03-01")
    code, news = watch(data, "--query", "lighthouse")
    assert (code, ids(news["new"]), ids(news["changed"])) == (3, [C], [A])
    told = {(c["field"], c["kind"]): c for c in news["changed"][0]["changes"]}
    assert told["overall_status", "changed"]["new"] == "RECRUITING"
    assert told["criteria", "limits"]["detail"] == "hemoglobin >= 9 g/dL -> >= 8 g/dL"
    assert watch(data, "--query", "lighthouse")[0] == 0


def test_a_trial_that_no_longer_matches_is_told_with_the_reason(data: Path) -> None:
    watch(data, "--status", "NOT_YET_RECRUITING")
    add(data, A, "2026-03-01", criteria=OLD, status="RECRUITING")
    code, news = watch(data, "--status", "NOT_YET_RECRUITING")
    assert (code, ids(news["no_longer_matching"])) == (3, [A])
    assert [c["new"] for c in news["no_longer_matching"][0]["changes"]] == ["RECRUITING"]
    assert watch(data, "--status", "NOT_YET_RECRUITING")[0] == 0


def test_a_change_that_an_older_page_brings_to_light_is_news(data: Path) -> None:
    watch(data)
    add(data, B, "2025-06-01", title="A Foghorn for Lighthouse Keepers", status="NOT_YET_RECRUITING")
    code, news = watch(data)
    assert (code, ids(news["changed"])) == (3, [B])
    assert news["changed"][0]["changes"][0]["observed_at"] == "2026-01-01"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"format": "x"}', b"\xff\xfe", b"[" * 5000])
def test_a_broken_state_is_one_clear_line_and_stays_as_it_is(data: Path, content: bytes) -> None:
    state = data.parent / "state.json"
    state.write_bytes(content)
    result = trials(data, "watch", "--state", state)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "state.json" in result.stderr and "delete it to begin anew" in result.stderr
    assert state.read_bytes() == content


def test_a_state_of_another_search_is_refused(data: Path) -> None:
    watch(data, "--query", "foghorn")
    result = trials(data, "watch", "--state", data.parent / "state.json", "--query", "lantern")
    assert result.exit_code == 2
    assert "another search" in result.stderr


def test_a_state_without_its_folder_is_a_bad_argument_before_anything_is_told(data: Path) -> None:
    result = trials(data, "watch", "--state", data / "nowhere" / "state.json")
    assert (result.exit_code, result.stdout) == (2, "")


def test_the_state_is_written_only_when_the_report_is_out(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scraper.commands.telling._tell", fail)
    assert trials(data, "watch", "--state", data.parent / "state.json").exit_code == 1
    assert not (data.parent / "state.json").exists()


def test_nothing_but_the_state_is_left_beside_it(data: Path) -> None:
    watch(data)
    assert sorted(p.name for p in data.parent.iterdir() if p.is_file()) == ["state.json"]


def noticed(data: Path, nct_id: str, when: str, *, gone: bool) -> None:
    """The registry is found not to have the study, or to have it again."""
    with Archive(data / "archive.db") as archive:
        (url,) = archive.urls_of("ctgov", nct_id)
        if gone:
            archive.vanished(url, when)
        else:
            archive.saw(url, when)
    assert trials(data, "build").exit_code == 0


def test_a_trial_that_vanishes_and_one_that_comes_back_are_told_once_each(data: Path) -> None:
    watch(data)
    noticed(data, A, "2026-05-01T00:00:00Z", gone=True)
    code, news = watch(data)
    assert (code, ids(news["removed"])) == (3, [A])
    assert watch(data)[0] == 0
    assert "REMOVED" in trials(data, "search", "lantern", "--removed").stdout
    noticed(data, A, "2026-06-01T00:00:00Z", gone=False)
    code, news = watch(data)
    assert (code, ids(news["changed"])) == (3, [A])
    assert [c["kind"] for c in news["changed"][0]["changes"]] == ["returned"]
    assert watch(data)[0] == 0
    for date, gone in (("2026-04", None), ("2026-05", "2026-05-01T00:00:00Z"), ("2026-06", None)):
        assert trials_json(data, "show", A, "--as-of", date)["removed_at"] == gone
    (change,) = trials_json(data, "diff", A, "--from", "2026-04", "--to", "2026-05")["changes"]
    assert (change["field"], change["kind"]) == ("removed_at", "removed")


# ── the forms ───────────────────────────────────────────────────────────────────────────────────────────


def report(data: Path, form: str) -> str:
    add(
        data, A, "2026-03-01", criteria=NEW, title="Lamps <b>*now*</b> \x1b[31m\u202e[x](http://evil.example)"
    )
    result: Result = trials(data, "report", "--since", "2026-02-15", "--format", form)
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_every_form_tells_which_limit_moved_and_holds_no_hostile_character(data: Path, form: str) -> None:
    said = report(data, form)
    assert "Haemoglobin ≥ 9 g/dL → ≥ 8 g/dL" in said.replace("\\", "")
    assert "\x1b" not in said and "\u202e" not in said
    assert "Not medical advice" in said


def test_html_and_markdown_escape_what_was_scraped(data: Path) -> None:
    page = report(data, "html")
    assert "<b>" not in page and "&lt;b&gt;" in page
    assert page.startswith("<!doctype html>")
    marked = trials(data, "report", "--since", "2026-02-15", "--format", "markdown").stdout
    assert "<b>" not in marked.replace("\\<b\\>", "") and "\\[x\\]\\(" in marked


def test_a_report_of_a_group_holds_only_what_matches_and_what_is_due(data: Path) -> None:
    add(data, A, "2026-03-01", criteria=NEW)
    add(data, C, "2026-03-05")
    for query, new, changed in (("lantern", [C], [A]), ("foghorn", [], []), ("", [C], [A])):
        news = json.loads(
            trials(data, "report", "--since", "2026-02-15", "--query", query, "--format", "json").stdout
        )
        assert (ids(news["new"]), ids(news["changed"])) == (new, changed)
    late = json.loads(trials(data, "report", "--since", "2026-03-20", "--format", "json").stdout)
    assert late["news"] is False


def told(data: Path, since: str, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        trials(data, "report", "--since", since, "--format", "json", *more).stdout
    )
    return found


def test_what_is_dated_the_day_before_and_learned_since_is_in_the_next_mail(data: Path) -> None:
    add(data, A, "2026-03-01", criteria=NEW)  # dated the 1st, fetched on the 8th, as the new trial is
    add(data, C, "2026-03-02")
    news = told(data, "2026-03-08")
    assert (ids(news["new"]), ids(news["changed"])) == ([C], [A])
    assert {c["learned_at"] for c in news["changed"][0]["changes"]} == {"2026-03-08T20:00:00Z"}
    assert news["older"] == {"trials": 1, "changes": 2}
    said = trials(data, "report", "--since", "2026-03-08").stdout
    assert "1 trial and 2 changes bear a date before 2026-03-08 and were learned here only since then" in said
    assert "2026-03-01, learned 2026-03-08, Criterion with other limits" in said
    assert "record of 2026-03-02, first seen here 2026-03-08" in said
    assert told(data, "2026-03-08", "--by-date")["news"] is False
    assert told(data, "2026-03-09")["news"] is False


def test_an_older_page_that_came_later_tells_when_it_came(data: Path) -> None:
    add(data, A, "2026-03-01", criteria=NEW)
    before = told(data, "2026-03-10")
    path = write_study(data.parent / "old", A, updated="2025-06-01", criteria=OLD, sex="FEMALE")
    os.utime(path, (1_774_000_000, 1_774_000_000))  # 20 March 2026
    assert trials(data, "import", path).exit_code == 0
    news = told(data, "2026-03-10")
    assert (before["news"], ids(news["changed"])) == (False, [A])
    # What lies between two pages that were there already was told before.
    assert {c["observed_at"] for c in news["changed"][0]["changes"]} == {"2026-01-01"}
    rows = trials_json(data, "show", A)["changes"]
    assert trials(data, "build", "--full").exit_code == 0
    assert trials_json(data, "show", A)["changes"] == rows


def test_a_date_ahead_of_the_data_is_called_so(data: Path) -> None:
    said = trials(data, "report", "--since", "2099-01-01").stdout
    assert "2099-01-01 is ahead of the data here, which are of 2026-01-01" in said
    shown = trials(data, "show", A, "--as-of", "2099-01-01").stdout
    assert "that day is ahead of the data here, which are of 2026-01-01" in shown
    assert "still is" not in shown
    assert "still is" in trials(data, "show", A, "--as-of", "2026-01-01").stdout


def test_a_headline_says_the_search_in_words(data: Path) -> None:
    everything = trials(data, "report", "--since", "2026-03-01").stdout
    assert everything.startswith("All trials since 2026-03-01: no news (2 in all)")
    some = trials(
        data, "report", "--since", "2026-03-01", "--query", "foghorn", "--status", "RECRUITING"
    ).stdout
    assert some.startswith("Trials for “foghorn”, Recruiting since 2026-03-01: no news (1 match)")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["show", A, "--as-of", "2026-02-30"], "--as-of"),
        (["report", "--since", "2026-04-31"], "--since"),
        (["search", "--updated-from", "2026-02-29"], "updated_from"),
        (["show", A, "--as-of", "2026-01-01T25:00Z"], "--as-of"),
    ],
)
def test_a_day_that_no_calendar_has_is_a_bad_argument(data: Path, arguments: list[str], name: str) -> None:
    result = trials(data, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert name in result.stderr and len(result.stderr.splitlines()) == 1


# ── diff ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_diff_tells_what_differs_between_two_dates_and_nothing_that_went_and_came(data: Path) -> None:
    add(data, A, "2026-03-01", criteria=NEW, status="SUSPENDED", sex="FEMALE")
    add(data, A, "2026-04-01", criteria=NEW, status="NOT_YET_RECRUITING", sex="FEMALE")
    found = trials_json(data, "diff", A, "--from", "2026-01-01", "--to", "2026-04-01")
    assert [(c["field"], c["kind"]) for c in found["changes"]] == [
        ("eligibility_criteria", "changed"),
        ("criteria", "limits"),
        ("sex", "changed"),
    ]
    middle = trials_json(data, "diff", A, "--from", "2026-03-15", "--to", "2026-04-15")
    assert [c["new"] for c in middle["changes"]] == ["NOT_YET_RECRUITING"]
    said = trials(data, "diff", A).stdout
    assert "! Sex: All → Female" in said
    assert "[Haemoglobin ≥ 9 g/dL → ≥ 8 g/dL]" in said


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        (["--from", "2025-01-01"], 1, "nothing is known of it before 2026-01-01"),
        (["--from", "2026-05-01", "--to", "2026-02-01"], 2, "earlier date first"),
        (["--from", "soon"], 2, "expected a date"),
        (["--from", "2026-02-30"], 2, "expected a date that the calendar has"),
    ],
)
def test_dates_that_make_no_diff_are_one_line(data: Path, arguments: list[str], code: int, said: str) -> None:
    result = trials(data, "diff", A, *arguments)
    assert result.exit_code == code
    assert said in result.stderr and len(result.stderr.splitlines()) == 1


def test_a_trial_on_the_terminal_holds_no_control_character(data: Path) -> None:
    add(data, A, "2026-03-01", title="Lamps \x1b[31m\u202e\x07")
    for arguments in (["show", A], ["show", A, "--as-of", "2026-03"], ["search", "lamps"], ["diff", A]):
        assert not {"\x1b", "\u202e", "\x07"} & set(trials(data, *arguments).stdout)
