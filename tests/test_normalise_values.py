"""Dates, numbers and identifiers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import NormaliseError
from scraper.normalise import identifier, number
from scraper.normalise.date import iso_date


@pytest.mark.parametrize(
    "words, iso",
    [
        ("2026-05-13", "2026-05-13"),
        ("2026-05", "2026-05"),
        ("2026", "2026"),
        ("2026-05-13T09:30:00Z", "2026-05-13"),
        ("August 1, 2019", "2019-08-01"),
        ("March 2008", "2008-03"),
        ("13 May 2026", "2026-05-13"),
        ("1 Feb 2026", "2026-02-01"),
        ("Sept. 3, 2020", "2020-09-03"),
        ("February 29, 2024", "2024-02-29"),
        ("  May\n 2026 ", "2026-05"),
        ("", None),
    ],
)
def test_dates_are_as_precise_as_stated(words: str, iso: str | None) -> None:
    assert iso_date(words) == iso


def test_day_first_numbers_are_read_only_where_the_source_writes_them_so() -> None:
    assert iso_date("03/04/2026", day_first=True) == "2026-04-03"
    with pytest.raises(NormaliseError):
        iso_date("03/04/2026")


@pytest.mark.parametrize(
    "words",
    [
        "2026-02-30",
        "February 29, 2023",
        "2026-13",
        "31 April 2026",
        "0000",
        "26-05-13",
        "Mayy 2026",
        "soon",
        "May 13 2026 or later",
        "13.05.2026",
        "٢٠٢٦",
    ],
)
def test_impossible_date_is_refused(words: str) -> None:
    with pytest.raises(NormaliseError):
        iso_date(words)


@pytest.mark.parametrize(
    "words, value",
    [
        ("true", True),
        ("Yes", True),
        ("Accepts Healthy Volunteers", True),
        ("No", False),
        ("FALSE", False),
        ("", None),
    ],
)
def test_yes_and_no(words: str, value: bool | None) -> None:
    assert number.yes_no(words) is value


@pytest.mark.parametrize("words, value", [("0", 0), ("360", 360), (" 12 ", 12), ("", None)])
def test_counts(words: str, value: int | None) -> None:
    assert number.count(words) == value


@pytest.mark.parametrize("words", ["-1", "1,000", "about 40", "1e3", "4.5", "9" * 13, "٣"])
def test_count_that_is_no_whole_number_is_refused(words: str) -> None:
    with pytest.raises(NormaliseError):
        number.count(words)


def test_coordinates_are_degrees() -> None:
    assert number.coordinates("42.35843", "-71.05977") == (42.35843, -71.05977)
    assert number.coordinates("0.0", "-78.5") == (0.0, -78.5)
    assert number.coordinates("", "") is None


@pytest.mark.parametrize(
    "point", [("91", "0"), ("0", "181"), ("42", ""), ("", "3"), ("north", "3"), ("0.0", "0")]
)
def test_coordinates_off_the_globe_are_refused(point: tuple[str, str]) -> None:
    with pytest.raises(NormaliseError):
        number.coordinates(*point)


@pytest.mark.parametrize(
    "text, id_type, value",
    [
        ("NCT04010877", "ctgov", "NCT04010877"),
        (" nct04010877 ", "ctgov", "NCT04010877"),
        ("NCT 04010877", "ctgov", "NCT04010877"),
        ("2023-505976-31-00", "ctis", "2023-505976-31-00"),
        ("2023-505976-31", "ctis", "2023-505976-31"),
        ("EU CT 2023-505976-31-00", "ctis", "2023-505976-31-00"),
        ("EU CT number: 2023-505976-31-00", "ctis", "2023-505976-31-00"),
        ("2005-001234-21", "euctr", "2005-001234-21"),
        ("2005-001234-21-DE", "euctr", "2005-001234-21"),
        ("EUCTR2005-001234-21-GB", "euctr", "2005-001234-21"),
        ("EudraCT 2005-001234-21", "euctr", "2005-001234-21"),
        ("EudraCT number: 2005-001234-21", "euctr", "2005-001234-21"),
        ("Eudra CT# 2005-001234-21", "euctr", "2005-001234-21"),
        ("EudraCT-No.:2005-001234-21", "euctr", "2005-001234-21"),
        ("EudraCTnr: 2005-001234-21", "euctr", "2005-001234-21"),
        ("EUDRACT n° 2005-001234-21", "euctr", "2005-001234-21"),
        ("Eudrac: 2005-001234-21", "euctr", "2005-001234-21"),
        ("ISRCTN90000014", "isrctn", "ISRCTN90000014"),
        ("DRKS00012345", "drks", "DRKS00012345"),
        ("ACTRN12605000001606", "anzctr", "ACTRN12605000001606"),
        ("jRCTs031180001", "jrct", "jRCTs031180001"),
        ("JPRN-jRCT2031200001", "jrct", "jRCT2031200001"),
        ("JPRN-UMIN000001234", "umin", "UMIN000001234"),
        ("JapicCTI-090123", "japiccti", "JapicCTI-090123"),
        ("JMA-IIA00123", "jmacct", "JMA-IIA00123"),
        ("ChiCTR2000029308", "chictr", "ChiCTR2000029308"),
        ("ChiCTR-TRC-08000123", "chictr", "ChiCTR-TRC-08000123"),
        ("CTRI/2020/03/024402", "ctri", "CTRI/2020/03/024402"),
        ("KCT0001234", "cris", "KCT0001234"),
        ("IRCT20080901001165N45", "irct", "IRCT20080901001165N45"),
        ("NTR1234", "ntr", "NTR1234"),
        ("NL8765", "ntr", "NL8765"),
        ("PACTR202004800000001", "pactr", "PACTR202004800000001"),
        ("RBR-973pt5n", "rebec", "RBR-973pt5n"),
        ("RPCEC00000123", "rpcec", "RPCEC00000123"),
        ("PER-012-20", "repec", "PER-012-20"),
        ("SLCTR/2020/011", "slctr", "SLCTR/2020/011"),
        ("TCTR20200404004", "tctr", "TCTR20200404004"),
        ("LBCTR2020043495", "lbctr", "LBCTR2020043495"),
        ("U1111-1290-4471", "utn", "U1111-1290-4471"),
        ("U111112904471", "utn", "U1111-1290-4471"),
        # no registry's id
        ("R01HL109293", None, None),
        ("CTR20990001", None, None),
        ("NCT0401087", None, None),
        ("NCT040108771", None, None),
        ("ORRIN-CUFF-3", None, None),
        ("", None, None),
        # placeholders
        ("NCT00000000", None, None),
        ("NCT12345678", None, None),
        ("2021-000000-00", None, None),
        ("2020-123456-78", None, None),
        ("0000-000000-00", None, None),
        ("ISRCTN00000000", None, None),
        ("RBR-000000", None, None),
        # one digit among letters is no placeholder
        ("RBR-88btzp", "rebec", "RBR-88btzp"),
        # four characters or fewer
        ("NL12", None, None),
        ("NTR1", None, None),
    ],
)
def test_identifier_is_known_by_its_value(text: str, id_type: str | None, value: str | None) -> None:
    assert identifier.canonical(text) == (None if id_type is None else (id_type, value))


def test_canonical_ids_stay_as_they_are() -> None:
    for text in ("NCT04010877", "2023-505976-31-00", "ChiCTR-TRC-08000123", "jRCTs031180001", "RBR-973pt5n"):
        found = identifier.canonical(text)
        assert found is not None
        assert identifier.canonical(found[1]) == found


def test_ids_in_prose_are_found_by_place() -> None:
    text = (
        "Extension of NCT04010877 (EudraCT 2005-001234-21, CTIS 2023-505976-31-00); see ISRCTN90000014, NL 12, "
        "not NCT12345678 and not NCT040108771. Doses 2005-2010."
    )
    found = list(identifier.find_all(text))
    assert [(id_type, value) for id_type, value, _, _ in found] == [
        ("ctgov", "NCT04010877"),
        ("euctr", "2005-001234-21"),
        ("ctis", "2023-505976-31-00"),
        ("isrctn", "ISRCTN90000014"),
    ]
    assert all(value[-5:] in text[start:end] for _, value, start, end in found)


@given(st.text(max_size=40))
def test_any_text_is_an_id_or_none(text: str) -> None:
    found = identifier.canonical(text)
    assert found is None or found[0] in identifier.ID_TYPES
    list(identifier.find_all(text))


@given(st.text(max_size=20))
def test_any_text_is_a_value_or_a_normalise_error(text: str) -> None:
    for read in (iso_date, number.count, number.yes_no, lambda words: number.coordinates(words, words)):
        try:
            read(text)
        except NormaliseError as error:
            assert error.expected
