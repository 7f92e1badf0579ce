"""Tags: what a trial is, each as one word of the index that nobody can type.

A filter that is a word of the index is answered while the index is read: at 600,000 trials "asthma" and three
filters take 15 ms, where asking the narrow table about each of 75,000 hits takes 45 ms. And a whole MeSH term or a
whole condition is one word: as a phrase between two BREAKs it made SQLite read the places of every BREAK there is.

A tag is a letter for its kind, then the words as the index cuts them, all held together by JOIN.
"""

from collections.abc import Iterable

from scraper.search.words import tokens

COLUMN = "tags"
JOIN = "\ue003"
"""unicode61 takes a private-use character for a part of a word; no word a person types has one."""
_NEXT = "\ue004"

STATUS, PHASE, STUDY_TYPE, SEX, SPONSOR_CLASS = "s", "p", "t", "x", "k"
COUNTRY, REMOVED, RESULTS, HEALTHY = "l", "r", "h", "v"
CONDITION_TERM, INTERVENTION_TERM = "c", "i"
STATED = "w"
"""A condition or keyword, all of it."""

# What stands between words in names of conditions, terms and countries (of 90,688 such characters in 13,900 real
# records these leave out 23): SQL has no classes of characters.
_AT_ONCE = 10
_BETWEEN = ",-()/';.®:+&[]*\"%_=<>?#!^|~·–’™"


def tag(kind: str, text: str) -> str:
    """The word of the index that says it, as in "s\ue003recruiting"."""
    return JOIN.join(tokens(f"{kind} {text}"))


def any_tag(found: Iterable[str]) -> str:
    """An FTS5 expression: any of these tags."""
    either = " OR ".join(f'"{one}"' for one in dict.fromkeys(found))
    return f"({{{COLUMN}}} : ({either}))"


def tags_sql() -> str:
    """SQL for all tags of a trial, over `f` (search_filter) and the lists of the trial."""
    single = {
        STATUS: "f.overall_status",
        PHASE: "f.phase",
        STUDY_TYPE: "f.study_type",
        SEX: "f.sex",
        SPONSOR_CLASS: "f.lead_sponsor_class",
        RESULTS: "nullif(f.has_results, 0)",
        HEALTHY: "nullif(f.healthy_volunteers, 0)",
        REMOVED: "nullif(f.removed, 0)",
        COUNTRY: f"replace(nullif(trim(f.countries, '|'), ''), '|', '{_NEXT}{COUNTRY} ')",
    }
    lists = (
        (CONDITION_TERM, "term", "mesh_terms", "kind = 'condition' and"),
        (INTERVENTION_TERM, "term", "mesh_terms", "kind = 'intervention' and"),
        (CONDITION_TERM, "term", "inferred_terms", ""),
        (STATED, "name", "conditions", ""),
        (STATED, "name", "keywords", ""),
    )
    parts = [f"coalesce('{_NEXT}{kind} ' || {sql}, '')" for kind, sql in single.items()]
    parts += [
        f"coalesce((select group_concat('{_NEXT}{kind} ' || {column}, '') from {table}"
        f" where {which} {table}.trial_id = f.trial_id), '')"
        for kind, column, table, which in lists
    ]
    # In steps: SQLite's parser takes no more than some twenty functions inside one another.
    text = f"select {' || '.join(parts)} as step"
    for start in range(0, len(_BETWEEN), _AT_ONCE):
        sql = "step"
        for character in _BETWEEN[start : start + _AT_ONCE]:
            quoted = character.replace("'", "''")
            sql = f"replace({sql}, '{quoted}', ' ')"
        text = f"select {sql} as step from ({text})"
    for _ in range(3):
        text = f"select replace(step, '  ', ' ') as step from ({text})"
    return (
        f"(select replace(replace(replace(rtrim(step), ' {_NEXT}', '{_NEXT}'), ' ', '{JOIN}'), '{_NEXT}', ' ')"
        f" from ({text}))"
    )
