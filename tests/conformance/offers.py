"""Offers and ICE fragments as encoders and players write them, with fresh secrets each time."""

import secrets
from dataclasses import dataclass, field

AUDIO = ("a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1")
VIDEO = (
    "a=rtpmap:96 VP8/90000",
    "a=rtcp-fb:96 nack",
    "a=rtcp-fb:96 nack pli",
    "a=rtpmap:97 rtx/90000",
    "a=fmtp:97 apt=96",
    "a=rtpmap:106 H264/90000",
    "a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
)


@dataclass(frozen=True)
class Ice:
    """One ICE session of the client."""

    ufrag: str = field(default_factory=lambda: secrets.token_hex(4))
    password: str = field(default_factory=lambda: secrets.token_hex(16))

    def lines(self) -> list[str]:
        return [f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.password}"]

    def fragment(self) -> str:
        """What is sent by PATCH: the offer's first section with one more candidate (RFC 8840)."""
        candidate = "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host"
        head = ["a=group:BUNDLE 0 1", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0"]
        return "\r\n".join([*head, *self.lines(), candidate, "a=end-of-candidates", ""])


@dataclass(frozen=True)
class Offer:
    """An offer of one line for each of `kinds`."""

    direction: str
    setup: str = "actpass"
    kinds: tuple[str, ...] = ("audio", "video")
    ice: Ice = field(default_factory=Ice)

    def text(self) -> str:
        mids = " ".join(str(mid) for mid in range(len(self.kinds)))
        lines = ["v=0", f"o=- {secrets.randbits(60)} 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
        fingerprint = ":".join(f"{byte:02X}" for byte in secrets.token_bytes(32))
        for mid, kind in enumerate(self.kinds):
            lines += self._section(mid, kind, fingerprint)
        return "\r\n".join([*lines, ""])

    def _section(self, mid: int, kind: str, fingerprint: str) -> list[str]:
        formats = "111" if kind == "audio" else "96 97 106"
        lines = [f"m={kind} 9 UDP/TLS/RTP/SAVPF {formats}", "c=IN IP4 0.0.0.0", *self.ice.lines()]
        lines += [f"a=fingerprint:sha-256 {fingerprint}", f"a=setup:{self.setup}", f"a=mid:{mid}"]
        lines += [f"a={self.direction}", "a=rtcp-mux", "a=rtcp-mux-only", f"a=msid:stream track-{mid}"]
        return lines + list(AUDIO if kind == "audio" else VIDEO)
