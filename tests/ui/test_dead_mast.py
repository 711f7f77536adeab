"""A base station dies, in a real Chromium and over a real broker: its area raises its own alarm, and ends it.

Everything of one township goes through wires that are cut without a word. Time goes only when the test says so.
"""

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as paho
import pytest
import uvicorn
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page, expect
from sqlalchemy import select

from alerts.channels.loudspeaker import ALIVE_TOPIC, loudspeaker_key, write_alive
from alerts.channels.mqtt import MqttChannel, MqttConfig
from alerts.hearing import SignsOfLife
from command.directory.model import Terminal, TerminalSeen, Unit
from command.directory.terminals import TerminalValues, register_terminal
from command.kernel.actor import system_actor
from command.kernel.clock import ManualClock
from command.kernel.timeline import read_after
from tests.peers.mosquitto import MosquittoServer
from tests.ui.checks import accessibility, layout
from tests.ui.terminals import NewPage
from tests.ui.wire import Wire, wire_to
from tests.waiting import until
from web import presence, silences
from web.app import create_app
from web.demo import accounts, seed
from web.migrate import upgrade
from web.settings import Settings
from web.wiring import Core, build_core

SILENT, HEARD = "吕合镇", "东瓜镇"
SECOND = "吕合镇政府二楼（示例）"
MASTER = b"the key of these loudspeakers"
STEP_S = 30
"""Below the least time after which anything counts as silent."""
# How many points of the map are of the colour of our own trouble.
VIOLET = """() => [...document.querySelectorAll('canvas.map-canvas')].reduce((sum, canvas) => {
  const hex = getComputedStyle(canvas).getPropertyValue('--violet').trim().slice(1)
  const wanted = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16))
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  for (let at = 0; at < data.length; at += 4) {
    if (wanted.every((one, n) => Math.abs(data[at + n] - one) < 6)) sum += 1
  }
  return sum
}, 0)"""


class Horns:
    """Loudspeakers that say by MQTT, signed, that they are there, when they are told to."""

    def __init__(self, port: int, ids: list[str]) -> None:
        self._ids = ids
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"horns-{ids[0]}")
        self._client.connect("127.0.0.1", port, keepalive=30)
        self._client.loop_start()

    def say(self, at: datetime) -> None:
        """A sign of life of each; what cannot be sent is lost."""
        for one in self._ids:
            self._client.publish(ALIVE_TOPIC.format(id=one), write_alive(at, loudspeaker_key(MASTER, one)))

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@dataclass
class Play:
    """The demo county in this process on a clock of its own, and the wires through which one township hangs."""

    core: Core
    clock: ManualClock
    url: str
    horns: list[Horns]
    pages: list[Wire]
    """One for each terminal page of the township."""
    broker: Wire
    second: str
    """The token of the township's second terminal."""

    def account(self, name: str) -> Mapping[str, str]:
        return accounts(self.core.settings.data)[name]

    def cut(self) -> None:
        """The mast is without power."""
        for wire in (*self.pages, self.broker):
            wire.cut()

    def pass_time(self, seconds: int, heard: set[str]) -> None:
        """Go on step by step, as fast as those who are connected are written down."""
        for _ in range(0, seconds, STEP_S):
            self.clock.advance(STEP_S)
            for one in self.horns:
                one.say(self.clock.now())
            until(lambda: heard <= self.heard_now(), why=lambda: heard - self.heard_now())

    def heard_now(self) -> set[str]:
        """The names of the terminals that are written down as of this instant."""
        with self.core.db.reading() as session:
            query = select(Terminal.name).join(TerminalSeen, TerminalSeen.terminal_id == Terminal.id)
            return set(session.scalars(query.where(TerminalSeen.seen_at >= self.clock.now())))

    def told(self) -> list[str]:
        """What the timeline has of silent areas."""
        with self.core.db.reading() as session:
            return [one.kind for one in read_after(session, 0, 5_000) if one.kind.startswith("silence.")]


@contextmanager
def served(core: Core) -> Iterator[str]:
    """The application behind the real server, which looks whether all is well as often as it can."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(core), log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def loudspeakers(core: Core, township: str) -> list[str]:
    """The ids of a township's."""
    query = select(Terminal.id).join(Unit, Unit.id == Terminal.unit_id)
    with core.db.reading() as session:
        found = session.scalars(query.where(Unit.name == township, Terminal.kind == "loudspeaker"))
        return list(found)


def second_terminal(core: Core) -> str:
    """Register one more in the township; its token."""
    with core.db.writing() as session:
        unit = session.scalars(select(Unit.id).where(Unit.name == SILENT, Unit.kind == "township")).one()
        values = TerminalValues(SECOND, "browser", sample=True)
        return str(register_terminal(session, system_actor(), values, unit)[1])


