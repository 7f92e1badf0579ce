"""The bulk path: rows go into a new database many a statement, from several processes, and are the same rows."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scraper import workers
from scraper.model import Page, Version
from scraper.pipeline import read
from scraper.sources.ctgov_contacts import _NORTH_AMERICAN, may_hold_contacts
from scraper.store import writer
from scraper.store.rows import gather
from tests.bench.generate import studies
from tests.commands import dump, trials
from tests.samples import write_listing, write_study

_NUMBER = re.compile(_NORTH_AMERICAN, re.ASCII)


@pytest.mark.parametrize("count", [1, 11, 12, 13, 40, 41])
def test_rows_are_the_same_however_many_go_into_a_statement(tmp_path: Path, count: int) -> None:
    db = writer.new_database(tmp_path / "trials.db")
    keywords = [("NCT99000001", n, f"word {n}") for n in range(count)]
    sites = [
        ("NCT99000001", n, f"Clinic {n}", None, None, None, "Spain", 1.5 * n, -0.5 * n, None, "ES", "stated")
        for n in range(count)
    ]
    writer.load(
        db, gather([{"keywords": keywords, "sites": sites[:3]}, {"keywords": [], "sites": sites[3:]}])
    )
    assert db.conn.execute("select * from keywords order by position").fetchall() == keywords
    assert db.conn.execute("select * from sites order by position").fetchall() == sites
    db.close()


def test_several_processes_give_the_rows_that_one_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = tmp_path / "saved"
    write_study(saved)
    write_listing(saved)
    for nct_id, body in studies(12):
        (saved / f"{nct_id}.json").write_bytes(body)
    data = tmp_path / "data"
    assert trials(data, "import", saved).exit_code == 0
    alone = dump(data)
    monkeypatch.setattr(workers, "FEWEST_FOR_WORKERS", 1)
    monkeypatch.setattr(workers, "CHUNK", 4)
    assert trials(data, "build", "--full").exit_code == 0
    assert dump(data) == alone
    assert len(alone["trials"]) >= 13


@given(
    st.text(alphabet="25.- ()\n+@aé–", max_size=40),
    st.from_regex(_NUMBER) | st.emails() | st.just(""),
    st.text(max_size=5),
)
@example("", "(212) 555-0107", "")
@example("lon -112.3456 ", "", " 2010-2014")
def test_whatever_would_be_blanked_is_looked_for(before: str, contact: str, after: str) -> None:
    text = before + contact + after
    if _NUMBER.search(text) or "@" in text:
        assert may_hold_contacts(text.encode())


def test_coordinates_and_years_are_no_contacts() -> None:
    assert not may_hold_contacts(b'{"lat":40.12345,"lon":-112.3456} 2010-2014, 2026-11-20, U1111-1234-5678')


def test_a_contact_behind_an_escape_is_blanked() -> None:
    body = (
        b'{"protocolSection":{"identificationModule":{"nctId":"NCT99000001","briefTitle":"T"},'
        b'"descriptionModule":{"briefSummary":"write to a.b\\u0040example.org"}}}'
    )
    page = Page(
        source="ctgov", url="https://clinicaltrials.gov/study/NCT99000001", body=body, fetched_at="2026"
    )
    found = read(page)
    assert isinstance(found, Version)
    assert found.record.brief_summary == "write to [contact removed]"
