"""Who leaves takes all its memory along: nothing waits for the garbage collector, which comes late in a node."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from media.arrays.step import ArrayStep
from media.compiled.step import CompiledStep
from media.ice import Credentials
from media.outlet import PortCounters
from media.sfu.participant import Participant
from media.sfu.room import Room
from media.sfu.step import PythonStep, Step
from media.srtp import Scratch
from media.transport import Identity, Peer, PeerParameters
from tests.media.packets import Publisher, terms

STEPS: dict[str, Callable[[Path], Step]] = {
    "slot by slot": lambda _library: PythonStep(),
    "arrays": lambda _library: ArrayStep(PortCounters()),
    "compiled": lambda library: CompiledStep(library, PortCounters()),
}


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("kind", STEPS)
def test_sites_that_are_gone_leave_nothing_to_collect(kind: str, library: Path) -> None:
    room = Room(step=STEPS[kind](library))
    for number, name in enumerate("ab", 1):
        room.admit(name)
        room.connect(0.0, name, terms(number), number)
    room.view(0.0, "a", ["b"])
    room.view(0.0, "b", ["a"])
    sender = Publisher(2)
    for turn in range(20):
        now = 0.02 * turn
        for packet in (sender.speech(), *sender.picture(keyframe=turn == 0)):
            room.on_rtp(now, "b", packet)
        room.on_tick(now)
    held = [weakref.ref(part) for gone in room.participants.values() for part in parts(gone)]
    room.remove(1.0, "b")
    room.remove(1.0, "a")
    room.on_tick(1.5)
    assert [each() for each in held] == [None] * len(held)


def parts(participant: Participant) -> list[object]:
    layers = [layer for source in participant.sources.values() for layer in source.layers]
    return [participant.link, participant.intake, *participant.sources.values(), *layers]


class Carrier:
    """No port at all."""

    def __init__(self) -> None:
        self.identity, self.scratch, self.counters = Identity(), Scratch(), PortCounters()

    def connected(self, peer: Peer) -> None: ...
    def drop(self, peer: Peer, reason: str | None) -> None: ...


@pytest.mark.usefixtures("no_collector")
async def test_a_peer_that_is_shut_leaves_nothing_to_collect() -> None:
    parameters = PeerParameters(Credentials("ufrag", "password" * 3), (("sha-256", "00"),), "server")
    peer = Peer(Carrier(), parameters, 0.0)
    held = weakref.ref(peer)
    await asyncio.sleep(0)  # its task has begun, and so holds it
    await peer.shut()
    del peer
    await asyncio.sleep(0)  # the loop drops the step in which the task ended
    assert held() is None
