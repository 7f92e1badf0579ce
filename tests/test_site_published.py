"""The published copy: immutable, asked page by page before it goes out, and what keeps it back."""

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from datasette.cli import cli as datasette_cli

from scraper.errors import SiteError
from scraper.site.readiness import readiness
from scraper.site.serve import INSPECTED, inspected
from tests import demo
from tests.commands import trials, trials_json
from tests.site_client import ask

ROOT = Path(__file__).parents[1]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    assert demo.main(["--build-only", "--data", str(tmp_path)]) == 0
    return tmp_path


def test_a_good_build_is_fit_and_every_page_is_asked(data: Path) -> None:
    asked = trials_json(data, "check", "--publish")["asked"]
    assert {one["status"] for one in asked} == {200}
    assert {"/", "/search", "/dashboard", "/about", "/feed.atom", "/trials/trials", "/robots.txt"} < {
        one["path"] for one in asked
    }
    assert any(one["path"].startswith("/trials/trials/NCT") for one in asked)


def _spoil(data: Path, *statements: str) -> list[str]:
    connection = sqlite3.connect(data / "trials.db")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return readiness(data / "trials.db").failures


def test_a_page_that_fails_keeps_it_back(data: Path) -> None:
    failures = _spoil(data, "update stats set value = 'many' where name in ('trials', 'start_year')")
    assert any(failure.startswith("/ answers 5") for failure in failures)
    assert any(failure.startswith("/dashboard answers 5") for failure in failures)


def test_a_missing_licence_keeps_it_back(data: Path) -> None:
    assert _spoil(data, "delete from meta where key = 'licence_trialx'") == [
        "the licence of trialx is not in meta; make the database anew: trials build --full"
    ]


def test_a_path_of_the_makers_home_keeps_it_back(data: Path) -> None:
    (failure,) = _spoil(data, "update problems set url = '/home/somebody/saved/page.html'")
    assert "'/home/somebody/saved/page.html'" in failure


def test_a_failure_of_the_pages_exits_1_and_is_said_in_a_line(data: Path) -> None:
    _spoil(data, "delete from meta where key = 'licence_trialx'")
    result = trials(data, "check", "--publish")
    assert result.exit_code == 1
    assert "must not be published: the licence of trialx" in result.stderr


def test_published_copy_can_be_downloaded_with_the_checksum_it_shows(data: Path) -> None:
    path = data / "trials.db"
    page, file = ask(path, "/data", "/trials.db", public=True)
    assert file.body == path.read_bytes()
    assert hashlib.sha256(file.body).hexdigest() in page.text
    (own,) = ask(path, "/trials.db")
    assert own.status in (403, 404)


def test_what_was_inspected_is_used_while_it_tells_of_this_file(data: Path) -> None:
    path = data / "trials.db"
    assert inspected(path) is None
    arguments = ["inspect", str(path), "--inspect-file", str(data / INSPECTED)]
    assert CliRunner().invoke(datasette_cli, arguments).exit_code == 0
    found = inspected(path)
    assert found is not None
    assert found["trials"]["tables"]["trials"]["count"] == 21
    (page,) = ask(path, "/data", public=True)
    assert found["trials"]["hash"] in page.text
    told = json.loads((data / INSPECTED).read_text())
    told["trials"]["size"] += 1
    (data / INSPECTED).write_text(json.dumps(told))
    assert inspected(path) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"trials": 3}', '{"trials": {"size": "x"}}'])
def test_another_file_under_that_name_is_said_in_one_line(data: Path, text: str) -> None:
    (data / INSPECTED).write_text(text)
    try:
        assert inspected(data / "trials.db") is None
    except SiteError as error:
        assert "datasette inspect" in str(error)
        assert "\n" not in str(error)


def test_dockerfile_pins_what_it_installs_and_starts_the_published_copy() -> None:
    lines = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in lines
    assert "HEALTHCHECK" in lines
    assert '"serve", "--public"' in lines
    assert "archive.db" not in lines
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert "!data/trials.db" in ignored
    pins = (ROOT / "scraper/site/requirements.txt").read_text()
    packages = [line for line in pins.splitlines() if line[:1].isalpha()]
    assert len(packages) > 30
    assert all("==" in line for line in packages)
    assert pins.count("--hash=sha256:") >= len(packages)


def test_every_library_the_package_needs_is_pinned_within_its_bounds() -> None:
    from importlib.metadata import requires

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    pins = (ROOT / "scraper/site/requirements.txt").read_text()
    pinned = dict(line.rstrip(" \\").split("==") for line in pins.splitlines() if line[:1].isalpha())
    for text in requires("trials") or []:
        needed = Requirement(text)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            assert needed.specifier.contains(pinned[canonicalize_name(needed.name)]), text
