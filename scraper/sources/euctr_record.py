"""The fields of one country's record of the EU Clinical Trials Register -> its Record.

The register has no date of a record's last change: how new a record is, is the latest date that it states, of an
authority's decision, an ethics committee's opinion or the end of the trial.
"""

import re
from collections.abc import Iterator, Sequence

from scraper.errors import ParseError
from scraper.model import Intervention, Oddity, Outcome, Record, SecondaryId, Site, Sponsor
from scraper.sources import euctr_groups
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.euctr_countries import COUNTRIES, number
from scraper.sources.euctr_rows import Fields, Row

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_IDS = {
    "sponsor_code": "Sponsor's protocol code",
    "isrctn": "ISRCTN number",
    "nct": "ClinicalTrials.gov number",
    "utn": "Universal Trial Reference Number",
    "other_ids": "Other identifier",
}
_PHASES = {
    "phase_1": "Human pharmacology (Phase I)",
    "phase_2": "Therapeutic exploratory (Phase II)",
    "phase_3": "Therapeutic confirmatory (Phase III)",
    "phase_4": "Therapeutic use (Phase IV)",
}
_MASKING = {"is_open": "None", "is_single_blind": "Single", "is_double_blind": "Double"}
_MODEL = {"is_parallel": "Parallel", "is_crossover": "Crossover"}
_PURPOSE = {"is_diagnosis": "Diagnostic", "is_prophylaxis": "Prevention", "is_therapy": "Treatment"}
_PRODUCT = ("product_name", "trade_name", "inn", "descriptive_name", "product_code")
_LOST = Oddity(
    "eligibility_criteria",
    "a text converted by another program",
    "the register's own text: the conversion has lost <, ≥, µ and brackets, so that no limit is read",
)
_SHORT = 20
"""A longer "name or abbreviated title" is a title and no acronym."""


def read(fields: Fields, code: str, url: str) -> Record:
    """The record of one country. Raises ParseError without a number or a title."""
    trial = number(fields)
    title = fields.line("full_title")
    if not title and not fields.line("lay_title"):
        raise ParseError(f"{trial}-{code} without a title", "a title", "A.3")
    record = Record(
        source="euctr",
        source_id=f"{trial}-{code}",
        registry_id=trial,
        url=url,
        brief_title=fields.line("lay_title") or title,
        official_title=title,
        acronym=short if len(short := fields.line("short_title")) <= _SHORT else "",
        overall_status=fields.line("status") or fields.line("end_status"),
        # The register holds clinical trials of medicinal products and nothing else (Directive 2001/20/EC).
        study_type="Interventional",
        signs_lost=fields.is_converted,
        phase=_phase(fields),
        healthy_volunteers=fields.line("healthy"),
        start_date=fields.line("recruitment_start"),
        primary_completion_date=fields.line("primary_completion"),
        completion_date=fields.line("global_end"),
        first_posted_date=fields.line("first_entered"),
        data_version=max(
            filter(_DAY.fullmatch, fields.every("first_entered", "dated", "global_end")), default=""
        ),
        has_results="yes" if fields.line("results").casefold() == "view results" else "",
        brief_summary=fields.text("main_objective"),
        detailed_description=fields.text("secondary_objectives"),
        eligibility_criteria="\n\n".join(
            f"{head} Criteria:\n\n{text}"
            for head in ("Inclusion", "Exclusion")
            if (text := fields.text(head.casefold()))
        ),
        allocation="Randomized" if fields.line("is_randomised").casefold() == "yes" else "",
        intervention_model=fields.only(_MODEL),
        masking=fields.only(_MASKING),
        primary_purpose=fields.only(_PURPOSE),
    )
    record.enrollment = fields.line("planned_in_all")
    if not record.enrollment and fields.line("is_multistate").casefold() == "no":
        record.enrollment = fields.line("planned_here")
    record.enrollment_type = "Estimated" if record.enrollment else ""
    _people(record, fields)
    _lists(record, fields, code)
    if record.signs_lost and record.eligibility_criteria:
        record.oddities.append(_LOST)
    for odd in dict.fromkeys(row.value for row in fields.rows if row.field == "?"):
        record.oddities.append(Oddity("label", odd, "a label of sources/euctr_labels.csv"))
    return without_contacts(record, [row.value for row in fields.rows if row.field == "phone"])


def _phase(fields: Fields) -> str:
    answers = ((label, fields.line(field)) for field, label in _PHASES.items())
    return "\n".join(f"{label}: {answer}" for label, answer in answers if answer)


