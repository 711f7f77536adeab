"""Four pages of real Chromium and one node: everybody sees and hears, views switch, mutes hold, a kill is survived."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from tests.media import browser
from tests.media.node_process import NodeProcess
from tests.media.signal_server import ROOM, SignalServer, until

SLOTS = (3, 2)
TOKEN = "node-control"
SEEK = "conference.connection.seek(conference.connection.call)"
MEDIA = {"camera": "camera", "bright": "200", "middle": "130", "wall": "none"}

pytestmark = pytest.mark.skipif(
    not (browser.CHROMIUM.exists() and (browser.UI / "node_modules" / ".bin" / "tsc").exists()),
    reason="needs Debian's chromium and the front end's packages",
)


@dataclass
class Stage:
    node: NodeProcess
    server: SignalServer
    pages: dict[str, Page]

    async def stats(self, name: str) -> dict[str, Any]:
        return await browser.stats(self.pages[name])

    async def seen(self, name: str, field: str) -> Any:
        return await self.pages[name].evaluate(f"seen.{field}")

    async def view(self, name: str, slots: list[str | None]) -> None:
        await self.pages[name].evaluate("slots => conference.view(slots)", slots)

    async def until_luma(self, name: str, slot: int, low: float, high: float, within_s: float = 60) -> None:
        condition = f"luma({slot}) > {low} && luma({slot}) < {high}"
        await self.pages[name].wait_for_function(condition, timeout=within_s * 1000)


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    browser.build_pages(tmp_path)
    node = NodeProcess(TOKEN)
    node.start()
    try:
        async with SignalServer(node.url, TOKEN, MEDIA, tmp_path) as server, async_playwright() as playwright:
            chromium = await browser.launch(playwright, tmp_path)
            base = f"http://127.0.0.1:{server.port}"
            opening = (
                browser.open_page(chromium, base, server.url(name), SLOTS, media) for name, media in MEDIA.items()
            )
            pages = dict(zip(MEDIA, await asyncio.gather(*opening), strict=True))
            yield Stage(node, server, pages)
            await chromium.close()
    finally:
        node.kill()


def by_slot(stats: dict[str, Any], kind: str, field: str) -> list[float]:
    return [slot[field] for slot in stats["slots"] if slot["kind"] == kind]


async def until_flowing(stage: Stage, name: str, voices: int, pictures: int, within_s: float = 60) -> None:
    """Wait until so many audio slots gain energy and so many video slots decode frames."""
    end = time.monotonic() + within_s
    while True:
        before = await stage.stats(name)
        await asyncio.sleep(0.7)
        after = await stage.stats(name)
        energy = risen(before, after, "audio", "audioEnergy")
        frames = risen(before, after, "video", "framesDecoded")
        if energy >= voices and frames >= pictures:
            return
        assert time.monotonic() < end, f"{name}: {energy} voices, {frames} pictures: {after}"


def risen(before: dict[str, Any], after: dict[str, Any], kind: str, field: str) -> int:
    pairs = zip(by_slot(before, kind, field), by_slot(after, kind, field), strict=True)
    return sum(1 for old, new in pairs if new > old + 0.001)


async def test_a_meeting_of_four_pages(stage: Stage) -> None:
    for name in MEDIA:
        others = [other for other in MEDIA if other not in (name, "wall")]
        await stage.view(name, [others[0], others[1]])
    for name in MEDIA:
        await until_flowing(stage, name, voices=3 if name == "wall" else 2, pictures=2)
    await a_publisher_leaves_its_start_rate(stage)
    await switching_a_slot_needs_no_offer(stage)
    await the_speaker_is_told(stage)
    await a_muted_site_is_not_heard(stage)
    await another_way_is_found_for_the_same_connection(stage)
    await a_connection_that_the_bridge_forgot_is_made_anew(stage)
    await a_server_that_knows_nothing_is_told_all_again(stage)
    await a_killed_node_is_survived(stage)


async def a_publisher_leaves_its_start_rate(stage: Stage) -> None:
    """Chromium believes the bridge's transport-cc feedback: it starts at 300 kbit/s and finds out what there is.

    What it finds is more, but on a busy machine; while it sends little it does not look again.
    """
    estimate = """async () => {
      const entries = [...(await conference.connection.call.pc.getStats()).values()]
      return entries.some(({availableOutgoingBitrate: found}) => found && found !== 300_000)
    }"""
    await browser.until(stage.pages["camera"], estimate)


async def switching_a_slot_needs_no_offer(stage: Stage) -> None:
    calls = await stage.seen("wall", "calls")
    await stage.view("wall", ["camera", "bright"])
    await stage.until_luma("wall", 0, 30, 90)
    await stage.until_luma("wall", 1, 180, 240)
    await stage.view("wall", ["bright", "camera"])
    await stage.until_luma("wall", 0, 180, 240, within_s=60)
    await stage.until_luma("wall", 1, 30, 90, within_s=60)
    await stage.view("wall", ["middle", None])
    await stage.until_luma("wall", 0, 110, 150, within_s=60)
    assert await stage.seen("wall", "calls") == calls
    before = by_slot(await stage.stats("wall"), "video", "framesDecoded")[1]
    await asyncio.sleep(0.5)
    assert by_slot(await stage.stats("wall"), "video", "framesDecoded")[1] <= before + 1


async def the_speaker_is_told(stage: Stage) -> None:
    await stage.pages["wall"].wait_for_function("seen.speakers.some(s => s.participant !== null)")
    last = (await stage.seen("wall", "speakers"))[-1]
    assert last["participant"] in ("camera", "bright", "middle")
    assert set(last["loudest"]) <= set(MEDIA)
    await stage.view("wall", ["camera", "speaker"])
    await until_flowing(stage, "wall", voices=3, pictures=2)


async def a_muted_site_is_not_heard(stage: Stage) -> None:
    """Everybody but one is muted: the one hears nothing at all, the others hear exactly it."""
    await stage.server.mute("camera", True)
    await stage.server.mute("bright", True)
    expected = {"camera": 1, "bright": 1, "middle": 0, "wall": 1}
    end = time.monotonic() + 12
    while (heard := await heard_for(stage, 1.0)) != expected:
        assert time.monotonic() < end, heard
    await stage.server.mute("camera", False)
    await stage.server.mute("bright", False)
    await until_flowing(stage, "wall", voices=3, pictures=1)


async def heard_for(stage: Stage, seconds: float) -> dict[str, int]:
    """How many voices each page heard in a stretch of time."""
    before = {name: await stage.stats(name) for name in MEDIA}
    await asyncio.sleep(seconds)
    after = {name: await stage.stats(name) for name in MEDIA}
    return {name: risen(before[name], after[name], "audio", "audioEnergy") for name in MEDIA}


async def another_way_is_found_for_the_same_connection(stage: Stage) -> None:
    """What a page does when nothing comes any more: ICE is restarted, streams, keys and receivers stay."""
    connections, calls = dict(stage.server.connected), await stage.seen("bright", "calls")
    ufrag = "conference.connection.call.pc.remoteDescription.sdp.match(/ice-ufrag:(.*)/)[1]"
    former = await stage.pages["bright"].evaluate(ufrag)
    await stage.pages["bright"].evaluate(SEEK)
    await stage.pages["bright"].wait_for_function(f"{ufrag} !== '{former}'")
    await until_flowing(stage, "bright", voices=2, pictures=2)
    assert stage.server.connected == connections
    assert await stage.seen("bright", "calls") == calls


async def a_connection_that_the_bridge_forgot_is_made_anew(stage: Stage) -> None:
    """Its answer is of another session then."""
    calls = await stage.seen("bright", "calls")
    await stage.pages["bright"].evaluate(
        "conference.connection.call.answer = 'v=0\\r\\no=- 1 1 IN IP4 127.0.0.1\\r\\n'"
    )
    await stage.pages["bright"].evaluate(SEEK)
    await stage.pages["bright"].wait_for_function(f"seen.calls > {calls}")
    await until_flowing(stage, "bright", voices=2, pictures=2)


async def a_server_that_knows_nothing_is_told_all_again(stage: Stage) -> None:
    """The socket may come to another web process; the connection to the bridge goes on, without an offer."""
    calls = await stage.seen("bright", "calls")
    await stage.server.cut("bright")
    heard = stage.server.heard["bright"]
    await until(lambda: {"view", "health"} <= heard, 20, lambda: heard)
    assert "offer" not in heard
    assert await stage.seen("bright", "calls") == calls


async def a_killed_node_is_survived(stage: Stage) -> None:
    await stage.server.mute("camera", True)
    stage.node.kill()
    stage.node.start()
    began = time.monotonic()
    await until_flowing(stage, "wall", voices=2, pictures=2)
    assert time.monotonic() - began < 20
    for name in ("camera", "bright", "middle"):
        await until_flowing(stage, name, voices=1, pictures=2)
    node = await stage.server.node.stats(ROOM)
    assert node["port"]["refused_by_srtp"] == 0
    end = time.monotonic() + 12  # a voice that changes its slot is heard in both for a moment
    while (heard := (await heard_for(stage, 1.0))["middle"]) != 1:
        assert time.monotonic() < end, f"the mute was forgotten: {heard}"
