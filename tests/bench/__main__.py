"""`make bench`: every benchmark that needs nothing but this checkout (and PyPI for the peer), printed as tables.

python -m tests.bench [COUNT]      COUNT invented trials for the whole build, 20,000 without
"""

import sys
import tempfile
from pathlib import Path

from tests.bench import build, latency, load, peer


def main() -> None:
    """Run them one after the other; ratios are taken within one run."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    load.measure(2000)
    with tempfile.TemporaryDirectory() as folder:
        build.measure(Path(folder), count)
        latency.measure(Path(folder))
    peer.measure(1000, Path(".cache/peer"))


if __name__ == "__main__":
    main()
