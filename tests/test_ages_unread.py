"""A stated age limit that could not be read is never taken for no limit: in the rows, the answers and the history."""

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scraper.normalise import age
from scraper.search import engine
from scraper.search.facets import facet_counts
from scraper.search.filters import Filters
from scraper.search.question import Question
from scraper.site.links import trial_path
from scraper.site.pages import data as data_page
from scraper.sources.trialx_badges import may_be_an_age
from scraper.store import writer
from scraper.store.difference import list_difference
from tests.commands import dump, rows, trials, trials_json
from tests.samples import study, write_listing, write_study
from tests.site_client import ask

READ, BADGE, LOW, HIGH = "NCT99580001", "trialx:958002", "NCT99580003", "NCT99580004"
FIRST = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


def _four(folder: Path) -> Path:
    """Four trials: all ages read; a badge that is not; a minimum that is not; a maximum that is not."""
    saved = folder / "saved"
    write_study(saved, READ, minimum="18 Years", maximum="60 Years")
    write_listing(saved, 958002, "", age="bis 17 J.")
    write_study(saved, LOW, minimum="18", maximum="60 Years")
    write_study(saved, HIGH, minimum="18 Years", maximum="0 Years")
    assert trials(folder / "data", "import", saved).exit_code == 0
    return folder / "data"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _four(tmp_path_factory.mktemp("unread"))


# ── which bounds ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("odd", "low", "before", "bounds"),
    [
        (set(), None, None, None),
        ({"phase"}, None, 66.0, None),
        ({"minimum_age"}, None, 66.0, "minimum_age"),
        ({"maximum_age"}, 18.0, None, "maximum_age"),
        ({"age"}, None, None, "minimum_age maximum_age"),
        ({"age"}, 18.0, None, "maximum_age"),
        ({"maximum_age"}, 18.0, 66.0, None),
    ],
)
def test_a_bound_is_unread_where_words_gave_a_problem_and_no_number(
    odd: set[str], low: float | None, before: float | None, bounds: str | None
) -> None:
    assert age.unread(odd, low, before) == bounds


@pytest.mark.parametrize(
    ("minimum", "maximum", "not_read", "words"),
    [
        ("18 Years", "60 Years", "", "18 Years to 60 Years"),
        (None, None, "", "any age"),
        (None, None, "Ages 42-89", "stated age could not be read: Ages 42-89"),
        ("18Y", None, "0", "18Y to ?, stated age could not be read: 0"),
        (None, "60 Years", "x", "? to 60 Years, stated age could not be read: x"),
    ],
)
def test_an_unread_limit_is_never_said_to_be_none(
    minimum: str | None, maximum: str | None, not_read: str, words: str
) -> None:
    assert age.in_words(minimum, maximum, "any age", not_read) == words


def test_the_rows_say_which_bounds_were_stated_and_not_read(data: Path) -> None:
    wanted = {
        READ: None,
        BADGE: "minimum_age maximum_age",
        LOW: "minimum_age",
        HIGH: "minimum_age maximum_age",
    }
    for table in ("trials", "search_filter", "records"):
        assert dict(rows(data, f"select trial_id, ages_unread from {table}")) == wanted
    found = rows(data, "select minimum_age, minimum_age_years from trials where trial_id = ?", LOW)
    assert found == [("18", None)]


@pytest.mark.parametrize(
    ("changed", "bounds"),
    [
        ({"minimum": 18}, "minimum_age"),
        ({"maximum": ["60 Years"]}, "maximum_age"),
        ({"module": "18 to 60"}, "minimum_age maximum_age"),
    ],
)
def test_a_limit_of_another_json_type_is_stated_all_the_same(
    tmp_path: Path, changed: dict[str, Any], bounds: str
) -> None:
    record = study(READ, **changed)
    if "module" in changed:
        record["protocolSection"]["eligibilityModule"] = changed["module"]
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / f"{READ}.json").write_text(json.dumps(record), "utf-8")
    assert trials(tmp_path / "data", "import", tmp_path / "saved").exit_code == 0
    assert rows(tmp_path / "data", "select ages_unread from trials") == [(bounds,)]


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("bis 17 J.", True),
        ("Ages 42-89", True),
        ("Adults only", True),
        ("Perhaps", False),
        ("Phase 7", False),
        ("Call 617 555 0100", False),
        ("keeper40@lighthouse.example", False),
        ("2026", False),
    ],
)
def test_a_line_beside_the_badges_may_be_an_age_and_is_no_contact(line: str, is_one: bool) -> None:
    assert may_be_an_age(line) is is_one


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────


