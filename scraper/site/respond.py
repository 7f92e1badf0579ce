"""An answer from a page's function: run in the database's thread, within a time limit, failures in words."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from datasette.utils.asgi import Response

from scraper.errors import ScraperError
from scraper.site.access import may_look
from scraper.site.headers import PAGE_POLICY
from scraper.site.links import DATABASE
from scraper.site.remembered import pages_of, state_of
from scraper.site.rows import clean
from scraper.site.timing import time_limit

Read = Callable[[sqlite3.Connection], Any]

TIME_LIMIT_MS = 3000
"""A page of ours may take this long in SQL; what takes longer is told to the reader, not to the log."""


class NotAnswered(Exception):
    """Why a page cannot be shown, in words for the reader, with the status of the answer."""

    def __init__(self, status: int, heading: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.heading = heading
        self.message = message


async def read(datasette: Any, request: Any, function: Read, limit_ms: int = TIME_LIMIT_MS) -> Any:
    """What the function returns for the database. Raises NotAnswered."""
    await may_look(datasette, request, DATABASE)
    if DATABASE not in datasette.databases:
        raise NotAnswered(
            404,
            "No trials here",
            f"This site has no database called {DATABASE}; start it with `trials serve`.",
        )

    def limited(connection: sqlite3.Connection) -> Any:
        with time_limit(connection, limit_ms):
            return function(connection)

    try:
        return await datasette.databases[DATABASE].execute_fn(limited)
    except ScraperError as error:
        raise NotAnswered(400, "That question cannot be read", str(error)) from error
    except sqlite3.OperationalError as error:
        if error.args == ("interrupted",):
            raise NotAnswered(
                503,
                "That took too long",
                "The answer was not ready in time. A filter or a rarer word makes the search smaller.",
            ) from error
        raise _unreadable(error) from error
    except sqlite3.DatabaseError as error:
        raise _unreadable(error) from error


def _unreadable(error: sqlite3.Error) -> NotAnswered:
    return NotAnswered(
        503,
        "The database cannot be read",
        f"SQLite says: {error}. `trials check` looks at the file, `trials build --full` makes it anew.",
    )


async def html(datasette: Any, request: Any, template: str, function: Read, found_none: str = "") -> Any:
    """The page that the template makes of what the function returns, which the address alone must decide.

    When that is None the answer is 404 with the words of `found_none`.
    """
    database = datasette.databases.get(DATABASE)
    if database is None:
        return await _made(datasette, request, template, function, found_none)
    # Asked before anything is handed out: who may not look gets no page that was made for another.
    await may_look(datasette, request, DATABASE)
    pages, state, address = pages_of(database), state_of(database), request.full_path
    if (body := pages.get(state, address)) is not None:
        return _page(body)
    response = await _made(datasette, request, template, function, found_none)
    if response.status == 200 and state == state_of(database):
        pages.keep(state, address, response.body)
    return response


async def _made(datasette: Any, request: Any, template: str, function: Read, found_none: str) -> Any:
    try:
        data = await read(datasette, request, function)
        if data is None:
            raise NotAnswered(404, "Not found", found_none)
    except NotAnswered as refusal:
        return await message(datasette, request, refusal)
    return await rendered(datasette, request, template, data)


async def rendered(
    datasette: Any, request: Any, template: str, data: Mapping[str, Any], status: int = 200
) -> Any:
    """A page of ours: no script, nothing from another host."""
    body = await datasette.render_template(template, dict(data), request=request, view_name="trials_page")
    return _page(body, status)


def _page(body: str, status: int = 200) -> Any:
    return Response.html(body, status=status, headers={"content-security-policy": PAGE_POLICY})


async def message(datasette: Any, request: Any, refusal: NotAnswered) -> Any:
    data = {"heading": refusal.heading, "message": refusal.message}
    return await rendered(datasette, request, "site/message.html", data, refusal.status)


def parameters(request: Any) -> dict[str, list[str]]:
    """All parameters of the address, each with all its values, cleaned like the rows."""
    return {name: [clean(value) for value in request.args.getlist(name)] for name in request.args}


def parameter(request: Any, name: str) -> str:
    """One parameter of the address, "" when it is not there."""
    return clean(request.args.get(name) or "")
