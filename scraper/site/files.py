"""Answers that are files for programs: feeds, exports, citations, changes, and what our pages are dressed in."""

import sqlite3
import urllib.parse
from collections.abc import Callable
from typing import Any

from datasette.utils import tilde_decode
from datasette.utils.asgi import Response

from scraper.search.question import Question, from_params
from scraper.site import citation, feeds, respond, spreadsheet
from scraper.site.pages import changes, data, exports
from scraper.site.pages import feed as following
from scraper.site.pages import match as matching
from scraper.site.pages.search import parameters_of
from scraper.site.templating import stylesheet, world

_EXPORT_LIMIT_MS = 20_000
_FEEDS = {
    "/feed.atom": (feeds.atom, "application/atom+xml; charset=utf-8"),
    "/feed.json": (feeds.json_feed, "application/feed+json; charset=utf-8"),
}


async def _answer(
    datasette: Any,
    request: Any,
    function: respond.Read,
    write: Callable[[Any], Any],
    limit_ms: int = respond.TIME_LIMIT_MS,
) -> Any:
    """What `write` makes of what the function returns; a refusal in words, as plain text."""
    try:
        return write(await respond.read(datasette, request, function, limit_ms))
    except respond.NotAnswered as refusal:
        return Response.text(refusal.message, status=refusal.status)


async def _json(datasette: Any, request: Any, function: respond.Read) -> Any:
    try:
        return Response.json(await respond.read(datasette, request, function))
    except respond.NotAnswered as refusal:
        return Response.json({"error": refusal.message}, status=refusal.status)


async def feed(datasette: Any, request: Any) -> Any:
    path = request.path.removeprefix(datasette.setting("base_url").rstrip("/"))
    form, kind = _FEEDS[path]
    asked = respond.parameters(request)

    def read(connection: sqlite3.Connection) -> tuple[following.Feed, str]:
        question = from_params(asked)
        query = urllib.parse.urlencode(parameters_of(Question(question.words, question.filters)))
        return following.feed(connection, question, query), query

    def absolute(address: str) -> str:
        return str(datasette.absolute_url(request, datasette.urls.path(address)))

    def write(found: tuple[following.Feed, str]) -> Any:
        data, query = found
        asking = f"?{query}" if query else ""
        body = form(data, absolute(path + asking), absolute(f"/search{asking}"), absolute)
        return Response(body, content_type=kind)

    return await _answer(datasette, request, read, write)


async def export_csv(datasette: Any, request: Any) -> Any:
    asked = respond.parameters(request)
    return await _answer(
        datasette,
        request,
        lambda connection: exports.table(connection, from_params(asked)),
        lambda rows: _file(spreadsheet.written(exports.COLUMNS, rows), "text/csv", "trials.csv"),
        _EXPORT_LIMIT_MS,
    )


async def export_ris(datasette: Any, request: Any) -> Any:
    asked = respond.parameters(request)
    return await _answer(
        datasette,
        request,
        lambda connection: exports.citations(connection, from_params(asked)),
        lambda rows: _file("".join(map(citation.ris, rows)), citation.FORMS["ris"][1], "trials.ris"),
        _EXPORT_LIMIT_MS,
    )


async def trial_citation(datasette: Any, request: Any) -> Any:
    trial_id = tilde_decode(request.url_vars["trial_id"])
    form = request.url_vars["form"]
    write, kind = citation.FORMS[form]
    name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in trial_id)

    def written(found: Any) -> Any:
        if found is None:
            return Response.text("No trial with this id is in the index.", status=404)
        return _file(write(found), kind, f"{name}.{form}")

    return await _answer(datasette, request, lambda connection: citation.entry(connection, trial_id), written)


async def changes_json(datasette: Any, request: Any) -> Any:
    since, severity = respond.parameter(request, "since"), respond.parameter(request, "severity")
    after = respond.parameter(request, "after")
    return await _json(
        datasette, request, lambda connection: changes.changes_rows(connection, since, severity, after)
    )


async def match_json(datasette: Any, request: Any) -> Any:
    asked = respond.parameters(request)
    return await _json(datasette, request, lambda connection: matching.data(connection, asked))


async def example(request: Any) -> Any:
    name = request.url_vars["name"]
    if name not in data.EXAMPLES:
        return Response.text(f"No example of this name; there are {', '.join(data.EXAMPLES)}.", status=404)
    return _file(data.example(name).decode(), "text/plain", name)


async def css() -> Any:
    return _dress(stylesheet(), "text/css")


async def outline() -> Any:
    return _dress(world(), "image/svg+xml")


def _file(body: str, kind: str, name: str) -> Any:
    return Response(
        body,
        content_type=f"{kind}; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _dress(body: bytes, kind: str) -> Any:
    return Response(
        body.decode(),
        content_type=f"{kind}; charset=utf-8",
        headers={"cache-control": "max-age=31536000, immutable, public"},
    )


ROUTES: list[tuple[str, Callable[..., Any]]] = [
    (r"^/feed\.(atom|json)$", feed),
    (r"^/export\.csv$", export_csv),
    (r"^/export\.ris$", export_ris),
    (r"^/trials/trials/(?P<trial_id>[^/.]+)\.(?P<form>ris|bib)$", trial_citation),
    (r"^/changes\.json$", changes_json),
    (r"^/match\.json$", match_json),
    (r"^/data/(?P<name>[^/]+)$", example),
    (r"^/-/trials\.css$", css),
    (r"^/-/world\.svg$", outline),
]
