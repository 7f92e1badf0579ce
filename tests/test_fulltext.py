"""The full-text indexes stay what the rows say."""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlite_utils.db import Database

from scraper.errors import StoreError
from scraper.search.index import CRITERIA, INDEXES, TRIALS
from scraper.store import fulltext
from tests.search_rows import empty_database, insert


@pytest.fixture
def db() -> Iterator[Database]:
    found = empty_database()
    yield found
    found.close()


def ids(db: Database, match: str, index: fulltext.Index = TRIALS) -> list[int]:
    rows = db.execute(f"select rowid from {index.name} where {index.name} match ? order by rowid", [match])
    return [row[0] for row in rows]


def content(db: Database, index: fulltext.Index) -> list[tuple[object, ...]]:
    """Every word with where it stands: what an index says, however its segments lie."""
    db.execute(f"create virtual table temp.every_word using fts5vocab('main', '{index.name}', instance)")
    rows = db.execute("select term, doc, col, offset from every_word order by 1, 2, 3, 4").fetchall()
    db.execute("drop table temp.every_word")
    return rows


def test_added_trials_are_found_by_the_words_of_every_column(db: Database) -> None:
    insert(
        db,
        "NCT00000001",
        brief_title="Sunny mornings",
        official_title="A study of waking early",
        acronym="DAWN",
        conditions=["Insomnia"],
        keywords=["circadian"],
        mesh=[("condition", "Sleep Initiation and Maintenance Disorders", 0)],
        interventions=[("Melatonin", ["Circadin"])],
        sponsors=["Institute of Rest"],
        secondary_ids=["2019-001234-12"],
        criteria="No night work",
    )
    for word in (
        "sunny", "waking", "dawn", "insomnia", "circadian", "maintenance", "melatonin", "circadin", "rest",
        "NCT00000001", '"2019 001234 12"',
    ):  # fmt: skip
        assert ids(db, word) == [1], word
    assert ids(db, "night") == []
    assert ids(db, "night", CRITERIA) == [1]


def test_no_phrase_reaches_from_one_condition_into_the_next(db: Database) -> None:
    insert(db, "NCT00000001", conditions=["Chronic pain", "Asthma in children"])
    assert ids(db, '"chronic pain"') == [1]
    assert ids(db, '"pain asthma"') == []


def test_changed_trial_is_found_by_its_new_words_only(db: Database) -> None:
    insert(db, "NCT00000001", brief_title="Old words", conditions=["Asthma"])
    for index in INDEXES:
        fulltext.remove(db.conn, index, ["NCT00000001"])
    db.execute("update trials set brief_title = 'New words'")
    db.execute("delete from conditions")
    for index in INDEXES:
        fulltext.add(db.conn, index, ["NCT00000001"])
    assert ids(db, "old") == ids(db, "asthma") == []
    assert ids(db, "new") == [1]
    for index in INDEXES:
        fulltext.verify(db.conn, index)


def test_adding_and_removing_twice_changes_nothing(db: Database) -> None:
    insert(db, "NCT00000001", brief_title="Once")
    before = content(db, TRIALS)
    fulltext.add(db.conn, TRIALS, ["NCT00000001", "NCT00000001"])
    assert content(db, TRIALS) == before
    fulltext.remove(db.conn, TRIALS, ["NCT00000001"])
    fulltext.remove(db.conn, TRIALS, ["NCT00000001", "NCT00000009"])
    assert content(db, TRIALS) == []


def test_rebuild_and_piecewise_indexing_in_any_order_say_the_same() -> None:
    forward, backward = empty_database(), empty_database()
    rows = [(f"NCT0000000{i}", f"Title {i}", [f"condition {i % 3}"]) for i in range(1, 8)]
    for trial_id, title, conditions in rows:
        insert(forward, trial_id, brief_title=title, conditions=conditions)
    for trial_id, title, conditions in reversed(rows):
        insert(backward, trial_id, brief_title=title, conditions=conditions)
    fulltext.rebuild(backward, TRIALS)
    assert content(forward, TRIALS) == content(backward, TRIALS)


def test_rebuilding_twice_writes_the_same_blocks(db: Database) -> None:
    for i in range(1, 30):
        insert(db, f"NCT{i:08}", brief_title=f"Title {i}", conditions=["Asthma"])

    def stored() -> list[tuple[object, ...]]:
        # Row 10 begins with a counter of configuration changes.
        return db.execute(
            "select id, iif(id = 10, substr(block, 5), block) from trials_fts_data order by id"
        ).fetchall()

    fulltext.rebuild(db, TRIALS)
    first = stored()
    fulltext.rebuild(db, TRIALS)
    assert stored() == first


def test_index_of_another_description_is_made_anew(db: Database) -> None:
    insert(db, "NCT00000001", brief_title="Café", conditions=["Asthma"])
    small = fulltext.Index("trials_fts", (fulltext.Column("brief_title", "t.brief_title"),))
    fulltext.create(db, small)
    assert ids(db, "cafe") == [1]
    assert ids(db, "asthma") == []
    fulltext.create(db, TRIALS)
    assert ids(db, "asthma") == [1]


def test_creating_again_leaves_the_file_alone(db: Database) -> None:
    before = db.conn.total_changes
    for index in INDEXES:
        fulltext.create(db, index)
    assert db.conn.total_changes == before


def test_rows_changed_behind_the_index_are_noticed(db: Database) -> None:
    insert(db, "NCT00000001", brief_title="Told to the index")
    fulltext.verify(db.conn, TRIALS)
    db.execute("update trials set brief_title = 'Not told'")
    with pytest.raises(StoreError, match="trials_fts at odds with its rows"):
        fulltext.verify(db.conn, TRIALS)


def test_indexing_is_undone_with_its_transaction(db: Database) -> None:
    insert(db, "NCT00000001", brief_title="Kept")
    with pytest.raises(sqlite3.IntegrityError), db.atomic():
        fulltext.remove(db.conn, TRIALS, ["NCT00000001"])
        db.execute("insert into trials (trial_id) values ('NCT00000001')")
    assert ids(db, "kept") == [1]
    fulltext.verify(db.conn, TRIALS)


def test_an_index_made_row_by_row_is_the_one_that_fts5_makes(db: Database) -> None:
    for number in range(1, 60):
        insert(
            db, f"NCT{number:08}", brief_title=f"Title {number}", conditions=["Pain", f"Kind {number % 7}"]
        )

    def made() -> list[tuple[object, ...]]:
        return db.execute("select id, block from trials_fts_data order by id").fetchall()

    told: list[tuple[str, int, int | None]] = []
    fulltext.rebuild(db, TRIALS, lambda *words: told.append(words))
    ours = made()
    for command in ("rebuild", "optimize"):
        db.execute("insert into trials_fts(trials_fts) values (?)", [command])
    assert ours == made()
    assert [done for what, done, total in told if total == 59] == list(range(60))


def test_an_index_can_be_interrupted(db: Database) -> None:
    insert(db, "NCT00000001", brief_title="Sunny mornings")

    def interrupted(what: str, done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fulltext.rebuild(db, TRIALS, interrupted)