def _people(record: Record, fields: Fields) -> None:
    """Ages and sex, from flags; the summary download lists the groups that say Yes."""
    if listed := fields.line("ages"):
        flags = euctr_groups.of_list(listed)
        if not flags:
            record.oddities.append(Oddity("age", listed, "groups of age, such as Adults, Elderly"))
    else:
        flags = {row.field: row.value for row in fields.rows if not row.language}
    record.minimum_age, record.maximum_age, oddity = euctr_groups.limits(flags)
    record.ages_are_groups = True
    if oddity:
        record.oddities.append(oddity)
    answers = {word: fields.line(word.casefold()).casefold() for word in ("Female", "Male")}
    record.sex = fields.line("sexes") or ", ".join(
        word for word, answer in answers.items() if answer == "yes"
    )
    if any(answers.values()) and (not all(answers.values()) or not record.sex):
        found = ", ".join(f"{word} {answer.capitalize() or '-'}" for word, answer in answers.items())
        record.oddities.append(Oddity("sex", found, "Yes or No for both, and Yes for one"))
        record.sex = ""


def _lists(record: Record, fields: Fields, code: str) -> None:
    record.conditions = list(_conditions(fields))
    record.keywords = [" ".join(area.split()) for area in fields.every("therapeutic_area")]
    record.outcomes = [
        Outcome(kind, text, fields.line(f"{kind}_time"))
        for kind in ("primary", "secondary")
        if (text := fields.text(f"{kind}_outcome"))
    ]
    record.interventions = list(_products(fields.rows))
    record.sponsors = list(_sponsors(fields.rows))
    record.secondary_ids = [
        SecondaryId(value, label)
        for field, label in _IDS.items()
        for value in dict.fromkeys(" ".join(words.split()) for words in fields.every(field))
    ]
    if code in COUNTRIES:
        record.sites.append(Site(country=COUNTRIES[code][0], status=record.overall_status))
    if fields.is_converted:
        return  # Its list of countries has lost what parted them: "Czech Republic Germany Italy".
    named = {site.country for site in record.sites}
    for place in dict.fromkeys(line.strip() for line in fields.text("regions").split("\n")):
        if place and place not in named:
            record.sites.append(Site(country=place))


def _conditions(fields: Fields) -> Iterator[str]:
    """The condition in the form's words, then its MedDRA terms, but for those that name an organ system only."""
    seen = {""}
    level = ""
    named = " ".join(fields.text("condition").split())
    for row in (Row("meddra_term", named), *fields.rows):
        if row.field == "meddra_level":
            level = row.value
        elif row.field == "meddra_term":
            term = " ".join(row.value.split())
            if term.casefold() not in seen and level != "SOC":
                yield term
            seen.add(term.casefold())


def _products(rows: Sequence[Row]) -> Iterator[Intervention]:
    """The medicinal products, each under the first of its names."""
    groups: list[dict[str, list[str]]] = []
    for row in rows:
        if row.field == "imp_role":
            groups.append({})
        if groups and row.value and not row.language:
            lines = (" ".join(line.split()) for line in row.value.split("\n"))
            groups[-1].setdefault(row.field, []).append(", ".join(line for line in lines if line))
    for group in groups:
        names = list(dict.fromkeys(name for field in _PRODUCT for name in group.get(field, [])))
        if not names:
            continue
        is_drug, is_biological = ("Yes" in group.get(f, []) for f in ("is_chemical", "is_biological"))
        kind = "Biological" if is_biological else "Drug" if is_drug else ""
        about = [
            word for field in ("imp_role", "pharmaceutical_form", "route") for word in group.get(field, [])
        ]
        yield Intervention(kind, names[0], "; ".join(about), tuple(names[1:]))


def _sponsors(rows: Sequence[Row]) -> Iterator[Sponsor]:
    """The first sponsor leads. A commercial one is INDUSTRY; what a non-commercial one is, the form does not say."""
    found: list[tuple[str, str]] = []
    for row in rows:
        if row.field == "sponsor" and row.value and not row.language:
            found.append((" ".join(row.value.split()), ""))
        elif row.field == "sponsor_status" and found and row.value.casefold() == "commercial":
            found[-1] = (found[-1][0], "INDUSTRY")
    for position, (name, class_) in enumerate(found):
        yield Sponsor(name, "lead" if position == 0 else "collaborator", class_)
