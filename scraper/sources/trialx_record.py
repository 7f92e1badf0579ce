"""A TrialX listing's blocks to its Record.

The page states no field by name: badges are told by their form, parts by their headings, and the lines of "Study
details" by what they are. Only the text's own order is used, never the markup around it.
"""

import itertools
import re

from scraper.errors import ParseError
from scraper.model import Oddity, Record, SecondaryId, Sponsor
from scraper.sources import trialx_badges
from scraper.sources.blocks import Block, Document, as_text
from scraper.sources.registry_ids import REGISTRY_ID
from scraper.sources.trialx_badges import Badge, may_be_an_age
from scraper.sources.trialx_parts import EXPECTED, Parts, parts_of, quoted

_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?)"
)
_DATE = re.compile(
    rf"(?:(?:last )?updated?(?: on)?:? )?(\d{{1,2}} {_MONTH}\.?,? \d{{4}}|{_MONTH}\.? \d{{1,2}}, \d{{4}}|\d{{4}}-\d\d-\d\d)",
    re.IGNORECASE,
)
_ID_LIKE = re.compile(r"(?=\S*\d\S*\d\S*\d)[A-Z0-9][A-Z0-9/._-]{5,}")


# Never seen; a template that begins to label its lines must not turn the labels into conditions.
_DETAIL_LABEL = re.compile(
    r"(?:conditions?(?: or diseases?)?|(?:nct|registry|trial|study|clinicaltrials\.gov) (?:id|number|identifier)|identifier|"
    r"(?:lead )?sponsor|(?:last )?update(?:d|d on)?|date)(?::\s*|\Z)",
    re.IGNORECASE,
)


def record(document: Document, source_id: str, url: str, source: str = "trialx") -> Record:
    """The Record of a listing on TrialX or, as `source`, on a site of its platform.

    Raises ParseError when the page is none, or was cut off.
    """
    parts = parts_of(document.blocks)
    title, badges, odd = _top(parts.top, document.title)
    if not title:
        raise ParseError("no title above the badges", "the trial's title as the first line", "brief_title")
    if not badges and parts.eligibility is None:
        raise ParseError(
            f"neither badges nor 'Eligibility' below {quoted(title)}", EXPECTED, "eligibility_criteria"
        )
    # The badge is left out where there is no limit: one that is there and not known is no such thing.
    age = None if any(badge.field == "age" for badge in badges) else next(filter(may_be_an_age, odd), None)
    if age is not None:
        badges = [*badges, Badge("age", age)]
        odd.remove(age)
    oddities = [Oddity("badge", words, trialx_badges.EXPECTED) for words in odd]
    if not parts.eligibility:
        oddities.append(Oddity("eligibility_criteria", "no text under 'Eligibility'", "the trial's criteria"))
    fields: dict[str, str] = {}
    for field, group in itertools.groupby(
        sorted(badges, key=lambda badge: badge.field), lambda badge: badge.field
    ):
        words = list(dict.fromkeys(badge.words for badge in group))
        if len(words) == 1:
            fields[field] = words[0]
        else:
            # Which of them is meant cannot be known.
            oddities.append(Oddity(field, " and ".join(words)[:200], "one badge of this kind"))
    result = Record(
        source=source,
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


# ── title and badges ────────────────────────────────────────────────────────────────────────────────────


def _top(blocks: list[Block], page_title: str) -> tuple[str, list[Badge], list[str]]:
    """The title, the badges, and every line between them and the first part that is neither."""
    read = [trialx_badges.badges(block.text) for block in blocks]
    last_badge = max((i for i, found in enumerate(read) if found), default=len(blocks))
    above = [block for block, found in zip(blocks[:last_badge], read, strict=False) if not found]
    title = _title(above, page_title)
    below = max((i + 1 for i, block in enumerate(blocks) if block.text == title), default=0)
    odd = [block.text[:200] for block, found in zip(blocks[below:], read[below:], strict=True) if not found]
    return title, [badge for found in read[below:] for badge in found], odd


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
        elif REGISTRY_ID.fullmatch(block.text):
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
        found = f"a page cut off in its part 'Study details', after {quoted(last)}"
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