def _hits(data: Path, years: object) -> dict[str, Any]:
    return {hit["trial_id"]: hit for hit in trials_json(data, "search", "", "--age", years)["hits"]}


def test_such_a_trial_is_found_with_its_words_unless_the_other_limit_excludes(data: Path) -> None:
    found = _hits(data, 8)
    assert {trial_id: hit["age_not_read"] for trial_id, hit in found.items()} == {
        BADGE: "bis 17 J.",
        LOW: "18",
        HIGH: "0 Years",
    }
    assert set(_hits(data, 70)) == {BADGE, HIGH}
    assert _hits(data, 30)[READ]["age_not_read"] == ""


def test_the_terminal_marks_such_a_hit(data: Path) -> None:
    words = trials(data, "search", "", "--age", 8).stdout
    assert "stated age could not be read: bis 17 J." in words
    assert "? to" not in words.split(BADGE)[1].splitlines()[1]
    assert "18 to 60 Years, stated age could not be read: 18" in words
    assert "any age" not in words


def test_totals_and_facets_count_what_the_filter_finds(data: Path) -> None:
    with closing(sqlite3.connect(data / "trials.db")) as db:
        for years, count in ((8.0, 3), (30.0, 4), (70.0, 2)):
            question = Question(filters=Filters(age=years))
            assert engine.search(db, question).total == count
            assert sum(facet_counts(db, question)["sex"].values()) == count


def test_match_is_unknown_for_the_same_trials_in_the_same_words(data: Path) -> None:
    found = trials_json(data, "match", "--age", "8")
    judged = {one["trial_id"]: one for one in [*found["trials"], *found["excluded"]]}
    for trial_id, words in ((BADGE, "bis 17 J."), (LOW, "18"), (HIGH, "0 Years")):
        one = judged[trial_id]
        assert one["verdict"] == "unknown" and one["age_not_read"] == words
        assert any(each["quote"] == words and "could not be read" in each["why"] for each in one["unknowns"])
    assert judged[READ]["age_not_read"] == ""


def test_show_and_export_name_them(data: Path, tmp_path: Path) -> None:
    assert "Ages: stated age could not be read: bis 17 J." in trials(data, "show", BADGE).stdout
    assert trials_json(data, "show", LOW)["ages_unread"] == "minimum_age"
    assert trials(data, "export", tmp_path / "out", "--format", "ndjson").exit_code == 0
    exported = (tmp_path / "out" / "trials.ndjson").read_text().splitlines()
    assert {one["trial_id"]: one["ages_unread"] for one in map(json.loads, exported)} == dict(
        rows(data, "select trial_id, ages_unread from trials")
    )


def test_the_pages_show_the_words_and_never_no_limit(data: Path) -> None:
    paths = (trial_path(BADGE), trial_path(READ), "/search?age=8", trial_path(BADGE) + ".json")
    odd, plain, hits, as_json = ask(data / "trials.db", *paths)
    assert "stated age could not be read: bis 17 J." in odd.text and "not read</span>" in odd.text
    assert "no limit" not in odd.text
    assert "bis 17 J. (not read: minimum, maximum age)" in odd.text
    assert "not read</span>" not in plain.text
    assert "stated age could not be read: bis 17 J." in hits.text
    assert "stated age could not be read: 0 Years" in hits.text
    found = json.loads(as_json.text)
    row = dict(zip(found["columns"], found["rows"][0], strict=True))
    assert row["ages_unread"] == "minimum_age maximum_age"


# ── SQL to be copied ────────────────────────────────────────────────────────────────────────────────────


