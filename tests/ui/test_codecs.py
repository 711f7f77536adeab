"""Sites that know not all codecs: everybody is seen by whoever can, and where nothing helps it is said in words."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.county import County
from tests.e2e.people import WATCH_CONNECTIONS
from tests.media.node_process import ROOT
from tests.ui.terminals import NewPage, TerminalPage, answered, convene, site
from tests.ui.test_desk import log_in
from tests.ui.test_terminal_meeting import HIGH_CAMERA
from tests.waiting import until

CANNOT_SHOW = "本端放不了这种画面"
# A browser that was built without a codec.
WITHOUT = """
const add = RTCPeerConnection.prototype.addTransceiver
const prefer = RTCRtpTransceiver.prototype.setCodecPreferences
RTCRtpTransceiver.prototype.setCodecPreferences = function (codecs) {
  prefer.call(this, codecs.filter((codec) => codec.mimeType !== 'video/CODEC'))
}
RTCPeerConnection.prototype.addTransceiver = function (what, options) {
  const transceiver = add.call(this, what, options)
  const kind = transceiver.receiver.track.kind
  transceiver.setCodecPreferences(RTCRtpReceiver.getCapabilities(kind).codecs)
  return transceiver
}
"""
# How many pictures of each codec were decoded over the one connection that stands.
BY_CODEC = """
async () => {
  const seen = {}
  for (const connection of window.connections) {
    if (connection.connectionState !== 'connected') continue
    const reports = await connection.getStats()
    for (const report of reports.values()) {
      if (report.type !== 'inbound-rtp' || report.kind !== 'video' || !report.codecId) continue
      const name = reports.get(report.codecId).mimeType
      seen[name] = (seen[name] ?? 0) + report.framesDecoded
    }
  }
  return seen
}
"""
DECODED = (
    """site => [...document.querySelectorAll(`[data-site="${site}"] video`)].some((video) => video.videoWidth > 0)"""
)


@pytest.fixture
def hold(duty: httpx.Client) -> Iterator[Callable[..., str]]:
    """`hold("title", "吕合镇")` convenes; the meeting is ended afterwards."""
    held: list[str] = []

    def convened(title: str, *townships: str) -> str:
        held.append(convene(duty, title, *townships))
        return held[-1]

    yield convened
    for meeting in held:
        duty.post(f"/meetings/{meeting}/control", json={"action": "end"})


@contextmanager
def encoder(town: County, meeting: str, township: str, folder: Path) -> Iterator[None]:
    """FFmpeg's WHIP muxer in a township: it knows H.264 and nothing else."""
    token = town.accounts[f"terminal:{township}"]["token"]
    command = [sys.executable, "-m", "tests.web.ffmpeg_encoder", f"{town.url}/whip/{meeting}", token, str(folder)]
    running = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
    finally:
        running.terminate()
        running.wait(timeout=10)


def joins(page: Page, town: County, township: str) -> TerminalPage:
    terminal = TerminalPage(page, town).as_device(township)
    terminal.press("answer")
    expect(terminal.see("meeting")).to_have_attribute("data-state", "connected")
    return terminal


def sees(terminal: TerminalPage, other: str) -> None:
    until(lambda: terminal.page.evaluate(DECODED, other), within_s=25, why=lambda: terminal.page.inner_text("body"))


def decodes(terminal: TerminalPage, codec: str) -> None:
    """Pictures come in this codec and in no other."""
    look: dict[str, int] = {}

    def seen() -> dict[str, int]:
        found: dict[str, int] = terminal.page.evaluate(BY_CODEC)
        return found

    def only() -> bool:
        now = seen()
        if any(count != look.get(name) for name, count in now.items() if name != f"video/{codec}"):
            look.update(now)
        return now.get(f"video/{codec}", 0) > look.get(f"video/{codec}", 0) + 20

    until(only, within_s=25, why=seen)


def told(duty: httpx.Client, after: int) -> list[str]:
    entries = answered(duty.get("/timeline", params={"after": after}))["entries"]
    return [one["kind"] for one in entries if one["kind"] in ("meeting.codec", "meeting.unseen", "meeting.seen")]


def head(duty: httpx.Client) -> int:
    return int(answered(duty.get("/timeline", params={"after": 0}))["head"])


@pytest.mark.soak
def test_an_h264_encoder_is_seen_by_all_but_the_page_that_does_not_know_it(
    new_page: NewPage, town: County, duty: httpx.Client, hold: Callable[..., str], tmp_path: Path
) -> None:
    before = head(duty)
    meeting = hold("编码器会商", "吕合镇", "紫溪镇", "子午镇")
    pages = [joins(new_page(390, 844), town, name) for name in ("吕合镇", "紫溪镇")]
    with encoder(town, meeting, "子午镇", tmp_path):
        camera = site(duty, meeting, "子午镇")["id"]
        for one in pages:
            sees(one, camera)
        desk_page = new_page(1600, 900)
        desk_page.add_init_script(WITHOUT.replace("CODEC", "H264"))
        desk = log_in(desk_page, town)
        assert told(duty, before) == []
        desk.get_by_test_id("meeting-join").click()
        row = desk.get_by_test_id("site-row").filter(has_text="子午镇")
        expect(row.get_by_test_id("site-finding")).to_contain_text("放不了它的画面")
        desk.get_by_test_id("meeting").get_by_test_id("site-row").filter(has_text="子午镇").get_by_test_id(
            "site-broadcast"
        ).click()
        expect(desk.get_by_test_id("stage-blind")).to_have_text(CANNOT_SHOW)
        for one in pages:
            sees(one, camera)
        assert told(duty, before) == ["meeting.unseen"]
        expect(desk.get_by_test_id("timeline")).to_contain_text("1 个会场放不了它的画面")
        desk.get_by_test_id("meeting-leave").click()
        until(lambda: told(duty, before) == ["meeting.unseen", "meeting.seen"], why=lambda: told(duty, before))


def test_one_page_without_vp8_makes_the_others_send_h264(
    new_page: NewPage, town: County, duty: httpx.Client, hold: Callable[..., str]
) -> None:
    before = head(duty)
    meeting = hold("老终端会商", "吕合镇", "紫溪镇", "子午镇")
    watched = [new_page(390, 844), new_page(390, 844)]
    for page in watched:
        page.add_init_script(WATCH_CONNECTIONS + HIGH_CAMERA)
    here, there = (joins(*one) for one in zip(watched, (town, town), ("吕合镇", "紫溪镇"), strict=True))
    decodes(here, "VP8")
    assert told(duty, before) == []
    connections = here.page.evaluate("window.connections.length")
    old = new_page(390, 844)
    old.add_init_script(WITHOUT.replace("CODEC", "VP8"))
    other = joins(old, town, "子午镇")
    ids = {name: str(site(duty, meeting, name)["id"]) for name in ("吕合镇", "紫溪镇", "子午镇")}
    for terminal, own in ((here, "吕合镇"), (there, "紫溪镇"), (other, "子午镇")):
        for name in ids.keys() - {own}:
            sees(terminal, ids[name])
    assert told(duty, before) == ["meeting.codec"]
    assert answered(duty.get(f"/meetings/{meeting}"))["meeting"]["codec"] == "h264"
    for terminal in (here, there):
        decodes(terminal, "H264")
    other.press("leave")
    other.press("leave-confirm")
    decodes(here, "VP8")
    assert told(duty, before) == ["meeting.codec", "meeting.codec"]
    assert here.page.evaluate("window.connections.length") == connections, "the codec changes over the same connection"
