"""Headers that keep scraped text harmless in a browser, on every answer of the site."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
"""For our pages: no script at all, nothing from another host."""

_DATASETTE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Datasette's own pages carry inline script and style.
_DEFAULTS = (
    (b"content-security-policy", _DATASETTE_POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


def _here(name: bytes, value: bytes) -> bytes:
    """The value of a header; a redirect that browsers read as one to another host leads to the same path here.

    Datasette takes the slash off ``/\\evil.example/`` and sends the rest back, where a backslash is a slash.
    """
    is_astray = name.lower() == b"location" and value[:2] in (b"//", b"/\\")
    return b"/" + value.lstrip(b"/\\") if is_astray else value


def with_headers(app: App) -> App:
    """The same app, its answers with the headers they do not already carry."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [(name, _here(name, value)) for name, value in message.get("headers", [])]
                names = {name.lower() for name, _ in given}
                message = {**message, "headers": [*given, *(h for h in _DEFAULTS if h[0] not in names)]}
            await send(message)

        await app(scope, receive, add if scope["type"] == "http" else send)

    return wrapped
