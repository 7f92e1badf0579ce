"""The longest time that each command stays without output, as somebody sees it at a terminal and in a log of cron.

    python -m tests.bench.silence [FOLDER] [COUNT] [cron|terminal]
    python -m tests.bench.silence --of DATA SECONDS COMMAND…     one command, ended after so many seconds

Every command that can take long runs through the real command line, on COUNT invented trials (20,000 without) in
FOLDER; what it writes to standard output and standard error is read as it comes. Silence counts from the start, and to
the end. On a terminal only what changes what can be read there counts: a bar drawn again with the same words does not.
"""

import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from scraper import lock
from tests import server_faults as faults
from tests.bench.archive import fill
from tests.bench.generate import studies, study
from tests.bench.table import show
from tests.server import SiteServer

HELD_SECONDS = 25.0
SLOW_SECONDS = 15.0
_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>][A-Z0-9]?|\r")
WAYS = ("cron", "terminal")


class Heard(NamedTuple):
    """One command: how it ended, how long it took and was silent at most, after which words, and its lines."""

    code: int
    seconds: float
    silence: float
    before: str
    lines: int


@dataclass
class _Listener:
    """Takes output as it comes and knows the longest time without any."""

    on_terminal: bool
    began: float = field(default_factory=time.monotonic)
    silence: float = 0.0
    before: str = ""
    lines: int = 0

    def __post_init__(self) -> None:
        self._last, self._words, self._shown = self.began, "(its start)", ""

    def hear(self, chunk: bytes) -> None:
        words = [line.strip() for line in _ESCAPES.sub(b"", chunk).decode("utf-8", "replace").split("\n")]
        shown = [line for line in words if line]
        if not shown or (self.on_terminal and shown[-1] == self._shown):
            return
        self.pause()
        self.lines += chunk.count(b"\n")
        self._shown = self._words = shown[-1]

    def pause(self) -> None:
        now = time.monotonic()
        if now - self._last > self.silence:
            self.silence, self.before = now - self._last, self._words
        self._last = now


def listen(
    *arguments: str, on_terminal: bool, until: str = "", most: float | None = None, feed: Path | None = None
) -> Heard:
    """Run `trials ARGUMENTS` and listen to it; it is interrupted once it says `until`, or after `most` seconds."""
    reading, writing = pty.openpty() if on_terminal else os.pipe()
    if on_terminal:
        fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = os.environ | {"TERM": "xterm-256color"}
    output = feed.open("wb") if feed else None
    process = subprocess.Popen(
        [sys.executable, "-m", "scraper", *arguments],
        stdin=subprocess.DEVNULL, stdout=output or writing, stderr=writing, env=environment,
    )  # fmt: skip
    os.close(writing)
    if output:
        output.close()
    heard = _Listener(on_terminal)
    clock = threading.Timer(most, process.send_signal, [signal.SIGINT]) if most else None
    if clock:
        clock.start()
    while chunk := _read(reading):
        heard.hear(chunk)
        if until and until.encode() in chunk:
            process.send_signal(signal.SIGINT)
    heard.pause()
    code = process.wait()
    if clock:
        clock.cancel()
    os.close(reading)
    return Heard(code, time.monotonic() - heard.began, heard.silence, heard.before, heard.lines)


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 1 << 16)
    except OSError:  # a terminal whose last writer has gone says EIO instead of nothing
        return b""


