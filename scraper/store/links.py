"""What linking reads from `trials.db` and writes into it. What is unchanged stays untouched.

`link_keys` holds what every trial is compared by, `link_candidates` the pairs that came near a link: they depend on
two trials each, so that only the pairs of changed trials are compared anew. `links`, `trial_groups` and the conflicts
between registries follow from all of them together.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlite_utils.db import Database
from sqlite_utils.utils import chunks

from scraper.model import trial_key
from scraper.store.learned import replace
from scraper.store.rows import Row

AT_ONCE = 500
"""Ids in one statement."""

FIRST_POSITION = 1000
"""Conflicts with another trial's record stand behind those of the trial's own records."""

_PORTRAIT = (
    "t.trial_id, coalesce(t.registry, t.source), t.brief_title, x.official_title, t.acronym, t.lead_sponsor,"
    " t.start_date, t.enrollment, t.phase, t.study_type, t.sex, t.minimum_age_years, t.maximum_age_years"
)


def portraits(db: Database, trial_ids: Iterable[str]) -> Iterator[Row]:
    """What trials are compared by, in the order of the fields of a portrait, for those that there are."""
    yield from _of_trials(
        db, f"select {_PORTRAIT} from trials t left join trial_text x using (trial_id)", trial_ids, "t."
    )


def all_portraits(db: Database) -> Iterator[Row]:
    """The same for every trial."""
    yield from db.conn.execute(f"select {_PORTRAIT} from trials t left join trial_text x using (trial_id)")


def _of_trials(db: Database, query: str, trial_ids: Iterable[str], prefix: str = "") -> Iterator[Row]:
    for part in chunks(trial_ids, AT_ONCE):
        some = list(part)
        marks = ", ".join("?" * len(some))
        yield from db.conn.execute(f"{query} where {prefix}trial_id in ({marks})", some)


def has_several_registries(db: Database) -> bool:
    """Only trials of different registries are compared: without a second one there is nothing to do."""
    first, last = db.conn.execute(
        "select min(coalesce(registry, source)), max(coalesce(registry, source)) from trials"
    ).fetchone()
    return bool(first != last)


# ── keys and candidates ────────────────────────────────────────────────────────────────────────────────


def has_keys(db: Database) -> bool:
    """Whether the trials of this database were ever compared."""
    return db.conn.execute("select 1 from link_keys limit 1").fetchone() is not None


def clear(db: Database) -> None:
    """Forget keys and candidates, where there are any."""
    for table in ("link_keys", "link_candidates"):
        if db.conn.execute(f"select 1 from {table} limit 1").fetchone():
            db.conn.execute(f"delete from {table}")


def fill_keys(db: Database, rows: Iterable[tuple[int, int]]) -> None:
    """Write the keys of all trials into the empty table, in its own order: that is many times faster."""
    db.conn.execute("create temp table new_keys (key integer, id integer)")
    db.conn.executemany("insert into new_keys values (?, ?)", rows)
    db.conn.execute("insert into link_keys select distinct key, id from new_keys order by key, id")
    db.conn.execute("drop table new_keys")


def change_keys(db: Database, gone: Iterable[tuple[int, int]], new: Iterable[tuple[int, int]]) -> None:
    """Take rows out of `link_keys` and put others in."""
    db.conn.executemany("delete from link_keys where key = ? and id = ?", gone)
    db.conn.executemany("insert or ignore into link_keys values (?, ?)", new)


def all_keys(db: Database) -> Iterator[tuple[int, int]]:
    """(key, trial's number) of every key that several trials have, key by key."""
    yield from db.conn.execute(
        "select key, id from link_keys where key in (select key from link_keys group by key having count(*) > 1)"
        " order by key, id"
    )


def members(db: Database, keys: Collection[int]) -> dict[int, list[int]]:
    """The numbers of the trials that have each key."""
    return {
        key: [row[0] for row in db.conn.execute("select id from link_keys where key = ?", (key,))]
        for key in sorted(keys)
    }


def ids_of(db: Database, numbers: Iterable[int]) -> dict[int, str]:
    """The trials of those numbers."""
    found: dict[int, str] = {}
    for part in chunks(numbers, AT_ONCE):
        some = list(part)
        marks = ", ".join("?" * len(some))
        found.update(
            db.conn.execute(f"select id, trial_id from search_filter where id in ({marks})", some).fetchall()
        )
    return found


def number(trial_id: str) -> int:
    """The number that stands for a trial in `link_keys`."""
    return trial_key(trial_id)


def candidates(db: Database) -> list[Row]:
    """Every pair that came near a link, with its score and why."""
    return db.conn.execute(
        "select trial_id, other_id, score, evidence from link_candidates order by trial_id, other_id"
    ).fetchall()


def save_candidates(db: Database, wanted: Sequence[Row], touched: Collection[str] | None = None) -> None:
    """Make the candidates these: all of them, or those that one of the touched trials is part of."""
    if touched is None:
        replace(db, "link_candidates", wanted)
        return
    stored: set[Row] = set()
    for column in ("trial_id", "other_id"):
        for trial_id in touched:
            stored.update(
                map(
                    tuple,
                    db.conn.execute(f"select * from link_candidates where {column} = ?", (trial_id,)),
                )
            )
    new = set(wanted)
    db.conn.executemany(
        "delete from link_candidates where trial_id = ? and other_id = ?",
        sorted((row[0], row[1]) for row in stored - new),
    )
    db.conn.executemany("insert into link_candidates values (?, ?, ?, ?)", sorted(new - stored))


# ── claims, links, groups ──────────────────────────────────────────────────────────────────────────────


def claims(db: Database) -> list[Row]:
    """Every mention that says more than that an id was mentioned."""
    return db.conn.execute(
        "select trial_id, other_id, id_type, place, relation, quote from mentions where relation <> 'mentioned'"
        " order by trial_id, position"
    ).fetchall()


def existing(db: Database, trial_ids: Iterable[str]) -> set[str]:
    """Those of the ids that are trials here; of a CTIS number whichever submission is."""
    found = {str(row[0]) for row in _of_trials(db, "select trial_id from trials", trial_ids)}
    return found | {
        str(row[0]) for row in db.conn.execute("select trial_id from trials where registry = 'ctis'")
    }


def refused(db: Database) -> list[Row]:
    """The refused links as the database has them."""
    return db.conn.execute("select * from refused_links order by trial_id, other_id").fetchall()


def save(
    db: Database,
    links: Sequence[Row],
    groups: Mapping[str, str],
    refusals: Sequence[Row],
    conflicts: Sequence[Row],
) -> None:
    """Make links, groups, refusals and conflicts between registries these; only what differs is written."""
    replace(db, "links", links)
    replace(db, "trial_groups", sorted(groups.items()))
    replace(db, "refused_links", refusals)
    stored = {
        tuple(row)
        for row in db.conn.execute("select * from conflicts where position >= ?", (FIRST_POSITION,))
    }
    new = set(conflicts)
    db.conn.executemany(
        "delete from conflicts where trial_id = ? and position = ?",
        sorted((row[0], row[1]) for row in stored - new),
    )
    marks = ", ".join("?" * 12)
    db.conn.executemany(f"insert into conflicts values ({marks})", sorted(new - stored, key=str))


def statements(db: Database, trial_ids: Iterable[str]) -> Iterator[dict[str, object]]:
    """The columns of trials together with the words of the record that each was read from."""
    query = (
        "select t.*, r.status_raw, r.age_raw, r.sex_raw, r.phase_raw, r.sponsor_raw, r.updated_raw, r.fetched_at"
        " from trials t join records r on r.source = t.source and r.source_id = t.source_id"
    )
    for part in chunks(trial_ids, AT_ONCE):
        some = list(part)
        marks = ", ".join("?" * len(some))
        cursor = db.conn.execute(f"{query} where t.trial_id in ({marks})", some)
        names = [column[0] for column in cursor.description]
        yield from (dict(zip(names, row, strict=True)) for row in cursor)
