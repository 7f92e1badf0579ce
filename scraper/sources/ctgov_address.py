"""Addresses of ClinicalTrials.gov: of one study in each of its forms, of searches, and of lists of ids.

A JSON and an XML record of one study are two pages, so each form has an address of its own.
API: https://clinicaltrials.gov/data-api/api
"""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from scraper.errors import SettingsError
from scraper.sources.ctgov_json import NCT_ID

API = "https://clinicaltrials.gov/api/v2/studies"
HOSTS = frozenset({"clinicaltrials.gov", "www.clinicaltrials.gov"})
PAGE_SIZE = "1000"

FORMS = {
    "json": "https://clinicaltrials.gov/api/v2/studies/{}",
    "csv": "https://clinicaltrials.gov/api/v2/studies/{}?format=csv",
    "xml": "https://clinicaltrials.gov/ct2/show/{}?displayxml=true",
    "v1": "https://clinicaltrials.gov/api/query/full_studies?expr={}&fmt=json",
    "oldcsv": "https://clinicaltrials.gov/ct2/results/download_fields?term={}&down_fmt=csv",
    "tsv": "https://clinicaltrials.gov/ct2/results/download_fields?term={}&down_fmt=tsv",
    "searchxml": "https://clinicaltrials.gov/ct2/results?term={}&displayxml=true",
}
"""The address of one study in each form; those of retired interfaces are where it was."""

_NCT_IN_PATH = re.compile(r"/(NCT\d{8})(?:[/?]|$)", re.IGNORECASE | re.ASCII)


def address(form: str, nct_id: str) -> str:
    """The live address that a study is kept under in that form."""
    return FORMS[form].format(nct_id)


def record_url(trial_id: str) -> str:
    """The address of one study. Raises SettingsError on an id of another form."""
    nct_id = trial_id.strip().upper()
    if NCT_ID.fullmatch(nct_id) is None:
        raise SettingsError(f"found {trial_id!r}, expected NCT and eight digits, such as NCT04010877")
    return address("json", nct_id)


def canonical_url(url: str) -> str:
    """The address a study is kept under, from any address of it. Raises SettingsError."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").removeprefix("classic.")
    query = dict(parse_qsl(parts.query))
    found = _NCT_IN_PATH.search(parts.path) or NCT_ID.fullmatch(
        query.get("expr", query.get("term", "")).upper()
    )
    if parts.scheme not in ("http", "https") or host not in HOSTS or found is None:
        raise SettingsError(
            f"found {url!r}, expected a study's address, such as {address('json', 'NCT04010877')}"
        )
    nct_id = found[found.re.groups].upper()
    for form, known in FORMS.items():
        place = urlsplit(known.format(nct_id))
        named = dict(parse_qsl(place.query))
        if form != "json" and place.path == parts.path and named.items() <= query.items():
            return address(form, nct_id)
    if found.re is not _NCT_IN_PATH:
        raise SettingsError(
            f"found {url!r}, expected a study's address, such as {address('json', 'NCT04010877')}"
        )
    return address("xml" if query.get("displayxml") == "true" else "json", nct_id)


def search_url(words: str, since: str) -> str:
    """The address of the first answer; no words and no date ask for every study."""
    return f"{API}?{urlencode(_query(words, since) | {'pageSize': PAGE_SIZE, 'countTotal': 'true'})}"


def ids_url(words: str, since: str, ids: Sequence[str]) -> str:
    """The same search for ids and dates alone, or which of some `ids` the registry lists."""
    query = _query(words, since)
    if ids:
        query["filter.ids"] = ",".join(ids)
    return f"{API}?{urlencode(query | {'fields': 'NCTId,LastUpdatePostDate', 'pageSize': PAGE_SIZE, 'countTotal': 'true'})}"


def _query(words: str, since: str) -> dict[str, str]:
    query = {"query.term": words} if words else {}
    if since:
        query["filter.advanced"] = f"AREA[LastUpdatePostDate]RANGE[{since},MAX]"
    return query


def next_url(url: str, token: str | None) -> str:
    """The address of the next answer, every other parameter as it was; "" without a token."""
    if not token:
        return ""
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "pageToken"]
    return parts._replace(query=urlencode([*query, ("pageToken", token)])).geturl()
