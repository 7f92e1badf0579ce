"""Which columns are searched, and how much a match in each is worth."""

from scraper.search.tags import COLUMN, tags_sql
from scraper.store.fulltext import BREAK, Column, Index, listed

TRIALS = Index(
    name="trials_fts",
    columns=(
        Column("brief_title", "t.brief_title", 8.0),
        Column("official_title", "x.official_title", 4.0),
        Column("acronym", "t.acronym", 8.0),
        Column("conditions", listed("conditions", "name"), 10.0),
        Column("keywords", listed("keywords", "name"), 3.0),
        Column("condition_mesh", listed("mesh_terms", "term", "kind = 'condition'"), 4.0),
        Column("intervention_mesh", listed("mesh_terms", "term", "kind = 'intervention'"), 4.0),
        Column("inferred_mesh", listed("inferred_terms", "term"), 2.0),
        Column("interventions", listed("interventions", "name"), 8.0),
        Column("other_names", listed("intervention_other_names", "name"), 4.0),
        Column("sponsors", listed("sponsors", "name"), 2.0),
        Column(
            "ids",
            f"'{BREAK} ' || f.trial_id || coalesce(' ' || {listed('secondary_ids', 'id_value')}, ' {BREAK}')",
            10.0,
        ),
        Column(COLUMN, tags_sql(), 0.0),
    ),
)

CRITERIA = Index(
    name="criteria_fts",
    columns=(Column("eligibility_criteria", "x.eligibility_criteria"),),
)

INDEXES = (TRIALS, CRITERIA)

TITLES = ("brief_title", "official_title", "acronym")
SUBJECT = (
    "conditions",
    "condition_mesh",
    "inferred_mesh",
    "interventions",
    "other_names",
    "intervention_mesh",
    COLUMN,
)
"""The columns that say what a trial is about: hits in both groups come before hits in one, and these before others."""

SCOPES: dict[str, tuple[Index, tuple[str, ...]]] = {
    "": (TRIALS, ()),
    "condition": (TRIALS, ("conditions", "keywords", "condition_mesh", "inferred_mesh")),
    "intervention": (TRIALS, ("interventions", "other_names", "intervention_mesh")),
    "sponsor": (TRIALS, ("sponsors",)),
    "title": (TRIALS, TITLES),
    "id": (TRIALS, ("ids",)),
    "criteria": (CRITERIA, ()),
}
"""What may stand before a colon, the index it searches and the columns; () is all of them."""
