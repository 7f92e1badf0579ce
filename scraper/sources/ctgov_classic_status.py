"""The status of a study on ClinicalTrials.gov's classic pages: a word with its reason, or, before 2017, a sentence."""

import re

_WITH_REASON = re.compile(r"(Terminated|Suspended|Withdrawn|Completed)\s*\((.*)\)", re.DOTALL)
_SENTENCES = {
    "this study is currently recruiting participants": "Recruiting",
    "this study is currently recruiting patients": "Recruiting",
    "this study is not yet open for participant recruitment": "Not yet recruiting",
    "this study is not yet open for patient recruitment": "Not yet recruiting",
    "this study is enrolling participants by invitation only": "Enrolling by invitation",
    "this study is ongoing, but not recruiting participants": "Active, not recruiting",
    "this study has been completed": "Completed",
    "this study has been suspended": "Suspended",
    "this study has been terminated": "Terminated",
    "this study has been withdrawn prior to enrollment": "Withdrawn",
    "this study has been withdrawn prior to recruitment": "Withdrawn",
    "expanded access is currently available for this treatment": "Available",
    "expanded access is no longer available for this treatment": "No longer available",
    "expanded access is temporarily not available for this treatment": "Temporarily not available",
    "this treatment has been approved for sale to the public": "Approved for marketing",
}
_UNKNOWN = "the recruitment status of this study is unknown"
_SENTENCE = re.compile(r"([^.]+)\.\s*(?:\((.*)\))?\s*", re.DOTALL)


def split_status(words: str) -> tuple[str, str]:
    """(status, why it was stopped) of "Terminated (Slow accrual)"."""
    match = _WITH_REASON.fullmatch(words.strip())
    return (match[1], match[2].strip()) if match else (words.strip(), "")


def status_sentence(line: str) -> tuple[str, str] | None:
    """(status, why it was stopped) of "This study has been terminated. (Slow accrual)"; None for any other line."""
    folded = " ".join(line.casefold().split())
    if folded.startswith(_UNKNOWN):
        return "Unknown status", ""
    match = _SENTENCE.fullmatch(" ".join(line.split()))
    status = _SENTENCES.get(match[1].casefold().strip()) if match else None
    return (status, (match[2] or "").strip()) if match and status else None
