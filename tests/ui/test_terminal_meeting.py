"""The terminal page in a meeting: ring, answer, microphone, the chair's mute, a reload, the end. Real media."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.county import County
from tests.e2e.people import PICTURES_ASKED, RECEIVED, WATCH_CONNECTIONS, with_cores
from tests.ui.checks import accessibility, in_english, layout, picture
from tests.ui.terminals import PHONE, NewPage, TerminalPage, control, convene, site
from tests.ui.test_desk import log_in
from tests.ui.test_terminal import order_to
from tests.waiting import until

DECODED = "[...document.querySelectorAll('[data-site] video')].filter((video) => video.videoWidth > 0).length"
# The heights of the pictures that come, and whether each layer of the own picture is sent, by its RID.
LAYERS = """
async () => {
  const seen = { heights: [], sent: {} }
  for (const connection of window.connections ?? []) {
    if (connection.connectionState !== 'connected') continue
    for (const report of (await connection.getStats()).values()) {
      if (report.type === 'inbound-rtp' && report.framesDecoded > 0) seen.heights.push(report.frameHeight)
      if (report.type === 'outbound-rtp' && report.kind === 'video') seen.sent[report.rid] = report.active
    }
  }
  return seen
}
"""
# The suite's fake camera gives small pictures; this one paints those that it is asked for.
HIGH_CAMERA = """
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const [width, height] = [wanted.video.width.ideal, wanted.video.height.ideal]
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const context = canvas.getContext('2d')
  let turn = 0
  setInterval(() => {
    context.fillStyle = `hsl(${turn++ % 360} 50% 50%)`
    context.fillRect(0, 0, width, height)
  }, 66)
  return canvas.captureStream(15)
}
"""

Ring = Callable[..., str]


# What the server says where the node keeps its meetings.
AS_RECORDED = """
const parse = JSON.parse
JSON.parse = (...given) => {
  const message = parse(...given)
  if (message?.type === 'welcome') message.recorded = true
  return message
}
"""


@pytest.fixture
def ring(duty: httpx.Client) -> Iterator[Ring]:
    """`ring("title", "吕合镇")` convenes; the meeting is ended afterwards."""
    held: list[str] = []

    def convened(title: str, *townships: str) -> str:
        held.append(convene(duty, title, *townships))
        return held[-1]

    yield convened
    for meeting in held:
        duty.post(f"/meetings/{meeting}/control", json={"action": "end"})


def sees_pictures(page: Page, least: int) -> None:
    """At least so many others' pictures are decoded."""
    until(lambda: page.evaluate(DECODED) >= least, within_s=20, why=lambda: page.evaluate(DECODED))


def answers(terminal: TerminalPage, inside: str | None = None) -> None:
    """Rung, it says why and who is `inside` already; with one press it takes part."""
    expect(terminal.see("call-title")).to_have_text("礼社江会商")
    if inside is not None:
        expect(terminal.see("inside")).to_contain_text(inside)
    assert layout(terminal.page, 14) == []
    assert accessibility(terminal.page) == []
    terminal.press("answer")
    expect(terminal.see("meeting")).to_have_attribute("data-state", "connected")


