"""SIGKILL at random moments: `python -m tests.kills 200` prints a table, command by command.

After each kill both files must be whole and hold what they held; the same command run again must end well, with the
same rows as a run that nobody killed, and leave nothing behind. The moments of one command are drawn from even parts
of its time, so that they lie over all of it; a run that ended before its kill is killed again, and not counted.
"""

import hashlib
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from scraper.archive.store import Archive
from scraper.store import floorfile
from tests.commands import dump, trials
from tests.samples import study, write_listing, write_study
from tests.server import SiteServer

IDS = [f"NCT9980{number:04}" for number in range(1, 61)]
LISTED = range(98001, 98009)
_SAVED = (1_750_000_000, 1_750_000_000)
MADE = {"archive.db", "trials.db", floorfile.NAME}
"""What a data folder may hold when no command is at work."""
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_PAGES = "select source, url, sha256 from pages order by 1, 2, 3"
AT_START = 0.2
"""The share of the kills that strike before the first write: most of a command's time is its start."""
PHASES = ("start", "archive", "rebuild", "database", "export", "between")
"""What a command was at when it died, told by what lay there: a journal of one of the files, the new file, an export."""


@dataclass
class Counts:
    """What happened to one command: how often it was killed, and how often that did harm."""

    command: str
    kills: int = 0
    too_late: int = 0
    quarters: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    phases: Counter[str] = field(default_factory=Counter)
    damaged: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    different: int = 0
    left_behind: int = 0
    said: list[str] = field(default_factory=list)

    @property
    def harm(self) -> int:
        return self.damaged + self.lost + self.doubled + self.stuck + self.different + self.left_behind


@dataclass(frozen=True)
class Scene:
    """A command, the folder it starts from, and what an undisturbed run makes of that folder."""

    name: str
    base: Path
    arguments: tuple[str, ...]
    seconds: float
    writing: float
    rows: dict[str, list[str]]
    pages: list[tuple[str, str, str]]
    exported: dict[str, bytes]
    locks: str = "data"
    is_timed: bool = False


