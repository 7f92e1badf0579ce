"""What several commands share: the lock of those that write, the option --json."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from scraper import terminal
from scraper.settings import Settings


def writes(command: Callable[..., None]) -> Callable[..., None]:
    """Only one writing command at a time in a data folder; the second one says that it waits."""

    @wraps(command)
    def locked(settings: Settings, *args: Any, **kwargs: Any) -> None:
        from scraper.lock import writing

        with writing(settings.data, terminal.say, terminal.Meter):
            command(settings, *args, **kwargs)

    return locked


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
