"""The step of a build that finds which trials belong together: after the trials, before the counts.

Only pairs that share a key of different registries are compared, and after an update only those of the trials that it
touched. `links` themselves are settled anew from all ids and all near pairs: that is quick, and gives the same rows
whatever came first.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec
from sqlite_utils.db import Database

from scraper.archive.journal import Refusal
from scraper.compare import links_content
from scraper.compare.conflicts_between import Reading, between_registries
from scraper.compare.links import Candidate, Claim, Known, Link, Pair, groups, links, pair
from scraper.compare.links_content import MARGIN, THRESHOLD, keys, likeness
from scraper.compare.portrait import Portrait, turns
from scraper.model import Trial
from scraper.store import links as store
from scraper.store.rows import Row

LARGEST_BLOCK = 200
"""A key that more trials have says too little to compare them all by it."""

Keys = Mapping[int, frozenset[int]]


def keys_of(db: Database, trial_ids: Iterable[str]) -> Keys:
    """The keys of those trials as the database has them, by the trial's number: ask before they change."""
    if not store.has_keys(db):
        return {}
    found = map(Portrait._make, store.portraits(db, trial_ids))
    return {store.number(each.trial_id): keys(each) for each in found}


def link_all(db: Database, refusals: Sequence[Refusal]) -> None:
    """Compare all trials and settle the links. The caller's database has been filled."""
    with db.atomic():
        store.clear(db)
        if store.has_several_registries(db):
            registries: dict[int, str] = {}
            store.fill_keys(db, _all_keys(db, registries))
            store.save_candidates(db, _compare(db, _pairs(store.all_keys(db), registries)))
        _settle(db, refusals)


def link_changed(
    db: Database, changed: Collection[str], before: Keys, refusals: Sequence[Refusal], version: str | None
) -> None:
    """Compare the trials that changed and settle the links.

    `before` is what `keys_of` said of them; `version` that of the rules which the database was linked by.
    """
    several = store.has_several_registries(db)
    if several != store.has_keys(db) or version != links_content.VERSION:
        link_all(db, refusals)
        return
    with db.atomic():
        if several and changed:
            touched = _change_keys(db, changed, before)
            store.save_candidates(db, _compare(db, _pairs_of(db, touched)), touched)
        _settle(db, refusals)


def _all_keys(db: Database, registries: dict[int, str]) -> Iterator[tuple[int, int]]:
    for row in store.all_portraits(db):
        portrait = Portrait._make(row)
        number = store.number(portrait.trial_id)
        registries[number] = portrait.registry
        yield from ((key, number) for key in keys(portrait))


def _pairs(rows: Iterable[tuple[int, int]], registries: Mapping[int, str]) -> set[tuple[int, int]]:
    blocks: dict[int, list[int]] = defaultdict(list)
    found: set[tuple[int, int]] = set()
    last = None
    for key, number in rows:
        if key != last and last is not None:
            found |= _in_block(blocks.pop(last), registries)
        blocks[key].append(number)
        last = key
    for block in blocks.values():
        found |= _in_block(block, registries)
    return found


def _in_block(block: Sequence[int], registries: Mapping[int, str]) -> set[tuple[int, int]]:
    if len(block) > LARGEST_BLOCK or len({registries[number] for number in block}) == 1:
        return set()
    return {
        (one, other)
        for place, one in enumerate(block)
        for other in block[place + 1 :]
        if registries[one] != registries[other]
    }


def _change_keys(db: Database, changed: Collection[str], before: Keys) -> set[str]:
    """Bring the keys of changed trials up to date; every trial whose pairs may be others now."""
    found = map(Portrait._make, store.portraits(db, sorted(changed)))
    after = {store.number(each.trial_id): keys(each) for each in found}
    gone = {(key, number) for number, had in before.items() for key in had - after.get(number, frozenset())}
    new = {(key, number) for number, has in after.items() for key in has - before.get(number, frozenset())}
    store.change_keys(db, sorted(gone), sorted(new))
    balance: dict[int, int] = defaultdict(int)
    for key, _ in gone:
        balance[key] -= 1
    for key, _ in new:
        balance[key] += 1
    blocks = store.members(db, balance)
    numbers: set[int] = set()
    for key, more in balance.items():
        size = len(blocks[key])
        if (size <= LARGEST_BLOCK) != (size - more <= LARGEST_BLOCK):
            numbers.update(blocks[key])
    return set(changed) | set(store.ids_of(db, sorted(numbers)).values())


