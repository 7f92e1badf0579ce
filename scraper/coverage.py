"""What becomes of every field of ClinicalTrials.gov's API v2: a table of shares stated and stored, field by field.

`coverage.csv` is the field map: a path of the record on one side, a column or the reason why there is none on the
other. A path that is in no line is counted and listed, so that a field that the registry adds does not go unseen.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from scraper import pipeline
from scraper.archive import formats
from scraper.archive.formats import SavedFile
from scraper.archive.store import Archive
from scraper.errors import NormaliseError, ScraperError
from scraper.model import Dossier, Page, Problem, Version
from scraper.normalise import age
from scraper.normalise.trial import EMAIL_ADDRESS
from scraper.progress import Progress, untold
from scraper.sources import by_name
from scraper.store.rows import Row, columns, rows_of

SOURCE = "ctgov"
_ONE_ROW = frozenset({"trials", "trial_text", "designs"})


class Line(NamedTuple):
    """One line of the field map; `where` holds "column=value" words; `reason` says why there is no
    column, or what is left empty on purpose."""

    path: str
    table: str
    column: str
    where: str
    reason: str

    @property
    def target(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass
class Count:
    """In how many records a path is stated, in how many all of it is stored, and in how many others it is left out
    on purpose or a row of `problems` says why not."""

    stated: int = 0
    stored: int = 0
    explained: int = 0


@dataclass
class Coverage:
    """The table: one count a line of the field map, and the paths that are in no line."""

    records: int = 0
    unreadable: int = 0
    other_forms: int = 0
    counts: dict[str, Count] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    shortfalls: list[tuple[str, str]] = field(default_factory=list)
    """(trial, path) of what is stated, not stored and explained by no problem."""


@cache
def field_map() -> Mapping[str, Line]:
    """Path -> its line; a path that ends in ".*" stands for everything below it."""
    with Path(__file__).with_name("coverage.csv").open(encoding="utf-8", newline="") as stream:
        return {line.path: line for line in (Line(**row) for row in csv.DictReader(stream))}


def saved(paths: Iterable[Path]) -> Iterator[Page]:
    """The studies of saved files, one page each."""
    source = by_name(SOURCE)
    for path in paths:
        for file in formats.read(path):
            if isinstance(file, SavedFile) and source.recognise(file.name, file.body[: 1 << 16]):
                page = Page(
                    source=SOURCE, url=file.path, body=file.body, fetched_at=file.saved_at, path=file.path
                )
                yield from (part for part in source.split(page) if isinstance(part, Page))


def archived(archive: Archive) -> Iterator[Page]:
    """The archived studies, every version of them."""
    for stored in archive.pages(archive.page_ids()):
        if stored.page.source == SOURCE:
            yield stored.page


def measure(pages: Iterable[Page], progress: Progress = untold) -> Coverage:
    """Count what the pages state and what of it would be stored. Raises ScraperError when there is none."""
    found = Coverage(counts={path: Count() for path in field_map()})
    for done, page in enumerate(pages, 1):
        progress("records", done, None)
        stated = _stated(page.body)
        if stated is None:
            found.other_forms += 1
            continue
        version = pipeline.read(page)
        if isinstance(version, Problem):
            found.unreadable += 1
            continue
        found.records += 1
        _count(found, version, stated)
    if not found.records:
        raise ScraperError(
            "no record of ClinicalTrials.gov's API v2 was found; expected some in the archive or in the files named"
        )
    return found


def _stated(body: bytes) -> Counter[str] | None:
    """How often each path of the field map is stated, unknown paths as they are; None for another form."""
    try:
        study = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    ident = study.get("protocolSection") if isinstance(study, dict) else None
    ident = ident.get("identificationModule") if isinstance(ident, dict) else None
    if not isinstance(ident, dict) or not isinstance(ident.get("nctId"), str):
        return None
    counts: Counter[str] = Counter()
    _walk(study, "", counts, field_map())
    return counts


def _walk(value: Any, path: str, counts: Counter[str], lines: Mapping[str, Line]) -> None:
    if path and f"{path}.*" in lines:
        counts[f"{path}.*"] += bool(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            _walk(item, f"{path}.{key}" if path else key, counts, lines)
    elif isinstance(value, list):
        for item in value:
            _walk(item, f"{path}[]", counts, lines)
    elif value is not None and (not isinstance(value, str) or value.strip()):
        # A person's address in the place of an id is left out on purpose, as contacts are.
        is_id = path in lines and lines[path].table == "secondary_ids"
        counts[path] += not (is_id and EMAIL_ADDRESS.search(str(value)))


def _count(found: Coverage, version: Version, stated: Counter[str]) -> None:
    lines = field_map()
    rows = _rows(version)
    for path, times in stated.items():
        line = lines.get(path)
        if line is None:
            found.unknown[path] += 1
            continue
        count = found.counts[path]
        count.stated += bool(times)
        if not line.table or not times:
            continue
        if _stored(rows, line) >= (1 if line.table in _ONE_ROW else times):
            count.stored += 1
        elif _is_no_limit(version, line) or any(_is_about(problem, line) for problem in version.problems):
            count.explained += 1
        else:
            found.shortfalls.append((version.trial.trial_id, path))


def _rows(version: Version) -> Mapping[str, Sequence[Row]]:
    """The rows of the database that hold the version itself."""
    dossier = Dossier(
        trial=version.trial,
        criteria=(),
        records=(),
        changes=(),
        conflicts=(),
        problems=(),
        first_seen_at="",
        last_changed_at="",
    )
    return rows_of(dossier, "")


def _stored(rows: Mapping[str, Sequence[Row]], line: Line) -> int:
    """How many rows hold something in the line's column."""
    names = columns()[line.table]
    at = names.index(line.column)
    wanted = [
        (names.index(name), value) for name, _, value in (part.partition("=") for part in line.where.split())
    ]
    return sum(
        row[at] is not None and all(_text(row[n]) == value for n, value in wanted) for row in rows[line.table]
    )


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _is_no_limit(version: Version, line: Line) -> bool:
    if line.column != "minimum_age_years":
        return False
    try:
        return age.years(version.record.minimum_age) == 0
    except NormaliseError:
        return False


