"""FFmpeg's WHIP muxer: seen and heard, cut off, started again, its node killed, its node drained."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.media.node_process import ROOT
from tests.media.relay import Relay
from tests.media.tcp_relay import TcpRelay
from tests.web.http_peer import HttpPeer
from tests.web.stage import Reception, Stage, soon
from tests.web.test_media_nodes import carriers
from tests.web.test_whip import Case, case
from tests.web.test_whip_presence import drained
from tests.web.world import World

DARK, LIGHT = 60, 180
BLACKOUT_S = 10
CONSENT_S = 30
"""So long FFmpeg sends on after the last answer to its checks."""


@asynccontextmanager
async def ffmpeg(at: Case, level: int, port: int = 0) -> AsyncIterator[Process]:
    """An encoder whose picture is so bright; `port` is where it finds the web process, if not where that is."""
    endpoint = f"http://127.0.0.1:{port or at.stage.port}/whip/{at.meeting}"
    command = [sys.executable, "-m", "tests.web.ffmpeg_encoder", endpoint, at.token, str(at.stage.media), str(level)]
    encoder = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        yield encoder
    finally:
        if encoder.returncode is None:
            encoder.kill()
            await encoder.wait()


@asynccontextmanager
async def gstreamer(at: Case, level: int) -> AsyncIterator[Process]:
    """The same by GStreamer, in Debian's own interpreter."""
    command = [
        "/usr/bin/python3",
        "tests/web/gstreamer_encoder.py",
        f"http://127.0.0.1:{at.stage.port}/whip/{at.meeting}",
    ]
    encoder = await asyncio.create_subprocess_exec(*command, at.token, str(level), cwd=ROOT, env={})
    try:
        yield encoder
    finally:
        if encoder.returncode is None:
            encoder.kill()
            await encoder.wait()


@asynccontextmanager
async def player(at: Case, reception: Reception) -> AsyncIterator[HttpPeer]:
    peer = at.player(reception)
    assert (await peer.post()).status_code == 201
    yield peer
    await peer.close()


async def sees(reception: Reception, level: int) -> None:
    """Its newest picture is that bright, and more pictures and sound come."""
    await soon(lambda: abs(reception.level - level) < 15, why=lambda: vars(reception))
    pictures, loud = reception.pictures, reception.loud
    await soon(lambda: reception.pictures > pictures + 10 and reception.loud > loud + 10, why=lambda: vars(reception))


async def test_ffmpegs_whip_muxer_is_seen_and_heard(stage: Stage, world: World) -> None:
    async with case(stage, world) as at, ffmpeg(at, DARK) as encoder:
        reception = Reception()
        await soon(at.site_is("south_box", "joined"), why=at.states)
        async with player(at, reception):
            await sees(reception, DARK)
            encoder.terminate()
            assert await encoder.wait() == 0
            await soon(at.site_is("south_box", "left"), why=at.states)


async def test_gstreamers_webrtcbin_is_seen_and_heard(stage: Stage, world: World) -> None:
    async with case(stage, world) as at, gstreamer(at, DARK) as encoder:
        reception = Reception()
        await soon(at.site_is("south_box", "joined"), why=at.states)
        async with player(at, reception):
            await sees(reception, DARK)
            encoder.terminate()
            assert await encoder.wait() == 0
            await soon(at.site_is("south_box", "left"), why=at.states)


@asynccontextmanager
async def cut_off(at: Case) -> AsyncIterator[tuple[Relay, int]]:
    """The way of media that can be cut, and where a web process is found that names it."""
    real = at.stage.node.udp_port
    async with Relay(real) as media:

        def by_relay(data: bytes) -> bytes:
            edited = data.replace(f" {real} typ host".encode(), f" {media.port} typ host".encode())
            assert len(edited) == len(data)
            return edited

        async with TcpRelay(at.stage.port, by_relay) as web:
            yield media, web.port