def _takes(data: Path, predicate: str, years: float) -> set[str]:
    with closing(sqlite3.connect(data / "trials.db")) as db:
        return {
            row[0] for row in db.execute(f"select trial_id from trials where {predicate}", {"age": years})
        }


def test_the_certain_predicate_takes_nobody_on_a_limit_that_was_not_read(data: Path) -> None:
    assert _takes(data, age.CERTAIN_SQL, 8) == set()
    assert _takes(data, age.CERTAIN_SQL, 30) == {READ}
    assert _takes(data, age.ELIGIBLE_SQL, 8) == {BADGE, LOW, HIGH}


def test_what_is_shown_for_copying_is_the_certain_predicate(data: Path) -> None:
    shown = data_page.AGE_SQL.replace("is null or x <", "is null or :age <").replace("<= x)", "<= :age)")
    assert " ".join(shown.split()) == " ".join(age.CERTAIN_SQL.split())
    example = data_page.example("eligible.sql").decode()
    assert "and ages_unread is null" in example
    with closing(sqlite3.connect(data / "trials.db")) as db:
        assert [row[0] for row in db.execute(example)] == [READ]


# ── history ─────────────────────────────────────────────────────────────────────────────────────────────


def _versions(data: Path, saved: Path, *, listing: bool = False) -> None:
    """A study (and a listing) whose ages are read, then not, then again."""
    saved.mkdir(exist_ok=True)
    for number, (maximum, badge) in enumerate(
        [("60 Years", "6-75 years"), ("60", "6 bis 75"), ("61 Years", "6-76 years"), ("61", "7 bis 76")]
    ):
        when = FIRST + timedelta(days=30 * number)
        record = study(READ, maximum=maximum, updated=f"{when:%Y-%m-%d}")
        path = saved / f"{READ}.json"
        path.write_text(json.dumps(record), "utf-8")
        os.utime(path, (when.timestamp(),) * 2)
        if listing:
            write_listing(saved, 958002, "", age=badge, date=f"{when:%-d %B %Y}")
            for other in saved.glob("*958002*"):
                os.utime(other, (when.timestamp(),) * 2)
        result = trials(data, "import", saved)
        assert result.exit_code == 0, result.output


def test_the_history_tells_when_a_limit_could_not_be_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    _versions(data, tmp_path / "saved")
    found = rows(
        data,
        "select observed_at, old, new, severity from changes where field = 'ages_unread' order by position",
    )
    assert found == [
        ("2026-02-04", None, "maximum_age", "high"),
        ("2026-03-06", "maximum_age", None, "high"),
        ("2026-04-05", None, "maximum_age", "high"),
    ]
    former = trials(data, "show", READ, "--as-of", "2026-02-10").stdout
    assert "stated age could not be read: 60" in former
    assert "could not be read" not in trials(data, "show", READ, "--as-of", "2026-03-10").stdout
    told = trials(data, "diff", READ, "--from", "2026-01-10", "--to", "2026-02-10").stdout
    assert "! Stated ages that could not be read: not stated" in told


def _made_older(path: Path) -> None:
    """The database as the program made it before the column was there."""
    with closing(sqlite3.connect(path)) as db:
        for table in ("trials", "search_filter", "records"):
            db.execute(f"alter table {table} drop column ages_unread")
        db.execute("drop index changes_learned_at_observed_at")
        db.execute("alter table changes drop column learned_at")
        db.execute("delete from _sqlite_migrations where name in ('m010_ages_unread', 'm011_learned_at')")
        for rowid, text in db.execute("select rowid, state from versions").fetchall():
            db.execute("update versions set state = ? where rowid = ?", (_without_learned(text), rowid))
        for (trial_id,) in db.execute(
            "select distinct trial_id from changes where field = 'ages_unread'"
        ).fetchall():
            _without_change(db, trial_id)
        for rowid, text in db.execute("select rowid, state from versions").fetchall():
            state = json.loads(text)
            state.get("trials", {}).get("set", {}).pop("ages_unread", None)
            if "records" in state:
                place = state["records"]["columns"].index("ages_unread")
                for row in (state["records"]["columns"], *state["records"]["rows"]):
                    del row[place]
            written = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
            db.execute("update versions set state = ? where rowid = ?", (written, rowid))
        db.commit()


