"""What search reads from the rows: abbreviations, names of MeSH terms, and terms for trials that state none."""

from collections.abc import Iterator

import pytest
from sqlite_utils.db import Database

from scraper.search.abbreviations import abbreviations
from scraper.search.engine import search
from scraper.search.index import INDEXES, TRIALS
from scraper.search.learn import Assigned, ancestors_of, count, names
from scraper.search.learned import learn
from scraper.search.question import Question
from scraper.search.tagger import Tagger
from scraper.search.words import term_names
from scraper.store import fulltext, learned
from tests.search_rows import empty_database, insert


@pytest.mark.parametrize(
    "text, pair",
    [
        ("Sleep in acute myeloid leukemia (AML)", ("AML", "acute myeloid leukemia")),
        ("Trials of chronic cluster headache (CCH)", ("CCH", "chronic cluster headache")),
        ("COPD (chronic obstructive pulmonary disease)", ("COPD", "chronic obstructive pulmonary disease")),
        ("non-small cell lung cancer (NSCLC)", ("NSCLC", "non small cell lung cancer")),
        ("quality of life (QoL)", ("QoL", "quality of life")),
        ("graft-versus-host disease (GVHD)", ("GVHD", "graft versus host disease")),
        ("Parkinson's disease (PD) at night", ("PD", "parkinson s disease")),
        ("tumor necrosis factor (TNF; a cytokine)", ("TNF", "tumor necrosis factor")),
    ],
)
def test_abbreviation_is_read_with_its_long_form(text: str, pair: tuple[str, str]) -> None:
    assert [found[:2] for found in abbreviations([[text], [text]])] == [pair]


@pytest.mark.parametrize(
    "text",
    [
        "adults (18-65)",
        "a lamp (model AB)",
        "waking early (see below)",
        "blood pressure (mmHg)",
        "AML (AML)",
        "One sentence ends. Light (OSL)",
    ],
)
def test_bracket_that_abbreviates_nothing_is_passed_over(text: str) -> None:
    assert abbreviations([[text], [text]]) == []


def test_abbreviation_seen_once_is_not_learned() -> None:
    assert abbreviations([["acute myeloid leukemia (AML)"]]) == []


def test_spellings_of_a_long_form_count_together() -> None:
    texts = [
        ["acute myeloid leukaemia (AML)"],
        ["acute myeloid leukemia (AML)"],
        ["Acute Myeloid Leukemias (aML)"],
    ]
    assert abbreviations(texts[:2]) == [("AML", "acute myeloid leukaemia", 2)]


@pytest.mark.parametrize(
    "term, name",
    [
        ("Leukemia, Myeloid, Acute", "acute myeloid leukemia"),
        ("Breast Neoplasms", "breast cancer"),
        ("Peanut Hypersensitivity", "peanut allergy"),
        ("Carcinoma, Non-Small-Cell Lung", "non small cell lung carcinoma"),
        ("Vitamin B 6 Deficiency", "vitamin b 6 deficiency"),
    ],
)
def test_mesh_term_goes_by_its_natural_name(term: str, name: str) -> None:
    assert name in term_names(term)


def assigned(*conditions: str, terms: tuple[str, ...], above: tuple[str, ...] = ()) -> Assigned:
    return Assigned(conditions, (), terms, above)


def test_ancestors_are_those_common_to_all_trials_of_a_term() -> None:
    trials = [
        assigned(terms=("Asthma", "Dandruff"), above=("Lung Diseases", "Skin Diseases")),
        assigned(terms=("Asthma", "Gout"), above=("Lung Diseases", "Joint Diseases")),
        assigned(terms=("Asthma",), above=("Lung Diseases",)),
        assigned(terms=("Dandruff", "Gout"), above=("Skin Diseases", "Joint Diseases")),
    ]
    assert ancestors_of(count(trials)) == {"Asthma": ("Lung Diseases",)}


