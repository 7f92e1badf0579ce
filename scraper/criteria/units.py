"""Units after a number: what they look like, which class they belong to, and their factor to one canonical unit.

Mass and molar concentrations are different classes: one never becomes the other without the analyte's molar mass.
"10⁹/L" is read as 109/l here because criteria have lost the superscript in thousands of texts; "G/L" is giga a litre,
"g/L" gram a litre, told apart by their capitals in the original text.
"""

import re
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit as written, its class and the factor to the class's base unit."""

    text: str
    family: str
    factor: float


_VOLUME = r"(?:d ?l|m ?l|[uµμ] ?l|mcl|micro ?l(?:it(?:er|re))?s?|l|lit(?:er|re)s?|deciliters?|millilit(?:er|re)s?|mm ?\^? ?3|mm3|mmc|cu\.? ?mm|c ?mm|mm\*3|mm|cubic ?millimet(?:er|re)s?|㎕|100 ?ml|dL|hpf)"
_PER = r" ?(?:/|per|\.) ?"
_CELLS = r"(?:(?:nucleated )?(?:cells?|plts?|platelets?|leu[ck]ocytes?|neutrophils?|lymphocytes?|thousands?|k|m|millions?|copies))"
_POWER = r"(?:[x*.] ?10 ?(?:\^|\*\*?|e|exp)? ?\(?\d{1,2}\)?|10 ?(?:\^|\*\*?|e|exp) ?\(?\d{1,2}\)?|10(?:3|6|9|12)(?= ?(?:/|per|cells))|(?:x ?)?1[.,]?000(?= ?(?:/|per|cells))|e ?\+?\d{1,2})"
_AGE = r"(?:[ -]*(?:\(s\)|'s?|of[ -]age|of[ -]old|of[ -]life|old|ago?e)(?![a-z]))*"
_ULN = (
    r"(?:(?:x|\*|times?|-? ?folds?|-?times)? ?(?:(?:over|above|greater than|higher than|of|or|the|than|institution(?:al|'?s)?|laborator(?:y|ies)(?:'s)?|local|lab|site|"
    r"age[ -]adjusted|central|respective|institute'?s?|our|normal|study|range|reference|range[s,]*|clinical)[ ,]*){0,5}"
    r"(?:uln?r|uln|u\.l\.n\.?|ulrr|unl|upper (?:normal|reference)(?: (?:limits?|range|values?|level))?(?: of normal)?|upper[ -]*limits?(?: (?:of|for|from)(?: the)?(?: (?:laborator(?:y|ies)|institutional|reference|local|normal|test|age))*(?: (?:normal|norm|reference|range|ranges|values?|limits?|uln))*)?"
    r"|upper (?:level|bound|boundary|end|range|standard|value)s?(?: of(?: the)?(?: \w+){0,2})?|normal upper(?: limits?)?|maximum (?:normal|of normal)(?: value| limit)?|high(?:est)? (?:limit )?(?:of )?(?:normal|reference)(?: range| value)?|uper limit(?: of normal)?)"
    r"|(?:x|\*|times?|-? ?folds?)(?: (?:the|of|above|over))?(?: (?:institutional|laboratory))? ?(?:normal|norm)(?: (?:values?|range|limits?|levels?|upper limit))?(?![a-z])"
    r"|times(?= (?:the )?normal))"
)
_TIMES = rf"(?P<time>(?:previous |preceding |last |past |prior |calendar |consecutive |completed |full |complete |cumulative |post[ -]?menstrual )?(?:(?P<year>years?(?:'s?)?|yrs?\.?|y/?\.?o|yo|year's?|y|annees)|(?P<month>months?|mths?|mos?|mo\.|m(?= of age))|(?P<week>weeks?|wks?|wk\.|w|sa)|(?P<day>days?|d)|(?P<hour>hours?|hrs?\.?|h)|(?P<minute>minutes?|mins?)|(?P<second>seconds?|secs?|s))(?![a-z]){_AGE})"
_PATTERN = re.compile(
    r"(?: |-(?=[a-z]))?(?:"
    rf"(?P<uln>{_ULN})(?: ?\(? ?\[?(?:uln|unl)\]?\)?)?"
    r"|(?P<lln>(?:x|\*|times?)? ?(?:the )?(?:(?:institutional|laboratory) )?(?:lln|lower limits?(?: of (?:the )?(?:normal|laboratory normal))?)(?: ?\(lln\))?)"
    r"|(?P<clear>ml ?(?:/|per|\.) ?(?:min(?:ute)?s?|mn)(?: ?[/.x*-]? ?(?:per )?\(? ?1[.,]73 ?(?:m ?\^? ?\(?2\)?|m²|sq(?:uare)? ?m(?:eters?)?)?\)?| ?/ ?m ?\^?2)?|ml/s(?:ec)?)"
    r"|(?P<bmi>k(?:g|ilo(?:gram)?(?:me)?)(?:s|/|)?(?: ?\(kg\))? ?(?:/|per|\.|\*|x)? ?\(?(?:m ?\^?\(? ?-? ?2\)?|sq(?:uare)?\.? ?m(?:et(?:er|re)s?)?|m²|m-2|met(?:er|re)s? ?squared|㎡|m)\)?(?![a-z]))"
    rf"|(?P<conc>(?P<prefix>kilo|mikro|micro|milli|nano|mc|m|u|µ|n|p|k)?(?P<stuff>g(?:r(?:am)?m?|m)?s?|mol(?:e?s)?|eq|i\.?u\.?|u(?:nits?)?) ?(?:/|per|\.) ?(?P<vol>d ?l|100 ?ml|m ?l|[uµ] ?l|l(?:it(?:er|re))?s?|decilit(?:er|re)s?|millilit(?:er|re)s?|mol(?:es?)?|mmol|grams?|g)(?:\b|(?= )))"
    rf"|(?P<count>(?:(?:{_POWER}) ?)?(?:{_CELLS} ?)?{_PER}{_VOLUME}|{_POWER} ?(?:{_CELLS})? ?{_PER}? ?{_VOLUME}|(?:cells? )?㎕|{_POWER}(?= ?(?:[,;.)]|$))|{_CELLS}{_PER}{_VOLUME})"
    rf"|(?P<massp>[mg]?g ?%)|(?P<pct>%|percent(?:age)?s?(?: \(%\))?|per ?cent(?: \(%\))?|％)"
    rf"|{_TIMES}"
    r"|(?P<mmhg>mm ?(?:of )?\[?hg\]?|mm ?of mercury|millimet(?:er|re)s? of mercury|mmgh|torr)"
    r"|(?P<ms>m ?s(?:ec(?:ond)?s?)?|milli ?seconds?)"
    r"|(?P<temp>(?:° ?|degrees? ?|deg ?)(?:c(?:elsius)?|f(?:ahrenheit)?)?(?: \((?:c|f)\))?(?![a-z])|celsius|centigrade|c(?![a-z0-9])|f(?![a-z0-9]))"
    r"|(?P<rate>(?:beats?|bpm|breaths?|cycles?|times|pulses?)? ?(?:/|per) ?min(?:ute)?s?|bpm|b/min|rpm)"
    r"|(?P<habit>(?:(?:standard|alcoholic|alcohol) )?(?:cigarettes?|cigs?|cigars?|packs?|drinks?|units?|beverages?|g(?:r|rams?)?)(?: (?:of )?alcohol)? ?(?:/|per|a|each|in a|on) ?(?:one )?(?:day|d|week|wk|occasion|year|yr|month|night|sitting)s?)"
    r"|(?P<mass>kgs?|kilo(?:gram)?(?:me)?s?|lbs?\.?|pounds?|grams?|gms?|gr|g|mgs?|milligrams?)(?![a-z])"
    r"|(?P<len>cm ?\^?[23]|mm ?\^?[23](?![a-z0-9])|cms?|centimet(?:er|re)s?|mms?|millimet(?:er|re)s?|met(?:er|re)s?|inch(?:es)?|m)(?![a-z0-9])"
    r"|(?P<area>m ?\^? ?2|square met(?:er|re)s?)"
    r"|(?P<cmh>cm ?(?:of )?h2[o0])"
    r"|(?P<points>points?(?:/100)?|scores?|/ ?(?:10|30|100)(?!\d| ?mm))"
    r"|(?P<plus>\+(?= by dipstick| on dipstick| proteinuria))"
    r")",
)
# Words that no other class of unit begins with: most units are times, and the long pattern comes to them late.
_PLAIN_TIMES = (
    " year",
    "year",
    " week",
    "week",
    " day",
    "day",
    " month",
    "month",
    "-year",
    "-month",
    "-week",
    "-day",
)
_TIME_PATTERN = re.compile(rf"(?: |-(?=[a-z]))?{_TIMES}")
_TIME = {
    "year": 365.25,
    "month": 365.25 / 12,
    "week": 7.0,
    "day": 1.0,
    "hour": 1 / 24,
    "minute": 1 / 1440,
    "second": 1 / 86400,
}
_PREFIX = {
    "": 1.0,
    "k": 1e3,
    "kilo": 1e3,
    "m": 1e-3,
    "milli": 1e-3,
    "u": 1e-6,
    "µ": 1e-6,
    "mc": 1e-6,
    "micro": 1e-6,
    "mikro": 1e-6,
    "n": 1e-9,
    "nano": 1e-9,
    "p": 1e-12,
}
NONE = Unit("", "", 1.0)
# What most often stands behind a number and begins no unit; " or" may: "2.5 or the ULN".
_NO_UNIT = (" and ", " to ", " with ", "-0", "-1", "-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9")
_PERCENT = Unit("%", "pct", 1.0)


