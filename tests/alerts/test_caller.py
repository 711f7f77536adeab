"""The thread that calls: at once, as many as there are lines, hung up as soon as somebody answered elsewhere."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.calls import actions as calls
from alerts.calls.attempts import LEASE
from alerts.calls.caller import Caller, CallerConfig, sign_recorder
from alerts.calls.model import Obligation
from alerts.channels.email import EmailChannel, SmtpConfig
from alerts.channels.port import NO_WORDS, Outcome, Outgoing, Result
from alerts.channels.sms import SmsChannel
from alerts.channels.sms_gateway import gateway_of
from alerts.channels.voice import VoiceChannel, VoiceConfig
from alerts.drafting import AreaInput
from alerts.model import Alert
from alerts.senders import Senders, senders
from alerts.texts import Content
from command.kernel.db import Database
from command.kernel.wake import FolderWake
from tests.alerts.county import NORTH, START, County
from tests.alerts.smsc import MessageCentre
from tests.alerts.steps import issued
from tests.alerts.telephones import obligations, set_phone, tries, villages
from tests.peers.sipp import Tap, sipp
from tests.peers.smtp import SmtpServer
from tests.waiting import until

LOOK_S = 20.0


class RingingTelephones:
    """Nobody ever picks up; it knows which telephones ring and which were hung up."""

    name = "voice"
    batch = 1
    receipts = True

    def __init__(self) -> None:
        self.ringing: dict[str, tuple[asyncio.AbstractEventLoop, asyncio.Event]] = {}
        self.hung_up: list[str] = []
        self.most = 0
        self.rung = 0

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        (one,) = batch
        self.rung += 1
        over = asyncio.Event()
        self.ringing[one.address] = asyncio.get_running_loop(), over
        self.most = max(self.most, len(self.ringing))
        try:
            await over.wait()
        except asyncio.CancelledError:
            self.hung_up.append(one.address)
            raise
        finally:
            self.ringing.pop(one.address)
        return [Result(one.delivery, Outcome.LATER, "no_answer")]

    async def close(self) -> None:
        return None

    def give_up(self, address: str) -> None:
        """This telephone rang for long enough."""
        loop, over = self.ringing[address]
        loop.call_soon_threadsafe(over.set)


@pytest.fixture
def woken(county: County, tmp_path: Path) -> County:
    """The county, its commits waking listeners as in the embedded profile."""
    county.wake = FolderWake(tmp_path / "wake")
    county.db = Database(county.db.engine, county.clock, county.wake.notify)
    return county


@pytest.fixture
def calling(woken: County) -> Iterator[Callable[[RingingTelephones, int], Caller]]:
    """A caller in its thread, looking by itself only every `LOOK_S`: what comes sooner was woken."""
    ends: list[Callable[[], None]] = []

    def start(network: RingingTelephones, lines: int = 10) -> Caller:
        outside = senders({"voice": network})
        config = CallerConfig(lines, look_s=LOOK_S, renew_s=0)
        caller = Caller(woken.db, woken.clock, outside, "host/w#1", lambda _: False, config)
        thread = threading.Thread(target=caller.run)
        thread.start()
        assert woken.wake is not None
        ends.append(woken.wake.listen(caller.wake))
        ends.append(lambda: (caller.stop(), thread.join())[0])  # type: ignore[func-returns-value]
        return caller

    yield start
    for end in reversed(ends):
        end()


def told(condition: Callable[[], object]) -> None:
    """It comes before the caller would have looked by itself; how soon, the flood's figures tell."""
    until(condition, within_s=LOOK_S - 5)


def test_it_rings_and_hangs_up_because_it_is_told(
    woken: County, calling: Callable[[RingingTelephones], Caller]
) -> None:
    villages(woken, "south", ("甲村", "乙村"))
    network = RingingTelephones()
    calling(network)
    issued(woken, kind="evacuation")
    told(lambda: {"139-甲村", "139-乙村"} <= set(network.ringing))
    answered = obligations(woken)["甲村"].id
    report = calls.ByHand("deputy", confirmed=True)
    woken.do("duty", lambda s, a: calls.report_call(s, woken.clock, a, answered, report))
    told(lambda: network.hung_up)
    assert network.hung_up == ["139-甲村"]
    assert "139-乙村" in network.ringing, "the other one goes on"


def test_what_cannot_be_put_into_words_fails_alone(
    woken: County, calling: Callable[[RingingTelephones], Caller]
) -> None:
    """One alert's fault silences neither the other telephones of its round nor the thread that calls."""
    villages(woken, "south", ("甲村",), deputies=False)
    villages(woken, "north", ("乙村",), deputies=False)
    faulty = issued(woken, kind="evacuation", channels=("websocket",))
    issued(woken, kind="evacuation", area=AreaInput(divisions=(NORTH,)))
    with woken.db.writing() as session:
        session.get_one(Alert, faulty).kind = "unheard_of"
    network = RingingTelephones()
    caller = calling(network)
    told(lambda: "139-乙村" in network.ringing)
    call = ("139-甲村", "voice", "failed", NO_WORDS)
    told(lambda: call in {(one.address, one.channel, one.outcome, one.detail) for one in tries(woken)})
    with woken.db.writing() as session:
        session.get_one(Alert, faulty).kind = "evacuation"
    woken.clock.advance(600)
    caller.wake()
    told(lambda: "139-甲村" in network.ringing)


