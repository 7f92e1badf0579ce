"""How sure a reading is: the share of right ones among readings made the same way on the development texts.

Measured on the development split of the annotated corpora, rounded down where a way of reading was seen less than
thirty times; the tests measure the table again.
"""

from scraper.criteria.variables import BY_CODE

_SURE = 0.95
_USUAL = 0.9
_FAIR = 0.75
_WEAK = 0.6
_ODD = 0.4

# how the variable was found
_LINKS = {
    "back": _SURE,
    "age": _SURE,
    "within": _SURE,
    "before": _SURE,
    "shared": _SURE,
    "flipped": _SURE,
    "context": _USUAL,
    "back_far": _USUAL,
    "ahead_close": _USUAL,
    "restated": _USUAL,
    "listed": _USUAL,
    "next": _USUAL,
    "onset": _USUAL,
    "brackets": _FAIR,
    "ahead": _FAIR,
    "unit": _FAIR,
    "stable": _FAIR,
}
# how the number was read
_FORMS = {
    "prefix": _SURE,
    "range": _SURE,
    "set": _SURE,
    "postfix": _USUAL,
    "pair": _USUAL,
    "flipped": _USUAL,
    "bare": _FAIR,
}


def confidence(code: str, rule: str, form: str, canonical_value: float | None) -> float:
    """Return the confidence, 0 to 1, of a limit found by `rule` from a quantity of `form`."""
    variable = BY_CODE[code]
    if (
        canonical_value is not None
        and variable.canonical_unit
        and not variable.low <= canonical_value <= variable.high
    ):
        return _ODD
    link = _LINKS.get(rule, _WEAK)
    if form == "bare":
        # "within 4 weeks" needs no comparator; "haemoglobin 10 g/dL" does
        return (
            link
            if rule in ("within", "before", "next")
            else _FAIR
            if rule in ("back", "restated", "listed")
            else _WEAK
        )
    return min(link, _FORMS.get(form, _WEAK))
