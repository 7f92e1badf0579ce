"""Flags: what a criterion speaks of, and the words that only look like it."""

import pytest

from scraper.criteria.clean import fold
from scraper.criteria.flags import antigens, flags


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pregnant or nursing women", {"pregnancy", "lactation", "sex_female"}),
        ("Breast-feeding or planning a pregnancy", {"pregnancy", "lactation"}),
        ("Known HIV, hepatitis B (HBV) or hepatitis C infection", {"hiv", "hbv", "hcv"}),
        ("Hepatitis B or C carrier", {"hbv", "hcv"}),
        ("HBsAg positive", {"hbv"}),
        ("Human immunodeficiency virus infection", {"hiv"}),
        ("Male or female", {"sex_female", "sex_male"}),
        ("Men over 50", {"sex_male"}),
        ("Lives in a nursing home", set()),
        ("Use of walking aids", set()),
        ("Vaccinated with hepatitis B vaccine", set()),
        ("Male infertility", set()),
        ("Signed informed consent", {"consent"}),
        ("Uses effective contraception", {"contraception"}),
        ("Women of childbearing potential", {"sex_female", "contraception"}),
        ("Previous treatment with any gene therapy products", {"prior_gene_therapy"}),
        ("Management of symptoms", set()),
    ],
)
def test_flags_of_one_criterion(text: str, expected: set[str]) -> None:
    assert set(flags(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("expression of CLL-1, CD123 and/or CD33", ["CLEC12A", "CD123", "CD33"]),
        ("CLEC12A or CLL1 positive", ["CLEC12A"]),
        ("anti-CD19 therapy", ["CD19"]),
        ("HER2/neu negative, ER positive", ["HER2", "ER"]),
        ("PD-L1 or PD-1 inhibitors", ["PDL1", "PD1"]),
        ("CD334 and ACD33", []),
        ("a stay in the er or with the PR office of fap", ["PR"]),
        ("B-cell maturation antigen", ["BCMA"]),
        ("Claudin 18.2 positive", ["CLDN18.2"]),
    ],
)
def test_antigens_go_by_all_their_names(text: str, expected: list[str]) -> None:
    assert list(antigens(text, fold(text))) == expected
    assert [flag for flag in flags(text) if flag.startswith("antigen:")] == [
        f"antigen:{code}" for code in expected
    ]
