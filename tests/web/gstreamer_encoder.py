"""GStreamer's webrtcbin as a WHIP encoder: `python3 gstreamer_encoder.py ENDPOINT TOKEN LEVEL`, until SIGTERM.

It runs in Debian's own interpreter, which has GStreamer's bindings, and so needs nothing but the standard library.
"""

import signal
import sys
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import gi  # type: ignore[import-not-found]  # only Debian's interpreter has it

for _name in ("Gst", "GstSdp", "GstWebRTC"):
    gi.require_version(_name, "1.0")
from gi.repository import (  # type: ignore[import-not-found]  # noqa: E402  # the versions have to be asked for first
    GLib,
    Gst,
    GstSdp,
    GstWebRTC,
)

SENDS = """
webrtcbin name=rtc bundle-policy=max-bundle
videotestsrc is-live=true pattern=solid-color foreground-color={color} ! video/x-raw,width=320,height=180,framerate=15/1
  ! vp8enc deadline=1 keyframe-max-dist=150 ! rtpvp8pay picture-id-mode=15-bit ! application/x-rtp,payload=96 ! rtc.
audiotestsrc is-live=true volume=0.5 ! audio/x-raw,rate=48000 ! opusenc ! rtpopuspay
  ! application/x-rtp,payload=97 ! rtc.
"""


class Encoder:
    """One session, from the offer to its end."""

    def __init__(self, endpoint: str, token: str, level: int) -> None:
        url = urlsplit(endpoint)
        self.server, self.path, self.token = url.netloc, url.path, token
        gray = round((level - 16) * 255 / 219)
        self.pipeline: Any = Gst.parse_launch(SENDS.format(color=0xFF000000 | gray << 16 | gray << 8 | gray))
        self.rtc: Any = self.pipeline.get_by_name("rtc")
        self.loop: Any = GLib.MainLoop()
        self.session: str | None = None

    def run(self) -> None:
        self.rtc.connect("on-negotiation-needed", self.offer)
        self.rtc.connect("notify::ice-gathering-state", self.gathered)
        for number in (signal.SIGTERM, signal.SIGINT):
            GLib.unix_signal_add(GLib.PRIORITY_HIGH, number, self.loop.quit)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        if self.session is not None:
            self.ask("DELETE", self.session)

    def offer(self, rtc: Any) -> None:
        for number in range(2):
            rtc.emit("get-transceiver", number).set_property(
                "direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY
            )
        rtc.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))

    def offered(self, promise: Any) -> None:
        reply = promise.get_reply()
        self.rtc.emit("set-local-description", reply.get_value("offer"), None)

    def gathered(self, rtc: Any, _what: Any) -> None:
        """All candidates are known: the offer can be sent, and what comes back be answered by no trickle."""
        if (
            rtc.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE
            or self.session is not None
        ):
            return
        offer = rtc.get_property("local-description").sdp.as_text()
        try:
            answer = self.ask("POST", self.path, offer)
        except (OSError, RuntimeError) as error:
            sys.stderr.write(f"{error}\n")
            self.loop.quit()
            return
        self.session, text = urlsplit(answer.headers["Location"]).path, answer.read().decode()
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        rtc.emit("set-remote-description", description, None)

    def ask(self, method: str, path: str, offer: str | None = None) -> HTTPResponse:
        """The server's answer. OSError where there is none, RuntimeError where it is a refusal."""
        asked = HTTPConnection(self.server)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/sdp"}
        asked.request(method, path, offer, headers)
        answer = asked.getresponse()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.read().decode()}")
        return answer


if __name__ == "__main__":
    Gst.init(None)
    Encoder(sys.argv[1], sys.argv[2], int(sys.argv[3])).run()
