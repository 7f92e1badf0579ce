"""Whichever way leads to a page of hits, the hits and their order are the same; tags say what the rows say."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlite_utils.db import Database

from scraper.errors import StoreError
from scraper.search import ranking
from scraper.search.engine import search, trial_ids
from scraper.search.facets import facet_counts
from scraper.search.filters import Filters
from scraper.search.index import TRIALS
from scraper.search.plan import plan
from scraper.search.question import Question
from scraper.store import fulltext
from tests.search_rows import empty_database, insert

WORDS = (
    "asthma", "asthma lamp", "lamp OR song", "asth*", '"asthma song"', "lamp -song", "wheeze", "condition:asthma",
    "title:lamp", "sponsor:light", "criteria:blasts", "lamp criteria:blasts", "AB",
)  # fmt: skip
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"removed": True},
    {"recruiting": True},
    {"status": ("COMPLETED", "ACTIVE_NOT_RECRUITING")},
    {"phase": ("PHASE2",)},
    {"sex": "FEMALE"},
    {"sex": "ALL"},
    {"study_type": ("OBSERVATIONAL",)},
    {"sponsor_class": ("OTHER_GOV", "NIH")},
    {"country": ("Turkey",)},
    {"country": ("Côte D'Ivoire", "usa")},
    {"country": ("??",)},
    {"has_results": True},
    {"has_results": False},
    {"healthy_volunteers": True},
    *(
        {"age": age}
        for age in (0.0, 0.5, 1.0, 5.0, 6.0, 17.0, 18.0, 30.0, 64.0, 65.0, 66.0, 75.5, 127.0, 128.0, 300.0)
    ),
    {"age": 30.0, "sex": "MALE"},
    {"recruiting": True, "phase": ("PHASE2",), "age": 30.0},
)


@pytest.fixture(scope="module")
def db() -> Iterator[Database]:
    made = empty_database()
    rng = random.Random(7)
    some = ("asthma", "lamp", "song", "wheeze", "sleep", "diet")
    for number in range(240):
        insert(
            made,
            f"NCT{number:08}" if number % 9 else f"ISRCTN{number:08}",
            brief_title=" ".join(rng.sample(some, 3)),
            conditions=rng.sample(("Asthma", "Asthma (child's)", "Sleep; poor", "Lamp songs"), 2),
            keywords=rng.sample(some, 1),
            mesh=[("condition", "Asthma, Nocturnal", 0)] if number % 4 == 0 else [],
            interventions=[(rng.choice(some), [rng.choice(some)])],
            sponsors=[rng.choice(("Institute of Light", "School of Song"))],
            criteria=rng.choice(("blasts in blood", "No asthma", "")),
            sites=[
                (
                    "Here",
                    rng.choice(("Turkey (Türkiye)", "Côte D'Ivoire", "United States", "France")),
                    1,
                    2,
                    None,
                )
            ],
            overall_status=rng.choice(("RECRUITING", "COMPLETED", "ACTIVE_NOT_RECRUITING", None)),
            phase=rng.choice(("PHASE1", "PHASE1/PHASE2", "PHASE2", "NA", None)),
            sex=rng.choice(("ALL", "FEMALE", "MALE", None)),
            study_type=rng.choice(("INTERVENTIONAL", "OBSERVATIONAL")),
            lead_sponsor_class=rng.choice(("OTHER_GOV", "NIH", "INDUSTRY")),
            has_results=rng.choice((0, 1, None)),
            healthy_volunteers=rng.choice((0, 1, None)),
            minimum_age_years=rng.choice((18.0, 40.0, 0.5, 5.5, 0.0, 130.0, None)),
            maximum_age_before_years=rng.choice((None, 66.0, 6.0, 17.5, 75.25, 128.0, 1000.0)),
            last_update_posted_date=f"20{rng.randint(10, 26)}-0{rng.randint(1, 9)}",
            removed=int(rng.random() < 0.1),
        )
    made.execute("insert into synonyms values ('AB', 'asthma nocturnal', 'asthma nocturnal', 9)")
    made.execute("insert into mesh_names values ('asthma nocturnal', 'Asthma, Nocturnal', 60)")
    yield made
    made.close()


def pages(db: Database, words: str, filters: dict[str, Any], sort: str) -> list[list[str]]:
    questions = (
        Question(words, Filters(**filters), sort, limit, offset) for limit, offset in ((7, 0), (5, 11))
    )
    return [[hit.trial_id for hit in search(db.conn, question).hits] for question in questions]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_the_index_knows_the_filters_as_the_rows_do(db: Database, filters: dict[str, Any]) -> None:
    for words in ("", *WORDS[::2]):
        question = Question(words, Filters(**filters), limit=1000)
        rows = f"select f.trial_id from search_filter f where {' and '.join(plan(db.conn, question).every_clause) or '1'}"
        kept = {row[0] for row in db.conn.execute(rows, plan(db.conn, question).values)}
        everything = {
            hit.trial_id for hit in search(db.conn, Question(words, Filters(removed=True), limit=1000)).hits
        }
        found = search(db.conn, question)
        assert {hit.trial_id for hit in found.hits} == everything & kept
        assert found.total == len(found.hits)
        assert set(trial_ids(db.conn, question)) == everything & kept


@pytest.mark.parametrize("sort", ["relevance", "updated", "start"])
@pytest.mark.parametrize(
    "limits",
    [
        {"FEW_HITS": 1},
        {
            "WINDOW_HITS": 1,
            "FEW_HITS": 1,
            "_SAMPLE": 20,
            "_HITS_A_STEP": 1,
            "_FIRST_STEP": 3,
            "_MOST_STEPS": 30,
        },
        {"WINDOW_HITS": 1, "FEW_HITS": 1, "_SAMPLE": 20, "_MOST_STEPS": 0, "WINDOW": 60},
        {"WINDOW_HITS": 1, "FEW_HITS": 1, "_SAMPLE": 20, "_MOST_STEPS": 0, "WINDOW": 5},
        {"_SAMPLE": 20, "_COMMON": 0.0},
    ],
    ids=str,
)
def test_every_way_to_the_hits_gives_the_same_order(
    db: Database, limits: dict[str, Any], sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [(words, filters) for words in ("", *WORDS) for filters in (*FILTERS[:2], *FILTERS[-2:])]
    monkeypatch.setattr(ranking, "WINDOW_HITS", 10**9)
    monkeypatch.setattr(ranking, "_COMMON", 2.0)
    expected = [pages(db, *one, sort) for one in asked]
    for name, value in limits.items():
        monkeypatch.setattr(ranking, name, value)
    assert [pages(db, *one, sort) for one in asked] == expected


def test_facets_are_the_same_from_known_hits(db: Database) -> None:
    question = Question("asthma", Filters(recruiting=True, age=30.0))
    known = search(db.conn, question).keys
    assert known
    assert facet_counts(db.conn, question, known) == facet_counts(db.conn, question)


def test_a_whole_condition_is_found_whatever_stands_between_its_words() -> None:
    made = empty_database()
    insert(made, "NCT00000001", conditions=["Sleep apnoea, obstructive. ", "Snoring"])
    insert(made, "NCT00000002", conditions=["Obstructive sleep-apnoea", "Sleep"])
    made.execute("insert into mesh_names values ('sleep apnea obstructive', 'Sleep Apnea, Obstructive', 3)")
    found = search(made.conn, Question("condition:(sleep apnoea obstructive)")).hits
    made.close()
    assert "NCT00000001" in {hit.trial_id for hit in found}


@pytest.mark.parametrize("typed", ["r\ue0031", "s\ue003recruiting", "c\ue003asthma\ue003nocturnal", "tags:s"])
def test_nobody_can_type_a_tag(db: Database, typed: str) -> None:
    assert search(db.conn, Question(typed)).total == 0


def test_an_index_of_an_older_version_says_what_to_do() -> None:
    made = empty_database()
    older = fulltext.Index(TRIALS.name, TRIALS.columns[:-1])
    fulltext.create(made, older)
    with pytest.raises(StoreError, match=r"without the column 'tags'.* run trials build"):
        search(made.conn, Question("asthma"))
    fulltext.create(made, TRIALS)
    assert search(made.conn, Question("asthma")).total == 0
    made.close()
