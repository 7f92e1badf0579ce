"""What a reader finds, in which order, and why."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.db import Database

from scraper.errors import StoreError
from scraper.search import ranking
from scraper.search.engine import Results, search, trial_ids
from scraper.search.facets import facet_counts
from scraper.search.filters import Filters, Near
from scraper.search.question import Question
from tests.search_rows import empty_database, insert

BOSTON = Near(42.36, -71.06, 50)


@pytest.fixture(scope="module")
def db() -> Iterator[Database]:
    found = empty_database()
    insert(
        found,
        "NCT00000001",
        brief_title="Sunlight for acute myeloid leukemia",
        conditions=["Acute Myeloid Leukemia"],
        mesh=[("condition", "Leukemia, Myeloid, Acute", 0), ("condition", "Neoplasms", 1)],
        interventions=[("Daylight lamp", ["Heliostat"])],
        sponsors=["Institute of Light"],
        criteria="CD33 on blasts. No asthma.",
        overall_status="RECRUITING",
        phase="PHASE1/PHASE2",
        sex="ALL",
        minimum_age_years=6.0,
        maximum_age_before_years=76.0,
        last_update_posted_date="2026-05-13",
        start_date="2026-05",
        enrollment=10,
        study_type="INTERVENTIONAL",
        sites=[
            ("Boston", "United States", 42.36, -71.06, "COMPLETED"),
            ("Worcester", "United States", 42.26, -71.80, "RECRUITING"),
        ],
        secondary_ids=["2019-001234-12"],
    )
    insert(
        found,
        "NCT00000002",
        brief_title="Breathing lessons in asthma",
        conditions=["Asthma", "Rhinitis"],
        keywords=["wheeze"],
        overall_status="COMPLETED",
        phase="PHASE2",
        sex="FEMALE",
        minimum_age_years=18.0,
        last_update_posted_date="2024-01",
        start_date="2020",
        enrollment=300,
        has_results=1,
        study_type="INTERVENTIONAL",
        healthy_volunteers=1,
        sites=[("Lyon", "France", 45.76, 4.84, None), ("Cambridge", "United States", 42.37, -71.11, None)],
    )
    insert(
        found,
        "NCT00000003",
        brief_title="Songs for children with wheeze",
        conditions=["Asthma"],
        overall_status="RECRUITING",
        sex=None,
        maximum_age_before_years=2.0,
        last_update_posted_date="2026-04-30",
        study_type="OBSERVATIONAL",
        sites=[("Suva", "Fiji", -18.1, 178.4, None)],
    )
    insert(found, "NCT00000004", brief_title="Vanished asthma trial", conditions=["Asthma"], removed=1)
    found.execute(
        "insert into synonyms values ('AML', 'acute myeloid leukemia', 'acute myeloid leukemia', 9)"
    )
    found.execute("insert into mesh_names values ('blood cancer', 'Leukemia, Myeloid, Acute', 4)")
    yield found
    found.close()


def ask(db: Database, words: str = "", sort: str = "relevance", **filters: Any) -> Results:
    return search(db.conn, Question(words, Filters(**filters), sort))


def found(db: Database, words: str = "", **filters: Any) -> set[int]:
    return {int(hit.trial_id[3:]) for hit in ask(db, words, **filters).hits}


@pytest.mark.parametrize(
    "words, expected",
    [
        ("", {1, 2, 3}),
        ("asthma", {2, 3}),
        ("leukaemias", {1}),
        ("asthma wheeze", {2, 3}),
        ("asthma lessons", {2}),
        ('"acute myeloid"', {1}),
        ('"myeloid leukemia acute"', set()),
        ("leuk*", {1}),
        ("asthma OR leukemia", {1, 2, 3}),
        ("asthma -rhinitis", {3}),
        ("-asthma", {1}),
        ("-criteria:CD33", {2, 3}),
        ("condition:wheeze", {2}),
        ("title:wheeze", {3}),
        ("sponsor:light", {1}),
        ("intervention:heliostat", {1}),
        ("intervention:leukemia", set()),
        ("condition:neoplasms", {1}),
        ("CD33", set()),
        ("criteria: CD33", {1}),
        ("criteria:asthma", {1}),
        ("lessons OR criteria:CD33", {1, 2}),
        ("leukemia criteria:CD33", {1}),
        ("asthma criteria:CD33", set()),
        ("nct 00000001", {1}),
        ("id:2019-001234-12", {1}),
        ("00000003", {3}),
        ("AML", {1}),
        ("aml", {1}),
        ("condition:AML", {1}),
        ("blood cancer", {1}),
        ("intervention:AML", set()),
        ('"AML"', set()),
    ],
)
def test_words_find(db: Database, words: str, expected: set[int]) -> None:
    assert found(db, words) == expected


@pytest.mark.parametrize(
    "filters, expected",
    [
        ({"status": ("RECRUITING",)}, {1, 3}),
        ({"status": ("COMPLETED", "TERMINATED")}, {2}),
        ({"recruiting": True}, {1, 3}),
        ({"phase": ("PHASE2",)}, {1, 2}),
        ({"phase": ("PHASE3",)}, set()),
        ({"phase": ("PHASE1/PHASE2",)}, {1}),
        ({"age": 34.0}, {1, 2}),
        ({"age": 75.5}, {1, 2}),
        ({"age": 76.0}, {2}),
        ({"age": 1.9}, {3}),
        ({"sex": "FEMALE"}, {1, 2, 3}),
        ({"sex": "MALE"}, {1, 3}),
        ({"sex": "ALL"}, {1, 3}),
        ({"study_type": ("OBSERVATIONAL",)}, {3}),
        ({"country": ("France",)}, {2}),
        ({"country": ("usa",)}, {1, 2}),
        ({"country": ("U.S.", "fiji")}, {1, 2, 3}),
        ({"country": ("Fran",)}, set()),
        ({"condition": "asthma"}, {2, 3}),
        ({"condition": "AML"}, {1}),
        ({"updated_from": "2026-05"}, {1}),
        ({"updated_from": "2026-04-30", "updated_to": "2026-05-13"}, {1, 3}),
        ({"updated_to": "2024"}, {2}),
        ({"start_from": "2026-05-13"}, {1}),
        ({"start_to": "2020-03"}, {2}),
        ({"has_results": True}, {2}),
        ({"has_results": False}, {1, 3}),
        ({"healthy_volunteers": True}, {2}),
        ({"removed": True}, {1, 2, 3, 4}),
        ({"near": BOSTON}, {1, 2}),
        ({"near": BOSTON, "recruiting": True}, set()),
        ({"near": Near(42.36, -71.06, 100), "recruiting": True}, {1}),
        ({"near": Near(-18.0, -179.9, 250)}, {3}),
        ({"near": Near(89.9, 0.0, 100)}, set()),
    ],
)
def test_filters_keep(db: Database, filters: dict[str, Any], expected: set[int]) -> None:
    assert found(db, **filters) == expected


def test_words_and_filters_must_both_hold(db: Database) -> None:
    assert found(db, "asthma", recruiting=True) == {3}
    assert found(db, "asthma", near=BOSTON) == {2}
    assert found(db, "criteria:asthma", country=("France",)) == set()


@pytest.mark.parametrize(
    "sort, order",
    [("updated", [1, 3, 2]), ("start", [1, 2, 3]), ("enrollment", [2, 1, 3]), ("relevance", [1, 3, 2])],
)
def test_order_without_words(db: Database, sort: str, order: list[int]) -> None:
    assert [int(hit.trial_id[3:]) for hit in ask(db, sort=sort).hits] == order


def test_nearest_site_comes_first_and_is_named(db: Database) -> None:
    hits = ask(db, sort="distance", near=Near(42.37, -71.11, 100)).hits
    assert [hit.trial_id for hit in hits] == ["NCT00000002", "NCT00000001"]
    assert hits[0].distance_km == 0.0
    assert hits[0].site == "Cambridge, United States"
    assert hits[1].distance_km == pytest.approx(4.3, abs=0.1)
    assert hits[1].site_status == "COMPLETED"


def test_title_match_ranks_above_a_keyword_match(db: Database) -> None:
    assert [hit.trial_id for hit in ask(db, "wheeze").hits] == ["NCT00000003", "NCT00000002"]


def test_matched_words_are_marked_in_title_and_snippet(db: Database) -> None:
    hit = ask(db, "leukaemia lamps").hits[0]
    assert hit.title == "Sunlight for acute myeloid \ue000leukemia\ue001"
    assert "Interventions: Daylight \ue000lamp\ue001" in hit.snippet
    assert "\ue002" not in hit.snippet


def test_criteria_search_shows_the_criterion(db: Database) -> None:
    assert ask(db, "criteria:CD33").hits[0].snippet.startswith("\ue000CD33\ue001 on blasts")


def test_result_says_which_synonym_matched(db: Database) -> None:
    result = ask(db, "AML")
    assert [(each.typed, each.matched) for each in result.synonyms_used] == [
        ("AML", "acute myeloid leukemia")
    ]
    assert [each.matched for each in result.hits[0].synonyms] == ["acute myeloid leukemia"]
    assert ask(db, "leukemia").synonyms_used == ()


def test_typed_words_that_matched_themselves_need_no_synonym(db: Database) -> None:
    assert ask(db, "acute myeloid leukemia").hits[0].synonyms == ()


def test_ordinary_word_in_small_letters_is_no_abbreviation() -> None:
    db = empty_database()
    for i in range(1, 31):
        insert(db, f"NCT{i:08}", brief_title=f"Pet number {i}")
    insert(db, "NCT00000099", brief_title="Positron emission tomography")
    db.execute(
        "insert into synonyms values ('PET', 'positron emission tomography', 'positron emission tomography', 1)"
    )
    assert 99 not in {int(hit.trial_id[3:]) for hit in search(db.conn, Question("pet", limit=99)).hits}
    assert 99 in {int(hit.trial_id[3:]) for hit in search(db.conn, Question("PET", limit=99)).hits}
    db.close()


@pytest.mark.parametrize(
    "typed, better", [("astma", "asthma"), ("lekuemia asthma", "leukemia asthma"), ("zzzz", None)]
)
def test_typing_error_gets_a_suggestion(db: Database, typed: str, better: str | None) -> None:
    assert ask(db, typed).suggestion == better


def test_known_words_get_no_suggestion(db: Database) -> None:
    assert ask(db, "asthma leukemia").suggestion is None


def test_facets_count_all_hits_and_leave_out_their_own_filter(db: Database) -> None:
    counts = facet_counts(db.conn, Question(filters=Filters(status=("COMPLETED",))))
    assert counts["status"] == {"RECRUITING": 2, "COMPLETED": 1}
    assert counts["phase"] == {"PHASE2": 1}
    assert counts["country"] == {"France": 1, "United States": 1}
    assert facet_counts(db.conn, Question("asthma"))["study_type"] == {
        "INTERVENTIONAL": 1,
        "OBSERVATIONAL": 1,
    }


def test_pages_follow_each_other(db: Database) -> None:
    pages = [search(db.conn, Question("asthma OR leukemia", limit=1, offset=i)).hits for i in range(4)]
    whole = search(db.conn, Question("asthma OR leukemia")).hits
    assert [hit.trial_id for page in pages for hit in page] == [hit.trial_id for hit in whole]
    assert trial_ids(db.conn, Question("asthma OR leukemia")) == [hit.trial_id for hit in whole]


def test_too_many_hits_are_ordered_by_update(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(db, "wheeze").sort == "relevance"
    monkeypatch.setattr(ranking, "BM25_HITS", 1)
    result = ask(db, "wheeze")
    assert result.sort == "updated"
    assert [hit.trial_id for hit in result.hits] == ["NCT00000003", "NCT00000002"]
    assert ask(db, "asthma").sort == "relevance"  # title and subject order them all


def test_search_works_on_a_read_only_file_with_named_rows(tmp_path: Path) -> None:
    made = empty_database()
    insert(
        made,
        "NCT00000001",
        brief_title="Asthma",
        conditions=["Asthma"],
        sites=[("Lyon", "France", 45.7, 4.8, None)],
    )
    made.conn.commit()
    with sqlite3.connect(tmp_path / "trials.db") as copy:
        made.conn.backup(copy)
    copy.close()
    made.close()
    reader = sqlite3.connect(f"file:{tmp_path / 'trials.db'}?immutable=1", uri=True)
    reader.row_factory = sqlite3.Row
    result = search(reader, Question("asthma", Filters(near=Near(45.7, 4.8, 10)), "distance"))
    assert (result.total, result.hits[0].trial_id, result.hits[0].distance_km) == (1, "NCT00000001", 0.0)
    assert facet_counts(reader, Question("asthma"))["country"] == {"France": 1}
    assert search(reader, Question("astma")).suggestion == "asthma"
    reader.close()


def test_database_without_an_index_says_so() -> None:
    empty = sqlite3.connect(":memory:")
    with pytest.raises(StoreError, match="without a search index; expected one made by trials build"):
        search(empty, Question("asthma"))
    empty.close()


def test_own_id_comes_before_trials_that_mention_it() -> None:
    db = empty_database()
    insert(db, "NCT00000001", brief_title="The first", last_update_posted_date="2001")
    insert(db, "NCT00000002", brief_title="Extension of NCT00000001", last_update_posted_date="2026")
    assert [hit.trial_id for hit in search(db.conn, Question("nct 00000001")).hits] == [
        "NCT00000001",
        "NCT00000002",
    ]
    db.close()


def test_title_and_condition_come_before_either_and_newer_before_older() -> None:
    db = empty_database()
    insert(
        db, "NCT00000001", brief_title="Leukaemia", conditions=["Leukaemia"], last_update_posted_date="2001"
    )
    insert(db, "NCT00000002", brief_title="Leukemia", conditions=["Leukemia"], last_update_posted_date="2026")
    insert(db, "NCT00000003", brief_title="Leukemia", last_update_posted_date="2030")
    insert(db, "NCT00000004", brief_title="Lamps", keywords=["leukemia"], last_update_posted_date="2031")
    order = [2, 1, 3, 4]
    assert [int(hit.trial_id[3:]) for hit in search(db.conn, Question("leukaemia")).hits] == order
    for limit in (1, 2, 3):
        paged = [
            int(hit.trial_id[3:])
            for offset in range(0, 4, limit)
            for hit in search(db.conn, Question("leukaemia", limit=limit, offset=offset)).hits
        ]
        assert paged == order
    db.close()
