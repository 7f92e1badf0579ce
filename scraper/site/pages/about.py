"""Where the records come from, how fresh they are, and what the index cannot do."""

import sqlite3
from typing import Any

from scraper.site.rows import meta, stats
from scraper.site.titles import source_terms, source_title


def about(connection: sqlite3.Connection) -> dict[str, Any]:
    """Sources with their numbers and dates, and the facts about the file."""
    facts = meta(connection)
    sources = []
    for name, records in stats(connection, "records").items():
        attribution, licence = source_terms(facts, name)
        sources.append(
            {
                "source": name,
                "records": records,
                "oldest": facts.get(f"oldest_{name}", ""),
                "newest": facts.get(f"newest_{name}", ""),
                "title": source_title(facts, name),
                "attribution": attribution,
                "licence": licence,
            }
        )
    return {"heading": "About this index", "sources": sources, "facts": facts}
