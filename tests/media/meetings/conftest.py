"""A fresh county for each test of a meeting."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media.meetings.county import County, open_county


@pytest.fixture(params=["sqlite", "postgresql"])
def county(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[County]:
    """On each of the two databases."""
    url = f"sqlite:///{tmp_path / 'fengsui.db'}"
    county = open_county(url if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    yield county
    county.db.engine.dispose()