def spoiled(page: Page) -> Callable[[], None]:
    """What the page offers is cut short on its way to the server, until the returned function is called."""
    whole: list[bool] = []

    def carry(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            said = json.loads(text)
            spoils = said["type"] == "offer" and not whole
            server.send(json.dumps({**said, "sdp": "v=0"}) if spoils else text)

        socket.on_message(pass_on)

    page.route_web_socket(re.compile("/signal"), carry)
    return lambda: whole.append(True)


def test_why_the_server_takes_no_offer_is_said_to_each_reader(new_page: NewPage, town: County, ring: Ring) -> None:
    page = new_page(*PHONE)
    mend = spoiled(page)
    phone = TerminalPage(page, town).as_device("吕合镇")
    desk = new_page(1600, 900)
    mend_desk = spoiled(desk)
    log_in(desk, town)
    ring("礼社江会商", "吕合镇")
    phone.press("answer")
    refused = phone.see("room-refused")
    expect(refused).to_have_attribute("data-code", "media.bad_offer")
    expect(refused).to_contain_text("媒体描述不能用")
    picture(page, "phone-room-refused")
    phone.speak("en")
    expect(refused).to_contain_text("The session description cannot be used")
    expect(phone.see("meeting")).to_have_attribute("data-state", "connecting")
    picture(page, "phone-room-refused-en")
    assert [*layout(page, 14), *accessibility(page)] == []
    mend()
    expect(phone.see("meeting")).to_have_attribute("data-state", "connected")
    expect(page.get_by_test_id("room-refused")).to_have_count(0)

    desk.get_by_test_id("meeting-join").click()
    told = desk.get_by_test_id("meeting-refused")
    expect(told).to_contain_text("媒体描述不能用")
    with in_english(desk, "desk-meeting-refused-en"):
        expect(told).to_contain_text("The session description cannot be used")
    mend_desk()
    expect(told).to_have_count(0)
    expect(desk.get_by_test_id("stage")).to_have_attribute("data-state", "connected")


def test_a_meeting_from_ring_to_end(new_page: NewPage, town: County, duty: httpx.Client, ring: Ring) -> None:
    one = TerminalPage(new_page(390, 844), town).as_device("吕合镇")
    other = TerminalPage(new_page(1280, 720), town).as_device("紫溪镇")
    meeting = ring("礼社江会商", "吕合镇", "紫溪镇")
    answers(one)
    answers(other, inside="吕合镇")
    sees_pictures(one.page, 1)
    sees_pictures(other.page, 1)
    for terminal in (one, other):
        assert layout(terminal.page, 14) == []
        assert accessibility(terminal.page) == []

    def stands(township: str, state: str) -> None:
        until(lambda: site(duty, meeting, township)["state"] == state, within_s=20)

    stands("吕合镇", "joined")
    expect(one.see("mic")).to_have_text("话筒已关")
    expect(other.see("main-picture")).to_contain_text("话筒关")
    one.press("mic")
    expect(one.see("mic")).to_have_text("话筒已开")
    expect(other.see("main-picture")).to_have_attribute("data-state", "speaking")

    here = site(duty, meeting, "吕合镇")["id"]
    control(duty, meeting, "mute", site=here)
    expect(one.see("mic")).to_have_text("主席已静音")
    one.see("mic").click(force=True)
    expect(one.see("mic")).to_have_text("主席已静音")
    control(duty, meeting, "unmute", site=here)
    expect(one.see("may-open")).to_be_visible()
    expect(one.see("mic")).to_have_text("话筒已关")
    expect(other.see("main-picture")).to_have_attribute("data-state", "muted")
    expect(other.see("main-picture")).to_contain_text("话筒关")

    control(duty, meeting, "broadcast", site=here)
    expect(one.see("broadcast-self")).to_be_visible()

    one.page.reload()
    expect(one.see("meeting")).to_have_attribute("data-state", "connected")
    sees_pictures(one.page, 1)
    stands("吕合镇", "joined")

    one.press("leave")
    one.press("stay")
    one.press("leave")
    one.press("leave-confirm")
    expect(one.see("home")).to_be_visible()
    stands("吕合镇", "left")
    one.press("enter")
    expect(one.see("meeting")).to_have_attribute("data-state", "connected")

    control(duty, meeting, "remove", site=here)
    expect(one.see("meeting-end")).to_have_attribute("data-end", "removed")
    control(duty, meeting, "ring", site=here)
    one.press("answer")
    expect(one.see("meeting")).to_have_attribute("data-state", "connected")
    control(duty, meeting, "end")
    expect(other.see("meeting-end")).to_have_attribute("data-end", "ended")
    other.press("meeting-close")
    expect(other.see("home")).to_be_visible()


def test_a_small_page_gets_a_small_picture_and_nobody_sends_more_than_is_seen(
    new_page: NewPage, town: County, ring: Ring
) -> None:
    pages = {"吕合镇": new_page(390, 844), "紫溪镇": new_page(1280, 720)}
    for page in pages.values():
        page.context.add_init_script(WATCH_CONNECTIONS + HIGH_CAMERA)
        with_cores(page, 3)
    phone, large = (TerminalPage(page, town).as_device(name) for name, page in pages.items())
    ring("礼社江会商", *pages)
    for terminal in (phone, large):
        terminal.press("answer")

    def layers(terminal: TerminalPage) -> dict[str, Any]:
        found: dict[str, Any] = terminal.page.evaluate(LAYERS)
        return found

    def differ() -> bool:
        high, low = (sum(layers(terminal)["heights"]) for terminal in (large, phone))
        return bool(high > low > 0)

    until(differ, within_s=40, why=lambda: (layers(large), layers(phone)))
    until(lambda: layers(large)["sent"].get("f") is False, within_s=20, why=lambda: layers(large))
    until(lambda: layers(phone)["sent"] == {"q": True, "h": False, "f": True}, within_s=20, why=lambda: layers(phone))
    assert [terminal.page.evaluate(PICTURES_ASKED) for terminal in (phone, large)] == [3, 6], (
        "each as many as its device takes"
    )


def moves(page: Page) -> bool:
    """Whether a picture comes from one look to the next."""
    before = page.evaluate(RECEIVED)["frames"]
    page.wait_for_timeout(600)
    return bool(page.evaluate(RECEIVED)["frames"] > before)


def test_who_looks_elsewhere_is_sent_no_pictures(
    new_page: NewPage, town: County, duty: httpx.Client, ring: Ring
) -> None:
    pages = new_page(*PHONE), new_page(1600, 900)
    for page in pages:
        page.context.add_init_script(WATCH_CONNECTIONS)
        page.context.grant_permissions(["camera", "microphone"])
    terminal = TerminalPage(pages[0], town).as_device("吕合镇")
    here, elsewhere = ring("礼社江会商", "吕合镇"), ring("水库会商", "三街镇")
    terminal.press("answer")
    desk = log_in(pages[1], town, "leader")
    meeting = desk.get_by_test_id("meeting")
    if meeting.get_attribute("data-id") == elsewhere:
        desk.get_by_role("button", name="礼社江会商").click()
    expect(meeting).to_have_attribute("data-id", here)
    desk.get_by_test_id("meeting-join").click()
    expect(desk.get_by_test_id("stage")).to_have_attribute("data-state", "connected")
    until(lambda: all(moves(page) for page in pages), within_s=20)

    desk.get_by_role("button", name="水库会商").click()
    expect(desk.get_by_test_id("stage")).to_have_count(0)
    until(lambda: not moves(desk), within_s=20)
    desk.get_by_role("button", name="礼社江会商").click()
    until(lambda: moves(desk), within_s=20)

    order_to(duty, "吕合镇", "转移沿河住户")
    terminal.press("notice")
    expect(terminal.see("to-room")).to_be_visible()
    until(lambda: not moves(terminal.page), within_s=20)
    terminal.press("to-room")
    until(lambda: moves(terminal.page), within_s=20)


def test_a_ring_is_refused_with_its_reason_afterwards(
    new_page: NewPage, town: County, duty: httpx.Client, ring: Ring
) -> None:
    terminal = TerminalPage(new_page(*PHONE), town).as_device("三街镇")
    meeting = ring("水库会商", "三街镇")
    terminal.press("refuse")
    until(lambda: site(duty, meeting, "三街镇")["state"] == "refused")
    assert layout(terminal.page, 14) == []
    terminal.press("refuse-why")
    until(lambda: site(duty, meeting, "三街镇")["reason"] == "在现场，腾不出手")
    expect(terminal.see("enter")).to_be_visible()


def test_it_answers_by_itself_where_that_was_chosen(
    new_page: NewPage, town: County, duty: httpx.Client, ring: Ring
) -> None:
    page = new_page(*PHONE)
    page.add_init_script(AS_RECORDED)
    terminal = TerminalPage(page, town).as_device("八角镇")
    terminal.press("auto-answer")
    meeting = ring("雨情会商", "八角镇")
    expect(terminal.see("auto-answer-in")).to_be_visible()
    until(lambda: site(duty, meeting, "八角镇")["state"] == "joined", within_s=30)
    expect(terminal.see("mic")).to_have_text("话筒已关")
    expect(terminal.see("seen-heard")).to_contain_text("正在被看到，话筒关着")
    expect(terminal.see("recorded")).to_contain_text("正在记录")
    terminal.press("mic")
    expect(terminal.see("seen-heard")).to_contain_text("被看到、被听到")
    assert layout(terminal.page, 14) == []
    terminal.press("camera")
    expect(terminal.see("seen-heard")).to_contain_text("正在被听到")
    terminal.press("mic")
    expect(terminal.see("seen-heard")).to_have_count(0)


def test_by_voice_alone_no_picture_is_sent_or_asked_for(
    new_page: NewPage, town: County, duty: httpx.Client, ring: Ring
) -> None:
    other = TerminalPage(new_page(1280, 720), town).as_device("树苴乡")
    terminal = TerminalPage(new_page(*PHONE), town).as_device("鹿城镇")
    ring("电话会商", "树苴乡", "鹿城镇")
    other.press("answer")
    terminal.press("audio-only")
    for one in (other, terminal):
        expect(one.see("meeting")).to_have_attribute("data-state", "connected")
    expect(terminal.see("camera")).to_have_text("画面已关")
    expect(terminal.see("want-pictures")).to_be_visible()
    assert terminal.page.evaluate(DECODED) == 0
    terminal.press("want-pictures")
    sees_pictures(terminal.page, 1)
    terminal.press("camera")
    expect(terminal.see("camera")).to_have_text("画面已开")
    sees_pictures(other.page, 1)
