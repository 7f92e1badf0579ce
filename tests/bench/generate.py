"""Invented studies in any number, of the length and shape of real ones, the same for the same number and seed.

A study has about 12.7 KB of JSON, 20 lines of criteria of which a third state limits, and 5 sites with a heavy
tail (a few have hundreds). Words follow Zipf's law over an invented vocabulary, so that an index has both common
and rare ones.
"""

import bisect
import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

_SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "la",
    "me",
    "ni",
    "ro",
    "su",
    "ta",
    "ve",
    "xi",
    "zo",
    "pra",
    "ste",
    "tri",
    "glo",
]
_CONDITIONS = [
    ("Acute Myeloid Leukemia", ["Leukemia, Myeloid, Acute"], ["Leukemia, Myeloid", "Leukemia", "Neoplasms"]),
    ("Breast Cancer", ["Breast Neoplasms"], ["Neoplasms by Site", "Neoplasms", "Breast Diseases"]),
    ("Type 2 Diabetes", ["Diabetes Mellitus, Type 2"], ["Diabetes Mellitus", "Endocrine System Diseases"]),
    ("Asthma", ["Asthma"], ["Bronchial Diseases", "Respiratory Tract Diseases"]),
    ("Hypertension", ["Hypertension"], ["Vascular Diseases", "Cardiovascular Diseases"]),
    ("Depression", ["Depressive Disorder"], ["Mood Disorders", "Mental Disorders"]),
    ("Stroke", ["Stroke"], ["Cerebrovascular Disorders", "Brain Diseases"]),
    ("Sickle Cell Disease", ["Anemia, Sickle Cell"], ["Anemia, Hemolytic", "Hematologic Diseases"]),
]
_LIMITS = (
    "Age \\>= {a} years",
    "Karnofsky performance status of at least {b}0%",
    "ECOG performance status of 0-{c}",
    "Absolute neutrophil count \\>= {d}.5 x 10\\^9/L",
    "Hemoglobin \\>= {b} g/dL",
    "AST and ALT \\<= {d}.5 x upper limit of normal",
    "Serum creatinine \\<= 1.{b} mg/dL",
    "Body mass index between {a} and 4{c} kg/m2",
    "No chemotherapy within {d} weeks before enrollment",
    "Life expectancy of more than {b} months",
)
_STATUSES = (
    ("COMPLETED",) * 50
    + ("RECRUITING",) * 15
    + ("UNKNOWN",) * 14
    + (
        "TERMINATED",
        "ACTIVE_NOT_RECRUITING",
        "NOT_YET_RECRUITING",
        "WITHDRAWN",
    )
    * 4
)
_PHASES: tuple[list[str], ...] = (
    ["NA"],
    ["PHASE1"],
    ["PHASE2"],
    ["PHASE3"],
    ["PHASE4"],
    ["PHASE1", "PHASE2"],
)
_COUNTRIES = ("United States",) * 6 + (
    "France",
    "China",
    "Germany",
    "Canada",
    "Egypt",
    "Spain",
    "Japan",
    "Brazil",
)


class _Vocabulary:
    """Invented words, the n-th as frequent as 1/n."""

    def __init__(self, size: int = 50_000) -> None:
        rng = random.Random(1)
        common = [
            "the",
            "of",
            "and",
            "in",
            "to",
            "with",
            "for",
            "patients",
            "study",
            "will",
            "be",
            "a",
            "treatment",
            "is",
            "or",
            "who",
            "are",
            "on",
            "by",
            "at",
        ]
        made = ("".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))) for _ in itertools.count())
        self.words = common + list(itertools.islice(dict.fromkeys(itertools.islice(made, size * 3)), size))
        self.cumulative = list(itertools.accumulate(1 / (n + 1) for n in range(len(self.words))))

    def sentence(self, rng: random.Random, length: int) -> str:
        words = [
            self.words[bisect.bisect(self.cumulative, rng.random() * self.cumulative[-1])]
            for _ in range(length)
        ]
        words[0] = words[0].capitalize()
        return " ".join(words)


_vocabulary = _Vocabulary()


def nct_id(number: int) -> str:
    """The id of the n-th invented study."""
    return f"NCT{10_000_000 + number:08}"


