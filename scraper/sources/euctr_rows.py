"""What one record of the EU Clinical Trials Register states, whatever its form -> fields in order.

Three forms say the same under the same labels: the text download ("E.3 Principal inclusion criteria: …", in some copies
without the blank behind the colon), the protocol page (one table row a label) and the JSON to which another program
converted the text (`e3_principal_inclusion_criteria`). A text may stand once for each language. In the text download a
value goes on until the next label of the form: a line of the criteria that merely looks like one
("B.1 Adults: …") is recognised by its words and by its place.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bs4 import Tag

from scraper.sources import cells, markup
from scraper.sources.jsons import at, day, items, line


class Row(NamedTuple):
    """A value under a field of `euctr_labels.csv`; `language` "" is the form's own, mostly English.

    A field "" is a label that is known and not kept, "?" one that is not known (`label` is in the value's place).
    """

    field: str
    value: str
    language: str = ""


class Fields:
    """The rows of a record by field; `is_converted` marks the form whose texts have lost signs."""

    def __init__(self, rows: Sequence[Row], is_converted: bool = False) -> None:
        self.rows, self.is_converted = rows, is_converted
        self._first: dict[str, str] = {}
        for row in sorted(rows, key=lambda row: row.language not in ("", "en")):
            if row.value:
                self._first.setdefault(row.field, row.value)

    def text(self, field: str) -> str:
        """The value, in the form's own language where it has several; "" when not stated."""
        return self._first.get(field, "")

    def line(self, field: str) -> str:
        return " ".join(self.text(field).split())

    def every(self, *fields: str) -> Iterator[str]:
        """Every value of these fields in the form's own language."""
        yield from (row.value for row in self.rows if row.field in fields and row.value and not row.language)

    def only(self, words: Mapping[str, str]) -> str:
        """The word of the one flag that says Yes; "" where none or several do."""
        found = [word for field, word in words.items() if self.line(field).casefold() == "yes"]
        return found[0] if len(found) == 1 else ""


class _Label(NamedTuple):
    code: str
    words: str
    field: str


_NOT_STATED = frozenset({"information not present in eudract", "not applicable", "n/a", "na", "n.a.", "-"})
_CODE = re.compile(r"([A-HNP]\.(?:\d+(?:\.\d+)*)?(?: (?:and|to) [A-Z][.\d]+)?)[ \t]+(\S.*)")
_AFTER = re.compile(r"(?:\((\w\w)\))?\s*(?::[ \t]*(.*)|(\d.*|Yes|No)?)", re.DOTALL)
_MARKERS = re.compile(
    r"(?:[BD]\.(?:IMP|Sponsor): ?\d+|Sponsor \d+|MedDRA Classification|D\.8 Placebo: ?\d+)\s*"
)
_SUMMARY = re.compile(r"Summary\s*")
# Flags of the form and values of closed lists, where the form's word for nothing is nothing.
_PROSE = frozenset({"inclusion", "exclusion", "main_objective", "secondary_objectives"})


def _labels() -> tuple[_Label, ...]:
    with Path(__file__).with_name("euctr_labels.csv").open(encoding="utf-8", newline="") as stream:
        found = [_Label(row["code"], row["label"], row["field"]) for row in csv.DictReader(stream)]
    return tuple(sorted(found, key=lambda label: -len(label.words)))


def _squeezed(words: str) -> str:
    return re.sub(r"[^a-z0-9_]", "", words.casefold().replace(" ", "_").replace("-", ""))


def _by_code(labels: Sequence[_Label]) -> dict[str, list[_Label]]:
    found: dict[str, list[_Label]] = {}
    for label in labels:
        found.setdefault(label.code, []).append(label)
    return found


_LABELS = _by_code(_labels())
_KEYS = {
    (f"{_squeezed(label.code)}_" if label.code else "") + _squeezed(label.words): label.field
    for label in _labels()
}


def _stated(field: str, value: str) -> str:
    text = value.strip()
    if field in _PROSE:
        return text
    return "" if text.casefold() in _NOT_STATED else text


# ── the text download ───────────────────────────────────────────────────────────────────────────────────


def of_text(text: str) -> list[Row]:
    """The rows of one record of a text download."""
    rows: list[Row] = []
    gathered: list[str] = []
    field, language, place = "", "", _place("A.")

    def end() -> None:
        if field:
            rows.append(Row(field, _stated(field, "\n".join(gathered)), language))

    for words in text.split("\n"):
        if _MARKERS.fullmatch(words) or _SUMMARY.fullmatch(words):
            end()
            field, gathered = "", []
            continue
        found = _label_of(words, place)
        if found is None:
            gathered.append(words.rstrip())
            continue
        end()
        label, language, value = found
        field, gathered = label.field, [value]
        place = _place(label.code) if label.code else place
    end()
    return rows


def _label_of(raw: str, place: tuple[str, tuple[int, ...]]) -> tuple[_Label, str, str] | None:
    """(label, language, value) of a line that begins with a label of the form; None for any other line."""
    match = _CODE.match(raw)
    code, words = (match[1], match[2]) if match else ("", raw)
    if code == "" and ":" not in raw and raw.strip() != "Trial results":
        return None
    for label in _LABELS.get(code, ()):
        if words[: len(label.words)].casefold() != label.words.casefold():
            continue
        after = _AFTER.fullmatch(words[len(label.words) :].strip())
        if after is not None:
            return label, after[1] or "", (after[2] or after[3] or "").strip()
    # A label that the form did not have so far stands where its code belongs.
    if match and ":" in words and "." in code[2:] and place < _place(code) and code[0] == place[0]:
        unknown = words.partition(":")[0]
        return _Label(code, unknown, "?"), "", f"{code} {unknown}"
    return None


def _place(code: str) -> tuple[str, tuple[int, ...]]:
    """Where a code stands in the form: its letter and its numbers."""
    return code[:1], tuple(int(number) for number in re.findall(r"\d{1,9}", code.partition(" ")[0]))


# ── the protocol page ───────────────────────────────────────────────────────────────────────────────────


def of_page(body: bytes) -> list[Row]:
    """The rows of a protocol page."""
    soup = markup.parsed(markup.decoded(body))
    rows: list[Row] = []
    for element in soup.select("table.summary tr"):
        found = element.find_all("td", recursive=False)
        if len(found) == 2:
            words = _words(found[0]).rstrip(":")
            field = next((one.field for one in _LABELS[""] if one.words == words), "?")
            rows.append(Row(field, words if field == "?" else _stated(field, _words(found[1]))))
    for element in soup.select("tr.tricell"):
        found = element.find_all("td", recursive=False)
        if len(found) == 3:
            rows += _of_cells(_words(found[0]), _words(found[1]).rstrip(":?"), found[2])
    return rows


def _of_cells(code: str, words: str, cell: Tag) -> Iterator[Row]:
    field = next((one.field for one in _LABELS.get(code, ()) if one.words.rstrip(":?") == words), "?")
    if field == "?":
        yield Row("?", f"{code} {words}")
        return
    inner = [
        [one for one in row.find_all("td", recursive=False) if isinstance(one, Tag)]
        for row in cell.select("table tr")
    ]
    texts = [row for row in inner if row]
    if not texts:
        yield Row(field, _stated(field, _words(cell)))
    elif field in ("regions", "route"):
        yield Row(field, "\n".join(cells.lines(row[-1]) for row in texts))
    else:
        for number, row in enumerate(texts):
            # The first one is the form's own; where a language stands before the text, English is.
            language = _words(row[0]).casefold()[:2] if len(row) > 1 else "" if number == 0 else "?"
            yield Row(field, _stated(field, cells.lines(row[-1])), "" if language == "en" else language)


def _words(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())


# ── the converted JSON ──────────────────────────────────────────────────────────────────────────────────

_GROUPS = ("b1_sponsor", "dimp", "d38_imp_identification_details", "e12_meddra_classification")
_DEEPEST = 3
_ORDINAL = re.compile(r"^x\d+_")
_LANGUAGE = re.compile(r"(.+)_([a-z]{2})")


# Of the results that the tool put beside the protocol: its key -> our field.
_RESULTS = {
    "usctnIdentifier": "nct",
    "isrctnIdentifier": "isrctn",
    "whoIdentifier": "utn",
    "recruitmentStartDate": "recruitment_start",
    "primaryCompletionDate": "primary_completion",
    "globalEndOfTrialDate": "global_end",
}


def of_json(trial: Mapping[str, Any]) -> list[Row]:
    """The rows of a record whose container was converted to JSON."""
    rows = list(_of_mapping(trial))
    about = at(trial, "trialInformation")
    for key, field in _RESULTS.items():
        value = line(about, key)
        if value and (field != "global_end" or line(about, "isGlobalEndOfTrialReached") == "true"):
            rows.append(Row(field, _stated(field, day(about, key))))
    if items(trial, "endPoints", "endPoint"):
        rows.append(Row("results", "View results"))
    return rows


def _of_mapping(values: Mapping[str, Any], depth: int = 0) -> Iterator[Row]:
    for key, value in values.items():
        if key in _GROUPS and depth < _DEEPEST:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Mapping):
                    yield from _of_mapping(item, depth + 1)
        elif isinstance(value, str) and (value.strip() or key.endswith("_imp_role")):
            stem = _LANGUAGE.fullmatch(key)
            name, language = (stem[1], stem[2]) if stem and stem[1] in values else (key, "")
            field = _KEYS.get(_ORDINAL.sub("", name), "")
            if field:
                yield Row(field, _stated(field, value), language)
