"""JSON lines in, JSON lines out; and no text, however hostile, that raises or takes more than its length's time."""

import json
import re
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.criteria import read
from scraper.criteria.lines import read_lines, rows
from scraper.errors import ScraperError


def test_one_line_becomes_its_rows() -> None:
    line = json.dumps(
        {
            "trial_id": "X1",
            "text": "Inclusion Criteria:\n\n* Age \\>= 18 years\n* HIV within 2 weeks",
            "style": "v2",
        }
    )
    first, second = read_lines([line, "\n"])
    assert (first["trial_id"], first["kind"], first["position"], first["depth"]) == ("X1", "inclusion", 0, 0)
    assert first["text"] == "Age >= 18 years"
    (limit,) = cast("list[dict[str, object]]", first["constraints"])
    assert (limit["variable"], limit["comparator"], limit["value"], limit["unit"]) == (
        "age",
        ">=",
        18.0,
        "years",
    )
    (window,) = cast("list[dict[str, object]]", second["constraints"])
    assert window["variable"] == "time_window"
    assert second["flags"] == ["hiv"]


def test_rows_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(list(rows("X1", read("* CD33 above 20 %")))))[0]["kind"] is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ("[1]", "line 2: found list '[1]'"),
        ('{"text": "x"}', "line 2: trial_id is None"),
        ('{"trial_id": "", "text": "x"}', "line 2: trial_id is empty"),
        ('{"trial_id": "X", "text": 7}', "line 2: text is 7"),
        ('{"trial_id": "X", "text": "x", "style": 5}', "line 2: style is 5"),
    ],
)
def test_a_bad_line_is_named_with_what_was_expected(line: str, message: str) -> None:
    with pytest.raises(ScraperError, match=re.escape(message)) as caught:
        list(read_lines(["\n", line]))
    assert "expected {" in str(caught.value)


_PIECES = st.sampled_from(
    ["Inclusion Criteria:", "Exclusion Criteria", "\n", "\n\n", "* ", "  - ", "1. ", "2) ", "(a) ", "i. ", "Age ", "≥", "<", " 18", " to ", "65 ",
     "years", " of age", " or older", "BMI ", "kg/m2", " AST and ALT ", "x ULN", "(", ")", ";", ". ", ",", "10^9/L", "within ", "the last ", "3 months",
     " prior to ", "II", "-", "NYHA ", "twice normal", "24 + 0 weeks", "&lt;", "\\>", "<br>", "\u00a0", "²", "not ", "if ", "one", "İ", "𝟙", "\x00"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=60).map("".join))
def test_no_mixture_of_criteria_words_raises(text: str) -> None:
    for criterion in read(text):
        assert text[criterion.raw_start : criterion.raw_end]
        assert criterion.parent is None or criterion.parent < criterion.position
        for constraint in criterion.constraints:
            assert criterion.text[constraint.start : constraint.end] == constraint.evidence


@settings(max_examples=200, deadline=None)
@given(st.text(), st.sampled_from(["", "v2", "legacy", "listing"]))
def test_no_text_raises(text: str, style: str) -> None:
    assert [criterion.position for criterion in read(text, style)] == list(range(len(read(text, style))))


_HOSTILE = [
    "(", ")", "* ", "- ", "1. ", "1. a ", "< ", "≥ 5 ", "5 ", "5-", "5 or ", "\\>", "&amp;", "&amp;lt;", "<br>", "AST and ", "ALT, ",
    "age ", "years ", "not ", "more than ", "or equal ", "within the last ", "the of the ", "10^9/L ", "x 10 ", "; ", ". ", "a) b ", "\n", "\n* ", "\n  - x",
    "Inclusion Criteria: ", "exclusion criteria ", "\nInclusion Criteria:\n", "i ", "II, ", "24 + 0 ", "one ", "pregnan ", "a", " ", "    ", "\t", "5/", "1,000,", "Age 18 (", "of ",
    "parent consent ", "if liver ", "normal upper ", "times the upper limit of the ", "other criteria ", "Note: other ", "\n1. ", "\n\n", "<", "&", "\\",
]  # fmt: skip


@pytest.mark.parametrize("piece", _HOSTILE)
def test_a_text_of_one_piece_repeated_is_read_to_its_end(piece: str) -> None:
    """A pattern that backtracks over the whole text would not come back from this; seconds are in `bench/`."""
    text = piece * (100_000 // len(piece))
    assert [criterion.position for criterion in read(text)] == list(range(len(read(text))))


def test_a_million_characters_keep_their_first_rows() -> None:
    found = read("* Age over 18 years\n" * 50_000)
    assert len(found) == 10_000
    assert found[0].constraints[0].variable == "age"
