"""The ClinicalTrials.gov side of the loopback server: the v2 interface and the older XML records."""

import base64
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.server_answer import Answer, html, text

API = "/api/v2"
KNOWN = frozenset(
    [
        "format",
        "markupFormat",
        "query.cond",
        "query.term",
        "query.locn",
        "query.titles",
        "query.intr",
        "query.outc",
        "query.spons",
        "query.lead",
        "query.id",
        "query.patient",
        "filter.overallStatus",
        "filter.geo",
        "filter.ids",
        "filter.advanced",
        "aggFilters",
        "fields",
        "sort",
        "countTotal",
        "pageSize",
        "pageToken",
        "postFilter.overallStatus",
    ]
)
Study = dict[str, Any]


@dataclass
class Registry:
    """`empty_page` is the number (from 1) of a page without studies that comes in between; 0 for none."""

    studies: dict[str, Study] = field(default_factory=dict)
    xml: dict[str, bytes] = field(default_factory=dict)
    empty_page: int = 0
    repeat_token: bool = False
    endless: bool = False

    def load(self, folder: Path) -> None:
        """Reads single studies and pages of studies (.json, other JSON is passed over) and XML records (.xml)."""
        for path in sorted(folder.iterdir()):
            if path.suffix == ".json":
                found = json.loads(path.read_bytes())
                if isinstance(found, dict):
                    for study in found.get("studies", [found]):
                        self.add(study)
            elif path.suffix == ".xml":
                body = path.read_bytes()
                number = re.search(rb"<nct_id>\s*(NCT\d{8})\s*</nct_id>", body)
                if number:
                    self.xml[number[1].decode()] = body

    def add(self, study: Study) -> None:
        if isinstance(study, dict) and "protocolSection" in study:
            self.studies[_module(study, "identification")["nctId"]] = study

    def answer(self, path: str, words: list[tuple[str, str]], headers: dict[str, str]) -> Answer | None:
        """The answer, or None for a path that this site does not know."""
        query = dict(words)
        if path == f"{API}/version":
            return _json({"apiVersion": "2.0.5", "dataTimestamp": "2026-11-20T09:00:05"})
        if path == f"{API}/stats/size":
            return _json({"totalStudies": len(self.studies), "averageSizeBytes": 20000, "ranges": []})
        if path == f"{API}/studies":
            return self._search(query)
        single = re.fullmatch(rf"{API}/studies/([^/]+)", path)
        if single:
            return self._study(single[1], query)
        record = re.fullmatch(r"/(?:ct2/show|show|study)/(NCT\d{8})", path)
        if record:
            return self._page(record[1], query)
        return None

    def _study(self, name: str, query: dict[str, str]) -> Answer:
        if not re.fullmatch(r"(?:NCT|nct)\d{8}", name):
            return text(f"Path parameter `nctId` has incorrect format: {name}", 400)
        number = name.upper()
        if number in self.studies:
            return _json(self.studies[number])
        for current, study in self.studies.items():
            if number in _module(study, "identification").get("nctIdAliases", []):
                target = f"{API}/studies/{current}" + (f"?{urlencode(query)}" if query else "")
                return Answer(301, b"", {"Location": target})
        return text(f"NCT number {number} not found", 404)

    def _page(self, number: str, query: dict[str, str]) -> Answer:
        if query.get("displayxml") == "true":
            if number not in self.xml:
                return text(f"{number} not found", 404)
            return Answer(200, self.xml[number], {"Content-Type": "text/xml; charset=UTF-8"})
        return html("ClinicalTrials.gov", "<ctg-root></ctg-root><noscript>JavaScript is needed.</noscript>")

    def _search(self, query: dict[str, str]) -> Answer:
        unknown = sorted(set(query) - KNOWN)
        if unknown:
            return text(f"Unknown parameter: {', '.join(unknown)}", 400)
        size = query.get("pageSize", "10")
        if not size.isdigit():
            return text(f"Parameter `pageSize` has incorrect value: {size}", 400)
        per_page = min(int(size) or 10, 1000)
        same = sorted(
            (name, value) for name, value in query.items() if name not in ("pageToken", "countTotal")
        )
        number, start = 1, 0
        if query.get("pageToken"):
            try:
                number, start, asked = json.loads(base64.urlsafe_b64decode(query["pageToken"]))
            except ValueError:
                return text("Parameter `pageToken` has incorrect value", 400)
            if asked != urlencode(same):
                return text("Parameters must not change from page to page", 400)
        try:
            hits = [study for study in self.studies.values() if _matches(study, query)]
        except ValueError as error:
            return text(str(error), 400)
        return _json(self._answer(hits, query, number, start, per_page, urlencode(same)))

    def _answer(
        self, hits: list[Study], query: dict[str, str], number: int, start: int, per_page: int, same: str
    ) -> dict[str, object]:
        shown = [] if number == self.empty_page else hits[start : start + per_page]
        end = start + len(shown)
        if query.get("fields") in ("NCTId", "NCTId,LastUpdatePostDate"):
            shown = [_short(study, "LastUpdate" in query["fields"]) for study in shown]
        if self.repeat_token:
            number, end = 0, 0
        if self.endless:
            shown, end = hits[:per_page], 0
        answer: dict[str, object] = {"studies": shown}
        if query.get("countTotal") == "true" and "pageToken" not in query:
            answer["totalCount"] = len(hits)
        if end < len(hits) or self.endless:
            token = json.dumps([number + 1, end, same])
            answer["nextPageToken"] = base64.urlsafe_b64encode(token.encode()).decode()
        return answer


