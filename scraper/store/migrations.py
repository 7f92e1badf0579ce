"""The schema of `trials.db`: the list of migrations, oldest first. One that has shipped is never edited.

Tables and columns are a contract with other people's queries (README, "The tables"). Indexes that only serve
queries are made after a bulk load, by `store.writer.finish`.
"""

from sqlite_utils import Migrations
from sqlite_utils.db import Database

from scraper.store import unread_before
from scraper.store.codes import code_sql

migrations = Migrations("trials")

_TRIALS = """
create table trials (
    trial_id text primary key,
    registry text,
    brief_title text,
    acronym text,
    overall_status text,
    last_known_status text,
    study_type text,
    phase text,
    sex text,
    minimum_age text,
    maximum_age text,
    minimum_age_years real,
    maximum_age_years real,
    maximum_age_before_years real,
    healthy_volunteers integer,
    lead_sponsor text,
    lead_sponsor_class text,
    enrollment integer,
    enrollment_type text,
    start_date text,
    primary_completion_date text,
    completion_date text,
    first_posted_date text,
    results_first_posted_date text,
    verification_date text,
    last_update_posted_date text,
    has_results integer,
    url text,
    source text not null,
    source_id text not null,
    first_seen_at text not null,
    last_seen_at text not null,
    last_changed_at text not null,
    removed_at text
);
create table trial_text (
    trial_id text primary key references trials(trial_id),
    official_title text,
    brief_summary text,
    detailed_description text,
    eligibility_criteria text,
    study_population text,
    why_stopped text
);
create table designs (
    trial_id text primary key references trials(trial_id),
    allocation text,
    intervention_model text,
    observational_model text,
    time_perspective text,
    primary_purpose text,
    masking text
);
"""

# In a table without rowid the key's columns stand first: `pragma integrity_check` of SQLite 3.40 sees NULLs in the
# others when they do not.

# Child tables share one shape: trial_id, position, then the row's own columns.
_CHILDREN = {
    "conditions": "name text not null",
    "keywords": "name text not null",
    "mesh_terms": "kind text not null, mesh_id text, term text not null, is_ancestor integer not null",
    "interventions": "intervention_type text, name text, description text",
    "intervention_other_names": "intervention_position integer not null, name text not null",
    "arms": "group_type text, title text, description text",
    "arm_interventions": "arm_position integer not null, intervention_name text not null",
    "outcomes": "outcome_type text not null, measure text, time_frame text, description text",
    "study_references": "reference_type text, pmid text, citation text, url text",
    "sponsors": "name text not null, class text, role text not null",
    "sites": "facility text, city text, state text, zip text, country text,"
    " latitude real, longitude real, status text",
    "secondary_ids": "id_value text not null, id_type text not null, label text, domain text, link text",
}

_CRITERIA = """
create table variables (
    code text primary key,
    label text not null,
    type text not null,
    default_unit text,
    loinc text
);
create table criteria (
    id integer primary key,
    trial_id text not null references trials(trial_id),
    kind text not null,
    kind_source text not null,
    position integer not null,
    parent_id integer references criteria(id),
    depth integer not null,
    section text,
    text text not null,
    raw_start integer not null,
    raw_end integer not null
);
create table criteria_constraints (
    criterion_id integer not null references criteria(id),
    position integer not null,
    trial_id text not null references trials(trial_id),
    variable text not null references variables(code),
    comparator text not null,
    value real not null,
    unit text,
    canonical_value real,
    canonical_unit text,
    conditional integer not null,
    condition_text text,
    window_value real,
    window_unit text,
    evidence text not null,
    evidence_start integer not null,
    evidence_end integer not null,
    rule text not null,
    confidence real not null,
    primary key (criterion_id, position)
) without rowid;
create table criteria_flags (
    criterion_id integer not null references criteria(id),
    flag text not null,
    trial_id text not null references trials(trial_id),
    primary key (criterion_id, flag)
) without rowid;
"""

