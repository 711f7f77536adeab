"""The sites played in Python, where there is no compiler: the nominal load of our bridge only."""

import asyncio
import struct
import time
from array import array
from dataclasses import dataclass, field

from media.bench.client import Client, Outgoing
from media.bench.engine import Run
from media.bench.load import RTX_TYPE, VIDEO_TYPE
from media.rtp import rtcp
from media.rtp.packet import header, is_rtcp
from media.sfu.arrivals import Arrivals
from media.transport import Peer

PACE_S = 0.002
QUIET_S = 0.1
FEEDBACK_S = 0.1
BATCH = 256
SAMPLE_EVERY = 16
ASK_EVERY = 512
# Our bridge's only extension is the first; feedback carries times modulo 2^24 x 64 ms.
SEQUENCE_AT = 17
CLOCK_S = 1_000_000
_STAMP = struct.Struct("@Qq")
"""A mark and the time of sending, nanoseconds."""
_MARK = 0x66656E6773756921
_VP8 = bytes([0x90, 0xE0, 0x80, 0, 0, 0])
_KEY, _DELTA = b"\x10", b"\x11"


@dataclass(slots=True)
class _Stream:
    peer: Peer
    out: Outgoing
    sequence: int = 1000
    key: bool = True

    def packet(self) -> tuple[bytes, bytes]:
        """Head and body; the time of sending ends the body."""
        self.sequence += 1
        s = self.out.stream
        rate = 48_000 if s.kind == "audio" else 90_000
        timestamp = int(self.sequence * rate / s.packets_per_s) & 0xFFFFFFFF
        start = b"" if s.kind == "audio" else _VP8 + (_KEY if self.key else _DELTA)
        self.key = False
        body = start + bytes(s.size - len(start) - _STAMP.size) + _STAMP.pack(_MARK, time.time_ns())
        return header(s.payload_type, True, self.sequence & 0xFFFF, timestamp, self.out.ssrc), body


@dataclass(slots=True)
class _Count:
    first: int
    highest: int
    count: int = 1


@dataclass(slots=True)
class _Tally:
    streams: dict[tuple[Client, int], _Count] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    sent: int = 0
    asked: int = 0
    resent: int = 0
    feedbacks: int = 0
    ignored: int = 0
    began: float = field(default_factory=time.time)

    def counters(self) -> dict[str, int]:
        counts = self.streams.values()
        expected, received = sum(c.highest - c.first + 1 for c in counts), sum(c.count for c in counts)
        told = {name: getattr(self, name) for name in ("sent", "asked", "resent", "feedbacks", "ignored")}
        return {**told, "expected": expected, "received": received}


