"""HTML tree to lines: what a reader of the page sees, line by line, with the lists around each line."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bs4 import NavigableString, PageElement, Tag

from scraper.sources import markup
from scraper.sources.lines import Line, split_marker, squeezed

_TYPED_LIST = re.compile(r"\n[ \t\xa0]*(?:[*•·▪-]|\d{1,3}\\?[.)])[ \t\xa0]+\S")
_BULLETS = frozenset("*•·‣◦▪●○■□–—-")
_BLOCK_NAMES = (
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu ol option p pre search section summary table "
    "tbody td tfoot th thead tr ul button label"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_UNSEEN_NAMES = (
    "script style noscript template head title nav footer select datalist textarea input iframe object svg math "
    "canvas audio video map"
)
_NOT_CONTENT = frozenset(_UNSEEN_NAMES.split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BOLD = frozenset({"b", "strong"})
_INLINE_HEADINGS = frozenset({"b", "strong", "span", "u"})
_APART = frozenset({"span", "a", "em", "i", "small", "mark"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_PRE_STYLE = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_BLOCK_STYLE = re.compile(r"display\s*:\s*block", re.IGNORECASE)
_ALPHABETS = {"a": "abcdefghijklmnopqrstuvwxyz", "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv")


class _List:
    """What the browser would draw before each item of one list."""

    def __init__(self, element: Tag) -> None:
        self.ordered = element.name == "ol"
        self.kind = str(element.get("type", "1")) if self.ordered else ""
        self.step = -1 if self.ordered and element.has_attr("reversed") else 1
        start = str(element.get("start", ""))
        if self.step < 0 and not start:
            start = str(len(element.find_all("li", recursive=False)))
        self.number = int(start) if re.fullmatch(r"-?\d{1,6}", start) else 1

    def marker(self, item: Tag) -> str:
        if not self.ordered:
            return "*"
        value = str(item.get("value", ""))
        if re.fullmatch(r"-?\d{1,6}", value):
            self.number = int(value)
        number, self.number = self.number, self.number + self.step
        letters: tuple[str, ...] | str = _ALPHABETS.get(self.kind, "")
        if self.kind in ("i", "I"):
            letters = _ROMAN if self.kind == "i" else tuple(roman.upper() for roman in _ROMAN)
        return f"{letters[number - 1]}." if 0 < number <= len(letters) else f"{number}."


class _Frame(NamedTuple):
    """An open element: where its children are read, and the state to go back to when it ends."""

    element: Tag
    children: Iterator[PageElement]
    nest: int
    level: int
    pre: bool


class Walk:
    """One walk through a tree of any depth, without recursion, gathering lines."""

    def __init__(self, labels: frozenset[str] = frozenset()) -> None:
        self.labels = labels
        self.done: list[Line] = []
        self.run: list[tuple[Line, bool]] = []
        self.buffer: list[str] = []
        self.lists: list[_List] = []
        self.marker = ""
        self.nest = self.level = self.bold = 0
        self.pre = self.has_plain = self.after_break = self.tight = False

    def lines(self, root: Tag) -> list[Line]:
        frames = [_Frame(root, iter(root.contents), 0, 0, False)]
        while frames:
            frame = frames[-1]
            for node in frame.children:
                if type(node) is NavigableString:
                    if self.buffer or self.after_break or self.pre or not node.isspace():
                        self.text(node)
                elif isinstance(node, Tag) and node.name == "br":
                    self.end_line(is_break=True)
                elif isinstance(node, Tag) and not _is_unseen(node):
                    frames.append(self.enter(node, frame))
                    break
            else:
                self.leave(frames.pop())
        self.end_run()
        return self.done

    def enter(self, element: Tag, parent: _Frame) -> _Frame:
        name = element.name
        if _is_block(element):
            lines = len(self.done)
            self.end_run()
            # "<div>• parent <div>• child</div></div>": what an item's own element holds is nested in it.
            if len(self.done) == lines + 1 and self.done[-1].marker and self.done[-1].nest == self.nest:
                self.nest += parent.element.name != "li"
        frame = _Frame(element, iter(element.contents), self.nest, self.level, self.pre)
        if name in _LISTS:
            self.marker = ""
            self.lists.append(_List(element))
        elif name == "li":
            self.nest = max(len(self.lists), 1, self.nest + (not self.lists))
            self.marker = self.lists[-1].marker(element) if self.lists else "*"
        elif name in _HEADINGS:
            self.level = _HEADINGS[name]
        elif name == "summary":
            self.level = self.level or 7
        elif name in _BOLD:
            self.bold += 1
        elif (
            name == "span"
            and isinstance(element.previous_sibling, Tag)
            and element.previous_sibling.name == "span"
        ):
            # Minified badges: "<span>All</span><span>Phase 2</span>".
            self.buffer.append(" ")
        elif name == "sup" and self.buffer and self.buffer[-1][-1:].isdigit():
            # 10<sup>9</sup> is not 109.
            self.buffer.append("^")
        style = element.attrs.get("style")
        if name == "pre" or (style and _PRE_STYLE.search(str(style))):
            self.pre = True
        return frame

    def leave(self, frame: _Frame) -> None:
        name, is_block = frame.element.name, _is_block(frame.element)
        if is_block:
            self.end_run()
        if name in _LISTS:
            self.lists.pop()
        elif name == "li":
            self.marker = ""
        elif name in _BOLD:
            self.bold -= 1
        if name in _INLINE_HEADINGS and 0 < len(self.buffer) < 4 and self.is_label():
            # "<p><b>Overview</b> The purpose of ...": a heading that shares its line.
            self.end_line(is_break=True)
        self.level, self.pre = frame.level, frame.pre
        if is_block:
            self.nest = frame.nest

    def is_label(self) -> bool:
        words = "".join(self.buffer)
        return len(words) < 100 and squeezed(words).casefold() in self.labels

    def text(self, words: str) -> None:
        if self.pre or ("\n" in words and len(_TYPED_LIST.findall(words)) > 1):
            was, self.pre = self.pre, True
            first, *others = words.split("\n", markup.TAG_LIMIT)
            self.gather(first)
            for other in others:
                self.end_line(is_break=True)
                self.gather(other.expandtabs(4))
            self.pre = was
        else:
            self.gather(words)

    def gather(self, words: str) -> None:
        self.buffer.append(words)
        if not self.bold and not self.has_plain and not words.isspace():
            self.has_plain = True

    def end_line(self, is_break: bool) -> None:
        raw = "".join(self.buffer)
        self.buffer.clear()
        words = squeezed(raw)
        if words:
            indent, is_source = self.indent(raw)
            typed, rest = ("", words) if self.marker or self.level else split_marker(raw.lstrip(), words)
            if is_source and not (self.tight or typed):
                # A template's own layout before the text it was filled with; the lines after may be the text's.
                indent, is_source = 0, False
            drawn = self.marker
            if drawn and words[0] in _BULLETS and words[1:2] == " ":
                # <li>• text</li>: one bullet is enough.
                drawn, rest = words[0], words[2:]
            nest = self.nest - 1 if drawn else self.nest
            line = Line(rest, indent, nest, drawn or typed, self.tight, self.level, not self.has_plain)
            self.run.append((line, is_source))
            self.marker = ""
        self.has_plain = False
        # Two breaks in a row are a blank line.
        self.tight = is_break and bool(words)
        self.after_break = is_break

    def indent(self, raw: str) -> tuple[int, bool]:
        """Leading spaces that a reader sees, and whether they may only be the source's own layout."""
        lead = raw[: len(raw) - len(raw.lstrip())]
        tail = lead.rpartition("\n")[2].expandtabs(4)
        if "\xa0" in tail:
            return len(tail[tail.index("\xa0") :]), False
        if self.pre:
            return len(tail), True
        if "\n" in lead:
            return len(tail), True
        return (len(tail) if self.after_break and len(tail) > 1 else 0), False

    def end_run(self) -> None:
        """A block begins or ends here: what was gathered since the last one is complete."""
        if not self.buffer and not self.run:
            self.tight = self.after_break = False
            return
        self.end_line(is_break=False)
        least = min((line.indent for line, is_source in self.run if is_source), default=0)
        self.done += [
            line._replace(indent=line.indent - least) if is_source else line for line, is_source in self.run
        ]
        self.run.clear()
        self.tight = self.after_break = False


def _is_block(element: Tag) -> bool:
    """Does it begin and end a line? A cell of ClinicalTrials.gov's classic pages is <span style="display:block">s."""
    if element.name in _BLOCKS:
        return True
    style = element.attrs.get("style")
    return bool(style) and _BLOCK_STYLE.search(str(style)) is not None


def _is_unseen(element: Tag) -> bool:
    if element.name in _NOT_CONTENT:
        return True
    attributes = element.attrs
    if element.name == "dialog" and "open" not in attributes:
        return True
    if not attributes:
        return False
    if "hidden" in attributes:
        return attributes["hidden"] != "until-found"
    return "style" in attributes and _HIDDEN.search(str(attributes["style"])) is not None