def test_name_is_learned_from_the_trials_that_agree_on_it() -> None:
    trials = [assigned("Winter cough", terms=("Bronchitis",)) for _ in range(3)]
    trials += [assigned("Bad luck", terms=("Gout",)), assigned("Bad luck", terms=("Asthma",))]
    known = names(count(trials))
    assert known.terms["winter cough"] == {"Bronchitis": 3}
    assert "bad luck" not in known.terms


def test_term_that_another_condition_names_is_not_credited_to_its_neighbour() -> None:
    trials = [assigned("Gout", "Night shifts", terms=("Gout",)) for _ in range(3)]
    assert "night shift" not in names(count(trials)).terms


def tagger() -> Tagger:
    trials = [assigned("Winter cough", terms=("Bronchitis",))] * 2 + [
        assigned("Acute Myeloid Leukemia", terms=("Leukemia, Myeloid, Acute",), above=("Leukemia",)),
        assigned("Leukemia", terms=("Leukemia",)),
        assigned("Winter cough", terms=("Bronchitis",)),
        assigned("Winter cough", terms=("Bronchitis",)),
    ]
    return Tagger(names(count(trials), [("AML", "acute myeloid leukemia", 5)]))


@pytest.mark.parametrize(
    "condition, terms",
    [
        ("Relapsed acute myeloid leukaemia in adults", ["Leukemia, Myeloid, Acute", "Leukemia"]),
        ("Leukaemia, Myeloid, Acute", ["Leukemia, Myeloid, Acute", "Leukemia"]),
        ("AML", ["Leukemia, Myeloid, Acute", "Leukemia"]),
        ("Leukaemias", ["Leukemia"]),
        ("Cough, Winter", ["Bronchitis"]),
        ("Something else", []),
    ],
)
def test_condition_gets_the_terms_its_longest_known_name_has(condition: str, terms: list[str]) -> None:
    assert [each.term for each in tagger().infer([condition])] == terms


@pytest.mark.parametrize(
    "condition, terms",
    [
        ("Winter cough of moderate severity", []),
        ("Stage IV winter cough, left", ["Bronchitis"]),
        ("Relapsed leukaemia; winter cough", ["Leukemia", "Bronchitis"]),
        ("Acute Myeloid Leukemia (AML)", ["Leukemia, Myeloid, Acute", "Leukemia"]),
        ("Hairy leukemia", ["Leukemia"]),
        ("Fear of leukemia", []),
        ("Non-hairy leukemia", []),
        ("Leukemia caregivers", []),
        ("Sailors / leukemia", []),
    ],
)
def test_part_of_a_condition_counts_only_when_the_rest_changes_nothing(
    condition: str, terms: list[str]
) -> None:
    assert [each.term for each in tagger().infer([condition])] == terms


def test_keyword_alone_gives_no_term() -> None:
    trials = [Assigned(("Asthma",), ("gout",), ("Asthma", "Gout")) for _ in range(4)]
    assert Tagger(names(count(trials))).found("Asthma") == ("Asthma",)


def test_name_that_shares_no_word_with_its_term_needs_more_trials() -> None:
    strangers = [assigned("Winter cough", terms=("Gout",)) for _ in range(2)]
    assert "winter cough" not in names(count(strangers)).terms
    assert names(count(strangers * 2)).terms["winter cough"] == {"Gout": 4}


def test_vague_term_is_learned_from_no_other_name() -> None:
    trials = [assigned("Cystic thing", terms=("Fibrosis", "Cystic Thing Disorder")) for _ in range(4)]
    assert names(count(trials)).terms["cystic thing"] == {"Cystic Thing Disorder": 4}


def test_abbreviation_that_the_registry_does_not_follow_means_nothing() -> None:
    trials = [assigned("Gout", terms=("Gout",))] + [assigned("GT", terms=("Asthma",)) for _ in range(3)]
    known = names(count(trials), [("GT", "gout", 5)])
    assert known.terms.get("gt") != known.terms["gout"]


