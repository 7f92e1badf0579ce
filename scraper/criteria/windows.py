"""Times: which are ages, and which are windows before or after an event ("within 4 weeks before surgery")."""

import re

from msgspec.structs import replace

from scraper.criteria.lexicon import Token
from scraper.criteria.quantities import Bound, Quantity


def _kind(tokens: list[Token], i: int) -> str:
    return tokens[i].kind if 0 <= i < len(tokens) else ""


_BETWEEN = frozenset(re.findall(r"\S+", "about approximately the a an approx at least period of to"))
_STABLE = re.compile(
    r"\b(?:stable|stably|free|not|no|never|none|unchanged|steady|without|abstin\w+|off|constant|dialysis|hemodialysis|haemodialysis|"
    r"controlled|under control|quit|discontinued|washout|wash-out|maintained|post-?menopaus\w*|amenorrh\w*|resident|since|last menses|hospitali[sz]ed)\b"
)


def role(tokens: list[Token], quantity: Quantity, folded: str, text: str) -> str | None:
    """Return the rule by which a time is a window, None when it is no window: a dose interval, a plain duration."""
    first = min(quantity.cue, quantity.first)
    k = first - 1
    steps = 0
    while (
        k >= 0
        and steps <= 2
        and (
            (_kind(tokens, k) == "word" and tokens[k].value in _BETWEEN)
            or _kind(tokens, k) in ("range", "slash", "plus", "open")
        )
    ):
        if _kind(tokens, k) == "open" and _kind(tokens, k - 1) not in ("number", "last"):
            break
        k -= 1
        steps += 1
    if _kind(tokens, k) == "last":
        if re.match(r" ?(?:of )?(?:travel|drive|driving|walk|distance)", folded[tokens[quantity.last].end :]):
            return None
        return "within" if tokens[k].value != "next" else "next"
    if (
        quantity.cue < quantity.first
        and tokens[quantity.cue].kind == "compare"
        and _kind(tokens, quantity.cue - 1) == "last"
    ):
        return "within"
    j = quantity.last + 1
    while j < quantity.last + 3 and (
        _kind(tokens, j) in ("mark", "close")
        or (
            _kind(tokens, j) == "word"
            and tokens[j].value in ("time", "period", "immediately", "or", "old", "interval", "duration")
        )
    ):
        j += 1
    if _kind(tokens, j) == "ago" or (
        _kind(tokens, j) == "last" and re.match(r"prior|preceding|previous|before", folded[tokens[j].start :])
    ):
        return "before"
    if _kind(tokens, j) in ("range", "link") and _kind(tokens, j + 1) == "ago":
        return "before"
    lead = folded[max(0, tokens[first].start - 90) : tokens[first].start]
    bound = quantity.bounds[0]
    words = folded[tokens[first].start : tokens[quantity.first].start]
    if "older" in words and _OLD_THING.search(lead[-50:]):
        return "brackets"
    if (
        bound.explicit
        and len(quantity.bounds) == 1
        and re.search(r"\b(?:onset|delay|time (?:from|since|to))\b[^.;,]{0,50}$", lead)
    ):
        return "onset"
    if (
        _kind(tokens, first - 1) == "word"
        and tokens[first - 1].value == "in"
        and re.search(r"\b(?:plan|intend|desir|expect|wish|receipt)", folded)
    ):
        return "next"
    in_brackets = _kind(tokens, first - 1) == "open" and _kind(tokens, quantity.last + 1) == "close"
    if in_brackets and bound.explicit and bound.comparator in ("<", "<="):
        return "brackets"
    if (
        quantity.unit.factor >= 1.0
        and bound.explicit
        and bound.comparator in (">=", ">")
        and _STABLE.search(lead[-60:])
        and re.search(
            r"\b(?:for|since|at least|more than)\b",
            lead[-24:] + folded[tokens[first].start : tokens[quantity.first].start],
        )
    ):
        return "stable"
    return None


def bound(limit: Bound, rule: str) -> Bound:
    """Return the limit with the sign that a window without one has: "within 4 weeks" is at most 4 weeks."""
    if limit.explicit:
        return limit
    return replace(limit, comparator="<=", explicit=False)


_GUARDIAN = re.compile(r"\b(?:parents?|parental|guardians?)\b")
_CONSENT = re.compile(r"\b(?:consent|assent)\b")


# ── ages ────────────────────────────────────────────────────────────────────────────────────────────────

