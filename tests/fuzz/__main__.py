"""python -m tests.fuzz MINUTES [--seed N] [--keep DIR]

Mutates the saved pages of every source, keeps what reaches new lines, and writes what fails to DIR, once a place.
"""

import argparse
import os
import random
import resource
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from scraper.sources import SOURCES, by_name
from tests.fuzz.mutate import mutated
from tests.fuzz.reach import Reach
from tests.fuzz.target import Target, TooSlow

PAGES = Path(__file__).parents[1] / "pages"
MOST_MEMORY = 3 << 30
LARGEST_KEPT = 64 << 10


@dataclass
class Fuzzed:
    """What a run did; `found` are the places that failed, each with the file that shows it."""

    tries: int = 0
    trials: int = 0
    kept: int = 0
    slowest: float = 0.0
    found: dict[str, Path] = field(default_factory=dict)


def seeds() -> list[tuple[str, bytes]]:
    """(source, body) of every saved page."""
    return [
        (source.name, path.read_bytes())
        for source in SOURCES
        for path in sorted((PAGES / source.name).rglob("*"))
        if path.is_file() and not path.name.endswith((".record.json", ".records.json", ".toml"))
    ]


def fuzz(
    seed: int, folder: Path, tries: int = sys.maxsize, seconds: float = float("inf"), watch: bool = True
) -> Fuzzed:
    """Run until `tries` or `seconds` are used up; the same seed and tries mutate alike."""
    rng, reach, target, done = random.Random(seed), Reach(), Target(), Fuzzed()
    corpus = seeds()
    bodies = [body for _, body in corpus]
    path = folder / "input"
    end = time.monotonic() + seconds
    told = time.monotonic()
    while done.tries < tries and time.monotonic() < end:
        name, body = (
            corpus[rng.randrange(len(corpus))] if rng.random() < 0.5 else corpus[-rng.randrange(1, 60)]
        )
        made = mutated(rng, body, bodies)
        forced = rng.random() < 0.4
        done.tries += 1
        path.write_bytes(made)
        start = time.process_time()
        try:
            # Watching costs time; one input in three is enough to grow by.
            if watch and rng.random() < 0.34 and len(made) < LARGEST_KEPT:
                with reach:
                    done.trials += target.run(path, by_name(name) if forced else None, made)
                if reach.fresh:
                    corpus.append((name, made))
                    bodies.append(made)
                    done.kept += 1
            else:
                done.trials += target.run(path, by_name(name) if forced else None, made)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a finding
            _found(done, error, name if forced else "", made, folder)
            target = Target()
        done.slowest = max(done.slowest, time.process_time() - start)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(_line(done), flush=True)
    path.unlink(missing_ok=True)
    return done


def _found(done: Fuzzed, error: BaseException, name: str, body: bytes, folder: Path) -> None:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "scraper" in Path(f.filename).parts]
    last = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {Path(last.filename).name}:{last.name}"
    if isinstance(error, TooSlow):
        where = f"TooSlow in {' < '.join(f'{Path(f.filename).name}:{f.name}' for f in frames[:-4:-1])}"
    if where in done.found:
        return
    file = folder / f"found-{len(done.found):03}{'-' + name if name else ''}"
    file.write_bytes(body)
    file.with_name(file.name + ".txt").write_text("".join(traceback.format_exception(error))[-6000:])
    done.found[where] = file
    print(f"found {where}: {str(error)[:200]!r}, {len(body):,} bytes in {file}", flush=True)


def _line(done: Fuzzed) -> str:
    return (
        f"tries {done.tries:,}, trials read {done.trials:,}, inputs kept {done.kept:,}, slowest {done.slowest:.1f} s,"
        f" findings {len(done.found)}"
    )


def main() -> None:
    """Print a line a minute and every finding; exit code 1 when there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "trials-fuzz")
    given = parser.parse_args()
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    given.keep.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("error")  # a user would see them on standard error
    print(f"seed {given.seed}, findings go to {given.keep}", flush=True)
    done = fuzz(given.seed, given.keep, seconds=given.minutes * 60)
    print(_line(done))
    sys.exit(1 if done.found else 0)


if __name__ == "__main__":
    main()