class Stage:
    """The folders and the site of all scenes, under one temporary folder."""

    def __init__(self, folder: Path, server: SiteServer, large: int = 1100) -> None:
        self.folder, self.server = folder, server
        self.began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
        self.large = large

    def scenes(self) -> Iterator[Scene]:
        files = self.folder / "files"
        save_files(files, IDS[:25], LISTED)
        empty, some = self.folder / "empty", self.folder / "some"
        (empty / "data").mkdir(parents=True)
        _well(trials(some / "data", "import", files))
        base_url = ("--base-url", self.server.base_url, "--delay", "0")
        more = self.folder / "more"
        save_files(more, IDS[20:], range(98005, 98012), is_changed=True, updated="2026-05-05")
        yield self.scene("import (first)", empty, "import", str(files))
        yield self.scene("import (more)", some, "import", str(more))
        other = self.folder / "other"
        _archive_only(other, more)
        yield self.scene("import (merge)", some, "import", str(other / "archive.db"))
        aged = self.folder / "aged"
        many_versions(aged / "data", self.folder, self.large or 250)
        yield self.scene("prune", aged, "prune", "--before", "2099-01-01")
        serve_studies(self.server, IDS[:40])
        yield self.scene("scrape", some, "scrape", "ctgov", "--all", *base_url, is_timed=True)
        single = [part for number in LISTED for part in ("--id", str(number))]
        yield self.scene("scrape (pages)", some, "scrape", "trialx", *single, *base_url, is_timed=True)
        scraped = self.folder / "scraped"
        _well(trials(scraped / "data", "scrape", "ctgov", "--all", *base_url))
        serve_studies(self.server, IDS[1:50], changed=IDS[5:15])
        yield self.scene("update", scraped, "update", *base_url, is_timed=True)
        serve_studies(self.server, IDS[:40])
        waiting = self.folder / "waiting"
        shutil.copytree(some, waiting)
        _archive_only(waiting / "data", more)
        yield self.scene("build", waiting, "build")
        yield self.scene("build --full", waiting, "build", "--full")
        if self.large:
            many = self.folder / "many"
            many_trials(many / "data", self.folder / "many.ndjson", self.large)
            yield self.scene(f"build --full, {self.large:,} trials", many, "build", "--full")
        for kind in ("csv", "parquet"):
            yield self.scene(f"export {kind}", some, "export", "OUT", "--format", kind, locks="out")

    def scene(
        self, name: str, base: Path, *arguments: str, locks: str = "data", is_timed: bool = False
    ) -> Scene:
        folder = self.copy(base)
        command = command_of(folder, arguments)
        started = time.monotonic()
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            wait_for_writing(folder / locks, process)
            writing = time.monotonic()
            assert process.stderr is not None
            said = process.stderr.read()
        if process.returncode:
            raise AssertionError(f"{name} fails undisturbed: {said}")
        seconds, writing = time.monotonic() - started, time.monotonic() - writing
        print(f"{name}: writes for {writing:.2f} s of {seconds:.2f} s", file=sys.stderr)
        rows = self.rows(folder, is_timed)
        found = Scene(
            name,
            base,
            arguments,
            seconds,
            writing,
            rows,
            pages_of(folder),
            exported(folder / "out"),
            locks,
            is_timed,
        )
        shutil.rmtree(folder)
        return found

    def copy(self, base: Path) -> Path:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        shutil.copytree(base, folder, dirs_exist_ok=True)
        return folder

    def rows(self, folder: Path, is_timed: bool) -> dict[str, list[str]]:
        """The rows of trials.db; what is of this run's own time stands as "now"."""
        found = dump(folder / "data")
        if is_timed:
            # A run that was killed is gone on with or repeated: its row tells so. A digest is of the times too.
            found = {name: rows for name, rows in found.items() if name not in ("runs", "trial_digests")}
        now: Callable[[re.Match[str]], str] = lambda m: "now" if m[0] >= self.began else m[0]
        return {name: sorted(_TIME.sub(now, row) for row in rows) for name, rows in found.items()}

    def kill(self, scene: Scene, moment: float, counts: Counts) -> None:
        """Kill one run at a moment, 0 to 1 of its time, look at what it left, and run it again."""
        folder = self._killed(scene, moment, counts)
        if folder is None:
            return
        command = command_of(folder, scene.arguments)
        counts.kills += 1
        # Looked at in a copy: whoever opens a file rolls it back, and that is the next run's task.
        seen = self.copy(folder)
        counts.damaged += not all(is_whole(path) for path in databases_of(seen))
        counts.lost += bool(lost_since(scene.base, seen))
        counts.damaged += bool(unreadable(seen))
        shutil.rmtree(seen)
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        except subprocess.TimeoutExpired:
            counts.stuck += 1
            return
        if done.returncode:
            counts.stuck += 1
            counts.said.append(done.stderr.strip()[-300:])
            return
        counts.damaged += not all(is_whole(path) for path in databases_of(folder))
        counts.damaged += bool(unreadable(folder))
        pages = pages_of(folder)
        counts.doubled += len(pages) > len(scene.pages)
        rows = self.rows(folder, scene.is_timed)
        differing = sorted(
            name for name in rows.keys() | scene.rows.keys() if rows.get(name) != scene.rows.get(name)
        )
        if differing or pages != scene.pages or exported(folder / "out") != scene.exported:
            counts.different += 1
            counts.said.append(f"differs in {differing}")
        extra = {path.name for path in (folder / "data").iterdir()} - MADE
        if extra:
            counts.left_behind += 1
            counts.said.append(f"left behind: {sorted(extra)}")
        shutil.rmtree(folder)

    def _killed(self, scene: Scene, moment: float, counts: Counts) -> Path | None:
        """What a killed run left; None when it was faster than its kill, time and again."""
        for slower in (1.0, 0.9, 0.75, 0.5, 0.25):
            folder = self.copy(scene.base)
            before = _listing(folder / scene.locks)
            with subprocess.Popen(
                command_of(folder, scene.arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as process:
                if moment >= AT_START:
                    wait_for_writing(folder / scene.locks, process)
                    time.sleep((moment - AT_START) / (1 - AT_START) * scene.writing * slower)
                else:
                    time.sleep(moment / AT_START * (scene.seconds - scene.writing) * slower)
                process.send_signal(signal.SIGKILL)
            if process.returncode == -signal.SIGKILL:
                counts.quarters[min(3, int(4 * moment))] += 1
                counts.phases[phase_of(folder, before == _listing(folder / scene.locks))] += 1
                return folder
            counts.too_late += 1
            shutil.rmtree(folder)
        return None


def phase_of(folder: Path, is_untouched: bool) -> str:
    """Which of PHASES a run died in, by what it left."""
    data = folder / "data"
    names = {path.name for path in data.iterdir()}
    if is_untouched:
        return "start"
    if "trials.db.new" in names:
        return "rebuild"
    if "archive.db-journal" in names:
        return "archive"
    if "trials.db-journal" in names:
        return "database"
    return "export" if (folder / "out").exists() else "between"


def run(kills: int, seed: int, large: int = 1100) -> list[Counts]:
    """Kill that many runs, the same number of every command."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name, SiteServer(None, None) as server:
        stage = Stage(Path(name), server, large)
        found = []
        scenes = 12 if large else 11
        for number, scene in enumerate(stage.scenes()):
            counts = Counts(scene.name)
            times = kills // scenes + (number < kills % scenes)
            for part in range(times):
                stage.kill(scene, rng.uniform(part, part + 1) / times, counts)
            found.append(counts)
            print(_line(counts), file=sys.stderr, flush=True)
        return found


def wait_for_writing(folder: Path, process: "subprocess.Popen[bytes] | subprocess.Popen[str]") -> None:
    """Return once the process has made or changed a file of the folder, or has ended."""
    before = _listing(folder)
    while process.poll() is None and _listing(folder) == before:
        time.sleep(0.0005)


def _listing(folder: Path) -> dict[str, int]:
    try:
        return {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(folder)}
    except FileNotFoundError:  # not there yet, or a file went away under our eyes
        return {}


def exported(folder: Path) -> dict[str, bytes]:
    """Every file of an export; the manifest's own date of the snapshot is the database's."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def command_of(folder: Path, arguments: tuple[str, ...]) -> list[str]:
    own = [str(folder / "out") if word == "OUT" else word for word in arguments]
    return [sys.executable, "-m", "scraper", "--data", str(folder / "data"), *own]


def _well(result: object) -> None:
    assert getattr(result, "exit_code", 1) == 0, result


def save_files(folder: Path, ids: list[str], listed: range, is_changed: bool = False, **words: str) -> None:
    for number, nct_id in enumerate(ids):
        write_study(folder / f"{number % 3}", nct_id, status=_status(nct_id, is_changed), **words)
    for number in listed:
        write_listing(folder, number, f"NCT9980{number % 100:04}")
    for path in folder.rglob("*"):
        os.utime(path, _SAVED)


def serve_studies(server: SiteServer, ids: list[str], changed: list[str] = []) -> None:  # noqa: B006
    server.registry.studies.clear()
    for nct_id in ids:
        is_changed = nct_id in changed
        server.registry.add(
            study(
                nct_id,
                status=_status(nct_id, is_changed),
                updated="2099-01-01" if is_changed else "2026-03-01",
            )
        )
    if not server.listings.pages:
        with tempfile.TemporaryDirectory() as name:
            for number in LISTED:
                write_listing(Path(name), number, f"NCT9980{number % 100:04}", title="Lantern Therapy, again")
            server.listings.load(Path(name))


def _status(nct_id: str, is_changed: bool) -> str:
    """Some complete, and of the changed ones every third turns: more at once would fall below the floors."""
    last = int(nct_id[-1])
    return ("RECRUITING", "COMPLETED")[(last + (is_changed and last % 3 == 0)) % 2]


def _archive_only(data: Path, files: Path) -> None:
    """Archive saved files as an import does that is killed before its build."""
    from scraper import ingest

    with Archive(data / "archive.db") as archive:
        ingest.import_paths(archive, [files], None, lambda *_: None)


def many_trials(data: Path, file: Path, count: int) -> None:
    import json

    file.write_text(
        "".join(json.dumps(study(f"NCT9981{number:04}")) + "\n" for number in range(count)), encoding="utf-8"
    )
    os.utime(file, _SAVED)
    _well(trials(data, "import", file))


def many_versions(data: Path, folder: Path, count: int) -> None:
    """Three versions of as many trials, for `prune`: each a day after the one before."""
    import json

    for day in range(3):
        file = folder / f"versions{day}.ndjson"
        studies = (study(f"NCT9982{n:04}", updated=f"2026-03-0{day + 1}") for n in range(count))
        file.write_text("".join(json.dumps(one) + "\n" for one in studies), encoding="utf-8")
        os.utime(file, (_SAVED[0] + 86_400 * day,) * 2)
        _well(trials(data, "import", file))


def databases_of(folder: Path) -> list[Path]:
    return [path for path in (folder / "data" / "archive.db", folder / "data" / "trials.db") if path.exists()]


def is_whole(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("pragma integrity_check")] == ["ok"]


def unreadable(folder: Path) -> list[str]:
    """The addresses of pages whose bytes are not those that their checksum says, whatever they are kept as."""
    path = folder / "data" / "archive.db"
    if not path.exists():
        return []
    with Archive(path) as archive:
        return [
            stored.page.url
            for stored in archive.pages(archive.page_ids())
            if hashlib.sha256(stored.page.body).hexdigest() != stored.sha256
        ]


def pages_of(folder: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(folder / "data" / "archive.db")) as connection:
        return connection.execute(_PAGES).fetchall()


def lost_since(base: Path, folder: Path) -> set[object]:
    """Pages and trials that were there before and no longer are."""
    lost: set[object] = set()
    for name, query in (("archive.db", _PAGES), ("trials.db", "select trial_id, brief_title from trials")):
        before, after = base / "data" / name, folder / "data" / name
        if before.exists():
            if not after.exists():
                return {name}
            with closing(sqlite3.connect(before)) as one, closing(sqlite3.connect(after)) as other:
                lost |= set(one.execute(query)) - set(other.execute(query))
    return lost


_HEADER = f"{'command':28}{'kills':>6}{'by quarter of its time':>24}{'too late':>9}{'damaged':>8}{'lost':>6}{'doubled':>8}{'stuck':>6}{'differ':>7}{'left':>6}"


def _line(c: Counts) -> str:
    return (
        f"{c.command:28}{c.kills:6}{' '.join(map(str, c.quarters)):>24}{c.too_late:9}{c.damaged:8}{c.lost:6}{c.doubled:8}{c.stuck:6}{c.different:7}"
        f"{c.left_behind:6}  {', '.join(f'{c.phases[name]} {name}' for name in PHASES if c.phases[name])}"
    ) + "".join(f"\n    {words}" for words in dict.fromkeys(c.said))


def main() -> None:
    """Exit code 1 when a kill did harm."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    found = run(kills, seed)
    print(f"seed {seed}\n{_HEADER}")
    for counts in found:
        print(_line(counts))
    sys.exit(1 if any(counts.harm for counts in found) else 0)


if __name__ == "__main__":
    main()
