"""Statements that cannot both be right, with both quotes."""

import sqlite3
from typing import Any

from scraper.compare.conflicts import BETWEEN_SOURCES
from scraper.compare.rules_all import RULES
from scraper.site.paging import SIZE, paging
from scraper.site.rows import meta, number, select
from scraper.site.titles import with_titles


def described() -> list[dict[str, Any]]:
    """Every rule in words: what it compares, how often it was right, whether it is published."""
    between = [
        {"name": name, "description": words, "precision": None, "read": 0, "published": True}
        for name, words in BETWEEN_SOURCES.items()
    ]
    within = [
        {
            "name": rule.name,
            "description": rule.description,
            "precision": rule.precision,
            "read": rule.read,
            "published": rule.published,
        }
        for rule in RULES
    ]
    return [*between, *within]


MANY = 5_000
"""Contradictions from which on it is cheaper to look for some in the trials that changed last than to put all in order."""


def conflicts(connection: sqlite3.Connection, rule: str, page: int) -> dict[str, Any]:
    """One page of conflicts, those of the trials that changed last first; `rule` "" is all of them."""
    where = "where c.rule = :rule" if rule else ""
    total = number(connection, f"select count(*) from conflicts c {where}", {"rule": rule})
    place = paging("/conflicts", [("rule", rule)], page, total)
    among = (
        f"(select trial_id from trials t where exists (select 1 from conflicts c {where or 'where true'}"
        " and c.trial_id = t.trial_id) order by t.last_changed_at desc, t.trial_id limit :limit + :offset)"
        if total > MANY
        else f"(select distinct trial_id from conflicts c {where})"
    )
    return {
        "heading": "Contradictions",
        "rule": rule,
        "total": total,
        "rules": select(
            connection, "select rule, count(*) as n from conflicts group by rule order by n desc, rule"
        ),
        "rows": with_titles(
            meta(connection),
            select(
                connection,
                f"select c.*, t.brief_title from {among} some cross join conflicts c using (trial_id)"
                f" cross join trials t using (trial_id) {where} order by t.last_changed_at desc, c.trial_id, c.position limit :limit offset :offset",
                {"rule": rule, "limit": SIZE, "offset": (place.number - 1) * SIZE},
            ),
        ),
        "page": place,
        "described": described(),
    }
