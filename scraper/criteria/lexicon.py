"""Words of a criterion → tokens: numbers with their units, comparators in words and signs, variables, time cues.

One pass over the text; the words are in `phrases`, and what the tokens mean together is said in `quantities`.
"""

import re

import msgspec

from scraper.criteria.numerals import may_hold_numbers
from scraper.criteria.phrases import Entry, lexicon, stems
from scraper.criteria.units import NONE, Unit, read_unit


class Token(msgspec.Struct, frozen=True, gc=False):
    """One word or number.

    `kind`: number, compare (before a number), postfix (after one), variable, range ("to", "-"), link ("and", "or",
    ","), stop (";", end of sentence), open, close, colon, slash, ago ("prior to"), last ("within the past"), subject,
    when ("if", "in patients with"), word. `value` is what it says: ">=", a variable's code, a number in text.
    """

    kind: str
    start: int
    end: int
    value: str
    unit: Unit = NONE
    numbers: tuple[float, ...] = ()


_WORD_NUMBERS = {
    w: float(i)
    for i, w in enumerate(
        re.findall(
            r"\w+",
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
            "eighteen nineteen twenty",
        )
    )
} | {
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "seventy": 70.0,
    "eighty": 80.0,
    "ninety": 90.0,
}
ROMANS = {"i": 1.0, "ii": 2.0, "iii": 3.0, "iv": 4.0, "v": 5.0, "vi": 6.0}


_SIGN = r"(?:[<>]{1,2} ?/ ?=|[<>≥≤] ?(?:or )?=|=+ ?[<>≥≤]|[<>] ?or ?(?:equals?(?: to)?|=)|[<>≥≤]{1,2}(?: ?or equal to)?|=+)"
_TOKEN = re.compile(
    r"(?P<word>[a-z]+)"
    rf"|(?P<symbol>\( ?{_SIGN} ?\)(?= ?\d)|{_SIGN}(?: to(?= \d))?)"
    r"|(?P<number>(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?: \d{3})+(?= ?(?:/|cells|x|per|plate|copies|iu|u/))|\d+(?:[.,]\d+)?|\.\d+)(?![\d]))"
    r"|(?P<break>;|\.(?= |$)|[.!?](?=\s))"
    r"|(?P<other>[^\s\w])"
)
_SIGNS = {"<": "<", ">": ">", "≥": ">=", "≤": "<=", "=": "="}
_NAME_TAIL = re.compile(r"-?\d[\w]*(?:-\d+)*")
# Words after which a number is a name: "type 2", "grade 3", "phase 1", "visit 1", "DSM 5".
NAMING = frozenset(
    re.findall(
        r"\S+",
        "type phase grade grades stage stages visit visits cohort cohorts part group groups arm step version v dsm icd recist criterion "
        "criteria appendix section table category degree factor day genotype genotypes covid study protocol level item "
        "interleukin cyp line lines tier day- t1 class",
    )
)


_BEFORE_NUMBERS = frozenset(
    (
        "grade",
        "class",
        "score",
        "stage",
        "than",
        "to",
        "of",
        "aged",
        "x",
        "and",
        "or",
        "least",
        "status",
        "is",
    )
)


# Where one sentence ends and the next begins: no limit reaches over it.
_SENTENCE_END = re.compile(r"\.(?<=[a-z0-9)%].)\s+(?=[A-Z])")
_SIGN_KINDS = (
    {"-": "range", "~": "range", ",": "link", "&": "link", "/": "slash", ":": "colon", "+": "plus", "±": "around", "'": "mark", '"': "mark"}
    | dict.fromkeys("([{", "open")
    | dict.fromkeys(")]}", "close")
)  # fmt: skip


def tokens(folded: str, text: str) -> list[Token]:
    """Return the tokens of one criterion; `folded` and `text` have the same length.

    Sentences that hold no number are passed over: nothing in them can be limited.
    """
    found: list[Token] = []
    begin = 0
    for stop in _SENTENCE_END.finditer(text):
        if may_hold_numbers(text[begin : stop.start()]):
            _read(folded, text, begin, stop.start(), found)
        found.append(Token("stop", stop.start(), stop.start() + 1, "."))
        begin = stop.end()
    if not begin or may_hold_numbers(text[begin:]):
        _read(folded, text, begin, len(text), found)
    return found


