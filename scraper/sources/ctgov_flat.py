"""What ClinicalTrials.gov's flat forms share: one line a study in CSV and TSV, one short element in search XML.

They leave out most of a study, eligibility criteria above all, so their records are partial: they stand for a trial
as long as nothing else is known of it. Outcome measures are not read: the old forms do not say which are primary,
the new one runs measure, description and time frame together.
"""

import re
from collections.abc import Iterable, Iterator

from scraper.errors import ParseError
from scraper.model import Intervention, Record, SecondaryId, Site, Sponsor
from scraper.sources.ctgov_contacts import without_contacts
from scraper.sources.ctgov_json import NCT_ID

_INTERVENTION = re.compile(
    r"(Drug|Biological|Device|Procedure|Radiation|Behavioral|Genetic|Dietary[ _]Supplement|Combination[ _]Product|"
    r"Diagnostic[ _]Test|Other): ?(.*)",
    re.IGNORECASE | re.DOTALL,
)
_DESIGN = {
    "Allocation": "allocation",
    "Intervention Model": "intervention_model",
    "Observational Model": "observational_model",
    "Time Perspective": "time_perspective",
    "Primary Purpose": "primary_purpose",
    "Masking": "masking",
}
# "Korea, Republic of" and "Congo, The Democratic Republic of the" hold a comma of their own.
_COUNTRY = re.compile(
    r", ((?:[^,]+, [^,]+ of(?: the)?)|Palestinian Territor(?:y|ies), Occupied|[^,]+)$", re.IGNORECASE
)
_GROUPS = re.compile(
    r"\s*\(?(?:child|adult|older[ _]adult|senior)(?:,\s*(?:child|adult|older[ _]adult|senior))*\)?\s*$",
    re.IGNORECASE,
)


def checked_id(words: str) -> str:
    """The id as the registry writes it. Raises ParseError."""
    nct_id = words.strip().upper()
    if NCT_ID.fullmatch(nct_id) is None:
        raise ParseError(f"a study with the id {words[:60]!r}", "NCT and eight digits", "nct_id")
    return nct_id


def stated(words: str) -> str:
    """The words of a cell on one line; "" for the exports' word for nothing, "null"."""
    text = " ".join(words.split())
    return "" if text == "null" else text


def age_words(words: str) -> str:
    """Limits without the age groups behind them; groups alone ("CHILD, ADULT") are no limits and give ""."""
    return _GROUPS.sub("", stated(words))


def site(words: str) -> Site:
    """A place given on one line. Only the country can be told apart: facilities hold commas of their own."""
    text = stated(words)
    country = _COUNTRY.search(text)
    return Site(facility=text[: country.start()], country=country[1]) if country else Site(facility=text)


def interventions(items: Iterable[str]) -> list[Intervention]:
    """ "Drug: A", "Radiation: B"; an item without a kind is the rest of a name that held the separator."""
    found: list[Intervention] = []
    for item in items:
        match = _INTERVENTION.fullmatch(item.strip())
        if match:
            found.append(Intervention(match[1], stated(match[2])))
        elif found and item.strip():
            found[-1] = Intervention(found[-1].intervention_type, f"{found[-1].name}|{stated(item)}")
    return found


def design(items: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(field of a record, its words) for "Masking: NONE" and the like."""
    for item in items:
        label, _, words = item.partition(":")
        # The API's CSV cuts every time perspective down to its first letter.
        if label.strip() in _DESIGN and len(words.strip()) > 1:
            yield _DESIGN[label.strip()], words.strip()


def sponsors(
    lead: str, collaborators: Iterable[str], classes: Iterable[str], lead_class: str = ""
) -> list[Sponsor]:
    """Lead and collaborators; the classes of all together are a statement about each only where there is but one."""
    every = {word for item in classes if (word := stated(item))}
    shared = every.pop() if len(every) == 1 else ""
    named = [("lead", stated(lead)), *(("collaborator", stated(name)) for name in collaborators)]
    return [
        Sponsor(name, role, lead_class if role == "lead" and lead_class else shared)
        for role, name in named
        if name
    ]


def record(nct_id: str, title: str, **fields: str) -> Record:
    """A partial record of the cells; `fields` are names of a record's own. Raises ParseError without a title."""
    if not title:
        raise ParseError(f"{nct_id} without a title", "a title", "brief_title")
    found = Record(
        source="ctgov",
        source_id=nct_id,
        registry_id=nct_id,
        url=f"https://clinicaltrials.gov/study/{nct_id}",
        is_partial=True,
        brief_title=title,
    )
    for name, words in fields.items():
        setattr(found, name, words)
    # The old exports go on: "Expanded Access:Individual Patients|Treatment IND/Protocol".
    if found.study_type.startswith("Expanded Access"):
        found.study_type = "Expanded Access"
    return found


def finished(found: Record, places: Iterable[str], other_ids: Iterable[str]) -> Record:
    """The record with its places and other ids, contacts blanked."""
    found.sites = [site(words) for words in places if stated(words)]
    found.secondary_ids = [SecondaryId(value) for words in other_ids if (value := stated(words))]
    return without_contacts(found, [])


def has_results(words: str) -> str:
    """ "Yes" or "No" for every form's words; others as they are."""
    known = {"no results available": "No", "no": "No", "has results": "Yes", "yes": "Yes"}
    return known.get(words.casefold(), words)