def test_a_timer_that_cannot_be_planned_holds_up_no_other(
    woken: County, calling: Callable[[RingingTelephones], Caller]
) -> None:
    villages(woken, "south", ("甲村",), deputies=False)
    villages(woken, "north", ("乙村",), deputies=False)
    faulty = issued(woken, kind="evacuation")
    levels = dict[str, str]()
    with woken.db.writing() as session:
        for row in session.scalars(select(Obligation).where(Obligation.alert_id == faulty)):
            levels[row.id], row.level = row.level, "unheard_of"
    issued(woken, kind="evacuation", area=AreaInput(divisions=(NORTH,)))
    network = RingingTelephones()
    caller = calling(network)
    told(lambda: "139-乙村" in network.ringing)
    assert "139-甲村" not in network.ringing
    with woken.db.writing() as session:
        for one, level in levels.items():
            session.get_one(Obligation, one).level = level
    woken.clock.advance(60)
    caller.wake()
    told(lambda: "139-甲村" in network.ringing)


def test_a_step_with_a_fault_ends_neither_the_others_nor_the_thread(woken: County) -> None:
    """Nobody can say which workers are dead: who has answered is hung up for all that, and the others go on ringing."""
    villages(woken, "south", ("甲村", "乙村"), deputies=False)
    network, asked = RingingTelephones(), list[str]()

    def broken(owner: str) -> bool:
        asked.append(owner)
        raise RuntimeError("a bug")

    with running(woken, senders({"voice": network}), broken):
        issued(woken, kind="evacuation")
        told(lambda: {"139-甲村", "139-乙村"} <= set(network.ringing))
        told(lambda: asked)
        report = calls.ByHand("holder", confirmed=True)
        woken.do("duty", lambda s, a: calls.report_call(s, woken.clock, a, obligations(woken)["甲村"].id, report))
        told(lambda: network.hung_up == ["139-甲村"])
        assert "139-乙村" in network.ringing


class Recorder:
    """A channel that notes in the common list that it was asked to send, and answers at once."""

    batch = 10
    receipts = False

    def __init__(self, name: str, order: list[str]) -> None:
        self.name = name
        self._order = order

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        self._order += [self.name] * len(batch)
        return [Result(one.delivery, Outcome.SENT) for one in batch]

    async def close(self) -> None:
        return None


def test_all_telephones_ring_before_a_message_is_written(woken: County) -> None:
    """Message and call go together: a county's calls do not wait until all its messages are put together."""
    held, order = villages(woken, "south", [f"{number}村" for number in range(8)], deputies=False), list[str]()
    for place, one in enumerate(held.values()):
        set_phone(woken, one.holder, f"1390000000{place}")
    issued(woken, kind="evacuation", channels=("websocket",))
    with running(woken, senders({name: Recorder(name, order) for name in ("voice", "sms")})):
        until(lambda: len(order) == 16)
    assert order == ["voice"] * 8 + ["sms"] * 8


def test_an_answer_stops_the_other_attempts_within_a_second(woken: County) -> None:
    """From the commit of an answer until the exchange hears CANCEL; a message gives up its place at its gateway."""
    held = villages(woken, "south", [f"{number}村" for number in range(10)], deputies=False)
    phones = {name: f"1390000000{number}" for number, name in enumerate(held)}
    for name, phone in phones.items():
        set_phone(woken, held[name].holder, phone)
    issued(woken, kind="evacuation", channels=("websocket",))
    centre = MessageCentre(delay_s=8)
    sms = SmsChannel([gateway_of(centre.url("binds=1&window=1"))], lambda _: {}, lambda _: True, lambda *_: True)
    report, committed = calls.ByHand("holder", confirmed=True), dict[str, float]()
    with sipp("rings") as exchange, Tap(exchange) as tap:
        outside = senders({"sms": sms, "voice": VoiceChannel(VoiceConfig((tap.url,), ring_s=600), lambda *_: True)})
        with running(woken, outside):
            until(lambda: len(tap.heard["INVITE"]) == 10)
            until(lambda: centre.came)
            for name, phone in phones.items():
                of = obligations(woken)[name].id
                woken.do("duty", lambda s, a, of=of: calls.report_call(s, woken.clock, a, of, report))  # type: ignore[misc]
                committed[phone] = time.monotonic()
                until(lambda phone=phone: phone in tap.heard["CANCEL"])  # type: ignore[misc]
            centre.delay_s, last = 0, Outgoing("", "", "18600000000", "", Content("", "last"), START, None)
            (sent,) = asyncio.run(sms.send([last]))
        asyncio.run(sms.close())
        centre.stop()
    took = {phone: tap.heard["CANCEL"][phone] - at for phone, at in committed.items()}
    print("until CANCEL, ms:", sorted(round(1000 * one) for one in took.values()))  # noqa: T201 (docs/performance.md)
    assert max(took.values()) <= 1
    assert sent.outcome is Outcome.SENT, "nobody stands before it any more"
    assert centre.came.pop("18600000000")
    assert all(times[0] <= committed[phone] + 1 for phone, times in centre.came.items())


