"""The API v2 of ClinicalTrials.gov as it was in its beta of 2023: every value is a list -> the study as it is now."""

from typing import Any


def is_beta(study: Any) -> bool:
    """Whether the id of this study is a list."""
    found = study
    for step in ("protocolSection", "identificationModule", "nctId"):
        found = found.get(step) if isinstance(found, dict) else None
    return isinstance(found, list)


def plain(value: Any) -> Any:
    """The value without the lists around single words: {"sex": ["ALL"]} is {"sex": "ALL"}."""
    if isinstance(value, dict):
        return {key: shown for key, item in value.items() if (shown := plain(item)) is not None}
    if not isinstance(value, list):
        return value
    if all(isinstance(item, (dict, list)) for item in value):
        return [shown for item in value if (shown := plain(item)) is not None]
    return value[0] if len(value) == 1 else value
