"""TrialX listings: every description in every markup, and saved pages beside the Record expected of each.

A missing page or expectation is written and fails until somebody has read it; ACCEPT=1 rewrites them all
(`make accept`).
"""

import os
from pathlib import Path

import msgspec
import pytest

from scraper.errors import ParseError
from scraper.model import Record
from scraper.sources import trialx
from tests.listings import FOLDER, LISTINGS, Listing, described, expected, got
from tests.markups import MARKUPS, saved, share_right, shares

ACCEPT = bool(os.environ.get("ACCEPT"))
BY_ID = {listing.listing_id: listing for listing in LISTINGS}


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("listing_id", BY_ID)
def test_every_markup_gives_the_same_fields(listing_id: str, markup: str) -> None:
    listing = BY_ID[listing_id]
    assert got(trialx.parse(listing.page(MARKUPS[markup](listing)))) == expected(listing)


@pytest.mark.parametrize("listing_id", BY_ID)
def test_saved_page_is_the_described_one(listing_id: str) -> None:
    name, text = saved(BY_ID[listing_id])
    path = FOLDER / name
    known = path.exists()
    if not known or ACCEPT:
        path.write_text(text, encoding="utf-8")
    assert known or ACCEPT, f"{name} was missing and is written now; read it"
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize("listing_id", BY_ID)
def test_saved_page_gives_the_expected_record(listing_id: str) -> None:
    listing = BY_ID[listing_id]
    path = FOLDER / f"{listing_id}.json"
    body = (FOLDER / saved(listing)[0]).read_text("utf-8")
    record = trialx.parse(listing.page(body))
    known = path.exists()
    if not known or ACCEPT:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    assert known or ACCEPT, f"{path.name} was missing and is written now; read it"
    assert msgspec.json.decode(path.read_bytes(), type=Record) == record


def test_there_is_no_saved_page_without_its_description() -> None:
    stems = {path.stem for path in FOLDER.iterdir()}
    assert stems == set(BY_ID) and len(stems) >= 14


def test_the_table_of_shares_has_a_row_for_every_listing() -> None:
    listing = LISTINGS[0]
    assert share_right(listing, "plain") == 1.0
    assert len(shares().splitlines()) == 1 + len(LISTINGS)


# Every page cut off at any place either fails or gives every field right: "1 May 202" is no date, half a
# sponsor is no sponsor.
@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("listing_id", ["900001", "900014"])
def test_a_cut_off_page_never_gives_a_wrong_field(listing_id: str, markup: str) -> None:
    listing = BY_ID[listing_id]
    text = MARKUPS[markup](listing)
    details = text.rfind("Study details", 0, text.find("Step 1"))
    failed = 0
    for length in [*range(0, details, 997), *range(details, details + 400, 3)]:
        try:
            record = trialx.parse(listing.page(text[:length]))
        except ParseError as error:
            assert error.expected
            failed += 1
        else:
            assert got(record) == expected(listing)
    assert failed > 10


@pytest.mark.shared
@pytest.mark.parametrize("markup", MARKUPS)
def test_the_seed_gives_the_same_fields_in_every_markup(shared: Path, markup: str) -> None:
    body = (shared / "seed" / "trialx-334297.txt").read_text("utf-8")
    seed = described(body, "334297")
    assert len(seed.eligibility) == 16 and len(seed.description) == 4
    assert got(_parse(seed, body)) == got(_parse(seed, MARKUPS[markup](seed))) == expected(seed)


def _parse(listing: Listing, text: str) -> Record:
    return trialx.parse(listing.page(text))


def test_the_seed_like_pair_keeps_the_badge_and_the_criterion_that_contradict_each_other() -> None:
    record = _parse(BY_ID["900001"], MARKUPS["plain"](BY_ID["900001"]))
    assert record.age == "4-60 years"
    assert record.eligibility_criteria.startswith("Inclusion Criteria:\n\n1. Age older than 4 months.\n2. ")
    assert "life expectancy \\> 8 weeks" in record.eligibility_criteria


def test_nested_items_are_indented_by_their_depth() -> None:
    record = _parse(BY_ID["900009"], MARKUPS["headings"](BY_ID["900009"]))
    assert record.eligibility_criteria.endswith(
        "Exclusion Criteria:\n\n"
        "* General medical exclusion criteria:\n"
        "    * ALT or AST \\> 3 × ULN\n"
        "    * Creatinine clearance \\< 60 mL/min\n"
        "    * QTcF:\n"
        "        * \\> 450 ms in men\n"
        "        * \\> 470 ms in women\n"
        "* Psychiatric exclusion criteria:\n"
        "    * Suicide attempt within 12 months\n"
        "    * Bipolar disorder or schizophrenia"
    )


def test_other_trials_ids_in_the_text_are_not_the_trials() -> None:
    listing = BY_ID["900005"]
    record = _parse(listing, MARKUPS["divs"](listing))
    assert "NCT99000801" in record.detailed_description
    assert record.registry_id == "NCT99000005" and record.secondary_ids == []


@pytest.mark.parametrize("markup", MARKUPS)
def test_plain_language_of_a_machine_is_no_content(markup: str) -> None:
    listing = BY_ID["900009"]
    encoded = msgspec.json.encode(_parse(listing, MARKUPS[markup](listing))).decode()
    assert "Key Points" in MARKUPS[markup](listing)
    for words in ("Key Points", "ten weeks", "understandable", "SITE_NAME", "private note", "committee"):
        assert words not in encoded
