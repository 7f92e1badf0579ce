"""Names of contacts may not reach the database in any way that leads to a person: their addresses and numbers do not."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from scraper.archive.store import Archive
from tests.commands import trials

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


@pytest.mark.shared
def test_no_contact_of_the_real_records_is_in_the_database(tmp_path: Path, shared: Path) -> None:
    result = trials(tmp_path, "import", *(shared / "data" / folder for folder in FOLDERS))
    assert result.exit_code == 0
    phones: set[str] = set()
    addresses = 0
    with Archive(tmp_path / "archive.db", read_only=True) as archive:
        for stored in archive.pages(archive.page_ids()):
            body = stored.page.body.decode("utf-8", "replace")
            addresses += len(EMAIL.findall(body))
            phones |= {" ".join(found.split()) for found in PHONE.findall(body)}
    phones = {phone for phone in phones if sum(letter.isdigit() for letter in phone) >= 8}
    assert addresses > 1000 and len(phones) > 300  # the records do hold contacts
    any_phone = re.compile("|".join(rf"(?<!\d){re.escape(phone)}(?!\d)" for phone in sorted(phones)))
    said = "\n".join(_texts(tmp_path / "trials.db"))
    assert set(EMAIL.findall(said)) == set()
    candidates = {
        found for found in re.findall(r"\+?[\d(][\d ()./+-]{6,24}\d", said) if "-" in found or " " in found
    }
    leaked = {found for found in candidates if any_phone.search(found)}
    assert leaked == set()
