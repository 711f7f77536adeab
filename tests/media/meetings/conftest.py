"""A fresh county for each test of a meeting."""

from collections.abc import Iterator

import pytest

from tests.media.meetings.county import County, county_in
from tests.originals import Where


@pytest.fixture
def county(where: Where) -> Iterator[County]:
    """On each of the two databases."""
    with county_in(where) as county:
        yield county
