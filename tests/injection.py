"""What people type to break in, and every place of the site where they can: read from the code, so that none is missed."""

import ast
import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from scraper.match import patient
from scraper.search import question
from scraper.site.routes import ROUTES

MARK = "zq9"
"""Stands in every payload with markup, so that an answer can be searched for markup that was not escaped."""

_SQL = (
    "'", '"', "''", '""', "`", "\\", "\\'", "';", "')", "'))", "' or '1'='1", "' or 1=1 --", '" or ""="', "1 or 1=1",
    "') or ('a'='a", "x' and 1=2 union select 1,2,3 --", "' union select trial_id, sql from sqlite_master --",
    "1; drop table trials; --", "'; delete from trials; vacuum; --", "'; attach 'evil.db' as e; --", "--", "/*", "*/",
    "1/**/or/**/1", "randomblob(1000000000)", "zeroblob(2000000000)", "' || load_extension('x') || '", "%", "_", "%%%",
    "a' collate nocase or trial_id like '%", ":q", "?1", "@x", "$x", "null", "\u02bc or 1=1", "＇ or 1=1 --",
)  # fmt: skip
_FTS = (
    "NEAR(a b, 2)", 'NEAR("tea" "cold", 99999999999)', "tea NEAR/2 cold", "brief_title:tea", "{brief_title tags} : tea",
    "- {tags} : tea", '"', '"""', '"tea', 'tea"', "*", "**", "tea*", "*tea", "^tea", "^", "-", "--tea", "-tea", "tea -",
    "AND", "OR", "NOT", "AND AND", "tea AND", "OR tea", "tea OR", "NOT tea", "(", ")", "((((tea", "tea))))", "+", "a + b",
    "tags:removed", "rank:x", "criteria:", "criteria: *", "id:", "title:\"", ":", "::", "|", "| |", "tea |", "condition:*",
    "rank MATCH 'bm25(0)'",
)  # fmt: skip
_NUMBERS = (
    "1e999", "-1e999", "nan", "inf", "-inf", "-1", "-0", "0x10", "1_000", "9223372036854775808",
    "-9223372036854775809", "18446744073709551616", "9" * 400, "1e-400", "٣٤", "１２", "²", "½", "1,5", "1.", ".", "true",
    "nan,nan", "inf,inf", "1e999,0", "91,0", "0,181", "1,2,3", ",", "42.36,-71.06", "34 parsecs", "1e5 years",
)  # fmt: skip
_DATES = (
    "0000-00-00", "9999-99-99", "2026-02-31", "2026-13-01", "10000-01-01", "٢٠٢٦", "２０２６-０１", "2026-01-01T99:99",
    "2026-01-01'--", "now", "2026\n", "date('now')",
)  # fmt: skip
_PATHS = (
    "..", "../", "../../../../etc/passwd", "..\\..\\x", "/etc/passwd", "//evil.example/x", "~2E~2E~2F", "~00", "~", "~zz",
    "~ED~A0~80", "%2e%2e%2f", "%252e%252e%252f", "%00", "file:///etc/passwd", "trials.db", "archive.db", ".", "CON",
)  # fmt: skip
_MARKUP = (
    f"<{MARK}>", f"</title><{MARK}>", f'"><{MARK} onload=alert(1)>', f"'><{MARK}>", f"</script><{MARK}>",
    f"]]><{MARK}/>", f"--><{MARK}>", f"{{{{ 7*191 }}}}<{MARK}>", f"{{% raw %}}<{MARK}>", f'" {MARK}="1', f"&lt;{MARK}&gt;",
    f"=cmd|' /C {MARK}'!A0", f"x\r\nSet-Cookie: {MARK}=1", f"x\r\nER  - \r\nTY  - {MARK}",
)  # fmt: skip
_CONTROL = (
    "\x00", "a\x00b", "\x01\x02\x7f", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x9b31m", "\r", "\n", "\t", "\u202etfel",
    "\u2066x", "\ufeff", "\ufffe", "\uffff", "\U000e0041", "\ue000x\ue001", "a\u0301" * 300, "Ω" * 2000,
)  # fmt: skip
_LONG = ("a" * 10_000, "tea " * 4_000, '"' * 5_000, "(" * 5_000, "a OR " * 2_000, "-a " * 2_000, "1" * 10_000)
_BYTES = (  # what no text can say, percent-encoded already
    b"%ED%A0%80", b"%FF%FE", b"%C0%AF", b"%80", b"%", b"%zz", b"%u0041", b"%00%00", b"%F4%90%80%80", b"%E2%28%A1",
    b"+", b"%2B", b"%26x%3D1", b"%0d%0aX-Evil:%201", b"%25%30%30", b";", b"%3B", b"=", b"==",
)  # fmt: skip
TEXTS = tuple(
    dict.fromkeys((*_SQL, *_FTS, *_NUMBERS, *_DATES, *_PATHS, *_MARKUP, *_CONTROL, *_LONG, "", " "))
)


