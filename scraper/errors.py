"""The errors a run can meet, one class a stage.

    ScraperError
    ├── SettingsError    a setting or an argument is wrong
    ├── FetchError       the network or the site did not give the page
    ├── ArchiveError     a saved file or archive.db cannot be read
    ├── ParseError       a page holds no trial where one was due
    ├── NormaliseError   a word is not in the vocabulary
    └── StoreError       trials.db cannot be read or written

A message says what was found, what was expected and where to act.
"""


class ScraperError(Exception):
    """Any error this package raises on purpose."""


class SettingsError(ScraperError):
    """A setting or an argument is wrong."""


class FetchError(ScraperError):
    """The network or the site did not give the page."""


class ArchiveError(ScraperError):
    """A saved file or the archive cannot be read."""


class ParseError(ScraperError):
    """A page holds no trial where one was due."""

    def __init__(self, found: str, expected: str, field: str = "") -> None:
        super().__init__(f"found {found}; expected {expected}")
        self.found = found
        self.expected = expected
        self.field = field


class NormaliseError(ScraperError):
    """A word is not in the vocabulary; `expected` says what is."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"found {found!r}; expected {expected}")
        self.found = found
        self.expected = expected


class StoreError(ScraperError):
    """The database cannot be read or written."""
