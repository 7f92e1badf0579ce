"""Search finds what the registry itself says a trial is about."""

from pathlib import Path

import pytest

from tests.bench.corpus import studies
from tests.bench.fidelity import measure


@pytest.mark.shared
def test_conditions_agree_with_the_registry_with_its_terms_and_without(shared: Path) -> None:
    scores = dict(measure(studies(shared)))
    for group in ("all", "newer"):
        stated = scores[f"condition: TERM, {group}"]
        assert stated.recall >= 0.95
        assert stated.precision >= 0.90
        hidden = scores[f"MeSH hidden, condition: TERM, {group}"]
        assert hidden.recall >= 0.75
        assert hidden.precision >= 0.85