def _pairs_of(db: Database, trial_ids: Collection[str]) -> set[tuple[int, int]]:
    """The pairs to compare that one of these trials is part of."""
    touched = [Portrait._make(row) for row in store.portraits(db, sorted(trial_ids))]
    own = {store.number(each.trial_id): keys(each) for each in touched}
    blocks = store.members(db, {key for has in own.values() for key in has})
    small = {key: block for key, block in blocks.items() if len(block) <= LARGEST_BLOCK}
    return {
        (min(number, other), max(number, other))
        for number, has in own.items()
        for key in has
        for other in small.get(key, ())
        if other != number
    }


def _compare(db: Database, pairs: Collection[tuple[int, int]]) -> list[Row]:
    """The rows of `link_candidates`: pairs of different registries that come near a link."""
    ids = store.ids_of(db, sorted({number for both in pairs for number in both}))
    found = {row[0]: Portrait._make(row) for row in store.portraits(db, sorted(ids.values()))}
    rows: list[Row] = []
    for first, second in sorted(pairs):
        one, other = sorted((ids[first], ids[second]))
        if found[one].registry == found[other].registry:
            continue
        score, evidence = likeness(found[one], found[other])
        if score >= THRESHOLD - MARGIN:
            rows.append((one, other, score, evidence))
    return rows


# ── from claims and candidates to links ────────────────────────────────────────────────────────────────


def _settle(db: Database, refusals: Sequence[Refusal]) -> None:
    claims = [Claim._make(row) for row in store.claims(db)]
    candidates = [Candidate._make(row) for row in store.candidates(db)]
    concerned = {one for claim in claims for one in (claim.trial_id, claim.other_id)}
    concerned |= {one for candidate in candidates for one in (candidate.trial_id, candidate.other_id)}
    here = map(Portrait._make, store.portraits(db, sorted(store.existing(db, sorted(concerned)))))
    known = {each.trial_id: Known(each.trial_id, each.registry, turns(each)) for each in here}
    found, by_id = links(claims, known, candidates, [pair(r.trial_id, r.other_id) for r in refusals])
    store.save(db, found, groups(found), refusals, list(_conflicts(db, found, by_id)))


def _conflicts(db: Database, found: Sequence[Link], by_id: Collection[Pair]) -> Iterator[Row]:
    """What the records of two registries state differently about a trial that ids say is one."""
    pairs = sorted({pair(link.trial_id, link.other_id) for link in found} & set(by_id))
    ids = sorted({trial_id for both in pairs for trial_id in both})
    readings = {str(row["trial_id"]): _reading(row) for row in store.statements(db, ids)}
    rows: dict[str, list[Row]] = defaultdict(list)
    for one, other in pairs:
        for mine, theirs in ((one, other), (other, one)):
            named = readings[theirs]._replace(source=f"{readings[theirs].source} {theirs}")
            rows[mine] += [
                msgspec.structs.astuple(conflict) for conflict in between_registries(readings[mine], named)
            ]
    for trial_id in sorted(rows):
        for place, row in enumerate(rows[trial_id]):
            yield (trial_id, store.FIRST_POSITION + place, *row)


_WORDS = {
    "overall_status": "status_raw",
    "phase": "phase_raw",
    "sex": "sex_raw",
    "minimum_age": "age_raw",
    "maximum_age": "age_raw",
    "lead_sponsor": "sponsor_raw",
}


def _reading(row: Mapping[str, object]) -> Reading:
    names = {field.name for field in msgspec.structs.fields(Trial)}
    values = msgspec.convert({k: v for k, v in row.items() if k in names}, Trial, strict=False)
    fetched_at, taken = str(row["fetched_at"])[:10], str(row["updated_raw"] or "")[:10]
    is_date = taken[:4].isdigit() and taken[4:5] == "-"
    since = str(row["last_update_posted_date"] or (taken if is_date else fetched_at))
    words = {column: str(row[raw] or "") for column, raw in _WORDS.items()}
    # A copy says what was true on the day it was taken, whenever its file was saved.
    until = max(since, fetched_at) if row["last_update_posted_date"] else since
    return Reading(str(row["source"]), "registry", since[:10], until[:10], words, values)
