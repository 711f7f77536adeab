"""A WHIP encoder or WHEP player on aiortc: its connection and its HTTP requests."""

import asyncio
import re

import httpx
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"


class HttpPeer:
    """One session with an endpoint; `url` and `tag` are the session's."""

    def __init__(self, endpoint: str, token: str) -> None:
        self.endpoint = endpoint
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.url = self.tag = self.answer = ""
        self._http = httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30)

    def send(self, *tracks: MediaStreamTrack) -> None:
        """Offer to send these."""
        for track in tracks:
            self.connection.addTransceiver(track, direction="sendonly")

    def receive(self, *kinds: str) -> None:
        """Offer to receive one of each."""
        for kind in kinds:
            self.connection.addTransceiver(kind, direction="recvonly")

    async def post(self) -> httpx.Response:
        """Offer; where it is taken, connect."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        offer = self.connection.localDescription.sdp
        answer = await self._http.post(self.endpoint, content=offer, headers={"Content-Type": SDP})
        if answer.status_code == 201:
            self.url, self.tag, self.answer = answer.headers["Location"], answer.headers["ETag"], answer.text
            await self.connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        return answer

    async def patch(self, ufrag: str, password: str, if_match: str | None) -> httpx.Response:
        """ICE news."""
        lines = ["a=group:BUNDLE 0", "m=audio 9 UDP/TLS/RTP/SAVPF 96", "a=mid:0"]
        lines += [f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}", "a=end-of-candidates", ""]
        headers = {"Content-Type": FRAGMENT, **({"If-Match": if_match} if if_match is not None else {})}
        return await self._http.patch(self.url, content="\r\n".join(lines), headers=headers)

    async def delete(self) -> httpx.Response:
        """End the session."""
        return await self._http.delete(self.url)

    def own_ice(self) -> tuple[str, str]:
        """The user fragment and password of the own offer."""
        offer = self.connection.localDescription.sdp
        found = re.search(r"a=ice-ufrag:(\S+)\r\na=ice-pwd:(\S+)", offer)
        assert found is not None
        return found[1], found[2]

    async def fall_silent(self) -> None:
        """End without a word: nothing is sent or answered any more."""
        transport = self.connection.getTransceivers()[0].sender.transport
        for connection in transport.transport._connection._protocols:
            connection.transport.abort()

    async def close(self) -> None:
        """Break everything off."""
        await asyncio.gather(self.connection.close(), self._http.aclose())
