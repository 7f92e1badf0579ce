"""Which trials belong together: by ids in fields, by words around ids, by what records say alike."""

from collections.abc import Iterable
from typing import Any

import pytest

from scraper.compare.links import BOTH, SAME, Candidate, Claim, Known, Link, groups, id_key, links, pair
from scraper.compare.links_content import MARGIN, THRESHOLD, keys, likeness
from scraper.compare.mentions import OWN, mentions
from scraper.compare.portrait import Portrait, same_sponsor
from scraper.model import LinkedId, Trial
from scraper.normalise.identifier import find_all

NCT, EU, OTHER_NCT, ISRCTN = "NCT99100001", "2019-009901-22", "NCT99100002", "ISRCTN99000014"
REGISTRIES = {NCT: "ctgov", OTHER_NCT: "ctgov", EU: "euctr", ISRCTN: "isrctn"}


def trial(trial_id: str = NCT, **fields: Any) -> Trial:
    return Trial(
        **{
            "trial_id": trial_id,
            "source": "ctgov",
            "source_id": trial_id,
            "registry": "ctgov",
            "url": None,
            "brief_title": "Lantern Therapy for Drowsy Keepers",
        }
        | fields
    )


def said(text: str, **fields: Any) -> list[tuple[str, str]]:
    """(id, relation) of the mentions in a summary."""
    return [(m.other_id, m.relation) for m in mentions(trial(brief_summary=text, **fields), find_all)]


# ── ids and the words around them ──────────────────────────────────────────────────────────────────────


def test_id_field_names_the_trial_itself_whatever_its_label() -> None:
    fields = [
        LinkedId(EU, "euctr", "some other number"),
        LinkedId(f"Protocol LK-7 (EudraCT {EU[:-1]}3)", "other"),
        LinkedId("0", "other"),
    ]
    found = list(mentions(trial(secondary_ids=fields), find_all))
    assert [(m.other_id, m.relation) for m in found] == [(EU, OWN), (EU[:-1] + "3", OWN)]


@pytest.mark.parametrize(
    "text, relation",
    [
        (f"This is an extension study to LK-7 ({OTHER_NCT}).", "extension_of"),
        (f"This study is a continuation of the lantern study ({OTHER_NCT}).", "extension_of"),
        (f"Keepers may enter the open-label extension study LK-9 ({OTHER_NCT}).", "extended_by"),
        (f"This study has been continued into the dusk study ({OTHER_NCT}).", "extended_by"),
        (f"A tissue sub-study of the lantern trial ({OTHER_NCT}).", "sub_study_of"),
        (f"Sleep is measured in a sub-study ({OTHER_NCT}).", "has_sub_study"),
        (f"Others get lanterns by the expanded access programme {OTHER_NCT}.", "has_expanded_access"),
        # other trials that are named for other reasons
        (f"An earlier trial of ours ({OTHER_NCT}) found nothing.", "mentioned"),
        (f"Dimming is as in {OTHER_NCT}.", "mentioned"),
        (f"An opportunity to receive light (as follow-up to studies LK-1 ({OTHER_NCT})).", "extension_of"),
    ],
)
def test_wording_around_an_id_gives_the_relation(text: str, relation: str) -> None:
    assert said(text) == [(OTHER_NCT, relation)]


def test_keepers_of_an_earlier_study_make_an_extension_only_under_such_a_title() -> None:
    text = f"Keepers who completed study LK-7 ({OTHER_NCT}) may take part."
    assert said(text) == [(OTHER_NCT, "mentioned")]
    assert said(text, brief_title="Long-term Lantern Therapy") == [(OTHER_NCT, "extension_of")]


def test_study_that_nobody_may_have_been_in_is_only_mentioned() -> None:
    text = f"Inclusion Criteria:\n\n* awake\n\nExclusion Criteria:\n\n* Completed study LK-7 ({OTHER_NCT})"
    found = list(
        mentions(trial(brief_title="Long-term Lantern Therapy", eligibility_criteria=text), find_all)
    )
    assert [(m.place, m.relation) for m in found] == [("eligibility_criteria", "mentioned")]


def test_own_id_is_no_mention() -> None:
    assert said(f"This record is {NCT}.") == []


