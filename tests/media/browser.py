"""Pages of real Chromium in one meeting, running web/ui/src/shared/conference as it is."""

import asyncio
import os
import shutil
import subprocess
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Browser, Page, Playwright

from tests.media.fakes import write_wav, write_y4m
from tests.media.node_process import ROOT

UI = ROOT / "web" / "ui"
WHOLE, HEADLESS = "chromium", "chromium-headless-shell"
CHROMIUM = Path("/usr/bin") / HEADLESS
POLITE = Path(__file__).parents[1] / "chromium.sh"
CAMERA_LEVEL = 60

PAGE = """<!doctype html><meta charset="utf-8"><body><script type="module">
import { Conference } from '/conference/conference.js'
const query = new URLSearchParams(location.search)
if (query.get('relay')) {
  const Direct = RTCPeerConnection
  window.RTCPeerConnection = function (options) { return new Direct({ ...options, iceTransportPolicy: 'relay' }) }
}
const [audio, video] = query.get('slots').split(',').map(Number)
const kind = query.get('media')
const [width, height] = query.get('capture').split('x').map(Number)
const capture = () => navigator.mediaDevices.getUserMedia({
  audio: { echoCancellation: false, autoGainControl: false, noiseSuppression: false },
  video: { width, height, frameRate: 15 },
})
// Pages of one browser share its fake camera: a painted picture of another brightness tells them apart.
const painted = (level) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 })
  const context = canvas.getContext('2d')
  let at = 0
  setInterval(() => {
    context.fillStyle = `rgb(${level},${level},${level})`
    context.fillRect(0, 0, 320, 240)
    context.fillStyle = 'white'
    context.fillRect(at = (at + 8) % 280, 60, 40, 100)
  }, 66)
  return canvas.captureStream(15).getVideoTracks()[0]
}
// A picture that no encoder makes small: it takes all the bitrate that it is given.
const noisy = () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
  const context = canvas.getContext('2d')
  setInterval(() => {
    for (let i = 0; i < 50; i++) {
      context.fillStyle = `rgb(${[0, 0, 0].map(() => Math.floor(Math.random() * 256))})`
      context.fillRect(Math.random() * 640, Math.random() * 360, 24, 24)
    }
  }, 66)
  return canvas.captureStream(15).getVideoTracks()[0]
}
// As from a camera that moves: a landscape that pans, somebody in front of it. It costs what such pictures cost.
const scene = () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
  const land = Object.assign(document.createElement('canvas'), { width: 1280, height: 360 })
  const [context, ground] = [canvas.getContext('2d'), land.getContext('2d')]
  for (let i = 0; i < 900; i++) {
    ground.fillStyle = `hsl(${(i * 47) % 360} 40% ${20 + (i * 13) % 60}%)`
    ground.fillRect((i * 211) % 1280, (i * 97) % 360, 20 + (i * 7) % 60, 8 + (i * 5) % 30)
  }
  let turn = 0
  setInterval(() => {
    turn += 1
    context.drawImage(land, -320 - 300 * Math.sin(turn / 150), 0)
    context.fillStyle = 'wheat'
    context.fillRect(260 + 20 * Math.sin(turn / 9), 120 + 8 * Math.cos(turn / 5), 120, 200)
  }, 40)
  return canvas.captureStream(25).getVideoTracks()[0]
}
// White for a moment and a beep at the same time, once a second, `phase` milliseconds after it begins.
const flashing = (phase) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 120 })
  const context = canvas.getContext('2d')
  const sound = new AudioContext()
  const [tone, gate, out] = [sound.createOscillator(), sound.createGain(), sound.createMediaStreamDestination()]
  gate.gain.value = 0
  tone.connect(gate).connect(out)
  tone.start()
  let lit = false
  setInterval(() => {
    const lights = (Date.now() - phase + 1000) % 1000 < 200
    if (lights !== lit) gate.gain.value = lights ? 0.5 : 0
    lit = lights
    context.fillStyle = lit ? 'white' : 'black'
    context.fillRect(0, 0, 160, 120)
  }, 20)
  return new MediaStream([...canvas.captureStream(30).getVideoTracks(), ...out.stream.getAudioTracks()])
}
const isFlashing = kind.startsWith('flash')
const media = kind === 'none' ? null : isFlashing ? flashing(Number(kind.slice(5))) : await capture()
if (media !== null && kind !== 'camera' && !isFlashing) {
  media.removeTrack(media.getVideoTracks()[0])
  media.addTrack(kind === 'noisy' ? noisy() : kind === 'scene' ? scene() : painted(Number(kind)))
}
const token = query.get('token') ?? 'page'
const conference = new Conference({ url: query.get('url'), token, media, slots: { audio, video } })
const elements = new Map()
window.seen = { states: [], speakers: [], participants: [], errors: [], calls: 0 }
conference.on('state', (state) => seen.states.push(state))
conference.on('speaker', (speaker) => seen.speakers.push(speaker))
conference.on('participants', (list) => { seen.participants = list })
conference.on('refused', (refusal) => { if (refusal !== null) seen.errors.push(refusal.code) })
conference.on('track', ({ kind, slot, track }) => {
  const key = kind + slot
  elements.get(key)?.remove()
  const element = document.createElement(kind)
  element.autoplay = true
  element.muted = kind === 'video'
  element.srcObject = new MediaStream([track])
  document.body.append(element)
  elements.set(key, element)
  if (key === 'video0') seen.calls += 1
})
window.conference = conference
window.luma = (slot) => {
  const element = elements.get('video' + slot)
  if (!element || element.videoWidth === 0) return -1
  const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 24 })
  const context = canvas.getContext('2d')
  context.drawImage(element, 0, 0, 32, 24)
  const data = context.getImageData(0, 20, 32, 4).data
  let sum = 0
  for (let i = 0; i < data.length; i += 4) sum += data[i]
  return sum / (data.length / 4)
}
conference.join()
window.ready = true
</script>"""


