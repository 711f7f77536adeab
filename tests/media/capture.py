"""Captures the session that tests play again: `python -m tests.media.capture FILE`, with real Chromium.

Two sites and a viewer whose line loses packets: the view changes, a site is muted and heard again, a page leaves.
`--again FILE` keeps what came in and writes anew what is sent because of it, for a change of that which is meant.
"""

import asyncio
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Page, async_playwright

from media.node import MediaConfig, Ready, serve
from media.recording import RecordedRoom, read
from media.sfu.step import PythonStep
from tests.media import browser
from tests.media.relay import Relay
from tests.media.signal_server import SignalServer
from tests.media.wire import Uniform, Wire

TOKEN = "node-control"
LOST = 0.04
SCENE_S = 2.0
MEDIA = {"first": "60", "second": "200"}


async def capture(folder: Path) -> None:
    """Leaves the recording in `folder`. Needs Debian's chromium and the front end's packages."""
    browser.build_pages(folder)
    ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
    config = MediaConfig("127.0.0.1", 0, TOKEN, "127.0.0.1", 0, ("127.0.0.1",), sheds=False, recordings=folder)
    node = asyncio.create_task(serve(config, ready.set_result))
    ports = await ready
    async with (
        SignalServer(f"ws://127.0.0.1:{ports.control_port}/", TOKEN, (*MEDIA, "viewer"), folder) as server,
        Relay(ports.udp_port) as line,
        async_playwright() as playwright,
    ):
        line.down = Wire(lambda _: 1e9, 0.01, Uniform(LOST), 1)
        server.udp_port, server.announce_port, server.relayed = ports.udp_port, line.port, {"viewer"}
        chromium = await browser.launch(playwright, folder)
        base = f"http://127.0.0.1:{server.port}"
        pages = {
            name: await browser.open_page(chromium, base, server.url(name), (0, 0), media)
            for name, media in MEDIA.items()
        }
        viewer = await browser.open_page(chromium, base, server.url("viewer"), (2, 1), "none")
        await play(server, pages["first"], viewer)
        await chromium.close()
    node.cancel()
    await asyncio.wait([node])


async def play(server: SignalServer, first: Page, viewer: Page) -> None:
    dark, bright = "luma(0) > 40 && luma(0) < 100", "luma(0) > 180"
    await viewer.evaluate("conference.view(['first'])")
    await browser.until(viewer, dark)
    await asyncio.sleep(SCENE_S)
    await viewer.evaluate("conference.view(['second'], [240])")
    await browser.until(viewer, bright)
    await server.mute("first", True)
    await asyncio.sleep(SCENE_S)
    await viewer.evaluate("conference.view(['first'], [180])")
    await browser.until(viewer, dark)
    await server.mute("first", False)
    await asyncio.sleep(SCENE_S)
    await first.evaluate("conference.leave()")
    await asyncio.sleep(0.2)


def send_again(path: Path) -> None:
    unix_offset, calls = read(path)
    with TemporaryDirectory() as temporary:
        made = Path(temporary) / "made.xz"
        room = RecordedRoom(unix_offset, PythonStep(), made)
        for call in calls:
            getattr(room, call.name)(*call.arguments)
        room.close()
        shutil.copy(made, path)


def main() -> None:
    if sys.argv[1] == "--again":
        send_again(Path(sys.argv[2]))
        return
    with TemporaryDirectory() as temporary:
        asyncio.run(capture(Path(temporary)))
        (made,) = Path(temporary).glob("*.xz")
        shutil.copy(made, sys.argv[1])


if __name__ == "__main__":
    main()
