"""Every column of every table is described, and nothing is described that is not there."""

import re

import pytest
from sqlite_utils.db import Database

from scraper.site import configuration
from scraper.site.dictionary import Entry, entries
from scraper.store.migrations import migrations


def _columns() -> set[tuple[str, str]]:
    db = Database(memory=True)
    migrations.apply(db)
    names = [name for name in db.table_names() if not name.startswith("_sqlite")]
    return {(name, column.name) for name in names for column in db.table(name).columns} | {
        (name, "") for name in names
    }


def test_every_table_and_column_of_the_migrations_is_described() -> None:
    assert _columns() - set(entries()) == set()


def test_nothing_is_described_that_the_migrations_do_not_make() -> None:
    assert set(entries()) - _columns() == set()


@pytest.mark.parametrize("entry", entries().values(), ids=lambda e: f"{e.table}.{e.column}")
def test_description_is_a_sentence_and_columns_have_an_example(entry: Entry) -> None:
    assert entry.description.endswith((".", "…"))
    assert bool(entry.example) == bool(entry.column)


@pytest.mark.parametrize("entry", [e for e in entries().values() if e.who_trds], ids=lambda e: e.column)
def test_items_of_the_who_data_set_are_numbered_1_to_24(entry: Entry) -> None:
    for item in entry.who_trds.split("; "):
        number = re.match(r"(\d+) \w", item)
        assert number is not None
        assert 1 <= int(number[1]) <= 24


def test_years_and_dates_name_their_unit() -> None:
    for entry in entries().values():
        if entry.column.endswith("_years"):
            assert entry.unit == "years"
        if entry.column.endswith("_date"):
            assert entry.unit == "date"


def test_datasette_is_told_every_description() -> None:
    told = configuration.merged()["databases"]["trials"]["tables"]
    for entry in entries().values():
        if entry.column:
            assert told[entry.table]["columns"][entry.column].startswith(entry.description)
        else:
            assert told[entry.table]["description"] == entry.description
