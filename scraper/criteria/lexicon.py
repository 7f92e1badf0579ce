"""Words of a criterion → tokens: numbers with their units, comparators in words and signs, variables, time cues.

Everything here is one word list and one pass; what the tokens mean together is said in `quantities`.
"""

import re
from functools import cache
from typing import NamedTuple

from scraper.criteria.units import NONE, Unit, read_unit
from scraper.criteria.variables import VARIABLES


class Token(NamedTuple):
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

_THAN = r"(?: (?:than|to|then|that|as))?(?: or (?:(?:is|are) )?equal(?:s)?(?: (?:to|than))?)?"
# (pattern, kind, value); the longest match at a word wins.
_PHRASES: list[tuple[str, str, str]] = [
    (r"at least|at a minimum|at minimum|at or (?:above|after|over|beyond)|as (?:much|many|little|old) as", "compare", ">="),
    (r"at (?:the )?(?:most|maximum)|at or (?:below|before|under)|as (?:high|late) as", "compare", "<="),
    (r"(?:no|not) (?:more|greater|higher|longer|older|later|larger|above|over|bigger|beyond)(?: than| that| then)?", "compare", "<="),
    (r"(?:no|not) (?:less|fewer|younger|lower|shorter|earlier|smaller|below|under)(?: than| that| then)?", "compare", ">="),
    (r"(?:no|not|does not|do not|must not|should not|not to|cannot|without) exceed(?:ing|s)?", "compare", "<="),
    (r"(?:more|greater|higher|larger|bigger|superior) (?:than|to|then|that)|(?:older|longer|elevated|taller|heavier|later) (?:than|to|then|that)|greater", "compare", ">"),
    (r"more|higher|older|longer|larger", "compare?", ">"),
    (r"less|lower|younger|shorter|smaller|fewer", "compare?", "<"),
    (r"over|above|exceed(?:s|ing|ed)?|beyond|in excess of|upwards? of|surpass(?:es|ing)?|past the age of|superior", "compare", ">"),
    (r"(?:less|lower|fewer|smaller|inferior) (?:than|to|then|that)|(?:younger|shorter|earlier|lighter) (?:than|to|then|that)", "compare", "<"),
    (r"below|under|inferior", "compare", "<"),
    (r"(?:more|greater|older|higher|longer|larger|superior|above|over)(?: than)?,? or equals?(?: (?:to|than|then))?|(?:greater|more|higher|older)(?: than)? (?:and|&) equal to|(?:greater|more|higher|older) or equals?(?: (?:to|than|then))?|(?:greater|more|higher|older|longer) than,? or (?:is |are )?equal(?: to)?|equal(?:s)?(?: to)? (?:or|and) (?:greater|more|higher|older|above|over|superior|longer|larger)(?: (?:than|to))?|equal to,? or (?:greater|more|higher|older|above|over|longer)(?: than)?|more equal than|superior or equal to|equal or superior to", "compare", ">="),
    (r"(?:less|lower|younger|fewer|shorter|smaller|inferior|below|under)(?: than)?,? or equals?(?: (?:to|than|then))?|(?:less|lower|younger|fewer|shorter) than,? or (?:is |are )?equal(?: to)?|equal(?:s)?(?: to)? (?:or|and) (?:less|lower|younger|below|fewer|smaller|under|inferior|shorter)(?: (?:than|to))?|equal to,? or (?:less|lower|younger|below|fewer|shorter)(?: than)?|inferior or equal to", "compare", "<="),
    (r"minimum(?: of)?|minimal|min\.?|minimally|starting (?:at|from)", "compare", ">="),
    (r"maximum(?: of)?|maximal|max\.?|up to(?: and including)?|upto|limited to", "compare", "<="),
    (r"equals?(?: to)?|exactly", "compare", "="),
    (r"between", "between", ""),
    (r"from|ranging from|ranging between|range(?:s)?(?: from| of)?|in the range(?: of)?", "from", ""),
    (r"(?:or|and|and/or|&|an|either) (?:(?:is|are|of|with|at) )?(?:older|more|greater|higher|above|over|longer|larger|up(?:wards?)?|beyond|better|later|onwards?|olders|elder)(?: age)?(?:(?<!above)(?<!over)|(?! ?[\d<>≥≤]))(?! (?:than|to|one|or|then|that|equal)\b)|years minimum|upwards?|minimum|at least", "postfix", ">="),
    (r"(?:or|and|and/or|&|an) (?:younger|less|lower|below|under|fewer|smaller|shorter|earlier)(?:(?<!below)(?<!under)|(?! ?[\d<>≥≤]))(?! (?:than|to|or|then|that|equal)\b)|maximum|at most", "postfix", "<="),
    (r"to|through|thru|till|until|upto|up to", "range", "to"),
    (r"within(?: the)?(?: (?:last|past|previous|preceding|prior|first|next|following))*(?: about| approximately)?", "last", "within"),
    (r"(?:(?:in|during|over|for|throughout) )?(?:the )?(?:last|past|previous|pervious|preceding|prior|former|foregoing|recent)", "last", "past"),
    (r"(?:in|during|over|for) the (?:next|following|coming|upcoming|first)|(?:in|for) (?:next|following|first)|next|upcoming|first", "last", "next"),
    (r"prior(?: to)?|before|ago|earlier|preceding|previous(?: to)?|previously|preceeding|post ?(?:operative(?:ly)?|stroke|transplant\w*|surgery|amputation|congenital|treatment|partum|randomi[sz]ation|dose|injury|infarct\w*)?|after|following|since|leading up to|beforehand|from (?:the )?(?:injury|onset|diagnosis|enrol\w+|enter\w*|entry|inclusion|randomi[sz]ation|surgery|symptom|screening|date|time|start|stroke)", "ago", ""),
    (r"patients?|subjects?|participants?|individuals?|persons?|people|wom[ae]n|m[ae]n|males?|females?|adults?|children|child|boys?|girls?|volunteers?|infants?|adolescents?|gender|sexe?s?|those|donors?|recipients?|members?|students?|parents?|mothers?|adult|caregivers?|individual|newborns?|neonates?|toddlers?|youths?|teenagers?|majors?|ladies|anyone|veterans?|population|inpatients?|outpatients?", "subject", ""),
    (r"if|unless|when|in case of|in the presence of|in (?:patients?|subjects?|participants?|those|individuals?|wom[ae]n|m[ae]n|males?|females?|the case)|for (?:patients?|subjects?|participants?|those|individuals?|wom[ae]n|m[ae]n|males?|females?|adults|children|boys|girls)|with (?:liver|hepatic|bone) (?:metasta\w+|involvement)|except|due to|secondary to|if applicable|provided|only if|where", "when", ""),
    (r"and|or|and/or|as well as|plus|respectively|nor|but", "link", ""),
    (r"twice(?: (?:the|as))?|double|doubled", "twice", "2"),
    (r"not|no|without|never", "not", ""),
    (r"half", "number", "0.5"),
]  # fmt: skip