def _read(folded: str, text: str, position: int, size: int, found: list[Token]) -> None:
    depth = 0
    while position < size:
        for match in _TOKEN.finditer(folded, position, size):
            start, end = match.span()
            if start < position:  # part of the token before, which was longer than its first word
                if end > position:
                    break
                continue
            kind = match.lastgroup
            if kind == "word":
                word = match[0]
                if word in _KNOWN or word[:3] in _FIRST_THREE:
                    token = _word(folded, text, start, end, word)
                elif folded[end : end + 1] in _APART:
                    token = Token("word", start, end, word)
                else:
                    token = _name(folded, start, end, word)
                position = token.end
            elif kind == "number":
                token = _number(folded, text, match)
                position = token.end
            elif kind == "symbol":
                token = _symbol(match[0], start, end)
                position = end
            else:
                sign = match[0]
                if kind == "break":
                    # inside brackets a semicolon lists: "(> 300 pg/ml; > 900 pg/ml with atrial fibrillation)"
                    name = "link" if sign == ";" and depth > 0 else "stop"
                else:
                    name = _SIGN_KINDS.get(sign, "word")
                    depth += (name == "open") - (name == "close")
                token = Token(name, start, end, sign)
                position = end
            found.append(token)
            if position < end:  # "0,1,2" was matched as 0,1 and read as 0
                break
        else:
            return


def _symbol(words: str, start: int, end: int) -> Token:
    plain = words.replace(" ", "")
    if "<" in plain:
        value = "<=" if "=" in plain or "equal" in plain else "<"
    elif ">" in plain:
        value = ">=" if "=" in plain or "equal" in plain else ">"
    else:
        value = _SIGNS[plain.strip("()")[:1]]
    if "≤" in plain or "≥" in plain:
        value = "<=" if "≤" in plain else ">="
    return Token("compare", start, end, value)


def _word(folded: str, text: str, start: int, end: int, word: str) -> Token:
    best: tuple[int, Entry] | None = None
    any_of_them = _SEVERAL.get(word)
    for entry in _entries(word) if any_of_them is None or any_of_them.match(folded, start) else ():
        match = entry.pattern.match(folded, start)
        if match and (best is None or match.end() > best[0]):
            best = match.end(), entry
    if best is not None and best[0] >= end:
        if best[1].kind == "twice":
            normal = _TWICE.match(folded, best[0])
            stop = normal.end() if normal else best[0]
            return Token("number", start, stop, word, Unit("x ULN", "uln", 1.0) if normal else NONE, (2.0,))
        if best[1].kind == "number":
            unit = read_unit(folded, text, best[0])
            stop = unit[1] if unit else best[0]
            return Token("number", start, stop, word, unit[0] if unit else NONE, (float(best[1].value),))
        return Token(best[1].kind, start, best[0], best[1].value)
    if word in ROMANS and not (start and folded[start - 1] == "'"):
        return Token("roman", start, end, word, NONE, (ROMANS[word],))
    if word in _WORD_NUMBERS:
        return _number_word(folded, text, start, end, word)
    if word.startswith("asa") and word[3:] in ROMANS:
        return Token("variable", start, start + 3, "asa")
    return _name(folded, start, end, word)


def _name(folded: str, start: int, end: int, word: str) -> Token:
    """A word with the number glued to it, which is its name: "CD33", "IL-6", "COVID-19"."""
    glued = folded[end : end + 1]
    may_go_on = (glued == "-" or glued.isdigit()) and word not in _BEFORE_NUMBERS
    tail = _NAME_TAIL.match(folded, end) if may_go_on else None
    return Token("word", start, tail.end() if tail else end, word)


def _entries(word: str) -> tuple[Entry, ...]:
    found = _LEXICON.get(word)
    if found is None:
        found = tuple(e for stem, entries in stems().items() if word.startswith(stem) for e in entries)
    return found


