"""Secrets that a person types, sets or is sent are in no output, no log, no database and on no page."""

import base64
import os
from pathlib import Path
from urllib.parse import unquote

import pytest

from scraper.journal import harmless
from scraper.settings import Settings
from tests import server_faults as faults
from tests.commands import trials
from tests.samples import write_study
from tests.server import SiteServer
from tests.site_client import ask

SECRET = "hunter2zq9"


def _told(folder: Path) -> list[str]:
    """The files below the folder that hold the secret."""
    return [
        str(path) for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize(
    "words",
    [
        f"https://ada:{SECRET}@example.org/x",
        f"https://ada:p@ss{SECRET}@example.org/x",
        f"https://example.org/x?token={SECRET}&a=b",
        f"https://example.org/x?api_key={SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"Proxy-Authorization: Basic {SECRET}",
        f"Cookie: session={SECRET}; other=x",
        f'{{"password": "{SECRET}"}}',
    ],
)
def test_a_log_entry_loses_its_secret(words: str) -> None:
    assert SECRET not in harmless(words)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--url", f"https://ada:{SECRET}@trialx.com/clinical-trials/listings/1/a/"),
        ("--base-url", f"http://ada:{SECRET}@127.0.0.1:1/", "--query", "x"),
    ],
)
def test_an_address_with_a_password_is_refused_and_told_nowhere(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = trials(tmp_path / "d", "--log", tmp_path / "log", "scrape", "trialx", *arguments)
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1
    assert SECRET not in result.output
    assert _told(tmp_path) == []


def test_what_a_site_and_the_environment_hold_is_told_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    netrc = tmp_path / "home" / ".netrc"
    netrc.write_text(f"default login ada password {SECRET}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://ada:{SECRET}@127.0.0.1:9/")
    write_study(tmp_path / "registry")
    with SiteServer(None, tmp_path / "registry") as server:
        server.fail("/api", faults.header("Set-Cookie", f"session={SECRET}"))
        arguments = ("scrape", "ctgov", "--all", "--base-url", server.base_url, "--delay", 0)
        done = trials(tmp_path / "d", "--log", tmp_path / "log", *arguments)
        assert done.exit_code == 0
        server.fail("/api", faults.redirect(f"http://ada:{SECRET}@evil.example/?token={SECRET}"))
        failed = trials(tmp_path / "d", "--log", tmp_path / "log", *arguments)
        sent = " ".join(str(request.headers) for request in server.requests)
    assert SECRET not in sent
    assert SECRET not in done.output
    assert failed.exit_code == 1
    kept = {path for path in _told(tmp_path) if path != str(netrc)}
    assert kept == set()
    pages = ask(
        tmp_path / "d" / "trials.db",
        "/",
        "/about",
        "/problems",
        "/trials/runs.json",
        "/export.csv",
        "/feed.atom",
    )
    assert not [page.path for page in pages if SECRET in page.text]
    assert os.environ["HTTP_PROXY"]
    assert SECRET not in failed.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("scrape", "ctgov", "--query", "x", "--delay", 0),
        ("scrape", "trialx", "--url", "https://trialx.com/clinical-trials/listings/1/a/", "--delay", 0),
        ("doctor", "--online"),
    ],
)
@pytest.mark.parametrize("user", [f"ada:{SECRET}", f"{SECRET}:", f"ada:p%40{SECRET}"])
def test_the_password_of_a_proxy_that_fails_is_told_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...], user: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{user}@127.0.0.1:9/")  # nobody listens there
        monkeypatch.setenv(name.lower(), f"http://{user}@127.0.0.1:9/")
    monkeypatch.setattr(Settings, "from_environment", lambda data: Settings(data=data, attempts=1))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    failed = trials(tmp_path / "d", "--log", tmp_path / "log", *arguments)
    assert failed.exit_code == 1 and "refused connection" in failed.output
    encoded = base64.b64encode(unquote(user).encode()).decode()
    assert SECRET not in failed.output and encoded not in failed.output
    assert _told(tmp_path) == []
    assert encoded not in (tmp_path / "log").read_text("utf-8")
