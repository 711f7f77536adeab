"""Any sequence of acts: no impossible state, and snapshot + entries = fresh snapshot for every reader."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from sqlalchemy import select

from command.incidents import actions as incidents
from command.incidents import moves as incident_moves
from command.incidents.changes import Changes, Draft, Move
from command.incidents.model import Incident
from command.kernel.errors import Conflict, FengsuiError, Invalid, StaleVersion
from command.kernel.timeline import verify
from command.kernel.values import State
from command.resources import actions as resources
from command.resources.model import Resource
from command.tasks import actions as tasks
from command.tasks import moves as task_moves
from command.tasks.model import Task
from gis.divisions import shipped_divisions
from tests.command.county import INSIDE, County, county_in, same

READERS = ("duty", "station_issuer", "south_operator", "north_operator", "keeper", "stranger_duty", "wall")
ACTORS = ("duty", "leader", "south_operator", "north_operator", "keeper", "south_box", "stranger_duty", "wall")
REASONS = st.sampled_from([None, " ", "水又涨了"])


class Course(RuleBasedStateMachine):
    """Acts of everybody on everything, right or wrong; what is refused must leave no trace."""

    reports = Bundle("reports")
    means = Bundle("means")
    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self._end = ExitStack()
        folder = Path(self._end.enter_context(tempfile.TemporaryDirectory()))
        self.county: County = self._end.enter_context(county_in(folder))
        self.boards: dict[str, State] = {}

    def teardown(self) -> None:
        with self.county.db.reading() as session:
            assert verify(session)[1] is None
        self._end.close()

    @initialize()
    def look(self) -> None:
        self.boards = {name: self.county.board(name) for name in READERS}

    @rule(target=reports, who=st.sampled_from(["duty", "south_operator"]), known=st.booleans())
    def report(self, who: str, known: bool) -> str:
        draft = Draft(title="塌方", category="accident", source="phone", position=INSIDE if known else None)
        with self.county.db.writing() as session:
            actor = self.county.world.actor(session, who)
            return incidents.log(session, self.county.clock, actor, draft, shipped_divisions()).id

    @rule(target=means, unit=st.sampled_from(["county", "south", "north"]), kept=st.booleans())
    def register(self, unit: str, kept: bool) -> str:
        keeper = self.county.world.users["keeper"] if kept else None
        values = resources.NewResource(
            unit_id=self.county.world.units[unit], kind="team", name="队", position=INSIDE, keeper_id=keeper
        )
        with self.county.db.writing() as session:
            return resources.register(session, self.county.world.actor(session, "duty"), values).id

    @rule(
        key=reports,
        who=st.sampled_from(ACTORS),
        to=st.sampled_from(incident_moves.STATUSES),
        reason=REASONS,
        other=reports,
        verification=st.sampled_from([None, *incident_moves.VERIFICATIONS]),
        stale=st.booleans(),
    )
    def move_incident(
        self, key: str, who: str, to: str, reason: str | None, other: str, verification: str | None, stale: bool
    ) -> None:
        wish = Move(status=to, reason=reason, merged_into=other, transferred_to="邻县", verification=verification)
        before = self._incident(key)

        def act() -> None:
            with self.county.db.writing() as session:
                actor = self.county.world.actor(session, who)
                version = before[2] - stale
                incidents.amend(session, self.county.clock, actor, key, version, Changes(), wish, shipped_divisions())

        problem = self._try(act)
        after = self._incident(key)
        if problem is not None:
            assert after == before
        else:
            assert not stale
            assert after[0] == to
            assert to == before[0] or to in incident_moves.STATUS.possible(before[0])
        if who == "duty" and not stale and to not in (before[0], *incident_moves.STATUS.possible(before[0])):
            assert isinstance(problem, Conflict | Invalid)
        if who == "duty" and stale:
            assert isinstance(problem, StaleVersion)

    @rule(key=reports, who=st.sampled_from(ACTORS), figures=st.sampled_from([None, {"trapped": 3}]))
    def write(self, key: str, who: str, figures: dict[str, int | None] | None) -> None:
        def act() -> None:
            with self.county.db.writing() as session:
                actor = self.county.world.actor(session, who)
                line = incidents.Line(text="到场查看", figures=figures)
                incidents.note(session, self.county.clock, actor, key, line)
                incidents.acknowledge(session, self.county.clock, actor, key)

        self._try(act)

    @rule(target=orders, key=reports, by=means, who=st.sampled_from(["duty", "leader", "south_operator"]))
    def send(self, key: str, by: str, who: str) -> str:
        return self._order(key, who, tasks.Order(title="前往", resource=by))

    @rule(target=orders, key=reports, unit=st.sampled_from(["south", "north", "elsewhere"]))
    def instruct(self, key: str, unit: str) -> str:
        return self._order(key, "duty", tasks.Order(title="巡查", to_unit=self.county.world.units[unit]))

    @rule(key=orders, who=st.sampled_from(ACTORS), to=st.sampled_from(task_moves.MOVES), reason=REASONS)
    def move_task(self, key: str, who: str, to: str, reason: str | None) -> None:
        before = self._task(key)
        if before is None:
            return

        def act() -> None:
            with self.county.db.writing() as session:
                actor = self.county.world.actor(session, who)
                tasks.move(session, self.county.clock, actor, key, to, reason)

        problem = self._try(act)
        after = self._task(key)
        assert after is not None
        if problem is not None or to in before[1]:
            assert after == before
        else:
            assert after == (to, (*before[1], to))
            assert to in task_moves.TASK.possible(before[0])

    @rule(key=means, who=st.sampled_from(ACTORS), people=st.integers(0, 40))
    def count(self, key: str, who: str, people: int) -> None:
        def act() -> None:
            with self.county.db.writing() as session:
                actor = self.county.world.actor(session, who)
                version = session.get_one(Resource, key).version
                resources.change(session, actor, key, version, {"people": people})

        self._try(act)

    @rule(key=consumes(means))
    def retire(self, key: str) -> None:
        def act() -> None:
            with self.county.db.writing() as session:
                version = session.get_one(Resource, key).version
                actor = self.county.world.actor(session, "duty")
                resources.change(session, actor, key, version, {"active": False})

        self._try(act)

    @rule(reader=st.sampled_from(READERS))
    def come_back(self, reader: str) -> None:
        """A reader that was cut off takes what it missed and sees what a fresh load shows."""
        self._follow(reader)

    @invariant()
    def a_resource_is_on_the_order_that_has_it(self) -> None:
        with self.county.db.reading() as session:
            for row in session.scalars(select(Resource)):
                task = session.get(Task, row.task_id) if row.task_id else None
                assert (task is None) == (row.status in {"available", "unavailable"})
                if task is not None:
                    assert row.status == task_moves.resource_status(task.status)

    @invariant()
    def the_desk_follows(self) -> None:
        if self.boards:
            self._follow("duty")

    def _follow(self, reader: str) -> None:
        fresh = self.county.board(reader)
        assert same(self.county.followed(reader, self.boards[reader]), fresh)

    def _order(self, key: str, who: str, order: tasks.Order) -> str:
        given: list[str] = []

        def act() -> None:
            with self.county.db.writing() as session:
                actor = self.county.world.actor(session, who)
                given.append(tasks.order(session, self.county.clock, actor, key, order).id)

        return "" if self._try(act) else given[0]

    def _try(self, act: Callable[[], None]) -> FengsuiError | None:
        """Do it; what is refused must have written nothing."""
        before = self.county.counts()
        self.county.clock.advance(1)
        try:
            act()
        except FengsuiError as problem:
            assert self.county.counts() == before
            return problem
        return None

    def _incident(self, key: str) -> tuple[str, str, int]:
        with self.county.db.reading() as session:
            row = session.get_one(Incident, key)
            return row.status, row.verification, row.version

    def _task(self, key: str) -> tuple[str, tuple[str, ...]] | None:
        with self.county.db.reading() as session:
            row = session.get(Task, key) if key else None
            moves = row.moves if row is not None and isinstance(row.moves, list) else []
            return None if row is None else (row.status, tuple(str(step["to"]) for step in moves))


TestCourse = Course.TestCase
TestCourse.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
