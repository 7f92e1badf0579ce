"""The question from the patient's side: the form as filled in, and every trial's verdict with its quotes."""

import sqlite3
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from scraper.errors import SettingsError
from scraper.match import engine
from scraper.match.patient import ANSWERS, from_params
from scraper.search.question import from_params as searched
from scraper.site.pages.near import place_meant

Parameters = Mapping[str, Sequence[str]]

MOST_JUDGED = 300
"""Trials whose criteria a page reads: a thousand take over a second. The rest are counted and said."""
_LABS = 3
_MOST_TOLD = 100
_ANSWERS = {
    "pregnant": "Pregnant",
    "nursing": "Breast-feeding",
    "hiv": "HIV infection",
    "hbv": "Hepatitis B",
    "hcv": "Hepatitis C",
    "healthy": "Healthy volunteer",
}
_VERDICTS = {
    "match": ("✓", "Nothing speaks against it", "open"),
    "unknown": ("?", "Some criteria could not be checked", "shut"),
    "excluded": ("✕", "Excluded", "ended"),
}
_FIELDS = {"age": "age", "sex": "sex", "healthy_volunteers": "not taking healthy volunteers"}


def page(connection: sqlite3.Connection, parameters: Parameters) -> dict[str, Any]:
    """The form and, once anything is asked, the answer; a value that cannot be read is said in `message`."""
    asked = {
        name: list(values) for name, values in parameters.items() if any(value.strip() for value in values)
    }
    answer, message = None, ""
    if asked:
        try:
            answer = data(connection, asked)
        except SettingsError as error:
            message = str(error)
    typed = {name: values[-1] for name, values in asked.items()}
    shown = answer["trials"] if answer else []
    fitting = answer["verdicts"]["match"] + answer["verdicts"]["unknown"] if answer else 0
    query = urllib.parse.urlencode([(name, value) for name, values in asked.items() for value in values])
    return {
        "heading": "Which trials could take this person?",
        "not_advice": engine.NOT_ADVICE,
        "typed": typed,
        "labs": [*asked.get("lab", []), *[""] * _LABS][: max(_LABS, len(asked.get("lab", [])))],
        "answers": [(name, _ANSWERS[name], typed.get(name, "")) for name in ANSWERS],
        "is_more": bool(set(typed) & {*ANSWERS, "lab", "karnofsky"}),
        "answer": answer,
        "verdicts": _VERDICTS,
        "by_field": [
            (_FIELDS.get(name, name), n)
            for name, n in (answer["excluded_by_field"] if answer else {}).items()
        ],
        "open_now": [row for row in shown if row["is_recruiting"]],
        "not_open": [row for row in shown if not row["is_recruiting"]],
        "more_fit": max(0, fitting - len(shown)),
        "more": f"/match.json?{urllib.parse.urlencode({**asked, 'limit': [str(_MOST_TOLD)]}, doseq=True)}",
        "message": message,
        "place": _place(typed, asked),
        "near_query": f"?{urllib.parse.urlencode({'near': typed['near']})}" if "near" in typed else "",
        "json": f"/match.json?{query}",
    }


def _place(typed: Mapping[str, str], asked: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    def address(words: str) -> str:
        query = {**asked, "near": [words]}
        return f"/match?{urllib.parse.urlencode(query, doseq=True)}"

    try:
        near = searched({name: typed[name] for name in ("near", "km") if name in typed}).filters.near
    except SettingsError:  # said above the form already
        return None
    return place_meant(near, address)


def data(connection: sqlite3.Connection, parameters: Parameters) -> dict[str, Any]:
    """The answer for programs. Raises SettingsError on a value that cannot be read."""
    found: dict[str, Any] = engine.as_data(engine.match(connection, from_params(parameters), MOST_JUDGED))
    return found
