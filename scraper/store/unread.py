"""The words of age limits that a trial states and that could not be read, for whoever shows an age."""

import sqlite3
from collections.abc import Mapping, Sequence

BOUNDS = ("minimum_age", "maximum_age")
_AT_ONCE = 500


def words(connection: sqlite3.Connection, trial_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """trial_id -> bound -> its words, for the bounds that `trials.ages_unread` names; trials without any are left out."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(trial_ids), _AT_ONCE):
        batch = trial_ids[start : start + _AT_ONCE]
        rows = connection.execute(
            "select t.trial_id, t.ages_unread, t.minimum_age, t.maximum_age, p.field, p.found from trials t"
            " left join problems p on p.trial_id = t.trial_id and p.source = t.source"
            " and p.field in ('age', 'minimum_age', 'maximum_age')"
            f" where t.ages_unread is not null and t.trial_id in ({', '.join('?' * len(batch))})"
            # The record that the trial shows first, of others what is said of the bound itself.
            " order by t.trial_id, p.source_id is not t.source_id, p.field = 'age', p.rowid",
            list(batch),
        )
        for trial_id, bounds, minimum, maximum, field, problem in map(tuple, rows):
            of_trial = found.setdefault(trial_id, {})
            for name, stated in zip(BOUNDS, (minimum, maximum), strict=True):
                if name in bounds.split() and field in (name, "age", None):
                    of_trial.setdefault(name, problem or stated or "")
    return {
        trial_id: {name: of_trial[name] for name in BOUNDS if name in of_trial}
        for trial_id, of_trial in found.items()
        if of_trial
    }


def said(of_trial: Mapping[str, str]) -> str:
    """The words for people, each once."""
    return "; ".join(dict.fromkeys(text for text in of_trial.values() if text)) or "?"
