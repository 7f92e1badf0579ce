"""The command line: arguments and messages only, one function a command."""

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper import __version__, terminal
from scraper.errors import FetchError, ScraperError, SettingsError
from scraper.settings import Settings

if TYPE_CHECKING:
    from scraper.gather import Wanted


class Commands(click.Group):
    """Any error this package raises on purpose ends a command with one line and the exit code of its kind."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with terminal.interruptible():
                return super().invoke(ctx)
        except SettingsError as error:
            terminal.say(f"Error: {error}")
            ctx.exit(2)
        except ScraperError as error:
            terminal.say(f"Error: {error}")
            ctx.exit(1)
        except sqlite3.DatabaseError as error:
            terminal.say(
                f"Error: the database failed: {error}; look at it with `trials check`, make it anew with"
                " `trials build --full`"
            )
            ctx.exit(1)
        except BrokenPipeError:  # the reader of our output, `head` say, has what it wanted
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except OSError as error:
            terminal.say(
                f"Error: {error.filename or 'a file'}: {error.strerror or error}; nothing stored is lost"
            )
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="trials")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Data folder; default: TRIALS_DATA, else data/."
)
@click.pass_context
def main(ctx: click.Context, data: Path | None) -> None:
    """Clinical trials: scrape, index, search, check.

    Example: trials import saved-pages/ && trials search "acute myeloid leukemia" --recruiting
    """
    ctx.obj = Settings.from_environment(data)


def writes(command: Callable[..., None]) -> Callable[..., None]:
    """Only one writing command at a time in a data folder; the second one says that it waits."""

    @wraps(command)
    def locked(settings: Settings, *args: Any, **kwargs: Any) -> None:
        from scraper.lock import writing

        with writing(settings.data, terminal.say):
            command(settings, *args, **kwargs)

    return locked


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")


@main.command()
@as_json
def sources(as_json: bool) -> None:
    """List the sources: what they are, how they are reached, their limits.

    Example: trials sources
    """
    from scraper.sources import SOURCES

    facts = ("name", "title", "kind", "homepage", "interface", "formats", "limits", "licence", "attribution")
    if as_json:
        terminal.data([{fact: getattr(source, fact) for fact in facts} for source in SOURCES])
        return
    for source in SOURCES:
        click.echo(f"{source.name}: {source.title} ({source.kind}), {source.homepage}")
        click.echo(f"  interface: {source.interface}")
        click.echo(f"  formats: {', '.join(source.formats)}")
        click.echo(f"  limits: {source.limits}")
        click.echo(f"  licence: {source.licence}")


@main.command(name="import")
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
    from scraper import build, ingest
    from scraper.archive.store import Archive
    from scraper.sources import by_name

    for path in paths:
        if not path.exists():
            raise SettingsError(
                f"{str(path)!r} does not exist; expected a file or folder of saved pages or records"
            )
    chosen = by_name(source) if source else None
    with Archive(settings.archive_path) as archive, terminal.Meter() as meter:
        arrived = ingest.import_paths(archive, paths, chosen, meter)
        built = build.build(settings, archive, meter)
        unread = [p for p in archive.failures() if p.url in arrived.paths]
    report_run(arrived, built, [f"{p.url}: found {p.found}; expected {p.expected}" for p in unread], as_json)
    if arrived.fetched + arrived.unchanged <= sum(p.stage != "archive" for p in unread):
        raise click.exceptions.Exit(1)


def report_run(arrived: Any, built: Any, failures: list[str], as_json: bool) -> None:
    """Say what a run brought; what failed on standard error, the summary on standard output."""
    for line in terminal.some(failures):
        terminal.say(line)
    summary = {
        "files": arrived.files,
        "expected": arrived.expected,
        "fetched": arrived.fetched,
        "unchanged": arrived.unchanged,
        "failed": len(failures),
        "forbidden": arrived.forbidden,
        "vanished": arrived.vanished,
        "trials_written": built.written,
        "trials": built.trials,
        "problems": dict(built.problems),
    }
    if as_json:
        terminal.data(summary)
        return
    expected = "" if arrived.expected is None else f"expected {arrived.expected:,}, "
    forbidden = f", forbidden by robots.txt {arrived.forbidden:,}" if arrived.forbidden else ""
    vanished = f", vanished {arrived.vanished:,}" if arrived.vanished else ""
    click.echo(
        f"{expected}fetched {arrived.fetched:,}, unchanged {arrived.unchanged:,}, failed {len(failures):,}{forbidden}{vanished}"
    )
    stages = ", ".join(f"{stage} {count:,}" for stage, count in built.problems.items()) or "none"
    click.echo(
        f"trials written {built.written:,}, in the database {built.trials:,}; problems by stage: {stages}"
    )


@main.command()
@click.argument("source")
@click.option("--query", default="", help="Words for the source's own search.")
@click.option("--url", "urls", multiple=True, help="Address of one trial; may be given again.")
@click.option("--id", "ids", multiple=True, help="Id of one trial at that source; may be given again.")
@click.option("--all", "everything", is_flag=True, help="Everything the source has.")
@click.option("--limit", type=click.IntRange(1), help="The most trials.")
@click.option("--since", default="", metavar="DATE", help="Only what was updated since, as 2026-01-15.")
@click.option("--base-url", default="", help="A mirror in place of the live host.")
@click.option(
    "--delay", type=click.FloatRange(0), help="Seconds between two requests; default: the source's own."
)
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
    from scraper import gather
    from scraper.fetch.events import Request
    from scraper.sources import by_name

    chosen = by_name(source)
    if since:
        gather.check_date(since)
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


@main.command()
@click.option("--base-url", default="", help="A mirror in place of the live hosts.")
@click.option(
    "--delay", type=click.FloatRange(0), help="Seconds between two requests; default: the source's own."
)
@as_json
@click.pass_obj
@writes
def update(settings: Settings, base_url: str, delay: float | None, as_json: bool) -> None:
    """Fetch what changed since the last run, for every search ever run here.

    Example: trials update
    """
    from scraper import gather
    from scraper.archive.store import Archive

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
    from scraper import build, gather, ingest
    from scraper.archive.store import Archive
    from scraper.fetch.client import Client

    if delay is not None:
        settings = replace(settings, delay_seconds=delay)
    stopped: list[ScraperError] = []
    arrived = ingest.Arrived()
    with Archive(settings.archive_path) as archive, terminal.Meter() as meter:
        began = ingest.now()
        for want in wanted:
            run = archive.start_run(command, want.source.name, want.arguments, ingest.now())
            with Client(settings, want.source, base_url, say=terminal.say) as client:
                try:
                    arrived.add(gather.scrape(archive, client, want, run, meter))
                except FetchError as error:  # what arrived until then is kept and built
                    stopped.append(without_network(error))
                    arrived.add(gather.counts_of(archive, run))
        if command == "update":
            for source in dict.fromkeys(want.source for want in wanted):
                with Client(settings, source, base_url, say=terminal.say) as client:
                    try:
                        arrived.add(gather.check_kept(archive, client, source, arrived.seen, meter))
                    except FetchError as error:
                        stopped.append(without_network(error))
        if stopped and not arrived.fetched + arrived.unchanged:
            raise stopped[0]
        built = build.build(settings, archive, meter)
        failures = [p for p in archive.failures() if p.seen_at >= began and not p.url.startswith("/")]
    report_run(
        arrived, built, [f"{p.url}: found {p.found}; expected {p.expected}" for p in failures], as_json
    )
    if stopped:
        raise stopped[0]
    if arrived.short:
        raise ScraperError(
            f"{arrived.short:,} of {arrived.expected:,} expected trials were not got; {'; '.join(arrived.doubts)}; run it"
            " again later"
        )
    if arrived.doubts:
        raise ScraperError("; ".join(arrived.doubts))
    if not arrived.fetched + arrived.unchanged:
        raise click.exceptions.Exit(1 if arrived.expected or arrived.failed else 0)


def without_network(error: FetchError) -> ScraperError:
    """The error, with what to do on a machine that reaches no site at all."""
    if error.status:
        return error
    return ScraperError(f"{error}; without a network, `make demo` shows everything on sample pages")


@main.command()
@click.option("--full", is_flag=True, help="Make the whole database anew and swap it in.")
@as_json
@click.pass_obj
@writes
def build(settings: Settings, full: bool, as_json: bool) -> None:
    """Archive to database, without network.

    Example: trials build --full
    """
    from scraper import build as building
    from scraper.archive.store import Archive

    if not settings.archive_path.exists():
        raise ScraperError(
            f"{settings.archive_path} does not exist; expected an archive: trials import, trials scrape"
        )
    with Archive(settings.archive_path) as archive, terminal.Meter() as meter:
        built = building.build(settings, archive, meter, full)
    if as_json:
        terminal.data(
            {"trials_written": built.written, "trials": built.trials, "problems": dict(built.problems)}
        )
    else:
        click.echo(f"trials written {built.written:,}, in the database {built.trials:,}")


@main.command()
@click.argument("words", nargs=-1)
@click.option("--status", multiple=True, help="RECRUITING, COMPLETED, …; may be given again.")
@click.option("--recruiting", is_flag=True, help="Only trials that are recruiting.")
@click.option("--phase", multiple=True, help="1, 2, 1/2, early1, NA, …; may be given again.")
@click.option("--age", help='Years, or with a unit: "8 months", "10 days".')
@click.option("--sex", help="female or male.")
@click.option("--condition", help="Words in the trial's conditions.")
@click.option("--country", multiple=True, help="Country of a site; may be given again.")
@click.option("--near", metavar="LAT,LON", help="Decimal degrees, as 42.36,-71.06.")
@click.option("--km", help="How near, in kilometres.")
@click.option("--study-type", help="INTERVENTIONAL, OBSERVATIONAL or EXPANDED_ACCESS.")
@click.option("--sponsor-class", multiple=True, help="INDUSTRY, NIH, …; may be given again.")
@click.option("--updated-from", metavar="DATE")
@click.option("--updated-to", metavar="DATE")
@click.option("--start-from", metavar="DATE")
@click.option("--start-to", metavar="DATE")
@click.option("--has-results", is_flag=True)
@click.option("--healthy-volunteers", is_flag=True)
@click.option("--removed", is_flag=True, help="Also trials that their source no longer has.")
@click.option("--sort", help="relevance, updated, start, distance or enrollment.")
@click.option("--limit", help="Hits to show; default 20.")
@click.option("--offset", help="Hits to pass over.")
@as_json
@click.pass_obj
def search(settings: Settings, /, words: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Search the index; the matched words are marked.

    WORDS may hold '"phrases"', prefix*, OR, -minus, and condition: intervention: sponsor: title: criteria: id: scopes.

    Example: trials search CAR-T condition:leukemia --recruiting --age "8 months"
    """
    from scraper import shown
    from scraper.search.engine import search as searching
    from scraper.search.question import from_params
    from scraper.store import reader

    given = {name: _param(value) for name, value in options.items() if value}
    question = from_params({"q": " ".join(words), **given})
    db = reader.open_readonly(settings.database_path)
    results = searching(db.conn, question)
    if as_json:
        terminal.data(shown.results_data(results))
    else:
        for line in shown.results(results, marked=terminal.is_terminal()):
            click.echo(line)


