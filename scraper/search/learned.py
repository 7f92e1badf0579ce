"""Reads from the rows what search learns: the contents of the learned tables, ready to be saved.

Of a large registry a fixed part is read, chosen by the trials' ids, so that the same rows always teach the same.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from scraper.search.abbreviations import MIN_TRIALS, abbreviations
from scraper.search.learn import Assigned, Names, Tagger, names
from scraper.search.words import key, term_names
from scraper.store.learned import Learned

READ = 150_000
"""Trials read; of more every n-th."""
SUMMARIES = 50_000
TRIALS_PER_MEANING = 25_000
"""For each so many trials read a long form must be seen once more: rare ones are misread as often as right."""
FEW = 1_000
"""In so few trials an abbreviation is taken at its first explanation."""
MIN_NAMED = 3
MIN_NAMED_SHARE = 0.1
"""Trials of a term, and their share, that must go by a name for it to be searched for by that term."""

_READ = "trial_id in (select trial_id from search_filter where id % :every = 0)"
_INCOMPLETE = (
    "trial_id in (select trial_id from trials except"
    " select trial_id from mesh_terms where kind = 'condition' and is_ancestor)"
)


def learn(connection: sqlite3.Connection) -> Learned:
    """What the rows of this database teach."""
    trials = connection.execute("select count(*) from trials").fetchone()[0]
    every = max(1, trials // READ)
    least = 1 if trials < FEW else max(MIN_TRIALS, trials // every // TRIALS_PER_MEANING)
    pairs = abbreviations(_texts(connection, every, max(1, trials // SUMMARIES)), least)
    assigned = _assigned(connection, every)
    used = Counter(term for trial in assigned for term in set(trial.terms))
    known = names(assigned, pairs)
    return Learned(
        synonyms=tuple((short, long_form, key(long_form), count) for short, long_form, count in pairs),
        mesh_names=tuple(synonymous(known, used)),
        inferred_terms=tuple(_inferred(connection, known)),
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


def _assigned(connection: sqlite3.Connection, every: int) -> list[Assigned]:
    conditions = _lists(connection, "conditions", "name", _READ, every)
    keywords = _lists(connection, "keywords", "name", _READ, every)
    terms = _lists(
        connection, "mesh_terms", "term", f"kind = 'condition' and not is_ancestor and {_READ}", every
    )
    ancestors = _lists(
        connection, "mesh_terms", "term", f"kind = 'condition' and is_ancestor and {_READ}", every
    )
    return [
        Assigned(conditions.get(trial, []), keywords.get(trial, []), terms[trial], ancestors.get(trial, []))
        for trial in sorted(terms)
    ]


def _inferred(connection: sqlite3.Connection, known: Names) -> Iterator[tuple[str, int, str, int, str]]:
    """Rows of `inferred_terms`: all terms of trials that state none, the ancestors of terms stated without."""
    tagger = Tagger(known)
    terms = _lists(connection, "mesh_terms", "term", f"kind = 'condition' and {_INCOMPLETE}")
    conditions = _lists(connection, "conditions", "name", _INCOMPLETE)
    keywords = _lists(connection, "keywords", "name", _INCOMPLETE)
    for trial in sorted(terms.keys() | conditions.keys() | keywords.keys()):
        if trial in terms:
            found = tagger.above(terms[trial])
        else:
            found = tagger.infer(conditions.get(trial, []), keywords.get(trial, []))
        for position, each in enumerate(found):
            yield trial, position, each.term, int(each.is_ancestor), each.evidence


def _texts(connection: sqlite3.Connection, every: int, summaries: int) -> Iterator[list[str]]:
    conditions = _lists(connection, "conditions", "name", f"instr(name, '(') and {_READ}", every)
    keywords = _lists(connection, "keywords", "name", f"instr(name, '(') and {_READ}", every)
    rows = connection.execute(
        "select f.trial_id, t.brief_title, x.official_title, iif(f.id % :summaries = 0, x.brief_summary, null)"
        " from search_filter f join trials t on t.trial_id = f.trial_id"
        " left join trial_text x on x.trial_id = f.trial_id where f.id % :every = 0 order by f.id",
        {"every": every, "summaries": summaries},
    )
    for trial, *texts in map(tuple, rows):
        yield [*(text for text in texts if text), *conditions.get(trial, []), *keywords.get(trial, [])]


def _lists(
    connection: sqlite3.Connection, table: str, column: str, where: str, every: int = 1
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    rows = connection.execute(
        f"select trial_id, {column} from {table} where {where} order by trial_id, position", {"every": every}
    )
    for trial, value in rows:
        found[trial].append(value)
    return found
