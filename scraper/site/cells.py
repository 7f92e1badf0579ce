"""Cells of Datasette's own tables and queries, by the name of their column."""

from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape

from scraper.site import labels
from scraper.site.links import trial_path


def rendered(value: Any, column: str, path: Callable[[str], str]) -> Markup | None:
    """A trial id as a link to its page, a status as a badge; None leaves the cell to Datasette."""
    if not isinstance(value, str) or not value:
        return None
    if column == "trial_id":
        return Markup('<a href="{}">{}</a>').format(path(trial_path(value)), value)
    if column in labels.STATUS_COLUMNS and value in labels.STATUS:
        return badge(value)
    return None


def badge(word: str) -> Markup:
    """The status as a badge; sign and words say it, colour only repeats it."""
    label, sign, tone = labels.badge(word)
    return Markup('<span class="badge tone-{}"><span aria-hidden="true">{}</span> {}</span>').format(
        tone, sign, escape(label)
    )
