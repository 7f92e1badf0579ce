"""Commands that answer questions: search, match, show, criteria."""

from pathlib import Path
from typing import Any

import click

from scraper import terminal
from scraper.commands.search_options import params_of, question_of, search_filters
from scraper.commands.shared_options import as_json
from scraper.settings import Settings


@click.command()
@click.argument("words", nargs=-1)
@search_filters
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
    with terminal.Meter("search"):
        from scraper import shown
        from scraper.search.engine import search as searching
        from scraper.search.filters import unknown_countries
        from scraper.search.marks import END, START
        from scraper.store import reader

    question = question_of(" ".join(words), options)
    if said := shown.place(question.filters.near):
        terminal.say(said)
    with terminal.Meter("search"):
        db = reader.open_readonly(settings.database_path)
        results = searching(db.conn, question)
        unknown = unknown_countries(db.conn, question.filters.country)
    for name in unknown:
        terminal.say(
            f"country: found {name!r}, where no trial here has a site; expected a name or code as France, FR"
        )
    if as_json:
        terminal.data(shown.results_data(results))
    else:
        bold = (START, END) if terminal.is_terminal() else ("", "")
        for line in shown.results(results, marked=bool(bold[0])):
            terminal.echo(line, bold)


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
@click.option("--near", metavar="PLACE", help='A town, as "Boston, US", or 42.36,-71.06.')
@click.option("--km", help="How near, in kilometres.")
@click.option("--recruiting", is_flag=True, help="Only trials that are recruiting.")
@click.option("--limit", help="Trials to show; default 20.")
@as_json
@click.pass_obj
def match(settings: Settings, /, as_json: bool, **options: Any) -> None:
    """Which trials may take a patient: match, excluded because of what, or unknown. Not medical advice.

    What is not given is unknown, never "no". Only what was read beyond doubt excludes; the rest is shown as unknown.

    Example: trials match --age 34 --sex female --condition "acute myeloid leukemia" --ecog 1 --near "Boston, US"
    """
    with terminal.Meter("match"):
        from scraper import shown
        from scraper.match import engine
        from scraper.match.patient import from_params
        from scraper.store import reader

    patient = from_params(params_of(options))
    if said := shown.place(patient.near):
        terminal.say(said)
    with terminal.Meter("match"):
        db = reader.open_readonly(settings.database_path)
        answer = engine.match(db.conn, patient)
    if as_json:
        terminal.data(engine.as_data(answer))
    else:
        for line in shown.answer(answer):
            terminal.echo(line)


@click.command()
@click.argument("trial_id")
@click.option("--as-of", metavar="DATE", help="As it was at the end of that day, month or year.")
@as_json
@click.pass_obj
def show(settings: Settings, trial_id: str, as_of: str | None, as_json: bool) -> None:
    """Show one trial; any id it has will do.

    With --as-of, as a database of only the pages up to that date would show it.

    Example: trials show NCT04010877 --as-of 2026-03-01
    """
    with terminal.Meter("show"):
        from scraper import shown
        from scraper.store import past, reader
        from scraper.tell import history

    db = reader.open_readonly(settings.database_path)
    found = history.found(db.conn, trial_id, settings.database_path)
    trial = history.trial_at(db.conn, found, as_of) if as_of else reader.trial(db.conn, found) or {}
    trial["versions"] = [moment._asdict() for moment in past.moments(db.conn, found)]
    if as_json:
        terminal.data(trial)
    else:
        terminal.echo(shown.trial(trial))


_STANDARD_INPUT = ("-", "/dev/stdin")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
def criteria(file: Path) -> None:
    """Read eligibility texts, one JSON object {trial_id, text, style} a line; print a criterion a line.

    Example: trials criteria texts.jsonl > criteria.jsonl
    """
    from scraper.criteria import lines
    from scraper.regular import only_regular

    if str(file) not in _STANDARD_INPUT:
        only_regular(file, "a file of one JSON object a line, or - for standard input")

    with (
        terminal.Meter("criteria") as meter,
        click.open_file(str(file), encoding="utf-8", errors="replace") as stream,
    ):
        for done, row in enumerate(lines.read_lines(lines.bounded(stream)), 1):
            terminal.echo(terminal.as_json(row))
            meter("criteria", done, None)