def read_unit(folded: str, text: str, position: int) -> tuple[Unit, int] | None:
    """Return the unit that stands at `position`, and where it ends; None when none does."""
    if position >= len(folded) or folded[position] in ",;:)" or folded.startswith(_NO_UNIT, position):
        return None
    if folded[position] == "%":
        return _PERCENT, position + 1
    is_time = folded.startswith(_PLAIN_TIMES, position)
    match = (_TIME_PATTERN if is_time else _PATTERN).match(folded, position)
    if not match or match.end() == position:
        return None
    end = match.end()
    if end < len(folded) and folded[end].isalnum() and folded[end - 1].isalpha() and folded[end].isalpha():
        return None
    if is_time:
        return _time(match), end
    found = " ".join(text[position:end].split()).strip(" -")
    if found.endswith(")") and "(" not in found:
        found = found[:-1].rstrip()
        end = text.rindex(")", position, end)
    return _classify(match, found), end


def _classify(match: re.Match[str], found: str) -> Unit:
    kind = match.lastgroup or ""
    name = next((group for group in _ORDER if match[group]), kind)
    plain = "".join(match[name].lower().split())
    if name == "time":
        return _time(match)
    if name in ("uln", "lln"):
        return Unit(f"x {name.upper()}", name, 1.0)
    if name == "conc":
        return _concentration(match, found)
    if name == "count":
        return Unit(found, "count", _count(plain, found))
    if name == "clear":
        if "1.73" in plain or "1,73" in plain:
            return Unit(found, "clear_bsa", 1.0)
        return Unit(found, "clear", 60.0 if "/s" in plain else 1.0)
    if name == "mass":
        factor = {"l": 0.45359237, "p": 0.45359237, "g": 1e-3, "m": 1e-6, "k": 1.0}[plain[0]]
        return Unit(found, "mass", factor)
    if name == "len":
        if plain[-1] in "23":
            return Unit(found, "volume", 1.0)
        factor = (
            0.01
            if plain.startswith("c")
            else 0.001
            if plain.startswith(("mm", "mil"))
            else 0.0254
            if plain[0] == "i"
            else 1.0
        )
        return Unit(found, "length", factor)
    if name == "temp":
        found = re.sub(r" ?\([^()]*\)$", "", found)
        return Unit(
            found, "fahrenheit" if re.search(r"f(?:ahrenheit)?$", plain.split("(")[0]) else "celsius", 1.0
        )
    if name == "pct":
        return Unit("%", "pct", 1.0)
    if name == "massp":
        return Unit(found, "mass_conc", 1e-2 if plain[0] == "m" else 10.0)
    if name == "bmi":
        return Unit("kg/m2" if "kilo" in plain else found, "bmi", 1.0)
    if name == "habit":
        found = re.sub(r" (?:of )?alcohol", "", found)
    return Unit(found, name, 1.0)


