"""Counts that pages would be too slow to make: filled when the index is built, read by the site."""

from sqlite_utils import Database

from scraper.progress import Progress, untold

# One name for each country, the stated word where it is none that is known.
_COUNTRY = "coalesce(countries.name, country)"
_SITES = "sites left join countries on countries.code = sites.country_code"

FACETS = ("overall_status", "phase", "sex", "study_type", "lead_sponsor_class")
"""The columns by which the table of trials is narrowed down."""
COMBINATIONS = "facets"
"""The name under which each combination of those columns' values is counted, the key a JSON list of them: some hundreds,
from which any filter on them is counted without reading the trials."""

# name -> a query that yields (key, count)
_COUNTS = {
    "trials": "select 'all', count(*) from trials",
    "overall_status": "select coalesce(overall_status, ''), count(*) from trials group by 1",
    "phase": "select coalesce(phase, ''), count(*) from trials group by 1",
    "study_type": "select coalesce(study_type, ''), count(*) from trials group by 1",
    "sex": "select coalesce(sex, ''), count(*) from trials group by 1",
    "lead_sponsor_class": "select coalesce(lead_sponsor_class, ''), count(*) from trials group by 1",
    COMBINATIONS: f"select json_array({', '.join(FACETS)}), n from"
    f" (select {', '.join(FACETS)}, count(*) as n from search_filter group by {', '.join(FACETS)})",
    "start_year": "select coalesce(substr(start_date, 1, 4), ''), count(*) from trials group by 1",
    # No record says when recruitment ended; it cannot outlast the primary completion.
    "open_year": "with recursive year(y) as (select 1980 union all select y + 1 from year where y < 2060),"
    " span(s, e, n) as (select substr(start_date, 1, 4), substr(primary_completion_date, 1, 4), count(*) from trials"
    " where start_date is not null and primary_completion_date is not null and overall_status <> 'WITHDRAWN'"
    " group by 1, 2) select cast(y as text), sum(n) from year join span on s <= cast(y as text)"
    " and e >= cast(y as text) group by y",
    "source": "select source, count(*) from trials group by 1",
    "records": "select source, count(*) from records group by 1",
    "country": f"select {_COUNTRY}, count(distinct trial_id) from {_SITES} where country is not null group by 1",
    "condition": "select name, count(distinct trial_id) from conditions group by 1 order by 2 desc, 1 limit 1000",
    "sponsor": "select lead_sponsor, count(*) from trials where lead_sponsor is not null group by 1"
    " order by 2 desc, 1 limit 1000",
    "criteria": "select kind, count(*) from criteria group by 1",
    "variable": "select variable, count(*) from criteria_constraints group by 1",
    "maximum_ecog": "select printf('%g', value), count(distinct trial_id) from criteria_constraints"
    " where variable = 'ecog' and comparator = '<=' and not conditional group by 1",
    # One that states a limit in words that could not be read is not without one.
    "maximum_age": "select case when maximum_age_years is null then '' else printf('%.10g', maximum_age_years) end, count(*)"
    " from trials where maximum_age_years is not null or ages_unread is null group by 1",
    "minimum_age": "select case when minimum_age_years is null then '' else printf('%.10g', minimum_age_years) end, count(*)"
    " from trials where minimum_age_years is not null or ages_unread is null group by 1",
    "conflicts": "select rule, count(*) from conflicts group by 1",
    "problems": "select stage, count(*) from problems group by 1",
    "changes": "select severity, count(*) from changes group by 1",
}

# What a search without words and filters shows beside each choice: the trials that are not removed.
_COUNTS |= {
    f"facet_{column}": f"select {column}, count(*) from search_filter"
    f" where not removed and {column} is not null group by 1"
    for column in FACETS
} | {
    "facet_countries": f"select {_COUNTRY}, count(distinct trial_id) from {_SITES} join search_filter using (trial_id)"
    " where not removed and country is not null group by 1"
}


def refresh_stats(db: Database, progress: Progress = untold) -> None:
    """Count everything anew, inside the caller's transaction."""
    db.conn.execute("delete from stats")
    for done, (name, query) in enumerate(_COUNTS.items()):
        progress("counts", done, len(_COUNTS))
        db.conn.execute(
            f"insert into stats (name, key, value) select '{name}', * from ({query})",
        )
