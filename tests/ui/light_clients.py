"""Light clients of a real meeting: they sign in, send a real picture, see one, and cost a test almost nothing.

One thread with an event loop of its own plays all; the picture is encoded once for all of them.
"""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from fractions import Fraction

import httpx
import numpy as np
from aiortc.codecs.vpx import Vp8Encoder
from av import VideoFrame
from websockets.asyncio.client import ClientConnection, connect

from media.bench.client import Client, Line, outgoing, types_of
from media.bench.load import VIDEO, VIDEO_TYPE
from media.rtp import rtcp
from media.rtp.packet import header
from tests.media.fakes import luma

SIZE = (320, 180)
FRAMES_PER_S = 8
CLOCK = 90_000
HEARD_SLOTS, SEEN_SLOTS = 3, 1
PING_EVERY_S = 5.0
JOINED_WITHIN_S = 60.0


class LightClient:
    """One site: a signalling socket, one connection with one picture going out."""

    def __init__(self, number: int) -> None:
        (self._out,) = outgoing(100 + number, (VIDEO,))
        self._client = Client("127.0.0.1", [self._out])
        self._client.on_report = self._on_report
        self._sequence = 0
        self.wants_key = True

    async def join(self, socket: ClientConnection) -> None:
        """Offer, be answered, connect, look at whoever speaks."""
        kinds = ["audio"] * HEARD_SLOTS + ["video"] * SEEN_SLOTS
        lines = self._client.publishing()
        lines += [Line(str(mid), kind, "recvonly", types_of(kind)) for mid, kind in enumerate(kinds, len(lines))]
        slots = {"audio": HEARD_SLOTS, "video": SEEN_SLOTS}
        await socket.send(json.dumps({"type": "offer", "id": 1, "sdp": self._client.describe(lines), "slots": slots}))
        await socket.send(json.dumps({"type": "view", "slots": ["speaker"], "heights": [180]}))
        async for text in socket:
            message = json.loads(text)
            assert message["type"] != "error", message
            if message["type"] == "answer":
                await self._client.connect(message["sdp"])
                return

    def offer(self) -> str:
        """A description that sends the picture and receives nothing."""
        return self._client.describe(self._client.publishing())

    async def connect(self, answer: str) -> None:
        await self._client.connect(answer)

    def send(self, payloads: Sequence[bytes], timestamp: int) -> None:
        """One picture, already in payloads."""
        peer = self._client.peer
        assert peer is not None
        for place, payload in enumerate(payloads, 1):
            self._sequence = (self._sequence + 1) & 0xFFFF
            last = place == len(payloads)
            peer.send(header(VIDEO_TYPE, last, self._sequence, timestamp & 0xFFFFFFFF, self._out.ssrc), payload)

    async def close(self) -> None:
        await self._client.close()

    def _on_report(self, data: bytes) -> None:
        self.wants_key |= any(isinstance(one, rtcp.Pli | rtcp.Fir) for one in rtcp.parse(data) or ())


class Picture:
    """What all of them send: encoded once, a key frame when one of them is asked for it."""

    def __init__(self) -> None:
        self._encoder = Vp8Encoder()
        self._encoder.target_bitrate = 250_000
        self._count = 0

    def next(self, key: bool) -> tuple[list[bytes], int]:
        """The payloads of the next frame, and its RTP timestamp."""
        planes = np.full((SIZE[1] * 3 // 2, SIZE[0]), 128, np.uint8)
        planes[: SIZE[1]] = luma(self._count, 120, SIZE)
        frame = VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = self._count * CLOCK // FRAMES_PER_S, Fraction(1, CLOCK)
        self._count += 1
        return self._encoder.encode(frame, force_keyframe=key)


@contextmanager
def light_clients(address: str, meeting: str, tokens: Sequence[str]) -> Iterator[None]:
    """A light client for each token stays in the meeting at the server `address` (host:port) until the block ends."""
    joined, leaving = threading.Event(), threading.Event()
    faults: list[BaseException] = []

    def play() -> None:
        try:
            asyncio.run(_play(address, meeting, tokens, joined, leaving))
        except BaseException as error:  # noqa: BLE001  # the test's own thread raises it
            faults.append(error)
            joined.set()

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    try:
        assert joined.wait(JOINED_WITHIN_S), "the light clients are not all in"
        yield
    finally:
        leaving.set()
        thread.join()
        assert not faults, faults


async def _play(
    address: str, meeting: str, tokens: Sequence[str], joined: threading.Event, leaving: threading.Event
) -> None:
    url = f"ws://{address}/api/v1/meetings/{meeting}/signal"
    clients, sockets = [], []
    async with AsyncExitStack() as open_things, asyncio.TaskGroup() as tasks:
        for number, token in enumerate(tokens):
            head = {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(base_url=f"http://{address}/api/v1", headers=head, trust_env=False) as http:
                (await http.post(f"/meetings/{meeting}/answer", json={"accept": True})).raise_for_status()
            socket = await open_things.enter_async_context(connect(url, additional_headers=head, proxy=None))
            client = LightClient(number)
            open_things.push_async_callback(client.close)
            await client.join(socket)
            clients.append(client)
            sockets.append(socket)
        chatter = [tasks.create_task(_keep(socket)) for socket in sockets]
        joined.set()
        await _send(clients, leaving)
        for task in chatter:
            task.cancel()


async def _send(clients: Sequence[LightClient], leaving: threading.Event) -> None:
    picture = Picture()
    while not leaving.is_set():
        key = any(client.wants_key for client in clients)
        payloads, timestamp = picture.next(key)
        for client in clients:
            client.wants_key = False
            client.send(payloads, timestamp)
        await asyncio.sleep(1 / FRAMES_PER_S)


async def _keep(socket: ClientConnection) -> None:
    """Read what the server says, and say now and then that somebody is there."""

    async def ping() -> None:
        while True:
            await socket.send(json.dumps({"type": "ping", "at": 0}))
            await asyncio.sleep(PING_EVERY_S)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ping())
        async for _text in socket:
            pass
