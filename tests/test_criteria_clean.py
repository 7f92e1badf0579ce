"""Cleaning: escapes, entities and tags go, and every character still knows where it stood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.criteria.clean import clean, fold


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"Age \>= 18 and \<65", "Age >= 18 and <65"),
        (r"8\. Signed consent", "8. Signed consent"),
        (r"10\^9/L and 0\~2", "10^9/L and 0~2"),
        ("Age &ge; 18", "Age ≥ 18"),
        ("Age &amp;lt; 18", "Age < 18"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<li>one</li>", "\n* one\n"),
        ("a&nbsp;&nbsp;b", "a  b"),
        ("10<sup>9</sup>/L", "10^9/L"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("<Inclusion Criteria>", "<Inclusion Criteria>"),
        ("creatinine < 2 and > 1", "creatinine < 2 and > 1"),
        ("zero\u200bwidth", "zerowidth"),
        ("pain <U+2265> 4", "pain ≥ 4"),
        ('<p class="x">one</p>', "\none\n"),
        ("<b>bold</b> and <unknown tag>", "bold and <unknown tag>"),
        ("<biopsy> <5 days", "<biopsy> <5 days"),
    ],
)
def test_dress_is_taken_off(raw: str, text: str) -> None:
    assert clean(raw).text == text


def test_offsets_lead_back_to_the_stored_text() -> None:
    raw = r"* Age \>= 18<br>* Haemoglobin &ge; 9 g/dL"
    cleaned = clean(raw)
    for word in ("Age", "18", "Haemoglobin", "g/dL"):
        offset = cleaned.raw_offset(cleaned.text.index(word))
        assert raw[offset : offset + len(word)] == word


@given(st.text())
def test_folding_keeps_every_character_at_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text(alphabet=st.sampled_from("ab \\<>&;#lt/br*≥\r\n\u00a0")))
def test_offsets_never_leave_the_stored_text_and_never_go_back(raw: str) -> None:
    cleaned = clean(raw)
    offsets = [cleaned.raw_offset(i) for i in range(len(cleaned.text) + 1)]
    assert offsets == sorted(offsets)
    assert all(0 <= offset <= len(raw) for offset in offsets)


def test_superscripts_are_powers_and_never_footnotes() -> None:
    assert fold("1.5 × 10⁹/L") == "1.5 x 109/l"
    assert fold("kg/m²") == "kg/m2"
    assert fold("older than 18¹ years") == "older than 18  years"
