"""Fills an archive with invented studies, as a scrape of a whole registry would leave it.

python -m tests.bench.archive FOLDER COUNT
"""

import sys
from pathlib import Path

from sqlite_utils.utils import chunks

from scraper.archive.store import Archive
from scraper.model import Page
from tests.bench.generate import studies

FETCHED_AT = "2026-11-20T09:00:00Z"


def fill(folder: Path, count: int) -> None:
    """Archive the first `count` invented studies under their live addresses."""
    with Archive(folder / "archive.db") as archive:
        for batch in chunks(studies(count), 1000):
            with archive.transaction():
                for nct_id, body in batch:
                    url = f"https://clinicaltrials.gov/api/v2/studies/{nct_id}"
                    archive.add(Page(source="ctgov", url=url, body=body, fetched_at=FETCHED_AT))


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]))
