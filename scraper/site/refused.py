"""What is refused before Datasette sees it, and what a visitor is told when something fails: never its inside."""

import errno
import sqlite3
from typing import Any

from datasette.utils.asgi import Base400, Response
from datasette.views.base import DatasetteError

from scraper.site.headers import App, Receive, Scope, Send
from scraper.site.respond import NotAnswered, message

_READING = ("GET", "HEAD")
_NOTHING_THERE = NotAnswered(404, "Not found", "There is nothing at this address.")
_OURS = NotAnswered(
    500, "Something went wrong", "The fault is ours, not yours: whoever runs this site finds it in its log."
)


def only_reading(app: App) -> App:
    """The same app for requests that read; any other is answered with 405.

    Datasette looks for a function of the view named like the method: ``FOO`` finds none and fails, others find some.
    """

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _READING:
            refusal = Response.text(
                "This site only reads: GET or HEAD.\n", 405, {"allow": ", ".join(_READING)}
            )
            await refusal.asgi_send(send)
        else:
            await app(scope, receive, send)

    return wrapped


def refusal_of(error: BaseException) -> NotAnswered | None:
    """What a visitor is told of an error; None for those that Datasette has words for itself."""
    if isinstance(error, (Base400, DatasetteError)):
        return None
    # A row's address with too few parts of its key, a file's name longer than any: made by hand, no fault.
    is_no_address = isinstance(error, sqlite3.ProgrammingError) or (
        isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG
    )
    return _NOTHING_THERE if is_no_address else _OURS


async def answer(datasette: Any, request: Any, refusal: NotAnswered) -> Any:
    """The page, or the JSON where that was asked for, which says no more than the refusal."""
    if request.path.endswith(".json"):
        return Response.json(
            {"ok": False, "error": refusal.message, "status": refusal.status}, refusal.status
        )
    return await message(datasette, request, refusal)