def _short(study: Study, with_date: bool) -> Study:
    """What the registry answers when asked for the id alone, or for the id and the date of the last update."""
    found: Study = {"identificationModule": {"nctId": _module(study, "identification")["nctId"]}}
    if with_date:
        day = _module(study, "status")["lastUpdatePostDateStruct"]["date"]
        found["statusModule"] = {"lastUpdatePostDateStruct": {"date": day}}
    return {"protocolSection": found}


def _json(value: object) -> Answer:
    return Answer(
        200, json.dumps(value, separators=(",", ":")).encode(), {"Content-Type": "application/json"}
    )


def _module(study: Study, name: str) -> dict[str, Any]:
    found: dict[str, Any] = study["protocolSection"].get(f"{name}Module", {})
    return found


def _matches(study: Study, query: dict[str, str]) -> bool:
    """Does the study answer the query? Raises ValueError on an expression that is not understood."""
    identification, status = _module(study, "identification"), _module(study, "status")
    for name, words in query.items():
        if name.startswith("query."):
            part = _module(study, "conditions") if name == "query.cond" else study
            if not all(word in json.dumps(part).casefold() for word in words.casefold().split()):
                return False
    names = {identification["nctId"], *identification.get("nctIdAliases", [])}
    ids = [word for word in re.split(r"[,|\s]+", query.get("filter.ids", "")) if word]
    if any(not re.fullmatch(r"NCT\d{8}", word.upper()) for word in ids):
        raise ValueError("Parameter `filter.ids` has incorrect format")
    if ids and names.isdisjoint(word.upper() for word in ids):
        return False
    wanted = [word for word in re.split(r"[,|]", query.get("filter.overallStatus", "")) if word]
    if wanted and status.get("overallStatus") not in wanted:
        return False
    return _in_range(status, query.get("filter.advanced", ""))


def _in_range(status: dict[str, Any], expression: str) -> bool:
    if not expression:
        return True
    found = re.fullmatch(r"AREA\[LastUpdatePostDate\]\s*RANGE\[([\d-]+|MIN),\s*([\d-]+|MAX)\]", expression)
    if found is None:
        raise ValueError(f"Parameter `filter.advanced` has incorrect value: {expression}")
    posted = status.get("lastUpdatePostDateStruct", {}).get("date", "")
    return (
        bool(posted)
        and (found[1] == "MIN" or found[1] <= posted)
        and (found[2] == "MAX" or posted <= found[2])
    )
