"""The errors a run can meet, one class a stage.

    ScraperError
    ├── SettingsError    a setting or an argument is wrong
    ├── FetchError       the network or the site did not give the page
    │   ├── ForbiddenError   robots.txt forbids the address
    │   └── StoppedError     nothing more can be had of this source now
    ├── ArchiveError     a saved file or archive.db cannot be read
    ├── ParseError       a page holds no trial where one was due
    ├── NormaliseError   a word is not in the vocabulary
    ├── StoreError       trials.db or the data folder cannot be read or written
    │   ├── RefusedError     a build falls below its floors; the old database stays
    │   └── OlderSchemaError an older program made trials.db: `trials build` brings it up to date
    └── SiteError        the site cannot be served

A message says what was found, what was expected and where to act.
"""

import sqlite3

DAMAGED = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What a damaged SQLite file raises: where its schema is noise, SQLite's own message is no text."""


class ScraperError(Exception):
    """Any error this package raises on purpose."""


class SettingsError(ScraperError):
    """A setting or an argument is wrong."""


class FetchError(ScraperError):
    """The network or the site did not give the page.

    `url` is the live address, whatever mirror was asked; `status` the HTTP status, 0 when there was no answer.
    """

    def __init__(self, url: str, found: str, expected: str, advice: str = "", status: int = 0) -> None:
        super().__init__(f"{url}: found {found}; expected {expected}" + (f"; {advice}" if advice else ""))
        self.url = url
        self.found = found
        self.expected = expected
        self.advice = advice
        self.status = status


class ForbiddenError(FetchError):
    """robots.txt forbids the address."""


class StoppedError(FetchError):
    """Nothing more can be had of this source now; a later run goes on where this one stopped."""


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
    """The database or the data folder cannot be read or written."""


class RefusedError(StoreError):
    """A build falls below its floors; the old database stays."""


class OlderSchemaError(StoreError):
    """An older program made trials.db: `trials build` brings it up to date."""


class SiteError(ScraperError):
    """The site cannot be served."""
