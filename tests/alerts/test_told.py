"""Whoever may have been told of an alert is told of its end, wherever a worker or a decision was just then."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from alerts import actions, claims
from alerts.channels.port import Outcome, Result
from alerts.chunks import rows_of
from alerts.claims import Claim, Claimant, Standing
from alerts.model import END, Chunk, delivery_id
from alerts.recipients import Member
from alerts.resending import doubts
from alerts.senders import senders
from alerts.sweep import sweep
from tests.alerts.county import County, county_in
from tests.alerts.steps import crowd, issued
from tests.alerts.test_fanout import gateways, send_all
from tests.alerts.test_ledger import doubtful

LOST = "email.0@here/lost#1"
HERE = "here/w#2"
BATCH = 2


def lift(county: County, alert: str) -> set[str]:
    """Lift it; returns who is told of that by mail."""
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, alert, "lifted", ""))
    with county.db.reading() as session:
        told = select(Chunk).where(Chunk.alert_id == alert, Chunk.act == END, Chunk.channel == "email")
        return {one.recipient for chunk in session.scalars(told) for one in rows_of(chunk.members)}


def resend(county: County, alert: str) -> None:
    """Have all that can be sent again sent again."""
    for one in county.see("duty", lambda s, a: doubts(s, a, alert)):
        if one.open:
            act = (alert, one.channel, one.open, one.of)
            county.do("issuer", lambda s, a, act=act: actions.resend(s, county.clock, a, *act))  # type: ignore[misc]  # bound now


def test_lifted_between_the_decision_to_send_again_and_its_sending(either: County) -> None:
    alert, _ = doubtful(either)
    resend(either, alert)
    assert len(lift(either, alert)) == 27


def test_lifted_after_a_worker_died_in_the_middle_of_its_batches(either: County) -> None:
    crowd(either, 25)
    alert = issued(either)
    with either.db.writing() as session:
        while claims.claim(session, Claimant(LOST, "email"), either.clock.now()):
            pass
    sweep(either.db, either.clock, lambda owner: owner == LOST, HERE)
    assert len(lift(either, alert)) == 27


def test_of_a_dead_workers_chunk_those_beyond_its_batch_hear_of_no_end(either: County) -> None:
    """One official's chunk and one of 26: ten recorded, ten more may have left, six were not begun."""
    crowd(either, 25)
    alert = issued(either)
    members = claim_all(either)
    recorded, begun, beyond = members[:10], members[10:20], members[20:]
    sweep(either.db, either.clock, lambda owner: owner == LOST, HERE)
    told = lift(either, alert)
    assert len(told) == 21
    assert {one.recipient for one in (*recorded, *begun)} <= told
    assert not {one.recipient for one in beyond} & told


def test_what_a_dead_worker_began_stays_in_doubt_whoever_goes_on(either: County) -> None:
    """The next one is told *not now* and gives it back; the one after it is lost with the two beyond what was begun."""
    crowd(either, 25)
    alert = issued(either)
    claim_all(either)
    either.clock.advance(claims.LEASE.total_seconds() + 1)
    with either.db.writing() as session:
        who = Claimant("email.0@here/next#3", "email", batch=4)
        assert claims.claim(session, who, either.clock.now()), "the official's"
        for done in (4, 8):
            held = claims.claim(session, who, either.clock.now())
            assert held is not None
            assert held.left == (10, 20)
            claims.checkpoint(session, held, [], either.clock.now(), done=done)
            if done == 4:
                claims.give_back(session, held, either.clock.now())
    assert len(lift(either, alert)) == 23


def test_who_was_not_to_be_told_now_is_not_in_doubt_while_others_are_sent(either: County) -> None:
    """Ten were recorded, ten *not now*, six are under way when it is lifted."""
    crowd(either, 25)
    alert = issued(either)
    members = claim_all(either, second=Outcome.LATER)
    told = lift(either, alert)
    assert len(told) == 17
    assert not {one.recipient for one in members[10:20]} & told


def claim_all(county: County, second: Outcome | None = None) -> tuple[Member, ...]:
    """Claim all mails in batches of ten, record ten; of the second ten, if told so, that they are to be told `second`.

    Returns the members of the larger chunk.
    """
    found: tuple[Member, ...] = ()
    with county.db.writing() as session:
        while held := claims.claim(session, Claimant(LOST, "email", batch=10), county.clock.now()):
            if len(held.rest) > 1:
                found, sent = held.rest, [(one, _sent(held, one)) for one in held.rest[:10]]
                claims.checkpoint(session, held, sent, county.clock.now(), done=10)
                if second is Outcome.LATER:
                    claims.checkpoint(session, held, [], county.clock.now(), done=20)
    return found


def _sent(held: Claim, member: Member) -> Result:
    return Result(delivery_id(held.alert, member.recipient, "email"), Outcome.SENT)


