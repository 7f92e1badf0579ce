"""The labels of ClinicalTrials.gov's classic pages of one study, in their order: full view of both layouts, tabular view.

The tabular view says the same under other words and in another order; its parts have the same keys.
"""

import re
from collections.abc import Sequence

from scraper.sources.blocks import Block
from scraper.sources.labels import Label, Layout, folded

_ANYTHING = re.compile(r".")
_AGE = re.compile(r"\d|up to|child|adult|older adult|n/a", re.IGNORECASE)
_SEX = re.compile(r"(?:both|male|female|all)\b", re.IGNORECASE)
_YES_NO = re.compile(r"(?:yes|no|accepts healthy volunteers)\b", re.IGNORECASE)
_ELIGIBILITY = re.compile(
    r"information from the national|choosing to participate|(?:ages|sexes|genders) elig", re.IGNORECASE
)
_STUDY_TYPE = re.compile(r"interventional|observational|expanded access", re.IGNORECASE)
_COLUMNS = tuple(
    Label("columns", words, 3, value=_ANYTHING)
    for words in (
        *(
            "condition or disease",
            "condition",
            "conditions",
            "condition or disease intervention/treatment phase",
        ),
        *(
            "condition or disease intervention/treatment",
            "condition intervention phase",
            "condition intervention",
        ),
    )
)
_HEAD = (
    ("nct_id", "clinicaltrials.gov identifier"),
    ("overall_status", "recruitment status"),
    ("overall_status", "expanded access status"),
    ("last_known_status", "recruitment status was"),
    ("first_posted_date", "first posted"),
    ("", "first received"),
    ("results_first_posted_date", "results first posted"),
    ("", "results first received"),
    ("updated", "last update posted"),
    ("updated", "last updated"),
    ("verification_date", "last verified"),
    ("lead", "sponsor"),
    ("collaborator", "collaborator"),
    ("collaborator", "collaborators"),
    ("", "information provided by*"),
)
_DATES = tuple(
    (field, f"{kind}{words}")
    for kind in ("", "actual ", "estimated ", "anticipated ")
    for field, words in (
        ("start_date", "study start date"),
        ("primary_completion_date", "primary completion date"),
        ("completion_date", "study completion date"),
    )
)
_DESIGN = (
    ("design", "study design"),
    ("enrollment", "enrollment"),
    ("enrollment", "actual enrollment"),
    ("enrollment", "estimated enrollment"),
    ("enrollment", "anticipated enrollment"),
    ("allocation", "allocation"),
    ("intervention_model", "intervention model"),
    ("", "intervention model description"),
    ("observational_model", "observational model"),
    ("time_perspective", "time perspective"),
    ("masking", "masking"),
    ("", "masking description"),
    ("primary_purpose", "primary purpose"),
    ("", "endpoint classification"),
    ("", "target follow-up duration"),
    ("official_title", "official title"),
    *_DATES,
    ("", "resource links provided by*"),
    ("", "further study details*"),
    ("", "submission cycle"),
    ("", "publications of results"),
)
_OUTCOMES = (
    ("primary", "primary outcome measures"),
    ("secondary", "secondary outcome measures"),
    ("other", "other outcome measures"),
)
_LABELS = (
    *(Label(key, words, 0) for key, words in _HEAD),
    Label("", "study description", 1),
    Label("brief_summary", "brief summary", 2, is_prose=True),
    Label("brief_summary", "purpose", 2, is_prose=True),
    *_COLUMNS,
    Label("detailed_description", "detailed description", 4, is_prose=True),
    Label("", "study design", 5, value=re.compile(r"study type", re.IGNORECASE)),
    Label("study_type", "study type", 5, value=_STUDY_TYPE),
    *(Label(key, words, 5) for key, words in _DESIGN),
    *(Label(key, words, 5) for key, words in _OUTCOMES),
    *(
        Label("arms", words, 6)
        for words in (
            "arms and interventions",
            "groups and cohorts",
            "arms",
            "groups/cohorts",
            "groups and interventions",
        )
    ),
    Label("", "outcome measures", 7),
    *(Label(key, words, 7) for key, words in _OUTCOMES),
    Label("", "biospecimen retention", 7),
    Label("", "biospecimen description", 7),
    Label("detailed_description", "detailed description", 8, is_prose=True),
    Label("", "eligibility criteria", 9, value=_ELIGIBILITY),
    Label("", "eligibility", 9, value=_ELIGIBILITY),
    Label("age", "ages eligible for study", 10, value=_AGE),
    Label("sex", "sexes eligible for study", 10, value=_SEX),
    Label("sex", "genders eligible for study", 10, value=_SEX),
    Label("", "gender based eligibility", 10),
    Label("healthy_volunteers", "accepts healthy volunteers", 10, value=_YES_NO),
    Label("", "sampling method", 10),
    Label("study_population", "study population", 11, is_prose=True),
    Label("criteria", "criteria", 12, is_prose=True),
    Label("end", "contacts and locations", 13, value=_ANYTHING),
    Label("end", "more information", 14, value=_ANYTHING),
    *(Label(key, words, 15) for key, words in _HEAD if key not in ("lead", "collaborator", "overall_status")),
    Label("", "sponsors and collaborators", 15),
    Label("", "investigators", 15),
    Label("", "responsible party", 15),
    Label("other_ids", "other study id numbers", 15),
    Label("", "study first received", 15),
    Label("", "health authority", 15),
    Label("keywords", "keywords provided by*", 15),
    Label("", "additional relevant mesh terms", 15),
    Label("", "individual participant data*", 15),
    Label("", "to top", 16),
    Label("", "for patients and families", 16),
)
LAYOUT = Layout(_LABELS)
_TABULAR = (
    *(Label(key, words, 0) for key, words in _HEAD),
    Label("", "tracking information", 1),
    *(
        Label(key, words, 2)
        for key, words in (
            ("", "first submitted date"),
            ("", "first received date"),
            ("first_posted_date", "first posted date"),
            ("", "results first submitted date"),
            ("", "results first received date"),
            ("results_first_posted_date", "results first posted date"),
            ("updated", "last update posted date"),
            ("updated", "last updated date"),
            ("start_date", "start date"),
            ("primary", "current primary outcome measures"),
            ("secondary", "current secondary outcome measures"),
            ("other", "current other pre-specified outcome measures"),
            ("other", "current other outcome measures"),
            ("", "original primary outcome measures"),
            ("", "original secondary outcome measures"),
            ("", "original other pre-specified outcome measures"),
            ("", "original other outcome measures"),
            ("", "change history"),
            *_DATES,
        )
    ),
    Label("", "descriptive information", 3),
    Label("brief_title", "brief title", 4),
    Label("official_title", "official title", 5),
    Label("brief_summary", "brief summary", 6, is_prose=True),
    Label("detailed_description", "detailed description", 7, is_prose=True),
    Label("study_type", "study type", 8, value=_STUDY_TYPE),
    Label("phase", "study phase", 9),
    Label("phase", "phase", 9),
    *(Label(key, words, 10) for key, words in _DESIGN if not words.startswith("resource")),
    Label("", "biospecimen", 10),
    Label("", "sampling method", 10),
    Label("study_population", "study population", 10),
    Label("condition", "condition", 10),
    Label("intervention", "intervention", 10),
    *(
        Label("arms", words, 11)
        for words in ("study arms", "study arm (s)", "study groups/cohorts", "study group")
    ),
    Label("", "publications*", 12),
    Label("", "recruitment information", 13),
    Label("overall_status", "recruitment status", 14),
    Label("enrollment", "enrollment", 14),
    Label("enrollment", "actual enrollment", 14),
    Label("enrollment", "estimated enrollment", 14),
    Label("", "original actual enrollment", 14),
    Label("", "original estimated enrollment", 14),
    *(Label(key, words, 14) for key, words in _DATES),
    Label("completion_date", "completion date", 14),
    Label("criteria", "eligibility criteria", 15, is_prose=True),
    Label("", "sex/gender", 16, value=re.compile(r"sexes eligible|gender based", re.IGNORECASE)),
    Label("sex", "sexes eligible for study", 17, value=_SEX),
    Label("sex", "gender", 17, value=_SEX),
    Label("", "gender based eligibility", 17),
    Label("age", "ages", 18, value=_AGE),
    Label("healthy_volunteers", "accepts healthy volunteers", 19, value=_YES_NO),
    Label("", "contacts", 20),
    Label("", "listed location countries", 20),
    Label("", "removed location countries", 20),
    Label("end", "administrative information", 21),
    Label("nct_id", "nct number", 22),
    Label("other_ids", "other study id numbers", 22),
    Label("", "has data monitoring committee", 22),
    Label("", "u.s. fda-regulated product", 22),
    Label("", "ipd sharing statement", 22),
    Label("", "responsible party", 22),
    Label("", "current responsible party", 22),
    Label("", "original responsible party", 22),
    Label("lead", "study sponsor", 22),
    Label("lead", "current study sponsor", 22),
    Label("", "original study sponsor", 22),
    Label("collaborator", "collaborators", 22),
    Label("", "investigators", 22),
    Label("", "information provided by", 22),
    Label("", "prs account", 22),
    Label("verification_date", "verification date", 22),
    Label("", "to top", 23),
)
TABULAR = Layout(_TABULAR)
_FURNITURE = re.compile(r"layout table for .{0,60}|go to(?: sections?)?|hide glossary", re.IGNORECASE)
_BESIDE_LABEL = re.compile(r"(?<!\s)\s*+(?:\bICMJE\b\s*+)?(?:\(submitted: [^)]*\))?\s*+\Z")


def content(blocks: Sequence[Block]) -> list[Block]:
    """The blocks without what the layout of the site adds: captions of its tables, its menu beside each heading."""
    return [block for block in blocks if not _FURNITURE.fullmatch(block.text)]


def tabular(blocks: Sequence[Block]) -> list[Block]:
    """The blocks of a tabular view without what stands behind its labels: "ICMJE", "(submitted: July 12, 2010)".

    An empty list for any other page.
    """
    if not any(folded(_BESIDE_LABEL.sub("", block.text)) == "tracking information" for block in blocks):
        return []
    return [
        block._replace(text=_BESIDE_LABEL.sub("", block.text))
        for block in blocks
        if block.text.strip() not in ("ICMJE", "Not Provided")
    ]
