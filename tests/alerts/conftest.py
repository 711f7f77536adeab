"""The county of these tests, on SQLite or on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.county import County, county_in
from tests.originals import Where


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    """On SQLite."""
    with county_in(tmp_path) as county:
        yield county


@pytest.fixture
def either(where: Where) -> Iterator[County]:
    """On each of the two databases."""
    with county_in(where) as county:
        yield county
