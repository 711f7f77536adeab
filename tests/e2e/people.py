"""The people of the play: each has a real page in a real Chromium, and does what a person does on it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, BrowserType, Locator, Page, expect, sync_playwright

from tests.e2e.county import County
from tests.media.fakes import write_wav, write_y4m
from tests.waiting import until

CHROMIUM = Path(__file__).parents[1] / "chromium.sh"
WHOLE, HEADLESS = "chromium", "chromium-headless-shell"
"""The second is the same engine without what a window needs: a page costs less than half, and no push reaches it."""
WAIT_MS = 60_000
expect.set_options(timeout=WAIT_MS)
# Every RTCPeerConnection of a page, so that its own figures can be asked for.
WATCH_CONNECTIONS = """
(() => {
  const Real = window.RTCPeerConnection
  window.connections = []
  window.RTCPeerConnection = class extends Real {
    constructor(...given) { super(...given); window.connections.push(this) }
  }
})()
"""
# How many pictures the newest connection of a page has asked for.
PICTURES_ASKED = """
connections.at(-1).getTransceivers()
  .filter((one) => one.direction === 'recvonly' && one.receiver.track.kind === 'video').length
"""
RECEIVED = """
async () => {
  const seen = { videos: 0, frames: 0, energy: 0 }
  for (const connection of window.connections ?? []) {
    if (connection.connectionState !== 'connected') continue
    for (const report of (await connection.getStats()).values()) {
      if (report.type !== 'inbound-rtp') continue
      if (report.kind === 'video' && report.framesDecoded > 0) { seen.videos += 1; seen.frames += report.framesDecoded }
      if (report.kind === 'audio') seen.energy += report.totalAudioEnergy ?? 0
    }
  }
  return seen
}
"""


def with_cores(page: Page, cores: int) -> None:
    """Let a page be on a device with so many cores."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setHardwareConcurrencyOverride", {"hardwareConcurrency": cores})


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A browser with a camera that shows a moving bar and a microphone that hears a tone."""
    with sync_playwright() as playwright:
        browser = launched(playwright.chromium, folder, HEADLESS)
        try:
            yield browser
        finally:
            browser.close()


def launched(
    kind: BrowserType, folder: Path, program: str, more: Sequence[str] = (), start: Path = CHROMIUM
) -> Browser:
    """One of Debian's programs of Chromium, with `more` arguments; its devices' files are in `folder`. `start` is the
    script that starts it."""
    camera, microphone = folder / "camera.y4m", folder / "microphone.wav"
    write_y4m(camera, level=90)
    write_wav(microphone, hertz=440)
    arguments = [
        *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
        *("--autoplay-policy=no-user-gesture-required", "--disable-backgrounding-occluded-windows"),
        *("--disable-renderer-backgrounding", "--disable-background-timer-throttling"),
        f"--use-file-for-fake-video-capture={camera}",
        f"--use-file-for-fake-audio-capture={microphone}",
        *(("--headless=new",) if program == WHOLE else ()),
        *more,
    ]
    environment: dict[str, str | float | bool] = {**os.environ, "CHROMIUM": program}
    return kind.launch(executable_path=start, args=arguments, env=environment)


class Person:
    """Somebody before a page of their own, with a browser profile of their own."""

    size = (1600, 900)
    path = "/desk"

    def __init__(self, browser: Browser, county: County, account: str, lang: str = "zh") -> None:
        self.county = county
        self.address = county.url
        self.account = account
        self.context: BrowserContext = browser.new_context(
            viewport={"width": self.size[0], "height": self.size[1]}, locale="zh-CN", accept_downloads=True
        )
        self.context.set_default_timeout(WAIT_MS)
        self.context.grant_permissions(["camera", "microphone"])
        self.context.add_init_script(WATCH_CONNECTIONS)
        if lang != "zh":
            self.context.add_init_script(_spoken(lang))
        self.errors: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self) -> None:
        """Go to the page and log in."""
        self.page.goto(self.address + self.path)
        account = self.county.accounts[self.account]
        self.see("login-username").fill(account["username"])
        self.see("login-password").fill(account["password"])
        self.see("login-submit").click()

    def see(self, testid: str) -> Locator:
        """The one element of this name."""
        return self.page.get_by_test_id(testid)

    def press(self, testid: str) -> None:
        """Press a button."""
        self.see(testid).first.click()

    def speak(self, lang: str) -> None:
        """Go on in another language."""
        self.page.evaluate(_spoken(lang))
        self.page.reload()

    def received(self) -> dict[str, Any]:
        """What this page's connections have decoded: pictures' streams and frames, the sound's energy."""
        seen: dict[str, Any] = self.page.evaluate(RECEIVED)
        return seen

    def expect_media(self, videos: int, within_ms: int = WAIT_MS) -> None:
        """At least so many pictures are decoded and go on, and something is heard."""
        waited = 0
        now = self.received()
        while waited < within_ms:
            self.page.wait_for_timeout(500)
            waited += 500
            # From one look to the next: a new connection counts from zero.
            before, now = now, self.received()
            if now["videos"] >= videos and now["frames"] > before["frames"] and now["energy"] > before["energy"]:
                return
        raise AssertionError(f"{self.account}: {self.received()} within {within_ms} ms, wanted {videos} pictures")


