"""The bench's generator alone: what it takes for its own packet, and that a bare server hands on all there is."""

import ctypes
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from media.bench import bare
from media.bench.engine import COUNTERS, Result, build, compiler
from media.bench.load import AUDIO_TYPE, RTX_TYPE, VIDEO, VIDEO_TYPE, Conference
from media.rtp import vp8
from media.rtp.packet import header, is_rtcp, parse

SRTP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int))
PLAIN = SRTP(lambda _context, _packet, _size: 0)
ROOM = 1_000
PROBER = 127
"""The payload type of mediasoup's probes, whose payload is zeros."""

pytestmark = pytest.mark.skipif(compiler() is None, reason="needs a C compiler")


def strange() -> list[bytes]:
    """A probe, padding on a stream of pictures, and a picture with a mark whose time of sending was a minute ago."""
    zeros = bytes(200)
    old = bytes(184) + (0x66656E6773756921).to_bytes(8, "little") + (60 * 10**9).to_bytes(8, "little")
    return [
        header(PROBER, False, 16, 0, 1234) + zeros,
        header(VIDEO_TYPE, False, 32, 0, 77) + zeros,
        header(VIDEO_TYPE, False, 48, 0, 77) + old,
    ]


@pytest.fixture
def far() -> Iterator[socket.socket]:
    with closing(socket.socket(type=socket.SOCK_DGRAM)) as made:
        made.bind(("127.0.0.1", 0))
        made.settimeout(5)
        yield made


def given_back(far: socket.socket, near: socket.socket, first: list[bytes], runner: threading.Thread) -> list[bytes]:
    """Send `first`, then all media that comes, until the run is over; what came."""
    for packet in first:
        far.sendto(packet, near.getsockname())
    came = []
    far.settimeout(0.05)
    while runner.is_alive():
        try:
            packet = far.recv(2048)
        except TimeoutError:
            continue
        if not is_rtcp(packet):
            came.append(packet)
            far.sendto(packet, near.getsockname())
    return came


def test_only_what_was_sent_in_this_run_is_timed(far: socket.socket) -> None:
    library = build()
    assert library is not None
    result, delays, late = Result(), (ctypes.c_double * ROOM)(), (ctypes.c_double * ROOM)()
    with closing(socket.socket(type=socket.SOCK_DGRAM)) as near:
        near.bind(("127.0.0.1", 0))
        engine = library.engine_new(*(ctypes.cast(PLAIN, ctypes.c_void_p),) * 4)
        types = AUDIO_TYPE, VIDEO_TYPE, RTX_TYPE
        address, port = far.getsockname()
        library.engine_transport(engine, near.fileno(), address.encode(), port, None, None, *types, 0, 0, 0)
        library.engine_stream(engine, 0, 5, VIDEO_TYPE, 1, 200.0, VIDEO.size, VIDEO.per_frame, 0)
        run = 0.5, 1.0, delays, late, ROOM, ctypes.byref(result)
        runner = threading.Thread(target=library.engine_run, args=(engine, *run))
        runner.start()
        came = given_back(far, near, strange(), runner)
        runner.join()
        library.engine_free(engine)
    counted = {name: getattr(result, name) for name in COUNTERS}
    assert counted["ignored"] == len(strange()), counted
    assert counted["samples"] >= 3, counted
    assert all(0 < delay < 30 for delay in delays[: counted["samples"]])
    check_form(came)


async def test_a_bare_server_hands_every_packet_on_to_all_others() -> None:
    library, core = build(), min(os.sched_getaffinity(0))
    assert library is not None
    async with bare.started("127.0.0.1", core, Conference(sites=4, speaking=2), library) as generator:
        run = await generator.run(0.5, 1.0)
    assert run.received == 3 * run.sent > 300
    assert (run.loss, run.counters["ignored"], run.counters["control"]) == (0, 0, 0)
    assert len(run.delays) > 10
    assert run.delays[0] > 0


def check_form(came: list[bytes]) -> None:
    """As a recorded session of Chromium 156 has it: picture id, TL0PICIDX and TID, no KEYIDX."""
    pictures = [vp8.parse(packet.payload) for packet in map(parse, came) if packet is not None]
    assert len(pictures) > 50
    assert all(one is not None and one.full and one.keyidx is None and one.raw[5] == 0 for one in pictures)
    assert sum(one is not None and one.keyframe for one in pictures) == 1
