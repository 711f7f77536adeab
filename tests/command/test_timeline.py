"""The chain: dense, in commit order, and any changed byte is found."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from command.kernel.actor import system_actor
from command.kernel.clock import ManualClock
from command.kernel.db import Base, Database, make_engine
from command.kernel.timeline import TimelineHead, read_after, record, verify

TEXT_COLUMNS = ("id", "at", "unit", "shared", "actor", "kind", "body", "prev_hash", "hash")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    engine = make_engine(f"sqlite:///{tmp_path / 'fengsui.db'}")
    Base.metadata.create_all(engine)
    database = Database(engine, ManualClock(datetime(2026, 11, 20, 6, 3, tzinfo=UTC)))
    with database.writing() as session:
        session.add(TimelineHead(id=1))
    yield database
    engine.dispose()


def fill(database: Database, count: int) -> None:
    for number in range(count):
        with database.writing() as session:
            record(
                session,
                system_actor(),
                "incident.noted",
                unit="u1",
                body={"note": {"id": f"n{number}", "text": "水位涨"}},
            )


def test_entries_are_dense_and_hold(database: Database) -> None:
    fill(database, 12)
    with database.reading() as session:
        assert [entry.seq for entry in read_after(session, 3, 100)] == list(range(4, 13))
        assert verify(session) == (12, None)


def test_a_rolled_back_change_leaves_no_entry(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            record(session, system_actor(), "incident.noted", unit="u1", body={})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as session:
        assert verify(session) == (0, None)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_is_named(database: Database, data: st.DataObject) -> None:
    with database.reading() as session:
        if verify(session)[0] == 0:
            fill(database, 8)
    seq = data.draw(st.integers(1, 8))
    column = data.draw(st.sampled_from(TEXT_COLUMNS))
    with database.engine.begin() as connection:
        value: str = connection.execute(text(f"SELECT {column} FROM timeline WHERE seq = :s"), {"s": seq}).scalar_one()  # noqa: S608
        place = data.draw(st.integers(0, len(value) - 1))
        other = data.draw(st.characters(min_codepoint=32, max_codepoint=126).filter(lambda c: c != value[place]))
        changed = value[:place] + other + value[place + 1 :]
        update = text(f"UPDATE timeline SET {column} = :v WHERE seq = :s")  # noqa: S608
        connection.execute(update, {"v": changed, "s": seq})
    with database.reading() as session:
        _, found = verify(session)
    with database.engine.begin() as connection:
        connection.execute(update, {"v": value, "s": seq})
    assert found is not None
    # A changed hash is seen at the entry itself, since its content no longer gives it.
    assert found.seq == seq


def test_a_cut_entry_and_a_cut_tail_are_found(database: Database) -> None:
    fill(database, 5)
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM timeline WHERE seq = 5"))
    with database.reading() as session:
        found = verify(session)[1]
        assert found is not None
        assert found.seq == 5
