"""Reads from the rows what search learns: the contents of the learned tables, ready to be saved.

Of a large registry a fixed part is read, chosen by the trials' ids, so that the same rows always teach the same. What
each trial adds lies summed up in `learned_counts`: after a change of few trials only these are read again.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from scraper.search.abbreviations import MIN_TRIALS, chosen, explained
from scraper.search.learn import Assigned, Key, Names, counted, names
from scraper.search.tagger import Tagger
from scraper.search.words import key, term_names
from scraper.store.learned import Learned, stored_counts

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

_READ = (
    "trial_id in (select trial_id from search_filter where id % :every = 0"
    " and (:ids is null or trial_id in (select value from json_each(:ids))))"
)
_INCOMPLETE = (
    "trial_id in (select trial_id from trials except"
    " select trial_id from mesh_terms where kind = 'condition' and is_ancestor)"
)


class Sample(NamedTuple):
    """Which trials are read: every n-th by its id, and the summary of every n-th."""

    every: int
    summaries: int


_SAMPLE = "sample"


def sample_of(connection: sqlite3.Connection) -> Sample:
    """The part of this database's trials that teaches."""
    trials = connection.execute("select count(*) from trials").fetchone()[0]
    return Sample(max(1, trials // READ), max(1, trials // SUMMARIES))


def counted_sample(connection: sqlite3.Connection) -> Sample | None:
    """The part that `learned_counts` was counted over; None when nothing was counted yet."""
    found = dict(
        connection.execute("select a, count from learned_counts where kind = ?", [_SAMPLE]).fetchall()
    )
    return Sample(found["every"], found["summaries"]) if found else None


def tally(
    connection: sqlite3.Connection, sample: Sample, trial_ids: Sequence[str] | None = None
) -> Counter[Key]:
    """What these trials add to the counts as their rows now are; all trials without `trial_ids`."""
    found: Counter[Key] = Counter()
    asked: dict[str, object] = {
        **sample._asdict(),
        "ids": None if trial_ids is None else json.dumps(list(trial_ids)),
    }
    for texts in _texts(connection, asked):
        found.update(explained(texts))
    for trial in _assigned(connection, asked):
        found.update(counted(trial))
    return found


def learn(connection: sqlite3.Connection) -> Learned:
    """What the rows of this database teach, every trial of the sample read."""
    sample = sample_of(connection)
    counts = tally(connection, sample)
    told = {(_SAMPLE, name, ""): value for name, value in sample._asdict().items()}
    return replace(_decided(connection, counts, sample), counts={**counts, **told})


def learn_counted(connection: sqlite3.Connection) -> Learned:
    """The same from `learned_counts`, where they were counted over the sample that is due; else as `learn`."""
    sample = sample_of(connection)
    if counted_sample(connection) != sample:
        return learn(connection)
    return _decided(connection, stored_counts(connection), sample)


def _decided(connection: sqlite3.Connection, counts: Mapping[Key, int], sample: Sample) -> Learned:
    trials = connection.execute("select count(*) from trials").fetchone()[0]
    least = 1 if trials < FEW else max(MIN_TRIALS, trials // sample.every // TRIALS_PER_MEANING)
    pairs = chosen(counts, least)
    known = names(counts, pairs)
    used = {of: n for (what, of, _), n in counts.items() if what == "term"}
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


def _assigned(connection: sqlite3.Connection, asked: Mapping[str, object]) -> Iterator[Assigned]:
    terms = _lists(
        connection, "mesh_terms", "term", f"kind = 'condition' and not is_ancestor and {_READ}", asked
    )
    ancestors = _lists(
        connection, "mesh_terms", "term", f"kind = 'condition' and is_ancestor and {_READ}", asked
    )
    conditions = _lists(connection, "conditions", "name", _READ, asked)
    keywords = _lists(connection, "keywords", "name", _READ, asked)
    for trial in sorted(terms):
        yield Assigned(
            conditions.get(trial, ()), keywords.get(trial, ()), terms[trial], ancestors.get(trial, ())
        )


def _inferred(connection: sqlite3.Connection, known: Names) -> Iterator[tuple[str, int, str, int, str]]:
    """Rows of `inferred_terms`: all terms of trials that state none, the ancestors of terms stated without."""
    tagger = Tagger(known)
    terms = _lists(connection, "mesh_terms", "term", f"kind = 'condition' and {_INCOMPLETE}")
    conditions = _lists(connection, "conditions", "name", _INCOMPLETE)
    for trial in sorted(terms.keys() | conditions.keys()):
        found = tagger.above(terms[trial]) if trial in terms else tagger.infer(conditions[trial])
        for position, each in enumerate(found):
            yield trial, position, each.term, int(each.is_ancestor), each.evidence


def _texts(connection: sqlite3.Connection, asked: Mapping[str, object]) -> Iterator[list[str]]:
    conditions = _lists(connection, "conditions", "name", f"instr(name, '(') and {_READ}", asked)
    keywords = _lists(connection, "keywords", "name", f"instr(name, '(') and {_READ}", asked)
    rows = connection.execute(
        "select f.trial_id, t.brief_title, x.official_title, iif(f.id % :summaries = 0, x.brief_summary, null)"
        " from search_filter f join trials t on t.trial_id = f.trial_id"
        " left join trial_text x on x.trial_id = f.trial_id where f.id % :every = 0"
        " and (:ids is null or f.trial_id in (select value from json_each(:ids))) order by f.id",
        asked,
    )
    for trial, *texts in map(tuple, rows):
        yield [*(text for text in texts if text), *conditions.get(trial, []), *keywords.get(trial, [])]


def _lists(
    connection: sqlite3.Connection,
    table: str,
    column: str,
    where: str,
    asked: Mapping[str, object] | None = None,
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    rows = connection.execute(
        f"select trial_id, {column} from {table} where {where} order by trial_id, position", asked or {}
    )
    for trial, value in rows:
        found[trial].append(value)
    return found