class _Entry(NamedTuple):
    pattern: re.Pattern[str]
    kind: str
    value: str


def _spaced(words: str) -> str:
    """A space of a phrase stands for spaces and hyphens, an optional one for none as well."""
    pieces = re.split(r"(\[[^\]]*\])", words)
    pieces[::2] = (
        p.replace(" ?", "\x00").replace(" ", r"[ -]+").replace("\x00", "[ -]*") for p in pieces[::2]
    )
    return "".join(pieces)


def _heads(words: str) -> set[str]:
    """Return the literal beginnings, up to four letters, that the phrase can have."""
    heads: set[str] = set()
    for branch in _branches(words):
        plain = re.match(r"[a-z]+", branch)
        if not plain:
            continue
        letters = plain[0]
        follow = branch[len(letters) : len(letters) + 1]
        if follow in ("?", "*", "|"):
            if len(letters) == 1:
                heads |= _heads(branch[2:]) if len(branch) > 2 else set()
            letters = letters[:-1] or letters
        heads.add(letters[:4])
    return heads


def _branches(words: str) -> list[str]:
    """Return the phrase with its leading groups written out, so that each begins with a letter."""
    if not words.startswith("(?:"):
        return [words]
    depth = 0
    end = 0
    for end, sign in enumerate(words):  # noqa: B007
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            break
    inner, rest = words[3:end], words[end + 1 :]
    found: list[str] = []
    if rest[:1] in ("?", "*"):
        rest = rest[1:]
        found += _branches(rest)
    for option in _split(inner):
        found += _branches(option + rest)
    return found


