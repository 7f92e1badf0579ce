"""search_codes says in numbers what search_filter says, and no answer depends on whether it is there."""

from collections.abc import Iterator

import pytest
from sqlite_utils.db import Database

from scraper.match.engine import as_data, match
from scraper.match.patient import from_params
from scraper.match.sifting import sift
from scraper.normalise.phase import PHASES
from scraper.normalise.status import STATUSES
from scraper.search.engine import search
from scraper.search.facets import facet_counts
from scraper.search.filters import SEXES, Filters
from scraper.search.question import SPONSOR_CLASSES, STUDY_TYPES, Question
from scraper.store.codes import BITS, OTHER, VALUES, part_sql
from tests.search_rows import empty_database, insert


@pytest.fixture
def db() -> Iterator[Database]:
    made = empty_database()
    for number in range(60):
        insert(
            made,
            f"NCT{number:08}" if number % 7 else f"ISRCTN{number:08}",
            brief_title="Asthma",
            conditions=["Asthma"],
            overall_status=(*STATUSES, None)[number % 17],
            phase=(*PHASES, None)[number % 10],
            sex=(*SEXES, None)[number % 4],
            study_type=(*STUDY_TYPES, None)[number % 3],
            lead_sponsor_class=(*SPONSOR_CLASSES, None)[number % 10],
            healthy_volunteers=(0, 1, None)[number % 3],
            minimum_age_years=(18.0, 40.0, None)[number % 3],
            maximum_age_before_years=(None, 66.0)[number % 2],
            last_update_posted_date=(None, "2026-05", "2026-05-13", "2024")[number % 4],
            removed=int(number % 20 == 3),
        )
    yield made
    made.close()


def without_codes(db: Database) -> None:
    for event in ("insert", "update", "delete"):
        db.execute(f"drop trigger search_codes_{event}")
    db.execute("drop table search_codes")


QUESTIONS = [
    Question("asthma", Filters(**filters))
    for filters in (
        {"age": 30.0},
        {"age": 70.0, "status": ("COMPLETED",)},
        {"age": 30.0, "phase": ("PHASE2",), "sex": "FEMALE"},
        {"recruiting": True},
    )
]
PEOPLE = [
    {"condition": "asthma", "age": "30", "sex": "female", "limit": "5"},
    {"condition": "asthma", "age": "70", "healthy": "yes"},
    {"condition": "asthma", "sex": "male", "recruiting": "1"},
]


def test_every_known_value_has_a_code() -> None:
    known = (STATUSES, PHASES, SEXES, STUDY_TYPES, SPONSOR_CLASSES, (0, 1))
    for (name, values), wanted in zip(VALUES.items(), known, strict=True):
        assert set(wanted) <= set(values), name
        assert len(values) < OTHER, name
    assert BITS * len(VALUES) < 63


def test_codes_follow_every_write(db: Database) -> None:
    db.execute("update search_filter set overall_status = 'WITHDRAWN', sex = null where id % 5 = 1")
    db.execute("delete from search_filter where id % 5 = 2")
    for name, values in VALUES.items():
        rows = db.execute(
            f"select s.{name}, {part_sql(name)} from search_filter s left join search_codes f using (id)"
        ).fetchall()
        assert rows
        assert [code for _, code in rows] == [
            0 if value is None else values.index(value) + 1 for value, _ in rows
        ]
    for column in ("minimum_age_years", "maximum_age_before_years", "last_update_posted_date"):
        differ = f"select count(*) from search_filter s join search_codes c using (id) where s.{column} is not c.{column}"
        assert db.execute(differ).fetchone()[0] == 0
    counted = [
        db.execute(f"select count(*) from {name}").fetchone() for name in ("search_filter", "search_codes")
    ]
    assert counted[0] == counted[1]


def test_search_and_its_counts_are_the_same_without_the_table(db: Database) -> None:
    answers = [(search(db.conn, each), facet_counts(db.conn, each)) for each in QUESTIONS]
    without_codes(db)
    assert [(search(db.conn, each), facet_counts(db.conn, each)) for each in QUESTIONS] == answers


def test_a_match_is_the_same_without_the_table(db: Database) -> None:
    people = [from_params(each) for each in PEOPLE]
    answers = [as_data(match(db.conn, each, most=9)) for each in people]
    assert all(answer["found"] for answer in answers)
    without_codes(db)
    assert [as_data(match(db.conn, each, most=9)) for each in people] == answers


def test_the_trials_of_one_day_stand_by_their_ids(db: Database) -> None:
    rows = db.execute(
        "select trial_id from search_filter where removed = 0 and sex is not 'FEMALE'"
        " order by overall_status is not 'RECRUITING', last_update_posted_date desc, trial_id"
    )
    every = [row[0] for row in rows]
    man = from_params({"condition": "asthma", "sex": "male"})
    for most in (1, 2, 3, 7, 20, len(every)):
        found = sift(db.conn, man, most, 1)
        assert [one.trial_id for one in found.left][:most] == every[:most]
        assert found.found - found.out == len(every)


def test_a_value_that_has_no_code_is_counted_by_its_word(db: Database) -> None:
    db.execute("update search_filter set overall_status = 'PAUSED' where id = 1")
    counts = facet_counts(db.conn, Question("asthma", Filters(age=50.0)))
    assert counts["status"]["PAUSED"] == 1
    assert counts == facet_counts(
        db.conn,
        Question("asthma", Filters(age=50.0)),
        tuple(
            row[0]
            for row in db.execute(
                "select id from search_filter where removed = 0 and (maximum_age_before_years is null or"
                " maximum_age_before_years > 50) and (minimum_age_years is null or minimum_age_years <= 50)"
            )
        ),
    )
