"""What the trials of a database state, counted: the measure that floors are put to. Only whole records count.

Rows of search exports have few fields by nature, and say nothing about a broken parser.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from scraper.store.rows import CHILD_TABLES, DESIGN_FIELDS, TEXT_FIELDS, TRIAL_FIELDS, Row, columns

_OWN_COLUMNS = {
    "trials": tuple(name for name in TRIAL_FIELDS if name not in ("source", "source_id")),
    "trial_text": tuple(TEXT_FIELDS),
    "designs": tuple(DESIGN_FIELDS),
}
_LISTS = (*CHILD_TABLES, "criteria", "criteria_constraints")
FIELDS: tuple[str, ...] = (*(name for names in _OWN_COLUMNS.values() for name in names), *_LISTS)
"""Everything that a trial may state: columns, and tables of which it has rows or none."""

COMPARED = ("brief_title", "overall_status", "minimum_age_years", "maximum_age_years", "sex", "phase", "study_type",
            "lead_sponsor")  # fmt: skip
"""What hardly ever becomes another value for many trials at once, unless their pages are misread."""

TEXT = "eligibility_criteria"

WORDS = {"status_raw": "overall_status", "sex_raw": "sex", "phase_raw": "phase"}
"""Header words as written, and the field that is read from each."""
MOST_WORDS = 200
"""Beyond so many words of one column it is no vocabulary but prose."""


class Stated(NamedTuple):
    """What the whole record that one trial shows states: the fields it fills, and the values that are compared.

    `unread` are the words of its header from which no value could be read; `pages` (digest of the page, version of the parser) of every record of
    the source, by its id; `seen` when the trial was last seen.
    """

    source: str
    fields: frozenset[str]
    values: Mapping[str, object]
    criteria: str = ""
    unread: Mapping[str, str] = {}
    pages: Mapping[str, tuple[str, str]] = {}
    seen: str = ""

    @property
    def compared(self) -> dict[str, object]:
        """The values whose change is counted: `eligibility_criteria` as the words that it has."""
        return {**self.values, TEXT: self.criteria}

    def comes_from_other_pages(self, before: "Stated") -> bool:
        """Whether this was read from other pages than before by the same program.

        Else it is this program that reads the same pages otherwise, or nobody can tell.
        """
        if any(id_ in before.pages and before.pages[id_][1] != by for id_, (_, by) in self.pages.items()):
            return False
        return any(before.pages.get(id_) != page for id_, page in self.pages.items())


class Measured(NamedTuple):
    """One source: its records, those that whole trials show, the share of these that fill each field, its words.

    `unread` is the share of its pages that hold no readable trial; `words` how many records have each word, `odd` the
    same for those from which no value could be read.
    """

    records: int
    trials: int
    fields: Mapping[str, float]
    words: Mapping[str, Mapping[str, int]]
    unread: float
    odd: Mapping[str, Mapping[str, int]] = {}


def of_rows(rows: Mapping[str, Sequence[Row]]) -> Stated | None:
    """What the rows of one trial (`rows.rows_of`) state; None without rows, or from a part of a record."""
    if not rows:
        return None
    named = {table: dict(zip(columns()[table], rows[table][0], strict=True)) for table in _OWN_COLUMNS}
    shown = named["trials"]["source"], named["trials"]["source_id"]
    names = columns()["records"]
    records = [dict(zip(names, row, strict=True)) for row in rows["records"]]
    return _stated(
        named, [r for r in records if r["source"] == shown[0]], [table for table in _LISTS if rows.get(table)]
    )


def stored(connection: sqlite3.Connection, trial_id: str) -> Stated | None:
    """What a trial of the database states; None when it is not there, or shows a part of a record."""
    named = {}
    for table in _OWN_COLUMNS:
        names = [name for name in columns()[table] if name != "trial_id"]
        row = connection.execute(f"select {', '.join(names)} from {table} where trial_id = ?", (trial_id,))
        found = row.fetchone()
        if found is None:
            return None
        named[table] = dict(zip(names, found, strict=True))
    of_records = columns()["records"]
    found = connection.execute(
        f"select {', '.join(of_records)} from records where trial_id = ? and source = ?",
        (trial_id, named["trials"]["source"]),
    )
    records = [dict(zip(of_records, row, strict=True)) for row in found]
    return _stated(
        named,
        records,
        [
            table
            for table in _LISTS
            if connection.execute(f"select 1 from {table} where trial_id = ?", (trial_id,)).fetchone()
        ],
    )


def _stated(
    named: Mapping[str, Mapping[str, Any]], records: Sequence[Mapping[str, Any]], lists: Iterable[str]
) -> Stated | None:
    """None for a part of a record; `records` are those of the source that the trial shows."""
    trial = named["trials"]
    shown = next((r for r in records if r["source_id"] == trial["source_id"]), None)
    if shown is None or shown["is_partial"]:
        return None
    filled = {
        name for table, names in _OWN_COLUMNS.items() for name in names if named[table][name] is not None
    }
    return Stated(
        source=trial["source"],
        fields=frozenset((*filled, *lists)),
        values={name: trial[name] for name in COMPARED},
        criteria=_words_of(named["trial_text"][TEXT]),
        unread={name: shown[name] for name, field in WORDS.items() if shown[name] and trial[field] is None},
        pages={r["source_id"]: (r["sha256"], r["parser_version"]) for r in records},
        seen=trial["last_seen_at"],
    )


def measure(connection: sqlite3.Connection) -> dict[str, Measured]:
    """The whole database, by source."""
    records = dict(connection.execute("select source, count(*) from records group by source order by source"))
    unread = dict(
        connection.execute(
            "select source, count(distinct url) from problems where trial_id is null"
            " and stage in ('parse', 'normalise') group by source"
        )
    )
    shares: dict[str, tuple[int, dict[str, float]]] = {}
    asked = ", ".join(f"avg({_is_filled(name)})" for name in FIELDS)
    for source, trials, *found in connection.execute(
        f"select t.source, count(*), {asked} from trials t join records r on r.source = t.source"
        " and r.source_id = t.source_id join trial_text using (trial_id) join designs using (trial_id)"
        " where not r.is_partial group by t.source"
    ):
        shares[source] = (
            trials,
            {name: round(share, 4) for name, share in zip(FIELDS, found, strict=True) if share},
        )
    return {
        source: Measured(
            count,
            *shares.get(source, (0, {})),
            words={name: words for name in WORDS if (words := _words(connection, source, name))},
            unread=round(unread.get(source, 0) / (unread.get(source, 0) + count), 4),
            odd={name: words for name in WORDS if (words := _odd_words(connection, source, name))},
        )
        for source, count in records.items()
    }


def _is_filled(name: str) -> str:
    if name in _LISTS:
        return f"exists (select 1 from {name} l where l.trial_id = t.trial_id)"
    table = next(table for table, names in _OWN_COLUMNS.items() if name in names)
    column = f"{'t' if table == 'trials' else table}.{name}"
    return f"{column} is not null"  # what is not stated is null; the content of a long text is not even read


def _words(connection: sqlite3.Connection, source: str, name: str) -> dict[str, int]:
    """How many records of a source have each word; empty when there are too many to be a vocabulary."""
    found = connection.execute(
        f"select {name}, count(*) from records where source = ? and {name} <> '' group by 1 order by 1 limit ?",
        (source, MOST_WORDS + 1),
    ).fetchall()
    return dict(found) if len(found) <= MOST_WORDS else {}


def _odd_words(connection: sqlite3.Connection, source: str, name: str) -> dict[str, int]:
    """How many records of a source have each word that could not be read."""
    return dict(
        connection.execute(
            f"select r.{name}, count(*) from (select distinct source_id from problems where source = ?1 and field = ?2"
            f" and trial_id is not null) p cross join records r on r.source = ?1 and r.source_id = p.source_id"
            f" where r.{name} <> '' group by 1 order by 1",
            (source, WORDS[name]),
        )
    )


class Altered(NamedTuple):
    """One source in two databases: its trials that both show, and how many have another value of each field.

    `other` counts all of them, `changed` those that came with other pages; `seen` are the times the source was last
    seen, as the older and the newer database have them.
    """

    trials: int
    other: Mapping[str, int]
    changed: Mapping[str, int]
    seen: tuple[str, str]


def altered(connection: sqlite3.Connection, before: str) -> dict[str, Altered]:
    """By source, what became another between two databases; only whole records count.

    `before` is the older database's name among those attached to the connection.
    """
    connection.create_function("other_text", 2, _is_other_text, deterministic=True)
    both = (
        f" from trials t join {before}.trials o on o.trial_id = t.trial_id and o.source = t.source"
        " join records r on r.source = t.source and r.source_id = t.source_id and not r.is_partial"
        f" join {before}.records b on b.source = o.source and b.source_id = o.source_id and not b.is_partial"
    )
    # A trial whose digests are equal has not changed: its texts are not even read.
    differ = (
        f"{both} cross join trial_digests d on d.trial_id = t.trial_id cross join {before}.trial_digests e"
        " on e.trial_id = t.trial_id where d.digest <> e.digest"
    )
    of_source = "from records x join {0}.records y on y.source = x.source and y.source_id = x.source_id"
    of_source = of_source.format(before) + " where x.trial_id = t.trial_id and x.source = t.source"
    other_pages = (
        f" and not exists (select 1 {of_source} and y.parser_version <> x.parser_version)"
        " and exists (select 1 from records x where x.trial_id = t.trial_id and x.source = t.source and not exists"
        f" (select 1 from {before}.records y where y.source = x.source and y.source_id = x.source_id"
        " and y.sha256 = x.sha256))"
    )
    asked = ", ".join(f"sum(t.{name} is not o.{name})" for name in COMPARED)
    texts = (
        f", sum(other_text((select {TEXT} from trial_text where trial_id = t.trial_id),"
        f" (select {TEXT} from {before}.trial_text where trial_id = t.trial_id)))"
    )
    group = " group by t.source order by t.source"
    other = {
        source: counts for source, *counts in connection.execute(f"select t.source, {asked}{differ}{group}")
    }
    changed = {
        source: counts
        for source, *counts in connection.execute(
            f"select t.source, {asked}{texts}{differ}{other_pages}{group}"
        )
    }
    return {
        source: Altered(
            count,
            _counted(COMPARED, other.get(source, ())),
            _counted((*COMPARED, TEXT), changed.get(source, ())),
            (old, new),
        )
        for source, count, old, new in connection.execute(
            f"select t.source, count(*), max(o.last_seen_at), max(t.last_seen_at){both}{group}"
        )
    }


def _counted(names: Iterable[str], counts: Iterable[int]) -> dict[str, int]:
    return {name: count for name, count in zip(names, counts, strict=False) if count}


def _is_other_text(one: str | None, other: str | None) -> bool:
    return one != other and _words_of(one) != _words_of(other)


def _words_of(text: str | None) -> str:
    """The text without its line breaks and capitals, which change for a whole registry at once and say nothing."""
    return " ".join((text or "").split()).casefold()


def last_seen(connection: sqlite3.Connection) -> dict[str, str]:
    """When each source was last seen, as the database has it."""
    return dict(connection.execute("select source, max(last_seen_at) from trials group by source"))
