"""Contacts that stand again inside the text of a record are blanked there.

Names, e-mail addresses and telephone numbers have fields of their own in a registry's record, and those are never
read. But sponsors repeat them in prose, mostly in a site's name ("For more information call …"), so every e-mail
address, every telephone number in the North American form (no other number looks like it: 0 false hits in 7,500
records) and each of the record's own telephone numbers in any form is replaced by a mark.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from scraper.model import Record

MARK = "[contact removed]"

_EMAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_NORTH_AMERICAN = r"(?<![\w.-])(?:\+?1[-. ])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])\d{3}[-.]\d{4}(?![\w-])"
_NUMBER = re.compile(r"\+?\(?\d[\d\s().–-]{5,}\d")
_VANITY = re.compile(r"1-\d{3}-[A-Z][A-Z0-9-]{3,}")
# Shorter runs are extensions, and would blank doses and limits.
_FEWEST_DIGITS = 7
# What every number in the North American form has, found from its last sign on: a search for a sign is a tenth of
# the work that a search for a digit is.
_SIGNS = tuple(
    re.compile(rb"%b(?<=[\d)][-. )]\d{3}%b)\d{4}(?![\w-])" % (sign, sign)) for sign in (rb"-", rb"\.")
)
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


def _pattern(numbers: list[str]) -> re.Pattern[str]:
    """Telephone numbers: those in the North American form, and these in any form."""
    # The longest first, so that no country code is left standing.
    ordered = sorted({re.sub(r"[^0-9A-Z]", "", n) for n in numbers}, key=lambda n: (-len(n), n))
    own = "|".join(_BETWEEN.join(map(re.escape, number)) for number in ordered)
    return re.compile(rf"(?<![\w.])[(+]{{0,2}}(?:{own})(?!\w)|{_NORTH_AMERICAN}" if own else _NORTH_AMERICAN)


def _blanked(value: Any, phones: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        value = phones.sub(MARK, value)
        return _EMAIL.sub(MARK, value) if "@" in value else value
    if isinstance(value, list):
        return [_blanked(item, phones) for item in value]
    if isinstance(value, dict):
        return {key: _blanked(item, phones) for key, item in value.items()}
    return value


def may_hold_contacts(text: bytes) -> bool:
    """Whether there may be an e-mail address or a telephone number in the North American form in UTF-8 text."""
    return b"@" in text or any(sign.search(text) for sign in _SIGNS)


def without_contacts(record: Record, phones: Iterable[str]) -> Record:
    """The record with contacts blanked in its texts; `phones` are those of its own contact fields."""
    numbers = set(_numbers(phones))
    encoded = msgspec.json.encode(record)
    squeezed = encoded.translate(None, _NOT_ALNUM) if numbers else b""
    repeated = [n for n in numbers if re.sub(r"[^0-9A-Z]", "", n).encode() in squeezed]
    if not (repeated or may_hold_contacts(encoded)):
        return record
    values = _blanked(msgspec.to_builtins(record), _pattern(repeated))
    # Keys are no text: an id may look like a telephone number.
    for key in ("source", "source_id", "registry_id", "url", "alias_ids", "secondary_ids"):
        values[key] = msgspec.to_builtins(getattr(record, key))
    return msgspec.convert(values, Record)