class Stage:
    """The data folders, files and servers that the commands run on."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.count = folder, count
        self.some = max(1, count // 10)
        self.rows: list[tuple[object, ...]] = []

    def hear(
        self, name: str, data: Path, *arguments: str, way: str, until: str = "", feed: Path | None = None
    ) -> None:
        heard = listen("--data", str(data), *arguments, on_terminal=way == "terminal", until=until, feed=feed)
        row = (name, way, heard.code, heard.seconds, heard.silence, heard.before[:60], heard.lines)
        self.rows.append(row)
        print(*row, sep="\t", file=sys.stderr, flush=True)

    def all(self, way: str) -> None:
        """Every command that can take long, in an order in which each finds what it needs."""
        data = self.folder / "data"
        if not (data / "archive.db").exists():
            data.mkdir(parents=True, exist_ok=True)
            fill(data, self.count)
        self._of_the_whole(data, way)
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            self._bringing(Path(scratch), data, way)

    def _of_the_whole(self, data: Path, way: str) -> None:
        self.hear("build --full", data, "build", "--full", way=way)
        self.hear("build, nothing new", data, "build", way=way)
        with held(data):
            self.hear(f"build, {HELD_SECONDS:g} s behind another", data, "build", way=way)
        self.hear("check", data, "check", way=way)
        self.hear("check --publish", data, "check", "--publish", way=way)
        self.hear("doctor", data, "doctor", way=way)
        self.hear("coverage", data, "coverage", way=way)
        self.hear("sources --fill", data, "sources", "--fill", way=way)
        for kind in ("parquet", "csv", "ndjson"):
            out = self.folder / f"out-{kind}"
            self.hear(f"export {kind}", data, "export", str(out), "--format", kind, way=way)
            shutil.rmtree(out)
        feed = self.folder / "told"
        self.hear("report", data, "report", "--since", "2020-01-01", way=way, feed=feed)
        state = self.folder / "state.json"
        state.unlink(missing_ok=True)
        self.hear("watch, the first", data, "watch", "--state", str(state), way=way, feed=feed)
        self.hear("watch, no news", data, "watch", "--state", str(state), way=way, feed=feed)
        self.hear("search", data, "search", "leukemia", way=way)
        self.hear("match", data, "match", "--age", "34", "--condition", "leukemia", way=way)
        some = next(iter(studies(1)))[0]
        self.hear("show", data, "show", some, way=way)
        self.hear("diff", data, "diff", some, way=way)
        self.hear("serve, until it answers", data, "serve", "--port", "0", way=way, until="Ctrl-C")
        texts = self.folder / "texts.jsonl"
        with texts.open("w", encoding="utf-8") as stream:
            for number in range(self.count):
                text = study(number)["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]
                stream.write(json.dumps({"trial_id": str(number), "text": text, "style": "markdown"}) + "\n")
        self.hear("criteria FILE > rows", data, "criteria", str(texts), way=way, feed=feed)

    def _bringing(self, scratch: Path, data: Path, way: str) -> None:
        folder, packed = scratch / "saved", scratch / "studies.zip"
        folder.mkdir()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, (nct_id, body) in enumerate(studies(self.count)):
                archive.writestr(f"{nct_id}.json", body)
                if number < self.some:
                    (folder / f"{nct_id}.json").write_bytes(body)
        self.hear(f"import, a folder of {self.some:,}", scratch / "a", "import", str(folder), way=way)
        self.hear(f"import, a zip of {self.count:,}", scratch / "b", "import", str(packed), way=way)
        self.hear("merge of an archive", scratch / "a", "import", str(data / "archive.db"), way=way)
        with SiteServer() as server:
            for _, body in studies(self.some):
                server.registry.add(json.loads(body))
            mirror = ("--base-url", server.base_url)
            server.fail("/studies", faults.silence(SLOW_SECONDS), times=1)
            server.fail("/studies", faults.too_many_requests(f"{2 * SLOW_SECONDS:.0f}"), times=1)
            name = f"scrape of {self.some:,}, a slow answer and a busy one"
            self.hear(name, scratch / "c", "scrape", "ctgov", "--all", *mirror, "--delay", "0", way=way)
            for number in range(0, self.some, 10):
                changed = study(number)
                changed["protocolSection"]["identificationModule"]["acronym"] = f"NEW{number}"
                changed["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]["date"] = "2099-01-01"
                server.registry.add(changed)
            server.fail("/studies", faults.silence(SLOW_SECONDS), times=2)
            self.hear("update, slow answers", scratch / "c", "update", *mirror, "--delay", "0", way=way)
            self.hear("prune", scratch / "c", "prune", "--before", "2099-01-01", way=way)
            few = [word for nct_id, _ in studies(4) for word in ("--id", nct_id)]
            name = f"scrape of 4, {SLOW_SECONDS:g} s between two"
            pause = ("--delay", f"{SLOW_SECONDS:g}")
            self.hear(name, scratch / "d", "scrape", "ctgov", *few, *mirror, *pause, way=way)


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Another command writes in the folder, for a while."""
    with ExitStack() as stack:
        stack.enter_context(lock.writing(data, print))
        timer = threading.Timer(HELD_SECONDS, stack.close)
        timer.start()
        yield
        timer.join()


_HEADER = ("command", "seen in", "exit", "s in all", "longest silence, s", "after the words", "lines")


def main() -> None:
    """Print a line for every command; with --of for one, on a database that is there."""
    if sys.argv[1:2] == ["--of"]:
        data, most, *arguments = sys.argv[2:]
        with tempfile.NamedTemporaryFile() as feed:
            heard = listen(
                "--data", data, *arguments, on_terminal=False, most=float(most), feed=Path(feed.name)
            )
        show(data, _HEADER, [(" ".join(arguments), "cron", *heard)])
        return
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    stage = Stage(folder, count)
    for way in sys.argv[3:] or WAYS:
        stage.all(way)
    stage.rows.sort(key=lambda row: (str(row[1]), -float(str(row[4]))))
    show(f"{count:,} trials: how long each command was silent", _HEADER, stage.rows)


if __name__ == "__main__":
    main()
