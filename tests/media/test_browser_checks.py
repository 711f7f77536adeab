"""Where checks are not answered a page waits while media come, a shared screen a moment; then either seeks a way."""

import asyncio
from pathlib import Path

import pytest

from tests.media import browser
from tests.media.relay import Address, Relay
from tests.media.weak import weak_site

pytestmark = pytest.mark.skipif(
    not (browser.CHROMIUM.exists() and (browser.UI / "node_modules" / ".bin" / "tsc").exists()),
    reason="needs Debian's chromium and the front end's packages",
)

FIRST_MEDIA = 20
"""STUN begins with less (RFC 7983)."""
UNANSWERED = "conference.connection.call.pc.connectionState === 'disconnected'"
UFRAG = "conference.connection.call.pc.remoteDescription.sdp.match(/ice-ufrag:(.*)/)[1]"
PLAYED = """async () => (await conference.stats()).slots.filter((one) => one.kind === 'audio')
  .reduce((sum, one) => sum + one.audioEnergy, 0)"""

SHARE = """() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 960, height: 540 })
  const context = canvas.getContext('2d')
  let turn = 0
  setInterval(() => {
    context.fillStyle = `hsl(${turn++ % 360} 50% 50%)`
    context.fillRect(0, 0, 960, 540)
  }, 200)
  conference.shareContent(canvas.captureStream(5).getVideoTracks()[0])
}"""
SHARED = "conference.content.call?.pc.connectionState"
SHARED_UFRAG = "conference.content.call.pc.remoteDescription.sdp.match(/ice-ufrag:(.*)/)[1]"
CALLS = "conference.content.id"
SEEN = """async () => (await conference.stats()).slots.filter((one) => one.kind === 'video')
  .reduce((sum, one) => sum + one.framesDecoded, 0)"""


class Deaf(Relay):
    """While `deaf` no check is answered."""

    deaf = False

    def _to_client(self, data: bytes, client: Address) -> None:
        if not self.deaf or data[0] >= FIRST_MEDIA:
            super()._to_client(data, client)


@pytest.mark.soak
async def test_media_that_come_are_proof_enough(tmp_path: Path) -> None:
    async with weak_site(tmp_path, relay=Deaf) as weak:
        far, relay = weak.pages["far"], weak.relay
        assert isinstance(relay, Deaf)
        calls = await far.evaluate("seen.calls")
        relay.deaf = True
        await browser.until(far, UNANSWERED, within_s=30)
        heard = float(await far.evaluate(PLAYED))
        await asyncio.sleep(2)  # as long as the page might take it for broken
        assert await far.evaluate(UNANSWERED), "the browser itself says so still"
        assert float(await far.evaluate(PLAYED)) > heard
        assert await far.evaluate("seen.calls") == calls, "made anew"
        assert await far.evaluate("conference.state") == "connected"

        ufrag = await far.evaluate(UFRAG)
        relay.cut = True
        await browser.until(far, "conference.state === 'interrupted'", within_s=10)
        relay.cut = relay.deaf = False
        await browser.until(far, "conference.state === 'connected'", within_s=10)
        assert await far.evaluate(UFRAG) != ufrag, "ICE was restarted"
        assert await far.evaluate("seen.calls") == calls, "made anew"


@pytest.mark.soak
async def test_a_shared_screen_finds_its_way_again(tmp_path: Path) -> None:
    async with weak_site(tmp_path, relay=Deaf) as weak:
        (far, hall), relay = (weak.pages[name] for name in ("far", "hall")), weak.relay
        assert isinstance(relay, Deaf)
        await far.evaluate(SHARE)
        await hall.evaluate("conference.view(['content'])")
        await browser.until(far, f"{SHARED} === 'connected'", within_s=20)
        await browser.until(hall, "[...document.querySelectorAll('video')].some((one) => one.videoWidth === 960)")
        await far.evaluate("window.first = conference.content.call")
        offers = await far.evaluate(CALLS)
        relay.deaf = True
        await browser.until(far, f"{SHARED} === 'disconnected'", within_s=30)
        relay.deaf = False
        await browser.until(far, f"{SHARED} === 'connected'", within_s=5)
        assert await far.evaluate(CALLS) == offers, "offered again after a moment"

        ufrag = await far.evaluate(SHARED_UFRAG)
        relay.deaf = True
        await browser.until(far, f"{CALLS} > {offers}", within_s=30)
        relay.deaf = False
        await browser.until(far, f"{SHARED} === 'connected'", within_s=10)
        assert await far.evaluate(SHARED_UFRAG) != ufrag, "ICE was restarted"
        assert await far.evaluate("conference.content.call === first"), "made anew"
        seen = int(await hall.evaluate(SEEN))
        await browser.until(hall, f"({SEEN})().then((now) => now > {seen})", within_s=10)
