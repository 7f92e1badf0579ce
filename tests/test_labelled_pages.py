"""Pages of labels and values: every description in every markup gives the record beside it.

A missing expectation is written and fails until somebody has read it; ACCEPT=1 rewrites them all (`make accept`).
"""

import os

import msgspec
import pytest

from scraper import sources
from scraper.errors import ParseError
from scraper.model import Page, Record
from tests.labelled_pages import FOLDERS, MARKUPS, Described, described, file_name, saved

ACCEPT = bool(os.environ.get("ACCEPT"))
PAGES = {f"{page.folder}/{page.name}": page for page in described()}


def page_of(page: Described, markup: str, length: int | None = None) -> Page:
    body = MARKUPS[markup](page).encode()[:length]
    path = f"saved/{file_name(page, markup)}"
    return Page(
        source=page.source, url=path, body=body, fetched_at="2026-07-07T00:00:00Z", name=path, path=path
    )


def record(page: Page) -> Record:
    """The record of the page, as the archive keeps it."""
    source = sources.by_name(page.source)
    (part,) = source.split(page)
    if not isinstance(part, Page):
        raise ParseError(part.found, part.expected, part.field)
    return source.parse(part)


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("name", PAGES)
def test_every_markup_gives_the_expected_record(name: str, markup: str) -> None:
    page = PAGES[name]
    got = record(page_of(page, markup))
    if markup == "plain" and page.source != "ctgov":
        # A text file names no address.
        assert (got.source_id, got.url) == (page.name, "")
        got.source_id, got.url = "", ""
    known = page.expected.exists()
    if markup == "headings" and (not known or ACCEPT):
        page.expected.write_bytes(msgspec.json.format(msgspec.json.encode(got), indent=1) + b"\n")
    assert known or ACCEPT, f"{page.expected.name} was missing and is written now; read it"
    due = msgspec.json.decode(page.expected.read_bytes(), type=Record)
    if not got.source_id:
        due.source_id, due.url = "", ""
    assert got == due


@pytest.mark.parametrize("name", PAGES)
def test_saved_page_is_the_described_one(name: str) -> None:
    path, text = saved(PAGES[name])
    known = path.exists()
    if not known or ACCEPT:
        path.write_text(text, encoding="utf-8")
    assert known or ACCEPT, f"{path.name} was missing and is written now; read it"
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("name", PAGES)
def test_every_markup_is_recognised_by_its_content(name: str, markup: str) -> None:
    page = page_of(PAGES[name], markup)
    found = sources.recognise(page.name, page.body)
    assert found is not None and found.name == page.source


def test_every_folder_has_an_ordinary_a_sparse_and_an_odd_page() -> None:
    assert all(sum(page.folder == folder for page in PAGES.values()) >= 3 for folder in FOLDERS)


# A page cut off at any place fails or gives the fields it gives whole.
@pytest.mark.parametrize("markup", ["headings", "divs", "tables", "plain"])
@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if "results-tab" not in name])
def test_a_cut_off_page_never_gives_half_a_criterion(name: str, markup: str) -> None:
    whole = record(page_of(PAGES[name], markup))
    size, failed = len(MARKUPS[markup](PAGES[name]).encode()), 0
    for length in range(0, size, 97):
        try:
            got = record(page_of(PAGES[name], markup, length))
        except ParseError as error:
            assert error.expected
            failed += 1
        else:
            assert got.is_partial or got.eligibility_criteria == whole.eligibility_criteria
    assert failed > 3


def test_no_contact_of_a_page_is_left() -> None:
    for page in PAGES.values():
        words = str(record(page_of(page, "headings")))
        assert not any(secret in words for secret in ("555-", "@lamps", "Lux Lamp", "P. Fluff", "A. Singer"))
