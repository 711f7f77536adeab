"""Several people at once, on either database: no number twice, no change lost, no resource sent twice."""

from collections.abc import Callable, Iterator, Sequence
from threading import Barrier, Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.model import RoleGrant
from command.duty.actions import Taking, begin, take_over
from command.duty.brief import brief_of
from command.duty.model import Shift
from command.incidents import actions as incidents
from command.incidents.changes import Draft, Move
from command.incidents.model import Incident
from command.incidents.queries import Search, search
from command.kernel.actor import Actor
from command.kernel.clock import to_text
from command.kernel.errors import FengsuiError
from command.kernel.rights import Role
from command.kernel.timeline import verify
from command.resources import actions as resources
from command.tasks import actions as tasks
from gis.divisions import shipped_divisions
from tests.command.county import INSIDE, County, county_in, same
from tests.originals import Where

Act = Callable[[Session, Actor], object]
PEOPLE = 4


@pytest.fixture
def county(where: Where) -> Iterator[County]:
    """The small county in either database."""
    with county_in(where) as county:
        yield county


def at_once(county: County, act: Act, who: str = "duty") -> list[object]:
    """What each of several people got who did the same at the same moment: the result, or the code of the refusal."""
    return at_the_same_moment(county, act, [who] * PEOPLE)


def at_the_same_moment(county: County, act: Act, names: Sequence[str]) -> list[object]:
    """The same of several accounts."""
    actors, ready, got = [county.actor(name) for name in names], Barrier(len(names)), list[object]()

    def run(actor: Actor) -> None:
        ready.wait(timeout=30)
        try:
            with county.db.writing() as session:
                result = act(session, actor)
            got.append(result)
        except FengsuiError as problem:
            got.append(problem.code)

    threads = [Thread(target=run, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return got


def report(county: County) -> str:
    draft = Draft(title="报告", category="accident", source="phone", position=INSIDE)
    with county.db.writing() as session:
        actor = county.world.actor(session, "duty")
        return incidents.log(session, county.clock, actor, draft, shipped_divisions()).id


def holds(county: County) -> bool:
    with county.db.reading() as session:
        return verify(session)[1] is None


def test_no_number_is_given_twice(county: County) -> None:
    draft = Draft(title="报告", category="accident", source="phone")

    def log(session: Session, actor: Actor) -> str:
        return incidents.log(session, county.clock, actor, draft, shipped_divisions()).number

    assert sorted(map(str, at_once(county, log) + at_once(county, log))) == [f"1120-{n:03d}" for n in range(1, 9)]
    assert holds(county)


def test_one_change_of_a_version_wins(county: County) -> None:
    key = report(county)

    def amend(session: Session, actor: Actor) -> int:
        divisions = shipped_divisions()
        row = incidents.amend(session, county.clock, actor, key, 1, {"title": "改"}, Move(), divisions)
        return row.version

    assert sorted(map(str, at_once(county, amend))) == ["2", *["version.stale"] * 3]
    assert holds(county)


def test_one_acknowledges_and_the_others_see_it(county: County) -> None:
    key = report(county)

    def acknowledge(session: Session, actor: Actor) -> int:
        return incidents.acknowledge(session, county.clock, actor, key).version

    assert at_once(county, acknowledge) == [2] * PEOPLE
    assert [entry.kind for entry in county.entries()] == ["incident.logged", "incident.acknowledged"]


def test_a_resource_is_sent_once(county: County) -> None:
    key = report(county)
    values = resources.NewResource(unit_id=county.world.units["south"], kind="team", name="队", position=INSIDE)
    with county.db.writing() as session:
        team = resources.register(session, county.world.actor(session, "duty"), values).id

    def send(session: Session, actor: Actor) -> str:
        return tasks.order(session, county.clock, actor, key, tasks.Order(title="前往", resource=team)).number

    assert sorted(map(str, at_once(county, send))) == ["1120-001-01", *["resource.busy"] * 3]
    assert holds(county)


def test_two_duplicates_cannot_swallow_each_other(county: County) -> None:
    pair = [report(county), report(county)]

    def merge(session: Session, actor: Actor) -> str:
        one, other = pair if len(merged) % 2 else pair[::-1]
        merged.append(one)
        wish = Move(status="merged", merged_into=other)
        version = session.get_one(Incident, one).version
        return incidents.amend(session, county.clock, actor, one, version, {}, wish, shipped_divisions()).status

    merged: list[str] = []
    assert sorted(map(str, at_once(county, merge)))[0] == "merged"
    assert len(merged) == PEOPLE
    with county.db.reading() as session:
        states = sorted(session.get_one(Incident, key).status for key in pair)
    assert states == ["merged", "reported"]


def test_the_board_is_followed_and_searched_alike(county: County) -> None:
    boards = {name: county.board(name) for name in ("duty", "south_operator", "stranger_duty")}
    key = report(county)
    order = tasks.Order(title="巡查", to_unit=county.world.units["south"])
    with county.db.writing() as session:
        duty = county.world.actor(session, "duty")
        task = tasks.order(session, county.clock, duty, key, order).id
    with county.db.writing() as session:
        tasks.move(session, county.clock, county.world.actor(session, "south_box"), task, "acknowledged")
    for name, board in boards.items():
        assert same(county.followed(name, board), county.board(name))
    with county.db.reading() as session:
        found = [[row.id for row in search(session, duty, Search(text=text))] for text in ("报告 1120", "100%", "_")]
    assert found == [[key], [], []]


def test_of_several_who_take_the_duty_over_at_once_one_does_and_the_others_hear_of_it(county: County) -> None:
    names, unit = ("leader", "issuer", "keeper"), county.world.units["county"]
    users = [county.world.users[name] for name in names]
    with county.db.writing() as session:
        session.add_all(RoleGrant(user_id=one, role=Role.DUTY_OFFICER, unit_id=unit) for one in users)
    with county.db.writing() as session:
        shift = begin(session, county.clock, county.world.actor(session, "duty"), unit).id

    def take(session: Session, actor: Actor, seen: str = shift) -> str:
        brief = brief_of(0, to_text(county.clock.now()), {})
        return take_over(session, county.clock, actor, unit, seen, Taking(brief=brief, seen=()), "叫不到").id

    got = at_the_same_moment(county, take, names)
    assert sorted(got)[1:] == ["duty.changed"] * 2  # type: ignore[type-var]  # all are texts
    with county.db.reading() as session:
        first, second = session.scalars(select(Shift).order_by(Shift.id)).all()
    assert (first.id, first.ended_at is None, second.ended_at) == (shift, False, None)
    winner = next(name for name in names if county.world.users[name] == second.officer_id)
    assert at_the_same_moment(county, take, [winner]) == [min(map(str, got))], "pressed again"
    (other, *_) = (name for name in names if name != winner)
    assert len(at_the_same_moment(county, lambda s, a: take(s, a, second.id), [other])[0]) == 36, "knowingly"  # type: ignore[arg-type]
    assert holds(county)
