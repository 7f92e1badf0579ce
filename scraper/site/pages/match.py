"""The question from the patient's side: the form as filled in, and every trial's verdict with its quotes."""

import sqlite3
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from scraper.errors import SettingsError
from scraper.match import engine
from scraper.match.patient import ANSWERS, from_params

Parameters = Mapping[str, Sequence[str]]

MOST_JUDGED = 300
"""Trials whose criteria a page reads: a thousand take over a second. The rest are counted and said."""
_LABS = 3
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
    query = urllib.parse.urlencode([(name, value) for name, values in asked.items() for value in values])
    return {
        "heading": "Which trials could take this person?",
        "not_advice": engine.NOT_ADVICE,
        "typed": typed,
        "labs": [*asked.get("lab", []), *[""] * _LABS][: max(_LABS, len(asked.get("lab", [])))],
        "answers": [(name, _ANSWERS[name], typed.get(name, "")) for name in ANSWERS],
        "is_more": bool(set(typed) & {*ANSWERS, "lab", "near", "km", "karnofsky"}),
        "answer": answer,
        "verdicts": _VERDICTS,
        "by_field": [
            (_FIELDS.get(name, name), n)
            for name, n in (answer["excluded_by_field"] if answer else {}).items()
        ],
        "message": message,
        "near_query": f"?{urllib.parse.urlencode({'near': typed['near']})}" if "near" in typed else "",
        "json": f"/match.json?{query}",
    }


def data(connection: sqlite3.Connection, parameters: Parameters) -> dict[str, Any]:
    """The answer for programs. Raises SettingsError on a value that cannot be read."""
    found: dict[str, Any] = engine.as_data(engine.match(connection, from_params(parameters), MOST_JUDGED))
    return found
