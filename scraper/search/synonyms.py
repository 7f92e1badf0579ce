"""Other names for what was typed: abbreviations read from the data, the registries' own MeSH terms, lay words.

The pairs and names lie in `synonyms` and `mesh_names`, learned from the rows by `search.learned`; what patients say
for what registries write is a short list of our own, lay_words.csv.
"""

import csv
import sqlite3
from collections import defaultdict
from functools import cache
from importlib.resources import files

from scraper.search.index import TRIALS
from scraper.search.query import Synonym, Words, spans
from scraper.search.words import key, term_names, tokens

MIN_SHARE = 0.25
"""An expansion of an abbreviation is searched for when at least this share of its trials means it."""
MIN_SHARE_BACK = 0.8
"""An abbreviation is searched for in place of its long form when it hardly means anything else."""

MIN_LETTERS_BACK = 3
"""Two letters mean too much: multiple sclerosis is not every MS."""
ORDINARY = 25
"""A word in so many times more trials than define it as an abbreviation is an ordinary word ("all", "who", "age"):
only capitals ask for the abbreviation."""

Span = tuple[int, int]


def lookup(connection: sqlite3.Connection, words: Words) -> dict[Span, list[Synonym]]:
    """Synonyms for the runs of plain words, the longest run first and no two overlapping."""
    runs = spans(words)
    typed = {name: " ".join(words.groups[i][0].text for i in range(*span)) for name, span in runs.items()}
    own_terms = _terms(connection, list(runs))
    phrases: dict[str, list[str]] = defaultdict(list)
    for name, long_forms in _long_forms(connection, typed).items():
        phrases[name] += long_forms
    for name, (first, _) in runs.items():
        if not (own_terms.get(name) and words.groups[first][0].field == "condition"):
            phrases[name] += lay_words().get(name, ())
    terms = own_terms | _terms(connection, [key(phrase) for found in phrases.values() for phrase in found])
    for name, short_form in _short_forms(connection, list(runs)):
        phrases[name].append(short_form)
    chosen: dict[Span, list[Synonym]] = {}
    taken: set[int] = set()
    for name, (first, last) in sorted(runs.items(), key=lambda run: (run[1][0] - run[1][1], run[1][0])):
        found = _synonyms(name, typed[name], phrases[name], terms)
        if words.groups[first][0].field != "condition":
            # The typed words find the terms that hold them all.
            found = [each for each in found if adds_words(each)]
        if found and not taken.intersection(range(first, last)):
            taken.update(range(first, last))
            chosen[first, last] = found
    return chosen


def _synonyms(name: str, typed: str, phrases: list[str], terms: dict[str, list[str]]) -> list[Synonym]:
    found: dict[str, Synonym] = {}
    own = set(terms.get(name, ()))
    for phrase in phrases:
        meant = terms.get(key(phrase), [])
        # "High blood pressure" is the term Hypertension, not every other hypertension.
        is_broad = phrase in lay_words().get(name, ()) and phrase in (term.casefold() for term in meant)
        if not is_broad or " " in phrase:
            found.setdefault(phrase, Synonym(typed, phrase))
        own.update(meant)
    for term in sorted(own):
        found[f"={term}"] = Synonym(typed, term, is_term=True, is_name=name in term_names(term))
    return list(found.values())


@cache
def lay_words() -> dict[str, tuple[str, ...]]:
    """Folded everyday name -> medical names, from lay_words.csv."""
    found: dict[str, list[str]] = defaultdict(list)
    table = files("scraper.search").joinpath("lay_words.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(table.splitlines()):
        found[key(row["everyday"])].append(row["medical"])
    return {name: tuple(others) for name, others in found.items()}


def adds_words(synonym: Synonym) -> bool:
    """Whether the synonym says something other than the typed words in another order or number."""
    return not set(key(synonym.typed).split()) <= set(key(synonym.matched).split())


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _long_forms(connection: sqlite3.Connection, typed: dict[str, str]) -> dict[str, list[str]]:
    shorts: dict[str, str] = {}
    small: set[str] = set()
    for name, text in typed.items():
        short = text.strip(".,;:'\"")
        if short:
            shorts.setdefault(short.casefold(), name)
            small |= {short} if short.islower() else set()
    rows = connection.execute(
        "select abbreviation, expansion, trials from synonyms"
        f" where abbreviation in ({_marks(len(shorts))}) order by abbreviation, trials desc, expansion",
        list(shorts),
    ).fetchall()
    totals: dict[str, int] = defaultdict(int)
    for short, _, trials in rows:
        totals[short.casefold()] += trials
    found: dict[str, list[str]] = defaultdict(list)
    ordinary = {
        short for short in small & totals.keys() if _trials(connection, short) > ORDINARY * totals[short]
    }
    for short, long_form, trials in rows:
        if short.casefold() in ordinary:
            continue
        if trials >= MIN_SHARE * totals[short.casefold()]:
            found[shorts[short.casefold()]].append(long_form)
    return found


def _trials(connection: sqlite3.Connection, word: str) -> int:
    row = connection.execute(f"select doc from {TRIALS.words} where term = ?", [word]).fetchone()
    return row[0] if row else 0


def _short_forms(connection: sqlite3.Connection, names: list[str]) -> list[tuple[str, str]]:
    rows = connection.execute(
        "select s.expansion_key, s.abbreviation from synonyms s"
        f" where s.expansion_key in ({_marks(len(names))}) and s.trials >= ? *"
        " (select sum(trials) from synonyms o where o.abbreviation = s.abbreviation)"
        " order by s.expansion_key, s.trials desc, s.abbreviation",
        [*names, MIN_SHARE_BACK],
    ).fetchall()
    return [
        (name, short) for name, short in rows if len(tokens(short)) == 1 and len(short) >= MIN_LETTERS_BACK
    ]


def _terms(connection: sqlite3.Connection, names: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, term in connection.execute(
        f"select name, term from mesh_names where name in ({_marks(len(names))}) order by name, trials desc, term",
        names,
    ):
        found[name].append(term)
    return dict(found)
