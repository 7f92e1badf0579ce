"""Rows that stand under no heading: the kind that their own words or their place give them, or none.

A wrong side is worse than none: what "will not exclude" stays without a kind whatever its words say.
"""

import re

import msgspec

from scraper.criteria.clean import fold
from scraper.model import Kind

IS_NO_SIDE = "no side"  # the `kind_source` of such rows until they are settled


class Row(msgspec.Struct, frozen=True, gc=False):
    """One criterion before its limits are read; `context` is the label or lead-in it stands under."""

    kind: Kind
    kind_source: str
    section: str
    context: str
    depth: int
    parent: int | None
    text: str
    raw_start: int
    raw_end: int


_OUT_WORDING = re.compile(
    r"\b(?:(?:is|are|be|being|were|was) (?:also |specifically |automatically )?(?:excluded|ineligible|not eligible)|"
    r"will not be (?:eligible|included|enrolled|recruited)|not eligible|ineligible|exclusions? (?:criteria )?(?:are|include)|"
    r"(?:^|\. )excluded\b|exclude(?:s|d)? (?:patients|subjects|if|those)|may not (?:participate|enroll?)|must not)\b"
)
_IN_WORDING = re.compile(
    r"\b(?:must|eligible|inclusion criteria (?:are|include)|(?:will|can|may|to) be (?:included|enrolled|recruited|eligible)|"
    r"(?:are|were) (?:included|enrolled|recruited)|are required|is required|willing|ages? eligible|(?:healthy|adult) volunteers|ages? (?:from |between |of )?\d+|aged \d+|"
    r"years (?:of age |old )?(?:or|and) (?:older|over|above))\b"
)


def kind_by_wording(text: str) -> Kind:
    """Return the kind that a criterion under no heading states itself, "unknown" when it states none."""
    plain = fold(text)
    if _OUT_WORDING.search(plain) and not re.search(r"\bnot (?:be )?excluded\b", plain):
        # "No more than a month of it. Patients who had more are not eligible." asks for the contrary of what it excludes.
        return "unknown" if plain.startswith("no ") else "exclusion"
    return "inclusion" if _IN_WORDING.search(plain) else "unknown"


def settle(found: list[Row]) -> list[Row]:
    """Give a kind to rows that stand under no heading, where their own words or their place say it."""
    first = next((i for i, row in enumerate(found) if row.kind_source == "heading"), None)
    before_exclusion = first is not None and found[first].kind == "exclusion"
    settled: list[Row] = []
    for i, row in enumerate(found):
        if row.kind != "unknown":
            settled.append(row)
            continue
        if row.kind_source == IS_NO_SIDE:
            settled.append(msgspec.structs.replace(row, kind_source="none"))
            continue
        kind = kind_by_wording(row.text)
        source = "wording"
        if kind == "unknown" and row.parent is not None and settled[row.parent].kind != "unknown":
            kind, source = settled[row.parent].kind, settled[row.parent].kind_source
        if kind == "unknown" and before_exclusion and first is not None and i < first:
            # The only heading is "Exclusion Criteria": what stands before it is what patients must have.
            kind, source = "inclusion", "order"
        settled.append(
            msgspec.structs.replace(row, kind=kind, kind_source=source if kind != "unknown" else "none")
        )
    return settled
