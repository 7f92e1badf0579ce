"""Commands about links between trials: refuse a wrong one, take that back, list what was refused."""

from typing import TYPE_CHECKING

import click

from scraper import terminal
from scraper.commands.shared_options import as_json, goes_on
from scraper.errors import ScraperError, SettingsError
from scraper.settings import Settings

if TYPE_CHECKING:
    from scraper.archive.store import Archive


@click.group()
def link() -> None:
    """Say which trials do not belong together, whatever their records say; no rebuild forgets it.

    Example: trials link refuse NCT04010877 2019-001234-21 --because "the extension, not the trial itself"
    """


@link.command()
@click.argument("trial_id")
@click.argument("other_id")
@click.option("--because", required=True, help="Why, for everybody who reads the data.")
@as_json
@click.pass_obj
@goes_on
def refuse(settings: Settings, trial_id: str, other_id: str, because: str, as_json: bool) -> None:
    """Refuse every link between two trials.

    Example: trials link refuse NCT04010877 2019-001234-21 --because "another dose, another country"
    """
    from scraper import ingest
    from scraper.archive.journal import Refusal
    from scraper.archive.store import Archive

    if not because.strip():
        raise SettingsError("found an empty --because, expected the reason in words")
    one, other = _pair(trial_id, other_id)
    with Archive(settings.archive_path) as archive:
        for known in (one, other):
            if not archive.pages_of(known):
                raise ScraperError(
                    f"trial {known!r} is not in {settings.archive_path}; expected the id of a trial as `trials show` prints it"
                )
        archive.refuse(Refusal(one, other, " ".join(because.split()), ingest.now()))
        _apply(settings, archive)
    _say({"trial_id": one, "other_id": other, "refused": True}, f"refused: {one} and {other}", as_json)


@link.command()
@click.argument("trial_id")
@click.argument("other_id")
@as_json
@click.pass_obj
@goes_on
def allow(settings: Settings, trial_id: str, other_id: str, as_json: bool) -> None:
    """Take a refusal back.

    Example: trials link allow NCT04010877 2019-001234-21
    """
    from scraper.archive.store import Archive

    one, other = _pair(trial_id, other_id)
    with Archive(settings.archive_path) as archive:
        if not archive.allow(one, other):
            raise ScraperError(
                f"{one} and {other} are not refused; expected a pair that `trials link list` shows"
            )
        _apply(settings, archive)
    _say({"trial_id": one, "other_id": other, "refused": False}, f"allowed: {one} and {other}", as_json)


@link.command(name="list")
@as_json
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the refused links with their reasons.

    Example: trials link list
    """
    from scraper.archive.store import Archive

    if not settings.archive_path.exists():
        raise ScraperError(
            f"{settings.archive_path} does not exist; expected an archive: trials import, trials scrape"
        )
    with Archive(settings.archive_path) as archive:
        refusals = archive.refusals()
    if as_json:
        terminal.data([refusal._asdict() for refusal in refusals])
        return
    for refusal in refusals:
        terminal.echo(f"{refusal.trial_id}  {refusal.other_id}  {refusal.refused_at[:10]}  {refusal.because}")
    terminal.echo(f"{len(refusals)} refused")


def _pair(trial_id: str, other_id: str) -> tuple[str, str]:
    from scraper.compare.links import pair
    from scraper.normalise.identifier import canonical

    found = [known[1] if (known := canonical(text)) else text.strip() for text in (trial_id, other_id)]
    if found[0] == found[1]:
        raise SettingsError(f"found {found[0]!r} twice, expected the ids of two trials")
    return pair(*found)


def _apply(settings: Settings, archive: "Archive") -> None:
    """Bring the database up to date, where there is one."""
    from scraper import build

    if settings.database_path.exists():
        with terminal.Meter("build") as meter:
            build.build(settings, archive, meter)


def _say(data: dict[str, object], words: str, as_json: bool) -> None:
    if as_json:
        terminal.data(data)
    else:
        terminal.echo(words)
