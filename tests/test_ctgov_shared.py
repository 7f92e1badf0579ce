"""The real records of ../shared: every one is read, every word is known, no contact is left."""

import gzip
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from scraper.model import Page, Problem, Record, Trial
from scraper.normalise.trial import normalise
from scraper.sources import ctgov

pytestmark = pytest.mark.shared

Loaded = tuple[str, bytes]


def _folder(data: Path, name: str) -> Iterator[Loaded]:
    for path in sorted((data / name).rglob("*")):
        if path.is_file():
            yield f"{name}/{path.name}", path.read_bytes()


def _lines(data: Path, name: str) -> Iterator[Loaded]:
    with gzip.open(data / name) as stream:
        for number, line in enumerate(stream, 1):
            yield f"{name}:{number}", line


def _members(data: Path, name: str) -> Iterator[Loaded]:
    with zipfile.ZipFile(data / name) as archive:
        for member in archive.namelist():
            yield member, archive.read(member)


# What is there -> (how to read it, studies, of them partial, parts that are no study).
SETS: dict[str, tuple[Callable[[Path, str], Iterator[Loaded]], int, int, int]] = {
    "ctgov-v2-json": (_folder, 320, 0, 0),
    # Four files of another project's tests carry the id NCT000001; one answer was asked for some fields only.
    "ctgov-v2-pages": (_folder, 418, 1, 4),
    "ctgov-v2-fields": (_folder, 167, 167, 0),
    "ctgov-v2-history": (_folder, 78, 0, 0),
    "ctgov-v2-beta": (_folder, 10, 0, 0),
    "ctgov-v1-json": (_folder, 306, 0, 0),
    "ctgov-csv": (_folder, 5339, 5339, 0),
    "ctgov-tsv": (_folder, 775, 775, 0),
    "ctgov-searchxml": (_folder, 100, 100, 0),
    "ctgov-xml": (_folder, 902, 0, 0),
    "bulk/ctgov-v2-more.ndjson.gz": (_lines, 1289, 0, 0),
    # NCT01562678 is a copy from a browser's window with a bare "<".
    "bulk/ctgov-xml-5000.zip": (_members, 4999, 0, 1),
}
# Words that stand in no vocabulary on purpose: records invented by other projects' tests, and one odd old record.
EXPLAINED = {
    ("NCT55555555", "phase", "PHASE1|PHASE2|PHASE3|PHASE4|PHASE5"),
    ("NCT55555555", "study_type", "EXPANDED_ACCESS_INTERVENTIONAL"),
    ("NCT87654321", "study_type", "EXPANDED_ACCESS_INTERVENTIONAL"),
    ("NCT01620489", "masking", "Participant, Investigator"),
}
_PHONE_JSON = re.compile(rb'"\w*[pP]hone"\s*:\s*"([^"\\]*)"')
_EMAIL_JSON = re.compile(rb'"(?:email|\w*EMail)"\s*:\s*"([^"\\]*)"')
_PHONE_XML = re.compile(rb"<phone>([^<]*)</phone>")
_EMAIL_XML = re.compile(rb"<email>([^<]*)</email>")


def _studies(name: str, data: Path) -> Iterator[tuple[Page | Problem, Record | None]]:
    for path, body in SETS[name][0](data, name):
        page = Page(source="ctgov", url=path, body=body, fetched_at="", name=Path(path).name, path=path)
        assert ctgov.recognise(page.name, body[: 1 << 16]), path
        for part in ctgov.split(page):
            yield part, None if isinstance(part, Problem) else ctgov.parse(part)


def _contacts(body: bytes) -> Iterator[bytes]:
    for pattern in (_EMAIL_JSON, _EMAIL_XML):
        yield from (found.strip() for found in pattern.findall(body) if b"@" in found)
    for pattern in (_PHONE_JSON, _PHONE_XML):
        yield from (found.strip() for found in pattern.findall(body) if len(re.sub(rb"\D", b"", found)) >= 7)


def _texts(trial: Trial) -> bytes:
    """The trial as it will be stored, without its ids: an id may hold the digits of a telephone number."""
    values = msgspec.to_builtins(trial)
    return msgspec.json.encode({name: value for name, value in values.items() if name != "secondary_ids"})


@pytest.mark.parametrize("name", SETS)
def test_every_real_record_is_read_and_no_contact_is_left(name: str, shared: Path) -> None:
    _, studies, partial, no_study = SETS[name]
    got = {"studies": 0, "partial": 0, "no study": 0}
    unexplained, leaks = [], []
    for part, record in _studies(name, shared / "data"):
        if isinstance(part, Problem) or record is None:
            got["no study"] += 1
            continue
        got["studies"] += 1
        got["partial"] += record.is_partial
        trial, problems = normalise(record, "")
        assert trial.trial_id.removeprefix("ctgov:") == record.source_id
        unexplained += [p for p in problems if (p.source_id, p.field, p.found) not in EXPLAINED]
        stored = _texts(trial)
        leaks += [(record.source_id, contact) for contact in _contacts(part.body) if contact in stored]
        leaks += [(record.source_id, found) for found in re.findall(rb"[\w.+-]+@[\w-]+\.[\w.]+", stored)]
    assert got == {"studies": studies, "partial": partial, "no study": no_study}
    assert unexplained == []
    assert leaks == []


def test_registry_record_of_the_listing_reads_as_the_registry_says(shared: Path) -> None:
    body = (shared / "data" / "ctgov-xml" / "NCT04010877.xml").read_bytes()
    trial, problems = normalise(ctgov.parse(Page(source="ctgov", url="", body=body, fetched_at="")), "")
    assert problems == ()
    assert (trial.trial_id, trial.overall_status, trial.phase) == (
        "NCT04010877",
        "RECRUITING",
        "PHASE1/PHASE2",
    )
    assert (trial.minimum_age, trial.minimum_age_years) == ("6 Months", 0.5)
    assert (trial.maximum_age, trial.maximum_age_before_years) == ("75 Years", 76.0)
    assert trial.lead_sponsor == "Shenzhen Geno-Immune Medical Institute"
    assert (trial.start_date, trial.last_update_posted_date) == ("2019-08-01", "2019-09-19")
    assert trial.eligibility_criteria is not None
    assert trial.eligibility_criteria.startswith("Inclusion Criteria:\n\n  1. Age older than 6 months.\n")
