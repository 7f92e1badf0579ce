"""Condition names get the MeSH terms, and cities the places, that the real records give them."""

from pathlib import Path

import pytest

from tests.bench import mapping, places
from tests.bench.corpus import studies


@pytest.mark.shared
def test_condition_names_mean_what_the_registry_says_of_the_other_half(shared: Path) -> None:
    scores = mapping.measure(studies(shared))
    assert min(score.precision for score in scores.values()) >= 0.95
    assert scores["all"].recall >= 0.5
    assert scores["all"].share_mapped >= 0.7


@pytest.mark.shared
def test_cities_lie_where_the_records_put_them(shared: Path) -> None:
    counts, _ = places.measure(places.sites(shared))
    assert counts["unknown country"] == 0
    assert counts["with, filled"] >= 0.9 * counts["with"]
    assert counts["within 25 km"] >= 0.985 * counts["with, filled"]
