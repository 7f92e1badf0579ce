"""Which words a phrase can begin with: none may be missing, for at other words it is never tried."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.criteria.beginnings import Beginnings
from scraper.criteria.clean import _DRESS, _PLACE
from scraper.criteria.flags import (
    _PATTERNS,
    _STEMS,
    _antigen_words,
    _antigens,
    _plain_words,
    flags,
    flags_of_each,
)
from scraper.criteria.phrases import lexicon, stems


@pytest.mark.parametrize(
    "phrase, words",
    [
        ("bmi", {"bmi"}),
        ("wom[ae]n", {"woman", "women"}),
        ("hb ?a1? ?c", {"hb", "hba", "hbac"}),
        ("(?:absolute |total )?lymphocytes?", {"absolute", "total", "lymphocyte", "lymphocytes"}),
        ("hb(?! ?[asvc]\\b)", {"hb"}),
        ("a\\.s\\.t\\.?", {"a"}),
        ("(?:and|&) older", {"and"}),
        ("amyl[^a]{0,3}x", {"amyl", "amylx"}),
    ],
)
def test_a_phrase_begins_with_the_letters_up_to_its_first_sign(phrase: str, words: set[str]) -> None:
    assert Beginnings(phrase).words == words


@pytest.mark.parametrize(
    "phrase, stems", [("glyc\\w+ haemoglobin", {"glyc"}), ("ab[a-z]c", {"ab"}), ("ha+c", {"ha"})]
)
def test_a_phrase_that_may_go_on_with_any_letters_is_known_by_its_stem(phrase: str, stems: set[str]) -> None:
    assert Beginnings(phrase).stems == stems


def test_no_entry_matches_at_a_word_under_which_it_is_not_listed() -> None:
    every = set(itertools.chain.from_iterable((*lexicon().values(), *stems().values())))
    tails = ("", " count", "-1", "1c", " than or equal to", " ?", "\u00fc", "+", "/f", ".b.c.", " of the")
    for word, listed in lexicon().items():
        for entry in every.difference(listed):
            for tail in tails:
                assert not entry.pattern.match(word + tail), (word, tail, entry)


def test_every_character_that_dress_can_begin_with_is_looked_at() -> None:
    for tail in ("", "p>", "amp;", "#", "U+00e9>"):
        for sign in map(chr, range(0x10000)):
            if _DRESS.match(sign + tail):
                assert _PLACE.match(sign)


def test_flags_of_a_row_do_not_depend_on_the_rows_beside_it() -> None:
    rows = [
        "Pregnant or breastfeeding women",
        "Her-2 positive or HER2+, no anti-CD19 therapy",
        "HIV, HBV or hepatitis C",
        "Treatment with men_x",
        "A signed consent form; males over 18",
        "acquired immundeficiency",
        "prior gene-modified therapy, gene therapy or gene transfer",
        "PDL1 or PD-L1 above 1%",
        "",
    ]
    apart = [flags(row) for row in rows]
    assert flags_of_each(rows, [row.lower() for row in rows]) == apart
    assert apart[0] == ("pregnancy", "lactation", "sex_female")
    assert apart[1] == ("antigen:HER2", "antigen:CD19")
    assert apart[7] == ("antigen:PDL1",)
    assert apart[3] == apart[5] == apart[8] == ()


@pytest.mark.parametrize("name", _PATTERNS)
def test_whatever_a_flags_pattern_matches_holds_one_of_its_stems(name: str) -> None:
    @settings(max_examples=100, deadline=None, derandomize=True, database=None)
    @given(st.from_regex(_PATTERNS[name]))
    def holds(text: str) -> None:
        assert any(stem in text for stem in _STEMS[name])

    holds()


def test_every_name_of_an_antigen_begins_with_a_word_that_is_looked_for() -> None:
    _, codes = _antigens()
    for key in codes:
        for name in (key, key.replace("-", " "), key.replace("-", ""), f"anti{key}", f"anti-{key}"):
            assert not _antigen_words().isdisjoint(_plain_words(name))
