"""A public loader beside ours: tap-clinicaltrials into a SQLite file with target-sqlite, from the same loopback server.

    python -m tests.bench.peer [COUNT] [FOLDER]

The two halves of the peer are installed from PyPI into environments of their own below FOLDER (.cache/peer),
once. The tap has the registry's address built in and the target is older than today's Python, so each is started
by a few lines that mend just that; nothing else of them is touched. The peer brings a study as one wide row whose lists are JSON text: no
tables of sites or outcomes, no criteria, no search. Ours fetches, archives, parses the criteria, and indexes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.generate import studies
from tests.bench.table import Used, run, show
from tests.server import SiteServer
from tests.server_answer import Answer
from tests.server_ctgov import API, Registry

_SUBMITTED = "lastUpdateSubmitDate"

# Requests of any kind pass through `prepare_url`, those of the tap's caching session too.
_REDIRECTED = """
import sys
import requests
from tap_clinicaltrials.tap import TapClinicalTrials

base = sys.argv.pop(1)
real = requests.PreparedRequest.prepare_url
def prepare_url(self, url, params):
    real(self, url.replace("https://clinicaltrials.gov", base), params)
requests.PreparedRequest.prepare_url = prepare_url
TapClinicalTrials.cli()
"""

# target-sqlite 0.2.0 uses a name that Python 3.10 took away.
_REVIVED = """
import collections, collections.abc
collections.MutableMapping = collections.abc.MutableMapping
import target_sqlite
target_sqlite.main()
"""

# It also pins an SQLAlchemy that cannot be imported there; 1.3.24 can.
_TAP = (("tap-clinicaltrials==0.2.11",),)
_TARGET = (("target-sqlite==0.2.0",), ("--no-deps", "sqlalchemy==1.3.24"))


class _Described(Registry):
    """A registry that also describes its fields, and gives studies in the order that the tap asks for."""

    def answer(self, path: str, words: list[tuple[str, str]], headers: dict[str, str]) -> Answer | None:
        if path != f"{API}/studies/metadata":
            return super().answer(path, words, headers)
        merged: dict[str, Any] = {}
        for study in self.studies.values():
            _merge(merged, study)
        body = json.dumps(_described(merged)).encode()
        return Answer(200, body, {"Content-Type": "application/json"})


def measure(count: int, folder: Path) -> None:
    """Print what bringing the same `count` studies from the same server into SQLite costs by each road."""
    try:
        tap, target = _environment(folder / "tap", _TAP), _environment(folder / "target", _TARGET)
    except subprocess.CalledProcessError as error:
        print(f"\nthe peer could not be installed ({error}); its part is left out")
        return
    registry = _Described()
    for study in sorted((json.loads(body) for _, body in studies(count)), key=_posted):
        study["protocolSection"]["statusModule"][_SUBMITTED] = _posted(study)
        registry.add(study)
    with SiteServer(registry=registry) as server, tempfile.TemporaryDirectory() as scratch:
        ours = Path(scratch) / "ours"
        with_us = run(
            *("scraper", "--data", str(ours), "scrape", "ctgov", "--all", "--delay", "0"),
            *("--base-url", server.base_url),
        )
        theirs = Path(scratch) / "peer.db"
        with_peer = _peer(tap, target, server.base_url, theirs)
        rows = [
            _row("trials scrape: fetched, archived, criteria, search", with_us, ours / "trials.db", count),
            _row("tap-clinicaltrials | target-sqlite: one wide row a study", with_peer, theirs, count),
        ]
    show(
        f"{count:,} studies from the loopback server into SQLite",
        ("road", "exit", "studies", "wall s", "CPU s", "CPU ms a study", "peak MB", "file MB"),
        rows,
    )
    print(f"peer / ours: wall {with_peer.wall / with_us.wall:.2f}, CPU {with_peer.cpu / with_us.cpu:.2f}")


def _row(name: str, used: Used, path: Path, count: int) -> tuple[object, ...]:
    stored = _stored(path)
    size = path.stat().st_size / 1e6 if path.exists() else 0.0
    return (name, used.code, stored, used.wall, used.cpu, used.cpu / count * 1e3, used.peak_mb, size)


def _stored(path: Path) -> int:
    from sqlite_utils import Database

    db = Database(path)
    tables = {"trials", "studies"} & set(db.table_names())
    found = sum(db.table(name).count for name in tables)
    db.close()
    return found


def _peer(tap: Path, target: Path, base_url: str, database: Path) -> Used:
    """Both halves joined by a pipe, as their manual says; CPU and the larger peak of the two."""
    folder = database.parent / "peer"  # the tap keeps its cache of answers where it is started
    folder.mkdir()
    config = folder / "target.json"
    config.write_text(json.dumps({"database": str(database)}))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    began = time.monotonic()
    with (folder / "log").open("wb") as log:
        first = subprocess.Popen(
            [tap / "bin/python", "-c", _REDIRECTED, base_url],
            cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        second = subprocess.Popen(
            [target / "bin/python", "-c", _REVIVED, "--config", config],
            cwd=folder, env=environment, stdin=first.stdout, stdout=subprocess.DEVNULL, stderr=log,
        )  # fmt: skip
        assert first.stdout is not None
        first.stdout.close()
        used = [os.wait4(process.pid, 0) for process in (first, second)]
    wall = time.monotonic() - began
    for process, (_, status, _) in zip((first, second), used, strict=True):
        process.returncode = os.waitstatus_to_exitcode(status)
    cpu = sum(each.ru_utime + each.ru_stime for _, _, each in used)
    peak = max(each.ru_maxrss for _, _, each in used) / 1024
    if first.returncode or second.returncode:
        print("the peer's last words:", *(folder / "log").read_text().splitlines()[-5:], sep="\n  ")
    return Used(wall, cpu, peak, first.returncode or second.returncode)


def _environment(folder: Path, steps: tuple[tuple[str, ...], ...]) -> Path:
    """The virtual environment, made and filled when it is not there yet; its path is absolute."""
    folder = folder.resolve()
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        for step in steps:
            subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", *step], check=True)
        (folder / "ready").touch()
    return folder


def _posted(study: dict[str, Any]) -> str:
    return str(study["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]["date"])


def _merge(into: dict[str, Any], value: dict[str, Any]) -> None:
    """Add the fields of a study to those seen, of a list those of its first entry."""
    for name, part in value.items():
        if isinstance(part, dict):
            _merge(into.setdefault(name, {}), part)
        elif isinstance(part, list) and part and isinstance(part[0], dict):
            _merge(into.setdefault(name, [{}])[0], part[0])
        else:
            into.setdefault(name, part)


def _described(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields as `/studies/metadata` tells them: name, type ("text[]" for a list), children of a structure."""
    words = {bool: "boolean", int: "integer", float: "number"}
    told: list[dict[str, Any]] = []
    for name, part in fields.items():
        suffix, one = ("[]", part[0] if part else "") if isinstance(part, list) else ("", part)
        if isinstance(one, dict):
            entry = {"type": name + suffix, "sourceType": "STRUCT", "children": _described(one)}
        else:
            entry = {"type": words.get(type(one), "text") + suffix, "sourceType": "TEXT"}
        told.append({"name": name, **entry})
    return told


if __name__ == "__main__":
    measure(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1000,
        Path(sys.argv[2]) if len(sys.argv) > 2 else Path(".cache/peer"),
    )