def _without_learned(text: str) -> str:
    """A former state without the time at which its changes were learned: a later step, whose rows builds make exact."""
    state = json.loads(text)
    if "learned_at" in state.get("changes", {}).get("columns", ()):
        place = state["changes"]["columns"].index("learned_at")
        for row in (state["changes"]["columns"], *state["changes"]["rows"]):
            del row[place]
    return json.dumps(state, ensure_ascii=False, separators=(",", ":"))


def _dumped(data: Path) -> dict[str, object]:
    """Every table, without the time at which changes were learned."""
    found: dict[str, object] = dict(dump(data))
    names = [row[0] for row in rows(data, "select name from pragma_table_info('changes')")]
    told = ", ".join(name for name in names if name != "learned_at")
    found["changes"] = rows(data, f"select {told} from changes order by trial_id, position")
    found["versions"] = [
        (*row[:-1], _without_learned(row[-1]))
        for row in rows(
            data,
            "select trial_id, position, observed_at, replaced_at, state from versions order by trial_id, position",
        )
    ]
    return found


def _without_change(db: sqlite3.Connection, trial_id: str) -> None:
    """Take the changes of `ages_unread` out of a trial and of its former states."""
    names = [row[1] for row in db.execute("pragma table_info(changes)")]
    of = {name: place for place, name in enumerate(names)}
    present = db.execute("select * from changes where trial_id = ? order by position", (trial_id,)).fetchall()
    states = db.execute(
        "select rowid, state from versions where trial_id = ? order by position desc", (trial_id,)
    ).fetchall()

    def plain(listed: list[Any]) -> list[list[Any]]:
        kept = [list(row) for row in listed if row[of["field"]] != "ages_unread"]
        for position, row in enumerate(kept):
            row[of["position"]] = position
        return kept

    newer_full, newer = [list(row) for row in present], plain(present)
    db.execute("delete from changes where trial_id = ?", (trial_id,))
    db.executemany(f"insert into changes values ({', '.join('?' * len(names))})", newer)
    for rowid, text in states:
        state = json.loads(text)
        full = newer_full
        if "changes" in state:
            change = state["changes"]
            former = [
                dict(zip(change["columns"], row, strict=True)) | {"trial_id": trial_id}
                for row in change["rows"]
            ]
            full = [
                *newer_full[: change["first"]],
                *([row[name] for name in names] for row in former),
                *newer_full[len(newer_full) - change["last"] :],
            ]
        own = plain(full)
        kept = [tuple(row[of[name]] for name in _IN_ORDER) for row in own]
        after = [tuple(row[of[name]] for name in _IN_ORDER) for row in newer]
        state.pop("changes", None)
        if kept != after:
            state["changes"] = list_difference(kept, after, _IN_ORDER)
        db.execute(
            "update versions set state = ? where rowid = ?", (json.dumps(state, ensure_ascii=False), rowid)
        )
        newer_full, newer = full, own


_IN_ORDER = ("trial_id", "position", "field", "old", "new", "observed_at", "severity", "source", "source_id", "kind", "criterion", "detail")  # fmt: skip


def test_an_older_database_brought_up_to_date_in_place_is_the_one_made_anew(tmp_path: Path) -> None:
    data = _four(tmp_path)
    _versions(data, tmp_path / "more", listing=True)
    assert trials(data, "build", "--full").exit_code == 0
    wanted = _dumped(data)
    _made_older(data / "trials.db")
    assert _dumped(data) != wanted
    # Where the archive lacks trials, and in a published copy without one, nothing is made anew.
    with closing(writer.open_database(data / "trials.db").conn) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    found = _dumped(data)
    for table in wanted:
        if table not in ("meta", "stats", "trial_digests"):
            assert found[table] == wanted[table], table
    assert trials(data, "build").exit_code == 0
    found = _dumped(data)
    assert all(found[table] == wanted[table] for table in wanted if table != "trial_digests")
