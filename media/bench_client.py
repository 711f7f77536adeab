"""A light client for measuring: real ICE, DTLS and SRTP, made-up media, everything that comes counted."""

import asyncio
import secrets
import struct
import time
from dataclasses import dataclass, field

from media.ice import Credentials
from media.rtp import rtcp
from media.rtp.extensions import TRANSPORT_CC_URI
from media.rtp.packet import header, is_rtcp, rewrite
from media.sdp import parse_offer
from media.sfu.arrivals import Arrivals
from media.sfu.outflow import EXTENSION_SIZE
from media.transport import Peer, PeerParameters
from media.udp import CONTROL_SIZE, Handlers, UdpPort, arrival

AUDIO_TYPE, VIDEO_TYPE, RTX_TYPE = 111, 96, 97
VP8_KEY = bytes([0x90, 0xF0, 0x80, 0, 0, 0x20, 0x10])
VP8_DELTA = bytes([0x90, 0xF0, 0x80, 0, 0, 0x20, 0x11])
SAMPLE_EVERY = 16
BATCH = 256
FEEDBACK_S = 0.1
TRANSPORT_CC_ID = 3
SEQUENCE_AT = 17
CLOCK_S = 1_000_000
_NANOSECONDS = struct.Struct("!q")


@dataclass(slots=True)
class Received:
    """One incoming stream: what should have come is the span of sequence numbers."""

    first: int
    highest: int
    count: int = 1

    @property
    def expected(self) -> int:
        return self.highest - self.first + 1


@dataclass(slots=True)
class Outgoing:
    """One outgoing stream of made-up media; the time of sending stands in the payload."""

    ssrc: int
    payload_type: int
    clock_hz: int
    packets_per_s: float
    size: int
    sequence: int = 0
    timestamp: int = 0
    sent: int = 0
    keyframe: bool = True
    buffer: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self.buffer = bytearray(header(self.payload_type, False, 0, 0, self.ssrc))

    def packet(self) -> tuple[bytes, bytes]:
        """The next head and body."""
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + int(self.clock_hz / self.packets_per_s)) & 0xFFFFFFFF
        self.sent += 1
        rewrite(
            self.buffer,
            payload_type=self.payload_type,
            marker=True,
            sequence=self.sequence,
            timestamp=self.timestamp,
            ssrc=self.ssrc,
        )
        descriptor = b""
        if self.payload_type == VIDEO_TYPE:
            descriptor = VP8_KEY if self.keyframe else VP8_DELTA
            self.keyframe = False
        body = descriptor + _NANOSECONDS.pack(time.monotonic_ns())
        return bytes(self.buffer), body + bytes(self.size - len(body))


