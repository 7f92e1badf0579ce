"""Commands that tell what is new: diff, watch, report."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from scraper import terminal
from scraper.commands.search_options import question_of, search_filters
from scraper.commands.shared_options import as_json
from scraper.errors import SettingsError
from scraper.settings import Settings

NEWS = 3
"""The exit code of a watch that has news to tell."""

_forms = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json", "html"]),
    default="text",
    show_default=True,
    help="How it is told.",
)
_COLUMNS = {"sponsor_class": "lead_sponsor_class"}
"""The column of a filter, where it has another name."""
_query = click.option("--query", default="", help="Words of the search, as for `trials search`.")


@click.command()
@click.argument("trial_id")
@click.option("--from", "start", metavar="DATE", help="Default: the first version kept here.")
@click.option("--to", "end", metavar="DATE", help="Default: today.")
@as_json
@click.pass_obj
def diff(settings: Settings, trial_id: str, start: str | None, end: str | None, as_json: bool) -> None:
    """What differs in a trial between two dates, field by field and criterion by criterion.

    "!" marks what can decide whether somebody may take part: status, ages, criteria, and the like.

    Example: trials diff NCT04010877 --from 2026-01-01 --to 2026-03-01
    """
    with terminal.Meter("diff"):
        from scraper.site import labels
        from scraper.store import past, reader
        from scraper.tell import history, render

    db = reader.open_readonly(settings.database_path)
    found = history.found(db.conn, trial_id, settings.database_path)
    known = past.moments(db.conn, found)
    start = history.checked_date(start, "--from") if start else known[0].observed_at
    end = history.checked_date(end, "--to") if end else datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if start[: len(end)] > end[: len(start)]:
        raise SettingsError(f"found --from {start} after --to {end}; expected the earlier date first")
    before, after, changes = history.between(db.conn, found, start, end)
    if as_json:
        terminal.data({"trial_id": found, "from": before, "to": after, "changes": changes})
        return
    versions = f"{before['observed_at']} and {after['observed_at']}"
    terminal.echo(f"{found}: {len(changes):,} differences between the versions of {versions}")
    for line in render.text_changes(changes, labels, dated=False):
        terminal.echo(line)


@click.command()
@_query
@search_filters
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File that keeps what was told; one a search. Written only when the report is out.",
)
@_forms
@click.pass_obj
def watch(settings: Settings, /, query: str, state: Path, form: str, **options: Any) -> None:
    """What is new about the trials of a search since this watch last looked: for cron, after `trials update`.

    New, changed (field by field, criterion by criterion), removed at the source, no longer matching. The first
    time, every trial that matches is new.

    Exit code: 0 no news, 3 news, 1 it could not be done, 2 bad arguments.

    Example: trials watch --query leukemia --recruiting --state aml.json --format markdown
    """
    with terminal.Meter("watch"):
        from scraper import watchfile
        from scraper.search.question import to_params
        from scraper.site import labels
        from scraper.store import reader
        from scraper.tell import news, render

    if not state.parent.is_dir():
        raise SettingsError(f"--state: found no folder {str(state.parent)!r}; expected one that is there")
    question = question_of(query, options)
    search = to_params(question)
    last = watchfile.read(state, search)
    with terminal.Meter("watch"):
        db = reader.open_readonly(settings.database_path)
        found, seen = news.watch(
            db.conn, question, last.trials if last else None, last.made_at if last else None, said(search)
        )
        words = render.FORMS[form](found, labels)
    _tell(words)
    if last is None or last.trials != seen or last.made_at != found.made_at:
        watchfile.write(state, search, found.made_at, seen)
    if found:
        raise click.exceptions.Exit(NEWS)


@click.command()
@click.option("--since", required=True, metavar="DATE", help="The day it begins, as 2026-03-01.")
@click.option(
    "--by-date", is_flag=True, help="By the records' own dates alone, whenever they were learned here."
)
@_query
@search_filters
@_forms
@click.pass_obj
def report(
    settings: Settings, /, since: str, query: str, form: str, *, by_date: bool, **options: Any
) -> None:
    """What came, changed and vanished since a date: for a group's weekly mail.

    Told is what is dated then or later, and what was learned here since then, be its date older: a mail a week misses
    nothing. Pages imported from files were learned at the time of the file.

    Example: trials report --since 2026-03-01 --query "acute myeloid leukemia" --format html > week.html
    """
    with terminal.Meter("report"):
        from scraper.search.question import to_params
        from scraper.site import labels
        from scraper.store import reader
        from scraper.tell import history, news, render

    date = history.checked_date(since, "--since")
    question = question_of(query, options)
    with terminal.Meter("report"):
        db = reader.open_readonly(settings.database_path)
        found = news.since(db.conn, question, date, said(to_params(question)), by_date=by_date)
        words = render.FORMS[form](found, labels)
    _tell(words)


def said(search: list[tuple[str, str]]) -> str:
    """A search in a few words, as people say them: "“leukemia”, recruiting, country France"."""
    from scraper.site import labels

    def one(name: str, value: str) -> str:
        match name:
            case "q":
                return f"“{value}”"
            case "status":
                return labels.value("overall_status", value)
            case "phase" | "sex" | "study_type":
                return labels.value(name, value)
            case _:
                said = labels.value(_COLUMNS.get(name, name), value)
                called = name.replace("_", " ")
                return called if value == "1" else f"not {called}" if value == "0" else f"{called} {said}"

    return ", ".join(one(name, value) for name, value in search)


def _tell(words: str) -> None:
    terminal.echo(words)
    sys.stdout.flush()  # what is told must be out before it is noted as told
