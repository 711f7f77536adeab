"""A real node and one who floods it: the others are heard as if nothing were, and nearly all of it is never read."""

import asyncio
import os
import time
from collections.abc import Callable

import pytest

from media.bench import bridge
from media.bench.client import Client, Outgoing, both, outgoing
from media.bench.load import AUDIO
from media.rtp.packet import header
from tests.media.signal_server import until

LOOPBACK, FLOOD = "127.0.0.1", 24_000
SPEECH_S, TOGETHER = 0.02, 160
"""8,000 packets of pictures a second, 80 Mbit/s."""


def sender(client: Client, out: Outgoing, size: int) -> Callable[[], None]:
    """Sends the next packet of a stream."""
    numbers = iter(range(1, 1 << 16))

    def send() -> None:
        assert client.peer is not None
        number = next(numbers)
        client.peer.send(header(out.stream.payload_type, True, number, 960 * number, out.ssrc), bytes(size))

    return send


@pytest.mark.parametrize("variant", bridge.variants())
async def test_a_flood_is_thrown_away_at_the_door(variant: str) -> None:
    core = max(os.sched_getaffinity(0))
    async with bridge.started(LOOPBACK, core, variant, sheds=True) as server:
        speaker, hearer, flooder = Client(LOOPBACK, outgoing(1, (AUDIO,))), Client(LOOPBACK), Client(LOOPBACK, both(2))
        sites = [await server.join(f"site-{place}", one, []) for place, one in enumerate((speaker, hearer, flooder))]
        speak = sender(speaker, speaker.outgoing[0], 80)
        flood = sender(flooder, flooder.outgoing[1], 1200)

        def is_heard() -> bool:
            speak()
            return hearer.received > 0

        await until(is_heard, 10)
        heard = hearer.received
        said = sent = 0
        began = time.monotonic()
        while sent < FLOOD:
            while said * SPEECH_S <= time.monotonic() - began:
                speak()
                said += 1
            for _ in range(TOGETHER):
                flood()
                sent += 1
            await asyncio.sleep(SPEECH_S)
        await until(lambda: hearer.received - heard >= said, 5, lambda: (hearer.received - heard, said))
        told = await server.stats()
        of_flooder = next(one for one in told["rooms"][0]["participants"] if one["participant"] == "site-2")
        assert of_flooder["refused"] > 0.9 * 1200 * sent
        await asyncio.gather(*(site.close() for site in sites))
