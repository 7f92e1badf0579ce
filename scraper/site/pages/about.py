"""Where the records come from, how fresh they are, and what the index cannot do."""

import sqlite3
from typing import Any

from scraper.site.rows import meta, stats
from scraper.site.titles import GAZETTEER, source_title, terms_of


def about(connection: sqlite3.Connection) -> dict[str, Any]:
    """Sources with their numbers and dates, and the facts about the file."""
    facts = meta(connection)
    counts = stats(connection, "records")
    sources = [
        {
            "source": name,
            "records": records,
            "oldest": facts.get(f"oldest_{name}", ""),
            "newest": facts.get(f"newest_{name}", ""),
            "title": source_title(facts, name),
        }
        for name, records in counts.items()
    ]
    terms = terms_of(facts, [*counts, GAZETTEER])
    return {"heading": "About this index", "sources": sources, "terms": terms, "facts": facts}
