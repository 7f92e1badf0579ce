"""What our templates can call, and Datasette's own templates put right where a reader cannot use them."""

import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Any

from datasette.utils import tilde_encode
from jinja2 import BaseLoader, FileSystemLoader, TemplateNotFound
from markupsafe import Markup, escape

from scraper.search.marks import END, START
from scraper.site import labels, links
from scraper.site.rows import clean

NAVIGATION = (
    ("/search", "Search"),
    ("/match", "Match"),
    ("/dashboard", "Dashboard"),
    ("/changes", "Changes"),
    ("/conflicts", "Contradictions"),
    ("/data", "Data"),
    ("/schema", "Dictionary"),
    ("/about", "About"),
)

# Datasette 0.65: controls without a name (axe: select-name, label; both critical), and the descriptions of 34
# columns above the rows.
_MENDED = {
    "table.html": (
        ('<select name="_filter_column', '<select aria-label="Column to filter" name="_filter_column'),
        ('<select name="_filter_op', '<select aria-label="Comparison" name="_filter_op'),
        (
            '<input type="text" name="_filter_value',
            '<input aria-label="Value" type="text" name="_filter_value',
        ),
        ('<select name="_sort"', '<select aria-label="Sort by" name="_sort"'),
        (
            '<dl class="column-descriptions">',
            '<details><summary>Columns</summary><dl class="column-descriptions">',
        ),
        ("</dl>", "</dl></details>"),
    ),
    "_codemirror_foot.html": (
        (
            'editor.setOption("extraKeys"',
            'editor.getInputField().setAttribute("aria-label", "SQL"); editor.setOption("extraKeys"',
        ),
    ),
}
_MARKED = re.compile(f"{START}([^{START}{END}]*){END}")


def prepare(env: Any, datasette: Any) -> None:
    """Give the environment our functions and templates, and Datasette's own ones mended."""
    env.finalize = printable
    env.filters["path"] = datasette.urls.path
    env.filters["marked"] = marked
    env.filters["tilde"] = tilde_encode
    env.globals.update(
        age_label=labels.age,
        ages=labels.ages,
        badge=labels.badge,
        condition_path=links.condition_path,
        field_label=labels.field,
        safe_url=links.safe_url,
        search_path=links.search_path,
        site_css=stylesheet_path(),
        site_nav=NAVIGATION,
        sponsor_path=links.sponsor_path,
        table_path=links.table_path,
        trial_path=links.trial_path,
        value_label=labels.value,
        rule_label=labels.rule,
        rule_of=labels.rule_of,
        sexes=labels.sexes,
        stated=labels.stated,
        words=labels.words,
    )
    # Datasette looks for templates beside a plugin only where the plugin is a package, on Python 3.11.
    ours = FileSystemLoader(str(files("scraper.site").joinpath("templates")))
    env.loader.loaders[:0] = [Mended(env), ours]


def printable(value: Any) -> Any:
    """What a template prints: text without characters nobody can see, whichever way it came."""
    if isinstance(value, Markup):
        return Markup(clean(str(value)))  # escaped already; taking characters out adds no markup
    return clean(value) if isinstance(value, str) else value


class Mended(BaseLoader):
    """Datasette's own templates with what a reader cannot use put right; templates that are well are not here."""

    def __init__(self, env: Any) -> None:
        self._loader = env.loader

    def get_source(self, environment: Any, template: str) -> tuple[str, str | None, None]:
        if template not in _MENDED:
            raise TemplateNotFound(template)
        source, path, _ = self._loader.get_source(environment, f"default:{template}")
        for bare, better in _MENDED[template]:
            source = source.replace(bare, better)
        return source, path, None

    def list_templates(self) -> list[str]:
        return list(_MENDED)


def marked(text: str | None) -> Markup:
    """The text with the words that search marked in <mark>: escaped first, so nothing else in it is markup."""
    pieces = []
    rest = text or ""
    at = 0
    for found in _MARKED.finditer(rest):
        pieces += [escape(clean(rest[at : found.start()])), Markup("<mark>{}</mark>").format(clean(found[1]))]
        at = found.end()
    return Markup("").join([*pieces, escape(clean(rest[at:]))])


@cache
def stylesheet() -> bytes:
    """Our one stylesheet."""
    return files("scraper.site").joinpath("static/trials.css").read_bytes()


@cache
def world() -> bytes:
    """The outline of the world that maps lie on."""
    return files("scraper.site").joinpath("static/world.svg").read_bytes()


def stylesheet_path() -> str:
    """Its address; it changes with the content, so that a browser may keep it."""
    return f"/-/trials.css?{hashlib.sha256(stylesheet()).hexdigest()[:8]}"
