"""Any course of a meeting: boards that follow the entries equal fresh ones, and the rules of the states hold."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.orm import Session

from command.directory.queries import sight_of
from command.kernel.errors import FengsuiError
from command.kernel.timeline import head_of, read_after, verify
from command.kernel.values import State
from media.meetings.actions import chairing, convening, presence, sharing, speaking, taking_part
from media.meetings.model import LAYOUT_CELLS, Meeting
from media.meetings.moves import PRESENT, SiteState
from media.meetings.queries import board_meetings, board_sites, live_meetings
from tests.media.meetings.county import County, county_in
from web.board import apply, snapshot

READERS = ("duty", "wall", "north_box", "south_operator", "stranger_duty")
TERMINALS = ("north_box", "north_phone", "south_box", "county_room")
PEOPLE = ("duty", "leader", "wall", "north_operator", "stranger_duty", *TERMINALS)
COLLECTIONS = {"meetings": board_meetings, "sites": board_sites}


class MeetingLife(RuleBasedStateMachine):
    """Up to two meetings, everybody doing anything at any time; what is refused must change nothing."""

    meetings = Bundle("meetings")

    @initialize()
    def open(self) -> None:
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.county: County = self._stack.enter_context(county_in(folder))
        self.actors = {name: self.county.actor(name) for name in (*READERS, *PEOPLE)}
        with self.county.db.reading() as session:
            self.boards = {name: self.fresh(session, name) for name in READERS}

    @rule(
        target=meetings,
        chair=st.sampled_from(("duty", "leader")),
        terminals=st.sets(st.sampled_from(TERMINALS), min_size=1),
    )
    @precondition(lambda self: len(self.boards["duty"]["meetings"]) < 2)
    def convene(self, chair: str, terminals: set[str]) -> str:
        return self.county.convene(*sorted(terminals), chair=chair)

    @rule(meeting=meetings, who=st.sampled_from(PEOPLE), accept=st.booleans())
    def answer(self, meeting: str, who: str, accept: bool) -> None:
        do = taking_part.answer if accept else taking_part.refuse
        self.attempt(lambda s: do(s, self.county.clock, self.actors[who], meeting, "路上"))

    @rule(meeting=meetings, who=st.sampled_from(PEOPLE))
    def enter(self, meeting: str, who: str) -> None:
        self.attempt(lambda s: taking_part.enter(s, self.county.clock, self.actors[who], meeting))

    @rule(meeting=meetings, index=st.integers(0, 9), what=st.sampled_from(("joined", "lost", "leave")))
    def bridge_sees(self, meeting: str, index: int, what: str) -> None:
        site, clock = self.pick(meeting, index), self.county.clock
        if what == "joined":
            self.attempt(lambda s: presence.joined(s, clock, site))
        elif what == "lost":
            self.attempt(lambda s: presence.lost(s, clock, site, "timeout"))
        else:
            self.attempt(lambda s: presence.leave(s, clock, site))

    @rule(
        meeting=meetings,
        who=st.sampled_from(("duty", "leader", "north_operator")),
        index=st.integers(0, 9),
        what=st.sampled_from(("ring", "remove", "mute", "unmute", "broadcast", "mute_all", "stop", "layout")),
    )
    def chair(self, meeting: str, who: str, index: int, what: str) -> None:
        actor, site, clock = self.actors[who], self.pick(meeting, index), self.county.clock
        acts: dict[str, Callable[[Session], object]] = {
            "ring": lambda s: convening.ring(s, clock, actor, meeting, site),
            "remove": lambda s: chairing.remove(s, clock, actor, meeting, site),
            "mute": lambda s: chairing.mute(s, actor, meeting, site, True),
            "unmute": lambda s: chairing.mute(s, actor, meeting, site, False),
            "mute_all": lambda s: chairing.mute_all(s, actor, meeting, index % 2 == 0),
            "broadcast": lambda s: chairing.broadcast(s, actor, meeting, site),
            "stop": lambda s: chairing.broadcast(s, actor, meeting, None),
            "layout": lambda s: chairing.lay_out(s, actor, meeting, "1+5", [site, None]),
        }
        self.attempt(acts[what])

    @rule(
        meeting=meetings,
        who=st.sampled_from(PEOPLE),
        index=st.integers(0, 9),
        what=st.sampled_from(("ask", "withdraw", "grant", "refuse", "end", "share", "unshare")),
    )
    def floor(self, meeting: str, who: str, index: int, what: str) -> None:
        actor, site, clock = self.actors[who], self.pick(meeting, index), self.county.clock
        acts: dict[str, Callable[[Session], object]] = {
            "ask": lambda s: speaking.ask(s, clock, actor, meeting),
            "withdraw": lambda s: speaking.withdraw(s, actor, meeting),
            "grant": lambda s: speaking.grant(s, clock, self.actors["duty"], meeting, site),
            "refuse": lambda s: speaking.refuse(s, self.actors["duty"], meeting, site),
            "end": lambda s: speaking.end(s, actor, meeting),
            "share": lambda s: sharing.share(s, clock, actor, meeting),
            "unshare": lambda s: sharing.unshare(s, actor, meeting),
        }
        self.attempt(acts[what])

    @rule(meeting=meetings, terminal=st.sampled_from((*TERMINALS, "wall")))
    def ring_terminal(self, meeting: str, terminal: str) -> None:
        actor, wanted = self.actors["duty"], self.county.world.terminals[terminal]
        self.attempt(lambda s: convening.ring_terminal(s, self.county.clock, actor, meeting, wanted))

    @rule(seconds=st.sampled_from((1, 20, 46)))
    def time_passes(self, seconds: int) -> None:
        self.county.clock.advance(seconds)
        self.attempt(lambda s: presence.time_out_rings(s, self.county.clock))

    @rule(meeting=meetings, who=st.sampled_from(("duty", "leader", "south_operator")), really=st.integers(0, 3))
    def end(self, meeting: str, who: str, really: int) -> None:
        if really == 0:
            self.attempt(lambda s: convening.end(s, self.county.clock, self.actors[who], meeting))

    def attempt(self, act: Callable[[Session], object]) -> None:
        before = self.head()
        try:
            with self.county.db.writing() as session:
                act(session)
        except FengsuiError:
            assert self.head() == before

    def head(self) -> int:
        with self.county.db.reading() as session:
            return head_of(session)[0]

    def pick(self, meeting: str, index: int) -> str:
        with self.county.db.reading() as session:
            sites = session.get_one(Meeting, meeting).sites
            return sites[index % len(sites)].id

    def fresh(self, session: Session, name: str) -> State:
        actor = self.actors[name]
        return snapshot(session, self.county.clock, actor, sight_of(session, actor), COLLECTIONS)

    @invariant()
    def a_followed_board_equals_a_fresh_one(self) -> None:
        with self.county.db.reading() as session:
            entries = read_after(session, int(str(self.boards["duty"]["seq"])), 10_000)
            for name, board in self.boards.items():
                sight, fresh = sight_of(session, self.actors[name]), self.fresh(session, name)
                for entry in entries:
                    if sight.covers(entry.unit, entry.shared):
                        apply(board, entry.state())
                board["seq"], board["as_of"] = fresh["seq"], fresh["as_of"]
                assert board == fresh, name

    @invariant()
    def the_rules_hold(self) -> None:
        with self.county.db.reading() as session:
            for meeting in live_meetings(session):
                for site in meeting.sites:
                    assert (site.at is SiteState.RINGING) == (site.answer_by is not None)
                    assert site.kind == "terminal" or site.at in PRESENT | {SiteState.LEFT, SiteState.REMOVED}
                    assert site.kind != "wall" or site.muted
                turns, states = meeting.turns, {site.id: site.at for site in meeting.sites}
                speaking_or_waiting = [*turns.queue, *([turns.holder] if turns.holder else [])]
                speaking_or_waiting += [meeting.sharing] if meeting.sharing else []
                assert {SiteState.JOINED, SiteState.LOST}.issuperset(states[one.id] for one in speaking_or_waiting)
                shown = [site.at for site in meeting.sites if site.id == meeting.broadcast]
                assert (meeting.broadcast is None) == (shown == [])
                assert {SiteState.JOINED, SiteState.LOST}.issuperset(shown)
                assert isinstance(meeting.layout, dict)
                assert meeting.layout["kind"] in LAYOUT_CELLS

    def teardown(self) -> None:
        with self.county.db.reading() as session:
            assert verify(session)[1] is None
        self._stack.close()


TestMeetingLife = MeetingLife.TestCase
TestMeetingLife.settings = settings(max_examples=15, stateful_step_count=25, suppress_health_check=list(HealthCheck))
