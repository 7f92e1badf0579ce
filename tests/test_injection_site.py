"""People as attackers of the site: every parameter of every page of ours, sent what breaks in elsewhere."""

import ast
import csv
import hashlib
import io
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from sqlite_utils.db import Database
from sqlite_utils.utils import chunks

from scraper.site.routes import ROUTES
from scraper.site.serve import datasette_for
from tests.injection import MARK, PAYLOADS, SHAPES, Place, addresses, parameters, quoted, shaped
from tests.site_client import Answer, dangers, run
from tests.site_rows import FIRST, small

EVERYTHING = bool(os.environ.get("TRIALS_INJECT_ALL"))
"""Every payload in every shape at every place: half an hour. Otherwise each place gets its share of them."""
PACKAGE = Path(__file__).parents[1] / "scraper"
SAMPLES = {"trial_id": (FIRST,), "name": ("Common~20Cold", "eligible.sql")}
NARROWED = {
    "/search", "/feed.atom", "/feed.json", "/export.csv", "/export.ris", "/changes.json", "/changes", "/conflicts",
    "/match", "/match.json",
}  # fmt: skip
"""Pages of which no value of a parameter may show a trial that they do not show without it."""
BASE = {"search": "status=RECRUITING&removed=0", "match": "condition=cold", "changes": "severity=high"}


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small database, with trials that no filter below may bring to light."""
    path = small(tmp_path_factory.mktemp("injection") / "trials.db")
    db = Database(sqlite3.connect(path))
    with db.conn:
        db.execute("update trials set removed_at = '2026-01-01' where trial_id like 'listing%'")
        db.execute("update search_filter set removed = 1 where trial_id like 'listing%'")
    db.close()
    return path


def asked(app: Any, path: bytes, query: bytes = b"", method: str = "GET", **headers: str) -> Any:
    """The answer to a request as its bytes come over the wire: no client mends them on the way."""

    async def ask() -> Got:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        given = {"host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path.decode("latin-1"),
            "raw_path": path,
            "query_string": query,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await app(scope, receive, send)
        body = b"".join(
            message.get("body", b"") for message in sent if message["type"] == "http.response.body"
        )
        return Got(
            sent[0]["status"], {n.decode().lower(): v.decode("latin-1") for n, v in sent[0]["headers"]}, body
        )

    return ask()


class Site:
    """The site, asked one request after another."""

    def __init__(self, database: Path, **arguments: Any) -> None:
        self.datasette = datasette_for(database, **arguments)
        self.app = self.datasette.app()

    def all(self, requests: list[tuple[bytes, bytes]], **named: Any) -> list[Got]:
        async def every() -> list[Got]:
            await self.datasette.invoke_startup()
            return [await asked(self.app, path, query, **named) for path, query in requests]

        return run(every())


@pytest.fixture(scope="module")
def site(database: Path) -> Site:
    return Site(database)


def places() -> list[Place]:
    return [Place(path, name) for path, view in addresses(SAMPLES) for name in parameters(view)]


def rows(got: Got) -> set[str]:
    """The trials an answer tells of; none where it refuses the question."""
    if got.status != 200:
        return set()
    kind = got.headers["content-type"]
    if "csv" in kind:
        return {row["trial_id"] for row in csv.DictReader(io.StringIO(got.text))}
    if "json" in kind:
        return set(re.findall(r"(?:NCT\d{8}|listing:77)", got.text.partition('"items"')[2] or got.text))
    if "html" in kind:
        return set(re.findall(r'href="/trials/trials/([^"?#]+)', got.text))
    return set(re.findall(r"(?:NCT\d{8}|listing~?:?3?A?77)", got.text.partition("<entry>")[2] or got.text))


# ── what is asked ───────────────────────────────────────────────────────────────────────────────────────


def test_no_parameter_is_read_past_the_one_door() -> None:
    """`tests.injection.parameters` reads the names out of the code of the views; nothing may go past them."""
    doors = {"args", "query_string", "full_path", "post_vars", "post_body", "cookies", "headers"}
    found = set()
    for module in (PACKAGE / "site").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in doors
                and ast.unparse(node.value).endswith("request")
            ):
                found.add((module.name, node.attr))
    assert found == {("respond.py", "args"), ("respond.py", "full_path")}


def test_every_route_is_asked_and_the_parameters_of_the_search_are_known() -> None:
    asked = {view for _, view in addresses(SAMPLES)}
    assert asked == {view for _, view in ROUTES}
    known = {place.path: set() for place in places()}  # type: dict[str, set[str]]
    for place in places():
        known[place.path].add(place.parameter)
    for path in ("/search", "/feed.atom", "/feed.json", "/export.csv", "/export.ris"):
        assert {"q", "status", "age", "country", "near", "km", "removed", "sort", "limit", "offset"} <= known[
            path
        ]
    assert {"age", "lab", "pregnant", "near", "limit"} <= known["/match"] & known["/match.json"]
    assert {"since", "severity"} <= known["/changes.json"] & known["/changes"]
    assert {"as_of", "near"} == known[f"/trials/trials/{FIRST}"]
    assert "rule" in known["/conflicts"] and "name" in known["/conditions"]
    assert len(PAYLOADS) > 150


def base_of(place: Place) -> bytes:
    """Other parameters that keep trials out, which no value of this one may bring back."""
    if place.path in ("/changes", "/changes.json"):
        other = BASE["changes"]
    elif place.path.startswith("/match"):
        # The form alone shows no trial: without a condition it is asked for somebody of an age.
        other = BASE["match"] if place.parameter != "condition" else "age=30"
    else:
        other = BASE["search"]
    kept = [each for each in other.split("&") if each.partition("=")[0] != place.parameter]
    return "&".join(kept).encode()


def shares(every: bool) -> Iterator[tuple[Place, int, bytes]]:
    """(place, shape, payload): all, or of each place every eleventh payload, in turn in another shape."""
    for n, place in enumerate(places()):
        for m, payload in enumerate(PAYLOADS):
            if every:
                yield from ((place, shape, payload) for shape in range(SHAPES - (m % 40 != 0)))
            elif m % 11 == n % 11:
                yield place, (n + m // 11) % (SHAPES - (n % 9 != 0)), payload


def digest(path: Path) -> dict[str, str]:
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in path.parent.iterdir()}


def wrong(got: Got) -> list[str]:
    """What no answer may be, whatever was asked."""
    found = []
    if got.status not in (200, 400, 404):
        found.append(f"status {got.status}")
    text = got.text
    if re.search(r"Traceback|OperationalError|ProgrammingError|File \"/|unrecognized token|SQL logic", text):
        found.append("tells of its inside")
    kind = got.headers.get("content-type", "")
    if "html" in kind:
        if f"<{MARK}" in text or f'" {MARK}=' in text or f"</script><{MARK}" in text:
            found.append("markup not escaped")
        if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", text):
            found.append("control character")
    elif "xml" in kind:
        ElementTree.fromstring(got.body)
    elif "json" in kind:
        json.loads(got.body)
    elif "research-info" in kind and any(line and line[2:6] != "  - " for line in text.split("\r\n")):
        found.append("a line of its own in RIS")
    if MARK in "".join(v for k, v in got.headers.items() if k != "location"):
        found.append("header")
    return found


def test_no_payload_in_any_parameter_breaks_widens_or_shows_anything(site: Site, database: Path) -> None:
    before = digest(database)
    bare = {place: site.all([(place.path.encode(), base_of(place))])[0] for place in places()}
    faults: list[tuple[str, str, list[str]]] = []
    for chunk in chunks(shares(EVERYTHING), 500):
        some = list(chunk)
        queries = [
            b"&".join(filter(None, (base_of(place), shaped(shape, place.parameter, payload))))
            for place, shape, payload in some
        ]
        answers = site.all(
            [(each[0].path.encode(), query) for each, query in zip(some, queries, strict=True)]
        )
        for (place, shape, payload), query, got in zip(some, queries, answers, strict=True):
            found = wrong(got)
            allowed, there = rows(bare[place]), rows(got)
            if place.path in NARROWED and place.parameter != "removed" and not there <= allowed:
                found.append(f"widened to {sorted(there)} from {sorted(allowed)}")
            if found:
                faults.append((f"{place.path}?{query[:120]!r}", f"{shape} {payload[:40]!r}", found))
        for got in [got for got in answers if "html" in got.headers.get("content-type", "")][::40]:
            assert dangers(Answer("", got.status, got.headers, got.body)) == []
    assert not faults, "\n".join(map(str, faults))
    assert digest(database) == before


# ── what stands in the path ─────────────────────────────────────────────────────────────────────────────


IN_PATHS = (
    "/trials/trials/%s", "/trials/trials/%s.ris", "/trials/trials/%s.bib", "/conditions/%s", "/sponsors/%s", "/data/%s",
    "/-/static/%s", "/-/static-plugins/trials/%s", "/%s", "/trials/%s", "/trials/%s.json", "/trials/conditions/%s",
)  # fmt: skip


def in_a_path(payload: bytes) -> bytes:
    """The payload as one part of a path, "/" and all other signs percent-encoded unless it is encoded already."""
    return re.sub(rb"[^\x21-\x7e]|[?#]", lambda found: b"%%%02X" % found[0][0], payload)


def test_no_payload_in_a_path_leads_anywhere(site: Site, database: Path) -> None:
    before = digest(database)
    tilde = [payload.replace(b"~", b"~7E").replace(b"%", b"~") for payload in PAYLOADS]
    raw = [
        b"..",
        b"../..",
        b"../../../../etc/passwd",
        b"%2e%2e/%2e%2e/trials.db",
        b"..%2ftrials.db",
        b"//etc/passwd",
    ]
    requests = [
        (in_a_path(place.replace("%s", "\0").encode()).replace(b"%00", each), b"")
        for n, place in enumerate(IN_PATHS)
        for m, each in enumerate([*raw, *PAYLOADS, *tilde])
        if m < len(raw) or m % 5 == n % 5 or EVERYTHING
    ]
    for (path, _), got in zip(requests, site.all(requests), strict=True):
        location = got.headers.get("location", "")
        assert got.status in (200, 302, 400, 403, 404), path
        assert not location or re.match(r"/(?![/\\])", location), (path, location)
        assert not re.search(r"Traceback|OperationalError|root:x:|SQLite format", got.text[:100_000]), path
        if got.status == 200 and not path.startswith((b"/trials", b"/-/static")):
            assert path in (b"/", b"/.") or not wrong(got), path
    assert digest(database) == before


@pytest.mark.parametrize(
    "path", [b"//evil.example/", b"//evil.example/%2f..", b"/\\evil.example/", b"//evil.example%2f"]
)
def test_no_redirect_leads_to_another_host(site: Site, path: bytes) -> None:
    (got,) = site.all([(path, b"")])
    assert re.match(r"(/(?![/\\])|$)", got.headers.get("location", "")), got.headers


def test_a_forged_host_reaches_no_page_that_others_are_given(database: Path) -> None:
    own = Site(database)
    for path in ("/", "/search", f"/trials/trials/{FIRST}", "/dashboard", "/data", "/about"):
        (forged,) = own.all([(path.encode(), b"")], host="evil.example")
        assert "evil.example" not in forged.text
    (feed,) = own.all([(b"/feed.atom", b"")], host='evil.example"/><x')
    assert ElementTree.fromstring(feed.body) is not None


# ── headers ─────────────────────────────────────────────────────────────────────────────────────────────


GUARDED = ("content-security-policy", "referrer-policy", "x-content-type-options", "x-frame-options")
ANSWERS = (  # status, method, path, query
    (200, "GET", "/", ""),
    (200, "HEAD", "/", ""),
    (200, "GET", "/feed.atom", ""),
    (200, "GET", "/feed.json", ""),
    (200, "GET", "/export.csv", ""),
    (200, "GET", "/export.ris", ""),
    (200, "GET", "/changes.json", ""),
    (200, "GET", "/-/trials.css", ""),
    (200, "GET", "/-/world.svg", ""),
    (200, "GET", "/data/limits.R", ""),
    (200, "GET", "/robots.txt", ""),
    (200, "GET", "/trials/trials", ""),
    (200, "GET", "/trials/trials.csv", "_stream=1"),
    (200, "GET", "/trials.json", "sql=select+1"),
    (200, "GET", "/-/versions.json", ""),
    (200, "GET", "/-/static/app.css", ""),
    (200, "GET", "/trials.db", ""),
    (302, "GET", "/search/", ""),
    (302, "GET", "/-/trials%2Ecss", ""),
    (400, "GET", "/export.csv", "age=many"),
    (400, "GET", "/changes", "since=long+ago"),
    (400, "GET", "/match.json", ""),
    (400, "GET", "/trials", "sql=delete+from+trials"),
    (404, "GET", "/trials/trials/NCT00000000", ""),
    (404, "GET", "/nothing", ""),
    (404, "GET", "/-/static/nothing.css", ""),
    (404, "GET", "/data/nothing", ""),
    (405, "POST", "/trials/trials", ""),
)  # fmt: skip


@pytest.mark.parametrize("status, method, path, query", ANSWERS)
def test_every_answer_carries_the_headers(
    database: Path, status: int, method: str, path: str, query: str
) -> None:
    (got,) = Site(database, public=True).all([(path.encode(), query.encode())], method=method)
    assert got.status == status
    assert [name for name in GUARDED if name not in got.headers] == []
    assert "frame-ancestors 'none'" in got.headers["content-security-policy"]
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in got.headers


def test_a_page_that_fails_carries_the_headers_and_tells_nothing(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from scraper.site.pages import about

    def fail(connection: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(about, "about", fail)
    (got,) = Site(database).all([(b"/about", b"")])
    assert got.status == 500
    assert [name for name in GUARDED if name not in got.headers] == []
    assert "Traceback" not in got.text and "a secret of the inside" not in got.text
    capsys.readouterr()


def test_robots_may_read_what_is_ours_alone(site: Site) -> None:
    (got,) = site.all([(b"/robots.txt", b"")])
    assert got.text.strip().splitlines()[-1] == "Disallow: /"
    assert "/trials" not in got.text and "/search" not in got.text


def test_no_page_tells_where_on_the_machine_the_file_lies(database: Path) -> None:
    paths = [path for path, _ in addresses(SAMPLES)]
    paths += [
        f"/-/{name}.json" for name in ("databases", "metadata", "plugins", "settings", "threads", "versions")
    ]
    paths += ["/trials", "/trials.json", "/trials/trials"]
    for public in (False, True):
        for got in Site(database, public=public).all([(p.encode(), b"") for p in paths]):
            assert str(database.parent) not in got.text


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "DELETE", "TRACE", "OPTIONS", "FOO", "DATA", "get", "RENDER"]
)
def test_whatever_does_not_read_is_refused(site: Site, database: Path, method: str) -> None:
    before = digest(database)
    paths = (b"/", b"/search", b"/trials", b"/trials/trials", b"/-/static/app.css", b"/-/logout", b"/nothing")
    assert {got.status for got in site.all([(path, b"") for path in paths], method=method)} == {405}
    assert digest(database) == before


@pytest.mark.parametrize(
    "sql",
    [
        "select * from pragma_database_list",
        "select fts3_tokenizer('simple')",
        "select fts3_tokenizer('simple', x'4141414141414141')",
        "SELECT FTS3_TOKENIZER('simple')",
        "select load_extension('x')",
        "select writefile('x', 'y')",
        "select * from sqlite_dbpage limit 1",
        "attach 'x.db' as x",
        "pragma writable_schema = 1",
        "select 1; drop table trials",
        "with x as (select 1) delete from trials",
        "insert into trials_fts(trials_fts) values ('rebuild')",
        "vacuum into 'x.db'",
        "create table x as select 1",
    ],
)
def test_sql_of_visitors_reaches_nothing_but_the_data(site: Site, database: Path, sql: str) -> None:
    before = digest(database)
    for (got,) in (
        site.all([(b"/trials.json", b"_shape=array&sql=" + quoted(sql))]),
        site.all([(b"/trials", b"sql=" + quoted(sql))]),
    ):
        assert got.status == 400 or got.text == "[]" or "0 results" in got.text
        assert str(database.parent) not in got.text
    assert digest(database) == before
