"""Contacts that stand again inside the text of a record are blanked there.

Names, e-mail addresses and telephone numbers have fields of their own in a registry's record, and those are never
read. But sponsors repeat them in prose, mostly in a site's name ("For more information call …"), so every e-mail
address and each of the record's own telephone numbers is replaced by a mark.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from scraper.model import Record

MARK = "[contact removed]"

_EMAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"\+?\(?\d[\d\s().–-]{5,}\d")
_VANITY = re.compile(r"1-\d{3}-[A-Z][A-Z0-9-]{3,}")
# Shorter runs are extensions, and would blank doses and limits.
_FEWEST_DIGITS = 7
_BETWEEN = r"[\s().–/-]{0,3}"
_NOT_ALNUM = bytes(byte for byte in range(256) if not chr(byte).isalnum() or byte > 127)


def _numbers(phones: Iterable[str]) -> Iterator[str]:
    """The digits of every telephone number in the fields; letters too where a number is spelt."""
    for phone in phones:
        for part in re.split(r"/|;|,|\bor\b|\s{2,}", phone):
            yield from _VANITY.findall(part)
            for run in (*_NUMBER.findall(part), part):
                digits = re.sub(r"\D", "", run)
                if len(digits) >= _FEWEST_DIGITS:
                    yield digits
                    if len(digits) == 11 and digits.startswith("1"):
                        yield digits[1:]


def _pattern(numbers: Iterable[str]) -> re.Pattern[str]:
    # The longest first, so that no country code is left standing.
    ordered = sorted(set(numbers), key=lambda number: (-len(number), number))
    spelt = ["[(+]{0,2}" + _BETWEEN.join(map(re.escape, re.sub(r"[^0-9A-Z]", "", n))) for n in ordered]
    phones = rf"(?<![\w.])(?:{'|'.join(spelt)})(?!\w)|" if spelt else ""
    return re.compile(phones + _EMAIL.pattern)


def _blanked(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(MARK, value)
    if isinstance(value, list):
        return [_blanked(item, pattern) for item in value]
    if isinstance(value, dict):
        return {key: _blanked(item, pattern) for key, item in value.items()}
    return value


def without_contacts(record: Record, phones: Iterable[str]) -> Record:
    """The record with every e-mail address and each of these telephone numbers blanked in its texts."""
    numbers = set(_numbers(phones))
    encoded = msgspec.json.encode(record)
    squeezed = encoded.translate(None, _NOT_ALNUM) if numbers else b""
    repeated = [n for n in numbers if re.sub(r"[^0-9A-Z]", "", n).encode() in squeezed]
    if not repeated and b"@" not in encoded:
        return record
    values = _blanked(msgspec.to_builtins(record), _pattern(repeated))
    # A key is no text: an id may look like a telephone number.
    for key in ("source", "source_id", "registry_id", "url"):
        values[key] = getattr(record, key)
    return msgspec.convert(values, Record)
