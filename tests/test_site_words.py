"""The words a page uses: labels, ages, limits, differences, numbers of pages, addresses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from scraper.search.marks import END, START
from scraper.site import charts, labels, titles
from scraper.site.links import safe_url, trial_path
from scraper.site.pages.criteria import amount, chip
from scraper.site.pages.places import dots
from scraper.site.paging import number_from, paging
from scraper.site.rows import clean
from scraper.site.spreadsheet import safe
from scraper.site.templating import marked, printable
from scraper.tell.parts import parts


@pytest.mark.parametrize(
    "minimum, maximum, said",
    [
        ("6 Months", "75 Years", "6 Months to 75 Years"),
        ("18 Years", None, "18 Years and older"),
        (None, "23 Months", "up to 23 Months"),
        (None, None, "no limit stated"),
    ],
)
def test_ages_are_said_in_their_own_units(minimum: str | None, maximum: str | None, said: str) -> None:
    assert labels.ages(minimum, maximum) == said


@pytest.mark.parametrize(
    "years, said",
    [
        (34.0, "34 years"),
        (1.0, "1 year"),
        (0.5, "6 months"),
        (8 / 12, "8 months"),
        (1 / 12, "1 month"),
        (3 * 7 / 365.25, "3 weeks"),
        (10 / 365.25, "10 days"),
        (0.0, "0 years"),
        (1.5, "18 months"),
        (75.3, "75.30 years"),
    ],
)
def test_age_of_a_person_is_said_as_people_say_it(years: float, said: str) -> None:
    assert labels.age(years) == said


def test_word_without_a_label_is_shown_as_it_is() -> None:
    assert labels.badge("RESTING").label == "RESTING"
    assert labels.value("phase", "PHASE5") == "PHASE5"
    assert labels.field("new_field") == "New field"
    assert labels.words("DIETARY_SUPPLEMENT") == "Dietary supplement"


def _limit(**values: Any) -> dict[str, Any]:
    plain = {
        "label": "Haemoglobin",
        "variable": "hemoglobin",
        "comparator": ">=",
        "value": 9.0,
        "unit": "g/dL",
    }
    plain |= {"window_value": None, "window_unit": None, "conditional": 0, "condition_text": None}
    return plain | values


@pytest.mark.parametrize(
    "limit, said",
    [
        (_limit(), "Haemoglobin ≥ 9 g/dL"),
        (_limit(unit=None, value=0.5), "Haemoglobin ≥ 0.5"),
        (_limit(label="Platelets", value=100000.0, unit="/mm3"), "Platelets ≥ 100,000 /mm3"),
        (_limit(window_value=14.0, window_unit="days"), "Haemoglobin ≥ 9 g/dL within 14 days"),
        (_limit(conditional=1, condition_text="if anaemic"), "Haemoglobin ≥ 9 g/dL, if anaemic"),
        (_limit(conditional=1, condition_text="in men"), "Haemoglobin ≥ 9 g/dL, in men"),
        (_limit(conditional=1), "Haemoglobin ≥ 9 g/dL, under a condition"),
        (_limit(label=None), "hemoglobin ≥ 9 g/dL"),
    ],
)
def test_limit_in_short_words(limit: dict[str, Any], said: str) -> None:
    assert chip(limit) == said


@pytest.mark.parametrize("value, said", [(9.0, "9"), (0.5, "0.5"), (1500.0, "1500"), (150000.0, "150,000")])
def test_numbers_as_people_write_them(value: float, said: str) -> None:
    assert amount(value) == said


def test_short_values_are_shown_whole_when_they_change() -> None:
    assert parts("70 Years", "75 Years") == [("del", "70 Years"), ("same", " → "), ("ins", "75 Years")]
    assert parts("", "PHASE2")[0] == ("same", "not stated")


def test_long_texts_show_what_changed_and_leave_out_the_rest() -> None:
    same = "the same words again and again " * 30
    found = parts(f"{same}six cups {same}", f"{same}eight cups {same}")
    assert ("del", "six") in found
    assert ("ins", "eight") in found
    assert sum(len(text) for _, text in found) < 400


@given(st.text(max_size=400), st.text(max_size=400))
def test_difference_of_any_two_texts_names_both_sides(old: str, new: str) -> None:
    found = parts(old, new)
    assert {kind for kind, _ in found} <= {"same", "del", "ins"}
    if old != new and old.split() != new.split():
        assert any(kind != "same" for kind, _ in found)


def test_text_too_long_to_compare_is_only_counted() -> None:
    found = parts("a b " * 5000, "a c " * 5000)
    assert found[0] == ("del", "20,000 characters")


def test_pages_have_neighbours_that_keep_the_rest_of_the_address() -> None:
    middle = paging("/x", [("rule", "a b"), ("empty", ""), ("page", "9")], 2, 60)
    assert (middle.previous, middle.next, middle.pages) == ("/x?rule=a+b", "/x?rule=a+b&page=3", 3)
    beyond = paging("/x", [], 99, 60)
    assert (beyond.number, beyond.next) == (3, "")
    assert paging("/x", [], 1, 0).pages == 1


@pytest.mark.parametrize("text, number", [("3", 3), ("0", 1), ("-1", 1), ("x", 1), (None, 1), ("9" * 40, 1)])
def test_page_number_from_whatever_is_asked(text: str | None, number: int) -> None:
    assert number_from(text) == number


@pytest.mark.parametrize(
    "url", ["https://registry.example/a?b=c#d", "http://registry.example/", " https://a.example "]
)
def test_plain_web_addresses_are_links(url: str) -> None:
    assert safe_url(url) == url.strip()


@given(st.text())
def test_whatever_a_record_says_never_becomes_a_link_to_a_program(url: str) -> None:
    found = safe_url(url)
    assert found is None or found.startswith(("http:", "https:", "HTTP", "Http"))


def test_address_of_a_trial_keeps_any_id_in_one_piece() -> None:
    assert trial_path("NCT99000001") == "/trials/trials/NCT99000001"
    assert trial_path("listing:7/7.x") == "/trials/trials/listing~3A7~2F7~2Ex"


def test_marked_words_are_escaped_before_they_are_marked() -> None:
    text = f"<b>{START}tea{END}</b> {START}<i>{END} {END}{START}"
    assert marked(text) == Markup("&lt;b&gt;<mark>tea</mark>&lt;/b&gt; <mark>&lt;i&gt;</mark> ")
    assert marked(None) == ""


@given(st.text(alphabet=st.sampled_from(f"ab<>&\"' {START}{END}")))
def test_marking_never_adds_any_other_tag(text: str) -> None:
    bare = str(marked(text)).replace("<mark>", "").replace("</mark>", "")
    assert "<" not in bare
    assert ">" not in bare


@given(st.text())
def test_what_is_printed_has_no_invisible_characters_and_stays_escaped(text: str) -> None:
    assert printable(Markup.escape(text)) == Markup.escape(clean(text))
    assert isinstance(printable(Markup("x")), Markup)
    assert printable(7) == 7


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\n=1", "\ufeff=1", "＝1"])
def test_text_that_a_spreadsheet_would_run_is_marked(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("value", ["tea", "5 Years", None, -5, 0.5, ""])
def test_other_values_stay_as_they_are(value: object) -> None:
    assert safe(value) == value


def test_bars_share_one_scale_and_the_smallest_can_be_seen() -> None:
    chart = charts.lying("x", [("a", 1000, "/a"), ("b", 500, "/b"), ("c", 0, "/c")])
    assert [bar.size for bar in chart.bars] == [100, 50, 0.5]
    years = charts.upright("x", [("2020", 4, "/"), ("2021", 2, "/")])
    assert [(bar.size, bar.at, bar.width) for bar in years.bars] == [(100, 0, 40), (50, 50, 40)]
    assert charts.lying("x", []).bars == ()


def test_map_begins_with_three_sites_and_puts_them_where_they_are() -> None:
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.execute(
        "create table sites (trial_id, city, country, latitude, longitude, status, coordinates_source)"
    )
    places = [("a", 84.0, -180.0, None), ("a", -60.0, 180.0, "RECRUITING"), ("a", 91.0, 0.0, None)]
    for trial, latitude, longitude, status in places:
        connection.execute(
            "insert into sites values (?, 'x', 'y', ?, ?, ?, 'stated')", (trial, latitude, longitude, status)
        )
    assert dots(connection, "a") == []
    connection.execute("insert into sites values ('a', 'x', 'y', 0, 0, null, 'gazetteer')")
    found = dots(connection, "a")
    assert sorted((dot["x"], dot["y"]) for dot in found) == [(0.0, 0.0), (360.0, 168.0), (720.0, 288.0)]
    assert found[-1]["recruiting"]
    assert [dot["approximate"] for dot in found if dot["x"] == 360.0] == [True]


@pytest.mark.parametrize(
    "name, label",
    [
        ("status_between_sources", "Status: copy and registry"),
        ("phase_between_registries_older", "Phase: two registries, one perhaps older"),
        ("age_in_criteria", "Age in criteria"),
    ],
)
def test_rules_about_several_records_have_labels(name: str, label: str) -> None:
    assert labels.rule(name) == label


def test_sources_of_contradictions_have_their_short_titles() -> None:
    facts = {"title_ctis": "Trials Information of the EU (CTIS)", "title_ctgov": "Register of Tea"}
    (row,) = titles.with_titles(facts, [{"source_a": "ctis 2024-1", "source_b": "ctgov (brief title)"}])
    assert (row["where_a"], row["where_b"]) == ("CTIS 2024-1", "Register of Tea (brief title)")
    assert titles.short_title({}, "trialx") == "trialx"
