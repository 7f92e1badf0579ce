"""The command line `trials`: its commands put together, and errors turned into one line and an exit code."""

import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from scraper import __version__, journal, terminal
from scraper.commands import asking, collecting, linked, operating, publishing, telling
from scraper.errors import ScraperError, SettingsError
from scraper.settings import Settings


class Commands(click.Group):
    """Any error this package raises on purpose ends a command with one line and the exit code of its kind."""

    def make_context(self, *arguments: Any, **named: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **named)
        except click.ClickException as error:
            raise _harmless(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        began = time.monotonic()
        code = 1
        try:
            result, code = self._run(ctx)
        except click.exceptions.Exit as error:
            code = error.exit_code
            raise
        except click.ClickException as error:
            code = error.exit_code
            raise _harmless(error) from None
        finally:
            journal.ended(ctx.invoked_subcommand or "", code, time.monotonic() - began)
        if code:
            ctx.exit(code)
        return result

    def _run(self, ctx: click.Context) -> tuple[Any, int]:
        """What the command returns, and its exit code."""
        try:
            with terminal.interruptible():
                return super().invoke(ctx), 0
        except SettingsError as error:
            terminal.say(f"Error: {error}")
            return None, 2
        except ScraperError as error:
            terminal.say(f"Error: {error}")
            return None, 1
        except sqlite3.DatabaseError as error:
            terminal.say(f"Error: {database_failed(error, ctx.obj)}")
            return None, 1
        except UnicodeEncodeError as error:
            terminal.say(f"Error: found {error.object!r}, which is no text in UTF-8; expected words in UTF-8")
            return None, 2
        except _OF_ODD_VALUES:
            told = odd_values(ctx.obj)
            if told is None:
                raise
            terminal.say(f"Error: {told}")
            return None, 1
        except BrokenPipeError:  # the reader of our output, `head` say, has what it wanted
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None, 0
        except OSError as error:
            terminal.say(
                f"Error: {error.filename or 'a file'}: {error.strerror or error}; nothing stored is lost"
            )
            return None, 1


def _harmless(error: click.ClickException) -> click.ClickException:
    """The error with what was typed made visible: click repeats it as it came."""
    error.message = terminal.visible(error.message, keep="")  # type: ignore[misc]  # click reads it when it prints
    return error


_NO_FAULT_OF_THE_FILE = {
    sqlite3.SQLITE_FULL: "room on the disk",
    sqlite3.SQLITE_IOERR: "a disk that can be written and has room",
    sqlite3.SQLITE_READONLY: "files that can be written",
    sqlite3.SQLITE_CANTOPEN: "files and a folder that can be written",
    sqlite3.SQLITE_BUSY: "no other program that writes to the files there",
}


# What our code raises over a number that is a text. SQLite keeps it so; nothing of ours ever wrote it.
_OF_ODD_VALUES = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)


def odd_values(settings: Settings | None) -> str | None:
    """Which value of trials.db is not of its column's type; None where all are, and the fault is the program's.

    Looked for when a command has failed over it alone: it reads the whole database.
    """
    if settings is None or not settings.database_path.exists():
        return None
    from scraper.export import tables
    from scraper.store import reader

    try:
        tables.check_all(reader.open_readonly(settings.database_path).conn)
    except ScraperError as error:
        return str(error)
    return None


def database_failed(error: sqlite3.DatabaseError, settings: Settings | None) -> str:
    """What SQLite says, and where to act: its files are damaged, or the disk does not let it write them."""
    where = str(settings.data) if settings else "the data folder"
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _NO_FAULT_OF_THE_FILE:
        return (
            f"{where} cannot be written: {error}; expected {_NO_FAULT_OF_THE_FILE[code]}; nothing stored is lost: run the"
            " same command again then (another folder: --data DIR)"
        )
    if settings and settings.archive_path.exists() and _is_damaged(settings.archive_path):
        return (
            f"{settings.archive_path} is damaged: {error}; expected an archive that can be read: restore it from a copy"
            " (`trials doctor` says what is broken)"
        )
    return f"the database failed: {error}; look at it with `trials check`, make it anew with `trials build --full`"


def _is_damaged(archive: Path) -> bool:
    """Is it the archive that failed, which no build makes anew? Asked when a command has failed alone: it reads it all."""
    with terminal.Meter("integrity of archive.db") as meter:
        meter("integrity of archive.db", 0, None)
        try:
            with closing(sqlite3.connect(f"{archive.resolve().as_uri()}?mode=ro", uri=True)) as connection:
                return bool(connection.execute("pragma quick_check(1)").fetchone() != ("ok",))
        except sqlite3.DatabaseError:
            return True


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="trials")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Data folder; default: TRIALS_DATA, else data/."
)
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="TRIALS_LOG",
    help="Write what is done to this file, one JSON object a line; default: TRIALS_LOG, else none.",
)
@click.pass_context
def main(ctx: click.Context, data: Path | None, log: Path | None) -> None:
    """Clinical trials: scrape, index, search, check.

    Example: trials import saved-pages/ && trials search "acute myeloid leukemia" --recruiting
    """
    ctx.obj = Settings.from_environment(data)
    ctx.with_resource(journal.logging_to(log))
    terminal.begin()
    journal.began(ctx.invoked_subcommand or "")


for command in (
    collecting.scrape,
    collecting.import_,
    collecting.update,
    collecting.build,
    asking.search,
    asking.match,
    asking.show,
    asking.criteria,
    linked.link,
    telling.diff,
    telling.watch,
    telling.report,
    publishing.sources,
    publishing.coverage,
    publishing.check,
    publishing.export,
    publishing.serve,
    operating.doctor,
    operating.prune,
):
    main.add_command(command)
