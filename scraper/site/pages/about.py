"""Where the records come from, how fresh they are, and what the index cannot do."""

import sqlite3
from typing import Any

from scraper.site.rows import meta, select
from scraper.site.titles import source_terms, source_title


def about(connection: sqlite3.Connection) -> dict[str, Any]:
    """Sources with their numbers and dates, and the facts about the file."""
    facts = meta(connection)
    sources = []
    for row in select(
        connection,
        "select source, count(*) as records, min(fetched_at) as oldest, max(fetched_at) as newest"
        " from records group by source order by records desc, source",
    ):
        attribution, licence = source_terms(facts, row["source"])
        sources.append(
            {
                **row,
                "title": source_title(facts, row["source"]),
                "attribution": attribution,
                "licence": licence,
            }
        )
    return {"heading": "About this index", "sources": sources, "facts": facts}