def _spoken(lang: str) -> str:
    return f"localStorage.setItem('fengsui.lang', '{lang}')"


class Desk(Person):
    """Somebody at a desk."""

    def home(self, tab: str) -> None:
        """F1 处置, F3 预警, F4 资源."""
        self.page.keyboard.press(tab)

    def show_alert(self, alert: str) -> None:
        """Open the page of an alert."""
        self.home("F1")
        self.home("F3")
        self.page.locator(f"[data-testid=alert-row][data-id='{alert}']").click()
        expect(self.page.locator(f"[data-testid=alerts][data-opened='{alert}']")).to_be_visible()

    def log_incident(self, what: str) -> str:
        """Log a phone report by its three fields; returns its number."""
        self.page.keyboard.press("F2")
        self.see("intake-what").fill(what)
        expect(self.see("place-code")).to_be_visible()
        self.page.keyboard.press("Control+Enter")
        row = self.see("incidents").get_by_text(what[:8]).first
        expect(row).to_be_visible()
        row.click()
        return self.see("incident-number").inner_text()

    def draw_circle(self, centre: tuple[float, float], edge: tuple[float, float]) -> None:
        """Draw on the map; positions are parts of its width and height."""
        self.press("map-circle")
        box = self.see("map").bounding_box()
        assert box is not None
        points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (centre, edge)]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        self.page.mouse.move(*points[1], steps=6)
        self.page.mouse.up()

    def site(self, name: str) -> Locator:
        """A site's row in the meeting panel."""
        return self.see("site-row").filter(has_text=name)


class Wall(Person):
    """The video wall."""

    size = (1920, 1080)

    def open(self) -> None:
        """Open with the device's token."""
        self.page.goto(f"{self.county.url}/wall#token={self.county.accounts['wall']['token']}")
        self.live()

    def live(self) -> None:
        """Wait until it shows what is."""
        expect(self.page.locator(".wall")).to_have_attribute("data-link", "live")

    def speak(self, lang: str) -> None:
        """Go on in another language."""
        super().speak(lang)
        self.live()

    def shown(self) -> dict[str, Any]:
        """What a person reads on it now, the clock and counters of seconds left out."""
        found: dict[str, Any] = self.page.evaluate(
            """() => ({
              title: document.querySelector('h1')?.textContent,
              rows: [...document.querySelectorAll('.lower li, .lower .row')].map((row) => row.textContent),
              sites: [...document.querySelectorAll('.sites li')].map((row) => row.dataset.a + row.textContent),
            })"""
        )
        return found


class Township(Person):
    """A township's meeting place, or its phone."""

    size = (390, 844)

    def open(self) -> None:
        """Open with the terminal's token, and check it."""
        self.enter()
        self.finish_check()

    def enter(self, address: str = "") -> None:
        """Open with the terminal's token, by the server's own address or by another that leads there."""
        token = self.county.accounts[f"terminal:{self.account}"]["token"]
        self.page.goto(f"{address or self.county.url}/terminal#token={token}")
        expect(self.page.locator("main.t")).to_be_visible()

    def households(self, status: str = "to_move") -> Locator:
        """Those on the evacuation's page that stand so."""
        return self.page.locator(f"[data-testid=household][data-status={status}]")

    def report(self, *keys: str) -> None:
        """Report the first household that waits, by one thumb; pressed again where the page took the last press for a
        finger that bounced."""
        waiting = self.households()
        left = waiting.count()
        *before, last = keys
        for key in before:
            waiting.first.get_by_test_id(key).click()

        def reported() -> bool:
            if waiting.count() == left:
                waiting.first.get_by_test_id(last).click()
            return waiting.count() < left

        until(reported)

    def finish_check(self) -> None:
        """Check camera, microphone and loudspeaker, as at the start of a shift."""
        if self.page.locator("main.t").get_attribute("data-screen") != "check":
            self.press("check")
        self.press("check-tone")
        self.press("check-heard")
        self.press("check-finish")
        expect(self.see("home")).to_be_visible()


class Phone(Person):
    """A resource keeper's phone."""

    size = (360, 780)
    path = "/terminal"
