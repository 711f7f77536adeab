"""Pages of real Chromium and a headless terminal, two media nodes: how long nobody is seen or heard. Prints figures."""

import asyncio
import functools
import http.server
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from tests.media import browser
from tests.ui.light_clients import light_clients
from tests.web.stage import Stage, running, soon
from tests.web.talk import Party
from tests.web.test_media_nodes import carriers, draining
from tests.web.world import World

MOST_WITH_ANOTHER_S = 3.0
MOST_EMPTIED_S = 1.0
SLOTS = (2, 2)

# Every 40 ms: which slots have a new picture or louder sound; `gaps(from)` is the end of each slot's longest pause.
WATCH = """() => {
  const moved = new Map(), before = new Map()
  window.pauses = []
  const look = async () => {
    const now = performance.timeOrigin + performance.now()
    for (const one of (await conference.stats()).slots) {
      const key = one.kind + one.slot
      const value = one.kind === 'video' ? one.framesDecoded : one.audioEnergy
      const least = one.kind === 'video' ? 1 : 1e-4
      const last = before.get(key) ?? 0
      if (value > 0 && (value < last || value >= last + least)) {
        if (moved.has(key)) window.pauses.push({ key, from: moved.get(key), to: now })
        moved.set(key, now)
        before.set(key, value)
      }
    }
    window.moving = [...moved.values()].filter((at) => now - at < 400).length
  }
  setInterval(look, 40)
}"""

pytestmark = pytest.mark.skipif(
    not (browser.CHROMIUM.exists() and (browser.UI / "node_modules" / ".bin" / "tsc").exists()),
    reason="needs Debian's chromium and the front end's packages",
)


@dataclass
class Meeting:
    """`pages` of Chromium in a meeting, with all of their `slots` in use."""

    stage: Stage
    duty: Party
    pages: list[Page]
    slots: tuple[int, int] = SLOTS

    async def all_move(self) -> None:
        """Until every slot of every page moves."""
        for page in self.pages:
            await page.wait_for_function(f"window.moving === {sum(self.slots)}", timeout=25_000)

    async def carrier(self) -> int:
        await soon(lambda: len(carriers(self.stage, self.duty)) == 1)
        return carriers(self.stage, self.duty)[0]

    async def longest_pauses(self, since: float) -> dict[str, tuple[float, float]]:
        """Page and slot → how long its longest pause since then was, and how long after `since` it ended; seconds."""
        found: dict[str, tuple[float, float]] = {}
        for number, page in enumerate(self.pages):
            for one in await page.evaluate("since => window.pauses.filter((one) => one.to > since)", since * 1000):
                key, length = f"{number}.{one['key']}", (one["to"] - one["from"]) / 1000
                if length > found.get(key, (0.0, 0.0))[0]:
                    found[key] = (length, one["to"] / 1000 - since)
        assert len(found) == len(self.pages) * sum(self.slots), found
        return found


@contextmanager
def pages_served(folder: Path) -> Iterator[str]:
    browser.build_pages(folder)
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Modules are imported without their ending; nothing is logged."""

    def translate_path(self, path: str) -> str:
        found = super().translate_path(path)
        return found if Path(found).exists() else f"{found}.js"

    def log_message(self, format: str, *args: object) -> None:
        """The test's output are its figures."""


@asynccontextmanager
async def meeting_of_three(stage: Stage, world: World, folder: Path) -> AsyncIterator[Meeting]:
    """Two desks in Chromium and a headless terminal, each desk sees and hears both others."""
    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        base = open_things.enter_context(pages_served(folder))
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        leader = await asyncio.to_thread(Party, stage.live, world, "leader", open_things)
        made = await asyncio.to_thread(duty.convene, world.terminals["south_box"])
        url = f"ws://{stage.live}/api/v1/meetings/{made['id']}/signal"
        async with running(stage.terminal(world.token("south_box")).run), async_playwright() as playwright:
            chromium = await browser.launch(playwright, folder)
            opening = (
                browser.open_page(chromium, base, f"{url}&token={party.token}", SLOTS, media)
                for party, media in ((duty, "camera"), (leader, "200"))
            )
            pages = await asyncio.gather(*opening)
            everybody = dict.fromkeys(("duty", "leader", "south_box"), "joined")
            await soon(lambda: duty.states(made["id"]) == everybody, why=lambda: duty.states(made["id"]))
            shown = duty.http.get(f"/meetings/{made['id']}").json()["sites"]
            ids = {one["name"]: one["id"] for one in shown}
            for page, other in zip(pages, ("leader", "duty"), strict=True):
                await page.evaluate("slots => conference.view(slots)", [ids[other], ids["south_box"]])
                await page.evaluate(WATCH)
            yield Meeting(stage, duty, pages)
            await chromium.close()


