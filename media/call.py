"""One connection of a headless client to the bridge, and what it sends over it."""

import ssl
from dataclasses import dataclass, field
from typing import Any

from aiortc import RTCPeerConnection, RTCRtpTransceiver
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamTrack

from media.alive import Heard
from media.encoders import falls_short
from media.layers import LARGE, SMALL, Layers, LayerTrack, Share
from media.sfu.tiers import Tier
from media.uplink import Queue, Uplink
from media.voice import Voice, VoiceTrack, form_for


@dataclass(slots=True)
class Call:
    """A connection, and the tracks that it sends; these read the sources, which another connection may share.

    A picture is sent in two sizes, `pictures` are their lines, the small one's first. `relay` is the address of the one
    that it may go by, `stood` whether it has ever come to stand.
    """

    connection: RTCPeerConnection
    sources: list[MediaStreamTrack]
    relay: str | None = None
    stood: bool = False
    tracks: list[MediaStreamTrack] = field(default_factory=list)
    layers: Layers = field(default_factory=Layers)
    voice: Voice = field(default_factory=Voice)
    pictures: list[RTCRtpTransceiver] = field(default_factory=list)
    heard: Heard = field(default_factory=Heard)
    queue: Queue = field(default_factory=Queue)

    def __post_init__(self) -> None:
        self.connection.on("connectionstatechange", self._note_state)

    def _note_state(self) -> None:
        self.stood = self.stood or self.connection.connectionState == "connected"

    @property
    def in_vain(self) -> bool:
        """Whether the bridge has answered, and it did not come to stand all the same."""
        return not self.stood and self.connection.signalingState == "stable"

    def trust(self, tls: ssl.SSLContext) -> None:
        """Whom it believes to be its relay. aiortc has no setting for it, aioice hands on to asyncio what it has."""
        for transceiver in self.connection.getTransceivers():
            ice = transceiver.receiver.transport.transport.iceGatherer._connection
            if ice.turn_ssl:
                ice.turn_ssl = tls  # type: ignore[assignment]  # as asyncio takes it

    async def offer(self) -> str:
        """The complete local description. Finds its addresses first, and asks the relay for seconds if need be."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        sdp: str = self.connection.localDescription.sdp
        return sdp

    def fit(self, tier: Tier, small: bool) -> None:
        """Send what an uplink on that tier carries; `small`: of the voice no more than a weak line that hears it."""
        self.layers.tier = tier
        self.voice.form = form_for(tier, small)

    async def health(self, height: int | None, ping_s: float | None) -> dict[str, Any]:
        """What there is to say of its line; `height` is the camera's picture's, `ping_s` the socket's round trip."""
        allowed = self.layers.told if self.layers.told is not None else self.voice.told
        microphone = any(one.kind == "audio" and one.readyState == "live" for one in self.sources)
        limited = height is not None and falls_short(self.layers, height)
        loss, round_trip_s = await self._reported("audio" if microphone else "video")
        uplink = Uplink(allowed, loss, limited, microphone, height is not None)
        return uplink.message(self.queue.note(round_trip_s, ping_s))

    async def _reported(self, kind: str) -> tuple[float, float | None]:
        """The share of a kind's packets that the bridge missed of late, and the round trip in seconds."""
        stats = (await self.connection.getStats()).values()
        told = [one for one in stats if one.type == "remote-inbound-rtp" and one.kind == kind]
        loss = max((one.fractionLost / 256 for one in told), default=0.0)
        return loss, max((one.roundTripTime for one in told if one.roundTripTime is not None), default=None)

    async def listen(self, now: float) -> bool:
        """Whether something came lately."""
        stats = (await self.connection.getStats()).values()
        return self.heard.note(now, sum(one.bytesReceived for one in stats if one.type == "transport"))

    def feed(self, relay: MediaRelay) -> None:
        """Send what the sources give: sound once, a picture in two sizes."""
        for source in self.sources:
            if source.kind == "audio":
                self._send(VoiceTrack(relay.subscribe(source), self.voice))
                continue
            # A picture that comes too late for the encoder is left out, sound is not.
            sizes = (LayerTrack(relay.subscribe(source, buffered=False), Share(self.layers, n)) for n in (SMALL, LARGE))
            self.pictures += [self._send(size) for size in sizes]

    def _send(self, track: MediaStreamTrack) -> RTCRtpTransceiver:
        self.tracks.append(track)
        return self.connection.addTransceiver(track, direction="sendonly")

    @property
    def ended(self) -> bool:
        """Whether something that it sends is over."""
        return any(track.readyState == "ended" for track in self.tracks)

    async def close(self, *, sources: bool) -> None:
        """End it, and its sources unless another one goes on with them."""
        for track in (*self.tracks, *(self.sources if sources else ())):
            track.stop()
        await self.connection.close()
