"""What several commands share: the lock of those that write, the option --json."""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from scraper import terminal
from scraper.errors import ScraperError
from scraper.settings import Settings


def writes(command: Callable[..., None]) -> Callable[..., None]:
    """Only one writing command at a time in a data folder; the second one says that it waits."""
    return _locked(command, is_first=True)


def goes_on(command: Callable[..., None]) -> Callable[..., None]:
    """The same of a command that brings nothing in itself: a mistyped folder is not made."""
    return _locked(command, is_first=False)


def _locked(command: Callable[..., None], *, is_first: bool) -> Callable[..., None]:
    @wraps(command)
    def locked(settings: Settings, *args: Any, **kwargs: Any) -> None:
        from scraper.lock import writing

        if not is_first and not (settings.archive_path.exists() or settings.database_path.exists()):
            raise ScraperError(
                f"{settings.archive_path} does not exist; expected an archive: make one with `trials import` or"
                " `trials scrape` (another folder: --data DIR)"
            )
        with writing(settings.data, terminal.say, terminal.Meter):
            command(settings, *args, **kwargs)

    return locked


class _Seconds(click.FloatRange):
    """A number of seconds; "nan" is neither below nor above a bound."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return seconds


delay_seconds = click.option(
    "--delay",
    type=_Seconds(0, 86_400),
    help="Seconds between two requests, a day at the most; default: the source's own.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
