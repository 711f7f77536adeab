"""A call on the network: the machine's datagrams, its timers, and the audio that goes with it."""

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable

from alerts.sip.audio import FRAME, RATE, KeyPad, packet, silence
from alerts.sip.call import ANSWERED, OVER, RINGING, Call
from alerts.sip.message import BadMessage, SipMessage, parse
from alerts.sip.sdp import OFFERED_EVENTS, Media, offer, read_answer

MOST_CALLS = 256
_FRAME_S = FRAME / RATE
_LATE_S = 0.2

log = logging.getLogger(__name__)
Address = tuple[str, int]


class Endpoint(asyncio.DatagramProtocol):
    """One UDP port for the signalling of all calls. What is no message of a known call is counted and dropped."""

    def __init__(self, gateway: Address) -> None:
        self.gateway = gateway
        self.dropped = 0
        self._calls: dict[str, Callable[[SipMessage], None]] = {}
        self._local: Address = ("", 0)
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, host: str, port: int) -> "Endpoint":
        """Bound to the address from which the gateway is reached. OSError where it cannot be."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        gateway = found[0][4][:2]
        transport, endpoint = await loop.create_datagram_endpoint(
            lambda: cls((str(gateway[0]), int(gateway[1]))), local_addr=(_local_host(found[0][0], gateway), 0)
        )
        endpoint._transport, endpoint._local = transport, transport.get_extra_info("sockname")[:2]
        return endpoint

    @property
    def local(self) -> Address:
        """Where we are heard."""
        return self._local

    def add(self, call_id: str, heard: Callable[[SipMessage], None]) -> None:
        """Hand this call's messages to `heard`. Calls long over make room."""
        while len(self._calls) >= MOST_CALLS:
            self._calls.pop(next(iter(self._calls)))
        self._calls[call_id] = heard

    def send(self, datagrams: list[bytes]) -> None:
        for data in datagrams:
            if self._transport is not None and not self._transport.is_closing():
                self._transport.sendto(data, self.gateway)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: object) -> None:
        try:
            message = parse(data)
        except BadMessage:
            self.dropped += 1
            return
        heard = self._calls.get(message.call_id)
        if heard is None:
            self.dropped += 1
        else:
            heard(message)

    def error_received(self, exc: Exception) -> None:
        log.debug("the gateway's port is closed: %s", exc)


class Leg(asyncio.DatagramProtocol):
    """A call with its audio. Await `answered` or `over`; `play` and `key` while it is answered."""

    def __init__(self, endpoint: Endpoint, make_call: Callable[[str], Call]) -> None:
        self.answered = asyncio.Event()
        self.over = asyncio.Event()
        self.said = asyncio.Event()
        self._endpoint = endpoint
        self._make_call = make_call
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._rtp: asyncio.DatagramTransport | None = None
        self._player: asyncio.Task[None] | None = None
        self._media: Media | None = None
        self._keys: asyncio.Queue[str] = asyncio.Queue(maxsize=32)
        self._pad = KeyPad()
        self._audio = b""

    async def ring(self) -> None:
        """Send the INVITE."""
        host = self._endpoint.local[0]
        self._rtp, _ = await self._loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        port = self._rtp.get_extra_info("sockname")[1]
        self.call = self._make_call(offer(host, port))
        self._endpoint.add(self.call.id, self._heard)
        self._do(self.call.start(self._loop.time()))

    @property
    def rings(self) -> bool:
        """Whether the other side has said that a telephone rings."""
        return self.call.state in (RINGING, ANSWERED)

    def codec(self) -> int | None:
        """The codec of the call; None where there is none that we have in common."""
        return self._media.codec if self._media else None

    def play(self, audio: bytes) -> None:
        """Say this now, in place of what was being said; `said` is set when all of it has gone out, or it is over."""
        self._audio = audio
        self.said.clear()

    async def key(self, within_s: float) -> str | None:
        """The next key pressed; None when time is up or the other side has hung up."""
        pressed = asyncio.ensure_future(self._keys.get())
        over = asyncio.ensure_future(self.over.wait())
        done, _ = await asyncio.wait((pressed, over), timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        for one in (pressed, over):
            one.cancel()
        return pressed.result() if pressed in done else None

    async def finish(self, within_s: float = 2.0) -> None:
        """Hang up and let go of everything; whoever does not answer that is not waited for."""
        self._do(self.call.hang_up(self._loop.time()))
        try:
            async with asyncio.timeout(within_s):
                await self.over.wait()
        except TimeoutError:
            log.debug("call %s: no answer to the end of it", self.call.id)
        finally:
            self.close()

    def drop(self) -> None:
        """Hang up without waiting; the end is repeated by the clock until it is answered."""
        self._do(self.call.hang_up(self._loop.time()))
        self._quiet()

    def close(self) -> None:
        """Let go of the audio and of the timer."""
        self._quiet()
        if self._timer is not None:
            self._timer.cancel()

    def datagram_received(self, data: bytes, addr: object) -> None:
        pressed = self._pad.hear(self._loop.time(), data)
        if pressed is not None and not self._keys.full():
            self._keys.put_nowait(pressed)

    def error_received(self, exc: Exception) -> None:
        log.debug("audio: %s", exc)

    def _heard(self, message: SipMessage) -> None:
        self._do(self.call.receive(self._loop.time(), message))

    def _do(self, datagrams: list[bytes]) -> None:
        self._endpoint.send(datagrams)
        if self.call.state == ANSWERED and not self.answered.is_set():
            self._begin()
        if self.call.state == OVER:
            self.over.set()
            self.said.set()
        self._reschedule()

    def _begin(self) -> None:
        self._media = read_answer(self.call.answer)
        if self._media is not None:
            # By rule the number is ours (RFC 3264 §6.1); some send what they themselves asked for.
            self._pad = KeyPad(OFFERED_EVENTS, self._media.events)
            self._player = self._loop.create_task(self._stream(self._media))
        self.answered.set()

    def _reschedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        at = self.call.next_at
        self._timer = None if at is None else self._loop.call_at(at, self._tick)

    def _tick(self) -> None:
        self._do(self.call.tick(self._loop.time()))

    async def _stream(self, media: Media) -> None:
        """A packet every 20 ms as long as the call goes on, silence where nothing is said."""
        ssrc, nothing = secrets.randbits(32), silence(media.codec)
        sequence, timestamp, at = secrets.randbits(16), secrets.randbits(32), self._loop.time()
        marker = True
        while self._rtp is not None and not self._rtp.is_closing():
            frame, self._audio = self._audio[:FRAME] or nothing, self._audio[FRAME:]
            data = packet(media.codec, sequence, timestamp, ssrc, frame.ljust(FRAME, nothing[:1]), marker=marker)
            self._rtp.sendto(data, (media.host, media.port))
            sequence, timestamp, marker = sequence + 1, timestamp + FRAME, False
            if not self._audio:
                self.said.set()
            at = max(at + _FRAME_S, self._loop.time() - _LATE_S)
            await asyncio.sleep(at - self._loop.time())

    def _quiet(self) -> None:
        if self._player is not None:
            self._player.cancel()
        if self._rtp is not None:
            self._rtp.close()


def _local_host(family: int, gateway: tuple[object, ...]) -> str:
    """The address of ours that the gateway sees; nothing is sent for that."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(gateway)
        return str(probe.getsockname()[0])
