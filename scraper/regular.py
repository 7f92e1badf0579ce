"""Files that a person names to be read: regular ones. A pipe may wait for ever, and a device may never end."""

import os
from pathlib import Path

from scraper.errors import SettingsError


def only_regular(path: Path, expected: str) -> None:
    """Raises SettingsError on what is there but no regular file; what is not there is left to whoever opens it."""
    if path.exists() and not path.is_file():
        found = "a folder" if path.is_dir() else "a device or a pipe"
        raise SettingsError(f"{os.fspath(path)!r} is {found}; expected {expected}")
