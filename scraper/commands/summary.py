"""What a run brought, told at its end: counts, news, what failed; for scrape, import and update alike."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scraper import terminal
from scraper.errors import RefusedError

if TYPE_CHECKING:
    from scraper.build import Built
    from scraper.ingest import Arrived

log = logging.getLogger(__name__)


def _news(news: Any) -> Iterator[str]:
    """What an update found, a line each; the first of many."""
    changed = [f"{trial_id}: {', '.join(names)}" for trial_id, names in news.changed.items()]
    for what, lines in (
        ("new", news.new),
        ("changed", changed),
        ("removed at the source", news.removed),
        ("there again", news.returned),
    ):
        yield f"{what}: {len(lines):,}"
        yield from (f"  {line}" for line in terminal.some(lines, of="`trials report`"))


def report_run(
    arrived: "Arrived",
    built: "Built | RefusedError",
    failures: list[str],
    as_json: bool,
    *,
    with_news: bool = False,
) -> None:
    """Say what a run brought; what failed on standard error, the summary on standard output.

    What a refused build brought lies in the archive alone: the summary says so, and nothing of trials.
    """
    for line in terminal.some(failures):
        terminal.say(line)
    summary: dict[str, Any] = {
        "files": arrived.files,
        "expected": arrived.expected,
        "fetched": arrived.fetched,
        "unchanged": arrived.unchanged,
        "failed": len(failures),
        "forbidden": arrived.forbidden,
        "vanished": arrived.vanished,
    }
    if isinstance(built, RefusedError):
        summary |= {"trials_written": 0, "refused": str(built)}
    else:
        summary |= {
            "trials_written": built.written,
            "trials": built.trials,
            "problems": dict(built.problems),
        }
    log.info("run", extra={"data": summary})
    if as_json:
        if with_news and not isinstance(built, RefusedError):
            news = built.news
            changed = [{"trial_id": trial_id, "fields": names} for trial_id, names in news.changed.items()]
            summary |= {
                "new": news.new,
                "changed": changed,
                "removed": news.removed,
                "returned": news.returned,
            }
            summary["failures"] = failures
        terminal.data(summary)
        return
    if with_news and not isinstance(built, RefusedError):
        for line in _news(built.news):
            terminal.echo(line)
    expected = "" if arrived.expected is None else f"expected {arrived.expected:,}, "
    forbidden = f", forbidden by robots.txt {arrived.forbidden:,}" if arrived.forbidden else ""
    vanished = f", vanished {arrived.vanished:,}" if arrived.vanished else ""
    terminal.echo(
        f"{expected}fetched {arrived.fetched:,}, unchanged {arrived.unchanged:,}, failed {len(failures):,}{forbidden}{vanished}"
    )
    if isinstance(built, RefusedError):
        terminal.echo(f"stored in the archive: {arrived.fetched:,}; trials written 0: the build is refused")
        return
    stages = ", ".join(f"{stage} {count:,}" for stage, count in built.problems.items()) or "none"
    terminal.echo(
        f"trials written {built.written:,}, in the database {built.trials:,}; problems in the whole database by stage:"
        f" {stages}"
    )
