"""What a criterion is about, beyond numbers: pregnancy, infections, sex, consent, antigens.

A flag says that the criterion speaks of the thing, not on which side it stands: `kind` says that.
"""

import csv
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from scraper.criteria.clean import fold

_WORDS: dict[str, str] = {
    "pregnancy": r"pregnan\w+|gravid|gravidity|gestating|(?:pre|peri)gestational",
    "lactation": r"lactat\w+|breast ?-? ?f(?:ee|e)d\w*|nursing(?! (?:home|student|staff|care|facilit|school|assess|diagnos|universit|intervention|personnel|records?|program|service|degree|department|stud))",
    "hiv": r"hiv(?: ?-? ?[12])?|human immuno ?-?deficiency virus(?:es)?|human immunodeficiency|acquired immuno? ?-?deficiency|aids(?<!walking aids)(?<!hearing aids)(?<!visual aids)(?<!mobility aids)(?<!support aids)",
    "hbv": r"hbv|hbs ?-?ag|hepatitis[ -]?(?:virus )?b(?! vaccin)|hep(?:\.|atitis)? ?b(?! vaccin)|anti-? ?hbc|hepatitis (?:type )?a[,/ ]+b\b|hepatitis c (?:and/or|and|or|/|,) ?b|hbcab|hepatitis-b",
    "hcv": r"hcv|hepatitis[ -]?(?:virus )?c|hep\.? ?c|hepatitis (?:type )?(?:a, )?b(?: ?\(hbv\))? ?(?:and/or|and|or|/|,|&) ?(?:hepatitis )?(?:or )?c",
    "sex_female": r"wom[ae]n(?:'?s)?|females?|lady",
    "sex_male": r"males?(?! (?:infertility|factor|reproductive|same|partner'?s? semen|pattern|relative))|m[ae]n",
    "consent": r"informed consent|(?:written|signed?|provide|give|giving|gave|sign) (?:\w+ ){0,3}consent|consent form|assent|consent to",
    "contraception": r"contracepti\w+|birth control|childbearing potential|child-bearing potential|wocbp|abstinen(?:t|ce) from (?:heterosexual|sexual)|barrier method",
    "prior_gene_therapy": r"gene (?:transfer|modified cell) ?(?:therap\w+|products?|treatments?)?|gene[ -]therap\w+|genetically (?:modified|engineered) (?:t[ -])?cells?",
}
_PATTERNS = {name: re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])") for name, words in _WORDS.items()}
# What a text must hold for the pattern of the same name to match: a look for a word is far cheaper than a pattern.
_STEMS: dict[str, tuple[str, ...]] = {
    "pregnancy": ("pregnan", "gravid", "gestating", "gestational"),
    "lactation": ("lactat", "breast", "nursing"),
    "hiv": ("hiv", "immun", "aids"),
    "hbv": ("hbv", "hbs", "hep", "hbc"),
    "hcv": ("hcv", "hep"),
    "sex_female": ("wom", "female", "lady"),
    "sex_male": ("male", "man", "men"),
    "consent": ("consent", "assent"),
    "contraception": (
        "contracepti",
        "birth control",
        "bearing potential",
        "wocbp",
        "abstinen",
        "barrier method",
    ),
    "prior_gene_therapy": ("gene",),
}

# A flag is given only where one of these stands too: "acquired immundeficiency" alone is none.
_ANY = re.compile(
    r"pregn|gravid|gest|lactat|breast|nursing|hiv|immuno|aids|hep|hb[vsc]|hcv|wom|femal|lady|male|m[ae]n\b|consent|assent|"
    r"contracep|birth|bearing|wocbp|abstin|barrier|gene"
)


@cache
def _antigens() -> tuple[re.Pattern[str], dict[str, str]]:
    table = files("scraper.criteria").joinpath("antigens.csv").read_text(encoding="utf-8")
    codes: dict[str, str] = {}
    for row in csv.DictReader(table.splitlines()):
        for alias in (row["code"], *row["aliases"].split(";")):
            if alias.strip():
                codes[_key(alias.strip())] = row["code"]
    words = "|".join(re.escape(key).replace(r"\-", "[ -]?") for key in sorted(codes, key=len, reverse=True))
    return re.compile(rf"(?<![a-z0-9/-])(?:anti-?)?({words})(?![a-z0-9])"), codes


def _key(alias: str) -> str:
    return fold(alias)


# Two- and three-letter symbols that are also ordinary words or other abbreviations.
_CAPITALS = {"er": "ER", "pr": "PR", "alk": "ALK", "fap": "FAP", "afp": "AFP", "cea": "CEA"}


def antigens(text: str, folded: str) -> Iterator[str]:
    """Yield the codes of the antigens and biomarkers that the text names, in the order of the text."""
    pattern, codes = _antigens()
    seen: set[str] = set()
    for match in pattern.finditer(folded):
        found = match[1]
        if found in _CAPITALS and text[match.start(1) : match.end(1)] != _CAPITALS[found]:
            continue
        code = codes.get(found) or codes.get(found.replace(" ", "-")) or codes.get(found.replace("-", ""))
        code = code or next((c for key, c in codes.items() if _bare(key) == _bare(found)), None)
        if code and code not in seen:
            seen.add(code)
            yield code


def _bare(alias: str) -> str:
    return re.sub(r"[ -]", "", alias)


_NOT_PLAIN = bytes(c if chr(c) in "abcdefghijklmnopqrstuvwxyz0123456789" else 32 for c in range(256))


def _plain_words(folded: str) -> list[bytes]:
    """Return the runs of letters and digits; as bytes, for there all other signs go in one quick pass."""
    return folded.encode("ascii", "replace").translate(_NOT_PLAIN).split()


@cache
def _antigen_words() -> frozenset[bytes]:
    """Return the words, letters and digits, one of which every name of an antigen begins with."""
    _, codes = _antigens()
    starts = {start for key in codes for start in _starts(key)}
    return frozenset(word.encode() for start in starts for word in (start, f"anti{start}"))


def _starts(key: str) -> set[str]:
    """Return the words that "pd-l1" can begin with when a hyphen may be missing: "pd" and "pdl1"."""
    pieces = re.split(r"[^a-z0-9-]", key)[0].split("-")
    return {"".join(pieces[:size]) for size in range(1, len(pieces) + 1)}


def flags(text: str) -> tuple[str, ...]:
    """Return what the criterion speaks of: "pregnancy", "hiv", "antigen:CLEC12A", …"""
    return flags_of_each([text], [fold(text)])[0]


def flags_of_each(texts: list[str], folded: list[str]) -> list[tuple[str, ...]]:
    """Return the flags of each text. What no text of them names is looked for once, in all of them together."""
    whole = "\n".join(folded)
    stems = [(name, stem) for name, alternatives in _STEMS.items() for stem in alternatives if stem in whole]
    words = _antigen_words().intersection(_plain_words(whole))
    found: list[tuple[str, ...]] = []
    for text, line in zip(texts, folded, strict=True):
        names = dict.fromkeys([name for name, stem in stems if stem in line])
        spoken = [name for name in names if _PATTERNS[name].search(line)]
        if spoken and not _ANY.search(line):
            spoken = []
        if words and not words.isdisjoint(_plain_words(line)):
            spoken += (f"antigen:{code}" for code in antigens(text, line))
        found.append(tuple(spoken))
    return found
