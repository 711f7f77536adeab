"""Any sequence of acts: no impossible state, and snapshot + entries = fresh snapshot for every reader."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from command.incidents import actions as incidents
from command.incidents import moves as incident_moves
from command.incidents.changes import Changes, Draft, Move
from command.incidents.model import Incident
from command.kernel.actor import Actor
from command.kernel.errors import Conflict, FengsuiError, StaleVersion
from command.kernel.timeline import verify
from command.kernel.values import State
from command.moves import Machine
from command.resources import actions as resources
from command.resources.model import Resource
from command.tasks import actions as tasks
from command.tasks import moves as task_moves
from command.tasks.model import Task
from gis.divisions import shipped_divisions
from tests.command.county import INSIDE, County, county_in, same

READERS = ("duty", "station_issuer", "south_operator", "north_operator", "keeper", "stranger_duty", "wall")
ACTORS = st.sampled_from(["duty", "duty", "leader", "south_operator", "keeper", "south_box", "stranger_duty", "wall"])
REASONS = st.sampled_from([None, " ", "水又涨了", "水又涨了"])
PICK = st.integers(0, 99)
# Any state at all, or by number one of those that are possible just then: else a course would rarely get far.
INCIDENT_GOALS = st.one_of(st.sampled_from(incident_moves.STATUSES), st.integers(0, 3), st.just(0))
TASK_GOALS = st.one_of(st.sampled_from(task_moves.MOVES), st.integers(0, 3), st.just(0))


def goal(wish: str | int, machine: Machine, state: str) -> str:
    """The state wished for."""
    possible = machine.possible(state)
    return wish if isinstance(wish, str) else possible[wish % len(possible)] if possible else state


class Course(RuleBasedStateMachine):
    """Acts of everybody on everything, right or wrong; what is refused must leave no trace."""

    def __init__(self) -> None:
        super().__init__()
        self._end = ExitStack()
        folder = Path(self._end.enter_context(tempfile.TemporaryDirectory()))
        self.county: County = self._end.enter_context(county_in(folder))
        self.boards: dict[str, State] = {}
        self.incidents: list[str] = []
        self.resources: list[str] = []
        self.tasks: list[str] = []

    def teardown(self) -> None:
        for reader in self.boards:
            self.come_back(reader)
        with self.county.db.reading() as session:
            assert verify(session)[1] is None
        self._end.close()

    @initialize()
    def begin(self) -> None:
        self.boards = {name: self.county.board(name) for name in READERS}
        self.report("duty", known=True)
        self.report("south_operator", known=False)
        self.register("south", kept=True)
        self.register("county", kept=False)
        self.send(0, 0, "duty")
        self.instruct(0, "south")

    @rule(who=st.sampled_from(["duty", "south_operator"]), known=st.booleans())
    def report(self, who: str, known: bool) -> None:
        draft = Draft(title="塌方", category="accident", source="phone", position=INSIDE if known else None)
        clock = self.county.clock

        def act(session: Session, actor: Actor) -> None:
            self.incidents.append(incidents.log(session, clock, actor, draft, shipped_divisions()).id)

        assert self._try(who, act) is None

    @rule(unit=st.sampled_from(["county", "south", "north"]), kept=st.booleans())
    def register(self, unit: str, kept: bool) -> None:
        keeper = self.county.world.users["keeper"] if kept else None
        unit_id = self.county.world.units[unit]
        values = resources.NewResource(unit_id=unit_id, kind="team", name="队", position=INSIDE, keeper_id=keeper)

        def act(session: Session, actor: Actor) -> None:
            self.resources.append(resources.register(session, actor, values).id)

        assert self._try("duty", act) is None

    @rule(
        pick=PICK,
        who=ACTORS,
        wish=INCIDENT_GOALS,
        reason=REASONS,
        into=PICK,
        stale=st.sampled_from([False, False, False, True]),
    )
    def move_incident(self, pick: int, who: str, wish: str | int, reason: str | None, into: int, stale: bool) -> None:
        key, before = self._incident(pick)
        to = goal(wish, incident_moves.STATUS, before[0])
        other = self._incident(into)[0]
        move = Move(status=to, reason=reason, merged_into=other, transferred_to="邻县")
        version = before[1] - (1 if stale else 0)

        def act(session: Session, actor: Actor) -> None:
            incidents.amend(session, self.county.clock, actor, key, version, Changes(), move, shipped_divisions())

        problem = self._try(who, act)
        after = self._incident(pick)[1]
        if problem is not None or to == before[0]:
            assert after == before
        else:
            assert after == (to, before[1] + 1)
            assert to in incident_moves.STATUS.possible(before[0])
        if who == "duty" and stale:
            assert isinstance(problem, StaleVersion)
        elif who == "duty" and to not in (before[0], *incident_moves.STATUS.possible(before[0])):
            assert isinstance(problem, Conflict)

    @rule(pick=PICK, who=ACTORS, to=st.sampled_from(incident_moves.VERIFICATIONS), reason=REASONS)
    def judge(self, pick: int, who: str, to: str, reason: str | None) -> None:
        key, before = self._incident(pick)
        move = Move(verification=to, reason=reason)

        def act(session: Session, actor: Actor) -> None:
            clock = self.county.clock
            incidents.amend(session, clock, actor, key, before[1], Changes(), move, shipped_divisions())

        self._try(who, act)

    @rule(pick=PICK, who=ACTORS, figures=st.sampled_from([None, {"trapped": 3}]))
    def write(self, pick: int, who: str, figures: dict[str, int | None] | None) -> None:
        key = self._incident(pick)[0]

        def act(session: Session, actor: Actor) -> None:
            line = incidents.Line(text="到场查看", figures=figures)
            incidents.note(session, self.county.clock, actor, key, line)
            incidents.acknowledge(session, self.county.clock, actor, key)

        self._try(who, act)

    @rule(pick=PICK, by=PICK, who=st.sampled_from(["duty", "leader", "south_operator"]))
    def send(self, pick: int, by: int, who: str) -> None:
        self._order(pick, who, tasks.Order(title="前往", resource=self.resources[by % len(self.resources)]))

    @rule(pick=PICK, unit=st.sampled_from(["south", "north", "elsewhere"]))
    def instruct(self, pick: int, unit: str) -> None:
        self._order(pick, "duty", tasks.Order(title="巡查", to_unit=self.county.world.units[unit]))

    @rule(pick=PICK, who=ACTORS, wish=TASK_GOALS, reason=REASONS)
    def move_task(self, pick: int, who: str, wish: str | int, reason: str | None) -> None:
        key, before = self._task(pick)
        to = goal(wish, task_moves.TASK, before[0])

        def act(session: Session, actor: Actor) -> None:
            tasks.move(session, self.county.clock, actor, key, to, reason)

        problem = self._try(who, act)
        after = self._task(pick)[1]
        if problem is not None or to in before[1]:
            assert after == before
        else:
            assert after == (to, (*before[1], to))
            assert to in task_moves.TASK.possible(before[0])
        if who == "duty" and to not in before[1] and to not in task_moves.TASK.possible(before[0]):
            assert isinstance(problem, Conflict)

    @rule(pick=PICK, times=st.integers(2, 9), skipping=st.integers(0, 2))
    def carry_out(self, pick: int, times: int, skipping: int) -> None:
        for _ in range(times):
            self.move_task(pick, "duty", skipping, "到了")

    @rule(pick=PICK, times=st.integers(2, 5))
    def handle(self, pick: int, times: int) -> None:
        for _ in range(times):
            self.move_incident(pick, "duty", 0, None, pick, stale=False)

    @rule(pick=PICK, who=ACTORS, changes=st.sampled_from([{"people": 3}, {"position": None}, {"active": False}]))
    def change(self, pick: int, who: str, changes: resources.Changes) -> None:
        key = self.resources[pick % len(self.resources)]

        def act(session: Session, actor: Actor) -> None:
            resources.change(session, actor, key, session.get_one(Resource, key).version, changes)

        self._try(who, act)

    @rule(reader=st.sampled_from(READERS))
    def come_back(self, reader: str) -> None:
        """A reader that was cut off takes what it missed and sees what a fresh load shows."""
        fresh = self.county.board(reader)
        assert same(self.county.followed(reader, self.boards[reader]), fresh)

    @invariant()
    def a_resource_is_on_the_order_that_has_it(self) -> None:
        with self.county.db.reading() as session:
            for row in session.scalars(select(Resource)):
                task = session.get(Task, row.task_id) if row.task_id else None
                assert (task is None) == (row.status in {"available", "unavailable"})
                if task is not None:
                    assert row.status == task_moves.resource_status(task.status)

    def _order(self, pick: int, who: str, order: tasks.Order) -> None:
        key, (status, _) = self._incident(pick)

        def act(session: Session, actor: Actor) -> None:
            self.tasks.append(tasks.order(session, self.county.clock, actor, key, order).id)

        if self._try(who, act) is None:
            assert status not in incident_moves.OFF_BOARD

    def _try(self, who: str, act: Callable[[Session, Actor], None]) -> FengsuiError | None:
        """Do it; what is refused must have written nothing."""
        before = self.county.counts()
        self.county.clock.advance(1)
        try:
            with self.county.db.writing() as session:
                act(session, self.county.world.actor(session, who))
        except FengsuiError as problem:
            assert self.county.counts() == before
            return problem
        return None

    def _incident(self, pick: int) -> tuple[str, tuple[str, int]]:
        """Id, status and version."""
        with self.county.db.reading() as session:
            row = session.get_one(Incident, self.incidents[pick % len(self.incidents)])
            return row.id, (row.status, row.version)

    def _task(self, pick: int) -> tuple[str, tuple[str, tuple[str, ...]]]:
        """Id, status and the moves made."""
        with self.county.db.reading() as session:
            row = session.get_one(Task, self.tasks[pick % len(self.tasks)])
            moves = row.moves if isinstance(row.moves, list) else []
            return row.id, (row.status, tuple(str(step["to"]) for step in moves))


def test_the_whole_line_reaches_every_reader() -> None:
    course = Course()
    course.begin()
    course.carry_out(0, times=9, skipping=0)
    course.carry_out(1, times=4, skipping=1)
    course.handle(0, times=5)
    course.come_back("keeper")
    kinds = {entry.kind for entry in course.county.entries()}
    assert {f"task.{to}" for to in task_moves.MOVES} - kinds == {"task.unable"}
    assert {"incident.responding", "incident.controlled", "incident.closed", "incident.archived"} <= kinds
    course.teardown()


TestCourse = Course.TestCase
TestCourse.settings = settings(max_examples=20, stateful_step_count=25)
