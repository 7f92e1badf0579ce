"""The imports follow the path of a trial; only the stages that may, reach the network or write."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "scraper"
MODULES = sorted(PACKAGE.rglob("*.py"))

# What each stage may import of the others. The modules at the top of the package compose the stages.
SHARED = {"model", "errors", "settings", "progress"}
MAY_IMPORT = {
    "sources": set(),
    "normalise": set(),
    "criteria": set(),
    "archive": set(),
    "fetch": {"sources"},
    "compare": set(),
    "store": set(),
    "search": {"normalise", "store"},
    "match": {"normalise", "criteria", "search", "store"},
    "export": {"search", "store"},
    "tell": {"normalise", "criteria", "compare", "store", "search"},
    "site": {"normalise", "compare", "store", "search", "match", "export", "tell"},
}
NETWORK = {"requests", "urllib3", "http", "socket", "urllib.request", "httpx", "aiohttp", "protego"}
MAY_REACH_OUT = {"fetch"}
# The site listens on a port, which is not fetching.
LISTENERS = {"site/serve.py"}


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _stage(path: Path) -> str:
    """The folder of a stage; "" for the modules that put the stages together."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 and parts[0] != "commands" else ""


@pytest.mark.parametrize("path", [m for m in MODULES if _stage(m)], ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_stage_imports_only_what_the_path_allows(path: Path) -> None:
    stage = _stage(path)
    allowed = {stage} | SHARED | MAY_IMPORT[stage]
    ours = {name.split(".")[1] for name in _imports(path) if name.startswith("scraper.")}
    assert ours - {"__version__"} <= allowed


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_fetch_uses_the_network(path: Path) -> None:
    if _stage(path) in MAY_REACH_OUT or str(path.relative_to(PACKAGE)) in LISTENERS:
        return
    found = _imports(path)
    reached = {n for n in NETWORK if any(f == n or f.startswith(n + ".") for f in found)}
    assert not reached


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_archive_and_store_write_to_a_database(path: Path) -> None:
    if _stage(path) in {"archive", "store"}:
        return
    writing = ("insert ", "update ", "delete from", "create table", "drop table", "alter table", "vacuum")
    statements = [
        node.value.lower().lstrip()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [
        s for s in statements if s.startswith(writing) and (" set " in s or " into " in s or "from" in s)
    ]


def test_there_is_no_room_for_everything() -> None:
    names = {path.stem for path in MODULES} | {path.parent.name for path in MODULES}
    assert not names & {"utils", "helpers", "common", "core", "misc"}