def _param(value: Any) -> Any:
    """An option's value as the address of a search would have it."""
    return "1" if value is True else value


@main.command()
@click.option("--age", help='Years, or with a unit: "8 months", "10 days".')
@click.option("--sex", help="female or male.")
@click.option("--condition", help="Words in the trial's conditions.")
@click.option("--ecog", help="ECOG performance status, 0 to 5.")
@click.option("--karnofsky", help="Karnofsky performance status, 0 to 100.")
@click.option("--pregnant", metavar="yes|no")
@click.option("--nursing", metavar="yes|no", help="Breastfeeding.")
@click.option("--hiv", metavar="yes|no")
@click.option("--hbv", metavar="yes|no", help="Hepatitis B.")
@click.option("--hcv", metavar="yes|no", help="Hepatitis C.")
@click.option("--healthy", metavar="yes|no", help="A healthy volunteer.")
@click.option(
    "--lab", multiple=True, metavar="NAME=VALUE UNIT", help="As creatinine=1.1 mg/dL; may be given again."
)
@click.option("--near", metavar="LAT,LON", help="Decimal degrees, as 42.36,-71.06.")
@click.option("--km", help="How near, in kilometres.")
@click.option("--recruiting", is_flag=True, help="Only trials that are recruiting.")
@click.option("--limit", help="Trials to show; default 20.")
@as_json
@click.pass_obj
def match(settings: Settings, /, as_json: bool, **options: Any) -> None:
    """Which trials may take a patient: match, excluded because of what, or unknown. Not medical advice.

    What is not given is unknown, never "no". Only what was read beyond doubt excludes; the rest is shown as unknown.

    Example: trials match --age 34 --sex female --condition "acute myeloid leukemia" --ecog 1 --near 42.36,-71.06
    """
    from scraper import shown
    from scraper.match import engine
    from scraper.match.patient import from_params
    from scraper.store import reader

    patient = from_params({name: _param(value) for name, value in options.items() if value})
    db = reader.open_readonly(settings.database_path)
    answer = engine.match(db.conn, patient)
    if as_json:
        terminal.data(engine.as_data(answer))
    else:
        for line in shown.answer(answer):
            click.echo(line)


