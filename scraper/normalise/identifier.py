"""Registry ids, recognised by their value and written in one canonical form.

The label beside an id is not trusted: "EudraCT" fields hold CTIS numbers, and the other way round. Expressions
follow the registries' published ones, widened where current ids outgrew them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class _Form:
    """`sign` is what every id of the form holds, upper case: a text without it need not be searched."""

    id_type: str
    pattern: str
    canonical: Callable[[re.Match[str]], str]
    sign: str = ""
    in_text: bool = True


def _joined(prefix: str) -> Callable[[re.Match[str]], str]:
    return lambda match: prefix + match["digits"]


def _whole(match: re.Match[str]) -> str:
    return re.sub(r"\s", "", match[0]).upper()


def _utn(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match["digits"])
    return f"U1111-{digits[4:8]}-{digits[8:]}"


# "Eudra CT# 2006-…", "EudraCTnr: 2005-…", "EUDRACT n° 2007-…", "Eudrac: 2005-…" (NCT00368069, NCT00422149).
_EUDRACT = r"(?:EUCTR|Eudra[\s-]?(?:CT?)?(?:[\s-]*(?:numbers?|num|nr|no|n[º°]|#)\.?)?)?[\s:.-]*"

_EU_SIGN, _EU_DIGITS = "-", re.compile(r"-\d{6}-\d\d")

# Order matters: a CTIS number begins like a EudraCT number. Only CTIS numbers have 5 after the year.
_FORMS = (
    _Form("ctgov", r"NCT[\s-]?(?P<digits>\d{8})", _joined("NCT"), "NCT"),
    _Form(
        "ctis",
        r"(?:CTIS|EU[\s-]?CT)?(?:[\s-]*(?:numbers?|num|nr|no)\.?)?[\s:-]*(?P<digits>20\d{2}-5\d{5}-\d{2}(?:-\d{2})?)",
        _joined(""),
        _EU_SIGN,
    ),
    _Form(
        "euctr",
        _EUDRACT + r"(?P<digits>(?:19|20)\d{2}-[0-4]\d{5}-\d{2})(?:-(?:[A-Z]{2}|3RD|Outside-EU/EEA))?",
        _joined(""),
        _EU_SIGN,
    ),
    _Form("isrctn", r"ISRCTN[\s-]?(?P<digits>\d{8})", _joined("ISRCTN"), "ISRCTN"),
    _Form("drks", r"DRKS[\s-]?(?P<digits>\d{8})", _joined("DRKS"), "DRKS"),
    _Form("anzctr", r"ACTRN[\s-]?(?P<digits>126\d{11})", _joined("ACTRN"), "ACTRN"),
    _Form(
        "jrct", r"(?:JPRN-)?jRCT(?P<digits>[a-z]?\d{9,10})", lambda m: "jRCT" + m["digits"].lower(), "JRCT"
    ),
    _Form("umin", r"(?:JPRN-)?UMIN(?:-CTR)?[\s-]?(?P<digits>\d{9})", _joined("UMIN"), "UMIN"),
    _Form("japiccti", r"(?:JPRN-)?JapicCTI-?(?P<digits>\d{6})", _joined("JapicCTI-"), "JAPICCTI"),
    _Form("jmacct", r"(?:JPRN-)?JMA-?IIA(?P<digits>\d{5})", _joined("JMA-IIA"), "IIA"),
    _Form(
        "chictr",
        r"ChiCTR(?P<digits>[-A-Z]{0,12}\d{8,10})",
        lambda m: "ChiCTR" + m["digits"].upper(),
        "CHICTR",
    ),
    _Form("ctri", r"CTRI/20\d{2}/\d{2,3}/(?P<digits>\d{6})", _whole, "CTRI/"),
    _Form("cris", r"KCT(?P<digits>\d{7})", _joined("KCT"), "KCT"),
    _Form("irct", r"IRCT(?P<digits>\d{11,14}N\d{1,3})", lambda m: "IRCT" + m["digits"].upper(), "IRCT"),
    _Form("ntr", r"NTR\s?(?P<digits>\d{2,4})", _joined("NTR"), in_text=False),
    _Form("ntr", r"(?:NL-OMON|NL)\s?(?P<digits>\d{2,5})", _whole, in_text=False),
    _Form("pactr", r"PACTR(?P<digits>20\d{13,14})", _joined("PACTR"), "PACTR"),
    _Form("rebec", r"RBR-?(?P<digits>[0-9a-z]{6,10})", lambda m: "RBR-" + m["digits"].lower(), "RBR"),
    _Form("rpcec", r"RPCEC(?P<digits>\d{8})", _joined("RPCEC"), "RPCEC"),
    _Form("repec", r"PER-(?P<digits>\d{3}-\d{2})", _joined("PER-"), "PER-"),
    _Form("slctr", r"SLCTR/20\d{2}/(?P<digits>\d{3})", _whole, "SLCTR/"),
    _Form("tctr", r"TCTR(?P<digits>20\d{9})", _joined("TCTR"), "TCTR20"),
    _Form("lbctr", r"LBCTR(?P<digits>20\d{8})", _joined("LBCTR"), "LBCTR"),
    # Registries take it without its hyphens too: "U111112218502" (NCT04020913).
    _Form("utn", r"(?:UTN[\s:-]*)?(?P<digits>U1111-?\d{4}-?\d{4})", _utn, "U1111"),
)
_FLAGS = re.IGNORECASE | re.ASCII
_WHOLE = tuple((form, re.compile(form.pattern, _FLAGS)) for form in _FORMS)
_IN_TEXT = tuple(
    (form, re.compile(rf"(?<![\w-]){form.pattern}(?![\w])", _FLAGS)) for form in _FORMS if form.in_text
)
# Most ids of sponsors are no registry's: one look at all forms together says so.
_ANY_WHOLE = re.compile("|".join(form.pattern.replace("(?P<digits>", "(?:") for form in _FORMS), _FLAGS)
ID_TYPES: frozenset[str] = frozenset(form.id_type for form in _FORMS)
_TYPED = frozenset({"12345678", "123456", "1234567", "123456789"})


def _is_placeholder(match: re.Match[str]) -> bool:
    """NCT00000000, ISRCTN12345678 and 2010-000000-00 are typed where an id is still missing."""
    text = match["digits"]
    if text.isdecimal():
        return len(set(text)) <= 1 or text in _TYPED
    digits = re.sub(r"\D", "", text)
    groups = re.findall(r"\d+", text)
    return (
        len(set(re.sub(r"\W", "", text))) <= 1
        # RBR-88btzp is a real id with one digit in it.
        or (len(set(digits)) <= 1 and len(digits) >= 6)
        or digits in _TYPED
        or (len(groups) > 1 and set(groups[1]) == {"0"})
        or "123456" in groups[1:2]
    )


def canonical(text: str) -> tuple[str, str] | None:
    """(id type, id in its canonical form) when the whole text is one registry's id, else None.

    "EUCTR2005-001234-21-DE" is ("euctr", "2005-001234-21"). Placeholders and anything of four characters or
    fewer are refused.
    """
    stripped = text.strip()
    if len(stripped) <= 4 or len(stripped) > 60 or _ANY_WHOLE.fullmatch(stripped) is None:
        return None
    for form, pattern in _WHOLE:
        match = pattern.fullmatch(stripped)
        if match is not None:
            found = form.canonical(match)
            return None if _is_placeholder(match) or len(found) <= 4 else (form.id_type, found)
    return None


def find_all(text: str) -> Iterator[tuple[str, str, int, int]]:
    """(id type, canonical id, start, end) of every registry id in prose, by place; no two overlap.

    Ids that are only letters and a short number (NTR 123, NL 45) are not looked for: prose is full of them.
    """
    upper = text.upper()
    found = [
        (match.start(), match.end(), form.id_type, form.canonical(match))
        for form, pattern in _IN_TEXT
        if form.sign in upper and (form.sign != _EU_SIGN or _EU_DIGITS.search(text))
        for match in pattern.finditer(text)
        if not _is_placeholder(match)
    ]
    last = 0
    # sorted() is stable, so that at one place the form named first in _FORMS wins.
    for start, end, id_type, value in sorted(found, key=lambda item: item[0]):
        if start >= last:
            yield id_type, value, start, end
            last = end
