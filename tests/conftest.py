"""Fixtures that several tests share."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The machines are shared: how long an example takes says nothing about the code.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

PAGES = Path(__file__).parent / "pages"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real records that lies beside a developer's checkout; a plain clone skips."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the folder of real records, ../shared, is not beside this checkout")
    return folder
