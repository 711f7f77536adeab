"""A county in a fresh database for tests of meetings, and shorthands to act in it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from command.directory.model import Terminal
from command.directory.secrets import hash_token
from command.kernel.actor import Actor
from command.kernel.clock import ManualClock
from command.kernel.db import Database, make_engine
from command.kernel.ids import new_id
from command.kernel.timeline import Entry, read_after
from command.kernel.values import State
from media.meetings.actions import presence, taking_part
from media.meetings.actions.convening import Call, convene
from media.meetings.model import Meeting, Mode
from tests.command.county import copied, small_county
from tests.originals import Original, Where
from tests.web.world import World

START = datetime(2026, 11, 20, 6, 3, tzinfo=UTC)
MORE_TERMINALS = (("north_phone", "phone", "north"), ("county_room", "browser", "county"))


@dataclass(frozen=True)
class County:
    """The database, its clock and the ids of everything in it."""

    db: Database
    clock: ManualClock
    world: World

    def actor(self, name: str) -> Actor:
        """A user or terminal by its short name."""
        with self.db.reading() as session:
            return self.world.actor(session, name)

    def convene(self, *terminals: str, chair: str = "duty", mode: Mode = Mode.DISCUSSION) -> str:
        """A meeting that rings these terminals; its id."""
        with self.db.writing() as session:
            call = Call("防汛会商", terminals=[self.world.terminals[name] for name in terminals], mode=mode)
            return convene(session, self.clock, self.actor(chair), call).id

    def sites(self, meeting_id: str) -> dict[str, State]:
        """The sites of a meeting by name."""
        with self.db.reading() as session:
            return {site.name: site.state() for site in session.get_one(Meeting, meeting_id).sites}

    def site(self, meeting_id: str, name: str) -> str:
        """The id of a site."""
        return str(self.sites(meeting_id)[name]["id"])

    def states(self, meeting_id: str) -> dict[str, str]:
        """Where each site stands."""
        return {name: str(site["state"]) for name, site in self.sites(meeting_id).items()}

    def meeting(self, meeting_id: str) -> State:
        """The meeting's public state."""
        with self.db.reading() as session:
            return session.get_one(Meeting, meeting_id).state()

    def entries(self, after: int = 0) -> list[Entry]:
        """What the timeline tells after `after`."""
        with self.db.reading() as session:
            return read_after(session, after, 10_000)

    def kinds(self, after: int = 0) -> list[str]:
        """The kinds of these entries."""
        return [entry.kind for entry in self.entries(after)]


def fill(url: str) -> World:
    """Write the county into an empty database."""
    world = small_county(url)
    db = Database(make_engine(url), ManualClock(START))
    with db.writing() as session:
        _add_terminals(session, world)
    db.engine.dispose()
    return world


_COUNTY = Original(fill)


def county_in(where: Where) -> AbstractContextManager[County]:
    """The county and nothing else, in a database of its own."""
    return copied(_COUNTY, where, County)


def do(county: County, act: Callable[[Session], object]) -> None:
    """One act in a transaction of its own."""
    with county.db.writing() as session:
        act(session)


def joined(county: County, meeting: str, name: str) -> str:
    """Have a terminal answer and connect; its site's id."""
    actor, site = county.actor(name), county.site(meeting, name)
    do(county, lambda s: taking_part.answer(s, county.clock, actor, meeting))
    do(county, lambda s: presence.joined(s, county.clock, site))
    return site


def _add_terminals(session: Session, world: World) -> None:
    for name, kind, unit in MORE_TERMINALS:
        world.terminals[name] = new_id()
        token = hash_token(world.token(name))
        session.add(
            Terminal(id=world.terminals[name], unit_id=world.units[unit], name=name, kind=kind, token_hash=token)
        )