@pytest.fixture
def play(tmp_path: Path, mosquitto_server: MosquittoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    """Everything connected, nobody silent."""
    monkeypatch.setattr(presence, "EVERY_S", 0.2)
    monkeypatch.setattr(silences, "EVERY_S", 0.2)
    clock = ManualClock(datetime.now(UTC))
    core = build_core(Settings(data=tmp_path), clock)
    upgrade(core)
    seed(core.db, tmp_path)
    second = second_terminal(core)
    with ExitStack() as stack:
        stack.callback(core.engine.dispose)
        ears = MqttChannel(
            MqttConfig(mosquitto_server.url, MASTER, "worker"), clock, lambda _: True, SignsOfLife(core.db, clock)
        )
        ears.start()
        stack.callback(ears.stop)
        url = stack.enter_context(served(core))
        port = urlsplit(url).port
        assert port is not None
        pages = [stack.enter_context(wire_to(port)) for _ in range(2)]
        broker = stack.enter_context(wire_to(mosquitto_server.port))
        horns = [
            Horns(broker.near, loudspeakers(core, SILENT)),
            Horns(mosquitto_server.port, loudspeakers(core, HEARD)),
        ]
        for one in horns:
            stack.callback(one.stop)
        yield Play(core, clock, url, horns, pages, broker, second)


def as_terminal(page: Page, url: str, token: str) -> Page:
    """Open as that meeting place."""
    page.goto(f"{url}/terminal#token={token}")
    expect(page.get_by_test_id("link")).to_have_attribute("data-link", "live")
    return page


def opened_desk(page: Page, play: Play) -> Page:
    """The duty officer's."""
    page.goto(f"{play.url}/desk")
    page.get_by_test_id("login-username").fill(play.account("duty")["username"])
    page.get_by_test_id("login-password").fill(play.account("duty")["password"])
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("link")).to_have_attribute("data-state", "live")
    return page


def opened_wall(page: Page, play: Play) -> Page:
    page.goto(f"{play.url}/wall#token={play.account('wall')['token']}")
    expect(page.locator(".wall")).to_have_attribute("data-link", "live")
    return page


def readable(page: Page, least_px: float, name: str) -> None:
    """Nothing cut or small; a picture in the folder named by FENGSUI_PICTURES."""
    if folder := os.environ.get("FENGSUI_PICTURES"):
        page.screenshot(path=Path(folder) / f"mast-{name}.png")
    assert layout(page, least_px) == []


def in_english(page: Page) -> None:
    page.evaluate("localStorage.setItem('fengsui.lang', 'en')")
    page.reload()


def test_a_dead_mast_raises_the_alarm_of_its_township_and_ends_it(new_page: NewPage, play: Play) -> None:
    first, second = play.account(f"terminal:{SILENT}")["token"], play.second
    township = [
        as_terminal(new_page(390, 844), f"http://127.0.0.1:{wire.near}", token)
        for wire, token in zip(play.pages, (first, second), strict=True)
    ]
    as_terminal(new_page(390, 844), play.url, play.account(f"terminal:{HEARD}")["token"])
    desk, wall = opened_desk(new_page(1600, 900), play), opened_wall(new_page(1920, 1080), play)
    strip, banner = desk.get_by_test_id("silence"), wall.get_by_test_id("wall-silence")
    names = {SECOND, *(one for one in play.heard_now() if SILENT in one or HEARD in one)}
    others = {one for one in play.heard_now() if HEARD in one}
    play.pass_time(60, names)
    assert play.told() == []
    expect(strip).to_have_count(0)

    play.cut()
    for page in township:
        expect(page.get_by_test_id("link")).to_have_attribute("data-link", "lost")
    play.pass_time(240, others)
    expect(strip).to_contain_text(f"{SILENT} ")
    expect(strip).to_contain_text("起失联")
    expect(strip).to_contain_text("终端 2 台断 2 台，大喇叭 2 个断 2 个")
    expect(banner).to_contain_text("终端 2 台断 2 台，大喇叭 2 个断 2 个")
    assert play.told() == ["silence.raised"]
    until(lambda: desk.evaluate(VIOLET) > 100 and wall.evaluate(VIOLET) > 100)
    readable(desk, 12, "desk")
    readable(wall, 28, "wall")
    assert [*accessibility(desk), *accessibility(wall)] == []

    desk.keyboard.press("s")
    expect(strip).to_contain_text("已知悉")
    for page in (desk, wall):
        in_english(page)
    expect(strip).to_contain_text("2 of 2 terminals lost, 2 of 2 loudspeakers lost")
    expect(banner).to_contain_text("has fallen silent since")
    readable(desk, 12, "desk-en")
    readable(wall, 28, "wall-en")

    play.pages[0].mend()
    expect(township[0].get_by_test_id("link")).to_have_attribute("data-link", "live")
    play.pass_time(120, others)
    expect(strip).to_have_count(0)
    expect(banner).to_have_count(0)
    assert play.told() == ["silence.raised", "silence.acknowledged", "silence.ended"]
    until(lambda: wall.evaluate(VIOLET) == 0)
    readable(wall, 28, "wall-after")
