"""Commands for whoever runs this every day: doctor, prune."""

from importlib.resources import files

import click

from scraper import terminal
from scraper.commands.shared_options import as_json, goes_on
from scraper.errors import ScraperError
from scraper.settings import Settings

_SYSTEMD = ("trials-update.service", "trials-update.timer")


@click.command()
@click.option("--online", is_flag=True, help="Also ask the robots.txt of every source.")
@click.option("--base-url", default="", help="A mirror in place of the live hosts.")
@click.option("--systemd", is_flag=True, help="Print a unit and a timer for a nightly update instead.")
@click.option("--cron", is_flag=True, help="Print the same for cron instead.")
@as_json
@click.pass_obj
def doctor(settings: Settings, online: bool, base_url: str, systemd: bool, cron: bool, as_json: bool) -> None:
    """Look for what must be done: free space, leftovers of killed runs, old data, damage of either file.

    Exit code 1 when something must be done; each such line says what.

    Example: trials doctor --online
    """
    if systemd or cron:
        for name in _SYSTEMD if systemd else ("crontab",):
            if systemd:
                terminal.echo(f"# {name}")
            terminal.echo(files("scraper").joinpath("operations", name).read_text(encoding="utf-8"))
        return
    with terminal.Meter("doctor"):
        from scraper import doctor as examining

    with terminal.Meter("doctor") as meter:
        found = list(examining.examine(settings, meter))
        if online:
            found += examining.ask_robots(settings, meter, base_url)
    if as_json:
        terminal.data([finding._asdict() for finding in found])
    else:
        for finding in found:
            remedy = f" -> {finding.remedy}" if finding.remedy else ""
            terminal.echo(f"{'!' if remedy else ' '} {finding.subject:10}{finding.found}{remedy}")
    if any(finding.remedy for finding in found):
        raise click.exceptions.Exit(1)


@click.command()
@click.option(
    "--before", required=True, metavar="DATE", help="Versions fetched before this day, as 2026-01-15."
)
@click.option("--dry-run", is_flag=True, help="Only say what it would save.")
@as_json
@click.pass_obj
@goes_on
def prune(settings: Settings, before: str, dry_run: bool, as_json: bool) -> None:
    """Make the archive smaller: superseded versions of pages are kept as what differs from the newest one.

    The history stays: each version comes back byte for byte, and a rebuild gives the same rows.

    Example: trials prune --before 2025-11-01 --dry-run
    """
    with terminal.Meter("prune"):
        from scraper import gather
        from scraper.archive import prune as pruning
        from scraper.archive.store import Archive

    gather.check_date(before)
    if not settings.archive_path.exists():
        raise ScraperError(
            f"{settings.archive_path} does not exist; expected an archive: trials import, trials scrape"
        )
    size = settings.archive_path.stat().st_size
    with terminal.Meter("prune") as meter, Archive(settings.archive_path) as archive:
        pruned = pruning.prune(archive, before, meter, dry_run=dry_run)
    now = settings.archive_path.stat().st_size
    if as_json:
        terminal.data(
            vars(pruned) | {"archive_bytes_before": size, "archive_bytes_after": now, "dry_run": dry_run}
        )
        return
    terminal.echo(
        f"{pruned.versions:,} old versions{' would be' if dry_run else ''} kept as differences:"
        f" {pruned.bytes_after:,} bytes for {pruned.bytes_before:,}"
        + ("" if dry_run else f"; archive.db {now:,} bytes, before {size:,}")
    )
    if not dry_run and pruned.versions and not pruned.is_compact:
        terminal.say(
            f"archive.db keeps its size: rewriting it needs {size:,} free bytes beside it; run the same command again"
            " when they are there"
        )