class PythonEngine:
    """Sends and counts in the event loop; receivers tell what came and ask for some of it again, as a browser would."""

    name = "Python"

    def __init__(self, clients: list[Client]) -> None:
        self._streams = [_Stream(c.peer, out) for c in clients if c.peer is not None for out in c.outgoing]
        self._by_ssrc = {stream.out.ssrc: stream for stream in self._streams}
        self._tally = _Tally()
        self._heard_at = 0.0
        self._arrivals = {client: Arrivals() for client in clients}
        self._clients = clients

    def close(self) -> None:
        """Nothing is held between runs."""

    async def run(self, seconds: float, load: float) -> Run:
        self._tally = tally = _Tally()
        self._read()
        began, cpu = time.monotonic(), time.process_time()
        await self._send(began, seconds, load)
        elapsed = time.monotonic() - began
        await self._quiet(began + elapsed)
        for client in self._clients:
            client.hand_over()
            client.take_back()
        delays, late = array("d", sorted(tally.delays)), array("d", sorted(tally.late))
        return Run(elapsed, time.process_time() - cpu, delays, late, tally.counters())

    def _read(self) -> None:
        loop = asyncio.get_running_loop()
        for client in self._clients:
            client.hand_over()
            loop.add_reader(client.socket, self._readable, client)

    async def _send(self, began: float, seconds: float, load: float) -> None:
        due = [began + place / len(self._streams) * 0.01 for place in range(len(self._streams))]
        feedback_due = began
        while (now := time.monotonic()) < began + seconds:
            for place, stream in enumerate(self._streams):
                while due[place] <= now:
                    self._tally.late.append(now - due[place])
                    stream.peer.send(*stream.packet())
                    self._tally.sent += 1
                    due[place] += 1 / (stream.out.stream.packets_per_s * load)
            if feedback_due <= now:
                self._feed_back()
                feedback_due = now + FEEDBACK_S
            await asyncio.sleep(PACE_S)

    async def _quiet(self, since: float) -> None:
        while time.monotonic() - max(self._heard_at, since) < QUIET_S:  # noqa: ASYNC110 (quiet is that nothing happens)
            await asyncio.sleep(PACE_S)

    def _feed_back(self) -> None:
        for client, arrivals in self._arrivals.items():
            for message in arrivals.feedback(1, 1):
                self._tell(client, message)
                self._tally.feedbacks += 1

    def _tell(self, client: Client, message: rtcp.Rtcp) -> None:
        if client.peer is not None:
            client.peer.send(rtcp.compound([rtcp.ReceiverReport(1), message]), b"")

    def _readable(self, client: Client) -> None:
        """Count every datagram by its plain header; decrypt control and every sixteenth packet only."""
        peer = client.peer
        if peer is None or peer.inbound is None:
            return
        view = peer.inbound.scratch.view
        for _ in range(BATCH):
            size, arrived = client.receive_into(view)
            if not size:
                return
            if size < 12 or not 128 <= view[0] <= 191:
                continue
            if is_rtcp(view[:2]):
                self._control(peer.inbound.unprotect_rtcp(size))
            else:
                self._count(client, view, arrived)
                if view[3] % SAMPLE_EVERY == 0 and view[1] & 0x7F != RTX_TYPE:
                    self._time(arrived, peer.inbound.unprotect(size))

    def _control(self, plain: bytes | None) -> None:
        for packet in rtcp.parse(plain or b"") or []:
            stream = self._by_ssrc.get(packet.media_ssrc) if isinstance(packet, rtcp.Pli) else None
            if stream is not None:
                stream.key = True

    def _count(self, client: Client, view: memoryview, arrived: float) -> None:
        self._heard_at = time.monotonic()
        if view[0] & 0x10 and client.agreed.got_transport_cc:
            # The kernel's time, as a browser's: this process being busy is no congestion.
            self._arrivals[client].add(arrived % CLOCK_S, view[SEQUENCE_AT] << 8 | view[SEQUENCE_AT + 1])
        if view[1] & 0x7F == RTX_TYPE:
            self._tally.resent += 1
            return
        sequence, ssrc = view[2] << 8 | view[3], int.from_bytes(view[8:12], "big")
        count = self._tally.streams.get((client, ssrc))
        if count is None:
            self._tally.streams[client, ssrc] = _Count(sequence, sequence)
            return
        step = (sequence - count.highest) & 0xFFFF
        count.highest += step if step < 0x8000 else 0
        count.count += 1
        if view[1] & 0x7F == VIDEO_TYPE and sequence % ASK_EVERY == 0:
            self._tally.asked += 1
            self._tell(client, rtcp.Nack(1, ssrc, (sequence,)))

    def _time(self, arrived: float, plain: bytes | None) -> None:
        if plain is None:
            return
        mark, sent = _STAMP.unpack(plain[-_STAMP.size :]) if len(plain) >= _STAMP.size else (0, 0)
        if mark == _MARK and self._tally.began <= sent * 1e-9 <= arrived:
            self._tally.delays.append(arrived - sent * 1e-9)
        else:
            self._tally.ignored += 1  # a server's padding, or a packet of the run before
