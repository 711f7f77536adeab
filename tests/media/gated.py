"""A room behind a gate, in C or in arrays, and the far ends of its participants."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from media.arrays.step import ArrayStep
from media.compiled.step import CompiledStep
from media.ice import Address
from media.outlet import Outlet, PortCounters
from media.outlet import Path as Way
from media.sfu.layer import Unit
from media.sfu.receiver import Send
from media.sfu.room import Room
from media.transport import Routed
from tests.media.twins import PUBLISHERS, VIEWERS, Far, publisher, viewer


@dataclass
class Meeting:
    """A room behind a gate, its participants' ends, and what the gate left to Python."""

    room: Room
    step: CompiledStep | ArrayStep
    outlet: Outlet
    counters: PortCounters
    host: str = "127.0.0.1"
    far: dict[str, Far] = field(default_factory=dict)
    raw: list[tuple[Address, bytes]] = field(default_factory=list)
    plain: list[bytes] = field(default_factory=list)
    heard_two: asyncio.Event = field(default_factory=asyncio.Event)

    def join(self, name: str, number: int) -> Far:
        terms = publisher(number, name) if name in PUBLISHERS else viewer(number, name)
        self.room.admit(name)
        link = self.room.connect(100.0, name, terms, number * 7919)
        far = self.far[name] = Far(self.host)
        far.path = Way(self.outlet, far.socket.getsockname()[:2])
        far.paths.append(far.path)
        intake = self.room.participants[name].intake
        assert intake is not None
        self.step.connect(far, link.outflow.sent)
        self.step.admit(far, link.outflow.sent, intake)
        return far

    def on_raw(self, now: float, outlet: Outlet, address: Address, datagram: bytes) -> None:
        assert outlet is self.outlet
        self.raw.append((address, datagram))
        if len(self.raw) == 2:
            self.heard_two.set()

    def on_plain(self, now: float, peer: Routed, is_control: bool, packet: bytes) -> None:
        self.plain.append(packet)
        self.send((self.room.on_rtcp if is_control else self.room.on_rtp)(now, self.name(peer), packet))

    def on_unit(self, now: float, peer: Routed, unit: Unit, place: int) -> None:
        self.send(self.room.go_on(now, self.name(peer), unit, place))

    def name(self, peer: Routed) -> str:
        return next(name for name, far in self.far.items() if far is peer)

    def send(self, sends: list[Send]) -> None:
        for link, head, body in sends:
            route = next(far.route for name, far in self.far.items() if self.room.participants[name].link is link)
            assert route is not None
            route.send(head, body)
        self.step.flush()

    def count(self) -> None:
        """What C counted is added up."""
        if isinstance(self.step, CompiledStep):
            self.step.gate.count()


def opened(make: Callable[[PortCounters], CompiledStep | ArrayStep], host: str = "127.0.0.1") -> Meeting:
    counters = PortCounters()
    outlet = Outlet(host, 0, counters)
    step = make(counters)
    step.gate.open([outlet])
    meeting = Meeting(Room(step=step), step, outlet, counters, host)
    for number, name in enumerate((*PUBLISHERS, *VIEWERS), 1):
        meeting.join(name, number)
    for name in VIEWERS:
        meeting.send(meeting.room.view(100.0, name, list(PUBLISHERS), [720] * len(PUBLISHERS)))
    return meeting


def close(meeting: Meeting) -> None:
    for far in meeting.far.values():
        assert far.door is not None
        far.door.close()
        if far.route is not None:
            far.route.close()
        far.socket.close()
    meeting.outlet.socket.close()
