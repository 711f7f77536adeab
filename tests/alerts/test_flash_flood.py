"""A flash flood at three in the morning: thirty villages, one real exchange, and one village that stays silent."""

import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from alerts import actions
from alerts.calls.caller import Caller, CallerConfig, sign_recorder
from alerts.channels.voice import VoiceChannel, VoiceConfig
from alerts.drafting import AreaInput
from alerts.model import Coverage, delivery_id
from alerts.senders import senders
from command.directory.model import Person, Post, Terminal, Unit
from command.kernel.db import Database
from command.kernel.ids import new_id
from command.kernel.timeline import read_after, verify
from command.kernel.wake import FolderWake
from tests.alerts.county import NORTH, SOUTH, County, fields
from tests.alerts.gateway import Gateway
from tests.alerts.steps import drafted, issue
from tests.alerts.telephones import Village, hold, obligations, set_phone, tries, villages
from tests.alerts.test_fanout import gateways, send_all
from tests.peers.sipp import SippServer, can_send_keys, sipp
from tests.waiting import until

WEST = "532301110"
CONFIRMS, OFF, SILENT, BUSY = "1391", "1392", "1393", "1394"
"""What the exchange makes of a number's first four digits; voicemail and somebody who presses nothing are the same."""

# In `make test` people play this night with pages of their own (tests/e2e); here the clock is ours.
pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not can_send_keys(), reason="SIPp sends keys by a raw socket, which takes root's rights"),
]


@pytest.fixture
def night(county: County, tmp_path: Path) -> Iterator[County]:
    """Three townships; commits wake listeners."""
    with county.db.writing() as session:
        parent = session.get_one(Unit, county.units["county"])
        county.units["west"] = new_id()
        path = f"{parent.path}{county.units['west']}/"
        west = {"name": "树苴乡", "kind": "township", "division_code": WEST}
        session.add(Unit(id=county.units["west"], parent_id=parent.id, path=path, **west))
    county.wake = FolderWake(tmp_path / "wake")
    county.db = Database(county.db.engine, county.clock, county.wake.notify)
    yield county
    county.units.pop("west")


@pytest.fixture
def exchange() -> Iterator[SippServer]:
    with sipp("exchange") as server:
        yield server


@pytest.fixture
def caller(night: County, exchange: SippServer) -> Iterator[Caller]:
    """The caller with a real voice, in its thread; the clock only goes when it is told."""
    config = VoiceConfig((exchange.url,), ring_s=5, repeats=1, patience_s=2.5, longest_s=2)
    voice = VoiceChannel(config, sign_recorder(night.db, night.clock))
    outside = senders({"voice": voice, **{name: Gateway(name) for name in ("sms", "email", "websocket")}})
    running = Caller(night.db, night.clock, outside, "host/w#1", lambda _: False, CallerConfig(lines=40, look_s=0.2))
    thread = threading.Thread(target=running.run)
    assert night.wake is not None
    unlisten = night.wake.listen(running.wake)
    thread.start()
    yield running
    unlisten()
    running.stop()
    thread.join()


def number(kind: str, place: int, deputy: bool) -> str:
    return f"{kind}{place:06d}{int(deputy)}"


def people(county: County) -> dict[str, Village]:
    """Thirty villages: 25 holders confirm, 2 are off, 1 is voicemail, 1 presses nothing, 1 is busy.

    The deputies of all but one of the five confirm. One person answers for two villages.
    """
    found: dict[str, Village] = {}
    for township in ("north", "south", "west"):
        found |= villages(county, township, [f"{township}{place}村" for place in range(10)])
    silent = dict(zip(range(25, 30), (OFF, OFF, SILENT, SILENT, BUSY), strict=True))
    for place, village in enumerate(found.values()):
        set_phone(county, village.holder, number(silent.get(place, CONFIRMS), place, deputy=False))
        assert village.deputy is not None
        set_phone(county, village.deputy, number(OFF if place == 29 else CONFIRMS, place, deputy=True))
    hold(county, found["north1村"], found["north0村"].holder)
    with county.db.writing() as session:
        county.people["west_head"] = new_id()
        head = Person(id=county.people["west_head"], unit_id=county.units["west"], name="树苴乡乡长")
        session.add(head)
        session.flush()
        session.add(Post(unit_id=county.units["west"], title="乡长", responsible=True, holder_id=head.id))
    for place, leader in enumerate(("chief", "south_head", "west_head"), start=90):
        set_phone(county, county.people[leader], number(CONFIRMS, place, deputy=False))
    return found


