"""Differentiated services: speech leaves as EF, pictures and the rest as AF41, whichever step writes them."""

import asyncio
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from media.bench.client import Client, Line, outgoing, types_of
from media.bench.load import AUDIO, AUDIO_TYPE, VIDEO, VIDEO_TYPE
from media.bridge import Bridge
from media.compiled import build
from media.outlet import Marks, Outlet, PortCounters
from media.rtp.packet import header, is_rtcp
from media.steps import Choice
from media.tcp import TcpPort
from media.udp import Handlers, UdpPort
from tests.media.signal_server import until

EF, AF41, CS1 = 46, 34, 8
RECEIVE = {
    "127.0.0.1": (socket.IPPROTO_IP, socket.IP_RECVTOS, socket.IP_TOS),
    "::1": (socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, socket.IPV6_TCLASS),
}


@contextmanager
def receiver(address: str) -> Iterator[socket.socket]:
    """A socket that tells the mark of what it receives."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as found:
        found.bind((address, 0))
        found.settimeout(5)
        tell_marks(found, address)
        yield found


def tell_marks(found: socket.socket, address: str) -> None:
    level, option, _kind = RECEIVE[address]
    found.setsockopt(level, option, 1)


def mark_of(control: list[tuple[int, int, bytes]], address: str) -> int:
    """The code point of a datagram."""
    level, _option, kind = RECEIVE[address]
    [data] = [data for one, other, data in control if (one, other) == (level, kind)]
    return (data[0] if len(data) == 1 else int(struct.unpack("@i", data)[0])) >> 2


@pytest.mark.parametrize("address", list(RECEIVE))
@pytest.mark.parametrize("marks", [Marks(), Marks(CS1, 0)])
def test_a_socket_marks_what_it_sends(address: str, marks: Marks) -> None:
    outlet = Outlet(address, 0, PortCounters(), marks)
    with outlet.socket, receiver(address) as at:
        for send in (outlet.send, outlet.speak, outlet.send):
            assert send(b"x", at.getsockname()[:2])
        found = [mark_of(at.recvmsg(10, 64)[1], address) for _ in range(3)]
    assert found == [marks.rest, marks.speech, marks.rest]


@pytest.mark.parametrize("address", list(RECEIVE))
@pytest.mark.parametrize("marks", [Marks(), Marks(EF, CS1)])
async def test_media_over_tcp_has_the_mark_of_pictures(address: str, marks: Marks) -> None:
    """Also what answers the first packet of all, before there is a connection."""
    level, _receive, option = RECEIVE[address]
    handlers = Handlers(lambda *_: None, lambda *_: None, lambda _: None, lambda *_: None)
    port = UdpPort(address, 0, handlers, (), marks)
    beside = TcpPort(port)
    await beside.listen()
    _reader, writer = await asyncio.open_connection(address, port.port)
    await until(lambda: beside._streams, 5)
    [stream] = beside._streams
    assert stream._transport is not None
    accepted = stream._transport.get_extra_info("socket")
    [listening] = beside._servers[0].sockets
    assert [one.getsockopt(level, option) >> 2 for one in (listening, accepted)] == [marks.rest, marks.rest]
    writer.close()
    await beside.close()
    await port.close()


STEPS: list[Choice] = ["python", "compiled"] if build.build() is not None else ["python"]


@pytest.mark.parametrize("address", list(RECEIVE))
@pytest.mark.parametrize("step", STEPS)
async def test_a_conference_is_marked(address: str, step: Choice) -> None:
    bridge = Bridge(address, 0, (address,), lambda *_told, **_more: None, step)
    running = asyncio.create_task(bridge.run())
    speaker = Client(address, outgoing(1, (AUDIO, VIDEO)))
    hearer = Client(address)
    try:
        bridge.open_room("r")
        lines = [Line(str(mid), kind, "recvonly", types_of(kind)) for mid, kind in enumerate(("audio", "video"))]
        for name, client, offered in (("speaker", speaker, speaker.publishing()), ("hearer", hearer, lines)):
            bridge.admit("r", name, False, False)
            await client.connect(bridge.negotiation.offer("r", name, client.describe(offered), None))
        bridge.view("r", "hearer", ("speaker",), ())
        hearer.hand_over()
        with socket.socket(fileno=hearer.socket) as at:
            tell_marks(at, address)
            found = await marks_of(at, speaker, address)
            at.detach()
        assert found == {AUDIO_TYPE: {EF}, VIDEO_TYPE: {AF41}, "rest": {AF41}}
        hearer.take_back()
    finally:
        running.cancel()
        await asyncio.gather(speaker.close(), hearer.close())
        await bridge.close()


async def marks_of(at: socket.socket, speaker: Client, address: str) -> dict[int | str, set[int]]:
    """Speak and show until all kinds have come; the marks by payload type."""
    found: dict[int | str, set[int]] = {}
    end = time.monotonic() + 20
    number = 0
    while len(found) < 3:
        assert time.monotonic() < end, found
        number += 1
        for out in speaker.outgoing:
            picture = bytes([0x90, 0xF0, 0x80, number & 0xFF, number & 0xFF, 0x20, 0x10]) + bytes(100)
            body = bytes(60) if out.stream.kind == "audio" else picture
            assert speaker.peer is not None
            speaker.peer.send(header(out.stream.payload_type, True, number, 960 * number, out.ssrc), body)
        await asyncio.sleep(0.02)
        for data, control in taken(at):
            media = 128 <= data[0] <= 191 and not is_rtcp(data)
            found.setdefault(data[1] & 0x7F if media else "rest", set()).add(mark_of(control, address))
    return found


def taken(at: socket.socket) -> Iterator[tuple[bytes, list[tuple[int, int, bytes]]]]:
    """What has come, with what the kernel tells of it."""
    while True:
        try:
            data, control, _flags, _address = at.recvmsg(2000, 256, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        yield data, control