def study(number: int, seed: int = 0) -> dict[str, Any]:
    """The n-th invented study, as API v2 has it."""
    rng = random.Random(number * 1_000_003 + seed)
    condition, meshes, ancestors = rng.choice(_CONDITIONS)
    say = _vocabulary.sentence
    drug = say(rng, 1)
    sites = min(int(rng.paretovariate(0.9)), 400) + 1
    phases = rng.choice(_PHASES)
    day = f"{rng.randint(2005, 2026)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    protocol: dict[str, Any] = {
        "identificationModule": {
            "nctId": nct_id(number),
            "orgStudyIdInfo": {"id": f"ORG-{number}"},
            "organization": {"fullName": f"{say(rng, 2)} University", "class": "OTHER"},
            "briefTitle": f"{drug} in {condition}: {say(rng, 6)}",
            "officialTitle": f"A Study of {drug} in Patients With {condition}, {say(rng, 14)}",
        },
        "statusModule": {
            "statusVerifiedDate": day[:7],
            "overallStatus": rng.choice(_STATUSES),
            "startDateStruct": {"date": day, "type": "ACTUAL"},
            "completionDateStruct": {"date": "2027-01", "type": "ESTIMATED"},
            "studyFirstPostDateStruct": {"date": day, "type": "ACTUAL"},
            "lastUpdatePostDateStruct": {"date": day, "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {
            "leadSponsor": {
                "name": f"{say(rng, 1)} Hospital",
                "class": rng.choice(("OTHER", "INDUSTRY", "NIH")),
            },
            "collaborators": [{"name": f"{say(rng, 2)} Foundation", "class": "OTHER"}],
        },
        "descriptionModule": {"briefSummary": say(rng, 90), "detailedDescription": say(rng, 330)},
        "conditionsModule": {"conditions": [condition], "keywords": [say(rng, 1) for _ in range(4)]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": phases,
            "designInfo": {
                "allocation": "RANDOMIZED",
                "interventionModel": "PARALLEL",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {"masking": "DOUBLE"},
            },
            "enrollmentInfo": {"count": rng.randint(10, 900), "type": "ACTUAL"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": f"Arm {n}", "type": "EXPERIMENTAL", "description": say(rng, 20)} for n in (1, 2)
            ],
            "interventions": [
                {"type": "DRUG", "name": drug, "description": say(rng, 20), "otherNames": [say(rng, 1)]}
            ],
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": say(rng, 8), "timeFrame": "1 year", "description": say(rng, 30)}],
            "secondaryOutcomes": [
                {"measure": say(rng, 8), "timeFrame": "2 years", "description": say(rng, 24)}
                for _ in range(5)
            ],
        },
        "eligibilityModule": {
            "eligibilityCriteria": _criteria(rng),
            "healthyVolunteers": False,
            "sex": "ALL",
            "minimumAge": f"{rng.choice((18, 18, 18, 6, 12))} Years",
            "stdAges": ["ADULT"],
        }
        | ({} if rng.random() < 0.35 else {"maximumAge": f"{rng.choice((65, 75, 80))} Years"}),
        "contactsLocationsModule": {"locations": [_site(rng) for _ in range(sites)]},
    }
    return {
        "protocolSection": protocol,
        "derivedSection": {
            "miscInfoModule": {"versionHolder": "2026-11-20"},
            "conditionBrowseModule": {
                "meshes": [{"id": f"D{abs(len(m)):06}", "term": m} for m in meshes],
                "ancestors": [{"id": f"D{abs(len(a)):06}", "term": a} for a in ancestors],
            },
        },
        "hasResults": rng.random() < 0.1,
    }


def _criteria(rng: random.Random) -> str:
    def lines(count: int) -> str:
        return "\n".join(
            "* "
            + (
                rng.choice(_LIMITS).format(
                    a=rng.randint(18, 40), b=rng.randint(5, 9), c=rng.randint(1, 2), d=rng.randint(1, 6)
                )
                if rng.random() < 0.33
                else _vocabulary.sentence(rng, rng.randint(5, 25))
            )
            for _ in range(count)
        )

    return f"Inclusion Criteria:\n\n{lines(9)}\n\nExclusion Criteria:\n\n{lines(11)}"


def _site(rng: random.Random) -> dict[str, Any]:
    return {
        "facility": f"{_vocabulary.sentence(rng, 2)} Clinic",
        "status": "RECRUITING",
        "city": _vocabulary.sentence(rng, 1),
        "zip": str(rng.randint(10000, 99999)),
        "country": rng.choice(_COUNTRIES),
        "geoPoint": {"lat": round(rng.uniform(-40, 60), 5), "lon": round(rng.uniform(-120, 140), 5)},
    }


def studies(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """(id, JSON) of the first `count` invented studies."""
    for number in range(count):
        yield nct_id(number), json.dumps(study(number, seed), separators=(",", ":")).encode()
