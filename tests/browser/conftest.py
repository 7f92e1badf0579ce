"""The real server over a small database, and Debian's Chromium."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.site_rows import small

CHROMIUM = shutil.which("chromium")
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Open = Callable[..., BrowserContext]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # One server and one browser for all of them.
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `trials serve` over a small database."""
    folder = tmp_path_factory.mktemp("browser")
    small(folder / "trials.db")
    command = [sys.executable, "-c", "from scraper.cli import main; main()", "--data", str(folder)]
    process = subprocess.Popen(
        [*command, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        said = process.stdout.readline()
        yield said.split(" at ")[1].split(" ")[0].rstrip("/")
        process.terminate()
        process.wait(timeout=10)


# Playwright's loop runs as long as it lives: no test after these could run one of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("REQUIRE_CHROMIUM"):
            pytest.fail("chromium is not installed, and REQUIRE_CHROMIUM is set: apt-get install chromium")
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        yield found
        found.close()


@pytest.fixture
def window(browser: Browser, site: str) -> Iterator[Open]:
    """Opens windows; any request to another host than the site's fails the test."""
    contexts: list[BrowserContext] = []
    foreign: list[str] = []

    def opened(width: int = 1280, *, script: bool = True, dark: bool = False) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
            base_url=site,
        )
        context.on(
            "request",
            lambda request: (
                foreign.append(request.url) if not request.url.startswith((site, "data:")) else None
            ),
        )
        contexts.append(context)
        return context

    yield opened
    for context in contexts:
        context.close()
    assert foreign == []
