"""Blocks → rows: each criterion with its kind, its section, its depth and where it stands in the stored text."""

import itertools
import re

import msgspec

from scraper.criteria import inline, layout, sections
from scraper.criteria.blocks import Block, blocks, cut_midline
from scraper.criteria.clean import Clean, clean
from scraper.criteria.layout import Line, Marker
from scraper.model import Kind


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


class _Open(msgspec.Struct, frozen=True, gc=False):
    """An item that later ones may nest under."""

    indent: int
    style: str
    position: int
    leads: bool
    text: str


# The National Cancer Institute's older records run all labels together in one paragraph (NCT00003959).
_NCI = re.compile(
    r"(?<=\s)(?:(?=--[A-Z][A-Za-z/ ]{3,40}--)|(?=(?:Age|Sex|Performance\s+status|Life\s+expectancy|Hematopoietic|Hepatic|Renal|"
    r"Cardiovascular|Pulmonary|Other|Menopausal\s+status|Hormone\s+receptor\s+status|Biologic\s+therapy|Chemotherapy|"
    r"Endocrine\s+therapy|Radiotherapy|Surgery|Immunologic|Neurologic|Metabolic):\s))"
)
# "Note: Other protocol-defined inclusion/exclusion criteria may apply." is about the list, not in it.
_NOTE = re.compile(
    r"(?:note ?: ?|\*+ ?)(?:the )?(?:other|further|additional)[\w ,/-]{0,60}(?:criteria|requirements) (?:may|could|might|will|can)?[\w ,/-]{0,40}[.]?$",
    re.IGNORECASE | re.MULTILINE,
)
_LIMIT = re.compile(r"[<>≥≤=]|\b(?:years?|age[ds]?|months?)\b", re.IGNORECASE)
_WORD = re.compile(r"\w")
_LEADS = re.compile(
    r"(?::|\bfollowing|\bcriteria|\bas follows|\bany of|\bone of|\bsuch as|\bincluding)[\s:.-]*$",
    re.IGNORECASE,
)
_LEADING = ("following", "criteria", "as follows", "any of", "one of", "such as", "including")


def _leads(text: str) -> bool:
    """Return whether the text ends in words that a list follows; the cheap look spares most texts the pattern."""
    end = text[-40:]
    if end.isascii() and ":" not in end and not end.rstrip(" :.-").lower().endswith(_LEADING):
        return False
    return _LEADS.search(end) is not None


def rows(raw: str, style: str = "") -> list[Row]:
    """Return the criteria of one eligibility text in document order; `style` "v2" says that no line is wrapped."""
    cleaned = clean(raw)
    text = cut_midline(cleaned.text)
    found = blocks(text, 0 if style == "v2" else layout.wrap_width(text))
    return _Reader(cleaned, found).read()