_OWN = re.compile(r"\b(?:old|of[ -]age|yo|y/o|of[ -]life)\b|y\.?o\b")
_OLD_THING = re.compile(
    r"\b(?:diagnos\w+|biops\w+|scan|imaging|tests?|infarct\w*|stroke|transplants?|results?|fractures?|grafts?|ulcers?|wounds?|lesions?|"
    r"injur\w+|scars?|occlusions?|bone age)\W+(?:\w+\W+){0,2}$"
)
_GOES_ON = re.compile(
    r"\W*(?:with|who|whose|undergoing|undergo|requiring|require|scheduled|having|presenting|diagnosed|admitted|being|that|seeking|receiving|inclusive|at|"
    r"attending|planned|referred|hospitali[sz]ed|to be|treated|in good|living|on the day|are|is|able|willing|will|has|have|and)\b"
)


def is_age(tokens: list[Token], quantity: Quantity, folded: str, text: str, after_age: bool) -> bool:
    """Return whether a time is the age of the person the trial seeks."""
    first = min(quantity.cue, quantity.first)
    start, end = tokens[first].start, tokens[quantity.last].end
    lead = folded[max(0, start - 70) : start]
    tail = folded[end : end + 50]
    if re.match(r"\W*(?:ago|prior|before|previous|earlier|post)\b", tail):
        return False
    if re.match(
        r",? ?(?:at|of|when|or older at|and older at) ?(?:the )?(?:time of )?(?:disease |migraine |symptom |seizure |first |initial )*(?:onset|menarche)",
        tail,
    ):
        return False
    own = (
        bool(_OWN.search(folded[tokens[quantity.first].start : end]))
        or re.match(r"[ -]*(?:of )?age\b", tail) is not None
    )
    if _kind(tokens, first - 1) == "last" and not after_age and "age" not in folded[start:end]:
        return False
    if any(tokens[k].kind in ("around", "range") for k in range(first, quantity.first)):
        return False
    if own and quantity.form == "bare" and not quantity.bounds[0].explicit and not after_age:
        before = _last_content(tokens, first)
        if (
            before is not None
            and before.kind not in ("subject", "variable")
            and before.value not in ("were", "was", "aged")
        ):
            return False
    if (own or after_age) and _OLD_THING.search(lead[-30:]) and "of age" not in folded[start:end]:
        return False
    if (
        (own or after_age)
        and _GUARDIAN.search(folded)
        and _CONSENT.search(folded)
        and quantity.bounds[-1].comparator[0] == "<"
        and len(quantity.bounds) == 1
    ):
        return False  # "consent of a parent if under 18" says who signs, not who may enter
    if own or after_age:
        return not re.search(
            r"\b(?:donor|mothers?|fathers?|maternal|paternal|sibling|partner)\W+(?:\w+\W+){0,4}$", lead
        ) and not re.search(r"\b(?:onset|menarche|menopause)\W+(?:\w+\W+){0,3}$", lead)
    if quantity.unit.factor < 1 / 25:
        return False
    words = folded[start : tokens[quantity.first].start]
    if re.search(r"\b(?:older|younger|aged)\b", words) and not _OLD_THING.search(lead[-50:]):
        return True
    if quantity.form == "postfix" and re.search(
        r"\b(?:older|younger)\b", folded[tokens[quantity.first].end : end]
    ):
        return True
    if quantity.unit.factor < 7.0:
        return False
    before = _last_content(tokens, first)
    if before is not None and before.kind != "subject" and not is_people(before, folded):
        return False
    if quantity.unit.factor < 30 or (
        before is None and quantity.unit.factor < 300 and quantity.form != "range"
    ):
        return False
    following = _kind(tokens, quantity.last + 1)
    if following in ("", "stop", "close", "link", "when", "subject", "open", "postfix"):
        return True
    return following == "word" and _GOES_ON.match(tail) is not None


def is_people(token: Token, folded: str) -> bool:
    """Return whether the token is "in patients" or "for women": whose age may follow."""
    return (
        token.kind == "when"
        and folded[token.start : token.end].startswith(("in ", "for "))
        and token.end - token.start > 5
    )


def _last_content(tokens: list[Token], i: int) -> Token | None:
    """Return the token before `i` that means something, None at the beginning."""
    k = i - 1
    while k >= max(0, i - 40):
        token = tokens[k]
        if token.kind in (
            "mark",
            "colon",
            "between",
            "from",
            "range",
            "link",
            "open",
            "number",
            "compare",
        ) or (
            token.kind == "word"
            and token.value
            in (
                "of",
                "the",
                "in",
                "ages",
                "is",
                "are",
                "must",
                "be",
                "being",
                "who",
                "healthy",
                "both",
                "aged",
                "either",
                "legal",
                "any",
            )
        ):
            k -= 1
            continue
        return token
    return None
