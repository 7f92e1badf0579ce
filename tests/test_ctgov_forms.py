"""Every older form of a ClinicalTrials.gov record: what it says is read, what it leaves out stays unstated."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from scraper.errors import SettingsError
from scraper.model import Intervention, Page, Problem, Record, SecondaryId, Site, Sponsor, Trial
from scraper.normalise.trial import normalise
from scraper.sources import ctgov
from tests.commands import dump, rows, trials, trials_json
from tests.samples import study, write_study

NCT = "NCT99300001"


def pages(body: str | bytes) -> list[Page]:
    raw = body.encode() if isinstance(body, str) else body
    assert ctgov.recognise("download", raw[: 1 << 16])
    found = list(
        ctgov.split(Page(source="ctgov", url="f", body=raw, fetched_at="2026-01-01T00:00:00Z", path="f"))
    )
    return [part for part in found if isinstance(part, Page)]


def problems(body: str) -> list[Problem]:
    page = Page(source="ctgov", url="f", body=body.encode(), fetched_at="", path="f")
    return [part for part in ctgov.split(page) if isinstance(part, Problem)]


def only(body: str | bytes) -> tuple[Record, Trial]:
    (page,) = pages(body)
    assert ctgov.canonical_url(page.url) == page.url
    record = ctgov.parse(page)
    trial, odd = normalise(record, "")
    assert odd == ()
    return record, trial


# ── the classic API ─────────────────────────────────────────────────────────────────────────────────────

CLASSIC: dict[str, Any] = {
    "ProtocolSection": {
        "IdentificationModule": {
            "NCTId": NCT,
            "NCTIdAliasList": {"NCTIdAlias": ["NCT99300009"]},
            "OrgStudyIdInfo": {"OrgStudyId": "ICL-7", "OrgStudyIdType": "Other Grant/Funding Number"},
            "SecondaryIdInfoList": {"SecondaryIdInfo": [{"SecondaryId": "2020-001234-22", "SecondaryIdType": "EudraCT Number"}]},
            "BriefTitle": "Lantern Therapy for Drowsy Keepers",
            "OfficialTitle": "A Trial of Lanterns",
            "Acronym": "LANTERN",
        },
        "StatusModule": {
            "StatusVerifiedDate": "July 2021",
            "OverallStatus": "Active, not recruiting",
            "StartDateStruct": {"StartDate": "August 1, 2021", "StartDateType": "Actual"},
            "CompletionDateStruct": {"CompletionDate": "March 2023"},
            "StudyFirstPostDateStruct": {"StudyFirstPostDate": "July 22, 2021"},
            "LastUpdatePostDateStruct": {"LastUpdatePostDate": "July 23, 2022"},
        },
        "SponsorCollaboratorsModule": {
            "LeadSponsor": {"LeadSponsorName": "Institute of Coastal Light", "LeadSponsorClass": "OTHER"},
            "CollaboratorList": {"Collaborator": [{"CollaboratorName": "Keepers' Union", "CollaboratorClass": "NETWORK"}]},
        },
        "DescriptionModule": {"BriefSummary": "Does light help?", "DetailedDescription": "At length."},
        "ConditionsModule": {"ConditionList": {"Condition": ["Drowsiness"]}, "KeywordList": {"Keyword": ["lamp"]}},
        "DesignModule": {
            "StudyType": "Interventional",
            "PhaseList": {"Phase": ["Phase 1", "Phase 2"]},
            "DesignInfo": {
                "DesignAllocation": "Randomized",
                "DesignInterventionModel": "Parallel Assignment",
                "DesignPrimaryPurpose": "Treatment",
                "DesignMaskingInfo": {"DesignMasking": "Double"},
            },
            "EnrollmentInfo": {"EnrollmentCount": "40", "EnrollmentType": "Anticipated"},
        },
        "ArmsInterventionsModule": {
            "ArmGroupList": {
                "ArmGroup": [
                    {
                        "ArmGroupLabel": "Bright",
                        "ArmGroupType": "Experimental",
                        "ArmGroupDescription": "A lantern",
                        "ArmGroupInterventionList": {"ArmGroupInterventionName": ["Device: Lantern"]},
                    }
                ]
            },
            "InterventionList": {
                "Intervention": [
                    {
                        "InterventionType": "Device",
                        "InterventionName": "Lantern",
                        "InterventionOtherNameList": {"InterventionOtherName": ["Lamp"]},
                    }
                ]
            },
        },
        "OutcomesModule": {
            "PrimaryOutcomeList": {"PrimaryOutcome": [{"PrimaryOutcomeMeasure": "Hours awake", "PrimaryOutcomeTimeFrame": "1 week"}]},
            "OtherOutcomeList": {"OtherOutcome": [{"OtherOutcomeMeasure": "Ships seen"}]},
        },
        "EligibilityModule": {
            "EligibilityCriteria": "Inclusion Criteria:\n\nAge older than 6 months",
            "HealthyVolunteers": "Accepts Healthy Volunteers",
            "Gender": "All",
            "MinimumAge": "6 Months",
            "MaximumAge": "75 Years",
            "StdAgeList": {"StdAge": ["Child", "Adult"]},
        },
        "ContactsLocationsModule": {
            "CentralContactList": {"CentralContact": [{"CentralContactName": "A. Keeper", "CentralContactPhone": "+33 1 23 45 67 89"}]},
            "LocationList": {
                "Location": [
                    {
                        "LocationFacility": "Tower, call +33 1 23 45 67 89",
                        "LocationStatus": "Recruiting",
                        "LocationCity": "Brest",
                        "LocationZip": "29200",
                        "LocationCountry": "France",
                    }
                ]
            },
        },
        "ReferencesModule": {
            "ReferenceList": {"Reference": [{"ReferencePMID": "123", "ReferenceType": "background", "ReferenceCitation": "Light, 2019"}]},
            "SeeAlsoLinkList": {"SeeAlsoLink": [{"SeeAlsoLinkLabel": "Page", "SeeAlsoLinkURL": "https://example.org/"}]},
        },
    },
    "ResultsSection": {},
    "DerivedSection": {
        "MiscInfoModule": {"VersionHolder": "December 22, 2022"},
        "ConditionBrowseModule": {
            "ConditionMeshList": {"ConditionMesh": [{"ConditionMeshId": "D006970", "ConditionMeshTerm": "Sleepiness"}]},
            "ConditionAncestorList": {"ConditionAncestor": [{"ConditionAncestorId": "D009422", "ConditionAncestorTerm": "Signs"}]},
        },
    },
}  # fmt: skip


def classic(**changed: Any) -> str:
    answer = {
        "APIVrs": "1.01.05",
        "DataVrs": "2022:12:21",
        "FullStudies": [{"Rank": 1, "Study": CLASSIC | changed}],
    }
    return json.dumps({"FullStudiesResponse": answer})


def test_classic_study_is_a_whole_record() -> None:
    record, trial = only(classic())
    assert not record.is_partial
    assert (record.source_id, record.alias_ids, record.data_version) == (NCT, ["NCT99300009"], "2022-12-22")
    assert (trial.overall_status, trial.phase, trial.sex) == ("ACTIVE_NOT_RECRUITING", "PHASE1/PHASE2", "ALL")
    assert (trial.minimum_age_years, trial.maximum_age_before_years) == (0.5, 76.0)
    assert (trial.healthy_volunteers, trial.enrollment, trial.enrollment_type) == (True, 40, "ESTIMATED")
    assert (trial.start_date, trial.completion_date) == ("2021-08-01", "2023-03")
    assert (trial.last_update_posted_date, trial.verification_date) == ("2022-07-23", "2021-07")
    assert (trial.allocation, trial.intervention_model, trial.masking) == ("RANDOMIZED", "PARALLEL", "DOUBLE")
    assert trial.has_results is True
    assert [(s.name, s.role, s.class_) for s in trial.sponsors] == [
        ("Institute of Coastal Light", "lead", "OTHER"),
        ("Keepers' Union", "collaborator", "NETWORK"),
    ]
    assert trial.interventions == [Intervention("DEVICE", "Lantern", "", ("Lamp",))]
    assert [(a.title, a.intervention_names) for a in trial.arms] == [("Bright", ("Device: Lantern",))]
    assert [(o.outcome_type, o.measure) for o in trial.outcomes] == [
        ("primary", "Hours awake"),
        ("other", "Ships seen"),
    ]
    assert [(m.term, m.is_ancestor) for m in trial.mesh_terms] == [("Sleepiness", False), ("Signs", True)]
    assert [(r.pmid, r.url) for r in trial.references] == [("123", ""), ("", "https://example.org/")]
    assert [i.id_type for i in trial.secondary_ids][1] == "euctr"
    assert [(s.facility, s.country) for s in record.sites] == [("Tower, call [contact removed]", "France")]


def test_classic_study_stands_alone_in_a_list_or_as_a_file() -> None:
    entry = {"Rank": 1, "Study": CLASSIC}
    for body in (json.dumps(entry), json.dumps([entry, entry]), json.dumps(CLASSIC)):
        assert {page.url for page in pages(body)} == {pages(classic())[0].url}


def test_classic_study_with_an_odd_count_costs_that_field() -> None:
    changed = json.loads(json.dumps(CLASSIC))
    changed["ProtocolSection"]["DesignModule"]["EnrollmentInfo"]["EnrollmentCount"] = "about forty"
    (page,) = pages(classic(**changed))
    record = ctgov.parse(page)
    assert record.enrollment == "" and record.conditions == ["Drowsiness"]
    assert [(oddity.field, oddity.found) for oddity in record.oddities] == [
        ("designModule.enrollmentInfo.count", '"about forty"')
    ]


def test_bytes_of_windows_1252_among_utf_8_are_read() -> None:
    body = classic().replace("Does light help?", "It’s – caf\u00e9").encode()
    body = body.replace("’".encode(), b"\x92").replace("–".encode(), b"\x96")
    raw = body.replace(b"\\u2019", b"\x92").replace(b"\\u2013", b"\x96")
    assert only(raw)[0].brief_summary == "It’s – café"


@pytest.mark.parametrize(
    "body",
    [
        '{"FullStudiesResponse":{"FullStudies":[{"Study":{"ProtocolSection":{}}}]}}',
        '{"FullStudiesResponse":{"FullStudies":[7]}}',
        '{"FullStudiesResponse":{"FullStudies":{"a":1}}}',
        '{"FullStudiesResponse":{"FullStudies":[{"Study":{"ProtocolSection":{"IdentificationModule":[1]}}}]}}',
    ],
)
def test_classic_answer_without_a_study_is_one_problem(body: str) -> None:
    assert pages(body) == []
    assert len(problems(body)) == 1


# ── the beta of API v2 ──────────────────────────────────────────────────────────────────────────────────


def in_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: in_lists(item) for key, item in value.items()}
    if isinstance(value, list):
        return [in_lists(item) for item in value]
    return [value]


def test_beta_study_reads_as_the_study_it_is() -> None:
    plain = study(NCT)
    body = json.dumps({"studies": [in_lists(plain)], "nextPageToken": ["abc"]})
    assert only(body)[0] == only(json.dumps(plain))[0]
    (page,) = pages(body)
    assert json.loads(page.body) == in_lists(plain)


# ── exports ─────────────────────────────────────────────────────────────────────────────────────────────

OLD = {
    "Rank": "1",
    "NCT Number": NCT,
    "Title": 'Lanterns, "Bright" Ones',
    "Acronym": "LANTERN",
    "Status": "Unknown status",
    "Study Results": "No Results Available",
    "Conditions": "Drowsiness|Yawning",
    "Interventions": "Device: Lantern|Combination Product: Lamp|and oil",
    "Outcome Measures": "Hours awake|Ships seen",
    "Sponsor/Collaborators": "Institute of Coastal Light|Keepers' Union",
    "Gender": "Female",
    "Age": "6 Months to 75 Years \xa0 (Child, Adult, Older Adult)",
    "Phases": "Phase 1|Phase 2",
    "Enrollment": "40",
    "Funded Bys": "Other|Network",
    "Study Type": "Interventional",
    "Study Designs": "Allocation: Randomized|Intervention Model: Parallel Assignment|Masking: Double (Participant, Investigator)",
    "Other IDs": "ICL-7|2020-001234-22",
    "Start Date": "October 2014",
    "Primary Completion Date": "null",
    "First Posted": "October 16, 2014",
    "Results First Posted": "null",
    "Last Update Posted": "March 1, 2018",
    "Locations": "Tower, Brest, France|Light House, Tower 2, Seoul, Korea, Republic of|Research Site",
    "URL": f"https://ClinicalTrials.gov/show/{NCT}",
}  # fmt: skip
NEW = {
    "NCT Number": NCT,
    "Study Title": "Lanterns for Keepers",
    "Study URL": f"https://clinicaltrials.gov/study/{NCT}",
    "Study Status": "RECRUITING",
    "Brief Summary": "Two\n\nparagraphs, write to keeper@example.org",
    "Study Results": "YES",
    "Conditions": "Drowsiness",
    "Interventions": "DIETARY_SUPPLEMENT: Oil",
    "Primary Outcome Measures": "Hours awake, measured, 1 week",
    "Sponsor": "Institute of Coastal Light",
    "Collaborators": "Keepers' Union|Port Authority",
    "Sex": "ALL",
    "Age": "CHILD, ADULT",
    "Phases": "PHASE1|PHASE2",
    "Funder Type": "OTHER",
    "Study Design": "Observational Model: |Time Perspective: p|Masking: NONE",
    "Last Update Posted": "2026-01-02",
    "Locations": "Tower, Brest, 29200, France",
}  # fmt: skip


def table(*lines: dict[str, str], tabs: bool = False) -> str:
    if tabs:
        return (
            "\r\n".join("\t".join(cells) for cells in (lines[0], *(line.values() for line in lines))) + "\r\n"
        )
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerows([list(lines[0]), *(list(line.values()) for line in lines)])
    return stream.getvalue()


@pytest.mark.parametrize("tabs", [False, True])
def test_row_of_the_old_columns_is_a_partial_record(tabs: bool) -> None:
    record, trial = only(table(OLD, tabs=tabs))
    assert record.is_partial
    assert (trial.brief_title, trial.acronym) == ('Lanterns, "Bright" Ones', "LANTERN")
    assert (trial.overall_status, trial.has_results, trial.sex) == ("UNKNOWN", False, "FEMALE")
    assert (trial.minimum_age, trial.minimum_age_years) == ("6 Months", 0.5)
    assert (trial.maximum_age, trial.maximum_age_before_years) == ("75 Years", 76.0)
    assert (trial.start_date, trial.primary_completion_date) == ("2014-10", None)
    assert trial.last_update_posted_date == "2018-03-01"
    assert (trial.allocation, trial.masking) == ("RANDOMIZED", "DOUBLE")
    assert trial.interventions == [
        Intervention("DEVICE", "Lantern"),
        Intervention("COMBINATION_PRODUCT", "Lamp|and oil"),
    ]
    assert record.sponsors == [
        Sponsor("Institute of Coastal Light", "lead"),
        Sponsor("Keepers' Union", "collaborator"),
    ]
    assert record.secondary_ids == [SecondaryId("ICL-7"), SecondaryId("2020-001234-22")]
    assert record.sites == [
        Site(facility="Tower, Brest", country="France"),
        Site(facility="Light House, Tower 2, Seoul", country="Korea, Republic of"),
        Site(facility="Research Site"),
    ]
    assert trial.outcomes == [] and trial.eligibility_criteria is None


def test_row_of_the_new_columns_states_no_age_by_its_groups() -> None:
    record, trial = only(table(NEW))
    assert record.is_partial
    assert (record.age, trial.minimum_age_years, trial.maximum_age_before_years) == ("", None, None)
    assert (trial.overall_status, trial.phase, trial.has_results) == ("RECRUITING", "PHASE1/PHASE2", True)
    assert trial.brief_summary == "Two\n\nparagraphs, write to [contact removed]"
    assert [(s.name, s.class_) for s in trial.sponsors] == [
        ("Institute of Coastal Light", "OTHER"),
        ("Keepers' Union", ""),
        ("Port Authority", ""),
    ]
    assert (trial.masking, trial.time_perspective, trial.observational_model) == ("NONE", None, None)
    assert trial.outcomes == []


@pytest.mark.parametrize("words", ["Child, Adult, Older Adult", "ADULT, OLDER_ADULT", "OLDER_ADULT", ""])
def test_age_groups_alone_are_no_limits(words: str) -> None:
    _, trial = only(table(OLD | {"Age": words}))
    assert (trial.minimum_age, trial.maximum_age) == (None, None)


@pytest.mark.parametrize(
    ("words", "limits"),
    [
        ("18 Years and older \xa0 (Adult, Older Adult)", (18.0, None)),
        ("up to 30 Minutes \xa0 (Child)", (None, pytest.approx(31 / 525960))),
        ("1 Year to 5 Years \xa0 (Child)", (1.0, 6.0)),
    ],
)
def test_limits_before_age_groups_are_read(words: str, limits: tuple[float | None, float | None]) -> None:
    _, trial = only(table(OLD | {"Age": words}))
    assert (trial.minimum_age_years, trial.maximum_age_before_years) == limits


def test_one_class_of_all_funders_is_the_class_of_each() -> None:
    record, _ = only(table(OLD | {"Funded Bys": "Industry"}))
    assert [sponsor.class_ for sponsor in record.sponsors] == ["Industry", "Industry"]


def test_each_row_is_kept_as_it_came_under_the_line_of_columns() -> None:
    body = table(NEW, NEW | {"NCT Number": "NCT99300002"})
    found = pages(body)
    header, first, second = body.partition("\n")[0] + "\n", found[0].body.decode(), found[1].body.decode()
    assert first.startswith(header) and second.startswith(header)
    assert header + first.removeprefix(header) + second.removeprefix(header) == body


@pytest.mark.parametrize("odd", ['NCT99300002,"lost\n', "NCT99300002,too,many,cells\n", "NCT993,x\n", ",\n"])
def test_an_odd_row_costs_itself_alone(odd: str) -> None:
    body = f'NCT Number,Study Title\nNCT99300001,One\n{odd}NCT99300003,"Three\nlines"\nNCT99300004,Four\n'
    assert [ctgov.parse(page).source_id[-1] for page in pages(body)] == ["1", "3", "4"]
    assert len(problems(body)) == 1


def test_a_quotation_mark_that_the_registry_misplaced_is_mended() -> None:
    body = table(OLD | {"Study Type": "Expanded Access:Treatment IND/Protocol"})
    odd = body.replace('"Expanded Access:', '"Expanded Access":')
    assert odd != body
    assert only(odd)[1].study_type == "EXPANDED_ACCESS"


# ── search results as XML ───────────────────────────────────────────────────────────────────────────────

HIT = f"""<study rank="1">
    <nct_id>{NCT}</nct_id>
    <title>Lanterns &amp; Keepers</title>
    <acronym/>
    <status open="Y">Not yet recruiting</status>
    <study_results>Has Results</study_results>
    <conditions><condition>Drowsiness</condition></conditions>
    <interventions><intervention type="Dietary Supplement">Oil: warm</intervention></interventions>
    <outcome_measures><outcome_measure>Hours awake</outcome_measure></outcome_measures>
    <sponsors><lead_sponsor>Institute of Coastal Light</lead_sponsor><collaborator>Union</collaborator></sponsors>
    <gender>Male</gender><min_age>6 Months</min_age><max_age/>
    <age_groups><age_group>Child</age_group></age_groups>
    <phases><phase>Phase 1</phase><phase>Phase 2</phase></phases>
    <enrollment>28</enrollment>
    <funded_bys><funded_by>Other</funded_by></funded_bys>
    <study_types>Interventional</study_types>
    <study_designs><study_design>Masking: Triple (Participant)</study_design></study_designs>
    <other_ids><other_id>ICL-7</other_id></other_ids>
    <start_date>October 12, 2020</start_date>
    <last_update_posted>May 25, 2021</last_update_posted>
    <locations><location>Tower, Brest, France</location></locations>
  </study>"""
RESULTS = '<?xml version="1.0" encoding="UTF-8"?>\n<search_results count="2">\n  <!--<query>x</query>-->\n  {}\n</search_results>'


def test_hit_of_search_results_is_a_partial_record() -> None:
    record, trial = only(RESULTS.format(HIT))
    assert record.is_partial
    assert (trial.brief_title, trial.overall_status) == ("Lanterns & Keepers", "NOT_YET_RECRUITING")
    assert (trial.has_results, trial.sex, trial.phase, trial.enrollment) == (
        True,
        "MALE",
        "PHASE1/PHASE2",
        28,
    )
    assert (trial.minimum_age, trial.maximum_age, trial.masking) == ("6 Months", None, "TRIPLE")
    assert trial.interventions == [Intervention("DIETARY_SUPPLEMENT", "Oil: warm")]
    assert [(s.name, s.role, s.class_) for s in trial.sponsors] == [
        ("Institute of Coastal Light", "lead", "OTHER"),
        ("Union", "collaborator", "OTHER"),
    ]
    assert (trial.start_date, trial.last_update_posted_date) == ("2020-10-12", "2021-05-25")


def test_a_broken_hit_costs_itself_alone() -> None:
    broken = HIT.replace("<title>Lanterns &amp;", "<title>Lanterns &")
    body = RESULTS.format(broken + HIT.replace(NCT, "NCT99300002"))
    assert [ctgov.parse(page).source_id for page in pages(body)] == ["NCT99300002"]
    assert [(problem.field, problem.url) for problem in problems(body)] == [("study 1", "f")]


# ── all forms of one trial together ─────────────────────────────────────────────────────────────────────


def test_every_form_has_an_address_of_its_own() -> None:
    bodies = (
        json.dumps(study(NCT)),
        classic(),
        table(OLD),
        table(OLD, tabs=True),
        table(NEW),
        RESULTS.format(HIT),
    )
    addresses = [pages(body)[0].url for body in bodies]
    assert len(set(addresses)) == len(bodies)
    assert all(NCT in address for address in addresses)


@pytest.mark.parametrize(
    "url",
    [
        "https://clinicaltrials.gov/api/query/full_studies?expr=lantern&fmt=json",
        "https://clinicaltrials.gov/ct2/results?term=lantern&displayxml=true",
        "https://clinicaltrials.gov/other?expr=NCT99300001",
        "https://example.org/api/query/full_studies?expr=NCT99300001&fmt=json",
    ],
)
def test_addresses_that_name_no_study_are_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        ctgov.canonical_url(url)


def test_a_partial_record_stands_alone_and_never_wins_over_a_whole_one(tmp_path: Path) -> None:
    newer = table(NEW | {"Last Update Posted": "2099-01-01"})
    (tmp_path / "ctg-studies.csv").write_text(newer)
    whole = write_study(tmp_path / "whole", NCT, updated="2020-01-01", title="Whole")
    data = tmp_path / "a"
    assert trials_json(data, "import", tmp_path / "ctg-studies.csv")["trials"] == 1
    assert rows(data, "select trial_id, brief_title, minimum_age from trials") == [
        (NCT, "Lanterns for Keepers", None)
    ]
    trials(data, "import", whole)
    assert rows(data, "select brief_title, minimum_age from trials") == [("Whole", "6 Months")]
    assert rows(data, "select * from changes") == []
    other = tmp_path / "b"
    trials(other, "import", whole)
    trials(other, "import", tmp_path / "ctg-studies.csv")
    assert dump(other) == dump(data)


def test_of_two_records_with_one_update_date_the_one_from_newer_data_wins_in_any_order(
    tmp_path: Path,
) -> None:
    files = []
    for holder, status in (("2026-02-05", "RECRUITING"), ("2026-03-09", "UNKNOWN"), ("", "SUSPENDED")):
        record = study(NCT, status=status)
        record["derivedSection"] = {"miscInfoModule": {"versionHolder": holder} if holder else {}}
        path = tmp_path / f"{status}.json"
        path.write_text(json.dumps(record))
        files.append(path)
    for name, order in (("a", files), ("b", files[::-1]), ("c", [files[1], files[0], files[2]])):
        for file in order:
            trials(tmp_path / name, "import", file)
        assert rows(tmp_path / name, "select overall_status from trials") == [("UNKNOWN",)]
        assert dump(tmp_path / name) == dump(tmp_path / "a")
