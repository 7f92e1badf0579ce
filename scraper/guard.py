"""Stands between a finished build and the good database it would replace: floors learned, put to the test, kept."""

import marshal
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from scraper.errors import RefusedError
from scraper.settings import Settings
from scraper.store import floorfile, measure, writer
from scraper.store.floors import Floor, accepted, falls, learn, sentence
from scraper.store.rates import Brought
from scraper.store.rows import Row
from scraper.store.turned import Turned, learn_rates, made_other, rebuilt

IN_MEMORY = 64 << 20
"""Rows of an update beyond this wait in a file of the data folder, which has no name and ends with the process."""
WORTH_LEARNING = 20
"""An update of fewer than one in so many trials teaches nothing that is worth measuring the whole database for."""

TrialRows = Mapping[str, Sequence[Row]]


class Guard:
    """The floors of a data folder during one build; with `accept` nothing is refused, and what is built is learned.

    Raises SettingsError when the file of floors cannot be read.
    """

    def __init__(self, settings: Settings, *, accept: bool) -> None:
        self.accept = accept
        self.database = settings.database_path
        self.path = floorfile.path_in(settings.data)
        floorfile.discard_unfinished(self.path)
        self.floors: dict[str, Floor] = floorfile.read(self.path)
        self._learned: dict[str, Floor] = {}
        self._brought: dict[str, Brought] = {}

    # ── the whole database ──────────────────────────────────────────────────────────────────────────────

    def check_rebuilt(self, db: Database, beside: Path, at: str) -> None:
        """Judge a whole database made beside the old one, and learn from it.

        Raises RefusedError, and leaves it under a name of its own.
        """
        measured = measure.measure(db.conn)
        self._know_the_old_one()
        # A first database overwrites nothing, and of a new source nothing is known yet: `trials check` tells of both.
        is_judged = self.database.exists() and not self.accept
        altered = self._altered(db)
        found = [*falls(measured, self.floors, always=False), *made_other(altered, self.floors)]
        if is_judged and found:
            refused = self.database.with_name(self.database.name + ".refused")
            db.close()
            beside.replace(refused)
            raise RefusedError(
                f"the new database falls below its floors: {sentence(found)}. {self.database.name} stays as it was, the"
                f" refused one lies in {refused}; mend the parser, or accept it with `trials build --full --accept`,"
                f" or set other floors in {self.path}"
            )
        self.floors |= learn_rates(rebuilt(altered), self.floors, accept=self.accept)
        if self.accept:
            self.floors = {source: accepted(source, floor) for source, floor in self.floors.items()}
        self._learned = {
            source: learn(found, at, self.floors.get(source, Floor())) for source, found in measured.items()
        }

    def swapped(self) -> None:
        """Keep what was learned: the database it was learned from is in place."""
        self.database.with_name(self.database.name + ".refused").unlink(missing_ok=True)
        if self.accept:  # floors of sources that are there no more have been accepted too
            kept = {s: f for s, f in self.floors.items() if s not in self._learned}
            self.floors = {s: Floor(set=f.set) for s, f in kept.items() if f.set != Floor().set}
        floorfile.write(self.path, self.floors | self._learned)

    def _know_the_old_one(self) -> None:
        """Learn from the database that is there what no earlier build has written down."""
        if not self.database.exists():
            return
        with closing(sqlite3.connect(f"{self.database.resolve().as_uri()}?mode=ro", uri=True)) as old:
            try:
                self.know(old)
            except sqlite3.DatabaseError:  # damaged, or of an older schema: it is about to be replaced
                return

    def know(self, connection: sqlite3.Connection) -> None:
        """Learn of sources that the file of floors does not know what this database says of them."""
        unknown = {
            source
            for (source,) in connection.execute("select distinct source from records")
            if not self.floors.get(source, Floor()).learned.records
        }
        if unknown:
            measured = measure.measure(connection)
            for source in unknown:
                self.floors[source] = learn(measured[source], "", self.floors.get(source, Floor()))

    def _altered(self, db: Database) -> dict[str, measure.Altered]:
        if not self.database.exists():
            return {}
        try:
            db.conn.execute("attach ? as before", (str(self.database),))
            return measure.altered(db.conn, "before")
        except sqlite3.DatabaseError:  # damaged, or of an older schema: there is nothing to compare with
            return {}

    # ── an update in place ──────────────────────────────────────────────────────────────────────────────

    def check_update(self, db: Database, turned: Turned) -> None:
        """Judge what an update would write, before it writes. Raises RefusedError."""
        if not turned.written and not turned.gone:
            return
        stored = dict(db.conn.execute("select source, count(*) from trials group by source"))
        self._brought = turned.brought(stored, measure.last_seen(db.conn))
        if self.accept:
            return
        self.know(db.conn)
        if found := list(turned.falls(self.floors, stored, self._brought)):
            raise RefusedError(
                f"what came falls below its floors: {sentence(found)}. {self.database.name} stays as it was, the pages"
                " are in the archive; mend the parser and run `trials build`, or accept them with"
                f" `trials build --accept`, or set other floors in {self.path}"
            )

    def updated(self, db: Database, turned: Turned, written: int, at: str) -> None:
        """Keep what a good update taught; what had to be accepted is no habit of the source."""
        if not self.accept:
            self.floors |= turned.learned(self.floors)
        self.floors |= learn_rates(self._brought, self.floors, accept=self.accept)
        stored = db.table("trials").count
        is_new = any(not self.floors.get(source, Floor()).learned.records for source in turned.written)
        if is_new or self.accept or written * WORTH_LEARNING >= stored:
            for source, found in measure.measure(db.conn).items():
                self.floors[source] = learn(found, at, self.floors.get(source, Floor()))
        floorfile.write(self.path, self.floors)


@contextmanager
def waiting(folder: Path) -> "Iterator[Waiting]":
    """A place for the rows of an update between reading and writing."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(folder)) as file:
        yield Waiting(file)


class Waiting:
    """The rows of an update between reading and writing: all are judged before one is written."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._batches = 0
        self.turned = Turned()

    def add(self, db: Database, batch: Iterable[tuple[str, TrialRows]]) -> None:
        """Keep the trials of a batch that differ from those stored, and count what they would turn into."""
        kept = []
        for trial_id, rows in batch:
            if writer.is_stored(db, trial_id, rows):
                continue
            kept.append((trial_id, dict(rows)))
            self.turned.add(measure.stored(db.conn, trial_id), measure.of_rows(rows), is_gone=not rows)
        if kept:
            self._batches += 1
            marshal.dump(kept, self._file)

    def batches(self) -> Iterator[list[tuple[str, TrialRows]]]:
        """What was kept, batch by batch, in the same order."""
        self._file.seek(0)
        for _ in range(self._batches):
            yield marshal.load(self._file)