def test_lifted_when_who_took_over_from_a_dead_worker_could_not_send(either: County) -> None:
    crowd(either, 25)
    alert = issued(either)
    with either.db.writing() as session:
        while claims.claim(session, Claimant(LOST, "email"), either.clock.now()):
            pass
    either.clock.advance(claims.LEASE.total_seconds() + 1)
    send_all(either, senders(gateways(lambda _: Outcome.LATER)), HERE)
    assert len(lift(either, alert)) == 27


def test_loudspeakers_pages_and_whoever_is_unknown_are_told_of_the_end(either: County) -> None:
    alert = issued(either)
    send_all(either, senders(gateways(lambda _: Outcome.UNKNOWN)))
    lift(either, alert)
    outside = gateways()
    send_all(either, senders(outside))
    assert {name: len(gate.got) for name, gate in outside.items() if gate.got} == {
        "websocket": 2,
        "email": 2,
        "mqtt": 1,
    }


def test_who_never_left_for_want_of_a_gateway_hears_of_no_end(county: County) -> None:
    crowd(county, 25)
    alert = issued(county)
    send_all(county, senders(gateways(lambda _: Outcome.LATER)))
    assert lift(county, alert) == set()


class Warned(RuleBasedStateMachine):
    """Workers that claim, send, record, die and are stopped; an operator who sends again. `left` are the recipients
    of messages that left, or may have; `begun` those of every batch that was next to be sent."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._entered = county_in(Path(self._folder.name))
        self.county = self._entered.__enter__()
        crowd(self.county, 6)
        self.alert = issued(self.county, channels=("email",))
        self.left: set[str] = set()
        self.begun: set[str] = set()
        self.dead: set[str] = set()
        self.held: Claim | None = None
        self.batch: list[tuple[Member, Result]] = []
        self.rest: list[Member] = []
        self.workers = 0

    @property
    def owner(self) -> str:
        return f"email.0@here/w{self.workers}#{self.workers}"

    @precondition(lambda self: not self.batch)
    @rule(how=st.lists(st.sampled_from([*Outcome]), min_size=BATCH, max_size=BATCH))
    def send(self, how: Any) -> None:
        self.held = self.held or self._claim()
        if self.held is None or self.county.clock.now() > self.held.until:
            return
        members, self.rest = self.rest[: len(how)], self.rest[len(how) :]
        for one, outcome in zip(members, how, strict=False):
            self.batch.append((one, Result(delivery_id(self.alert, one.recipient, "email"), outcome)))
            if outcome in (Outcome.SENT, Outcome.UNKNOWN):
                self.left.add(one.recipient)

    def _claim(self) -> Claim | None:
        with self.county.db.writing() as session:
            held = claims.claim(session, Claimant(self.owner, "email", batch=BATCH), self.county.clock.now())
        self.rest = list(held.rest) if held else []
        self._next()
        return held

    def _next(self) -> None:
        self.begun |= {one.recipient for one in self.rest[:BATCH]}

    @precondition(lambda self: self.batch)
    @rule(back=st.booleans())
    def record(self, back: bool) -> None:
        assert self.held
        known = [one for one in self.batch if one[1].outcome is not Outcome.LATER]
        whole = len(known) == len(self.batch) and not self.rest
        with self.county.db.writing() as session:
            done = len(self.held.rest) - len(self.rest)
            now = self.county.clock.now()
            standing = claims.checkpoint(session, self.held, known, now, done=done, last=whole)
        self.batch = []
        if standing is Standing.HELD and self.rest and not back:
            self._next()
            return
        if standing is Standing.HELD and not whole:
            with self.county.db.writing() as session:
                claims.give_back(session, self.held, self.county.clock.now())
        self.held = None

    @precondition(lambda self: self.held)
    @rule()
    def kill(self) -> None:
        self.dead.add(self.owner)
        self.workers += 1
        self.held, self.batch = None, []

    @rule(after_s=st.sampled_from([0, 1, 61]))
    def sweep(self, after_s: int) -> None:
        self.county.clock.advance(after_s)
        sweep(self.county.db, self.county.clock, self.dead.__contains__, HERE)

    @rule()
    def resend(self) -> None:
        resend(self.county, self.alert)

    def teardown(self) -> None:
        told = lift(self.county, self.alert)
        with self.county.db.writing() as session:
            following = claims.claim(session, Claimant("email.0@here/last#99", "email"), self.county.clock.now())
        self._entered.__exit__(None, None, None)
        self._folder.cleanup()
        assert self.left <= told <= self.begun
        assert following is None or following.act == END


def test_lifted_at_any_moment_everyone_whose_message_may_have_left_is_told() -> None:
    run_state_machine_as_test(Warned, settings=settings(max_examples=20, stateful_step_count=12, deadline=None))