def quoted(text: str) -> bytes:
    """The text as a query says it: everything but letters and digits percent-encoded."""
    return "".join(
        chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in text.encode()
    ).encode()


PAYLOADS: tuple[bytes, ...] = (*map(quoted, TEXTS), *_BYTES)

_SHAPES: tuple[Callable[[bytes, bytes], bytes], ...] = (
    lambda name, value: b"%s=%s" % (name, value),
    lambda name, value: b"%s=%s&%s=%s" % (name, value, name, value),
    lambda name, value: b"%s=1&%s=&%s=%s" % (name, name, name, value),
    lambda name, value: b"%s[]=%s&%s[0]=%s&%s.x=%s" % (name, value, name, value, name, value),
    lambda name, value: b"%s=%s&%s" % (name, value, value),
    lambda name, value: b"&".join([b"%s=%s%%20%d" % (name, value[:20], n) for n in range(3000)]),
)
"""The parameter once, twice, behind others, as an array, with the payload as a name too, three thousand times."""


class Place(NamedTuple):
    """A parameter of a page: both as they stand in an address."""

    path: str
    parameter: str


def shaped(number: int, name: str, payload: bytes) -> bytes:
    """The query that sends a payload in the shape of that number."""
    return _SHAPES[number % len(_SHAPES)](name.encode(), payload)


SHAPES = len(_SHAPES)


# ── the places ──────────────────────────────────────────────────────────────────────────────────────────


def addresses(samples: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, Callable[..., object]]]:
    """An address of every route of ours, with each of the samples in the place of its parts, and its view.

    Raises KeyError on a part that has no sample.
    """
    for pattern, view in ROUTES:
        parts = re.split(r"(\(\?P<\w+>[^)]*\)|\([a-z|]+\))", pattern.strip("^$").replace("\\.", "."))
        choices = [_choices(part, samples) for part in parts]
        for chosen in itertools.product(*choices):
            path = "".join(chosen)
            assert re.match(pattern, path), (pattern, path)
            yield path, view


def _choices(part: str, samples: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if named := re.match(r"\(\?P<(\w+)>([a-z]+(?:\|[a-z]+)+)?", part):
        return tuple(named[2].split("|")) if named[2] else samples[named[1]]
    return tuple(part[1:-1].split("|")) if part.startswith("(") else (part,)


def parameters(view: Callable[..., object]) -> tuple[str, ...]:
    """The names of the parameters that a view reads, from its own code and that of the reader it hands them to."""
    tree = ast.parse(inspect.getsource(view))
    names = list(_constants(tree, {"parameter"}))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    if "respond.parameters" in called:
        readers = [reads for word, reads in _READERS.items() if word in ast.unparse(tree)]
        assert readers, f"{view.__name__} reads parameters by a reader that _READERS does not know"
        names += [name for reads in readers for name in reads()]
    return tuple(dict.fromkeys(names))


def _of_search() -> Iterator[str]:
    return _constants(ast.parse(inspect.getsource(question.from_params)), {"one", "many", "yes", "get"})


_READERS: dict[str, Callable[[], Iterator[str]]] = {
    "from_params": _of_search,
    "searching.page": _of_search,
    "matching.": lambda: iter(patient.PARAMETERS),
}
"""Words in a view's code → the names that it may read then."""


def _constants(tree: ast.AST, functions: set[str]) -> Iterator[str]:
    """Strings given to calls of these functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in functions:
            yield from (
                a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
            )
