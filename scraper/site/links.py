"""Addresses: of our own pages, and of others only where following them is safe."""

import urllib.parse

from datasette.utils import tilde_encode

DATABASE = "trials"
"""The name the database has on the site, whatever its file is called."""


def safe_url(url: str | None) -> str | None:
    """The address when it is a plain web address, None for anything else: scraped text may say ``javascript:``."""
    if not url:
        return None
    try:
        parts = urllib.parse.urlsplit(url.strip())
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return None
    return url.strip() if not any(character.isspace() for character in url.strip()) else None


def trial_path(trial_id: str) -> str:
    return f"/{DATABASE}/{DATABASE}/{tilde_encode(trial_id)}"


def condition_path(name: str) -> str:
    return f"/conditions/{tilde_encode(name)}"


def sponsor_path(name: str) -> str:
    return f"/sponsors/{tilde_encode(name)}"


def search_path(**parameters: str) -> str:
    return f"/search?{urllib.parse.urlencode(parameters)}"


def table_path(table: str, **parameters: str) -> str:
    """The address of a table, filtered: ``table_path("criteria", trial_id="NCT01234567")``."""
    query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
    return f"/{DATABASE}/{tilde_encode(table)}{query}"
