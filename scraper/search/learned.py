"""Reads from the rows what search learns (`search.learn`): the contents of the learned tables, ready to be saved."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from scraper.search.learn import MIN_TRIALS, Assigned, Inferred, Names, Tagger, abbreviations, names
from scraper.search.words import key, term_names
from scraper.store.learned import Learned

SUMMARIES = 75_000
"""Summaries read for abbreviations; of more trials every n-th."""
TRIALS_PER_MEANING = 50_000
"""For each so many trials a long form must be seen once more: rare ones are misread as often as right."""

MIN_NAMED = 3
MIN_NAMED_SHARE = 0.1
"""Trials of a term, and their share, that must go by a name for it to be searched for by that term."""


def learn(connection: sqlite3.Connection) -> Learned:
    """What the rows of this database teach."""
    trials = connection.execute("select count(*) from trials").fetchone()[0]
    pairs = abbreviations(_texts(connection, trials), max(MIN_TRIALS, trials // TRIALS_PER_MEANING))
    conditions = _lists(connection, "conditions", "name")
    keywords = _lists(connection, "keywords", "name")
    terms = _lists(connection, "mesh_terms", "term", "kind = 'condition' and not is_ancestor")
    ancestors = _lists(connection, "mesh_terms", "term", "kind = 'condition' and is_ancestor")
    known = names(
        [
            Assigned(
                conditions.get(trial_id, []),
                keywords.get(trial_id, []),
                terms[trial_id],
                ancestors.get(trial_id, []),
            )
            for trial_id in sorted(terms)
        ],
        pairs,
    )
    return Learned(
        synonyms=tuple((short, long_form, key(long_form), count) for short, long_form, count in pairs),
        mesh_names=tuple(synonymous(known, Counter(term for found in terms.values() for term in set(found)))),
        inferred_terms=tuple(_inferred(connection, known, conditions, keywords, terms, set(ancestors))),
    )


def synonymous(known: Names, used: Mapping[str, int]) -> Iterator[tuple[str, str, int]]:
    """(name, term, trials) of names that mean a term and nothing narrower.

    A name that a fair share of the term's trials goes by is another word for it ("hay fever"); a rare one is a
    kind of it ("sudden deafness" of deafness), and a search for the kind must not find the whole.
    """
    for name, meanings in sorted(known.terms.items()):
        for term, count in sorted(meanings.items()):
            alone = len(meanings) == 1 and count >= MIN_NAMED and count >= MIN_NAMED_SHARE * used.get(term, 0)
            if alone or name in term_names(term):
                yield name, term, count


def _inferred(
    connection: sqlite3.Connection,
    known: Names,
    conditions: dict[str, list[str]],
    keywords: dict[str, list[str]],
    terms: dict[str, list[str]],
    complete: set[str],
) -> Iterator[tuple[str, int, str, int, str]]:
    tagger = Tagger(known)
    for (trial_id,) in connection.execute("select trial_id from trials order by trial_id"):
        if trial_id in complete:
            continue
        if trial_id in terms:
            found: list[Inferred] = tagger.above(terms[trial_id])
        else:
            found = tagger.infer(conditions.get(trial_id, []), keywords.get(trial_id, []))
        for position, each in enumerate(found, 1):
            yield trial_id, position, each.term, int(each.is_ancestor), each.evidence


def _texts(connection: sqlite3.Connection, trials: int) -> Iterator[list[str]]:
    every = max(1, trials // SUMMARIES)
    conditions = _lists(connection, "conditions", "name", "instr(name, '(')")
    keywords = _lists(connection, "keywords", "name", "instr(name, '(')")
    rows = connection.execute(
        "select f.trial_id, t.brief_title, x.official_title, iif(f.id % ? = 0, x.brief_summary, null)"
        " from search_filter f join trials t on t.trial_id = f.trial_id"
        " left join trial_text x on x.trial_id = f.trial_id order by f.id",
        [every],
    )
    for trial_id, *texts in map(tuple, rows):
        yield [
            *(text for text in texts if text),
            *conditions.get(trial_id, []),
            *keywords.get(trial_id, []),
        ]


def _lists(connection: sqlite3.Connection, table: str, column: str, where: str = "1") -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for trial_id, value in connection.execute(
        f"select trial_id, {column} from {table} where {where} order by trial_id, position"
    ):
        found[trial_id].append(value)
    return found
