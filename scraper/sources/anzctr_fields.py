"""The fields of one trial of ANZCTR, from its XML or its page: both carry the same names."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from scraper.errors import ParseError
from scraper.sources import markup
from scraper.sources.jsons import day
from scraper.sources.source import opening

EXPECTED = "a trial of ANZCTR: its XML with <ANZCTR_Trial>, or its page with the registration number"
NOTHING = frozenset({"", "-", "nil", "none", "n/a", "na", "not applicable", "nil known"})
OPENING = re.compile(rb"<ANZCTR_Trial[\s>]")
_ELEMENT = re.compile(r"ctl\d+_body_(?:repeater_TX([A-Z]+\d?)_ctl(\d{1,9})_)?CX([A-Z]+\d?)")
_GROUPS = frozenset(
    [
        "primaryoutcome",
        "secondaryoutcome",
        "secondarysponsor",
        "countryoutsideaustralia",
        "contact",
        "conditioncode",
    ]
)


class _Value(NamedTuple):
    """A field's words; `group` and `number` are of the list it stands in, "" and 0 outside of lists."""

    name: str
    words: str
    group: str = ""
    number: int = 0


class Fields:
    def __init__(self, values: list[_Value]) -> None:
        self.values = values

    def text(self, *names: str) -> str:
        """The first of these fields that is stated, with its lines."""
        for name in names:
            for value in self.values:
                if value.name == name and not value.group and value.words.strip():
                    return value.words.strip()
        return ""

    def line(self, *names: str) -> str:
        return " ".join(self.text(*names).split())

    def day(self, *names: str) -> str:
        return day({"": self.line(*names)}, "")

    def every(self, *names: str) -> list[str]:
        """The words of a field that may repeat, each on one line."""
        found = (" ".join(value.words.split()) for value in self.values if value.name in names)
        return [words for words in found if words.casefold() not in NOTHING]

    def groups(self, group: str) -> Iterator[dict[str, str]]:
        """The fields of each member of a list, in order."""
        members: dict[int, dict[str, str]] = {}
        for value in self.values:
            if value.group == group and value.words.strip():
                members.setdefault(value.number, {})[value.name] = value.words.strip()
        yield from members.values()


def read(raw: bytes) -> Fields:
    """The fields of a trial in either form. Raises ParseError."""
    return Fields(_of_xml(raw) if OPENING.search(raw[:10_000]) else _of_page(raw))


def _of_xml(raw: bytes) -> list[_Value]:
    # Entities stay unresolved: neither a file of this machine nor a bomb can be named by a record.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"XML that cannot be read ({error})", EXPECTED) from None
    values = []
    numbers: dict[etree._Element, int] = {}
    for element in root.iter("*"):
        parent = element.getparent()
        if len(element) or parent is None or not element.text:
            continue
        above = etree.QName(parent).localname.casefold()
        group = above if above in _GROUPS else ""
        name = etree.QName(element).localname.casefold()
        if group == "secondarysponsor":
            name = name.removeprefix("sponsor")
        number = numbers.setdefault(parent, len(numbers))
        values.append(_Value(name, element.text.replace("\r", ""), group, number if group else 0))
    return values


def _of_page(raw: bytes) -> list[_Value]:
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"<":
        raise ParseError(opening(raw), EXPECTED)
    soup = markup.parsed(markup.decoded(raw))
    values = []
    for element in soup.find_all("span", id=_ELEMENT):
        match = _ELEMENT.fullmatch(str(element["id"]))
        if match is None:
            continue
        for broken in element.find_all("br"):
            broken.replace_with("\n")
        group = (match[1] or "").casefold()
        values.append(
            _Value(
                match[3].casefold(),
                element.get_text(),
                re.sub(r"\d$", "", group) if re.sub(r"\d$", "", group) in _GROUPS else "",
                int(match[2] or 0),
            )
        )
    return values
