"""The archive: every page as it came, compressed, with what is known of its address.

A page is written before it is parsed, and never again: what is read of it stands in `readings`. There `state` says
how far it has come, so that a killed run goes on where it stopped: 0 = arrived, 1 = its trial is in trials.db (or its
problem is). A later body of an address is dropped
only when it equals the last one kept.
"""

from scraper.archive.journal import Journal
from scraper.archive.pages import Pages


class Archive(Pages, Journal):
    """An open archive. Raises ArchiveError when the file is damaged, newer than this program or read-only."""

    # ── aliases: former ids of one trial in its registry ────────────────────────────────────────────────

    def alias(self, alias: str, trial_id: str) -> bool:
        """Remember that `alias` is a former id of `trial_id`; False when that was known."""
        known = self.resolve(alias)
        if known == trial_id:
            return False
        self.connection.execute("insert or replace into aliases values (?, ?)", (alias, trial_id))
        self.connection.execute("update readings set state = 0 where trial_id = ?", (alias,))
        return True

    def move_aliases(self) -> None:
        """Give pages kept under a former id to the trial it became: an alias may be learned late."""
        for (alias,) in self.connection.execute("select alias from aliases order by alias").fetchall():
            self.connection.execute(
                "update readings set trial_id = ? where trial_id = ?", (self.resolve(alias), alias)
            )

    def resolve(self, trial_id: str) -> str:
        """The current id of a trial; the id itself when it is no alias. An alias may lead to another one."""
        met = {trial_id}
        while True:
            row = self.connection.execute(
                "select trial_id from aliases where alias = ?", (trial_id,)
            ).fetchone()
            if row is None or row[0] in met:  # two records that name each other as their former id
                return trial_id
            trial_id = row[0]
            met.add(trial_id)