# Words that are, or may begin, more than a plain word: of all others nothing has to be looked up.
_LEXICON = lexicon()
_SEVERAL = {
    word: re.compile("|".join(entry.pattern.pattern for entry in entries))
    for word, entries in _LEXICON.items()
    if len(entries) > 2
}
_KNOWN = frozenset((*_LEXICON, *ROMANS, *_WORD_NUMBERS))
_FIRST_THREE = frozenset(stem[:3] for stem in ("asa", *stems()))
_APART = frozenset(("", *" ,.;:()[]/'"))
_TWICE = re.compile(
    r"(?: (?:the|as|of|higher than|over|above|greater than|more than|institutional))* (?:upper (?:limits?|normal)(?: (?:of )?(?:the )?normal)?(?: range)?|uln|normal(?: (?:upper )?(?:limits?|range|values?))?)(?: \(uln\))?"
)


def _number_word(folded: str, text: str, start: int, end: int, word: str) -> Token:
    """A number in words, with its repetition in brackets: "three (3) months"."""
    repeated = _REPEATED.match(folded, end)
    stop = repeated.end() if repeated else end
    unit = read_unit(folded, text, stop)
    return Token(
        "number", start, unit[1] if unit else stop, word, unit[0] if unit else NONE, (_WORD_NUMBERS[word],)
    )


# Nothing is counted beyond: a longer row of digits is somebody's number, or noise whose value would be infinite.
_LARGEST = 1e15
_REPEATED = re.compile(r" ?\( ?\d+(?:\.\d+)? ?\)")
_LISTED = re.compile(r" ?,? ?(?:or|and|,|\d|to)")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_ORDINAL_TAIL = re.compile(r"(?:st|nd|rd|th)(?![a-z])")
_ABOVE_NORMAL = re.compile(
    r" (?:above|over|higher than|greater than) (?:the )?(?:institutional )?(?:upper limits? (?:of )?(?:the )?normal(?: range)?|uln)(?: \(uln\))?"
)
_COMPOSITE_SIGN = re.compile(r" ?\+ ?\d| {1,2}\d/7")
_COMPOSITE = re.compile(
    r" ?\+ ?(?P<days>[0-6])(?: ?d(?:ays?)?)?(?![\d.])(?: ?weeks?)?|(?: (?:and|&))?,? ?(?P<more>[0-6]) ?d(?:ays?)?(?![a-z])| (?P<part>[0-6])/7(?: ?weeks?)?(?: gestation)?"
)


def _number(folded: str, text: str, match: re.Match[str]) -> Token:
    start, end = match.span()
    words = match[0]
    has_comma = "," in words
    if has_comma and len(words) == 3 and words[1] == "," and _LISTED.match(folded, end):
        return Token("number", start, start + 1, words[0], NONE, (float(words[0]),))
    plain = words.replace(" ", "")
    if has_comma:
        plain = plain.replace(",", "" if _THOUSANDS.fullmatch(plain) else ".")
    value = float(plain)
    if value > _LARGEST:
        return Token("word", start, end, words)
    following = folded[end : end + 1]
    if following in "snrt" and following and (ordinal := _ORDINAL_TAIL.match(folded, end)):
        return Token("word", start, ordinal.end(), words)
    unit = read_unit(folded, text, end)
    stop = unit[1] if unit else end
    if unit and unit[0].family == "pct" and (above := _ABOVE_NORMAL.match(folded, stop)):
        # "50% above the upper limit of normal" is 1.5 times that limit
        return Token(
            "number", start, above.end(), words, Unit("x ULN", "uln", 1.0), (round(1 + value / 100, 4),)
        )
    if unit is None and following.isalpha() and following != "x":
        return Token("word", start, end, words)
    week = (
        _COMPOSITE.match(folded, stop)
        if (unit and unit[0].factor == 7.0) or (20 <= value <= 43 and _COMPOSITE_SIGN.match(folded, end))
        else None
    )
    if week and value <= 45 and (unit is None or unit[0].family == "time"):
        days = float(week["days"] or week["more"] or week["part"] or 0)
        after = read_unit(folded, text, week.end()) if unit is None else None
        stop = after[1] if after else week.end()
        base = unit[0] if unit else Unit("weeks", "time", 7.0)
        return Token(
            "number", start, stop, words, Unit(base.text, "time", 7.0), (round(value + days / 7, 4),)
        )
    return Token("number", start, stop, words, unit[0] if unit else NONE, (value,))
