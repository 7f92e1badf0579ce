"""Invented TrialX listings: one TOML file each in pages/trialx, read as parts of rows, with the fields due from it.

A part is written as lines: ``# heading``, ``* item`` or ``1. item`` with two spaces a depth, anything else is a
paragraph. A line without a blank line above it is a mere line break.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from scraper.model import Page, Record

FOLDER = Path(__file__).parent / "pages" / "trialx"
HOME = "https://www.trialx.com/clinical-trials/listings"


class Row(NamedTuple):
    kind: str
    text: str
    depth: int = 0
    marker: str = ""
    tight: bool = False


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What one page says. `is_sloppy`: its author did not escape angle brackets."""

    listing_id: str
    title: str
    slug: str
    covers: list[str]
    badges: dict[str, str]
    overview: list[Row]
    eligibility: list[Row]
    conditions: list[str]
    updated: str
    sponsor: str
    description: list[Row] = field(default_factory=list)
    plain_language: list[Row] = field(default_factory=list)
    registry_id: str = ""
    template: str = "new"
    image: bool = True
    is_sloppy: bool = False
    unknown_badge: str = ""
    order: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{HOME}/{self.listing_id}/"

    @property
    def badge_lines(self) -> list[str]:
        words = [self.badges[name] for name in self.order or self.badges]
        return [self.unknown_badge, *words] if self.unknown_badge else words

    @property
    def titles(self) -> list[str]:
        return [self.title] * (2 if self.template == "new" else 1)

    def page(self, body: str, name: str = "") -> Page:
        return Page(
            source="trialx", url=self.url, body=body.encode(), fetched_at="2026-06-01T12:00:00Z", name=name
        )


_ROW = re.compile(r"(?P<lead> *)(?:(?P<marker>[*-]|\d+[.)]) |(?P<heading># ))?(?P<text>\S.*)")


def rows(text: str) -> list[Row]:
    """The rows of a part; the depth of a paragraph in an item is one more than the item's."""
    found: list[Row] = []
    tight = False
    for line in text.strip("\n").split("\n"):
        match = _ROW.fullmatch(line.rstrip(" "))
        if match is None:
            tight = False
            continue
        depth = len(match["lead"]) // 2
        kind = "item" if match["marker"] else "heading" if match["heading"] else "paragraph"
        found.append(Row(kind, match["text"], depth, match["marker"] or "", tight))
        tight = True
    return found


def read(path: Path) -> Listing:
    """The listing described in a file; its id is the file's name."""
    facts: dict[str, Any] = {"listing_id": path.stem, **tomllib.loads(path.read_text("utf-8"))}
    for name in ("overview", "description", "eligibility", "plain_language"):
        facts[name] = rows(facts.get(name, ""))
    return Listing(**facts)


def described(text: str, listing_id: str) -> Listing:
    """The description of a page saved as text in the new template, all of whose parts are there."""
    top, overview, description, eligibility, details, *_ = re.split(
        r"\n(?:Powered by AI\n\nOverview|Description|Eligibility|Study details|Step 1 [^\n]*)\n", text
    )
    _, title, _, *badges = [line for line in top.split("\n") if line]
    condition, registry_id, sponsor, updated = [line.strip() for line in details.split("\n") if line.strip()]
    return Listing(
        listing_id=listing_id,
        title=title,
        slug="",
        covers=[],
        badges=dict(zip(("overall_status", "age", "sex", "phase"), badges, strict=True)),
        overview=rows(overview),
        description=rows(description),
        # The page indents its items by two spaces.
        eligibility=rows(eligibility.replace("\n  ", "\n")),
        conditions=[condition],
        registry_id=registry_id,
        sponsor=sponsor,
        updated=updated,
    )


LISTINGS = tuple(read(path) for path in sorted(FOLDER.glob("*.toml")))


def _lines(part: list[Row]) -> list[tuple[int, str]]:
    return [(row.depth, row.text) for row in part]


def expected(listing: Listing) -> dict[str, object]:
    """The fields due from the listing, whatever its markup; texts as (depth, words) of each line."""
    return {
        "brief_title": listing.title,
        "overall_status": listing.badges.get("overall_status", ""),
        "age": listing.badges.get("age", ""),
        "sex": listing.badges.get("sex", ""),
        "phase": listing.badges.get("phase", ""),
        "brief_summary": _lines(listing.overview),
        "detailed_description": _lines(listing.description),
        "eligibility_criteria": _lines(listing.eligibility),
        "conditions": listing.conditions,
        "registry_id": listing.registry_id,
        "lead_sponsor": listing.sponsor,
        "updated": listing.updated,
        "source_id": listing.listing_id,
        "url": listing.url,
        "oddities": [listing.unknown_badge] if listing.unknown_badge else [],
    }


_MARKED = re.compile(r"(?P<lead> *)(?:(?:[*•-]|\d+[.)]) )?(?P<text>.*)")


def got(record: Record) -> dict[str, object]:
    """The same fields from a record; list markers and blank lines, which markups differ in, are left out."""

    def lines(text: str) -> list[tuple[int, str]]:
        matches = [match for line in text.split("\n") if line and (match := _MARKED.fullmatch(line))]
        return [(len(match["lead"]) // 4, match["text"]) for match in matches]

    texts = ("brief_summary", "detailed_description", "eligibility_criteria")
    names = ("brief_title", "overall_status", "age", "sex", "phase", *texts, "conditions", "registry_id")
    values = {name: getattr(record, name) for name in (*names, "lead_sponsor", "updated", "source_id", "url")}
    return {
        name: lines(value) if name in texts and isinstance(value, str) else value
        for name, value in values.items()
    } | {"oddities": [oddity.found for oddity in record.oddities]}
