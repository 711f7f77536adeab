"""Asking for many values by one parameter: the same rows as with one for each, on either database."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from command.directory.model import Unit
from command.kernel.among import among
from tests.command.county import County, county_in
from tests.originals import Where

MOST_PARAMETERS = 65_535
"""What PostgreSQL's protocol can count; SQLite takes half of that by default."""


@pytest.fixture
def county(where: Where) -> Iterator[County]:
    with county_in(where) as county:
        yield county


@pytest.mark.parametrize("wanted", [[], ["townships"], ["some"], ["odd", "some"]])
def test_the_same_rows_as_with_a_parameter_for_each(county: County, wanted: list[str]) -> None:
    with county.db.reading() as session:
        units = session.scalars(select(Unit).order_by(Unit.id)).all()
        sets = {
            "townships": [unit.id for unit in units if unit.kind == "township"],
            "some": [unit.id for unit in units][::2],
            "odd": ["", "null", 'it\'s "odd", {}', "滇\\N", "%", str(10**400)],
        }
        values = [value for name in wanted for value in sets[name]]
        found = session.scalars(select(Unit.id).where(among(Unit.id, values)).order_by(Unit.id)).all()
        assert found == session.scalars(select(Unit.id).where(Unit.id.in_(values)).order_by(Unit.id)).all()
        assert len(found) == sum(unit.id in values for unit in units)


def test_a_column_without_a_value_is_among_none(county: County) -> None:
    with county.db.reading() as session:
        every = session.scalars(select(Unit.id)).all()
        tops = session.scalars(select(Unit.id).where(Unit.parent_id.is_(None))).all()
        below = session.scalars(select(Unit.id).where(among(Unit.parent_id, every))).all()
        assert tops
        assert sorted([*tops, *below]) == sorted(every)


def test_more_are_asked_for_at_once_than_the_database_takes_parameters(county: County) -> None:
    with county.db.reading() as session:
        _as_by_default(session)
        every = session.scalars(select(Unit.id)).all()
        many = [*every, *(f"{number:036d}" for number in range(MOST_PARAMETERS))]
        assert sorted(session.scalars(select(Unit.id).where(among(Unit.id, many)))) == sorted(every)
        with pytest.raises(OperationalError, match=r"variables|parameters"):
            session.scalars(select(Unit.id).where(Unit.id.in_(many)))


def _as_by_default(session: Session) -> None:
    """SQLite may be built to take more."""
    driver: Any = session.connection().connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