@pytest.mark.soak
async def test_nobody_is_away_for_long(two_nodes: Stage, world: World, tmp_path: Path) -> None:
    async with meeting_of_three(two_nodes, world, tmp_path) as at:
        await at.all_move()
        emptied = await a_node_is_emptied(at)
        killed = await a_node_is_killed(at)
        assert emptied < MOST_EMPTIED_S
        assert killed < MOST_WITH_ANOTHER_S


# A picture that changes ten times a second, shared beside the camera.
SHARE = """() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
  const context = canvas.getContext('2d')
  let turn = 0
  setInterval(() => {
    context.fillStyle = turn++ % 2 ? 'navy' : 'white'
    context.fillRect(0, 0, 640, 360)
  }, 100)
  conference.shareContent(canvas.captureStream(10).getVideoTracks()[0])
}"""


@pytest.mark.soak
async def test_a_shared_screen_goes_along(two_nodes: Stage, world: World, tmp_path: Path) -> None:
    async with sharing(two_nodes, world, tmp_path) as at:
        node, began = await at.carrier(), time.time()
        async with draining(two_nodes, "ab"[node]) as drain:
            said, _ = await asyncio.wait_for(drain.communicate(), 30)
        assert drain.returncode == 0, said
        await soon(lambda: two_nodes.nodes[node].ended() == 0)
        await at.all_move()
        ((pause, _),) = (await at.longest_pauses(began)).values()
        sys.stdout.write(f"\nemptied: the longest pause of a shared screen {pause:.2f} s")
        assert pause < MOST_EMPTIED_S


@asynccontextmanager
async def sharing(stage: Stage, world: World, folder: Path) -> AsyncIterator[Meeting]:
    """Two desks in Chromium: one shares its screen, the other one sees it, and nothing else.

    Beside them a site that does not know of moves: everybody has to wait for it.
    """
    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        base = open_things.enter_context(pages_served(folder))
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        leader = await asyncio.to_thread(Party, stage.live, world, "leader", open_things)
        meeting = (await asyncio.to_thread(duty.convene, world.terminals["south_box"]))["id"]
        url = f"ws://{stage.live}/api/v1/meetings/{meeting}/signal"
        late = light_clients(stage.live, meeting, [world.token("south_box")])
        await asyncio.to_thread(open_things.enter_context, late)
        async with async_playwright() as playwright:
            chromium = await browser.launch(playwright, folder)
            sharer = await browser.open_page(chromium, base, f"{url}&token={leader.token}", (0, 0), "camera")
            await soon(lambda: duty.states(meeting).get("leader") == "joined", why=lambda: duty.states(meeting))
            shared = await asyncio.to_thread(leader.http.post, f"/meetings/{meeting}/content", json={"share": True})
            assert shared.is_success, shared.text
            await sharer.evaluate(SHARE)
            viewer = await browser.open_page(chromium, base, f"{url}&token={duty.token}", (0, 1), "none")
            await viewer.evaluate("conference.view(['content'])")
            await viewer.evaluate(WATCH)
            at = Meeting(stage, duty, [viewer], (0, 1))
            await at.all_move()
            yield at
            await chromium.close()


async def a_node_is_emptied(at: Meeting) -> float:
    """The longest silence, in seconds."""
    node, began = await at.carrier(), time.time()
    async with draining(at.stage, "ab"[node]) as drain:
        said, _ = await asyncio.wait_for(drain.communicate(), 30)
    assert drain.returncode == 0, said
    await soon(lambda: at.stage.nodes[node].ended() == 0)
    await at.all_move()
    pauses = await at.longest_pauses(began)
    longest = {kind: max(p[0] for key, p in pauses.items() if kind in key) for kind in ("audio", "video")}
    sys.stdout.write(
        f"\nemptied: the longest pause of sound {longest['audio']:.2f} s, of a picture {longest['video']:.2f} s"
    )
    await asyncio.to_thread(at.stage.nodes[node].start)
    return longest["audio"]


async def a_node_is_killed(at: Meeting) -> float:
    """When the last receiver saw and heard again, in seconds after the kill."""
    node = await at.carrier()
    other = "ab"[1 - node]
    up = f'fengsui_media_node_up{{node="{other}"}} 1.0'
    await soon(lambda: up in metrics(at))
    began = time.time()
    os.kill(at.stage.nodes[node].pid, signal.SIGKILL)
    await soon(lambda: carriers(at.stage, at.duty) == [1 - node])
    return await back_after(at, began, "killed beside another one")


async def back_after(at: Meeting, began: float, what: str) -> float:
    await asyncio.gather(*(page.wait_for_function(f"window.moving === {sum(SLOTS)}") for page in at.pages))
    await at.all_move()
    ends = {key: end for key, (_, end) in (await at.longest_pauses(began)).items()}
    sound = max(end for key, end in ends.items() if "audio" in key)
    sys.stdout.write(f"\n{what}: heard again everywhere after {sound:.2f} s, seen after {max(ends.values()):.2f} s")
    return max(ends.values())


def metrics(at: Meeting) -> str:
    return at.duty.http.get(f"http://{at.stage.live}/metrics").text
