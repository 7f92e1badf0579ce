"""The filters of a search as options: of `search`, `watch` and `report` alike."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from scraper.errors import SettingsError

if TYPE_CHECKING:
    from scraper.search.question import Question

_FILTERS = (
    click.option("--status", multiple=True, help="RECRUITING, COMPLETED, …; may be given again."),
    click.option("--recruiting", is_flag=True, help="Only trials that are recruiting."),
    click.option("--phase", multiple=True, help="1, 2, 1/2, early1, NA, …; may be given again."),
    click.option("--age", help='Years, or with a unit: "8 months", "10 days".'),
    click.option("--sex", help="female or male."),
    click.option("--condition", help="Words in the trial's conditions."),
    click.option("--country", multiple=True, help="Country of a site; may be given again."),
    click.option("--near", metavar="PLACE", help='A town, as "Boston, US", or 42.36,-71.06.'),
    click.option("--km", help="How near, in kilometres."),
    click.option("--study-type", help="INTERVENTIONAL, OBSERVATIONAL or EXPANDED_ACCESS."),
    click.option("--sponsor-class", multiple=True, help="INDUSTRY, NIH, …; may be given again."),
    click.option("--updated-from", metavar="DATE"),
    click.option("--updated-to", metavar="DATE"),
    click.option("--start-from", metavar="DATE"),
    click.option("--start-to", metavar="DATE"),
    click.option("--has-results", is_flag=True),
    click.option("--healthy-volunteers", is_flag=True),
    click.option("--removed", is_flag=True, help="Also trials that their source no longer has."),
)


def search_filters(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for every filter of a search."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def params_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given, as the parameters of an address say them. Raises SettingsError on --km alone."""
    if options.get("km") and not options.get("near"):
        raise SettingsError(
            f"km: found {options['km']!r} without --near; expected a place with it, as --near 42.36,-71.06"
        )
    return {name: "1" if value is True else value for name, value in options.items() if value}


def question_of(words: str, options: Mapping[str, Any]) -> "Question":
    """The search that words and options ask. Raises SettingsError."""
    from scraper.search.question import from_params

    return from_params({"q": words, **params_of(options)})
