"""A drill reaches nobody: every way on which something is sent is walked with a real worker, and who sends is recorded.

The same ways are walked in earnest, where each must be heard of: a way that sends nothing proves nothing.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy import update as sql_update

from alerts import actions
from alerts.calls import actions as calls
from alerts.calls.model import CallAttempt, Obligation
from alerts.calls.policy import VOICE
from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.hearing import key_recorder, message_recorder
from alerts.model import CLAIMED, PENDING, UNKNOWN, Alert, Chunk, Delivery
from alerts.recipients import CHANNELS
from alerts.safety.actions.opening import ask_again
from alerts.senders import senders
from alerts.silence.rule import shipped_rules
from alerts.silence.watch import Watch
from alerts.texts import SAFETY_KEYS
from alerts.webhooks.model import Webhook
from alerts.webpush.model import PushSubscription
from alerts.worker import Worker, WorkerConfig
from command.directory.model import Terminal
from command.kernel.ids import new_id
from tests.alerts.county import DIVISIONS, County, county_in
from tests.alerts.steps import changed, evacuate, issue
from tests.alerts.telephones import set_phone
from tests.alerts.test_receiving import message, received
from tests.alerts.test_safety import begun
from tests.alerts.test_silence import EVERYBODY, pass_time
from tests.waiting import until

EVERY = (*CHANNELS, VOICE)


class Recorder:
    """The live sender of a channel: it keeps what it was given. Nobody picks up its telephones."""

    batch = 20
    receipts = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.got: list[Outgoing] = []

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        self.got += batch
        return all_of(batch, Outcome.LATER if self.name == VOICE else Outcome.SENT, "no_answer")

    async def close(self) -> None:
        return None


class Day:
    """A county with everybody on every channel, and a worker whose live senders are recorders."""

    def __init__(self, county: County, *, drill: bool) -> None:
        self.county, self.drill = county, drill
        self.live = {name: Recorder(name) for name in EVERY}
        self.callers = {name: Recorder(name) for name in EVERY}
        with county.db.writing() as session:
            hook = Terminal(id=new_id(), unit_id=county.units["south"], name="群", kind="webhook")
            session.add(hook)
            session.flush()
            session.add(Webhook(terminal_id=hook.id, form="standard", host="x", url="", secret=""))
            page = f"user:{county.users['south_operator']}"
            sealed = {"endpoint": "", "auth": "", "public": ""}
            session.add(PushSubscription(id="0", owner=page, at=county.clock.now(), **sealed))
        for number, name in enumerate(("chief", "north_head", "south_head", "villager", "operator")):
            set_phone(county, county.people[name], f"1390000000{number}", f"{name}@example.org")

    def sent(self) -> set[str]:
        """Over which channels something left the house."""
        return {one.name for one in (*self.live.values(), *self.callers.values()) if one.got}

    def forget(self) -> None:
        for one in (*self.live.values(), *self.callers.values()):
            one.got.clear()

    def go_on(self, *seconds: float) -> None:
        """Until nothing waits, now and after each of these."""
        until(self._is_quiet, within_s=120, why=self._waiting)
        for each in seconds:
            self.county.clock.advance(each)
            until(self._is_quiet, within_s=120, why=self._waiting)

    def _is_quiet(self) -> bool:
        return not self._waiting()

    def _waiting(self) -> list[str]:
        now = self.county.clock.now()
        chunks = select(Chunk.id).where(Chunk.state.in_((PENDING, CLAIMED)), Chunk.not_before <= now)
        attempts = select(CallAttempt.id).where(CallAttempt.state.in_((PENDING, CLAIMED)))
        timers = select(Obligation.id).where(Obligation.due_at <= now, Obligation.ended_at.is_(None))
        with self.county.db.reading() as session:
            return [one for query in (chunks, attempts, timers) for one in session.scalars(query)]

    # -- the ways ---------------------------------------------------------------------------------

    def alert(self) -> str:
        """An evacuation order by every channel: people are called for it too."""
        found = evacuate(self.county, channels=CHANNELS, drill=self.drill, expires_at=self._in_six_hours())
        self.go_on()
        return found

    def is_called_for(self) -> None:
        """Redials, deputies, superiors, and a call from the desk."""
        alert = self.alert()
        self.go_on(*[120] * 8)
        with self.county.db.reading() as session:
            place = session.scalars(select(Obligation.id).where(Obligation.alert_id == alert)).first()
        self.county.do("duty", lambda s, a: calls.call(s, self.county.clock, a, str(place), "holder"))
        self.go_on()
        self._end(alert, "lifted")

    def is_changed_and_lifted(self) -> None:
        self._end(changed(self.county, self.alert(), headline="河水还在涨"), "lifted")

    def is_withdrawn(self) -> None:
        self._end(self.alert(), "withdrawn")

    def expires(self) -> None:
        self.alert()
        self.go_on(7 * 3600)

    def is_sent_again(self) -> None:
        """By an operator, and by the policy half a minute later: what nobody knows of."""
        alert = self.alert()
        for channel in ("email", "sms"):
            mine = (Delivery.alert_id == alert, Delivery.channel == channel)
            with self.county.db.writing() as session:
                session.execute(sql_update(Delivery).where(*mine).values(state=UNKNOWN))
                count = len(session.scalars(select(Delivery.id).where(*mine)).all())
            assert count > 0
            self.forget()
            if channel == "email":
                self._resend(alert, channel, count)
            self.go_on(31)
        self._end(alert, "lifted")

    def _resend(self, alert: str, channel: str, count: int) -> None:
        clock = self.county.clock
        self.county.do("issuer", lambda s, a: actions.resend(s, clock, a, alert, channel, count))

    def is_answered(self) -> None:
        """By a receipt, a page, a text and a key: each stops or begins something else."""
        alert, county = self.alert(), self.county
        with county.db.reading() as session:
            rows = list(session.scalars(select(Delivery).where(Delivery.alert_id == alert)))
            attempts = list(session.scalars(select(CallAttempt.id)))
        with county.db.writing() as session:
            for row in rows:
                actions.record_receipt(session, county.clock, row.channel, "delivered", delivery=row.id)
        write, press = message_recorder(county.db, county.clock), key_recorder(county.db, county.clock)
        for number in range(5):
            write(f"1390000000{number}", "1 收到")
        for attempt in attempts:
            press(attempt, next(iter(SAFETY_KEYS.values())))
        county.do("south_operator", lambda s, a: actions.acknowledge(s, county.clock, a, alert))
        self.go_on(60)
        self._end(alert, "lifted")

    def everybody_is_asked(self) -> None:
        """Whether they are safe, by page, text and telephone, and again."""
        county = self.county
        check = begun(county, ("websocket", "sms", VOICE), drill=self.drill)
        self.go_on()
        county.do("duty", lambda s, a: ask_again(s, county.clock, a, check, ("sms", VOICE)))
        self.go_on(3700)

    def an_area_falls_silent(self) -> None:
        """While an alert runs there."""
        alert, watch = self.alert(), Watch(self.county.db, self.county.clock, shipped_rules())
        pass_time(self.county, watch, 100, *EVERYBODY)
        pass_time(self.county, watch, 400, "south_box", "village_horn", "wall")
        self.go_on()
        self._end(alert, "lifted")

    def is_adopted(self) -> None:
        """A message from outside. An exercise's is only kept, and this one is adopted all the same."""
        county, name = self.county, f"37061441600000_{new_id()[-12:]}"
        data = message().replace(b"37061441600000_20261120140311", name.encode())
        found = received(county, data.replace(b">Actual<", b">Exercise<") if self.drill else data).alert
        with county.db.writing() as session:
            session.get_one(Alert, found.id).not_acted_on = []
        change = {"channels": CHANNELS, "expires_at": self._in_six_hours()}
        draft = county.do("issuer", lambda s, a: actions.adopt(s, county.clock, a, found.id, again=True).id)
        county.do("issuer", lambda s, a: actions.amend(s, county.clock, a, draft, None, change, DIVISIONS))
        county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, draft))
        county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, draft))
        issue(county, draft)
        self._end(draft, "lifted")

    def _in_six_hours(self) -> datetime:
        return self.county.clock.now() + timedelta(hours=6)

    def _end(self, alert: str, end: str) -> None:
        self.go_on()
        self.county.do("issuer", lambda s, a: actions.cancel(s, self.county.clock, a, alert, end, ""))
        self.go_on(600)


