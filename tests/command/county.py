"""A database in a temporary folder with the small county, for tests of actions without the edge."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import func, select

from command.directory.queries import sight_of
from command.incidents.model import Attachment, Incident, Note
from command.incidents.queries import board_incidents
from command.kernel.actor import Actor
from command.kernel.clock import ManualClock
from command.kernel.db import Base, Database, make_engine
from command.kernel.timeline import Entry, EntryRow, TimelineHead, head_of, read_after
from command.kernel.values import State
from command.resources.model import Resource
from command.resources.queries import board_resources
from command.tasks.model import Task
from command.tasks.queries import board_tasks
from tests.originals import Original, Where
from tests.web.world import World, build_world
from web.board import Collection, apply, snapshot

T = TypeVar("T")
START = datetime(2026, 11, 20, 6, 3, tzinfo=UTC)
INSIDE = (101.5, 25.0)
OWN_TABLES = (Incident, Note, Attachment, Task, Resource, EntryRow)
COLLECTIONS: dict[str, Collection] = {
    "incidents": board_incidents,
    "tasks": board_tasks,
    "resources": board_resources,
}


@dataclass(frozen=True)
class County:
    """The database, its clock, and the ids of who and what is in it."""

    db: Database
    clock: ManualClock
    world: World

    def actor(self, name: str) -> Actor:
        """The account or device of that short name."""
        with self.db.reading() as session:
            return self.world.actor(session, name)

    def counts(self) -> list[int]:
        """How many rows each table of ours and the timeline hold."""
        with self.db.reading() as session:
            return [session.scalar(select(func.count()).select_from(table)) or 0 for table in OWN_TABLES]

    def board(self, name: str) -> State:
        """A fresh snapshot for this reader."""
        with self.db.reading() as session:
            actor = self.world.actor(session, name)
            return snapshot(session, self.clock, actor, sight_of(session, actor), COLLECTIONS)

    def followed(self, name: str, board: State) -> State:
        """The board with every later entry this reader may see applied to it."""
        seq = board["seq"]
        if not isinstance(seq, int):
            raise TypeError
        with self.db.reading() as session:
            sight = sight_of(session, self.world.actor(session, name))
            for entry in read_after(session, seq, 10_000):
                if sight.covers(entry.unit, entry.shared):
                    apply(board, entry.state())
            board["seq"] = head_of(session)[0]
        return board

    def entries(self) -> list[Entry]:
        """The whole timeline."""
        with self.db.reading() as session:
            return read_after(session, 0, 10_000)


def small_county(url: str) -> World:
    """Write the county into an empty database."""
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    db = Database(engine, ManualClock(START))
    with db.writing() as session:
        session.add(TimelineHead(id=1))
    world = build_world(db)
    engine.dispose()
    return world


_COUNTY = Original(small_county)


@contextmanager
def copied(original: Original[World], where: Where, county: Callable[[Database, ManualClock, World], T]) -> Iterator[T]:
    """What `county` makes of a copy of the original's database, while the block lasts."""
    with original.copied(where) as (url, world):
        clock = ManualClock(START)
        engine = make_engine(url)
        yield county(Database(engine, clock), clock, world)
        engine.dispose()


def county_in(where: Where) -> AbstractContextManager[County]:
    """The county and nothing else, in a database of its own."""
    return copied(_COUNTY, where, County)


def same(one: State, other: State) -> bool:
    """Whether two boards show the same."""
    return all(one[name] == other[name] for name in (*COLLECTIONS, "recent", "seq"))
