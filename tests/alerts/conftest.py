"""The county of these tests, on SQLite or on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.county import County, build_county, copy_of


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, County]:
    """The county in a SQLite file, made once and copied for each test."""
    path = tmp_path_factory.mktemp("prepared") / "fengsui.db"
    county = build_county(f"sqlite:///{path}")
    county.db.engine.dispose()
    return path, county


@pytest.fixture
def county(prepared: tuple[Path, County], tmp_path: Path) -> Iterator[County]:
    """On SQLite."""
    shutil.copy(prepared[0], tmp_path / "fengsui.db")
    county = copy_of(prepared[1], f"sqlite:///{tmp_path / 'fengsui.db'}")
    yield county
    county.db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Iterator[County]:
    """On each of the two databases."""
    if request.param == "sqlite":
        yield request.getfixturevalue("county")
        return
    county = build_county(request.getfixturevalue("postgres_url"))
    yield county
    county.db.engine.dispose()
