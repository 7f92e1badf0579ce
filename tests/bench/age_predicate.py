"""The age predicate against the registry's own age groups, over every real record that states both.

    python -m tests.bench.age_predicate [FOLDER]

ClinicalTrials.gov derives `stdAges` from the age limits: CHILD is birth to 17, ADULT 18 to 64, OLDER_ADULT 65 and over.
The predicate, that of people who copy it (`CERTAIN_SQL`), agrees when it takes somebody of a group exactly where the registry names that group. Every disagreement
is listed with the record's words; the exit code is 1 when there is one that the words do not explain.
"""

import gzip
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scraper.errors import NormaliseError
from scraper.normalise.age import CERTAIN_SQL, limits, unread, years

GROUPS = {"CHILD": (0.0, 18.0), "ADULT": (18.0, 65.0), "OLDER_ADULT": (65.0, 150.0)}


def records(folder: Path) -> Iterator[dict[str, Any]]:
    """Every study of the JSON files of a folder, however deep, whole answers and single studies alike."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".json":
            yield from _studies(_read(path.read_bytes()))
        elif path.name.endswith(".ndjson.gz"):
            with gzip.open(path) as lines:
                for line in lines:
                    yield from _studies(_read(line))


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _studies(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, list):
        for one in body:
            yield from _studies(one)
    elif isinstance(body, dict):
        if isinstance(body.get("protocolSection"), dict):
            yield body
        for name in ("studies", "study"):
            yield from _studies(body.get(name))


def groups(connection: sqlite3.Connection, minimum: str, maximum: str) -> set[str]:
    """The groups that the predicate takes somebody of. Raises NormaliseError."""
    low, _, before = limits(minimum, maximum)
    found = set()
    for name, (start, end) in GROUPS.items():
        # Within a group the first eligible age, if there is one, is its start or the lower limit.
        ages = [start] + ([low] if low is not None and start <= low < end else [])
        values = {"minimum_age_years": low, "maximum_age_before_years": before}
        query = (
            f"select {CERTAIN_SQL} from (select :minimum_age_years as minimum_age_years,"
            " :maximum_age_before_years as maximum_age_before_years, null as ages_unread)"
        )
        if any(connection.execute(query, {**values, "age": age}).fetchone()[0] for age in ages):
            found.add(name)
    return found


def takes_anybody(connection: sqlite3.Connection, minimum: str, maximum: str) -> bool:
    """Does the predicate take somebody where one of the limits could not be read? It must not."""
    odd = {
        name
        for name, words in (("minimum_age", minimum), ("maximum_age", maximum))
        if not _is_readable(words)
    }
    query = f"select {CERTAIN_SQL} from (select null as minimum_age_years, null as maximum_age_before_years, :odd as ages_unread)"
    found = connection.execute(query, {"odd": unread(odd or {"age"}, None, None), "age": 8}).fetchone()
    return bool(found[0])


def _is_readable(words: str) -> bool:
    try:
        years(words)
    except NormaliseError:
        return False
    return True


def main(folder: Path) -> int:
    """Print the table; 1 when a disagreement is not the registry's own."""
    connection = sqlite3.connect(":memory:")
    table: Counter[tuple[str, bool, bool]] = Counter()
    not_read: list[str] = []
    differing: list[str] = []
    seen: dict[tuple[str, str, str, str], None] = {}
    for record in records(folder):
        protocol = record["protocolSection"]
        eligibility = protocol.get("eligibilityModule", {})
        stated = eligibility.get("stdAges")
        trial_id = protocol.get("identificationModule", {}).get("nctId", "?")
        if not isinstance(stated, list) or not all(isinstance(one, str) for one in stated):
            continue
        minimum, maximum = (str(eligibility.get(name, "")) for name in ("minimumAge", "maximumAge"))
        key = (trial_id, minimum, maximum, ",".join(sorted(stated)))
        if key in seen:
            continue
        seen[key] = None
        words = f"{trial_id}: {minimum or 'no minimum'} to {maximum or 'no maximum'}; registry: {', '.join(stated)}"
        try:
            ours = groups(connection, minimum, maximum)
        except NormaliseError as error:
            not_read.append(f"{words}; not read: {error}")
            if takes_anybody(connection, minimum, maximum):
                differing.append(f"{words}; not read, and yet the predicate takes a child of 8")
            continue
        for name in GROUPS:
            table[name, name in ours, name in stated] += 1
        if ours != set(stated):
            differing.append(
                f"{words}; predicate: {', '.join(one for one in GROUPS if one in ours) or 'nobody'}"
            )
    print(f"{len(seen):,} different records with age groups in {folder}")
    print(f"{'group':12}{'both':>8}{'neither':>9}{'ours only':>11}{'registry only':>15}{'agreement':>11}")
    for name in GROUPS:
        counts = [
            table[name, ours, theirs]
            for ours, theirs in ((True, True), (False, False), (True, False), (False, True))
        ]
        share = (counts[0] + counts[1]) / max(1, sum(counts))
        print(f"{name:12}{counts[0]:>8,}{counts[1]:>9,}{counts[2]:>11,}{counts[3]:>15,}{share:>11.4%}")
    for title, lines in (("limits that cannot be read", not_read), ("disagreements", differing)):
        print(f"{title}: {len(lines)}")
        for line in lines:
            print(f"  {line}")
    return 1 if differing else 0


if __name__ == "__main__":
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else default))