def _is_about(problem: Problem, line: Line) -> bool:
    """Is this problem why the line's column holds nothing? Its field is a column, a list's entry or a source's path."""
    names = set(re.split(r"[.\[\]\d]+", problem.field)) - {""}
    column = {"minimum_age_years": "minimum_age", "maximum_age_before_years": "maximum_age"}.get(
        line.column, line.column
    )
    if problem.stage == "parse":
        # A value of a wrong type is named by its path in the record, without the section.
        place = re.sub(r"\[\d*\]", "", problem.field)
        return place in re.sub(r"\[\]", "", line.path) or place.endswith(
            line.path.rsplit(".", 1)[-1].rstrip("[]")
        )
    same_table = line.table in names or line.table in _ONE_ROW
    return same_table and (column in names or ("age" in names and column.endswith("_age")))


def table(found: Coverage) -> Iterator[str]:
    """The table in lines for people: what is kept, what is not and why, what is new."""
    yield f"records of API v2: {found.records:,}; unreadable {found.unreadable:,}; in older forms {found.other_forms:,}"
    yield ""
    yield f"{'stated':>8} {'stored':>8}  path -> column"
    for path, line in field_map().items():
        count = found.counts[path]
        if line.table:
            short = count.stated - count.stored
            why = (
                f"; {short:,} not, {count.explained:,} of them explained ({line.reason or 'problems'})"
                if short
                else ""
            )
            share = f"{count.stored / count.stated:>8.1%}" if count.stated else f"{'-':>8}"
            yield f"{count.stated / found.records:>8.1%} {share}  {path} -> {line.target}{why}"
    yield ""
    yield f"{'stated':>8}           not kept, and why"
    for path, line in field_map().items():
        if not line.table:
            yield f"{found.counts[path].stated / found.records:>8.1%}           {path}: {line.reason}"
    yield ""
    yield f"paths that the field map does not know: {len(found.unknown):,}"
    for path, times in sorted(found.unknown.items()):
        yield f"{times / found.records:>8.1%}           {path}: in {times:,} records"
    for trial_id, path in found.shortfalls[:20]:
        yield f"stated, not stored, not explained: {trial_id} {path}"


def data(found: Coverage) -> dict[str, Any]:
    """The table as data."""
    lines = []
    for path, line in field_map().items():
        count = found.counts[path]
        kept = (
            {"column": line.target, "stored": count.stored, "explained": count.explained}
            if line.table
            else {}
        )
        lines.append({"path": path, "stated": count.stated, **(kept or {"reason": line.reason})})
    return {
        "records": found.records,
        "unreadable": found.unreadable,
        "other_forms": found.other_forms,
        "fields": lines,
        "unknown": dict(sorted(found.unknown.items())),
        "shortfalls": [{"trial_id": trial_id, "path": path} for trial_id, path in found.shortfalls],
    }