_PROVENANCE = """
create table records (
    source text not null,
    source_id text not null,
    trial_id text not null references trials(trial_id),
    url text,
    status_raw text,
    age_raw text,
    sex_raw text,
    phase_raw text,
    sponsor_raw text,
    updated_raw text,
    fetched_at text not null,
    sha256 text not null,
    parser_version text not null,
    is_partial integer not null default 0,
    primary key (source, source_id)
) without rowid;
create table changes (
    trial_id text not null references trials(trial_id),
    position integer not null,
    field text not null,
    old text,
    new text,
    observed_at text not null,
    severity text not null,
    source text not null,
    primary key (trial_id, position)
) without rowid;
create table conflicts (
    trial_id text not null references trials(trial_id),
    position integer not null,
    rule text not null,
    field text not null,
    value_a text not null,
    source_a text not null,
    quote_a text not null,
    date_a text,
    value_b text not null,
    source_b text not null,
    quote_b text not null,
    date_b text,
    primary key (trial_id, position)
) without rowid;
create table links (
    trial_id text not null references trials(trial_id),
    other_id text not null,
    relation text not null,
    evidence text not null,
    confidence real not null,
    primary key (trial_id, other_id, relation)
) without rowid;
create table problems (
    trial_id text,
    source text not null,
    source_id text not null,
    url text not null,
    stage text not null,
    field text not null,
    found text not null,
    expected text not null,
    seen_at text not null
);
create table runs (
    id integer primary key,
    command text not null,
    source text,
    arguments text not null,
    started_at text not null,
    finished_at text,
    expected integer,
    fetched integer not null,
    unchanged integer not null,
    failed integer not null
);
create table stats (
    name text not null,
    key text not null,
    value integer not null,
    primary key (name, key)
) without rowid;
create table meta (
    key text primary key,
    value text not null
) without rowid;
create table trial_digests (
    trial_id text primary key references trials(trial_id),
    digest text not null
) without rowid;
"""

# The narrow table that filters and joins the full-text indexes; `id` is model.trial_key(trial_id).
_SEARCH = """
create table search_filter (
    id integer primary key,
    trial_id text not null unique references trials(trial_id),
    overall_status text,
    study_type text,
    phase text,
    sex text,
    minimum_age_years real,
    maximum_age_before_years real,
    healthy_volunteers integer,
    lead_sponsor_class text,
    enrollment integer,
    start_date text,
    last_update_posted_date text,
    has_results integer,
    removed integer not null
);
"""


@migrations()
def m001_first_schema(db: Database) -> None:
    statements = _TRIALS + _CRITERIA + _PROVENANCE + _SEARCH
    for name, columns in _CHILDREN.items():
        statements += (
            f"create table {name} (trial_id text not null references trials(trial_id),"
            f" position integer not null, {columns}, primary key (trial_id, position)) without rowid;\n"
        )
    for statement in statements.split(";\n"):
        if statement.strip():
            db.execute(statement)


# What search learns from the rows (search.learned): abbreviations with their long forms, the names that the
# registries' own MeSH terms go by, and for records that carry no MeSH terms those their conditions stand for.
_LEARNED = """
create table synonyms (
    abbreviation text not null collate nocase,
    expansion text not null,
    expansion_key text not null,
    trials integer not null,
    primary key (abbreviation, expansion)
) without rowid;
create index synonyms_expansion_key on synonyms(expansion_key);
create table mesh_names (
    name text not null,
    term text not null,
    trials integer not null,
    primary key (name, term)
) without rowid;
create index mesh_names_term on mesh_names(term);
create table inferred_terms (
    trial_id text not null references trials(trial_id),
    position integer not null,
    term text not null,
    is_ancestor integer not null,
    evidence text,
    primary key (trial_id, position)
) without rowid;
"""


@migrations()
def m002_search(db: Database) -> None:
    for statement in _LEARNED.split(";\n"):
        if statement.strip():
            db.execute(statement)
    # The countries of a trial's sites, "|" before, between and after: a filter on the narrow table alone.
    db.execute("alter table search_filter add column countries text")
    # Vanished trials are few: counts are made without them and corrected by them.
    db.execute("create index search_filter_removed on search_filter(id) where removed = 1")


@migrations()
def m004_changed_record(db: Database) -> None:
    # A trial's history may be that of several records; until now it was that of the record the trial shows.
    db.execute("alter table changes add column source_id text")
    db.execute(
        "update changes set source_id = (select source_id from trials t where t.trial_id = changes.trial_id)"
    )


# Which ids a record names, which trials were compared, which links people refused, which trials are one.
_IDENTITY = """
create table mentions (
    trial_id text not null references trials(trial_id),
    position integer not null,
    other_id text not null,
    id_type text not null,
    place text not null,
    relation text not null,
    quote text not null,
    primary key (trial_id, position)
) without rowid;
create table link_keys (
    key integer not null,
    id integer not null,
    primary key (key, id)
) without rowid;
create table link_candidates (
    trial_id text not null references trials(trial_id),
    other_id text not null references trials(trial_id),
    score real not null,
    evidence text not null,
    primary key (trial_id, other_id)
) without rowid;
create index link_candidates_other_id on link_candidates(other_id);
create table refused_links (
    trial_id text not null,
    other_id text not null,
    because text not null,
    refused_at text not null,
    primary key (trial_id, other_id)
) without rowid;
create table trial_groups (
    trial_id text primary key references trials(trial_id),
    group_id text not null
) without rowid;
create index trial_groups_group_id on trial_groups(group_id);
"""


