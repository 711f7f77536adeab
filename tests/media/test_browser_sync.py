"""Whether a page of real Chromium shows a flash when it plays the beep made with it, before and after a switch.

One of two sites encodes its pictures late, as a busy computer does: its sender reports say so, arrivals do not.
"""

import asyncio
import time
from pathlib import Path
from statistics import median

import pytest
from playwright.async_api import Page, async_playwright

from tests.media import browser
from tests.media.node_process import NodeProcess
from tests.media.signal_server import SignalServer

TOKEN = "node-control"
LATE_S = 0.35
SYNC_S = 0.15
SETTLED_S = 30
BEATS = 5

pytestmark = pytest.mark.skipif(
    not (browser.CHROMIUM.exists() and (browser.UI / "node_modules" / ".bin" / "tsc").exists()),
    reason="needs Debian's chromium and the front end's packages",
)

# Each encoded picture leaves the page so many milliseconds late, with the time at which it was captured.
DELAY = """async (milliseconds) => {
  const code = `onrtctransform = ({ transformer: { readable, writable } }) => readable.pipeThrough(new TransformStream({
    async transform(frame, out) {
      const due = performance.now() + ${milliseconds}
      const wait = () => new Promise((go) => setTimeout(go, due - performance.now()))
      queue = queue.then(wait).then(() => out.enqueue(frame))
    },
  })).pipeTo(writable); let queue = Promise.resolve()`
  const worker = new Worker(URL.createObjectURL(new Blob([code])))
  conference.connection.call.camera.transform = new RTCRtpScriptTransform(worker)
}"""

# Notes when the first picture slot turns white and when the first audio slot begins to sound, in milliseconds.
WATCH = """() => {
  window.flashes = []
  window.beeps = []
  const video = document.querySelector('video')
  const small = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
  const context = small.getContext('2d', { willReadFrequently: true })
  let bright = false
  const look = (_, { expectedDisplayTime }) => {
    context.drawImage(video, 0, 0, 1, 1)
    const now = context.getImageData(0, 0, 1, 1).data[0] > 128
    if (now && !bright) flashes.push(expectedDisplayTime)
    bright = now
    video.requestVideoFrameCallback(look)
  }
  video.requestVideoFrameCallback(look)
  const sound = new AudioContext()
  const ear = sound.createAnalyser()
  ear.fftSize = 256
  sound.createMediaStreamSource(document.querySelector('audio').srcObject).connect(ear)
  const samples = new Float32Array(256)
  let quietSince = 0
  setInterval(() => {
    ear.getFloatTimeDomainData(samples)
    const loud = samples.some((one) => Math.abs(one) > 0.05)
    if (loud && performance.now() - quietSince > 300) beeps.push(performance.now())
    if (loud) quietSince = performance.now()
  }, 5)
}"""


async def late_by(page: Page) -> float | None:
    """How long flashes come after their beeps, s: the median of the last BEATS; None while there are not so many."""
    flashes, beeps = await page.evaluate("[flashes.slice(-5), beeps]")
    if len(flashes) < BEATS or len(beeps) < BEATS:
        return None
    nearest = (min(beeps, key=lambda beep: abs(beep - flash)) for flash in flashes)
    return float(median(flash - beep for flash, beep in zip(flashes, nearest, strict=True))) / 1000


async def until_in_time(page: Page) -> None:
    """Wait until flashes and beeps come together."""
    found, end = list[float | None](), time.monotonic() + SETTLED_S
    while found[-1:] in ([], [None]) or abs(found[-1] or 0.0) >= SYNC_S:
        assert time.monotonic() < end, f"flashes after beeps, s: {found}"
        await asyncio.sleep(1)
        found.append(await late_by(page))


async def show(page: Page, site: str) -> None:
    await page.evaluate("site => conference.view([site])", site)
    await page.evaluate("flashes.length = beeps.length = 0")


async def test_a_picture_and_its_voice_are_played_together(tmp_path: Path) -> None:
    browser.build_pages(tmp_path)
    node = NodeProcess(TOKEN)
    node.start()
    try:
        async with (
            SignalServer(node.url, TOKEN, {"late", "prompt", "viewer"}, tmp_path) as server,
            async_playwright() as playwright,
        ):
            chromium = await browser.launch(playwright, tmp_path)
            base = f"http://127.0.0.1:{server.port}"
            late = await browser.open_page(chromium, base, server.url("late"), (0, 0), "flash0")
            await browser.open_page(chromium, base, server.url("prompt"), (0, 0), "flash500")
            await late.evaluate(DELAY, LATE_S * 1000)
            viewer = await browser.open_page(chromium, base, server.url("viewer"), (2, 1), "none")
            await viewer.evaluate("conference.view(['late'])")
            await browser.until(viewer, "document.querySelector('video')?.videoWidth > 0")
            await viewer.evaluate(WATCH)
            await until_in_time(viewer)
            for site in ("prompt", "late"):
                await show(viewer, site)
                await until_in_time(viewer)
            await chromium.close()
    finally:
        node.kill()
