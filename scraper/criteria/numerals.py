"""A cheap look: can a stretch of text hold a number at all, in digits, in words or in Roman numerals?"""

import re

_DIGIT = re.compile(r"[0-9ⅠⅡⅢⅣ]")
_WORDED = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|eighteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    r"half)\b[^.;]{0,24}\b(?:years?|months?|weeks?|days?|hours?|minutes?|fold|times|upper|normal)\b|\b(?:twice|double)\b"
)
_UNITS = (
    "year",
    "month",
    "week",
    "day",
    "hour",
    "minute",
    "fold",
    "times",
    "upper",
    "normal",
    "twice",
    "double",
)
_SCALES = re.compile(
    r"\b(?:nyha|asa|association|ana?esthesiolog\w+|ana?esthesia|class|gleason|ecog)\b[^.;]{0,80}\b(?:i{1,3}|iv|vi?)\b|"
    r"\b(?:i{1,3}|iv|vi?)\b[^.;]{0,60}\b(?:nyha|asa|association|ana?esthesiolog\w+)\b|\basai"
)
_SCALE_NAMES = ("nyha", "asa", "associat", "esthes", "class", "gleason", "ecog")


def may_hold_numbers(text: str) -> bool:
    """Return whether it is worth reading the text for quantities at all."""
    if _DIGIT.search(text):
        return True
    low = text.lower()
    for unit in _UNITS:
        if unit in low:
            if _WORDED.search(low):
                return True
            break
    for name in _SCALE_NAMES:
        if name in low:
            return _SCALES.search(low) is not None
    return False