class BenchClient:
    """One site: publishes audio and video, receives into its slots."""

    def __init__(self, number: int, audio_slots: int, video_slots: int) -> None:
        self.name = f"site-{number}"
        self.audio = Outgoing(number * 10 + 1, AUDIO_TYPE, 48_000, 50, 80)
        self.video = Outgoing(number * 10 + 2, VIDEO_TYPE, 90_000, 75, 600)
        self.received: dict[int, Received] = {}
        self.delays_ms: list[float] = []
        self.connected = asyncio.Event()
        self._arrivals = Arrivals()
        self._next_feedback = 0.0
        self._slots = ["audio"] * audio_slots + ["video"] * video_slots
        self._credentials = Credentials(secrets.token_hex(4), secrets.token_hex(12))
        handlers = Handlers(_ignore, self._on_rtcp, self._on_connected, lambda _peer, _reason: None)
        self._port = UdpPort("127.0.0.1", 0, handlers)
        self._peer: Peer | None = None

    def offer(self) -> str:
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        lines.append("a=group:BUNDLE " + " ".join(str(mid) for mid in range(2 + len(self._slots))))
        lines += [f"a=ice-ufrag:{self._credentials.ufrag}", f"a=ice-pwd:{self._credentials.password}"]
        lines += [f"a=fingerprint:sha-256 {self._port.identity.fingerprint}", "a=setup:active"]
        for mid, kind in enumerate(["audio", "video", *self._slots]):
            lines += _section(mid, kind, "sendonly" if mid < 2 else "recvonly")
            if mid < 2:
                lines.append(f"a=ssrc:{(self.audio, self.video)[mid].ssrc} cname:bench")
        return "\r\n".join(lines) + "\r\n"

    async def accept(self, answer: str) -> None:
        """Connect as the answer says. Raises TimeoutError."""
        parsed = parse_offer(answer)
        remote = Credentials(parsed.ufrag, parsed.password)
        port = int(answer.split(" typ host")[0].rsplit(" ", 1)[1])
        self._peer = self._port.make_peer(PeerParameters(remote, parsed.fingerprints, "client"))
        self._port.call(self._peer, ("127.0.0.1", port))
        await asyncio.wait_for(self.connected.wait(), 10)
        asyncio.get_running_loop().add_reader(self._port.outlets[0].socket.fileno(), self._readable)

    async def close(self) -> None:
        await self._port.close()

    def forget(self) -> None:
        """Count from now on."""
        self.received.clear()
        self.delays_ms.clear()
        self.audio.sent = self.video.sent = 0

    def send(self, stream: Outgoing) -> None:
        if self._peer is not None:
            self._peer.send(*stream.packet())

    def _on_connected(self, _peer: Peer) -> None:
        self.connected.set()

    def _on_rtcp(self, _peer: Peer, _now: float, data: bytes) -> None:
        if any(isinstance(packet, rtcp.Pli) for packet in rtcp.parse(data) or []):
            self.video.keyframe = True

    def _readable(self) -> None:
        """Count every datagram by its plain header; decrypt control and every sixteenth packet only."""
        receive, view = self._port.outlets[0].socket.recvmsg_into, self._port.scratch.view
        for _ in range(BATCH):
            try:
                size, control, _flags, _address = receive([view], CONTROL_SIZE)
            except BlockingIOError:
                return
            if size < 12 or not 128 <= view[0] <= 191:
                continue
            if is_rtcp(view[:2]):
                self._control(size)
            else:
                self._count(size, control)

    def _control(self, size: int) -> None:
        inbound = self._peer.inbound if self._peer is not None else None
        plain = inbound.unprotect_rtcp(size) if inbound is not None else None
        if plain is not None and self._peer is not None:
            self._on_rtcp(self._peer, 0.0, plain)

    def feed_back(self, now: float) -> None:
        """Tell by transport-cc what came, every FEEDBACK_S: as a browser does."""
        if self._peer is None or now < self._next_feedback:
            return
        self._next_feedback = now + FEEDBACK_S
        report = rtcp.ReceiverReport(self.video.ssrc)
        for message in self._arrivals.feedback(self.video.ssrc, self.video.ssrc):
            self._peer.send(rtcp.compound([report, message]), b"")

    def _count(self, size: int, control: list[tuple[int, int, bytes]]) -> None:
        view = self._port.scratch.view
        if view[0] & 0x10 and control:
            # The kernel's time, as a browser's: this process being busy is no congestion.
            self._arrivals.add(arrival(control) % CLOCK_S, view[SEQUENCE_AT] << 8 | view[SEQUENCE_AT + 1])
        sequence, ssrc = view[2] << 8 | view[3], int.from_bytes(view[8:12], "big")
        stream = self.received.get(ssrc)
        if stream is None:
            self.received[ssrc] = Received(sequence, sequence)
        else:
            step = (sequence - stream.highest) & 0xFFFF
            stream.highest += step if step < 0x8000 else 0
            stream.count += 1
        if sequence % SAMPLE_EVERY == 0:
            self._time(size)

    def _time(self, size: int) -> None:
        now = time.monotonic_ns()
        inbound = self._peer.inbound if self._peer is not None else None
        plain = inbound.unprotect(size) if inbound is not None else None
        if plain is not None and plain[1] & 0x7F != RTX_TYPE:
            head = 12 + (EXTENSION_SIZE if plain[0] & 0x10 else 0)
            at = head + (len(VP8_KEY) if plain[1] & 0x7F == VIDEO_TYPE else 0)
            self.delays_ms.append((now - _NANOSECONDS.unpack_from(plain, at)[0]) / 1e6)


def _section(mid: int, kind: str, direction: str) -> list[str]:
    common = [f"a=mid:{mid}", f"a={direction}", "a=rtcp-mux"]
    if direction == "recvonly":
        common.append(f"a=extmap:{TRANSPORT_CC_ID} {TRANSPORT_CC_URI}")
    if kind == "audio":
        media = f"m=audio 9 UDP/TLS/RTP/SAVPF {AUDIO_TYPE}"
        return [media, *common, f"a=rtpmap:{AUDIO_TYPE} opus/48000/2", f"a=rtcp-fb:{AUDIO_TYPE} transport-cc"]
    rtx = [f"a=rtpmap:{RTX_TYPE} rtx/90000", f"a=fmtp:{RTX_TYPE} apt={VIDEO_TYPE}"]
    media = f"m=video 9 UDP/TLS/RTP/SAVPF {VIDEO_TYPE} {RTX_TYPE}"
    wishes = [f"a=rtcp-fb:{VIDEO_TYPE} nack", f"a=rtcp-fb:{VIDEO_TYPE} transport-cc"]
    return [media, *common, f"a=rtpmap:{VIDEO_TYPE} VP8/90000", *wishes, *rtx]


def _ignore(_peer: Peer, _now: float, _data: bytes) -> None:
    """Before the sink reads the socket itself nothing is counted."""
