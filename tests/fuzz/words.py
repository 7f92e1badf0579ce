"""Readers of single texts: eligibility, ages, dates, searches, titles, two versions of a text, small files of ours."""

import io
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import parse_qs

from protego import Protego

from scraper import criteria, watchfile
from scraper.compare import changes, links_content
from scraper.compare.alignment import align
from scraper.compare.portrait import Portrait
from scraper.criteria import lines
from scraper.errors import NormaliseError, ScraperError, SettingsError, SiteError
from scraper.fetch.robots import MOST_CHARACTERS, Rules
from scraper.match import engine as matching
from scraper.match import patient as asking
from scraper.model import Criterion
from scraper.normalise import (
    age,
    country,
    date,
    design,
    identifier,
    number,
    phase,
    sex,
    sponsor,
    status,
    study_type,
)
from scraper.search import engine, question
from scraper.site.serve import INSPECTED, inspected
from scraper.store import floorfile, floors, reader
from scraper.store.measure import Measured
from tests.fuzz.reader import Reader
from tests.registry_pages import PAGES

_ISO = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_BETWEEN = "\n=====\n"


def readers(data: Path, folder: Path) -> list[Reader]:
    """`data` is a data folder to search in, `folder` one to write small files into."""
    texts = _texts()
    return [
        Reader("criteria text", [text.encode() for text in texts], _criteria, share=6),
        Reader("criteria lines", [_line(text) for text in texts[:20]], _lines),
        Reader("words", [word.encode() for word in _WORDS], _words, share=4),
        Reader("search words", [words.encode() for words in _SEARCHES], _Search(data).search, share=2),
        Reader("patient", [words.encode() for words in _PATIENTS], _Search(data).match, share=2),
        Reader("titles", [words.encode() for words in _PORTRAITS], _likeness),
        Reader("two texts", _pairs(texts), _alignment, share=2),
        Reader("robots.txt", [words.encode() for words in _ROBOTS], _robots),
        Reader("floors.json", [words.encode() for words in _FLOORS], _Files(folder).floors),
        Reader("watch state", [words.encode() for words in _STATES], _Files(folder).state),
        Reader(
            "inspect-data.json", [words.encode() for words in _INSPECTED], _Files(folder).inspected, share=0.5
        ),
    ]


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


# ── eligibility ─────────────────────────────────────────────────────────────────────────────────────────


def _texts() -> list[str]:
    found = []
    for path in sorted(PAGES.rglob("*.record*.json")):
        records = json.loads(path.read_bytes())
        for record in records if isinstance(records, list) else [records]:
            words = record.get("eligibility_criteria", "") if isinstance(record, dict) else ""
            found += [words] if words else []
    return found


def _line(text: str) -> bytes:
    return json.dumps({"trial_id": "NCT99000001", "text": text, "style": "v2"}).encode()


def _pairs(texts: Sequence[str]) -> list[bytes]:
    return [f"{text}{_BETWEEN}{text}".encode() for text in texts]


def _read(text: str, style: str = "") -> tuple[Criterion, ...]:
    """The criteria, each of which stands where it says it does."""
    found = criteria.read(text, style)
    for position, one in enumerate(found):
        assert one.position == position and (one.parent is None or 0 <= one.parent < position), one
        assert 0 <= one.raw_start <= one.raw_end <= len(text), one
        for limit in one.constraints:
            assert math.isfinite(limit.value) and 0 <= limit.confidence <= 1, limit
            assert one.text[limit.start : limit.end] == limit.evidence, (one.text, limit)
    return found


def _criteria(body: bytes) -> int:
    text = _text(body)
    return sum(len(_read(text, style)) for style in ("", ("v2", "legacy", "listing")[len(text) % 3]))


