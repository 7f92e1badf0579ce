"""Other names for what was typed: abbreviations read from the data, and the registries' own MeSH terms.

The pairs and names lie in `synonyms` and `mesh_names`, learned from the rows by `search.learned`.
"""

import sqlite3
from collections import defaultdict

from scraper.search.index import TRIALS
from scraper.search.query import Synonym, Words, spans
from scraper.search.words import key, term_names, tokens

MIN_SHARE = 0.25
"""An expansion of an abbreviation is searched for when at least this share of its trials means it."""
MIN_SHARE_BACK = 0.8
"""An abbreviation is searched for in place of its long form when it hardly means anything else."""

ORDINARY = 25
"""A word in so many times more trials than define it as an abbreviation is an ordinary word ("all", "who", "age"):
only capitals ask for the abbreviation."""

Span = tuple[int, int]


def lookup(connection: sqlite3.Connection, words: Words) -> dict[Span, list[Synonym]]:
    """Synonyms for the runs of plain words, the longest run first and no two overlapping."""
    runs = spans(words)
    found: dict[str, dict[str, Synonym]] = defaultdict(dict)
    typed = {name: " ".join(words.groups[i][0].text for i in range(*span)) for name, span in runs.items()}
    for name, long_forms in _long_forms(connection, typed).items():
        for long_form in long_forms:
            found[name][long_form] = Synonym(typed[name], long_form)
    for name, short_form in _short_forms(connection, list(runs)):
        found[name].setdefault(short_form, Synonym(typed[name], short_form))
    owners: dict[str, set[str]] = defaultdict(set)
    for name in runs:
        owners[name].add(name)
        for each in list(found[name].values()):
            if len(each.matched.split()) > 1:
                owners[key(each.matched)].add(name)
    for known, term in _terms(connection, list(owners)):
        for name in owners[known]:
            found[name].setdefault(
                f"={term}", Synonym(typed[name], term, is_term=True, is_name=name in term_names(term))
            )
    chosen: dict[Span, list[Synonym]] = {}
    taken: set[int] = set()
    for name, (first, last) in sorted(runs.items(), key=lambda run: (run[1][0] - run[1][1], run[1][0])):
        if found[name] and not taken.intersection(range(first, last)):
            taken.update(range(first, last))
            chosen[first, last] = list(found[name].values())
    return chosen


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
    return [(name, short) for name, short in rows if len(tokens(short)) == 1 and len(short) > 1]


def _terms(connection: sqlite3.Connection, names: list[str]) -> list[tuple[str, str]]:
    return connection.execute(
        f"select name, term from mesh_names where name in ({_marks(len(names))}) order by name, trials desc, term",
        names,
    ).fetchall()
