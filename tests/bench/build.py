"""The whole build, from archive to searchable database, and a re-run with nothing new.

    python -m tests.bench.build [FOLDER] [COUNT]

FOLDER is filled with COUNT invented studies when it holds no archive.
"""

import hashlib
import sqlite3
import sys
import tempfile
from pathlib import Path

from tests.bench.archive import fill
from tests.bench.table import run, show


def measure(folder: Path, count: int) -> None:
    """Print what the build of `count` trials and the unchanged re-run cost."""
    if not (folder / "archive.db").exists():
        fill(folder, count)
    full = run("scraper", "--data", str(folder), "build", "--full")
    before = _digest(folder / "trials.db")
    again = run("scraper", "--data", str(folder), "build")
    same = _digest(folder / "trials.db") == before
    rows = [
        ("build --full", full.code, full.wall, full.cpu, full.cpu / count * 1e3, full.peak_mb),
        ("build, nothing new", again.code, again.wall, again.cpu, again.cpu / count * 1e3, again.peak_mb),
    ]
    show(
        f"{count:,} trials, archive to searchable database",
        ("command", "exit", "wall s", "CPU s", "CPU ms a trial", "peak MB of one process"),
        rows,
    )
    sizes = [(name, (folder / name).stat().st_size / 1e6) for name in ("archive.db", "trials.db")]
    show("files", ("file", "MB"), sizes)
    print(
        f"re-run left trials.db byte for byte as it was: {same}; re-run / build wall: {again.wall / full.wall:.3f}"
    )
    connection = sqlite3.connect(folder / "trials.db")
    counts = [
        (table, connection.execute(f"select count(*) from {table}").fetchone()[0])
        for table in ("trials", "criteria", "criteria_constraints", "sites", "outcomes")
    ]
    show("rows", ("table", "rows"), counts)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    measure(chosen, int(sys.argv[2]) if len(sys.argv) > 2 else 20_000)
