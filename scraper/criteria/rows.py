"""Blocks → rows: each criterion with its kind, its section, its depth and where it stands in the stored text."""

import itertools
import re

from scraper.criteria import inline, layout, leads, sections
from scraper.criteria.blocks import Block, blocks, cut_midline
from scraper.criteria.clean import Clean, clean, fold
from scraper.criteria.kinds import IS_NO_SIDE, Row, settle
from scraper.criteria.layout import Marker
from scraper.criteria.nesting import Nesting
from scraper.criteria.parts import Part
from scraper.criteria.sections import Heading
from scraper.model import Kind

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
        self.part = Part()
        self.nesting = Nesting(self.text)
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
        return settle(self.rows)

    def _block(self, block: Block, body: str, start: int, number: int) -> None:
        marked = block.line.inner is not None
        if self.part.scopes:
            self.part.leave(block.line)
        head = None if block.plain else sections.heading(body, marked, self.part.kind)
        may_lead = not marked and not self.is_nci and (head is None or head.is_lead)
        if may_lead and (cut := _last_sentence(body)):
            last = sections.heading(body[cut:], False, self.part.kind)
            if last is not None and last.rest >= len(body) - cut:
                if head is None:
                    self._item(block, body[:cut], start)
                    head, body, start = last, body[cut:], start + cut
                else:
                    head = head._replace(kind=last.kind)
        if head is not None and head.is_lead:
            self._lead(block, head, number)
            return
        if head is not None:
            self._enter(head.kind, head.label)
            if self._is_group(body[head.rest :], number):
                self.part.label = sections.label(body[head.rest :])
                self._item(block, body[head.rest :], start + head.rest)
                self.nesting.open = []
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
            self.part.label = sections.label(body)
            self.nesting.open = []
            following = self.blocks[number + 1] if number + 1 < len(self.blocks) else None
            if following is not None and following.head:
                self.part.group = self.part.label
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
        self.nesting.open = []
        self.part.enter(kind, label, len(self.rows))

    def _lead(self, block: Block, head: Heading, number: int) -> None:
        """A sentence that leads into a list: within an item it ends with the item (NCT05321940)."""
        kind, line = head.kind, block.line
        permits = kind == "unknown" and leads.permits(fold(head.label))
        following = self.blocks[number + 1].line if number + 1 < len(self.blocks) else None
        listed = following is not None and following.inner is not None
        inside = self.nesting.around(line) if line.inner is None else []
        if following is not None and listed and inside and following.indent > inside[-1].indent + 1:
            self.nesting.open = inside
            self.part.keep(inside[-1].indent, False)
            self.part.turn(kind, head.label, len(self.rows))
        elif kind == "unknown" and permits:
            self.nesting.open = []
            if listed:
                self.part.keep(line.indent, True)
            self.part.turn(kind, head.label, len(self.rows))
        elif self.part.kind == "exclusion" and kind in ("inclusion", "unknown"):
            # "Patients must have the following:" amid what excludes holds for its own list (NCT00002020); right
            # behind the heading, or with no list that shows its end, it is left to the heading.
            self.nesting.open = []
            is_all = kind == "inclusion" and listed and len(self.rows) > self.part.entered
            if is_all:
                self.part.keep(line.indent, True)
            kind = kind if is_all else None
            self.part.turn(kind, head.label, len(self.rows))
        else:
            self._enter(kind, head.label)
        if kind is not None:
            self.part.no_side = kind == "unknown"

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
        depth, parent = self.nesting.place(block.line, text, len(self.rows))
        begin = self.cleaned.raw_offset(start + lead)
        end = self.cleaned.raw_offset(start + lead + len(core) - 1) + 1
        context = self.part.label
        if parent is not None and len(self.nesting.open) > 1 and self.nesting.open[-2].leads:
            context = self.nesting.open[-2].text
        source = "heading" if self.part.kind != "unknown" else IS_NO_SIDE if self.part.no_side else "none"
        self.rows.append(
            Row(self.part.kind, source, self.part.name, context, depth, parent, text, begin, end)
        )


# "Patients with a contraindication to MRI will be excluded. These include patients with:" is one lead.
_GOES_ON = re.compile(r"(?:These|This|Those|Such|They|Examples?|Note|It)\b")
_LED = re.compile(r"\b(?:following|criteria|conditions)$")


def _last_sentence(body: str) -> int:
    """Return where the last sentence begins of a paragraph that ends in a colon, 0 where that says nothing new."""
    if not body.endswith(":") or (at := body.rfind(". ")) < 20:
        return 0
    return 0 if _GOES_ON.match(body, at + 2) or _LED.search(body, 0, at) else at + 2


def _cut_at(pattern: re.Pattern[str], body: str) -> list[tuple[int, int]]:
    cuts = [0, *(match.start() for match in pattern.finditer(body)), len(body)]
    return [(a, b) for a, b in itertools.pairwise(cuts) if body[a:b].strip()]
