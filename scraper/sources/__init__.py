"""The list of sources: a new one is a module, its saved pages, and a line here."""

from scraper.errors import SettingsError
from scraper.sources import anzctr as anzctr
from scraper.sources import chictr as chictr
from scraper.sources import cris as cris
from scraper.sources import ctgov as ctgov
from scraper.sources import ctis as ctis
from scraper.sources import drks as drks
from scraper.sources import euctr as euctr
from scraper.sources import ictrp as ictrp
from scraper.sources import isrctn as isrctn
from scraper.sources import trialx as trialx
from scraper.sources.source import Source

SOURCES: tuple[Source, ...] = (
    ctgov.SOURCE,
    trialx.SOURCE,
    ictrp.SOURCE,
    ctis.SOURCE,
    isrctn.SOURCE,
    drks.SOURCE,
    euctr.SOURCE,
    anzctr.SOURCE,
    chictr.SOURCE,
    cris.SOURCE,
)


def by_name(name: str) -> Source:
    """The source of that name. Raises SettingsError that lists the names there are."""
    for source in SOURCES:
        if source.name == name:
            return source
    known = ", ".join(source.name for source in SOURCES)
    raise SettingsError(f"source {name!r} is not known; known sources: {known} (see `trials sources`)")


def recognise(name: str, body: bytes) -> Source | None:
    """The source whose pages or records this file holds, by content; None when no source knows it."""
    return next((source for source in SOURCES if source.recognise(name, body[: 1 << 16])), None)
