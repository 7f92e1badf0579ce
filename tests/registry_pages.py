"""Saved files of a registry beside the Records expected of them: how every registry's tests read both."""

import os
from pathlib import Path

import msgspec

from scraper import sources
from scraper.model import Page, Problem, Record

PAGES = Path(__file__).parent / "pages"


def saved(name: str) -> list[Path]:
    """The saved files of a source."""
    return sorted(p for p in (PAGES / name).iterdir() if not p.name.endswith(".records.json"))


def page(name: str, body: bytes, path: str = "saved/file") -> Page:
    return Page(source=name, url=path, body=body, fetched_at="2026-07-07T00:00:00Z", name=path, path=path)


def parts(name: str, body: bytes) -> tuple[list[Page], list[Problem]]:
    """The pages and the problems that a file is split into."""
    found = list(sources.by_name(name).split(page(name, body)))
    return [p for p in found if isinstance(p, Page)], [p for p in found if isinstance(p, Problem)]


def records(name: str, body: bytes) -> list[Record]:
    """The records of a file that has no problem."""
    pages, problems = parts(name, body)
    assert problems == []
    return [sources.by_name(name).parse(part) for part in pages]


def check_expected(name: str, path: Path) -> None:
    """The records of a saved file are those beside it; ACCEPT=1 rewrites them, a missing file is written and fails."""
    expected = path.with_name(f"{path.name}.records.json")
    got = records(name, path.read_bytes())
    known = expected.exists()
    if not known or os.environ.get("ACCEPT"):
        expected.write_bytes(msgspec.json.format(msgspec.json.encode(got), indent=1) + b"\n")
    assert known or os.environ.get("ACCEPT"), f"{expected.name} was missing and is written now; read it"
    assert msgspec.json.decode(expected.read_bytes(), type=list[Record]) == got
