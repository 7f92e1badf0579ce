"""Commands about the index as a whole: sources, coverage, check, export, serve."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from scraper import terminal
from scraper.commands.shared_options import as_json, goes_on
from scraper.errors import ScraperError
from scraper.settings import Settings


@click.command()
@click.option(
    "--fill",
    is_flag=True,
    help="The share of stored records with a status, an age, …, and the reason of each gap.",
)
@as_json
@click.pass_obj
def sources(settings: Settings, fill: bool, as_json: bool) -> None:
    """List the sources: what they are, how they are reached, their limits.

    Example: trials sources --fill
    """
    with terminal.Meter("sources"):
        from scraper import fill as filling
        from scraper.sources import SOURCES
        from scraper.store import reader

    if fill:
        with terminal.Meter("sources --fill") as meter:
            found = filling.measure(reader.open_readonly(settings.database_path).conn, meter)
        if as_json:
            terminal.data(filling.data(found))
        else:
            for line in filling.table(found):
                terminal.echo(line)
        return

    facts = ("name", "title", "kind", "homepage", "interface", "formats", "limits", "licence", "attribution")
    if as_json:
        terminal.data(
            [
                {fact: getattr(source, fact) for fact in facts}
                | {"forms": [asdict(form) for form in source.forms]}
                for source in SOURCES
            ]
        )
        return
    for source in SOURCES:
        terminal.echo(f"{source.name}: {source.title} ({source.kind}), {source.homepage}")
        terminal.echo(f"  interface: {source.interface}")
        terminal.echo(f"  formats: {', '.join(source.formats)}")
        terminal.echo(f"  limits: {source.limits}")
        terminal.echo(f"  licence: {source.licence}")
        for form in source.forms:
            terminal.echo(
                f"  form {form.name}: {form.title}; import only: {form.note}; not given: {form.not_given}"
            )


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@as_json
@click.pass_obj
def coverage(settings: Settings, paths: tuple[Path, ...], as_json: bool) -> None:
    """Show field by field what ClinicalTrials.gov's records state, where it is stored, and what is not kept and why.

    Over the archive, or over saved files when PATHS are given.

    Example: trials coverage studies.json.zip
    """
    with terminal.Meter("coverage"):
        from scraper import coverage as covering
        from scraper.archive.store import Archive

    if paths:
        with terminal.Meter("coverage") as meter:
            found = covering.measure(covering.saved(paths), meter)
    elif settings.archive_path.exists():
        with terminal.Meter("coverage") as meter, Archive(settings.archive_path, read_only=True) as archive:
            found = covering.measure(covering.archived(archive), meter)
    else:
        raise ScraperError(
            f"{settings.archive_path} does not exist; expected an archive (trials import, trials scrape) or paths"
        )
    if as_json:
        terminal.data(covering.data(found))
    else:
        for line in covering.table(found):
            terminal.echo(line)


@click.command()
@click.option(
    "--publish", is_flag=True, help="Also ask every page of the published copy, as a visitor would."
)
@as_json
@click.pass_obj
def check(settings: Settings, publish: bool, as_json: bool) -> None:
    """Check integrity, floors, fill rates and problems; exit 1 when the build must not be published.

    Example: trials check --publish
    """
    with terminal.Meter("check"):
        from scraper import check as checking

    asked: list[dict[str, Any]] = []
    with terminal.Meter("check") as meter:
        report = checking.check(settings, meter)
        if publish and not report.failures:
            from scraper.site.readiness import readiness

            ready = readiness(settings.database_path, meter)
            report.failures += ready.failures
            asked = [one._asdict() for one in ready.asked]
    if as_json:
        terminal.data(asdict(report) | ({"asked": asked} if publish else {}))
    else:
        for table, count in report.counts.items():
            terminal.echo(f"{table:24}{count:>12,}")
        for source, shares in report.fill_rates.items():
            terminal.echo(f"{source}: " + ", ".join(f"{name} {share:.1%}" for name, share in shares.items()))
        if report.numbers:
            terminal.echo(
                "numbers in {texts:,} eligibility texts: {limits:,} limits read, {unread:,} quantities unread".format(
                    **report.numbers
                )
            )
        for source, last in report.changes.items():
            rates = (
                f"{name} {one['share']:.1%}"
                + ("" if one["at_most"] is None else f" (usual at most {one['at_most']:.0%})")
                for name, one in last["fields"].items()
            )
            terminal.echo(
                f"changed in {source} by {last['at'][:10]}: " + (", ".join(rates) or "none of these fields")
            )
        for source, stages in report.problems.items():
            terminal.echo(
                f"problems, {source}: " + ", ".join(f"{stage} {n:,}" for stage, n in stages.items())
            )
        for one in asked:
            terminal.echo("{status} {size:>8,} bytes {seconds:7.3f} s  {path}".format(**one))
    for failure in report.failures:
        terminal.say(f"must not be published: {failure}")
    if report.failures:
        raise click.exceptions.Exit(1)


@click.command()
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
@goes_on
def export(settings: Settings, directory: Path, kind: str, as_json: bool) -> None:
    """Write one file a table to DIRECTORY, with manifest, checksums and datapackage.json, for other tools.

    A former export there is replaced, when the new one is whole.

    Example: trials export open-data/ --format parquet
    """
    with terminal.Meter("export"):
        from scraper.export.write import export as exporting
        from scraper.store import reader

    with terminal.Meter("export") as meter:
        db = reader.open_readonly(settings.database_path)
        exported = exporting(db.conn, directory, kind, meter)
    if as_json:
        terminal.data({"directory": directory, "format": kind, "bytes": exported.size, "rows": exported.rows})
        return
    for table, count in exported.rows.items():
        terminal.echo(f"{table:24}{count:>12,}")
    terminal.echo(f"{len(exported.rows)} tables, {exported.size:,} bytes of {kind} in {directory}")


@click.command()
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--public", is_flag=True, help="A published copy: immutable, downloadable, fewer facets.")
@click.option(
    "--memory", "memory_mb", type=click.IntRange(200, 1 << 24), help="Most memory to allocate, in MB."
)
@click.pass_obj
def serve(settings: Settings, port: int, host: str, public: bool, memory_mb: int | None) -> None:
    """Serve the site for one's own machine; it shows new data after an update without a restart.

    With --public the file must not change while it is served: see the Dockerfile.

    Example: trials serve --port 8001
    """
    with terminal.Meter("serve"):
        from scraper.site.serve import serve as serving

    serving(settings.database_path, port, host, public=public, memory_mb=memory_mb)
