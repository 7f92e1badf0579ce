"""A search is an address, its feed the alert: entries that come again when a trial changes, with what changed."""

import csv
import io
import json
import re
import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest
from lxml import etree

from tests.hostile import strings
from tests.site_client import Answer, ask
from tests.site_rows import FIRST, SECOND, THIRD, empty, small

SPACE = {"atom": "http://www.w3.org/2005/Atom"}
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return small(tmp_path / "trials.db")


def _entries(answer: Answer) -> dict[str, ElementTree.Element]:
    """Entries by the last part of the address of their trial."""
    found = {}
    for entry in ElementTree.fromstring(answer.body).findall("atom:entry", SPACE):
        (link,) = entry.findall("atom:link", SPACE)
        found[link.attrib["href"].rsplit("/", 1)[1]] = entry
    return found


def _id(entry: ElementTree.Element) -> str:
    return entry.findtext("atom:id", "", SPACE)


def test_atom_feed_keeps_the_rules_of_rfc_4287(database: Path, tmp_path: Path) -> None:
    for answer in (
        *ask(database, "/feed.atom", "/feed.atom?q=tea"),
        *ask(empty(tmp_path / "e.db"), "/feed.atom"),
    ):
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
        root = ElementTree.fromstring(answer.body)
        assert root.tag == "{http://www.w3.org/2005/Atom}feed"
        own = [link for link in root.findall("atom:link", SPACE) if link.get("rel") == "self"]
        assert [link.get("href") for link in own] == [f"http://localhost{answer.path}"]
        assert root.findtext("atom:author/atom:name", "", SPACE)
        entries = root.findall("atom:entry", SPACE)
        for node in (root, *entries):
            assert len(node.findall("atom:id", SPACE)) == 1
            assert node.findtext("atom:id", "", SPACE).startswith("urn:uuid:")
            assert len(node.findall("atom:title", SPACE)) == 1
            assert _TIME.fullmatch(node.findtext("atom:updated", "", SPACE))
        for entry in entries:
            assert len(entry.findall("atom:link[@rel='alternate']", SPACE)) == 1
            assert _TIME.fullmatch(entry.findtext("atom:published", "", SPACE))
        ids = [_id(entry) for entry in entries]
        assert len(ids) == len(set(ids))


def test_entry_keeps_its_id_until_the_trial_changes_and_then_shows_the_difference(database: Path) -> None:
    (before,) = ask(database, "/feed.atom")
    (again,) = ask(database, "/feed.atom?sort=relevance")
    with sqlite3.connect(database) as connection:
        connection.execute("update trial_digests set digest = 'second version' where trial_id = ?", (FIRST,))
        connection.execute(
            "insert into changes (trial_id, position, field, old, new, observed_at, severity, source)"
            " values (?, 9, 'overall_status', 'RECRUITING', 'COMPLETED', '2026-06-01', 'high', 'x')",
            (FIRST,),
        )
    connection.close()
    (after,) = ask(database, "/feed.atom")
    old, same, new = _entries(before), _entries(again), _entries(after)
    assert {name: _id(entry) for name, entry in old.items()} == {
        name: _id(entry) for name, entry in same.items()
    }
    assert _id(old[FIRST]) != _id(new[FIRST])
    assert _id(old[SECOND]) == _id(new[SECOND])
    content = new[FIRST].findtext("atom:content", "", SPACE)
    assert "Status: <del>Recruiting</del> → <ins>Completed</ins>" in content
    assert "Not medical advice" in content


def test_an_entry_is_updated_when_it_came_when_it_changed_or_when_that_was_learned(database: Path) -> None:
    (before,) = ask(database, "/feed.atom")
    with sqlite3.connect(database) as connection:
        connection.execute(
            "insert into changes (trial_id, position, field, observed_at, learned_at, severity, source)"
            " values (?, 9, 'phase', '2026-02-20', '2026-11-22T06:00:00Z', 'low', 'x')",
            (FIRST,),
        )
    connection.close()
    (after,) = ask(database, "/feed.atom")
    for entry in _entries(before).values():
        times = [entry.findtext(f"atom:{name}", "", SPACE) for name in ("published", "updated")]
        assert times == sorted(times)
    entry = _entries(after)[FIRST]
    assert entry.findtext("atom:updated", "", SPACE) == "2026-11-22T06:00:00Z"
    assert _id(entry) == _id(_entries(before)[FIRST])
    assert next(iter(_entries(after))) == FIRST