# ── links by id ────────────────────────────────────────────────────────────────────────────────────────


def claim(one: str, other: str, relation: str = OWN, place: str = "secondary_ids") -> Claim:
    return Claim(one, other, REGISTRIES.get(other, "utn"), place, relation, f"about {other}")


def linked(
    claims: Iterable[Claim],
    candidates: Iterable[Candidate] = (),
    refused: Iterable[tuple[str, str]] = (),
    turns: dict[str, str] | None = None,
) -> list[Link]:
    known = {
        trial_id: Known(trial_id, registry, frozenset(filter(None, [(turns or {}).get(trial_id)])))
        for trial_id, registry in REGISTRIES.items()
    }
    return links(list(claims), known, list(candidates), list(refused))[0]


def ends(found: Iterable[Link]) -> list[tuple[str, str, str]]:
    return [(link.trial_id, link.other_id, link.relation) for link in found]


BOTH_WAYS = [(EU, NCT, SAME), (NCT, EU, SAME)]


def test_same_trial_is_a_row_in_each_direction_and_surer_when_both_name_it() -> None:
    one, both = linked([claim(NCT, EU)]), linked([claim(NCT, EU), claim(EU, NCT)])
    assert ends(one) == ends(both) == BOTH_WAYS
    assert one[0].confidence < both[0].confidence == BOTH
    assert NCT in one[0].evidence


def test_id_in_prose_is_not_the_same_trial() -> None:
    assert linked([claim(NCT, EU, "mentioned", "brief_summary")]) == []


def test_record_that_names_another_trial_of_that_registry_is_believed() -> None:
    assert ends(linked([claim(NCT, EU), claim(EU, OTHER_NCT)])) == [
        (EU, OTHER_NCT, SAME),
        (OTHER_NCT, EU, SAME),
    ]


def test_two_records_of_one_registry_that_name_one_id_are_not_linked_by_it() -> None:
    assert linked([claim(NCT, EU), claim(OTHER_NCT, EU)]) == []


def test_of_two_records_that_name_one_id_the_long_term_one_is_its_extension() -> None:
    found = linked([claim(NCT, EU), claim(OTHER_NCT, EU)], turns={OTHER_NCT: "longterm"})
    assert ends(found) == [(EU, NCT, SAME), (NCT, EU, SAME), (OTHER_NCT, EU, "extension_of")]


def test_third_id_that_both_name_links_records_of_two_registries() -> None:
    found = linked([claim(NCT, "U1111-1290-4471"), claim(ISRCTN, "U1111-1290-4471")])
    assert ends(found) == [(ISRCTN, NCT, SAME), (NCT, ISRCTN, SAME)]


def test_ctis_number_is_the_same_with_and_without_its_submission() -> None:
    assert id_key("2023-505976-31-00") == id_key("2023-505976-31") == "2023-505976-31"
    assert id_key("2019-009901-22") == "2019-009901-22"


def test_relation_is_a_row_of_the_trial_that_depends_on_the_other() -> None:
    found = linked(
        [
            claim(NCT, OTHER_NCT, "extended_by", "brief_summary"),
            claim(ISRCTN, "NCT99109999", "extension_of", "brief_summary"),
        ]
    )
    assert ends(found) == [(ISRCTN, "NCT99109999", "extension_of"), (OTHER_NCT, NCT, "extension_of")]


def test_refused_pair_is_nowhere_and_its_id_counts_for_nothing() -> None:
    refused = [pair(NCT, EU)]
    assert linked([claim(NCT, EU)], refused=refused) == []
    assert linked([claim(NCT, EU, "extension_of", "brief_summary")], refused=refused) == []
    assert ends(linked([claim(NCT, EU), claim(OTHER_NCT, EU)], refused=refused)) == [
        (EU, OTHER_NCT, SAME),
        (OTHER_NCT, EU, SAME),
    ]


def test_groups_join_all_records_of_one_trial() -> None:
    found = linked([claim(NCT, EU), claim(ISRCTN, EU)])
    assert groups(found) == {EU: EU, ISRCTN: EU, NCT: EU}


# ── links by content ───────────────────────────────────────────────────────────────────────────────────


