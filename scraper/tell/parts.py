"""What changed between two texts, as (kind, text) parts: "same", "del", "ins"."""

import difflib
import re

Part = tuple[str, str]

_WORDS = re.compile(r"\s+|[^\s]+")
_KEPT_AROUND = 60
_MOST_WORDS = 6000


def parts(old: str, new: str) -> list[Part]:
    """Short values whole, one after the other; long texts word by word with what is the same left out."""
    if len(old) + len(new) <= 120:
        return _whole(old, new)
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) + len(after) > _MOST_WORDS:
        return [("del", f"{len(old):,} characters"), ("same", " → "), ("ins", f"{len(new):,} characters")]
    found: list[Part] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    if not old or not new or matcher.quick_ratio() < 0.3:
        return _whole(_short(old), _short(new))
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(before[i:j])))
            continue
        if i < j:
            found.append(("del", "".join(before[i:j])))
        if k < m:
            found.append(("ins", "".join(after[k:m])))
    return [
        (kind, _middle(text, first=n == 0, last=n == len(found) - 1) if kind == "same" else _short(text))
        for n, (kind, text) in enumerate(found)
    ]


def _whole(old: str, new: str) -> list[Part]:
    return [("del" if old else "same", old or "not stated"), ("same", " → "), ("ins", new or "not stated")]


def _short(text: str, most: int = 600) -> str:
    return text if len(text) <= most else text[:most].rstrip() + " …"


def _middle(text: str, *, first: bool, last: bool) -> str:
    """The beginning and end of a text both sides have; at the outer ends only the side next to a change."""
    if len(text) <= 2 * _KEPT_AROUND:
        return text
    start = "" if first else text[:_KEPT_AROUND].rsplit(None, 1)[0]
    end = "" if last else text[-_KEPT_AROUND:].split(None, 1)[-1]
    return f"{start} … {end}"
