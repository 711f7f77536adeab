"""A site's connection: real ICE and DTLS in the client's role, descriptions of made-up media; no packets."""

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from media.addresses import family_of
from media.bench.load import AUDIO, AUDIO_TYPE, RTX_TYPE, VIDEO, VIDEO_TYPE, Stream
from media.ice import Address, Credentials
from media.outlet import CONTROL_SIZE, arrival
from media.rtp import vp8
from media.rtp.extensions import AUDIO_LEVEL_URI, TRANSPORT_CC_URI
from media.rtp.packet import parse
from media.sdp import Offer, parse_offer
from media.transport import Peer, PeerParameters
from media.udp import Handlers, UdpPort

ASK_AGAIN_S = 0.1
CONNECT_TIMEOUT_S = 10.0
CIPHERS = {1: "AES128_CM_SHA1_80", 7: "AEAD_AES_128_GCM", 8: "AEAD_AES_256_GCM"}
EXTENSIONS = {AUDIO_LEVEL_URI: 2, TRANSPORT_CC_URI: 3}
_WISHES = {"audio": ["transport-cc"], "video": ["nack", "nack pli", "ccm fir", "transport-cc"]}


@dataclass(frozen=True, slots=True)
class Line:
    """One m-line of a client. `types` are the payload types of the media and of its RTX, 0 = no RTX."""

    mid: str
    kind: str
    direction: str
    types: tuple[int, int]
    ssrc: int | None = None
    extensions: Mapping[str, int] = field(default_factory=EXTENSIONS.copy)


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection, as it tells of itself. A port of 0: the other end finds out where it is."""

    address: Address
    credentials: Credentials
    fingerprint: str
    setup: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the engine must know of a connection; extension numbers are 0 where not agreed."""

    audio_type: int = AUDIO_TYPE
    video_type: int = VIDEO_TYPE
    rtx_type: int = RTX_TYPE
    audio_level: int = 0
    sent_transport_cc: int = 0
    got_transport_cc: int = 0


@dataclass(slots=True)
class Outgoing:
    """A stream that a connection sends."""

    stream: Stream
    ssrc: int


class Client:
    """One connection of a site. `outgoing` is sent by whoever drives it, after `connect`.

    `passive`: the server begins the DTLS handshake, when it is ready for it. `received` counts media packets,
    `key_frame_at` is when the first key frame began to come (monotonic seconds), `on_report` is given the bridge's
    RTCP: all as long as no engine reads.
    """

    def __init__(self, address: str, outgoing: Sequence[Outgoing] = (), passive: bool = False) -> None:
        self.address = address
        self._setup, self._role = ("passive", "server") if passive else ("active", "client")
        self.outgoing = list(outgoing)
        self.agreed = Agreed()
        self.server: Address = (address, 0)
        self.peer: Peer | None = None
        self.received = 0
        self.key_frame_at: float | None = None
        self.on_report: Callable[[bytes], None] = _ignore
        self._credentials = Credentials(secrets.token_hex(4), secrets.token_hex(12))
        self._connected = asyncio.Event()
        handlers = Handlers(self._on_rtp, self._on_rtcp, self._on_connected, lambda _peer, _reason: None)
        self._port = UdpPort(address, 0, handlers)

    @property
    def socket(self) -> int:
        """The file descriptor."""
        return self._port.outlets[0].socket.fileno()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its certificate, as in SDP."""
        return self._port.identity.fingerprint

    @property
    def contexts(self) -> tuple[int, int]:
        """The addresses of libsrtp's contexts, outbound and inbound. Raises ValueError before it is connected."""
        peer = self.peer
        if peer is None or peer.outbound is None or peer.inbound is None:
            raise ValueError("not connected")
        return peer.outbound.context, peer.inbound.context

    @property
    def cipher(self) -> str:
        """The SRTP profile that DTLS chose."""
        keys = self.peer.keys if self.peer is not None else None
        return CIPHERS.get(keys.profile, str(keys.profile)) if keys is not None else "none"

    def describe(self, lines: Sequence[Line]) -> str:
        """An offer, or an answer, with these m-lines."""
        return described(lines, End((self.address, 0), self._credentials, self.fingerprint, self._setup))

    def publishing(self) -> list[Line]:
        """The lines for `outgoing`."""
        return [
            Line(str(mid), o.stream.kind, "sendonly", types_of(o.stream.kind), o.ssrc)
            for mid, o in enumerate(self.outgoing)
        ]

    async def connect(self, description: str) -> None:
        """Connect as the server's description says. Raises TimeoutError, BridgeError when it cannot be read."""
        remote = parse_offer(description)
        self.agreed = _agreed(remote)
        self.server = _candidate(description, family_of(self.address))
        theirs = Credentials(remote.ufrag, remote.password)
        parameters = PeerParameters(theirs, remote.fingerprints, self._role, local=self._credentials)
        self.peer = self._port.make_peer(parameters)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            while not self._connected.is_set():
                self._port.call(self.peer, self.server)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ASK_AGAIN_S):
                        await self._connected.wait()

    def receive_into(self, view: memoryview) -> tuple[int, float]:
        """Read one datagram into `view`: its size, 0 when there is none, and the kernel's time of arrival, seconds."""
        try:
            size, control, _flags, _address = self._port.outlets[0].socket.recvmsg_into([view], CONTROL_SIZE)
        except BlockingIOError:
            return 0, 0.0
        return size, arrival(control) if control else time.time()

    def hand_over(self) -> None:
        """Stop reading the socket here: an engine does until `take_back`."""
        self._port.pause_reading()

    def take_back(self) -> None:
        """Answer the server's connectivity checks here again."""
        self._port.resume_reading()

    def _on_connected(self, _peer: Peer) -> None:
        self._connected.set()

    def _on_rtp(self, _peer: Peer, now: float, data: bytes) -> None:
        self.received += 1
        if self.key_frame_at is None and data[1] & 0x7F == self.agreed.video_type:
            packet = parse(data)
            picture = vp8.parse(packet.payload) if packet is not None else None
            if picture is not None and picture.keyframe:
                self.key_frame_at = now

    def _on_rtcp(self, _peer: Peer, _now: float, data: bytes) -> None:
        self.on_report(data)

    async def close(self) -> None:
        """Say goodbye; nothing the second time."""
        if self.socket >= 0:
            await self._port.close()


