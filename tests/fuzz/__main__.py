"""python -m tests.fuzz MINUTES [--seed N] [--keep DIR] [--only NAME]

Mutates what strangers may give every reader there is, keeps what reaches new lines, writes what fails to DIR, once a
place, and prints a table: reader, inputs, seconds, findings. Each input has a limit of time and one of memory.
"""

import argparse
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scraper.sources import by_name
from scraper.sources.source import Source
from tests.commands import trials
from tests.fuzz import corpus, databases, network, words
from tests.fuzz.limits import TooSlow, allowance, bounded_memory, limited
from tests.fuzz.mutate import MOST_BYTES
from tests.fuzz.reach import Reach
from tests.fuzz.reader import Reader
from tests.fuzz.target import Target, listings
from tests.registry_pages import PAGES

MOST_MEMORY = 4 << 30
LARGEST_KEPT = 64 << 10
_PACKED = (b"\x1f\x8b", b"PK")


@dataclass
class Tried:
    """What became of one reader's inputs; `seconds` are of this process alone."""

    inputs: int = 0
    read: int = 0
    kept: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    findings: int = 0


@dataclass
class Fuzzed:
    """What a run did; `found` are the places that failed, each with the file that shows it."""

    readers: dict[str, Tried] = field(default_factory=dict)
    found: dict[str, Path] = field(default_factory=dict)

    @property
    def tries(self) -> int:
        return sum(tried.inputs for tried in self.readers.values())

    @property
    def read(self) -> int:
        return sum(tried.read for tried in self.readers.values())


def every_reader(folder: Path, *, with_real: bool = False) -> list[Reader]:
    """All there are; `folder` is for the files they read."""
    pages, data = _Pages(folder), folder / "data"
    forms = corpus.forms_of_pages(with_real=with_real)
    found = [
        Reader(f"{source} {form}", bodies, pages.reading(by_name(source)), share=1.2)
        for (source, form), bodies in sorted(forms.items())
    ]
    found.append(Reader("search answers", corpus.answers(), listings, share=3))
    made = folder / "made"
    made.mkdir()
    for (source, form), bodies in forms.items():
        if not form.startswith("real"):
            (made / f"{source}-{form.replace(' ', '-')}").write_bytes(bodies[0])
    trials(data, "import", made, PAGES / "ctgov")
    shutil.rmtree(made)
    return [*found, *words.readers(data, folder), *databases.readers(data, folder), *network.readers()]


class _Pages:
    """Reads a saved file as an import does, now by its content and now as its source's."""

    def __init__(self, folder: Path) -> None:
        self.path, self.target, self.count = folder / "input", Target(), 0

    def reading(self, source: Source) -> Callable[[bytes], int]:
        def run(body: bytes) -> int:
            self.path.write_bytes(body)
            self.count += 1
            return self.target.run(self.path, source if self.count % 5 < 2 else None)

        return run


def fuzz(
    readers: Sequence[Reader],
    seed: int,
    folder: Path,
    tries: int = sys.maxsize,
    seconds: float = float("inf"),
    watch: bool = True,
) -> Fuzzed:
    """Run until `tries` or `seconds` are used up; the same seed and tries mutate alike."""
    rng, reach = random.Random(seed), Reach()
    done = Fuzzed({reader.name: Tried() for reader in readers})
    others = [body for reader in readers for body in reader.seeds if len(body) < LARGEST_KEPT]
    kept = {reader.name: list(reader.seeds) for reader in readers}
    for reader in readers:  # what is read only once, such as gazetteers, is no input's fault
        _tried(reader, reader.seeds[0])
    end, told = time.monotonic() + seconds, time.monotonic()
    shares = [reader.share for reader in readers]
    while done.tries < tries and time.monotonic() < end:
        (reader,) = rng.choices(readers, shares)
        mine, tried = kept[reader.name], done.readers[reader.name]
        body = mine[-rng.randrange(1, min(60, len(mine)) + 1)] if rng.random() < 0.5 else rng.choice(mine)
        made = reader.mutate(rng, body, others)
        tried.inputs += 1
        start = time.process_time()
        # Watching costs time; one input in three is enough to grow by.
        is_watched = watch and rng.random() < 0.34 and len(made) < LARGEST_KEPT
        try:
            if is_watched:
                with reach:
                    tried.read += _tried(reader, made)
                if reach.fresh:
                    mine.append(made)
                    others.append(made)
                    tried.kept += 1
            else:
                tried.read += _tried(reader, made)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a finding
            again = _again(reader, made) if isinstance(error, TooSlow) and is_watched else error
            if again is not None and _found(done, again, reader.name, made, folder):
                tried.findings += 1
        took = time.process_time() - start
        tried.seconds += took
        tried.slowest = max(tried.slowest, took)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(_line(done), flush=True)
    return done


def _tried(reader: Reader, body: bytes) -> int:
    size = 2 * MOST_BYTES if body.startswith(_PACKED) else len(body)
    with limited(allowance(size)), bounded_memory(size):
        return reader.run(body)


def _again(reader: Reader, body: bytes) -> BaseException | None:
    """What the same input does when nobody watches."""
    try:
        _tried(reader, body)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is a finding
        return error
    return None


def _found(done: Fuzzed, error: BaseException, name: str, body: bytes, folder: Path) -> bool:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "scraper" in Path(f.filename).parts]
    last = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {Path(last.filename).name}:{last.name}"
    if isinstance(error, TooSlow):
        where = f"TooSlow in {' < '.join(f'{Path(f.filename).name}:{f.name}' for f in frames[:-4:-1])}"
    if where in done.found:
        return False
    file = folder / f"found-{len(done.found):03}-{name.replace(' ', '-').replace('/', '-')}"
    file.write_bytes(body)
    file.with_name(file.name + ".txt").write_text(
        "".join(traceback.format_exception(error))[-6000:], encoding="utf-8", errors="replace"
    )
    done.found[where] = file
    print(f"found {where}, {name}: {str(error)[:200]!r}, {len(body):,} bytes in {file}", flush=True)
    return True


def _line(done: Fuzzed) -> str:
    kept = sum(tried.kept for tried in done.readers.values())
    return (
        f"inputs {done.tries:,}, things read {done.read:,}, inputs kept {kept:,}, findings {len(done.found)}"
    )


def table(done: Fuzzed) -> str:
    """A row a reader."""
    lines = [f"{'reader':34}{'inputs':>9}{'read':>9}{'kept':>6}{'seconds':>9}{'slowest':>9}{'findings':>9}"]
    for name, tried in sorted(done.readers.items()):
        lines.append(
            f"{name:34}{tried.inputs:9,}{tried.read:9,}{tried.kept:6,}{tried.seconds:9.0f}{tried.slowest:9.1f}"
            f"{tried.findings:9}"
        )
    return "\n".join([*lines, _line(done)])


def main() -> None:
    """Print a line a minute, every finding, and the table; exit code 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "trials-fuzz")
    parser.add_argument("--only", default="", help="Readers whose name holds this.")
    given = parser.parse_args()
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    given.keep.mkdir(parents=True, exist_ok=True)
    print(f"seed {given.seed}, findings go to {given.keep}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        readers = [r for r in every_reader(Path(folder), with_real=True) if given.only in r.name]
        warnings.simplefilter("error")  # a user would see them on standard error
        done = fuzz(readers, given.seed, given.keep, seconds=given.minutes * 60)
    print(table(done))
    sys.exit(1 if done.found else 0)


if __name__ == "__main__":
    main()
