"""The hooks of the site: which function answers which address, and what Datasette's own pages get from us."""

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from datasette import hookimpl

from scraper.site import access, cells, facets, headers, refused, routes, templating

Hook = TypeVar("Hook", bound=Callable[..., Any])
hook: Callable[[Hook], Hook] = hookimpl

LARGEST_VALUE = 5_000_000
"""One value of an answer may have this many bytes: the time limit alone lets ``zeroblob`` fill the memory."""


@hook
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    return routes.ROUTES


@hook
def prepare_jinja2_environment(env: Any, datasette: Any) -> None:
    templating.prepare(env, datasette)


@hook
def prepare_connection(conn: sqlite3.Connection) -> None:
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
    conn.set_authorizer(access.authorised)


@hook
def render_cell(value: Any, column: str, datasette: Any) -> Any:
    return cells.rendered(value, column, datasette.urls.path)


@hook
def register_facet_classes() -> list[type]:
    return [facets.CountedFacet]


@hook
def asgi_wrapper() -> Callable[[headers.App], headers.App]:
    return lambda app: headers.with_headers(refused.only_reading(app))


@hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]  # before Datasette's own, which tells what went wrong
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    refusal = refused.refusal_of(exception)
    return refusal and refused.answer(datasette, request, refusal)