WAYS: tuple[Callable[[Day], None], ...] = (
    Day.is_called_for,
    Day.is_changed_and_lifted,
    Day.is_withdrawn,
    Day.expires,
    Day.is_sent_again,
    Day.is_answered,
    Day.everybody_is_asked,
    Day.an_area_falls_silent,
    Day.is_adopted,
)


@contextmanager
def day(*, drill: bool) -> Iterator[Day]:
    with TemporaryDirectory() as folder, county_in(Path(folder)) as county:
        found = Day(county, drill=drill)
        live, callers = senders(found.live), senders(found.callers)
        worker = Worker(county.db, county.clock, live, "here/w#1", "here", WorkerConfig(sweep_s=0.05), callers)
        worker.start()
        try:
            yield found
        finally:
            worker.stop()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_in_earnest_every_way_is_heard_of(way: Callable[[Day], None]) -> None:
    with day(drill=False) as found:
        way(found)
        assert found.sent()


@settings(max_examples=2)
@given(ways=st.permutations(WAYS))
def test_a_drill_reaches_no_live_sender_on_any_way(ways: Sequence[Callable[[Day], None]]) -> None:
    with day(drill=True) as found:
        for way in ways:
            way(found)
            assert found.sent() == set(), way.__name__
        with found.county.db.reading() as session:
            assert set(session.scalars(select(Delivery.channel))) == set(CHANNELS)
            assert VOICE in set(session.scalars(select(CallAttempt.channel)))
            assert all(session.scalars(select(Chunk.drill)))
            assert all(session.scalars(select(CallAttempt.drill)))
        assert threading.active_count() > len(CHANNELS), "the worker was there all the time"