def test_json_feed_says_the_same_as_atom(database: Path) -> None:
    atom, feed = ask(database, "/feed.atom?q=cold", "/feed.json?q=cold")
    said = json.loads(feed.text)
    assert said["version"] == "https://jsonfeed.org/version/1.1"
    assert feed.headers["content-type"] == "application/feed+json; charset=utf-8"
    assert {item["id"] for item in said["items"]} == {_id(entry) for entry in _entries(atom).values()}
    assert said["feed_url"] == "http://localhost/feed.json?q=cold"
    assert said["home_page_url"] == "http://localhost/search?q=cold"


def test_search_feed_and_export_find_the_same_trials(database: Path) -> None:
    for query in ("q=cold", "status=RECRUITING", "age=3+months", "q=nothing", ""):
        page, atom, table, ris = ask(
            database, *(f"/{name}?{query}" for name in ("search", "feed.atom", "export.csv", "export.ris"))
        )
        links = {str(a["href"]).rsplit("/", 1)[1] for a in page.page.select(".hits a")}
        rows = list(csv.DictReader(io.StringIO(table.text)))
        assert links == set(_entries(atom))
        assert {row["trial_id"].replace(":", "~3A") for row in rows} == links
        assert ris.text.count("TY  - ") == len(links)


def test_export_has_the_columns_people_filter_by(database: Path) -> None:
    (answer,) = ask(database, "/export.csv?q=tea")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["minimum_age"] == "6 Months"
    assert row["maximum_age_before_years"] == "76.0"
    assert row["conditions"] == "Common Cold; Cough"
    assert row["countries"] == "Germany; United Kingdom; United States"
    assert "attachment" in answer.headers["content-disposition"]


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.json", "/export.csv", "/export.ris", "/match.json"])
def test_question_that_cannot_be_read_is_refused_in_words(database: Path, path: str) -> None:
    (answer,) = ask(database, f"{path}?age=young")
    assert answer.status == 400
    assert "young" in answer.text
    assert THIRD not in answer.text


SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))


def _breaches(body: bytes) -> list[str]:
    """What breaks RFC 4287: by the grammar beside this file, by a reader of feeds, and ids or times out of order."""
    root = etree.fromstring(body)
    SCHEMA.validate(root)
    found = [f"line {error.line}: {error.message}" for error in SCHEMA.error_log]
    rels = [link.get("rel") for link in root.findall("{*}link")]
    if sorted(rels) != ["alternate", "self"]:
        found.append(f"the links of the feed are {rels}")
    read = feedparser.parse(body)
    if read.bozo:
        found.append(f"not well formed: {read.bozo_exception}")
    ids = [entry.id for entry in read.entries]
    found += [f"{one} is the id of two entries" for one in sorted(set(ids)) if ids.count(one) > 1]
    found += [
        f"{entry.id} was updated before it was published"
        for entry in read.entries
        if entry.updated_parsed < entry.published_parsed
    ]
    latest = max((entry.updated for entry in read.entries), default=read.feed.updated)
    if read.feed.updated != latest:
        found.append(f"the feed says {read.feed.updated}, its newest entry {latest}")
    return found


@pytest.mark.parametrize(
    "query", ["", "?q=tea", "?q=nothing", "?status=RECRUITING&age=8+months&near=53,7&km=90"]
)
def test_atom_feed_is_valid(database: Path, query: str) -> None:
    (answer,) = ask(database, f"/feed.atom{query}")
    assert _breaches(answer.body) == []


def test_atom_feed_of_hostile_records_is_valid(tmp_path: Path) -> None:
    path = small(tmp_path / "trials.db")
    with sqlite3.connect(path) as connection:
        for n, text in enumerate(strings()):
            title = text or "empty"
            connection.execute("update trials set brief_title = ? where trial_id = ?", (title, FIRST))
            connection.execute("update conditions set name = ? where trial_id = ?", (title, FIRST))
            connection.execute("update changes set new = ? where trial_id = ?", (title, FIRST))
            connection.commit()
            if n % 9 == 0:
                (answer,) = ask(path, "/feed.atom")
                assert (text, _breaches(answer.body)) == (text, [])
    connection.close()


@pytest.mark.parametrize(
    "whole, broken",
    [
        (b"<id>urn:uuid:", b"<id>uuid "),
        (b"T08:00:00Z</updated>", b" 08:00</updated>"),
        (b"</published>", b"</published><published>2026-05-13T08:00:00Z</published>"),
        (b'rel="self"', b'rel="own"'),
        (b"<name>Trials</name>", b""),
        (b'<content type="html">', b'<content type="html"><p />'),
        (b'href="http://localhost/trials/trials/', b'href="/trials/trials/'),
    ],
)
def test_what_breaks_the_rules_of_atom_is_found(database: Path, whole: bytes, broken: bytes) -> None:
    (answer,) = ask(database, "/feed.atom")
    assert whole in answer.body
    assert _breaches(answer.body.replace(whole, broken, 1)) != []