@migrations()
def m005_identity(db: Database) -> None:
    for statement in _IDENTITY.split(";\n"):
        if statement.strip():
            db.execute(statement)


# What every trial teaches, summed up: after a change only the trials that changed are read again.
_COUNTS = """
create table learned_counts (
    kind text not null,
    a text not null,
    b text not null,
    count integer not null,
    primary key (kind, a, b)
) without rowid
"""


@migrations()
def m006_places_and_counts(db: Database) -> None:
    db.execute(_COUNTS)
    db.execute("create table countries (code text primary key, name text not null) without rowid")
    db.execute("alter table sites add column country_code text")
    # "stated" by the record, or "gazetteer": those of the city, approximate.
    db.execute("alter table sites add column coordinates_source text")


_MEMORY = """
alter table changes add column kind text not null default 'changed';
alter table changes add column criterion integer;
alter table changes add column detail text;
alter table records add column form_lacks text;
create table versions (
    trial_id text not null references trials(trial_id),
    position integer not null,
    observed_at text not null,
    replaced_at text not null,
    source text not null,
    source_id text not null,
    fetched_at text not null,
    sha256 text not null,
    state text not null,
    primary key (trial_id, position)
);
"""


@migrations()
def m007_memory(db: Database) -> None:
    for statement in _MEMORY.split(";\n"):
        if statement.strip():
            db.execute(statement)


# What of search_filter is read for every hit, in a quarter of its width: of 75,000 hits by age 22 ms, not 55.
_CODES = """
create table search_codes (
    id integer primary key,
    minimum_age_years real,
    maximum_age_before_years real,
    last_update_posted_date text,
    code integer not null
)
"""


@migrations()
def m008_codes(db: Database) -> None:
    db.execute(_CODES)
    names = ("id", "minimum_age_years", "maximum_age_before_years", "last_update_posted_date")

    def filling(row: str) -> str:
        values = ", ".join(f"{row}.{name}" for name in names)
        return f"insert into search_codes ({', '.join(names)}, code) select {values}, {code_sql(row)}"

    db.execute(f"{filling('f')} from search_filter f order by f.id")
    # Kept by the database itself: what writes a trial knows nothing of it.
    gone = "delete from search_codes where id = old.id"
    for event, work in (
        ("insert", filling("new")),
        ("delete", gone),
        ("update", f"{gone}; {filling('new')}"),
    ):
        db.execute(f"create trigger search_codes_{event} after {event} on search_filter begin {work}; end")


@migrations()
def m009_newest_of_a_facet(db: Database) -> None:
    # An index a facet's column becomes one with the date by which its trials are shown. In a new database neither
    # exists: they are made after the load.
    for column in ("overall_status", "phase", "sex", "study_type", "lead_sponsor_class"):
        if db.execute("select 1 from sqlite_master where name = ?", [f"trials_{column}"]).fetchone():
            db.execute(f"drop index trials_{column}")
            db.execute(
                f"create index trials_{column}_last_update_posted_date on trials({column}, last_update_posted_date)"
            )


@migrations()
def m010_ages_unread(db: Database) -> None:
    # A limit that is stated and could not be read looked like no limit.
    for table in ("trials", "search_filter", "records"):
        db.execute(f"alter table {table} add column ages_unread text")
    unread_before.fill(db)


# A change is learned when the pages of both versions are there. Of a history of several records, and of one from before
# there were versions, the page that is shown now is what is known; the next build says it exactly.
_LEARNED_AT = """
alter table changes add column learned_at text;
update changes set learned_at = observed_at where field = 'removed_at';
update changes set learned_at = max(
    coalesce(
        (
            select fetched_at from versions v where v.trial_id = changes.trial_id and v.source = changes.source
            and v.source_id = changes.source_id and v.observed_at = changes.observed_at
        ),
        (select fetched_at from records r where r.source = changes.source and r.source_id = changes.source_id),
        observed_at
    ),
    coalesce(
        (
            select fetched_at from versions v where v.trial_id = changes.trial_id and v.source = changes.source
            and v.source_id = changes.source_id and v.observed_at < changes.observed_at
            order by position desc limit 1
        ),
        ''
    )
) where learned_at is null;
"""


@migrations()
def m011_learned_at(db: Database) -> None:
    for statement in _LEARNED_AT.split(";\n"):
        if statement.strip():
            db.execute(statement)