@dataclass(slots=True)
class Site:
    """A site of the conference: one connection with our bridge, one each way with others.

    `join_s` is how long it took until they stood, from when it `began` to ask (monotonic seconds).
    """

    name: str
    clients: list[Client] = field(default_factory=list)
    join_s: float = 0.0
    began: float = 0.0

    async def close(self) -> None:
        await asyncio.gather(*(client.close() for client in self.clients))


def described(lines: Sequence[Line], end: End) -> str:
    """An end's side of a connection with these m-lines (RFC 8866)."""
    text = ["v=0", f"o=- 1 1 IN IP4 {end.address[0]}", "s=-", "t=0 0"]
    text.append("a=group:BUNDLE " + " ".join(line.mid for line in lines))
    for line in lines:
        text += _section(line, end)
    return "\r\n".join(text) + "\r\n"


def _section(line: Line, end: End) -> list[str]:
    main, rtx = line.types
    codec = "opus/48000/2" if line.kind == "audio" else "VP8/90000"
    text = [f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {main}" + (f" {rtx}" if rtx else ""), "c=IN IP4 0.0.0.0"]
    text += [f"a=mid:{line.mid}", f"a={line.direction}", "a=rtcp-mux"]
    text += [f"a=ice-ufrag:{end.credentials.ufrag}", f"a=ice-pwd:{end.credentials.password}"]
    text += [f"a=fingerprint:sha-256 {end.fingerprint}", f"a=setup:{end.setup}"]
    if end.address[1]:
        text.append(f"a=candidate:1 1 udp 1 {end.address[0]} {end.address[1]} typ host")
    text.append(f"a=rtpmap:{main} {codec}")
    text += [f"a=rtcp-fb:{main} {wish}" for wish in _WISHES[line.kind]]
    if rtx:
        text += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={main}"]
    text += [f"a=extmap:{number} {uri}" for uri, number in line.extensions.items()]
    if line.ssrc is not None:
        text += [f"a=msid:bench {line.mid}", f"a=ssrc:{line.ssrc} cname:bench"]
    return text


def types_of(kind: str) -> tuple[int, int]:
    """The payload types that a client offers."""
    return (AUDIO_TYPE, 0) if kind == "audio" else (VIDEO_TYPE, RTX_TYPE)


def outgoing(number: int, streams: Sequence[Stream]) -> list[Outgoing]:
    """Give the streams of site `number` their SSRCs."""
    return [Outgoing(stream, number * 10 + place) for place, stream in enumerate(streams, 1)]


def both(number: int) -> list[Outgoing]:
    """A microphone and a camera."""
    return outgoing(number, (AUDIO, VIDEO))


def _candidate(description: str, family: int = socket.AF_INET) -> Address:
    """The first UDP host candidate of a family of addresses. Raises ValueError."""
    for line in description.splitlines():
        words = line.split()
        known = line.startswith("a=candidate:") and words[2].lower() == "udp" and "host" in words
        if known and family_of(words[4]) == family:
            return words[4], int(words[5])
    raise ValueError("the server names no candidate")


def _agreed(remote: Offer) -> Agreed:
    """`remote` tells what the server receives (sections that are recvonly there) and sends."""
    sent = {uri: n for s in remote.sections if s.direction == "recvonly" for uri, n in s.extensions.items()}
    got = {uri: n for s in remote.sections if s.direction == "sendonly" for uri, n in s.extensions.items()}
    audio, video = (
        next((s for s in remote.sections if s.kind == kind and s.direction == "sendonly"), None)
        for kind in ("audio", "video")
    )
    main = video.payload_type("vp8", 90_000) if video is not None else None
    rtx = video.rtx_for(main) if video is not None and main is not None else None
    return Agreed(
        (audio.payload_type("opus", 48_000) if audio is not None else None) or AUDIO_TYPE,
        main or VIDEO_TYPE,
        rtx or RTX_TYPE,
        sent.get(AUDIO_LEVEL_URI, 0),
        sent.get(TRANSPORT_CC_URI, 0),
        got.get(TRANSPORT_CC_URI, 0),
    )


def _ignore(_data: bytes) -> None:
    """Nobody wants them."""