@main.command()
@click.argument("trial_id")
@as_json
@click.pass_obj
def show(settings: Settings, trial_id: str, as_json: bool) -> None:
    """Show one trial; any id it has will do.

    Example: trials show NCT04010877
    """
    from scraper import shown
    from scraper.normalise.identifier import canonical
    from scraper.store import reader

    db = reader.open_readonly(settings.database_path)
    recognised = canonical(trial_id)
    found = reader.trial_id_of(db.conn, trial_id.strip(), recognised[1] if recognised else None)
    trial = reader.trial(db.conn, found) if found else None
    if trial is None:
        raise ScraperError(
            f"trial {trial_id!r} is not in {settings.database_path}; try `trials search {trial_id}`"
        )
    if as_json:
        terminal.data(trial)
    else:
        click.echo(shown.trial(trial))


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
def criteria(file: Path) -> None:
    """Read eligibility texts, one JSON object {trial_id, text, style} a line; print a criterion a line.

    Example: trials criteria texts.jsonl > criteria.jsonl
    """
    from scraper.criteria import lines

    with click.open_file(str(file), encoding="utf-8", errors="replace") as stream:
        for row in lines.read_lines(stream):
            click.echo(json.dumps(row, ensure_ascii=False))


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@as_json
@click.pass_obj
def coverage(settings: Settings, paths: tuple[Path, ...], as_json: bool) -> None:
    """Show field by field what ClinicalTrials.gov's records state, where it is stored, and what is not kept and why.

    Over the archive, or over saved files when PATHS are given.

    Example: trials coverage studies.json.zip
    """
    from scraper import coverage as covering
    from scraper.archive.store import Archive

    if paths:
        found = covering.measure(covering.saved(paths))
    elif settings.archive_path.exists():
        with Archive(settings.archive_path, read_only=True) as archive:
            found = covering.measure(covering.archived(archive))
    else:
        raise ScraperError(
            f"{settings.archive_path} does not exist; expected an archive (trials import, trials scrape) or paths"
        )
    if as_json:
        terminal.data(covering.data(found))
    else:
        for line in covering.table(found):
            click.echo(line)