def near(one: str, other: str, score: float = 0.9) -> Candidate:
    return Candidate(*pair(one, other), score, "alike")


def test_alike_records_are_linked_unless_an_id_or_another_record_speaks_against_it() -> None:
    alike = [near(NCT, EU)]
    assert ends(linked([], alike)) == BOTH_WAYS
    assert linked([], [near(NCT, EU, THRESHOLD - 0.01)]) == []
    assert linked([], [*alike, near(OTHER_NCT, EU, 0.9 - MARGIN / 2)]) == []
    assert ends(linked([], [*alike, near(OTHER_NCT, EU, 0.9 - 2 * MARGIN)])) == BOTH_WAYS
    assert linked([claim(NCT, "2018-009901-22")], alike) != []
    assert linked([claim(EU, "NCT99109999")._replace(id_type="ctgov")], alike) == []
    assert linked([], alike, refused=[pair(NCT, EU)]) == []


def portrait(trial_id: str = NCT, registry: str = "ctgov", **changed: Any) -> Portrait:
    words: dict[str, Any] = {
        "brief_title": "Lantern Therapy for Drowsy Lighthouse Keepers on Small Islands",
        "official_title": None,
        "acronym": None,
        "lead_sponsor": "University of Coastal Light",
        "start_date": "2025-04-03",
        "enrollment": 140,
        "phase": "PHASE2",
        "study_type": "INTERVENTIONAL",
        "sex": "ALL",
        "minimum_age_years": 18.0,
        "maximum_age_years": None,
    }
    return Portrait(trial_id, registry, **(words | changed))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"lead_sponsor": "Coastal Light University, Inc."},
        {"start_date": "2025-04"},
        {"brief_title": "LANTERN therapy in drowsy lighthouse-keepers on small islands"},
        {"enrollment": None},
        {"phase": "PHASE2/PHASE3"},
        {"lead_sponsor": None},
    ],
)
def test_record_of_another_registry_with_the_same_facts_is_alike(changed: dict[str, Any]) -> None:
    other = portrait(EU, "euctr", **changed)
    found = likeness(portrait(), other)
    assert found.score >= THRESHOLD and found.evidence
    assert found == likeness(other, portrait())
    assert keys(portrait()) & keys(other)


@pytest.mark.parametrize(
    "changed",
    [
        {"brief_title": "Lantern Therapy for Drowsy Lighthouse Keepers on Small Islands: an Extension"},
        {"brief_title": "Lantern Therapy for Not Drowsy Lighthouse Keepers on Small Islands"},
        {"brief_title": "Long-term Lantern Therapy for Drowsy Lighthouse Keepers on Small Islands"},
        {"brief_title": "Bell Therapy for Seasick Sailors"},
        {"brief_title": "Study 1", "acronym": "LANTERN"},
        {"brief_title": None},
        {"phase": "PHASE3", "enrollment": 900},
        {"sex": "FEMALE"},
        {"study_type": "OBSERVATIONAL"},
        {"start_date": "2021-01-01"},
        {"start_date": "2025-09-01", "enrollment": 9, "lead_sponsor": "Bell Works"},
    ],
)
def test_what_speaks_against_it_blocks_a_link(changed: dict[str, Any]) -> None:
    assert likeness(portrait(), portrait(EU, "euctr", **changed)).score < THRESHOLD


def test_two_studies_of_one_programme_are_told_apart_by_their_number() -> None:
    one = portrait(brief_title="Lantern Therapy for Drowsy Lighthouse Keepers Study 1")
    other = portrait(EU, "euctr", brief_title="Lantern Therapy for Drowsy Lighthouse Keepers Study 2")
    assert likeness(one, other).score == 0.0


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("Acme Inc.", "ACME GmbH", True),
        ("Universitätsklinikum Tübingen", "University Hospital Tuebingen", True),
        ("APHP", "Assistance Publique - Hôpitaux de Paris", True),
        ("University Hospital", "University Hospital, Ghent", False),
        ("Acme Pharma", "Bell Pharma", False),
    ],
)
def test_sponsor_is_the_same_in_another_spelling(one: str, other: str, same: bool) -> None:
    assert same_sponsor(one, other) is same