def _time(match: re.Match[str]) -> Unit:
    step = next(unit for unit in _TIME if match[unit])
    word = match[step]
    return Unit(word if len(word) > 2 and word.isalpha() else f"{step}s", "time", _TIME[step])


_ORDER = (
    "uln", "lln", "clear", "bmi", "conc", "count", "massp", "pct", "time", "mmhg", "ms", "temp", "rate", "habit", "mass", "len", "area",
    "cmh", "points", "plus",
)  # fmt: skip


def _concentration(match: re.Match[str], found: str) -> Unit:
    prefix, stuff, volume = match["prefix"] or "", match["stuff"] or "", "".join(match["vol"].split())
    if found[0] == "G" and re.match(r"(?:G|Giga|Gpt) ?/ ?[lL]", found):
        return Unit(found, "count", 1e9)
    if volume.startswith(("mol", "mmol")):
        return Unit("mmol/mol" if "per" in found or "mole" in found else found, "ratio_mol", 1.0)
    if volume in ("g", "gram", "grams"):
        return Unit("g/g" if not prefix else found, "ratio_mass", 1.0)
    per = (
        1e-1
        if volume.startswith(("dl", "deci", "100", "d"))
        else 1e-3
        if volume.startswith("mil") or volume == "ml"
        else 1.0
    )
    if volume in ("ul", "µl"):
        per = 1e-6
    if "mole" in found or "gram" in found.lower() or " per " in found:
        short = {"k": "k", "kilo": "k", "milli": "m", "micro": "µ", "nano": "n", "mikro": "µ", "mc": "µ"}.get(
            prefix, prefix
        )
        solute = "g" if stuff[0] == "g" else "mol" if stuff[0] == "m" else "Eq" if stuff[0] == "e" else "IU"
        found = f"{short}{solute}/{'dL' if volume.startswith(('d', '100')) else 'mL' if volume.startswith('m') else 'µL' if volume[0] in 'uµ' else 'L'}"
    kind = "mass_conc" if stuff[0] == "g" else "molar" if stuff[0] in "me" else "activity"
    return Unit(found, kind, _PREFIX.get(prefix, 1.0) / per)


def _count(plain: str, found: str) -> float:
    """Return the factor to cells per litre."""
    if found[0] == "G" and re.match(r"(?:G|Giga|Gpt) ?/ ?[lL]", found):
        return 1e9
    power = re.search(r"10(?:\^|\*\*?|e|exp)?\(?(\d{1,2})\)?", plain)
    factor = 10.0 ** int(power[1]) if power else 1.0
    if not power and re.match(r"x?1[.,]?000|thousand|k", plain):
        factor = 1e3
    elif not power and (exponent := re.match(r"e\+?(\d{1,2})", plain)):
        factor = 10.0 ** int(exponent[1])
    elif not power and re.match(r"m(?:illions?)?/", plain):
        factor = 1e6
    if re.search(r"(?:/|per|\.)?(?:u|µ|mc|micro|mm|cmm|cu|cubic|㎕)", plain):
        return factor * 1e6
    if re.search(r"(?:/|per)dl|deci", plain):
        return factor * 1e1
    if re.search(r"(?:/|per)m(?:l|illi)", plain):
        return factor * 1e3
    return factor