def _lines(body: bytes) -> int:
    read = 0
    try:
        for row in lines.read_lines(io.StringIO(_text(body))):
            json.dumps(row, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")
            read += 1
    except ScraperError:
        return read
    return read


def _alignment(body: bytes) -> int:
    older, between, newer = _text(body).partition(_BETWEEN)
    if not between:
        older, newer = older[: len(older) // 2], older[len(older) // 2 :]
    old, new = _read(older), _read(newer)
    pairs = align(old, new)
    assert sorted(p.old.position for p in pairs if p.old) == list(range(len(old)))
    assert [p.new.position for p in pairs if p.new] == list(range(len(new)))
    assert not list(changes.criteria_changes(old, old))
    return len(list(changes.criteria_changes(old, new)))


# ── single words ────────────────────────────────────────────────────────────────────────────────────────

_WORDS = (
    "6 Months", "75 Years", "18 Years to 65 Years", "6-75 years", "up to 17 years old", "8 months", "10 days", "34", "N/A",
    "2026-05-13", "May 13, 2026", "13 May 2026", "2026/5", "May 2026", "13.05.2026", "Phase 1/Phase 2", "Phase II/III", "Early Phase 1",
    "Not Applicable", "Recruiting", "Active, not recruiting", "Terminated (sponsor's decision)", "Female", "Both", "All",
    "France", "Korea, Republic of", "Côte d'Ivoire", "1,234", "40 (Anticipated)", "48.39, -4.49", "-71.06", "Yes", "No", "INDUSTRY",
    "NCT01234567", "EudraCT 2019-001234-22", "2023-501234-12-00", "ISRCTN12345678", "ACTRN12619000123456", "DRKS00012345",
    "ChiCTR2000012345", "KCT0001234", "jRCT2031200123", "U1111-1234-5678", "Interventional", "Randomized", "Double (Participant, Investigator)",
)  # fmt: skip


def _words(body: bytes) -> int:
    text, read = _text(body), 0
    first, _, second = text.partition("\n")
    single: tuple[Callable[[str], object], ...] = (
        age.years, age.before_years, age.badge_limits, age.parse_age, country.country_code, sponsor.agency_class, number.count,
        number.yes_no, phase.phase, sex.sex, status.overall_status, study_type.study_type, identifier.canonical,
    )  # fmt: skip
    for reads in single:
        try:
            value = reads(text)
        except NormaliseError:
            continue
        assert not isinstance(value, float) or (math.isfinite(value) and value >= 0), (reads.__name__, value)
        read += value is not None
    for day_first in (False, True):
        try:
            day = date.iso_date(text, day_first)
            assert day is None or _ISO.fullmatch(day), day
        except NormaliseError:
            continue
    for pair in (number.coordinates, age.limits):
        try:
            found = pair(first, second)
        except NormaliseError:
            continue
        if pair is number.coordinates and found is not None:
            latitude, longitude = found[0] or 0.0, found[1] or 0.0
            assert -90 <= latitude <= 90 and -180 <= longitude <= 180, found
    for field in ("allocation", "intervention_model", "observational_model", "primary_purpose", "masking", "time_perspective"):  # fmt: skip
        try:
            design.design_word(field, text)
        except NormaliseError:
            continue
    for value, _, start, end in identifier.find_all(text):
        assert value and 0 <= start < end <= len(text)
        read += 1
    return read


# ── questions ───────────────────────────────────────────────────────────────────────────────────────────

_SEARCHES = (
    "q=lantern therapy", "q=condition: drowsiness -lamp", 'q="lantern therapy" OR lamp*&status=recruiting', "q=criteria: hemoglobin&sort=updated",
    "q=NCT 99000001&limit=5&offset=2", "q=sponsor:coastal AND NOT light&phase=1/2&sex=f&age=8 months",
    "near=48.4,-4.5&km=50&sort=distance", "country=France&country=de&updated_from=2026-01&start_to=2027", "q=(AML|leukemia)&has_results=1",
)  # fmt: skip
_PATIENTS = (
    "age=34&sex=female&condition=drowsiness&ecog=1", "age=8 months&pregnant=no&lab=hemoglobin=9 g/dL&lab=alt=2 xULN",
    "age=34.5&sex=m&karnofsky=70&near=48.4,-4.5&km=100&recruiting=1", "condition=lymphoma&hiv=y&limit=3",
)  # fmt: skip


class _Search:
    """Asks a real database what strangers type."""

    def __init__(self, data: Path) -> None:
        self.db = reader.open_readonly(data / "trials.db")

    def search(self, body: bytes) -> int:
        try:
            asked = question.from_params(parse_qs(_text(body), keep_blank_values=True, max_num_fields=1000))
        except (SettingsError, ValueError):  # the library counts fields
            return 0
        again = question.from_params(_listed(question.to_params(asked)))
        assert question.to_params(again) == question.to_params(asked), (again, asked)
        found = engine.search(self.db.conn, asked)
        assert 0 <= len(found.hits) <= found.total, asked
        return len(found.hits)

    def match(self, body: bytes) -> int:
        try:
            asked = asking.from_params(parse_qs(_text(body), keep_blank_values=True, max_num_fields=1000))
        except (SettingsError, ValueError):
            return 0
        asking.said(asked)
        answer = matching.as_data(matching.match(self.db.conn, asked))
        return len(json.dumps(answer, allow_nan=False, default=str)) > 0


def _listed(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


# ── two trials ──────────────────────────────────────────────────────────────────────────────────────────

_PORTRAITS = (
    "Lantern Therapy for Drowsy Keepers\nA Phase 2 Trial of Lanterns\nLANTERN\nInstitute of Coastal Light\n2025-04\nPHASE2\n40"
    + _BETWEEN
    + "Lantern Therapy of Drowsy Keepers\nPhase II Trial of Lanterns, extension\nLANTERN-2\nCoastal Light Inc.\n2025-05-02\nPHASE2\n41",
    "Study 1\n\n\n\n\n\n\n" + _BETWEEN + "CAP-1002 versus placebo, not requiring light\n\nCAP\nX\n2026\n\n9",
)  # fmt: skip


def _portrait(text: str, name: str) -> Portrait:
    rows = [*text.split("\n"), *[""] * 7][:7]
    title, official, acronym, lead, start, phase_word, people = (row or None for row in rows)
    count = int(people) if people and people.isascii() and people.isdigit() and len(people) < 10 else None
    day = start if start and _ISO.fullmatch(start) else None
    return Portrait(name, "ctgov", title, official, acronym, lead, day, count, phase_word, None, None, None, None)  # fmt: skip


def _likeness(body: bytes) -> int:
    one, _, other = _text(body).partition(_BETWEEN)
    mine, theirs = _portrait(one, "NCT99000001"), _portrait(other, "NCT99000002")
    there, back = links_content.likeness(mine, theirs), links_content.likeness(theirs, mine)
    assert 0 <= there.score <= 1 and there.score == back.score, (there, back)
    return len(links_content.keys(mine) & links_content.keys(theirs))


# ── small files ─────────────────────────────────────────────────────────────────────────────────────────

_ROBOTS = (
    "User-agent: *\nDisallow: /private/\nAllow: /private/page$\nCrawl-delay: 2\nSitemap: https://example.org/sitemap.xml\n",
    "User-agent: trials-scraper\nDisallow: /*?*q=\nRequest-rate: 1/10\n\nUser-agent: other\nDisallow: /\n",
    "user-agent:*\rdisallow:/a*b*c*d*e*$\rcrawl-delay:1e9\r",
)  # fmt: skip


def _robots(body: bytes) -> int:
    rules = Rules(
        Protego.parse(body.decode("utf-8-sig", errors="replace")[:MOST_CHARACTERS]), "trials-scraper"
    )
    for url in ("https://example.org/private/page", "https://example.org/a?b=c&q=" + "abcde" * 40):
        rules.allows(url)
    assert rules.delay_seconds >= 0
    return len(rules.sitemaps)


_LEARNED = {"at": "2026-01-01", "records": 900, "trials": 800, "fields": {"minimum_age": 0.9}, "words": {"sex": ["all"]}}  # fmt: skip
_FLOORS = (
    json.dumps({"about": "", "sources": {"ctgov": {"learned": _LEARNED, "set": {"records": 1000, "fields": {"sex": 0.5}}}}}),
    json.dumps({"sources": {"trialx": {"learned": {"unread": 0.1, "lost": {"sex": 0.2}}, "set": {"unread": 0.0, "new_words": 1.0}}}}),
)  # fmt: skip
_STATES = (
    json.dumps({"format": "trials-watch-1", "search": [["q", "lantern"]], "made_at": "2026-01-01", "trials": {"NCT99000001": {"changes": ["ab"]}}}),
)  # fmt: skip
_INSPECTED = (json.dumps({"trials": {"hash": "ab", "size": 5, "tables": {"trials": {"count": 3}}}}),)


class _Files:
    """Reads files that lie in a data folder and that a person may have written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def floors(self, body: bytes) -> int:
        path = self.folder / "floors.json"
        path.write_bytes(body)
        try:
            found = floorfile.read(path)
        except SettingsError:
            return 0
        measured = {
            name: Measured(90, 80, {"sex": 0.5}, {"sex": {"all": 3}}, 0.1) for name in (*found, "ctgov")
        }
        list(floors.falls(measured, found))
        learned = {name: floors.learn(measured[name], "2026-01-02", floor) for name, floor in found.items()}
        floorfile.write(path, learned)
        assert floorfile.read(path) == learned
        return len(found)

    def state(self, body: bytes) -> int:
        path = self.folder / "watch.json"
        path.write_bytes(body)
        try:
            found = watchfile.read(path, [("q", "lantern")])
        except ScraperError:
            return 0
        assert found is not None
        watchfile.write(path, found.search, found.made_at, found.trials)
        return len(found.trials)

    def inspected(self, body: bytes) -> int:
        database = self.folder / "trials.db"
        database.write_bytes(b"12345")
        database.with_name(INSPECTED).write_bytes(body)
        try:
            return inspected(database) is not None
        except SiteError:
            return 0
