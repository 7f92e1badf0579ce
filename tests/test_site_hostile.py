"""Scraped text is hostile: stored in every text column, it stays text on every page, feed and export."""

import csv
import io
import json
import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlite_utils.db import Database

from scraper.model import CRITERIA_PER_TRIAL, trial_key
from scraper.site.links import safe_url, trial_path
from tests.hostile import ADDRESSES, strings
from tests.site_client import Answer, ask, dangers
from tests.site_rows import empty, finish, rows

STRINGS = list(dict.fromkeys(strings()))
IDS = [f"NCT98{n:06}" for n in range(len(STRINGS))]
# Words the program itself writes, and keys that tie rows together.
_OURS = {"trial_id", "criterion_id", "variable", "code", "id", "parent_id"}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One trial a string, the string in every text column of every table."""
    path = empty(tmp_path_factory.mktemp("hostile") / "trials.db")
    db = Database(sqlite3.connect(path))
    ours = [
        name
        for name in db.table_names()
        if not name.startswith(("_", "sqlite", "trials_fts", "criteria_fts", "search_codes"))
    ]
    db.conn.execute("begin")
    for table in ours:
        columns = [(c.name, c.type.lower(), bool(c.is_pk)) for c in db.table(table).columns]
        for trial_id, text in zip(IDS, STRINGS, strict=True):
            rows(db, table, **{n: _value(table, n, kind, trial_id, text) for n, kind, _ in columns})
    finish(db)
    return path


def _value(table: str, name: str, kind: str, trial_id: str, text: str) -> object:
    key = trial_key(trial_id)
    if name == "trial_id":
        return trial_id
    if name in ("variable", "code"):
        return f"v{key}"
    if name == "criterion_id" or (table == "criteria" and name == "id"):
        return key * CRITERIA_PER_TRIAL
    if name == "parent_id":
        return None
    if name == "id":
        return key
    if kind in ("integer", "real"):
        return {"latitude": 50.0, "longitude": 8.0}.get(name, 0)
    if table in ("stats", "meta") and name == "key":
        return f"{text}{key}"
    if name == "kind" and table == "criteria":
        return ("inclusion", "exclusion", "unknown")[key % 3]
    return text


def test_there_are_more_than_two_hundred_strings() -> None:
    assert len(STRINGS) > 200


def test_every_text_column_of_every_table_holds_every_string(database: Path) -> None:
    db = Database(sqlite3.connect(database))
    # Counted by the program when the file is finished, or kept by SQLite.
    own = ("_", "sqlite", "trials_fts", "criteria_fts", "stats", "search_codes")
    missing = {
        f"{table}.{column.name}": found
        for table in db.table_names()
        if not table.startswith(own)
        for column in db.table(table).columns
        if column.type.lower() == "text"
        and column.name not in _OURS
        and (
            found := db.execute(
                f'select count(distinct "{column.name}" collate binary) from "{table}"'
            ).fetchone()[0]
        )
        < len(STRINGS)
    }
    db.close()
    # `kind` of a criterion is one of three words, whatever its record says.
    assert missing == {"criteria.kind": 3}


def test_every_trial_page_shows_hostile_text_as_text(database: Path) -> None:
    answers = ask(database, *(f"{trial_path(trial_id)}?near=50,8" for trial_id in IDS))
    assert {answer.status for answer in answers} == {200}
    assert {answer.path: dangers(answer) for answer in answers if dangers(answer)} == {}
    assert "<script>alert(1)</script>" in answers[0].page.get_text()


def test_every_other_page_shows_hostile_text_as_text(database: Path) -> None:
    paths = [
        "/linked",
        "/",
        "/changes",
        "/conflicts",
        "/problems",
        "/about",
        "/data",
        "/schema",
        "/dashboard",
    ]
    paths += ["/conditions", "/sponsors", "/search", "/match", "/match?age=34", "/match?sex=female&limit=300"]
    paths += [f"{path}?page={n}" for path in ("/changes", "/conflicts", "/problems") for n in range(1, 13)]
    paths += [f"/search?offset={n}" for n in range(0, len(IDS), 20)]
    paths += [f"/{kind}?page={n}" for kind in ("conditions", "sponsors") for n in (1, 2, 3)]
    answers = ask(database, *paths)
    assert [answer.path for answer in answers if answer.status != 200] == []
    assert {answer.path: dangers(answer) for answer in answers if dangers(answer)} == {}


def test_pages_named_by_hostile_text_answer_and_stay_text(database: Path) -> None:
    paths = []
    for answer in ask(database, "/conditions", "/conditions?page=2", "/sponsors", "/sponsors?page=2"):
        paths += [str(a["href"]) for a in answer.page.select(".tags a")]
    answers = ask(database, *paths)
    assert len(answers) > 150
    assert {answer.status for answer in answers} <= {200, 404}
    assert {answer.path: dangers(answer) for answer in answers if dangers(answer)} == {}


@pytest.mark.parametrize("parameter", ["q", "status", "age", "country", "near", "condition", "sort", "limit"])
def test_hostile_questions_are_answered_with_text(database: Path, parameter: str) -> None:
    from urllib.parse import urlencode

    answers = ask(
        database, *(f"/search?{urlencode({parameter: text})}" for text in STRINGS[::17] + list(ADDRESSES))
    )
    assert {answer.status for answer in answers} <= {200, 400}
    assert {answer.path: dangers(answer) for answer in answers if dangers(answer)} == {}


def test_feeds_are_well_formed_and_their_html_is_escaped_twice(database: Path) -> None:
    atom, feed = ask(database, "/feed.atom", "/feed.json")
    root = ElementTree.fromstring(atom.body)
    space = "{http://www.w3.org/2005/Atom}"
    entries = root.findall(f"{space}entry")
    assert len(entries) == 50
    assert len({entry.findtext(f"{space}id") for entry in entries}) == 50
    items = json.loads(feed.text)["items"]
    for content in [
        *(entry.findtext(f"{space}content") or "" for entry in entries),
        *(item["content_html"] for item in items),
    ]:
        inside = Answer("", 200, {}, f"<html><body>{content}</body></html>".encode())
        assert dangers(inside) == []


def test_exports_hold_nothing_a_spreadsheet_runs(database: Path) -> None:
    (answer,) = ask(database, "/export.csv")
    cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
    assert len(cells) > 20 * len(IDS)
    assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))] == []
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)


def test_no_text_can_begin_a_record_of_its_own_in_a_citation(database: Path) -> None:
    (answer,) = ask(database, "/export.ris")
    lines = answer.text.split("\r\n")
    assert sum(line.startswith("TY  - ") for line in lines) == len(IDS)
    assert sum(line.startswith("ER  - ") for line in lines) == len(IDS)
    assert [line for line in lines if line and line[2:6] != "  - "] == []
    for bib in ask(database, *(f"{trial_path(trial_id)}.bib" for trial_id in IDS[::5])):
        assert bib.text.count("@misc{") == 1
        bare = bib.text.replace("\\{", "").replace("\\}", "")
        assert bare.count("{") == bare.count("}")


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_plain_web_addresses_become_links(address: str) -> None:
    assert safe_url(address) is None


def test_datasettes_own_pages_show_hostile_text_as_text(database: Path) -> None:
    paths = [
        "/trials/trials",
        "/trials/conditions",
        "/trials/criteria",
        "/trials/problems",
        "/trials/changes",
    ]
    paths += [
        "/trials/trial_text",
        "/trials/sites",
        "/trials/conflicts",
        "/trials/records",
        "/trials/mentions",
    ]
    for answer in ask(database, *(f"{path}?_size=max" for path in paths)):
        assert answer.status == 200
        assert not answer.page.select("script:-soup-contains('alert(1)')")
        handlers = [
            tag[name] for tag in answer.page.find_all(True) for name in tag.attrs if name.startswith("on")
        ]
        assert set(handlers) <= {"openColumnChooser()"}  # the template of Datasette 1.0
