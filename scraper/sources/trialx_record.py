"""A TrialX listing's blocks to its Record.

The page states no field by name: badges are told by their form, parts by their headings, and the lines of "Study
details" by what they are. Only the text's own order is used, never the markup around it.
"""

import itertools
import re
from typing import NamedTuple

from scraper.errors import ParseError
from scraper.model import Oddity, Record, SecondaryId, Sponsor
from scraper.sources import trialx_badges
from scraper.sources.blocks import Block, Document, as_text
from scraper.sources.trialx_badges import Badge

PLAIN_LANGUAGE, OVERVIEW, DESCRIPTION = "powered by ai", "overview", "description"
ELIGIBILITY, DETAILS = "eligibility", "study details"
LABELS = frozenset({PLAIN_LANGUAGE, OVERVIEW, DESCRIPTION, ELIGIBILITY, DETAILS})
TAIL = ("Study details", "Step 1")
_PARTS = "the parts 'Overview', 'Eligibility' and 'Study details' of a TrialX listing"

_AFTER_DETAILS = re.compile(
    r"(?:step 1\b|get in touch|send a message|enter your contact|investigator avatar|primary contact|sign up\b|faqs?\b|"
    r"learn more about clinical|other languages? supported|first name|add a private note|we have submitted)",
    re.IGNORECASE,
)
_WIDGETS = frozenset(
    {
        "status", "age", "ages", "sex", "gender", "phase", "image", "share", "save", "print", "back", "back to search", "copy link", "read more", "read less", "show more",
        "show less", "see more", "see less", "hard to understand", "easy to understand",
        "how understandable was the trial content above?",
    }
)  # fmt: skip
_RATING = "how understandable was"
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?)"
)
_DATE = re.compile(
    rf"(?:(?:last )?updated?(?: on)?:? )?(\d{{1,2}} {_MONTH}\.?,? \d{{4}}|{_MONTH}\.? \d{{1,2}}, \d{{4}}|\d{{4}}-\d\d-\d\d)",
    re.IGNORECASE,
)
# Only NCT ids were ever seen; the other registries' forms cost nothing and cannot be a condition or a sponsor.
_REGISTRY_ID = re.compile(
    r"(?:NCT\d{8}|ISRCTN\d{8}|(?:EUCTR)?\d{4}-\d{6}-\d{2}(?:-[A-Z]{2}|-\d{2})?|DRKS\d{8}|ACTRN\d{14}|ChiCTR[-\w]*\d{8,10}|"
    r"CTRI/\d{4}/\d{2,3}/\d{6}|(?:JPRN-)?(?:jRCT\w?\d{9,}|UMIN\d{9}|JapicCTI-?\d{6})|KCT\d{7}|IRCT\d{11,14}N\d{1,3}|"
    r"PACTR\d{15,16}|RBR-\w{6,10}|RPCEC\d{8}|PER-\d{3}-\d{2}|SLCTR/\d{4}/\d{3}|TCTR\d{11}|LBCTR\d{10}|NTR\s?\d{2,4}|NL\d{2,5})",
    re.IGNORECASE,
)
_ID_LIKE = re.compile(r"(?=\S*\d\S*\d\S*\d)[A-Z0-9][A-Z0-9/._-]{5,}")


# Never seen; a template that begins to label its lines must not turn the labels into conditions.
_DETAIL_LABEL = re.compile(
    r"(?:conditions?(?: or diseases?)?|(?:nct|registry|trial|study|clinicaltrials\.gov) (?:id|number|identifier)|identifier|"
    r"(?:lead )?sponsor|(?:last )?update(?:d|d on)?|date)(?::\s*|\Z)",
    re.IGNORECASE,
)


class Parts(NamedTuple):
    """The blocks of each part of the page, its headings left out; `is_ended`: the page goes on after the last."""

    top: list[Block]
    overview: list[Block]
    description: list[Block]
    eligibility: list[Block] | None
    details: list[Block]
    is_ended: bool


