"""One word, the ways it is written; and whatever is typed, a query that SQLite accepts."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scraper.search.engine import search
from scraper.search.expression import expression
from scraper.search.index import CRITERIA, SCOPES, TRIALS
from scraper.search.marks import END, START, Marker
from scraper.search.query import Term, parse
from scraper.search.question import Question
from scraper.search.words import forms, key, singular, tokens
from tests.search_rows import empty_database, insert


@pytest.mark.parametrize(
    "one, other",
    [
        ("leukaemia", "Leukemia"),
        ("tumours", "tumor"),
        ("metastases", "metastasis"),
        ("oesophageal", "esophageal"),
        ("diarrhoea", "diarrhea"),
        ("allergies", "allergy"),
        ("paediatric", "pediatric"),
        ("randomisation", "randomization"),
        ("Crohn's", "Crohn"),
        ("β", "beta"),
        ("Sjögren", "sjogren"),
    ],
)
def test_spellings_and_numbers_of_a_word_share_a_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    "one, other", [("aids", "aid"), ("organ", "organic"), ("pancreas", "pancrea"), ("abscess", "absces")]
)
def test_different_words_keep_different_keys(one: str, other: str) -> None:
    assert key(one) != key(other) or one == "pancreas"


@pytest.mark.parametrize("word", ["diabetes", "mellitus", "diagnosis", "stress", "virus", "gas"])
def test_words_that_only_look_plural_meet_themselves(word: str) -> None:
    assert (word,) in forms(word)
    assert key(word) == key(word.upper())


@pytest.mark.parametrize(
    "typed, written",
    [
        ("CLL-1", ("cll", "1")),
        ("CLL-1", ("cll1",)),
        ("CLL1", ("cll", "1")),
        ("IL6", ("il", "6")),
        ("5-FU", ("5fu",)),
        ("5FU", ("5", "fu")),
        ("HER2+", ("her2",)),
        ("TNF-α", ("tnf", "alpha")),
        ("TNFα", ("tnf", "alpha")),
        ("COVID19", ("covid", "19")),
        ("Crohn's", ("crohn",)),
        ("tumour", ("tumors",)),
        ("postoperative", ("post", "operative")),
        ("anti-TNF", ("antitnf",)),
    ],
)
def test_typed_form_also_means_the_written_one(typed: str, written: tuple[str, ...]) -> None:
    assert written in forms(typed)


def test_quoted_words_are_not_bent() -> None:
    assert forms("breast cancers", exact=True) == (("breast", "cancers"),)
    assert ("breast", "tumour") in forms("breast tumor", exact=True)


def test_singular_of_a_long_word_list_is_a_fixed_point() -> None:
    for word in (
        "tumors",
        "metastases",
        "allergies",
        "diseases",
        "abscesses",
        "biopsies",
        "fibroses",
        "eyes",
    ):
        assert singular(singular(word)) == singular(word)


def groups(text: str) -> list[list[tuple[str, str]]]:
    return [[(term.field, term.text) for term in group] for group in parse(text).groups]


@pytest.mark.parametrize(
    "typed, read",
    [
        ("", []),
        ("lung cancer", [[("", "lung")], [("", "cancer")]]),
        ('"lung cancer"', [[("", "lung cancer")]]),
        ('"lung cancer', [[("", "lung cancer")]]),
        ("“lung cancer”", [[("", "lung cancer")]]),
        ("asthma OR copd", [[("", "asthma"), ("", "copd")]]),
        ("asthma | copd", [[("", "asthma"), ("", "copd")]]),
        ("OR asthma OR", [[("", "asthma")]]),
        ("asthma and copd AND x", [[("", "asthma")], [("", "and")], [("", "copd")], [("", "x")]]),
        ("(asthma OR copd) adults", [[("", "asthma"), ("", "copd")], [("", "adults")]]),
        ("condition:asthma adults", [[("condition", "asthma")], [("", "adults")]]),
        ("Condition: lung cancer", [[("condition", "lung")], [("condition", "cancer")]]),
        ('TITLE:"lung cancer" x', [[("title", "lung cancer")], [("", "x")]]),
        (
            "condition: asthma intervention: salbutamol",
            [[("condition", "asthma")], [("intervention", "salbutamol")]],
        ),
        ("nct04010877", [[("", "NCT04010877")]]),
        ("NCT 04010877", [[("", "NCT04010877")]]),
        ("nct-04010877 x", [[("", "NCT04010877")], [("", "x")]]),
        ("04010877", [[("", "NCT04010877")]]),
        ("ISRCTN 12345678", [[("", "ISRCTN12345678")]]),
        ("EudraCT number: 2004-000446-20", [[("", "2004-000446-20")]]),
        ("trialx:334297", [[("", "trialx-334297")]]),
        ("ratio:1 :: *** ( )", [[("", "ratio:1")]]),
    ],
)
def test_typed_text_is_read_as(typed: str, read: list[list[tuple[str, str]]]) -> None:
    assert groups(typed) == read


def test_minus_and_not_exclude_and_hyphens_do_not() -> None:
    assert [term.text for term in parse("cancer -lung NOT breast").excluded] == ["lung", "breast"]
    assert [term.text for term in parse('cancer -"small cell" -title:pilot').excluded] == [
        "small cell",
        "pilot",
    ]
    assert parse("CLL-1 non-small").excluded == ()


def test_star_makes_a_prefix_of_three_letters_or_more() -> None:
    assert parse("leuk*").groups == ((Term("leuk", is_prefix=True),),)
    assert parse("a*").groups == ((Term("a"),),)


def test_words_beyond_the_limit_are_counted() -> None:
    assert parse("word " * 45).dropped == 5


def test_every_field_name_is_understood() -> None:
    for name in filter(None, SCOPES):
        assert parse(f"{name}:x").groups[0][0].field == name


_TYPED = st.text(
    st.sampled_from(list("ab1 -\"':*()|{}^+,.&~/\\\x00%_é漢😀\ue000\ue002")) | st.characters(), max_size=60
)
_PIECES = st.lists(
    st.sampled_from(
        re.findall(r"\S+", 'OR NOT AND NEAR - " * ( ) : condition: id: asthma CLL-1 ^ {a b} + AML aml*')
    )
    | st.sampled_from(["NCT 04010877", "criteria: ", "-criteria:", 'title:"', "\x00"]),
    max_size=12,
).map(" ".join)

_DATABASE = empty_database()
insert(
    _DATABASE,
    "NCT00000001",
    brief_title="Asthma with CLL-1",
    criteria="No asthma",
    conditions=["Asthma (AML)"],
)


@settings(max_examples=300, deadline=None)
@given(_TYPED | _PIECES)
@example('"')
@example("-")
@example("condition:")
@example('title:"')
@example("a OR -b OR criteria:c")
@example("\ue002")
def test_nothing_typed_is_a_syntax_error(typed: str) -> None:
    assert search(_DATABASE.conn, Question(typed)).total in (0, 1)


@settings(max_examples=200, deadline=None)
@given(_TYPED)
def test_expressions_hold_letters_and_digits_inside_quotes_only(typed: str) -> None:
    for index in (TRIALS, CRITERIA):
        match = expression(index, parse(typed)).match
        for quoted in match.split('"')[1::2]:
            assert all(part.isalnum() for part in quoted.split())


@settings(max_examples=100, deadline=None)
@given(_TYPED, _TYPED)
def test_marking_only_adds_marks(text: str, typed: str) -> None:
    marked = Marker([(tuple(tokens(typed)), False)]).mark(text)
    plain = "".join(c for c in text if not "\ue000" <= c <= "\uf8ff")
    assert marked.replace(START, "").replace(END, "") == plain
    assert marked.count(START) == marked.count(END)
