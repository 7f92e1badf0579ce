"""What can happen to a saved page: bytes flipped, parts lost, doubled, spliced, values of other types, packed anew."""

import copy
import gzip
import io
import json
import random
import re
import warnings
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

MOST_BYTES = 1 << 20
"""A longer input is cut here: what is slow per byte shows at this size."""

_TOKENS: tuple[bytes, ...] = tuple(
    text.encode("utf-8", "surrogatepass")
    for text in (
        "\0", "\x1b[2J", "\u2028", "\ud800", "\udcff", "\ufeff", "\u202e", "ﬁ", "İ", "ß", "²", "٣", "①", "½", "¹⁰",
        "<", ">", "&", "&lt;", "&#0;", "&#xD800;", "&#99999999999;", "&bomb;", "<![CDATA[", "]]>", "<!--", "-->",
        "<!DOCTYPE x [<!ENTITY bomb SYSTEM 'file:///etc/passwd'>]>", "<?xml version='1.0' encoding='utf-99'?>",
        "<script>", "</table>", "<td>", "<tr><td colspan=99999999>", "<br>", "<ul><li>", "</ul>", "<p>", "<h2>",
        '"', "'", "\\", "\\u0000", "\\ud83d", "{", "}", "[", "]", "null", "true", "NaN", "Infinity", "1e999", "-0",
        "-1", "0", "9" * 30, "1" * 5000, "99999999999999999999", "2026-99-99", "0000-00-00", "31/02/2026", "\r\n", "\r",
        "\t", ",", ";", "|", "\n\n", " ", "\u00a0" * 40, "* ", "1. ", "a) ", "Inclusion Criteria:", "Exclusion Criteria:",
        ">= 18 years", "< 10^9/L", "1,5 x 10^9", "18 to", "0 Minutes", "NCT00000000", "2019-000000-00", "%s%n", "%00", "../",
        "9/9/9/9/9/9", "(((((((((", "≥≤≥≤", "10^10^10^10", "1.1.1.1.1", "and or and or", "years years",
    )
)  # fmt: skip
_NUMBER = re.compile(rb"\d+")
_BOUNDARY = re.compile(rb"[<>{}\[\],;\n\"]")
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1 << 62, 1 << 63, 1 << 70, 1e308, -1e308, 0.1, "", " ", "\0", "\ud800", "x" * 4000, [], {}, [[]],
    [None], {"": ""}, ["a", 1, None, {}], {"a": {"b": ["c"]}}, "2026-13-45", "N/A", "٣", "<b>", "1" * 400,
)  # fmt: skip

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def mutated(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    """The page after one to six accidents; `others` are pages whose parts may be spliced in."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        body = rng.choices(_MUTATIONS, _WEIGHTS)[0](rng, body, others)[:MOST_BYTES]
    return rng.choice(_PACKINGS)(rng, body, others)[:MOST_BYTES] if rng.random() < 0.08 else body


def _span(rng: random.Random, body: bytes, most: int = 400) -> tuple[int, int]:
    start = rng.randrange(len(body) + 1)
    return start, min(len(body), start + rng.randrange(1, most))


def _piece(rng: random.Random, body: bytes) -> tuple[int, int]:
    """A part from one structural character to another."""
    marks = [m.start() for m in _BOUNDARY.finditer(body[: 1 << 16])]
    if len(marks) < 2:
        return _span(rng, body)
    at = rng.randrange(len(marks) - 1)
    return marks[at], marks[min(len(marks) - 1, at + rng.choice((1, 1, 2, 4, 16)))]


def _flip(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    out = bytearray(body)
    for _ in range(rng.choice((1, 2, 8))):
        if out:
            out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _cut(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    return body[: rng.randrange(len(body) + 1)]


def _lose(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    start, end = _piece(rng, body)
    return body[:start] + body[end:]


def _double(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    start, end = _piece(rng, body)
    return body[:end] + body[start:end] * rng.choice((1, 1, 2, 50)) + body[end:]


def _swell(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    """One part thousands of times: what is quadratic shows."""
    start, end = _piece(rng, body) if rng.random() < 0.5 else _span(rng, body, 12)
    part = rng.choice((body[start:end], rng.choice(_TOKENS)))[:200]
    size = rng.choice((5_000, 50_000, 300_000))
    return body[:end] + part * (size // max(1, len(part))) + body[end:]


def _splice(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    start, end = _piece(rng, other)
    at, until = _piece(rng, body)
    return body[:at] + other[start:end] + body[rng.choice((at, until)) :]


def _join(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    return body + rng.choice((b"", b"\n", b",")) + rng.choice(others)


def _token(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    start, end = _span(rng, body, 20)
    return body[:start] + rng.choice(_TOKENS) + body[rng.choice((start, end)) :]


def _number(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    found = list(_NUMBER.finditer(body[: 1 << 16]))
    if not found:
        return body
    one = rng.choice(found)
    new = rng.choice(
        (b"0", b"-1", b"9" * 20, b"9" * 5000, b"1e400", b"0.0", b"00", b"1.", b"\xc2\xb2", b"", b"18-", b"13")
    )
    return body[: one.start()] + new + body[one.end() :]


def _lines(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    lines = body.split(b"\n")
    for _ in range(rng.randrange(1, 4)):
        one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _deep(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    start, end = _piece(rng, body)
    count = rng.choice((10, 300, 3_000, 100_000))
    before, after = rng.choice(
        (
            (b"[", b"]"),
            (b'{"a":', b"}"),
            (b"<div>", b"</div>"),
            (b"<x>", b"</x>"),
            (b"<ul><li>", b""),
            (b"(", b")"),
        )
    )
    return body[:start] + before * count + body[start:end] + after * count + body[end:]


def _encode(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    return body.decode("utf-8", "replace").encode(
        rng.choice(("utf-16", "utf-16-be", "utf-32", "cp1252", "iso-8859-1", "gb18030", "utf-7", "cp037")),
        "replace",
    )


def _entities(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    """An XML that defines entities in entities, or asks for files, ahead of the root."""
    levels = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(rng.choice((2, 9))))
    outside = (
        "<!ENTITY file SYSTEM 'file:///etc/passwd'><!ENTITY % more SYSTEM 'http://127.0.0.1:9/x.dtd'> %more;"
    )
    head, _, tail = body.partition(b"?>")
    doctype = f'<!DOCTYPE a [<!ENTITY l0 "ha">{levels}{rng.choice(("", outside))}]>'.encode()
    text = tail or head
    at = text.find(b">", rng.randrange(len(text) + 1)) + 1
    return (
        (head + b"?>" if tail else b"")
        + doctype
        + text[:at]
        + rng.choice((b"&l9;", b"&l2;", b"&file;"))
        + text[at:]
    )


def _values(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    """JSON with values of other types, keys lost, doubled or moved."""
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        return _token(rng, body, others)
    places: list[tuple[Any, Any]] = []
    stack = [tree]
    while stack and len(places) < 20_000:
        node = stack.pop()
        inner = (
            list(node.items())
            if isinstance(node, dict)
            else list(enumerate(node))
            if isinstance(node, list)
            else []
        )
        places += [(node, key) for key, _ in inner]
        stack += [value for _, value in inner]
    for _ in range(rng.choice((1, 1, 2, 5, 30))):
        if not places:
            break
        node, key = rng.choice(places)
        other, other_key = rng.choice(places)
        try:
            match rng.randrange(6):
                case 0:
                    node[key] = rng.choice(_VALUES)
                case 1:
                    node[key] = [node[key]]
                case 2:
                    node[key] = str(node[key])
                case 3:
                    del node[key]
                case 4:
                    node[key] = copy.deepcopy(other[other_key])
                case 5 if isinstance(node[key], str):
                    node[key] = _token(rng, node[key].encode("utf-8", "surrogatepass"), others).decode(
                        "utf-8", "replace"
                    )
        except (KeyError, IndexError, RecursionError):
            continue  # an earlier accident took the place away
    try:
        return json.dumps(tree, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return body


def _gz(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    packed = gzip.compress(body, 1, mtime=0)
    match rng.randrange(5):
        case 0:
            return packed + packed
        case 1:
            return _flip(rng, packed, others)
        case 2:
            return packed[: rng.randrange(len(packed))]
        case 3:
            return gzip.compress(packed, 1, mtime=0)
    return packed


_NAMES = (
    "../../../etc/passwd", "/etc/passwd", "C:\\windows\\x", "a/../../b.json", "", ".", "x" * 3000, "\n", "\x1b[31m.xml", "nul.json",
    "é.json", "a\0b.json", "-rf", "\u202egnp.exe", "%2e%2e%2f", "x.json.gz", "x.zip", "'; drop table pages; --",
)  # fmt: skip


def _zip(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    """A zip with absurd names, the same one twice, dates that are none, sizes that are not true."""
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the same name twice, on purpose
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for _ in range(rng.choice((1, 2, 5))):
                info = zipfile.ZipInfo(
                    rng.choice(_NAMES), (rng.choice((1980, 2107)), rng.randrange(1, 13), 28, 0, 0, 0)
                )
                info.external_attr = rng.choice((0, 0o120777 << 16))
                info.compress_type = rng.choice(
                    (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
                )
                archive.writestr(info, rng.choice((body, rng.choice(others))))
    packed = bytearray(stream.getvalue())
    directory = packed.find(b"PK\x01\x02")
    if rng.random() < 0.6:
        for _ in range(rng.choice((1, 4))):
            packed[rng.randrange(rng.choice((0, max(0, directory))), len(packed))] = rng.randrange(256)
    return bytes(packed)


def _ndjson(rng: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    bodies = [body, *(rng.choice(others) for _ in range(rng.randrange(1, 4)))]
    return b"\n".join(one.replace(b"\n", b" ") for one in bodies)


_WEIGHTED: tuple[tuple[Mutation, int], ...] = (
    (_flip, 8), (_cut, 3), (_lose, 10), (_double, 8), (_swell, 2), (_splice, 14), (_join, 2), (_token, 14), (_number, 8),
    (_lines, 5), (_deep, 2), (_encode, 2), (_entities, 3), (_values, 18),
)  # fmt: skip
_MUTATIONS = [mutation for mutation, _ in _WEIGHTED]
_WEIGHTS = [weight for _, weight in _WEIGHTED]
_PACKINGS: tuple[Mutation, ...] = (_gz, _zip, _ndjson)