def record(document: Document, source_id: str, url: str) -> Record:
    """The Record of a listing. Raises ParseError when the page is none, or was cut off."""
    parts = _parts(document.blocks)
    title, badges, oddities = _top(parts.top, document.title)
    if not title:
        raise ParseError("no title above the badges", "the trial's title as the first line", "brief_title")
    if not badges and parts.eligibility is None:
        raise ParseError(
            f"neither badges nor 'Eligibility' below {_quoted(title)}", _PARTS, "eligibility_criteria"
        )
    if not parts.eligibility:
        oddities.append(Oddity("eligibility_criteria", "no text under 'Eligibility'", "the trial's criteria"))
    fields: dict[str, str] = {}
    for badge in badges:
        if fields.setdefault(badge.field, badge.words) != badge.words:
            oddities.append(
                Oddity(badge.field, badge.words, f"one badge of this kind, not also {fields[badge.field]!r}")
            )
    result = Record(
        source="trialx",
        source_id=source_id,
        url=url,
        brief_title=title,
        overall_status=fields.get("overall_status", ""),
        age=fields.get("age", ""),
        sex=fields.get("sex", ""),
        phase=fields.get("phase", ""),
        brief_summary=as_text(parts.overview),
        detailed_description=as_text(parts.description),
        eligibility_criteria=as_text(parts.eligibility or []),
        oddities=oddities,
    )
    _read_details(parts, result)
    return result


# ── the parts of the page ───────────────────────────────────────────────────────────────────────────────


def _parts(blocks: list[Block]) -> Parts:
    labels = _labels(blocks)
    details = _last(labels, DETAILS, len(blocks))
    if details < 0:
        raise _no_details(blocks, labels)
    ai = _first(labels, PLAIN_LANGUAGE, -1, details)
    rating = next(
        (i for i in range(max(ai, 0), details) if blocks[i].text.casefold().startswith(_RATING)), ai
    )
    overview = _overview(labels, ai, rating, details)
    description = _first(labels, DESCRIPTION, max(overview, rating), details)
    eligibility = _first(labels, ELIGIBILITY, max(description, overview, rating), details)
    known = [index for index in (ai, overview, description, eligibility, details) if index >= 0]
    end = next((i for i in range(details + 1, len(blocks)) if _AFTER_DETAILS.match(blocks[i].text)), -1)

    def between(start: int) -> list[Block]:
        if start < 0:
            return []
        stop = min(index for index in known if index > start)
        return [block for block in blocks[start + 1 : stop] if not _is_widget(block)]

    return Parts(
        top=[block for block in blocks[: min(known)] if not (_is_widget(block) or _is_label(block))],
        overview=between(overview),
        description=between(description),
        eligibility=between(eligibility) if eligibility >= 0 else None,
        details=[block for block in blocks[details + 1 : end if end >= 0 else None] if not _is_widget(block)],
        is_ended=end >= 0,
    )


def _labels(blocks: list[Block]) -> list[tuple[int, str]]:
    """Where the headings of the parts stand; those of a row of tabs, which come again further down, are left out."""
    found = [(i, block.text.casefold()) for i, block in enumerate(blocks) if _is_label(block)]
    again = {
        index: any(later == name for _, later in found[n + 1 :]) for n, (index, name) in enumerate(found[:50])
    }
    positions = {index for index, _ in found}
    return [
        (index, name)
        for index, name in found
        if not (
            again.get(index) and (index + 1 in positions or (index - 1 in positions and again.get(index - 1)))
        )
    ]


def _first(labels: list[tuple[int, str]], name: str, after: int, before: int) -> int:
    return next((index for index, label in labels if label == name and after < index < before), -1)


def _last(labels: list[tuple[int, str]], name: str, before: int) -> int:
    return next((index for index, label in reversed(labels) if label == name and index < before), -1)


def _overview(labels: list[tuple[int, str]], ai: int, rating: int, details: int) -> int:
    first = _first(labels, OVERVIEW, rating, details)
    if ai < 0 or rating > ai or first <= ai + 1:
        return first
    # A filled AI block without its rating question may hold a line "Overview" of its own.
    ends = [index for index, label in labels if label in (DESCRIPTION, ELIGIBILITY) and index > first]
    return _last(labels, OVERVIEW, min([*ends, details]))


def _is_label(block: Block) -> bool:
    return block.text.casefold() in LABELS


def _is_widget(block: Block) -> bool:
    return block.text.casefold() in _WIDGETS or "{{" in block.text


def _no_details(blocks: list[Block], labels: list[tuple[int, str]]) -> ParseError:
    if not blocks:
        return ParseError("an empty page", _PARTS)
    if not labels:
        return ParseError(f"a page without any part of a trial, beginning {_quoted(blocks[0].text)}", _PARTS)
    last = blocks[labels[-1][0]].text
    return ParseError(
        f"a page cut off in its part {last!r}", "the part 'Study details' after it", "study_details"
    )


