"""What people type to break into the command line, every place where they can, and what no answer may hold.

The places are read from the commands themselves, so that none is missed.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner, Result

from scraper.cli import main

ESCAPE = "\x1b]0;owned\x07\x1b[2J"
HOSTILE = (
    "", " ", "'", '"', "' or 1=1 --", '"; drop table trials; --', "NEAR(a b, 2)", '"""', "*", "^", "-", "--", "(", "tags:x",
    "AND", "OR OR", "-1", "0", "1e999", "-1e999", "nan", "inf", "9" * 400, "9223372036854775808", "1.5.2", "٣", "²", "½",
    "0000-00-00", "9999-99-99", "2026-02-31", "20260101", "2026-W01-1", "٢٠٢٦-٠١-٠١", "now", "91,0", "nan,nan", "1,2,3",
    "..", "../../etc/passwd", "/etc/passwd", "//evil.example", "file:///etc/passwd", "http://[::1", "http://user:pw@host/",
    "javascript:alert(1)", ESCAPE, f"a{ESCAPE}b\nc", "\x9b31m", "\u202egnp.exe", "a\rb", "a\nb", "\udcff\udcfe", "1e300",
    "[bold]x[/bold]", ":skull:", "[/]", "%s%n{0}{x}", "$(id)", "`id`", "a" * 5_000, "tea " * 2_000, "\U000e0041", "\ufeff",
)  # fmt: skip
SEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal might obey, or what turns the direction of its text."""


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that call it."""
    waiting: list[tuple[tuple[str, ...], click.Command]] = [((), main)]
    while waiting:
        words, command = waiting.pop(0)
        if isinstance(command, click.Group):
            waiting += [((*words, name), each) for name, each in command.commands.items()]
        else:
            yield words, command


# What each command needs beside the argument that is attacked.
ALWAYS = (ESCAPE, "\udcff\udcfe", "9" * 400, "1e300", "nan", "")
SHARES = 4


def share(number: int) -> tuple[str, ...]:
    """What the parameter of that number is sent: all that broke one once, and every fourth of the others."""
    return tuple(dict.fromkeys((*ALWAYS, *HOSTILE[number % SHARES :: SHARES])))


NEEDED: dict[str, dict[str, tuple[str, ...]]] = {
    "import": {"paths": ("SAVED",)},
    "scrape": {"source": ("ctgov",), "base_url": ("SERVER",), "delay": ("0",), "limit": ("1",)},
    "update": {"base_url": ("SERVER",), "delay": ("0",)},
    "show": {"trial_id": ("NCT99100001",)},
    "criteria": {"file": ("TEXTS",)},
    "link refuse": {
        "trial_id": ("NCT99100001",),
        "other_id": ("NCT99100002",),
        "because": ("it is another",),
    },
    "link allow": {"trial_id": ("NCT99100001",), "other_id": ("NCT99100002",)},
    "diff": {"trial_id": ("NCT99100001",)},
    "watch": {"state": ("STATE",)},
    "report": {"since": ("2026-01-01",)},
    "coverage": {"paths": ("SAVED",)},
    "export": {"directory": ("OUT",), "kind": ("csv",)},
    "prune": {"before": ("2026-01-01",), "dry_run": ()},
    "search": {"words": ("light",)},
    "match": {"age": ("34",)},
    "doctor": {"base_url": ("SERVER",)},
}


def attacks() -> Iterator[tuple[tuple[str, ...], click.Command, click.Parameter]]:
    """Every parameter of every command, flags too."""
    for words, command in commands():
        for parameter in command.params:
            yield words, command, parameter


def line(
    words: tuple[str, ...], command: click.Command, attacked: click.Parameter | None = None, value: str = ""
) -> list[str]:
    """The arguments of the command with the value in one place and what it needs in the others."""
    options: list[str] = []
    arguments: list[str] = []
    for parameter in command.params:
        given = NEEDED.get(" ".join(words), {}).get(parameter.name or "")
        if parameter is attacked:
            if isinstance(parameter, click.Option) and parameter.is_flag:
                options.append(f"{parameter.opts[-1]}={value}")
                continue
            given = (value,)
        if given is None:
            continue
        if isinstance(parameter, click.Argument):
            arguments += given
        else:
            options += [parameter.opts[-1], *given]
    return [*words, *options, "--", *arguments]


def file_written(words: tuple[str, ...], parameter: click.Parameter) -> bool:
    """Does the parameter name what the command writes?"""
    return (words, parameter.name) in ((("export",), "directory"), (("watch",), "state"))


def ran(arguments: list[str]) -> Result:
    """What the command does; a traceback fails the test."""
    result = CliRunner().invoke(main, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"{arguments!r:.300}") from result.exception
    return result


def faults(result: Result, codes: tuple[int, ...] = (0, 1, 2)) -> list[str]:
    """What an answer must not hold or be."""
    found = []
    if result.exit_code not in codes:
        found.append(f"exit code {result.exit_code}")
    for name, text in (("stdout", result.stdout), ("stderr", result.stderr)):
        if seen := SEEN.search(text):
            found.append(f"{seen[0]!r} on {name}: {text[max(0, seen.start() - 30) : seen.end() + 10]!r}")
        if "Traceback" in text:
            found.append(f"a traceback on {name}")
    lines = [one for one in result.stderr.splitlines() if one.strip()]
    if result.exit_code == 2 and len(lines) > (3 if lines[0].startswith("Usage:") else 1):
        found.append(f"{len(lines)} lines: {result.stderr[:300]!r}")
    return found


def listed(folder: Path) -> set[str]:
    """The names of all that lies below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
