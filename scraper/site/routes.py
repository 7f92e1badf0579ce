"""Which of our functions answers which address: parameters in, a page out."""

from collections.abc import Callable
from typing import Any

from datasette.utils import tilde_decode

from scraper.site import linked_data, respond
from scraper.site.files import ROUTES as FILES
from scraper.site.pages import (
    about,
    conflicts,
    dashboard,
    data,
    groups,
    home,
    linked,
    problems,
    schema,
    trial,
)
from scraper.site.pages import changes as history
from scraper.site.pages import match as matching
from scraper.site.pages import search as searching
from scraper.site.paging import number_from
from scraper.tell.history import NotKnownYet

View = Callable[..., Any]

_GROUPS = {group.plural: group for group in (groups.CONDITIONS, groups.SPONSORS)}
_NO_SUCH_TRIAL = "No trial with this id is in the index. It may be known under another one: search for it."


async def home_page(datasette: Any, request: Any) -> Any:
    return await respond.html(datasette, request, "site/home.html", home.home)


async def search_page(datasette: Any, request: Any) -> Any:
    asked = respond.parameters(request)
    return await respond.html(
        datasette, request, "site/search.html", lambda connection: searching.page(connection, asked)
    )


async def trial_page(datasette: Any, request: Any) -> Any:
    trial_id, as_of = tilde_decode(request.url_vars["trial_id"]), respond.parameter(request, "as_of")
    near = respond.parameter(request, "near")

    def found(connection: Any) -> Any:
        try:
            shown = (
                trial.trial_at(connection, trial_id, as_of, near)
                if as_of
                else trial.trial(connection, trial_id, near)
            )
        except NotKnownYet as error:
            raise respond.NotAnswered(404, "Not known then", str(error)) from error
        return shown and {**shown, "linked_data": linked_data.medical_trial(shown)}

    return await respond.html(datasette, request, "site/trial.html", found, _NO_SUCH_TRIAL)


async def changes_page(datasette: Any, request: Any) -> Any:
    since, severity = respond.parameter(request, "since"), respond.parameter(request, "severity")
    page = number_from(respond.parameter(request, "page"))
    return await respond.html(
        datasette,
        request,
        "site/changes.html",
        lambda connection: history.changes(connection, since, severity, page),
    )


async def conflicts_page(datasette: Any, request: Any) -> Any:
    rule, page = respond.parameter(request, "rule"), number_from(respond.parameter(request, "page"))
    return await respond.html(
        datasette,
        request,
        "site/conflicts.html",
        lambda connection: conflicts.conflicts(connection, rule, page),
    )


async def linked_page(datasette: Any, request: Any) -> Any:
    page = number_from(respond.parameter(request, "page"))
    return await respond.html(
        datasette, request, "site/linked.html", lambda connection: linked.groups(connection, page)
    )


async def problems_page(datasette: Any, request: Any) -> Any:
    page = number_from(respond.parameter(request, "page"))
    return await respond.html(
        datasette, request, "site/problems.html", lambda connection: problems.problems(connection, page)
    )


async def schema_page(datasette: Any, request: Any) -> Any:
    return await respond.html(datasette, request, "site/schema.html", schema.schema)


async def about_page(datasette: Any, request: Any) -> Any:
    return await respond.html(datasette, request, "site/about.html", about.about)


async def data_page(datasette: Any, request: Any) -> Any:
    file = data.file_facts(datasette)
    return await respond.html(
        datasette, request, "site/data.html", lambda connection: {**data.data(connection), **file}
    )


async def match_page(datasette: Any, request: Any) -> Any:
    asked = respond.parameters(request)
    return await respond.html(
        datasette, request, "site/match.html", lambda connection: matching.page(connection, asked)
    )


async def dashboard_page(datasette: Any, request: Any) -> Any:
    return await respond.html(datasette, request, "site/dashboard.html", dashboard.dashboard)


async def groups_page(datasette: Any, request: Any) -> Any:
    group = _GROUPS[request.url_vars["group"]]
    words, page = respond.parameter(request, "name"), number_from(respond.parameter(request, "page"))
    return await respond.html(
        datasette,
        request,
        "site/groups.html",
        lambda connection: groups.listed(connection, group, words, page),
    )


async def group_page(datasette: Any, request: Any) -> Any:
    group, name = _GROUPS[request.url_vars["group"]], tilde_decode(request.url_vars["name"])
    page = number_from(respond.parameter(request, "page"))
    return await respond.html(
        datasette,
        request,
        "site/group.html",
        lambda connection: groups.grouped(connection, group, name, page),
        f"No trial has {name!r} among its {group.plural}, in these very words. Search finds other spellings.",
    )


ROUTES: list[tuple[str, View]] = [
    (r"^/$", home_page),
    (r"^/search$", search_page),
    (r"^/trials/trials/(?P<trial_id>[^/.]+)$", trial_page),
    (r"^/changes$", changes_page),
    (r"^/conflicts$", conflicts_page),
    (r"^/linked$", linked_page),
    (r"^/problems$", problems_page),
    (r"^/schema$", schema_page),
    (r"^/about$", about_page),
    (r"^/data$", data_page),
    (r"^/match$", match_page),
    (r"^/dashboard$", dashboard_page),
    (r"^/(?P<group>conditions|sponsors)$", groups_page),
    (r"^/(?P<group>conditions|sponsors)/(?P<name>[^/]+)$", group_page),
    *FILES,
]
