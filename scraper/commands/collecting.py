"""Commands that bring trials in: scrape, update, import, build."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper import terminal
from scraper.commands.shared_options import as_json, delay_seconds, goes_on, writes
from scraper.commands.summary import report_run
from scraper.errors import FetchError, RefusedError, ScraperError, SettingsError
from scraper.settings import Settings

if TYPE_CHECKING:
    from scraper.archive.store import Archive
    from scraper.build import Built
    from scraper.gather import Wanted


@click.command(name="import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--source", help="Read every file as this source's, instead of by its content.")
@as_json
@click.pass_obj
@writes
def import_(settings: Settings, paths: tuple[Path, ...], source: str | None, as_json: bool) -> None:
    """Read saved pages or bulk files: .html .txt .json .ndjson .xml .csv .tsv, .gz and .zip of them, folders.

    An archive.db made on another machine is merged into this one.

    Example: trials import saved-pages/ studies.json.zip other-machine/archive.db
    """
    with terminal.Meter("import"):
        from scraper import ingest
        from scraper.archive.store import Archive
        from scraper.sources import importable

    for path in paths:
        if not path.exists():
            raise SettingsError(
                f"{str(path)!r} does not exist; expected a file or folder of saved pages or records"
            )
    chosen = importable(source) if source else None
    with terminal.Meter("import") as meter, Archive(settings.archive_path) as archive:
        arrived = ingest.import_paths(archive, paths, chosen, meter)
        if not arrived.files:
            where = ", ".join(map(str, paths))
            raise ScraperError(f"no files found in {where}; expected saved pages or records there")
        built = build_or_refusal(settings, archive, meter)
        unread = [p for p in archive.failures() if p.url in arrived.paths]
    report_run(arrived, built, [f"{p.url}: found {p.found}; expected {p.expected}" for p in unread], as_json)
    if isinstance(built, RefusedError):
        raise built
    if arrived.fetched + arrived.unchanged <= sum(p.stage != "archive" for p in unread):
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("source")
@click.option("--query", default="", help="Words for the source's own search.")
@click.option("--url", "urls", multiple=True, help="Address of one trial; may be given again.")
@click.option("--id", "ids", multiple=True, help="Id of one trial at that source; may be given again.")
@click.option("--all", "everything", is_flag=True, help="Everything the source has.")
@click.option("--limit", type=click.IntRange(1), help="The most trials.")
@click.option("--since", default="", metavar="DATE", help="Only what was updated since, as 2026-01-15.")
@click.option("--base-url", default="", help="A mirror in place of the live host.")
@delay_seconds
@as_json
@click.pass_obj
@writes
def scrape(
    settings: Settings,
    source: str,
    query: str,
    urls: tuple[str, ...],
    ids: tuple[str, ...],
    everything: bool,
    limit: int | None,
    since: str,
    base_url: str,
    delay: float | None,
    as_json: bool,
) -> None:
    """Fetch politely from SOURCE, archive, read, store and index.

    Example: trials scrape ctgov --query "acute myeloid leukemia" --limit 200
    """
    with terminal.Meter("scrape"):
        from scraper import gather
        from scraper.fetch.events import Request
        from scraper.sources import by_name

    chosen = by_name(source)
    if since:
        gather.check_date(since)
    for url in urls:
        gather.check_address(url)
    if not (query or urls or ids or everything or limit or since):
        raise SettingsError(
            f"nothing says what to fetch from {source}; expected --query, --id or --url, a bound such as --limit or"
            " --since, or --all for everything it has"
        )
    if everything and (query or urls or ids):
        raise SettingsError("found --all beside --query, --id or --url; expected one or the other")
    request = Request(query=query, urls=urls, ids=ids, limit=limit, since=since)
    arguments = gather.arguments_of(query=query, urls=urls, ids=ids, limit=limit, since=since, all=everything)
    wanted = [gather.Wanted(chosen, request, arguments)]
    fetch_and_build(settings, "scrape", wanted, base_url, delay, as_json)


@click.command()
@click.option("--base-url", default="", help="A mirror in place of the live hosts.")
@delay_seconds
@as_json
@click.pass_obj
@goes_on
def update(settings: Settings, base_url: str, delay: float | None, as_json: bool) -> None:
    """Fetch what changed since the last run, for every search ever run here.

    Tells which trials are new, changed (with the fields), removed at the source or there again, and what failed.

    Example: trials update --json
    """
    with terminal.Meter("update"):
        from scraper import gather
        from scraper.archive.store import Archive

    wanted = []
    if settings.archive_path.exists():
        with Archive(settings.archive_path) as archive:
            wanted = gather.past_searches(archive)
    if not wanted:
        raise ScraperError(
            "no search has run here yet; expected at least one: trials scrape SOURCE --query WORDS"
        )
    fetch_and_build(settings, "update", wanted, base_url, delay, as_json)


def fetch_and_build(
    settings: Settings,
    command: str,
    wanted: "list[Wanted]",
    base_url: str,
    delay: float | None,
    as_json: bool,
) -> None:
    """Fetch all that is wanted, then bring the database up to date with whatever arrived."""
    with terminal.Meter(command):
        from scraper import gather, ingest
        from scraper.archive.store import Archive
        from scraper.fetch.client import Client
        from scraper.store import reader

    if delay is not None:
        settings = replace(settings, delay_seconds=delay)
    stopped: list[ScraperError] = []
    arrived = ingest.Arrived()
    with terminal.Meter(command) as meter, Archive(settings.archive_path) as archive:
        began = ingest.now()
        for want in wanted:
            run = archive.start_run(command, want.source.name, want.arguments, ingest.now())
            with Client(settings, want.source, base_url, say=terminal.say) as client:
                try:
                    arrived.add(gather.scrape(archive, client, want, run, meter))
                except FetchError as error:  # what arrived until then is kept and built
                    stopped.append(error if command == "update" else without_network(error))
                    arrived.add(gather.counts_of(archive, run))
        if command == "update":
            for source in {want.source.name: want.source for want in wanted}.values():
                with Client(settings, source, base_url, say=terminal.say) as client:
                    try:
                        held = reader.updated_dates(settings.database_path, source.name)
                        arrived.add(gather.check_kept(archive, client, source, held, arrived.seen, meter))
                    except FetchError as error:
                        stopped.append(error)
        if stopped and not arrived.fetched + arrived.unchanged:
            raise stopped[0]
        built = build_or_refusal(settings, archive, meter)
        failures = [p for p in archive.failures() if p.seen_at >= began and not p.url.startswith("/")]
    report_run(
        arrived,
        built,
        [f"{p.url}: found {p.found}; expected {p.expected}" for p in failures],
        as_json,
        with_news=command == "update",
    )
    if isinstance(built, RefusedError):
        for words in (*stopped, *arrived.doubts):
            terminal.say(str(words))
        raise built
    if stopped:
        raise stopped[0]
    if arrived.short:
        raise ScraperError(
            f"{arrived.short:,} of {arrived.expected:,} expected trials were not got; {'; '.join(arrived.doubts)}; run it"
            " again later"
        )
    if arrived.doubts:
        raise ScraperError("; ".join(arrived.doubts))
    unread = sum(problem.stage in ("parse", "normalise") for problem in failures)
    if arrived.fetched + arrived.unchanged <= unread:
        raise click.exceptions.Exit(1 if arrived.expected or arrived.failed or unread else 0)


def build_or_refusal(settings: Settings, archive: "Archive", meter: terminal.Meter) -> "Built | RefusedError":
    """What the build did, or why it was refused: what came before it is told all the same."""
    from scraper import build

    try:
        return build.build(settings, archive, meter)
    except RefusedError as error:
        return error


def without_network(error: FetchError) -> ScraperError:
    """The error, with what to do on a machine that reaches no site at all, where this is one."""
    from scraper.fetch.answer import FailedAttempt

    # With another cause the site has answered, if not as it should.
    if error.status or not isinstance(error.__cause__, FailedAttempt):
        return error
    return ScraperError(f"{error}; without a network, `make demo` shows everything on sample pages")


@click.command()
@click.option("--full", is_flag=True, help="Make the whole database anew and swap it in.")
@click.option("--accept", is_flag=True, help="Take what falls below its floors too, and learn from it.")
@as_json
@click.pass_obj
@goes_on
def build(settings: Settings, full: bool, accept: bool, as_json: bool) -> None:
    """Archive to database, without network. What falls below its floors (`trials check`) is not published.

    Example: trials build --full
    """
    with terminal.Meter("build"):
        from scraper import build as building
        from scraper.archive.store import Archive

    if not settings.archive_path.exists():
        raise ScraperError(
            f"{settings.archive_path} does not exist; expected an archive: trials import, trials scrape"
        )
    with terminal.Meter("build") as meter, Archive(settings.archive_path) as archive:
        built = building.build(settings, archive, meter, full, accept=accept)
    if as_json:
        terminal.data(
            {"trials_written": built.written, "trials": built.trials, "problems": dict(built.problems)}
        )
    else:
        terminal.echo(f"trials written {built.written:,}, in the database {built.trials:,}")
