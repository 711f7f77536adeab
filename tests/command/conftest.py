"""The small county for tests of command's actions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command.county import County, county_in


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    """A database with the small county and nothing else."""
    with county_in(tmp_path) as county:
        yield county
