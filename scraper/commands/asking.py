"""Commands that answer questions: search, match, show, criteria."""

import json
from pathlib import Path
from typing import Any

import click

from scraper import terminal
from scraper.commands.shared_options import as_json
from scraper.errors import ScraperError
from scraper.settings import Settings


@click.command()
@click.argument("words", nargs=-1)
@click.option("--status", multiple=True, help="RECRUITING, COMPLETED, …; may be given again.")
@click.option("--recruiting", is_flag=True, help="Only trials that are recruiting.")
@click.option("--phase", multiple=True, help="1, 2, 1/2, early1, NA, …; may be given again.")
@click.option("--age", help='Years, or with a unit: "8 months", "10 days".')
@click.option("--sex", help="female or male.")
@click.option("--condition", help="Words in the trial's conditions.")
@click.option("--country", multiple=True, help="Country of a site; may be given again.")
@click.option("--near", metavar="LAT,LON", help="Decimal degrees, as 42.36,-71.06.")
@click.option("--km", help="How near, in kilometres.")
@click.option("--study-type", help="INTERVENTIONAL, OBSERVATIONAL or EXPANDED_ACCESS.")
@click.option("--sponsor-class", multiple=True, help="INDUSTRY, NIH, …; may be given again.")
@click.option("--updated-from", metavar="DATE")
@click.option("--updated-to", metavar="DATE")
@click.option("--start-from", metavar="DATE")
@click.option("--start-to", metavar="DATE")
@click.option("--has-results", is_flag=True)
@click.option("--healthy-volunteers", is_flag=True)
@click.option("--removed", is_flag=True, help="Also trials that their source no longer has.")
@click.option("--sort", help="relevance, updated, start, distance or enrollment.")
@click.option("--limit", help="Hits to show; default 20.")
@click.option("--offset", help="Hits to pass over.")
@as_json
@click.pass_obj
def search(settings: Settings, /, words: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Search the index; the matched words are marked.

    WORDS may hold '"phrases"', prefix*, OR, -minus, and condition: intervention: sponsor: title: criteria: id: scopes.

    Example: trials search CAR-T condition:leukemia --recruiting --age "8 months"
    """
    from scraper import shown
    from scraper.search.engine import search as searching
    from scraper.search.question import from_params
    from scraper.store import reader

    given = {name: _param(value) for name, value in options.items() if value}
    question = from_params({"q": " ".join(words), **given})
    db = reader.open_readonly(settings.database_path)
    results = searching(db.conn, question)
    if as_json:
        terminal.data(shown.results_data(results))
    else:
        for line in shown.results(results, marked=terminal.is_terminal()):
            click.echo(line)


def _param(value: Any) -> Any:
    """An option's value as the address of a search would have it."""
    return "1" if value is True else value


@click.command()
@click.option("--age", help='Years, or with a unit: "8 months", "10 days".')
@click.option("--sex", help="female or male.")
@click.option("--condition", help="Words in the trial's conditions.")
@click.option("--ecog", help="ECOG performance status, 0 to 5.")
@click.option("--karnofsky", help="Karnofsky performance status, 0 to 100.")
@click.option("--pregnant", metavar="yes|no")
@click.option("--nursing", metavar="yes|no", help="Breastfeeding.")
@click.option("--hiv", metavar="yes|no")
@click.option("--hbv", metavar="yes|no", help="Hepatitis B.")
@click.option("--hcv", metavar="yes|no", help="Hepatitis C.")
@click.option("--healthy", metavar="yes|no", help="A healthy volunteer.")
@click.option(
    "--lab", multiple=True, metavar="NAME=VALUE UNIT", help="As creatinine=1.1 mg/dL; may be given again."
)
@click.option("--near", metavar="LAT,LON", help="Decimal degrees, as 42.36,-71.06.")
@click.option("--km", help="How near, in kilometres.")
@click.option("--recruiting", is_flag=True, help="Only trials that are recruiting.")
@click.option("--limit", help="Trials to show; default 20.")
@as_json
@click.pass_obj
def match(settings: Settings, /, as_json: bool, **options: Any) -> None:
    """Which trials may take a patient: match, excluded because of what, or unknown. Not medical advice.

    What is not given is unknown, never "no". Only what was read beyond doubt excludes; the rest is shown as unknown.

    Example: trials match --age 34 --sex female --condition "acute myeloid leukemia" --ecog 1 --near 42.36,-71.06
    """
    from scraper import shown
    from scraper.match import engine
    from scraper.match.patient import from_params
    from scraper.store import reader

    patient = from_params({name: _param(value) for name, value in options.items() if value})
    db = reader.open_readonly(settings.database_path)
    answer = engine.match(db.conn, patient)
    if as_json:
        terminal.data(engine.as_data(answer))
    else:
        for line in shown.answer(answer):
            click.echo(line)


@click.command()
@click.argument("trial_id")
@as_json
@click.pass_obj
def show(settings: Settings, trial_id: str, as_json: bool) -> None:
    """Show one trial; any id it has will do.

    Example: trials show NCT04010877
    """
    from scraper import shown
    from scraper.normalise.identifier import canonical
    from scraper.store import reader

    db = reader.open_readonly(settings.database_path)
    recognised = canonical(trial_id)
    found = reader.trial_id_of(db.conn, trial_id.strip(), recognised[1] if recognised else None)
    trial = reader.trial(db.conn, found) if found else None
    if trial is None:
        raise ScraperError(
            f"trial {trial_id!r} is not in {settings.database_path}; try `trials search {trial_id}`"
        )
    if as_json:
        terminal.data(trial)
    else:
        click.echo(shown.trial(trial))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
def criteria(file: Path) -> None:
    """Read eligibility texts, one JSON object {trial_id, text, style} a line; print a criterion a line.

    Example: trials criteria texts.jsonl > criteria.jsonl
    """
    from scraper.criteria import lines

    with click.open_file(str(file), encoding="utf-8", errors="replace") as stream:
        for row in lines.read_lines(stream):
            click.echo(json.dumps(row, ensure_ascii=False))
