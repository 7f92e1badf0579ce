"""Settings of a run: one dataclass, filled from the environment and the command line."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from scraper import __version__


@dataclass(frozen=True)
class Settings:
    """Where the data lies and how to fetch.

    `contact` is an e-mail address or URL that a site's operator can write to; it goes into the User-Agent.
    `delay_seconds` None means the source's own pause. Times in seconds, sizes in bytes:
    `timeout_seconds` bounds every silence of a site, `total_seconds` a whole answer.
    """

    data: Path = Path("data")
    contact: str = ""
    delay_seconds: float | None = None
    timeout_seconds: float = 30.0
    total_seconds: float = 300.0
    max_body_bytes: int = 64 << 20
    attempts: int = 5

    @classmethod
    def from_environment(cls, data: Path | None = None) -> "Settings":
        """TRIALS_DATA is the data folder, TRIALS_CONTACT the contact; an argument wins over both."""
        return cls(
            data=data or Path(os.environ.get("TRIALS_DATA", "data")),
            contact=os.environ.get("TRIALS_CONTACT", ""),
        )

    @property
    def archive_path(self) -> Path:
        return self.data / "archive.db"

    @property
    def database_path(self) -> Path:
        return self.data / "trials.db"

    @property
    def user_agent(self) -> str:
        contact = self.contact or "no contact set; set TRIALS_CONTACT"
        return f"trials-scraper/{__version__} (clinical trial index; +{contact})"


_HOME = re.compile(
    r"(?<![\w.~/\\-])(?:/home/[^/\s\"]+|/Users/[^/\s\"]+|/root|[A-Za-z]:\\Users\\[^\\\s\"]+)(?=[/\\\s\"',;:)]|$)"
)


def without_home(words: str) -> str:
    """The words with "~" for every home folder, on whatever machine: `/home/ada/saved/a.html` is `~/saved/a.html`.

    Its name is a person's; the rest is needed to find the file.
    """
    return _HOME.sub("~", words)
