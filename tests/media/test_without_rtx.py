"""A client without RTX for a codec gets the very datagram again, encrypted once, whatever the other codec has."""

import asyncio

import pytest

from media.bridge import Bridge
from media.outlet import Path
from media.rtp.packet import header, parse
from media.rtp.rtcp import Nack
from media.srtp import Outbound
from media.transport import Peer
from tests.media.test_codecs import KEY
from tests.media.test_h264 import IDR, PPS, SPS
from tests.media.test_sdp import CHROMIUM
from tests.media.twins import KEYS, Far

RTX_OF = {"vp8": "a=fmtp:97 apt=96", "h264": "a=fmtp:103 apt=102"}
SENT = {"vp8": (96, [KEY[4:]] * 3), "h264": (102, [SPS, PPS, IDR])}


def connected(bridge: Bridge, name: str, text: str, far: Far) -> Peer:
    """Somebody joins with this offer; what it is sent comes out at `far`."""
    bridge.admit("m", name, False, False)
    bridge.negotiation.offer("m", name, text, None)
    peer = bridge.connections.pending["m", name].peer
    peer.outbound = Outbound(KEYS, bridge.port.scratch)
    peer.path = Path(bridge.port.outlets[0], far.socket.getsockname())
    bridge.port.connected(peer)
    return peer


@pytest.mark.parametrize("without", RTX_OF)
@pytest.mark.parametrize("sends", SENT)
async def test_what_is_asked_for_comes_again_once_encrypted(without: str, sends: str) -> None:
    bridge = Bridge("127.0.0.1", 0, ("127.0.0.1",), lambda *_told, **_more: None, "python")
    running = asyncio.create_task(bridge.run())
    bridge.open_room("m")
    viewer, other = Far(), Far()
    try:
        camera = CHROMIUM if sends == "vp8" else CHROMIUM.replace("VP8", "VP9")
        one = connected(bridge, "one", camera, other)
        two = connected(bridge, "two", CHROMIUM.replace(RTX_OF[without] + "\n", ""), viewer)
        bridge.view("m", "two", ("one",), (None,))
        ssrc = bridge.connections.by_peer[one].terms.publications[1].ssrc
        payload_type, payloads = SENT[sends]
        for number, payload in enumerate(payloads):
            packet = header(payload_type, number == len(payloads) - 1, 10 + number, 9000, ssrc or 0) + payload
            bridge.port.handlers.on_rtp(one, 0.0, packet)
        bridge.step.flush()
        slot = bridge.connections.by_peer[two].terms.slots[1]
        first = [packet for packet in raw(viewer) if int.from_bytes(packet[8:12], "big") == slot.ssrc]
        assert len(first) == len(payloads)
        wanted = tuple(int.from_bytes(packet[2:4], "big") for packet in first[1:])
        bridge.port.handlers.on_rtcp(two, bridge.now(), Nack(1, slot.ssrc, wanted).encode())
        again: list[bytes] = []
        async with asyncio.timeout(10):
            while len(again) < 2:
                await asyncio.sleep(0)
                again += raw(viewer)
        if without == sends or slot.rtx_ssrc is None:
            assert again == first[1:], "the very datagrams: nothing is encrypted a second time"
        else:
            assert {int.from_bytes(packet[8:12], "big") for packet in again} == {slot.rtx_ssrc}
        assert bridge.port.counters.refused_by_srtp == 0
    finally:
        running.cancel()
        for far in (viewer, other):
            far.socket.close()
        await bridge.close()


def raw(far: Far) -> list[bytes]:
    """Whatever lies in the socket, as it came."""
    found: list[bytes] = []
    while True:
        try:
            found.append(far.socket.recv(2000))
        except BlockingIOError:
            return [packet for packet in found if parse(packet) is not None and not 64 <= packet[1] & 0x7F <= 95]
