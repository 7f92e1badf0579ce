"""Filters on the facets' columns, counted from the combinations that `stats` holds instead of from the trials.

Of 600,000 trials half may pass a filter: reading them takes seconds, reading some hundred combinations 2 ms.
"""

import re

from scraper.store.stats import COMBINATIONS, FACETS

_COLUMN = f'"?(?:{"|".join(FACETS)})"?'
_CONDITION = (
    rf"{_COLUMN} (?:(?:[<>]?=|!=|[<>]|(?:not )?like|glob) :p\d+|is (?:not )?null|(?:not )?in \(:p[:p\d, ]*\))"
)
_WHERE = rf"where (?P<conditions>{_CONDITION}(?: and {_CONDITION})*)"
_COUNT = re.compile(rf"select count\(\*\) from \"?trials\"? {_WHERE}")
_ROWS = re.compile(rf'select [\w", ]+ from "?trials"? {_WHERE}')

_VALUES = ", ".join(f"json_extract(key, '$[{n}]') as {column}" for n, column in enumerate(FACETS))
_EXIST = f"exists (select 1 from stats where name = '{COMBINATIONS}')"
_COMBINED = f"(select {_VALUES}, value as n from stats where name = '{COMBINATIONS}')"


def as_count(sql: str) -> str | None:
    """Datasette's count of filtered trials, from the combinations; None for any other query.

    It yields no row where the file does not hold the combinations: an older program made it.
    """
    if (found := _COUNT.fullmatch(_plain(sql))) is None:
        return None
    return f"select n from (select coalesce(sum(n), 0) as n from {_COMBINED} where {found['conditions']}) where {_EXIST}"


def as_groups(sql: str) -> str | None:
    """The combinations that Datasette's query of filtered trials leaves, each with its count last; None for others.

    One more row says that the file holds the combinations.
    """
    if (found := _ROWS.fullmatch(_plain(sql))) is None:
        return None
    return (
        f"select {', '.join(FACETS)}, n from {_COMBINED} where {found['conditions']}"
        f" union all select {'null, ' * len(FACETS)}0 where {_EXIST}"
    )


def _plain(sql: str) -> str:
    return " ".join(sql.split())