def _quoted(words: str) -> str:
    return repr(words if len(words) <= 80 else words[:77] + "...")


# ── title and badges ────────────────────────────────────────────────────────────────────────────────────


def _top(blocks: list[Block], page_title: str) -> tuple[str, list[Badge], list[Oddity]]:
    """The title, the badges, and an Oddity for every line between them and the first part that is neither."""
    read = [trialx_badges.badges(block.text) for block in blocks]
    last_badge = max((i for i, found in enumerate(read) if found), default=len(blocks))
    above = [block for block, found in zip(blocks[:last_badge], read, strict=False) if not found]
    title = _title(above, page_title)
    below = max((i + 1 for i, block in enumerate(blocks) if block.text == title), default=0)
    odd = [block.text[:200] for block, found in zip(blocks[below:], read[below:], strict=True) if not found]
    oddities = [Oddity("badge", words, trialx_badges.EXPECTED) for words in odd]
    return title, [badge for found in read[below:] for badge in found], oddities


def _title(blocks: list[Block], page_title: str) -> str:
    """The title among the lines above the last badge that are no badges themselves.

    The new template says it twice, HTML has it in <h1> or <title>; what is left is the longest line that is no
    sentence: menus and badges of an unknown word are short, and a notice about cookies ends in a full stop.
    """
    lines = [block.text for block in blocks]
    twice = [line for line, other in itertools.pairwise(lines) if line == other]
    headings = [block.text for block in blocks if block.level == 1]
    named = [line for line in lines if len(line) > 3 and line.casefold() in page_title.casefold()]
    phrases = [line for line in lines if not line.endswith(".")]
    return max(twice + headings or named or phrases or lines, key=len, default="")


# ── study details ───────────────────────────────────────────────────────────────────────────────────────


def _read_details(parts: Parts, result: Record) -> None:
    """Conditions, registry id, sponsor and date into `result`: unlabelled lines, told by what they are."""
    lines: list[Block] = []
    ids: list[str] = []
    before_id = -1
    for block in map(_without_label, parts.details):
        if not block.text:
            continue
        date = _DATE.fullmatch(block.text)
        if date and not result.updated:
            result.updated = date[1]
            if not parts.is_ended:
                break
        elif _REGISTRY_ID.fullmatch(block.text):
            before_id = len(lines) if before_id < 0 else before_id
            ids.append(block.text)
        elif result.updated:
            _odd(result, "study_details", block, "nothing below the date")
        elif _ID_LIKE.fullmatch(block.text):
            _odd(result, "registry_id", block, "the id of a known registry, such as NCT01234567")
        else:
            lines.append(block)
    if not result.updated and not parts.is_ended:
        last = parts.details[-1].text if parts.details else "Study details"
        found = f"a page cut off in its part 'Study details', after {_quoted(last)}"
        raise ParseError(found, "the date below the sponsor", "study_details")
    if ids:
        result.registry_id = ids[0]
        result.secondary_ids = [SecondaryId(other) for other in ids[1:] if other != ids[0]]
    _read_names(lines, before_id, result)


def _without_label(block: Block) -> Block:
    match = _DETAIL_LABEL.match(block.text)
    return block._replace(text=block.text[match.end() :]) if match else block


def _read_names(lines: list[Block], before_id: int, result: Record) -> None:
    """Conditions stand above the id and the sponsor below it; without an id the sponsor is the last line."""
    if before_id < 0 and len(lines) > 1:
        before_id = len(lines) - 1
    elif before_id < 0:
        before_id = 1 if lines and (lines[0].marker or lines[0].depth) else 0
        if lines and not before_id:
            _odd(
                result,
                "study_details",
                lines.pop(),
                "a condition, a registry id and a sponsor, each on its line",
            )
    elif before_id == 0 and len(lines) > 1:
        for line in lines:
            _odd(result, "study_details", line, "conditions above the registry id, one sponsor below it")
        return
    result.conditions = [line.text for line in lines[:before_id]]
    for number, line in enumerate(lines[before_id:]):
        if number:
            _odd(result, "sponsors", line, "one sponsor below the registry id")
        else:
            result.sponsors = [Sponsor(line.text, "lead")]


def _odd(result: Record, field: str, block: Block, expected: str) -> None:
    result.oddities.append(Oddity(field, block.text[:200], expected))
