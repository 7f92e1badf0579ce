"""What the archive notes beside its pages: what holds no trial, links that people refused, the runs that fetched."""

import json
from collections.abc import Iterable
from typing import NamedTuple

from scraper.archive.file import ArchiveFile
from scraper.model import Problem


class RunRow(NamedTuple):
    """One row of `runs`; `arguments` is JSON, times are UTC."""

    id: int
    command: str
    source: str | None
    arguments: str
    started_at: str
    finished_at: str | None
    resume_url: str | None
    expected: int | None
    fetched: int
    unchanged: int
    failed: int


class Refusal(NamedTuple):
    """One row of `refusals`: two trials that do not belong together, whatever their records say; ids in order."""

    trial_id: str
    other_id: str
    because: str
    refused_at: str


class Journal(ArchiveFile):
    """The part of the archive that keeps failures, refused links and runs."""

    # ── failures: files and pages that hold no trial ────────────────────────────────────────────────────

    def fail(self, problem: Problem) -> bool:
        """Keep a problem that belongs to no trial; False when it was known word for word."""
        key = (problem.url, problem.source_id, problem.stage, problem.field)
        row = self.connection.execute(
            "select found, expected from failures where url = ? and source_id = ? and stage = ? and field = ?",
            key,
        ).fetchone()
        if row == (problem.found, problem.expected):
            return False
        self.connection.execute(
            "insert or replace into failures values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                problem.url,
                problem.source,
                problem.source_id,
                problem.stage,
                problem.field,
                problem.found,
                problem.expected,
                problem.seen_at,
            ),
        )
        return True

    def settle(self, path: str, problems: Iterable[Problem]) -> None:
        """Make `problems` the failures of a saved file, beside those of its pages that would not parse.

        So a file that is mended and imported again loses its old problems.
        """
        kept = {(p.source_id, p.stage, p.field): p for p in problems}
        known = self.failures(path)
        # Pages have no index by path: with half a million files this must not be asked for each.
        unparsed = (
            known
            and self.connection.execute(
                "select 1 from pages join readings on page_id = id"
                " where path = ? and trial_id is null and parser_version is not null",
                (path,),
            ).fetchone()
        )
        for old in known:
            if (old.source_id, old.stage, old.field) not in kept and (old.stage == "archive" or not unparsed):
                self.connection.execute(
                    "delete from failures where url = ? and source_id = ? and stage = ? and field = ?",
                    (path, old.source_id, old.stage, old.field),
                )
        for problem in kept.values():
            self.fail(problem)

    def settle_page(self, where: str) -> None:
        """Forget that a page or file failed to parse: it has now yielded a trial."""
        self.connection.execute(
            "delete from failures where url = ? and stage in ('parse', 'normalise')", (where,)
        )

    def failures(self, url: str | None = None) -> list[Problem]:
        """Every problem that belongs to no trial, or those of one address or path; sorted."""
        rows = self.connection.execute(
            "select source, source_id, url, stage, field, found, expected, seen_at from failures"
            f"{'' if url is None else ' where url = ?'} order by url, source_id, stage, field",
            () if url is None else (url,),
        )
        return [
            Problem(
                source=r[0],
                source_id=r[1],
                url=r[2],
                stage=r[3],
                field=r[4],
                found=r[5],
                expected=r[6],
                seen_at=r[7],
            )
            for r in rows
        ]

    # ── refusals: links that a person found to be wrong ─────────────────────────────────────────────────

    def refuse(self, refusal: Refusal) -> bool:
        """Keep a refusal; False when it was known with the same reason. The words that came last count."""
        known = self.connection.execute(
            "select because from refusals where trial_id = ? and other_id = ?", refusal[:2]
        ).fetchone()
        if known == (refusal.because,):
            return False
        self.connection.execute("insert or replace into refusals values (?, ?, ?, ?)", refusal)
        return True

    def allow(self, trial_id: str, other_id: str) -> bool:
        """Take a refusal back; False when there was none."""
        cursor = self.connection.execute(
            "delete from refusals where trial_id = ? and other_id = ?", (trial_id, other_id)
        )
        return cursor.rowcount > 0

    def refusals(self) -> list[Refusal]:
        """Every refused link, sorted."""
        rows = self.connection.execute(
            "select trial_id, other_id, because, refused_at from refusals order by trial_id, other_id"
        )
        return [Refusal(*row) for row in rows]

    # ── runs ───────────────────────────────────────────────────────────────────────────────────────────

    def start_run(self, command: str, source: str | None, arguments: dict[str, object], now: str) -> RunRow:
        """A new run, or the unfinished one of the same command and arguments, to be gone on with.

        One that was left unfinished for longer than a day is not: its pages are no longer news.
        """
        words = json.dumps(arguments, sort_keys=True)
        with self.transaction():
            unfinished = self.connection.execute(
                "select id from runs where command = ? and source is ? and arguments = ? and finished_at is null"
                " and julianday(?) - julianday(started_at) between 0 and 1 order by id desc limit 1",
                (command, source, words, now),
            ).fetchone()
            if unfinished is None:
                cursor = self.connection.execute(
                    "insert into runs (command, source, arguments, started_at) values (?, ?, ?, ?)",
                    (command, source, words, now),
                )
                unfinished = (cursor.lastrowid,)
        return self._run(int(unfinished[0]))

    def _run(self, run_id: int) -> RunRow:
        return next(run for run in self.runs() if run.id == run_id)

    def note_run(self, run_id: int, **columns: object) -> None:
        """Write columns of a run's row: resume_url, counts, finished_at."""
        names = ", ".join(f"{name} = ?" for name in columns)
        self.connection.execute(f"update runs set {names} where id = ?", (*columns.values(), run_id))

    def runs(self) -> list[RunRow]:
        """Every run, oldest first."""
        return [
            RunRow(*row)
            for row in self.connection.execute(
                "select id, command, source, arguments, started_at, finished_at, resume_url, expected, fetched,"
                " unchanged, failed from runs order by id"
            )
        ]
