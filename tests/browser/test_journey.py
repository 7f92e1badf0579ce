"""From the home page to a trial and its feed, as a person goes: with and without script, wide and narrow."""

import re
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Open
from tests.site_rows import FIRST, SECOND

OURS = [
    "/",
    "/search",
    "/search?q=tea&status=RECRUITING&age=8+months",
    "/search?q=nothingatall",
    "/search?q=tea&status=COMPLETED&age=34",
    "/search?near=Bath",
    "/nothing/here",
    f"/trials/trials/{FIRST}",
    f"/trials/trials/{FIRST}?near=51.4,-2.4",
    f"/trials/trials/{SECOND}",
    "/changes",
    "/conflicts",
    "/problems",
    "/schema",
    "/about",
    "/data",
    "/dashboard",
    "/match",
    "/match?condition=cold&age=3+months",
    "/match?condition=cold&near=Bath&limit=1",
    "/conditions",
    "/conditions/Common~20Cold",
    "/sponsors",
    "/trials/trials/NCT00000000",
]
DATASETTES = [
    "/trials",
    "/trials/trials",
    "/trials/trials?overall_status=RECRUITING",
    "/trials/sites",
    "/trials/starts_by_year",
    "/trials/eligible_at_age?age=34",
    "/trials/criteria",
    "/trials/conditions",
    "/trials?sql=select+1",
]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [1280, 390])
def test_from_home_to_a_trial_and_back_to_the_feed(window: Open, width: int, script: bool) -> None:
    page = window(width, script=script).new_page()
    page.goto("/")
    page.get_by_label("Condition, drug, sponsor, title or trial number").fill("cold")
    page.get_by_role("button", name="Search").click()
    assert page.locator(".hits > li").count() == 2
    if width == 390:
        assert not page.get_by_role("button", name="Apply filters").is_visible()
        page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Recruiting 1", exact=True).check()
    page.get_by_role("button", name="Apply filters").click()
    assert "status=RECRUITING" in page.url
    assert page.locator(".hits > li").count() == 1
    page.get_by_role("link", name="Warm tea against the common cold").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Warm tea against the common cold"
    page.get_by_text("Eligibility text as published").click()
    assert page.get_by_text("Inclusion Criteria:").is_visible()
    page.go_back()
    assert "status=RECRUITING" in page.url
    feed = page.request.get(
        page.get_by_role("link", name="Feed of changes (Atom)").get_attribute("href") or ""
    )
    assert feed.headers["content-type"].startswith("application/atom+xml")
    assert len(ElementTree.fromstring(feed.text()).findall("{http://www.w3.org/2005/Atom}entry")) == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_ours_scrolls_sideways(window: Open, width: int) -> None:
    page = window(width).new_page()
    wide = {}
    for path in OURS:
        page.goto(path)
        if (found := page.evaluate("document.documentElement.scrollWidth")) > width:
            wide[path] = found
    assert wide == {}


def test_no_page_of_datasettes_scrolls_sideways_on_a_phone(window: Open) -> None:
    page = window(390).new_page()
    wide = {}
    for path in DATASETTES:
        page.goto(path)
        if (found := page.evaluate("document.documentElement.scrollWidth")) > 390:
            wide[path] = found
    assert wide == {}


def test_datasettes_pages_are_dark_where_the_reader_wants_it(window: Open) -> None:
    page = window(dark=True).new_page()
    bright = {}
    for path in DATASETTES:
        page.goto(path)
        # Every element that paints a background: the sum of its three colours says how bright it is.
        found = page.evaluate(
            """[...document.querySelectorAll("body, main *")].filter(node => node.checkVisibility()).map(node => {
                const [red, green, blue, alpha] = getComputedStyle(node).backgroundColor.match(/[\\d.]+/g).map(Number);
                return alpha !== 0 && red + green + blue > 540 ? `${node.tagName}.${node.className}` : ""
            }).filter(Boolean)"""
        )
        if found:
            bright[path] = sorted(set(found))
    assert bright == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_fault_on_our_pages(window: Open, dark: bool) -> None:
    page = window(dark=dark).new_page()
    faults = {}
    for path in OURS:
        page.goto(path)
        found = Axe().run(page).response["violations"]
        if found:
            faults[path] = [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found]
    assert faults == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_critical_on_datasettes_pages(window: Open, dark: bool) -> None:
    page = window(dark=dark).new_page()
    critical = {}
    for path in DATASETTES:
        page.goto(path)
        found = [f for f in Axe().run(page).response["violations"] if f["impact"] == "critical"]
        if found:
            critical[path] = [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found]
    assert critical == {}


def test_keyboard_reaches_content_search_and_filters_in_order(window: Open) -> None:
    page = window().new_page()
    page.goto("/search?q=tea")
    order = []
    for _ in range(14):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.innerText"))
    assert order[0] == "Skip to content"
    assert order[1] == "Trials"
    assert order.index("q") < order.index("Search", order.index("q")) < len(order) - 1
    page.goto("/search?q=tea")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_filters_unfold_with_the_keyboard_on_a_phone(window: Open) -> None:
    page = window(390).new_page()
    page.goto("/search?q=tea")
    page.locator("#unfold").focus()
    page.keyboard.press("Space")
    assert page.get_by_role("button", name="Apply filters").is_visible()


def test_opened_details_stay_open_when_something_else_is_clicked(window: Open) -> None:
    page = window().new_page()
    page.goto("/trials/trials")
    page.get_by_text("Columns", exact=True).click()
    page.locator("h1").click()
    assert page.locator("dl.column-descriptions").is_visible()


def test_address_of_a_table_leads_to_it_in_the_folded_dictionary(window: Open) -> None:
    page = window(390).new_page()
    page.goto("/schema")
    page.get_by_role("link", name="criteria_constraints", exact=True).first.click()
    assert page.get_by_role("heading", name="criteria_constraints").is_visible()
    fold = page.locator('section[aria-labelledby="criteria_constraints"] details')
    assert not fold.locator("table").is_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert fold.locator("table").is_visible()


def test_source_of_each_value_and_the_nearest_sites_open_without_script(window: Open) -> None:
    page = window(script=False).new_page()
    page.goto(f"/trials/trials/{FIRST}")
    page.get_by_text("Where each value comes from").click()
    assert page.get_by_role("cell", name="Register of Tea").first.is_visible()
    page.get_by_label("Nearest first, from").fill("Bath, UK")
    page.get_by_role("button", name="Sort", exact=True).click()
    assert page.url.endswith("?near=Bath%2C+UK#sites")
    assert page.get_by_role("cell", name=re.compile(r"^under 1 km$")).first.is_visible()


def test_printed_trial_has_its_facts_and_no_navigation(window: Open) -> None:
    page = window().new_page()
    page.goto(f"/trials/trials/{FIRST}")
    page.emulate_media(media="print")
    assert page.locator(".strip").is_visible()
    assert page.locator(".criteria").first.is_visible()
    assert not page.locator("header.top").is_visible()
    assert not page.get_by_label("Nearest first, from").is_visible()
    assert (
        page.locator("body").evaluate("node => getComputedStyle(node).backgroundColor")
        == "rgb(255, 255, 255)"
    )