@main.command()
@as_json
@click.pass_obj
def check(settings: Settings, as_json: bool) -> None:
    """Check integrity, floors, fill rates and problems; exit 1 when the build must not be published.

    Example: trials check
    """
    from dataclasses import asdict

    from scraper import check as checking

    report = checking.check(settings)
    if as_json:
        terminal.data(asdict(report))
    else:
        for table, count in report.counts.items():
            click.echo(f"{table:24}{count:>12,}")
        for source, shares in report.fill_rates.items():
            click.echo(f"{source}: " + ", ".join(f"{name} {share:.1%}" for name, share in shares.items()))
        for source, stages in report.problems.items():
            click.echo(f"problems, {source}: " + ", ".join(f"{stage} {n:,}" for stage, n in stages.items()))
    for failure in report.failures:
        terminal.say(f"must not be published: {failure}")
    if report.failures:
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["parquet", "csv", "ndjson"]),
    default="parquet",
    show_default=True,
    help="Parquet needs the extra: pip install 'trials[export]'.",
)
@as_json
@click.pass_obj
@writes
def export(settings: Settings, directory: Path, kind: str, as_json: bool) -> None:
    """Write one file a table to DIRECTORY, with manifest, checksums and datapackage.json, for other tools.

    A former export there is replaced, when the new one is whole.

    Example: trials export open-data/ --format parquet
    """
    from scraper.export.write import export as exporting
    from scraper.store import reader

    db = reader.open_readonly(settings.database_path)
    with terminal.Meter() as meter:
        exported = exporting(db.conn, directory, kind, meter)
    if as_json:
        terminal.data({"directory": directory, "format": kind, "bytes": exported.size, "rows": exported.rows})
        return
    for table, count in exported.rows.items():
        click.echo(f"{table:24}{count:>12,}")
    click.echo(f"{len(exported.rows)} tables, {exported.size:,} bytes of {kind} in {directory}")


@main.command()
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.pass_obj
def serve(settings: Settings, port: int, host: str) -> None:
    """Serve the site for one's own machine; it shows new data after an update without a restart.

    Example: trials serve --port 8001
    """
    from scraper.site.serve import serve as serving

    serving(settings.database_path, port, host)
