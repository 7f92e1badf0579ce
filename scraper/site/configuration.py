"""What Datasette is told: descriptions from `metadata.yml` and the dictionary, the rest from `datasette.yml`.

Datasette 0.65 reads all of it as metadata and settings; 1.0 wants metadata and configuration apart.
"""

from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any

from datasette.utils import parse_metadata

from scraper.site.dictionary import column_descriptions, tables
from scraper.site.links import DATABASE

Tree = dict[str, Any]


@cache
def _read(name: str) -> Tree:
    found: Tree = parse_metadata(files("scraper.site").joinpath(name).read_text("utf-8"))
    return found


def settings(*, public: bool = False) -> Tree:
    """Datasette's settings. A public copy makes no facets that its configuration does not name."""
    found: Tree = deepcopy(_read("datasette.yml")["settings"])
    return {**found, "allow_facet": False} if public else found


def configuration() -> Tree:
    """Plugins, tables and queries: everything of `datasette.yml` but the settings."""
    return {name: value for name, value in deepcopy(_read("datasette.yml")).items() if name != "settings"}


def metadata() -> Tree:
    """Descriptions of the site, of every table and of every column."""
    described = {
        name: {"description": text, "columns": column_descriptions(name)} for name, text in tables().items()
    }
    return {**deepcopy(_read("metadata.yml")), "databases": {DATABASE: {"tables": described}}}


def merged() -> Tree:
    """Descriptions and configuration in one tree, as Datasette 0.65 reads them."""
    return _merge(metadata(), configuration())


def _merge(one: Tree, other: Tree) -> Tree:
    found = dict(one)
    for name, value in other.items():
        both_trees = isinstance(value, dict) and isinstance(found.get(name), dict)
        found[name] = _merge(found[name], value) if both_trees else value
    return found
