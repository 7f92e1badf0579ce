"""Encodings, partial answers, hostile XML and contacts that stand inside texts."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import ParseError
from scraper.model import Page, Record
from scraper.normalise.trial import normalise
from scraper.sources import ctgov

FOLDER = Path(__file__).parent / "pages" / "ctgov"
STUDY = json.loads((FOLDER / "NCT99000002.json").read_bytes())
XML = (FOLDER / "NCT99000011.xml").read_text(encoding="utf-8")


def parse(body: bytes) -> Record:
    return ctgov.parse(Page(source="ctgov", url="", body=body, fetched_at=""))


def changed(**modules: dict[str, Any]) -> bytes:
    """The saved study with fields of its modules replaced; a field given as ... is taken out."""
    return _changed(json.loads(json.dumps(STUDY)), modules)


def some_fields(**modules: dict[str, Any]) -> bytes:
    """The same as an answer to `fields=`, without what the registry adds to every whole record."""
    study = json.loads(json.dumps(STUDY))
    return _changed({"protocolSection": study["protocolSection"]}, modules)


def _changed(study: dict[str, Any], modules: dict[str, dict[str, Any]]) -> bytes:
    for name, fields in modules.items():
        module = study["protocolSection"].setdefault(name, {})
        for field, value in fields.items():
            if value is ...:
                module.pop(field, None)
            else:
                module[field] = value
    return json.dumps(study, ensure_ascii=False).encode()


# ── encodings ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_record_reads_the_same_in_every_encoding(encoding: str) -> None:
    text = json.dumps(STUDY, ensure_ascii=False).replace("≥", ">=")
    assert parse(text.encode(encoding)).lead_sponsor == "Hôpital Saint-Aubin de Valmère, France"


def test_single_odd_bytes_do_not_spoil_the_rest() -> None:
    body = changed(identificationModule={"briefTitle": "Dose ≥ 5 µg of Bärlauch’s oil"})
    broken = body.replace("’".encode(), "’".encode("cp1252"))
    assert parse(broken).brief_title == "Dose ≥ 5 µg of Bärlauch’s oil"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_xml_is_read_as_its_declaration_says(encoding: str) -> None:
    text = XML.replace('encoding="UTF-8"', f'encoding="{encoding}"').replace("Orrin Test", "Örrin Test")
    assert parse(text.encode(encoding)).sites[0].facility.startswith("Örrin Test Center")


def test_xml_with_bytes_of_another_encoding_is_repaired() -> None:
    body = XML.replace("Orrin Test", "Örrin Test ≥").encode().replace("Ö".encode(), "Ö".encode("cp1252"))
    assert parse(body).sites[0].facility.startswith("Örrin Test ≥ Center")


def test_copy_from_a_browser_window_is_read() -> None:
    start = XML.index("<clinical_study")
    copied = "This XML file does not appear to have any style information.\n" + XML[start:]
    assert parse(copied.encode()).source_id == "NCT99000011"


# ── partial and odd studies ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "modules",
    [
        {"statusModule": {"overallStatus": ...}},
        {"sponsorCollaboratorsModule": {"leadSponsor": ...}},
        {"designModule": {"studyType": ...}},
        {"identificationModule": {"briefTitle": ...}},
        {"statusModule": {"lastUpdatePostDateStruct": ..., "lastUpdateSubmitDate": ...}},
    ],
)
def test_answer_with_some_fields_only_is_partial(modules: dict[str, dict[str, Any]]) -> None:
    assert parse(some_fields(**modules)).is_partial


@pytest.mark.parametrize(
    "modules",
    [
        {"statusModule": {"overallStatus": ..., "status": "RECRUITING"}},
        {"identificationModule": {"briefTitle": ..., "shortTitle": "Lanterns"}},
        {"sponsorCollaboratorsModule": {"leadSponsor": ...}},
        {"designModule": {"studyType": ...}},
    ],
)
def test_whole_record_that_says_one_core_fact_elsewhere_is_an_error(
    modules: dict[str, dict[str, Any]],
) -> None:
    with pytest.raises(ParseError, match="a whole record without"):
        parse(changed(**modules))


def test_whole_and_withheld_records_are_not_partial() -> None:
    assert not parse(changed()).is_partial
    withheld = changed(statusModule={"overallStatus": "WITHHELD"}, designModule={"studyType": ...})
    assert not parse(withheld).is_partial


def test_null_is_not_stated() -> None:
    record = parse(changed(identificationModule={"acronym": None}, designModule={"designInfo": None}))
    assert (record.acronym, record.masking, record.oddities) == ("", "", [])


@pytest.mark.parametrize("nct_id", ["", "NCT1", 7, ["NCT1"], {"id": "NCT99000002"}, "XNCT99000002"])
def test_study_without_a_usable_id_is_an_error(nct_id: object) -> None:
    with pytest.raises(ParseError, match="NCT and eight digits"):
        parse(changed(identificationModule={"nctId": nct_id}))


def test_study_with_nothing_but_odd_values_is_an_error() -> None:
    places = [{"facility": 1, "city": 2, "state": 3, "zip": 4, "country": 5}] * 20
    with pytest.raises(ParseError, match="more than 40 values of a wrong type"):
        parse(changed(contactsLocationsModule={"locations": places}))


def test_odd_value_of_a_contact_is_not_repeated_as_an_oddity() -> None:
    record = parse(changed(contactsLocationsModule={"centralContacts": [{"phone": 5550100142}]}))
    assert record.oddities == []
    assert b"5550100142" not in msgspec.json.encode(record)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_PATHS = [
    (module, field)
    for module, fields in STUDY["protocolSection"].items()
    if isinstance(fields, dict)
    for field in (*fields, "")
]


# Without these a record is no study, or one of a form that is not read.
_COSTLY = {
    ("identificationModule", "nctId"),
    ("identificationModule", "briefTitle"),
    ("identificationModule", ""),
    ("statusModule", "overallStatus"),
    ("statusModule", ""),
    ("statusModule", "lastUpdatePostDateStruct"),
    ("sponsorCollaboratorsModule", "leadSponsor"),
    ("sponsorCollaboratorsModule", ""),
    ("designModule", "studyType"),
    ("designModule", ""),
}


@given(path=st.sampled_from(_PATHS), value=_JSON)
def test_any_value_in_any_field_costs_that_field_or_the_study(path: tuple[str, str], value: Any) -> None:
    module, field = path
    study = json.loads(json.dumps(STUDY))
    if field:
        study["protocolSection"][module][field] = value
    else:
        study["protocolSection"][module] = value
    try:
        record = parse(json.dumps(study).encode())
    except ParseError:
        assert (module, field) in _COSTLY
    else:
        trial, _ = normalise(record, "")
        assert trial.trial_id == "NCT99000002"


@given(st.binary(max_size=300))
def test_noise_raises_nothing_but_parse_error(body: bytes) -> None:
    for start in (b"", b"{", b"<clinical_study>"):
        with pytest.raises(ParseError):
            parse(start + body)


# ── hostile XML ─────────────────────────────────────────────────────────────────────────────────────────


def test_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET-WORDS")
    doctype = (
        f'<!DOCTYPE clinical_study [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>\n<clinical_study rank="7">'
    )
    hostile = XML.replace('<clinical_study rank="7">', doctype)
    hostile = hostile.replace("<acronym>", "").replace("Orrin Devices GmbH", "&leak;")
    assert b"SECRET-WORDS" not in msgspec.json.encode(parse(hostile.encode()))


def test_entity_bomb_is_not_expanded() -> None:
    entities = '<!ENTITY a0 "boom">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    bomb = XML.replace(
        '<clinical_study rank="7">', f'<!DOCTYPE clinical_study [{entities}]><clinical_study rank="&a11;">'
    )
    try:
        record = parse(bomb.replace("Orrin Devices GmbH", "&a11;").encode())
    except ParseError:
        return
    assert len(msgspec.json.encode(record)) < 10_000


# ── contacts ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", ["NCT99000001.json", "NCT99000002.json", "NCT99000009.json", "NCT99000011.xml"]
)
def test_no_contact_reaches_the_record(name: str) -> None:
    body = (FOLDER / name).read_bytes()
    personal = [
        *(b"Ada Lindqvist", b"Bertil Ohm", b"Marchetti", b"Dana Reyes", b"Ivo Brandt", b"Greta Holm"),
        *(b"@example.org", b"0142", b"0177", b"0199", b"0188"),
    ]
    assert sum(words in body for words in personal) >= 3
    encoded = msgspec.json.encode(parse(body))
    assert [words for words in personal if words in encoded] == []


@pytest.mark.parametrize(
    "phone, text, left",
    [
        ("555-010-0142", "call 555-010-0142 now", "call [contact removed] now"),
        ("555-010-0142", "call (555) 010 0142.", "call [contact removed]."),
        ("+1 555 010 0142", "call 555.010.0142", "call [contact removed]"),
        ("+49 30 5550107", "Tel. +49-30-555 0107", "Tel. [contact removed]"),
        ("+33 1 55 50 10 77 or 0155501078", "0155501078", "[contact removed]"),
        (
            "1-800-TRIALSX (1-800-555-0107)",
            "1-800-TRIALSX, 1-800-555-0107",
            "[contact removed], [contact removed]",
        ),
        ("", "hotline 212-555-0107", "hotline [contact removed]"),
        ("", "write to A.B-c+d@mail.example.org.", "write to [contact removed]."),
        # Numbers that are no telephone number of this record stay.
        ("1234", "at least 1234 cells", "at least 1234 cells"),
        ("555-010-0142", "grant 15550100142", "grant 15550100142"),
        ("555-010-0142", "2010-2015 and 100-200 mg", "2010-2015 and 100-200 mg"),
        ("555-010-0142", "doi: 10.1007/s10875-011-9515-9", "doi: 10.1007/s10875-011-9515-9"),
    ],
)
def test_contact_inside_a_text_is_blanked(phone: str, text: str, left: str) -> None:
    contact = {"name": "N", "role": "CONTACT"} | ({"phone": phone} if phone else {})
    record = parse(
        changed(
            contactsLocationsModule={"centralContacts": [contact], "locations": [{"facility": text}]},
            descriptionModule={"briefSummary": "x"},
            eligibilityModule={"eligibilityCriteria": text},
        )
    )
    assert record.sites[0].facility == left
    assert record.eligibility_criteria == left
