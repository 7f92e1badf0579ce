"""Ages: words to years, badges to words, and the one eligibility predicate."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import NormaliseError
from scraper.normalise import age


@pytest.mark.parametrize(
    "words, years",
    [
        ("18 Years", 18.0),
        ("1 Year", 1.0),
        ("6 Months", 0.5),
        ("18 months", 1.5),
        ("28 Days", 28 / 365.25),
        ("2 Weeks", 14 / 365.25),
        ("48 Hours", 2 / 365.25),
        ("30 Minutes", 30 / 1440 / 365.25),
        ("0 Years", 0.0),
        ("15Y", 15.0),
        ("6M", 0.5),
        ("10D", 10 / 365.25),
        ("0.5 Years", 0.5),
        ("  6   MONTHS ", 0.5),
        ("", None),
        ("N/A", None),
        ("No limit", None),
        ("Not applicable", None),
    ],
)
def test_words_to_years(words: str, years: float | None) -> None:
    assert age.years(words) == (years if years is None else pytest.approx(years))


@pytest.mark.parametrize(
    "words",
    ["Years", "18", "eighteen Years", "18 Fortnights", "-3 Years", "18-75 Years", "18 Years old", "٣ Years"],
)
def test_age_that_is_not_one_number_and_one_unit_is_refused(words: str) -> None:
    with pytest.raises(NormaliseError, match="one number and one unit"):
        age.years(words)


@pytest.mark.parametrize(
    "words, before",
    [
        ("75 Years", 76.0),
        ("23 Months", 2.0),
        ("28 Days", 29 / 365.25),
        ("3 Weeks", 28 / 365.25),
        ("1 Year", 2.0),
        ("17.5 Years", 17.5),
        ("N/A", None),
        ("", None),
    ],
)
def test_upper_bound_is_exclusive_and_one_unit_higher(words: str, before: float | None) -> None:
    assert age.before_years(words) == (before if before is None else pytest.approx(before))


@pytest.mark.parametrize(
    "badge, minimum, maximum",
    [
        ("6-75 years", "6 Years", "75 Years"),
        ("1-19 years", "1 Year", "19 Years"),
        ("6 – 75 Years", "6 Years", "75 Years"),
        ("6—75 years", "6 Years", "75 Years"),
        ("6 to 75 years", "6 Years", "75 Years"),
        ("6 months - 75 years", "6 Months", "75 Years"),
        ("18 to 70 years old", "18 Years", "70 Years"),
        ("18 Years to 75 Years   (Adult, Older Adult)", "18 Years", "75 Years"),
        ("Ages 18-65 years", "18 Years", "65 Years"),
        ("3-28 days", "3 Days", "28 Days"),
        ("6-12 weeks", "6 Weeks", "12 Weeks"),
        ("2-48 hours", "2 Hours", "48 Hours"),
        ("18 years and older", "18 Years", ""),
        ("18 Years and older   (Adult, Older Adult)", "18 Years", ""),
        ("18+ years old", "18 Years", ""),
        ("18 years of age", "18 Years", ""),
        ("1 year of age", "1 Year", ""),
        ("1 year of age and older", "1 Year", ""),
        ("25 years and younger", "", "25 Years"),
        ("12 Months and younger", "", "12 Months"),
        ("up to 1 years", "", "1 Year"),
        ("Up to 12 months", "", "12 Months"),
        ("years of age", "", ""),
        ("", "", ""),
    ],
)
def test_badge_to_the_registrys_words(badge: str, minimum: str, maximum: str) -> None:
    assert age.badge_limits(badge) == (minimum, maximum)


@pytest.mark.parametrize(
    "badge",
    ["18 years", "6-75", "old enough", "years", "6-75 moons", "and older", "-5 years", "6-75-90 years"],
)
def test_badge_that_states_no_limit_clearly_is_refused(badge: str) -> None:
    with pytest.raises(NormaliseError, match="an age range such as"):
        age.badge_limits(badge)


@pytest.mark.parametrize(
    "minimum, maximum, expected",
    [
        ("6 Months", "75 Years", (0.5, 75.0, 76.0)),
        ("18 Years", "", (18.0, None, None)),
        ("", "17 Years", (None, 17.0, 18.0)),
        ("N/A", "N/A", (None, None, None)),
        ("0 Years", "17 Years", (None, 17.0, 18.0)),
        ("18 Years", "18 Years", (18.0, 18.0, 19.0)),
    ],
)
def test_limits_are_none_where_there_is_none(
    minimum: str, maximum: str, expected: tuple[float | None, float | None, float | None]
) -> None:
    assert age.limits(minimum, maximum) == expected


@pytest.mark.parametrize(
    "minimum, maximum, found",
    [
        ("75 Years", "6 Years", "75 Years to 6 Years"),
        ("18 Years", "18 Months", "18 Years to 18 Months"),
        ("", "0 Years", "0 Years"),
        ("18 Years", "0 Days", "0 Days"),
        ("some Years", "75 Years", "some Years"),
    ],
)
def test_limits_that_nobody_could_meet_are_refused(minimum: str, maximum: str, found: str) -> None:
    with pytest.raises(NormaliseError) as caught:
        age.limits(minimum, maximum)
    assert caught.value.found == found


def _eligible(person: float, minimum: str, maximum: str) -> bool:
    low, high, before = age.limits(minimum, maximum)
    database = sqlite3.connect(":memory:")
    database.execute("create table t (minimum_age_years, maximum_age_years, maximum_age_before_years)")
    database.execute("insert into t values (?, ?, ?)", (low, high, before))
    found = database.execute(f"select 1 from t where {age.ELIGIBLE_SQL}", {"age": person}).fetchone()
    database.close()
    return found is not None


@pytest.mark.parametrize(
    "person, minimum, maximum, eligible",
    [
        ("75 years", "6 Months", "75 Years", True),
        ("75.5", "6 Months", "75 Years", True),
        ("76", "6 Months", "75 Years", False),
        ("6 months", "6 Months", "75 Years", True),
        ("5 months", "6 Months", "75 Years", False),
        ("28 days", "", "28 Days", True),
        ("29 days", "", "28 Days", False),
        ("1", "0 Years", "", True),
        ("120", "", "", True),
    ],
)
def test_predicate_decides_who_may_enter(person: str, minimum: str, maximum: str, eligible: bool) -> None:
    assert _eligible(age.parse_age(person), minimum, maximum) is eligible


@pytest.mark.parametrize(
    "typed, years",
    [("34", 34.0), ("8 months", 8 / 12), ("10 days", 10 / 365.25), ("0", 0.0), ("34 years", 34.0)],
)
def test_age_as_typed(typed: str, years: float) -> None:
    assert age.parse_age(typed) == pytest.approx(years)


@pytest.mark.parametrize("typed", ["", "old", "-3", "N/A", "151", "nan", "34 35", "1e3", "3 moons"])
def test_age_that_cannot_be_meant_is_refused(typed: str) -> None:
    with pytest.raises(NormaliseError):
        age.parse_age(typed)


@given(st.text(max_size=30))
def test_any_text_is_an_age_or_a_normalise_error(words: str) -> None:
    for read in (age.years, age.before_years, age.badge_limits, age.parse_age):
        try:
            read(words)
        except NormaliseError as error:
            assert error.expected
