"""What a database held of its trials before and after a run: new ones, changed ones with their fields, vanished ones."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sqlite_utils.utils import chunks

_BATCH = 500
_CHANGES = "select trial_id, field, old, new, observed_at from changes"
_TRIALS = "select trial_id, removed_at from trials"


class Held(NamedTuple):
    """Trials with the time since when they are gone, and the fields of their changes by a digest of each."""

    trials: Mapping[str, str | None]
    changes: Mapping[str, Mapping[int, str]]


@dataclass
class News:
    """Ids of trials, sorted; `changed` with the names of the fields, each once, in the order of the history."""

    new: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)

    def add(self, before: Held, after: Held) -> None:
        """Count in what differs between two states of the same trials."""
        for trial_id, removed_at in sorted(after.trials.items()):
            if trial_id not in before.trials:
                self.new.append(trial_id)
                continue
            was_gone = before.trials[trial_id] is not None
            if was_gone != (removed_at is not None):
                (self.returned if was_gone else self.removed).append(trial_id)
            told = before.changes.get(trial_id, {})
            more = [name for one, name in after.changes.get(trial_id, {}).items() if one not in told]
            names = [name for name in dict.fromkeys(more) if name != "removed_at"]
            if names:
                self.changed[trial_id] = names


def held(connection: sqlite3.Connection, trial_ids: Iterable[str] | None = None) -> Held:
    """What a database holds of these trials, of all without."""
    trials: dict[str, str | None] = {}
    changes: dict[str, dict[int, str]] = {}
    for where, values in [("", [])] if trial_ids is None else _wheres(trial_ids):
        trials |= dict(connection.execute(f"{_TRIALS}{where}", values).fetchall())
        for row in connection.execute(f"{_CHANGES}{where} order by trial_id, position", values):
            changes.setdefault(row[0], {})[hash(row)] = row[1]
    return Held(trials, changes)


def held_by_file(path: Path) -> Held:
    """What the file holds; nothing when it is not there, damaged, or something else."""
    if not path.exists():
        return Held({}, {})
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=60)) as connection:
        try:
            return held(connection)
        except sqlite3.DatabaseError:  # the run that makes it anew must not fail for what it replaces
            return Held({}, {})


def _wheres(trial_ids: Iterable[str]) -> Iterable[tuple[str, list[str]]]:
    for batch in chunks(trial_ids, _BATCH):
        values = list(batch)
        yield f" where trial_id in ({', '.join('?' * len(values))})", values
