"""The county of these tests, on SQLite or on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.county import County, build_county


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    """On SQLite."""
    county = build_county(f"sqlite:///{tmp_path / 'fengsui.db'}")
    yield county
    county.db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[County]:
    """On each of the two databases."""
    url = f"sqlite:///{tmp_path / 'fengsui.db'}"
    county = build_county(url if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    yield county
    county.db.engine.dispose()
