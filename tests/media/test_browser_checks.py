"""A page whose checks are not answered while media come waits; where nothing comes it looks for another way."""

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