class _Reader:
    """Walks the blocks once, keeping the part, the label and the open parents."""

    def __init__(self, cleaned: Clean, blocks: tuple[str, list[Block]]) -> None:
        self.cleaned = cleaned
        self.text, self.blocks = blocks
        self.is_nci = False
        self.group = ""
        self.kind: Kind = "unknown"
        self.section = ""
        self.label = ""
        self.open: list[_Open] = []
        self.rows: list[Row] = []

    def read(self) -> list[Row]:
        self.is_nci = "CHARACTERISTICS:" in self.text or "--Disease Characteristics--" in self.text
        for number, block in enumerate(self.blocks):
            body = self.text[block.start : block.end].replace("\n", " ")
            if self.is_nci and block.line.inner is None:
                for start, end in _cut_at(_NCI, body):
                    self._block(block, body[start:end], block.start + start, number)
            else:
                self._block(block, body, block.start, number)
        return _settle(self.rows)

    def _block(self, block: Block, body: str, start: int, number: int) -> None:
        marked = block.line.inner is not None
        head = None if block.plain else sections.heading(body, marked, self.kind)
        if head is not None:
            self._enter(head.kind, head.label)
            if self._is_group(body[head.rest :], number):
                self.label = sections.label(body[head.rest :])
                self._item(block, body[head.rest :], start + head.rest)
                self.open = []
                return
            body, start = body[head.rest :], start + head.rest
            marker = None
            match = layout.MARKER.match(body)
            if match and (read := layout.read_marker(match)).number <= 1:
                body, start, marker = body[match.end() :], start + match.end(), read
            if body.strip():
                self._items(block, body, start, marker, self._is_sole(number))
            return
        if not marked and self._is_label(body, block, number):
            self.label = sections.label(body)
            self.open = []
            following = self.blocks[number + 1] if number + 1 < len(self.blocks) else None
            if following is not None and following.head:
                self.group = self.label
            elif not body.rstrip().endswith((":", "--")):
                self._item(block, body, start)
            return
        marker = block.line.inner
        if block.line.outer is not None and block.line.outer.style == "bullet" and marker != block.line.outer:
            # "- 1) first; 2) second" under a bullet is one criterion: its list stays as the author wrote it.
            if len(inline.split_inline(body, marker, False)) > 1:
                start = block.line.marker_start
                body = self.text[start : block.end].replace("\n", " ")
                cut = len(body) - len(body.lstrip(layout.BULLETS + " "))
                body, start = body[cut:], start + cut
                self._item(block, body, start)
                return
            marker = block.line.outer
        sole = self._is_sole(number)
        if sole or not self._is_listed(number, body, marker):
            self._items(block, body, start, marker, sole)
        else:
            self._item(block, body, start)

    def _is_sole(self, number: int) -> bool:
        """Return whether the block is all there is between two headings."""
        before = self.blocks[number - 1] if number else None
        after = self.blocks[number + 1] if number + 1 < len(self.blocks) else None
        return (before is None or before.head or self._is_note(before.start)) and (
            after is None or after.head or self._is_note(after.start)
        )

    def _is_note(self, start: int) -> bool:
        return self.text[start] in "nN*" and _NOTE.match(self.text, start) is not None

    def _is_listed(self, number: int, body: str, marker: Marker | None) -> bool:
        """Return whether the numbers inside a numbered block are a list of its own: its neighbours count otherwise."""
        if marker is None or marker.style == "bullet":
            return False
        following = self.blocks[number + 1].line.inner if number + 1 < len(self.blocks) else None
        if following == Marker(marker.style, inline.last_number(body, marker) + 1):
            return False
        before = self.blocks[number - 1].line.inner if number else None
        return not (
            before is not None and before.style == marker.style and before.number + 1 >= marker.number > 1
        )

    def _enter(self, kind: Kind | None, label: str) -> None:
        self.open = []
        if kind is None:
            self.label = label
        else:
            self.kind, self.label = kind, ""
            self.section = f"{self.group}: {label}" if self.group else label

    def _is_group(self, rest: str, number: int) -> bool:
        """Return whether the words after a heading's colon name a group: a list follows them."""
        words = rest.strip(" .:").count(" ") + 1
        following = self.blocks[number + 1] if number + 1 < len(self.blocks) else None
        if (
            not rest.strip()
            or words > 4
            or following is None
            or following.head
            or re.search(r"[\d<>≥≤=]", rest)
        ):
            return False
        return following.line.inner is not None and not layout.MARKER.match(rest)

    def _is_label(self, body: str, block: Block, number: int) -> bool:
        """An unmarked line that names a group: "Control group", "For healthy controls:"."""
        plain = body.strip()
        words = plain.count(" ") + 1
        if plain.endswith(":"):
            return words <= 8 or (words <= 40 and not re.search(r"\d", plain))
        if plain.startswith("--") and plain.endswith("--"):
            return True
        if self.is_nci:
            return False
        following = self.blocks[number + 1] if number + 1 < len(self.blocks) else None
        if (
            following is not None
            and following.head
            and words <= 6
            and not _LIMIT.search(plain)
            and not plain.endswith(".")
        ):
            kind = sections.heading(self.text[following.start : following.end], False, "unknown")
            # "Group B: controls" over its own pair of headings
            names = ":" not in plain[:-1] or re.match(
                r"(?i)(?:group|cohort|part|arm|phase|stratum|study|sub)", plain
            )
            return bool(names) and kind is not None and kind.kind == "inclusion"
        if following is None or following.line.inner is None or words > 5 or plain.endswith((".", ";", ",")):
            return False
        if re.search(r"[\d<>≥≤=]", plain) and not re.match(r"(?i)(?:group|part|cohort|arm|phase)\b", plain):
            return False
        return block.line.blank_before or number == 0 or not self.rows

    def _items(self, block: Block, body: str, start: int, marker: Marker | None, sole: bool) -> None:
        for begin, end in inline.split_inline(body, marker, sole):
            self._item(block, body[begin:end], start + begin)

    def _item(self, block: Block, body: str, start: int) -> None:
        lead = len(body) - len(body.lstrip())
        core = body.strip()
        if not core or not (core[0].isalnum() or _WORD.search(core)):
            return
        if block.line.inner is None and core[0] in "nN*" and _NOTE.match(core):
            return
        text = " ".join(core.split())
        depth, parent = self._nest(block.line, text)
        begin = self.cleaned.raw_offset(start + lead)
        end = self.cleaned.raw_offset(start + lead + len(core) - 1) + 1
        context = self.label
        if parent is not None and len(self.open) > 1 and self.open[-2].leads:
            context = self.open[-2].text
        source = "none" if self.kind == "unknown" else "heading"
        section = (
            f"{self.section}: {self.label}" if self.section and self.label else self.section or self.label
        )
        self.rows.append(Row(self.kind, source, section, context, depth, parent, text, begin, end))

    def _nest(self, line: Line, text: str) -> tuple[int, int | None]:
        """Return the depth and the parent's position, and make the item one that later ones may nest under."""
        outer = line.outer
        if outer is None:
            self.open = [o for o in self.open if o.indent + 2 <= line.indent]
            return 0, None
        indent, style = line.indent, (outer.style)
        if line.markers > 1 and len(set(self.text[line.marker_start : line.start].replace(" ", ""))) == 1:
            indent = line.column - 2  # "* * Age": the registry nests the siblings of a broken first bullet
        while self.open and self.open[-1].indent > indent + 1:
            self.open.pop()
        sibling = None
        for i, o in enumerate(self.open):
            if o.style == style and abs(o.indent - indent) <= 1:
                sibling = i
                break
        if sibling is not None:
            del self.open[sibling:]
        elif self.open and style == "1.1" and self.open[-1].style == "1.":
            pass  # 1.1 belongs to 1.
        elif self.open and self.open[-1].indent + 2 > indent:
            top = self.open[-1]
            fresh = outer.number == 1 or (outer.style == "bullet" and top.style != "bullet")
            if not (fresh and top.leads):
                while self.open and self.open[-1].indent + 2 > indent:
                    self.open.pop()
        parent = self.open[-1].position if self.open else None
        depth = len(self.open)
        self.open.append(_Open(indent, style, len(self.rows), _leads(text), text))
        return depth, parent


def _cut_at(pattern: re.Pattern[str], body: str) -> list[tuple[int, int]]:
    cuts = [0, *(match.start() for match in pattern.finditer(body)), len(body)]
    return [(a, b) for a, b in itertools.pairwise(cuts) if body[a:b].strip()]


def _settle(found: list[Row]) -> list[Row]:
    """Give a kind to rows that stand under no heading, where their own words or their place say it."""
    first = next((i for i, row in enumerate(found) if row.kind_source == "heading"), None)
    before_exclusion = first is not None and found[first].kind == "exclusion"
    settled: list[Row] = []
    for i, row in enumerate(found):
        if row.kind != "unknown":
            settled.append(row)
            continue
        kind = sections.kind_by_wording(row.text)
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