def test_abbreviation_of_two_meanings_means_nothing() -> None:
    trials = [assigned("Gout", terms=("Gout",)), assigned("Asthma", terms=("Asthma",))]
    assert "ga" not in names(count(trials), [("GA", "gout", 5), ("GA", "asthma", 4)]).terms


@pytest.fixture
def db() -> Iterator[Database]:
    found = empty_database()
    for i in range(1, 5):
        insert(
            found,
            f"NCT{i:08}",
            brief_title="Lamps in acute myeloid leukemia (AML)",
            conditions=["Acute Myeloid Leukemia"],
            mesh=[("condition", "Leukemia, Myeloid, Acute", 0), ("condition", "Hematologic Diseases", 1)],
        )
    insert(found, "ISRCTN00000001", brief_title="Light", conditions=["Acute myeloid leukaemia, relapsed"])
    yield found
    found.close()


def trials(db: Database, words: str) -> set[str]:
    return {hit.trial_id for hit in search(db.conn, Question(words)).hits}


def test_trial_without_mesh_terms_is_found_by_what_its_conditions_stand_for(db: Database) -> None:
    assert "ISRCTN00000001" not in trials(db, "condition: hematologic diseases")
    assert learned.save(db, learn(db.conn), INDEXES)
    assert "ISRCTN00000001" in trials(db, "condition: hematologic diseases")
    assert "ISRCTN00000001" in trials(db, "condition: AML")
    for index in INDEXES:
        fulltext.verify(db.conn, index)


def test_learning_the_same_rows_again_writes_nothing(db: Database) -> None:
    learned.save(db, learn(db.conn), INDEXES)
    before = db.conn.total_changes
    assert not learned.save(db, learn(db.conn), INDEXES)
    assert db.conn.total_changes == before


def test_what_was_learned_goes_when_its_trials_go(db: Database) -> None:
    learned.save(db, learn(db.conn), INDEXES)
    with db.atomic():
        fulltext.remove(db.conn, TRIALS, [f"NCT{i:08}" for i in range(1, 5)])
        for table in ("mesh_terms", "conditions", "trial_text", "search_filter", "trials"):
            db.conn.execute(f"delete from {table} where trial_id like 'NCT%'")
    learned.save(db, learn(db.conn), (TRIALS,))
    assert db.execute("select count(*) from inferred_terms").fetchone()[0] == 0
    assert db.execute("select count(*) from mesh_names").fetchone()[0] == 0
    assert trials(db, "hematologic") == set()
    fulltext.verify(db.conn, TRIALS)


def test_order_of_import_does_not_change_what_is_learned(db: Database) -> None:
    other = empty_database()
    insert(other, "ISRCTN00000001", brief_title="Light", conditions=["Acute myeloid leukaemia, relapsed"])
    for i in range(4, 0, -1):
        insert(
            other,
            f"NCT{i:08}",
            brief_title="Lamps in acute myeloid leukemia (AML)",
            conditions=["Acute Myeloid Leukemia"],
            mesh=[("condition", "Leukemia, Myeloid, Acute", 0), ("condition", "Hematologic Diseases", 1)],
        )
    assert learn(other.conn) == learn(db.conn)
    other.close()


def test_kind_of_a_condition_does_not_find_the_whole(db: Database) -> None:
    for i in range(10, 40):
        insert(db, f"NCT{i:08}", conditions=["Deafness"], mesh=[("condition", "Deafness", 0)])
    for i in range(40, 42):
        insert(db, f"NCT{i:08}", conditions=["Sudden silence"], mesh=[("condition", "Deafness", 0)])
    learned.save(db, learn(db.conn), INDEXES)
    assert trials(db, "condition: sudden silence") == {"NCT00000040", "NCT00000041"}
    assert search(db.conn, Question("condition: deafness")).total == 32
