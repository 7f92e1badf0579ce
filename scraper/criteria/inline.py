"""Several items on one line: "1. Adults 2. Consent", "A; B; C", "• one • two".

A number is a list number only where its neighbours count too; "(phase 2)", "(n=20)" and "grade 2." are not.
"""

import re

from scraper.criteria.layout import Marker

_ENUMERATORS = {
    "1.": re.compile(r"(?<=\s)(\d{1,2})\.(?=\s|[A-Z])\s*"),
    "1)": re.compile(r"(?<=[\s;.,:])(\d{1,2})\)[.:]?\s*"),
    "1()": re.compile(r"(?<=[\s;.,:])\((\d{1,2})\)[.:]?\s*"),
    "1-": re.compile(r"(?<=[\s.;,])(\d{1,2})\s?[-–](?=\s|[A-Za-z])\s*"),
    "circled": re.compile(r"([①-⑳⑴-⒇])\s*"),
}
_CLOSING = {"1.": ".", "1)": ")", "1()": ")", "1-": ""}
_NOT_BEFORE = re.compile(
    r"(?:\b(?:phase|phases|grade|grades|type|types|stage|stages|class|version|v|and|or|than|of|to|least|level|group|groups|part|"
    r"parts|cohort|day|visit|week|month|section|appendix|table|category|score|number|no|arm|dose|step|item|criterion|"
    r"criteria|inclusion|exclusion|ecog|asa|nyha|about|within|from|factor|covid|n)|[<>≥≤=~+-])\s*$",
    re.IGNORECASE,
)


def last_number(body: str, marker: Marker | None) -> int:
    """Return the last number of the list that goes on inside a block, its own number when none does."""
    if marker is None or marker.style not in _ENUMERATORS:
        return 0
    return marker.number + len(_sequence(body, marker.style, marker.number, loose=False))


def split_inline(body: str, marker: Marker | None, sole: bool) -> list[tuple[int, int]]:
    """Return the (start, end) of the items inside one block, a single pair when there is only one.

    A block that begins with "1." is cut where "2." follows in the same style; "(phase 2)", "(n=20)" and "grade 2."
    are no list numbers. Bullets inside a line cut it too. `sole` says that the block is the whole of its part: then
    it is a list without line breaks, and looser signs will do (no full stop before the number, semicolons alone).
    """
    cuts: list[tuple[int, int]] = []
    if marker is not None and marker.style in _ENUMERATORS:
        cuts = _sequence(body, marker.style, marker.number, sole)
    elif marker is None and sole:
        for style in _ENUMERATORS:
            cuts = _sequence(body, style, 0, loose=False)
            if len(cuts) >= 3:
                break
        else:
            cuts = _semicolons(body)
    if not cuts:
        cuts = _inline_bullets(body, marker, sole)
    if not cuts:
        return [(0, len(body))]
    spans: list[tuple[int, int]] = []
    start = 0
    for begin, after in cuts:
        spans.append((start, begin))
        start = after
    spans.append((start, len(body)))
    return [span for span in spans if body[span[0] : span[1]].strip(" .;,:-")]


def _semicolons(body: str) -> list[tuple[int, int]]:
    """Return the cuts of "A; B; C." when it is one sentence: semicolons in brackets do not count."""
    if ";" not in body or re.search(r"[a-z)]\. +[A-Z]", body):
        return []
    cuts: list[tuple[int, int]] = []
    depth = 0
    last = len(body.rstrip(" ;.")) - 1
    for i, sign in enumerate(body):
        if sign in "([":
            depth += 1
        elif sign in ")]":
            depth = max(0, depth - 1)
        elif sign == ";" and not depth and i < last:
            cuts.append((i, i + 1))
    return cuts


def _sequence(body: str, style: str, last: int, loose: bool) -> list[tuple[int, int]]:
    cuts: list[tuple[int, int]] = []
    if body.isascii() and (style == "circled" or f"{last + 1}{_CLOSING[style]}" not in body):
        return cuts  # the next number is not there at all
    for match in _ENUMERATORS[style].finditer(body):
        number = (ord(match[1]) - 0x2460) % 20 + 1 if style == "circled" else int(match[1])
        if number != last + 1 or (last == 0 and number != 1):
            continue
        before = body[max(0, match.start() - 24) : match.start()]
        plain = before.rstrip()
        closed = not plain or plain[-1] in ".;:,)]"
        if not closed and (_NOT_BEFORE.search(before) or (last == 0 and style != "circled")):
            continue
        if style == "1." and not closed and not loose and not body[match.end() : match.end() + 1].isupper():
            continue
        if before.count("(") > before.count(")") and style != "1()":
            continue
        cuts.append((match.start(), match.end()))
        last = number
    return cuts


_INLINE_BULLET = re.compile(r"(?<=\s)[•●▪◦‣⁃⦁■□➢►∙](?:\s+|(?=[A-Z]))")
_INLINE_STAR = re.compile(r"(?<=[.;:,)]\s)\*\s+(?=[A-Z0-9≥<>])|(?<=\s)\*\s+(?=[A-Z])")
_INLINE_DASH = re.compile(r"(?<=\s)[-–]\s+(?=[A-Z≥≤<>])")


def _inline_bullets(body: str, marker: Marker | None, sole: bool) -> list[tuple[int, int]]:
    if not body.isascii() and (cuts := [match.span() for match in _INLINE_BULLET.finditer(body)]):
        return cuts
    if "* " in body and len(cuts := [match.span() for match in _INLINE_STAR.finditer(body)]) >= 2:
        return cuts
    if (marker is not None and marker.style != "bullet") or not (" - " in body or "–" in body):
        return []
    cuts = [match.span() for match in _INLINE_DASH.finditer(body)]
    closed = sum(body[:start].rstrip().endswith((".", ";", ":", ",")) for start, _ in cuts)
    needed = 3 if not sole else 2 if marker is None else 1
    return cuts if len(cuts) >= needed or (len(cuts) >= 2 and closed >= 2) else []