def red(county: County) -> str:
    wanted = fields(
        kind="warning",
        colour="red",
        event="暴雨",
        headline="暴雨红色预警",
        instruction="沿河群众立即转移。",
        area=AreaInput(divisions=(NORTH, SOUTH, WEST)),
    )
    draft = drafted(county, by="weather", wanted=wanted)
    county.do("weather", lambda s, a: actions.submit(s, county.clock, a, draft))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, draft))
    return issue(county, draft).alert.id


def quiet(county: County) -> bool:
    """No attempt waits or goes on."""
    return all(one.state in {"done", "dropped"} for one in tries(county))


def informed(county: County) -> list[str]:
    """The places whose superior was told that nobody answers there."""
    with county.db.reading() as session:
        told: Any = [one.body for one in read_after(session, 0, 10_000) if one.kind == "obligation.informed"]
    return sorted({body["obligation"]["name"] for body in told})


def marks(county: County) -> Counter[str]:
    return Counter(row.mark for row in obligations(county).values() if row.subject == "village")


def pass_time(county: County, caller: Caller, seconds: float) -> None:
    """The clock goes on, timers run out, calls are made; until it is quiet again."""
    county.clock.advance(seconds)
    before = len(tries(county))
    caller.wake()
    until(lambda: len(tries(county)) > before or not _is_due(county), within_s=10)
    until(partial(quiet, county), within_s=60, why=lambda: [(o.name, o.state) for o in tries(county)][-5:])


def _is_due(county: County) -> bool:
    now = county.clock.now()
    return any(row.due_at is not None and row.due_at <= now for row in obligations(county).values())


def test_thirty_villages_and_one_that_stays_silent(night: County, caller: Caller, exchange: SippServer) -> None:
    county, found = night, people(night)
    horn = _loudspeaker(county, found["west9村"].unit)
    alert = red(county)
    until(lambda: len([one for one in tries(county) if one.channel == "voice"]) >= 30, within_s=20)
    until(partial(quiet, county), within_s=60)
    assert len([row for row in obligations(county).values() if row.subject == "village"]) == 30
    assert marks(county)["confirmed"] == 25
    assert marks(county) == {"confirmed": 25, "open": 3, "reached": 2}
    first = found["north0村"].holder
    mine = [one for one in tries(county) if one.person_id == first and one.channel == "voice"]
    assert len(mine) == 1, "one person with two villages is called once"

    for seconds in (31, 61):
        pass_time(county, caller, seconds)
    assert marks(county)["confirmed"] == 29, "the deputies of four of the five"
    deputies: Any = [row.answered for row in obligations(county).values() if row.answered and row.subject == "village"]
    assert Counter(one["whom"] for one in deputies) == {"holder": 25, "deputy": 4}

    send_all(county, senders(gateways()))
    with county.db.writing() as session:
        played = delivery_id(alert, f"terminal:{horn}", "mqtt")
        assert actions.record_receipt(session, county.clock, "mqtt", "delivered", delivery=played)
    last = obligations(county)["west9村"]
    assert last.mark == "open", "its loudspeaker played, and nobody has answered"

    for seconds in (31, 61, 61, 61):
        pass_time(county, caller, seconds)
    last = obligations(county)["west9村"]
    assert not last.progress().settled
    assert last.visit_open
    assert informed(county) == ["west9村"], "who leads the township was rung and knows"
    with county.db.reading() as session:
        assert verify(session)[1] is None
        assert session.scalars(select(Coverage)).all()

    county.do("weather", lambda s, a: actions.cancel(s, county.clock, a, alert, "lifted", "雨停了"))
    made = len(tries(county))
    pass_time(county, caller, 700)
    assert len(tries(county)) == made, "lifted: nobody is called any more"
    assert obligations(county)["west9村"].visit_open, "and somebody still goes there"
    assert exchange.errors() == ""


def _loudspeaker(county: County, unit: str) -> str:
    with county.db.writing() as session:
        horn = Terminal(id=new_id(), unit_id=unit, name="west9村大喇叭", kind="loudspeaker")
        session.add(horn)
    return horn.id
