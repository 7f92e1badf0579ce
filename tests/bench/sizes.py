"""Sizes and times of every part for one number of trials: the row of the README's table.

    python -m tests.bench.sizes FOLDER COUNT
    python -m tests.bench.sizes TRIALS.DB        what takes its bytes alone

A bulk file of COUNT invented studies is written to FOLDER and goes through the real command line: imported, built
anew, built again with nothing new, checked, examined, exported in every format. What takes the bytes of `trials.db`
is told by SQLite's dbstat, table by table and index by index.
"""

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from tests.bench.generate import studies
from tests.bench.table import Used, run, show

FORMATS = ("parquet", "csv", "ndjson")


def measure(folder: Path, count: int) -> None:
    """Print the commands, the files, the row of the README, and what takes the bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "data", ignore_errors=True)
    bulk = folder / "studies.ndjson"
    with bulk.open("wb") as stream:
        stream.writelines(body + b"\n" for _, body in studies(count))
    commands: dict[str, tuple[str, ...]] = {
        "import": ("import", str(bulk)),
        "build --full": ("build", "--full"),
        "build, nothing new": ("build",),
        "check": ("check",),
        "doctor": ("doctor",),
    } | {f"export {kind}": ("export", str(folder / kind), "--format", kind) for kind in FORMATS}
    began = os.getloadavg()[0]
    used: dict[str, Used] = {}
    for name, words in commands.items():
        used[name] = run("scraper", "--data", str(folder / "data"), *words)
        print(name, *used[name], sep="\t", file=sys.stderr, flush=True)
    show(
        f"{count:,} trials, one command after the other; load of the machine {began:.1f} to {os.getloadavg()[0]:.1f}",
        ("command", "exit", "wall s", "CPU s", "peak MB of one process"),
        [(name, each.code, each.wall, each.cpu, each.peak_mb) for name, each in used.items()],
    )
    sizes = {name: (folder / "data" / name).stat().st_size for name in ("archive.db", "trials.db")} | {
        kind: sum(path.stat().st_size for path in (folder / kind).iterdir()) for kind in FORMATS
    }
    sizes["studies.ndjson"] = bulk.stat().st_size
    show("files", ("file", "bytes", "bytes a trial"), [(n, size, size / count) for n, size in sizes.items()])
    print(f"\n{_row(count, sizes, used)}")
    taken(folder / "data" / "trials.db")


def taken(database: Path, most: int = 30) -> None:
    """Print which tables and indexes take the bytes of a database, the largest first."""
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        (trials,) = connection.execute("select count(*) from trials").fetchone()
        found = connection.execute(
            "select d.name, case when s.type = 'index' then s.tbl_name else '' end, sum(pgsize), sum(unused)"
            " from dbstat d left join sqlite_master s on s.name = d.name where aggregate = true"
            " group by 1 order by 3 desc"
        ).fetchall()
    whole = sum(size for _, _, size, _ in found)
    rows = [
        (name, table, size, size / trials, f"{size / whole:.1%}", f"{unused / size:.0%}")
        for name, table, size, unused in found
    ]
    rest = rows[most:]
    bytes_left = sum(row[2] for row in rest)
    show(
        f"what takes the {whole:,} bytes of {database.name}",
        ("table or index", "index of", "bytes", "bytes a trial", "share", "empty"),
        [
            *rows[:most],
            (f"{len(rest)} others", "", bytes_left, bytes_left / trials, f"{bytes_left / whole:.1%}", ""),
        ],
    )


def _row(count: int, sizes: dict[str, int], used: dict[str, Used]) -> str:
    """A line of the README's table; its times are CPU seconds, which other work on the machine changes least."""
    files = [_size(sizes[name]) for name in ("archive.db", "trials.db", *FORMATS)]
    times = [_time(used[name].cpu) for name in used if not name.startswith("export")]
    exports = " / ".join(_time(used[f"export {kind}"].cpu) for kind in FORMATS)
    peak = f"{max(each.peak_mb for each in used.values()):,.0f} MB"
    return f"| {' | '.join([f'{count:,}', *files, *times, exports, peak])} |"


def _size(size: int) -> str:
    return (
        f"{size / 1e9:.2f} GB"
        if size >= 1e9
        else f"{size / 1e6:.1f} MB"
        if size < 1e8
        else f"{size / 1e6:.0f} MB"
    )


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s" if seconds < 10 else f"{rest} s"


if __name__ == "__main__":
    if len(sys.argv) == 2:
        taken(Path(sys.argv[1]))
    else:
        measure(Path(sys.argv[1]), int(sys.argv[2]))
