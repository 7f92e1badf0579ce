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
from scraper.sources import medicaltrial as medicaltrial
from scraper.sources import trialx as trialx
from scraper.sources import trialx_family as trialx_family
from scraper.sources import veeva as veeva
from scraper.sources.source import Source

SOURCES: tuple[Source, ...] = (
    ctgov.SOURCE,
    # Before TrialX, whose template it shares: its pages are told by their own address.
    trialx_family.SOURCE,
    trialx.SOURCE,
    veeva.SOURCE,
    ictrp.SOURCE,
    ctis.SOURCE,
    isrctn.SOURCE,
    drks.SOURCE,
    euctr.SOURCE,
    anzctr.SOURCE,
    chictr.SOURCE,
    cris.SOURCE,
    # Last: any site's page may describe its trial in schema.org's words beside its own.
    medicaltrial.SOURCE,
)


def by_name(name: str) -> Source:
    """The source of that name. Raises SettingsError that lists the names there are."""
    for source in SOURCES:
        if source.name == name:
            return source
        for form in source.forms:
            if form.name == name:
                raise SettingsError(
                    f"{name!r} is a form of {source.name} that is only imported: {form.note}; import saved files with"
                    f" trials import FILE --source {name}, or fetch with trials scrape {source.name}"
                )
    known = ", ".join(source.name for source in SOURCES)
    raise SettingsError(f"source {name!r} is not known; known sources: {known} (see `trials sources`)")


def importable(name: str) -> Source:
    """The source of that name, or the one that a form of that name belongs to. Raises SettingsError."""
    return next((s for s in SOURCES if name in {form.name for form in s.forms}), None) or by_name(name)


def recognise(name: str, body: bytes) -> Source | None:
    """The source whose pages or records this file holds, by content; None when no source knows it."""
    return next((source for source in SOURCES if source.recognise(name, body[: 1 << 16])), None)