def _split(inner: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, sign in enumerate(inner):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            parts.append(inner[start:i])
            start = i + 1
    return [*parts, inner[start:]]


@cache
def _lexicon() -> dict[str, tuple[_Entry, ...]]:
    """Return the entries by the (up to four) letters that a word must begin with."""
    entries: list[tuple[set[str], _Entry]] = []
    for variable in VARIABLES:
        for words in variable.words:
            pattern = re.compile(f"(?:{_spaced(words)})(?![a-z])")
            entries.append((_heads(words), _Entry(pattern, "variable", variable.code)))
    for phrases, kind, value in _PHRASES:
        for phrase in _split(phrases):
            pattern = re.compile(f"(?:{_spaced(phrase)})(?![a-z])")
            entries.append((_heads(phrase), _Entry(pattern, kind, value)))
    table: dict[str, list[_Entry]] = {}
    for heads, entry in entries:
        for head in heads:
            table.setdefault(head, []).append(entry)
    return {head: tuple(found) for head, found in table.items()}


@cache
def _entries(beginning: str) -> tuple[_Entry, ...]:
    """Return the entries that a word with this beginning can be."""
    lexicon = _lexicon()
    return tuple(
        entry for size in range(1, len(beginning) + 1) for entry in lexicon.get(beginning[:size], ())
    )


_SIGN = r"(?:[<>]{1,2} ?/ ?=|[<>≥≤] ?(?:or )?=|=+ ?[<>≥≤]|[<>] ?or ?(?:equals?(?: to)?|=)|[<>≥≤]{1,2}(?: ?or equal to)?|=+)"
_TOKEN = re.compile(
    rf"(?P<symbol>\( ?{_SIGN} ?\)(?= ?\d)|{_SIGN}(?: to(?= \d))?)"
    r"|(?P<number>(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?: \d{3})+(?= ?(?:/|cells|x|per|plate|copies|iu|u/))|\d+(?:[.,]\d+)?|\.\d+)(?![\d]))"
    r"|(?P<word>[a-z]+)"
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


def tokens(folded: str, text: str) -> list[Token]:
    """Return the tokens of one criterion; `folded` and `text` have the same length."""
    found: list[Token] = []
    position = depth = 0
    size = len(folded)
    while True:
        match = _TOKEN.search(folded, position)
        if match is None:
            return found
        start, end = match.span()
        kind = match.lastgroup
        position = end
        if kind == "word":
            token = _word(folded, text, start, end)
            found.append(token)
            position = token.end
            continue
        if kind == "number":
            token = _number(folded, text, match)
            found.append(token)
            position = token.end
            continue
        if kind == "symbol":
            found.append(_symbol(match[0], start, end))
            continue
        sign = match[0]
        if kind == "break":
            # inside brackets a semicolon lists: "(> 300 pg/ml; > 900 pg/ml with atrial fibrillation)"
            found.append(Token("link" if sign == ";" and depth > 0 else "stop", start, end, sign))
        elif sign in "([{":
            depth += 1
            found.append(Token("open", start, end, sign))
        elif sign in ")]}":
            depth -= 1
            found.append(Token("close", start, end, sign))
        elif sign in "-~":
            found.append(Token("range", start, end, sign))
        elif sign in ",&":
            found.append(Token("link", start, end, sign))
        elif sign == "/":
            found.append(Token("slash", start, end, sign))
        elif sign == ":":
            found.append(Token("colon", start, end, sign))
        elif sign == "+":
            found.append(Token("plus", start, end, sign))
        elif sign == "±":
            found.append(Token("around", start, end, sign))
        else:
            found.append(Token("word" if sign not in "'\"" else "mark", start, end, sign))
        if position >= size:
            return found


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


def _word(folded: str, text: str, start: int, end: int) -> Token:
    word = folded[start:end]
    best: tuple[int, _Entry] | None = None
    for entry in _entries(word[:4]):
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
    # "CD33", "IL-6", "COVID-19": a number glued to a word is its name
    tail = None if word in _BEFORE_NUMBERS else _NAME_TAIL.match(folded, end)
    return Token("word", start, tail.end() if tail else end, word)


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
