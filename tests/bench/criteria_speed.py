"""Seconds the criteria engine takes: `python tests/bench/criteria_speed.py [FILE.jsonl[.gz]]`.

Prints the longest time for one megabyte of each hostile text, and trials a second over a file of
``{"trial_id", "text", "style"}`` lines.
"""

import gzip
import json
import sys
import time
from pathlib import Path

from scraper.criteria import read

HOSTILE = (
    "* ",
    "\n  - x",
    "1. ",
    "≥ 5 ",
    "5/",
    "24 + 0 ",
    "age 18 ",
    "; ",
    "(",
    "&amp;",
    "\\>",
    "<br>",
    "AST, ",
    "Inclusion Criteria: ",
)


def main() -> None:
    for piece in HOSTILE:
        text = piece * (1_000_000 // len(piece))
        begin = time.process_time()
        read(text)
        print(f"{time.process_time() - begin:6.2f} s for 1 MB of {piece!r}")
    for name in sys.argv[1:]:
        raw = Path(name).read_bytes()
        lines = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode().splitlines()
        items = [json.loads(line) for line in lines]
        begin = time.process_time()
        for item in items:
            read(item["text"], item.get("style", ""))
        print(f"{len(items) / (time.process_time() - begin):6.0f} trials a second of {name}")


if __name__ == "__main__":
    main()
