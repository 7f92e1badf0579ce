"""`make demo`: the sample pages served on loopback, scraped by the real scraper, indexed, and the site served.

python -m tests.demo [--build-only] [--port N] [--data DIR]
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from scraper import terminal
from scraper.cli import main as trials
from tests.server import SiteServer

PAGES = Path(__file__).parent / "pages"
CONTACT = "https://example.org/trials-demo"


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; the exit code of the first command that fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--build-only", action="store_true", help="do not serve the site")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--data", type=Path, default=Path("data/demo"))
    chosen = parser.parse_args(arguments)
    os.environ.setdefault("TRIALS_CONTACT", CONTACT)
    shutil.rmtree(chosen.data, ignore_errors=True)
    terminal.say("demo: invented trials, served on this machine and scraped as the live sites would be")
    with SiteServer(PAGES / "trialx", PAGES / "ctgov") as server:
        for source in ("trialx", "ctgov"):
            code = _run(chosen.data, "scrape", source, "--all", "--base-url", server.base_url, "--delay", "0")
            if code:
                return code
    code = _run(chosen.data, "check")
    if code or chosen.build_only:
        return code
    return _run(chosen.data, "serve", "--port", str(chosen.port))


def _run(data: Path, *arguments: str) -> int:
    terminal.say(f"$ trials --data {data} {' '.join(arguments)}")
    try:
        trials(["--data", str(data), *arguments], standalone_mode=False)
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