async def test_ffmpeg_comes_back_after_ten_seconds_and_is_replaced_by_another_at_once(
    stage: Stage, world: World
) -> None:
    """It asks nobody whether its session still is one: it sends on, and that has to be enough."""
    reception = Reception()
    async with case(stage, world) as at, cut_off(at) as (media, port), ffmpeg(at, DARK, port) as first:
        await soon(at.site_is("south_box", "joined"), why=at.states)
        async with player(at, reception):
            await sees(reception, DARK)
            head = await asyncio.to_thread(at.duty.head)
            media.cut = True
            await asyncio.sleep(BLACKOUT_S)  # the blackout itself
            media.cut = False
            pictures = reception.pictures
            await soon(lambda: reception.pictures > pictures, within_s=5, why=lambda: (at.states(), first.returncode))
            await sees(reception, DARK)
            assert await asyncio.to_thread(at.duty.kinds, head) == ["lost south_box", "joined south_box"]
            head = await asyncio.to_thread(at.duty.head)
            async with ffmpeg(at, LIGHT):
                await sees(reception, LIGHT)
                first.terminate()  # it deletes its session, which is none any more
                await sees(reception, LIGHT)
                assert at.site_is("south_box", "joined")()
                assert await asyncio.to_thread(at.duty.kinds, head) == []


@pytest.mark.soak
async def test_ffmpeg_ends_with_its_node_and_is_back_as_soon_as_it_is_started(two_nodes: Stage, world: World) -> None:
    reception = Reception()
    async with case(two_nodes, world) as at, ffmpeg(at, DARK) as encoder:
        await soon(at.site_is("south_box", "joined"), why=at.states)
        async with player(at, Reception()):
            [first] = await asyncio.to_thread(carriers, two_nodes, at.duty)
            head = await asyncio.to_thread(at.duty.head)
            await asyncio.to_thread(two_nodes.nodes[first].kill)
            assert await asyncio.wait_for(encoder.wait(), 10) != 0
            async with ffmpeg(at, LIGHT):
                await soon(lambda: at.duty.kinds(head) == ["moved"], why=lambda: at.duty.kinds(head))
                async with player(at, reception):
                    await sees(reception, LIGHT)


@pytest.mark.soak
async def test_ffmpeg_ends_with_an_error_when_its_node_drains(two_nodes: Stage, world: World) -> None:
    """It cannot follow; what watches over it starts it again, and it is at the other node."""
    reception = Reception()
    async with case(two_nodes, world) as at, ffmpeg(at, DARK) as encoder:
        await soon(at.site_is("south_box", "joined"), why=at.states)
        async with player(at, Reception()):
            [first] = await asyncio.to_thread(carriers, two_nodes, at.duty)
            await asyncio.to_thread(drained, two_nodes, first)
            assert await asyncio.wait_for(encoder.wait(), 20) != 0
        async with ffmpeg(at, LIGHT), player(at, reception):
            await sees(reception, LIGHT)
            assert await asyncio.to_thread(carriers, two_nodes, at.duty) == [1 - first]


@pytest.mark.soak
async def test_ffmpeg_whose_site_is_removed_is_gone_at_once_and_ends_with_an_error(stage: Stage, world: World) -> None:
    """It sends on until its consent has run out, to nobody; what watches over it starts it again in vain."""
    reception = Reception()
    async with case(stage, world) as at, ffmpeg(at, DARK) as encoder:
        await soon(at.site_is("south_box", "joined"), why=at.states)
        async with player(at, reception):
            await sees(reception, DARK)
            await asyncio.to_thread(at.duty.control, at.meeting, "remove", site=at.site)
            counts = [(reception.pictures, reception.loud)]

            def silent() -> bool:
                counts.append((reception.pictures, reception.loud))
                return len(counts) > 20 and len(set(counts[-20:])) == 1

            await soon(silent, within_s=5, why=lambda: counts[-20:])
            last = counts[-1]
            assert await asyncio.wait_for(encoder.wait(), CONSENT_S + 5) != 0
            assert (reception.pictures, reception.loud) == last, "nobody saw it go on"
            async with ffmpeg(at, LIGHT) as again:
                assert await asyncio.wait_for(again.wait(), 10) != 0
            assert at.site_is("south_box", "removed")()
