"""A page of Chromium that speaks WHIP, from another origin: where its way is gone it finds another by PATCH."""

from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from tests.media import browser
from tests.media.relay import Relay
from tests.web.stage import Reception, Stage, soon
from tests.web.test_failover_in_browsers import pages_served
from tests.web.test_whip import Case, case
from tests.web.world import World

# `reach` names the port by which the page shall reach the node in the place of its own, and leaves TCP out.
CLIENT = """async ({ endpoint, token, own, reach }) => {
  const lead = (text) => text.replaceAll(` ${own} typ`, ` ${reach} typ`).replace(/a=candidate:.* tcp .*\\r\\n/g, '')
  const send = async (method, url, type, body, more = {}) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': type, ...more }
    const answer = await fetch(url, { method, headers, body })
    if (!answer.ok) throw new Error(`${method} gave ${answer.status} ${await answer.text()}`)
    return [answer.headers, await answer.text()]
  }
  const gathered = (pc) => new Promise((go) => {
    const look = () => { if (pc.iceGatheringState === 'complete') go(pc.localDescription.sdp) }
    pc.addEventListener('icegatheringstatechange', look)
    look()
  })
  const lines = (text, ...names) => text.split('\\r\\n').filter((line) => names.some((name) => line.startsWith(name)))
  const credentials = (text) => ['a=ice-ufrag:', 'a=ice-pwd:'].map((name) => lines(text, name)[0])

  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240 } })
  const pc = new RTCPeerConnection()
  for (const track of media.getTracks()) pc.addTransceiver(track, { direction: 'sendonly', streams: [media] })
  await pc.setLocalDescription()
  const [headers, sdp] = await send('POST', endpoint, 'application/sdp', await gathered(pc))
  const url = new URL(headers.get('Location'), endpoint).href
  let tag = headers.get('ETag')
  await pc.setRemoteDescription({ type: 'answer', sdp: lead(sdp) })

  const restart = async () => {
    pc.restartIce()
    await pc.setLocalDescription()
    const offer = await gathered(pc)
    const section = [lines(offer, 'm=')[0], lines(offer, 'a=mid:')[0]]
    const news = [...lines(offer, 'a=group:'), ...section, ...credentials(offer), ...lines(offer, 'a=candidate:')]
    const type = 'application/trickle-ice-sdpfrag'
    const body = [...news, 'a=end-of-candidates', ''].join('\\r\\n')
    const [headers, fragment] = await send('PATCH', url, type, body, { 'If-Match': tag })
    tag = headers.get('ETag')
    const [ufrag, password] = credentials(fragment)
    const former = pc.remoteDescription.sdp
    const answer = former.replace(/a=ice-ufrag:.*/g, ufrag).replace(/a=ice-pwd:.*/g, password)
    await pc.setRemoteDescription({ type: 'answer', sdp: answer })
    return { tag, ufrag }
  }
  const way = async () => {
    const found = [...(await pc.getStats()).values()]
    const transport = found.find((entry) => entry.type === 'transport')
    const pair = found.find((entry) => entry.id === transport.selectedCandidatePairId)
    return { dtls: transport.dtlsState, port: found.find((entry) => entry.id === pair?.localCandidateId)?.port ?? 0 }
  }
  window.encoder = { pc, tag: () => tag, restart, way }
}"""


@pytest.mark.skipif(not browser.CHROMIUM.exists(), reason="no Chromium")
async def test_a_page_finds_another_way_by_patch(stage: Stage, world: World, tmp_path: Path) -> None:
    async with case(stage, world) as at, Relay(stage.node.udp_port) as relay, async_playwright() as playwright:
        reception = Reception()
        player, chromium = at.player(reception), await browser.launch(playwright, tmp_path)
        try:
            base = at.open_things.enter_context(pages_served(tmp_path / "pages"))
            page = await begun(await chromium.new_page(), base, at, relay)
            assert (await player.post()).status_code == 201
            await soon(lambda: reception.pictures > 10 and reception.loud > 10, why=lambda: vars(reception))
            await goes_another_way(page, relay, reception)
            await soon(at.site_is("south_box", "joined"), why=at.states)
        finally:
            await player.close()
            await chromium.close()


async def goes_another_way(page: Page, relay: Relay, reception: Reception) -> None:
    """The way is lost for good; the next one carries the same keys' sound and pictures."""
    before, tag = await page.evaluate("encoder.way()"), await page.evaluate("encoder.tag()")
    relay.forget()
    await browser.until(page, "encoder.pc.connectionState === 'disconnected'")
    pictures, loud = reception.pictures, reception.loud
    renewed = await page.evaluate("encoder.restart()")
    await soon(lambda: min(reception.pictures - pictures, reception.loud - loud) > 10, why=lambda: vars(reception))
    after = await page.evaluate("encoder.way()")
    assert renewed["tag"] != tag
    assert renewed["tag"].strip('"') in renewed["ufrag"]
    assert after["port"] not in {0, before["port"]}
    assert before["dtls"] == after["dtls"] == "connected"


async def begun(page: Page, base: str, at: Case, relay: Relay) -> Page:
    """The page, sending by the relay."""
    await page.goto(base)
    given = {
        "endpoint": f"http://{at.stage.live}/whip/{at.meeting}",
        "token": at.token,
        "own": at.stage.node.udp_port,
        "reach": relay.port,
    }
    await page.evaluate(CLIENT, given)
    return page
