"""Names of contacts may not reach the database in any way that leads to a person: their addresses and numbers do not."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scraper.archive.store import Archive
from tests.commands import trials
from tests.site_client import ask

FOLDERS = (
    "ctgov-v2-json", "ctgov-v2-history", "ctgov-v1-json", "ctgov-xml", "ctgov-classic-html", "ctgov-archive-html",
    "ctis-json", "ctrdata-json", "drks-json", "euctr-html", "euctr-txt", "ictrp-xml", "ictrp-csv", "other-html",
)  # fmt: skip
EMAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
# A contact's number stands behind a label: a JSON key, an element, the words of a form.
PHONE = re.compile(
    r"(?:phone|tel|telephone|Contact_Tel|Telephone number|Fax number)\"?>?\s*[:=]?\s*\"?\s*(\+?[\d(][\d ()./+-]{6,24}\d)",
    re.IGNORECASE,
)


def _texts(database: Path) -> Iterator[str]:
    connection = sqlite3.connect(database)
    tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
    for (table,) in tables:
        if not table.endswith(("_data", "_idx", "_docsize", "_config")):
            for row in connection.execute(f"select * from {table}"):
                yield " ".join(value for value in row if isinstance(value, str))
    connection.close()


@dataclass(frozen=True)
class Imported:
    """The real records in a data folder, and what their contacts' numbers are."""

    data: Path
    log: Path
    phones: re.Pattern[str]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Imported:
    data = tmp_path_factory.mktemp("real")
    log = data / "import.log"
    result = trials(data, "--log", log, "import", *(shared / "data" / folder for folder in FOLDERS))
    assert result.exit_code == 0
    phones: set[str] = set()
    addresses = 0
    with Archive(data / "archive.db", read_only=True) as archive:
        for stored in archive.pages(archive.page_ids()):
            body = stored.page.body.decode("utf-8", "replace")
            addresses += len(EMAIL.findall(body))
            phones |= {" ".join(found.split()) for found in PHONE.findall(body)}
    phones = {phone for phone in phones if sum(letter.isdigit() for letter in phone) >= 8}
    assert addresses > 1000 and len(phones) > 300  # the records do hold contacts
    any_phone = re.compile("|".join(rf"(?<!\d){re.escape(phone)}(?!\d)" for phone in sorted(phones)))
    (data / "said").write_text(result.output)
    return Imported(data, log, any_phone)


def _contacts(said: str, imported: Imported) -> set[str]:
    """The contacts' addresses and numbers in a text."""
    candidates = {
        found for found in re.findall(r"\+?[\d(][\d ()./+-]{6,24}\d", said) if "-" in found or " " in found
    }
    return set(EMAIL.findall(said)) | {found for found in candidates if imported.phones.search(found)}


@pytest.mark.shared
def test_no_contact_of_the_real_records_is_in_the_database(imported: Imported) -> None:
    assert _contacts("\n".join(_texts(imported.data / "trials.db")), imported) == set()


@pytest.mark.shared
def test_no_contact_of_the_real_records_is_in_what_an_import_says_or_logs(imported: Imported) -> None:
    logged = imported.log.read_text("utf-8")
    assert "import ended" in logged
    assert _contacts(logged, imported) == set()
    assert _contacts((imported.data / "said").read_text("utf-8"), imported) == set()


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_no_contact_of_the_real_records_is_in_an_export(
    imported: Imported, tmp_path: Path, kind: str
) -> None:
    assert trials(imported.data, "export", tmp_path / "out", "--format", kind).exit_code == 0
    said = "\n".join(path.read_text("utf-8") for path in (tmp_path / "out").iterdir())
    assert "NCT0" in said
    assert _contacts(said, imported) == set()


@pytest.mark.shared
def test_no_contact_of_the_real_records_is_in_parquet(imported: Imported, tmp_path: Path) -> None:
    from pyarrow import parquet

    assert trials(imported.data, "export", tmp_path / "out").exit_code == 0
    found = [parquet.read_table(path) for path in (tmp_path / "out").glob("*.parquet")]
    said = "\n".join(
        value
        for table in found
        for column in table.columns
        for value in column.to_pylist()
        if isinstance(value, str)
    )
    assert "NCT0" in said
    assert _contacts(said, imported) == set()


@pytest.mark.shared
def test_no_contact_of_the_real_records_is_in_what_a_reader_downloads(imported: Imported) -> None:
    paths = ("/export.csv", "/export.ris", "/feed.atom", "/feed.json", "/changes.json")
    for answer in ask(imported.data / "trials.db", *paths):
        assert answer.status == 200 and len(answer.text) > 5_000, answer.path
        assert _contacts(answer.text, imported) == set(), answer.path