def build_pages(folder: Path) -> Path:
    """The page and the compiled client in `folder`."""
    shutil.copytree(_compiled().name, folder, dirs_exist_ok=True)
    (folder / "page.html").write_text(PAGE, encoding="utf-8")
    return folder


@cache
def _compiled() -> "TemporaryDirectory[str]":
    """The client, compiled once in a test process; whether its types are right the lint says."""
    folder = TemporaryDirectory(prefix="client-")
    tsc = UI / "node_modules" / ".bin" / "tsc"
    options = ["--target", "ES2022", "--module", "ESNext", "--noCheck", "--lib", "ES2022,DOM,DOM.Iterable"]
    source = UI / "src" / "shared" / "conference" / "conference.ts"
    subprocess.run([str(tsc), *options, "--outDir", folder.name, str(source)], check=True, cwd=folder.name)
    return folder


async def launch(
    playwright: Playwright,
    folder: Path,
    capture: tuple[int, int] = (320, 240),
    more: tuple[str, ...] = (),
    *,
    udp: bool = True,
) -> Browser:
    """One browser with a dark fake camera and a tone for a microphone, and `more` arguments.

    Debian's headless shell, the same engine without what a window needs; the whole browser where it shall do without
    UDP, for only that can be told to.
    """
    video, audio = folder / "camera.y4m", folder / "microphone.wav"
    write_y4m(video, CAMERA_LEVEL, size=capture)
    write_wav(audio, 440)
    return await playwright.chromium.launch(
        executable_path=POLITE,
        env={**os.environ, "CHROMIUM": HEADLESS if udp else WHOLE},
        args=[
            *(() if udp else ("--headless=new", "--webrtc-ip-handling-policy=disable_non_proxied_udp")),
            "--no-sandbox",
            "--disable-gpu",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={video}",
            f"--use-file-for-fake-audio-capture={audio}",
            "--allow-loopback-in-peer-connection",
            "--autoplay-policy=no-user-gesture-required",
            *more,
        ],
    )


async def open_page(
    browser: Browser, base: str, url: str, slots: tuple[int, int], media: str, capture: tuple[int, int] = (320, 240)
) -> Page:
    """`media`: "camera", "noisy", "scene", "flash" and milliseconds, a painted picture's brightness, or "none".

    `capture` is the camera's size.
    """
    page = await browser.new_page()
    asked = f"slots={slots[0]},{slots[1]}&url={url}&media={media}&capture={capture[0]}x{capture[1]}"
    await page.goto(f"{base}/page.html?{asked}")
    await page.wait_for_function("window.ready === true")
    return page


async def until(page: Page, expression: str, within_s: float = 60) -> Any:
    """What `expression`, a promise or not, gives as soon as that is true.

    Playwright's own wait takes the promise itself for true.
    """
    end = time.monotonic() + within_s
    while not (found := await page.evaluate(expression)):
        assert time.monotonic() < end, f"not within {within_s:g} s: {expression}"
        await asyncio.sleep(0.05)
    return found


async def stats(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate("conference.stats()")
    return found