@contextmanager
def running(county: County, outside: Senders, is_dead: Callable[[str], bool] = lambda _: False) -> Iterator[None]:
    """A caller that looks only where it is told that something was committed."""
    assert county.wake is not None
    caller = Caller(county.db, county.clock, outside, "host/w#1", is_dead, CallerConfig(look_s=LOOK_S))
    thread = threading.Thread(target=caller.run)
    thread.start()
    unlisten = county.wake.listen(caller.wake)
    try:
        yield
    finally:
        unlisten()
        caller.stop()
        thread.join()


def test_no_more_calls_at_once_than_lines(woken: County, calling: Callable[[RingingTelephones, int], Caller]) -> None:
    villages(woken, "south", [f"{number}村" for number in range(7)])
    network = RingingTelephones()
    calling(network, 3)
    issued(woken, kind="evacuation")
    for rung in range(3, 8):
        until(lambda rung=rung: network.rung >= rung)  # type: ignore[misc]
        network.give_up(next(iter(network.ringing)))
    assert network.most == 3


def test_a_call_that_goes_on_keeps_its_lease(woken: County, calling: Callable[[RingingTelephones], Caller]) -> None:
    villages(woken, "south", ("甲村",))
    network = RingingTelephones()
    caller = calling(network)
    issued(woken, kind="evacuation")
    until(lambda: network.ringing)
    first = next(one for one in tries(woken) if one.channel == "voice")
    woken.clock.advance(LEASE.total_seconds() - 5)
    caller.wake()
    until(lambda: next(one for one in tries(woken) if one.id == first.id).lease_until != first.lease_until)


def test_a_drill_rings_nobody(woken: County, calling: Callable[[RingingTelephones], Caller]) -> None:
    villages(woken, "south", ("甲村",))
    network = RingingTelephones()
    calling(network)
    issued(woken, kind="evacuation", drill=True)
    until(lambda: any(one.outcome == "no_key" for one in tries(woken)))
    assert {one.drill for one in tries(woken)} == {True}
    assert network.rung == 0


def test_without_a_telephone_line_it_says_so(woken: County) -> None:
    villages(woken, "south", ("甲村",))
    issued(woken, kind="evacuation")
    caller = Caller(woken.db, woken.clock, senders({}), "host/w#1", lambda _: False, CallerConfig(look_s=0.05))
    thread = threading.Thread(target=caller.run)
    thread.start()
    try:
        until(lambda: "not_configured" in {one.outcome for one in tries(woken)})
    finally:
        caller.stop()
        thread.join()


def test_messages_of_many_obligations_go_by_one_connection(woken: County, smtp_server: SmtpServer) -> None:
    held = villages(woken, "south", [f"{number}村" for number in range(6)])
    for name, village in held.items():
        set_phone(woken, village.holder, None, f"{name[0]}@example.org")
    issued(woken, kind="evacuation", channels=("websocket",))
    outside = senders({"email": EmailChannel(SmtpConfig((smtp_server.url,), "fengsui@example.org"))})
    caller = Caller(woken.db, woken.clock, outside, "host/w#1", lambda _: False, CallerConfig(look_s=0.05))
    thread = threading.Thread(target=caller.run)
    thread.start()
    try:
        until(lambda: len([one for one in tries(woken) if one.channel == "email" and one.outcome]) >= 6)
    finally:
        caller.stop()
        thread.join()
    assert {one.outcome for one in tries(woken) if one.channel == "email"} == {"sent"}
    assert {f"{number}@example.org" for number in range(6)} <= {mail.recipients[0] for mail in smtp_server.mails}


def test_messages_of_many_obligations_go_as_many_at_once_as_the_gateway_takes(woken: County) -> None:
    villages(woken, "south", [f"{number}村" for number in range(60)])
    issued(woken, kind="evacuation", channels=("websocket",))
    centre = MessageCentre(delay_s=0.3)
    sms = SmsChannel([gateway_of(centre.url("rate=10000"))], lambda _: {}, lambda _: True, lambda *_: True)
    until(lambda: centre.bound == 2)
    config = CallerConfig(look_s=0.05)
    caller = Caller(woken.db, woken.clock, senders({"sms": sms}), "host/w#1", lambda _: False, config)
    thread = threading.Thread(target=caller.run)
    thread.start()
    try:
        until(lambda: sum(one.channel == "sms" and one.outcome == "sent" for one in tries(woken)) == 60)
    finally:
        caller.stop()
        thread.join()
        asyncio.run(sms.close())
        centre.stop()
    assert max(centre.most_under_way.values()) == 20, "two binds of ten"


def test_a_sign_from_the_channels_thread_is_kept(woken: County) -> None:
    villages(woken, "south", ("甲村",))
    issued(woken, kind="evacuation")
    hear = sign_recorder(woken.db, woken.clock)
    hear("nobody", "confirmed")
    assert obligations(woken)["甲村"].mark == "open"
